//! Batches of owners: read, evaluated on a second thread, written.

use super::Findings;
use super::access::Access;
use super::compiled::Compiled;
use super::correlate::StoredKeys;
use crate::error::ServerError;
use crate::population::Tree;
use crate::queries::Answers;
use provost_model::policy::Assignments;
use provost_model::{PolicyObjectId, ResourceId, fault};
use provost_pipeline::correlation::{CorrelationReport, query_matches};
use provost_pipeline::policy::{
    Correlation, Engine, EvaluationOptions, Inputs, Outcome, QueryMatch, Redundancy, Review, Scratch, SourceReads,
};
use provost_pipeline::population::Population;
use provost_store::{AssignmentChange, AssignmentCounts, EvaluationNotes, ReadTx, WriteTx};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Resources that a population may hold before it is emptied. What many owners share is read once until then.
const POPULATION: usize = 60_000;

/// What holds for all owners of a run.
pub(super) struct Settings {
    pub(super) review: Review,
    pub(super) ignore_history: bool,
    pub(super) now_micros: i64,
    /// Resource types that begin to discard what was changed by hand.
    pub(super) now_discarding: Vec<PolicyObjectId>,
    /// Only risks and scores are stored; whoever waits goes on waiting.
    pub(super) only_risks: bool,
}

/// Owners to evaluate together, with the marks of those who wait.
#[derive(Default)]
pub(super) struct Owners {
    pub(super) ids: Vec<ResourceId>,
    pub(super) marks: Vec<(ResourceId, i64)>,
}

/// What became of the owners of an entity type.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) evaluated: u64,
    pub(super) excluded: u64,
    pub(super) changed: u64,
    pub(super) rows: AssignmentCounts,
    pub(super) failed: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: Tally) {
        self.evaluated += other.evaluated;
        self.excluded += other.excluded;
        self.changed += other.changed;
        self.failed += other.failed;
        self.rows.add(other.rows);
    }
}

/// Memory for a batch; it goes round between the threads.
struct Buffer {
    owners: Owners,
    population: Population,
    owner_tree: Tree,
    target_trees: BTreeMap<usize, Tree>,
    before: Vec<Assignments>,
    notes: BTreeMap<ResourceId, EvaluationNotes>,
    correlations: Vec<Vec<Correlation>>,
    matches: Vec<Vec<QueryMatch>>,
    /// What expressions query.
    answers: Answers,
    outcomes: Vec<Outcome>,
}

/// Evaluates owners of one entity type.
pub(super) struct Evaluation<'a, 't> {
    pub(super) access: &'a Access<'t>,
    pub(super) compiled: &'a Compiled,
    pub(super) engine: &'a Engine,
    pub(super) settings: &'a Settings,
    /// Position of the entity type.
    pub(super) entity_type: usize,
    pub(super) reads: &'a SourceReads,
}

impl Evaluation<'_, '_> {
    fn buffer(&self) -> Buffer {
        let metadata = &self.compiled.metadata;
        let targets = &self.reads.targets;
        Buffer {
            owners: Owners::default(),
            population: Population::new(metadata),
            owner_tree: Tree::new(metadata, self.entity_type, &self.reads.owner),
            target_trees: targets.iter().map(|(at, reads)| (*at, Tree::new(metadata, *at, reads))).collect(),
            before: Vec::new(),
            notes: BTreeMap::new(),
            correlations: Vec::new(),
            matches: Vec::new(),
            answers: Answers::new(metadata),
            outcomes: Vec::new(),
        }
    }

    /// Evaluates all batches that `next` hands out. `written` runs in the transaction of each batch, so that progress is
    /// stored with what it stands for. `differs` is told what was stored and what is right, for each owner that differs;
    /// both are the same where only risks, scores or the next instant do.
    pub(super) fn run(
        &self,
        mut next: impl FnMut(&mut ReadTx) -> Result<Owners, ServerError>,
        mut written: impl FnMut(&mut WriteTx, &[ResourceId]) -> Result<(), ServerError>,
        mut differs: impl FnMut(ResourceId, &Assignments, &Assignments),
        findings: &mut Findings,
    ) -> Result<Tally, ServerError> {
        let (to_engine, work) = sync_channel::<Buffer>(1);
        let (give, from_engine) = sync_channel::<Buffer>(1);
        std::thread::scope(move |scope| {
            let judge = Judge { engine: self.engine, settings: self.settings, entity_type: self.entity_type };
            scope.spawn(move || judge.evaluate_all(&work, &give));
            let mut tally = Tally::default();
            let mut free: Vec<Buffer> = (0..2).map(|_| self.buffer()).collect();
            let (mut on_its_way, mut is_over) = (0, false);
            loop {
                if let Some(mut buffer) = free.pop().filter(|_| !is_over) {
                    self.read(&mut buffer, &mut next, findings)?;
                    is_over = buffer.owners.ids.is_empty();
                    if !is_over {
                        to_engine.send(buffer).map_err(|_| lost())?;
                        on_its_way += 1;
                    }
                    if !is_over && on_its_way < 2 {
                        continue;
                    }
                }
                if on_its_way == 0 {
                    return Ok(tally);
                }
                let mut buffer = from_engine.recv().map_err(|_| lost())?;
                on_its_way -= 1;
                tally.add(self.write(&mut buffer, &mut written, &mut differs, findings)?);
                fault::point("policy.batch");
                free.push(buffer);
            }
        })
    }

    fn read(
        &self,
        buffer: &mut Buffer,
        next: &mut impl FnMut(&mut ReadTx) -> Result<Owners, ServerError>,
        findings: &mut Findings,
    ) -> Result<(), ServerError> {
        let metadata = &self.compiled.metadata;
        self.access.read(|tx| {
            buffer.owners = next(tx)?;
            let ids = &buffer.owners.ids;
            if ids.is_empty() {
                return Ok(());
            }
            let held: usize = (0..metadata.entity_types.len()).map(|t| buffer.population.len(t)).sum();
            if held > POPULATION {
                buffer.population.clear();
                buffer.owner_tree.forget();
                buffer.target_trees.values_mut().for_each(Tree::forget);
            }
            buffer.before = tx.assignments(ids)?;
            buffer.notes = tx.evaluation_notes(ids)?;
            buffer.owner_tree.load(tx, metadata, &mut buffer.population, ids)?;
            self.read_targets(tx, buffer)?;
            self.read_matches(tx, buffer, findings)?;
            self.answer_queries(tx, buffer)
        })
    }

    /// Correlations, and what is read of their targets and of those that are assigned.
    fn read_targets(&self, tx: &mut ReadTx, buffer: &mut Buffer) -> Result<(), ServerError> {
        let ids = &buffer.owners.ids;
        buffer.correlations.clear();
        buffer.correlations.resize(ids.len(), Vec::new());
        let mut by_type: BTreeMap<usize, Vec<ResourceId>> = BTreeMap::new();
        let mut reached = |resource_type: PolicyObjectId, target: ResourceId| {
            if let Some(position) = self.compiled.target_types.get(&resource_type) {
                by_type.entry(*position).or_default().push(target);
            }
        };
        for row in tx.correlations_of(ids)? {
            if let Ok(place) = ids.binary_search(&row.owner) {
                // What is a proposal only is uncertain, whatever its confidence.
                let confidence = if row.is_suggested { row.confidence.min(99) } else { row.confidence };
                let (resource_type, target) = (row.resource_type, row.target);
                buffer.correlations[place].push(Correlation { resource_type, target, confidence });
                reached(resource_type, target);
            }
        }
        for held in buffer.before.iter().flat_map(|before| &before.resource_types) {
            if let Some(target) = held.target {
                reached(held.resource_type, target);
            }
        }
        for (position, mut targets) in by_type {
            targets.sort_unstable();
            targets.dedup();
            if let Some(tree) = buffer.target_trees.get_mut(&position) {
                tree.load(tx, &self.compiled.metadata, &mut buffer.population, &targets)?;
            }
        }
        Ok(())
    }

    fn read_matches(&self, tx: &mut ReadTx, buffer: &mut Buffer, findings: &mut Findings) -> Result<(), ServerError> {
        let ids = &buffer.owners.ids;
        buffer.matches.clear();
        buffer.matches.resize(ids.len(), Vec::new());
        let rules = &self.compiled.rules.query_rules;
        let first = rules.partition_point(|rule| rule.owner_type < self.entity_type);
        let end = rules.partition_point(|rule| rule.owner_type <= self.entity_type);
        let mut report = CorrelationReport::default();
        for found in query_matches(&rules[first..end], ids, &mut StoredKeys(tx), &mut report)? {
            if let Ok(place) = ids.binary_search(&found.owner) {
                buffer.matches[place].push(QueryMatch { rule: found.rule, resource: found.resource });
            }
        }
        for (set, key) in report.query_samples {
            let reason = format!("several resources have this key of rule {}: it points at none of them", set.rule);
            findings.note("query rules", Some(key), reason, "make the key unique");
        }
        Ok(())
    }

    /// Answers what expressions of these owners query.
    fn answer_queries(&self, tx: &mut ReadTx, buffer: &mut Buffer) -> Result<(), ServerError> {
        if self.reads.queries.is_empty() {
            return Ok(());
        }
        let judge = Judge { engine: self.engine, settings: self.settings, entity_type: self.entity_type };
        let mut answers = std::mem::replace(&mut buffer.answers, Answers::new(&self.compiled.metadata));
        answers.clear();
        let mut scratch = Scratch::default();
        let gathered = answers.gather(tx, &self.compiled.metadata, &self.reads.queries, |answers| {
            for place in 0..buffer.owners.ids.len() {
                judge.evaluate(buffer, place, answers, &mut scratch);
            }
        });
        buffer.answers = answers;
        gathered
    }

    fn write(
        &self,
        buffer: &mut Buffer,
        written: &mut impl FnMut(&mut WriteTx, &[ResourceId]) -> Result<(), ServerError>,
        differs: &mut impl FnMut(ResourceId, &Assignments, &Assignments),
        findings: &mut Findings,
    ) -> Result<Tally, ServerError> {
        let mut tally = Tally { evaluated: buffer.owners.ids.len() as u64, ..Tally::default() };
        let name = self.compiled.name_of(self.entity_type);
        let mut notes = Vec::new();
        for (id, outcome) in buffer.owners.ids.iter().zip(&buffer.outcomes) {
            tally.excluded += u64::from(outcome.is_excluded);
            tally.failed += u64::from(!outcome.problems.is_empty());
            for problem in &outcome.problems {
                findings.resource(
                    name,
                    *id,
                    problem.clone(),
                    "correct the value or the rule; until then it stays as it was",
                );
            }
            let before = buffer.notes.get(id);
            let next_at = if self.settings.only_risks { before.and_then(|b| b.next_at) } else { outcome.next_at };
            let note = EvaluationNotes { next_at, risks: sorted(&outcome.risks), risk_score: outcome.risk_score };
            if before.map_or(note != EvaluationNotes::default(), |before| *before != note) {
                notes.push((*id, note));
            }
        }
        if self.settings.only_risks {
            return self.write_risks(buffer, notes, tally);
        }
        let changed: Vec<usize> =
            (0..buffer.before.len()).filter(|at| buffer.before[*at] != buffer.outcomes[*at].assignments).collect();
        for at in &changed {
            differs(buffer.owners.ids[*at], &buffer.before[*at], &buffer.outcomes[*at].assignments);
        }
        for (id, _) in &notes {
            let at = buffer.owners.ids.binary_search(id).unwrap_or_default();
            if changed.binary_search(&at).is_err() {
                differs(*id, &buffer.before[at], &buffer.outcomes[at].assignments);
            }
        }
        tally.changed = changed.len() as u64;
        let (owners, before) = (&buffer.owners, &buffer.before);
        let (stored_notes, settings) = (&buffer.notes, self.settings);
        let outcomes = &mut buffer.outcomes;
        tally.rows = self.access.note(|tx| {
            // Whoever was deleted since it was read has nothing any more.
            let there = tx.existing(&owners.ids)?;
            let is_there = |id: &ResourceId| there.binary_search(id).is_ok();
            let mut changes = Vec::with_capacity(changed.len());
            for (at, outcome) in outcomes.iter_mut().enumerate() {
                if changed.binary_search(&at).is_ok() && is_there(&owners.ids[at]) {
                    changes.push(AssignmentChange {
                        owner: owners.ids[at],
                        before: &before[at],
                        after: &mut outcome.assignments,
                    });
                }
            }
            let counts = match changes.is_empty() {
                true => AssignmentCounts::default(),
                false => tx.write_assignments(&mut changes, settings.now_micros, settings.ignore_history)?,
            };
            notes.retain(|(id, _)| is_there(id));
            tx.write_evaluation_notes(&notes, stored_notes, settings.now_micros)?;
            tx.remove_waiting_owners(&owners.marks)?;
            written(tx, &owners.ids)?;
            fault::point("policy.batch.written");
            Ok(counts)
        })?;
        Ok(tally)
    }
}

impl Evaluation<'_, '_> {
    /// Stores what differs of risks and scores alone.
    fn write_risks(
        &self,
        buffer: &Buffer,
        mut notes: Vec<(ResourceId, EvaluationNotes)>,
        mut tally: Tally,
    ) -> Result<Tally, ServerError> {
        tally.changed = notes.len() as u64;
        if !notes.is_empty() {
            self.access.note(|tx| {
                let there = tx.existing(&buffer.owners.ids)?;
                notes.retain(|(id, _)| there.binary_search(id).is_ok());
                Ok(tx.write_evaluation_notes(&notes, &buffer.notes, self.settings.now_micros)?)
            })?;
        }
        fault::point("risks.batch");
        Ok(tally)
    }
}

/// What the second thread knows.
struct Judge<'a> {
    engine: &'a Engine,
    settings: &'a Settings,
    entity_type: usize,
}

impl Judge<'_> {
    /// Evaluates one owner of a batch.
    fn evaluate(&self, buffer: &Buffer, place: usize, answers: &Answers, scratch: &mut Scratch) -> Outcome {
        let options = EvaluationOptions {
            review: self.settings.review,
            is_new_owner: false,
            redundancy: Redundancy::Keep,
            now_discarding: &self.settings.now_discarding,
        };
        let inputs = Inputs {
            existing: Some(&buffer.before[place]),
            correlations: &buffer.correlations[place],
            query_matches: &buffer.matches[place],
            queries: Some(answers),
        };
        match buffer.population.find(self.entity_type, buffer.owners.ids[place]) {
            Some(owner) => {
                let now = self.settings.now_micros;
                self.engine.evaluate(owner, &buffer.population, &inputs, now, &options, scratch)
            }
            None => Outcome::default(),
        }
    }

    /// Evaluates what it is given until there is no more.
    fn evaluate_all(&self, work: &Receiver<Buffer>, give: &SyncSender<Buffer>) {
        let mut scratch = Scratch::default();
        while let Ok(mut buffer) = work.recv() {
            buffer.outcomes.clear();
            for place in 0..buffer.owners.ids.len() {
                let outcome = self.evaluate(&buffer, place, &buffer.answers, &mut scratch);
                buffer.outcomes.push(outcome);
            }
            if give.send(buffer).is_err() {
                return;
            }
        }
    }
}

fn sorted(risks: &[PolicyObjectId]) -> Vec<PolicyObjectId> {
    let mut risks = risks.to_vec();
    risks.sort_unstable();
    risks.dedup();
    risks
}

fn lost() -> ServerError {
    ServerError::mapping("role model", "the thread that evaluates came to an end")
}
