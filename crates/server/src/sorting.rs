//! External sorting that spills into a session's folder.

use provost_pipeline::reconcile::Pull;
use provost_pipeline::sort::{Merged, SortError, Sorter, Spill};
use std::io;
use std::path::Path;

type Factory = Box<dyn FnMut() -> io::Result<Box<dyn Spill>>>;

/// Sorts (key, payload) records in bounded memory.
pub(crate) struct Sorting(Sorter<Factory>);

impl Sorting {
    /// Uses about `budget` bytes of memory, then unnamed files in `folder`.
    pub(crate) fn new(folder: &Path, budget: usize) -> Sorting {
        let folder = folder.to_owned();
        Sorting(Sorter::new(budget, Box::new(move || Ok(Box::new(tempfile::tempfile_in(&folder)?) as Box<dyn Spill>))))
    }

    /// Adds a record.
    pub(crate) fn push(&mut self, key: &[u8], payload: &[u8]) -> io::Result<()> {
        self.0.push(key, payload).map_err(plain)
    }

    /// All records in ascending key order; equal keys in the order in which they came.
    pub(crate) fn finish(self) -> io::Result<Sorted> {
        self.0.finish().map(Sorted).map_err(plain)
    }
}

/// Sorted records.
pub(crate) struct Sorted(Merged);

impl Pull for Sorted {
    fn pull(&mut self) -> io::Result<Option<(&[u8], &[u8])>> {
        let item = self.0.next().map_err(plain)?;
        Ok(item.map(|i| (i.key, i.payload)))
    }
}

/// Keeps the kind of an input/output error, so that a full disk is still told from a missing right.
fn plain(error: SortError) -> io::Error {
    match error {
        SortError::Spill(error) => error,
        other => io::Error::other(other),
    }
}
