//! A repository and a clock for one test.

use crate::folders::Folders;
use crate::jobs::{Engine, JobSettings, Launch, LaunchOptions, Trigger};
use provost_model::configuration::Configuration;
use provost_model::configuration::jobs::{Cron, CronTimeZone, Job, JobStep, Task, TaskKind};
use provost_model::work::{InstanceState, TaskOutcome};
use provost_store::Store;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

pub(crate) const SECOND: i64 = 1_000_000;
/// 2026-01-05, a Monday, 00:00 UTC.
pub(crate) const MONDAY: i64 = 1_767_571_200 * SECOND;

pub(crate) struct World {
    folder: tempfile::TempDir,
    connection: String,
    schema: Option<(String, String)>,
    clock: Arc<AtomicI64>,
}

impl World {
    pub(crate) fn sqlite() -> World {
        let folder = tempfile::tempdir().unwrap();
        let connection = format!("sqlite:{}", folder.path().join("provost.db").display());
        World { folder, connection, schema: None, clock: Arc::new(AtomicI64::new(MONDAY)) }
    }

    /// A schema of its own on the server that `PROVOST_TEST_POSTGRES` names.
    pub(crate) fn postgres() -> Option<World> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var("PROVOST_TEST_POSTGRES") else {
            assert!(std::env::var("CI").is_err(), "PROVOST_TEST_POSTGRES must name a PostgreSQL server in CI");
            eprintln!("skipped: PROVOST_TEST_POSTGRES names no PostgreSQL server");
            return None;
        };
        let schema = format!("jobs_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let mut admin = postgres::Client::connect(&server, postgres::NoTls).unwrap();
        admin.batch_execute(&format!("CREATE SCHEMA {schema}")).unwrap();
        let connection = if server.starts_with("postgres") {
            let joint = if server.contains('?') { '&' } else { '?' };
            format!("{server}{joint}options=-c%20synchronous_commit%3Doff%20-c%20search_path%3D{schema}")
        } else {
            format!("{server} options='-c synchronous_commit=off -c search_path={schema}'")
        };
        let folder = tempfile::tempdir().unwrap();
        Some(World { folder, connection, schema: Some((server, schema)), clock: Arc::new(AtomicI64::new(MONDAY)) })
    }

    /// The folders of its home.
    pub(crate) fn folders(&self) -> Folders {
        Folders { temp: self.folder.path().join("Temp"), work: self.folder.path().join("Work") }
    }

    /// The repository, opened once more.
    pub(crate) fn store(&self) -> Arc<Store> {
        Arc::new(Store::open(&self.connection).unwrap())
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.load(Ordering::SeqCst)
    }

    pub(crate) fn pass(&self, micros: i64) {
        self.clock.fetch_add(micros, Ordering::SeqCst);
    }

    pub(crate) fn engine(&self, owner: &str, configuration: &Configuration) -> Engine {
        self.engine_with(configuration, JobSettings { owner: owner.to_owned(), ..JobSettings::default() })
    }

    pub(crate) fn engine_with(&self, configuration: &Configuration, settings: JobSettings) -> Engine {
        let clock = self.clock.clone();
        let clock = Arc::new(move || clock.load(Ordering::SeqCst));
        let engine = Engine::new(self.store(), self.folders(), settings, Arc::new(()), clock);
        engine.assume_deployed(configuration.clone());
        engine
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some((server, schema)) = &self.schema {
            let mut admin = postgres::Client::connect(server, postgres::NoTls).unwrap();
            let _ = admin.batch_execute(&format!("SET client_min_messages = warning; DROP SCHEMA {schema} CASCADE"));
        }
    }
}

/// A task of the server whose work the tests do themselves.
pub(crate) fn task(identifier: &str, level: i32, depends_on: &[&str]) -> JobStep {
    JobStep {
        level,
        task: Task {
            identifier: identifier.to_owned(),
            kind: TaskKind::Synchronize,
            connector: Some(format!("C_{identifier}")),
            depends_on: depends_on.iter().map(|&name| name.to_owned()).collect(),
            ..Task::default()
        },
    }
}

pub(crate) fn job(identifier: &str, steps: Vec<JobStep>) -> Job {
    Job { identifier: identifier.to_owned(), steps, ..Job::default() }
}

pub(crate) fn cron(text: &str) -> Option<Cron> {
    Some(Cron::new(text, CronTimeZone::Utc).unwrap())
}

pub(crate) fn deployed(jobs: Vec<Job>) -> Configuration {
    Configuration { jobs, ..Configuration::default() }
}

pub(crate) fn by_person(job: &str) -> Launch {
    Launch {
        job: job.to_owned(),
        options: LaunchOptions::default(),
        trigger: Trigger::Person,
        actor: "amara".to_owned(),
        reason: "test".to_owned(),
    }
}

pub(crate) fn ended(state: InstanceState) -> TaskOutcome {
    TaskOutcome { state, produced: true, ..TaskOutcome::default() }
}

/// `name State` of every task of an instance, then the state of the job.
pub(crate) fn standing(engine: &Engine, instance: i64) -> String {
    let (job, tasks) = engine.instance(instance).unwrap();
    let tasks: Vec<String> = tasks.iter().map(|t| format!("{} {}", t.task, t.state.word())).collect();
    format!("{}: {}", job.state.word(), tasks.join(", "))
}
