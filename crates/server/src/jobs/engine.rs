//! The engine itself: what all its parts share.

use super::error::JobError;
use super::events::Bell;
use super::logs::Logs;
use super::settings::JobSettings;
use super::work::ServerTasks;
use crate::folders::Folders;
use crate::metadata;
use provost_model::configuration::jobs::Job;
use provost_model::configuration::{Configuration, Parsed};
use provost_store::{ReadTx, SeenAgent, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
            memory: Arc::default(),
        }
    }

    /// The settings.
    pub fn settings(&self) -> &JobSettings {
        &self.settings
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
