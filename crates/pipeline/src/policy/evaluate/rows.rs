//! Order of rows, and what becomes of role rows that lost their reason.

use super::scratch::RoleStage;
use super::states::{Fate, fate};
use super::{Run, Scratch};
use provost_model::policy::{AssignedRole, Assignments, WorkflowState};

/// Sorts as [`Assignments`] says. New rows stand behind stored ones that begin at the same time.
pub(super) fn sort(assignments: &mut Assignments) {
    for roles in [&mut assignments.composite_roles, &mut assignments.single_roles] {
        roles.sort_by(|a, b| {
            let key = |row: &AssignedRole| (row.role, row.period.start, row.id == 0, row.id, row.period.end);
            key(a).cmp(&key(b)).then_with(|| a.parameters.cmp(&b.parameters))
        });
    }
    assignments
        .resource_types
        .sort_by_key(|row| (row.resource_type, row.target, row.period.start, row.id == 0, row.id, row.workflow));
    for row in &mut assignments.resource_types {
        row.scalars.sort_by_key(|value| (value.property, value.period.start, value.id));
        row.binaries.sort_by_key(|value| (value.property, value.period.start, value.id));
        row.navigations.sort_by_key(|link| (link.property, link.resource, link.period.start, link.id));
    }
}

impl Run<'_> {
    /// A role that is lost stays as long as a system still holds what it gave: to be removed when somebody refused it or
    /// what it followed from, inactive when its time is over. Otherwise it is gone at once.
    pub(super) fn settle_lost_roles(&self, scratch: &mut Scratch) {
        let mut stage = std::mem::take(&mut scratch.singles);
        for row in std::mem::take(&mut stage.lost) {
            if let Some(kept) = self.settled(row, &stage, scratch) {
                stage.rows.push(kept);
            }
        }
        scratch.singles = stage;
        scratch.composites.lost.clear();
    }

    fn settled(&self, row: AssignedRole, stage: &RoleStage, scratch: &Scratch) -> Option<AssignedRole> {
        let links = scratch.rows.iter().flat_map(|row| &row.navigations);
        let mut own = links.filter(|link| link.single_role == Some(row.role) && link.is_current && !link.is_expected);
        own.next()?;
        let is_refused = self.source.singles.find(row.role).is_some_and(|role| stage.refused.contains(role));
        let is_cancelled = is_refused || fate(row.workflow, row.is_denied) == Fate::Cancelled;
        let is_over = row.period.is_past(self.now) || scratch.hull.is_some_and(|hull| hull.is_past(self.now));
        let workflow = match (is_cancelled, is_over) {
            (true, _) => WorkflowState::Cancellation,
            (false, true) => WorkflowState::Inactive,
            (false, false) => return None,
        };
        let state_since = if row.workflow == workflow { row.state_since } else { self.now };
        Some(AssignedRole { workflow, state_since, grace_until: None, ..row })
    }
}
