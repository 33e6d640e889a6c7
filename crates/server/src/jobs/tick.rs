//! The round that every engine makes each second: signs of life, tasks of the dead, what takes too long.

use super::books::{Ended, settle, text};
use super::control::give_up;
use super::engine::Engine;
use super::error::JobError;
use super::plan::StoredTask;
use super::settings::micros;
use provost_model::summary::ErrorReport;
use provost_model::work::InstanceState;
use provost_store::{JobInstance, ReadTx, SeenAgent, TaskInstance, WriteTx};
use std::collections::{BTreeMap, BTreeSet};

/// An agent that has not asked for work for so long is not there.
const SILENCE: i64 = 15_000_000;
/// So long may an agent be away while a job waits for it.
const ABSENCE: i64 = 5 * 60 * 1_000_000;
/// So often it is written down that agents are there.
const AGENTS: i64 = 5_000_000;

/// What this process has to write down.
#[derive(Debug, Default)]
struct News {
    renewals: BTreeMap<i64, (String, Option<String>)>,
    agents: Vec<SeenAgent>,
}

impl Engine {
    /// One round. Failing is harmless: the next round does the same.
    ///
    /// # Errors
    /// Those of the database.
    pub fn tick(&self) -> Result<(), JobError> {
        let began = self.now();
        let news = self.news(began);
        let (active, running) =
            self.store.read(|tx| Ok::<_, JobError>((tx.active_job_instances()?, tx.running_tasks()?)))?;
        self.remember_cancelled(&active);
        let overdue = running.iter().any(|t| t.lease_until < began || too_long(self, t, began));
        let late = active.iter().any(|job| self.may_be_late(job, began));
        if overdue || late || !news.renewals.is_empty() || !news.agents.is_empty() {
            let kept = self.store.note(|tx| self.keep(tx, &news, began));
            match kept {
                Ok((true, ended)) => self.tell(ended),
                Ok((false, _)) => {}
                Err(error) => {
                    self.put_back(news);
                    return Err(error);
                }
            }
        } else {
            self.memory().kept_at = Some(began);
        }
        if self.settings().scheduler {
            self.follow_schedules()?;
        }
        Ok(())
    }

    fn news(&self, now: i64) -> News {
        let mut memory = self.memory();
        let mut renewals = std::mem::take(&mut memory.renewals);
        for (id, lease) in &memory.running {
            renewals.entry(*id).or_insert_with(|| (lease.clone(), None));
        }
        let mut agents = Vec::new();
        if now - memory.agents_at >= AGENTS {
            memory.agents_at = now;
            agents.extend(memory.waiting.values().map(|(agent, _)| SeenAgent { last_seen_at: now, ..agent.clone() }));
        }
        News { renewals, agents }
    }

    fn put_back(&self, news: News) {
        let mut memory = self.memory();
        for (id, renewal) in news.renewals {
            memory.renewals.entry(id).or_insert(renewal);
        }
        memory.agents_at = 0;
    }

    fn remember_cancelled(&self, active: &[JobInstance]) {
        let cancelled: BTreeSet<i64> = active.iter().filter(|j| j.cancelled_by.is_some()).map(|j| j.id).collect();
        self.memory().cancelled = cancelled;
    }

    /// Tells whether the books changed in a way that others want to hear of.
    fn keep(&self, tx: &mut WriteTx, news: &News, began: i64) -> Result<(bool, Ended), JobError> {
        let mut ended = Ended::default();
        tx.lock_jobs()?;
        let now = self.now();
        for agent in &news.agents {
            tx.saw_agent(agent)?;
        }
        let until = now + micros(self.settings().lease);
        for (id, (lease, progress)) in &news.renewals {
            if !tx.renew_lease(*id, lease, until, progress.as_deref())? {
                self.memory().unwanted.insert(*id);
            }
        }
        // After a long time in which nobody could write, others first get the chance to say that they live.
        let patience = micros(self.settings().lease) / 2;
        let fresh = self.memory().kept_at.is_some_and(|at| now - at < patience) && now - began < patience;
        self.memory().kept_at = Some(now);
        let mut changed = !news.renewals.is_empty();
        if fresh {
            changed |= self.take_back(tx, now, &mut ended)?;
        }
        changed |= self.end_late(tx, now, &mut ended)?;
        Ok((changed, ended))
    }

    /// Tasks whose owner is dead wait again; tasks that take too long, or were begun too often, have failed. One that
    /// never arrived was not begun.
    fn take_back(&self, tx: &mut WriteTx, now: i64, ended: &mut Ended) -> Result<bool, JobError> {
        let mut changed = false;
        for task in tx.running_tasks()? {
            let unheard = !task.is_confirmed;
            let failure = if too_long(self, &task, now) {
                Some(timed_out(self, &task))
            } else if task.lease_until >= now {
                continue;
            } else if !unheard && task.attempts >= i64::from(self.settings().attempts) {
                Some(lost_too_often(&task))
            } else {
                None
            };
            match failure {
                None if unheard => tx.take_back_unheard(task.id, now)?,
                None => tx.set_task_waiting(task.id, Some(now))?,
                Some(error) => fail(tx, &task, &error, now, ended)?,
            }
            changed = true;
            settle(tx, task.job_instance, now, ended)?;
        }
        Ok(changed)
    }

    fn may_be_late(&self, job: &JobInstance, now: i64) -> bool {
        match job.state {
            InstanceState::NotStarted => now - job.created_at >= micros(self.settings().launch_timeout),
            _ => job.started_at.is_some_and(|at| now - at >= ABSENCE),
        }
    }

    /// Job instances that wait for agents that are not there have failed.
    fn end_late(&self, tx: &mut WriteTx, now: i64, ended: &mut Ended) -> Result<bool, JobError> {
        let agents = tx.seen_agents()?;
        let ready = tx.ready_tasks()?;
        let mut changed = false;
        for job in tx.active_job_instances()?.iter().filter(|job| self.may_be_late(job, now)) {
            let patience = if job.state == InstanceState::NotStarted { SILENCE } else { ABSENCE };
            let waiting: Vec<&TaskInstance> = ready.iter().filter(|t| t.job_instance == job.id).collect();
            let absent = |task: &&TaskInstance| {
                let agent = task.agent.as_deref()?;
                let seen = agents.iter().find(|a| a.identifier == agent).map(|a| a.last_seen_at);
                let long =
                    job.state == InstanceState::NotStarted || task.ready_at.is_some_and(|at| now - at >= patience);
                (long && seen.is_none_or(|at| now - at >= patience)).then(|| (agent.to_owned(), seen))
            };
            let gone: Vec<_> = waiting.iter().filter_map(absent).collect();
            if let Some((agent, seen)) = gone.first()
                && gone.len() == waiting.len()
            {
                give_up(tx, job.id, &agent_absent(agent, *seen), now, ended)?;
                changed = true;
            }
        }
        Ok(changed)
    }

    /// Closes job instances that are in progress but have no task that runs or could run; tells which.
    pub(super) fn close_stuck(&self, except: i64) -> Result<Vec<i64>, JobError> {
        let now = self.now();
        let (closed, ended) = self.store.note(|tx| {
            let mut ended = Ended::default();
            tx.lock_jobs()?;
            self.take_back(tx, now, &mut ended)?;
            let mut closed = Vec::new();
            let limit = now - micros(self.settings().task_timeout);
            for job in tx.active_job_instances()?.into_iter().filter(|job| job.id != except) {
                settle(tx, job.id, now, &mut ended)?;
                let tasks = tx.task_instances(job.id)?;
                let runs = tasks.iter().any(|t| t.state == InstanceState::InProgress);
                if !runs && job.created_at < limit && tx.job_instance(job.id)?.is_some_and(|j| !j.state.is_final()) {
                    let error = ErrorReport {
                        code: "stuck".to_owned(),
                        message: "nothing of it has run for too long".to_owned(),
                        hint: Some("restart it when its agents are there".to_owned()),
                    };
                    give_up(tx, job.id, &error, now, &mut ended)?;
                    closed.push(job.id);
                }
            }
            Ok::<_, JobError>((closed, ended))
        })?;
        self.tell(ended);
        Ok(closed)
    }
}

fn too_long(engine: &Engine, task: &TaskInstance, now: i64) -> bool {
    task.started_at.is_some_and(|at| now - at > micros(engine.settings().task_timeout))
}

fn fail(
    tx: &mut WriteTx,
    task: &TaskInstance,
    error: &ErrorReport,
    now: i64,
    ended: &mut Ended,
) -> Result<(), JobError> {
    let stored: StoredTask = serde_json::from_str(&task.definition).unwrap_or_default();
    let state = if stored.task.continue_on_error { InstanceState::Warning } else { InstanceState::Errored };
    ended.close(tx, task, state, Some(&text(error)), now)
}

fn timed_out(engine: &Engine, task: &TaskInstance) -> ErrorReport {
    let minutes = engine.settings().task_timeout.as_secs() / 60;
    ErrorReport {
        code: "task-timeout".to_owned(),
        message: format!("the task has not ended within {minutes} minutes"),
        hint: Some(format!(
            "look at its log (provost job log {}); if it needs the time, set TaskTimeoutSupplement",
            task.job_instance
        )),
    }
}

fn lost_too_often(task: &TaskInstance) -> ErrorReport {
    let owner = task.lease_owner.as_deref().unwrap_or("nobody");
    ErrorReport {
        code: "owner-lost".to_owned(),
        message: format!("{owner} stopped without a word while it ran the task, as {} times before", task.attempts - 1),
        hint: Some(
            "look at the log of that process, and at memory and disk of its machine; then restart the job".to_owned(),
        ),
    }
}

fn agent_absent(agent: &str, seen: Option<i64>) -> ErrorReport {
    let since = match seen.and_then(|at| jiff::Timestamp::from_microsecond(at).ok()) {
        Some(at) => format!("agent \"{agent}\" has not asked for work since {at:.0}"),
        None => format!("agent \"{agent}\" has never asked for work"),
    };
    ErrorReport {
        code: "agent-absent".to_owned(),
        message: since,
        hint: Some(format!(
            "start it (`provost agent`) with OpenId:AgentIdentifier \"{agent}\", and check that it reaches the server"
        )),
    }
}

impl Engine {
    /// Agents that asked for work lately.
    ///
    /// # Errors
    /// Those of the database.
    pub fn agents(&self) -> Result<Vec<SeenAgent>, JobError> {
        Ok(self.store.read(ReadTx::seen_agents)?)
    }
}
