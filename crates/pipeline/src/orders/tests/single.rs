//! What single assignments come to.

use super::world::{
    ACCOUNT, DN, GROUPS, HOUR, MAIL, MAILBOX, MANAGER, NOW, World, codes, creation, existing, lines, link, scalar,
};
use crate::orders::{TypeCounts, change_set, exceeded};
use provost_model::ResourceId;
use provost_model::configuration::Limit;
use provost_model::configuration::policy::ResourceType;
use provost_model::policy::{AssignedResourceType, Period, ProvisioningState, WorkflowState};

fn past() -> Period {
    Period { start: 0, end: NOW - HOUR }
}

#[test]
fn a_creation_has_the_documented_shape() {
    let world = World::new(|_| ());
    let mut account = creation(7, ACCOUNT);
    account.scalars = vec![scalar(1, DN, "CN=Ada"), scalar(2, MAIL, "ada@x")];
    account.navigations = vec![link(1, GROUPS, 31, true), link(2, GROUPS, 32, true), link(3, MANAGER, 22, true)];
    let planned = world.of(vec![account]);
    let order = &planned.orders[0];
    assert_eq!(
        serde_json::to_value(&order.order).unwrap(),
        serde_json::json!({
            "AssignedResourceTypeId": "7",
            "ChangeType": "Added",
            "Owner": { "Id": "1", "InternalDisplayName": "Person 1", "login": "login1" },
            "ResourceType": {
                "Id": "101", "Identifier": "Account",
                "SourceEntityType": { "Id": "1", "Identifier": "Person" },
                "TargetEntityType": { "Id": "2", "Identifier": "Account" },
            },
            "Changes": {
                "dn": "CN=Ada",
                "groups_add": [{ "Id": "31", "dn": "CN=G1" }, { "Id": "32", "dn": "CN=G2" }],
                "mail": "ada@x",
                "manager": { "Id": "22", "dn": "CN=2" },
            },
        })
    );
    assert!(order.rows.is_whole);
    assert_eq!((&order.rows.scalars[..], &order.rows.navigations[..]), (&[1, 2][..], &[1, 2, 3][..]));
}

#[test]
fn a_change_names_what_changes_and_what_the_target_holds() {
    let world = World::new(|_| ());
    let mut account = existing(7, ACCOUNT);
    account.scalars = vec![scalar(1, MAIL, "")];
    account.navigations = vec![link(1, GROUPS, 31, true), link(2, GROUPS, 32, false), link(3, MANAGER, 22, false)];
    let planned = world.of(vec![account]);
    assert_eq!(
        lines(&planned),
        [
            r#"Modified 7 {"groups_add":[{"Id":"31","dn":"CN=G1"}],"groups_remove":[{"Id":"32","dn":"CN=G2"}],"mail":null,"manager":null}"#
        ]
    );
    let order = &planned.orders[0];
    assert!(!order.rows.is_whole);
    let resource = serde_json::to_value(order.order.resource.clone()).unwrap();
    assert_eq!(resource, serde_json::json!({ "Id": "21", "dn": "CN=1", "mail": "old@x" }));
}

#[test]
fn what_is_lost_is_deleted_and_nothing_of_it_is_changed() {
    let world = World::new(|_| ());
    let lost = |id| AssignedResourceType { provisioning: ProvisioningState::Pending, ..existing(id, ACCOUNT) };
    let over = AssignedResourceType { period: past(), scalars: vec![scalar(1, MAIL, "a@x")], ..lost(7) };
    let denied = AssignedResourceType { is_denied: true, target: Some(ResourceId(22)), ..lost(8) };
    let cancelled =
        AssignedResourceType { workflow: WorkflowState::Cancellation, target: Some(ResourceId(23)), ..lost(9) };
    assert_eq!(lines(&world.of(vec![over, denied, cancelled])), ["Deleted 7 {}", "Deleted 8 {}", "Deleted 9 {}"]);
}

#[test]
fn what_is_not_pending_gives_nothing() {
    let world = World::new(|_| ());
    for state in ProvisioningState::ALL.iter().copied().filter(|state| *state != ProvisioningState::Pending) {
        let mut value = scalar(1, MAIL, "a@x");
        value.provisioning = state;
        let made = AssignedResourceType { provisioning: state, ..creation(7, ACCOUNT) };
        let there = AssignedResourceType { scalars: vec![value], ..existing(8, ACCOUNT) };
        let planned = world.of(vec![made, there]);
        assert!(planned.orders.is_empty() && planned.held.is_empty(), "{state:?}");
    }
}

#[test]
fn reasons_to_wait_are_told() {
    type Edit = Box<dyn FnOnce(&mut provost_model::configuration::Configuration)>;
    let cases: [(&str, Edit); 4] = [
        ("7 provisioning-disabled", Box::new(|c| c.policy.policies[0].is_provisioning_enabled = false)),
        ("7 external-policy", Box::new(|c| c.policy.policies[0].is_external = true)),
        ("7 no-creation", Box::new(|c| c.policy.resource_types[0].allow_add = false)),
        (
            "7 depends-on-owner-property",
            Box::new(|c| c.policy.resource_types[0].depends_on_owner_property = Some("mail".to_owned())),
        ),
    ];
    for (expected, change) in cases {
        let planned = World::new(change).of(vec![creation(7, ACCOUNT)]);
        assert_eq!(codes(&planned), [expected]);
        assert!(planned.orders.is_empty(), "{expected}");
    }
    let removal =
        AssignedResourceType { provisioning: ProvisioningState::Pending, period: past(), ..existing(7, ACCOUNT) };
    let world = World::new(|c| c.policy.resource_types[0].allow_remove = false);
    assert_eq!(codes(&world.of(vec![removal])), ["7 no-deletion"]);
    // The property of the owner is filled.
    let world = World::new(|c| c.policy.resource_types[0].depends_on_owner_property = Some("login".to_owned()));
    assert_eq!(lines(&world.of(vec![creation(7, ACCOUNT)])), ["Added 7 {}"]);
}

#[test]
fn a_start_is_anticipated_by_the_configured_hours() {
    let world = World::new(|c| c.policy.resource_types[0].fulfill_hours_ahead_of_time = 48);
    let at = |start| AssignedResourceType { period: Period { start, end: NOW + 1000 * HOUR }, ..creation(7, ACCOUNT) };
    assert_eq!(lines(&world.of(vec![at(NOW + 48 * HOUR)])), ["Added 7 {}"]);
    assert_eq!(codes(&world.of(vec![at(NOW + 48 * HOUR + 1)])), ["7 not-before"]);
    let mut later = scalar(1, MAIL, "a@x");
    later.period.start = NOW + 49 * HOUR;
    let there = AssignedResourceType { scalars: vec![later], ..existing(7, ACCOUNT) };
    assert_eq!(codes(&world.of(vec![there.clone()])), ["7 not-before"]);
    // A value that is not due yet does not hold up the others.
    let both = AssignedResourceType { scalars: vec![there.scalars[0].clone(), scalar(2, DN, "CN=A")], ..there };
    assert_eq!(lines(&world.of(vec![both])), [r#"Modified 7 {"dn":"CN=A"}"#]);
}

#[test]
fn a_resource_type_waits_for_the_one_it_depends_on() {
    let world = World::new(|_| ());
    let both = world.of(vec![creation(7, ACCOUNT), creation(8, MAILBOX)]);
    assert_eq!((lines(&both), codes(&both)), (vec!["Added 7 {}".to_owned()], vec!["8 depends-on".to_owned()]));
    let executed = AssignedResourceType { provisioning: ProvisioningState::Executed, ..creation(7, ACCOUNT) };
    assert_eq!(lines(&world.of(vec![executed, creation(8, MAILBOX)])), ["Added 8 {}"]);
    assert_eq!(lines(&world.of(vec![existing(7, ACCOUNT), creation(8, MAILBOX)])), ["Added 8 {}"]);
    let unsure = AssignedResourceType { provisioning: ProvisioningState::AwaitingApproval, ..existing(7, ACCOUNT) };
    assert_eq!(codes(&world.of(vec![unsure, creation(8, MAILBOX)])), ["8 depends-on"]);
}

#[test]
fn types_that_depend_on_each_other_do_not_wait_for_ever() {
    let world = World::new(|c| c.policy.resource_types[0].depends_on = Some("Mailbox".to_owned()));
    assert_eq!(lines(&world.of(vec![creation(7, ACCOUNT), creation(8, MAILBOX)])), ["Added 7 {}", "Added 8 {}"]);
}

#[test]
fn a_target_that_waits_for_a_review_is_left_alone() {
    let world = World::new(|_| ());
    let blocked = AssignedResourceType { provisioning: ProvisioningState::AwaitingApproval, ..existing(7, ACCOUNT) };
    let mailbox = AssignedResourceType { scalars: vec![scalar(1, MAIL, "a@x")], ..existing(8, MAILBOX) };
    let own = AssignedResourceType { scalars: vec![scalar(2, MAIL, "b@x")], ..blocked };
    assert_eq!(codes(&world.of(vec![own, mailbox])), ["7 blocked-sibling", "8 blocked-sibling"]);
}

#[test]
fn values_of_a_target_that_nobody_has_seen_yet_wait() {
    let world = World::new(|_| ());
    let ordered = AssignedResourceType {
        provisioning: ProvisioningState::Executed,
        scalars: vec![scalar(1, MAIL, "a@x")],
        ..creation(7, ACCOUNT)
    };
    assert_eq!(codes(&world.of(vec![ordered])), ["7 awaits-target"]);
}

#[test]
fn memberships_go_before_the_account_and_dependants_before_what_they_need() {
    let world = World::new(|_| ());
    let lost = |id, resource_type, target| AssignedResourceType {
        provisioning: ProvisioningState::Pending,
        period: past(),
        target: Some(ResourceId(target)),
        ..existing(id, resource_type)
    };
    let changed = AssignedResourceType { navigations: vec![link(1, GROUPS, 31, false)], ..existing(5, ACCOUNT) };
    let planned =
        world.of(vec![lost(1, ACCOUNT, 22), lost(2, MAILBOX, 23), changed, creation(4, MAILBOX), creation(6, ACCOUNT)]);
    let order: Vec<String> = lines(&planned).iter().map(|line| line.split(" {").next().unwrap().to_owned()).collect();
    assert_eq!(order, ["Added 6", "Added 4", "Modified 5", "Deleted 2", "Deleted 1"]);
}

#[test]
fn arguments_are_computed_from_the_order() {
    let expression = "C#:person: var a = new System.Collections.Generic.Dictionary<string, string>(); \
                      if (provisioningOrder.TryGetScalar(\"mail\", out var mail)) a.Add(\"Mail\", mail); \
                      if (provisioningOrder.ChangeType.IsAdded()) a.Add(\"WorkflowIdentifier\", person.login); return a;";
    let world = World::new(|c| c.policy.resource_types[0].arguments_expression = Some(expression.to_owned()));
    let account = AssignedResourceType { scalars: vec![scalar(1, MAIL, "a@x")], ..creation(7, ACCOUNT) };
    let planned = world.of(vec![account]);
    let arguments: Vec<(&str, &str)> =
        planned.orders[0].order.arguments.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(arguments, [("Mail", "a@x"), ("WorkflowIdentifier", "login1")]);
}

#[test]
fn the_name_of_a_change_set_is_that_of_what_is_done() {
    let name = |value: &str, login: &str| {
        let mut world = World::new(|_| ());
        let person = world.population.find(0, ResourceId(1)).unwrap();
        world.population.set_value(person, 0, login);
        let account = AssignedResourceType { scalars: vec![scalar(1, MAIL, value)], ..creation(7, ACCOUNT) };
        change_set(world.of(vec![account]).orders.iter().map(|order| &order.digest))
    };
    assert_eq!(name("a@x", "login1"), name("a@x", "another"));
    assert_ne!(name("a@x", "login1"), name("b@x", "login1"));
    assert_eq!(name("a@x", "login1").len(), 32);
}

#[test]
fn all_thresholds_that_are_exceeded_are_named() {
    let limit = |lines, percent| Limit { lines, percent };
    let guarded = ResourceType {
        identifier: "Account".to_owned(),
        inserted: limit(10, 30),
        updated: limit(0, 30),
        deleted: limit(5, 0),
        ..ResourceType::default()
    };
    let found = |added, modified, deleted, targets| -> Vec<String> {
        exceeded(&guarded, &TypeCounts { added, modified, deleted, targets })
            .iter()
            .map(|t| format!("{} {} {} {}/{}", t.level, t.name, t.limit, t.count, t.base))
            .collect()
    };
    assert_eq!(found(10, 30, 5, 100), Vec::<String>::new());
    assert_eq!(
        found(31, 31, 6, 100),
        [
            "ResourceType Account MaximumInsert 10 31/100",
            "ResourceType Account MaximumInsertPercent 30 31/100",
            "ResourceType Account MaximumUpdatePercent 30 31/100",
            "ResourceType Account MaximumDelete 5 6/100",
        ]
    );
    assert_eq!(found(1, 0, 0, 0), ["ResourceType Account MaximumInsertPercent 30 1/0"]);
}
