//! What somebody has, as rows.

use super::{Company, filled};
use crate::tests::both;
use crate::tests::scratch::Scratch;
use crate::{AssignmentChange, PageRequest, Restrictions};
use provost_model::policy::{
    AssignedNavigation, AssignedResourceType, AssignedRole, AssignedValue, Assignments, WorkflowState,
};
use provost_model::query::{Binding, Filter, Operand, Operator, Query};
use provost_model::{PolicyObjectId, ResourceId};
use serde_json::json;

both!(pages_follow_owners, what_belongs_together_is_joined_within_an_owner, rows_may_be_restricted);

/// Ada (1), Bob (2) and Cyd (3) have two roles each, and the account that is Dan (4), 5 or 6; Cyd's were stored first.
fn assigned(s: &Scratch) -> Company {
    let c = filled(s);
    for owner in [3, 1, 2] {
        let role = |role: i64, workflow| AssignedRole {
            owner: ResourceId(owner),
            role: PolicyObjectId(role),
            workflow,
            ..AssignedRole::default()
        };
        let account = AssignedResourceType {
            owner: ResourceId(owner),
            resource_type: PolicyObjectId(20),
            target: Some(ResourceId(owner + 3)),
            scalars: vec![AssignedValue { policy_value: Some(format!("of {owner}")), ..AssignedValue::default() }],
            navigations: vec![AssignedNavigation { resource: ResourceId(11), ..AssignedNavigation::default() }],
            ..AssignedResourceType::default()
        };
        let before = Assignments::default();
        let mut after = Assignments {
            single_roles: vec![role(5, WorkflowState::PolicyApproved), role(6, WorkflowState::Found)],
            resource_types: vec![account],
            ..Assignments::default()
        };
        s.write(|tx| {
            let mut changes = [AssignmentChange { owner: ResourceId(owner), before: &before, after: &mut after }];
            tx.write_assignments(&mut changes, 100, false)
        });
    }
    c
}

fn pages_follow_owners(s: &Scratch) {
    let c = assigned(s);
    let (mut token, mut seen) = (None::<String>, Vec::new());
    loop {
        let request =
            PageRequest { page_size: Some(2), continuation_token: token.as_deref(), ..PageRequest::default() };
        let page =
            c.page(s, "AssignedSingleRole", "select OwnerId, Id, WorkflowState", &request, &Restrictions::none());
        let page = page.unwrap();
        seen.extend(page.rows);
        token = page.next.map(|token| token.to_string());
        if token.is_none() {
            break;
        }
    }
    // Cyd's rows have the smallest ids.
    let row = |owner: &str, id: &str, state: &str| json!({"OwnerId": owner, "Id": id, "WorkflowState": state});
    assert_eq!(
        seen,
        [
            row("1", "3", "PolicyApproved"),
            row("1", "4", "Found"),
            row("2", "5", "PolicyApproved"),
            row("2", "6", "Found"),
            row("3", "1", "PolicyApproved"),
            row("3", "2", "Found"),
        ]
    );
    assert_eq!(c.ids(s, "AssignedSingleRole", "where WorkflowState = 18"), "3 5 1");
    assert_eq!(c.ids(s, "AssignedSingleRole", "where WorkflowState = \"policyapproved\" order by Id desc"), "5 3 1");
    assert_eq!(c.ids(s, "AssignedSingleRole", "where WorkflowState = \"1\" order by OwnerId desc"), "2 6 4");
}

fn what_belongs_together_is_joined_within_an_owner(s: &Scratch) {
    let c = assigned(s);
    assert_eq!(
        c.rows(
            s,
            "AssignedResourceType",
            "join Owner of type Person o join Scalars v join Navigations n select o.Name, v.PolicyValue, \
             n.Resource.InternalDisplayName where v.PolicyValue = \"of 2\""
        ),
        json!([{"Owner": {"Name": "bob"}, "Scalars": [{"PolicyValue": "of 2"}],
            "Navigations": [{"Resource": {"InternalDisplayName": "Sales"}}]}])
    );
    assert_eq!(
        c.rows(s, "AssignedResourceScalar", "select PolicyValue, AssignedResourceType.ResourceId where OwnerId = 3"),
        json!([{"PolicyValue": "of 3", "AssignedResourceType": {"ResourceId": "6"}}])
    );
    // Dan is the account of Ada.
    assert_eq!(
        c.rows(s, "Person", "join ResourceAssignedResourceTypes a select Number, a.OwnerId where a.OwnerId > 0"),
        json!([{"Number": "P4", "ResourceAssignedResourceTypes": [{"OwnerId": "1"}]}])
    );
}

fn rows_may_be_restricted(s: &Scratch) {
    let c = assigned(s);
    let mut restrictions = Restrictions::none();
    restrictions.only(
        "AssignedSingleRole",
        Filter::Compare {
            left: Binding::of(["WorkflowState"]),
            operator: Operator::Equal,
            right: Operand::Text("1".to_owned()),
        },
    );
    let page = c.page(s, "AssignedSingleRole", "select Id", &PageRequest::default(), &restrictions).unwrap();
    assert_eq!(page.rows, [json!({"Id": "4"}), json!({"Id": "6"}), json!({"Id": "2"})]);
}

/// A later page and a join of SQLite begin where they have to, and read no table from its beginning.
#[test]
fn sqlite_finds_owners_by_their_place() {
    let s = Scratch::sqlite();
    let c = assigned(&s);
    let plan = |entity_type: &str, query: &str| {
        let request = PageRequest { page_size: Some(1), ..PageRequest::default() };
        let first = c.page(&s, entity_type, query, &request, &Restrictions::none()).unwrap();
        let token = first.next.map(|token| token.to_string());
        let request = PageRequest { continuation_token: token.as_deref(), ..PageRequest::default() };
        let query = Query::parse(query).unwrap();
        s.store.read(|tx| tx.explain_query(&c.catalogue, entity_type, &query, &request)).unwrap().join("\n")
    };
    insta::assert_snapshot!(plan("AssignedSingleRole", "select Id"), @"SEARCH t0 USING PRIMARY KEY (Owner_Id>?)");
    let joined = plan("AssignedResourceScalar", "select Id, AssignedResourceType.ResourceId");
    insta::assert_snapshot!(joined, @r"
    SEARCH t0 USING PRIMARY KEY (Owner_Id>?)
    SEARCH t1 USING PRIMARY KEY (Owner_Id=? AND Id=?) LEFT-JOIN
    ");
}
