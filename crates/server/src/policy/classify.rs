//! Types of targets without owner (`UpdateClassificationTask`).

use super::Findings;
use super::access::Access;
use super::compiled::Compiled;
use crate::error::ServerError;
use crate::manifest::RowProblem;
use crate::population::Tree;
use provost_model::{ResourceId, fault};
use provost_pipeline::expression::program::Environment;
use provost_pipeline::population::Population;
use provost_store::{Store, StoredClassification};
use std::collections::{BTreeMap, BTreeSet};

const BATCH: usize = 5_000;

/// What was classified.
#[derive(Clone, Debug, Default)]
pub struct Classified {
    /// Entity type identifier of targets, with the number of those that have no owner.
    pub types: Vec<(String, u64)>,
    /// Targets that got a type, or another one.
    pub classified: u64,
    /// Targets that lost it.
    pub removed: u64,
    /// Rules that fail on a target.
    pub problems: Vec<RowProblem>,
}

/// Gives a resource type to targets without owner, by the classification rules. What somebody has reviewed stays.
///
/// # Errors
/// When an entity type is unknown, and those of the database.
pub fn update_classification(
    store: &Store,
    entity_types: &[String],
    batch: usize,
    actor: &str,
    now_micros: i64,
) -> Result<Classified, ServerError> {
    let compiled = store.read(Compiled::load)?;
    let mut wanted = BTreeSet::new();
    for name in entity_types {
        wanted.insert(compiled.entity_type(name)?);
    }
    let access = Access::Store(store);
    let batch = if batch == 0 { BATCH } else { batch };
    let mut work = Work {
        access: &access,
        compiled: &compiled,
        now_micros,
        batch,
        done: Classified::default(),
        findings: Findings::default(),
    };
    for problem in &compiled.classifier.problems {
        work.findings.note(
            "classification",
            None,
            format!("{}: {}", problem.rule, problem.message),
            "correct the rule",
        );
    }
    for entity_type in compiled.classifier.entity_types() {
        // Tasks list entity types of owners as well as those of targets.
        if wanted.is_empty() || wanted.contains(&entity_type) || work.serves(entity_type, &wanted) {
            work.entity_type(entity_type)?;
        }
    }
    let Work { mut done, findings, .. } = work;
    done.problems = findings.problems;
    store.write(actor, "classification", |tx| {
        tx.count("classificationsAdded", done.classified);
        tx.count("classificationsRemoved", done.removed);
        Ok::<(), ServerError>(())
    })?;
    Ok(done)
}

struct Work<'a, 't> {
    access: &'a Access<'t>,
    compiled: &'a Compiled,
    now_micros: i64,
    batch: usize,
    done: Classified,
    findings: Findings,
}

impl Work<'_, '_> {
    /// Whether a resource type has targets of this entity type and owners of one of these.
    fn serves(&self, target: usize, owners: &BTreeSet<usize>) -> bool {
        let name = self.compiled.name_of(target);
        let types = &self.compiled.metadata.configuration.policy.resource_types;
        types
            .iter()
            .filter(|t| t.target_entity_type == name)
            .any(|t| self.compiled.entity_type(&t.source_entity_type).is_ok_and(|owner| owners.contains(&owner)))
    }

    fn entity_type(&mut self, entity_type: usize) -> Result<(), ServerError> {
        let metadata = &self.compiled.metadata;
        let Some(reads) = self.compiled.classifier.reads(entity_type) else { return Ok(()) };
        let mut tree = Tree::new(metadata, entity_type, reads);
        let mut population = Population::new(metadata);
        let (id, mut last, mut free) = (self.compiled.id_of(entity_type), ResourceId(i64::MIN), 0);
        loop {
            let access = self.access;
            let (batch, seen) = access.note(|tx| {
                let ids = tx.resources_after(id, false, last, self.batch)?;
                let owned: BTreeSet<ResourceId> = tx.correlations_to(&ids)?.iter().map(|row| row.target).collect();
                let known: BTreeMap<ResourceId, StoredClassification> =
                    tx.classifications_of(&ids)?.into_iter().map(|row| (row.resource, row)).collect();
                let open: Vec<ResourceId> = ids
                    .iter()
                    .copied()
                    .filter(|id| !owned.contains(id) && !known.get(id).is_some_and(|row| row.is_frozen))
                    .collect();
                population.clear();
                tree.forget();
                tree.load(tx, metadata, &mut population, &open)?;
                let found = self.classify(entity_type, &population, &open);
                let differs = |row: &&StoredClassification| found.get(&row.resource) != Some(row);
                let gone: Vec<ResourceId> =
                    known.values().filter(|row| !row.is_frozen).filter(differs).map(|row| row.resource).collect();
                let new: Vec<StoredClassification> =
                    found.values().filter(|row| known.get(&row.resource) != Some(row)).copied().collect();
                tx.change_classifications(&gone, &new)?;
                let lost = gone.iter().filter(|id| !found.contains_key(id)).count() as u64;
                self.done.removed += lost;
                self.done.classified += new.len() as u64;
                Ok((ids, open.len() as u64))
            })?;
            fault::point("policy.classified");
            free += seen;
            match batch.last() {
                Some(end) => last = *end,
                None => break,
            }
        }
        self.done.types.push((self.compiled.name_of(entity_type).to_owned(), free));
        Ok(())
    }

    fn classify(
        &mut self,
        entity_type: usize,
        population: &Population,
        targets: &[ResourceId],
    ) -> BTreeMap<ResourceId, StoredClassification> {
        let environment = Environment::at(self.now_micros);
        let (findings, name) = (&mut self.findings, self.compiled.name_of(entity_type));
        let mut found = BTreeMap::new();
        for id in targets {
            let Some(target) = population.find(entity_type, *id) else { continue };
            let mut failed = |rule, error: provost_pipeline::expression::program::EvaluationError| {
                findings.resource(name, *id, format!("classification rule {rule} fails: {error}"), "correct the rule");
            };
            if let Some(given) = self.compiled.classifier.classify(target, population, &environment, &mut failed) {
                let row = StoredClassification {
                    resource: *id,
                    resource_type: given.resource_type,
                    confidence: given.confidence,
                    rule: Some(given.rule),
                    owner: None,
                    is_frozen: false,
                };
                found.insert(*id, row);
            }
        }
        found
    }
}
