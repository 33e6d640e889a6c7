//! The working folders of a home (spec 16 §3).

use std::path::{Path, PathBuf};

/// `Temp` and `Work`, wherever the settings put them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// `TempFolderPath`.
    pub temp: PathBuf,
    /// `WorkFolderPath`.
    pub work: PathBuf,
}

impl Folders {
    /// CSV source files, as exports write them.
    pub fn export_output(&self) -> PathBuf {
        self.temp.join("ExportOutput")
    }

    /// Cleansed and delta files, as prepare writes them.
    pub fn collect(&self) -> PathBuf {
        self.work.join("Collect")
    }

    /// Sessions received from agents, one folder each, named by GUID.
    pub fn synchronization(&self) -> PathBuf {
        self.work.join("Synchronization")
    }

    /// The folder of one session.
    pub fn session(&self, id: &str) -> PathBuf {
        self.synchronization().join(id)
    }
}

/// `path` as a person would name it: relative to `base` when it lies below.
pub fn shown(path: &Path, base: &Path) -> String {
    path.strip_prefix(base).unwrap_or(path).display().to_string()
}
