//! In which positions the owner is, and when (spec 20 §11).

use super::scratch::Context;
use super::{Run, Scratch};
use crate::expression::program::Program;
use crate::format::Civil;
use crate::population::Handle;
use provost_model::ResourceId;
use provost_model::policy::{Instant, NO_END, NO_START, Period};

/// Contexts of one owner beyond this number are not made: it would be the fault of its data.
const MOST_CONTEXTS: usize = 4096;

impl Run<'_> {
    /// Finds the contexts. False for an owner that is left out; an error when its contexts cannot be told.
    pub(super) fn contexts(&self, scratch: &mut Scratch) -> Result<bool, String> {
        let plan = &self.source.contexts;
        if !plan.is_ruled {
            self.add_context(Period::ALWAYS, scratch);
            self.finish_contexts(scratch);
            return Ok(true);
        }
        if let Some(exclude) = &plan.exclude {
            let excluded = exclude.boolean(self.owner, self.population, &self.environment());
            if excluded.map_err(|error| format!("the ExcludeExpression of its context rule fails: {error}"))? {
                return Ok(false);
            }
        }
        let mut found = Vec::new();
        let alone = [self.owner];
        let bearers = match &plan.resources {
            None => alone.as_slice(),
            Some(program) => {
                program
                    .resources(self.owner, self.population, &self.environment(), &mut found)
                    .map_err(|error| format!("the resources that bear its contexts cannot be found: {error}"))?;
                &found
            }
        };
        if plan.sections.is_empty() {
            for bearer in bearers {
                let period = self.validity(*bearer, scratch)?;
                self.add_contexts_of(*bearer, period, scratch);
            }
            // The earliest is the strongest; those that start together stand in the order of the resources.
            scratch.contexts.sort_by_key(|context| context.period.start);
        } else {
            self.sections(bearers, scratch)?;
        }
        scratch.time_matters |= self.context_programs().any(Program::depends_on_time);
        self.finish_contexts(scratch);
        Ok(true)
    }

    fn context_programs(&self) -> impl Iterator<Item = &Program> {
        let plan = &self.source.contexts;
        let own = [&plan.exclude, &plan.resources, &plan.start, &plan.end].into_iter().flatten();
        own.chain(plan.sections.iter().flat_map(|section| section.sort_key.iter().chain(&section.instance_key)))
    }

    /// Period of a resource that bears a context.
    fn validity(&self, bearer: Handle, scratch: &mut Scratch) -> Result<Period, String> {
        let mut date = |program: &Option<Program>, absent: Instant| -> Result<Instant, String> {
            let Some(program) = program else {
                return Ok(absent);
            };
            scratch.texts.clear();
            let found = program.text(bearer, self.population, &self.environment(), &mut scratch.texts);
            match found.map_err(|error| format!("a date of its contexts cannot be told: {error}"))? {
                false => Ok(absent),
                true => read_date(&scratch.texts, absent),
            }
        };
        let plan = &self.source.contexts;
        let period = Period { start: date(&plan.start, NO_START)?, end: date(&plan.end, NO_END)? };
        scratch.texts.clear();
        Ok(self.in_order(period, bearer, scratch))
    }

    /// A period that ends before it begins is none, and worth a word.
    pub(super) fn in_order(&self, period: Period, bearer: Handle, scratch: &mut Scratch) -> Period {
        if period.start > period.end {
            let id = self.population.id(bearer);
            scratch.problems.push(format!("resource {id} ends before it begins, so it gives no context"));
        }
        period
    }

    /// One context for each combination of the values of its dimensions.
    fn add_contexts_of(&self, bearer: Handle, period: Period, scratch: &mut Scratch) {
        if period.is_empty() {
            return;
        }
        let first = scratch.contexts.len();
        self.add_context(period, scratch);
        for dimension in &self.source.contexts.dimensions {
            let from = if dimension.on_owner { self.owner } else { bearer };
            self.add_dimension(dimension.column, from, &dimension.path, first, scratch);
        }
    }

    /// Adds a context without values.
    pub(super) fn add_context(&self, period: Period, scratch: &mut Scratch) {
        let first = scratch.context_values.len() as u32;
        scratch.contexts.push(Context { period, first, count: 0 });
    }

    /// Adds a dimension to the contexts from `first` on, which multiply when it has several values.
    pub(super) fn add_dimension(&self, column: u8, from: Handle, path: &[usize], first: usize, scratch: &mut Scratch) {
        let mut end = Some(from);
        for (at, step) in path.iter().enumerate() {
            let links = end.map(|here| self.population.links(here, *step)).unwrap_or_default();
            if links.len() > 1 {
                return self.add_dimension_values(column, links, &path[at + 1..], first, scratch);
            }
            end = links.first().copied();
        }
        if let Some(value) = end {
            let value = self.population.id(value);
            extend(scratch, first, &[(column, value)]);
        }
    }

    fn add_dimension_values(&self, column: u8, links: &[Handle], rest: &[usize], first: usize, scratch: &mut Scratch) {
        let mut here = links.to_vec();
        for step in rest {
            here = here.iter().flat_map(|resource| self.population.links(*resource, *step)).copied().collect();
        }
        let mut values: Vec<(u8, ResourceId)> = here.iter().map(|end| (column, self.population.id(*end))).collect();
        values.sort_unstable();
        values.dedup();
        if (scratch.contexts.len() - first) * values.len() > MOST_CONTEXTS {
            let problem = format!("more than {MOST_CONTEXTS} contexts: only the first value of a dimension counts");
            scratch.problems.push(problem);
            values.truncate(1);
        }
        extend(scratch, first, &values);
    }

    /// Evaluates all conditions in all contexts.
    fn finish_contexts(&self, scratch: &mut Scratch) {
        let Scratch { contexts, context_values, satisfied, atoms, hull, .. } = scratch;
        if satisfied.len() < contexts.len() {
            satisfied.resize_with(contexts.len(), Default::default);
        }
        for (at, context) in contexts.iter().enumerate() {
            let values = &context_values[context.first as usize..(context.first + context.count) as usize];
            self.source.conditions.evaluate(values, atoms, &mut satisfied[at]);
            *hull = Some(hull.map_or(context.period, |hull| hull.hull(context.period)));
        }
        for at in 0..scratch.contexts.len() {
            let period = scratch.contexts[at].period;
            scratch.changes_with(period);
        }
    }
}

/// Gives each context from `first` on one of these values; there are as many copies of it as values.
fn extend(scratch: &mut Scratch, first: usize, values: &[(u8, ResourceId)]) {
    let count = scratch.contexts.len();
    for (nth, value) in values.iter().enumerate() {
        for at in first..count {
            let context = scratch.contexts[at];
            let is_last = (context.first + context.count) as usize == scratch.context_values.len();
            if nth + 1 == values.len() && values.len() == 1 && is_last {
                scratch.context_values.push(*value);
                scratch.contexts[at].count += 1;
                continue;
            }
            let start = scratch.context_values.len() as u32;
            scratch.context_values.extend_from_within(context.first as usize..(context.first + context.count) as usize);
            scratch.context_values.push(*value);
            let made = Context { period: context.period, first: start, count: context.count + 1 };
            if nth + 1 == values.len() {
                scratch.contexts[at] = made;
            } else {
                scratch.contexts.push(made);
            }
        }
    }
}

/// A date in internal text.
pub(super) fn read_date(text: &str, absent: Instant) -> Result<Instant, String> {
    if text.is_empty() {
        return Ok(absent);
    }
    match Civil::from_internal(text) {
        Some(found) => Ok((found.to_seconds() * 1_000_000).clamp(NO_START, NO_END)),
        None => Err(format!("\"{text}\" is no date")),
    }
}
