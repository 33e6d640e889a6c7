//! Risks and their scores (`ComputeRiskScoresTask`, spec 24 §4).

use super::Findings;
use super::RoleModelOptions;
use super::access::Access;
use super::compiled::Compiled;
use super::evaluate::{Evaluation, Owners, Settings};
use super::role_model::types;
use crate::error::ServerError;
use crate::manifest::RowProblem;
use crate::options::Watch;
use provost_model::summary::{State, Summary};
use provost_model::{PolicyObjectId, ResourceId};
use provost_pipeline::policy::Review;
use provost_store::{ReadTx, Store};
use std::collections::BTreeMap;

/// Owners evaluated at once when nobody says (`BatchSize`).
const BATCH: usize = 2_000;

/// What to compute.
#[derive(Clone, Debug, Default)]
pub struct RiskOptions {
    /// Identifiers of entity types of owners; empty for all.
    pub entity_types: Vec<String>,
    /// Whoever changed was scored by the role model: nothing is computed.
    pub dirty: bool,
    /// Owners at once (`BatchSize`); 0 as usual.
    pub batch: usize,
    /// Owners told, the highest scores first.
    pub top: usize,
    /// Who runs it.
    pub actor: String,
    /// Microseconds since 1970, UTC.
    pub now_micros: i64,
    /// Is told how far it is.
    pub watch: Watch,
}

/// A risk, and how many run it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RiskCount {
    /// Identifier.
    pub identifier: String,
    /// 0 to 100.
    pub level: u8,
    /// Owners who run it.
    pub identities: u64,
}

/// An owner with a score.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HighScore {
    /// 0 to 100.
    pub score: u8,
    /// Entity type.
    pub entity_type: String,
    /// Key.
    pub key: String,
    /// Name.
    pub name: Option<String>,
    /// Risks that it runs.
    pub risks: Vec<String>,
}

/// What was computed.
#[derive(Clone, Debug, Default)]
pub struct RiskScores {
    /// Owners evaluated.
    pub evaluated: u64,
    /// Owners whose risks or score changed.
    pub changed: u64,
    /// Owners with a score.
    pub scored: u64,
    /// Every deployed risk.
    pub risks: Vec<RiskCount>,
    /// Those with the highest scores.
    pub highest: Vec<HighScore>,
    /// What went wrong.
    pub problems: Vec<RowProblem>,
}

impl RiskScores {
    /// Its counts; those of each risk are called `risk:IDENTIFIER`.
    pub fn summary(&self) -> Summary {
        let mut counts: BTreeMap<String, u64> =
            [("ownersEvaluated", self.evaluated), ("ownersChanged", self.changed), ("ownersScored", self.scored)]
                .map(|(name, count)| (name.to_owned(), count))
                .into();
        counts.extend(self.risks.iter().map(|risk| (format!("risk:{}", risk.identifier), risk.identities)));
        let state = if self.problems.is_empty() { State::Completed } else { State::Warning };
        Summary { state, counts, ..Summary::default() }
    }
}

/// Computes risks and scores of owners with their keys and correlations as they are, stores what differs, and stores
/// nothing else. Each batch is committed by itself; run again, it finds nothing to change.
///
/// # Errors
/// An entity type is unknown, the policy cannot be compiled, and those of the database.
pub fn compute_risk_scores(store: &Store, options: &RiskOptions) -> Result<RiskScores, ServerError> {
    let compiled = store.read(Compiled::load)?;
    let mut done = RiskScores::default();
    if !options.dirty {
        evaluate(store, &compiled, options, &mut done)?;
    }
    if done.changed > 0 {
        store.write(&options.actor, "risk scores", |tx| {
            tx.count("ownersChanged", done.changed);
            Ok::<(), ServerError>(())
        })?;
    }
    store.read(|tx| tell(tx, &compiled, options, &mut done))?;
    Ok(done)
}

fn evaluate(
    store: &Store,
    compiled: &Compiled,
    options: &RiskOptions,
    done: &mut RiskScores,
) -> Result<(), ServerError> {
    let engine = store.read(|tx| compiled.engine(tx))?;
    let wanted = RoleModelOptions { entity_types: options.entity_types.clone(), ..RoleModelOptions::default() };
    let settings = Settings {
        review: Review::AsConfigured,
        ignore_history: false,
        now_micros: options.now_micros,
        now_discarding: Vec::new(),
        only_risks: true,
    };
    let access = Access::Store(store);
    let mut findings = Findings::default();
    let batch = if options.batch == 0 { BATCH } else { options.batch };
    for entity_type in types(compiled, &engine, &wanted)? {
        let Some(reads) = engine.reads(entity_type) else { continue };
        let (engine, settings, access) = (&engine, &settings, &access);
        let evaluation = Evaluation { access, compiled, engine, settings, entity_type, reads };
        let id = compiled.id_of(entity_type);
        let (mut last, mut read) = (ResourceId(i64::MIN), 0);
        let tally = evaluation.run(
            |tx| {
                let ids = tx.resources_after(id, false, last, batch)?;
                last = ids.last().copied().unwrap_or(last);
                read += ids.len() as u64;
                options.watch.stage("owners evaluated", Some(read));
                Ok(Owners { ids, marks: Vec::new() })
            },
            |_, _| Ok(()),
            |_, _, _| {},
            &mut findings,
        )?;
        done.evaluated += tally.evaluated;
        done.changed += tally.changed;
    }
    done.problems = findings.problems;
    Ok(())
}

fn tell(tx: &mut ReadTx, compiled: &Compiled, options: &RiskOptions, done: &mut RiskScores) -> Result<(), ServerError> {
    done.scored = tx.count_risk_scores()?;
    let counts = tx.count_risks()?;
    let configured = &compiled.metadata.configuration.policy.risks;
    for risk in configured {
        let id = compiled.catalog.id("Risk", &risk.identifier);
        let identities = id.and_then(|id| counts.get(&id)).copied().unwrap_or_default();
        done.risks.push(RiskCount { identifier: risk.identifier.clone(), level: risk.level, identities });
    }
    let names = compiled.names();
    let highest = tx.highest_risk_scores(options.top)?;
    for (owner, score) in highest {
        let notes = tx.evaluation_notes(&[owner])?.remove(&owner).unwrap_or_default();
        let name = |id: &PolicyObjectId| names.get(id).map_or_else(|| format!("#{id}"), |(_, name)| (*name).to_owned());
        let stored = tx.resource_version(owner, None)?;
        let of = stored.as_ref().and_then(|stored| compiled.metadata.entity_type_by_id(stored.entity_type));
        done.highest.push(HighScore {
            score,
            entity_type: of.map(|of| of.identifier.clone()).unwrap_or_default(),
            key: stored.as_ref().and_then(|stored| stored.key.clone()).unwrap_or_else(|| format!("#{owner}")),
            name: stored.and_then(|stored| stored.display_name),
            risks: notes.risks.iter().map(name).collect(),
        });
    }
    Ok(())
}
