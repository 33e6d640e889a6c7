//! What a server and an agent say to each other about tasks.
//!
//! The agent asks for work; the server hands out one task instance under a lease. While the agent works it reports
//! progress, which renews the lease; at the end it reports the outcome. Every message names the lease, so that a lost
//! or repeated message changes nothing, and an agent whose lease has passed to somebody else is told so.

use crate::summary::{ErrorReport, Summary};
use serde::{Deserialize, Serialize};

/// State of a job or task instance (spec 14 §2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum InstanceState {
    /// It waits for its turn.
    #[default]
    NotStarted,
    /// It runs.
    InProgress,
    /// It ended well.
    Completed,
    /// It ended, but something was set aside, or an error was allowed (`ContinueOnError`).
    Warning,
    /// It failed.
    Errored,
    /// A safeguard stopped it; it can be resumed.
    Blocked,
    /// Somebody cancelled it.
    Cancelled,
    /// It was not needed: what it depends on did not end well, or produced nothing. Tasks only.
    Skipped,
}

impl InstanceState {
    /// Every state.
    pub const ALL: [InstanceState; 8] = [
        InstanceState::NotStarted,
        InstanceState::InProgress,
        InstanceState::Completed,
        InstanceState::Warning,
        InstanceState::Errored,
        InstanceState::Blocked,
        InstanceState::Cancelled,
        InstanceState::Skipped,
    ];

    /// The word for databases and messages.
    pub fn word(self) -> &'static str {
        match self {
            InstanceState::NotStarted => "NotStarted",
            InstanceState::InProgress => "InProgress",
            InstanceState::Completed => "Completed",
            InstanceState::Warning => "Warning",
            InstanceState::Errored => "Errored",
            InstanceState::Blocked => "Blocked",
            InstanceState::Cancelled => "Cancelled",
            InstanceState::Skipped => "Skipped",
        }
    }

    /// The state with this word.
    pub fn parse(word: &str) -> Option<InstanceState> {
        InstanceState::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether nothing more will happen to it by itself.
    pub fn is_final(self) -> bool {
        !matches!(self, InstanceState::NotStarted | InstanceState::InProgress)
    }
}

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
