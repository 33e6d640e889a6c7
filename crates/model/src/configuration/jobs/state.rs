//! Where an execution of a job or of a task stands.

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
