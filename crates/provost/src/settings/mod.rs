//! The settings of a home folder: typed, checked, and each with its provenance.
//!
//! Sources, later ones win name by name: the engine's defaults, `appsettings.json`, `appsettings.agent.json`,
//! `appsettings.encrypted.agent.json`, environment variables, flags. Names are compared without regard to letter case.

pub mod environment;
pub mod json;
pub mod keys;
pub mod mask;
mod read;
mod sealed;
pub(crate) mod secrets;
mod serving;
pub mod tree;

pub use serving::Serving;

use crate::logging::Level;
use crate::report::{Kind, Report};
use crate::sealing::ExportFiles;
use provost_model::{Problem, Severity};
use provost_server::Retention;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tree::{Origin, Tree};

/// File of the server's settings.
pub const SERVER_FILE: &str = "appsettings.json";
/// File of the agent's settings: connections and secrets.
pub const AGENT_FILE: &str = "appsettings.agent.json";
/// File of settings whose values are encrypted.
pub const ENCRYPTED_FILE: &str = "appsettings.encrypted.agent.json";
/// Files of the original product that are not read yet; their presence is told.
const UNREAD_FILES: &[&str] = &["appsettings.cyberArk.agent.json"];

/// Checked settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Home folder, absolute.
    pub home: PathBuf,
    /// Connection string of the repository; `None` for the SQLite file of the home folder.
    pub connection_string: Option<String>,
    /// Files that may be deleted between two runs.
    pub temp: PathBuf,
    /// Files that must be kept between two runs.
    pub work: PathBuf,
    /// Rows of a page when nobody asks for another number.
    pub default_page_size: u32,
    /// Most rows of a page.
    pub max_page_size: u32,
    /// How much is remembered of runs that are over.
    pub retention: Retention,
    /// Least grave message that is logged.
    pub log_level: Level,
    /// Identifier of this agent in the configuration.
    pub agent_identifier: Option<String>,
    /// How jobs run.
    pub jobs: Jobs,
    /// The server does without the agent of this home.
    pub not_use_agent: bool,
    /// How this home calls a server.
    pub calling: Calling,
    /// Most bytes of one file that an agent may send.
    pub largest_file: u64,
    /// Settings of each connection as its package reads them, by identifier.
    pub connections: Map<String, Value>,
    /// What the server needs beyond the repository.
    pub serving: Serving,
    /// Folders that file connections may read; empty for all.
    pub sources_root_paths: Vec<PathBuf>,
    /// Folders whose scripts tasks may run, beside the home folder.
    pub scripts_root_paths: Vec<PathBuf>,
    /// Connection strings of databases that SQL tasks may use, by name.
    pub databases: Databases,
    /// Input and output of SQL tasks, by identifier of the task.
    pub sql_tasks: BTreeMap<String, SqlTask>,
    /// Remarks: unknown names, files that are not read.
    pub notes: Vec<Problem>,
    secret_files: Vec<PathBuf>,
    tree: Tree,
}

/// How this home calls a server across the network.
#[derive(Clone, Default)]
pub struct Calling {
    /// Client that it calls as.
    pub client: Option<String>,
    /// Secret of each client.
    pub secrets: BTreeMap<String, String>,
    /// Certificate (PEM) that the server must have, instead of one that the system trusts.
    pub certificate: Option<PathBuf>,
    /// Tokens are bound to a key of the process.
    pub binds_tokens: bool,
}

impl std::fmt::Debug for Calling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Calling").field("client", &self.client).finish_non_exhaustive()
    }
}

/// Connection strings of databases, which may hold passwords.
#[derive(Clone, Default)]
pub struct Databases(pub BTreeMap<String, String>);

impl std::fmt::Debug for Databases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What the agent says of a SQL task, over what its attributes say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SqlTask {
    /// File with the SQL.
    pub input: Option<PathBuf>,
    /// File or folder of the result.
    pub output: Option<PathBuf>,
}

/// How jobs run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jobs {
    /// Most tasks of a level that start together.
    pub max_task_batch_size: Option<u32>,
    /// Seconds that a task stays with a silent owner.
    pub lease_seconds: Option<u32>,
    /// Milliseconds in which a launched job must have started.
    pub launch_timeout: Option<u32>,
    /// Minutes added to the longest time of a task.
    pub task_timeout_supplement: Option<u32>,
    /// Whether jobs start on schedule in this process.
    pub scheduler: Option<bool>,
}

/// One effective value, as `provost settings` shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Effective {
    /// Names from the outermost section, between colons.
    pub path: String,
    /// The value, without secrets.
    pub value: Value,
    /// Where it came from.
    pub origin: Origin,
}

/// What overrides the files.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Environment variables.
    pub environment: Vec<(String, String)>,
    /// `--database-connection-string`.
    pub connection_string: Option<String>,
    /// Secrets that are kept elsewhere or encrypted are not looked up: whoever shows settings, or wants to know how to
    /// log, needs neither a vault nor a key.
    pub without_secrets: bool,
}

impl Settings {
    /// Reads and checks the settings of a home folder.
    ///
    /// # Errors
    /// All problems at once, each with its place: a file that is no JSON, a value of the wrong type.
    pub fn load(home: &Path, overrides: &Overrides) -> Result<Settings, Report> {
        let mut sources = read::Sources::default();
        let mut tree = read::defaults();
        for file in [SERVER_FILE, AGENT_FILE] {
            if let Some(layer) = sources.file(home, file)? {
                tree.lay(layer);
            }
        }
        let reads = !overrides.without_secrets;
        sealed::lay(home, &mut tree, &overrides.environment, reads, &mut sources)?;
        environment::apply(&mut tree, &overrides.environment);
        if let Some(text) = &overrides.connection_string {
            tree.put(&["ConnectionString"], text, Origin::Flag("--database-connection-string"));
        }
        let secret_files = secrets::resolve(home, &mut tree, &overrides.environment, reads, &mut sources);
        let settings = read::typed(home, tree, &mut sources);
        match settings {
            Some(mut settings) if sources.problems.is_empty() => {
                settings.secret_files = secret_files;
                settings.notes = read::unknown_names(&settings.tree, &sources);
                settings.notes.extend(unread(home));
                Ok(settings)
            }
            _ => {
                let text = format!("the settings of {} cannot be used", home.display());
                Err(Report::with_problems(Kind::Usage, "invalid-settings", text, sources.problems))
            }
        }
    }

    /// Every effective value in order of name, without secrets.
    pub fn effective(&self) -> Vec<Effective> {
        let mut all: Vec<Effective> = self
            .tree
            .leaves()
            .into_iter()
            .map(|(path, value, origin)| Effective { value: mask::shown(&path, &value), path, origin })
            .collect();
        all.sort_by_key(|e| e.path.to_ascii_lowercase());
        all
    }

    /// Files that settings name as the place of a secret.
    pub fn secret_files(&self) -> Vec<PathBuf> {
        self.secret_files.clone()
    }

    /// Configuration folder.
    pub fn conf(&self) -> PathBuf {
        self.home.join("Conf")
    }

    /// CSV source files that exports write.
    pub fn export_output(&self) -> PathBuf {
        self.temp.join("ExportOutput")
    }

    /// How the files of the export folder are written and read.
    ///
    /// # Errors
    /// `EncryptionCertificate:File` cannot be used.
    pub fn export_files(&self) -> Result<ExportFiles, Report> {
        let pair = self.serving.encryption_file.as_ref().map(|(file, password)| (file.as_path(), password.as_str()));
        ExportFiles::new(pair, self.serving.encrypts_exports)
    }

    /// Where incremental exports remember how far they came.
    pub fn export_cookies(&self) -> PathBuf {
        self.temp.join("ExportCookies")
    }

    /// Cleansed files and their previous generation.
    pub fn collect(&self) -> PathBuf {
        self.work.join("Collect")
    }

    /// Sessions that wait for synchronisation, one folder each.
    pub fn synchronization(&self) -> PathBuf {
        self.work.join("Synchronization")
    }

    /// Certificates that the server makes for itself.
    pub fn certificates(&self) -> PathBuf {
        self.work.join("Certificates")
    }

    /// Number of rows of a page, when somebody asked for `wanted`.
    ///
    /// # Errors
    /// More than `MaxPageSize` is wanted.
    pub fn page_size(&self, wanted: Option<u32>) -> Result<usize, Report> {
        let size = wanted.unwrap_or_else(|| self.default_page_size.min(self.max_page_size));
        if size > self.max_page_size {
            let text = format!("a page holds at most {} rows", self.max_page_size);
            return Err(
                Report::usage("page-too-large", text).hint("ask for fewer, or set MaxPageSize in appsettings.json")
            );
        }
        Ok(size as usize)
    }

    /// Settings of a connection, found without regard to letter case; null when there are none.
    pub fn connection(&self, identifier: &str) -> &Value {
        let found = self.connections.iter().find(|(name, _)| name.eq_ignore_ascii_case(identifier));
        found.map_or(&Value::Null, |(_, settings)| settings)
    }

    /// The repository as the store opens it: the connection string, or the SQLite file of the home folder. The path of
    /// an SQLite file is relative to the home folder.
    pub fn database(&self) -> String {
        let Some(text) = &self.connection_string else {
            return self.home.join("provost.db").display().to_string();
        };
        match text.strip_prefix("sqlite:") {
            Some(path) => format!("sqlite:{}", self.home.join(path).display()),
            None if text.contains("://") || text.contains('=') => text.clone(),
            None => self.home.join(text).display().to_string(),
        }
    }

    /// The file of the repository, unless a server holds it.
    pub fn database_file(&self) -> Option<PathBuf> {
        let on_server = |text: &String| !text.starts_with("sqlite:") && (text.contains("://") || text.contains('='));
        if self.connection_string.as_ref().is_some_and(on_server) {
            return None;
        }
        let text = self.database();
        let path = text.strip_prefix("sqlite:").unwrap_or(&text);
        Some(PathBuf::from(path.split_once('?').map_or(path, |(path, _)| path)))
    }
}

fn unread(home: &Path) -> impl Iterator<Item = Problem> + '_ {
    UNREAD_FILES.iter().filter(|file| home.join(file).exists()).map(|file| {
        Problem::new("unread-settings-file", Severity::Note, format!("{file} is not read by this version"))
            .hint(format!("put its settings into {AGENT_FILE}, or into environment variables"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::Terminal;

    fn load(server: &str, agent: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(SERVER_FILE), server).unwrap();
        std::fs::write(folder.path().join(AGENT_FILE), agent).unwrap();
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Settings::load(folder.path(), &Overrides { environment, ..Overrides::default() })
            .map_err(|report| report.render(&Terminal::plain()).replace(&folder.path().display().to_string(), "HOME"))
    }

    #[test]
    fn each_source_overrides_the_one_before() {
        let settings = load(
            r#"{"DefaultPageSize": 10, "MaxPageSize": "200", "TempFolderPath": "/t", "Connections": {"HR": {"Path": "a", "Skip": 1}}, "Retention": {"Sessions": 0}}"#,
            r#"{"connections": {"hr": {"path": "b"}}, "SourcesRootPaths": ["in", "/data"]}"#,
            &[("PROVOST__DefaultPageSize", "30"), ("Connections__HR__Skip", "2"), ("HOME", "/root")],
        )
        .unwrap();
        assert_eq!((settings.default_page_size, settings.max_page_size), (30, 200));
        assert_eq!(settings.retention, Retention { sessions: 0, days: 90 });
        assert_eq!(settings.temp, Path::new("/t"));
        assert_eq!(settings.work, settings.home.join("Work"));
        assert_eq!(settings.connections["HR"], serde_json::json!({"Path": "b", "Skip": 2}));
        assert_eq!(settings.sources_root_paths, [settings.home.join("in"), PathBuf::from("/data")]);
        let origins: Vec<String> =
            settings.effective().iter().map(|e| format!("{} = {} ({})", e.path, e.value, e.origin)).collect();
        insta::assert_snapshot!(origins.join("\n"), @r#"
        Authentication:AllowLocalLogin = "true" (default)
        Authentication:CookieLifeTime = "08:00:00" (default)
        Authentication:LifeTimeSliding = "00:10:00" (default)
        Authentication:RequireHttpsMetadata = "true" (default)
        Connections:HR:Path = "b" (appsettings.agent.json:1:33)
        Connections:HR:Skip = 2 (environment Connections__HR__Skip)
        ConnectionString = "provost.db" (default)
        DefaultPageSize = 30 (environment PROVOST__DefaultPageSize)
        EncryptionCertificate:EncryptFile = "true" (default)
        HstsPreload = "false" (default)
        Https:BehindProxy = "false" (default)
        IdentityServer:AccessLifeTime = "00:15:00" (default)
        IdentityServer:SigningDays = "30" (default)
        Jobs:LeaseSeconds = "15" (default)
        MaxPageSize = "200" (appsettings.json:1:40)
        OpenTelemetry:ServiceName = "provost" (default)
        Retention:Days = "90" (default)
        Retention:Sessions = 0 (appsettings.json:1:146)
        Serilog:Json = "false" (default)
        Serilog:MinimumLevel = "Information" (default)
        SourcesRootPaths:0 = "in" (appsettings.agent.json:1:61)
        SourcesRootPaths:1 = "/data" (appsettings.agent.json:1:67)
        Swagger:Enabled = "false" (default)
        TempFolderPath = "/t" (appsettings.json:1:65)
        Uploads:BodySeconds = "60" (default)
        Uploads:MaxFileMegabytes = "16384" (default)
        WorkFolderPath = "Work" (default)
        "#);
    }

    #[test]
    fn the_repository_of_a_home_is_in_it_unless_it_is_elsewhere() {
        let database = |text: &str| {
            let settings = load(&format!("{{{text}}}"), "{}", &[]).unwrap();
            settings.database().replace(&settings.home.display().to_string(), "HOME")
        };
        assert_eq!(database(""), "HOME/provost.db");
        assert_eq!(database("\"ConnectionString\": \"other.db\""), "HOME/other.db");
        assert_eq!(database("\"ConnectionString\": \"sqlite:other.db?mode=ro\""), "sqlite:HOME/other.db?mode=ro");
        assert_eq!(database("\"ConnectionString\": \"/data/x.db\""), "/data/x.db");
        assert_eq!(database("\"ConnectionString\": \"postgres://u@h/d\""), "postgres://u@h/d");
        assert_eq!(database("\"ConnectionString\": \"host=h user=u\""), "host=h user=u");
    }

    #[test]
    fn all_wrong_values_are_shown_at_once() {
        let text = load(
            "{\n  \"DefaultPageSize\": \"many\",\n  \"Serilog\": {\"MinimumLevel\": \"Loud\"},\n  \"Connections\": {\"HR\": \"path\"}\n}",
            "{}",
            &[("PROVOST__MaxPageSize", "-1")],
        )
        .unwrap_err();
        insta::assert_snapshot!(text, @r#"
        error[wrong-type]: `DefaultPageSize` has a wrong value
         --> appsettings.json:2:22
          |
        2 |   "DefaultPageSize": "many",
          |                      ^^^^^^
          = help: expected a whole number from 0 to 4294967295

        error[wrong-type]: `MaxPageSize` has a wrong value (given by environment PROVOST__MaxPageSize)
          = help: expected a whole number from 0 to 4294967295

        error[wrong-type]: `Connections:HR` has a wrong value
         --> appsettings.json:4:25
          |
        4 |   "Connections": {"HR": "path"}
          |                         ^^^^^^
          = help: expected a section per name: { "Name": { … } }

        error[wrong-type]: `Serilog:MinimumLevel` has a wrong value
         --> appsettings.json:3:31
          |
        3 |   "Serilog": {"MinimumLevel": "Loud"},
          |                               ^^^^^^
          = help: expected one of Verbose, Debug, Information, Warning, Error, Fatal

        4 errors

        error: the settings of HOME cannot be used
        "#);
    }

    #[test]
    fn unknown_names_are_noted_with_the_nearest_one() {
        let settings = load(
            "{\"ConectionString\": \"x\", \"Remark\": \"mine\"}",
            "{\"OpenId\": {\"AgentIdentifer\": \"a\"}}",
            &[],
        )
        .unwrap();
        insta::assert_snapshot!(crate::report::problems(&settings.notes, &Terminal::plain()), @r#"
        note[unknown-setting]: `ConectionString` is no setting; it is ignored
         --> appsettings.json:1:2
          |
        1 | {"ConectionString": "x", "Remark": "mine"}
          |  ^^^^^^^^^^^^^^^^^
          = help: did you mean `ConnectionString`?

        note[unknown-setting]: `Remark` is no setting; it is ignored
         --> appsettings.json:1:26
          |
        1 | {"ConectionString": "x", "Remark": "mine"}
          |                          ^^^^^^^^

        note[unknown-setting]: `OpenId:AgentIdentifer` is no setting; it is ignored
         --> appsettings.agent.json:1:13
          |
        1 | {"OpenId": {"AgentIdentifer": "a"}}
          |             ^^^^^^^^^^^^^^^^
          = help: did you mean `AgentIdentifier`?
        "#);
    }
}
