//! Decisions of automation rules (spec 20 §10).

use super::scratch::value_of;
use super::states::{approved, declined};
use super::{Run, Scratch};
use provost_model::ResourceId;
use provost_model::policy::{Instant, WorkflowState};

const HOUR: i64 = 3_600_000_000;

impl Run<'_> {
    /// The state of an assignment after the rules that decide about it. One decides at a time: the closest, and among
    /// equals a refusal; what one approves another may decide about next.
    pub(super) fn automate(
        &self,
        automations: &[u32],
        state: WorkflowState,
        since: Instant,
        parameters: &[(u8, ResourceId)],
        approvals: Option<u8>,
        scratch: &mut Scratch,
    ) -> (WorkflowState, Instant) {
        let (mut state, mut since) = (state, since);
        // Three approvals and a review of risk are the longest way.
        for _ in 0..5 {
            let rules = automations.iter().map(|at| &self.source.automations[*at as usize]);
            let mut decision = None;
            for rule in rules.filter(|rule| rule.state == state) {
                if !self.source.conditions.holds(rule.criteria, |column| value_of(parameters, column)) {
                    continue;
                }
                // It is this rule's to decide, and nobody else's, also while it waits.
                let due = since.saturating_add(i64::from(rule.hours) * HOUR);
                scratch.changes_at(due);
                decision = (due <= self.now).then_some(rule.approve);
                break;
            }
            let Some(approve) = decision else {
                break;
            };
            let next = if approve { approved(state, approvals.unwrap_or(0)) } else { declined(state) };
            if next == state {
                break;
            }
            (state, since) = (next, self.now);
        }
        (state, since)
    }
}
