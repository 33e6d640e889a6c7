//! From a job of the configuration to the task instances of one execution.

use super::error::JobError;
use provost_model::configuration::Configuration;
use provost_model::configuration::jobs::{Job, Task, TaskKind, effective_order};
use provost_store::NewTaskInstance;
use serde::{Deserialize, Serialize};

/// How a job is to be run: all of it, or a part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LaunchOptions {
    /// Begin with steps of this order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begin_step: Option<u32>,
    /// End with steps of this order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_step: Option<u32>,
    /// Only the task with this identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Only the first task of this type: `ExportTask`, or `Export`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_type: Option<String>,
    /// Only tasks whose identifier contains this text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_contains: Option<String>,
    /// Synchronise although thresholds are exceeded.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
}

/// A step of a job in the order in which it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStep {
    /// Steps of one order start together; from 0.
    pub order: u32,
    /// The task.
    pub task: Task,
}

/// The steps of a job in their effective order.
pub fn steps_of(job: &Job, max_task_batch_size: usize) -> Vec<PlannedStep> {
    let groups = effective_order(job, max_task_batch_size);
    let numbered = (0_u32..).zip(groups);
    numbered
        .flat_map(|(order, group)| group.into_iter().map(move |step| PlannedStep { order, task: step.task.clone() }))
        .collect()
}

/// A task as the books keep it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredTask {
    pub(super) task: Task,
    /// The configuration switches its connector off.
    #[serde(default)]
    pub(super) deactivated: bool,
    /// Thresholds are not to stop it.
    #[serde(default)]
    pub(super) forced: bool,
}

/// The task instances of one execution.
pub(super) fn tasks(
    configuration: &Configuration,
    job: &Job,
    options: &LaunchOptions,
    max_task_batch_size: usize,
    default_agent: Option<&str>,
) -> Result<Vec<NewTaskInstance>, JobError> {
    let steps = selected(job, options, steps_of(job, max_task_batch_size))?;
    steps.iter().map(|step| instance(configuration, job, options, step, default_agent)).collect()
}

fn selected(job: &Job, options: &LaunchOptions, steps: Vec<PlannedStep>) -> Result<Vec<PlannedStep>, JobError> {
    let known: Vec<String> = steps.iter().map(|s| s.task.identifier.clone()).collect();
    let none = |what: String| JobError::UnknownStep { job: job.identifier.clone(), what, known: known.clone() };
    let whole = steps.len();
    let mut chosen = steps;
    if let Some(first) = options.begin_step {
        chosen.retain(|s| s.order >= first);
    }
    if let Some(last) = options.end_step {
        chosen.retain(|s| s.order <= last);
    }
    if chosen.is_empty() && whole > 0 {
        return Err(none("no step lies between the first and the last one that were asked for".to_owned()));
    }
    if let Some(wanted) = &options.task {
        chosen.retain(|s| s.task.identifier.eq_ignore_ascii_case(wanted));
        if chosen.is_empty() {
            return Err(none(format!("no task \"{wanted}\"")));
        }
    }
    if let Some(wanted) = &options.task_type {
        let kind = TaskKind::called(wanted);
        let first = chosen.iter().position(|s| Some(s.task.kind) == kind);
        let Some(first) = first else { return Err(none(format!("no task of type \"{wanted}\""))) };
        chosen = vec![chosen.swap_remove(first)];
    }
    if let Some(text) = &options.task_contains {
        chosen.retain(|s| s.task.identifier.contains(text.as_str()));
        if chosen.is_empty() {
            return Err(none(format!("no task whose identifier contains \"{text}\"")));
        }
    }
    if chosen.len() < whole {
        // Whoever asks for a part wants that part, not to hear that the rest did not run.
        let kept: Vec<String> = chosen.iter().map(|s| s.task.identifier.clone()).collect();
        for step in &mut chosen {
            step.task.depends_on.retain(|parent| kept.contains(parent));
        }
    }
    Ok(chosen)
}

fn instance(
    configuration: &Configuration,
    job: &Job,
    options: &LaunchOptions,
    step: &PlannedStep,
    default_agent: Option<&str>,
) -> Result<NewTaskInstance, JobError> {
    let task = &step.task;
    let connector = task.connector.clone().or_else(|| {
        let connection = task.connection.as_deref()?;
        configuration.connections.iter().find(|c| c.identifier == connection).map(|c| c.connector.clone())
    });
    // Views are made where the database is, whatever the documentation says of agents.
    let agent = match task.is_on_server() || task.kind == TaskKind::CreateDatabaseViews {
        true => None,
        false => Some(
            task.agent
                .as_deref()
                .or(job.agent.as_deref())
                .or(default_agent)
                .map(str::to_owned)
                .ok_or_else(|| JobError::NoAgent { job: job.identifier.clone(), task: task.identifier.clone() })?,
        ),
    };
    let deactivated = connector.as_deref().is_some_and(|connector| is_deactivated(configuration, connector));
    Ok(NewTaskInstance {
        level: i64::from(step.order),
        task: task.identifier.clone(),
        kind: task.kind.element().to_owned(),
        agent,
        connector,
        definition: definition(task, deactivated, options.force)?,
    })
}

/// A task as the books keep it, written down.
pub(super) fn definition(task: &Task, deactivated: bool, forced: bool) -> Result<String, JobError> {
    let stored = StoredTask { task: task.clone(), deactivated, forced };
    serde_json::to_string(&stored).map_err(|e| JobError::Log(e.into()))
}

/// Whether the configuration switches a connector off.
pub(super) fn is_deactivated(configuration: &Configuration, connector: &str) -> bool {
    configuration.connectors.iter().any(|c| c.identifier == connector && c.is_deactivated)
}
