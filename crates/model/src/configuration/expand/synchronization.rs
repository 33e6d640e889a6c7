//! Jobs that synchronise and provision a connector, or all connectors of an agent.

use super::arguments::{Part, part, workflow_paths};
use super::draft::{Draft, NewTask, calculated_identifier};
use super::facts::Facts;
use crate::configuration::item::Item;
use crate::configuration::jobs::{Mode, TaskKind};
use std::collections::BTreeSet;

/// When the incremental job of an agent starts, unless the scaffolding says it.
const USUAL_INCREMENTAL: &str = "*/15 * * * *";
/// When the complete job of an agent starts, unless the scaffolding says it.
const USUAL_COMPLETE: &str = "0 2 * * *";

/// `CreateConnectorSynchroComplete` and `CreateConnectorSynchroIncremental`.
pub(super) fn of_connector<'a>(origin: &'a Item, facts: &Facts<'a>, incremental: bool) -> Vec<Item> {
    let Some(connector) = origin.get("Connector").and_then(|identifier| facts.find("Connector", identifier)) else {
        return Vec::new();
    };
    let identifier = connector.get("Identifier").unwrap_or_default();
    let mut draft = draft(origin, facts, identifier, connector, incremental);
    draft.agent = connector.get("Agent").map(str::to_owned);
    draft.cron("");
    let without = |name: &str| super::arguments::child(origin, name).is_some();
    let part = Part {
        connector: identifier,
        synchronize: !without("NoSynchronization"),
        provision: !without("NoProvisioning"),
    };
    fill(&mut draft, &[part], incremental, Some(identifier));
    draft.finish()
}

/// `CreateAgentSynchroComplete` and `CreateAgentSynchroIncremental`.
pub(super) fn of_agent<'a>(origin: &'a Item, facts: &Facts<'a>, incremental: bool) -> Vec<Item> {
    let agent = origin.get("Agent").or_else(|| facts.usual_agent());
    let declared = agent.and_then(|identifier| facts.find("Agent", identifier)).unwrap_or(origin);
    let mut draft = draft(origin, facts, agent.unwrap_or_default(), declared, incremental);
    draft.agent = agent.map(str::to_owned);
    draft.cron(if incremental { USUAL_INCREMENTAL } else { USUAL_COMPLETE });
    let rule = if incremental { "IncrementalJob" } else { "CompleteJob" };
    let parts: Vec<Part<'_>> =
        facts.connectors(agent).into_iter().map(|connector| part(origin, connector, Some(rule))).collect();
    fill(&mut draft, &parts, incremental, None);
    draft.finish()
}

fn draft<'a, 'f>(
    origin: &'a Item,
    facts: &'f Facts<'a>,
    scope: &str,
    scoped: &Item,
    incremental: bool,
) -> Draft<'a, 'f> {
    let (what, words) = if incremental {
        ("SynchroIncremental", "Incremental synchronization")
    } else {
        ("SynchroComplete", "Complete synchronization")
    };
    let group = scoped.get("DisplayName_L1").unwrap_or(scope);
    let mut draft = Draft::new(origin, facts, calculated_identifier(scope, what), format!("{group}/{words}"));
    if incremental {
        draft.set("IsIncremental", "true");
    }
    draft
}

fn fill(draft: &mut Draft<'_, '_>, parts: &[Part<'_>], incremental: bool, connector: Option<&str>) {
    let facts = draft.facts;
    let mode = if incremental { Mode::Incremental } else { Mode::Complete };
    let of = |wanted: fn(&&Part<'_>) -> bool| -> Vec<&str> {
        parts.iter().filter(wanted).map(|part| part.connector).collect()
    };
    let synchronized = of(|part| part.synchronize);
    let provisioned = of(|part| part.provision);
    let connector = connector.unwrap_or_default();
    let synchronizations = collect(draft, &synchronized, mode);
    let mut parents = Vec::new();
    if incremental && !synchronizations.is_empty() {
        let flag = draft.task(TaskKind::SetRecentlyModifiedFlag, "SetRecentlyModifiedFlag");
        parents.push(draft.add_next(flag.depends_on(&synchronizations)));
    }
    if !synchronizations.is_empty() {
        let types = computed_types(facts, &synchronized);
        expressions(draft, &types, incremental, connector);
        correlation(draft, &types, incremental, connector, &parents);
    }
    let resource_types = union(&provisioned, |connector| facts.resource_types(connector));
    if !resource_types.is_empty() {
        provision(draft, &resource_types, incremental, connector, &parents);
    }
    if !incremental {
        for (kind, name) in [
            (TaskKind::UpdateParametersContextDisplayNames, "UpdateParametersContextDisplayNames"),
            (TaskKind::SendRoleModelNotifications, "SendRoleModelNotifications"),
            (TaskKind::MaintainIndexes, "MaintainIndexes"),
        ] {
            let task = draft.task(kind, name);
            draft.add_next(task);
        }
    }
}

/// Exports, prepares and synchronises connectors, each step on a level of its own. Identifiers of the last ones.
pub(super) fn collect(draft: &mut Draft<'_, '_>, connectors: &[&str], mode: Mode) -> Vec<String> {
    let facts = draft.facts;
    let fed: Vec<&str> = connectors.iter().copied().filter(|connector| facts.is_synchronized(connector)).collect();
    let kind_of = |connector: &str| facts.synchronization_type(connector, mode == Mode::Incremental);
    draft.next_level();
    let exports: Vec<Vec<String>> = fed.iter().map(|connector| exports(draft, connector, mode)).collect();
    draft.next_level();
    let mut prepared = Vec::new();
    for (connector, exports) in fed.iter().zip(&exports) {
        let kind = kind_of(connector);
        let name = format!("PrepareSynchronization{}_{connector}_{mode:?}", suffix(kind));
        let task = draft.task(TaskKind::PrepareSynchronization, name).about(connector).with("Connector", connector);
        let task = task.with("SynchronizationMode", &format!("{mode:?}")).with("Type", kind).depends_on(exports);
        prepared.push(draft.add(task));
    }
    draft.next_level();
    let mut synchronized = Vec::new();
    for (connector, parent) in fed.iter().zip(prepared) {
        let kind = kind_of(connector);
        let (flag, tail) = match mode {
            Mode::Incremental => ("DoNotDeleteChanges", "_DoNotDeleteChanges"),
            Mode::Initial => ("ForceSynchronization", "_ForceSynchronization"),
            Mode::Complete => ("", ""),
        };
        let name = format!("Synchronize{}_{connector}{tail}", suffix(kind));
        let task = draft.task(TaskKind::Synchronize, name).about(connector).with("Connector", connector);
        let task = if flag.is_empty() { task } else { task.with(flag, "true") };
        synchronized.push(draft.add(task.with("Type", kind).depends_on(&[parent])));
    }
    synchronized
}

fn exports(draft: &mut Draft<'_, '_>, connector: &str, mode: Mode) -> Vec<String> {
    // Initial exports are complete, and are named so.
    let word = if mode == Mode::Incremental { "Incremental" } else { "Complete" };
    let flags: &[&'static str] = match mode {
        Mode::Incremental => &["ContinueOnError"],
        Mode::Complete => &["ContinueOnError", "IgnoreCookieFile"],
        Mode::Initial => &["IgnoreCookieFile", "InitMode"],
    };
    let mut added = Vec::new();
    for connection in draft.facts.exports(connector) {
        let task = draft.task(TaskKind::Export, format!("Export_{connector}_{word}_{connection}")).about(connection);
        let task = task.with("Connection", connection).with("Connector", connector);
        added.push(draft.add(task.with_flags(flags)));
    }
    added
}

fn suffix(kind: &str) -> &str {
    if kind == "None" { "" } else { kind }
}

/// Entity types of connectors and source types of their resource types.
pub(super) fn computed_types<'a>(facts: &Facts<'a>, connectors: &[&str]) -> BTreeSet<&'a str> {
    let mut types = union(connectors, |connector| facts.entity_types(connector));
    types.extend(union(connectors, |connector| facts.sources(&facts.resource_types(connector))));
    types
}

/// Joins what `f` gives for each of these connectors.
pub(super) fn union<'a>(connectors: &[&str], f: impl Fn(&str) -> BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    connectors.iter().flat_map(|connector| f(connector)).collect()
}

/// The number of a further task of this kind, from 1.
fn next(draft: &Draft<'_, '_>, kind: TaskKind) -> usize {
    draft.count(kind) + 1
}

fn dirty(task: NewTask, dirty: bool) -> NewTask {
    if dirty { task.with("Dirty", "true") } else { task }
}

fn tail(dirty: bool) -> &'static str {
    if dirty { "_WithDirty" } else { "" }
}

/// Computes properties of entity types.
pub(super) fn expressions(draft: &mut Draft<'_, '_>, types: &BTreeSet<&str>, only_dirty: bool, connector: &str) {
    let kind = TaskKind::UpdateEntityPropertyExpressions;
    let name = format!("UpdateEntityPropertyExpressions{}{}", next(draft, kind), tail(only_dirty));
    let task = draft.task(kind, name).with("Connector", connector).entity_types(types);
    draft.add_next(dirty(task, only_dirty));
}

/// Computes correlation keys of entity types.
pub(super) fn correlation(
    draft: &mut Draft<'_, '_>,
    types: &BTreeSet<&str>,
    only_dirty: bool,
    connector: &str,
    parents: &[String],
) {
    let kind = TaskKind::ComputeCorrelationKeys;
    let name = format!("ComputeCorrelationKeys{}_AllEntities{}", next(draft, kind), tail(only_dirty));
    let task = draft.task(kind, name).with("Connector", connector).entity_types(types).depends_on(parents);
    draft.add_next(dirty(task, only_dirty));
}

/// Evaluates the policy.
pub(super) fn role_model(
    draft: &mut Draft<'_, '_>,
    sources: &BTreeSet<&str>,
    only_dirty: bool,
    flags: &[&'static str],
    shape: impl FnOnce(NewTask) -> NewTask,
) {
    let kind = TaskKind::ComputeRoleModel;
    let name = format!("ComputeRoleModel{}{}", next(draft, kind), tail(only_dirty));
    let task = draft.task(kind, name).with_flags(flags).entity_types(sources);
    draft.add_next(shape(dirty(task, only_dirty)));
}

/// Makes orders and carries them out.
pub(super) fn orders(draft: &mut Draft<'_, '_>, resource_types: &BTreeSet<&str>, shape: Orders) {
    let kind = TaskKind::GenerateProvisioningOrders;
    let forced = if shape.is_first_load { "_ForceProvisioning" } else { "" };
    let task = draft.task(kind, format!("GenerateProvisioningOrders{}{forced}", next(draft, kind)));
    let task = if shape.is_first_load { task.with("ForceProvisioning", "true") } else { task };
    let generated = draft.add_next(task.resource_types(resource_types));
    let kind = TaskKind::Fulfill;
    let forgetful = if shape.is_first_load { "_IgnoreHistorization" } else { "" };
    let task = draft.task(kind, format!("Fulfill{}{forgetful}", next(draft, kind)));
    let task = if shape.is_first_load {
        task.with("IgnoreHistorization", "true")
    } else {
        dirty(task.with("ContinueOnError", "true"), shape.only_dirty)
    };
    let task = task.with("FulfillInternalWorkflowsPath", &workflow_paths(draft.origin));
    draft.add_next(task.resource_types(resource_types).depends_on(&[generated]));
}

/// How orders are made.
#[derive(Clone, Copy, Default)]
pub(super) struct Orders {
    /// Without thresholds and history.
    pub(super) is_first_load: bool,
    /// What is written is marked as modified.
    pub(super) only_dirty: bool,
}

fn provision(
    draft: &mut Draft<'_, '_>,
    resource_types: &BTreeSet<&str>,
    incremental: bool,
    connector: &str,
    parents: &[String],
) {
    let sources = draft.facts.sources(resource_types);
    role_model(draft, &sources, incremental, &[], |task| task.with("Connector", connector).depends_on(parents));
    if !incremental {
        let kind = TaskKind::ComputeRiskScores;
        let task = draft.task(kind, format!("ComputeRiskScores{}", next(draft, kind))).entity_types(&sources);
        draft.add_next(task);
    }
    orders(draft, resource_types, Orders { is_first_load: false, only_dirty: incremental });
}
