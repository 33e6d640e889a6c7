//! In which positions an owner is at an instant, for whoever looks for rules instead of evaluating them.

use super::super::{Engine, EvaluationOptions, Inputs};
use super::{NOTHING, Run, Scratch};
use crate::population::{Handle, Population};
use provost_model::ResourceId;
use provost_model::policy::Instant;

impl Engine {
    /// Dimension values, with their columns, of each context of an owner that holds at this instant. None for an owner
    /// that the context rule leaves out, or whose contexts cannot be told.
    pub fn positions(
        &self,
        owner: Handle,
        population: &Population,
        now: Instant,
        scratch: &mut Scratch,
    ) -> Vec<Vec<(u8, ResourceId)>> {
        let Some(source) = self.source(usize::from(owner.entity_type)) else { return Vec::new() };
        let (inputs, options) = (&Inputs::default(), &EvaluationOptions::default());
        let owner_id = population.id(owner);
        let run = Run { source, population, owner, owner_id, now, existing: &NOTHING, inputs, options };
        scratch.reset(source, now);
        if run.contexts(scratch) != Ok(true) {
            return Vec::new();
        }
        let values = |first: u32, count: u32| scratch.context_values[first as usize..(first + count) as usize].to_vec();
        let holding = scratch.contexts.iter().filter(|context| context.period.contains(now));
        holding.map(|context| values(context.first, context.count)).collect()
    }
}
