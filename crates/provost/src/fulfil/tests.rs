//! Fulfilment with a server and a managed system in memory, both with faults.

use super::{Fulfilled, Hands, Manner, fulfil};
use provost_model::configuration::jobs::LogLevel;
use provost_model::orders::{OrderFile, OrderOutcome, OrderResult, ProvisioningOrder, ResultFile};
use provost_model::summary::State;
use provost_model::work::{TaskContext, TaskProgress};
use provost_server::ServerError;
use provost_server::orders::{CollectRequest, CollectedFile, OrderHost, OrderMapping, Reported};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Mutex;

fn broken(message: &str) -> ServerError {
    ServerError::Source { message: message.to_owned(), hint: String::new() }
}

/// Files of orders, and the first result of each order.
#[derive(Default)]
struct Server {
    files: Vec<(&'static str, Vec<&'static str>)>,
    taken: Vec<&'static str>,
    results: Mutex<BTreeMap<String, OrderOutcome>>,
    /// Reports whose answer is lost, although they counted.
    lost: Mutex<u32>,
}

impl OrderHost for Server {
    fn collect(&self, _: &CollectRequest) -> Result<Vec<CollectedFile>, ServerError> {
        let results = self.results.lock().unwrap();
        let left = |orders: &[&str]| orders.iter().filter(|order| !results.contains_key(**order)).count() as u64;
        let found = self.files.iter().map(|(name, orders)| CollectedFile {
            name: (*name).to_owned(),
            resource_type: "AD_User".to_owned(),
            orders: left(orders),
            is_taken: self.taken.contains(name),
            mapping: None,
        });
        Ok(found.filter(|file| file.orders > 0).collect())
    }

    fn orders(&self, file: &str) -> Result<OrderFile, ServerError> {
        let results = self.results.lock().unwrap();
        let (_, orders) = self.files.iter().find(|(name, _)| *name == file).unwrap();
        let order = |id: &&str| ProvisioningOrder {
            assigned_resource_type_id: (*id).to_owned(),
            ..ProvisioningOrder::default()
        };
        Ok(OrderFile { orders: orders.iter().filter(|id| !results.contains_key(**id)).map(order).collect() })
    }

    fn mapping(&self, _: &str) -> Result<Option<OrderMapping>, ServerError> {
        Ok(None)
    }

    fn report(&self, _: &str, _: &str, results: &ResultFile) -> Result<Reported, ServerError> {
        let mut known = self.results.lock().unwrap();
        for result in &results.results {
            known.entry(result.assigned_resource_type_id.clone()).or_insert(result.outcome);
        }
        let mut lost = self.lost.lock().unwrap();
        if *lost > 0 {
            *lost -= 1;
            return Err(broken("the answer was lost"));
        }
        Ok(Reported::default())
    }
}

impl Server {
    fn with(files: &[(&'static str, &[&'static str])]) -> Server {
        Server { files: files.iter().map(|(name, orders)| (*name, orders.to_vec())).collect(), ..Server::default() }
    }

    fn standing(&self) -> String {
        let results = self.results.lock().unwrap();
        let word = |(id, outcome): (&String, &OrderOutcome)| format!("{id} {outcome:?}");
        results.iter().map(word).collect::<Vec<_>>().join(", ")
    }
}

/// A system that looks before it changes: what each order has changed, and how often it was asked.
#[derive(Default)]
struct System {
    changed: RefCell<BTreeMap<String, u32>>,
    asked: RefCell<BTreeMap<String, u32>>,
    refuses: Vec<&'static str>,
    /// Orders after which it dies, once.
    dies_after: Cell<Option<usize>>,
    is_down_for: Vec<&'static str>,
}

impl Hands for System {
    fn carry_out(
        &self,
        _: Option<&OrderMapping>,
        orders: Vec<ProvisioningOrder>,
        tell: &mut dyn FnMut(OrderResult),
    ) -> Result<(), ServerError> {
        if orders.iter().any(|order| self.is_down_for.contains(&order.assigned_resource_type_id.as_str())) {
            return Err(broken("the system cannot be reached"));
        }
        for (at, order) in orders.into_iter().enumerate() {
            if self.dies_after.get() == Some(at) {
                self.dies_after.set(None);
                return Err(broken("the connection was cut"));
            }
            let id = order.assigned_resource_type_id;
            *self.asked.borrow_mut().entry(id.clone()).or_default() += 1;
            let is_refused = self.refuses.contains(&id.as_str());
            if !is_refused && !self.changed.borrow().contains_key(&id) {
                *self.changed.borrow_mut().entry(id.clone()).or_default() += 1;
            }
            tell(OrderResult {
                assigned_resource_type_id: id,
                outcome: if is_refused { OrderOutcome::Errored } else { OrderOutcome::Executed },
                error: is_refused.then(|| "insufficient access rights".to_owned()),
                key: None,
            });
        }
        Ok(())
    }
}

#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl TaskContext for Log {
    fn log(&self, _: LogLevel, message: &str) {
        self.0.lock().unwrap().push(message.to_owned());
    }

    fn progress(&self, _: &TaskProgress) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

fn run(server: &Server, system: &System, go_on: bool) -> Result<Fulfilled, ServerError> {
    fulfil(server, system, &CollectRequest::default(), Manner { go_on, batch: 0 }, &Log::default())
}

#[test]
fn results_reach_the_server_with_what_the_system_says() {
    let server = Server::with(&[("a", &["1", "2"]), ("b", &["3"])]);
    let system = System { refuses: vec!["2"], ..System::default() };
    let log = Log::default();
    let done = fulfil(&server, &system, &CollectRequest::default(), Manner::default(), &log).unwrap();
    assert_eq!((done.executed, done.errored, done.left), (2, 1, 0));
    assert_eq!(done.summary.state, State::Warning);
    assert_eq!(server.standing(), "1 Executed, 2 Errored, 3 Executed");
    assert_eq!(*log.0.lock().unwrap(), ["order 2: insufficient access rights"]);
    // What was refused is not tried again unasked.
    assert_eq!(run(&server, &system, false).unwrap().errored, 0);
}

#[test]
fn a_lost_answer_does_nothing_twice() {
    let server = Server::with(&[("a", &["1", "2"])]);
    *server.lost.lock().unwrap() = 1;
    let system = System::default();
    assert!(run(&server, &system, false).is_err());
    let again = run(&server, &system, false).unwrap();
    assert_eq!((again.executed, again.summary.state), (0, State::Completed));
    assert_eq!(server.standing(), "1 Executed, 2 Executed");
    assert!(system.changed.borrow().values().all(|changes| *changes == 1));
}

#[test]
fn a_cut_in_the_middle_loses_nothing() {
    let server = Server::with(&[("a", &["1", "2", "3"])]);
    let system = System { dies_after: Cell::new(Some(2)), ..System::default() };
    assert!(run(&server, &system, false).is_err());
    assert_eq!(server.standing(), "1 Executed, 2 Executed");
    assert_eq!(run(&server, &system, false).unwrap().executed, 1);
    assert_eq!(server.standing(), "1 Executed, 2 Executed, 3 Executed");
    assert_eq!(system.asked.borrow().values().copied().collect::<Vec<_>>(), [1, 1, 1]);
}

#[test]
fn a_death_before_the_report_carries_orders_out_again_without_changing_anything() {
    let server = Server::with(&[("a", &["1", "2"])]);
    let system = System::default();
    // The process died behind the second order, and had told nothing.
    let orders = server.orders("a").unwrap().orders;
    system.carry_out(None, orders, &mut |_| ()).unwrap();
    assert_eq!(run(&server, &system, false).unwrap().executed, 2);
    assert_eq!(server.standing(), "1 Executed, 2 Executed");
    assert_eq!(system.asked.borrow().values().copied().collect::<Vec<_>>(), [2, 2]);
    assert_eq!(system.changed.borrow().values().copied().collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn a_system_that_is_down_does_not_keep_the_others_waiting_when_it_may_be_passed_over() {
    let server = Server::with(&[("a", &["1"]), ("b", &["2"])]);
    let system = System { is_down_for: vec!["1"], ..System::default() };
    assert!(run(&server, &system, false).is_err());
    assert_eq!(server.standing(), "");
    let done = run(&server, &system, true).unwrap();
    assert_eq!((done.executed, done.left, done.summary.state), (1, 1, State::Warning));
    assert_eq!(done.summary.causes[0].message, "the system cannot be reached");
    assert_eq!(server.standing(), "2 Executed");
}

#[test]
fn what_somebody_else_carries_out_is_left_alone() {
    let server = Server { taken: vec!["a"], ..Server::with(&[("a", &["1"]), ("b", &["2"])]) };
    let done = run(&server, &System::default(), false).unwrap();
    assert_eq!((done.executed, done.left), (1, 1));
    assert_eq!(server.standing(), "2 Executed");
}
