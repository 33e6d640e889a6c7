//! What somebody holds at an instant, so that two states can be compared.

use provost_model::policy::{
    AssignedResourceType, AssignedRole, Assignments, Instant, Parameters, Period, WorkflowState,
};
use provost_model::{PolicyObjectId, PropertyId, ResourceId};
use std::collections::BTreeMap;

/// What can be held. A resource type is told apart by its target where an owner has several of the type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    CompositeRole(PolicyObjectId, Parameters),
    SingleRole(PolicyObjectId, Parameters),
    ResourceType(PolicyObjectId, Option<ResourceId>),
    Value(PolicyObjectId, Option<ResourceId>, PropertyId),
    Link(PolicyObjectId, Option<ResourceId>, PropertyId, ResourceId),
    File(PolicyObjectId, Option<ResourceId>, PropertyId),
}

/// How it is held: for roles and resource types in which states and when, for values and files which ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum How<'a> {
    States(Vec<(WorkflowState, Period)>),
    Values(Vec<&'a str>),
    There,
}

/// Something that is held otherwise than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step<'a> {
    pub(super) what: What,
    pub(super) before: Option<How<'a>>,
    pub(super) after: Option<How<'a>>,
}

/// What differs between two states of an owner, in the order of [`What`].
pub(super) fn steps<'a>(before: &'a Assignments, after: &'a Assignments, now: Instant) -> Vec<Step<'a>> {
    let mut all: BTreeMap<What, [Option<How<'a>>; 2]> = BTreeMap::new();
    let several = several(before, after, now);
    for (side, assignments) in [before, after].into_iter().enumerate() {
        Side { all: &mut all, side, several: &several, now }.assignments(assignments);
    }
    let differing = all.into_iter().filter(|(_, [before, after])| before != after);
    differing.map(|(what, [before, after])| Step { what, before, after }).collect()
}

/// Whether somebody has it: approved, calculated, found, or kept for a while. Requests, offers and what was refused or
/// is over are not held.
pub(crate) fn is_held(state: WorkflowState, period: Period, now: Instant) -> bool {
    let has = state.is_approved_by_hand()
        || state.is_derogation()
        || matches!(
            state,
            WorkflowState::PolicyApproved
                | WorkflowState::PolicyApprovedWithChanges
                | WorkflowState::GivenByRole
                | WorkflowState::Prolonged
        );
    has && !period.is_past(now)
}

fn held_types(assignments: &Assignments, now: Instant) -> impl Iterator<Item = &AssignedResourceType> {
    assignments.resource_types.iter().filter(move |held| !held.is_denied && is_held(held.workflow, held.period, now))
}

/// Resource types of which an owner has several in one of two states.
fn several(before: &Assignments, after: &Assignments, now: Instant) -> Vec<PolicyObjectId> {
    let twice = |assignments: &Assignments| {
        let mut types: Vec<PolicyObjectId> = held_types(assignments, now).map(|held| held.resource_type).collect();
        types.sort_unstable();
        types.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect::<Vec<_>>()
    };
    [twice(before), twice(after)].concat()
}

/// One of the two states.
struct Side<'m, 'a> {
    all: &'m mut BTreeMap<What, [Option<How<'a>>; 2]>,
    side: usize,
    several: &'m [PolicyObjectId],
    now: Instant,
}

impl<'a> Side<'_, 'a> {
    fn assignments(&mut self, assignments: &'a Assignments) {
        self.roles(&assignments.composite_roles, What::CompositeRole);
        self.roles(&assignments.single_roles, What::SingleRole);
        for held in held_types(assignments, self.now) {
            self.resource_type(held);
        }
    }

    fn roles(&mut self, roles: &[AssignedRole], what: fn(PolicyObjectId, Parameters) -> What) {
        let now = self.now;
        for role in roles.iter().filter(|role| !role.is_denied && is_held(role.workflow, role.period, now)) {
            self.state(what(role.role, role.parameters.clone()), role.workflow, role.period);
        }
    }

    fn resource_type(&mut self, held: &'a AssignedResourceType) {
        let of = held.resource_type;
        let target = held.target.filter(|_| self.several.contains(&of));
        self.state(What::ResourceType(of, target), held.workflow, held.period);
        let now = self.now;
        for scalar in held.scalars.iter().filter(|value| is_held(value.workflow, value.period, now)) {
            if let Some(value) = &scalar.policy_value {
                self.value(What::Value(of, target, scalar.property), value);
            }
        }
        for link in held.navigations.iter().filter(|link| link.is_expected && is_held(link.workflow, link.period, now))
        {
            self.slot(What::Link(of, target, link.property, link.resource)).get_or_insert(How::There);
        }
        for file in held.binaries.iter().filter(|value| is_held(value.workflow, value.period, now)) {
            if let Some(value) = &file.policy_value {
                self.value(What::File(of, target, file.property), value);
            }
        }
    }

    fn slot(&mut self, what: What) -> &mut Option<How<'a>> {
        &mut self.all.entry(what).or_default()[self.side]
    }

    fn state(&mut self, what: What, state: WorkflowState, period: Period) {
        if let How::States(states) = self.slot(what).get_or_insert_with(|| How::States(Vec::new())) {
            states.push((state, period));
        }
    }

    fn value(&mut self, what: What, value: &'a str) {
        if let How::Values(values) = self.slot(what).get_or_insert_with(|| How::Values(Vec::new())) {
            values.push(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_model::policy::{AssignedNavigation, AssignedValue, NO_START};

    fn role(id: i64, workflow: WorkflowState, end: Instant) -> AssignedRole {
        let period = Period { start: NO_START, end };
        AssignedRole { role: PolicyObjectId(id), workflow, period, ..AssignedRole::default() }
    }

    fn roles(single_roles: Vec<AssignedRole>) -> Assignments {
        Assignments { single_roles, ..Assignments::default() }
    }

    fn account(target: Option<i64>, name: &str, group: i64) -> AssignedResourceType {
        AssignedResourceType {
            resource_type: PolicyObjectId(9),
            target: target.map(ResourceId),
            workflow: WorkflowState::PolicyApproved,
            scalars: vec![AssignedValue {
                property: PropertyId(1),
                policy_value: Some(name.to_owned()),
                workflow: WorkflowState::PolicyApproved,
                ..AssignedValue::default()
            }],
            navigations: vec![AssignedNavigation {
                property: PropertyId(2),
                resource: ResourceId(group),
                is_expected: true,
                workflow: WorkflowState::PolicyApproved,
                ..AssignedNavigation::default()
            }],
            ..AssignedResourceType::default()
        }
    }

    #[test]
    fn what_is_over_asked_for_or_refused_is_not_held() {
        use WorkflowState as W;
        let held = [W::Found, W::Historic, W::Approved, W::PolicyApproved, W::Prolonged, W::ApprovedRisk];
        for state in held {
            assert_eq!(steps(&roles(vec![]), &roles(vec![role(1, state, 100)]), 99).len(), 1, "{state:?}");
            assert_eq!(steps(&roles(vec![]), &roles(vec![role(1, state, 100)]), 100), [], "{state:?} is over");
        }
        for state in [W::Requested, W::PendingApproval, W::Suggested, W::Declined, W::Cancellation, W::Inactive] {
            assert_eq!(steps(&roles(vec![]), &roles(vec![role(1, state, 100)]), 0), [], "{state:?}");
        }
        let denied = AssignedRole { is_denied: true, ..role(1, W::Approved, 100) };
        assert_eq!(steps(&roles(vec![]), &roles(vec![denied]), 0), []);
    }

    #[test]
    fn a_role_that_is_kept_in_another_state_changes() {
        let before = roles(vec![role(1, WorkflowState::PolicyApproved, 100)]);
        let after = roles(vec![role(1, WorkflowState::Prolonged, 50)]);
        let found = steps(&before, &after, 0);
        assert_eq!(found.len(), 1);
        assert!(found[0].before.is_some() && found[0].after.is_some());
    }

    #[test]
    fn an_account_that_is_found_is_not_another_one() {
        let with =
            |accounts: Vec<AssignedResourceType>| Assignments { resource_types: accounts, ..Assignments::default() };
        let (before, after) = (with(vec![account(None, "a", 5)]), with(vec![account(Some(3), "b", 6)]));
        let told: Vec<(What, bool, bool)> =
            steps(&before, &after, 0).into_iter().map(|s| (s.what, s.before.is_some(), s.after.is_some())).collect();
        let (of, value, link) = (PolicyObjectId(9), PropertyId(1), PropertyId(2));
        let expected = [
            (What::Value(of, None, value), true, true),
            (What::Link(of, None, link, ResourceId(5)), true, false),
            (What::Link(of, None, link, ResourceId(6)), false, true),
        ];
        assert_eq!(told, expected);
        let two = with(vec![account(Some(3), "a", 5), account(Some(4), "a", 5)]);
        let one = with(vec![account(Some(4), "a", 5)]);
        let lost: Vec<What> = steps(&two, &one, 0).into_iter().map(|step| step.what).collect();
        assert_eq!(lost[0], What::ResourceType(of, Some(ResourceId(3))));
        assert_eq!(lost.len(), 3, "{lost:?}");
    }
}
