//! The evaluation of one owner.

mod automation;
mod contexts;
mod deduce;
mod navigations;
mod positions;
mod programs;
mod risks;
mod roles;
mod rows;
mod scratch;
mod sections;
mod states;
mod targets;
mod types;
mod values;

pub(super) use scratch::Class;
pub use scratch::Scratch;

use super::plan::Source;
use super::{Engine, EvaluationOptions, Inputs, Outcome};
use crate::expression::program::Environment;
use crate::population::{Handle, Population};
use provost_model::ResourceId;
use provost_model::policy::{Assignments, Instant, Period};

/// What does not change during an evaluation.
struct Run<'a> {
    source: &'a Source,
    population: &'a Population,
    owner: Handle,
    owner_id: ResourceId,
    now: Instant,
    existing: &'a Assignments,
    inputs: &'a Inputs<'a>,
    options: &'a EvaluationOptions<'a>,
}

/// Assignments of somebody who has none.
static NOTHING: Assignments =
    Assignments { composite_roles: Vec::new(), single_roles: Vec::new(), resource_types: Vec::new() };

impl Engine {
    /// Evaluates one owner. Never fails: what goes wrong for one value is in its row, what goes wrong for the owner as
    /// a whole in [`Outcome::problems`], and everything stays as it was then.
    ///
    /// Owners of entity types without policy have nothing.
    pub fn evaluate(
        &self,
        owner: Handle,
        population: &Population,
        inputs: &Inputs,
        now: Instant,
        options: &EvaluationOptions,
        scratch: &mut Scratch,
    ) -> Outcome {
        let Some(source) = self.source(usize::from(owner.entity_type)) else {
            return Outcome::default();
        };
        let existing = inputs.existing.unwrap_or(&NOTHING);
        let owner_id = population.id(owner);
        let run = Run { source, population, owner, owner_id, now, existing, inputs, options };
        let outcome = run.evaluate(scratch);
        if !scratch.is_unsettled {
            return outcome;
        }
        // A request was processed: what was approved counts now, and automation rules may decide about the rest.
        let known = outcome.assignments;
        Run { existing: &known, ..run }.evaluate(scratch)
    }
}

impl Run<'_> {
    fn evaluate(&self, scratch: &mut Scratch) -> Outcome {
        let mut outcome = Outcome::default();
        scratch.reset(self.source, self.now);
        match self.contexts(scratch) {
            Ok(true) => self.stages(scratch, &mut outcome),
            left_out => {
                outcome.is_excluded = left_out.is_ok();
                outcome.problems.extend(left_out.err());
                outcome.assignments = self.existing.clone();
                // What is left out is so until its data changes, or with time, if the expression looks at it.
                let exclude = self.source.contexts.exclude.as_ref();
                scratch.time_matters = exclude.is_some_and(|program| program.depends_on_time());
            }
        }
        outcome.problems.append(&mut scratch.problems);
        outcome.next_at = if scratch.time_matters { Some(self.now + 1) } else { scratch.next_at };
        outcome
    }

    fn stages(&self, scratch: &mut Scratch, outcome: &mut Outcome) {
        self.composite_roles(scratch);
        self.single_roles(scratch);
        self.deduce(scratch);
        self.resource_types(scratch);
        self.settle_lost_roles(scratch);
        self.risks(scratch, outcome);
        let mut assignments = Assignments {
            composite_roles: scratch.composites.rows.drain(..).collect(),
            single_roles: scratch.singles.rows.drain(..).collect(),
            resource_types: scratch.rows.drain(..).collect(),
        };
        rows::sort(&mut assignments);
        outcome.assignments = assignments;
    }

    fn environment(&self) -> Environment<'_> {
        Environment { queries: self.inputs.queries, ..Environment::at(self.now) }
    }
}

impl Scratch {
    /// The result may change at this instant.
    fn changes_at(&mut self, instant: Instant) {
        if instant > self.now && instant < provost_model::policy::NO_END {
            self.next_at = Some(self.next_at.map_or(instant, |earlier| earlier.min(instant)));
        }
    }

    /// The result may change when this period begins or ends.
    fn changes_with(&mut self, period: Period) {
        self.changes_at(period.start);
        self.changes_at(period.end);
    }
}
