//! How the steps are asked for.

use crate::manifest::Delivery;
use provost_model::summary::Mode;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

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
    /// How the source files are read.
    pub reading: Arc<dyn Reading>,
}

/// How source files are read: as they are, or opened by whoever has the key.
pub trait Reading: std::fmt::Debug + Send + Sync {
    /// What a file holds, from where it stands.
    ///
    /// # Errors
    /// It is encrypted for somebody else, or cannot be read.
    fn read<'a>(&self, file: &'a File) -> io::Result<Box<dyn Read + 'a>>;
}

/// Files that are read as they are.
#[derive(Clone, Copy, Debug)]
pub struct Plainly;

impl Reading for Plainly {
    fn read<'a>(&self, file: &'a File) -> io::Result<Box<dyn Read + 'a>> {
        Ok(Box::new(file))
    }
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
    /// Who is told of each stage.
    pub watch: Watch,
}

/// Who is told of the stages of a step: its name as it begins, and the rows that it had when that is known.
#[derive(Clone, Default)]
pub struct Watch(Option<Arc<Told>>);

type Told = dyn Fn(&str, Option<u64>) + Send + Sync;

impl Watch {
    /// Tells the stages to `told`.
    pub fn new(told: impl Fn(&str, Option<u64>) + Send + Sync + 'static) -> Watch {
        Watch(Some(Arc::new(told)))
    }

    pub(crate) fn stage(&self, name: &str, rows: Option<u64>) {
        if let Some(told) = &self.0 {
            told(name, rows);
        }
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watch")
    }
}
