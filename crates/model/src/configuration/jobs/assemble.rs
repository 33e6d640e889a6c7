//! From items to jobs: steps, tasks written in place, overrides.

use super::cron::{Cron, CronTimeZone};
use super::kind::TaskKind;
use super::types::{Job, JobStep, LogLevel, Mode, Task};
use crate::configuration::dialect;
use crate::configuration::item::Item;
use crate::configuration::view::View;
use std::collections::HashMap;

/// A job and where it is written.
pub(in crate::configuration) struct PlacedJob<'a> {
    /// Where.
    pub(in crate::configuration) item: &'a Item,
    /// Everything but its steps.
    pub(in crate::configuration) job: Job,
    /// Its steps, also those that name no task.
    pub(in crate::configuration) steps: Vec<PlacedStep<'a>>,
}

/// A step and where it is written.
pub(in crate::configuration) struct PlacedStep<'a> {
    /// The child of the job.
    pub(in crate::configuration) item: &'a Item,
    /// The task that it is or names.
    pub(in crate::configuration) task: Option<&'a Item>,
    /// What it comes to.
    pub(in crate::configuration) step: Option<JobStep>,
}

impl PlacedJob<'_> {
    /// The job with the steps that name a task.
    pub(in crate::configuration) fn finish(self) -> Job {
        Job { steps: self.steps.into_iter().filter_map(|placed| placed.step).collect(), ..self.job }
    }
}

/// All jobs among these items, which are expanded.
pub(in crate::configuration) fn assemble<'a>(items: &[&'a Item]) -> Vec<PlacedJob<'a>> {
    let mut known: HashMap<&str, &Item> = HashMap::new();
    let nested = items.iter().flat_map(|item| if item.element == "Job" { item.children.as_slice() } else { &[] });
    for item in items.iter().copied().chain(nested).filter(|item| is_task(item)) {
        if let Some(identifier) = item.get("Identifier") {
            known.entry(identifier).or_insert(item);
        }
    }
    let jobs = items.iter().filter(|item| item.element == "Job");
    jobs.filter_map(|item| {
        let job = job(view(item)?);
        let steps = item.children.iter().enumerate().map(|(at, child)| placed(&job.identifier, at, child, &known));
        Some(PlacedJob { item, steps: steps.collect(), job })
    })
    .collect()
}

/// Tasks at the root, which jobs refer to.
pub(in crate::configuration) fn tasks(items: &[&Item]) -> Vec<Task> {
    let tasks = items.iter().filter(|item| is_task(item));
    tasks.filter_map(|item| task_of(item)).filter(|task| !task.identifier.is_empty()).collect()
}

fn is_task(item: &Item) -> bool {
    TaskKind::ALL.iter().any(|kind| kind.element() == item.element)
}

fn view(item: &Item) -> Option<View<'_>> {
    Some(View { item, element: dialect::root(&item.element)? })
}

fn job(view: View<'_>) -> Job {
    Job {
        identifier: view.text("Identifier"),
        display_name: view.optional("DisplayName_L1"),
        agent: view.optional("Agent"),
        cron: cron_of(view.item, "CronTabExpression").and_then(Result::ok),
        is_incremental: view.is("IsIncremental"),
        is_initialization: view.is("IsInitializationJob"),
        is_connector_job: view.is("IsConnectorJob"),
        user_start_denied: view.is("UserStartDenied"),
        log_level: match view.text("LogLevel").as_str() {
            "Trace" => LogLevel::Trace,
            "Debug" => LogLevel::Debug,
            "Information" => LogLevel::Information,
            "Warning" => LogLevel::Warning,
            "Error" => LogLevel::Error,
            "Critical" => LogLevel::Critical,
            _ => LogLevel::None,
        },
        steps: Vec::new(),
    }
}

/// The cron expression in this attribute, with the zone beside it; none when nothing is written.
pub(in crate::configuration) fn cron_of(item: &Item, name: &str) -> Option<Result<Cron, super::CronError>> {
    let zone = match item.get("CronTimeZone") {
        Some("ServerTime") => CronTimeZone::ServerTime,
        _ => CronTimeZone::Utc,
    };
    item.get(name).filter(|text| !text.trim().is_empty()).map(|text| Cron::new(text, zone))
}

fn placed<'a>(job: &str, at: usize, child: &'a Item, known: &HashMap<&str, &'a Item>) -> PlacedStep<'a> {
    let named = || known.get(child.get("Identifier").unwrap_or_default()).copied();
    let (task, step) = if child.element == "Step" {
        let task = named();
        (task, task.and_then(task_of))
    } else if child.element.ends_with("Override") {
        let task = named();
        (task, task.and_then(|task| task_of(&overridden(task, child))))
    } else {
        (Some(child), task_of(child))
    };
    let step = step.map(|mut task| {
        if task.identifier.is_empty() {
            task.identifier = format!("{job}_{:?}_{}", task.kind, at + 1);
        }
        JobStep { level: level(child).or_else(|| level(named()?)).unwrap_or(-1), task }
    });
    PlacedStep { item: child, task, step }
}

fn level(item: &Item) -> Option<i32> {
    item.get("Level")?.parse().ok()
}

/// A task with the attributes and the lists that an override replaces.
fn overridden(task: &Item, by: &Item) -> Item {
    let mut result = task.clone();
    for (name, value) in &by.attributes {
        result.attributes.retain(|(known, _)| known != name);
        result.attributes.push((name.clone(), value.clone()));
    }
    result.children.retain(|child| by.children.iter().all(|other| other.element != child.element));
    result.children.extend(by.children.iter().cloned());
    result
}

/// Attributes that have a field of their own.
const TYPED: &[&str] =
    &["Identifier", "Level", "Agent", "OpenIdClient", "Connector", "Connection", "ContinueOnError", "Dirty"];

fn task_of(item: &Item) -> Option<Task> {
    let view = view(item)?;
    let list = |element: &str, name: &str| {
        let children = item.children.iter().filter(|child| child.element == element);
        children.filter_map(|child| child.get(name)).map(str::to_owned).collect()
    };
    let others = item.attributes.iter().filter(|(name, _)| {
        !TYPED.contains(&name.as_str()) && name != "SynchronizationMode" && !name.starts_with("DisplayName_L")
    });
    Some(Task {
        identifier: view.text("Identifier"),
        display_name: view.optional("DisplayName_L1"),
        kind: TaskKind::of(&item.element)?,
        agent: view.optional("Agent"),
        open_id_client: view.optional("OpenIdClient"),
        connector: view.optional("Connector"),
        connection: view.optional("Connection"),
        continue_on_error: view.is("ContinueOnError"),
        dirty: view.is("Dirty"),
        entity_types: list("TaskEntityType", "EntityType"),
        resource_types: list("TaskResourceType", "ResourceType"),
        depends_on: list("TaskDependsOnTask", "ParentTask"),
        mode: match item.get("SynchronizationMode") {
            Some("Initial") => Some(Mode::Initial),
            Some("Complete") => Some(Mode::Complete),
            Some("Incremental") => Some(Mode::Incremental),
            _ => None,
        },
        attributes: others.cloned().collect(),
    })
}
