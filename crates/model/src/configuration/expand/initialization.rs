//! The first load: `CreateInitializationJob`.

use super::arguments::{self, part};
use super::draft::{Draft, calculated_identifier};
use super::facts::Facts;
use super::synchronization::{Orders, collect, computed_types, correlation, expressions, orders, role_model, union};
use crate::configuration::item::Item;
use crate::configuration::jobs::{Mode, TaskKind};
use std::collections::BTreeSet;

/// Most times that the directory is fed before the first load goes on.
const MOST_ROUNDS: usize = 3;
const FORGETFUL: &[&str] = &["IgnoreHistorization"];

/// The job and its tasks.
pub(super) fn job<'a>(origin: &'a Item, facts: &Facts<'a>) -> Vec<Item> {
    let agent = origin.get("Agent").or_else(|| facts.usual_agent());
    let declared = agent.and_then(|identifier| facts.find("Agent", identifier)).unwrap_or(origin);
    let group = declared.get("DisplayName_L1").or(agent).unwrap_or_default();
    let identifier = calculated_identifier(agent.unwrap_or_default(), "Initialization");
    let mut draft = Draft::new(origin, facts, identifier, format!("{group}/Initialization"));
    draft.agent = agent.map(str::to_owned);
    draft.set("IsInitializationJob", "true");
    draft.set("UserStartDenied", "true");
    let parts: Vec<_> = facts.connectors(agent).into_iter().map(|connector| part(origin, connector, None)).collect();
    let synchronized: Vec<&str> = parts.iter().filter(|part| part.synchronize).map(|part| part.connector).collect();
    let provisioned: Vec<&str> = parts.iter().filter(|part| part.provision).map(|part| part.connector).collect();
    first_half(&mut draft, &synchronized);
    second_half(&mut draft, &synchronized, &union(&provisioned, |connector| facts.resource_types(connector)));
    draft.finish()
}

/// Loads every connector and feeds the directory.
fn first_half(draft: &mut Draft<'_, '_>, connectors: &[&str]) {
    let facts = draft.facts;
    if draft.agent.is_some() {
        let views = draft.task(TaskKind::CreateDatabaseViews, "CreateDatabaseViews");
        draft.add_next(views);
    }
    collect(draft, connectors, Mode::Initial);
    let types = computed_types(facts, connectors);
    expressions(draft, &types, false, "");
    let principal = arguments::child(draft.origin, "PrincipalDataConnector").and_then(|a| a.get("ConnectorIdentifier"));
    let fed = principal.map(|connector| facts.resource_types(connector)).unwrap_or_default();
    if fed.is_empty() {
        return;
    }
    let sources = facts.sources(&fed);
    for _ in 0..rounds(facts, &fed) {
        correlation(draft, &types, false, "", &[]);
        role_model(draft, &sources, false, FORGETFUL, |task| task);
        orders(draft, &fed, Orders { is_first_load: true, only_dirty: false });
    }
    expressions(draft, &types, false, "");
}

/// What one resource type makes may be what another one starts from: then one round does not feed everything.
fn rounds(facts: &Facts<'_>, resource_types: &BTreeSet<&str>) -> usize {
    let ends: Vec<(&str, &str)> = facts.ends(resource_types).collect();
    let mut reached: BTreeSet<&str> = ends.iter().map(|(_, target)| *target).collect();
    let mut rounds = 1;
    while rounds < MOST_ROUNDS {
        reached = ends.iter().filter(|(source, _)| reached.contains(source)).map(|(_, target)| *target).collect();
        if reached.is_empty() {
            break;
        }
        rounds += 1;
    }
    rounds
}

/// Deploys, evaluates the policy and takes what is there for pre-existing.
fn second_half(draft: &mut Draft<'_, '_>, connectors: &[&str], resource_types: &BTreeSet<&str>) {
    let facts = draft.facts;
    if let Some(path) = arguments::child(draft.origin, "Configuration").and_then(|argument| argument.get("Path")) {
        let task = draft.task(TaskKind::DeployConfiguration, "DeployConfiguration");
        draft.add_next(task.with("ConfigurationDirectory", path));
    }
    let sources = facts.sources(resource_types);
    correlation(draft, &computed_types(facts, connectors), false, "", &[]);
    if !resource_types.is_empty() {
        let flags = &["BlockAllResourceTypeProvisioning", "IgnoreHistorization"];
        role_model(draft, &sources, false, flags, |task| task);
        let task = draft.task(TaskKind::ComputeRiskScores, "ComputeRiskScores1").entity_types(&sources);
        draft.add_next(task);
    }
    let classified = facts.classified(resource_types);
    if !classified.is_empty() {
        let task = draft.task(TaskKind::UpdateClassification, "UpdateClassification").entity_types(&classified);
        draft.add_next(task);
    }
    if facts.has_profile_rules() {
        let task = draft.task(TaskKind::SetInternalUserProfiles, "SetInternalUserProfiles");
        draft.add_next(task);
    }
    for (kind, name) in [
        (TaskKind::ResetValidFrom, "ResetValidFrom"),
        (TaskKind::UpdateParametersContextDisplayNames, "UpdateParametersContextDisplayNames"),
        (TaskKind::SavePreExistingAccessRights, "SavePreExistingAccessRights"),
    ] {
        let task = draft.task(kind, name);
        draft.add_next(task);
    }
    let task = draft.task(TaskKind::MaintainIndexes, "MaintainIndexes").with_flags(&["AllIndexes", "Offline"]);
    draft.add_next(task);
}
