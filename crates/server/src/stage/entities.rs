//! Staging of resources.

use super::Context;
use crate::content;
use crate::error::ServerError;
use crate::manifest::Table;
use crate::mapping::MappedType;
use crate::spool::Spool;
use provost_model::changes::Command;
use provost_model::summary::EntityCounters;
use provost_model::{ResourceId, Slot};
use provost_pipeline::csv::canonical::push_record;
use provost_pipeline::reconcile::{Candidate, EntityMerge, Fields, Pull, SortedFile, SortedRecords};
use provost_store::{FingerprintRenewals, KeyChanges, ResourceChangeRow, ResourceChanges};
use std::collections::{HashMap, HashSet};
use std::fs::File;

/// Digests of files with their contents.
type Contents = Vec<(String, String)>;

/// Rows whose stored values are fetched at once.
const BATCH: usize = 2_000;
/// Resource ids reserved at once: few at first, then twice as many each time, so that small runs leave no gaps.
const IDS: (u64, u64) = (16, 16_384);

const INSERT: u8 = 1;
const COMPARE: u8 = 2;
const DELETE: u8 = 3;
/// As COMPARE, but what the record does not say is emptied: a row removed the resource before another one made it anew.
const REPLACE: u8 = 4;

pub(super) type Sorted = SortedFile<File>;

/// Compares a full sorted file with the repository.
pub(super) fn stage_complete(
    context: &mut Context<'_>,
    mapped: &MappedType,
    table: &Table,
    stored: u64,
) -> Result<EntityCounters, ServerError> {
    let file = open(context, mapped, table, 0)?;
    let key = &mapped.columns[0];
    let held: HashSet<&[u8]> = table.held_keys.iter().map(|k| k.as_bytes()).collect();
    let mut found = Spool::new(context.folder);
    let mut withheld = 0u64;
    let mut sink = |candidate: Candidate<'_>| -> Result<(), ServerError> {
        if let Candidate::Delete { key, .. } = candidate
            && (table.held_unknown || held.contains(key))
        {
            withheld += 1;
            return Ok(());
        }
        spool_candidate(&mut found, candidate)
    };
    let mut merge = EntityMerge::new(file, mapped.seed)?;
    let mut keyed = 0;
    context.tx.scan_keys(mapped.id, key.property, |row| {
        keyed += 1;
        merge.stored(row.key.as_bytes(), row.resource.0, row.fingerprint, &mut sink)
    })?;
    merge.finish(&mut sink)?;
    // Looking for resources without key is dear, and idle when there are as many keys as resources.
    if keyed != stored {
        for resource in context.tx.unkeyed_resources(mapped.id, key.property)? {
            if table.held_unknown {
                withheld += 1;
            } else {
                found.push(b"", &payload(DELETE, resource.resource.0, 0, &[]))?;
            }
        }
    }
    if withheld > 0 {
        let reason = format!("{withheld} resources are not in the file, but unreadable rows may stand for them: kept");
        context.problems.warn(&mapped.identifier, 0, "", reason, "mend the rejected rows and export again");
    }
    let mut counters = Emitter::new(context, mapped, &table.absent)?.emit(found)?;
    // What is held counts as rejected. The file carries its last known records, so they are not counted here again.
    counters.unchanged = table.clean.saturating_sub(counters.inserted + counters.updated);
    Ok(counters)
}

/// Brings the rows of a delta file to what they ask of the repository.
pub(super) fn stage_incremental(
    context: &mut Context<'_>,
    mapped: &MappedType,
    table: &Table,
) -> Result<EntityCounters, ServerError> {
    let mut file = open(context, mapped, table, 1)?;
    let mut found = Spool::new(context.folder);
    let mut batch: Vec<DeltaKey> = Vec::with_capacity(BATCH);
    let mut rows = 0u64;
    while file.advance()? {
        rows += 1;
        let (command, record) = split_command(&file, table)?;
        let key = String::from_utf8_lossy(file.key());
        if batch.last().is_none_or(|last| last.key != key) {
            if batch.len() >= BATCH {
                decide(context, mapped, &mut batch, &mut found)?;
            }
            batch.push(DeltaKey { key: key.into_owned(), ..DeltaKey::default() });
        }
        if let Some(last) = batch.last_mut() {
            last.note(command, record, file.line());
        }
    }
    decide(context, mapped, &mut batch, &mut found)?;
    let mut counters = Emitter::new(context, mapped, &table.absent)?.emit(found)?;
    let changed = counters.inserted + counters.updated;
    counters.unchanged = table.clean.saturating_sub(changed);
    if table.state_digest.is_empty() {
        counters.unchanged = rows.saturating_sub(changed + counters.deleted);
    }
    Ok(counters)
}

/// The rows of a delta file about one key, folded in file order. What they come to depends on whether the repository
/// knows the key, which is looked up for many keys at once: until then both are followed.
#[derive(Default)]
struct DeltaKey {
    key: String,
    /// Record and line of the last row that says what the resource is.
    last: Option<(Vec<u8>, u64)>,
    /// The resource goes, if the repository knows it.
    deleted: bool,
    /// It went, and came again.
    renewed: bool,
    /// If the repository does not know the key, a row makes it known, and it stays.
    made: bool,
    /// Rows without effect, if the repository knows the key, and if it does not.
    ignored: [Ignored; 2],
}

/// Rows without effect: the first few, and how many more.
#[derive(Default)]
struct Ignored {
    first: Vec<(Command, u64)>,
    more: u64,
}

impl Ignored {
    /// Rows kept for one key.
    const MOST: usize = 10;

    fn push(&mut self, command: Command, line: u64) {
        match self.first.len() < Ignored::MOST {
            true => self.first.push((command, line)),
            false => self.more += 1,
        }
    }
}

impl DeltaKey {
    fn note(&mut self, command: Command, record: &[u8], line: u64) {
        let is_upsert = matches!(command, Command::Insert | Command::Merge);
        for (exists, ignored) in [!self.deleted, self.made].into_iter().zip(&mut self.ignored) {
            if !exists && !is_upsert {
                ignored.push(command, line);
            }
        }
        match command {
            Command::Delete => (self.deleted, self.made, self.last) = (true, false, None),
            Command::Update if self.deleted => {}
            Command::Insert | Command::Update | Command::Merge => {
                self.renewed |= self.deleted;
                (self.deleted, self.made) = (false, self.made || is_upsert);
                self.last = Some((record.to_vec(), line));
            }
        }
    }
}

/// Gives each key its one outcome, now that the repository is asked whether it knows the keys.
fn decide(
    context: &mut Context<'_>,
    mapped: &MappedType,
    batch: &mut Vec<DeltaKey>,
    found: &mut Spool,
) -> Result<(), ServerError> {
    let keys: Vec<&str> = batch.iter().map(|d| d.key.as_str()).collect();
    let known: HashMap<String, ResourceId> =
        context.tx.lookup_keys(mapped.id, mapped.columns[0].property, &keys)?.into_iter().collect();
    for delta in batch.drain(..) {
        let resource = known.get(&delta.key).map(|id| id.0);
        let [if_known, if_unknown] = &delta.ignored;
        report_ignored(context, mapped, &delta.key, if resource.is_some() { if_known } else { if_unknown });
        let candidate = match (resource, &delta.last) {
            (Some(resource), Some((record, line))) if delta.renewed => {
                found.push(b"", &payload(REPLACE, resource, *line, record))?;
                continue;
            }
            (Some(resource), Some((record, line))) => Candidate::Compare { resource, record, line: *line },
            (None, Some((record, line))) if delta.made => Candidate::Insert { record, line: *line },
            (Some(resource), None) => Candidate::Delete { resource, key: delta.key.as_bytes() },
            (None, _) => continue,
        };
        spool_candidate(found, candidate)?;
    }
    Ok(())
}

fn report_ignored(context: &mut Context<'_>, mapped: &MappedType, key: &str, ignored: &Ignored) {
    for (command, line) in &ignored.first {
        let reason = format!("{} of a resource that the repository does not know: ignored", command.word());
        context.problems.warn(&mapped.identifier, *line, key, reason, "run a complete synchronisation");
    }
    context.problems.count += ignored.more;
}

pub(super) fn open(
    context: &Context<'_>,
    mapped: &MappedType,
    table: &Table,
    key_column: usize,
) -> Result<Sorted, ServerError> {
    let path = context.folder.join(&table.file);
    let file = File::open(&path).map_err(ServerError::file("opening", &path))?;
    let sorted = SortedFile::new(file, key_column)?;
    let columns = sorted.header().len();
    let expected = (mapped.columns.len() + key_column).saturating_sub(table.absent.len());
    if columns != expected {
        return Err(ServerError::CompleteNeeded {
            message: format!(
                "{} has {columns} columns, but the deployed mapping of {} has {expected}: the mapping has changed since the \
                 file was prepared",
                table.file, mapped.identifier
            ),
        });
    }
    Ok(sorted)
}

/// The command of a delta record and the record behind it.
fn split_command<'a>(file: &'a Sorted, table: &Table) -> Result<(Command, &'a [u8]), ServerError> {
    let record = file.record();
    let comma = record.iter().position(|b| *b == b',').unwrap_or(record.len());
    let word = String::from_utf8_lossy(&record[..comma]);
    let command = Command::parse(&word).ok_or_else(|| ServerError::Source {
        message: format!("{} line {}: unknown command \"{word}\"", table.file, file.line()),
        hint: "expected insert, update, delete or merge".to_owned(),
    })?;
    Ok((command, record.get(comma + 1..).unwrap_or_default()))
}

fn payload(kind: u8, resource: i64, line: u64, record: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(17 + record.len());
    bytes.push(kind);
    bytes.extend_from_slice(&resource.to_le_bytes());
    bytes.extend_from_slice(&line.to_le_bytes());
    bytes.extend_from_slice(record);
    bytes
}

fn spool_candidate(found: &mut Spool, candidate: Candidate<'_>) -> Result<(), ServerError> {
    match candidate {
        Candidate::Insert { record, line } => found.push(b"", &payload(INSERT, 0, line, record))?,
        Candidate::Compare { resource, record, line } => found.push(b"", &payload(COMPARE, resource, line, record))?,
        Candidate::Delete { resource, key } => found.push(key, &payload(DELETE, resource, 0, &[]))?,
    }
    Ok(())
}

/// One candidate read back.
struct Pending {
    kind: u8,
    resource: i64,
    line: u64,
    key: String,
    record: Vec<u8>,
}

impl Pending {
    fn read(key: &[u8], payload: &[u8]) -> Option<Pending> {
        let (kind, rest) = payload.split_first()?;
        let (resource, rest) = rest.split_first_chunk::<8>()?;
        let (line, record) = rest.split_first_chunk::<8>()?;
        Some(Pending {
            kind: *kind,
            resource: i64::from_le_bytes(*resource),
            line: u64::from_le_bytes(*line),
            key: String::from_utf8_lossy(key).into_owned(),
            record: record.to_vec(),
        })
    }
}

/// What the repository holds of a resource.
struct Stored {
    /// In the order of the mapped columns.
    values: Vec<Option<String>>,
    display_name: Option<String>,
}

/// Writes candidates to the change tables.
struct Emitter<'c, 'a> {
    context: &'c mut Context<'a>,
    mapped: &'c MappedType,
    /// Columns that records lack.
    absent: &'c [usize],
    slots: Vec<Slot>,
    counters: EntityCounters,
    next_id: i64,
    last_id: i64,
    block: u64,
    changes: ResourceChanges,
    lost_keys: KeyChanges,
    renewals: FingerprintRenewals,
}

impl<'c, 'a> Emitter<'c, 'a> {
    fn new(
        context: &'c mut Context<'a>,
        mapped: &'c MappedType,
        absent: &'c [usize],
    ) -> Result<Emitter<'c, 'a>, ServerError> {
        let slots: Vec<Slot> = mapped.columns.iter().map(|c| c.slot).collect();
        let changes = context.tx.resource_changes(context.run, mapped.id, &slots)?;
        let lost_keys = context.tx.key_changes(context.run)?;
        let renewals = context.tx.fingerprint_renewals(context.run)?;
        Ok(Emitter {
            context,
            mapped,
            absent,
            slots,
            counters: EntityCounters::default(),
            next_id: 0,
            last_id: 0,
            block: IDS.0,
            changes,
            lost_keys,
            renewals,
        })
    }

    fn emit(mut self, mut found: Spool) -> Result<EntityCounters, ServerError> {
        if found.len() > 0 {
            self.context.tx.expect_changes()?;
        }
        let mut reader = found.read()?;
        let mut batch: Vec<Pending> = Vec::with_capacity(BATCH);
        while let Some((key, payload)) = reader.pull()? {
            batch.extend(Pending::read(key, payload));
            if batch.len() >= BATCH {
                self.batch(&mut batch)?;
            }
        }
        self.batch(&mut batch)?;
        self.changes.finish()?;
        self.lost_keys.finish()?;
        self.renewals.finish()?;
        Ok(self.counters)
    }

    fn batch(&mut self, batch: &mut Vec<Pending>) -> Result<(), ServerError> {
        let known: Vec<ResourceId> =
            batch.iter().filter(|p| p.kind != INSERT).map(|p| ResourceId(p.resource)).collect();
        let mut stored: HashMap<i64, Stored> = HashMap::with_capacity(known.len());
        if !known.is_empty() {
            self.context.tx.rows_by_id(self.mapped.id, &self.slots, &known, |row| {
                let values = row.values.iter().map(|v| v.map(str::to_owned)).collect();
                stored.insert(row.id.0, Stored { values, display_name: row.display_name.map(str::to_owned) });
                Ok::<(), ServerError>(())
            })?;
        }
        for mut pending in batch.drain(..) {
            let old = stored.get(&pending.resource);
            self.complete(&mut pending, old);
            match (pending.kind, old) {
                (INSERT, _) => self.insert(&pending)?,
                (COMPARE | REPLACE, Some(old)) => self.compare(&pending, old)?,
                (COMPARE | REPLACE, None) => {
                    let key = self.values(&pending.record).0.into_iter().next().flatten().unwrap_or_default();
                    self.forget_key(&key, ResourceId(pending.resource))?;
                    self.insert(&pending)?;
                }
                (_, Some(old)) => self.delete(&pending, old)?,
                (_, None) => self.forget_key(&pending.key, ResourceId(pending.resource))?,
            }
        }
        Ok(())
    }

    /// Makes a record whole that lacks columns: what it does not say stays as it is, and is empty in a new resource.
    fn complete(&self, pending: &mut Pending, old: Option<&Stored>) {
        if self.absent.is_empty() || pending.kind == DELETE {
            return;
        }
        let old = old.filter(|_| pending.kind == COMPARE);
        let mut said = Fields::default();
        said.read(&pending.record);
        let mut next = 0;
        let values = (0..self.slots.len()).map(|column| {
            if self.absent.contains(&column) {
                return old.and_then(|old| old.values.get(column)?.as_deref()).unwrap_or_default();
            }
            next += 1;
            said.get(next - 1).unwrap_or_default()
        });
        let mut whole = Vec::with_capacity(pending.record.len());
        push_record(&mut whole, values.map(str::as_bytes));
        whole.pop();
        pending.record = whole;
    }

    /// Somebody gave a resource another key and removed it, both by SQL: the row of its first key remains, and stands
    /// for nothing.
    fn forget_key(&mut self, key: &str, id: ResourceId) -> Result<(), ServerError> {
        let property = self.mapped.columns[0].property;
        self.context.keys.push((self.mapped.id, property), key, id, true)?;
        Ok(self.lost_keys.push(self.mapped.id, property, key, id, 0, true)?)
    }

    /// One value for each mapped column, whatever somebody made of the file: its digest is verified meanwhile. Files have
    /// gone to their contents.
    fn values(&self, record: &[u8]) -> (Vec<Option<String>>, Contents) {
        let mut fields = Fields::default();
        fields.read(record);
        let mut values: Vec<_> = (0..self.slots.len()).map(|column| fields.get(column).map(str::to_owned)).collect();
        let contents = content::replace(self.mapped, &mut values);
        (values, contents)
    }

    fn keep(&mut self, contents: &Contents) -> Result<(), ServerError> {
        contents.iter().try_for_each(|(digest, content)| Ok(self.context.tx.keep_resource_file(digest, content)?))
    }

    fn insert(&mut self, pending: &Pending) -> Result<(), ServerError> {
        let (values, contents) = self.values(&pending.record);
        self.keep(&contents)?;
        let id = self.reserve()?;
        let mapped = self.mapped;
        for (column, value) in mapped.columns.iter().zip(&values) {
            if let Some(value) = value
                && (column.is_unique || column.property == mapped.columns[0].property)
            {
                self.key_change(column.property, value, id, false)?;
            }
        }
        let name = mapped.display.and_then(|i| values[i].as_deref());
        self.push(Command::Insert, id, pending, &values, None, name)?;
        self.counters.inserted += 1;
        Ok(())
    }

    fn compare(&mut self, pending: &Pending, old: &Stored) -> Result<(), ServerError> {
        let (values, contents) = self.values(&pending.record);
        let id = ResourceId(pending.resource);
        let changed: Vec<usize> = (0..values.len()).filter(|&i| old.values.get(i) != values.get(i)).collect();
        if changed.is_empty() {
            let fingerprint = EntityMerge::<Sorted>::fingerprint(&pending.record, self.mapped.seed);
            let key = values.first().and_then(Option::as_deref).unwrap_or_default();
            self.renewals.push(self.mapped.id, self.mapped.columns[0].property, key, id, fingerprint)?;
            self.counters.unchanged += 1;
            return Ok(());
        }
        self.keep(&contents)?;
        for &i in changed.iter().filter(|&&i| i > 0 && self.mapped.columns[i].is_unique) {
            let property = self.mapped.columns[i].property;
            if let Some(lost) = old.values.get(i).and_then(Option::as_deref) {
                self.key_change(property, lost, id, true)?;
            }
            if let Some(gained) = values[i].as_deref() {
                self.key_change(property, gained, id, false)?;
            }
        }
        // A display name that an expression computes stays until that expression says otherwise.
        let name = self.mapped.display.map_or(old.display_name.as_deref(), |i| values[i].as_deref());
        self.push(Command::Update, id, pending, &values, Some(&changed), name)?;
        self.counters.updated += 1;
        Ok(())
    }

    fn delete(&mut self, pending: &Pending, old: &Stored) -> Result<(), ServerError> {
        let id = ResourceId(pending.resource);
        let mapped = self.mapped;
        if !pending.key.is_empty() {
            self.key_change(mapped.columns[0].property, &pending.key, id, true)?;
        }
        for (column, value) in mapped.columns.iter().zip(&old.values).skip(1) {
            if let Some(value) = value
                && column.is_unique
            {
                self.key_change(column.property, value, id, true)?;
            }
        }
        self.push(Command::Delete, id, pending, &old.values, None, old.display_name.as_deref())?;
        self.counters.deleted += 1;
        Ok(())
    }

    fn key_change(
        &mut self,
        property: provost_model::PropertyId,
        key: &str,
        id: ResourceId,
        is_removal: bool,
    ) -> Result<(), ServerError> {
        // The rows of the key table follow the change of the resource by themselves.
        Ok(self.context.keys.push((self.mapped.id, property), key, id, is_removal)?)
    }

    fn push(
        &mut self,
        command: Command,
        id: ResourceId,
        pending: &Pending,
        values: &[Option<String>],
        changed: Option<&[usize]>,
        display_name: Option<&str>,
    ) -> Result<(), ServerError> {
        let key = match command {
            Command::Delete => pending.key.as_str(),
            _ => values.first().and_then(Option::as_deref).unwrap_or_default(),
        };
        let shown: Vec<Option<&str>> = values.iter().map(Option::as_deref).collect();
        let hashed = changed.map_or_else(|| (0..values.len()).collect::<Vec<_>>(), <[usize]>::to_vec);
        let parts = hashed
            .iter()
            .flat_map(|&i| [Some(self.mapped.columns[i].identifier.as_bytes()), shown[i].map(str::as_bytes)]);
        self.context.hash.row(&self.mapped.identifier, command, std::iter::once(Some(key.as_bytes())).chain(parts));
        let precision = changed.map_or(0, |c| c.iter().map(|&i| self.mapped.columns[i].precision).min().unwrap_or(0));
        let row = ResourceChangeRow {
            command,
            id,
            key,
            line: pending.line,
            precision,
            fingerprint: EntityMerge::<Sorted>::fingerprint(&pending.record, self.mapped.seed),
            display_name,
            values: &shown,
            changed: changed.map_or(0, |c| c.iter().filter(|&&i| i < 64).fold(0, |bits, &i| bits | 1 << i)),
        };
        self.changes.push(row)?;
        Ok(())
    }

    fn reserve(&mut self) -> Result<ResourceId, ServerError> {
        if self.next_id == self.last_id {
            self.next_id = self.context.tx.reserve_resource_ids(self.block)?.0;
            self.last_id = self.next_id + self.block.cast_signed();
            self.block = (self.block * 2).min(IDS.1);
        }
        self.next_id += 1;
        Ok(ResourceId(self.next_id - 1))
    }
}
