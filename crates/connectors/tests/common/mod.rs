//! A connection, its folders, and what an export of it leaves.
#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::panic)]

use provost_connectors::{Databases, ExportError, ExportMode, ExportReport, ExportRequest, Progress, export};
use provost_model::Problem;
use provost_model::configuration::{Connection, Transformation};
use provost_model::extract::{SourceColumn, SourceTable};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) connection: Connection,
    pub(crate) settings: Value,
    pub(crate) mode: ExportMode,
    pub(crate) force_complete: bool,
    pub(crate) roots: Vec<PathBuf>,
    pub(crate) tables: Vec<SourceTable>,
    pub(crate) cookies: PathBuf,
    pub(crate) databases: &'static dyn Databases,
}

impl World {
    pub(crate) fn new(package: &str, settings: Value) -> World {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("out")).unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        let connection = Connection {
            identifier: "HR".to_owned(),
            connector: "HR".to_owned(),
            package: package.to_owned(),
            ..Connection::default()
        };
        let (mode, force_complete) = (ExportMode::Complete, false);
        let (roots, tables) = (Vec::new(), Vec::new());
        let cookies = folder.path().join("cookies");
        let databases = &provost_connectors::NoDatabases;
        World { folder, connection, settings, mode, force_complete, roots, tables, cookies, databases }
    }

    /// A CSV connection that reads `in/hr.csv`, with this content and these further settings.
    pub(crate) fn csv(content: impl AsRef<[u8]>, settings: Value) -> World {
        let mut all = json!({"Path": "in/hr.csv"});
        all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let world = World::new("Usercube.CSV@0000001", all);
        world.put("in/hr.csv", content);
        world
    }

    pub(crate) fn with(mut self, transformation: Transformation) -> World {
        self.connection.transformations.push(transformation);
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn run(&self) -> Result<ExportReport, ExportError> {
        self.run_with(&mut |_| {})
    }

    /// Exports, and what comes is prepared and accepted.
    pub(crate) fn run_with(&self, progress: &mut dyn FnMut(Progress<'_>)) -> Result<ExportReport, ExportError> {
        let done = export(&self.request(&self.path("out")), progress)?;
        self.accept();
        Ok(done)
    }

    pub(crate) fn run_into(&self, output_dir: &Path) -> Result<ExportReport, ExportError> {
        export(&self.request(output_dir), &mut |_| {})
    }

    /// The tables were prepared, and accepted.
    pub(crate) fn accept(&self) {
        provost_connectors::begin_cookies(&self.cookies, "HR").unwrap();
        provost_connectors::accept_cookies(&self.cookies, "HR").unwrap();
    }

    fn request<'a>(&'a self, output_dir: &'a Path) -> ExportRequest<'a> {
        ExportRequest {
            connection: &self.connection,
            settings: &self.settings,
            mode: self.mode,
            force_complete: self.force_complete,
            output_dir,
            sources_root_paths: &self.roots,
            base_dir: self.folder.path(),
            tables: &self.tables,
            cookies_dir: Some(&self.cookies),
            keeping: &provost_connectors::AsTheyAre,
            databases: self.databases,
        }
    }

    /// Exports and returns the bytes of one table.
    pub(crate) fn bytes(&self, table: &str) -> Vec<u8> {
        let report = self.run().unwrap();
        assert!(matches!(report, ExportReport::Done { .. }), "{report:?}");
        fs::read(self.path(&format!("out/{table}.csv"))).unwrap()
    }

    /// Exports and returns the text of the table `HR`.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes("HR")).unwrap()
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        match self.run().unwrap() {
            ExportReport::Done { problems, .. } => self.told(&problems),
            report => panic!("{report:?}"),
        }
    }

    fn told(&self, problems: &[Problem]) -> Vec<String> {
        problems.iter().map(|problem| self.masked(&format!("{}: {}", problem.severity, problem.message))).collect()
    }

    /// The error of an export, its code and remedy; the output folder must hold what it held.
    pub(crate) fn error(&self) -> String {
        let before = listing(&self.path("out"));
        let error = self.run().unwrap_err();
        assert_eq!(listing(&self.path("out")), before, "a failed export must leave the output folder as it was");
        self.masked(&format!("{}: {error}\n-> {}", error.code(), error.remedy()))
    }

    /// Replaces the folder of the test by `@`.
    pub(crate) fn masked(&self, text: &str) -> String {
        let real = fs::canonicalize(self.folder.path()).unwrap();
        text.replace(&real.display().to_string(), "@").replace(&self.folder.path().display().to_string(), "@")
    }
}

/// Names and contents of a folder.
pub(crate) fn listing(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap_or_default()))
        .collect();
    files.sort();
    files
}

/// A table that mappings read.
pub(crate) fn table(name: &str, columns: &[&str]) -> SourceTable {
    let column = |name: &&str| SourceColumn { name: (*name).to_owned(), format: None };
    SourceTable { name: name.to_owned(), columns: columns.iter().map(column).collect() }
}
