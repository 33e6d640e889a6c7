//! From pending assignments to results.

use super::both;
use super::world::Orders;
use crate::error::ServerError;
use crate::orders::{CollectRequest, GenerateOptions, OrderHost, expire, generate, plan, undo};
use provost_model::configuration::jobs::Task;
use provost_model::orders::{ChangeType, OrderFile, OrderOutcome, OrderResult, ResultFile};
use provost_model::policy::{AssignedValue, ProvisioningState};
use provost_model::summary::State;

const MINUTE: i64 = 60_000_000;

both!(
    orders_are_given_once,
    files_go_with_their_contents,
    a_threshold_blocks_until_its_change_set_is_approved,
    a_crash_beside_the_transaction_neither_loses_nor_repeats,
    results_count_once,
    a_file_belongs_to_one_at_a_time,
    a_task_with_a_connection_gets_its_orders_alone,
    orders_without_answer_become_errors,
    a_changed_file_is_noticed,
    what_was_done_is_undone_through_the_same_way,
);

fn request(owner: &str) -> CollectRequest {
    CollectRequest { owner: owner.to_owned(), ..CollectRequest::default() }
}

fn result(assigned: i64, error: Option<&str>) -> OrderResult {
    OrderResult {
        assigned_resource_type_id: assigned.to_string(),
        outcome: if error.is_some() { OrderOutcome::Errored } else { OrderOutcome::Executed },
        error: error.map(str::to_owned),
        key: None,
    }
}

fn orders_are_given_once(orders: &Orders) {
    let rows = orders.assign(vec![orders.creation(1), orders.update(2, "new@x"), orders.removal(3)]);
    let given = orders.generate();
    assert_eq!((given.orders, given.files.len(), given.summary.state), (3, 1, State::Completed));
    let counters = given.summary.entity_types["AD_User"];
    assert_eq!((counters.inserted, counters.updated, counters.deleted), (1, 1, 1));
    assert_eq!(orders.files(""), given.files);
    let text = std::fs::read(orders.world.folders().work.join("ProvisioningOrders").join(&given.files[0])).unwrap();
    let file: OrderFile = serde_json::from_slice(&text).unwrap();
    let told: Vec<(ChangeType, String)> =
        file.orders.iter().map(|o| (o.change_type, o.assigned_resource_type_id.clone())).collect();
    assert_eq!(
        told,
        [
            (ChangeType::Added, rows[0].to_string()),
            (ChangeType::Modified, rows[1].to_string()),
            (ChangeType::Deleted, rows[2].to_string())
        ]
    );
    assert_eq!(file.orders[0].owner["Number"], "P1");
    assert_eq!(file.orders[1].resource.as_ref().unwrap()["dn"], "CN=2");
    assert_eq!(file.orders[1].changes["mail"], "new@x");
    let states: Vec<String> = (1..4).map(|person| orders.standing(person)).collect();
    assert_eq!(states, ["2 2 ", "4 2 ", "2 0 "]);
    let again = orders.generate();
    assert_eq!((again.orders, again.files.len()), (0, 0));
    assert_eq!(orders.files(""), given.files);
}

fn files_go_with_their_contents(orders: &Orders) {
    let keep = |digest: &str, content: &str| {
        let write = orders.store.write("tester", "test", |tx| tx.keep_resource_file(digest, content));
        write.map_err(|error: provost_store::StoreError| error).unwrap();
    };
    keep("sha256:ab", "YWJj");
    let mut creation = orders.creation(1);
    let photo = orders.value("sha256:ab", ProvisioningState::Pending);
    creation.binaries = vec![AssignedValue { property: orders.photo, ..photo }];
    orders.assign(vec![creation]);
    let given = orders.generate();
    let text = std::fs::read(orders.world.folders().work.join("ProvisioningOrders").join(&given.files[0])).unwrap();
    let file: OrderFile = serde_json::from_slice(&text).unwrap();
    assert_eq!(file.orders[0].changes["photo"], "YWJj");
}

fn a_threshold_blocks_until_its_change_set_is_approved(orders: &Orders) {
    orders.assign((1..=101).map(|person| orders.removal(person)).collect());
    let blocked = orders.generate();
    assert_eq!((blocked.summary.state, blocked.orders), (State::Blocked, 0));
    assert_eq!(blocked.summary.thresholds[0].name, "MaximumDelete");
    assert_eq!(orders.standing(1), "1 0 ");
    assert_eq!(orders.files(""), Vec::<String>::new());
    let shown = plan(&orders.store, &orders.options()).unwrap();
    assert_eq!(shown.summary.change_set, blocked.summary.change_set);
    let hash = blocked.summary.change_set.unwrap().hash;

    // One more: what was looked at is not what would be done.
    orders.assign(vec![orders.removal(150)]);
    let approving = |hash: &str| GenerateOptions { approved: Some(hash.to_owned()), ..orders.options() };
    let folders = orders.world.folders();
    let refused = generate(&orders.store, &folders, &approving(&hash));
    let Err(ServerError::ChangeSetDiffers { found, .. }) = refused else { panic!("{refused:?}") };
    let given = generate(&orders.store, &folders, &approving(&found)).unwrap();
    assert_eq!((given.orders, given.summary.state), (102, State::Completed));

    orders.assign((160..=199).map(|person| orders.removal(person)).collect());
    let small = GenerateOptions { batch: 15, ..orders.options() };
    let given = generate(&orders.store, &folders, &small).unwrap();
    assert_eq!((given.orders, given.files.len()), (40, 3));
}

fn a_crash_beside_the_transaction_neither_loses_nor_repeats(orders: &Orders) {
    orders.assign(vec![orders.creation(1)]);
    let given = orders.generate();
    let folder = orders.world.folders().work.join("ProvisioningOrders");
    let name = &given.files[0];
    // The transaction is over, and the process died before the file had its name.
    std::fs::rename(folder.join(name), folder.join(format!("{name}.part"))).unwrap();
    // Another died before its transaction.
    std::fs::write(folder.join("1_00000000_0001_AD_User.json.part"), "{}").unwrap();
    assert_eq!(orders.host(|host| host.orders(name)).unwrap().orders.len(), 1);
    assert_eq!(orders.generate().orders, 0);
    assert_eq!(orders.files(""), std::slice::from_ref(name));
}

fn results_count_once(orders: &Orders) {
    let rows = orders.assign(vec![orders.creation(1), orders.update(2, "new@x"), orders.removal(3)]);
    let given = orders.generate();
    let name = &given.files[0];
    let found = orders.host(|host| host.collect(&request("agent"))).unwrap();
    assert_eq!((found.len(), found[0].orders, found[0].resource_type.as_str()), (1, 3, "AD_User"));
    let first = ResultFile { results: vec![result(rows[0], None), result(rows[1], Some("insufficient rights"))] };
    let reported = orders.host(|host| host.report(name, "agent", &first)).unwrap();
    assert_eq!((reported.counted, reported.repeated, reported.is_closed), (2, 0, false));
    assert_eq!(orders.standing(1), "8 8 ");
    assert_eq!(orders.standing(2), "4 3 insufficient rights");
    // The answer was lost, and the agent tells it again; then another one for the same order.
    let reported = orders.host(|host| host.report(name, "agent", &first)).unwrap();
    assert_eq!((reported.counted, reported.repeated), (0, 2));
    let other = ResultFile { results: vec![result(rows[1], None)] };
    orders.host(|host| host.report(name, "agent", &other)).unwrap();
    assert_eq!(orders.standing(2), "4 3 insufficient rights");
    // Only what has not ended is handed over again.
    let left = orders.host(|host| host.orders(name)).unwrap();
    assert_eq!(left.orders.len(), 1);
    let last = ResultFile { results: vec![result(rows[2], None)] };
    let reported = orders.host(|host| host.report(name, "agent", &last)).unwrap();
    assert!(reported.is_closed);
    assert_eq!((orders.files(""), orders.files("Downloaded")), (vec![], vec![name.clone()]));
    assert_eq!(orders.host(|host| host.collect(&request("agent"))).unwrap(), []);
    // A report that comes behind the end changes nothing.
    let late = orders.host(|host| host.report(name, "agent", &last)).unwrap();
    assert_eq!((late.counted, late.is_closed), (0, true));
}

fn a_file_belongs_to_one_at_a_time(orders: &Orders) {
    orders.assign(vec![orders.creation(1)]);
    orders.generate();
    let taken = |owner: &str| orders.host(|host| host.collect(&request(owner))).unwrap()[0].is_taken;
    assert!(!taken("north"));
    assert!(taken("south"));
    // The same one comes back after a crash.
    assert!(!taken("north"));
    orders.world.pass(6 * MINUTE);
    assert!(!taken("south"));
    assert!(taken("north"));
}

fn a_task_with_a_connection_gets_its_orders_alone(orders: &Orders) {
    orders.assign(vec![orders.creation(1), orders.creation(2), orders.creation(3)]);
    let few = GenerateOptions { batch: 2, select: 1, ..orders.options() };
    let given = generate(&orders.store, &orders.world.folders(), &few).unwrap();
    assert_eq!((given.orders, given.files.len()), (3, 2));
    let asked = |connection: &str| {
        let task = Task { connection: Some(connection.to_owned()), ..Task::default() };
        let request = CollectRequest::of_task(&task, connection.to_owned());
        orders.host(|host| host.collect(&request)).unwrap()
    };
    assert_eq!(asked("Other"), []);
    // What was not asked for is not held either.
    let found: Vec<(u64, bool)> = asked("ldap").iter().map(|file| (file.orders, file.is_taken)).collect();
    assert_eq!(found, [(2, false), (1, false)]);
}

fn orders_without_answer_become_errors(orders: &Orders) {
    orders.assign(vec![orders.creation(1)]);
    let given = orders.generate();
    orders.world.pass(59 * MINUTE);
    assert_eq!(expire(&orders.store, "server", orders.world.now()).unwrap(), 0);
    orders.world.pass(MINUTE);
    assert_eq!(expire(&orders.store, "server", orders.world.now()).unwrap(), 1);
    assert_eq!(orders.standing(1), "3 3 no answer came within TransmittedStateValidityPeriod");
    assert_eq!(orders.host(|host| host.collect(&request("agent"))).unwrap(), []);
    assert_eq!(orders.files("Downloaded"), given.files);
}

fn a_changed_file_is_noticed(orders: &Orders) {
    orders.assign(vec![orders.creation(1)]);
    let given = orders.generate();
    let path = orders.world.folders().work.join("ProvisioningOrders").join(&given.files[0]);
    let edited = std::fs::read_to_string(&path).unwrap().replace("1@x", "root@x");
    std::fs::write(&path, edited).unwrap();
    let refused = orders.host(|host| host.orders(&given.files[0])).unwrap_err();
    assert!(refused.to_string().contains("was changed after it was written"), "{refused}");
}

fn what_was_done_is_undone_through_the_same_way(orders: &Orders) {
    let rows = orders.assign(vec![orders.creation(1), orders.update(2, "new@x"), orders.removal(3)]);
    let given = orders.generate();
    let results = vec![result(rows[0], None), result(rows[1], None), result(rows[2], Some("no"))];
    orders.host(|host| host.report(&given.files[0], "agent", &ResultFile { results })).unwrap();
    let hash = given.summary.change_set.unwrap().hash;
    let run = |give: bool| {
        let now = orders.world.now();
        undo(&orders.store, &orders.world.folders(), Some(&hash), None, give, None, "ada", now).unwrap()
    };
    let shown = run(false);
    let told: Vec<(ChangeType, String)> =
        shown.orders.iter().map(|o| (o.change_type, o.assigned_resource_type_id.clone())).collect();
    assert_eq!(told, [(ChangeType::Modified, rows[1].to_string()), (ChangeType::Deleted, rows[0].to_string())]);
    assert_eq!(shown.orders[0].changes["mail"], "old2@x");
    assert_eq!(shown.orders[0].resource.as_ref().unwrap()["mail"], "new@x");
    assert_eq!(shown.impossible, [(rows[2], "it was not executed: it is errored".to_owned())]);
    assert_eq!((shown.files.len(), orders.files("")), (0, vec![]));
    let given = run(true);
    assert_eq!(given.change_set, shown.change_set);
    assert_eq!(orders.files(""), given.files);
    assert_eq!(orders.host(|host| host.orders(&given.files[0])).unwrap().orders, shown.orders);
}
