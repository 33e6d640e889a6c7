//! The first load: sorted files go straight into the tables, in the order in which these are stored.
//!
//! Nothing is there that could be compared, and no threshold applies, so that change tables would only be written to be
//! read again. The transaction and the refusal to load twice are those of every run.

use super::ahead::{Hand, ahead};
use super::links::{BUDGET, emit_lines, one_per_owner, resolve, spool_orphans};
use super::{Context, LinkStage, Staged, entities, kept_pairs};
use crate::content;
use crate::error::ServerError;
use crate::manifest::{Manifest, Table};
use crate::mapping::ConnectorMapping;
use crate::mapping::{MappedAssociation, MappedType};
use crate::sorting::Sorting;
use provost_model::summary::{EntityCounters, LinkCounters};
use provost_model::{PropertyId, ResourceId, Slot};
use provost_pipeline::reconcile::{Candidate, EntityMerge, Fields, Pull, link_ids};
use provost_store::{InitialKeyRows, InitialRows, LinkPlace, RunId, StoreError, WriteTx};
use std::path::Path;

/// Memory for sorting the unique keys of a type, all together.
const KEYS: usize = 128 << 20;

/// Loads the files of a session into a repository that holds nothing of its connector. Pairs that wait for an end go
/// through the change tables: apply the run afterwards, with nothing else in its plan.
pub(crate) fn load(
    tx: &mut WriteTx,
    run: RunId,
    mapping: &ConnectorMapping,
    manifest: &Manifest,
    folder: &Path,
    now_micros: i64,
) -> Result<Staged, ServerError> {
    let mut context = Context::new(tx, run, folder);
    // Everything is new: the state that the files make names the changes as well as the rows would.
    let hash = manifest.new_digest.chars().take(32).collect();
    let mut staged = Staged { hash, ..Staged::default() };
    let indexes = context.tx.without_indexes()?;
    for mapped in &mapping.types {
        if let Some(table) = manifest.table(&mapped.identifier) {
            let counters = load_type(&mut context, mapped, table, now_micros)?;
            staged.entity_types.insert(mapped.identifier.clone(), counters);
        }
    }
    indexes.make(context.tx)?;
    for mapped in &mapping.associations {
        if let Some(table) = manifest.table(&mapped.identifier) {
            let counters = load_association(&mut context, mapped, table, now_micros)?;
            staged.associations.insert(mapped.identifier.clone(), counters);
        }
    }
    staged.problems = context.problems;
    Ok(staged)
}

/// Unique keys of a type, to be loaded in their own order.
struct UniqueKeys(Vec<(usize, PropertyId, Sorting)>);

impl UniqueKeys {
    fn new(mapped: &MappedType, folder: &Path) -> UniqueKeys {
        let unique = mapped.columns.iter().enumerate().skip(1).filter(|(_, column)| column.is_unique);
        let budget = KEYS / unique.clone().count().max(1);
        UniqueKeys(unique.map(|(i, column)| (i, column.property, Sorting::new(folder, budget))).collect())
    }

    fn push(&mut self, values: &[Option<&str>], id: ResourceId) -> Result<(), ServerError> {
        for (column, _, sorting) in &mut self.0 {
            if let Some(value) = values.get(*column).copied().flatten() {
                sorting.push(value.as_bytes(), &id.0.to_be_bytes())?;
            }
        }
        Ok(())
    }

    fn hand_over(self, hand: Hand<'_, Batch>) -> Result<(), ServerError> {
        for (_, property, sorting) in self.0 {
            let mut sorted = sorting.finish()?;
            let mut rows = InitialKeyRows::default();
            while let Some((key, payload)) = sorted.pull()? {
                let id = payload.try_into().map_or(0, i64::from_be_bytes);
                let key = std::str::from_utf8(key).map_err(std::io::Error::other)?;
                rows.push(key, ResourceId(id));
                if rows.is_full() {
                    rows = match hand(Batch::Keys(property, rows))? {
                        Some(Batch::Keys(_, used)) => used,
                        _ => InitialKeyRows::default(),
                    };
                }
            }
            hand(Batch::Keys(property, rows))?;
        }
        Ok(())
    }
}

/// Rows on their way to the database.
enum Batch {
    Resources(InitialRows),
    Keys(PropertyId, InitialKeyRows),
    /// Digest and content.
    File(String, String),
}

fn load_type(
    context: &mut Context<'_>,
    mapped: &MappedType,
    table: &Table,
    now_micros: i64,
) -> Result<EntityCounters, ServerError> {
    let merge = EntityMerge::new(entities::open(context, mapped, table, 0)?, mapped.seed)?;
    let slots: Vec<Slot> = mapped.columns.iter().map(|c| c.slot).collect();
    let first = context.tx.reserve_resource_ids(table.clean)?.0;
    let mut resources = context.tx.bulk_initial(mapped.id, &slots, now_micros)?;
    let (folder, tx) = (context.folder, &mut *context.tx);
    ahead(
        |hand| read(mapped, table, folder, merge, (first, &slots), hand),
        |batch| {
            match batch {
                Batch::Resources(rows) => {
                    resources.write(rows)?;
                    rows.clear();
                }
                Batch::Keys(property, keys) => {
                    tx.bulk_keys(mapped.id, *property)?.write(keys)?;
                    keys.clear();
                }
                Batch::File(digest, content) => tx.keep_resource_file(digest, content)?,
            }
            Ok(())
        },
    )?;
    let inserted = resources.finish_without_keys(context.tx)?;
    Ok(EntityCounters { inserted, ..table.resources() })
}

/// Makes rows of the records of a type, then those of its unique keys in their own order.
fn read(
    mapped: &MappedType,
    table: &Table,
    folder: &Path,
    merge: EntityMerge<entities::Sorted>,
    (first, slots): (i64, &[Slot]),
    hand: Hand<'_, Batch>,
) -> Result<(), ServerError> {
    let mut next = first;
    let end = first.saturating_add_unsigned(table.clean);
    let mut unique = UniqueKeys::new(mapped, folder);
    let mut fields = Fields::default();
    let mut rows = InitialRows::new(slots);
    let files: Vec<usize> = (0..slots.len()).filter(|&column| slots[column].is_file()).collect();
    merge.finish(&mut |candidate| -> Result<(), ServerError> {
        let Candidate::Insert { record, .. } = candidate else {
            return Ok(());
        };
        if next == end {
            return Err(more_rows(table));
        }
        fields.read(record);
        let mut values: Vec<Option<&str>> = (0..slots.len()).map(|i| fields.get(i)).collect();
        let digests = match files.is_empty() {
            true => Vec::new(),
            false => hand_files(&files, &values, hand)?,
        };
        for (column, digest) in &digests {
            values[*column] = Some(digest);
        }
        unique.push(&values, ResourceId(next))?;
        push(&mut rows, mapped, ResourceId(next), record, &values)?;
        next += 1;
        if rows.is_full() {
            let used = hand(Batch::Resources(std::mem::replace(&mut rows, InitialRows::new(slots))))?;
            if let Some(Batch::Resources(used)) = used {
                rows = used;
            }
        }
        Ok(())
    })?;
    hand(Batch::Resources(rows))?;
    unique.hand_over(hand)
}

/// Contents go before the rows that name them; their digests stand in for them.
fn hand_files(
    files: &[usize],
    values: &[Option<&str>],
    hand: Hand<'_, Batch>,
) -> Result<Vec<(usize, String)>, ServerError> {
    let mut digests = Vec::new();
    for &column in files {
        if let Some(content) = values[column] {
            let digest = content::digest(content);
            hand(Batch::File(digest.clone(), content.to_owned()))?;
            digests.push((column, digest));
        }
    }
    Ok(digests)
}

fn push(
    rows: &mut InitialRows,
    mapped: &MappedType,
    id: ResourceId,
    record: &[u8],
    values: &[Option<&str>],
) -> Result<(), StoreError> {
    let value = |column: usize| values.get(column).copied().flatten();
    let fingerprint = EntityMerge::<entities::Sorted>::fingerprint(record, mapped.seed);
    rows.push(id, value(0).unwrap_or_default(), fingerprint, mapped.display.and_then(value), values)
}

fn more_rows(table: &Table) -> ServerError {
    ServerError::Session {
        session: String::new(),
        message: format!("{} has more records than the {} that its manifest names", table.file, table.clean),
    }
}

/// Resolves pairs as a complete run does, and loads the links; the other pairs wait.
fn load_association(
    context: &mut Context<'_>,
    mapped: &MappedAssociation,
    table: &Table,
    now_micros: i64,
) -> Result<LinkCounters, ServerError> {
    let links = context.tx.link_changes(context.run, mapped.association.id)?;
    let orphans = context.tx.orphan_changes(context.run, mapped.association.id)?;
    let mut stage = LinkStage { context, mapped, links, orphans };
    // Pairs may wait from a time before the repository was emptied.
    let table = &kept_pairs::with_kept(&mut stage, table)?;
    let mut lines = Sorting::new(stage.context.folder, BUDGET);
    let wanted = resolve(&mut stage, table, &mut lines)?;
    let wanted = one_per_owner(&mut stage, wanted, &mut lines)?;
    let waiting = spool_orphans(&mut stage)?;
    let waited = waiting.len();
    let by_line = emit_lines(&mut stage, table, lines, waiting)?;
    stage.orphans.finish()?;
    stage.links.finish()?;
    let links_created = load_links(context.tx, mapped, wanted, now_micros)?;
    // The sorted file also has the pairs that unreadable rows may stand for; these are no pairs of the source.
    let inserted = (links_created + by_line.lines).saturating_sub(by_line.held);
    Ok(LinkCounters {
        inserted,
        deleted: waited.saturating_sub(by_line.held),
        unchanged: table.clean.saturating_sub(inserted),
        orphans: by_line.orphans,
        links_created,
        ..table.pairs()
    })
}

/// Loads links that come in the order of their ids, the owner of a slot first.
fn load_links(
    tx: &mut WriteTx,
    mapped: &MappedAssociation,
    mut wanted: Box<dyn Pull>,
    now_micros: i64,
) -> Result<u64, ServerError> {
    let mut last = None;
    let mut each = |push: &mut dyn FnMut(ResourceId, ResourceId) -> Result<(), StoreError>| {
        while let Some((key, _)) = wanted.pull()? {
            let ids = link_ids(key);
            if let Some((first, second)) = ids.filter(|_| ids != last) {
                push(ResourceId(first), ResourceId(second))?;
            }
            last = ids;
        }
        Ok::<(), ServerError>(())
    };
    match mapped.place {
        LinkPlace::Table(association) => {
            let mut links = tx.bulk_links(association, now_micros)?;
            each(&mut |first, second| links.push(first, second))?;
            Ok(links.finish(tx)?)
        }
        LinkPlace::Slot { owner, slot, .. } => {
            let mut links = tx.bulk_slot_links(owner, slot)?;
            each(&mut |first, second| links.push(first, second))?;
            Ok(links.finish(tx)?)
        }
    }
}
