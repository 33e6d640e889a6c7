//! Helpers of the unit tests.

use crate::sort::Spill;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};
use std::sync::{Arc, Mutex};

/// Bytes that a test can look at after they were written.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes()).unwrap()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Files in memory by suffix.
#[derive(Default)]
pub(crate) struct Files(pub(crate) BTreeMap<String, Shared>);

impl crate::prepare::Outputs for Files {
    fn create(&mut self, suffix: &str) -> io::Result<Box<dyn Write + Send>> {
        Ok(Box::new(self.0.entry(suffix.to_owned()).or_default().clone()))
    }
}

impl Files {
    /// The text written under a suffix; empty when nothing was created.
    pub(crate) fn text(&self, suffix: &str) -> String {
        self.0.get(suffix).map(Shared::text).unwrap_or_default()
    }
}

/// A spill in memory.
pub(crate) fn memory() -> io::Result<Box<dyn Spill>> {
    Ok(Box::new(Cursor::new(Vec::new())))
}

/// Yields at most `most` bytes at a time.
pub(crate) struct Trickle<'a>(pub(crate) &'a [u8], pub(crate) usize);

impl Read for Trickle<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = self.1.min(out.len()).min(self.0.len());
        let (head, tail) = self.0.split_at(most);
        out.get_mut(..most).unwrap().copy_from_slice(head);
        self.0 = tail;
        Ok(most)
    }
}
