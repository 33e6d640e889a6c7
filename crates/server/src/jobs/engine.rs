//! The engine itself: what all its parts share.

use super::books::Ended;
use super::error::JobError;
use super::events::Bell;
use super::logs::{LogPage, Logs};
use super::settings::JobSettings;
use super::work::ServerTasks;
use crate::folders::Folders;
use crate::metadata;
use crate::telemetry::{Spans, of_job};
use provost_model::configuration::jobs::Job;
use provost_model::configuration::{Configuration, Parsed};
use provost_store::{JobSchedule, ReadTx, SeenAgent, Store, TaskInstance};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The job engine of one process. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(super) store: Arc<Store>,
    pub(super) folders: Arc<Folders>,
    pub(super) tasks: Arc<dyn ServerTasks>,
    pub(super) logs: Arc<Logs>,
    pub(super) bell: Arc<Bell>,
    settings: Arc<JobSettings>,
    clock: Arc<dyn Fn() -> i64 + Send + Sync>,
    deployed: Arc<Mutex<Option<Deployed>>>,
    spans: Arc<OnceLock<Arc<dyn Spans>>>,
    memory: Arc<Mutex<Memory>>,
}

/// A configuration with its version.
type Deployed = (i64, Arc<Configuration>);

/// What concerns tasks of this process only, and is lost with it.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Signs of life that are not in the books yet, by task instance: lease and progress (JSON).
    pub(super) renewals: BTreeMap<i64, (String, Option<String>)>,
    /// Tasks of the server that run here, with their leases.
    pub(super) running: BTreeMap<i64, String>,
    /// Tasks that run here or whose agents report here, and whose results nobody waits for.
    pub(super) unwanted: BTreeSet<i64>,
    /// Job instances that somebody cancelled.
    pub(super) cancelled: BTreeSet<i64>,
    /// Agents that wait for work at this server, how many times each, and when that was last written down.
    pub(super) waiting: BTreeMap<String, (SeenAgent, u32)>,
    /// When the books were last written by this process.
    pub(super) kept_at: Option<i64>,
    /// When agents were last written down.
    pub(super) agents_at: i64,
    /// Task instances that ended under this process, by element and state.
    pub(super) ended: BTreeMap<(String, &'static str), i64>,
    /// Sessions that were processed, by what became of them.
    pub(super) sessions: BTreeMap<&'static str, i64>,
    /// The process comes to its end: nobody is to wait for anything here.
    pub(super) closing: bool,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("owner", &self.settings.owner).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine over an open repository. `clock` gives microseconds since 1970, UTC.
    pub fn new(
        store: Arc<Store>,
        folders: Folders,
        settings: JobSettings,
        tasks: Arc<dyn ServerTasks>,
        clock: Arc<dyn Fn() -> i64 + Send + Sync>,
    ) -> Engine {
        Engine {
            store,
            tasks,
            logs: Arc::new(Logs::new(&folders, settings.log_bytes)),
            folders: Arc::new(folders),
            bell: Arc::default(),
            settings: Arc::new(settings),
            clock,
            deployed: Arc::default(),
            spans: Arc::default(),
            memory: Arc::default(),
        }
    }

    /// The settings.
    pub fn settings(&self) -> &JobSettings {
        &self.settings
    }

    /// Lets everybody go who waits here, because the process comes to its end.
    pub fn close(&self) {
        self.memory().closing = true;
        self.bell.ring();
    }

    /// Task instances that ended under this process, by element and state; and how many of the server's own run here.
    pub(crate) fn tally(&self) -> (BTreeMap<(String, &'static str), i64>, i64) {
        let memory = self.memory();
        (memory.ended.clone(), i64::try_from(memory.running.len()).unwrap_or(i64::MAX))
    }

    /// Lets somebody collect what took time.
    pub fn trace_to(&self, spans: Arc<dyn Spans>) {
        drop(self.spans.set(spans));
    }

    pub(super) fn spans(&self) -> Option<&dyn Spans> {
        self.spans.get().map(|spans| &**spans)
    }

    /// Tells what has ended, when it is written down.
    pub(super) fn tell(&self, ended: Ended) {
        {
            let mut memory = self.memory();
            for (kind, state) in ended.tasks {
                *memory.ended.entry((kind, state.word())).or_default() += 1;
            }
        }
        if let Some(spans) = self.spans() {
            ended.jobs.iter().for_each(|job| spans.ended(of_job(job)));
        }
        self.bell.ring();
    }

    /// Counts a session by what became of it.
    pub(super) fn count_session(&self, what: &'static str) {
        *self.memory().sessions.entry(what).or_default() += 1;
    }

    /// Sessions that this process has processed, by what became of them.
    pub(crate) fn sessions(&self) -> BTreeMap<&'static str, i64> {
        self.memory().sessions.clone()
    }

    /// Whether the process comes to its end.
    pub(crate) fn is_closing(&self) -> bool {
        self.memory().closing
    }

    /// Rings when the books have changed.
    pub(crate) fn bell(&self) -> tokio::sync::watch::Receiver<u64> {
        self.bell.listen()
    }

    /// How far the schedules were followed.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn schedules(&self) -> Result<Vec<JobSchedule>, JobError> {
        Ok(self.store.read(ReadTx::job_schedules)?)
    }

    /// The whole log of a task instance: a JSON object on each line.
    ///
    /// # Errors
    /// There is no such task, or its log cannot be read.
    pub fn log_of(&self, task: i64) -> Result<String, JobError> {
        let row = self.store.read(|tx| tx.task_instance(task))?.ok_or(JobError::UnknownTask { id: task })?;
        let mut text = String::new();
        for file in self.logs.files(&row) {
            text.push_str(&String::from_utf8_lossy(&std::fs::read(file)?));
        }
        Ok(text)
    }

    /// Whole lines of the log of a task instance from a place on, at most about `limit` bytes.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn log_part(&self, task: &TaskInstance, from: u64, limit: u64) -> Result<LogPage, JobError> {
        self.logs.read(task, from, limit)
    }

    /// Every job of the deployed configuration.
    ///
    /// # Errors
    /// Those of the database, and when a stored item cannot be read.
    pub fn jobs(&self) -> Result<Vec<Job>, JobError> {
        Ok(self.configuration()?.jobs.clone())
    }

    /// The job with this identifier; letter case does not count when no other job has it.
    ///
    /// # Errors
    /// There is none, and as [`Engine::jobs`].
    pub fn job(&self, identifier: &str) -> Result<Job, JobError> {
        let configuration = self.configuration()?;
        let jobs = &configuration.jobs;
        let exact = jobs.iter().find(|j| j.identifier == identifier);
        let found = exact.or_else(|| jobs.iter().find(|j| j.identifier.eq_ignore_ascii_case(identifier)));
        found.cloned().ok_or_else(|| JobError::UnknownJob {
            job: identifier.to_owned(),
            known: jobs.iter().filter(|j| !j.is_connector_job).map(|j| j.identifier.clone()).collect(),
        })
    }
}

impl Engine {
    /// Microseconds since 1970, UTC.
    pub(super) fn now(&self) -> i64 {
        (self.clock)()
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a configuration for the one that is deployed.
    #[cfg(test)]
    pub(super) fn assume_deployed(&self, configuration: Configuration) {
        let mut deployed = self.deployed.lock().unwrap_or_else(PoisonError::into_inner);
        *deployed = Some((0, Arc::new(configuration)));
    }

    /// The deployed configuration; read again only when it has changed.
    pub(super) fn configuration(&self) -> Result<Arc<Configuration>, JobError> {
        let version = self.store.read(ReadTx::configuration_version)?;
        let mut deployed = self.deployed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, configuration)) = &*deployed
            && *known == version
        {
            return Ok(configuration.clone());
        }
        let (version, items) =
            self.store.read(|tx| Ok::<_, JobError>((tx.configuration_version()?, metadata::items(tx)?)))?;
        let configuration = Arc::new(Parsed::from_items(items).configuration);
        *deployed = Some((version, configuration.clone()));
        Ok(configuration)
    }
}
