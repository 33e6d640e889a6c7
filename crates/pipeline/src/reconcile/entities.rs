//! Difference of one entity type: sorted records against the key table.

use std::cmp::Ordering;
use std::io;

/// A sorted file, one record at a time, with the current record at hand.
pub trait SortedRecords {
    /// Moves to the next record; `false` at the end.
    fn advance(&mut self) -> io::Result<bool>;
    /// Decoded primary key of the current record.
    fn key(&self) -> &[u8];
    /// The current record as the file writes it, without its line end.
    fn record(&self) -> &[u8];
    /// Line of the current record in the sorted file, from 1.
    fn line(&self) -> u64;
}

/// What the comparison asks for. The record is in the canonical CSV form of sorted files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Candidate<'a> {
    /// The key is unknown to the repository.
    Insert {
        /// New record.
        record: &'a [u8],
        /// Line of the sorted file.
        line: u64,
    },
    /// The key is known and the fingerprint differs (or is void): the values must be compared.
    Compare {
        /// Known resource.
        resource: i64,
        /// New record.
        record: &'a [u8],
        /// Line of the sorted file.
        line: u64,
    },
    /// The file does not have the key any more.
    Delete {
        /// Known resource.
        resource: i64,
        /// Its primary key.
        key: &'a [u8],
    },
}

/// Linear merge of a sorted file with the key table of its entity type.
///
/// Call [`EntityMerge::stored`] for each row of the key table in ascending key order, then [`EntityMerge::finish`].
#[derive(Debug)]
pub struct EntityMerge<R> {
    file: R,
    seed: u64,
    has_record: bool,
    previous_key: Option<Vec<u8>>,
    unchanged: u64,
}

impl<R: SortedRecords> EntityMerge<R> {
    /// Starts the merge. `seed` stands for the mapping: another mapping gives other fingerprints.
    pub fn new(mut file: R, seed: u64) -> io::Result<EntityMerge<R>> {
        let has_record = file.advance()?;
        Ok(EntityMerge { file, seed, has_record, previous_key: None, unchanged: 0 })
    }

    /// Fingerprint of a record under the mapping that `seed` stands for; never 0, which means *void*.
    pub fn fingerprint(record: &[u8], seed: u64) -> i64 {
        let hash = xxhash_rust::xxh3::xxh3_64_with_seed(record, seed).cast_signed();
        if hash == 0 { 1 } else { hash }
    }

    /// Takes the next row of the key table.
    pub fn stored<E: From<io::Error>>(
        &mut self,
        key: &[u8],
        resource: i64,
        fingerprint: i64,
        sink: &mut dyn FnMut(Candidate<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        while self.has_record && self.file.key() < key {
            sink(Candidate::Insert { record: self.file.record(), line: self.file.line() })?;
            self.next()?;
        }
        if !self.has_record || self.file.key() != key {
            return sink(Candidate::Delete { resource, key });
        }
        if Self::fingerprint(self.file.record(), self.seed) == fingerprint {
            self.unchanged += 1;
        } else {
            sink(Candidate::Compare { resource, record: self.file.record(), line: self.file.line() })?;
        }
        self.next().map_err(E::from)
    }

    /// Takes what is left of the file. Returns the number of records whose fingerprint was equal.
    pub fn finish<E: From<io::Error>>(
        mut self,
        sink: &mut dyn FnMut(Candidate<'_>) -> Result<(), E>,
    ) -> Result<u64, E> {
        while self.has_record {
            sink(Candidate::Insert { record: self.file.record(), line: self.file.line() })?;
            self.next()?;
        }
        Ok(self.unchanged)
    }

    fn next(&mut self) -> io::Result<()> {
        let previous = self.previous_key.get_or_insert_default();
        previous.clear();
        previous.extend_from_slice(self.file.key());
        self.has_record = self.file.advance()?;
        if self.has_record && self.file.key().cmp(previous.as_slice()) != Ordering::Greater {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("line {}: the keys of a sorted file must ascend", self.file.line()),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    struct Lines {
        rows: Vec<(String, String)>,
        next: usize,
    }

    impl SortedRecords for Lines {
        fn advance(&mut self) -> io::Result<bool> {
            self.next += 1;
            Ok(self.next <= self.rows.len())
        }
        fn key(&self) -> &[u8] {
            self.rows[self.next - 1].0.as_bytes()
        }
        fn record(&self) -> &[u8] {
            self.rows[self.next - 1].1.as_bytes()
        }
        fn line(&self) -> u64 {
            self.next as u64 + 1
        }
    }

    fn run(file: &BTreeMap<String, String>, stored: &BTreeMap<String, (i64, String)>) -> (Vec<String>, u64) {
        let rows = file.iter().map(|(k, v)| (k.clone(), format!("{k},{v}"))).collect();
        let mut merge = EntityMerge::new(Lines { rows, next: 0 }, 7).unwrap();
        let mut out = Vec::new();
        let mut sink = |c: Candidate<'_>| -> Result<(), io::Error> {
            let text = |b: &[u8]| String::from_utf8(b.to_vec()).unwrap();
            out.push(match c {
                Candidate::Insert { record, .. } => format!("+ {}", text(record)),
                Candidate::Compare { resource, record, .. } => format!("? {resource} {}", text(record)),
                Candidate::Delete { resource, key } => format!("- {resource} {}", text(key)),
            });
            Ok(())
        };
        for (key, (id, value)) in stored {
            let fingerprint = EntityMerge::<Lines>::fingerprint(format!("{key},{value}").as_bytes(), 7);
            merge.stored(key.as_bytes(), *id, fingerprint, &mut sink).unwrap();
        }
        let unchanged = merge.finish(&mut sink).unwrap();
        (out, unchanged)
    }

    fn table<V: Clone>(rows: &[(&str, V)]) -> BTreeMap<String, V> {
        rows.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect()
    }

    #[test]
    fn finds_what_came_what_changed_and_what_went() {
        let file = table(&[("a", "1".to_owned()), ("b", "2".to_owned()), ("d", "4".to_owned()), ("e", "5".to_owned())]);
        let stored = table(&[("b", (10, "2".to_owned())), ("c", (11, "3".to_owned())), ("d", (12, "x".to_owned()))]);
        let (out, unchanged) = run(&file, &stored);
        assert_eq!(out, ["+ a,1", "- 11 c", "? 12 d,4", "+ e,5"]);
        assert_eq!(unchanged, 1);
    }

    #[test]
    fn refuses_a_file_that_is_not_sorted() {
        let rows = vec![("b".to_owned(), "b,1".to_owned()), ("a".to_owned(), "a,1".to_owned())];
        let merge = EntityMerge::new(Lines { rows, next: 0 }, 0).unwrap();
        let error = merge.finish::<io::Error>(&mut |_| Ok(())).unwrap_err();
        assert_eq!(error.to_string(), "line 3: the keys of a sorted file must ascend");
    }

    proptest! {
        #[test]
        fn agrees_with_a_comparison_of_maps(
            file in proptest::collection::btree_map("[a-d]{1,2}", "[0-2]", 0..12),
            stored in proptest::collection::btree_map("[a-d]{1,2}", (1i64..99, "[0-2]"), 0..12),
        ) {
            let (out, unchanged) = run(&file, &stored);
            let mut expected = Vec::new();
            let mut same = 0;
            let keys: std::collections::BTreeSet<_> = file.keys().chain(stored.keys()).collect();
            for key in keys {
                match (file.get(key), stored.get(key)) {
                    (Some(v), None) => expected.push(format!("+ {key},{v}")),
                    (None, Some((id, _))) => expected.push(format!("- {id} {key}")),
                    (Some(v), Some((_, w))) if v == w => same += 1,
                    (Some(v), Some((id, _))) => expected.push(format!("? {id} {key},{v}")),
                    (None, None) => {}
                }
            }
            prop_assert_eq!(out, expected);
            prop_assert_eq!(unchanged, same);
        }
    }
}
