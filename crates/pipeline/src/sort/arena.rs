//! A run in memory: records in one block of bytes, and an index that is sorted instead of them.

use crate::bytes::common_prefix;
use std::ops::Range;

/// Groups of at most this many keys are sorted by plain comparison.
const SMALL: usize = 24;
const PREFIX: usize = size_of::<u64>();
const LENGTH: usize = size_of::<u32>();

/// Records fetched into the cache at a time, and the most bytes of one.
const BATCH: usize = 32;
const MOST_TOUCHED: usize = 512;

/// Where a record starts, and eight bytes of its key from the depth at which keys differ.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    prefix: u64,
    offset: u32,
    key_len: u32,
}

/// Records in the order of their arrival, later sorted by key. Equal keys stay in that order.
#[derive(Debug, Default)]
pub(super) struct Arena {
    /// For each record the length of its payload, its key, its payload.
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// How many leading bytes all keys share.
    shared: usize,
    /// Where in the keys the prefixes of new entries start: what the keys of the last run shared.
    depth: usize,
}

impl Arena {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes in use, index included.
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + self.entries.len() * size_of::<Entry>()
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
        self.depth = self.shared;
        self.shared = 0;
    }

    /// Adds a record; `false` when it does not fit an offset and the arena must be emptied first.
    #[inline]
    pub(super) fn push(&mut self, key: &[u8], payload: &[u8]) -> bool {
        let (Ok(offset), Ok(key_len), Ok(payload_len)) =
            (u32::try_from(self.bytes.len()), u32::try_from(key.len()), u32::try_from(payload.len()))
        else {
            return false;
        };
        self.shared = match self.entries.first() {
            None => key.len(),
            Some(&first) => {
                let first = self.key(first);
                let head = first.get(..self.shared).unwrap_or(first);
                if key.starts_with(head) { self.shared } else { common_prefix(head, key) }
            }
        };
        self.bytes.extend_from_slice(&payload_len.to_le_bytes());
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(payload);
        self.entries.push(Entry { prefix: prefix(key, self.depth), offset, key_len });
        true
    }

    /// The record at `index`: its key and payload.
    #[inline]
    pub(super) fn record(&self, index: usize) -> Option<(&[u8], &[u8])> {
        let entry = *self.entries.get(index)?;
        let record = self.bytes.get(entry.offset as usize..)?;
        let (length, record) = record.split_first_chunk::<LENGTH>()?;
        let (key, rest) = record.split_at_checked(entry.key_len as usize)?;
        Some((key, rest.get(..u32::from_le_bytes(*length) as usize)?))
    }

    /// All records in order.
    pub(super) fn records(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        (0..self.len()).filter_map(|index| {
            self.fetch(index);
            self.record(index)
        })
    }

    /// To be called with each index in turn, before its record is read: the first of a batch fetches them all.
    #[inline]
    pub(super) fn fetch(&self, index: usize) {
        if index.is_multiple_of(BATCH) {
            let usual = (self.bytes.len() / self.len().max(1)).min(MOST_TOUCHED);
            touch(&self.bytes, self.entries.get(index..).unwrap_or_default(), |_| 0..usual);
        }
    }

    #[inline]
    fn key(&self, entry: Entry) -> &[u8] {
        key_of(&self.bytes, entry)
    }

    /// Sorts by key, then by arrival.
    ///
    /// Eight bytes of each key are sorted as numbers. Keys that agree in them form groups, for which the next eight
    /// bytes that are not the same in the whole group are fetched, and so on: each step reads a key once instead of
    /// once per comparison.
    pub(super) fn sort(&mut self) {
        let Arena { bytes, entries, shared, depth } = self;
        // Usually a run is like the one before, and the prefixes taken on arrival spare a walk over all keys.
        if (*depth..=*depth + 1).contains(shared) {
            entries.sort_unstable_by_key(|entry| entry.prefix);
        } else {
            *depth = *shared;
            sort_at(bytes, entries, *depth);
        }
        let mut todo = vec![(0..entries.len(), *depth)];
        while let Some((range, depth)) = todo.pop() {
            let mut start = range.start;
            let mut touched = start;
            while start < range.end {
                if start >= touched {
                    touched = start + BATCH;
                    let part = |entry: &Entry| depth..(depth + 128).min(entry.key_len as usize);
                    touch(bytes, entries.get(start..range.end).unwrap_or_default(), part);
                }
                let length = group_length(entries.get(start..range.end).unwrap_or_default());
                if length > 1
                    && let Some(group) = entries.get_mut(start..start + length)
                    && let Some((ended, deeper)) = settle(bytes, group, depth)
                {
                    todo.push((start + ended..start + length, deeper));
                }
                start += length;
            }
        }
    }
}

#[inline]
fn key_of(bytes: &[u8], entry: Entry) -> &[u8] {
    let start = entry.offset as usize + LENGTH;
    bytes.get(start..start + entry.key_len as usize).unwrap_or_default()
}

/// Reads a byte of each cache line of a part of the first few records. Sorted records lie anywhere in memory: fetched one by one
/// each would cost a full wait, fetched together they wait together.
fn touch(bytes: &[u8], entries: &[Entry], part: impl Fn(&Entry) -> Range<usize>) {
    let mut sum = 0u8;
    for entry in entries.iter().take(BATCH) {
        let start = entry.offset as usize;
        let mut part = part(entry);
        while part.start < part.end {
            sum ^= bytes.get(start + part.start).copied().unwrap_or_default();
            part.start += 64;
        }
    }
    std::hint::black_box(sum);
}

/// Eight bytes of a key as a number that sorts like them; a key that ends there counts as padded with zeros.
#[inline]
fn prefix(key: &[u8], depth: usize) -> u64 {
    let rest = key.get(depth..).unwrap_or_default();
    match rest.first_chunk::<PREFIX>() {
        Some(eight) => u64::from_be_bytes(*eight),
        None => rest.iter().rev().fold(0, |prefix, &byte| (prefix >> 8) | (u64::from(byte) << 56)),
    }
}

/// Sorts entries by the eight bytes of their keys at `depth`.
fn sort_at(bytes: &[u8], entries: &mut [Entry], depth: usize) {
    for entry in entries.iter_mut() {
        entry.prefix = prefix(key_of(bytes, *entry), depth);
    }
    entries.sort_unstable_by_key(|entry| entry.prefix);
}

/// How many entries at the front have the same prefix.
fn group_length(entries: &[Entry]) -> usize {
    let Some(first) = entries.first() else {
        return 0;
    };
    entries.iter().take_while(|entry| entry.prefix == first.prefix).count()
}

/// Orders a group whose keys agree in the eight bytes at `depth`. When that is not the end of it, the group is sorted
/// by the bytes at a greater depth behind the first few entries, and both numbers are returned for the next step.
fn settle(bytes: &[u8], group: &mut [Entry], depth: usize) -> Option<(usize, usize)> {
    let tail = |entry: &Entry| key_of(bytes, *entry).get(depth..).unwrap_or_default();
    if group.len() <= SMALL {
        group.sort_unstable_by(|a, b| tail(a).cmp(tail(b)).then(a.offset.cmp(&b.offset)));
        return None;
    }
    // Keys that end here differ from each other by zero bytes at most: the shorter comes first.
    let depth = depth + PREFIX;
    let goes_on = |entry: &Entry| entry.key_len as usize > depth;
    let ended = group.iter().filter(|entry| !goes_on(entry)).count();
    if ended > 0 {
        group.sort_unstable_by_key(|entry| (entry.key_len.min(depth as u32 + 1), entry.offset));
    }
    let rest = group.get_mut(ended..)?;
    let (first, others) = rest.split_first()?;
    let first = key_of(bytes, *first).get(depth..).unwrap_or_default();
    let mut shared = first.len();
    for other in others.iter() {
        let key = key_of(bytes, *other).get(depth..).unwrap_or_default();
        shared = shared.min(common_prefix(first.get(..shared).unwrap_or(first), key));
    }
    sort_at(bytes, rest, depth + shared);
    Some((ended, depth + shared))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted(keys: &[Vec<u8>]) -> Vec<(Vec<u8>, usize)> {
        let mut arena = Arena::default();
        for (i, key) in keys.iter().enumerate() {
            assert!(arena.push(key, &i.to_le_bytes()));
        }
        arena.sort();
        let record = |i| arena.record(i).unwrap();
        (0..arena.len())
            .map(|i| (record(i).0.to_vec(), usize::from_le_bytes(record(i).1.try_into().unwrap())))
            .collect()
    }

    fn expected(keys: &[Vec<u8>]) -> Vec<(Vec<u8>, usize)> {
        let mut all: Vec<_> = keys.iter().cloned().enumerate().map(|(i, key)| (key, i)).collect();
        all.sort();
        all
    }

    #[test]
    fn a_hundred_thousand_equal_long_keys_stay_in_order() {
        let keys = vec![vec![b'x'; 300]; 100_000];
        assert!(sorted(&keys).iter().enumerate().all(|(i, (_, n))| i == *n));
    }

    proptest! {
        #[test]
        fn agrees_with_a_comparison_sort(
            keys in proptest::collection::vec(proptest::collection::vec(prop_oneof![4 => Just(b'a'), 2 => Just(0u8), 1 => Just(b'b')], 0..40), 0..400)
        ) {
            prop_assert_eq!(sorted(&keys), expected(&keys));
        }
    }
}
