//! The policy, evaluated: who should have what, what they have, and what is to be done about the difference.
//!
//! ```text
//! typed policy ─ compile ▶ Engine ─┐
//! Population (one owner) ──────────┼─ evaluate ▶ all that the owner has, with states ▶ the store writes the difference
//! existing Assignments, matches ───┘
//! ```
//!
//! An evaluation is a pure function of one owner's data, of what was assigned before, and of the time. It goes through
//! the stages of spec 21 §6, each feeding the next: contexts, composite roles, single roles, deduction of roles from
//! what targets hold, resource types, values, comparison with targets, risks. Evaluating its result again at the same
//! instant gives the same result; so does any later instant before [`Outcome::next_at`], as long as nothing else
//! changes.

mod compare;
mod compile;
mod conditions;
mod evaluate;
pub mod explain;
mod plan;
mod problem;
mod spans;

pub use compile::Directory;
pub use evaluate::Scratch;
pub use plan::SourceReads;
pub use problem::PolicyProblem;

use crate::expression::program::QueryHandler;
use plan::Source;
use provost_model::policy::{Assignments, Instant};
use provost_model::{PolicyObjectId, ResourceId};

/// A compiled policy.
#[derive(Debug)]
pub struct Engine {
    sources: Vec<Source>,
    /// By position of the entity type.
    by_entity_type: Vec<Option<usize>>,
    warnings: Vec<PolicyProblem>,
}

/// A target that belongs, or may belong, to the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correlation {
    /// Resource type by whose rules it was found.
    pub resource_type: PolicyObjectId,
    /// The target.
    pub target: ResourceId,
    /// Percent; from 100 on it is certain.
    pub confidence: u8,
}

/// A resource that a query rule found for the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryMatch {
    /// The query rule.
    pub rule: PolicyObjectId,
    /// The resource found.
    pub resource: ResourceId,
}

/// What is known about the owner besides its data.
#[derive(Clone, Copy, Default)]
pub struct Inputs<'a> {
    /// All that it has, as stored: sorted as [`Assignments`] says.
    pub existing: Option<&'a Assignments>,
    /// Its targets, by resource type.
    pub correlations: &'a [Correlation],
    /// What query rules found.
    pub query_matches: &'a [QueryMatch],
    /// Answers queries of expressions.
    pub queries: Option<&'a (dyn QueryHandler + Sync)>,
}

/// Which orders wait in Provisioning Review.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Review {
    /// Those of resource types that say so, and uncertain ones.
    #[default]
    AsConfigured,
    /// All of this run (`BlockProvisioning`, `BlockAllResourceTypeProvisioning`).
    All,
    /// None; those that wait go ahead (the job "Compute Role Model, no provisioning review").
    Nothing,
}

/// What is done about assignments that were made by hand and that a rule also gives (spec 21 §12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redundancy {
    /// They stay as they are, and so do the tags of the last analysis.
    #[default]
    Keep,
    /// They are tagged; other tags are cleared.
    Analyze,
    /// Those that are tagged give way to the rule where it holds.
    Apply,
}

/// How to evaluate.
#[derive(Clone, Copy, Debug, Default)]
pub struct EvaluationOptions<'a> {
    /// Which orders wait.
    pub review: Review,
    /// The owner is being created: what is "automatic but with validation" lies in its basket.
    pub is_new_owner: bool,
    /// What to do about what is given by hand and by a rule.
    pub redundancy: Redundancy,
    /// Resource types whose `DiscardManualAssignments` has become true since the last evaluation.
    pub now_discarding: &'a [PolicyObjectId],
}

/// The result for one owner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// All that it has from now on. Rows that continue existing ones keep their id; new ones have 0.
    pub assignments: Assignments,
    /// Risks that it runs, by id.
    pub risks: Vec<PolicyObjectId>,
    /// 0 to 100, put together from the risks held and requested; nothing without `RiskFactorType`.
    pub risk_score: Option<u8>,
    /// The first later instant at which the result may change by the passing of time alone.
    pub next_at: Option<Instant>,
    /// What went wrong for this owner.
    pub problems: Vec<String>,
    /// The context rule leaves it out: everything stays as it was.
    pub is_excluded: bool,
}

impl Engine {
    /// What gives nothing, and why.
    pub fn warnings(&self) -> &[PolicyProblem] {
        &self.warnings
    }

    /// What an evaluation of an owner of this entity type (a position) reads. Nothing for entity types without policy.
    pub fn reads(&self, entity_type: usize) -> Option<&SourceReads> {
        self.source(entity_type).map(|source| &source.reads)
    }

    /// Digest of all that decides about owners of this entity type, the data excepted. When it changes, all of them
    /// are to be evaluated again.
    pub fn hash(&self, entity_type: usize) -> Option<u64> {
        self.source(entity_type).map(|source| source.hash)
    }

    /// Positions of the entity types of owners.
    pub fn owner_types(&self) -> impl Iterator<Item = usize> + '_ {
        self.sources.iter().map(|source| source.entity_type)
    }

    fn source(&self, entity_type: usize) -> Option<&Source> {
        self.by_entity_type.get(entity_type).copied().flatten().map(|at| &self.sources[at])
    }
}

#[cfg(test)]
mod tests;
