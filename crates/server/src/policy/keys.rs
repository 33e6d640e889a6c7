//! Correlation keys (`ComputeCorrelationKeysTask`).

use super::Findings;
use super::access::Access;
use super::compiled::{Compiled, stored};
use crate::error::ServerError;
use crate::manifest::RowProblem;
use crate::population::Tree;
use provost_model::{ResourceId, fault};
use provost_pipeline::correlation::KeySet;
use provost_pipeline::expression::program::Environment;
use provost_pipeline::population::{Population, Reads};
use provost_store::{CorrelationKey, DataChanges, Follower, InitialCorrelationKeys, Store, WriteTx};
use std::collections::BTreeSet;

/// Resources whose keys are computed at once when nobody says (`BatchSize`, spec 15).
const BATCH: usize = 5_000;
/// Keys of a first computation that are sorted at once.
const SORTED: usize = 1_000_000;
/// What the state of all keys is called.
const STATE: &str = "keys";

/// What to compute.
#[derive(Clone, Debug, Default)]
pub struct KeyOptions {
    /// Entity type identifiers; empty for all.
    pub entity_types: Vec<String>,
    /// Only what may have changed.
    pub dirty: bool,
    /// Resources at once (`BatchSize`); 0 as usual.
    pub batch: usize,
    /// Who runs it.
    pub actor: String,
    /// Microseconds since 1970, UTC.
    pub now_micros: i64,
}

/// What was computed.
#[derive(Clone, Debug, Default)]
pub struct KeysComputed {
    /// Entity type identifier with the number of resources looked at.
    pub types: Vec<(String, u64)>,
    /// Keys that are new.
    pub inserted: u64,
    /// Keys that are gone.
    pub removed: u64,
    /// Keys that could not be computed.
    pub problems: Vec<RowProblem>,
}

/// Computes correlation keys and stores what changed.
///
/// A dirty run looks at what may have changed in any entity type; it is as good as one over everything. When the rules
/// changed, or there are no keys yet, everything is computed.
///
/// # Errors
/// When an entity type is unknown, and those of the database.
pub fn compute_correlation_keys(store: &Store, options: &KeyOptions) -> Result<KeysComputed, ServerError> {
    let compiled = store.read(Compiled::load)?;
    let computed = bring_up_to_date(&Access::Store(store), &compiled, options)?;
    store.write(&options.actor, "correlation keys", |tx| {
        tx.count("correlationKeysInserted", computed.inserted);
        tx.count("correlationKeysRemoved", computed.removed);
        Ok::<(), ServerError>(())
    })?;
    Ok(computed)
}

/// The same, without an entry in the journal.
pub(super) fn bring_up_to_date(
    access: &Access<'_>,
    compiled: &Compiled,
    options: &KeyOptions,
) -> Result<KeysComputed, ServerError> {
    let mut wanted = BTreeSet::new();
    for name in &options.entity_types {
        wanted.insert(compiled.entity_type(name)?);
    }
    let mut work = Work { access, compiled, options, computed: KeysComputed::default(), findings: Findings::default() };
    for problem in &compiled.rules.problems {
        work.findings.note("correlation", None, format!("{}: {}", problem.rule, problem.message), "correct the rule");
    }
    let state = access.read(|tx| Ok(tx.policy_state(STATE)?))?;
    let is_new = state.as_deref() != Some(compiled.keys_hash.as_str());
    let all: BTreeSet<usize> = compiled.rules.key_sets.iter().map(|set| set.entity_type).collect();
    if is_new {
        work.all_anew(&all)?;
    } else if options.dirty {
        work.changed(&all)?;
    } else if wanted.is_empty() {
        work.everything(&all)?;
        access.note(|tx| Ok(tx.keys_followed()?))?;
    } else {
        work.everything(&all.intersection(&wanted).copied().collect())?;
    }
    fault::point("policy.keys");
    work.computed.problems = work.findings.problems;
    Ok(work.computed)
}

struct Work<'a, 't> {
    access: &'a Access<'t>,
    compiled: &'a Compiled,
    options: &'a KeyOptions,
    computed: KeysComputed,
    findings: Findings,
}

/// The key sets of an entity type.
struct Sets<'a> {
    entity_type: usize,
    sets: Vec<&'a KeySet>,
    tree: Tree,
    population: Population,
    /// Some of them follow the time, or queries: what may have changed is not known.
    is_open: bool,
}

impl<'a> Sets<'a> {
    fn new(compiled: &'a Compiled, entity_type: usize) -> Sets<'a> {
        let sets: Vec<&KeySet> = compiled.rules.key_sets_of(entity_type).collect();
        let mut reads = Reads::default();
        sets.iter().for_each(|set| reads.merge(set.program.reads()));
        let is_open = sets.iter().any(|set| set.program.depends_on_time() || !set.program.queries().is_empty());
        let tree = Tree::new(&compiled.metadata, entity_type, &reads);
        Sets { entity_type, sets, tree, population: Population::new(&compiled.metadata), is_open }
    }
}

impl Work<'_, '_> {
    fn batch(&self) -> usize {
        if self.options.batch == 0 { BATCH } else { self.options.batch }
    }

    /// Rules changed, or there are no keys at all.
    fn all_anew(&mut self, all: &BTreeSet<usize>) -> Result<(), ServerError> {
        let kept: Vec<_> = self.compiled.rules.key_sets.iter().map(|set| stored(set.id)).collect();
        let (access, compiled, now) = (self.access, self.compiled, self.options.now_micros);
        let was_empty = access.note(|tx| match tx.initial_correlation_keys()? {
            Some(writer) => {
                self.first(tx, writer, all)?;
                // Whoever is interrupted here begins again.
                tx.set_policy_state(STATE, &compiled.keys_hash, now)?;
                tx.keys_followed()?;
                Ok(true)
            }
            None => {
                tx.keep_key_sets(&kept)?;
                Ok(false)
            }
        })?;
        if was_empty {
            return Ok(());
        }
        self.everything(all)?;
        access.note(|tx| {
            tx.keys_followed()?;
            Ok(tx.set_policy_state(STATE, &compiled.keys_hash, now)?)
        })
    }

    /// Into an empty table: nothing is compared, and rows come nearly in order.
    fn first(
        &mut self,
        tx: &mut WriteTx,
        mut writer: InitialCorrelationKeys,
        all: &BTreeSet<usize>,
    ) -> Result<(), ServerError> {
        let mut held: Vec<CorrelationKey> = Vec::new();
        let mut flush = |held: &mut Vec<CorrelationKey>| -> Result<(), ServerError> {
            held.sort_unstable_by(|a, b| {
                (a.rule, a.side, &a.value, a.resource).cmp(&(b.rule, b.side, &b.value, b.resource))
            });
            for key in held.drain(..) {
                writer.push(key.rule, key.side, &key.value, key.resource)?;
            }
            Ok(())
        };
        for entity_type in all {
            let mut sets = Sets::new(self.compiled, *entity_type);
            let (mut last, mut seen) = (ResourceId(i64::MIN), 0);
            loop {
                let ids = tx.resources_after(self.compiled.id_of(*entity_type), false, last, self.batch())?;
                let Some(end) = ids.last() else { break };
                last = *end;
                seen += ids.len() as u64;
                self.compute(tx, &mut sets, &ids, &mut held)?;
                if held.len() >= SORTED {
                    flush(&mut held)?;
                }
            }
            self.computed.types.push((self.compiled.name_of(*entity_type).to_owned(), seen));
        }
        flush(&mut held)?;
        self.computed.inserted += writer.finish(tx)?;
        Ok(())
    }

    /// Compares all keys of these entity types.
    fn everything(&mut self, types: &BTreeSet<usize>) -> Result<(), ServerError> {
        for entity_type in types {
            let mut sets = Sets::new(self.compiled, *entity_type);
            self.whole_type(&mut sets)?;
        }
        Ok(())
    }

    fn whole_type(&mut self, sets: &mut Sets<'_>) -> Result<(), ServerError> {
        let id = self.compiled.id_of(sets.entity_type);
        let (mut last, mut seen) = (ResourceId(i64::MIN), 0);
        loop {
            let ids = self.access.read(|tx| Ok(tx.resources_after(id, false, last, self.batch())?))?;
            let Some(end) = ids.last() else { break };
            last = *end;
            seen += ids.len() as u64;
            self.compare(sets, &ids)?;
        }
        self.computed.types.push((self.compiled.name_of(sets.entity_type).to_owned(), seen));
        Ok(())
    }

    /// Compares the keys of resources that read something which has changed.
    fn changed(&mut self, types: &BTreeSet<usize>) -> Result<(), ServerError> {
        let changes: DataChanges = self.access.read(|tx| Ok(tx.data_changes(Follower::Keys)?))?;
        for entity_type in types {
            let mut sets = Sets::new(self.compiled, *entity_type);
            if sets.is_open {
                self.whole_type(&mut sets)?;
                continue;
            }
            let (tree, metadata) = (&sets.tree, &self.compiled.metadata);
            let ids = self.access.read(|tx| {
                let ids = tree.affected(tx, metadata, &changes)?;
                Ok(tx.existing(&ids)?)
            })?;
            for batch in ids.chunks(self.batch()) {
                self.compare(&mut sets, batch)?;
            }
            self.computed.types.push((self.compiled.name_of(*entity_type).to_owned(), ids.len() as u64));
        }
        self.access.note(|tx| Ok(tx.keys_followed()?))
    }

    /// Stores the differences of a batch. They are found and written in one transaction: a batch that is done twice
    /// writes nothing the second time.
    fn compare(&mut self, sets: &mut Sets<'_>, ids: &[ResourceId]) -> Result<(), ServerError> {
        let access = self.access;
        let (new, gone) = access.note(|tx| {
            let mut computed = Vec::new();
            self.compute(tx, sets, ids, &mut computed)?;
            computed.sort_unstable();
            let of_type: BTreeSet<_> = sets.sets.iter().map(|set| stored(set.id)).collect();
            let mut known = tx.correlation_keys(ids)?;
            known.retain(|key| of_type.contains(&(key.rule, key.side)));
            let new: Vec<CorrelationKey> =
                computed.iter().filter(|key| known.binary_search(key).is_err()).cloned().collect();
            let gone: Vec<CorrelationKey> =
                known.into_iter().filter(|key| computed.binary_search(key).is_err()).collect();
            if !new.is_empty() || !gone.is_empty() {
                tx.change_correlation_keys(&gone, &new)?;
                let log = gone.iter().map(|key| (key, false)).chain(new.iter().map(|key| (key, true)));
                tx.log_key_changes(log)?;
            }
            Ok((new.len() as u64, gone.len() as u64))
        })?;
        fault::point("policy.keys.batch");
        self.computed.inserted += new;
        self.computed.removed += gone;
        Ok(())
    }

    fn compute(
        &mut self,
        tx: &mut WriteTx,
        sets: &mut Sets<'_>,
        ids: &[ResourceId],
        keys: &mut Vec<CorrelationKey>,
    ) -> Result<(), ServerError> {
        let population = &mut sets.population;
        population.clear();
        sets.tree.forget();
        sets.tree.load(tx, &self.compiled.metadata, population, ids)?;
        let environment = Environment::at(self.options.now_micros);
        let mut value = String::new();
        for id in ids {
            let Some(handle) = population.find(sets.entity_type, *id) else { continue };
            for set in &sets.sets {
                match set.key(handle, population, &environment, &mut value) {
                    Ok(true) => {
                        let (rule, side) = stored(set.id);
                        keys.push(CorrelationKey { resource: *id, rule, side, value: value.clone() });
                    }
                    Ok(false) => {}
                    Err(error) => {
                        let table = self.compiled.name_of(sets.entity_type);
                        let reason = format!("the key of rule {} fails: {error}", set.id.rule);
                        self.findings.resource(table, *id, reason, "it has no such key; correct value or expression");
                    }
                }
            }
        }
        Ok(())
    }
}
