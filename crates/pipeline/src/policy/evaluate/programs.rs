//! Values of programs over the owner, each computed once.

use super::scratch::Computed;
use super::{Run, Scratch};
use crate::expression::program::{Assignment, Environment};
use crate::policy::plan::Computation;
use provost_model::policy::Period;

/// A value that was computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value<'s> {
    /// There is a value, or an empty one for none.
    Text(&'s str),
    /// The program fails.
    Error(&'s str),
}

impl Run<'_> {
    /// Computes a program, if it was not yet. `period` is that of the assignment that asks.
    pub(super) fn compute(&self, program: u32, period: Period, scratch: &mut Scratch) {
        let plan = &self.source.programs[program as usize];
        if !plan.per_assignment && !matches!(scratch.values[program as usize], Computed::NotYet) {
            return;
        }
        let assignment = Assignment { start: period.start, end: period.end, parameters: &[] };
        let environment = Environment { assignment: Some(assignment), ..self.environment() };
        let start = scratch.texts.len() as u32;
        let found = match &plan.computation {
            Computation::Program(program) => {
                scratch.time_matters |= program.depends_on_time();
                program.text(self.owner, self.population, &environment, &mut scratch.texts)
            }
            Computation::File(path, property) => {
                let end =
                    path.iter().try_fold(self.owner, |here, step| self.population.links(here, *step).first().copied());
                let digest = end.and_then(|end| self.population.value(end, *property));
                Ok(digest.map(|digest| scratch.texts.push_str(digest)).is_some())
            }
        };
        scratch.values[program as usize] = match found {
            Ok(true) => Computed::Text(start, scratch.texts.len() as u32 - start),
            Ok(false) => Computed::Nothing,
            Err(error) => Computed::Error(error.to_string()),
        };
    }
}

impl Scratch {
    /// What was computed last.
    pub(super) fn computed(&self, program: u32) -> Value<'_> {
        match &self.values[program as usize] {
            Computed::NotYet | Computed::Nothing => Value::Text(""),
            Computed::Text(start, length) => Value::Text(&self.texts[*start as usize..(*start + *length) as usize]),
            Computed::Error(error) => Value::Error(error),
        }
    }
}
