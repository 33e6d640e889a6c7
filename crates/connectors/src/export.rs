//! Check, open, run: the walk that all connectors share.

use crate::error::ExportError;
use crate::fulfil::Fulfiller;
use crate::keeping::Keeping;
use crate::ldap::state::Finished;
use crate::output::{self, Staged};
use crate::package::{self, Package};
use crate::settings::Settings;
use crate::sql::Databases;
use crate::transform;
use provost_model::configuration::Connection;
use provost_model::extract::SourceTable;
use provost_model::{Problem, Severity};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What an export takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportMode {
    /// Everything (`--ignore-cookies`): cookies are ignored, file connections read `Path`.
    Complete,
    /// What changed since the last export: file connections read `PathIncremental`.
    Incremental,
}

/// An export to be made.
#[derive(Clone, Copy)]
pub struct ExportRequest<'a> {
    /// The connection, with its transformations.
    pub connection: &'a Connection,
    /// The object under `Connections.<identifier>` of the agent settings; null when there is none.
    pub settings: &'a Value,
    /// What to take.
    pub mode: ExportMode,
    /// Export even where the path of the mode is not set (`--force-complete`, initial jobs): then everything is
    /// taken, from `Path`, else from `PathIncremental`.
    pub force_complete: bool,
    /// Folder of the tables, which must exist (`Temp/ExportOutput`).
    pub output_dir: &'a Path,
    /// Folders that file connections may read; all when empty (`SourcesRootPaths`).
    pub sources_root_paths: &'a [PathBuf],
    /// Folder that relative paths of the settings start from.
    pub base_dir: &'a Path,
    /// What the mappings of the connector read: packages whose systems do not say what a table holds need it.
    pub tables: &'a [SourceTable],
    /// Folder of cookies, made when it is needed (`Temp/ExportCookies`). Without it nothing can be exported by cookie.
    /// A new cookie counts when whoever prepares the tables says so ([`crate::accept_cookies`]).
    pub cookies_dir: Option<&'a Path>,
    /// How the tables are kept.
    pub keeping: &'a dyn Keeping,
    /// Who opens databases across a network.
    pub databases: &'a dyn Databases,
}

impl std::fmt::Debug for ExportRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExportRequest")
            .field("connection", &self.connection.identifier)
            .field("settings", &Settings::new(&self.connection.identifier, self.settings))
            .field("mode", &self.mode)
            .field("force_complete", &self.force_complete)
            .field("output_dir", &self.output_dir)
            .field("sources_root_paths", &self.sources_root_paths)
            .field("base_dir", &self.base_dir)
            .field("tables", &self.tables)
            .field("cookies_dir", &self.cookies_dir)
            .field("keeping", &self.keeping)
            .finish_non_exhaustive()
    }
}

/// How far an export is.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// Table being written, `HR` or `HR_0`.
    pub table: &'a str,
    /// Bytes of the source read so far.
    pub read: u64,
    /// Bytes of the source, 0 when not known.
    pub total: u64,
}

/// What came of an export.
#[derive(Clone, Debug, PartialEq)]
pub enum ExportReport {
    /// All tables are in place.
    Done {
        /// Tables written, in the order of the source.
        tables: Vec<TableWritten>,
        /// Files read, free of links: which one a regular expression chose.
        sources: Vec<PathBuf>,
        /// What deserves a look: rows passed on that cannot be read, dates that are none, …
        problems: Vec<Problem>,
    },
    /// There was nothing to run, as documented: the output folder is untouched.
    NotLaunched {
        /// Why, naming the setting or attribute.
        reason: String,
    },
}

/// One exported table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableWritten {
    /// File in the output folder.
    pub file: PathBuf,
    /// Data rows, the header left out. Rows that cannot be read count line by line.
    pub rows: u64,
    /// Size of the file.
    pub bytes: u64,
}

/// What the code of a package offers.
pub(crate) trait Driver: Sync {
    /// Checks the settings, touching neither file nor network.
    fn check(&self, settings: Settings<'_>) -> Vec<Problem>;

    /// The settings as they are understood, defaults filled in.
    #[cfg(test)]
    fn effective(&self, settings: Settings<'_>) -> Value;

    /// Why the export is not launched, for documented reasons.
    fn not_launched(&self, request: &ExportRequest<'_>) -> Option<String>;

    /// Opens the source and stages its tables.
    fn run(&self, run: &mut Run<'_>) -> Result<(), ExportError>;
}

/// An export under way.
pub(crate) struct Run<'a> {
    pub(crate) request: &'a ExportRequest<'a>,
    pub(crate) progress: &'a mut dyn FnMut(Progress<'_>),
    pub(crate) staged: Vec<Staged>,
    pub(crate) sources: Vec<PathBuf>,
    pub(crate) problems: Vec<Problem>,
    /// How far the export came: takes its place after the tables, and counts when they are accepted.
    pub(crate) states: Vec<Finished>,
}

impl<'a> Run<'a> {
    pub(crate) fn settings(&self) -> Settings<'a> {
        Settings::new(&self.request.connection.identifier, self.request.settings)
    }

    pub(crate) fn connection(&self) -> &'a str {
        &self.request.connection.identifier
    }

    /// Tells the progress of a table.
    pub(crate) fn tell(&mut self, table: &str, read: u64, total: u64) {
        (self.progress)(Progress { table, read, total });
    }
}

/// Checks everything that can be checked of a connection without touching a file or a network: its identifier, its
/// package, its settings and its transformations. Problems of severity `Error` make [`export`] fail.
pub fn check(connection: &Connection, settings: &Value) -> Vec<Problem> {
    let mut problems = check_identifier(&connection.identifier);
    match driver(connection) {
        Ok(driver) => problems.extend(driver.check(Settings::new(&connection.identifier, settings))),
        Err(_) if writer(connection).is_some() => {
            problems.extend(
                writer(connection)
                    .iter()
                    .flat_map(|writer| writer.check(Settings::new(&connection.identifier, settings))),
            );
        }
        Err(error) => {
            problems.push(Problem::new(error.code(), Severity::Error, error.to_string()).hint(error.remedy()));
        }
    }
    problems.extend(transform::check(connection));
    problems
}

/// Exports a connection: tables are complete in the output folder when it returns, or as they were before.
pub fn export(
    request: &ExportRequest<'_>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<ExportReport, ExportError> {
    let connection = request.connection;
    if connection.export_deactivated {
        let reason =
            format!("DeactivationExportFulfill switches off the export of connection {}", connection.identifier);
        return Ok(ExportReport::NotLaunched { reason });
    }
    let driver = driver(connection)?;
    if let Some(reason) = driver.not_launched(request) {
        return Ok(ExportReport::NotLaunched { reason });
    }
    let problems: Vec<Problem> =
        check(connection, request.settings).into_iter().filter(|p| p.severity == Severity::Error).collect();
    if !problems.is_empty() {
        return Err(ExportError::Settings { connection: connection.identifier.clone(), problems });
    }
    let mut run =
        Run { request, progress, staged: Vec::new(), sources: Vec::new(), problems: Vec::new(), states: Vec::new() };
    driver.run(&mut run)?;
    let Run { staged, sources, mut problems, states, .. } = run;
    let staged = transform::apply(request, staged, &mut problems)?;
    let tables = output::commit(staged, request.output_dir)?;
    // The other way round a crash between the two would lose changes; this way it repeats them.
    states.into_iter().try_for_each(|state| state.commit(&connection.connector))?;
    Ok(ExportReport::Done { tables, sources, problems })
}

/// What carries out the orders of a package that exports nothing.
fn writer(connection: &Connection) -> Option<&'static dyn Fulfiller> {
    package::find(&connection.package)?.fulfiller
}

fn driver(connection: &Connection) -> Result<&'static dyn Driver, ExportError> {
    let Some(package) = package::find(&connection.package) else {
        return Err(ExportError::UnknownPackage {
            connection: connection.identifier.clone(),
            package: connection.package.clone(),
            hint: package::hint_for_unknown(&connection.package),
        });
    };
    package.driver.ok_or_else(|| not_implemented(connection, package))
}

fn not_implemented(connection: &Connection, package: &Package) -> ExportError {
    let hint = if package.exports {
        "let its own tools write CSV files and read them with Usercube.CSV@0000001, or set \
         DeactivationExportFulfill=\"Export\" on the connection"
    } else {
        "the package has no export in the catalogue: set DeactivationExportFulfill=\"Export\" on the connection"
    };
    ExportError::NotImplemented {
        connection: connection.identifier.clone(),
        package: package.identifier.to_owned(),
        display_name: package.display_name.to_owned(),
        hint: hint.to_owned(),
    }
}

/// The identifier becomes part of a file name, so what would leave the output folder is refused.
fn check_identifier(identifier: &str) -> Vec<Problem> {
    let wrong = |c: char| c.is_control() || "<>:\"/\\|?*".contains(c);
    if !identifier.is_empty() && !identifier.contains(wrong) {
        return Vec::new();
    }
    let message = format!("the connection identifier \"{identifier}\" cannot be part of a file name");
    let hint = "use letters, digits, dots and dashes, beginning with a letter";
    vec![Problem::new("connection-identifier", Severity::Error, message).hint(hint)]
}
