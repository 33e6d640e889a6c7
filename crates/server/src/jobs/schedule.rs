//! Starting jobs by their schedules.
//!
//! Each schedule has a row that says up to which instant it is settled. Whoever moves it on starts the job, in the same
//! transaction; so of several servers one does. What became due while nobody was there is due once.

use super::books::{Ended, settle};
use super::control::Trigger;
use super::engine::Engine;
use super::error::JobError;
use super::plan::{self, LaunchOptions};
use jiff::Timestamp;
use provost_model::configuration::Configuration;
use provost_model::configuration::jobs::{Cron, Job};
use provost_model::work::InstanceState;
use provost_store::{JobSchedule, NewJobInstance, ReadTx, WriteTx};

/// Missed instants that are looked through for the latest one.
const MISSED: usize = 1_000;

impl Engine {
    pub(super) fn follow_schedules(&self) -> Result<(), JobError> {
        let configuration = self.configuration()?;
        let known = self.store.read(ReadTx::job_schedules)?;
        let mut started = false;
        for job in &configuration.jobs {
            let Some(cron) = &job.cron else { continue };
            let now = self.schedule_time();
            match known.iter().find(|k| k.job == job.identifier && k.cron == cron.to_string()) {
                None => self.store.note(|tx| tx.begin_schedule(&job.identifier, &cron.to_string(), now))?,
                Some(schedule) => {
                    if let Some(instant) = self.due(cron, schedule.last_instant, now) {
                        started |= self.start(&configuration, job, schedule, instant)?;
                    }
                }
            }
        }
        if started {
            self.bell.ring();
        }
        Ok(())
    }

    fn schedule_time(&self) -> i64 {
        self.settings().pace.time(self.now())
    }

    /// When a job starts by itself next: microseconds since 1970, UTC.
    pub(crate) fn next_start(&self, cron: &Cron) -> Option<i64> {
        let now = Timestamp::from_microsecond(self.schedule_time()).ok()?;
        cron.next_after(now, &self.settings().zone).map(Timestamp::as_microsecond)
    }

    /// The latest instant of a schedule that is due and was not settled.
    fn due(&self, cron: &Cron, settled: i64, now: i64) -> Option<i64> {
        let zone = &self.settings().zone;
        let now = Timestamp::from_microsecond(now).ok()?;
        let mut at = Timestamp::from_microsecond(settled).ok()?;
        let mut due = None;
        for _ in 0..MISSED {
            match cron.next_after(at, zone) {
                Some(next) if next <= now => {
                    due = Some(next.as_microsecond());
                    at = next;
                }
                _ => break,
            }
        }
        due
    }

    fn start(
        &self,
        configuration: &Configuration,
        job: &Job,
        schedule: &JobSchedule,
        instant: i64,
    ) -> Result<bool, JobError> {
        let (settings, now) = (self.settings(), self.now());
        let (batch, agent) = (settings.max_task_batch_size, settings.default_agent.as_deref());
        let tasks = plan::tasks(configuration, job, &LaunchOptions::default(), batch, agent);
        let (started, ended) = self.store.note(|tx| {
            let mut ended = Ended::default();
            tx.lock_jobs()?;
            if !tx.claim_instant(&job.identifier, schedule.last_instant, self.schedule_time().max(instant))? {
                return Ok((None, ended));
            }
            let why_not = match &tasks {
                Err(error) => Some(error.to_string()),
                Ok(_) => why_not(tx, job)?,
            };
            if let (None, Ok(tasks)) = (&why_not, &tasks) {
                let new = scheduled(job, instant, now);
                let made = tx.create_job_instance(&new, tasks)?;
                settle(tx, made.id, now, &mut ended)?;
            } else if let Some(reason) = &why_not {
                tx.not_started(&job.identifier, instant, reason)?;
            }
            Ok::<_, JobError>((Some(why_not), ended))
        })?;
        self.tell(ended);
        if let Some(Some(reason)) = &started {
            tracing::info!(job = job.identifier, reason, "the job was not started by its schedule");
        }
        Ok(matches!(started, Some(None)))
    }
}

fn scheduled(job: &Job, instant: i64, now: i64) -> NewJobInstance {
    NewJobInstance {
        job: job.identifier.clone(),
        trigger: Trigger::Schedule.word().to_owned(),
        scheduled_for: Some(instant),
        is_incremental: job.is_incremental,
        log_level: format!("{:?}", job.log_level),
        requested_by: "scheduler".to_owned(),
        reason: String::new(),
        options: "{}".to_owned(),
        created_at: now,
    }
}

/// Why a job is not started again. An incremental job that is blocked goes on without the connectors that block it, if
/// it has others.
fn why_not(tx: &mut WriteTx, job: &Job) -> Result<Option<String>, JobError> {
    let Some(latest) = tx.latest_job_instance(&job.identifier)? else { return Ok(None) };
    match latest.state {
        InstanceState::NotStarted | InstanceState::InProgress => {
            Ok(Some(format!("instance {} has not ended", latest.id)))
        }
        InstanceState::Blocked => {
            let states = tx.connector_states()?;
            let is_blocked =
                |connector: &str| states.iter().any(|s| s.connector == connector && s.blocked_since.is_some());
            let connectors = job.steps.iter().filter_map(|step| step.task.connector.as_deref());
            let others = connectors.filter(|connector| !is_blocked(connector)).count();
            let goes_on = job.is_incremental && others > 0;
            Ok((!goes_on).then(|| format!("instance {} is blocked", latest.id)))
        }
        _ => Ok(None),
    }
}
