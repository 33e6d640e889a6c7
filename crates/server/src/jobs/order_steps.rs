//! The task that gives orders.

use super::engine::Engine;
use super::error::JobError;
use super::policy_steps::number;
use super::steps::actor;
use super::work::Taken;
use crate::error::ServerError;
use crate::orders::{GenerateOptions, OrderScope, expire, generate};
use provost_model::configuration::jobs::LogLevel;
use provost_model::summary::{ChangeSetName, State, Summary};
use provost_model::work::{TaskContext, TaskOutcome};
use std::collections::BTreeMap;

/// Gives the orders that are due; first of all what somebody approved.
pub(super) fn generate_orders(
    engine: &Engine,
    taken: &Taken,
    context: &dyn TaskContext,
) -> Result<TaskOutcome, JobError> {
    let task = &taken.stored.task;
    let expired = expire(&engine.store, &actor(taken), engine.now())?;
    if expired > 0 {
        context.log(LogLevel::Warning, &format!("{expired} orders without an answer are errors now"));
    }
    let forced = taken.stored.forced || task.is("ForceProvisioning");
    let mut options = GenerateOptions {
        scope: OrderScope::of_task(task),
        batch: number(task, "BatchInsertSize"),
        select: number(task, "BatchSelectSize"),
        force: forced.then(|| format!("job {}, requested by {}", taken.job.job, taken.job.requested_by)),
        approved: None,
        actor: actor(taken),
        now_micros: engine.now(),
    };
    if let Some(approval) = taken.approval() {
        options.approved = Some(approval.change_set);
        options.actor = approval.by;
    }
    let done = match generate(&engine.store, &engine.folders, &options) {
        // A server that died behind the commit has given them.
        Err(ServerError::ChangeSetDiffers { approved, found }) => {
            if !engine.store.read(|tx| tx.order_files_of(&approved))?.is_empty() {
                context.log(LogLevel::Information, &format!("the orders of {approved} are given"));
                let summary = Summary { state: State::Completed, ..Summary::default() };
                return Ok(TaskOutcome::of(summary, true));
            }
            let error = ServerError::ChangeSetDiffers { approved, found: found.clone() }.report();
            let summary = Summary {
                state: State::Blocked,
                change_set: Some(ChangeSetName { hash: found }),
                error: Some(error),
                ..Summary::default()
            };
            return Ok(TaskOutcome::of(summary, false));
        }
        other => other?,
    };
    context.log(LogLevel::Information, &format!("{} orders in {} files", done.orders, done.files.len()));
    let mut held: BTreeMap<String, u64> = BTreeMap::new();
    for one in &done.held {
        *held.entry(one.reason.to_string()).or_default() += 1;
    }
    for (reason, count) in held {
        context.log(LogLevel::Information, &format!("{count} held: {reason}"));
    }
    for threshold in &done.summary.thresholds {
        let text = format!(
            "{}: {} is {}, and there are {} of {}",
            threshold.level, threshold.name, threshold.limit, threshold.count, threshold.base
        );
        context.log(LogLevel::Warning, &text);
    }
    Ok(TaskOutcome::of(done.summary, done.orders > 0 || taken.row.attempts > 1))
}
