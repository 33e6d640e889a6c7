//! What agents ask for and report. An agent connects outward only: it asks for work, and the answer may wait.

use super::engine::Engine;
use super::error::JobError;
use super::plan::StoredTask;
use super::settings::micros;
use super::work::{Run, Taken};
use provost_model::configuration::Connection;
use provost_model::configuration::jobs::{Mode as TaskMode, Task};
use provost_model::extract::{SourceTable, source_tables};
use provost_model::summary::{ErrorReport, Mode};
use provost_model::work::{
    AgentTasks, AgentWork, InstanceState, OutcomeReport, ProgressAnswer, ProgressReport, TaskOutcome, WorkRequest,
};
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

    /// The next task for an agent, under a lease; the same one for a question that comes again.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn work_for(
        &self,
        agent: &str,
        client: &str,
        request: &WorkRequest,
    ) -> Result<Option<AgentWork>, JobError> {
        if !request.ask.is_empty()
            && let Some(answered) = self.store.read(|tx| tx.task_under_lease(&request.ask))?
        {
            return self.handed_out_before(agent, answered);
        }
        loop {
            let claim = Claim {
                owner: format!("agent {agent}"),
                agent: Some(agent.to_owned()),
                kinds: request.kinds.clone(),
                lease: request.ask.clone(),
                is_handed_out: true,
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

    /// The answer to a question that was answered before: the same, while nothing has become of it.
    fn handed_out_before(&self, agent: &str, row: TaskInstance) -> Result<Option<AgentWork>, JobError> {
        if row.state != InstanceState::InProgress || row.agent.as_deref() != Some(agent) {
            return Ok(None);
        }
        let id = row.job_instance;
        let job = self.store.read(|tx| tx.job_instance(id))?.ok_or(JobError::UnknownInstance { id })?;
        let stored: StoredTask = serde_json::from_str(&row.definition).map_err(|e| JobError::Log(e.into()))?;
        let lease = row.lease.clone().unwrap_or_default();
        self.handed_out(&Taken { row, job, stored, lease }).map(Some)
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
            tables: self.tables_of(taken)?,
            log_level: taken.log_level(),
        })
    }

    /// What the mappings of the connector of a task read.
    fn tables_of(&self, taken: &Taken) -> Result<Vec<SourceTable>, JobError> {
        let Some(connector) = &taken.row.connector else { return Ok(Vec::new()) };
        Ok(source_tables(&*self.configuration()?, connector))
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
        if !row.is_confirmed {
            self.confirm(id, &report.lease, progress.as_deref())?;
        }
        let mut memory = self.memory();
        let known = memory.renewals.entry(id).or_insert_with(|| (report.lease.clone(), None));
        known.0.clone_from(&report.lease);
        known.1 = progress.or(known.1.take());
        Ok(ProgressAnswer { cancel: job.cancelled_by.is_some() || memory.unwanted.contains(&id) })
    }

    /// What was handed out has arrived: written down at once, because the agent begins with it now.
    fn confirm(&self, id: i64, lease: &str, progress: Option<&str>) -> Result<(), JobError> {
        let until = self.now() + micros(self.settings().lease);
        let is_held = self.store.note(|tx| {
            tx.lock_jobs()?;
            Ok::<_, JobError>(tx.renew_lease(id, lease, until, progress)?)
        })?;
        if is_held { Ok(()) } else { Err(JobError::LeaseLost { task: id }) }
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
