//! From a connection and its settings to tables in the export folder, told as the outcome of a step.

use crate::context::Context;
use crate::home::ensure_folder;
use crate::output::summary::{Body, Outcome, Sample};
use crate::output::table::Table;
use crate::progress::{Progress, Stage};
use crate::report::{Kind, Report};
use crate::sealing::ExportFiles;
use crate::settings::Settings;
use provost_connectors::{ExportError, ExportMode, ExportReport, ExportRequest, TableWritten, export};
use provost_model::configuration::Connection;
use provost_model::summary::{Cause, Mode, State, Summary};
use provost_model::{Problem, Severity, fault};
use serde_json::Value;
use std::path::Path;

/// Databases across a network, with the TLS modes of their connection strings.
#[derive(Clone, Copy, Debug)]
pub struct Network;

impl provost_connectors::Databases for Network {
    fn postgres(&self, connection: &str) -> Result<provost_connectors::PostgresClient, String> {
        provost_store::postgres_client(connection).map_err(|error| error.to_string())
    }
}

/// Name of the cause of an export that had nothing to run.
pub const NOT_LAUNCHED: &str = "export-not-launched";

/// What an export takes in a synchronisation mode. The initial mode takes everything, wherever it is.
pub fn mode_of(mode: Mode) -> (ExportMode, bool) {
    match mode {
        Mode::Initial => (ExportMode::Complete, true),
        Mode::Complete => (ExportMode::Complete, false),
        Mode::Incremental => (ExportMode::Incremental, false),
    }
}

/// Whether exports of this package tell by a cookie what changed: in incremental mode their tables hold changes.
pub fn keeps_cookie(connection: &Connection) -> bool {
    provost_connectors::find(&connection.package).is_some_and(|package| package.keeps_cookie)
}

/// Whether a connection has something of its own to give in incremental mode: a cookie, or a source that its settings
/// name.
pub fn has_incremental_input(connection: &Connection, settings: &Value) -> bool {
    keeps_cookie(connection) || names_incremental_source(settings)
}

fn names_incremental_source(settings: &Value) -> bool {
    settings.as_object().is_some_and(|settings| {
        settings.iter().any(|(name, value)| name.eq_ignore_ascii_case("PathIncremental") && !value.is_null())
    })
}

/// Prepares the tables of a connector. The cookies of its exports count when that went well: a preparation that fails
/// loses nothing, because the next export gives the same changes again.
///
/// # Errors
/// Those of the preparation; the cookies cannot be moved.
pub fn with_cookies<T>(
    settings: &Settings,
    connector: &str,
    prepare: impl FnOnce() -> Result<T, Report>,
) -> Result<T, Report> {
    let cookies = settings.export_cookies();
    let wrong = |error: std::io::Error| {
        let text = format!("the cookies in {} cannot be moved: {error}", cookies.display());
        Report::new(Kind::Error, "cookies", text).hint("the agent needs the right to write there; prepare again then")
    };
    provost_connectors::begin_cookies(&cookies, connector).map_err(wrong)?;
    let done = prepare()?;
    fault::point("prepare.before-cookies");
    provost_connectors::accept_cookies(&cookies, connector).map_err(wrong)?;
    Ok(done)
}

/// The export of files by arguments alone, without a deployed connection.
#[derive(Clone, Copy, Debug)]
pub struct FileExport<'a> {
    /// Identifier of the connection: the name of the table.
    pub identifier: &'a str,
    /// Package that reads the files.
    pub package: &'a str,
    /// Complete or incremental.
    pub mode: Mode,
    /// Export everything where the mode has no path.
    pub force_complete: bool,
    /// Folder of the tables.
    pub output: &'a Path,
}

impl FileExport<'_> {
    /// Runs it. Relative paths start from the current folder; a home folder, if there is one, says which folders may
    /// be read, and whether the tables are encrypted.
    ///
    /// # Errors
    /// Those of [`run`].
    pub fn run(&self, context: &Context, settings: &Value, progress: &Progress) -> Result<Outcome, Report> {
        let connection = Connection {
            identifier: self.identifier.to_owned(),
            package: self.package.to_owned(),
            ..Connection::default()
        };
        let (roots, keeping) = match context.home() {
            Ok(_) => {
                let settings = context.settings()?;
                let keeping = settings.export_files()?;
                (settings.sources_root_paths, keeping)
            }
            Err(_) => (Vec::new(), ExportFiles::new(None, false)?),
        };
        let request = ExportRequest {
            connection: &connection,
            settings,
            mode: mode_of(self.mode).0,
            force_complete: self.force_complete,
            output_dir: self.output,
            sources_root_paths: &roots,
            base_dir: Path::new(""),
            tables: &[],
            cookies_dir: None,
            keeping: &keeping,
            databases: &Network,
        };
        run(&request, self.mode, progress)
    }
}

/// Exports one connection. The folder of the tables is made when it does not exist.
///
/// # Errors
/// The settings are wrong, or the source or the folder cannot be used; the tables are then as they were.
pub fn run(request: &ExportRequest<'_>, mode: Mode, progress: &Progress) -> Result<Outcome, Report> {
    run_told(request, mode, progress, &mut |_, _, _| {})
}

/// [`run`] that also tells somebody how many bytes are read of how many, and at the end how many rows there were.
///
/// # Errors
/// Those of [`run`].
pub fn run_told(
    request: &ExportRequest<'_>,
    mode: Mode,
    progress: &Progress,
    told: &mut dyn FnMut(u64, u64, u64),
) -> Result<Outcome, Report> {
    ensure_folder(request.output_dir)?;
    let mut stage = progress.bytes(&format!("Export {}", request.connection.identifier), Some(0));
    let mut last = (0, 0);
    let report = export(request, &mut |at| {
        last = (at.read, at.total);
        stage.at(at.read, at.total);
        told(at.read, at.total, 0);
    });
    let report = report.map_err(explain)?;
    if let ExportReport::Done { tables, .. } = &report {
        told(last.0, last.1, tables.iter().map(|table| table.rows).sum());
    }
    Ok(outcome(report, request, mode, stage))
}

fn outcome(report: ExportReport, request: &ExportRequest<'_>, mode: Mode, mut stage: Stage) -> Outcome {
    let connector = match request.connection.connector.as_str() {
        "" => request.connection.identifier.clone(),
        connector => connector.to_owned(),
    };
    let mut summary = Summary { connector, mode: Some(mode), ..Summary::default() };
    match report {
        ExportReport::NotLaunched { reason } => {
            tracing::warn!("{} is not exported: {reason}", request.connection.identifier);
            let hint = "nothing to do, unless the export was expected";
            summary.causes.push(cause(NOT_LAUNCHED, &reason, hint, &request.connection.identifier));
            summary.into()
        }
        ExportReport::Done { tables, problems, .. } => {
            stage.rows(tables.iter().map(|table| table.rows).sum());
            stage.finish();
            for problem in &problems {
                tracing::warn!("{}", problem.message);
            }
            for table in &tables {
                tracing::debug!("exported {} rows to {}", table.rows, table.file.display());
            }
            if problems.iter().any(|problem| problem.severity >= Severity::Warning) {
                summary.state = State::Warning;
            }
            summary.causes = problems.iter().map(|problem| told(problem, &request.connection.identifier)).collect();
            Outcome { summary, samples: vec![written(&tables)] }
        }
    }
}

fn written(tables: &[TableWritten]) -> Sample {
    let mut table = Table::new(["File", "Rows", "Bytes"]);
    for written in tables {
        table.row([written.file.display().to_string().into(), written.rows.into(), written.bytes.into()]);
    }
    Sample { title: "Tables written".to_owned(), body: Body::Rows(table) }
}

fn told(problem: &Problem, connection: &str) -> Cause {
    let message = match &problem.place {
        Some(place) => format!("{} ({}:{}:{})", problem.message, place.file, place.line, place.column),
        None => problem.message.clone(),
    };
    cause(&problem.code, &message, problem.hint.as_deref().unwrap_or_default(), connection)
}

fn cause(code: &str, message: &str, hint: &str, connection: &str) -> Cause {
    Cause {
        code: code.to_owned(),
        message: message.to_owned(),
        hint: hint.to_owned(),
        subject: Some(connection.to_owned()),
    }
}

/// Whose turn it is after a failed export.
pub fn explain(error: ExportError) -> Report {
    if let ExportError::Settings { connection, problems } = error {
        let text = format!("the settings of connection {connection} cannot be used");
        return Report::with_problems(Kind::Usage, "connection-settings", text, problems);
    }
    let kind = match error.code() {
        "unknown-package" | "package-not-implemented" | "source-outside-roots" | "transformation" => Kind::Usage,
        _ => Kind::Error,
    };
    let mut report = Report::from_error(kind, error.code(), &error).hint(error.remedy());
    if let ExportError::NoHeader { path, .. } = &error {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let message = format!("{file} is blank: it has no header line.");
        report.why.found.push(Cause {
            code: "file-empty".to_owned(),
            message,
            hint: "The export probably failed or was cut off while it wrote: check its log and export again."
                .to_owned(),
            subject: None,
        });
    }
    report
}
