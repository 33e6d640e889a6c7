//! The drift guard: what a file looked like before, what it looks like now, and the probable cause of a difference.

use serde::{Deserialize, Serialize};

/// What one table looks like, small enough to be stored with each accepted run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableProfile {
    /// Data rows.
    pub rows: u64,
}

/// Collects a [`TableProfile`] from a stable sample of rows: the same keys are sampled in every generation of a file.
#[derive(Debug)]
pub struct Profiler {}

impl Profiler {
    /// For a table with these column names, the key first.
    pub fn new(columns: &[&str]) -> Profiler {
        let _ = columns;
        Profiler {}
    }

    /// Whether the row with this key belongs to the sample. Cheap: called for every row.
    pub fn wants(&self, key: &[u8]) -> bool {
        let _ = key;
        false
    }

    /// Takes a sampled row: its converted values in column order.
    pub fn observe(&mut self, values: &[&[u8]]) {
        let _ = values;
    }

    /// The profile, given the exact number of clean rows.
    pub fn finish(self, rows: u64) -> TableProfile {
        TableProfile { rows }
    }
}
