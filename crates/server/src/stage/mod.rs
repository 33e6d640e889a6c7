//! Staging: computes the whole change set of a session into the change tables, before anything is applied.

mod ahead;
mod concerned;
mod entities;
mod hash;
mod incremental_links;
mod initial;
mod kept_pairs;
mod keys;
mod links;
mod pairs;
mod settle;

pub(crate) use hash::ChangeHash;
pub(crate) use initial::load;
pub(crate) use keys::KeyChanges;

use crate::error::ServerError;
use crate::manifest::{Manifest, RowProblem, Table};
use crate::mapping::{ConnectorMapping, MappedAssociation, MappedType};
use provost_model::problem::Severity;
use provost_model::summary::{EntityCounters, LinkCounters, Mode};
use provost_pipeline::thresholds::Measured;
use provost_store::{LinkChanges, OrphanChanges, RunId, WriteTx};
use std::collections::BTreeMap;
use std::path::Path;

/// Findings kept of one run; more are counted only.
const MAX_PROBLEMS: usize = 1_000;

/// What staging needs everywhere.
pub(crate) struct Context<'a> {
    /// The transaction that holds the whole run.
    pub(crate) tx: &'a mut WriteTx,
    /// Run id in the change tables.
    pub(crate) run: RunId,
    /// The session's folder: its files, and room for what does not fit in memory.
    pub(crate) folder: &'a Path,
    /// Name of the change set.
    pub(crate) hash: ChangeHash,
    /// Keys gained and lost, for the resolution of links.
    pub(crate) keys: KeyChanges,
    /// Findings.
    pub(crate) problems: Problems,
}

impl<'a> Context<'a> {
    fn new(tx: &'a mut WriteTx, run: RunId, folder: &'a Path) -> Context<'a> {
        let keys = KeyChanges::new(folder);
        Context { tx, run, folder, hash: ChangeHash::default(), keys, problems: Problems::default() }
    }
}

/// What staging the links of one association needs.
pub(crate) struct LinkStage<'c, 'a> {
    pub(crate) context: &'c mut Context<'a>,
    pub(crate) mapped: &'c MappedAssociation,
    /// Changes of links.
    pub(crate) links: LinkChanges,
    /// Changes of pairs that wait.
    pub(crate) orphans: OrphanChanges,
}

/// Findings of a run, bounded.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    /// The first ones.
    pub(crate) kept: Vec<RowProblem>,
    /// How many there were.
    pub(crate) count: u64,
}

impl Problems {
    pub(crate) fn push(&mut self, problem: RowProblem) {
        self.count += 1;
        if self.kept.len() < MAX_PROBLEMS {
            self.kept.push(problem);
        }
    }

    pub(crate) fn warn(&mut self, table: &str, line: u64, value: &str, reason: String, remedy: &str) {
        self.push(RowProblem {
            severity: Severity::Warning,
            table: table.to_owned(),
            line,
            column: None,
            value: Some(value.chars().take(200).collect()),
            reason,
            remedy: remedy.to_owned(),
        });
    }
}

/// A staged change set.
#[derive(Debug, Default)]
pub(crate) struct Staged {
    pub(crate) hash: String,
    pub(crate) entity_types: BTreeMap<String, EntityCounters>,
    pub(crate) associations: BTreeMap<String, LinkCounters>,
    pub(crate) measured: Measured,
    pub(crate) problems: Problems,
}

/// Computes the change set of a session. Nothing outside the change tables is written.
pub(crate) fn stage(
    tx: &mut WriteTx,
    run: RunId,
    mapping: &ConnectorMapping,
    manifest: &Manifest,
    folder: &Path,
) -> Result<Staged, ServerError> {
    let mut context = Context::new(tx, run, folder);
    let mut staged = Staged::default();
    for mapped in &mapping.types {
        if let Some(table) = manifest.table(&mapped.identifier) {
            let counters = stage_type(&mut context, mapped, manifest, table, &mut staged.measured)?;
            staged.entity_types.insert(mapped.identifier.clone(), counters);
        }
    }
    for mapped in &mapping.associations {
        if let Some(table) = manifest.table(&mapped.identifier) {
            let counters = stage_association(&mut context, mapped, manifest, table, &mut staged.measured)?;
            staged.associations.insert(mapped.identifier.clone(), counters);
        }
    }
    staged.hash = context.hash.finish();
    staged.problems = context.problems;
    Ok(staged)
}

fn stage_type(
    context: &mut Context<'_>,
    mapped: &MappedType,
    manifest: &Manifest,
    table: &Table,
    measured: &mut Measured,
) -> Result<EntityCounters, ServerError> {
    let stored = context.tx.count_resources(mapped.id)?;
    let found = if manifest.mode == Mode::Incremental {
        entities::stage_incremental(context, mapped, table)?
    } else {
        entities::stage_complete(context, mapped, table, stored)?
    };
    let EntityCounters { inserted, updated, deleted, unchanged, .. } = found;
    let counters = EntityCounters { inserted, updated, deleted, unchanged, ..table.resources() };
    measured.entity_types.insert(
        mapped.identifier.clone(),
        provost_pipeline::thresholds::ResourceCounts {
            inserted: counters.inserted,
            updated: counters.updated,
            deleted: counters.deleted,
            stored,
        },
    );
    Ok(counters)
}

fn stage_association(
    context: &mut Context<'_>,
    mapped: &MappedAssociation,
    manifest: &Manifest,
    table: &Table,
    measured: &mut Measured,
) -> Result<LinkCounters, ServerError> {
    let stored = context.tx.count_links(mapped.place)?;
    let links = context.tx.link_changes(context.run, mapped.association.id)?;
    let orphans = context.tx.orphan_changes(context.run, mapped.association.id)?;
    let mut stage = LinkStage { context, mapped, links, orphans };
    let found = if manifest.mode == Mode::Incremental {
        incremental_links::stage(&mut stage, table)?
    } else {
        let table = kept_pairs::with_kept(&mut stage, table)?;
        links::stage_complete(&mut stage, &table)?
    };
    stage.links.finish()?;
    stage.orphans.finish()?;
    let LinkCounters { rows, null_keys, duplicates, rejected, .. } = table.pairs();
    let counters = LinkCounters { rows, null_keys, duplicates, rejected, ..found };
    measured.associations.insert(
        mapped.identifier.clone(),
        provost_pipeline::thresholds::LinkCounts {
            inserted: counters.inserted.max(counters.links_created),
            deleted: counters.deleted.max(counters.links_removed),
            stored,
        },
    );
    Ok(counters)
}
