//! Records kept in order until they can be used: in memory while they are few, on disk when they are many.
//!
//! A database that sends rows cannot take any at the same time on the same connection, so what a scan finds waits
//! here until the scan is over.

use provost_pipeline::reconcile::Pull;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use tempfile::SpooledTempFile;

/// Bytes kept in memory before a spool goes to disk.
const MEMORY: usize = 4 << 20;

/// An append-only list of (key, payload) records.
#[derive(Debug)]
pub(crate) struct Spool {
    file: BufWriter<SpooledTempFile>,
    count: u64,
}

impl Spool {
    /// An empty spool that overflows into `folder`.
    pub(crate) fn new(folder: &Path) -> Spool {
        Spool { file: BufWriter::new(tempfile::spooled_tempfile_in(MEMORY, folder)), count: 0 }
    }

    /// Appends a record.
    pub(crate) fn push(&mut self, key: &[u8], payload: &[u8]) -> io::Result<()> {
        for part in [key, payload] {
            let length = u32::try_from(part.len()).map_err(io::Error::other)?;
            self.file.write_all(&length.to_le_bytes())?;
        }
        self.file.write_all(key)?;
        self.file.write_all(payload)?;
        self.count += 1;
        Ok(())
    }

    /// Number of records.
    pub(crate) fn len(&self) -> u64 {
        self.count
    }

    /// Reads from the first record on. May be called again after reading.
    pub(crate) fn read(&mut self) -> io::Result<SpoolReader<'_>> {
        self.file.flush()?;
        let file = self.file.get_mut();
        file.seek(SeekFrom::Start(0))?;
        Ok(SpoolReader { file: BufReader::with_capacity(64 << 10, file), left: self.count, record: Vec::new() })
    }
}

/// Reads a [`Spool`] from its first record.
#[derive(Debug)]
pub(crate) struct SpoolReader<'a> {
    file: BufReader<&'a mut SpooledTempFile>,
    left: u64,
    record: Vec<u8>,
}

impl Pull for SpoolReader<'_> {
    fn pull(&mut self) -> io::Result<Option<(&[u8], &[u8])>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let mut lengths = [0; 8];
        self.file.read_exact(&mut lengths)?;
        let length = |at: usize| u32::from_le_bytes([lengths[at], lengths[at + 1], lengths[at + 2], lengths[at + 3]]);
        let (key, payload) = (length(0) as usize, length(4) as usize);
        self.record.resize(key + payload, 0);
        self.file.read_exact(&mut self.record)?;
        Ok(Some(self.record.split_at(key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_it_took_in_memory_and_from_disk() {
        let folder = tempfile::tempdir().unwrap();
        for size in [3usize, 5 << 20] {
            let big = vec![b'x'; size];
            let mut spool = Spool::new(folder.path());
            spool.push(b"a", &big).unwrap();
            spool.push(b"", b"").unwrap();
            spool.push(&big, b"z").unwrap();
            assert_eq!(spool.len(), 3);
            for _ in 0..2 {
                let mut reader = spool.read().unwrap();
                assert_eq!(reader.pull().unwrap().unwrap(), (&b"a"[..], &big[..]));
                assert_eq!(reader.pull().unwrap().unwrap(), (&b""[..], &b""[..]));
                assert_eq!(reader.pull().unwrap().unwrap(), (&big[..], &b"z"[..]));
                assert_eq!(reader.pull().unwrap(), None);
            }
        }
    }
}
