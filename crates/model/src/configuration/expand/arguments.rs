//! Arguments of scaffoldings that make jobs: which connectors take part, tasks added, dependencies added.

use super::draft::{Draft, DraftStep};
use super::facts::Unresolved;
use crate::configuration::item::Item;
use crate::configuration::jobs::TaskKind;

/// The first argument with this name.
pub(super) fn child<'a>(scaffolding: &'a Item, name: &str) -> Option<&'a Item> {
    scaffolding.children.iter().find(|child| child.element == name)
}

/// The part that a connector has in a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    /// Identifier of the connector.
    pub(super) connector: &'a str,
    /// It is exported and synchronised.
    pub(super) synchronize: bool,
    /// Its policy is evaluated, and its orders are carried out.
    pub(super) provision: bool,
}

/// The part of a connector: what the scaffolding says about it, else what its attribute `rule` says.
pub(super) fn part<'a>(scaffolding: &Item, connector: &'a Item, rule: Option<&str>) -> Part<'a> {
    let identifier = connector.get("Identifier").unwrap_or_default();
    let says = |name: &str| {
        let mut named = scaffolding.children.iter().filter(|child| child.element == name);
        named.any(|child| child.get("ConnectorIdentifier") == Some(identifier))
    };
    let unused = says("NotUsed");
    let (no_synchronization, no_provisioning) = (says("NoConnectorSynchronization"), says("NoConnectorProvisioning"));
    let (synchronize, provision) = if unused || no_synchronization || no_provisioning {
        (!unused && !no_synchronization, !unused && !no_provisioning)
    } else {
        match rule.and_then(|rule| connector.get(rule)) {
            Some("NotUsed") => (false, false),
            Some("OnlySynchronization") => (true, false),
            Some("OnlyProvisioning") => (false, true),
            _ => (true, true),
        }
    };
    Part { connector: identifier, synchronize, provision }
}

/// `Connector=Path` of each workflow-provisioned connector, separated by `;`.
pub(super) fn workflow_paths(scaffolding: &Item) -> String {
    let arguments = scaffolding.children.iter().filter(|child| child.element == "FulfillInternalWorkflowsPath");
    let pairs =
        arguments.filter_map(|child| Some(format!("{}={}", child.get("ConnectorIdentifier")?, child.get("Path")?)));
    pairs.collect::<Vec<_>>().join(";")
}

/// Adds tasks and dependencies, in the order in which they are written.
pub(super) fn apply(draft: &mut Draft<'_, '_>) {
    let origin = draft.origin;
    for argument in &origin.children {
        match argument.element.as_str() {
            "AddTask" => add_task(draft, argument),
            "LinkDependTask" => link(draft, argument),
            _ => {}
        }
    }
}

/// Position of the step that a name stands for: its identifier, or the kind of task, of which `occurrence` counts the
/// steps from 1 (0 is the first, too).
fn find(steps: &[DraftStep], name: &str, occurrence: Option<&str>) -> Option<usize> {
    let kind = TaskKind::called(name);
    let is_it = |step: &DraftStep| {
        step.identifier == name
            || step.task.as_ref().is_some_and(|task| kind.is_some_and(|kind| task.element == kind.element()))
    };
    let occurrence: usize = occurrence.and_then(|number| number.parse().ok()).unwrap_or(1);
    let found = steps.iter().enumerate().filter(|(_, step)| is_it(step)).map(|(at, _)| at);
    found.skip(occurrence.saturating_sub(1)).take(1).next()
}

fn unresolved<'a>(draft: &Draft<'a, '_>, argument: &'a Item, attribute: &'static str) {
    let known = draft.steps.iter().map(|step| step.identifier.clone()).collect();
    draft.facts.unresolved.borrow_mut().push(Unresolved { argument, attribute, known });
}

fn add_task<'a>(draft: &mut Draft<'a, '_>, argument: &'a Item) {
    let name = argument.get("Task").unwrap_or_default();
    let beside = argument.get("TaskToCompareWith").unwrap_or_default();
    let Some(at) = find(&draft.steps, beside, argument.get("Occurence")) else {
        return unresolved(draft, argument, "TaskToCompareWith");
    };
    let added = if draft.facts.is_task(name) {
        DraftStep { level: 0, identifier: name.to_owned(), task: None }
    } else {
        match copy(draft, name, argument.get("CopyOccurence")) {
            Some(copy) => copy,
            None => return unresolved(draft, argument, "Task"),
        }
    };
    let level = draft.steps[at].level;
    let before = argument.get("Before") == Some("true") && argument.get("After") != Some("true");
    let level = if before { level } else { level + 1 };
    insert(&mut draft.steps, level, added);
}

/// Puts a step on a level of its own; what was there and behind it moves one level down.
fn insert(steps: &mut Vec<DraftStep>, level: i32, added: DraftStep) {
    for step in steps.iter_mut().filter(|step| step.level >= level) {
        step.level += 1;
    }
    let at = steps.iter().position(|step| step.level > level).unwrap_or(steps.len());
    steps.insert(at, DraftStep { level, ..added });
}

/// A copy of a generated task, under a new identifier.
fn copy(draft: &Draft<'_, '_>, name: &str, occurrence: Option<&str>) -> Option<DraftStep> {
    let mut task = draft.steps[find(&draft.steps, name, occurrence)?].task.clone()?;
    let original = task.get("Identifier").unwrap_or_default().to_owned();
    let taken = |identifier: &str| draft.steps.iter().any(|step| step.identifier == identifier);
    let identifier =
        (2..).map(|n| format!("{original}_Copy{n}")).find(|identifier| !taken(identifier)).unwrap_or_default();
    for (name, value) in &mut task.attributes {
        if name == "Identifier" {
            value.clone_from(&identifier);
        }
    }
    task.identity.clone_from(&identifier);
    Some(DraftStep { level: 0, identifier, task: Some(task) })
}

fn link<'a>(draft: &mut Draft<'a, '_>, argument: &'a Item) {
    let of = |name: &str, occurrence: &str| {
        find(&draft.steps, argument.get(name).unwrap_or_default(), argument.get(occurrence))
    };
    let (child, parent) = (of("Task", "ChildOccurence"), of("DependOn", "ParentOccurence"));
    let Some(parent) = parent.map(|at| draft.steps[at].identifier.clone()) else {
        return unresolved(draft, argument, "DependOn");
    };
    let origin = draft.origin;
    // A task that is declared elsewhere says itself what it depends on.
    let Some(task) = child.and_then(|at| draft.steps[at].task.as_mut()) else {
        return unresolved(draft, argument, "Task");
    };
    let known = task.children.iter().any(|c| c.element == "TaskDependsOnTask" && c.get("ParentTask") == Some(&parent));
    if !known {
        task.children.push(super::draft::made("TaskDependsOnTask", origin, &[("ParentTask", parent)]));
    }
}
