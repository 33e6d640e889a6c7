//! Reconcile: the difference between sorted files and what the repository holds.
//!
//! Everything is a merge of ordered streams, so memory stays flat. The repository *pushes* its rows (it scans them in
//! key order) and files are *pulled* along; what has to be changed is handed to a sink. Nothing here decides whether
//! a change may be applied: thresholds do.

mod entities;
mod links;
mod resolve;
mod sorted;

pub use entities::{Candidate, EntityMerge, SortedRecords};
pub use links::{LinkMerge, LinkOutcome, link_ids, link_key};
pub use resolve::{Ends, KeyLookup, KeyResolver, ResolvedSink, key_change};
pub use sorted::{Fields, SortedFile, fields};

use std::io;

/// An ordered stream of (key, payload) records, read one at a time.
pub trait Pull {
    /// The next record, borrowed until the next call.
    fn pull(&mut self) -> io::Result<Option<(&[u8], &[u8])>>;
}

impl<P: Pull + ?Sized> Pull for Box<P> {
    fn pull(&mut self) -> io::Result<Option<(&[u8], &[u8])>> {
        (**self).pull()
    }
}

/// A [`Pull`] with the current record kept at hand.
#[derive(Debug)]
pub(crate) struct Head<P> {
    stream: P,
    key: Vec<u8>,
    payload: Vec<u8>,
    at_end: bool,
}

impl<P: Pull> Head<P> {
    /// Takes the stream and moves to its first record.
    pub(crate) fn new(stream: P) -> io::Result<Head<P>> {
        let mut head = Head { stream, key: Vec::new(), payload: Vec::new(), at_end: false };
        head.advance()?;
        Ok(head)
    }

    /// Moves to the next record.
    pub(crate) fn advance(&mut self) -> io::Result<()> {
        match self.stream.pull()? {
            Some((key, payload)) => {
                self.key.clear();
                self.key.extend_from_slice(key);
                self.payload.clear();
                self.payload.extend_from_slice(payload);
            }
            None => self.at_end = true,
        }
        Ok(())
    }

    /// Key of the current record; `None` at the end.
    pub(crate) fn key(&self) -> Option<&[u8]> {
        (!self.at_end).then_some(&self.key)
    }

    /// Payload of the current record; empty at the end.
    pub(crate) fn payload(&self) -> &[u8] {
        if self.at_end { &[] } else { &self.payload }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::Pull;
    use std::io;

    /// A [`Pull`] over records in memory.
    pub(crate) struct Records {
        pub(crate) rows: Vec<(Vec<u8>, Vec<u8>)>,
        pub(crate) next: usize,
    }

    impl Records {
        pub(crate) fn new(mut rows: Vec<(Vec<u8>, Vec<u8>)>) -> Records {
            rows.sort();
            Records { rows, next: 0 }
        }
    }

    impl Pull for Records {
        fn pull(&mut self) -> io::Result<Option<(&[u8], &[u8])>> {
            self.next += 1;
            Ok(self.rows.get(self.next - 1).map(|(k, p)| (k.as_slice(), p.as_slice())))
        }
    }
}
