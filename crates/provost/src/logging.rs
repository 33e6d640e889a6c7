//! Messages for whoever watches a run, on standard error.

use crate::terminal::Terminal;
use clap::ValueEnum;
use tracing_subscriber::filter::LevelFilter;

/// Least grave message that is logged, in the words of the original product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub enum Level {
    /// Everything.
    Verbose,
    /// What a developer of the engine wants to know.
    Debug,
    /// One line per stage.
    #[default]
    Information,
    /// Data problems and causes.
    Warning,
    /// What failed.
    Error,
    /// Nothing but the report of what ended the process.
    Fatal,
}

impl Level {
    /// What a wrong level should have been.
    pub const EXPECTED: &'static str = "one of Verbose, Debug, Information, Warning, Error, Fatal";

    /// Reads a level in any letter case.
    pub fn parse(text: &str) -> Option<Level> {
        Level::from_str(text.trim(), true).ok()
    }

    fn filter(self) -> LevelFilter {
        match self {
            Level::Verbose => LevelFilter::TRACE,
            Level::Debug => LevelFilter::DEBUG,
            Level::Information => LevelFilter::INFO,
            Level::Warning => LevelFilter::WARN,
            Level::Error => LevelFilter::ERROR,
            Level::Fatal => LevelFilter::OFF,
        }
    }
}

/// Starts logging to standard error. Only the first call of a process counts. Whoever watches knows what time it is: on
/// a terminal the lines do without. As JSON they are for machines, one object a line.
pub(crate) fn start(level: Level, json: bool) {
    let terminal = Terminal::stderr();
    let lines = tracing_subscriber::fmt()
        .with_max_level(level.filter())
        .with_writer(std::io::stderr)
        .with_ansi(terminal.colour)
        .with_target(level.filter() > LevelFilter::INFO);
    let started = if json {
        lines.json().flatten_event(true).try_init()
    } else if terminal.interactive {
        lines.without_time().try_init()
    } else {
        lines.try_init()
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}
