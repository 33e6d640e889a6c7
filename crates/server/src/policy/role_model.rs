//! The role model (`ComputeRoleModelTask`).

use super::Findings;
use super::access::{Access, simulate};
use super::compiled::Compiled;
use super::evaluate::{Evaluation, Owners, Settings, Tally};
use super::outcome::{self, Outcome};
use super::sample::{Sample, difference};
use super::start::{self, Asked, Started, hash_of, state_of};
use crate::error::ServerError;
use crate::manifest::RowProblem;
use crate::options::Watch;
use provost_model::policy::Assignments;
use provost_model::{ResourceId, fault};
use provost_pipeline::policy::{Engine, Review, SourceReads};
use provost_store::{AssignmentCounts, Computation, Follower, ReadTx, Store, WriteTx};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Owners evaluated at once when nobody says (`BatchSelectSize`).
const BATCH: usize = 2_000;

/// What to compute.
#[derive(Clone, Debug, Default)]
pub struct RoleModelOptions {
    /// Identifiers of the entity types of the owners; empty for all.
    pub entity_types: Vec<String>,
    /// Only owners of the resource types whose targets belong to this connector.
    pub connector: Option<String>,
    /// Only owners whose result may have changed.
    pub dirty: bool,
    /// Only this owner.
    pub owner: Option<ResourceId>,
    /// Orders that wait in Provisioning Review.
    pub review: Review,
    /// No version is kept in history.
    pub ignore_history: bool,
    /// Nothing is stored.
    pub is_simulation: bool,
    /// Owners at once (`BatchSelectSize`); 0 as usual.
    pub batch: usize,
    /// Owners that are evaluated again at the end although nothing says that their result differs.
    pub sample: usize,
    /// Who runs it.
    pub actor: String,
    /// Microseconds since 1970, UTC.
    pub now_micros: i64,
    /// Is told how far it is.
    pub watch: Watch,
}

/// What was computed for the owners of one entity type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TypeComputed {
    /// All owners were evaluated, not some.
    pub is_complete: bool,
    /// Owners evaluated.
    pub evaluated: u64,
    /// Owners that the context rule leaves out.
    pub excluded: u64,
    /// Owners whose assignments changed.
    pub changed: u64,
    /// Owners for whom something went wrong.
    pub failed: u64,
    /// Rows of assignments.
    pub rows: AssignmentCounts,
    /// Owners evaluated again as a sample.
    pub sampled: u64,
    /// Those of them whose stored result was another one.
    pub differing: u64,
}

/// What was computed.
#[derive(Clone, Debug, Default)]
pub struct RoleModelComputed {
    /// By entity type identifier.
    pub types: Vec<(String, TypeComputed)>,
    /// Targets that were found to belong to an owner.
    pub correlated: u64,
    /// Targets that are proposed to an owner.
    pub suggested: u64,
    /// Name of what changed; nothing when nobody's assignments did.
    pub change: Option<String>,
    /// What went wrong.
    pub problems: Vec<RowProblem>,
}

/// Sees whose assignments a run changes: the owner, what it had, and what it has then.
pub(crate) type Seen<'a> = dyn FnMut(ResourceId, &Assignments, &Assignments) + 'a;

/// What a run changes.
struct Changes<'a> {
    outcome: Outcome,
    buffer: Vec<u8>,
    seen: &'a mut Seen<'a>,
}

impl Changes<'_> {
    fn note(&mut self, owner: ResourceId, before: &Assignments, after: &Assignments, now_micros: i64) {
        self.outcome.add(owner, after, now_micros, &mut self.buffer);
        (self.seen)(owner, before, after);
    }
}

impl RoleModelComputed {
    /// Whether anything that is assigned has changed.
    pub fn has_changed(&self) -> bool {
        self.correlated > 0 || self.types.iter().any(|(_, t)| t.rows.any())
    }
}

/// Computes what owners should have, and stores what differs from before.
///
/// Each batch is committed with the progress that it stands for. A run that was interrupted is continued by the next one
/// with the same options.
///
/// # Errors
/// When the policy cannot be compiled or an entity type has none, and those of the database.
pub fn compute_role_model(store: &Store, options: &RoleModelOptions) -> Result<RoleModelComputed, ServerError> {
    if options.is_simulation {
        return simulate(store, |access| compute(access, options, &mut |_, _, _| {}));
    }
    compute(&Access::Store(store), options, &mut |_, _, _| {})
}

/// The same in a transaction that keeps other writers out; `seen` is told what changes.
pub(crate) fn compute_role_model_within(
    tx: &mut WriteTx,
    options: &RoleModelOptions,
    seen: &mut Seen<'_>,
) -> Result<RoleModelComputed, ServerError> {
    compute(&Access::Held(RefCell::new(tx)), options, &mut |owner, before, after| seen(owner, before, after))
}

fn compute<'a>(
    access: &'a Access<'_>,
    options: &'a RoleModelOptions,
    seen: &'a mut Seen<'a>,
) -> Result<RoleModelComputed, ServerError> {
    let changes = Changes { outcome: Outcome::default(), buffer: Vec::new(), seen };
    let (compiled, engine) = access.read(|tx| {
        let compiled = Compiled::load(tx)?;
        let engine = compiled.engine(tx)?;
        Ok((compiled, engine))
    })?;
    let mut findings = Findings::default();
    for problem in engine.warnings() {
        findings.note("policy", None, problem.to_string(), &problem.remedy);
    }
    let types = types(&compiled, &engine, options)?;
    if let Some(owner) = options.owner {
        let run = Run { access, compiled: &compiled, engine: &engine, options, findings, changes };
        return run.one(owner);
    }
    let asked =
        Asked { actor: &options.actor, now_micros: options.now_micros, types: &types, is_complete: !options.dirty };
    let started = start::begin(access, &compiled, &engine, &asked, &mut findings)?;
    let mut run = Run { access, compiled: &compiled, engine: &engine, options, findings, changes };
    let mut done = RoleModelComputed {
        correlated: started.correlated.report.automatic,
        suggested: started.correlated.report.suggested,
        ..RoleModelComputed::default()
    };
    for entity_type in types {
        options.watch.stage(compiled.name_of(entity_type), None);
        let computed = run.entity_type(entity_type, &started)?;
        done.types.push((compiled.name_of(entity_type).to_owned(), computed));
    }
    done.change = run.changes.outcome.name();
    run.end(&done)?;
    done.problems = run.findings.problems;
    Ok(done)
}

/// Positions of the entity types of a run.
pub(super) fn types(
    compiled: &Compiled,
    engine: &Engine,
    options: &RoleModelOptions,
) -> Result<BTreeSet<usize>, ServerError> {
    let all: BTreeSet<usize> = engine.owner_types().collect();
    let mut types = BTreeSet::new();
    for name in &options.entity_types {
        types.insert(compiled.entity_type(name)?);
    }
    let configuration = &compiled.metadata.configuration;
    if let Some(connector) = &options.connector {
        let of_connector = |target: &str| {
            configuration.type_mappings.iter().any(|m| m.identifier == target && m.connector == *connector)
        };
        for known in configuration.policy.resource_types.iter().filter(|t| of_connector(&t.target_entity_type)) {
            types.insert(compiled.entity_type(&known.source_entity_type)?);
        }
    }
    match options.entity_types.is_empty() && options.connector.is_none() {
        true => Ok(all),
        false => Ok(types.intersection(&all).copied().collect()),
    }
}

impl TypeComputed {
    fn with(mut self, tally: Tally) -> TypeComputed {
        self.evaluated += tally.evaluated;
        self.excluded += tally.excluded;
        self.changed += tally.changed;
        self.failed += tally.failed;
        self.rows.add(tally.rows);
        self
    }
}

struct Run<'a, 't> {
    access: &'a Access<'t>,
    compiled: &'a Compiled,
    engine: &'a Engine,
    options: &'a RoleModelOptions,
    findings: Findings,
    changes: Changes<'a>,
}

impl<'a, 't> Run<'a, 't> {
    /// Evaluates one owner, with keys and correlations as they are.
    fn one(mut self, owner: ResourceId) -> Result<RoleModelComputed, ServerError> {
        for entity_type in self.engine.owner_types() {
            let id = self.compiled.id_of(entity_type);
            let before = ResourceId(owner.0 - 1);
            if self.access.read(|tx| Ok(tx.resources_after(id, false, before, 1)?))? != [owner] {
                continue;
            }
            let settings = self.settings(entity_type, self.options.now_micros)?;
            let tally = self.owners(entity_type, &settings, vec![owner])?;
            let computed = TypeComputed::default().with(tally);
            return Ok(RoleModelComputed {
                types: vec![(self.compiled.name_of(entity_type).to_owned(), computed)],
                change: self.changes.outcome.name(),
                problems: self.findings.problems,
                ..RoleModelComputed::default()
            });
        }
        Err(ServerError::mapping(&format!("resource {owner}"), "it is no owner: no policy speaks of its entity type"))
    }

    fn batch(&self) -> usize {
        if self.options.batch == 0 { BATCH } else { self.options.batch }
    }

    fn entity_type(&mut self, entity_type: usize, started: &Started) -> Result<TypeComputed, ServerError> {
        let (mut computed, now_micros) = if started.complete.contains(&entity_type) {
            self.complete(entity_type)?
        } else {
            let settings = self.settings(entity_type, self.options.now_micros)?;
            let tally = self.waiting(entity_type, &settings, ResourceId(i64::MAX))?;
            (TypeComputed::default().with(tally), self.options.now_micros)
        };
        if self.options.sample > 0 {
            let settings = self.settings(entity_type, now_micros)?;
            let (tally, differing) = self.sampled(entity_type, &settings)?;
            computed.sampled = tally.evaluated;
            computed.differing = differing;
            computed.rows.add(tally.rows);
        }
        Ok(computed)
    }

    fn settings(&self, entity_type: usize, now_micros: i64) -> Result<Settings, ServerError> {
        let known = self.access.read(|tx| Ok(tx.policy_state(&self.discarding_state(entity_type))?))?;
        let known: Vec<String> =
            known.unwrap_or_default().split(',').filter(|t| !t.is_empty()).map(str::to_owned).collect();
        let is_new = |id: &&provost_model::PolicyObjectId| !known.contains(&id.to_string());
        Ok(Settings {
            review: self.options.review,
            ignore_history: self.options.ignore_history,
            now_micros,
            now_discarding: self.compiled.discarding.iter().filter(is_new).copied().collect(),
            only_risks: false,
        })
    }

    fn discarding_state(&self, entity_type: usize) -> String {
        format!("discarding:{}", self.compiled.id_of(entity_type))
    }

    fn evaluation<'e>(&self, entity_type: usize, settings: &'e Settings) -> Option<Evaluation<'e, 't>>
    where
        'a: 'e,
    {
        let reads: &SourceReads = self.engine.reads(entity_type)?;
        Some(Evaluation {
            access: self.access,
            compiled: self.compiled,
            engine: self.engine,
            settings,
            entity_type,
            reads,
        })
    }

    /// Evaluates every owner, in the order of their ids. Tells for which instant as well.
    fn complete(&mut self, entity_type: usize) -> Result<(TypeComputed, i64), ServerError> {
        let id = self.compiled.id_of(entity_type);
        let name = format!("role model:{id}");
        let hash = hash_of(self.engine, entity_type);
        let RoleModelOptions { review, ignore_history, .. } = self.options;
        let options = format!("{hash} {review:?} {ignore_history}");
        let mut progress = Computation {
            name: name.clone(),
            options: options.clone(),
            started_at: self.options.now_micros,
            after: ResourceId(i64::MIN),
            counts: String::new(),
        };
        let mut computed = TypeComputed { is_complete: true, ..TypeComputed::default() };
        let interrupted = self.access.read(|tx| Ok(tx.computation(&name)?))?;
        if let Some(interrupted) = interrupted.filter(|known| known.options == options) {
            progress = interrupted;
            // What has changed meanwhile for those who are done.
            let settings = self.settings(entity_type, self.options.now_micros)?;
            let tally = self.waiting(entity_type, &settings, progress.after)?;
            computed = computed.with(tally);
        }
        let settings = self.settings(entity_type, progress.started_at)?;
        let tally = match self.evaluation(entity_type, &settings) {
            None => Tally::default(),
            Some(evaluation) => {
                let (batch, mut last) = (self.batch(), progress.after);
                let watch = &self.options.watch;
                let (changes, now) = (&mut self.changes, settings.now_micros);
                let mut done = 0;
                evaluation.run(
                    |tx| {
                        let ids = tx.resources_after(id, false, last, batch)?;
                        last = ids.last().copied().unwrap_or(last);
                        let marks = tx.waiting_marks(&ids)?;
                        Ok(Owners { ids, marks })
                    },
                    |tx, ids| {
                        done += ids.len() as u64;
                        watch.stage("owners evaluated", Some(done));
                        progress.after = ids.last().copied().unwrap_or(progress.after);
                        Ok(tx.set_computation(&progress)?)
                    },
                    |owner, before, after| changes.note(owner, before, after, now),
                    &mut self.findings,
                )?
            }
        };
        let discarding: Vec<String> = self.compiled.discarding.iter().map(ToString::to_string).collect();
        self.access.note(|tx| {
            tx.end_computation(&name)?;
            tx.set_policy_state(&self.discarding_state(entity_type), &discarding.join(","), progress.started_at)?;
            Ok(tx.set_policy_state(&state_of(self.compiled, entity_type), &hash, progress.started_at)?)
        })?;
        fault::point("policy.complete");
        Ok((computed.with(tally), progress.started_at))
    }

    /// Evaluates the owners that wait, up to one.
    fn waiting(&mut self, entity_type: usize, settings: &Settings, end: ResourceId) -> Result<Tally, ServerError> {
        let (id, batch) = (self.compiled.id_of(entity_type), self.batch());
        let mut last = ResourceId(i64::MIN);
        self.run(entity_type, settings, |tx| {
            let mut marks = tx.waiting_owners(id, last, batch)?;
            marks.retain(|(owner, _)| *owner <= end);
            last = marks.last().map_or(last, |(owner, _)| *owner);
            Ok(Owners { ids: marks.iter().map(|(owner, _)| *owner).collect(), marks })
        })
    }

    /// Evaluates these owners.
    fn owners(
        &mut self,
        entity_type: usize,
        settings: &Settings,
        owners: Vec<ResourceId>,
    ) -> Result<Tally, ServerError> {
        let mut owners = Some(owners);
        self.run(entity_type, settings, |tx| {
            let ids = owners.take().unwrap_or_default();
            let marks = tx.waiting_marks(&ids)?;
            Ok(Owners { ids, marks })
        })
    }

    fn run(
        &mut self,
        entity_type: usize,
        settings: &Settings,
        next: impl FnMut(&mut ReadTx) -> Result<Owners, ServerError>,
    ) -> Result<Tally, ServerError> {
        let Some(evaluation) = self.evaluation(entity_type, settings) else { return Ok(Tally::default()) };
        let (watch, changes) = (&self.options.watch, &mut self.changes);
        let mut done = 0;
        evaluation.run(
            next,
            |_, ids| {
                done += ids.len() as u64;
                watch.stage("owners evaluated", Some(done));
                Ok(())
            },
            |owner, before, after| changes.note(owner, before, after, settings.now_micros),
            &mut self.findings,
        )
    }

    /// Evaluates some owners once more, of whom nothing says that their result differs, and reports when it does. After
    /// a complete run that shows whether what was stored is what was computed, and stays so.
    fn sampled(&mut self, entity_type: usize, settings: &Settings) -> Result<(Tally, u64), ServerError> {
        let id = self.compiled.id_of(entity_type);
        let name = self.compiled.name_of(entity_type);
        let sample = Sample { size: self.options.sample, seed: self.options.now_micros };
        let mut ids = self.access.read(|tx| sample.pick(tx, id))?.into_iter();
        let batch = self.batch();
        let Some(evaluation) = self.evaluation(entity_type, settings) else { return Ok((Tally::default(), 0)) };
        let mut differing = Vec::new();
        let changes = &mut self.changes;
        let tally = evaluation.run(
            |tx| {
                let ids: Vec<ResourceId> = ids.by_ref().take(batch).collect();
                let marks = tx.waiting_marks(&ids)?;
                Ok(Owners { ids, marks })
            },
            |_, _| Ok(()),
            |owner, stored, right| {
                changes.note(owner, stored, right, settings.now_micros);
                differing.push((owner, difference(stored, right)));
            },
            // What goes wrong for them was reported when they were evaluated first.
            &mut Findings::default(),
        );
        if !differing.is_empty() && !self.access.read(|tx| Ok(tx.data_changes(Follower::Owners)?))?.is_empty() {
            // The data has changed since the run began, and the next one follows: nobody knows why they differ.
            differing.clear();
        }
        for (owner, what) in &differing {
            let reason = format!("a sample shows that its stored result was wrong: {what}; it is right now");
            let remedy = "compute the role model completely, and report this";
            self.findings.resource(name, *owner, reason, remedy);
        }
        Ok((tally?, differing.len() as u64))
    }

    /// The journal tells what was done.
    fn end(&self, done: &RoleModelComputed) -> Result<(), ServerError> {
        self.access.write(&self.options.actor, "role model", |tx| {
            tx.count("targetsCorrelated", done.correlated);
            for (_, computed) in &done.types {
                tx.count("ownersEvaluated", computed.evaluated);
                tx.count("assignmentsInserted", computed.rows.inserted);
                tx.count("assignmentsUpdated", computed.rows.updated);
                tx.count("assignmentsClosed", computed.rows.closed);
            }
            let change = done.change.as_deref().unwrap_or_default();
            Ok(tx.set_policy_state(outcome::LAST, change, self.options.now_micros)?)
        })
    }
}
