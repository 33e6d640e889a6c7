//! Orders of a test, and who they are carried out for.

use provost_connectors::{Databases, FulfilError, FulfilReport, FulfilRequest, Help, NoDatabases, fulfil};
use provost_model::configuration::Connection;
use provost_model::fulfilment::{PropertyRole, TargetMapping, TargetProperty};
use provost_model::orders::{OrderOutcome, OrderResult, ProvisioningOrder};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

/// Gives passwords to accounts whose order names one in its arguments; counts pauses and takes none.
#[derive(Default)]
pub(crate) struct Desk {
    pub(crate) pauses: Mutex<Vec<Duration>>,
}

impl Help for Desk {
    fn password(&self, order: &ProvisioningOrder) -> Option<String> {
        order.arguments.get("password").cloned()
    }

    fn pause(&self, time: Duration) {
        self.pauses.lock().unwrap().push(time);
    }

    fn is_cancelled(&self) -> bool {
        false
    }
}

pub(crate) fn property(name: &str, column: &str, role: PropertyRole) -> TargetProperty {
    TargetProperty { property: name.to_owned(), column: Some(column.to_owned()), role, ..TargetProperty::default() }
}

/// An order; its id is its place among the others.
pub(crate) fn order(kind: &str, resource_type: &str, resource: Value, changes: Value) -> ProvisioningOrder {
    let mut value = json!({"ChangeType": kind, "ResourceType": {"Identifier": resource_type}, "Changes": changes});
    if !resource.is_null() {
        value["Resource"] = resource;
    }
    serde_json::from_value(value).unwrap()
}

/// A connection with everything that its orders need.
pub(crate) struct Office {
    pub(crate) connection: Connection,
    pub(crate) settings: Value,
    pub(crate) mappings: Vec<TargetMapping>,
    pub(crate) concurrency: usize,
    pub(crate) desk: Desk,
    pub(crate) databases: &'static dyn Databases,
    pub(crate) base: PathBuf,
}

impl Office {
    pub(crate) fn new(package: &str, settings: Value, mappings: Vec<TargetMapping>) -> Office {
        let connection =
            Connection { identifier: "DIR".to_owned(), package: package.to_owned(), ..Connection::default() };
        Office {
            connection,
            settings,
            mappings,
            concurrency: 1,
            desk: Desk::default(),
            databases: &NoDatabases,
            base: "/".into(),
        }
    }

    pub(crate) fn run(&self, orders: &[ProvisioningOrder]) -> (Result<FulfilReport, FulfilError>, Vec<OrderResult>) {
        let request = FulfilRequest {
            connection: &self.connection,
            settings: &self.settings,
            base_dir: &self.base,
            mappings: &self.mappings,
            concurrency: self.concurrency,
            attempts: 4,
            help: &self.desk,
            databases: self.databases,
        };
        let mut numbered = orders
            .iter()
            .enumerate()
            .map(|(index, order)| ProvisioningOrder { assigned_resource_type_id: index.to_string(), ..order.clone() });
        let mut results = Vec::new();
        let report = fulfil(&request, &mut numbered, &mut |result| results.push(result));
        let places: Vec<String> = results.iter().map(|result| result.assigned_resource_type_id.clone()).collect();
        let expected: Vec<String> = (0..results.len()).map(|index| index.to_string()).collect();
        assert_eq!(places, expected, "results come in the order of the orders");
        (report, results)
    }

    /// Carries out orders that must all succeed; gives the keys that the system chose.
    pub(crate) fn must(&self, orders: &[ProvisioningOrder]) -> Vec<Option<String>> {
        let (report, results) = self.run(orders);
        let errors: Vec<&OrderResult> = results.iter().filter(|r| r.outcome != OrderOutcome::Executed).collect();
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(report.unwrap().executed, orders.len() as u64);
        results.into_iter().map(|result| result.key).collect()
    }

    /// Carries out an order that must be refused; gives what is said.
    pub(crate) fn refused(&self, order: &ProvisioningOrder) -> String {
        let (report, results) = self.run(std::slice::from_ref(order));
        assert_eq!(report.unwrap().errored, 1);
        results[0].error.clone().unwrap()
    }
}
