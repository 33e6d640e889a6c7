//! What every handler shares.

use super::access::{Access, AccessSettings};
use super::metrics::Metrics;
use super::problem::Problem;
use super::query::Catalogues;
use super::screens::Models;
use crate::folders::Folders;
use crate::jobs::Engine;
use crate::telemetry::Spans;
use axum::http::StatusCode;
use provost_store::{ReadTx, Store, WriteTx};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Checked settings of the server.
#[derive(Clone, Debug, Default)]
pub struct WebSettings {
    /// Public address of the server, without a slash at its end: issuer of its tokens.
    pub application_uri: String,
    /// How callers prove who they are.
    pub access: AccessSettings,
    /// Rows of a page when nobody asks for another number.
    pub default_page_size: u32,
    /// Most rows of a page.
    pub max_page_size: u32,
    /// Most bytes of one file that an agent sends.
    pub largest_file: u64,
    /// Time in which the body of a request must have arrived.
    pub body_time: Duration,
    /// Whether the page that shows the interface is served.
    pub has_swagger_page: bool,
}

/// What every handler shares. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Arc<Store>,
    folders: Folders,
    settings: WebSettings,
    metrics: Metrics,
    access: Access,
    catalogues: Catalogues,
    models: Models,
    clock: fn() -> i64,
    jobs: OnceLock<Engine>,
    spans: OnceLock<Arc<dyn Spans>>,
    /// More requests at once would not be answered sooner, as they share the processors and the database, but each
    /// would need a thread and a connection of its own; they wait in order.
    readers: Arc<Semaphore>,
}

impl App {
    /// An app over an open repository. `clock` gives microseconds since 1970, UTC.
    pub fn new(store: Arc<Store>, folders: Folders, settings: WebSettings, clock: fn() -> i64) -> App {
        let access = Access::new(clock());
        let (metrics, catalogues, models) = (Metrics::default(), Catalogues::default(), Models::default());
        let (jobs, spans) = (OnceLock::new(), OnceLock::new());
        let readers = Arc::new(Semaphore::new(store.connections()));
        App(Arc::new(Inner {
            store,
            folders,
            settings,
            metrics,
            access,
            catalogues,
            models,
            clock,
            jobs,
            spans,
            readers,
        }))
    }

    /// Microseconds since 1970, UTC.
    pub fn now_micros(&self) -> i64 {
        (self.0.clock)()
    }

    /// The repository, for steps that run on threads of their own.
    pub fn store(&self) -> &Arc<Store> {
        &self.0.store
    }

    /// The folders of the home.
    pub fn folders(&self) -> &Folders {
        &self.0.folders
    }

    /// The settings.
    pub fn settings(&self) -> &WebSettings {
        &self.0.settings
    }

    /// Lets the network reach the job engine.
    pub fn serve_jobs(&self, engine: Engine) {
        drop(self.0.jobs.set(engine));
    }

    /// Lets somebody collect what took time.
    pub fn trace_to(&self, spans: Arc<dyn Spans>) {
        drop(self.0.spans.set(spans));
    }

    pub(crate) fn spans(&self) -> Option<&dyn Spans> {
        self.0.spans.get().map(|spans| &**spans)
    }

    /// The job engine.
    ///
    /// # Errors
    /// 503 when this process has none.
    pub(crate) fn jobs(&self) -> Result<Engine, Problem> {
        self.0
            .jobs
            .get()
            .cloned()
            .ok_or_else(|| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no-jobs", "this process does not run jobs"))
    }

    /// Addresses of this server: the public one, then those that it listens on.
    pub(crate) fn origins(&self) -> impl Iterator<Item = &str> {
        let settings = &self.0.settings;
        [&settings.application_uri].into_iter().chain(&settings.access.other_origins).map(String::as_str)
    }

    pub(crate) fn access(&self) -> &Access {
        &self.0.access
    }

    pub(crate) fn catalogues(&self) -> &Catalogues {
        &self.0.catalogues
    }

    /// How the deployed entity types are shown.
    pub(crate) fn models(&self) -> &Models {
        &self.0.models
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Reads one state of the repository on a blocking thread.
    ///
    /// # Errors
    /// Those of `body`.
    pub(crate) async fn read<T, F>(&self, body: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&mut ReadTx) -> Result<T, Problem> + Send + 'static,
    {
        let (store, readers) = (self.0.store.clone(), self.0.readers.clone());
        let place = readers.acquire_owned().await.map_err(|error| Problem::internal(&error))?;
        // The place goes with the work: who hangs up does not make room for another one before it ends.
        let body = move || {
            let _place = place;
            store.read(body)
        };
        self.blocking(body).await
    }

    /// Changes the repository in one transaction on a blocking thread; who and why land in the journal.
    ///
    /// # Errors
    /// Those of `body`.
    pub(crate) async fn write<T, F>(&self, actor: &str, reason: &str, body: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&mut WriteTx) -> Result<T, Problem> + Send + 'static,
    {
        let (store, actor, reason) = (self.0.store.clone(), actor.to_owned(), reason.to_owned());
        self.blocking(move || store.write(&actor, &reason, body)).await
    }

    /// Runs what waits for a disk or a database where it holds up nobody.
    ///
    /// # Errors
    /// Those of `body`.
    pub(crate) async fn blocking<T, F>(&self, body: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, Problem> + Send + 'static,
    {
        match tokio::task::spawn_blocking(body).await {
            Ok(result) => result,
            Err(error) => Err(Problem::internal(&error)),
        }
    }
}
