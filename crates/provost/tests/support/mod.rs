//! What the end-to-end tests share: a home of its own for each test, the real binary, and a look into either database.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(unreachable_pub, missing_docs, reason = "shared by the test binaries")]

pub mod assignments;
pub mod balancer;
pub mod browser;
pub mod database;
pub mod expected;
pub mod hostile;
pub mod naive;
pub mod net;
pub mod proxy;
pub mod random;
pub mod small;
pub mod world;

use provost_model::summary::{State, Summary};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub use database::Database;

/// Runs a test on both databases; PostgreSQL is skipped with a notice where none is at hand, but never in CI.
#[macro_export]
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* $name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] $(#[$meta])* fn $name() { super::$name($crate::support::Kind::Sqlite); })*
        }
        mod postgres {
            $(#[test] $(#[$meta])* fn $name() {
                if $crate::support::Kind::postgres_is_there() {
                    super::$name($crate::support::Kind::Postgres);
                }
            })*
        }
    };
}

/// The two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub fn postgres_is_there() -> bool {
        let there = std::env::var_os("PROVOST_TEST_POSTGRES").is_some();
        if !there {
            assert!(std::env::var_os("CI").is_none(), "PROVOST_TEST_POSTGRES must be set in CI");
            eprintln!("notice: skipped on PostgreSQL, PROVOST_TEST_POSTGRES is not set");
        }
        there
    }
}

/// The workspace's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The real data beside the checkout; `None` with a notice where it is absent, an error in CI.
pub fn rust_team() -> Option<PathBuf> {
    let data = root().join("../shared/data/rust-team");
    if data.is_dir() {
        return Some(data);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing", data.display());
    eprintln!("notice: skipped, {} is missing", data.display());
    None
}

/// A home folder with its own repository.
pub struct Home {
    folder: tempfile::TempDir,
    pub database: Database,
    pub environment: Vec<(String, String)>,
}

impl Home {
    /// A fresh home on the given database.
    pub fn new(kind: Kind) -> Home {
        let home = Home::unmade(kind);
        home.ok(&["init", home.path().to_str().unwrap()]);
        home
    }

    /// A folder that no home has been made in, with an empty database.
    pub fn unmade(kind: Kind) -> Home {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::create(kind, &folder.path().join("home/provost.db"));
        Home { folder, database, environment: Vec::new() }
    }

    /// Another home with the same content: files, and repository.
    pub fn copy(&self) -> Home {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("home");
        copy_folder(&self.path(), &path);
        let database = self.database.copy(&path.join("provost.db"));
        Home { folder, database, environment: self.environment.clone() }
    }

    /// Its folder.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A file below it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// A command of the real binary on this home.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_provost"));
        command.args(arguments).current_dir(self.folder.path());
        command.env_remove("PROVOST_CRASH_AT").env("USER", "tester").env_remove("SUDO_USER");
        if arguments.first() != Some(&"init") {
            command.arg("--home").arg(self.path());
            if let Some(connection) = self.database.connection() {
                command.env("PROVOST__ConnectionString", connection);
            }
        }
        command.envs(self.environment.iter().cloned());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs and expects exit code 0; gives standard output.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {:?}\n{}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a step with `--format json` and reads its one line.
    pub fn step(&self, arguments: &[&str]) -> Summary {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--format", "json"]);
        let output = self.run(&arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.lines().count(), 1, "{arguments:?}: {text}\n{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&text).unwrap()
    }

    /// Export, prepare and synchronise in a row.
    pub fn sync_up(&self, connector: &str, mode: &str) -> Summary {
        self.step(&["sync-up", "--connector", connector, "--mode", mode])
    }

    /// The same, with a blocked run approved. Tells the final summary and whether approval was needed.
    pub fn sync_up_approved(&self, connector: &str, mode: &str) -> (Summary, bool) {
        let summary = self.sync_up(connector, mode);
        if summary.state != State::Blocked {
            assert_ne!(summary.state, State::Errored, "{summary:?}");
            return (summary, false);
        }
        let hash = summary.change_set.as_ref().unwrap().hash.clone();
        let done = self.step(&["synchronization-validation", "--connector", connector, "--change-set", &hash]);
        assert!(matches!(done.state, State::Completed | State::Warning), "{done:?}");
        assert_eq!(done.change_set.as_ref().unwrap().hash, hash);
        (done, true)
    }

    /// Deploys a configuration folder.
    pub fn deploy(&self, configuration: &Path) {
        self.ok(&["deploy-configuration", "-d", configuration.to_str().unwrap()]);
    }

    /// Writes a file below the home.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.file(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

/// Copies a folder with everything in it.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&source, &target);
        } else {
            std::fs::copy(&source, &target).unwrap();
        }
    }
}
