//! How the steps are asked for.

use crate::manifest::Delivery;
use provost_model::summary::Mode;
use std::path::PathBuf;

/// What to prepare, and how.
#[derive(Clone, Debug)]
pub struct PrepareOptions {
    /// Connector identifier.
    pub connector: String,
    /// Mode of the run.
    pub mode: Mode,
    /// How the export delivers its rows.
    pub delivery: Delivery,
    /// Name of the command column of a change-carrying export.
    pub command_column: String,
    /// Folder of the CSV source files.
    pub sources: PathBuf,
    /// Folder for cleansed files and `previous`.
    pub working: PathBuf,
    /// Who runs it.
    pub actor: String,
    /// Microseconds since 1970, UTC.
    pub now_micros: i64,
}

/// How much is remembered of what is over. The default is everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Sessions of a connector that are over; 0 for all. Those that wait or are blocked are always remembered.
    pub sessions: u32,
    /// Days that runs and their findings are remembered, those of remembered sessions aside; 0 for ever.
    pub days: u32,
}

/// How to synchronise.
#[derive(Clone, Debug, Default)]
pub struct SynchroniseOptions {
    /// Connector identifier.
    pub connector: String,
    /// Who runs it.
    pub actor: String,
    /// Why thresholds are to be ignored (`ForceSynchronization`); lands in the journal.
    pub force: Option<String>,
    /// Keep the change tables for the step that sets dirty flags.
    pub keep_changes: bool,
    /// What is forgotten at the end.
    pub retention: Retention,
    /// Write pairs without link to `<association>.orphans.csv` in `Work/Synchronization`.
    pub orphans: bool,
    /// Microseconds since 1970, UTC.
    pub now_micros: i64,
}
