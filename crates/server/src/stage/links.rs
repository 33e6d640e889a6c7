//! Staging of the links of one association from a full file.
//!
//! Pairs are resolved by two merges with the key table (one for each end), sorted by the ids they stand for, and
//! merged with the stored links. What a file line says is compared with what was *held*: a stored link or a pair that
//! waits for a missing end, both as their keys were before this run.

use super::LinkStage;
use super::pairs::{Numbers, Pairs, Resolved, id, number};
use crate::error::ServerError;
use crate::manifest::Table;
use crate::mapping::{MappedEnd, Side};
use crate::sorting::Sorting;
use crate::spool::Spool;
use provost_model::changes::Command;
use provost_model::summary::LinkCounters;
use provost_model::{ResourceId, metadata::LinkStorage};
use provost_pipeline::reconcile::{Ends, KeyResolver, LinkMerge, LinkOutcome, Pull, ResolvedSink, link_ids, link_key};
use std::collections::HashSet;
use std::io;

/// Memory for each sorter.
pub(super) const BUDGET: usize = 32 << 20;
/// Stored links looked up at once.
const BATCH: usize = 2_000;

/// What became of a line of the file; the first byte of the payload in [`Lines`].
const CREATED: i64 = 1;
const KEPT: i64 = 2;
const HELD_BACK: i64 = 3;

/// Compares the full sorted pairs with the stored links.
pub(super) fn stage_complete(stage: &mut LinkStage<'_, '_>, table: &Table) -> Result<LinkCounters, ServerError> {
    let mut lines = Sorting::new(stage.context.folder, BUDGET);
    let wanted = resolve(stage, table, &mut lines)?;
    let wanted = one_per_owner(stage, wanted, &mut lines)?;
    let mut compared = compare(stage, wanted, &mut lines)?;
    let stored_orphans = spool_orphans(stage)?;
    let held_before = stage.context.tx.count_links(stage.mapped.place)? + stored_orphans.len();
    let by_line = emit_lines(stage, table, lines, stored_orphans)?;
    let mut counters = LinkCounters { orphans: by_line.orphans, links_created: by_line.created, ..by_line.counters };
    // The sorted file also has the pairs that unreadable rows may stand for; these are no pairs of the source.
    counters.inserted = by_line.lines.saturating_sub(by_line.held);
    counters.unchanged = table.clean.saturating_sub(counters.inserted);
    counters.deleted = held_before.saturating_sub(compared.unchanged + by_line.held);
    counters.links_removed = compared.removed.len();
    emit_removed(stage, &mut compared.removed)?;
    Ok(counters)
}

/// Resolves both ends of every pair. Resolved pairs come sorted as stored links are; the others go to `lines`.
pub(super) fn resolve(
    stage: &mut LinkStage<'_, '_>,
    table: &Table,
    lines: &mut Sorting,
) -> Result<Box<dyn Pull>, ServerError> {
    let mut by_second = Sorting::new(stage.context.folder, BUDGET);
    let pairs = Pairs::open(stage.context.folder, table)?;
    resolve_end(stage, &stage.mapped.end1, pairs, &mut |_, payload, ends| {
        let (line, second) = payload.split_at_checked(8).unwrap_or_default();
        let mut carried = Numbers::of(&[id(ends.new), id(ends.old)]).bytes().to_vec();
        carried.extend_from_slice(line);
        by_second.push(second, &carried)?;
        Ok(())
    })?;
    let mut wanted = Sorting::new(stage.context.folder, BUDGET);
    let second_first = stage.mapped.second_first();
    let by_second = by_second.finish()?;
    resolve_end(stage, &stage.mapped.end2, by_second, &mut |_, payload, second| {
        let some = |n: i64| (n != 0).then_some(n);
        let first = Ends { new: some(number(payload, 0)), old: some(number(payload, 1)) };
        let line = number(payload, 2);
        let resolved = Resolved::of(first, second);
        let (old1, old2) = resolved.old.unwrap_or((0, 0));
        match resolved.new {
            Some((new1, new2)) => {
                let key = if second_first { link_key(new2, new1) } else { link_key(new1, new2) };
                wanted.push(&key, Numbers::of(&[line, old1, old2]).bytes())?;
            }
            None => {
                let why = Why::unresolved(first, second);
                lines.push(&line.to_be_bytes(), Numbers::of(&[HELD_BACK, why as i64, 0, old1, old2]).bytes())?;
            }
        }
        Ok(())
    })?;
    Ok(Box::new(wanted.finish()?))
}

/// Resolves one end of an ordered stream of key values.
fn resolve_end<V: Pull>(
    stage: &mut LinkStage<'_, '_>,
    end: &MappedEnd,
    values: V,
    out: &mut ResolvedSink<'_, ServerError>,
) -> Result<(), ServerError> {
    let changes = stage.context.keys.read((end.entity_type, end.key.property))?;
    let mut resolver = KeyResolver::new(changes, values)?;
    stage
        .context
        .tx
        .scan_keys(end.entity_type, end.key.property, |row| resolver.stored(row.key.as_bytes(), row.resource.0, out))?;
    resolver.finish(out)
}

/// Lets one pair through for each owner that may have one link only: the first in the order of the file. The others
/// are held back, and take over when the first one goes.
pub(super) fn one_per_owner(
    stage: &mut LinkStage<'_, '_>,
    wanted: Box<dyn Pull>,
    lines: &mut Sorting,
) -> Result<Box<dyn Pull>, ServerError> {
    let Some(side) = stage.mapped.single_side() else {
        return Ok(wanted);
    };
    let swapped = (side == Side::Second) != stage.mapped.second_first();
    let mut wanted = if swapped { swap(stage, wanted)? } else { wanted };
    let mut chosen = Sorting::new(stage.context.folder, BUDGET);
    let mut best: Option<(i64, i64, Vec<u8>)> = None;
    let mut choose = |(owner, other, payload): (i64, i64, Vec<u8>)| {
        let key = if swapped { link_key(other, owner) } else { link_key(owner, other) };
        chosen.push(&key, &payload)
    };
    while let Some((key, payload)) = wanted.pull()? {
        let (owner, other) = link_ids(key).unwrap_or_default();
        let next = (owner, other, payload.to_vec());
        let Some(held) = best.take() else {
            best = Some(next);
            continue;
        };
        if held.0 != owner {
            choose(held)?;
            best = Some(next);
            continue;
        }
        let (first, later) = if number(&held.2, 0) <= number(&next.2, 0) { (held, next) } else { (next, held) };
        let (line, old1, old2) = (number(&later.2, 0), number(&later.2, 1), number(&later.2, 2));
        lines.push(&line.to_be_bytes(), Numbers::of(&[HELD_BACK, Why::Taken as i64, 0, old1, old2]).bytes())?;
        best = Some(first);
    }
    if let Some(last) = best {
        choose(last)?;
    }
    Ok(Box::new(chosen.finish()?))
}

/// The same links, sorted by their other end.
fn swap(stage: &mut LinkStage<'_, '_>, mut wanted: Box<dyn Pull>) -> Result<Box<dyn Pull>, ServerError> {
    let mut swapped = Sorting::new(stage.context.folder, BUDGET);
    while let Some((key, payload)) = wanted.pull()? {
        let (first, second) = link_ids(key).unwrap_or_default();
        swapped.push(&link_key(second, first), payload)?;
    }
    Ok(Box::new(swapped.finish()?))
}

struct Compared {
    /// Lines that say what is stored, under unchanged keys.
    unchanged: u64,
    /// Stored links that no line says, as (owner 1, owner 2).
    removed: Spool,
}

fn compare(stage: &mut LinkStage<'_, '_>, wanted: Box<dyn Pull>, lines: &mut Sorting) -> Result<Compared, ServerError> {
    let mut merge = LinkMerge::new(wanted)?;
    let mut compared = Compared { unchanged: 0, removed: Spool::new(stage.context.folder) };
    let second_first = stage.mapped.second_first();
    let mut last_stored = (0, 0);
    let Compared { unchanged, removed } = &mut compared;
    let mut sink = |outcome: LinkOutcome<'_>| -> Result<(), ServerError> {
        match outcome {
            LinkOutcome::Create { first, second, payload } => {
                let (r1, r2) = if second_first { (second, first) } else { (first, second) };
                push_line(lines, CREATED, (r1, r2), payload)?;
            }
            LinkOutcome::Keep { payload, first, second } => {
                let (r1, r2) = if second_first { (second, first) } else { (first, second) };
                if (number(payload, 1), number(payload, 2)) == (r1, r2) {
                    *unchanged += 1;
                } else {
                    push_line(lines, KEPT, (r1, r2), payload)?;
                }
            }
            LinkOutcome::Remove { first, second } => {
                let (r1, r2) = if second_first { (second, first) } else { (first, second) };
                removed.push(&link_key(r1, r2), &[])?;
            }
        }
        Ok(())
    };
    let mut each = |first: ResourceId, second: ResourceId| {
        debug_assert!(last_stored <= (first.0, second.0));
        last_stored = (first.0, second.0);
        merge.stored(first.0, second.0, &mut sink)
    };
    scan_stored(stage, &mut each)?;
    merge.finish(&mut sink)?;
    Ok(compared)
}

/// Gives every stored link, the stored side first.
pub(super) fn scan_stored(
    stage: &mut LinkStage<'_, '_>,
    each: &mut impl FnMut(ResourceId, ResourceId) -> Result<(), ServerError>,
) -> Result<(), ServerError> {
    let (first, second) = (stage.mapped.end1.entity_type, stage.mapped.end2.entity_type);
    match stage.mapped.association.storage {
        LinkStorage::Table => stage.context.tx.scan_links(stage.mapped.association.id, each),
        LinkStorage::Slot1(slot) => stage.context.tx.scan_slot_links(first, slot, each),
        LinkStorage::Slot2(slot) => stage.context.tx.scan_slot_links(second, slot, each),
    }
}

/// A line of the file that needs more than counting; the payload of a wanted link holds (line, old ids).
fn push_line(lines: &mut Sorting, kind: i64, (r1, r2): (i64, i64), payload: &[u8]) -> io::Result<()> {
    let (line, old1, old2) = (number(payload, 0), number(payload, 1), number(payload, 2));
    lines.push(&line.to_be_bytes(), Numbers::of(&[kind, r1, r2, old1, old2]).bytes())
}

/// Pairs that waited for an end before this run, in order.
pub(super) fn spool_orphans(stage: &mut LinkStage<'_, '_>) -> Result<Spool, ServerError> {
    let mut spool = Spool::new(stage.context.folder);
    stage.context.tx.scan_orphans(stage.mapped.association.id, |first, second| -> Result<(), ServerError> {
        Ok(spool.push(first.as_bytes(), second.as_bytes())?)
    })?;
    Ok(spool)
}

/// Counters of the lines that needed a closer look.
#[derive(Default)]
pub(super) struct ByLine {
    /// All of them.
    pub(super) lines: u64,
    /// Lines that were held before, as a link under other keys or as a waiting pair.
    pub(super) held: u64,
    pub(super) orphans: u64,
    created: u64,
    counters: LinkCounters,
}

/// A line with its pair.
struct Line {
    kind: i64,
    ids: (i64, i64),
    old: (i64, i64),
    line: u64,
    first: String,
    second: String,
    waited: bool,
}

/// Walks the lines that create, keep under new keys, or wait, together with the pairs that waited before.
pub(super) fn emit_lines(
    stage: &mut LinkStage<'_, '_>,
    table: &Table,
    lines: Sorting,
    mut orphans: Spool,
) -> Result<ByLine, ServerError> {
    let mut found = ByLine::default();
    let mut lines = lines.finish()?;
    let mut pairs = Pairs::open(stage.context.folder, table)?;
    let mut waiting = Waiting::new(&mut orphans)?;
    let mut batch: Vec<Line> = Vec::with_capacity(BATCH);
    while let Some((key, payload)) = lines.pull()? {
        let line = number(key, 0).cast_unsigned();
        let (first, second) = pairs.at_line(line)?;
        waiting.drop_until(stage, &first, &second)?;
        let waited = waiting.is_at(&first, &second);
        let kind = number(payload, 0);
        if waited && kind == HELD_BACK {
            waiting.advance()?;
        }
        batch.push(Line {
            kind,
            ids: (number(payload, 1), number(payload, 2)),
            old: (number(payload, 3), number(payload, 4)),
            line,
            first,
            second,
            waited,
        });
        if batch.len() >= BATCH {
            emit_batch(stage, &mut batch, &mut found)?;
        }
    }
    waiting.drop_rest(stage)?;
    emit_batch(stage, &mut batch, &mut found)?;
    Ok(found)
}

fn emit_batch(stage: &mut LinkStage<'_, '_>, batch: &mut Vec<Line>, found: &mut ByLine) -> Result<(), ServerError> {
    let asked: Vec<(ResourceId, ResourceId)> =
        batch.iter().filter(|l| l.old.0 != 0).map(|l| (ResourceId(l.old.0), ResourceId(l.old.1))).collect();
    let stored = stored_links(stage, &asked)?;
    for line in batch.drain(..) {
        found.lines += 1;
        if line.waited || stored.contains(&line.old) {
            found.held += 1;
        }
        match line.kind {
            CREATED => {
                found.created += 1;
                emit_link(stage, Command::Insert, line.ids, Some((&line.first, &line.second)), line.line)?;
            }
            HELD_BACK => {
                found.orphans += 1;
                warn_orphan(stage, line.line, &line.first, &line.second, Why::read(line.ids.0));
                if !line.waited {
                    stage.orphans.push(&line.first, &line.second, false)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Which of these links exist.
pub(super) fn stored_links(
    stage: &mut LinkStage<'_, '_>,
    asked: &[(ResourceId, ResourceId)],
) -> Result<HashSet<(i64, i64)>, ServerError> {
    let exist = stage.context.tx.link_exists(stage.mapped.place, asked)?;
    Ok(asked.iter().zip(exist).filter(|(_, exists)| *exists).map(|((a, b), _)| (a.0, b.0)).collect())
}

/// Why a pair gives no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// No single resource has the first key.
    First = 1,
    /// No single resource has the second key.
    Second = 2,
    /// No single resource has either key.
    Both = 3,
    /// The owner may have one link only, and another pair gives it.
    Taken = 4,
}

impl Why {
    /// Of a pair of which at least one end is not resolved.
    pub(super) fn unresolved(first: Ends, second: Ends) -> Why {
        match (first.new, second.new) {
            (None, None) => Why::Both,
            (None, _) => Why::First,
            _ => Why::Second,
        }
    }

    fn read(code: i64) -> Why {
        match code {
            1 => Why::First,
            2 => Why::Second,
            3 => Why::Both,
            _ => Why::Taken,
        }
    }
}

pub(super) fn warn_orphan(stage: &mut LinkStage<'_, '_>, line: u64, first: &str, second: &str, why: Why) {
    let (column1, column2) = (&stage.mapped.end1.column, &stage.mapped.end2.column);
    let nobody = "belongs to no resource, or to several";
    let reason = match why {
        Why::First => format!("no link: {column1} \"{first}\" {nobody}"),
        Why::Second => format!("no link: {column2} \"{second}\" {nobody}"),
        Why::Both => format!("no link: {column1} \"{first}\" and {column2} \"{second}\" each {nobody}"),
        Why::Taken => format!(
            "no link: {} may have one link of this kind only, and another row gives it",
            if stage.mapped.single_side() == Some(Side::First) {
                format!("{column1} \"{first}\"")
            } else {
                format!("{column2} \"{second}\"")
            }
        ),
    };
    let remedy = match why {
        Why::Taken => "correct the source; the pair is kept, and linked when the other one goes",
        _ => "correct the source; the pair is kept, and linked as soon as both ends exist",
    };
    let value = format!("{first},{second}");
    stage.context.problems.warn(&stage.mapped.identifier, line, &value, reason, remedy);
}

/// Writes one link change, and into the name of the change set.
pub(super) fn emit_link(
    stage: &mut LinkStage<'_, '_>,
    command: Command,
    (r1, r2): (i64, i64),
    keys: Option<(&str, &str)>,
    line: u64,
) -> Result<(), ServerError> {
    match keys {
        Some((first, second)) => {
            stage.context.hash.row(
                &stage.mapped.identifier,
                command,
                [Some(first.as_bytes()), Some(second.as_bytes())],
            );
        }
        None => {
            stage.context.hash.row(
                &stage.mapped.identifier,
                command,
                [Some(&r1.to_be_bytes()[..]), Some(&r2.to_be_bytes()[..])],
            );
        }
    }
    let (first, second) = keys.unzip();
    Ok(stage.links.push(command, ResourceId(r1), ResourceId(r2), first, second, line)?)
}

fn emit_removed(stage: &mut LinkStage<'_, '_>, removed: &mut Spool) -> Result<(), ServerError> {
    let mut removed = removed.read()?;
    while let Some((key, _)) = removed.pull()? {
        let ids = link_ids(key).unwrap_or_default();
        emit_link(stage, Command::Delete, ids, None, 0)?;
    }
    Ok(())
}

/// The pairs that waited before this run, merged with the lines that wait now.
struct Waiting<'a> {
    reader: crate::spool::SpoolReader<'a>,
    pair: Option<(String, String)>,
}

impl<'a> Waiting<'a> {
    fn new(spool: &'a mut Spool) -> Result<Waiting<'a>, ServerError> {
        let mut waiting = Waiting { reader: spool.read()?, pair: None };
        waiting.advance()?;
        Ok(waiting)
    }

    fn advance(&mut self) -> io::Result<()> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.pair = self.reader.pull()?.map(|(first, second)| (text(first), text(second)));
        Ok(())
    }

    fn is_at(&self, first: &str, second: &str) -> bool {
        self.pair.as_ref().is_some_and(|(a, b)| (a.as_str(), b.as_str()) == (first, second))
    }

    /// Pairs before this one wait no more.
    fn drop_until(&mut self, stage: &mut LinkStage<'_, '_>, first: &str, second: &str) -> Result<(), ServerError> {
        while let Some((a, b)) = self.pair.take_if(|(a, b)| (a.as_str(), b.as_str()) < (first, second)) {
            self.drop_pair(stage, &a, &b)?;
        }
        Ok(())
    }

    fn drop_rest(&mut self, stage: &mut LinkStage<'_, '_>) -> Result<(), ServerError> {
        while let Some((a, b)) = self.pair.take() {
            self.drop_pair(stage, &a, &b)?;
        }
        Ok(())
    }

    fn drop_pair(&mut self, stage: &mut LinkStage<'_, '_>, first: &str, second: &str) -> Result<(), ServerError> {
        stage.orphans.push(first, second, true)?;
        Ok(self.advance()?)
    }
}
