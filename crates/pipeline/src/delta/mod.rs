//! Delta: what changed between two sorted files.
//!
//! Both files are read once, side by side. Stretches that are equal byte for byte are skipped without looking at
//! records; records are only parsed around differences. Digests of both files are verified on the way, so that a
//! `previous` that someone changed is noticed.

mod engine;
mod feed;
mod side;

use crate::output::{HashedWriter, Written};
use crate::prepare::{Held, Kind};
use std::io::{self, Read, Write};

/// One generation of a sorted file.
#[derive(Debug)]
pub struct Generation<R> {
    /// Its bytes.
    pub source: R,
    /// BLAKE3 that it must have, when known.
    pub digest: Option<[u8; 32]>,
}

/// Which of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one of the last accepted run.
    Previous,
    /// The one just prepared.
    New,
}

impl std::fmt::Display for Which {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Which::Previous => "previous",
            Which::New => "new",
        })
    }
}

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// Keys only in the new file.
    pub inserted: u64,
    /// Keys in both with other values. Always 0 for associations.
    pub updated: u64,
    /// Keys only in the previous file, without those that are held.
    pub deleted: u64,
    /// Keys only in the previous file that are held: no change, and carried into the next generation.
    pub held: u64,
    /// Digest of the previous file, when there was one.
    pub previous_digest: Option<[u8; 32]>,
    /// Digest of the new file.
    pub new_digest: [u8; 32],
    /// The delta file, when one was asked for.
    pub delta: Option<Written>,
    /// The new file together with the held records of the previous one, when one was asked for.
    pub carried: Option<Written>,
}

/// Where the results go.
#[derive(Default)]
pub struct Outlets {
    /// `.sorted.delta`: a first column `command`, then the columns of the sorted files. Deletions carry the old record.
    pub delta: Option<Box<dyn Write + Send>>,
    /// The new file with the held records of the previous one: what must become `previous` when [`Held`] is not empty,
    /// so that they are still known when their rows are mended.
    pub carried: Option<Box<dyn Write + Send>>,
}

/// Why there is no delta.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum DeltaError {
    /// The mapping changed between the two.
    #[error("the columns changed from `{previous}` to `{new}`; run a complete synchronisation")]
    HeaderChanged { previous: String, new: String },
    /// A file is not what was written.
    #[error(
        "the {which} sorted file was changed by someone else (expected digest {expected}, found {found}); run a complete synchronisation"
    )]
    Tampered { which: Which, expected: blake3::Hash, found: blake3::Hash },
    /// A file is not in canonical form.
    #[error("line {line} of the {which} sorted file cannot be read: {reason}; run a complete synchronisation")]
    Malformed { which: Which, line: u64, reason: &'static str },
    /// A file is not in order.
    #[error(
        "line {line} of the {which} sorted file is not in order: key `{key}` does not come after the one before; run a complete synchronisation"
    )]
    NotInOrder { which: Which, line: u64, key: String },
    /// A source failed.
    #[error("reading the {which} sorted file failed")]
    Read { which: Which, source: io::Error },
    /// An output failed.
    #[error("writing {what} failed")]
    Write { what: &'static str, source: io::Error },
}

impl DeltaError {
    /// Whether the files do not fit each other, so that only a complete run helps. Else a retry may.
    pub fn demands_complete(&self) -> bool {
        !matches!(self, DeltaError::Read { .. } | DeltaError::Write { .. })
    }
}

/// Compares two generations of a sorted file; without a previous one every row is an insertion.
///
/// # Errors
/// When a file is not what it should be, or a stream fails. Outputs may then exist in part.
pub fn delta<P: Read + Send, N: Read + Send>(
    kind: Kind,
    previous: Option<Generation<P>>,
    new: Generation<N>,
    held: &Held,
    outlets: Outlets,
) -> Result<Delta, DeltaError> {
    compare(kind, previous, new, held, outlets, feed::BLOCK)
}

fn compare<P: Read + Send, N: Read + Send>(
    kind: Kind,
    previous: Option<Generation<P>>,
    new: Generation<N>,
    held: &Held,
    outlets: Outlets,
    block: usize,
) -> Result<Delta, DeltaError> {
    let expected = [previous.as_ref().and_then(|generation| generation.digest), new.digest];
    std::thread::scope(|scope| {
        let (old_feed, old_digest) = match previous {
            Some(generation) => {
                let (feed, digest) = feed::start(scope, generation.source, block)
                    .map_err(|source| DeltaError::Read { which: Which::Previous, source })?;
                (feed, Some(digest))
            }
            None => (feed::Feed::empty(), None),
        };
        let (new_feed, new_digest) =
            feed::start(scope, new.source, block).map_err(|source| DeltaError::Read { which: Which::New, source })?;
        let has_old = old_digest.is_some();
        let sink = engine::Sink {
            delta: outlets.delta.map(HashedWriter::new),
            carried: outlets.carried.map(HashedWriter::new),
        };
        let mut engine = engine::Engine::new(kind, old_feed, new_feed, held, sink);
        let outcome = engine.run(has_old);
        if outcome.as_ref().is_err_and(|error| !error.demands_complete()) {
            return outcome;
        }
        // A file that was changed may look malformed in any way: the digest tells the cause.
        engine.drain();
        let digests = [old_digest.map(feed::Digest::wait), Some(new_digest.wait())];
        let mut found = [None, None];
        for (slot, (which, digest)) in found.iter_mut().zip([Which::Previous, Which::New].into_iter().zip(digests)) {
            *slot = digest.transpose().map_err(|source| DeltaError::Read { which, source })?;
        }
        verify(expected, found)?;
        let [previous_digest, new_digest] = found;
        provost_model::fault::point("delta.written");
        Ok(Delta { previous_digest, new_digest: new_digest.unwrap_or_default(), ..outcome? })
    })
}

fn verify(expected: [Option<[u8; 32]>; 2], found: [Option<[u8; 32]>; 2]) -> Result<(), DeltaError> {
    for (which, (expected, found)) in [Which::Previous, Which::New].into_iter().zip(expected.into_iter().zip(found)) {
        if let (Some(expected), Some(found)) = (expected, found)
            && expected != found
        {
            return Err(DeltaError::Tampered { which, expected: expected.into(), found: found.into() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
