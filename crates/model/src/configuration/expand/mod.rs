//! Scaffoldings: elements that stand for many others.
//!
//! The stored configuration holds the scaffolding, so that it is exported as it was written; what it stands for is made
//! whenever items become the typed configuration.

mod arguments;
mod draft;
mod facts;
mod initialization;
mod other_jobs;
mod rights;
mod synchronization;

#[cfg(test)]
mod tests;

use super::item::Item;
use super::jobs::TaskKind;
use facts::Facts;
pub(super) use facts::Unresolved;

/// The items with each scaffolding that is acted on replaced by what it stands for.
pub fn expand(items: &[Item]) -> Vec<Item> {
    let rest = items.iter().filter(|item| !is_expanded(&item.element)).cloned();
    rest.chain(generated(items)).collect()
}

/// What the scaffoldings among these items stand for, in their order.
pub(super) fn generated(items: &[Item]) -> Vec<Item> {
    with_unresolved(items).0
}

/// As [`generated`], with the arguments that name nothing.
pub(super) fn with_unresolved(items: &[Item]) -> (Vec<Item>, Vec<Unresolved<'_>>) {
    let facts = Facts::new(items);
    let scaffoldings = items.iter().filter(|item| is_expanded(&item.element));
    let made = scaffoldings.flat_map(|item| one(item, &facts)).collect();
    (made, facts.unresolved.into_inner())
}

/// Whether an element is a scaffolding that is replaced.
fn is_expanded(element: &str) -> bool {
    JOBS.contains(&element) || rights::is_expanded(element)
}

const JOBS: &[&str] = &[
    "CreateConnectorSynchroComplete",
    "CreateConnectorSynchroIncremental",
    "CreateAgentSynchroComplete",
    "CreateAgentSynchroIncremental",
    "CreateInitializationJob",
    "CreateConnectorsJobs",
    "CleanDatabaseJob",
    "CreateAccessCertificationJob",
];

fn one<'a>(item: &'a Item, facts: &Facts<'a>) -> Vec<Item> {
    match item.element.as_str() {
        "CreateConnectorSynchroComplete" => synchronization::of_connector(item, facts, false),
        "CreateConnectorSynchroIncremental" => synchronization::of_connector(item, facts, true),
        "CreateAgentSynchroComplete" => synchronization::of_agent(item, facts, false),
        "CreateAgentSynchroIncremental" => synchronization::of_agent(item, facts, true),
        "CreateInitializationJob" => initialization::job(item, facts),
        "CreateConnectorsJobs" => other_jobs::of_connectors(item, facts),
        "CleanDatabaseJob" => other_jobs::clean_database(item, facts),
        "CreateAccessCertificationJob" => other_jobs::access_certification(item, facts),
        _ => rights::rules(item, facts),
    }
}

fn is_task(item: &Item) -> bool {
    TaskKind::ALL.iter().any(|kind| kind.element() == item.element)
}
