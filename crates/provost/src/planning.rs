//! What-if on the home: files of a folder as the exports would read them, in folders that vanish with the plan.

use crate::exporting;
use crate::progress::Progress;
use crate::report::{Kind, Report};
use crate::road::{Road, Shown, now_micros, report};
use provost_connectors::ExportRequest;
use provost_model::configuration::{Connection, Parsed};
use provost_model::extract::source_tables;
use provost_model::metadata::Metadata;
use provost_model::summary::Mode;
use provost_server::plan::{self, PlanOptions, PlanReport, Proposed, supposed_metadata};
use provost_server::{Folders, Manifest};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Folders of plans that a crash left are removed when they are older.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// Computes what a configuration and the files of some folders would come to.
///
/// # Errors
/// A folder holds no file of any connector, or not all of one; and those of the steps.
pub(crate) fn plan(
    road: &Road,
    configuration: Option<&Parsed>,
    sources: &[PathBuf],
    options: &PlanOptions,
    progress: &Progress,
) -> Result<PlanReport, Report> {
    let files = PlanFiles::make(&road.settings().temp)?;
    let mut sessions = Vec::new();
    if !sources.is_empty() {
        let metadata = supposed_metadata(&road.store, configuration, options.now_micros).map_err(|e| report(&e))?;
        sessions = Preparing { road, metadata: &metadata, files: &files, sources, progress }.all()?;
    }
    let proposed = Proposed { configuration, sessions: &sessions };
    plan::plan(&road.store, &files.folders, &proposed, options).map_err(|error| report(&error))
}

/// The folders of one plan.
struct PlanFiles {
    root: PathBuf,
    folders: Folders,
}

impl PlanFiles {
    fn make(temp: &Path) -> Result<PlanFiles, Report> {
        let all = temp.join("Plan");
        sweep(&all);
        let root = all.join(format!("{}-{}", now_micros(), std::process::id()));
        let folders = Folders { temp: root.join("Temp"), work: root.join("Work") };
        for folder in [&folders.temp, &folders.work] {
            std::fs::create_dir_all(folder).map_err(|error| Report::io("make the folder", folder, &error))?;
        }
        Ok(PlanFiles { root, folders })
    }
}

impl Drop for PlanFiles {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.root) {
            tracing::warn!("the folder {} of a plan could not be removed: {error}", self.root.display());
        }
    }
}

/// Removes what plans left that did not come to their end. Whether it can be removed matters to nobody.
fn sweep(all: &Path) {
    let Ok(entries) = std::fs::read_dir(all) else { return };
    let is_stale = |path: &Path| {
        let changed = path.metadata().and_then(|known| known.modified());
        changed.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > STALE))
    };
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| is_stale(path)) {
        let _ = std::fs::remove_dir_all(path);
    }
}

struct Preparing<'a> {
    road: &'a Road,
    metadata: &'a Metadata,
    files: &'a PlanFiles,
    sources: &'a [PathBuf],
    progress: &'a Progress,
}

impl Preparing<'_> {
    /// Prepares every connector of which there are files, by name: so do the jobs that scaffoldings make.
    fn all(&self) -> Result<Vec<Manifest>, Report> {
        if let Some(folder) = self.sources.iter().find(|folder| !folder.is_dir()) {
            return Err(Report::usage("no-source", format!("{} is not a folder", folder.display()))
                .hint("name a folder that holds the source files"));
        }
        let mut sessions = Vec::new();
        let mut wanted = Vec::new();
        let mut connectors: Vec<_> = self.metadata.configuration.connectors.iter().collect();
        connectors.sort_by_key(|connector| &connector.identifier);
        for connector in connectors {
            let output = self.files.folders.export_output().join(&connector.identifier);
            let found = self.collect(&connector.identifier, &output)?;
            let tables = source_tables(&self.metadata.configuration, &connector.identifier);
            let missing: Vec<String> = tables
                .iter()
                .map(|table| format!("{}.csv", table.name))
                .filter(|file| !output.join(file).exists())
                .collect();
            wanted.extend(missing.iter().map(|file| format!("{}: {file}", connector.identifier)));
            match (found, missing.is_empty()) {
                (false, _) => {}
                (true, true) => sessions.push(self.prepare(&connector.identifier, output)?),
                (true, false) => return Err(incomplete(&connector.identifier, &missing)),
            }
        }
        if sessions.is_empty() {
            let folders: Vec<String> = self.sources.iter().map(|folder| folder.display().to_string()).collect();
            let text = format!("{} holds no source file of any connector", folders.join(", "));
            return Err(Report::usage("no-source", text).hint(format!(
                "files are found by the names in Path of the connections' settings, or as exported tables: {}",
                wanted.join(", ")
            )));
        }
        Ok(sessions)
    }

    /// Exports the files of a connector that are in the folders; tells whether there are any.
    fn collect(&self, connector: &str, output: &Path) -> Result<bool, Report> {
        let mut found = false;
        for connection in self.metadata.configuration.connections.iter().filter(|c| c.connector == connector) {
            for folder in self.sources {
                if self.export(connection, folder, output)? {
                    found = true;
                    break;
                }
            }
        }
        for table in source_tables(&self.metadata.configuration, connector) {
            let name = format!("{}.csv", table.name);
            if output.join(&name).exists() {
                continue;
            }
            if let Some(file) = self.sources.iter().map(|folder| folder.join(&name)).find(|file| file.is_file()) {
                std::fs::create_dir_all(output).map_err(|error| Report::io("make the folder", output, &error))?;
                std::fs::copy(&file, output.join(&name)).map_err(|error| Report::io("copy", &file, &error))?;
                found = true;
            }
        }
        Ok(found)
    }

    /// Exports a connection from a folder instead of the one that its settings name, if its file is there.
    fn export(&self, connection: &Connection, folder: &Path, output: &Path) -> Result<bool, Report> {
        let mut settings = self.road.settings().connection(&connection.identifier).clone();
        let Some(path) = path_of(&mut settings) else { return Ok(false) };
        let Some(name) = path.as_str().and_then(|path| Path::new(path).file_name()) else { return Ok(false) };
        // A pattern is matched by the export itself.
        let is_there = folder.join(name).is_file();
        if !is_there && !has_pattern(self.road.settings().connection(&connection.identifier)) {
            return Ok(false);
        }
        let folder = folder.canonicalize().map_err(|error| Report::io("read the folder", folder, &error))?;
        *path = Value::String(folder.join(name).display().to_string());
        let known = &self.road.settings().sources_root_paths;
        let roots = if known.is_empty() { Vec::new() } else { [known.as_slice(), &[folder]].concat() };
        let keeping = self.road.settings().export_files()?;
        let tables = source_tables(&self.metadata.configuration, &connection.connector);
        let request = ExportRequest {
            connection,
            settings: &settings,
            mode: exporting::mode_of(Mode::Complete).0,
            force_complete: true,
            output_dir: output,
            sources_root_paths: &roots,
            base_dir: &self.road.settings().home,
            tables: &tables,
            cookies_dir: None,
            keeping: &keeping,
            databases: &exporting::Network,
        };
        match exporting::run(&request, Mode::Complete, self.progress) {
            Ok(_) => Ok(true),
            Err(error) if error.id == "source-missing" => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn prepare(&self, connector: &str, sources: PathBuf) -> Result<Manifest, Report> {
        let reading = Arc::new(self.road.settings().export_files()?);
        let shown = Shown::new(self.progress);
        plan::prepare(self.metadata, &self.files.folders, connector, sources, reading, &shown)
            .map_err(|error| report(&error))
    }
}

/// The setting that names the source file.
fn path_of(settings: &mut Value) -> Option<&mut Value> {
    settings.as_object_mut()?.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("Path")).map(|(_, value)| value)
}

/// Whether the file is found by a pattern.
fn has_pattern(settings: &Value) -> bool {
    let is_on = |value: &Value| value.as_bool().unwrap_or_else(|| value.as_str().is_some_and(|text| text == "true"));
    settings.as_object().is_some_and(|settings| {
        settings.iter().any(|(name, value)| name.eq_ignore_ascii_case("IsFileNameRegex") && is_on(value))
    })
}

fn incomplete(connector: &str, missing: &[String]) -> Report {
    let text = format!("some files of connector {connector} are there, and some are not: {}", missing.join(", "));
    Report::new(Kind::Usage, "source-incomplete", text).hint(
        "copy the others as well: what a complete synchronisation does not find is deleted, and a plan would say so",
    )
}
