//! Jobs behind the screens of connectors, and jobs that keep house.

use super::draft::{Draft, NewTask};
use super::facts::Facts;
use super::synchronization::computed_types;
use crate::configuration::item::Item;
use crate::configuration::jobs::TaskKind;

/// When jobs left in progress are closed, unless the configuration says it.
const USUAL_CLEANING: &str = "0 */2 * * *";

/// `CreateConnectorsJobs`: one job for each connector.
pub(super) fn of_connectors<'a>(origin: &'a Item, facts: &Facts<'a>) -> Vec<Item> {
    let mut connectors: Vec<&Item> = facts.all("Connector").collect();
    connectors.sort_by_key(|item| item.get("Identifier"));
    connectors.into_iter().flat_map(|connector| of_screen(origin, facts, connector)).collect()
}

fn of_screen<'a>(origin: &'a Item, facts: &Facts<'a>, connector: &Item) -> Vec<Item> {
    let identifier = connector.get("Identifier").unwrap_or_default();
    let label = format!("ZZ Connectors/{}", connector.get("DisplayName_L1").unwrap_or(identifier));
    let mut draft = Draft::new(origin, facts, format!("{identifier}_VirtualJob"), label);
    // One identifier cannot stand for the jobs of all connectors.
    draft.identifier = format!("{identifier}_VirtualJob");
    draft.agent = connector.get("Agent").map(str::to_owned);
    draft.set("IsConnectorJob", "true");
    draft.set("UserStartDenied", "true");
    synchronize(&mut draft, identifier);
    provision(&mut draft, identifier);
    for (kind, name) in [(TaskKind::BuildRoleModel, "BuildRoleModel"), (TaskKind::RefreshSchema, "RefreshSchema")] {
        let task = task(&draft, identifier, kind, name);
        draft.add_next(task);
    }
    draft.finish()
}

fn task(draft: &Draft<'_, '_>, connector: &str, kind: TaskKind, name: &str) -> NewTask {
    draft.task(kind, "").named(&format!("{connector}_Connector{name}")).about(connector).with("Connector", connector)
}

fn synchronize(draft: &mut Draft<'_, '_>, connector: &str) {
    let facts = draft.facts;
    if !facts.is_synchronized(connector) {
        return;
    }
    let kind = facts.synchronization_type(connector, false);
    let mut parents = Vec::new();
    if !facts.exports(connector).is_empty() {
        // Without a connection, it exports all of them.
        let export = task(draft, connector, TaskKind::Export, "Export");
        parents.push(draft.add_next(export));
    }
    let prepare = task(draft, connector, TaskKind::PrepareSynchronization, "PrepareSynchronization");
    let prepare = prepare.with("SynchronizationMode", "Complete").with("Type", kind).depends_on(&parents);
    let prepared = draft.add_next(prepare);
    let synchronize = task(draft, connector, TaskKind::Synchronize, "Synchronization").with("Type", kind);
    draft.add_next(synchronize.depends_on(&[prepared]));
    let types = computed_types(facts, &[connector]);
    for (kind, name) in
        [(TaskKind::UpdateEntityPropertyExpressions, "Expression"), (TaskKind::ComputeCorrelationKeys, "Correlation")]
    {
        let task = task(draft, connector, kind, name).entity_types(&types);
        draft.add_next(task);
    }
}

fn provision(draft: &mut Draft<'_, '_>, connector: &str) {
    let facts = draft.facts;
    let resource_types = facts.resource_types(connector);
    if resource_types.is_empty() {
        return;
    }
    let policy = task(draft, connector, TaskKind::ComputeRoleModel, "Policy");
    draft.add_next(policy.entity_types(&facts.sources(&resource_types)));
    // Both are about the resource types, which say more than their connector.
    let named = |draft: &Draft<'_, '_>, kind, name: &str| {
        let name = format!("{connector}_Connector{name}");
        draft.task(kind, "").named(&name).about(connector).resource_types(&resource_types)
    };
    let orders = named(draft, TaskKind::GenerateProvisioningOrders, "GenerateOrders");
    let generated = draft.add_next(orders);
    let fulfill = named(draft, TaskKind::Fulfill, "Fulfillment");
    draft.add_next(fulfill.depends_on(&[generated]));
    let classified = facts.classified(&resource_types);
    if !classified.is_empty() {
        let task = task(draft, connector, TaskKind::UpdateClassification, "Classification");
        draft.add_next(task.entity_types(&classified));
    }
}

/// `CleanDatabaseJob`.
pub(super) fn clean_database<'a>(origin: &'a Item, facts: &Facts<'a>) -> Vec<Item> {
    let label = "ZZ Administration/Clean database".to_owned();
    let mut draft = Draft::new(origin, facts, "CleanDatabase".to_owned(), label);
    let setting = facts.all("SchedulingCleanDataBaseSetting").find_map(|item| item.get("CronTabExpression"));
    draft.cron(setting.unwrap_or(USUAL_CLEANING));
    let task = draft.task(TaskKind::CleanDatabase, "CleanDataBase");
    draft.add_next(task);
    draft.finish()
}

/// `CreateAccessCertificationJob`: campaigns start and stop, items get reviewers, reviewers are told, decisions are
/// carried out.
pub(super) fn access_certification<'a>(origin: &'a Item, facts: &Facts<'a>) -> Vec<Item> {
    let label = "ZZ Administration/Access certification".to_owned();
    let mut draft = Draft::new(origin, facts, "AccessCertification".to_owned(), label);
    draft.cron("");
    for kind in [
        TaskKind::UpdateAccessCertificationCampaign,
        TaskKind::SetAccessCertificationReviewer,
        TaskKind::SendAccessCertificationNotification,
        TaskKind::ProcessAccessCertificationItems,
    ] {
        let task = draft.task(kind, kind.element().trim_end_matches("Task"));
        draft.add_next(task);
    }
    draft.finish()
}
