//! The tasks of an agent: its settings and folders are here, the repository may be elsewhere.

use crate::custom;
use crate::exporting;
use crate::fulfil::{ConnectorHands, Fulfilled, Manner, RemoteOrders, fulfil};
use crate::progress::Progress;
use crate::remote::{Client, RemoteHost};
use crate::report::{Kind, Report};
use crate::road::{self, Road};
use crate::schemas::{self, Refreshed};
use crate::settings::Settings;
use provost_connectors::ExportRequest;
use provost_model::configuration::jobs::{LogLevel, TaskKind};
use provost_model::summary::{Mode, State, Summary};
use provost_model::work::{AgentTasks, AgentWork, TaskContext, TaskOutcome, TaskProgress};
use provost_server::orders::{CollectRequest, LocalOrders, OrderHost};
use provost_server::{Delivery, LocalHost, PrepareOptions, SessionHost};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The tasks of an agent.
pub struct StepTasks {
    /// Settings of the agent's home.
    pub settings: Settings,
    /// Where the repository is.
    pub side: ServerSide,
    /// One lock for each connector that was prepared here.
    turns: Mutex<BTreeMap<String, Arc<Mutex<()>>>>,
}

/// Where the repository of an agent's tasks is.
#[derive(Clone)]
pub enum ServerSide {
    /// In the same home.
    Here(Arc<Road>),
    /// Behind a server across the network.
    There(Arc<Client>),
}

impl std::fmt::Debug for StepTasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StepTasks").field("home", &self.settings.home).finish_non_exhaustive()
    }
}

impl ServerSide {
    /// Hands over where sessions go to, for the task under this lease.
    fn with_host<T>(&self, lease: &str, work: impl FnOnce(&dyn SessionHost) -> T) -> T {
        match self {
            ServerSide::Here(road) => work(&LocalHost {
                store: &road.store,
                folders: road.folders(),
                actor: road::actor(),
                now_micros: road::now_micros(),
                lease: Some(lease.to_owned()),
            }),
            ServerSide::There(client) => work(&RemoteHost { client, lease: Some(lease) }),
        }
    }
}

impl ServerSide {
    /// Hands over where orders come from.
    pub(crate) fn with_orders<T>(&self, work: impl FnOnce(&dyn OrderHost) -> T) -> T {
        match self {
            ServerSide::Here(road) => work(&LocalOrders {
                store: &road.store,
                folders: road.folders(),
                actor: road::actor(),
                now: &road::now_micros,
            }),
            ServerSide::There(client) => work(&RemoteOrders { client }),
        }
    }
}

impl AgentTasks for StepTasks {
    fn kinds(&self) -> Vec<String> {
        // Everything: what cannot be run must end, too, when nobody else is there.
        Vec::new()
    }

    fn run(&self, work: &AgentWork, context: &dyn TaskContext) -> TaskOutcome {
        let done = match work.task.kind {
            TaskKind::Export => self.export(work, context),
            TaskKind::PrepareSynchronization => self.prepare(work, context),
            TaskKind::Fulfill => self.fulfil(work, context),
            TaskKind::RefreshSchema => self.refresh_schemas(work, context),
            TaskKind::InvokeApi => custom::call(&self.settings, &self.side, work, context),
            kind => match custom::run(&self.settings, work, context) {
                Some(done) => done,
                None => return TaskOutcome::not_available(kind),
            },
        };
        done.unwrap_or_else(|report| {
            context.log(LogLevel::Error, &report.to_error().message);
            let mut outcome = TaskOutcome::errored(report.to_error());
            outcome.summary = Some(Summary {
                connector: work.task.connector.clone().unwrap_or_default(),
                mode: Some(work.mode),
                state: State::Errored,
                causes: report.why.found.clone(),
                error: Some(report.to_error()),
                ..Summary::default()
            });
            outcome
        })
    }
}

impl StepTasks {
    /// The tasks of an agent with these settings.
    pub fn new(settings: Settings, side: ServerSide) -> StepTasks {
        StepTasks { settings, side, turns: Mutex::default() }
    }

    /// The lock of a connector: a task that was handed out again waits here for the end of its first run.
    fn turn(&self, connector: &str) -> Arc<Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.entry(connector.to_owned()).or_default().clone()
    }

    /// Asks the systems of a connector for their schemas. One that fails does not keep the others from being asked.
    fn refresh_schemas(&self, work: &AgentWork, context: &dyn TaskContext) -> Result<TaskOutcome, Report> {
        let connector = work.task.connector.clone().unwrap_or_default();
        let (mut produced, mut failed) = (false, None);
        for connection in &work.connections {
            let done = schemas::refresh(&self.settings, &self.side, connection)?;
            let level = if matches!(done, Refreshed::Failed(_)) { LogLevel::Error } else { LogLevel::Information };
            context.log(level, &done.told(&connection.identifier));
            produced |= matches!(done, Refreshed::Told { is_new: true, .. });
            if let Refreshed::Failed(report) = done {
                failed = failed.or(Some(report));
            }
        }
        match failed {
            Some(report) => Err(report),
            None => Ok(TaskOutcome::of(Summary { connector, ..Summary::default() }, produced)),
        }
    }

    /// Carries out the orders of a task.
    fn fulfil(&self, work: &AgentWork, context: &dyn TaskContext) -> Result<TaskOutcome, Report> {
        let task = &work.task;
        let owner = format!("{} {}", task.agent.clone().unwrap_or_default(), self.settings.home.display());
        let request = CollectRequest::of_task(task, owner);
        let is_cancelled = || context.is_cancelled();
        let hands = ConnectorHands { settings: &self.settings, is_cancelled: &is_cancelled };
        let manner = Manner { go_on: task.continue_on_error, batch: task.number("BatchSize") as usize };
        let done = self.side.with_orders(|host| fulfil(host, &hands, &request, manner, context));
        done.map(Fulfilled::outcome).map_err(|error| road::report(&error))
    }

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
        let cookies = self.settings.export_cookies();
        let keeping = self.settings.export_files()?;
        for connection in &work.connections {
            let known = provost_connectors::find(&connection.package);
            if known.is_some_and(|package| !package.exports) {
                context.log(LogLevel::Information, &format!("{} has no export", connection.identifier));
                produced = true;
                continue;
            }
            let settings = self.settings.connection(&connection.identifier);
            let own = exporting::has_incremental_input(connection, settings);
            let everything = work.mode == Mode::Initial || (work.mode == Mode::Incremental && !own);
            let request = ExportRequest {
                connection,
                settings,
                mode: exporting::mode_of(work.mode).0,
                force_complete: everything,
                output_dir: &self.settings.export_output(),
                sources_root_paths: &self.settings.sources_root_paths,
                base_dir: &self.settings.home,
                tables: &work.tables,
                cookies_dir: Some(&cookies),
                keeping: &keeping,
                databases: &exporting::Network,
            };
            let (began, stage) = (Instant::now(), format!("Export {}", connection.identifier));
            let mut told = |read: u64, total: u64, rows: u64| {
                let seconds = began.elapsed().as_secs_f64().max(0.001);
                let left = seconds * total.saturating_sub(read) as f64 / read.max(1) as f64;
                context.progress(&TaskProgress {
                    stage: stage.clone(),
                    rows,
                    bytes: read,
                    total_bytes: Some(total).filter(|total| *total > 0),
                    rate: rows as f64 / seconds,
                    seconds_left: Some(left).filter(|_| read > 0 && total > 0),
                });
            };
            let done = exporting::run_told(&request, work.mode, &Progress::new(true), &mut told)?.summary;
            let idle = done.causes.iter().any(|cause| cause.code == exporting::NOT_LAUNCHED);
            let word = if idle { "was not launched" } else { "is exported" };
            context.log(LogLevel::Information, &format!("connection {} {word}", connection.identifier));
            produced |= !idle;
            summary.causes.extend(done.causes);
            if done.state == State::Warning {
                summary.state = State::Warning;
            }
        }
        Ok(TaskOutcome::of(summary, produced))
    }

    fn prepare(&self, work: &AgentWork, context: &dyn TaskContext) -> Result<TaskOutcome, Report> {
        let task = &work.task;
        let Some(connector) = &task.connector else {
            let text = format!("task \"{}\" names no connector", task.identifier);
            return Err(Report::new(Kind::Data, "no-connector", text).hint("set Connector on the task and deploy it"));
        };
        let working = Some(task.text("WorkingDirectory")).filter(|text| !text.is_empty()).unwrap_or("Collect");
        let column = Some(task.text("ColumnName")).filter(|text| !text.is_empty()).unwrap_or("command");
        let carries_changes = matches!(task.text("Type"), "Changes" | "ActiveDirectory")
            || work.connections.iter().any(exporting::keeps_cookie);
        let options = PrepareOptions {
            connector: connector.clone(),
            mode: work.mode,
            delivery: if carries_changes { Delivery::Changes } else { Delivery::Full },
            command_column: column.to_owned(),
            sources: self.settings.export_output(),
            working: self.settings.work.join(PathBuf::from(working)),
            reading: Arc::new(self.settings.export_files()?),
        };
        let turn = self.turn(connector);
        let _held = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let told = Told { context, stage: RefCell::new((Instant::now(), TaskProgress::default())) };
        let collected = exporting::with_cookies(&self.settings, connector, || {
            let collected = self.side.with_host(&work.lease, |host| provost_server::prepare(host, &options, &told));
            collected.map_err(|error| road::report(&error))
        })?;
        context.log(LogLevel::Information, &format!("session {} is sealed", collected.session));
        for problem in collected.problems.iter().take(100) {
            let place = if problem.line == 0 { String::new() } else { format!(" line {}", problem.line) };
            context
                .log(LogLevel::Warning, &format!("{}{place}: {} ({})", problem.table, problem.reason, problem.remedy));
        }
        Ok(TaskOutcome::of(collected.summary, true))
    }
}

/// Tells the progress of prepare to whoever watches the task.
struct Told<'a> {
    context: &'a dyn TaskContext,
    stage: RefCell<(Instant, TaskProgress)>,
}

impl provost_server::Progress for Told<'_> {
    fn stage(&self, name: &str, total: Option<u64>) {
        let progress = TaskProgress { stage: name.to_owned(), total_bytes: total, ..TaskProgress::default() };
        self.context.progress(&progress);
        *self.stage.borrow_mut() = (Instant::now(), progress);
    }

    fn advance(&self, read: &[u8]) {
        let mut stage = self.stage.borrow_mut();
        let (began, progress) = &mut *stage;
        progress.bytes += read.len() as u64;
        progress.rows += read.iter().filter(|byte| **byte == b'\n').count() as u64;
        let seconds = began.elapsed().as_secs_f64().max(0.001);
        progress.rate = progress.rows as f64 / seconds;
        progress.seconds_left = progress
            .total_bytes
            .filter(|_| progress.bytes > 0)
            .map(|total| seconds * total.saturating_sub(progress.bytes) as f64 / progress.bytes as f64);
        self.context.progress(progress);
    }

    fn done(&self, rows: u64) {
        let mut stage = self.stage.borrow_mut();
        stage.1.rows = rows;
        self.context.progress(&stage.1);
        self.context.log(LogLevel::Information, &format!("{}: {rows} rows", stage.1.stage));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custom::tests::{Heard, home, script, work};
    use crate::remote::{ClientOptions, Secret};
    use provost_model::configuration::Connection;
    use provost_model::work::InstanceState;
    use std::time::Duration;

    #[test]
    fn an_export_tells_the_bytes_it_read_and_its_rows() {
        let (folder, settings) = home(r#"{"Connections": {"HR": {"Path": "hr.csv", "Separator": ";"}}}"#);
        let text = format!("id;name\n{}", "1;Ada\n".repeat(100_000));
        script(folder.path(), "hr.csv", &text);
        let nobody = ClientOptions {
            url: "http://localhost:1".to_owned(),
            client_id: "Job".to_owned(),
            secret: Secret(String::new()),
            certificate: None,
            binds_tokens: false,
            timeout: Duration::from_secs(1),
            patience: Duration::ZERO,
        };
        let side = ServerSide::There(Arc::new(Client::new(nobody).unwrap()));
        let mut work = work(TaskKind::Export, &[]);
        work.connections = vec![Connection {
            identifier: "HR".to_owned(),
            package: "Usercube.CSV@0000001".to_owned(),
            ..Connection::default()
        }];
        let heard = Heard::default();
        let outcome = StepTasks::new(settings, side).run(&work, &heard);
        assert_eq!((outcome.state, outcome.produced), (InstanceState::Completed, true), "{outcome:?}");
        let told = heard.progresses();
        let bytes: Vec<u64> = told.iter().map(|progress| progress.bytes).collect();
        assert!(bytes.len() > 2 && bytes.is_sorted(), "{bytes:?}");
        let last = told.last().unwrap();
        assert_eq!(last.stage, "Export HR");
        assert_eq!((last.rows, last.bytes, last.total_bytes), (100_000, 600_008, Some(600_008)));
        assert_eq!(last.seconds_left, Some(0.0));
    }
}
