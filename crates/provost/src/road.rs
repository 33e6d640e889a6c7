//! The road from a connector's systems to the repository, as the verbs walk it: export, prepare, synchronise.

use crate::context::Context;
use crate::exporting;
use crate::output::summary::{Body, Finding, Outcome, Sample};
use crate::output::table::Table;
use crate::progress::{Progress, Stage};
use crate::report::{Kind, Report};
use crate::settings::Settings;
use crate::terminal::cut;
use provost_connectors::ExportRequest;
use provost_model::changes::Command;
use provost_model::configuration::Connection;
use provost_model::extract::source_tables;
use provost_model::metadata::Metadata;
use provost_model::summary::{Mode, State, Summary};
use provost_server::policy::{self, KeyOptions, RoleModelOptions};
use provost_server::{
    Delivery, ExpressionOptions, Folders, LocalHost, PrepareOptions, RowProblem, ServerError, SessionHost, ShownChange,
    SynchroniseOptions, Synchronised, Watch,
};
use provost_store::Store;
use serde_json::Value;
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The repository and the folders of a home.
pub struct Road {
    settings: Settings,
    /// The repository.
    pub store: Arc<Store>,
    folders: Folders,
}

/// How prepare is asked for.
#[derive(Clone, Debug)]
pub struct Preparation {
    /// Mode of the run.
    pub mode: Mode,
    /// Folder of the CSV source files, below the temp folder.
    pub sources: PathBuf,
    /// Folder of the cleansed files, below the work folder.
    pub working: PathBuf,
    /// Whether the export delivers its own changes.
    pub delivery: Delivery,
    /// Its command column.
    pub command_column: String,
}

impl Preparation {
    /// With the documented folders.
    pub fn new(mode: Mode) -> Preparation {
        Preparation {
            mode,
            sources: PathBuf::from("ExportOutput"),
            working: PathBuf::from("Collect"),
            delivery: Delivery::Full,
            command_column: "command".to_owned(),
        }
    }
}

/// How synchronise is asked for.
#[derive(Clone, Debug, Default)]
pub struct Synchronisation {
    /// Why thresholds are overridden, when they are.
    pub force: Option<String>,
    /// Keep the change tables.
    pub keep_changes: bool,
    /// Write the pairs without link.
    pub orphans: bool,
}

/// Who is at work, for the journal.
pub fn actor() -> String {
    let named = ["PROVOST_ACTOR", "SUDO_USER", "USER", "LOGNAME"];
    named
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .or_else(account)
        .unwrap_or_else(|| "unknown".to_owned())
}

/// Name of the account that the process runs under, as the system knows it.
fn account() -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let id = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut fields = accounts.lines().map(|line| line.split(':'));
    fields.find_map(|mut line| {
        let name = line.next()?;
        (line.nth(1) == Some(id.as_str())).then(|| name.to_owned())
    })
}

/// Microseconds since 1970, UTC.
pub fn now_micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    provost_model::fault::clock(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// The error of a step as a person reads it.
pub fn report(error: &ServerError) -> Report {
    let kind = match error {
        ServerError::Remote { code, .. } => match *code {
            "connector-blocked" | "change-set-differs" | "job-running" => Kind::Blocked,
            "unknown-connector" | "unknown-change-set" | "server-address" | "client-refused" | "forbidden" => {
                Kind::Usage
            }
            "unknown-job"
            | "unknown-step"
            | "unknown-job-instance"
            | "unknown-task-instance"
            | "start-denied"
            | "no-agent"
            | "job-state" => Kind::Usage,
            "nothing-mapped" | "mapping" => Kind::Data,
            _ => Kind::Error,
        },
        ServerError::UnknownConnector { .. } | ServerError::UnknownChangeSet { .. } => Kind::Usage,
        ServerError::ConnectorBlocked { .. } | ServerError::ChangeSetDiffers { .. } => Kind::Blocked,
        ServerError::NothingMapped { .. } | ServerError::Mapping { .. } => Kind::Data,
        _ => Kind::Error,
    };
    let mut report = Report::from_error(kind, error.code(), error);
    report.hint = error.hint();
    if let ServerError::File { source, .. } = error
        && let Some(inner) = source.get_ref().and_then(|inner| inner.downcast_ref::<Report>())
    {
        // What a sealed file is about is told better by whoever could not open it.
        (report.kind, report.id, report.hint) = (inner.kind, inner.id, inner.hint.clone());
    }
    report.why.found.extend(error.cause().cloned());
    report
}

impl Road {
    /// Opens the repository of the home.
    ///
    /// # Errors
    /// There is no home, its settings cannot be used, or the database cannot.
    pub fn open(context: &Context) -> Result<Road, Report> {
        let settings = context.settings()?;
        // Opening would make an empty one, and hide that the one with the data is gone.
        if let Some(file) = settings.database_file().filter(|file| !file.exists()) {
            let text = format!("the repository {} does not exist", file.display());
            return Err(Report::new(Kind::Error, "repository-gone", text).hint(
                "bring the file back if there was one; else deploy a configuration, which makes it: provost \
                 deploy-configuration -d Conf",
            ));
        }
        let store = Store::open(&settings.database())?;
        let folders = Folders { temp: settings.temp.clone(), work: settings.work.clone() };
        Ok(Road { settings, store: Arc::new(store), folders })
    }

    /// The settings of the home.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its folders.
    pub fn folders(&self) -> &Folders {
        &self.folders
    }

    /// The deployed entity model.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn metadata(&self) -> Result<Metadata, Report> {
        self.store.read(provost_server::metadata::load).map_err(|e| report(&e))
    }

    /// Makes sure that an agent is in the configuration, unless that names no agent at all.
    ///
    /// # Errors
    /// It is not.
    pub fn known_agent(&self, agent: &str) -> Result<(), Report> {
        let agents = self.metadata()?.configuration.agents;
        if agents.is_empty() || agents.iter().any(|known| known.identifier.eq_ignore_ascii_case(agent)) {
            return Ok(());
        }
        let known: Vec<&str> = agents.iter().map(|known| known.identifier.as_str()).collect();
        let text = format!("agent \"{agent}\" is not in the deployed configuration");
        Err(Report::usage("unknown-agent", text).hint(format!("known agents: {}", known.join(", "))))
    }

    /// Exports every connection of a connector. In incremental mode a connection without incremental input gives its
    /// whole extract: prepare finds what changed in it.
    ///
    /// # Errors
    /// The connector is unknown or switched off, or a connection cannot be exported.
    pub fn export_connector(&self, connector: &str, mode: Mode, progress: &Progress) -> Result<(), Report> {
        let metadata = self.metadata()?;
        let known = metadata.configuration.connectors.iter().find(|c| c.identifier == connector);
        let Some(known) = known else {
            let known = metadata.configuration.connectors.iter().map(|c| c.identifier.clone()).collect();
            return Err(report(&ServerError::UnknownConnector { connector: connector.to_owned(), known }));
        };
        if known.is_deactivated {
            let text = format!("connector \"{connector}\" is deactivated: export and provisioning are off");
            return Err(Report::new(Kind::Usage, "connector-deactivated", text)
                .hint("set IsDeactivated to false and deploy, when it may run again"));
        }
        for connection in metadata.configuration.connections.iter().filter(|c| c.connector == connector) {
            if provost_connectors::find(&connection.package).is_some_and(|package| !package.exports) {
                tracing::info!("connection {} has no export: its files come from elsewhere", connection.identifier);
                continue;
            }
            let own = exporting::has_incremental_input(connection, self.settings.connection(&connection.identifier));
            let everything = mode == Mode::Initial || (mode == Mode::Incremental && !own);
            let done = self.export(connection, mode, everything, progress)?;
            let idle = done.summary.causes.into_iter().find(|cause| cause.code == exporting::NOT_LAUNCHED);
            if let Some(idle) = idle.filter(|_| !connection.export_deactivated) {
                // Going on would compare files of an earlier export, and call what they lack a change.
                return Err(Report::usage(exporting::NOT_LAUNCHED, idle.message)
                    .hint("set Path for complete runs, or walk the steps one by one"));
            }
        }
        Ok(())
    }

    /// Exports the connection with this identifier.
    ///
    /// # Errors
    /// There is none, or it cannot be exported.
    pub fn export_connection(
        &self,
        identifier: &str,
        mode: Mode,
        force_complete: bool,
        progress: &Progress,
    ) -> Result<Outcome, Report> {
        let metadata = self.metadata()?;
        let connections = &metadata.configuration.connections;
        let Some(connection) = connections.iter().find(|c| c.identifier.eq_ignore_ascii_case(identifier)) else {
            let known: Vec<&str> = connections.iter().map(|c| c.identifier.as_str()).collect();
            let text = format!("connection \"{identifier}\" is not in the deployed configuration");
            return Err(
                Report::usage("unknown-connection", text).hint(format!("known connections: {}", known.join(", ")))
            );
        };
        self.export(connection, mode, force_complete, progress)
    }

    /// Exports one connection; tells the files written, or why nothing was.
    ///
    /// # Errors
    /// It cannot be exported.
    pub fn export(
        &self,
        connection: &Connection,
        mode: Mode,
        force_complete: bool,
        progress: &Progress,
    ) -> Result<Outcome, Report> {
        let (export_mode, everything) = exporting::mode_of(mode);
        let output = self.folders.export_output();
        let tables = source_tables(&self.metadata()?.configuration, &connection.connector);
        let cookies = self.settings.export_cookies();
        let keeping = self.settings.export_files()?;
        let request = ExportRequest {
            connection,
            settings: self.settings.connection(&connection.identifier),
            mode: export_mode,
            force_complete: force_complete || everything,
            output_dir: &output,
            sources_root_paths: &self.settings.sources_root_paths,
            base_dir: &self.settings.home,
            tables: &tables,
            cookies_dir: Some(&cookies),
            keeping: &keeping,
            databases: &exporting::Network,
        };
        exporting::run(&request, mode, progress)
    }

    /// Prepares a connector.
    ///
    /// # Errors
    /// As [`provost_server::prepare`].
    pub fn prepare(&self, connector: &str, how: &Preparation, progress: &Progress) -> Result<Outcome, Report> {
        let (actor, now_micros) = (actor(), now_micros());
        let host = LocalHost { store: &self.store, folders: &self.folders, actor, now_micros, lease: None };
        let metadata = self.metadata()?;
        let mut connections = metadata.configuration.connections.iter().filter(|known| known.connector == connector);
        if connections.any(exporting::keeps_cookie) {
            // What such an export leaves in incremental mode must never pass for everything that there is.
            let how = Preparation { delivery: Delivery::Changes, ..how.clone() };
            return prepare(&self.settings, &host, connector, &how, progress);
        }
        prepare(&self.settings, &host, connector, how, progress)
    }

    /// Processes what waits for a connector.
    ///
    /// # Errors
    /// As [`provost_server::synchronise`].
    pub fn synchronise(&self, connector: &str, how: &Synchronisation, progress: &Progress) -> Result<Outcome, Report> {
        let options = self.options(connector, how);
        let stage = progress.stage(&format!("Synchronise {connector}"), None);
        let done = provost_server::synchronise(&self.store, &self.folders, &options).map_err(|e| report(&e))?;
        let done = done.map_or_else(|| nothing_to_do(connector), outcome);
        finish(stage, &done.summary);
        Ok(done)
    }

    /// Releases a blocked change set.
    ///
    /// # Errors
    /// As [`provost_server::validate`].
    pub fn validate(
        &self,
        connector: &str,
        change_set: &str,
        how: &Synchronisation,
        progress: &Progress,
    ) -> Result<Outcome, Report> {
        let options = self.options(connector, how);
        let stage = progress.stage(&format!("Apply {connector}"), None);
        let done = provost_server::validate(&self.store, &self.folders, &options, change_set)
            .map(outcome)
            .map_err(|e| report(&e))?;
        finish(stage, &done.summary);
        Ok(done)
    }

    /// Marks what kept change tables say has changed.
    ///
    /// # Errors
    /// The database fails.
    pub fn set_recently_modified_flag(&self) -> Result<Outcome, Report> {
        let marked = provost_server::set_recently_modified_flag(&self.store, &actor()).map_err(|e| report(&e))?;
        tracing::info!("{marked} resources are marked as modified");
        Ok(Summary::default().into())
    }

    /// Computes properties by their expressions.
    ///
    /// # Errors
    /// An entity type is unknown, or the database fails.
    pub fn update_expressions(&self, entity_types: &[String], dirty: bool, batch: usize) -> Result<Outcome, Report> {
        let options = ExpressionOptions {
            entity_types: entity_types.to_vec(),
            dirty,
            batch,
            actor: actor(),
            now_micros: now_micros(),
        };
        let done = provost_server::update_expressions(&self.store, &options).map_err(|e| report(&e))?;
        let mut summary = Summary::default();
        for (entity_type, read, changed) in &done.types {
            tracing::info!("{entity_type}: {changed} values changed in {read} resources");
        }
        if !done.problems.is_empty() {
            summary.state = State::Warning;
        }
        Ok(Outcome { summary, samples: problem_samples(&done.problems) })
    }

    /// Computes correlation keys.
    ///
    /// # Errors
    /// An entity type is unknown, or the database fails.
    pub fn compute_correlation_keys(&self, options: KeyOptions) -> Result<Outcome, Report> {
        let options = KeyOptions { actor: actor(), ..options };
        let done = policy::compute_correlation_keys(&self.store, &options).map_err(|e| report(&e))?;
        Ok(Outcome { summary: done.summary(), samples: problem_samples(&done.problems) })
    }

    /// Computes what owners should have.
    ///
    /// # Errors
    /// The policy cannot be compiled, an entity type is unknown, or the database fails.
    pub fn compute_role_model(&self, options: RoleModelOptions) -> Result<Outcome, Report> {
        let options = RoleModelOptions { actor: actor(), ..options };
        let done = policy::compute_role_model(&self.store, &options).map_err(|e| report(&e))?;
        Ok(Outcome { summary: done.summary(), samples: problem_samples(&done.problems) })
    }

    /// Gives types to targets without owner.
    ///
    /// # Errors
    /// An entity type is unknown, or the database fails.
    pub fn update_classification(&self, entity_types: &[String], batch: usize) -> Result<Outcome, Report> {
        let done = policy::update_classification(&self.store, entity_types, batch, &actor(), now_micros())
            .map_err(|e| report(&e))?;
        Ok(Outcome { summary: done.summary(), samples: problem_samples(&done.problems) })
    }

    /// Re-states what was there before go-live.
    ///
    /// # Errors
    /// The database fails.
    pub fn save_pre_existing_access_rights(&self) -> Result<Outcome, Report> {
        let done =
            policy::save_pre_existing_access_rights(&self.store, &actor(), now_micros()).map_err(|e| report(&e))?;
        Ok(done.summary().into())
    }

    fn options(&self, connector: &str, how: &Synchronisation) -> SynchroniseOptions {
        SynchroniseOptions {
            connector: connector.to_owned(),
            actor: actor(),
            force: how.force.clone(),
            keep_changes: how.keep_changes,
            orphans: how.orphans,
            retention: self.settings.retention,
            now_micros: now_micros(),
            watch: Watch::default(),
        }
    }
}

/// Prepares a connector with files of this home, for a repository that may be elsewhere.
///
/// # Errors
/// As [`provost_server::prepare`].
pub fn prepare(
    settings: &Settings,
    host: &dyn SessionHost,
    connector: &str,
    how: &Preparation,
    progress: &Progress,
) -> Result<Outcome, Report> {
    let options = PrepareOptions {
        connector: connector.to_owned(),
        mode: how.mode,
        delivery: how.delivery,
        command_column: how.command_column.clone(),
        sources: settings.temp.join(&how.sources),
        working: settings.work.join(&how.working),
        reading: Arc::new(settings.export_files()?),
    };
    let shown = Shown::new(progress);
    let collected = exporting::with_cookies(settings, connector, || {
        provost_server::prepare(host, &options, &shown).map_err(|e| report(&e))
    })?;
    tracing::info!("session {} is sealed", collected.session);
    Ok(Outcome { summary: collected.summary, samples: problem_samples(&collected.problems) })
}

/// Ends the stage of a synchronisation with the rows that it looked at.
fn finish(mut stage: Stage, summary: &Summary) {
    let resources: u64 = summary.entity_types.values().map(|c| c.rows).sum();
    let links: u64 = summary.associations.values().map(|c| c.rows).sum();
    stage.rows(resources + links);
    stage.finish();
}

fn nothing_to_do(connector: &str) -> Outcome {
    tracing::info!("no session of connector {connector} waits");
    Summary { connector: connector.to_owned(), state: State::Completed, ..Summary::default() }.into()
}

fn outcome(done: Synchronised) -> Outcome {
    let mut samples = problem_samples(&done.problems);
    samples.extend(change_samples(&done.changes));
    Outcome { summary: done.summary, samples }
}

/// Findings shown on a terminal; the files have them all.
const SHOWN: usize = 20;
/// Columns of a value in a finding.
const LONGEST_VALUE: usize = 60;

fn problem_samples(problems: &[RowProblem]) -> Vec<Sample> {
    let title = match problems.len() {
        n if n > SHOWN => format!("{n} findings, the first {SHOWN} of them"),
        _ => "Findings".to_owned(),
    };
    vec![Sample { title, body: Body::Findings(problems.iter().take(SHOWN).map(finding).collect()) }]
}

fn finding(problem: &RowProblem) -> Finding {
    let mut place = problem.table.clone();
    if problem.line > 0 {
        place.push_str(&format!(", line {}", problem.line));
    }
    if let Some(column) = &problem.column {
        place.push_str(&format!(", column {column}"));
    }
    let value = problem.value.as_ref().filter(|value| !value.is_empty());
    let value = value.map(|value| format!("\"{}\": ", cut(value, LONGEST_VALUE))).unwrap_or_default();
    Finding { place, text: format!("{value}{}", problem.reason), help: problem.remedy.clone() }
}

fn change_samples(changes: &[ShownChange]) -> Vec<Sample> {
    let most = if changes.len() > SHOWN { 3 } else { usize::MAX };
    let mut group = (String::new(), Command::Insert, 0);
    let mut table = Table::new(["", "table", "key", "name", "what changes"]);
    for change in changes {
        if (&group.0, group.1) != (&change.subject, change.command) {
            group = (change.subject.clone(), change.command, 0);
        }
        group.2 += 1;
        if group.2 > most {
            continue;
        }
        let sign = match change.command {
            Command::Insert | Command::Merge => "+",
            Command::Update => "~",
            Command::Delete => "-",
        };
        let value = |v: &Option<String>| v.clone().unwrap_or_else(|| "(empty)".to_owned());
        let values: Vec<String> = change
            .values
            .iter()
            .map(|(property, before, after)| format!("{property}: {} → {}", value(before), value(after)))
            .collect();
        table.row([
            Value::from(sign),
            Value::from(change.subject.clone()),
            Value::from(change.key.clone()),
            Value::from(change.name.clone()),
            Value::from(values.join("; ")),
        ]);
    }
    vec![Sample { title: "Some of the changes that wait".to_owned(), body: Body::Rows(table) }]
}

/// Shows the stages of the server's steps.
pub(crate) struct Shown<'a> {
    progress: &'a Progress,
    stage: RefCell<Option<Stage>>,
}

impl<'a> Shown<'a> {
    pub(crate) fn new(progress: &'a Progress) -> Shown<'a> {
        Shown { progress, stage: RefCell::new(None) }
    }
}

impl provost_server::Progress for Shown<'_> {
    fn stage(&self, name: &str, total: Option<u64>) {
        *self.stage.borrow_mut() = Some(self.progress.lines(name, total));
    }

    fn advance(&self, read: &[u8]) {
        if let Some(stage) = self.stage.borrow_mut().as_mut() {
            stage.read(read);
        }
    }

    fn done(&self, rows: u64) {
        if let Some(mut stage) = self.stage.borrow_mut().take() {
            stage.rows(rows);
            stage.finish();
        }
    }
}
