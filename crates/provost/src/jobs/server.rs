//! Tasks of the server that need files of the home: the room of the server cannot reach them.

use crate::agent::{ServerSide, StepTasks};
use crate::configuration::read_valid;
use crate::custom;
use crate::report::{Kind, Report};
use crate::repository::metadata;
use crate::road::{Road, actor, now_micros, report};
use provost_model::configuration::jobs::{LogLevel, Task, TaskKind};
use provost_model::work::{AgentTasks, AgentWork, InstanceState, TaskContext, TaskOutcome};
use provost_server::Deployment;
use provost_server::jobs::ServerTasks;
use std::sync::Arc;

/// Tasks of the server that need files of the home.
#[allow(missing_debug_implementations)]
pub struct DoorTasks {
    /// The home.
    pub road: Arc<Road>,
}

impl ServerTasks for DoorTasks {
    fn run(&self, work: &AgentWork, context: &dyn TaskContext) -> Option<TaskOutcome> {
        let done = match work.task.kind {
            TaskKind::DeployConfiguration => self.deploy(&work.task, context),
            TaskKind::Fulfill => self.fulfil(work, context),
            TaskKind::CreateDatabaseViews => self.make_views(context),
            _ => custom::run(self.road.settings(), work, context)?,
        };
        Some(done.unwrap_or_else(|report| TaskOutcome::errored(report.to_error())))
    }
}

fn completed(produced: bool) -> TaskOutcome {
    TaskOutcome { state: InstanceState::Completed, produced, ..TaskOutcome::default() }
}

impl DoorTasks {
    /// Carries out orders with the settings of the server's own home: a task without agent.
    fn fulfil(&self, work: &AgentWork, context: &dyn TaskContext) -> Result<TaskOutcome, Report> {
        let tasks = StepTasks::new(self.road.settings().clone(), ServerSide::Here(self.road.clone()));
        Ok(tasks.run(work, context))
    }

    fn deploy(&self, task: &Task, context: &dyn TaskContext) -> Result<TaskOutcome, Report> {
        let folder = task.text("ConfigurationDirectory");
        if folder.is_empty() {
            let text = format!("task \"{}\" names no folder", task.identifier);
            return Err(
                Report::new(Kind::Data, "no-configuration", text).hint("set ConfigurationDirectory on the task")
            );
        }
        let folder = self.road.settings().home.join(folder);
        let parsed = read_valid(&folder)?;
        let deployment = Deployment::compute(&self.road.store, &parsed).map_err(|error| report(&error))?;
        let changes = !deployment.plan.is_empty();
        let reason = format!("deployment of {} by a job", folder.display());
        deployment.apply(&self.road.store, &actor(), &reason, now_micros()).map_err(|error| report(&error))?;
        let word = if changes { "is deployed" } else { "is deployed already" };
        context.log(LogLevel::Information, &format!("the configuration in {} {word}", folder.display()));
        Ok(completed(changes))
    }

    fn make_views(&self, context: &dyn TaskContext) -> Result<TaskOutcome, Report> {
        let made = self.road.store.write(&actor(), "views of a job", |tx| {
            let metadata = metadata(tx)?;
            Ok::<_, Report>(tx.rebuild_views(&metadata)?)
        })?;
        context.log(LogLevel::Information, &format!("{made} views are made"));
        Ok(completed(true))
    }
}
