//! When jobs start, and what a job that starts often must be like.

use super::Context;
use super::jobs::is_made;
use crate::configuration::jobs::{Cron, CronTimeZone, Mode, PlacedStep, Task, TaskKind};
use crate::configuration::node::Node;
use crate::configuration::source::Problems;
use std::collections::BTreeSet;

/// Cron expressions can be read, and their time comes.
pub(super) fn expressions(context: &Context<'_>, problems: &mut Problems<'_>) {
    super::walk(context.nodes, None, &mut |node, _| {
        let name = match node.element.name {
            "Job" | "SchedulingCleanDataBaseSetting" => "CronTabExpression",
            "CronTabExpression" => "CronTab",
            _ => return,
        };
        let Some(text) = node.written(name).filter(|text| !text.trim().is_empty()) else {
            return;
        };
        if let Err(error) = Cron::new(text, CronTimeZone::Utc) {
            problems.error("cron", node.value_span(name), error.problem, error.hint);
        }
    });
}

/// A job that starts more than once an hour works on changes only.
pub(super) fn frequent_jobs(context: &Context<'_>, problems: &mut Problems<'_>) {
    for placed in &context.jobs {
        if !placed.job.cron.as_ref().is_some_and(Cron::is_frequent) {
            continue;
        }
        let mut kinds = BTreeSet::new();
        for step in &placed.steps {
            let (Some(node), Some(task)) = (context.node_of(step.item), task(step)) else {
                continue;
            };
            let Some((why, hint)) = unfit(task, &mut kinds) else {
                continue;
            };
            tell(node, &placed.job.identifier, task, why, hint, problems);
            // One remark about a scaffolding says enough.
            if is_made(context, placed.item) {
                break;
            }
        }
    }
}

fn task<'a>(step: &'a PlacedStep<'_>) -> Option<&'a Task> {
    step.step.as_ref().map(|step| &step.task)
}

fn tell(node: &Node, job: &str, task: &Task, why: &str, hint: &str, problems: &mut Problems<'_>) {
    let message = format!("\"{job}\" starts more than once an hour, but \"{}\" {why}", task.identifier);
    problems.warning("frequent-job", &node.span, message, hint);
}

/// Why a task has no place in a frequent job, and what to do.
fn unfit(task: &Task, computed: &mut BTreeSet<TaskKind>) -> Option<(&'static str, &'static str)> {
    match task.kind {
        TaskKind::Export if task.is("IgnoreCookieFile") || task.is("InitMode") => {
            Some(("exports everything", "leave out IgnoreCookieFile and InitMode"))
        }
        TaskKind::PrepareSynchronization if task.mode != Some(Mode::Incremental) => {
            Some(("compares everything", "write SynchronizationMode=\"Incremental\""))
        }
        TaskKind::SetInternalUserProfiles | TaskKind::ActivityInstanceActor => {
            Some(("takes long", "put it in a job that starts less often"))
        }
        TaskKind::UpdateEntityPropertyExpressions | TaskKind::ComputeCorrelationKeys | TaskKind::ComputeRoleModel => {
            if !task.dirty {
                Some(("computes everything", "write Dirty=\"true\""))
            } else if task.is("AllEntityType") {
                Some(("looks at every entity type", "list them with <TaskEntityType>"))
            } else if computed.insert(task.kind) || task.kind == TaskKind::ComputeRoleModel {
                None
            } else {
                Some(("computes a second time", "one task for all entity types is enough"))
            }
        }
        _ => None,
    }
}
