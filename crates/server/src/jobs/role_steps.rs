//! The tasks that make roles and rules of data.

use super::engine::Engine;
use super::error::JobError;
use super::steps::{actor, watch};
use super::work::Taken;
use crate::roles::{BuildOptions, MiningOptions, build_role_model, mine_roles};
use provost_model::configuration::jobs::LogLevel;
use provost_model::work::{TaskContext, TaskOutcome};

/// Entitlements left out, and roles, shown in the log.
const SHOWN: usize = 100;

pub(super) fn build(engine: &Engine, taken: &Taken, context: &dyn TaskContext) -> Result<TaskOutcome, JobError> {
    let options = BuildOptions {
        connector: taken.row.connector.clone(),
        is_simulation: false,
        actor: actor(taken),
        now_micros: engine.now(),
        watch: watch(engine, taken),
    };
    let done = build_role_model(&engine.store, &options)?;
    for mapping in &done.mappings {
        let wait = if mapping.waits_for_approval { ", which wait for an approval" } else { "" };
        let text = format!(
            "{}: {} roles and {} rules of {} entitlements{wait}",
            mapping.identifier, mapping.roles, mapping.rules, mapping.entitlements
        );
        context.log(LogLevel::Information, &text);
        for (key, reason) in mapping.skipped.iter().take(SHOWN) {
            context.log(LogLevel::Warning, &format!("{}, {key}: {reason}", mapping.identifier));
        }
        if let Some(problem) = &mapping.problem {
            context.log(LogLevel::Error, &format!("{}: {problem}", mapping.identifier));
        }
    }
    Ok(TaskOutcome::of(done.summary(), done.is_deployed || taken.row.attempts > 1))
}

pub(super) fn mine(engine: &Engine, taken: &Taken, context: &dyn TaskContext) -> Result<TaskOutcome, JobError> {
    let task = &taken.stored.task;
    let options = MiningOptions {
        entity_types: if task.is("AllEntities") { Vec::new() } else { task.entity_types.clone() },
        is_simulation: task.is("IsSimulated"),
        actor: actor(taken),
        now_micros: engine.now(),
        watch: watch(engine, taken),
    };
    let done = mine_roles(&engine.store, &options)?;
    for role in done.roles.iter().take(SHOWN) {
        let percent = |hundredths: u32| format!("{}.{:02} %", hundredths / 100, hundredths % 100);
        let word = if role.is_taken { "found" } else { "not good enough" };
        let text = format!(
            "{}, {word}: precision {}, recall {}; {}",
            role.role,
            percent(role.precision),
            percent(role.recall),
            role.rules.join("; ")
        );
        context.log(LogLevel::Information, &text);
    }
    Ok(TaskOutcome::of(done.summary(), done.is_deployed || taken.row.attempts > 1))
}
