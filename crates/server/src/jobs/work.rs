//! Taking tasks, running those of the server, ending them.

use super::books::{Ended, settle, text};
use super::control::Approval;
use super::engine::Engine;
use super::error::JobError;
use super::logs;
use super::overheard::{Listener, overhear};
use super::plan::StoredTask;
use super::settings::micros;
use super::steps;
use crate::telemetry::of_task;
use provost_model::configuration::jobs::{LogLevel, Task, TaskKind};
use provost_model::summary::ErrorReport;
use provost_model::work::{AgentWork, InstanceState, LogLine, TaskContext, TaskOutcome, TaskProgress};
use provost_store::{Claim, Ending, Finished, JobInstance, TaskInstance, WriteTx};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// How often the end of a task is tried to be written down.
const TRIES: u32 = 100;

/// Tasks of the server that need more than repository and folders: whoever opens the server brings them.
pub trait ServerTasks: Send + Sync {
    /// Runs a task; none when it cannot be run in this version.
    fn run(&self, work: &AgentWork, context: &dyn TaskContext) -> Option<TaskOutcome>;
}

/// A server that brings no tasks of its own.
impl ServerTasks for () {
    fn run(&self, _work: &AgentWork, _context: &dyn TaskContext) -> Option<TaskOutcome> {
        None
    }
}

/// A task that was taken.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) row: TaskInstance,
    pub(super) job: JobInstance,
    pub(super) stored: StoredTask,
    pub(super) lease: String,
}

impl Taken {
    pub(super) fn approval(&self) -> Option<Approval> {
        serde_json::from_str(self.row.approval.as_deref()?).ok()
    }

    pub(super) fn log_level(&self) -> LogLevel {
        level_of(&self.job)
    }
}

fn level_of(job: &JobInstance) -> LogLevel {
    // `None` is no level of a line: the job keeps what is usual.
    if job.log_level == "None" { LogLevel::None } else { logs::level(&job.log_level) }
}

impl Engine {
    /// Takes the next task of the server and runs it on this thread. Tells whether there was one.
    ///
    /// # Errors
    /// Those of the database.
    pub fn run_next(&self) -> Result<bool, JobError> {
        match self.take(Claim::default())? {
            Some(taken) => self.run(&taken).map(|()| true),
            None => Ok(false),
        }
    }

    /// Takes the next task that fits. Owner and times of the claim are filled in, and the lease when it has none.
    pub(super) fn take(&self, claim: Claim) -> Result<Option<Taken>, JobError> {
        let lease = match claim.lease.as_str() {
            "" => uuid::Uuid::now_v7().simple().to_string(),
            lease => lease.to_owned(),
        };
        let held = if claim.is_handed_out { self.settings().lease / 3 } else { self.settings().lease };
        let owner = match claim.owner.as_str() {
            "" => self.settings().owner.clone(),
            owner => owner.to_owned(),
        };
        let claim = Claim { owner, lease: lease.clone(), ..claim };
        if !self.store.read(|tx| tx.has_work(&claim))? {
            return Ok(None);
        }
        let taken = self.store.note(|tx| {
            tx.lock_jobs()?;
            // It begins when its turn has come, not when others still had the books.
            let now = self.now();
            let claim = Claim { until: now + micros(held), now_micros: now, ..claim.clone() };
            // Somebody who asks twice at the same time gets one task, not two.
            if claim.is_handed_out && tx.task_under_lease(&claim.lease)?.is_some() {
                return Ok(None);
            }
            let Some(row) = tx.claim_task(&claim)? else { return Ok(None) };
            let job = tx.job_instance(row.job_instance)?.ok_or(JobError::UnknownInstance { id: row.job_instance })?;
            Ok::<_, JobError>(Some((row, job)))
        })?;
        let Some((row, job)) = taken else { return Ok(None) };
        let stored = serde_json::from_str(&row.definition).map_err(|e| JobError::Log(e.into()))?;
        let taken = Taken { row, job, stored, lease };
        self.log(&taken, LogLevel::Information, &begins(&taken));
        self.bell.ring();
        Ok(Some(taken))
    }

    /// Runs a task of the server that was taken, and ends it.
    pub(super) fn run(&self, taken: &Taken) -> Result<(), JobError> {
        self.run_as(taken, |context| steps::run(self, taken, context))
    }

    /// Runs a task in this process, whatever it does, and ends it.
    pub(super) fn run_as(&self, taken: &Taken, body: impl FnOnce(&Run<'_>) -> TaskOutcome) -> Result<(), JobError> {
        self.memory().running.insert(taken.row.id, taken.lease.clone());
        let context = Run { engine: self, taken };
        let listener: Listener = {
            let (engine, taken) = (self.clone(), taken.clone());
            Arc::new(move |level, message| engine.log(&taken, level, message))
        };
        let body = || overhear(listener, || body(&context));
        let outcome = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| {
            TaskOutcome::errored(ErrorReport {
                code: "internal".to_owned(),
                message: "the task came to an end that the program does not provide for".to_owned(),
                hint: Some("report what the log of the server says at this time".to_owned()),
            })
        });
        let ended = self.finish(taken.row.id, &taken.lease, outcome, &[]);
        let mut memory = self.memory();
        memory.running.remove(&taken.row.id);
        memory.unwanted.remove(&taken.row.id);
        drop(memory);
        match ended {
            Err(JobError::LeaseLost { task }) => {
                tracing::warn!(task, "the task was given to somebody else before it ended here");
                Ok(())
            }
            other => other,
        }
    }

    /// Ends a task under its lease, and starts what follows. Repeating it changes nothing.
    pub(super) fn finish(&self, id: i64, lease: &str, outcome: TaskOutcome, log: &[LogLine]) -> Result<(), JobError> {
        let row = self.store.read(|tx| tx.task_instance(id))?.ok_or(JobError::UnknownTask { id })?;
        let stored: StoredTask = serde_json::from_str(&row.definition).unwrap_or_default();
        let outcome = allowed(outcome, &stored.task);
        let job = self.store.read(|tx| tx.job_instance(row.job_instance))?.unwrap_or_default();
        if row.lease.as_deref() == Some(lease) && row.state == InstanceState::InProgress {
            self.append(&row, level_of(&job), log);
            self.append(&row, level_of(&job), &[ending(&outcome, self.now())]);
        }
        let finished = Finished {
            state: outcome.state,
            produced: outcome.produced,
            summary: outcome.summary.as_ref().and_then(|s| serde_json::to_string(s).ok()),
            error: outcome.error.as_ref().map(text),
            change_set: outcome.summary.as_ref().and_then(|s| s.change_set.as_ref()).map(|c| c.hash.clone()),
        };
        let work = |tx: &mut WriteTx| {
            let mut ended = Ended::default();
            tx.lock_jobs()?;
            let now = self.now();
            let ending = tx.finish_task(id, lease, &finished, now)?;
            if ending == Ending::Done {
                if let (InstanceState::Blocked, Some(connector)) = (finished.state, &row.connector) {
                    tx.set_blocked_by(connector, id, now)?;
                }
                settle(tx, row.job_instance, now, &mut ended)?;
                ended.tasks.push((row.kind.clone(), finished.state));
            }
            Ok::<_, JobError>((ending, ended))
        };
        let (ending, ended) = patiently(|| self.store.note(work))?;
        self.memory().renewals.remove(&id);
        if let (Ending::Done, Some(spans)) = (ending, self.spans()) {
            spans.ended(of_task(&job, &row, finished.state, self.now()));
        }
        self.tell(ended);
        match ending {
            Ending::Done | Ending::Repeated => Ok(()),
            Ending::LeaseLost => Err(JobError::LeaseLost { task: id }),
        }
    }

    fn log(&self, taken: &Taken, level: LogLevel, message: &str) {
        self.append(&taken.row, taken.log_level(), &[line(self.now(), level, message)]);
    }

    /// Adds to the log of a task. A log that cannot be written stops no task.
    pub(super) fn append(&self, row: &TaskInstance, level: LogLevel, lines: &[LogLine]) {
        if let Err(error) = self.logs.append(row, level, lines) {
            tracing::warn!(task = row.id, %error, "the log of a task cannot be written");
        }
    }
}

/// Tries again while another writer holds the repository, which may take as long as a synchronisation: what a task has
/// done is not to be done again only because its end could not be written down. Each try waits for its turn.
fn patiently<T>(work: impl Fn() -> Result<T, JobError>) -> Result<T, JobError> {
    for _ in 1..TRIES {
        match work() {
            Err(JobError::Store(error)) if error.code() == "repository-locked" => {}
            other => return other,
        }
    }
    work()
}

fn begins(taken: &Taken) -> String {
    let by = taken.row.lease_owner.as_deref().unwrap_or_default();
    match taken.row.attempts {
        1 => format!("{} begins on {by}", taken.row.task),
        attempt => format!("{} begins again on {by}, for the {attempt}. time", taken.row.task),
    }
}

/// An outcome that the books accept for this task.
fn allowed(mut outcome: TaskOutcome, task: &Task) -> TaskOutcome {
    let may_block = matches!(task.kind, TaskKind::Synchronize | TaskKind::GenerateProvisioningOrders);
    if !outcome.state.is_final() || (outcome.state == InstanceState::Blocked && !may_block) {
        outcome.state = InstanceState::Errored;
    }
    if outcome.state == InstanceState::Errored {
        outcome.produced = false;
        if task.continue_on_error {
            outcome.state = InstanceState::Warning;
        }
    }
    outcome
}

pub(super) fn line(at: i64, level: LogLevel, message: &str) -> LogLine {
    LogLine { at, level: format!("{level:?}"), message: message.to_owned(), ..LogLine::default() }
}

/// What the log says at the end.
fn ending(outcome: &TaskOutcome, now: i64) -> LogLine {
    let level = match outcome.state {
        InstanceState::Errored | InstanceState::Blocked => LogLevel::Error,
        InstanceState::Warning => LogLevel::Warning,
        _ => LogLevel::Information,
    };
    let mut message = format!("ended: {}", outcome.state.word());
    if let Some(error) = &outcome.error {
        message.push_str(&format!(": {}", error.message));
        if let Some(hint) = &error.hint {
            message.push_str(&format!(" ({hint})"));
        }
    }
    let mut line = line(now, level, &message);
    if let Some(Ok(summary)) = outcome.summary.as_ref().map(serde_json::to_value) {
        line.fields.insert("summary".to_owned(), summary);
    }
    line
}

/// What a task of this process sees of the engine.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) engine: &'a Engine,
    pub(super) taken: &'a Taken,
}

impl TaskContext for Run<'_> {
    fn log(&self, level: LogLevel, message: &str) {
        self.engine.log(self.taken, level, message);
    }

    fn progress(&self, progress: &TaskProgress) {
        let json = serde_json::to_string(progress).ok();
        self.engine.memory().renewals.insert(self.taken.row.id, (self.taken.lease.clone(), json));
    }

    fn is_cancelled(&self) -> bool {
        let memory = self.engine.memory();
        memory.unwanted.contains(&self.taken.row.id) || memory.cancelled.contains(&self.taken.job.id)
    }
}
