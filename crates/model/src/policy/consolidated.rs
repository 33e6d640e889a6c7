//! What is said about an assigned resource type and all that belongs to it, in one word each (spec 21 §4).

use super::{AssignedResourceType, Assignments, ProvisioningState, WorkflowState};

/// The consolidated states of an assigned resource type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consolidated {
    /// Of the row and of everything that it holds: what is most in need of somebody.
    pub provisioning: ProvisioningState,
    /// Approval progress of what was requested by hand; `None` otherwise.
    pub review: WorkflowState,
    /// `AwaitingApproval` when something that it holds waits in Provisioning Review; `None` otherwise.
    pub blocked: ProvisioningState,
    /// How much waits there.
    pub blocked_count: i64,
    /// `Found` when something that it holds is non-conforming, else `Historic` when something is pre-existing.
    pub found: WorkflowState,
    /// How much is non-conforming or pre-existing.
    pub found_count: i64,
}

/// The higher, the more somebody must look at it.
fn urgency(state: ProvisioningState) -> u8 {
    match state {
        ProvisioningState::None => 0,
        ProvisioningState::Inactive => 1,
        ProvisioningState::Verified => 2,
        ProvisioningState::Executed => 3,
        ProvisioningState::Transmitted => 4,
        ProvisioningState::Pending => 5,
        ProvisioningState::AwaitingApproval => 6,
        ProvisioningState::Errored => 7,
        ProvisioningState::Error => 8,
    }
}

impl AssignedResourceType {
    /// States of everything that it holds: values, links and files.
    pub fn held(&self) -> impl Iterator<Item = (WorkflowState, ProvisioningState)> {
        let values = self.scalars.iter().chain(&self.binaries).map(|value| (value.workflow, value.provisioning));
        values.chain(self.navigations.iter().map(|link| (link.workflow, link.provisioning)))
    }

    /// Its consolidated states.
    pub fn consolidated(&self) -> Consolidated {
        let mut all = Consolidated { provisioning: self.provisioning, ..Consolidated::default() };
        if self.workflow.is_pending() {
            all.review = self.workflow;
        }
        for (workflow, provisioning) in self.held() {
            if urgency(provisioning) > urgency(all.provisioning) {
                all.provisioning = provisioning;
            }
            if provisioning == ProvisioningState::AwaitingApproval {
                all.blocked = provisioning;
                all.blocked_count += 1;
            }
            if workflow.is_derogation() {
                all.found_count += 1;
                if all.found != WorkflowState::Found {
                    all.found = workflow;
                }
            }
        }
        all
    }
}

impl Assignments {
    /// Brings everything into its order, which is that of rows once they are stored.
    pub fn sort(&mut self) {
        self.composite_roles.sort_by_key(|r| (r.role, r.period.start, r.id));
        self.single_roles.sort_by_key(|r| (r.role, r.period.start, r.id));
        self.resource_types.sort_by_key(|t| (t.resource_type, t.target, t.period.start, t.id));
        for held in &mut self.resource_types {
            held.scalars.sort_by_key(|s| (s.property, s.period.start, s.id));
            held.navigations.sort_by_key(|n| (n.property, n.resource, n.period.start, n.id));
            held.binaries.sort_by_key(|b| (b.property, b.period.start, b.id));
        }
    }

    /// Nothing is assigned.
    pub fn is_empty(&self) -> bool {
        self.composite_roles.is_empty() && self.single_roles.is_empty() && self.resource_types.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{AssignedNavigation, AssignedValue};

    #[test]
    fn the_most_urgent_state_stands_for_all() {
        let scalar = |provisioning| AssignedValue { provisioning, ..AssignedValue::default() };
        let link = |workflow| AssignedNavigation { workflow, ..AssignedNavigation::default() };
        let held = AssignedResourceType {
            provisioning: ProvisioningState::Verified,
            workflow: WorkflowState::PendingApproval1,
            scalars: vec![scalar(ProvisioningState::AwaitingApproval), scalar(ProvisioningState::Pending)],
            navigations: vec![link(WorkflowState::Found), link(WorkflowState::Historic)],
            ..AssignedResourceType::default()
        };
        let expected = Consolidated {
            provisioning: ProvisioningState::AwaitingApproval,
            review: WorkflowState::PendingApproval1,
            blocked: ProvisioningState::AwaitingApproval,
            blocked_count: 1,
            found: WorkflowState::Found,
            found_count: 2,
        };
        assert_eq!(held.consolidated(), expected);
        assert_eq!(AssignedResourceType::default().consolidated(), Consolidated::default());
    }
}
