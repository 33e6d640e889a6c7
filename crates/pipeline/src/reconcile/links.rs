//! Difference of one association: resolved pairs against the stored links.

use super::{Head, Pull};
use std::io;

/// What the comparison of wanted links with stored links finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkOutcome<'a> {
    /// Wanted and not stored.
    Create {
        /// First id of the order (the owner of the stored side).
        first: i64,
        /// Second id.
        second: i64,
        /// What came with the wanted pair.
        payload: &'a [u8],
    },
    /// Wanted and stored.
    Keep {
        /// First id of the order.
        first: i64,
        /// Second id.
        second: i64,
        /// What came with the wanted pair.
        payload: &'a [u8],
    },
    /// Stored and not wanted.
    Remove {
        /// First id of the order.
        first: i64,
        /// Second id.
        second: i64,
    },
}

/// Linear merge of wanted links with stored links, both ascending by (first id, second id).
#[derive(Debug)]
pub struct LinkMerge<P> {
    wanted: Head<P>,
}

/// Key of a wanted link: ascending as its ids do. Ids are never negative here.
pub fn link_key(first: i64, second: i64) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&first.to_be_bytes());
    key[8..].copy_from_slice(&second.to_be_bytes());
    key
}

/// The ids of a [`link_key`].
pub fn link_ids(key: &[u8]) -> Option<(i64, i64)> {
    let (first, second) = key.split_first_chunk::<8>()?;
    Some((i64::from_be_bytes(*first), i64::from_be_bytes(second.try_into().ok()?)))
}

impl<P: Pull> LinkMerge<P> {
    /// `wanted` has [`link_key`] keys in ascending order, each once.
    pub fn new(wanted: P) -> io::Result<LinkMerge<P>> {
        Ok(LinkMerge { wanted: Head::new(wanted)? })
    }

    /// Takes the next stored link.
    pub fn stored<E: From<io::Error>>(
        &mut self,
        first: i64,
        second: i64,
        sink: &mut dyn FnMut(LinkOutcome<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let stored = link_key(first, second);
        while self.wanted.key().is_some_and(|key| key < stored.as_slice()) {
            self.create(sink)?;
        }
        if self.wanted.key() == Some(stored.as_slice()) {
            sink(LinkOutcome::Keep { first, second, payload: self.wanted.payload() })?;
            return self.wanted.advance().map_err(E::from);
        }
        sink(LinkOutcome::Remove { first, second })
    }

    /// Takes what is left of the wanted links.
    pub fn finish<E: From<io::Error>>(
        mut self,
        sink: &mut dyn FnMut(LinkOutcome<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        while self.wanted.key().is_some() {
            self.create(sink)?;
        }
        Ok(())
    }

    fn create<E: From<io::Error>>(&mut self, sink: &mut dyn FnMut(LinkOutcome<'_>) -> Result<(), E>) -> Result<(), E> {
        let Some((first, second)) = self.wanted.key().and_then(link_ids) else {
            return Err(E::from(io::Error::new(io::ErrorKind::InvalidData, "a link key has 16 bytes")));
        };
        sink(LinkOutcome::Create { first, second, payload: self.wanted.payload() })?;
        self.wanted.advance().map_err(E::from)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Records;
    use super::*;

    #[test]
    fn creates_keeps_and_removes() {
        let wanted =
            [(1, 5, "a"), (1, 7, "b"), (3, 1, "c")].map(|(f, s, p)| (link_key(f, s).to_vec(), p.as_bytes().to_vec()));
        let mut merge = LinkMerge::new(Records::new(wanted.to_vec())).unwrap();
        let mut out = Vec::new();
        let mut sink = |o: LinkOutcome<'_>| -> io::Result<()> {
            let text = |b: &[u8]| String::from_utf8(b.to_vec()).unwrap();
            out.push(match o {
                LinkOutcome::Create { first, second, payload } => format!("+{first}-{second}{}", text(payload)),
                LinkOutcome::Keep { first, second, payload } => format!("={first}-{second}{}", text(payload)),
                LinkOutcome::Remove { first, second } => format!("-{first}-{second}"),
            });
            Ok(())
        };
        for (first, second) in [(1, 6), (1, 7), (2, 2)] {
            merge.stored(first, second, &mut sink).unwrap();
        }
        merge.finish(&mut sink).unwrap();
        assert_eq!(out, ["+1-5a", "-1-6", "=1-7b", "-2-2", "+3-1c"]);
    }
}
