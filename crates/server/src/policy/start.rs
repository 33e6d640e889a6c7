//! The beginning of a run: keys and correlations follow the data, and those whose result may differ wait.

use super::Findings;
use super::access::Access;
use super::compiled::{Compiled, stored};
use super::correlate::{self, Correlated};
use super::keys::{self, KeyOptions};
use crate::error::ServerError;
use crate::population::Tree;
use provost_model::{ResourceId, fault};
use provost_pipeline::policy::{Engine, SourceReads};
use provost_store::{DataChanges, Follower, KeyChangeLog, KeySide, ReadTx, WriteTx};
use std::collections::{BTreeMap, BTreeSet};

/// What the beginning found out.
pub(super) struct Started {
    pub(super) correlated: Correlated,
    /// Positions of the entity types of which every owner is to be evaluated.
    pub(super) complete: BTreeSet<usize>,
}

/// What is asked for.
pub(super) struct Asked<'a> {
    pub(super) actor: &'a str,
    pub(super) now_micros: i64,
    /// Positions of the entity types of the run.
    pub(super) types: &'a BTreeSet<usize>,
    pub(super) is_complete: bool,
}

/// What the state of the owners of an entity type is called.
pub(super) fn state_of(compiled: &Compiled, entity_type: usize) -> String {
    format!("owners:{}", compiled.id_of(entity_type))
}

/// Digest of what the owners of an entity type are computed with.
pub(super) fn hash_of(engine: &Engine, entity_type: usize) -> String {
    format!("{:016x}", engine.hash(entity_type).unwrap_or_default())
}

pub(super) fn begin(
    access: &Access<'_>,
    compiled: &Compiled,
    engine: &Engine,
    asked: &Asked<'_>,
    findings: &mut Findings,
) -> Result<Started, ServerError> {
    let options = KeyOptions {
        dirty: true,
        actor: asked.actor.to_owned(),
        now_micros: asked.now_micros,
        ..KeyOptions::default()
    };
    let computed = keys::bring_up_to_date(access, compiled, &options)?;
    findings.problems.extend(computed.problems);
    // Everything that waits for this run is worked off in one transaction: it is done, or waits in its table.
    let started = access.note(|tx| {
        let log = tx.key_change_log()?;
        let is_complete = asked.is_complete;
        let correlated = correlate::bring_up_to_date(tx, compiled, &log, is_complete, asked.now_micros, findings)?;
        let mut waiting: BTreeSet<ResourceId> = correlated.owners.clone();
        waiting.extend(of_query_rules(tx, compiled, &log)?);
        let changes = tx.data_changes(Follower::Owners)?;
        let is_changed = tx.has_data_changed()?;
        let mut complete = BTreeSet::new();
        for entity_type in engine.owner_types() {
            let Some(reads) = engine.reads(entity_type) else { continue };
            let known = tx.policy_state(&state_of(compiled, entity_type))?;
            let is_complete = known.as_deref() != Some(hash_of(engine, entity_type).as_str())
                || (asked.is_complete && asked.types.contains(&entity_type))
                // A query may look at anything.
                || (!reads.queries.is_empty() && is_changed);
            if is_complete {
                complete.insert(entity_type);
            }
            if !asked.types.contains(&entity_type) && known.is_some() && is_complete {
                // Nobody evaluates them now, so that whoever does must not take them for up to date.
                tx.set_policy_state(&state_of(compiled, entity_type), "void", asked.now_micros)?;
            }
            if !is_complete {
                waiting.extend(of_data(tx, compiled, entity_type, reads, &changes)?);
                waiting.extend(tx.owners_due(compiled.id_of(entity_type), asked.now_micros)?);
            }
        }
        let waiting: Vec<ResourceId> = waiting.into_iter().collect();
        tx.add_waiting_owners(&waiting)?;
        tx.owners_followed()?;
        Ok(Started { correlated, complete })
    })?;
    fault::point("policy.started");
    Ok(started)
}

/// Owners for whom a query rule may find something else.
fn of_query_rules(
    tx: &mut WriteTx,
    compiled: &Compiled,
    log: &KeyChangeLog,
) -> Result<BTreeSet<ResourceId>, ServerError> {
    let mut found = BTreeSet::new();
    let mut looked_up = BTreeSet::new();
    for (key, _) in &log.keys {
        for rule in &compiled.rules.query_rules {
            let (source, target) = (stored(rule.source), stored(rule.target));
            if source == (key.rule, key.side) {
                found.insert(key.resource);
            }
            if target == (key.rule, key.side) && looked_up.insert((source, key.value.as_str())) {
                let (rule, side): (_, KeySide) = source;
                found.extend(tx.holders_of_key(rule, side, &key.value, usize::MAX)?);
            }
        }
    }
    Ok(found)
}

/// Owners who read something that has changed, on themselves or on their targets.
fn of_data(
    tx: &mut ReadTx,
    compiled: &Compiled,
    entity_type: usize,
    reads: &SourceReads,
    changes: &DataChanges,
) -> Result<Vec<ResourceId>, ServerError> {
    let metadata = &compiled.metadata;
    let mut found = Tree::new(metadata, entity_type, &reads.owner).affected(tx, metadata, changes)?;
    let targets: &BTreeMap<_, _> = &reads.targets;
    for (position, reads) in targets {
        let targets = Tree::new(metadata, *position, reads).affected(tx, metadata, changes)?;
        found.extend(tx.correlations_to(&targets)?.into_iter().map(|row| row.owner));
        found.extend(tx.owners_of_targets(&targets)?);
    }
    Ok(found)
}
