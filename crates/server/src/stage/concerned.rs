//! Resolution of the pairs that changes concern. Their keys are looked up batch by batch, in their order: walking the
//! key table would cost more than the changes are worth.

use super::LinkStage;
use super::pairs::{Numbers, number, pair_key, split_pair};
use crate::error::ServerError;
use crate::mapping::{MappedAssociation, MappedEnd, Side};
use crate::sorting::{Sorted, Sorting};
use provost_pipeline::reconcile::{Ends, KeyLookup, Pull, ResolvedSink};
use std::io;

/// Memory for each sorter.
pub(super) const BUDGET: usize = 16 << 20;
/// Keys looked up at once.
pub(super) const BATCH: usize = 2_000;

/// The order in which pairs are settled: by the end that may have one link only, if there is one, so that its pairs
/// follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    swapped: bool,
}

impl Order {
    pub(super) fn of(mapped: &MappedAssociation) -> Order {
        Order { swapped: mapped.single_side() == Some(Side::Second) }
    }

    /// The end that leads.
    pub(super) fn leading(self) -> Side {
        if self.swapped { Side::Second } else { Side::First }
    }

    /// From (first, second) to (leading, other), and back.
    pub(super) fn turn<T>(self, (a, b): (T, T)) -> (T, T) {
        if self.swapped { (b, a) } else { (a, b) }
    }

    /// The key of a pair, which sorts by the leading end.
    pub(super) fn key(self, first: &str, second: &str) -> Vec<u8> {
        let (leading, other) = self.turn((first, second));
        pair_key(leading, other)
    }

    /// The pair of a key, as (first, second).
    pub(super) fn names(self, key: &[u8]) -> (String, String) {
        self.turn(split_pair(key))
    }
}

/// The parts of a pair's key.
pub(super) fn halves(key: &[u8]) -> (&[u8], &[u8]) {
    let at = memchr_nul(key);
    (key.get(..at).unwrap_or_default(), key.get(at + 1..).unwrap_or_default())
}

fn memchr_nul(key: &[u8]) -> usize {
    key.iter().position(|byte| *byte == 0).unwrap_or(key.len())
}

/// Takes the key of a pair, what came with it, and its ends as (leading, other).
pub(super) type PairSink<'a> = dyn FnMut(&[u8], &[u8], (Ends, Ends)) -> Result<(), ServerError> + 'a;

/// Resolves both ends of pairs that come in the order of their keys. They go out in another order.
pub(super) fn resolve(
    stage: &mut LinkStage<'_, '_>,
    order: Order,
    pairs: Sorting,
    out: &mut PairSink<'_>,
) -> Result<(), ServerError> {
    let (leading, other) = order.turn((&stage.mapped.end1, &stage.mapped.end2));
    let mut by_other = Sorting::new(stage.context.folder, BUDGET);
    let mut carried = Vec::new();
    let pairs = ByLeading { pairs: pairs.finish()?, key: Vec::new(), rest: Vec::new() };
    look_up(stage, leading, pairs, &mut |key, rest, ends| {
        let (other, payload) = split_rest(rest);
        carried.clear();
        carried.extend_from_slice(Numbers::of(&[ends.new.unwrap_or(0), ends.old.unwrap_or(0)]).bytes());
        push_rest(&mut carried, key, payload);
        Ok(by_other.push(other, &carried)?)
    })?;
    let mut pair = Vec::new();
    look_up(stage, other, by_other.finish()?, &mut |other, carried, ends| {
        let some = |n: i64| (n != 0).then_some(n);
        let leading = Ends { new: some(number(carried, 0)), old: some(number(carried, 1)) };
        let (key, payload) = split_rest(carried.get(16..).unwrap_or_default());
        pair.clear();
        pair.extend_from_slice(key);
        pair.push(0);
        pair.extend_from_slice(other);
        out(&pair, payload, (leading, ends))
    })
}

/// Resolves keys that come in order.
fn look_up(
    stage: &mut LinkStage<'_, '_>,
    end: &MappedEnd,
    mut values: impl Pull,
    out: &mut ResolvedSink<'_, ServerError>,
) -> Result<(), ServerError> {
    let super::Context { tx, keys, .. } = &mut *stage.context;
    let mut changes = KeyLookup::new(keys.read((end.entity_type, end.key.property))?)?;
    let mut batch: Vec<(String, Vec<u8>)> = Vec::with_capacity(BATCH);
    let mut holders: Vec<i64> = Vec::new();
    loop {
        batch.clear();
        while batch.len() < BATCH {
            let Some((key, payload)) = values.pull()? else { break };
            batch.push((String::from_utf8_lossy(key).into_owned(), payload.to_vec()));
        }
        if batch.is_empty() {
            return Ok(());
        }
        let mut asked: Vec<&str> = batch.iter().map(|(key, _)| key.as_str()).collect();
        asked.dedup();
        let mut found = tx.lookup_keys(end.entity_type, end.key.property, &asked)?.into_iter().peekable();
        let mut last: Option<&str> = None;
        for (key, payload) in &batch {
            if last.replace(key) != Some(key) {
                holders.clear();
                while let Some((holds, id)) = found.next_if(|(known, _)| known <= key) {
                    if holds == *key {
                        holders.push(id.0);
                    }
                }
            }
            let ends = changes.ends(key.as_bytes(), &holders)?;
            out(key.as_bytes(), payload, ends)?;
        }
    }
}

/// Pairs by their leading key, the rest as payload.
struct ByLeading {
    pairs: Sorted,
    key: Vec<u8>,
    rest: Vec<u8>,
}

impl Pull for ByLeading {
    fn pull(&mut self) -> io::Result<Option<(&[u8], &[u8])>> {
        let Some((pair, payload)) = self.pairs.pull()? else {
            return Ok(None);
        };
        let (leading, other) = halves(pair);
        self.key.clear();
        self.key.extend_from_slice(leading);
        self.rest.clear();
        push_rest(&mut self.rest, other, payload);
        Ok(Some((&self.key, &self.rest)))
    }
}

/// Two byte strings in one: the length of the first, then both.
fn push_rest(out: &mut Vec<u8>, first: &[u8], second: &[u8]) {
    out.extend_from_slice(&(first.len() as u64).to_be_bytes());
    out.extend_from_slice(first);
    out.extend_from_slice(second);
}

fn split_rest(rest: &[u8]) -> (&[u8], &[u8]) {
    let length = usize::try_from(number(rest, 0)).unwrap_or(0);
    rest.get(8..).unwrap_or_default().split_at_checked(length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_led_by_the_end_that_has_one_link() {
        for (swapped, key) in [(false, "t\0p"), (true, "p\0t")] {
            let order = Order { swapped };
            assert_eq!(order.key("t", "p"), key.as_bytes());
            assert_eq!(order.names(key.as_bytes()), ("t".to_owned(), "p".to_owned()));
        }
        assert_eq!(halves(b"a\0bc"), (&b"a"[..], &b"bc"[..]));
        assert_eq!(halves(b"a\0"), (&b"a"[..], &b""[..]));
    }

    #[test]
    fn two_byte_strings_travel_as_one() {
        let mut rest = Vec::new();
        push_rest(&mut rest, b"ab", b"c");
        assert_eq!(split_rest(&rest), (&b"ab"[..], &b"c"[..]));
    }
}
