//! Messages for whoever watches a run, on standard error.

use crate::terminal::Terminal;
use clap::ValueEnum;
use provost_model::configuration::jobs::LogLevel;
use provost_server::jobs::said;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

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
/// a terminal the lines do without. As JSON they are for machines, one object a line. What is said while a task runs
/// lands in the log of the task, too.
pub(crate) fn start(level: Level, json: bool) {
    let terminal = Terminal::stderr();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(terminal.colour)
        .with_target(level.filter() > LevelFilter::INFO);
    let lines = if json {
        lines.json().flatten_event(true).boxed()
    } else if terminal.interactive {
        lines.without_time().boxed()
    } else {
        lines.boxed()
    };
    if tracing_subscriber::registry().with(level.filter()).with(lines).with(ToTask).try_init().is_err() {
        tracing::debug!("logging was started before");
    }
}

/// Hands lines to the task whose thread says them.
struct ToTask;

impl<S: Subscriber> Layer<S> for ToTask {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let level = match *event.metadata().level() {
            tracing::Level::TRACE => LogLevel::Trace,
            tracing::Level::DEBUG => LogLevel::Debug,
            tracing::Level::INFO => LogLevel::Information,
            tracing::Level::WARN => LogLevel::Warning,
            tracing::Level::ERROR => LogLevel::Error,
        };
        // Lines of libraries are about connections, not about what the task does.
        if event.metadata().target().starts_with("provost") {
            let mut text = Text::default();
            event.record(&mut text);
            said(level, &(text.message + &text.fields));
        }
    }
}

/// An event as a line.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => self.fields.push_str(&format!(" {name}={value:?}")),
        }
    }
}
