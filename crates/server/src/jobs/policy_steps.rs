//! The tasks of the policy.

use super::engine::Engine;
use super::error::JobError;
use super::steps::{actor, completed, watch};
use super::work::Taken;
use crate::manifest::RowProblem;
use crate::policy::{
    KeyOptions, RiskOptions, RoleModelOptions, compute_correlation_keys, compute_risk_scores, compute_role_model,
    save_pre_existing_access_rights, update_classification,
};
use provost_model::configuration::jobs::{LogLevel, Task};
use provost_model::work::{TaskContext, TaskOutcome};
use provost_pipeline::policy::Review;

/// Owners that a dirty run evaluates again without being told to.
const SAMPLE: usize = 50;
/// Findings shown in the log.
const SHOWN: usize = 100;

/// A number of a task; 0 when it does not say.
pub(super) fn number(task: &Task, name: &str) -> usize {
    usize::try_from(task.number(name)).unwrap_or_default()
}

fn tell(problems: &[RowProblem], context: &dyn TaskContext) {
    for problem in problems.iter().take(SHOWN) {
        let value = problem.value.as_deref().map(|value| format!(", {value}")).unwrap_or_default();
        let message = format!("{}{value}: {} ({})", problem.table, problem.reason, problem.remedy);
        context.log(LogLevel::Warning, &message);
    }
}

pub(super) fn correlation_keys(
    engine: &Engine,
    taken: &Taken,
    context: &dyn TaskContext,
) -> Result<TaskOutcome, JobError> {
    let task = &taken.stored.task;
    let entity_types = if task.is("AllEntityType") { Vec::new() } else { task.entity_types.clone() };
    if entity_types.is_empty() && !task.is("AllEntityType") {
        context.log(LogLevel::Warning, "the task lists no entity type, and AllEntityType is not set");
        return Ok(completed(false));
    }
    let options = KeyOptions {
        entity_types,
        dirty: task.dirty,
        batch: number(task, "BatchSize"),
        actor: actor(taken),
        now_micros: engine.now(),
    };
    let done = compute_correlation_keys(&engine.store, &options)?;
    for (entity_type, resources) in &done.types {
        context.log(LogLevel::Information, &format!("{entity_type}: keys of {resources} resources"));
    }
    tell(&done.problems, context);
    Ok(TaskOutcome::of(done.summary(), done.inserted + done.removed > 0 || taken.row.attempts > 1))
}

pub(super) fn role_model(engine: &Engine, taken: &Taken, context: &dyn TaskContext) -> Result<TaskOutcome, JobError> {
    let task = &taken.stored.task;
    let is_blocked = task.is("BlockProvisioning") || task.is("BlockAllResourceTypeProvisioning");
    let options = RoleModelOptions {
        entity_types: task.entity_types.clone(),
        connector: taken.row.connector.clone().filter(|_| task.entity_types.is_empty()),
        dirty: task.dirty,
        review: if is_blocked { Review::All } else { Review::AsConfigured },
        ignore_history: task.is("IgnoreHistorization"),
        batch: number(task, "BatchSelectSize"),
        sample: SAMPLE,
        is_simulation: task.is("UseLdif"),
        actor: actor(taken),
        now_micros: engine.now(),
        watch: watch(engine, taken),
        ..RoleModelOptions::default()
    };
    if task.is("UseLdif") {
        context.log(LogLevel::Warning, "UseLdif: the outcome is counted and not stored; no LDIF file is written yet");
    }
    let done = compute_role_model(&engine.store, &options)?;
    for (entity_type, computed) in &done.types {
        let how = if computed.is_complete { "all" } else { "those that may differ" };
        let rows = computed.rows;
        context.log(
            LogLevel::Information,
            &format!(
                "{entity_type}: {} owners evaluated ({how}), {} changed; {} assignments new, {} changed, {} ended",
                computed.evaluated, computed.changed, rows.inserted, rows.updated, rows.closed
            ),
        );
    }
    tell(&done.problems, context);
    Ok(TaskOutcome::of(done.summary(), done.has_changed() || taken.row.attempts > 1))
}

pub(super) fn risk_scores(engine: &Engine, taken: &Taken, context: &dyn TaskContext) -> Result<TaskOutcome, JobError> {
    let task = &taken.stored.task;
    let options = RiskOptions {
        entity_types: task.entity_types.clone(),
        dirty: task.dirty,
        batch: number(task, "BatchSize"),
        top: 0,
        actor: actor(taken),
        now_micros: engine.now(),
        watch: watch(engine, taken),
    };
    let done = compute_risk_scores(&engine.store, &options)?;
    for risk in &done.risks {
        context.log(LogLevel::Information, &format!("risk {}: {} owners", risk.identifier, risk.identities));
    }
    tell(&done.problems, context);
    Ok(TaskOutcome::of(done.summary(), done.changed > 0 || taken.row.attempts > 1))
}

pub(super) fn classification(
    engine: &Engine,
    taken: &Taken,
    context: &dyn TaskContext,
) -> Result<TaskOutcome, JobError> {
    let task = &taken.stored.task;
    let batch = number(task, "BatchSize");
    let done = update_classification(&engine.store, &task.entity_types, batch, &actor(taken), engine.now())?;
    for (entity_type, free) in &done.types {
        context.log(LogLevel::Information, &format!("{entity_type}: {free} targets without owner"));
    }
    tell(&done.problems, context);
    Ok(TaskOutcome::of(done.summary(), done.classified + done.removed > 0 || taken.row.attempts > 1))
}

pub(super) fn pre_existing(engine: &Engine, taken: &Taken) -> Result<TaskOutcome, JobError> {
    let done = save_pre_existing_access_rights(&engine.store, &actor(taken), engine.now())?;
    Ok(TaskOutcome::of(done.summary(), done.owners > 0 || taken.row.attempts > 1))
}
