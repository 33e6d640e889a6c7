use crate::policy::Waiting;
use crate::tests::both;
use crate::tests::queries::Company;
use crate::tests::scratch::{Scratch, configuration};
use crate::{AssignmentChange, PageRequest, QueryFailure, Restrictions};
use provost_model::policy::{
    AssignedResourceType, AssignedRole, AssignedValue, Assignments, ProvisioningState, WorkflowState,
};
use provost_model::query::Query;
use provost_model::{PolicyObjectId, PropertyId, ResourceId};

both!(
    what_waits_is_found_by_kind_type_and_place,
    targets_have_holders_or_are_orphans,
    scores_come_highest_first,
    lists_are_narrowed_to_those_with_an_owner_or_a_resource_type,
);

fn write(s: &Scratch, owner: i64, mut after: Assignments) {
    s.write(|tx| {
        let before = Assignments::default();
        let mut change = [AssignmentChange { owner: ResourceId(owner), before: &before, after: &mut after }];
        tx.write_assignments(&mut change, 100, false).map(|_| ())
    });
}

fn role(owner: i64, role: i64, workflow: WorkflowState) -> AssignedRole {
    AssignedRole { owner: ResourceId(owner), role: PolicyObjectId(role), workflow, ..AssignedRole::default() }
}

fn account(owner: i64, target: Option<i64>, held: ProvisioningState, found: WorkflowState) -> AssignedResourceType {
    AssignedResourceType {
        owner: ResourceId(owner),
        resource_type: PolicyObjectId(20),
        target: target.map(ResourceId),
        workflow: WorkflowState::PolicyApproved,
        provisioning: ProvisioningState::Verified,
        scalars: vec![AssignedValue {
            property: PropertyId(1),
            workflow: found,
            provisioning: held,
            ..AssignedValue::default()
        }],
        ..AssignedResourceType::default()
    }
}

/// Persons 1 to 3 and department 11, each with something else that waits.
fn filled(s: &Scratch) -> crate::tests::scratch::Company {
    let company = s.deploy(&configuration(), 50);
    company.fill(s);
    let waits = account(1, Some(12), ProvisioningState::AwaitingApproval, WorkflowState::PolicyApproved);
    let found = account(2, Some(11), ProvisioningState::Verified, WorkflowState::Found);
    write(s, 1, Assignments { resource_types: vec![waits], ..Assignments::default() });
    write(
        s,
        2,
        Assignments {
            resource_types: vec![found],
            single_roles: vec![role(2, 5, WorkflowState::Historic), role(2, 6, WorkflowState::PolicyApproved)],
            ..Assignments::default()
        },
    );
    write(
        s,
        3,
        Assignments {
            single_roles: vec![role(3, 5, WorkflowState::PendingApproval1)],
            composite_roles: vec![role(3, 7, WorkflowState::Found)],
            ..Assignments::default()
        },
    );
    write(s, 11, Assignments { single_roles: vec![role(11, 5, WorkflowState::Found)], ..Assignments::default() });
    company
}

fn what_waits_is_found_by_kind_type_and_place(s: &Scratch) {
    let company = filled(s);
    let ids = |what, object: Option<i64>, after, limit| -> Vec<i64> {
        let found =
            s.read(|tx| tx.owners_waiting(what, company.person, object.map(PolicyObjectId), ResourceId(after), limit));
        found.into_iter().map(|id| id.0).collect()
    };
    assert_eq!(ids(Waiting::Provisioning, None, 0, 10), [1]);
    assert_eq!(ids(Waiting::Resources, None, 0, 10), [2]);
    // The role of the department is not one of a person.
    assert_eq!(ids(Waiting::Roles, None, 0, 10), [2, 3]);
    assert_eq!(ids(Waiting::Roles, None, 2, 10), [3]);
    assert_eq!(ids(Waiting::Roles, None, 0, 1), [2]);
    assert_eq!(ids(Waiting::Roles, Some(7), 0, 10), [3]);
    assert_eq!(ids(Waiting::Requests, None, 0, 10), [3]);
    assert!(ids(Waiting::Provisioning, Some(21), 0, 10).is_empty());
    let count = |what, most| s.read(|tx| tx.count_waiting(what, company.person, most));
    assert_eq!((count(Waiting::Roles, 10), count(Waiting::Roles, 1)), (2, 1));
}

fn targets_have_holders_or_are_orphans(s: &Scratch) {
    let company = filled(s);
    let held = s.read(|tx| tx.holders(&[11, 12, 999].map(ResourceId)));
    let pairs: Vec<(i64, i64)> = held.iter().map(|holder| (holder.target.0, holder.owner.0)).collect();
    assert_eq!(pairs, [(11, 2), (12, 1)]);
    let orphans = |after| -> Vec<i64> {
        s.read(|tx| tx.orphans(company.person, ResourceId(after), 2)).into_iter().map(|id| id.0).collect()
    };
    assert_eq!(orphans(0), [1, 2]);
    assert_eq!(orphans(2), [3]);
}

fn scores_come_highest_first(s: &Scratch) {
    let company = filled(s);
    for (owner, score) in [(1, 40), (2, 80), (3, 40), (11, 90)] {
        s.by_hand(&format!("INSERT INTO UP_RiskScores (Owner_Id, Score) VALUES ({owner}, {score})"));
    }
    for (owner, risk) in [(2, 8), (2, 7), (3, 7)] {
        s.by_hand(&format!(
            "INSERT INTO UP_IdentifiedRisks (Owner_Id, Risk_Id, ValidFrom) VALUES ({owner}, {risk}, 1)"
        ));
    }
    let found = |score, after, limit| {
        let rows = s.read(|tx| tx.scored_owners(company.person, (score, ResourceId(after)), limit));
        rows.into_iter()
            .map(|(owner, score, risks)| (owner.0, score, risks.iter().map(|risk| risk.0).collect::<Vec<i64>>()))
            .collect::<Vec<_>>()
    };
    assert_eq!(found(i64::MAX, 0, 2), [(2, 80, vec![7, 8]), (1, 40, vec![])]);
    assert_eq!(found(40, 1, 2), [(3, 40, vec![7])]);
}

fn lists_are_narrowed_to_those_with_an_owner_or_a_resource_type(s: &Scratch) {
    let company = Company::deploy(s);
    for (name, ids) in [("Person", 1..=3), ("Department", 11..=12)] {
        let entity_type = company.metadata.entity_type(name).unwrap().id;
        for id in ids {
            s.by_hand(&format!("INSERT INTO UR_Resources (Id, Type, ValidFrom) VALUES ({id}, {}, 1)", entity_type.0));
        }
    }
    for (owner, target) in [(1, 12), (2, 11)] {
        let held = account(owner, Some(target), ProvisioningState::Verified, WorkflowState::PolicyApproved);
        write(s, owner, Assignments { resource_types: vec![held], ..Assignments::default() });
    }
    // Departments are owned. Person 3 was classified, and nobody owns it.
    s.by_hand(
        "INSERT INTO UP_ResourceClassifications (Resource_Id, ResourceType_Id, Confidence, IsFrozen) \
         VALUES (3, 20, 100, 0)",
    );
    let found = |entity_type: &str, narrow: &dyn Fn(&mut Restrictions)| -> Vec<String> {
        let mut seen = Restrictions::none();
        narrow(&mut seen);
        let all = Query::default();
        let (page, count) = s
            .store
            .read(|tx| -> Result<_, QueryFailure> {
                let catalogue = tx.catalogue()?;
                let page = tx.query(&catalogue, entity_type, &all, &PageRequest::default(), &seen)?;
                Ok((page, tx.count_found(&catalogue, entity_type, &all, 100, &seen)?))
            })
            .unwrap();
        assert_eq!(page.rows.len() as u64, count);
        page.rows.iter().map(|row| row["Id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(found("Department", &|seen| seen.owned(true)), ["11", "12"]);
    assert_eq!(found("Department", &|seen| seen.owned(false)), Vec::<String>::new());
    assert_eq!(found("Person", &|seen| seen.owned(false)), ["1", "2", "3"]);
    assert_eq!(found("Person", &|seen| seen.categorised(false)), ["1", "2"]);
    assert_eq!(found("Person", &|seen| seen.categorised(true)), ["3"]);
    let none = found("Person", &|seen| {
        seen.categorised(true);
        seen.owned(true);
    });
    assert_eq!(none, Vec::<String>::new());
}
