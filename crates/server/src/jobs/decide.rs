//! What follows from how the tasks of a job instance stand (spec 14 §1.1, §1.2, §2). No clock, no database.

use provost_model::configuration::jobs::{Decision, Outcome, Task, may_start};
use provost_model::summary::ErrorReport;
use provost_model::work::InstanceState;

/// A task instance, as far as decisions need it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TaskView {
    pub(super) id: i64,
    pub(super) level: i64,
    pub(super) state: InstanceState,
    /// Its turn has come.
    pub(super) ready: bool,
    /// Somebody has approved what blocked it: it goes on although the job has stopped.
    pub(super) approved: bool,
    pub(super) produced: bool,
    pub(super) task: Task,
}

/// What is to be written into the books.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// The turn of a task has come.
    Ready(i64),
    /// It waits again, because the job stops.
    Wait(i64),
    /// It is not needed, for this reason.
    Skip(i64, ErrorReport),
    /// It will never run.
    Cancel(i64),
    /// The job instance ends.
    End(InstanceState),
}

/// The changes that follow. `hindrance` tells why a task must not run although its parents went well.
pub(super) fn decide(
    cancelled: bool,
    mut tasks: Vec<TaskView>,
    hindrance: impl Fn(&TaskView) -> Option<ErrorReport>,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let goes_on = |t: &TaskView| t.state == InstanceState::NotStarted && t.ready && t.approved && !cancelled;
    let running = tasks.iter().any(|t| t.state == InstanceState::InProgress || goes_on(t));
    if cancelled {
        if !running {
            let left = tasks.iter().filter(|t| t.state == InstanceState::NotStarted);
            changes.extend(left.map(|t| Change::Cancel(t.id)));
            changes.push(Change::End(InstanceState::Cancelled));
        }
        return changes;
    }
    if let Some(state) = stopped_by(&tasks) {
        let waiting = tasks.iter().filter(|t| t.state == InstanceState::NotStarted && t.ready && !t.approved);
        changes.extend(waiting.map(|t| Change::Wait(t.id)));
        if !running {
            changes.push(Change::End(state));
        }
        return changes;
    }
    loop {
        let open = tasks.iter().filter(|t| !t.state.is_final()).map(|t| t.level).min();
        let Some(level) = open else {
            let warned = tasks.iter().any(|t| t.state == InstanceState::Warning);
            changes.push(Change::End(if warned { InstanceState::Warning } else { InstanceState::Completed }));
            return changes;
        };
        let waits = |t: &TaskView| t.state == InstanceState::NotStarted && !t.ready;
        let mut waiting = false;
        for at in 0..tasks.len() {
            if tasks[at].level != level || tasks[at].state.is_final() {
                continue;
            }
            if !waits(&tasks[at]) {
                waiting = true;
                continue;
            }
            match why_not(&tasks, at).or_else(|| hindrance(&tasks[at])) {
                Some(reason) => {
                    changes.push(Change::Skip(tasks[at].id, reason));
                    tasks[at].state = InstanceState::Skipped;
                }
                None => {
                    changes.push(Change::Ready(tasks[at].id));
                    tasks[at].ready = true;
                    waiting = true;
                }
            }
        }
        if waiting {
            return changes;
        }
    }
}

/// The state that the job ends in because of tasks that stop it. An error weighs more than a block.
fn stopped_by(tasks: &[TaskView]) -> Option<InstanceState> {
    [InstanceState::Errored, InstanceState::Blocked, InstanceState::Cancelled]
        .into_iter()
        .find(|state| tasks.iter().any(|t| t.state == *state))
}

/// Why a task is not needed, given how the tasks went that it depends on.
fn why_not(tasks: &[TaskView], at: usize) -> Option<ErrorReport> {
    let outcome = |parent: &str| {
        let found = tasks.iter().find(|t| t.task.identifier == parent)?;
        // Rows that were set aside are a warning, too: rows fail, runs do not. An allowed error produced nothing.
        let set_aside = found.state == InstanceState::Warning && found.produced;
        let state = if set_aside { InstanceState::Completed } else { found.state };
        Some(Outcome { state, produced: found.produced })
    };
    match may_start(&tasks[at].task, outcome) {
        Decision::Start => None,
        Decision::Skip(reason) => {
            Some(ErrorReport { code: "not-needed".to_owned(), message: reason.to_string(), hint: None })
        }
    }
}
