use crate::tests::both;
use crate::tests::scratch::Scratch;
use crate::{AssignmentChange, AssignmentCounts};
use provost_model::policy::{
    AssignedNavigation, AssignedResourceType, AssignedRole, AssignedValue, Assignments, NO_END, Period,
    ProvisioningState, WorkflowState,
};
use provost_model::{PolicyObjectId, PropertyId, ResourceId};

both!(what_is_written_is_read, only_differences_are_written, history_answers_as_of, without_history_nothing_is_kept);

fn role(owner: i64, role: i64) -> AssignedRole {
    AssignedRole {
        owner: ResourceId(owner),
        role: PolicyObjectId(role),
        workflow: WorkflowState::PolicyApproved,
        period: Period { start: 10, end: NO_END },
        parameters: vec![(0, ResourceId(70)), (31, ResourceId(71))],
        is_inferred: true,
        rule: Some(PolicyObjectId(5)),
        state_since: 100,
        grace_until: Some(500),
        ..AssignedRole::default()
    }
}

fn account(owner: i64) -> AssignedResourceType {
    let scalar = |property, value: &str| AssignedValue {
        property: PropertyId(property),
        policy_value: Some(value.to_owned()),
        current_value: None,
        workflow: WorkflowState::PolicyApproved,
        provisioning: ProvisioningState::Pending,
        rule: Some(PolicyObjectId(8)),
        ..AssignedValue::default()
    };
    AssignedResourceType {
        owner: ResourceId(owner),
        resource_type: PolicyObjectId(20),
        target: Some(ResourceId(owner + 1000)),
        confidence: 100,
        workflow: WorkflowState::PolicyApproved,
        provisioning: ProvisioningState::Verified,
        scalars: vec![scalar(1, "a"), scalar(2, "b")],
        navigations: vec![AssignedNavigation {
            property: PropertyId(3),
            resource: ResourceId(90),
            is_current: true,
            workflow: WorkflowState::Found,
            confidence: 120,
            single_role: Some(PolicyObjectId(4)),
            error: Some("why".to_owned()),
            ..AssignedNavigation::default()
        }],
        binaries: vec![AssignedValue {
            property: PropertyId(4),
            policy_value: Some("d1".to_owned()),
            current_value: Some("d2".to_owned()),
            ..AssignedValue::default()
        }],
        ..AssignedResourceType::default()
    }
}

fn has_all(owner: i64) -> Assignments {
    Assignments {
        composite_roles: vec![role(owner, 1)],
        single_roles: vec![role(owner, 2), role(owner, 3)],
        resource_types: vec![account(owner)],
    }
}

/// Stores what these owners have, from what they had.
fn store(
    scratch: &Scratch,
    owned: &[(i64, Assignments)],
    now: i64,
    ignore_history: bool,
) -> (Vec<Assignments>, AssignmentCounts) {
    let owners: Vec<ResourceId> = owned.iter().map(|(owner, _)| ResourceId(*owner)).collect();
    let before = scratch.read(|tx| tx.assignments(&owners));
    let mut after: Vec<Assignments> = owned.iter().map(|(_, a)| a.clone()).collect();
    let counts = scratch.write(|tx| {
        let mut changes: Vec<AssignmentChange<'_>> = owners
            .iter()
            .zip(&before)
            .zip(&mut after)
            .map(|((owner, before), after)| AssignmentChange { owner: *owner, before, after })
            .collect();
        tx.write_assignments(&mut changes, now, ignore_history)
    });
    (after, counts)
}

const fn counts(inserted: u64, updated: u64, closed: u64) -> AssignmentCounts {
    AssignmentCounts { inserted, updated, closed }
}

fn what_is_written_is_read(scratch: &Scratch) {
    let all: Vec<(i64, Assignments)> = (1..=40).map(|owner| (owner * 3, has_all(owner * 3))).collect();
    let (written, found) = store(scratch, &all, 1_000, false);
    assert_eq!(found, counts(40 * 8, 0, 0));
    assert_eq!(written[0].single_roles.iter().map(|r| r.id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(written[39].resource_types[0].id, 40);
    assert_eq!(written[39].resource_types[0].scalars[1].id, 80);
    // Densely, with owners in between that have nothing, and far apart.
    let dense: Vec<ResourceId> = (1..=120).map(ResourceId).collect();
    let read = scratch.read(|tx| tx.assignments(&dense));
    assert!(read[0].is_empty());
    assert_eq!(read[2], written[0]);
    assert_eq!(read[119], written[39]);
    let sparse = [3, 120].map(ResourceId);
    assert_eq!(scratch.read(|tx| tx.assignments(&sparse)), [written[0].clone(), written[39].clone()]);
    assert_eq!(
        scratch.rows(
            "SELECT CAST(ConsolidatedWorkflowFoundState AS TEXT), CAST(ConsolidatedProvisioningState AS TEXT), \
             StartDateText FROM (SELECT a.*, CAST(StartDate AS TEXT) AS StartDateText FROM UP_AssignedResourceTypes a \
             WHERE Owner_Id = 3) x",
            3
        ),
        ["1|1|-"]
    );
}

fn only_differences_are_written(scratch: &Scratch) {
    let (first, _) = store(scratch, &[(7, has_all(7))], 1_000, false);
    let (again, found) = store(scratch, &[(7, first[0].clone())], 2_000, false);
    assert_eq!((&again, found), (&first, counts(0, 0, 0)));

    let mut changed = first[0].clone();
    changed.single_roles.remove(0);
    changed.single_roles.push(role(7, 9));
    changed.resource_types[0].scalars[0].current_value = Some("a".to_owned());
    let (after, found) = store(scratch, &[(7, changed)], 3_000, false);
    assert_eq!(found, counts(1, 1, 1));
    assert_eq!(after[0].single_roles[1].id, 3);
    assert_eq!(scratch.read(|tx| tx.assignments(&[ResourceId(7)])), after);
    assert_eq!(
        scratch.rows(
            "SELECT 'scalar', CAST(ValidFrom AS TEXT), CAST(ValidTo AS TEXT) FROM UP_AssignedResourceScalarsHistory \
             UNION ALL SELECT 'role', CAST(ValidFrom AS TEXT), CAST(ValidTo AS TEXT) FROM UP_AssignedSingleRolesHistory",
            3
        ),
        ["scalar|1000|3000", "role|1000|3000"]
    );
    // The state of a value is also one of what holds it.
    let mut changed = after[0].clone();
    changed.resource_types[0].scalars.iter_mut().for_each(|s| s.provisioning = ProvisioningState::Verified);
    assert_eq!(store(scratch, &[(7, changed)], 4_000, false).1, counts(0, 3, 0));
}

fn history_answers_as_of(scratch: &Scratch) {
    let owner = [ResourceId(7)];
    let (first, _) = store(scratch, &[(7, has_all(7))], 1_000, false);
    let mut changed = first[0].clone();
    changed.composite_roles.clear();
    changed.resource_types[0].target = None;
    let (second, _) = store(scratch, &[(7, changed)], 2_000, false);
    store(scratch, &[(7, Assignments::default())], 3_000, false);
    let at = |at| scratch.read(|tx| tx.assignments_at(&owner, at));
    assert!(at(999)[0].is_empty());
    assert_eq!(at(1_000), first);
    assert_eq!(at(1_999), first);
    assert_eq!(at(2_000), second);
    assert!(at(3_000)[0].is_empty());
}

fn without_history_nothing_is_kept(scratch: &Scratch) {
    store(scratch, &[(7, has_all(7))], 1_000, true);
    let (_, found) = store(scratch, &[(7, Assignments::default())], 2_000, true);
    assert_eq!(found, counts(0, 0, 8));
    assert_eq!(scratch.rows("SELECT CAST(COUNT(*) AS TEXT) FROM UP_AssignedResourceTypesHistory", 1), ["0"]);
}
