//! What the affected pairs of a run come to.

use super::LinkStage;
use super::concerned::{BUDGET, Order, halves, resolve};
use super::links::{Why, emit_link, warn_orphan};
use super::pairs::{Numbers, number};
use crate::error::ServerError;
use crate::sorting::Sorting;
use provost_model::changes::Command;
use provost_model::summary::LinkCounters;
use provost_pipeline::reconcile::{LinkMerge, LinkOutcome, Pull, link_ids, link_key};

/// The pair waits: (kind, leading end, other end, 0); the ends as below.
pub(super) const WAITED: i64 = 1;
/// A link is stored: (kind, resource 1, resource 2, 0).
pub(super) const STORED: i64 = 2;
/// A row asks for the pair: (kind, leading end, other end, line). Ends are 0 for none.
pub(super) const INSERT: i64 = 3;
/// A row takes the pair away; as before.
pub(super) const DELETE: i64 = 4;
/// A row says that its owner has no pair.
pub(super) const ENDLESS: i64 = 5;
/// A row says what its owner has: (kind, 0, 0, line), under the key of the owner with an empty other end.
pub(super) const MOVED: i64 = 6;
/// An end that nobody has resolved.
pub(super) const UNRESOLVED: i64 = -1;

/// Everything known about one pair.
#[derive(Default)]
struct Pair {
    key: Vec<u8>,
    waited: bool,
    stored: Option<(i64, i64)>,
    /// Whether the last row about it asks for it, and its line.
    last: Option<(bool, i64)>,
    /// (leading, other), 0 for none.
    ends: Option<(i64, i64)>,
}

impl Pair {
    fn note(&mut self, payload: &[u8]) {
        let (kind, a, b, line) = (number(payload, 0), number(payload, 1), number(payload, 2), number(payload, 3));
        match kind {
            STORED => self.stored = Some((a, b)),
            WAITED => self.waited = true,
            kind if self.last.is_none_or(|(_, known)| known <= line) => self.last = Some((kind == INSERT, line)),
            _ => {}
        }
        if kind != STORED && a != UNRESOLVED {
            self.ends = Some((a, b));
        }
    }

    fn held(&self) -> bool {
        self.waited || self.stored.is_some()
    }

    /// Given the line that says what the owner has, if there is one.
    fn wanted(&self, owner_line: Option<i64>) -> bool {
        match owner_line {
            Some(line) => self.last == Some((true, line)),
            None => self.last.map_or(self.held(), |(insert, _)| insert),
        }
    }

    fn line(&self) -> i64 {
        self.last.map_or(0, |(_, line)| line)
    }
}

struct Settling {
    order: Order,
    counters: LinkCounters,
    /// Pairs that waited, and that nothing in this run has to do with.
    untouched: u64,
    /// Pairs that give a link: sorted by the link or, where an owner may have one only, by owner, then pair. The
    /// payload is (leading, other, line, waited) and the pair.
    wanted: Sorting,
    /// Links that exist among the affected ones.
    stored: Sorting,
    /// Wanted pairs that nobody has resolved: (waited).
    unresolved: Sorting,
}

/// Settles the affected pairs, and writes the changes of links and of waiting pairs, of which there are `waiting` so far.
/// `unchanged` is not counted here.
pub(super) fn settle(
    stage: &mut LinkStage<'_, '_>,
    order: Order,
    affected: Sorting,
    waiting: u64,
) -> Result<LinkCounters, ServerError> {
    let sorting = || Sorting::new(stage.context.folder, BUDGET);
    let (wanted, stored, unresolved) = (sorting(), sorting(), sorting());
    let counters = LinkCounters { orphans: waiting, ..LinkCounters::default() };
    let mut settling = Settling { order, counters, untouched: waiting, wanted, stored, unresolved };
    settling.pairs(stage, affected)?;
    settling.rest(stage)?;
    settling.write(stage)
}

impl Settling {
    fn pairs(&mut self, stage: &mut LinkStage<'_, '_>, affected: Sorting) -> Result<(), ServerError> {
        let mut affected = affected.finish()?;
        let mut pair = Pair::default();
        let mut owner: (Vec<u8>, i64) = (Vec::new(), 0);
        while let Some((key, payload)) = affected.pull()? {
            if key != pair.key {
                let done = std::mem::replace(&mut pair, Pair { key: key.to_vec(), ..Pair::default() });
                self.pair(stage, &done, &owner)?;
            }
            // What is said of an owner comes before its pairs: no other end is empty.
            if number(payload, 0) != MOVED {
                pair.note(payload);
            } else if owner.0 == halves(key).0 {
                owner.1 = owner.1.max(number(payload, 3));
            } else {
                owner = (halves(key).0.to_vec(), number(payload, 3));
            }
        }
        self.pair(stage, &pair, &owner)
    }

    fn pair(
        &mut self,
        stage: &mut LinkStage<'_, '_>,
        pair: &Pair,
        (owner, owner_line): &(Vec<u8>, i64),
    ) -> Result<(), ServerError> {
        let says = (!owner.is_empty() && halves(&pair.key).0 == owner.as_slice()).then_some(*owner_line);
        let wanted = pair.wanted(says);
        self.counters.inserted += u64::from(!pair.held() && wanted);
        self.counters.deleted += u64::from(pair.held() && !wanted);
        if let Some((a, b)) = pair.stored {
            self.stored.push(&link_key(a, b), &[])?;
        }
        self.untouched = self.untouched.saturating_sub(u64::from(pair.waited));
        if !wanted && pair.waited {
            self.wait_no_more(stage, &pair.key)?;
        }
        match pair.ends.filter(|_| wanted) {
            Some(ends) => self.wanted(stage, &pair.key, ends, pair.waited, pair.line()),
            None if wanted => Ok(self.unresolved.push(&pair.key, &[u8::from(pair.waited)])?),
            None => Ok(()),
        }
    }

    /// A pair that must exist, as a link or waiting.
    fn wanted(
        &mut self,
        stage: &mut LinkStage<'_, '_>,
        key: &[u8],
        (leading, other): (i64, i64),
        waited: bool,
        line: i64,
    ) -> Result<(), ServerError> {
        let why = match (leading, other) {
            (0, 0) => Some(Why::Both),
            (0, _) => Some(if self.order.leading() == crate::mapping::Side::First { Why::First } else { Why::Second }),
            (_, 0) => Some(if self.order.leading() == crate::mapping::Side::First { Why::Second } else { Why::First }),
            _ => None,
        };
        if let Some(why) = why {
            return self.hold_back(stage, key, waited, line, why);
        }
        let mut payload = Numbers::of(&[leading, other, line, i64::from(waited)]).bytes().to_vec();
        payload.extend_from_slice(key);
        let (first, second) = self.order.turn((leading, other));
        let place = match stage.mapped.single_side() {
            Some(_) => [&leading.to_be_bytes()[..], key].concat(),
            None => link_key(first, second).to_vec(),
        };
        Ok(self.wanted.push(&place, &payload)?)
    }

    fn hold_back(
        &mut self,
        stage: &mut LinkStage<'_, '_>,
        key: &[u8],
        waited: bool,
        line: i64,
        why: Why,
    ) -> Result<(), ServerError> {
        let (first, second) = self.order.names(key);
        warn_orphan(stage, line.cast_unsigned(), &first, &second, why);
        if !waited {
            self.counters.orphans += 1;
            stage.orphans.push(&first, &second, false)?;
        }
        Ok(())
    }

    fn wait_no_more(&mut self, stage: &mut LinkStage<'_, '_>, key: &[u8]) -> Result<(), ServerError> {
        self.counters.orphans = self.counters.orphans.saturating_sub(1);
        let (first, second) = self.order.names(key);
        Ok(stage.orphans.push(&first, &second, true)?)
    }

    /// Pairs that no row names: their keys are looked up last, when it is known which of them stay.
    fn rest(&mut self, stage: &mut LinkStage<'_, '_>) -> Result<(), ServerError> {
        let unresolved = std::mem::replace(&mut self.unresolved, Sorting::new(stage.context.folder, BUDGET));
        let mut resolved = Sorting::new(stage.context.folder, BUDGET);
        resolve(stage, self.order, unresolved, &mut |key, payload, (leading, other)| {
            let waited = i64::from(payload == [1]);
            let numbers = [leading.new.unwrap_or(0), other.new.unwrap_or(0), waited];
            Ok(resolved.push(key, Numbers::of(&numbers).bytes())?)
        })?;
        let mut resolved = resolved.finish()?;
        while let Some((key, payload)) = resolved.pull()? {
            let (ends, waited) = ((number(payload, 0), number(payload, 1)), number(payload, 2) == 1);
            self.wanted(stage, key, ends, waited, 0)?;
        }
        Ok(())
    }

    /// Where an owner may have one link only, the first pair in the order of files wins; the others are held back. Pairs
    /// that waited and are linked now wait no more.
    fn choose(&mut self, stage: &mut LinkStage<'_, '_>) -> Result<Sorting, ServerError> {
        let is_single = stage.mapped.single_side().is_some();
        let mut chosen = Sorting::new(stage.context.folder, BUDGET);
        let wanted = std::mem::replace(&mut self.wanted, Sorting::new(stage.context.folder, BUDGET));
        let mut wanted = wanted.finish()?;
        let mut owner = 0;
        while let Some((_, payload)) = wanted.pull()? {
            let (leading, other) = (number(payload, 0), number(payload, 1));
            let (line, waited) = (number(payload, 2), number(payload, 3) == 1);
            let key = payload.get(32..).unwrap_or_default();
            if is_single && owner == leading {
                self.hold_back(stage, key, waited, line, Why::Taken)?;
                continue;
            }
            owner = leading;
            if waited {
                self.wait_no_more(stage, key)?;
            }
            let (first, second) = self.order.turn((leading, other));
            chosen.push(&link_key(first, second), payload)?;
        }
        Ok(chosen)
    }

    /// Compares wanted with stored links and writes the difference.
    fn write(mut self, stage: &mut LinkStage<'_, '_>) -> Result<LinkCounters, ServerError> {
        let chosen = self.choose(stage)?;
        if self.untouched > 0 {
            let reason = format!("{} pairs wait for an end as before, or for another row to give way", self.untouched);
            let remedy = "correct the source; a complete synchronisation names each of them";
            stage.context.problems.warn(&stage.mapped.identifier, 0, "", reason, remedy);
        }
        let Settling { order, mut counters, stored, .. } = self;
        let mut merge = LinkMerge::new(chosen.finish()?)?;
        let mut stored = stored.finish()?;
        let mut last = None;
        let mut sink = |found: LinkOutcome<'_>| -> Result<(), ServerError> {
            match found {
                LinkOutcome::Create { first, second, payload } => {
                    counters.links_created += 1;
                    let (a, b) = order.names(payload.get(32..).unwrap_or_default());
                    let line = number(payload, 2).cast_unsigned();
                    emit_link(stage, Command::Insert, (first, second), Some((&a, &b)), line)
                }
                LinkOutcome::Keep { .. } => Ok(()),
                LinkOutcome::Remove { first, second } => {
                    counters.links_removed += 1;
                    emit_link(stage, Command::Delete, (first, second), None, 0)
                }
            }
        };
        while let Some((key, _)) = stored.pull()? {
            let ids = link_ids(key).unwrap_or_default();
            if last.replace(ids) != Some(ids) {
                merge.stored(ids.0, ids.1, &mut sink)?;
            }
        }
        merge.finish(&mut sink)?;
        Ok(counters)
    }
}
