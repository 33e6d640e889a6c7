//! Staging of the links of one association from changes.
//!
//! Only the pairs that can be affected are looked at: those of the delta file, those that wait for a key that changes
//! hands in this run, those of stored links whose end loses or shares a key, and, where an owner may have one link
//! only, the other pairs of the owners of all these. For these the outcome is exactly that of a complete run: the file
//! would have said the same pairs. They are gathered in sorters, so that memory does not grow with the changes.
//!
//! An export of changes says what a row became, not what it was before. Where an owner may have one link only, its
//! last row that is no deletion therefore says what it has: this pair alone or, when the other end is empty, none.

use super::LinkStage;
use super::concerned::{BATCH, BUDGET, Order, halves, resolve};
use super::links::stored_links;
use super::pairs::{Numbers, keys_of, number};
use super::settle::{DELETE, ENDLESS, INSERT, MOVED, STORED, UNRESOLVED, WAITED, settle};
use crate::error::ServerError;
use crate::manifest::Table;
use crate::mapping::Side;
use crate::sorting::{Sorted, Sorting};
use provost_model::ResourceId;
use provost_model::changes::Command;
use provost_model::summary::LinkCounters;
use provost_pipeline::reconcile::{Pull, SortedFile, SortedRecords, fields, link_ids, link_key};
use std::collections::BTreeSet;
use std::fs::File;

/// Brings the pairs of a delta file, and all pairs that this run affects, to what they ask of the repository.
pub(super) fn stage(stage: &mut LinkStage<'_, '_>, table: &Table) -> Result<LinkCounters, ServerError> {
    let waiting = stage.context.tx.count_orphans(stage.mapped.association.id)?;
    let held_before = stage.context.tx.count_links(stage.mapped.place)? + waiting;
    let mut gathering = Gathering::new(stage, table, waiting > 0);
    gathering.waiting_for_changed_keys(stage)?;
    gathering.rekeyed(stage)?;
    gathering.delta(stage, table)?;
    let (order, affected) = gathering.finish(stage)?;
    let counters = settle(stage, order, affected, waiting)?;
    let unchanged = match table.state_digest.is_empty() {
        true => held_before.saturating_sub(counters.deleted),
        false => table.clean.saturating_sub(counters.inserted),
    };
    Ok(LinkCounters { unchanged, ..counters })
}

/// Everything about the pairs that may be affected.
struct Gathering {
    order: Order,
    /// Owners may have one link only.
    is_single: bool,
    /// A row of the file takes the place of what its owner had.
    replaces: bool,
    /// Pairs wait.
    waiting: bool,
    /// Pairs whose ends are to be resolved: (kind, line).
    named: Sorting,
    /// Records about affected pairs, as [`settle`] reads them.
    affected: Sorting,
    /// Keys of owners whose waiting pairs are affected.
    owners: Sorting,
}

impl Gathering {
    fn new(stage: &LinkStage<'_, '_>, table: &Table, waiting: bool) -> Gathering {
        let sorting = || Sorting::new(stage.context.folder, BUDGET);
        let is_single = stage.mapped.single_side().is_some();
        Gathering {
            order: Order::of(stage.mapped),
            is_single,
            // A computed delta names the pairs that are gone, so that nothing has to give way.
            replaces: is_single && table.state_digest.is_empty(),
            waiting,
            named: sorting(),
            affected: sorting(),
            owners: sorting(),
        }
    }

    fn name(&mut self, key: &[u8], kind: i64, line: i64) -> Result<(), ServerError> {
        self.named.push(key, Numbers::of(&[kind, line]).bytes())?;
        self.note_owner(key)
    }

    fn affect(&mut self, key: &[u8], numbers: [i64; 4]) -> Result<(), ServerError> {
        Ok(self.affected.push(key, Numbers::of(&numbers).bytes())?)
    }

    fn note_owner(&mut self, key: &[u8]) -> Result<(), ServerError> {
        if self.is_single && self.waiting {
            self.owners.push(halves(key).0, &[])?;
        }
        Ok(())
    }

    /// Pairs that wait for a key which somebody gains or loses in this run.
    fn waiting_for_changed_keys(&mut self, stage: &mut LinkStage<'_, '_>) -> Result<(), ServerError> {
        if !self.waiting {
            return Ok(());
        }
        let association = stage.mapped.association.id;
        for (side, end) in [(Side::First, &stage.mapped.end1), (Side::Second, &stage.mapped.end2)] {
            let super::Context { tx, keys, .. } = &mut *stage.context;
            let changes = keys.read((end.entity_type, end.key.property))?;
            in_batches(changes, |keys, _| {
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                tx.orphans_of(association, side.stored(), &keys, |first, second| {
                    let key = self.order.key(first, second);
                    self.name(&key, WAITED, 0)
                })
            })?;
        }
        Ok(())
    }

    /// Stored links of resources that lose a key, and of those whose key another resource takes as well.
    fn rekeyed(&mut self, stage: &mut LinkStage<'_, '_>) -> Result<(), ServerError> {
        for (side, end) in [(Side::First, &stage.mapped.end1), (Side::Second, &stage.mapped.end2)] {
            let mut resources = Sorting::new(stage.context.folder, BUDGET);
            let super::Context { tx, keys, .. } = &mut *stage.context;
            let changes = keys.read((end.entity_type, end.key.property))?;
            in_batches(changes, |keys, losers| {
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                let holders = tx.lookup_keys(end.entity_type, end.key.property, &keys)?;
                for id in holders.into_iter().map(|(_, id)| id.0).chain(losers.iter().copied()) {
                    resources.push(&id.to_be_bytes(), &[])?;
                }
                Ok(())
            })?;
            self.links_of(stage, side, resources)?;
        }
        Ok(())
    }

    /// Stored links of these resources, as pairs of the keys that they had before this run.
    fn links_of(&mut self, stage: &mut LinkStage<'_, '_>, side: Side, resources: Sorting) -> Result<(), ServerError> {
        let mut resources = resources.finish()?;
        loop {
            let chunk: Vec<ResourceId> = next_ids(&mut resources)?;
            if chunk.is_empty() {
                return Ok(());
            }
            let links = stage.context.tx.links_of(stage.mapped.place, &chunk, side.stored())?;
            for links in links.chunks(BATCH) {
                let firsts: BTreeSet<i64> = links.iter().map(|(a, _)| a.0).collect();
                let seconds: BTreeSet<i64> = links.iter().map(|(_, b)| b.0).collect();
                let first = keys_of(stage, &stage.mapped.end1, &firsts)?;
                let second = keys_of(stage, &stage.mapped.end2, &seconds)?;
                for (a, b) in links {
                    if let (Some(first), Some(second)) = (first.get(&a.0), second.get(&b.0)) {
                        let key = self.order.key(first, second);
                        self.affect(&key, [STORED, a.0, b.0, 0])?;
                        self.note_owner(&key)?;
                    }
                }
            }
        }
    }

    /// The rows of the delta file, and the waiting pairs that they speak of.
    fn delta(&mut self, stage: &mut LinkStage<'_, '_>, table: &Table) -> Result<(), ServerError> {
        let path = stage.context.folder.join(&table.file);
        let file = File::open(&path).map_err(ServerError::file("opening", &path))?;
        let mut file = SortedFile::new(file, 1)?;
        let mut batch: Vec<(String, String)> = Vec::with_capacity(BATCH);
        while file.advance()? {
            let mut record = fields(file.record()).into_iter();
            let word = record.next().unwrap_or_default();
            let pair = (record.next().unwrap_or_default(), record.next().unwrap_or_default());
            // Rows of an export of changes carry their line in it.
            let line = record.next().and_then(|line| line.parse().ok()).unwrap_or(file.line().cast_signed());
            self.row(&pair, Command::parse(&word), line)?;
            // Where owners have one link, their waiting pairs are looked up all together.
            if self.waiting && !self.is_single {
                batch.push(pair);
            }
            if batch.len() >= BATCH {
                self.waiting_among(stage, &mut batch)?;
            }
        }
        self.waiting_among(stage, &mut batch)
    }

    fn row(&mut self, pair: &(String, String), command: Option<Command>, line: i64) -> Result<(), ServerError> {
        let kind = if command == Some(Command::Delete) { DELETE } else { INSERT };
        let key = self.order.key(&pair.0, &pair.1);
        let (owner, other) = halves(&key);
        if self.replaces && (kind == INSERT || other.is_empty()) {
            let mark = [owner, b"\0"].concat();
            self.affect(&mark, [MOVED, 0, 0, line])?;
        }
        match other.is_empty() {
            true => self.name(&key, ENDLESS, line),
            false => self.name(&key, kind, line),
        }
    }

    fn waiting_among(
        &mut self,
        stage: &mut LinkStage<'_, '_>,
        pairs: &mut Vec<(String, String)>,
    ) -> Result<(), ServerError> {
        let waits = stage.context.tx.orphans_among(stage.mapped.association.id, pairs)?;
        for ((first, second), _) in pairs.drain(..).zip(waits).filter(|(_, waits)| *waits) {
            let key = self.order.key(&first, &second);
            self.affect(&key, [WAITED, UNRESOLVED, UNRESOLVED, 0])?;
        }
        Ok(())
    }

    /// Resolves the named pairs, and adds the stored links and waiting pairs that they meet.
    fn finish(mut self, stage: &mut LinkStage<'_, '_>) -> Result<(Order, Sorting), ServerError> {
        let order = self.order;
        let sorting = |stage: &LinkStage<'_, '_>| Sorting::new(stage.context.folder, BUDGET);
        let (mut competing, mut known) = (sorting(stage), sorting(stage));
        let named = std::mem::replace(&mut self.named, sorting(stage));
        resolve(stage, order, named, &mut |key, payload, (leading, other)| {
            let (kind, line) = (number(payload, 0), number(payload, 1));
            if kind != ENDLESS {
                self.affect(key, [kind, leading.new.unwrap_or(0), other.new.unwrap_or(0), line])?;
            }
            // The stored link of an owner competes with the pairs that want its place.
            if let Some(owner) = leading.new.filter(|_| self.is_single) {
                competing.push(&owner.to_be_bytes(), &[])?;
            }
            if let Some((leading, other)) = leading.old.zip(other.old).filter(|_| kind != WAITED) {
                let (first, second) = order.turn((leading, other));
                known.push(&link_key(first, second), key)?;
            }
            Ok(())
        })?;
        self.links_of(stage, order.leading(), competing)?;
        self.links_known_before(stage, known.finish()?)?;
        self.waiting_of_owners(stage)?;
        Ok((order, self.affected))
    }

    /// The stored links that named pairs stood for before this run.
    fn links_known_before(&mut self, stage: &mut LinkStage<'_, '_>, mut known: Sorted) -> Result<(), ServerError> {
        loop {
            let mut batch: Vec<((i64, i64), Vec<u8>)> = Vec::with_capacity(BATCH);
            while batch.len() < BATCH {
                let Some((ids, key)) = known.pull()? else { break };
                batch.push((link_ids(ids).unwrap_or_default(), key.to_vec()));
            }
            if batch.is_empty() {
                return Ok(());
            }
            let asked: Vec<_> = batch.iter().map(|((a, b), _)| (ResourceId(*a), ResourceId(*b))).collect();
            let stored = stored_links(stage, &asked)?;
            for ((a, b), key) in batch.into_iter().filter(|(ids, _)| stored.contains(ids)) {
                self.affect(&key, [STORED, a, b, 0])?;
            }
        }
    }

    /// The pairs that wait for the place of an affected one, or were to be looked at anyway.
    fn waiting_of_owners(&mut self, stage: &mut LinkStage<'_, '_>) -> Result<(), ServerError> {
        let owners = std::mem::replace(&mut self.owners, Sorting::new(stage.context.folder, BUDGET));
        let association = stage.mapped.association.id;
        let order = self.order;
        in_batches(owners.finish()?, |keys, _| {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            stage.context.tx.orphans_of(association, order.leading().stored(), &keys, |first, second| {
                self.affect(&order.key(first, second), [WAITED, UNRESOLVED, UNRESOLVED, 0])
            })
        })
    }
}

/// Hands the keys of a stream on, each once, together with the resources that lose them.
fn in_batches(
    mut stream: impl Pull,
    mut each: impl FnMut(&[String], &[i64]) -> Result<(), ServerError>,
) -> Result<(), ServerError> {
    let mut keys: Vec<String> = Vec::with_capacity(BATCH);
    let mut losers: Vec<i64> = Vec::new();
    while let Some((key, payload)) = stream.pull()? {
        if keys.last().is_none_or(|last| last.as_bytes() != key) {
            if keys.len() >= BATCH {
                each(&keys, &losers)?;
                keys.clear();
                losers.clear();
            }
            keys.push(String::from_utf8_lossy(key).into_owned());
        }
        if payload.get(8) == Some(&1) {
            losers.push(number(payload, 0));
        }
    }
    each(&keys, &losers)
}

/// The next resources of a sorted stream, each once.
fn next_ids(resources: &mut Sorted) -> Result<Vec<ResourceId>, ServerError> {
    let mut ids: Vec<ResourceId> = Vec::with_capacity(BATCH);
    while ids.len() < BATCH {
        let Some((key, _)) = resources.pull()? else { break };
        let id = ResourceId(number(key, 0));
        if ids.last() != Some(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}
