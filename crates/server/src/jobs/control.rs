//! What people and programs can do with jobs: launch, cancel, resume, restart, look.

use super::books::{Ended, settle, text};
use super::engine::Engine;
use super::error::JobError;
use super::plan::{self, LaunchOptions};
use provost_model::summary::ErrorReport;
use provost_model::work::InstanceState;
use provost_store::{HistoryFilter, JobInstance, NewJobInstance, TaskInstance, WriteTx};
use serde::{Deserialize, Serialize};

/// What starts a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trigger {
    /// Its schedule.
    Schedule,
    /// A person, on a screen or through the interface.
    Person,
    /// A command, for example of another scheduler.
    Command,
}

impl Trigger {
    pub(super) fn word(self) -> &'static str {
        match self {
            Trigger::Schedule => "Schedule",
            Trigger::Person => "Person",
            Trigger::Command => "Command",
        }
    }
}

/// A job that is to be launched.
#[derive(Clone, Debug)]
pub struct Launch {
    /// Identifier of the job.
    pub job: String,
    /// All of it, or which part.
    pub options: LaunchOptions,
    /// What starts it.
    pub trigger: Trigger,
    /// Who asks.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// What somebody approved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Approval {
    pub(super) change_set: String,
    pub(super) by: String,
    pub(super) reason: String,
}

impl Engine {
    /// Launches a job. Its first tasks are ready when this returns.
    ///
    /// # Errors
    /// The job or the step is unknown, it may not be started by hand, it runs already, or the database fails.
    pub fn launch(&self, launch: &Launch) -> Result<JobInstance, JobError> {
        let configuration = self.configuration()?;
        let job = self.job(&launch.job)?;
        if job.user_start_denied && launch.trigger == Trigger::Person && !job.is_connector_job {
            return Err(JobError::StartDenied { job: job.identifier });
        }
        let agent = self.settings().default_agent.as_deref();
        let batch = self.settings().max_task_batch_size;
        let tasks = plan::tasks(&configuration, &job, &launch.options, batch, agent)?;
        let new = NewJobInstance {
            job: job.identifier.clone(),
            trigger: launch.trigger.word().to_owned(),
            scheduled_for: None,
            is_incremental: job.is_incremental,
            log_level: format!("{:?}", job.log_level),
            requested_by: launch.actor.clone(),
            reason: launch.reason.clone(),
            options: serde_json::to_string(&launch.options).unwrap_or_default(),
            created_at: self.now(),
        };
        let why = format!("launched job {}{}", job.identifier, because(&launch.reason));
        self.decide(&launch.actor, &why, |tx, ended| {
            not_running(tx, &job.identifier)?;
            let made = tx.create_job_instance(&new, &tasks)?;
            settle(tx, made.id, new.created_at, ended)?;
            Ok(made.id)
        })
    }

    /// Changes a job instance in one transaction, and tells what follows. `body` gives the id of the instance.
    fn decide(
        &self,
        actor: &str,
        why: &str,
        body: impl FnOnce(&mut WriteTx, &mut Ended) -> Result<i64, JobError>,
    ) -> Result<JobInstance, JobError> {
        let (job, ended) = self.store.write(actor, why, |tx| {
            let mut ended = Ended::default();
            tx.lock_jobs()?;
            let id = body(tx, &mut ended)?;
            Ok::<_, JobError>((instance(tx, id)?, ended))
        })?;
        self.tell(ended);
        Ok(job)
    }

    /// Cancels a job instance: tasks that run end first, others do not start.
    ///
    /// # Errors
    /// There is no such instance, it has ended, or the database fails.
    pub fn cancel(&self, id: i64, actor: &str, reason: &str) -> Result<JobInstance, JobError> {
        let now = self.now();
        let why = format!("cancelled job instance {id}{}", because(reason));
        let job = self.decide(actor, &why, |tx, ended| {
            match instance(tx, id)?.state {
                InstanceState::NotStarted | InstanceState::InProgress => {
                    tx.set_job_cancelled_by(id, Some(actor))?;
                    settle(tx, id, now, ended)?;
                }
                // Nothing of it runs; but nobody is to resume or restart it any more.
                InstanceState::Blocked => {
                    tx.set_job_cancelled_by(id, Some(actor))?;
                    tx.set_job_state(id, InstanceState::Cancelled, None, now)?;
                    ended.job(tx, id)?;
                }
                state => return Err(JobError::State { instance: id, state, wanted: "cancelled" }),
            }
            Ok(id)
        })?;
        self.memory().cancelled.insert(id);
        Ok(job)
    }

    /// Resumes a blocked job instance: the change set that blocks it is applied, if it is still the approved one, and
    /// the tasks that did not start follow. Without `change_set`, the one that the books name is approved.
    ///
    /// # Errors
    /// The instance is not blocked, another change set blocks it, the job runs again already, or the database fails.
    pub fn resume(
        &self,
        id: i64,
        change_set: Option<&str>,
        actor: &str,
        reason: &str,
    ) -> Result<JobInstance, JobError> {
        let now = self.now();
        let why = format!("resumed job instance {id}{}", because(reason));
        self.decide(actor, &why, |tx, ended| {
            let job = instance(tx, id)?;
            if job.state != InstanceState::Blocked {
                return Err(JobError::State { instance: id, state: job.state, wanted: "resumed" });
            }
            not_running(tx, &job.job)?;
            let tasks = tx.task_instances(id)?;
            let blocked: Vec<&TaskInstance> = tasks.iter().filter(|t| t.state == InstanceState::Blocked).collect();
            let approved = blocked.iter().filter(|t| change_set.is_none() || t.change_set.as_deref() == change_set);
            let mut any = false;
            for task in approved {
                let approval = Approval {
                    change_set: task.change_set.clone().unwrap_or_default(),
                    by: actor.to_owned(),
                    reason: reason.to_owned(),
                };
                tx.set_task_waiting(task.id, Some(now))?;
                tx.set_task_approval(task.id, &serde_json::to_string(&approval).unwrap_or_default())?;
                any = true;
            }
            if !any {
                return Err(JobError::OtherChangeSet {
                    instance: id,
                    approved: change_set.unwrap_or_default().to_owned(),
                    found: blocked.iter().filter_map(|t| t.change_set.clone()).collect(),
                });
            }
            tx.set_job_state(id, InstanceState::InProgress, None, now)?;
            settle(tx, id, now, ended)?;
            Ok(id)
        })
    }

    /// Restarts a job instance from the step that failed, or that was cancelled. Tasks that have not run take the
    /// attributes that are deployed now.
    ///
    /// # Errors
    /// The instance has not failed, the job runs again already, or the database fails.
    pub fn restart(&self, id: i64, actor: &str, reason: &str) -> Result<JobInstance, JobError> {
        let now = self.now();
        let of = self.store.read(|tx| instance(tx, id))?;
        let configuration = self.configuration()?;
        let options: LaunchOptions = serde_json::from_str(&of.options).unwrap_or_default();
        let (batch, agent) = (self.settings().max_task_batch_size, self.settings().default_agent.as_deref());
        let deployed = match configuration.jobs.iter().find(|j| j.identifier == of.job) {
            Some(job) => plan::tasks(&configuration, job, &options, batch, agent).unwrap_or_default(),
            None => Vec::new(),
        };
        let why = format!("restarted job instance {id}{}", because(reason));
        let job = self.decide(actor, &why, |tx, ended| {
            let job = instance(tx, id)?;
            if !matches!(job.state, InstanceState::Errored | InstanceState::Cancelled) {
                return Err(JobError::State { instance: id, state: job.state, wanted: "restarted" });
            }
            not_running(tx, &job.job)?;
            let tasks = tx.task_instances(id)?;
            let failed = |t: &&TaskInstance| {
                matches!(
                    t.state,
                    InstanceState::Errored
                        | InstanceState::Cancelled
                        | InstanceState::Blocked
                        | InstanceState::NotStarted
                )
            };
            let from = tasks.iter().filter(failed).map(|t| t.level).min().unwrap_or(0);
            let skipped = |t: &&TaskInstance| t.state == InstanceState::Skipped && t.level > from;
            for task in tasks.iter().filter(|t| failed(t) || skipped(t)) {
                let fresh = deployed.iter().find(|d| d.task == task.task && d.agent == task.agent);
                tx.renew_task(task.id, fresh.map_or(task.definition.as_str(), |d| d.definition.as_str()))?;
            }
            tx.set_job_cancelled_by(id, None)?;
            tx.set_job_state(id, InstanceState::InProgress, None, now)?;
            settle(tx, id, now, ended)?;
            Ok(id)
        })?;
        self.memory().cancelled.remove(&id);
        Ok(job)
    }

    /// Repairs the latest instance of a job: resumes it when it is blocked, restarts it when it failed.
    ///
    /// # Errors
    /// There is none, there is nothing to repair, and as [`Engine::resume`] and [`Engine::restart`].
    pub fn repair(&self, job: &str, actor: &str, reason: &str) -> Result<JobInstance, JobError> {
        let identifier = self.job(job)?.identifier;
        let latest = self.store.read(|tx| tx.latest_job_instance(&identifier))?;
        match latest {
            None => Err(JobError::State { instance: 0, state: InstanceState::NotStarted, wanted: "repaired" }),
            Some(latest) if latest.state == InstanceState::Blocked => self.resume(latest.id, None, actor, reason),
            Some(latest) => self.restart(latest.id, actor, reason),
        }
    }

    /// A job instance with its tasks by their position.
    ///
    /// # Errors
    /// There is none, or the database fails.
    pub fn instance(&self, id: i64) -> Result<(JobInstance, Vec<TaskInstance>), JobError> {
        self.store.read(|tx| {
            let job = tx.job_instance(id)?.ok_or(JobError::UnknownInstance { id })?;
            Ok((job, tx.task_instances(id)?))
        })
    }

    /// A page of job instances, the newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn instances(&self, filter: &HistoryFilter, limit: usize) -> Result<Vec<JobInstance>, JobError> {
        self.store.read(|tx| Ok(tx.job_instances(filter, limit)?))
    }
}

fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

fn instance(tx: &mut provost_store::ReadTx, id: i64) -> Result<JobInstance, JobError> {
    tx.job_instance(id)?.ok_or(JobError::UnknownInstance { id })
}

/// A job never runs twice.
fn not_running(tx: &mut WriteTx, job: &str) -> Result<(), JobError> {
    match tx.active_job_instances()?.into_iter().find(|active| active.job == job) {
        Some(active) => Err(JobError::Running { job: job.to_owned(), instance: active.id }),
        None => Ok(()),
    }
}

/// Ends a job instance that could not be started, and the tasks that waited.
pub(super) fn give_up(
    tx: &mut WriteTx,
    id: i64,
    error: &ErrorReport,
    now: i64,
    ended: &mut Ended,
) -> Result<(), JobError> {
    for task in tx.task_instances(id)?.iter().filter(|t| t.state == InstanceState::NotStarted && t.ready_at.is_some()) {
        ended.close(tx, task, InstanceState::Errored, Some(&text(error)), now)?;
    }
    settle(tx, id, now, ended)
}
