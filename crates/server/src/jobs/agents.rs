//! What agents ask for and report. An agent connects outward only: it asks for work, and the answer may wait.

use super::engine::Engine;
use super::error::JobError;
use super::settings::micros;
use super::work::{Run, Taken};
use provost_model::configuration::Connection;
use provost_model::configuration::jobs::{Mode as TaskMode, Task};
use provost_model::summary::{ErrorReport, Mode};
use provost_model::work::{AgentTasks, AgentWork, OutcomeReport, ProgressAnswer, ProgressReport, TaskOutcome};
use provost_store::{Claim, JobInstance, ReadTx, SeenAgent, TaskInstance};

/// Stands for the client of an agent inside a server.
pub(super) const INSIDE: &str = "inside";

/// An agent that waits for work, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Waiting {
    engine: Engine,
    agent: String,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut memory = self.engine.memory();
        if let Some((_, count)) = memory.waiting.get_mut(&self.agent) {
            *count -= 1;
            if *count == 0 {
                memory.waiting.remove(&self.agent);
            }
        }
    }
}

impl Engine {
    /// An agent comes to ask for work. It belongs to the client that asked first in its name, until a task of the
    /// configuration names another client for it. One inside a server gives way when it has not been seen for a lease,
    /// and takes over likewise.
    ///
    /// # Errors
    /// The agent belongs to another client, or the database fails.
    pub(crate) fn arrive(&self, agent: &str, client: &str, version: &str) -> Result<Waiting, JobError> {
        let now = self.now();
        let new = SeenAgent {
            identifier: agent.to_owned(),
            client: client.to_owned(),
            version: version.to_owned(),
            first_seen_at: now,
            last_seen_at: now,
        };
        let seen = self.store.read(ReadTx::seen_agents)?;
        match seen.iter().find(|known| known.identifier == agent) {
            Some(known) if known.client != client => {
                let is_there = known.last_seen_at >= now - micros(self.settings().lease);
                let by_configuration = || self.is_configured(agent, client);
                let may = match (known.client == INSIDE, client == INSIDE) {
                    (true, _) | (_, true) => !is_there,
                    _ => by_configuration()?,
                };
                if !may && (known.client == INSIDE || client == INSIDE) {
                    return Err(JobError::TwoAgents { agent: agent.to_owned() });
                }
                if !may {
                    return Err(JobError::OtherClient { agent: agent.to_owned() });
                }
                self.store.note(|tx| tx.saw_agent(&new))?;
            }
            // Others see that it is there: now when it has been away, else with the next round of the books.
            Some(known) if known.last_seen_at >= now - micros(self.settings().lease) => {}
            _ => self.store.note(|tx| tx.saw_agent(&new))?,
        }
        let mut memory = self.memory();
        let (known, count) = memory.waiting.entry(agent.to_owned()).or_insert((new, 0));
        version.clone_into(&mut known.version);
        *count += 1;
        drop(memory);
        Ok(Waiting { engine: self.clone(), agent: agent.to_owned() })
    }

    /// Whether a task of the configuration names this client for this agent.
    fn is_configured(&self, agent: &str, client: &str) -> Result<bool, JobError> {
        let configuration = self.configuration()?;
        let mut tasks = configuration.jobs.iter().flat_map(|job| &job.steps).map(|step| &step.task);
        Ok(tasks.any(|t| t.agent.as_deref() == Some(agent) && t.open_id_client.as_deref() == Some(client)))
    }

    /// The next task for an agent, under a lease.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn work_for(&self, agent: &str, client: &str, kinds: &[String]) -> Result<Option<AgentWork>, JobError> {
        loop {
            let claim = Claim {
                owner: format!("agent {agent}"),
                agent: Some(agent.to_owned()),
                kinds: kinds.to_vec(),
                ..Claim::default()
            };
            let Some(taken) = self.take(claim)? else { return Ok(None) };
            match &taken.stored.task.open_id_client {
                Some(wanted) if wanted != client => {
                    let refused = TaskOutcome::errored(other_client(&taken.stored.task, agent, wanted, client));
                    self.finish(taken.row.id, &taken.lease, refused, &[])?;
                }
                _ => return Ok(Some(self.handed_out(&taken)?)),
            }
        }
    }

    pub(super) fn handed_out(&self, taken: &Taken) -> Result<AgentWork, JobError> {
        Ok(AgentWork {
            task_instance: taken.row.id,
            lease: taken.lease.clone(),
            lease_seconds: u32::try_from(self.settings().lease.as_secs()).unwrap_or(u32::MAX),
            job: taken.job.job.clone(),
            job_instance: taken.job.id,
            task: taken.stored.task.clone(),
            mode: mode(&taken.stored.task, &taken.job),
            connections: self.connections_of(taken)?,
            log_level: taken.log_level(),
        })
    }

    /// The connection of a task, else those of its connector: an agent does not know the configuration.
    fn connections_of(&self, taken: &Taken) -> Result<Vec<Connection>, JobError> {
        let configuration = self.configuration()?;
        let wanted = |connection: &&Connection| match &taken.stored.task.connection {
            Some(identifier) => connection.identifier.eq_ignore_ascii_case(identifier),
            None => Some(&connection.connector) == taken.row.connector.as_ref(),
        };
        Ok(configuration.connections.iter().filter(wanted).cloned().collect())
    }

    fn held(&self, agent: &str, id: i64, lease: &str) -> Result<(TaskInstance, JobInstance), JobError> {
        let (row, job) = self.store.read(|tx| {
            let row = tx.task_instance(id)?.ok_or(JobError::UnknownTask { id })?;
            let job = tx.job_instance(row.job_instance)?.ok_or(JobError::UnknownTask { id })?;
            Ok::<_, JobError>((row, job))
        })?;
        if row.agent.as_deref() != Some(agent) {
            return Err(JobError::OtherAgent { task: id, agent: row.agent.unwrap_or_default() });
        }
        if row.lease.as_deref() != Some(lease) {
            return Err(JobError::LeaseLost { task: id });
        }
        Ok((row, job))
    }

    /// An agent lives and works. What it reports is written into the books with the next round.
    ///
    /// # Errors
    /// The task belongs to another agent, the lease has passed on, or the database fails.
    pub(crate) fn progressed(&self, agent: &str, id: i64, report: &ProgressReport) -> Result<ProgressAnswer, JobError> {
        let (row, job) = self.held(agent, id, &report.lease)?;
        if row.state.is_final() {
            return Err(JobError::LeaseLost { task: id });
        }
        self.append(&row, super::logs::level(&job.log_level), &report.log);
        let progress = report.progress.as_ref().and_then(|p| serde_json::to_string(p).ok());
        let mut memory = self.memory();
        let known = memory.renewals.entry(id).or_insert_with(|| (report.lease.clone(), None));
        known.0.clone_from(&report.lease);
        known.1 = progress.or(known.1.take());
        Ok(ProgressAnswer { cancel: job.cancelled_by.is_some() || memory.unwanted.contains(&id) })
    }

    /// A task of an agent has ended. Repeating it changes nothing.
    ///
    /// # Errors
    /// The task belongs to another agent, the lease has passed on, or the database fails.
    pub(crate) fn ended(&self, agent: &str, id: i64, report: &OutcomeReport) -> Result<(), JobError> {
        self.held(agent, id, &report.lease)?;
        self.finish(id, &report.lease, report.outcome.clone(), &report.log)
    }

    /// Takes the next task that an agent inside this process may run, and runs it on this thread. Tells whether there
    /// was one. With `instance`, tasks of all agents are taken, but only those of this job instance.
    ///
    /// # Errors
    /// Those of the database.
    pub fn run_next_of_agent(
        &self,
        agent: &str,
        instance: Option<i64>,
        tasks: &dyn AgentTasks,
    ) -> Result<bool, JobError> {
        match self.take_of_agent(agent, instance, tasks)? {
            Some(taken) => self.run_of_agent(&taken, tasks).map(|()| true),
            None => Ok(false),
        }
    }

    pub(super) fn take_of_agent(
        &self,
        agent: &str,
        instance: Option<i64>,
        tasks: &dyn AgentTasks,
    ) -> Result<Option<Taken>, JobError> {
        self.take(Claim {
            owner: format!("agent {agent}"),
            agent: Some(agent.to_owned()),
            any_agent: instance.is_some(),
            job_instance: instance,
            kinds: tasks.kinds(),
            ..Claim::default()
        })
    }

    pub(super) fn run_of_agent(&self, taken: &Taken, tasks: &dyn AgentTasks) -> Result<(), JobError> {
        let work = self.handed_out(taken)?;
        self.run_as(taken, |context: &Run<'_>| tasks.run(&work, context))
    }
}

/// The mode of a run: that of the task, else that of its job.
fn mode(task: &Task, job: &JobInstance) -> Mode {
    match task.mode {
        Some(TaskMode::Initial) => Mode::Initial,
        Some(TaskMode::Complete) => Mode::Complete,
        Some(TaskMode::Incremental) => Mode::Incremental,
        None if task.is("InitMode") => Mode::Initial,
        // An export that ignores its cookies exports everything.
        None if job.is_incremental && !task.is("IgnoreCookieFile") => Mode::Incremental,
        None => Mode::Complete,
    }
}

fn other_client(task: &Task, agent: &str, wanted: &str, client: &str) -> ErrorReport {
    ErrorReport {
        code: "other-client".to_owned(),
        message: format!(
            "task \"{}\" is for client \"{wanted}\", but agent \"{agent}\" asks as \"{client}\"",
            task.identifier
        ),
        hint: Some(format!(
            "set OpenId:DefaultOpenIdClient of the agent to \"{wanted}\", or OpenIdClient of the task to \"{client}\""
        )),
    }
}
