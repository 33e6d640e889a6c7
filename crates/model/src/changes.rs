//! Changes between what files say and what the repository holds.

use serde::{Deserialize, Serialize};

/// What a change does to a resource. The numbers are stored in `UR_ResourceChanges.Command`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Command {
    /// A new resource.
    Insert = 1,
    /// New values for a known resource.
    Update = 2,
    /// The resource goes.
    Delete = 3,
    /// Insert when unknown, else update of the columns present (delta files only).
    Merge = 4,
}

impl Command {
    /// Reads a command column, in any letter case. `add` is the exporters' word for insert; an empty value means the
    /// row is part of a full extract.
    pub fn parse(text: &str) -> Option<Command> {
        [("add", Command::Insert), ("insert", Command::Insert), ("update", Command::Update)]
            .into_iter()
            .chain([("delete", Command::Delete), ("merge", Command::Merge)])
            .find(|(word, _)| text.eq_ignore_ascii_case(word))
            .map(|(_, command)| command)
    }

    /// The word in delta files.
    pub fn word(self) -> &'static str {
        match self {
            Command::Insert => "insert",
            Command::Update => "update",
            Command::Delete => "delete",
            Command::Merge => "merge",
        }
    }
}
