//! Decisions, and what follows from them.

use super::both;
use super::world::Orders;
use crate::orders::{Decided, Decision, Item, ItemFilter, ItemKind, OrderHost, Part, Verdict, decide, items};
use provost_model::orders::{OrderOutcome, OrderResult, ResultFile};
use provost_model::policy::{AssignedResourceType, AssignedRole, Assignments, ProvisioningState, WorkflowState};
use provost_model::{PolicyObjectId, ResourceId};
use provost_store::AssignmentChange;

both!(
    an_account_without_rights_gives_errors_that_are_mended_one_first,
    what_waits_is_approved_or_declined,
    a_decision_about_something_that_changed_is_refused,
    what_exists_without_a_rule_is_kept_or_taken_away,
    orders_for_people_end_when_they_say_so,
    roles_are_approved_step_by_step_or_declined,
    a_property_is_declined_and_the_rest_approved_in_one_go,
);

fn found(orders: &Orders, filter: ItemFilter) -> Vec<Item> {
    items(&orders.store, &filter, orders.world.now()).unwrap()
}

fn of(item: &Item, verdict: Verdict, comment: &str) -> Decision {
    Decision {
        owner: item.owner,
        part: item.part,
        id: item.id,
        verdict,
        version: Some(item.version.clone()),
        comment: comment.to_owned(),
    }
}

fn decided(orders: &Orders, decisions: &[Decision]) -> Decided {
    decide(&orders.store, decisions, "ada", orders.world.now()).unwrap()
}

fn report(orders: &Orders, file: &str, outcome: OrderOutcome, error: Option<&str>) -> u64 {
    let left = orders.host(|host| host.orders(file)).unwrap().orders;
    let results = left.iter().map(|order| OrderResult {
        assigned_resource_type_id: order.assigned_resource_type_id.clone(),
        outcome,
        error: error.map(str::to_owned),
        key: None,
    });
    let results = ResultFile { results: results.collect() };
    orders.host(|host| host.report(file, "agent", &results)).unwrap().counted
}

fn an_account_without_rights_gives_errors_that_are_mended_one_first(orders: &Orders) {
    orders.assign((1..=100).map(|person| orders.removal(person)).collect());
    let given = orders.generate();
    assert_eq!(report(orders, &given.files[0], OrderOutcome::Errored, Some("insufficient access rights")), 100);
    let errored = found(orders, ItemFilter { kind: Some(ItemKind::Errored), ..ItemFilter::default() });
    assert_eq!(errored.len(), 100);
    assert_eq!(errored[0].error.as_deref(), Some("insufficient access rights"));
    // Nothing is tried again unasked.
    assert_eq!(orders.generate().orders, 0);

    orders.world.pass(1);
    assert_eq!(decided(orders, &[of(&errored[0], Verdict::Unblock, "")]).changed, 1);
    let one = orders.generate();
    assert_eq!(one.orders, 1);
    assert_eq!(report(orders, &one.files[0], OrderOutcome::Executed, None), 1);
    assert_eq!(
        (orders.standing(1), orders.standing(2)),
        ("8 0 ".to_owned(), "3 0 insufficient access rights".to_owned())
    );

    orders.world.pass(1);
    let filter = ItemFilter { error: Some("access rights".to_owned()), ..ItemFilter::default() };
    let rest: Vec<Decision> = found(orders, filter).iter().map(|item| of(item, Verdict::Unblock, "")).collect();
    assert_eq!(decided(orders, &rest), Decided { changed: 99, refused: vec![] });
    // Saying it twice changes nothing.
    assert_eq!(decided(orders, &rest), Decided { changed: 0, refused: vec![] });
    assert_eq!(orders.generate().orders, 99);
}

fn what_waits_is_approved_or_declined(orders: &Orders) {
    let waiting = |row: AssignedResourceType| AssignedResourceType {
        provisioning: ProvisioningState::AwaitingApproval,
        scalars: vec![orders.value("a@x", ProvisioningState::AwaitingApproval)],
        ..row
    };
    let association = AssignedResourceType { confidence: 80, scalars: vec![], ..waiting(orders.update(4, "")) };
    let removal = AssignedResourceType { scalars: vec![], ..waiting(orders.removal(3)) };
    let update = AssignedResourceType {
        scalars: vec![orders.value("a@x", ProvisioningState::AwaitingApproval)],
        ..orders.update(2, "")
    };
    orders.assign(vec![waiting(orders.creation(1)), update, removal, association]);
    assert_eq!(orders.generate().orders, 0);
    let all = found(orders, ItemFilter::default());
    let kinds: Vec<(i64, ItemKind, Part)> = all.iter().map(|item| (item.owner, item.kind, item.part)).collect();
    assert_eq!(
        kinds,
        [
            (1, ItemKind::Addition, Part::ResourceType),
            (1, ItemKind::Update, Part::Scalar),
            (2, ItemKind::Update, Part::Scalar),
            (3, ItemKind::Deletion, Part::ResourceType),
            (4, ItemKind::Association, Part::ResourceType),
        ]
    );
    orders.world.pass(1);
    // The policy asks for a reason to decline.
    let silent = decided(orders, &[of(&all[3], Verdict::Decline, " ")]);
    assert_eq!(silent.changed, 0);
    assert!(silent.refused[0].contains("a comment is required"), "{:?}", silent.refused);
    let decisions = [
        of(&all[0], Verdict::Approve, ""),
        of(&all[2], Verdict::Postpone, ""),
        of(&all[3], Verdict::Decline, "she comes back"),
        of(&all[4], Verdict::Approve, "checked"),
    ];
    assert_eq!(decided(orders, &decisions), Decided { changed: 3, refused: vec![] });
    let states: Vec<String> = (1..5).map(|person| orders.standing(person)).collect();
    assert_eq!(states, ["1 1 ", "4 5 ", "4 0 ", "4 0 "]);
    assert_eq!(orders.of(3).workflow, WorkflowState::Approved);
    let made = orders.store.read(|tx| tx.decisions(ResourceId(3))).unwrap();
    assert_eq!((made[0].actor.as_str(), made[0].comment.as_str()), ("ada", "she comes back"));
    let given = orders.generate();
    assert_eq!((given.orders, given.summary.entity_types["AD_User"].inserted), (1, 1));
}

fn a_decision_about_something_that_changed_is_refused(orders: &Orders) {
    orders.assign(vec![orders.removal(1)]);
    let given = orders.generate();
    report(orders, &given.files[0], OrderOutcome::Errored, Some("busy"));
    let item = found(orders, ItemFilter::default()).remove(0);
    orders.world.pass(1);
    assert_eq!(decided(orders, &[of(&item, Verdict::Unblock, "")]).changed, 1);
    let given = orders.generate();
    report(orders, &given.files[0], OrderOutcome::Errored, Some("gone"));
    // Somebody else still looks at the first error.
    let late = decided(orders, &[of(&item, Verdict::Unblock, "again")]);
    assert_eq!(late.changed, 0);
    assert!(late.refused[0].contains("it has changed since it was looked at"), "{:?}", late.refused);
    let misfit = decided(orders, &[Decision { version: None, ..of(&item, Verdict::Keep, "") }]);
    assert!(misfit.refused[0].contains("does not fit its present state"), "{:?}", misfit.refused);
    let unknown = decided(orders, &[Decision { id: 999_999, ..of(&item, Verdict::Keep, "") }]);
    assert!(unknown.refused[0].contains("no such row"), "{:?}", unknown.refused);
}

fn what_exists_without_a_rule_is_kept_or_taken_away(orders: &Orders) {
    let discovered = |person| AssignedResourceType {
        workflow: WorkflowState::Found,
        provisioning: ProvisioningState::None,
        scalars: vec![],
        ..orders.update(person, "")
    };
    let mut by_hand = orders.update(3, "rule@x");
    by_hand.scalars[0].workflow = WorkflowState::Found;
    by_hand.scalars[0].provisioning = ProvisioningState::None;
    by_hand.scalars[0].current_value = Some("hand@x".to_owned());
    orders.assign(vec![discovered(1), discovered(2), by_hand]);
    let all = found(orders, ItemFilter::default());
    let kinds: Vec<ItemKind> = all.iter().map(|item| item.kind).collect();
    assert_eq!(kinds, [ItemKind::Unauthorised, ItemKind::Unauthorised, ItemKind::Property]);
    assert_eq!((all[2].proposed.as_deref(), all[2].current.as_deref()), (Some("rule@x"), Some("hand@x")));
    orders.world.pass(1);
    let decisions = [
        of(&all[0], Verdict::Keep, "service account"),
        of(&all[1], Verdict::Delete, ""),
        of(&all[2], Verdict::Approve, ""),
    ];
    assert_eq!(decided(orders, &decisions), Decided { changed: 3, refused: vec![] });
    assert_eq!((orders.of(1).workflow, orders.of(2).workflow), (WorkflowState::Approved, WorkflowState::Cancellation));
    let given = orders.generate();
    let counters = given.summary.entity_types["AD_User"];
    assert_eq!((counters.updated, counters.deleted), (1, 1));
}

fn orders_for_people_end_when_they_say_so(orders: &Orders) {
    orders.assign(vec![orders.creation(1), orders.creation(2)]);
    let given = orders.generate();
    assert_eq!(report(orders, &given.files[0], OrderOutcome::Waiting, None), 0);
    // Time does not turn them into errors.
    orders.world.pass(1_000 * 60 * 60_000_000);
    assert_eq!(crate::orders::expire(&orders.store, "server", orders.world.now()).unwrap(), 0);
    let tickets = found(orders, ItemFilter { kind: Some(ItemKind::Manual), ..ItemFilter::default() });
    assert_eq!(tickets.len(), 2);
    let refused = decided(orders, &[of(&tickets[1], Verdict::Failed, "")]);
    assert!(refused.refused[0].contains("a comment is required"), "{:?}", refused.refused);
    let decisions = [of(&tickets[0], Verdict::Executed, ""), of(&tickets[1], Verdict::Failed, "no licence left")];
    assert_eq!(decided(orders, &decisions), Decided { changed: 2, refused: vec![] });
    assert_eq!(decided(orders, &decisions), Decided { changed: 0, refused: vec![] });
    assert_eq!((orders.standing(1), orders.standing(2)), ("8 8 ".to_owned(), "3 3 no licence left".to_owned()));
}

/// Roles of a person, one after the other.
fn roles(orders: &Orders, person: i64, states: &[WorkflowState]) {
    let role = |(n, state): (i64, &WorkflowState)| AssignedRole {
        owner: ResourceId(person),
        role: PolicyObjectId(900 + n),
        workflow: *state,
        grace_until: Some(5),
        ..AssignedRole::default()
    };
    let mut after = Assignments { single_roles: (0..).zip(states).map(role).collect(), ..Assignments::default() };
    let written = orders.store.write("tester", "test", |tx| {
        let before = Assignments::default();
        let mut change = [AssignmentChange { owner: ResourceId(person), before: &before, after: &mut after }];
        tx.write_assignments(&mut change, orders.world.now(), false)
    });
    written.unwrap();
}

fn states_of(orders: &Orders, person: i64) -> Vec<i64> {
    let owned = orders.store.read(|tx| tx.assignments(&[ResourceId(person)])).unwrap();
    owned[0].single_roles.iter().map(|role| role.workflow.number()).collect()
}

fn roles_are_approved_step_by_step_or_declined(orders: &Orders) {
    use WorkflowState as W;
    let all = [W::PendingApproval, W::PendingApproval1, W::PendingApproval1Of3, W::PendingApprovalRisk, W::Prolonged];
    roles(orders, 1, &all);
    roles(orders, 2, &all);
    roles(orders, 3, &[W::Requested, W::RequestedMissingParameters, W::PolicyApproved]);
    let decide_all = |verdict, comment: &str| {
        orders.world.pass(1);
        let items = found(orders, ItemFilter { kind: Some(ItemKind::Request), ..ItemFilter::default() });
        let one = |item: &&Item| item.owner == if verdict == Verdict::Approve { 1 } else { 2 };
        let decisions: Vec<Decision> = items.iter().filter(one).map(|item| of(item, verdict, comment)).collect();
        decided(orders, &decisions)
    };
    assert_eq!(decide_all(Verdict::Approve, "").changed, 5);
    assert_eq!(states_of(orders, 1), [16, 10, 12, 116, 16]);
    assert_eq!(decide_all(Verdict::Approve, "").changed, 2);
    assert_eq!(decide_all(Verdict::Approve, "").changed, 1);
    assert_eq!(states_of(orders, 1), [16, 16, 16, 116, 16]);
    let silent = decide_all(Verdict::Decline, "");
    assert!(silent.changed == 0 && silent.refused.len() == 5, "{silent:?}");
    assert_eq!(decide_all(Verdict::Decline, "no need").changed, 5);
    // What nobody had yet is declined; what was kept for a while is taken away.
    assert_eq!(states_of(orders, 2), [17, 17, 17, 17, 20]);
    // What lacks a parameter waits for whoever asked, not for whoever reviews.
    assert_eq!(states_of(orders, 3), [4, 2, 18]);
    assert_eq!(found(orders, ItemFilter { owner: Some(3), ..ItemFilter::default() }), []);
}

fn a_property_is_declined_and_the_rest_approved_in_one_go(orders: &Orders) {
    let waits = ProvisioningState::AwaitingApproval;
    let mut row = AssignedResourceType { provisioning: waits, ..orders.creation(1) };
    row.scalars[0].provisioning = waits;
    orders.assign(vec![row]);
    let all = found(orders, ItemFilter::default());
    assert_eq!((all[0].part, all[1].part), (Part::ResourceType, Part::Scalar));
    orders.world.pass(1);
    // Both were looked at before either was decided.
    let decisions = [of(&all[1], Verdict::Decline, "not this"), of(&all[0], Verdict::Approve, "")];
    assert_eq!(decided(orders, &decisions), Decided { changed: 2, refused: vec![] });
    assert_eq!(orders.standing(1), "1 0 ");
    assert_eq!(orders.of(1).scalars[0].workflow, WorkflowState::Declined);
}
