//! Staging of the links of one association from changes.
//!
//! Only the pairs that can be affected are looked at: those of the delta file, those that wait for a missing end, and
//! those of stored links whose end loses or shares a key in this run. For these the outcome is exactly that of a
//! complete run: the file would have said the same pairs.
//!
//! An export of changes says what a row became, not what it was before. Where an owner may have one link only, the pair
//! that such an export gives it therefore takes the place of the pair that the owner had.

use super::LinkStage;
use super::links::{Why, emit_link, spool_orphans, stored_links, warn_orphan};
use super::pairs::{Numbers, keys_of, number, pair_key, split_pair};
use crate::error::ServerError;
use crate::manifest::Table;
use crate::mapping::{MappedEnd, Side};
use crate::sorting::Sorting;
use provost_model::ResourceId;
use provost_model::changes::Command;
use provost_model::summary::LinkCounters;
use provost_pipeline::reconcile::{
    Ends, LinkMerge, LinkOutcome, Pull, SortedFile, SortedRecords, fields, link_ids, link_key,
};
use std::collections::{BTreeSet, HashMap};
use std::fs::File;

/// Memory for each sorter.
const BUDGET: usize = 16 << 20;
/// Keys looked up at once.
const BATCH: usize = 2_000;

/// Where a record about a pair comes from.
const WAITED: i64 = 1;
const STORED: i64 = 2;
const INSERT: i64 = 3;
const DELETE: i64 = 4;

/// Brings the pairs of a delta file, and all pairs that this run affects, to what they ask of the repository.
pub(super) fn stage(stage: &mut LinkStage<'_, '_>, table: &Table) -> Result<LinkCounters, ServerError> {
    let mut known = KnownChanges::load(stage)?;
    let mut affected = Sorting::new(stage.context.folder, BUDGET);
    let mut orphans = spool_orphans(stage)?;
    let held_before = stage.context.tx.count_links(stage.mapped.place)? + orphans.len();
    collect_waiting(stage, &mut known, &mut orphans, &mut affected)?;
    collect_rekeyed(stage, &known, &mut affected)?;
    let replaced = collect_delta(stage, &mut known, table, &mut affected)?;
    let mut outcome = settle(stage, &known, &replaced, affected)?;
    let removed = write(stage, &mut outcome)?;
    let c = outcome.counters;
    Ok(LinkCounters {
        inserted: c.inserted,
        deleted: c.deleted,
        unchanged: if table.state_digest.is_empty() {
            held_before.saturating_sub(c.deleted)
        } else {
            table.clean.saturating_sub(c.inserted)
        },
        orphans: outcome.orphans,
        links_created: removed.created,
        links_removed: removed.removed,
        ..LinkCounters::default()
    })
}

/// One key's holders gained and lost.
#[derive(Default)]
struct Change {
    removed: Vec<i64>,
    added: Vec<i64>,
}

/// The key changes of this run at both ends. An incremental run changes few keys.
struct KnownChanges {
    ends: [HashMap<String, Change>; 2],
}

impl KnownChanges {
    fn load(stage: &mut LinkStage<'_, '_>) -> Result<KnownChanges, ServerError> {
        let mut ends = [HashMap::new(), HashMap::new()];
        for (end, changes) in [&stage.mapped.end1, &stage.mapped.end2].into_iter().zip(&mut ends) {
            let mut reader = stage.context.keys.read((end.entity_type, end.key.property))?;
            while let Some((key, payload)) = reader.pull()? {
                let change: &mut Change = changes.entry(String::from_utf8_lossy(key).into_owned()).or_default();
                let resource = number(payload, 0);
                if payload.get(8) == Some(&1) { change.removed.push(resource) } else { change.added.push(resource) }
            }
        }
        Ok(KnownChanges { ends })
    }
}

/// Resolves key values before and after this run.
fn resolve(
    stage: &mut LinkStage<'_, '_>,
    end: &MappedEnd,
    changes: &HashMap<String, Change>,
    keys: &BTreeSet<&str>,
) -> Result<HashMap<String, Ends>, ServerError> {
    let asked: Vec<&str> = keys.iter().copied().collect();
    let mut holders: HashMap<String, Vec<i64>> = HashMap::with_capacity(asked.len());
    for (key, id) in stage.context.tx.lookup_keys(end.entity_type, end.key.property, &asked)? {
        holders.entry(key).or_default().push(id.0);
    }
    let none = Change::default();
    Ok(asked
        .into_iter()
        .map(|key| {
            let change = changes.get(key).unwrap_or(&none);
            let stored = holders.get(key).map_or(&[][..], Vec::as_slice);
            (key.to_owned(), Ends::of(stored, &change.removed, &change.added))
        })
        .collect())
}

type PairEnds = Vec<(Ends, Ends)>;

fn resolve_pairs(
    stage: &mut LinkStage<'_, '_>,
    known: &KnownChanges,
    pairs: &[(String, String)],
) -> Result<PairEnds, ServerError> {
    let firsts = pairs.iter().map(|(a, _)| a.as_str()).collect();
    let seconds = pairs.iter().map(|(_, b)| b.as_str()).collect();
    let first = resolve(stage, &stage.mapped.end1, &known.ends[0], &firsts)?;
    let second = resolve(stage, &stage.mapped.end2, &known.ends[1], &seconds)?;
    let of = |map: &HashMap<String, Ends>, key: &str| map.get(key).copied().unwrap_or_default();
    Ok(pairs.iter().map(|(a, b)| (of(&first, a), of(&second, b))).collect())
}

fn push(affected: &mut Sorting, pair: &(String, String), numbers: [i64; 4]) -> Result<(), ServerError> {
    Ok(affected.push(&pair_key(&pair.0, &pair.1), Numbers::of(&numbers).bytes())?)
}

/// Every pair that waits is looked at again.
fn collect_waiting(
    stage: &mut LinkStage<'_, '_>,
    known: &mut KnownChanges,
    orphans: &mut crate::spool::Spool,
    affected: &mut Sorting,
) -> Result<(), ServerError> {
    let mut reader = orphans.read()?;
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let record = reader
            .pull()?
            .map(|(a, b)| (String::from_utf8_lossy(a).into_owned(), String::from_utf8_lossy(b).into_owned()));
        let at_end = record.is_none();
        if let Some(pair) = record {
            push(affected, &pair, [WAITED, 0, 0, 0])?;
            batch.push(pair);
        }
        if at_end || batch.len() >= BATCH {
            collect_competitors(stage, known, &batch, affected)?;
            batch.clear();
        }
        if at_end {
            return Ok(());
        }
    }
}

/// Where an owner may have one link only, its stored link competes with the pairs that want its place.
fn collect_competitors(
    stage: &mut LinkStage<'_, '_>,
    known: &KnownChanges,
    pairs: &[(String, String)],
    affected: &mut Sorting,
) -> Result<(), ServerError> {
    let Some(side) = stage.mapped.single_side() else {
        return Ok(());
    };
    let ends = resolve_pairs(stage, known, pairs)?;
    let owners: BTreeSet<i64> =
        ends.iter().filter_map(|(first, second)| if side == Side::First { first.new } else { second.new }).collect();
    let owners: Vec<ResourceId> = owners.into_iter().map(ResourceId).collect();
    collect_links(stage, side, &owners, affected)
}

/// Stored links of these resources, as pairs of the keys that they had before this run.
fn collect_links(
    stage: &mut LinkStage<'_, '_>,
    side: Side,
    resources: &[ResourceId],
    affected: &mut Sorting,
) -> Result<(), ServerError> {
    for chunk in resources.chunks(BATCH) {
        let links = stage.context.tx.links_of(stage.mapped.place, chunk, side.stored())?;
        let firsts: BTreeSet<i64> = links.iter().map(|(a, _)| a.0).collect();
        let seconds: BTreeSet<i64> = links.iter().map(|(_, b)| b.0).collect();
        let first = keys_of(stage, &stage.mapped.end1, &firsts)?;
        let second = keys_of(stage, &stage.mapped.end2, &seconds)?;
        for (a, b) in links {
            if let (Some(first), Some(second)) = (first.get(&a.0), second.get(&b.0)) {
                push(affected, &(first.clone(), second.clone()), [STORED, a.0, b.0, 0])?;
            }
        }
    }
    Ok(())
}

/// Stored links of resources that lose a key, and of those whose key another resource takes as well.
fn collect_rekeyed(
    stage: &mut LinkStage<'_, '_>,
    known: &KnownChanges,
    affected: &mut Sorting,
) -> Result<(), ServerError> {
    let sides = [(Side::First, &stage.mapped.end1), (Side::Second, &stage.mapped.end2)];
    for ((side, end), changes) in sides.into_iter().zip(&known.ends) {
        let mut resources: BTreeSet<i64> = changes.values().flat_map(|c| c.removed.iter().copied()).collect();
        let gained: Vec<&str> = changes.iter().filter(|(_, c)| !c.added.is_empty()).map(|(k, _)| k.as_str()).collect();
        for chunk in gained.chunks(BATCH) {
            let holders = stage.context.tx.lookup_keys(end.entity_type, end.key.property, chunk)?;
            resources.extend(holders.into_iter().map(|(_, id)| id.0));
        }
        let resources: Vec<ResourceId> = resources.into_iter().map(ResourceId).collect();
        collect_links(stage, side, &resources, affected)?;
    }
    Ok(())
}

/// The keys of owners whose earlier pairs give way to those of the delta file.
struct Replaced {
    /// The side that owns, where a pair replaces another one.
    side: Option<Side>,
    owners: BTreeSet<String>,
}

impl Replaced {
    /// A computed delta names the pairs that are gone, so that nothing has to give way.
    fn new(stage: &LinkStage<'_, '_>, table: &Table) -> Replaced {
        let delivered = table.state_digest.is_empty();
        Replaced { side: stage.mapped.single_side().filter(|_| delivered), owners: BTreeSet::new() }
    }

    fn owner<'a>(&self, pair: &'a (String, String)) -> Option<&'a String> {
        self.side.map(|side| if side == Side::First { &pair.0 } else { &pair.1 })
    }

    fn note(&mut self, pair: &(String, String)) {
        if let Some(owner) = self.owner(pair).cloned() {
            self.owners.insert(owner);
        }
    }

    fn contains(&self, pair: &(String, String)) -> bool {
        self.owner(pair).is_some_and(|owner| self.owners.contains(owner))
    }
}

/// The rows of the delta file, and the stored links that they speak of.
fn collect_delta(
    stage: &mut LinkStage<'_, '_>,
    known: &mut KnownChanges,
    table: &Table,
    affected: &mut Sorting,
) -> Result<Replaced, ServerError> {
    let mut replaced = Replaced::new(stage, table);
    let mut last: Option<((String, String), i64)> = None;
    let path = stage.context.folder.join(&table.file);
    let file = File::open(&path).map_err(ServerError::file("opening", &path))?;
    let mut file = SortedFile::new(file, 1)?;
    let mut batch: Vec<(String, String)> = Vec::with_capacity(BATCH);
    loop {
        let more = file.advance()?;
        if more {
            let mut record = fields(file.record()).into_iter();
            let word = record.next().unwrap_or_default();
            let pair = (record.next().unwrap_or_default(), record.next().unwrap_or_default());
            let kind = if Command::parse(&word) == Some(Command::Delete) { DELETE } else { INSERT };
            push(affected, &pair, [kind, 0, 0, file.line().cast_signed()])?;
            // The last row about a pair counts, and the rows about one pair follow each other.
            if let Some((said, INSERT)) = last.replace((pair.clone(), kind)).filter(|(said, _)| *said != pair) {
                replaced.note(&said);
            }
            batch.push(pair);
        }
        if !more || batch.len() >= BATCH {
            collect_stored(stage, known, &batch, affected)?;
            collect_competitors(stage, known, &batch, affected)?;
            batch.clear();
        }
        if !more {
            if let Some((said, INSERT)) = &last {
                replaced.note(said);
            }
            return Ok(replaced);
        }
    }
}

/// The stored links that these pairs stood for before this run.
fn collect_stored(
    stage: &mut LinkStage<'_, '_>,
    known: &KnownChanges,
    pairs: &[(String, String)],
    affected: &mut Sorting,
) -> Result<(), ServerError> {
    let ends = resolve_pairs(stage, known, pairs)?;
    let old = |(first, second): &(Ends, Ends)| first.old.zip(second.old);
    let asked: Vec<(ResourceId, ResourceId)> =
        ends.iter().filter_map(old).map(|(a, b)| (ResourceId(a), ResourceId(b))).collect();
    let stored = stored_links(stage, &asked)?;
    for (pair, ends) in pairs.iter().zip(&ends) {
        if let Some((a, b)) = old(ends).filter(|ids| stored.contains(ids)) {
            push(affected, pair, [STORED, a, b, 0])?;
        }
    }
    Ok(())
}

/// What the affected pairs come to.
struct Outcome {
    /// Links that must exist: [`link_key`], with (line, pair key) as payload.
    wanted: Sorting,
    /// Links that exist among the affected ones.
    stored: Sorting,
    counters: LinkCounters,
    orphans: u64,
}

/// Everything known about one pair.
#[derive(Default)]
struct Pair {
    key: Vec<u8>,
    waited: bool,
    stored: Option<(i64, i64)>,
    last: Option<(bool, i64)>,
    /// Another pair of this run takes its place.
    replaced: bool,
}

impl Pair {
    fn held(&self) -> bool {
        self.waited || self.stored.is_some()
    }

    fn wanted(&self) -> bool {
        self.last.map_or(self.held() && !self.replaced, |(insert, _)| insert)
    }

    fn note(&mut self, payload: &[u8]) {
        match number(payload, 0) {
            WAITED => self.waited = true,
            STORED => self.stored = Some((number(payload, 1), number(payload, 2))),
            kind => {
                let line = number(payload, 3);
                if self.last.is_none_or(|(_, known)| known <= line) {
                    self.last = Some((kind == INSERT, line));
                }
            }
        }
    }
}

fn settle(
    stage: &mut LinkStage<'_, '_>,
    known: &KnownChanges,
    replaced: &Replaced,
    affected: Sorting,
) -> Result<Outcome, ServerError> {
    let mut outcome = Outcome {
        wanted: Sorting::new(stage.context.folder, BUDGET),
        stored: Sorting::new(stage.context.folder, BUDGET),
        counters: LinkCounters::default(),
        orphans: 0,
    };
    let mut affected = affected.finish()?;
    let mut batch: Vec<Pair> = Vec::with_capacity(BATCH);
    while let Some((key, payload)) = affected.pull()? {
        if batch.last().is_none_or(|pair| pair.key != key) {
            if batch.len() >= BATCH {
                settle_batch(stage, known, replaced, &mut batch, &mut outcome)?;
            }
            batch.push(Pair { key: key.to_vec(), ..Pair::default() });
        }
        if let Some(pair) = batch.last_mut() {
            pair.note(payload);
        }
    }
    settle_batch(stage, known, replaced, &mut batch, &mut outcome)?;
    Ok(outcome)
}

fn settle_batch(
    stage: &mut LinkStage<'_, '_>,
    known: &KnownChanges,
    replaced: &Replaced,
    batch: &mut Vec<Pair>,
    outcome: &mut Outcome,
) -> Result<(), ServerError> {
    let pairs: Vec<(String, String)> = batch.iter().map(|p| split_pair(&p.key)).collect();
    let ends = resolve_pairs(stage, known, &pairs)?;
    for ((mut pair, names), (first, second)) in batch.drain(..).zip(&pairs).zip(ends) {
        pair.replaced = replaced.contains(names);
        outcome.counters.inserted += u64::from(!pair.held() && pair.wanted());
        outcome.counters.deleted += u64::from(pair.held() && !pair.wanted());
        if let Some((a, b)) = pair.stored {
            outcome.stored.push(&link_key(a, b), &[])?;
        }
        let line = pair.last.map_or(0, |(_, line)| line);
        let flags = [line, i64::from(pair.waited)];
        match first.new.zip(second.new).filter(|_| pair.wanted()) {
            Some((a, b)) => {
                let owner_first =
                    if stage.mapped.single_side() == Some(Side::Second) { link_key(b, a) } else { link_key(a, b) };
                let mut payload = Numbers::of(&flags).bytes().to_vec();
                payload.extend_from_slice(&pair.key);
                outcome.wanted.push(&owner_first, &payload)?;
            }
            None if pair.wanted() => {
                hold_back(stage, outcome, names, pair.waited, (line, Why::unresolved(first, second)))?;
            }
            None if pair.waited => {
                stage.orphans.push(&names.0, &names.1, true)?;
            }
            None => {}
        }
    }
    Ok(())
}

fn hold_back(
    stage: &mut LinkStage<'_, '_>,
    outcome: &mut Outcome,
    (first, second): &(String, String),
    waited: bool,
    (line, why): (i64, Why),
) -> Result<(), ServerError> {
    outcome.orphans += 1;
    warn_orphan(stage, line.cast_unsigned(), first, second, why);
    if !waited {
        stage.orphans.push(first, second, false)?;
    }
    Ok(())
}

struct Written {
    created: u64,
    removed: u64,
}

/// Compares wanted with stored links and writes the difference.
fn write(stage: &mut LinkStage<'_, '_>, outcome: &mut Outcome) -> Result<Written, ServerError> {
    let wanted = std::mem::replace(&mut outcome.wanted, Sorting::new(stage.context.folder, BUDGET));
    let stored = std::mem::replace(&mut outcome.stored, Sorting::new(stage.context.folder, BUDGET));
    let chosen = choose(stage, outcome, wanted)?;
    let mut merge = LinkMerge::new(chosen.finish()?)?;
    let mut stored = stored.finish()?;
    let mut written = Written { created: 0, removed: 0 };
    let mut last = None;
    let mut sink = |found: LinkOutcome<'_>| -> Result<(), ServerError> {
        match found {
            LinkOutcome::Create { first, second, payload } => {
                written.created += 1;
                let (a, b) = split_pair(payload.get(16..).unwrap_or_default());
                let line = number(payload, 0).cast_unsigned();
                emit_link(stage, Command::Insert, (first, second), Some((&a, &b)), line)
            }
            LinkOutcome::Keep { .. } => Ok(()),
            LinkOutcome::Remove { first, second } => {
                written.removed += 1;
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
    Ok(written)
}

/// Where an owner may have one link only, the first pair in the order of files wins; the others are held back. Pairs
/// that waited and are linked now wait no more.
fn choose(stage: &mut LinkStage<'_, '_>, outcome: &mut Outcome, wanted: Sorting) -> Result<Sorting, ServerError> {
    let side = stage.mapped.single_side();
    let mut chosen = Sorting::new(stage.context.folder, BUDGET);
    let mut wanted = wanted.finish()?;
    let mut group: Vec<(i64, Vec<u8>)> = Vec::new();
    let mut owner = None;
    loop {
        let next = wanted.pull()?.map(|(key, payload)| (link_ids(key).unwrap_or_default(), payload.to_vec()));
        if side.is_none() || next.as_ref().map(|((o, _), _)| *o) != owner {
            if let Some(owner) = owner {
                choose_one(stage, outcome, owner, &mut group, &mut chosen)?;
            }
            owner = next.as_ref().map(|((o, _), _)| *o);
        }
        let Some(((_, other), payload)) = next else {
            return Ok(chosen);
        };
        group.push((other, payload));
    }
}

fn choose_one(
    stage: &mut LinkStage<'_, '_>,
    outcome: &mut Outcome,
    owner: i64,
    group: &mut Vec<(i64, Vec<u8>)>,
    chosen: &mut Sorting,
) -> Result<(), ServerError> {
    let single = stage.mapped.single_side();
    group.sort_by(|(_, a), (_, b)| a.get(16..).cmp(&b.get(16..)));
    for (position, (other, payload)) in group.drain(..).enumerate() {
        let waited = number(&payload, 1) == 1;
        let names = split_pair(payload.get(16..).unwrap_or_default());
        if single.is_some() && position > 0 {
            hold_back(stage, outcome, &names, waited, (number(&payload, 0), Why::Taken))?;
            continue;
        }
        if waited {
            stage.orphans.push(&names.0, &names.1, true)?;
        }
        let key = if single == Some(Side::Second) { link_key(other, owner) } else { link_key(owner, other) };
        chosen.push(&key, &payload)?;
    }
    Ok(())
}
