//! Which resource a key value stands for, before and after a change set.

use super::{Head, Pull};
use std::io;

/// The resource that a key value stands for. A value that no resource or more than one resource holds stands for
/// nothing: giving one person another's groups is worse than giving none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// After the change set.
    pub new: Option<i64>,
    /// Before it.
    pub old: Option<i64>,
}

impl Ends {
    /// From the resources that hold the value now, those that lose it and those that gain it.
    pub fn of(stored: &[i64], removed: &[i64], added: &[i64]) -> Ends {
        let mut removed = removed.to_vec();
        removed.sort_unstable();
        let mut new: Vec<i64> = stored.iter().copied().filter(|id| removed.binary_search(id).is_err()).collect();
        new.extend_from_slice(added);
        new.sort_unstable();
        new.dedup();
        let only = |ids: &[i64]| match ids {
            [id] => Some(*id),
            _ => None,
        };
        Ends { new: only(&new), old: only(stored) }
    }
}

/// Takes a key value, the payload that came with it, and its resolution.
pub type ResolvedSink<'a, E> = dyn FnMut(&[u8], &[u8], Ends) -> Result<(), E> + 'a;

/// Payload of a key change in the stream that [`KeyResolver`] reads: the resource and whether it loses the value.
pub fn key_change(resource: i64, is_removal: bool) -> [u8; 9] {
    let mut payload = [0; 9];
    payload[..8].copy_from_slice(&resource.to_be_bytes());
    payload[8] = u8::from(is_removal);
    payload
}

fn read_key_change(payload: &[u8]) -> Option<(i64, bool)> {
    let (id, flag) = payload.split_first_chunk::<8>()?;
    Some((i64::from_be_bytes(*id), flag == [1]))
}

/// Resolves an ordered stream of key values against the ordered key table and the ordered key changes of a run.
///
/// Call [`KeyResolver::stored`] for each row of the key table in ascending order, then [`KeyResolver::finish`].
#[derive(Debug)]
pub struct KeyResolver<C, V> {
    changes: Head<C>,
    values: Head<V>,
    group: Vec<u8>,
    holders: Vec<i64>,
}

impl<C: Pull, V: Pull> KeyResolver<C, V> {
    /// `changes` carries [`key_change`] payloads; `values` carries anything, handed back with its resolution.
    pub fn new(changes: C, values: V) -> io::Result<KeyResolver<C, V>> {
        Ok(KeyResolver {
            changes: Head::new(changes)?,
            values: Head::new(values)?,
            group: Vec::new(),
            holders: Vec::new(),
        })
    }

    /// Takes the next row of the key table.
    pub fn stored<E: From<io::Error>>(
        &mut self,
        key: &[u8],
        resource: i64,
        out: &mut ResolvedSink<'_, E>,
    ) -> Result<(), E> {
        if self.holders.is_empty() || self.group != key {
            self.flush(out)?;
            self.group.clear();
            self.group.extend_from_slice(key);
        }
        self.holders.push(resource);
        Ok(())
    }

    /// Resolves what is left.
    pub fn finish<E: From<io::Error>>(mut self, out: &mut ResolvedSink<'_, E>) -> Result<(), E> {
        self.flush(out)?;
        while let Some(key) = self.changes.key().map(<[u8]>::to_vec) {
            self.resolve(&key, &[], out)?;
        }
        while let Some(key) = self.values.key() {
            out(key, self.values.payload(), Ends::default())?;
            self.values.advance()?;
        }
        Ok(())
    }

    fn flush<E: From<io::Error>>(&mut self, out: &mut ResolvedSink<'_, E>) -> Result<(), E> {
        if self.holders.is_empty() {
            return Ok(());
        }
        let key = std::mem::take(&mut self.group);
        while self.changes.key().is_some_and(|k| k < key.as_slice()) {
            let changed = self.changes.key().map(<[u8]>::to_vec).unwrap_or_default();
            self.resolve(&changed, &[], out)?;
        }
        let holders = std::mem::take(&mut self.holders);
        self.resolve(&key, &holders, out)?;
        self.group = key;
        self.holders = holders;
        self.holders.clear();
        Ok(())
    }

    /// Resolves all values up to and including `key`, held by `stored`.
    fn resolve<E: From<io::Error>>(
        &mut self,
        key: &[u8],
        stored: &[i64],
        out: &mut ResolvedSink<'_, E>,
    ) -> Result<(), E> {
        let ends = ends_of(&mut self.changes, key, stored)?;
        while let Some(value) = self.values.key().filter(|value| *value <= key) {
            let ends = if value == key { ends } else { Ends::default() };
            out(value, self.values.payload(), ends)?;
            self.values.advance()?;
        }
        Ok(())
    }
}

/// The ends of `key`, held by `stored`; takes the changes of this key, which must be the next ones.
fn ends_of<C: Pull>(changes: &mut Head<C>, key: &[u8], stored: &[i64]) -> io::Result<Ends> {
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    while changes.key() == Some(key) {
        match read_key_change(changes.payload()) {
            Some((id, true)) => removed.push(id),
            Some((id, false)) => added.push(id),
            None => {}
        }
        changes.advance()?;
    }
    Ok(match (stored, removed.is_empty() && added.is_empty()) {
        ([id], true) => Ends { new: Some(*id), old: Some(*id) },
        _ => Ends::of(stored, &removed, &added),
    })
}

/// Resolves ascending keys whose holders are looked up, where walking the whole key table would cost too much.
#[derive(Debug)]
pub struct KeyLookup<C> {
    changes: Head<C>,
    last: Option<(Vec<u8>, Ends)>,
}

impl<C: Pull> KeyLookup<C> {
    /// `changes` carries [`key_change`] payloads.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn new(changes: C) -> io::Result<KeyLookup<C>> {
        Ok(KeyLookup { changes: Head::new(changes)?, last: None })
    }

    /// The ends of a key, held by `stored` before this change set. Keys must ascend; equal ones may follow each other.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn ends(&mut self, key: &[u8], stored: &[i64]) -> io::Result<Ends> {
        if let Some((_, ends)) = self.last.as_ref().filter(|(last, _)| last == key) {
            return Ok(*ends);
        }
        while self.changes.key().is_some_and(|changed| changed < key) {
            self.changes.advance()?;
        }
        let ends = ends_of(&mut self.changes, key, stored)?;
        self.last = Some((key.to_vec(), ends));
        Ok(ends)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Records;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn resolve(stored: &[(&str, i64)], changes: &[(&str, i64, bool)], values: &[&str]) -> Vec<(String, Ends)> {
        let changes =
            changes.iter().map(|(k, id, removal)| (k.as_bytes().to_vec(), key_change(*id, *removal).to_vec()));
        let values = values.iter().map(|v| (v.as_bytes().to_vec(), Vec::new()));
        let mut resolver = KeyResolver::new(Records::new(changes.collect()), Records::new(values.collect())).unwrap();
        let mut found = Vec::new();
        let mut out = |key: &[u8], _: &[u8], ends: Ends| -> io::Result<()> {
            found.push((String::from_utf8(key.to_vec()).unwrap(), ends));
            Ok(())
        };
        for (key, id) in stored {
            resolver.stored(key.as_bytes(), *id, &mut out).unwrap();
        }
        resolver.finish(&mut out).unwrap();
        found
    }

    fn ends(new: Option<i64>, old: Option<i64>) -> Ends {
        Ends { new, old }
    }

    #[test]
    fn a_renamed_key_moves_from_the_old_value_to_the_new_one() {
        let found =
            resolve(&[("ann", 1), ("bob", 2)], &[("bob", 2, true), ("rob", 2, false)], &["ann", "bob", "rob", "zoe"]);
        assert_eq!(
            found,
            [
                ("ann".to_owned(), ends(Some(1), Some(1))),
                ("bob".to_owned(), ends(None, Some(2))),
                ("rob".to_owned(), ends(Some(2), None)),
                ("zoe".to_owned(), ends(None, None)),
            ]
        );
    }

    #[test]
    fn a_value_that_two_resources_hold_stands_for_none() {
        let found = resolve(&[("dup", 1), ("dup", 2)], &[], &["dup"]);
        assert_eq!(found, [("dup".to_owned(), ends(None, None))]);
        let found = resolve(&[("dup", 1)], &[("dup", 5, false)], &["dup"]);
        assert_eq!(found, [("dup".to_owned(), ends(None, Some(1)))]);
        let found = resolve(&[("dup", 1), ("dup", 2)], &[("dup", 2, true)], &["dup"]);
        assert_eq!(found, [("dup".to_owned(), ends(Some(1), None))]);
    }

    #[test]
    fn keys_that_are_looked_up_skip_changes_of_others() {
        let change = |key: &str, id, removal| (key.as_bytes().to_vec(), key_change(id, removal).to_vec());
        let changes = vec![change("a", 1, false), change("b", 2, true), change("c", 3, false), change("c", 4, false)];
        let mut lookup = KeyLookup::new(Records::new(changes)).unwrap();
        assert_eq!(lookup.ends(b"b", &[2]).unwrap(), ends(None, Some(2)));
        assert_eq!(lookup.ends(b"b", &[2]).unwrap(), ends(None, Some(2)), "asked again");
        assert_eq!(lookup.ends(b"bb", &[9]).unwrap(), ends(Some(9), Some(9)));
        assert_eq!(lookup.ends(b"c", &[3]).unwrap(), ends(None, Some(3)));
        assert_eq!(lookup.ends(b"d", &[]).unwrap(), ends(None, None));
    }

    proptest! {
        #[test]
        fn agrees_with_sets(
            stored in proptest::collection::btree_set(("[a-c]", 1i64..5), 0..8),
            changes in proptest::collection::btree_map(("[a-d]", 1i64..7), any::<bool>(), 0..8),
            values in proptest::collection::vec("[a-e]", 0..8),
        ) {
            let stored: Vec<(&str, i64)> = stored.iter().map(|(k, id)| (k.as_str(), *id)).collect();
            // A change is only ever the loss of a held value or the gain of a value not held.
            let changes: Vec<(&str, i64, bool)> = changes
                .iter()
                .filter(|((k, id), removal)| stored.contains(&(k.as_str(), *id)) == **removal)
                .map(|((k, id), removal)| (k.as_str(), *id, *removal))
                .collect();
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            for (value, found) in resolve(&stored, &changes, &values) {
                let before: BTreeSet<i64> = stored.iter().filter(|(k, _)| *k == value).map(|(_, id)| *id).collect();
                let mut after = before.clone();
                for (_, id, removal) in changes.iter().filter(|(k, _, _)| *k == value) {
                    if *removal { after.remove(id); } else { after.insert(*id); }
                }
                let only = |ids: &BTreeSet<i64>| if ids.len() == 1 { ids.first().copied() } else { None };
                prop_assert_eq!(found, ends(only(&after), only(&before)));
            }
        }
    }
}
