//! Contexts out of record sections (spec 20 §11): the time is cut wherever a section begins or ends, and for each
//! interval one instance of each section is combined.

use super::contexts::read_date;
use super::{Run, Scratch};
use crate::expression::program::Program;
use crate::policy::plan::SectionPlan;
use crate::policy::spans::elementary;
use crate::population::Handle;
use provost_model::ResourceId;
use provost_model::policy::{Instant, NO_END, NO_START, Period};
use std::cmp::Reverse;

/// Combinations of one interval beyond this number are not made.
const MOST_COMBINATIONS: usize = 1024;

/// What one record says in one section.
#[derive(Clone, Debug)]
struct Instance {
    record: Handle,
    id: ResourceId,
    period: Period,
    sort_key: String,
    key: String,
}

/// An instance chosen for an interval.
#[derive(Clone, Copy)]
struct Choice<'i> {
    instance: &'i Instance,
    /// It fills a gap.
    is_extended: bool,
}

/// What fills a gap.
enum Filling<'i> {
    With(&'i Instance),
    Nothing,
    /// There is no context in the gap.
    NoContext,
}

type Combination<'i> = Vec<Option<Choice<'i>>>;

impl Run<'_> {
    pub(super) fn sections(&self, records: &[Handle], scratch: &mut Scratch) -> Result<(), String> {
        let plans = &self.source.contexts.sections;
        let mut widest = Period { start: NO_START, end: NO_END };
        let mut of_section: Vec<Vec<Instance>> = vec![Vec::new(); plans.len()];
        let default_first = |at: &usize| !plans[*at].is_default;
        let mut order: Vec<usize> = (0..plans.len()).collect();
        order.sort_by_key(default_first);
        for at in order {
            of_section[at] = self.instances(&plans[at], records, widest, scratch)?;
            if plans[at].is_default {
                widest = hull(&of_section[at]).unwrap_or(widest);
            }
        }
        let bounding = plans.iter().zip(&of_section).filter(|(plan, _)| plan.bounds_identity);
        let Some(validity) = bounding.filter_map(|(_, instances)| hull(instances)).reduce(Period::hull) else {
            return Ok(());
        };
        let periods = of_section.iter().flatten().map(|instance| instance.period.intersection(validity));
        let mut bounds = Vec::new();
        elementary(periods.chain([validity]), &mut bounds);
        let mut made: Vec<(Period, Combination)> = Vec::new();
        for pair in bounds.windows(2) {
            let interval = Period { start: pair[0], end: pair[1] };
            self.combine(interval, &of_section, &mut made, scratch);
        }
        made.sort_by_cached_key(|(_, combination)| strength(combination));
        for (period, combination) in &made {
            self.add_combination(*period, combination, scratch);
        }
        Ok(())
    }

    fn instances(
        &self,
        plan: &SectionPlan,
        records: &[Handle],
        widest: Period,
        scratch: &mut Scratch,
    ) -> Result<Vec<Instance>, String> {
        let absent = if plan.is_default || plan.keeps_boundaries { Period::ALWAYS } else { widest };
        let date = |record: Handle, property: Option<usize>, absent: Instant| -> Result<Instant, String> {
            let text = property.and_then(|property| self.population.value(record, property));
            read_date(text.unwrap_or_default(), absent)
        };
        let mut instances = Vec::new();
        for record in records {
            let period =
                Period { start: date(*record, plan.start, absent.start)?, end: date(*record, plan.end, absent.end)? };
            if self.in_order(period, *record, scratch).is_empty() {
                continue;
            }
            instances.push(Instance {
                record: *record,
                id: self.population.id(*record),
                period,
                sort_key: self.key(plan.sort_key.as_ref(), *record)?,
                key: self.key(plan.instance_key.as_ref(), *record)?,
            });
        }
        // The strongest first: it stands for its key where several are valid.
        instances.sort_by(|a, b| {
            let rest = (a.period.start, a.id).cmp(&(b.period.start, b.id));
            b.sort_key.cmp(&a.sort_key).then(rest)
        });
        Ok(instances)
    }

    fn key(&self, program: Option<&Program>, record: Handle) -> Result<String, String> {
        let mut key = String::new();
        if let Some(program) = program {
            let found = program.text(record, self.population, &self.environment(), &mut key);
            found.map_err(|error| format!("a key of its record sections fails: {error}"))?;
        }
        Ok(key)
    }

    /// Adds all combinations of instances in an interval.
    fn combine<'i>(
        &self,
        interval: Period,
        of_section: &'i [Vec<Instance>],
        made: &mut Vec<(Period, Combination<'i>)>,
        scratch: &mut Scratch,
    ) {
        let mut combinations: Vec<Combination> = vec![Vec::new()];
        for (plan, instances) in self.source.contexts.sections.iter().zip(of_section) {
            let mut choices: Vec<Option<Choice>> = Vec::new();
            for instance in instances.iter().filter(|instance| instance.period.contains(interval.start)) {
                let same = |choice: &Option<Choice>| choice.is_some_and(|known| known.instance.key == instance.key);
                if !choices.iter().any(same) {
                    choices.push(Some(Choice { instance, is_extended: false }));
                }
            }
            if choices.is_empty() {
                match filling(plan, instances, interval) {
                    Filling::NoContext => return,
                    Filling::Nothing => choices.push(None),
                    Filling::With(instance) => choices.push(Some(Choice { instance, is_extended: true })),
                }
            }
            if combinations.len() * choices.len() > MOST_COMBINATIONS {
                let problem =
                    "its records combine to too many contexts: the strongest of each section counts".to_owned();
                scratch.problems.push(problem);
                choices.truncate(1);
            }
            let longer = combinations.iter().flat_map(|combination| {
                choices.iter().map(|choice| combination.iter().copied().chain([*choice]).collect())
            });
            combinations = longer.collect();
        }
        made.extend(combinations.into_iter().map(|combination| (interval, combination)));
    }

    fn add_combination(&self, period: Period, combination: &Combination, scratch: &mut Scratch) {
        let first = scratch.contexts.len();
        self.add_context(period, scratch);
        for dimension in &self.source.contexts.dimensions {
            let from = match combination.get(dimension.section).copied().flatten() {
                _ if dimension.on_owner => self.owner,
                Some(choice) if !choice.is_extended || dimension.is_extendable => choice.instance.record,
                _ => continue,
            };
            self.add_dimension(dimension.column, from, &dimension.path, first, scratch);
        }
    }
}

/// What stands in a gap of a section: the one before, or the one after where there is none before. Sort keys come first.
fn filling<'i>(plan: &SectionPlan, instances: &'i [Instance], gap: Period) -> Filling<'i> {
    if !plan.is_extendable {
        return Filling::Nothing;
    }
    let threshold = plan.threshold.as_deref().unwrap_or_default();
    let eligible = || instances.iter().filter(|instance| instance.sort_key.as_str() >= threshold);
    let before = eligible()
        .filter(|instance| instance.period.end <= gap.start)
        .max_by_key(|instance| (&instance.sort_key, instance.period.end, Reverse(instance.id)));
    let after = || {
        eligible()
            .filter(|instance| instance.period.start >= gap.end)
            .min_by_key(|instance| (Reverse(&instance.sort_key), instance.period.start, instance.id))
    };
    match before.or_else(after) {
        Some(_) if !plan.has_extendable => Filling::NoContext,
        Some(instance) => Filling::With(instance),
        None => Filling::Nothing,
    }
}

/// Order of contexts, the strongest first: the highest sort keys, then the earliest start.
fn strength(combination: &Combination) -> (Reverse<Vec<String>>, Vec<Instant>, Vec<ResourceId>) {
    let chosen = || combination.iter().flatten().map(|choice| choice.instance);
    let keys = chosen().map(|instance| instance.sort_key.clone()).collect();
    let starts = chosen().map(|instance| instance.period.start).collect();
    (Reverse(keys), starts, chosen().map(|instance| instance.id).collect())
}

fn hull(instances: &[Instance]) -> Option<Period> {
    instances.iter().map(|instance| instance.period).reduce(Period::hull)
}
