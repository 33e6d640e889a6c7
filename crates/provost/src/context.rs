//! What every verb is handed: the global flags, the terminals, and the way to the home folder and its settings.

use crate::home;
use crate::logging::Level;
use crate::report::Report;
use crate::settings::{Overrides, Settings};
use crate::terminal::Terminal;
use clap::Args;
use std::path::{Path, PathBuf};

/// Flags of every verb.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Home folder (default: $PROVOST_HOME, else this folder if it holds appsettings.json, else ./provost-home)
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,

    /// Least grave message that is logged to standard error
    #[arg(long, global = true, value_name = "LEVEL", ignore_case = true)]
    pub log_level: Option<Level>,

    /// Repository to use instead of the one in the settings: an SQLite file, or postgres://…
    #[arg(long, global = true, value_name = "TEXT", alias = "connection-string")]
    pub database_connection_string: Option<String>,
}

/// What every verb is handed.
#[derive(Clone, Debug)]
pub struct Context {
    /// Flags of every verb.
    pub global: Global,
    /// Standard output.
    pub stdout: Terminal,
    /// Standard error.
    pub stderr: Terminal,
}

impl Context {
    /// For the process as it was started.
    pub fn new(global: Global) -> Context {
        Context { global, stdout: Terminal::stdout(), stderr: Terminal::stderr() }
    }

    /// The home folder.
    ///
    /// # Errors
    /// There is none.
    pub fn home(&self) -> Result<PathBuf, Report> {
        home::find(self.global.home.as_deref(), std::env::var_os("PROVOST_HOME"))
    }

    /// The home folder that somebody named, whether it exists or not.
    pub fn named_home(&self) -> Option<PathBuf> {
        home::named(self.global.home.as_deref(), std::env::var_os("PROVOST_HOME"))
    }

    /// The checked settings of the home folder.
    ///
    /// # Errors
    /// There is no home folder, or its settings cannot be used.
    pub fn settings(&self) -> Result<Settings, Report> {
        self.settings_in(&self.home()?)
    }

    /// The same for a verb that works on the repository alone: when a connection string is typed, it needs no home
    /// folder, as the original executables needed none.
    ///
    /// # Errors
    /// There is neither, or the settings cannot be used.
    pub fn repository_settings(&self) -> Result<Settings, Report> {
        match self.home() {
            Err(_) if self.global.database_connection_string.is_some() => self.settings_in(Path::new(".")),
            home => self.settings_in(&home?),
        }
    }

    /// The checked settings of this home folder.
    ///
    /// # Errors
    /// They cannot be used.
    pub fn settings_in(&self, home: &Path) -> Result<Settings, Report> {
        self.load(home, false)
    }

    /// The settings of the home folder with masks in the place of secrets that are kept elsewhere.
    ///
    /// # Errors
    /// As [`Context::settings`].
    pub fn open_settings(&self) -> Result<Settings, Report> {
        self.load(&self.home()?, true)
    }

    fn load(&self, home: &Path, without_secrets: bool) -> Result<Settings, Report> {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let connection_string = self.global.database_connection_string.clone();
        Settings::load(home, &Overrides { environment, connection_string, without_secrets })
    }
}
