//! The tasks of an agent that lives in the same home as the repository.

use crate::exporting;
use crate::progress::Progress;
use crate::report::{Kind, Report};
use crate::road::{Preparation, Road};
use provost_model::configuration::jobs::{LogLevel, TaskKind};
use provost_model::summary::{ErrorReport, Mode, State, Summary};
use provost_model::work::{AgentTasks, AgentWork, TaskContext, TaskOutcome, TaskProgress};
use provost_server::Delivery;
use std::path::PathBuf;
use std::sync::Arc;

/// The tasks of an agent that lives in the same home as the repository.
#[allow(missing_debug_implementations)]
pub struct LocalTasks {
    /// The home.
    pub road: Arc<Road>,
}

impl AgentTasks for LocalTasks {
    fn kinds(&self) -> Vec<String> {
        // Everything: what cannot be run must end, too, when nobody else is there.
        Vec::new()
    }

    fn run(&self, work: &AgentWork, context: &dyn TaskContext) -> TaskOutcome {
        context.progress(&TaskProgress { stage: work.task.identifier.clone(), ..TaskProgress::default() });
        let done = match work.task.kind {
            TaskKind::Export => self.export(work, context),
            TaskKind::PrepareSynchronization => self.prepare(work, context),
            kind => return TaskOutcome::not_available(kind),
        };
        done.unwrap_or_else(|report| failed(work, &report))
    }
}

impl LocalTasks {
    /// Exports the connections of a task. In incremental mode a connection without incremental input gives its whole
    /// extract: prepare finds what changed in it.
    fn export(&self, work: &AgentWork, context: &dyn TaskContext) -> Result<TaskOutcome, Report> {
        if work.connections.is_empty() {
            let text = format!("task \"{}\" has no connection to export", work.task.identifier);
            return Err(Report::new(Kind::Data, "no-connection", text).hint("set Connection on the task and deploy it"));
        }
        let connector = work.task.connector.clone().unwrap_or_default();
        let mut summary = Summary { mode: Some(work.mode), connector, ..Summary::default() };
        let mut produced = false;
        for connection in &work.connections {
            if provost_connectors::find(&connection.package).is_some_and(|package| !package.exports) {
                let message =
                    format!("connection {} has no export: its files come from elsewhere", connection.identifier);
                context.log(LogLevel::Information, &message);
                produced = true;
                continue;
            }
            let own = exporting::has_incremental_input(self.road.settings().connection(&connection.identifier));
            let everything = work.mode == Mode::Initial || (work.mode == Mode::Incremental && !own);
            let done = self.road.export(connection, work.mode, everything, &Progress::new(true))?.summary;
            let idle = done.causes.iter().any(|cause| cause.code == exporting::NOT_LAUNCHED);
            let word = if idle { "was not launched" } else { "is exported" };
            context.log(LogLevel::Information, &format!("connection {} {word}", connection.identifier));
            produced |= !idle;
            if done.state == State::Warning {
                summary.state = State::Warning;
            }
            summary.causes.extend(done.causes);
        }
        Ok(TaskOutcome::of(summary, produced))
    }

    fn prepare(&self, work: &AgentWork, context: &dyn TaskContext) -> Result<TaskOutcome, Report> {
        let task = &work.task;
        let Some(connector) = &task.connector else {
            let text = format!("task \"{}\" names no connector", task.identifier);
            return Err(Report::new(Kind::Data, "no-connector", text).hint("set Connector on the task and deploy it"));
        };
        let mut how = Preparation::new(work.mode);
        let written = |name: &str| Some(task.text(name)).filter(|text| !text.is_empty());
        if let Some(folder) = written("WorkingDirectory") {
            how.working = PathBuf::from(folder);
        }
        if let Some(column) = written("ColumnName") {
            column.clone_into(&mut how.command_column);
        }
        if task.text("Type") == "Changes" {
            how.delivery = Delivery::Changes;
        }
        let done = self.road.prepare(connector, &how, &Progress::new(true))?.summary;
        context.log(LogLevel::Information, &format!("connector {connector} is prepared, {}", work.mode));
        Ok(TaskOutcome::of(done, true))
    }
}

fn failed(work: &AgentWork, report: &Report) -> TaskOutcome {
    let error: ErrorReport = report.to_error();
    let summary = Summary {
        connector: work.task.connector.clone().unwrap_or_default(),
        mode: Some(work.mode),
        state: State::Errored,
        causes: report.why.found.clone(),
        error: Some(error.clone()),
        ..Summary::default()
    };
    TaskOutcome { summary: Some(summary), ..TaskOutcome::errored(error) }
}
