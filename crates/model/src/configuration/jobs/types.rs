//! Jobs and tasks with their types.

use super::cron::Cron;
use super::kind::{Side, TaskKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `Job`, with all its steps in document order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Unique identifier.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
    /// Agent of its agent tasks; none when the server runs all of it.
    pub agent: Option<String>,
    /// When it starts by itself.
    pub cron: Option<Cron>,
    /// In incremental mode.
    pub is_incremental: bool,
    /// The first load.
    pub is_initialization: bool,
    /// Behind the screen of a connector, not listed among the others.
    pub is_connector_job: bool,
    /// Cannot be started by hand.
    pub user_start_denied: bool,
    /// What is logged.
    pub log_level: LogLevel,
    /// Its tasks.
    pub steps: Vec<JobStep>,
}

/// One task of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobStep {
    /// The task, with the attributes that this job replaces.
    pub task: Task,
    /// Steps of one level start together; -1 is a level of its own, by position.
    pub level: i32,
}

/// A task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Unique identifier; made of job and position for a task without one.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
    /// What it does.
    pub kind: TaskKind,
    /// Agent that runs it.
    pub agent: Option<String>,
    /// Client by which the agent calls the server.
    pub open_id_client: Option<String>,
    /// Connector concerned. An export without connection exports all connections of its connector.
    pub connector: Option<String>,
    /// Connection concerned.
    pub connection: Option<String>,
    /// An error does not stop the job.
    pub continue_on_error: bool,
    /// Only what was recently modified.
    pub dirty: bool,
    /// `TaskEntityType` children.
    pub entity_types: Vec<String>,
    /// `TaskResourceType` children.
    pub resource_types: Vec<String>,
    /// `TaskDependsOnTask` children.
    pub depends_on: Vec<String>,
    /// `SynchronizationMode`.
    pub mode: Option<Mode>,
    /// Every other attribute that was written, by its documented name.
    pub attributes: BTreeMap<String, String>,
}

impl Task {
    /// The value of an attribute of [`Task::attributes`]: written, or its default, or empty.
    pub fn text(&self, name: &str) -> &str {
        let default = || self.kind.definition().and_then(|element| element.default_of(name));
        self.attributes.get(name).map(String::as_str).or_else(default).unwrap_or_default()
    }

    /// Whether a yes-or-no attribute of [`Task::attributes`] is true.
    pub fn is(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// A number of [`Task::attributes`]; 0 when it is none.
    pub fn number(&self, name: &str) -> u32 {
        self.text(name).parse().unwrap_or_default()
    }

    /// Whether the server runs it.
    pub fn is_on_server(&self) -> bool {
        match self.kind.side() {
            Side::Server => true,
            Side::Agent => false,
            Side::Either => self.agent.is_none(),
        }
    }
}

/// `SynchronizationMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mode {
    /// First load.
    Initial,
    /// Everything is compared.
    Complete,
    /// Only what changed.
    Incremental,
}

/// `LogLevel`, from the most to the least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum LogLevel {
    Trace,
    Debug,
    Information,
    Warning,
    Error,
    Critical,
    #[default]
    None,
}
