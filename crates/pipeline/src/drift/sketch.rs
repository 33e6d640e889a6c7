//! Small summaries of large sets: the values with the smallest hashes (k minimum values).

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The smallest hashes of a set of values. Two sketches tell how much two sets have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch {
    /// Ascending, without repetition.
    hashes: Vec<u32>,
    /// The set had more values than are kept.
    truncated: bool,
}

/// How much two sketched sets have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Overlap {
    /// Hashes that both have, in the range that both cover.
    pub(super) shared: usize,
    /// Hashes of the smaller set in that range.
    pub(super) smaller: usize,
}

impl Overlap {
    /// Share of the smaller set that is also in the other one: 1 when one set contains the other, as when a file was
    /// cut off or has grown.
    pub(super) fn coefficient(self) -> f64 {
        self.shared as f64 / self.smaller as f64
    }
}

impl Sketch {
    /// Of the hashes of all values, in any order, keeping `limit` of them.
    pub(super) fn new(mut hashes: Vec<u32>, limit: usize) -> Sketch {
        hashes.sort_unstable();
        hashes.dedup();
        let mut sketch = Sketch { hashes, truncated: false };
        sketch.shrink(limit);
        sketch
    }

    /// Keeps at most `limit` hashes.
    pub(super) fn shrink(&mut self, limit: usize) {
        if self.hashes.len() > limit {
            self.hashes.truncate(limit);
            self.truncated = true;
        }
        self.hashes.shrink_to_fit();
    }

    /// The hashes kept, ascending.
    pub(super) fn hashes(&self) -> &[u32] {
        &self.hashes
    }

    /// What two sets have in common; `None` when fewer than `least` values of one of them are known.
    pub(super) fn overlap(&self, other: &Sketch, least: usize) -> Option<Overlap> {
        let covered = self.covered().min(other.covered());
        let ours = self.up_to(covered);
        let theirs = other.up_to(covered);
        let smaller = ours.len().min(theirs.len());
        if smaller < least.max(1) {
            return None;
        }
        let shared = ours.iter().filter(|h| theirs.binary_search(h).is_ok()).count();
        Some(Overlap { shared, smaller })
    }

    /// The end of the range of hashes in which every value of the set is known.
    fn covered(&self) -> u32 {
        match self.hashes.last() {
            Some(last) if self.truncated => *last,
            _ => u32::MAX,
        }
    }

    fn up_to(&self, end: u32) -> &[u32] {
        &self.hashes[..self.hashes.partition_point(|h| *h <= end)]
    }
}

/// Letters that stand for six bits each, in ascending order.
const LETTERS: &[u8; 64] = b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// Appends the low `6 * letters` bits of `value`.
pub(super) fn encode(value: u32, letters: u32, out: &mut String) {
    for place in (0..letters).rev() {
        out.push(char::from(LETTERS[(u64::from(value) >> (6 * place)) as usize & 63]));
    }
}

/// Reads numbers of so many letters each; `None` when the text is not of that form.
pub(super) fn decode(text: &str, letters: usize) -> Option<Vec<u32>> {
    let chunks = text.as_bytes().chunks_exact(letters);
    if !chunks.remainder().is_empty() {
        return None;
    }
    let number = |chunk: &[u8]| {
        chunk
            .iter()
            .try_fold(0u64, |number, letter| LETTERS.binary_search(letter).ok().map(|digit| number << 6 | digit as u64))
    };
    chunks.map(|chunk| number(chunk).and_then(|n| u32::try_from(n).ok())).collect()
}

/// Letters that one hash takes.
const HASH_LETTERS: u32 = 6;
/// Ends the text of a truncated sketch.
const TRUNCATED: char = '+';

impl Serialize for Sketch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(self.hashes.len() * HASH_LETTERS as usize + 1);
        for hash in &self.hashes {
            encode(*hash, HASH_LETTERS, &mut text);
        }
        if self.truncated {
            text.push(TRUNCATED);
        }
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Sketch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Sketch, D::Error> {
        let text = String::deserialize(deserializer)?;
        let kept = text.strip_suffix(TRUNCATED);
        let hashes = decode(kept.unwrap_or(&text), HASH_LETTERS as usize)
            .ok_or_else(|| de::Error::custom("expected a sketch: six letters per hash"))?;
        if !hashes.is_sorted_by(|a, b| a < b) {
            return Err(de::Error::custom("expected a sketch: ascending hashes"));
        }
        Ok(Sketch { truncated: kept.is_some(), hashes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_that_contains_the_other_overlaps_wholly() {
        let large = Sketch::new((0..1000).map(|n| n * 4_000_000).collect(), 50);
        let small = Sketch::new((0..1000).step_by(4).map(|n| n * 4_000_000).collect(), 50);
        let overlap = large.overlap(&small, 1).unwrap();
        assert_eq!((overlap.shared, overlap.smaller), (13, 13));
    }

    #[test]
    fn disjoint_and_empty_sets() {
        let a = Sketch::new(vec![1, 3, 5], 8);
        let b = Sketch::new(vec![2, 4, 6, 8], 8);
        assert_eq!(a.overlap(&b, 1), Some(Overlap { shared: 0, smaller: 3 }));
        assert_eq!(a.overlap(&b, 4), None);
        assert_eq!(a.overlap(&Sketch::default(), 0), None);
    }

    #[test]
    fn text_form_is_compact_and_round_trips() {
        let sketch = Sketch::new(vec![u32::MAX, 0, 64], 3);
        assert_eq!(serde_json::to_string(&sketch).unwrap(), "\"----------0-2zzzzz\"");
        let truncated = Sketch::new(vec![3, 2, 1], 2);
        assert_eq!(serde_json::to_string(&truncated).unwrap(), "\"-----0-----1+\"");
        for sketch in [sketch, truncated, Sketch::default()] {
            let text = serde_json::to_string(&sketch).unwrap();
            assert_eq!(serde_json::from_str::<Sketch>(&text).unwrap(), sketch);
        }
        for wrong in ["\"12345\"", "\"-----1-----0\"", "\"zzzzzz\"", "\"!!!!!!\""] {
            assert!(serde_json::from_str::<Sketch>(wrong).is_err(), "{wrong}");
        }
    }
}
