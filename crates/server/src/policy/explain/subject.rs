//! The owner, as an evaluation sees it.

use super::shape::ExplainError;
use crate::error::ServerError;
use crate::policy::compiled::Compiled;
use crate::policy::correlate::StoredKeys;
use crate::population::load_population;
use crate::queries::Answers;
use provost_model::policy::{Assignments, Instant};
use provost_model::{PolicyObjectId, ResourceId};
use provost_pipeline::correlation::{CorrelationReport, query_matches};
use provost_pipeline::policy::explain::{Item, Tree, WhyNot};
use provost_pipeline::policy::{
    Correlation, Engine, EvaluationOptions, Inputs, Outcome, QueryMatch, Scratch, SourceReads,
};
use provost_pipeline::population::{Handle, Population};
use provost_store::ReadTx;
use std::collections::BTreeMap;

/// One owner with everything that is evaluated about it.
pub(super) struct Subject<'a> {
    engine: &'a Engine,
    handle: Handle,
    population: Population,
    pub(super) before: Assignments,
    correlations: Vec<Correlation>,
    matches: Vec<QueryMatch>,
    answers: Answers,
    now: Instant,
}

impl<'a> Subject<'a> {
    /// Loads an owner; nothing when no policy speaks of its entity type.
    pub(super) fn load(
        tx: &mut ReadTx,
        compiled: &Compiled,
        engine: &'a Engine,
        (entity_type, owner): (usize, ResourceId),
        now: Instant,
    ) -> Result<Option<Subject<'a>>, ExplainError> {
        let Some(reads) = engine.reads(entity_type) else { return Ok(None) };
        let metadata = &compiled.metadata;
        let before = tx.assignments(&[owner])?.pop().unwrap_or_default();
        let correlations: Vec<Correlation> = tx
            .correlations_of(&[owner])?
            .into_iter()
            .map(|row| {
                // What is a proposal only is uncertain, whatever its confidence.
                let confidence = if row.is_suggested { row.confidence.min(99) } else { row.confidence };
                Correlation { resource_type: row.resource_type, target: row.target, confidence }
            })
            .collect();
        let mut population = Population::new(metadata);
        load_population(tx, metadata, &mut population, (entity_type, &[owner]), &reads.owner)?;
        let held = before.resource_types.iter().filter_map(|held| Some((held.resource_type, held.target?)));
        let all = held.chain(correlations.iter().map(|found| (found.resource_type, found.target)));
        load_targets(tx, compiled, reads, &mut population, all)?;
        let matches = matches(tx, compiled, entity_type, owner)?;
        let (handle, _) = population.add(entity_type, owner);
        let mut answers = Answers::new(metadata);
        let mut subject =
            Subject { engine, handle, population, before, correlations, matches, answers: Answers::new(metadata), now };
        if !reads.queries.is_empty() {
            answers.gather(tx, metadata, &reads.queries, |answers| {
                subject.evaluated(answers);
            })?;
        }
        subject.answers = answers;
        Ok(Some(subject))
    }

    fn inputs<'i>(&'i self, answers: &'i Answers) -> Inputs<'i> {
        Inputs {
            existing: Some(&self.before),
            correlations: &self.correlations,
            query_matches: &self.matches,
            queries: Some(answers),
        }
    }

    pub(super) fn evaluate(&self) -> Outcome {
        self.evaluated(&self.answers)
    }

    fn evaluated(&self, answers: &Answers) -> Outcome {
        let options = EvaluationOptions::default();
        let (inputs, mut scratch) = (self.inputs(answers), Scratch::default());
        self.engine.evaluate(self.handle, &self.population, &inputs, self.now, &options, &mut scratch)
    }

    pub(super) fn why(&self, item: Item) -> Vec<Tree> {
        let options = EvaluationOptions::default();
        let (inputs, mut scratch) = (self.inputs(&self.answers), Scratch::default());
        self.engine.why(self.handle, &self.population, &inputs, self.now, &options, item, &mut scratch)
    }

    pub(super) fn why_not(&self, item: Item) -> WhyNot {
        let options = EvaluationOptions::default();
        let (inputs, mut scratch) = (self.inputs(&self.answers), Scratch::default());
        self.engine.why_not(self.handle, &self.population, &inputs, self.now, &options, item, &mut scratch)
    }
}

fn load_targets(
    tx: &mut ReadTx,
    compiled: &Compiled,
    reads: &SourceReads,
    population: &mut Population,
    targets: impl Iterator<Item = (PolicyObjectId, ResourceId)>,
) -> Result<(), ServerError> {
    let mut by_type: BTreeMap<usize, Vec<ResourceId>> = BTreeMap::new();
    for (resource_type, target) in targets {
        if let Some(position) = compiled.target_types.get(&resource_type) {
            by_type.entry(*position).or_default().push(target);
        }
    }
    for (position, mut ids) in by_type {
        ids.sort_unstable();
        ids.dedup();
        if let Some(reads) = reads.targets.get(&position) {
            load_population(tx, &compiled.metadata, population, (position, &ids), reads)?;
        }
    }
    Ok(())
}

fn matches(
    tx: &mut ReadTx,
    compiled: &Compiled,
    entity_type: usize,
    owner: ResourceId,
) -> Result<Vec<QueryMatch>, ServerError> {
    let rules = &compiled.rules.query_rules;
    let first = rules.partition_point(|rule| rule.owner_type < entity_type);
    let end = rules.partition_point(|rule| rule.owner_type <= entity_type);
    let mut report = CorrelationReport::default();
    let found = query_matches(&rules[first..end], &[owner], &mut StoredKeys(tx), &mut report)?;
    Ok(found.into_iter().map(|found| QueryMatch { rule: found.rule, resource: found.resource }).collect())
}
