//! What a server and an agent say to each other about tasks.
//!
//! The agent asks for work; the server hands out one task instance under a lease. While the agent works it reports
//! progress, which renews the lease; at the end it reports the outcome. The first progress, before anything is done,
//! confirms that the work has arrived; what is never confirmed is handed out again soon. Every message names the lease, so that a lost
//! or repeated message changes nothing, and an agent whose lease has passed to somebody else is told so.

pub use crate::configuration::jobs::InstanceState;

use crate::configuration::Connection;
use crate::configuration::jobs::{LogLevel, Task, TaskKind};
use crate::extract::SourceTable;
use crate::summary::{ErrorReport, Mode, State, Summary};
use serde::{Deserialize, Serialize};

/// How far a task is. Numbers only grow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TaskProgress {
    /// What is being done: `Prepare HR_Person`.
    pub stage: String,
    /// Rows done.
    pub rows: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Bytes to read, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_bytes: Option<u64>,
    /// Rows per second since the stage began.
    pub rate: f64,
    /// Seconds that are left, where that can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<f64>,
}

/// How a task ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TaskOutcome {
    /// The final state.
    pub state: InstanceState,
    /// Whether it produced something for tasks that depend on it.
    pub produced: bool,
    /// Counters, thresholds, causes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
}

/// A line of the log of a task instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LogLine {
    /// Microseconds since 1970, UTC.
    pub at: i64,
    /// `Information`, `Warning`, `Error`, …
    pub level: String,
    /// What happened.
    pub message: String,
    /// More about it.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub fields: serde_json::Map<String, serde_json::Value>,
}

/// What an agent asks with: `POST /api/Agent/{agent}/Work`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkRequest {
    /// Version of the agent's program.
    pub version: String,
    /// 32 hexadecimal digits, drawn by the agent, which become the word of the lease. Asking again with the same ones
    /// gives the same work: the agent draws new ones only when the work has arrived. Without them the server draws.
    pub ask: String,
    /// How long the answer may wait for work, at most 30.
    pub wait_seconds: u32,
    /// Elements that the agent can run (`ExportTask`); empty for all.
    pub kinds: Vec<String>,
}

/// A task that an agent is to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentWork {
    /// The task instance.
    pub task_instance: i64,
    /// Word of its lease: every later call names it.
    pub lease: String,
    /// The lease must be renewed within this time: report progress every third of it. The first report confirms that the
    /// work has arrived, and must come within a third.
    pub lease_seconds: u32,
    /// Identifier of the job.
    pub job: String,
    /// The job instance.
    pub job_instance: i64,
    /// The task, as the job has it.
    pub task: Task,
    /// The mode of the run: that of the task, else that of its job.
    pub mode: Mode,
    /// Connections of the task, or of its connector, as they are deployed.
    #[serde(default)]
    pub connections: Vec<Connection>,
    /// Tables that the mappings of the connector read.
    #[serde(default)]
    pub tables: Vec<SourceTable>,
    /// What is logged.
    pub log_level: LogLevel,
}

/// How far an agent is: `POST /api/Agent/{agent}/Work/{taskInstance}/Progress`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProgressReport {
    /// Word of the lease.
    pub lease: String,
    /// How far the task is.
    pub progress: Option<TaskProgress>,
    /// What was logged since the last call.
    pub log: Vec<LogLine>,
}

/// What the server answers to progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressAnswer {
    /// The job was cancelled. What runs may end first; what can stop at a safe point may do so.
    pub cancel: bool,
}

/// How a task of an agent ended: `POST /api/Agent/{agent}/Work/{taskInstance}/Outcome`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OutcomeReport {
    /// Word of the lease.
    pub lease: String,
    /// How it ended.
    pub outcome: TaskOutcome,
    /// What was logged since the last call.
    pub log: Vec<LogLine>,
}

/// What a task can say while it runs, and what it can ask.
pub trait TaskContext: Send + Sync {
    /// Adds a line to the log of the task.
    fn log(&self, level: LogLevel, message: &str);
    /// Tells how far the task is. Cheap: may be called for every batch of rows.
    fn progress(&self, progress: &TaskProgress);
    /// Whether the job was cancelled, or the task was taken away: nobody waits for the result.
    fn is_cancelled(&self) -> bool;
}

/// Runs the tasks of agents: beside the managed systems, in a process of its own or in that of the server.
pub trait AgentTasks: Send + Sync {
    /// Elements that can be run; empty for all.
    fn kinds(&self) -> Vec<String>;
    /// Runs a task. What cannot be run in this version ends as [`TaskOutcome::not_available`].
    fn run(&self, work: &AgentWork, context: &dyn TaskContext) -> TaskOutcome;
}

impl TaskOutcome {
    /// The outcome of a task of a kind that this version cannot run: skipped, and what depends on it is skipped in turn.
    pub fn not_available(kind: TaskKind) -> TaskOutcome {
        TaskOutcome {
            state: InstanceState::Skipped,
            error: Some(ErrorReport {
                code: "not-available".to_owned(),
                message: format!("{} is not available yet in this version", kind.element()),
                hint: None,
            }),
            ..TaskOutcome::default()
        }
    }

    /// A failure.
    pub fn errored(error: ErrorReport) -> TaskOutcome {
        TaskOutcome { state: InstanceState::Errored, error: Some(error), ..TaskOutcome::default() }
    }

    /// The outcome of a step with this summary.
    pub fn of(summary: Summary, produced: bool) -> TaskOutcome {
        let state = match summary.state {
            State::Completed => InstanceState::Completed,
            State::Warning => InstanceState::Warning,
            State::Blocked => InstanceState::Blocked,
            State::Errored => InstanceState::Errored,
        };
        TaskOutcome { state, produced, error: summary.error.clone(), summary: Some(summary) }
    }
}
