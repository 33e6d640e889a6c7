//! External sorting that spills into a session's folder.

use provost_pipeline::reconcile::Pull;
use provost_pipeline::sort::{Merged, SortError, Sorter, Spill};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

type Factory = Box<dyn FnMut() -> io::Result<Box<dyn Spill>>>;

/// Sorts (key, payload) records in bounded memory.
pub(crate) struct Sorting(Sorter<Factory>);

impl Sorting {
    /// Uses about `budget` bytes of memory, then unnamed files in `folder`.
    pub(crate) fn new(folder: &Path, budget: usize) -> Sorting {
        let folder = folder.to_owned();
        Sorting(Sorter::new(budget, Box::new(move || SpillFile::in_folder(&folder))))
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

/// An unnamed file that gives back what was read of it, so that sorting takes hardly more of a disk than the data.
pub(crate) struct SpillFile {
    file: File,
    /// Given back up to here.
    forgotten: u64,
}

impl SpillFile {
    /// Bytes that a file system gives back at once, and how many are worth a call.
    const UNIT: u64 = 4 << 10;
    const WORTH: u64 = 128 << 10;

    pub(crate) fn in_folder(folder: &Path) -> io::Result<Box<dyn Spill>> {
        Ok(Box::new(SpillFile { file: tempfile::tempfile_in(folder)?, forgotten: 0 }))
    }

    #[cfg(target_os = "linux")]
    fn give_back(&self, length: u64) {
        use rustix::fs::{FallocateFlags, fallocate};
        let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        // Not every file system can do it; the file takes its place until the end then.
        let _ = fallocate(&self.file, hole, self.forgotten, length);
    }

    #[cfg(not(target_os = "linux"))]
    fn give_back(&self, _length: u64) {}
}

impl Spill for SpillFile {
    fn forget_before(&mut self, position: u64) {
        let length = (position / SpillFile::UNIT * SpillFile::UNIT).saturating_sub(self.forgotten);
        if length >= SpillFile::WORTH {
            self.give_back(length);
            self.forgotten += length;
        }
    }
}

impl Read for SpillFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Write for SpillFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for SpillFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_read_of_a_spill_outlives_what_is_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut spill = SpillFile::in_folder(folder.path()).unwrap();
        let written: Vec<u8> = (0..1_000_000u32).map(|n| (n % 251) as u8).collect();
        spill.write_all(&written).unwrap();
        spill.seek(SeekFrom::Start(0)).unwrap();
        let (mut read, mut piece) = (Vec::new(), [0; 70_001]);
        loop {
            let length = spill.read(&mut piece).unwrap();
            if length == 0 {
                break;
            }
            read.extend_from_slice(&piece[..length]);
            spill.forget_before(read.len() as u64);
        }
        assert!(read == written);
    }

    #[test]
    fn sorts_what_does_not_fit_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let mut sorting = Sorting::new(folder.path(), 256 << 10);
        let key = |n: u32| n.wrapping_mul(2_654_435_761).to_be_bytes();
        for n in 0..100_000u32 {
            sorting.push(&key(n), &n.to_be_bytes()).unwrap();
        }
        let mut expected: Vec<[u8; 4]> = (0..100_000).map(key).collect();
        expected.sort_unstable();
        let mut sorted = sorting.finish().unwrap();
        for key in expected {
            assert_eq!(sorted.pull().unwrap().unwrap().0, key);
        }
        assert!(sorted.pull().unwrap().is_none());
    }
}
