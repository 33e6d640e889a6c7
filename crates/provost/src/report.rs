//! What a person sees when something cannot go on: one [`Report`] at the rim, whatever failed below.

use crate::snippet;
use crate::terminal::Terminal;
use anstyle::{AnsiColor, Style};
use provost_model::summary::{Cause, ErrorReport};
use provost_model::{Problem, Severity};
use std::fmt;
use std::process::ExitCode;

/// How the process ends. The numbers are a contract for scripts (`docs/command-line.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, perhaps with warnings.
    Done,
    /// 1: something failed that is neither the arguments' nor the data's fault.
    Error,
    /// 2: the arguments, the home folder or the settings cannot be used.
    Usage,
    /// 3: a safeguard stopped the run; the repository is untouched.
    Blocked,
    /// 4: data problems: the configuration cannot be used, or the run is done but had to set rows aside.
    Data,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Error => 1,
            Exit::Usage => 2,
            Exit::Blocked => 3,
            Exit::Data => 4,
        })
    }
}

/// Whose turn it is to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whoever typed the command, or wrote the settings.
    Usage,
    /// Whoever answers for a change that a safeguard stopped.
    Blocked,
    /// Whoever answers for the configuration or the data.
    Data,
    /// Whoever runs the machine: disk, rights, database, network; or the developers of the engine.
    Error,
}

/// Something that cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whose turn it is to act; decides the exit code.
    pub kind: Kind,
    /// Stable kebab-case name for machines and for the manual: `no-home`.
    pub id: &'static str,
    /// What was being attempted and what went wrong.
    pub text: String,
    /// What to do next.
    pub hint: Option<String>,
    /// The single problems, each with its place, when there are several or when they have places.
    pub problems: Vec<Problem>,
    /// What stands behind it; in a box, so that results stay small.
    pub why: Box<Why>,
}

/// What stands behind a [`Report`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Why {
    /// What lies below the text, outermost first.
    pub causes: Vec<String>,
    /// What probably happened to the source, as the line of JSON lists it.
    pub found: Vec<Cause>,
}

impl Report {
    /// A report with a text alone.
    pub fn new(kind: Kind, id: &'static str, text: impl Into<String>) -> Report {
        Report { kind, id, text: text.into(), hint: None, problems: Vec::new(), why: Box::default() }
    }

    /// The arguments, home or settings cannot be used.
    pub fn usage(id: &'static str, text: impl Into<String>) -> Report {
        Report::new(Kind::Usage, id, text)
    }

    /// Folds an error from below: its message becomes the text, its sources the causes.
    pub fn from_error(kind: Kind, id: &'static str, error: &dyn std::error::Error) -> Report {
        let mut report = Report::new(kind, id, error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            // Many an error says already what its source says.
            let text = cause.to_string();
            if !report.text.contains(&text) && !report.why.causes.iter().any(|known| known.contains(&text)) {
                report.why.causes.push(text);
            }
            source = cause.source();
        }
        report
    }

    /// An operation on a path that the machine refused.
    pub fn io(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Report {
        let hint = match error.kind() {
            std::io::ErrorKind::PermissionDenied => "give this user the right to it, or choose another folder",
            std::io::ErrorKind::StorageFull => "free some space on the disk, then run the command again",
            std::io::ErrorKind::NotFound => "check the spelling of the path",
            _ => "",
        };
        let report = Report::new(Kind::Error, "file-system", format!("cannot {doing} {}: {error}", path.display()));
        if hint.is_empty() { report } else { report.hint(hint) }
    }

    /// Problems found in configuration or settings, under one heading.
    pub fn with_problems(kind: Kind, id: &'static str, text: impl Into<String>, problems: Vec<Problem>) -> Report {
        Report { problems, ..Report::new(kind, id, text) }
    }

    /// Something that this version does not do yet.
    pub fn not_yet(what: &str) -> Report {
        Report::usage("not-yet", format!("{what} is not available yet in this version"))
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Report {
        self.hint = Some(hint.into());
        self
    }

    /// Exit code of the process.
    pub fn exit(&self) -> Exit {
        match self.kind {
            Kind::Usage => Exit::Usage,
            Kind::Blocked => Exit::Blocked,
            Kind::Data => Exit::Data,
            Kind::Error => Exit::Error,
        }
    }

    /// As the line of JSON at the end of a step carries it.
    pub fn to_error(&self) -> ErrorReport {
        let mut message = self.text.clone();
        for cause in &self.why.causes {
            message.push_str(": ");
            message.push_str(cause);
        }
        let worst = self.problems.iter().max_by_key(|problem| problem.severity);
        if let Some(problem) = worst {
            message.push_str(": ");
            message.push_str(&problem.message);
        }
        if self.problems.len() > 1 {
            message.push_str(&format!(" ({} problems in all)", self.problems.len()));
        }
        let hint = self.hint.clone().or_else(|| worst.and_then(|problem| problem.hint.clone()));
        ErrorReport { code: self.id.to_owned(), message, hint }
    }

    /// As text for a terminal, ending with a line feed.
    pub fn render(&self, terminal: &Terminal) -> String {
        let mut out = String::new();
        if !self.problems.is_empty() {
            out.push_str(&problems(&self.problems, terminal));
            out.push_str(&format!("{}\n\n", counts(&self.problems)));
        }
        out.push_str(&heading(Severity::Error, None, &self.text, terminal));
        for cause in &self.why.causes {
            out.push_str(&format!("  {} {cause}\n", terminal.paint(Style::new().dimmed(), "because:")));
        }
        if let Some(hint) = &self.hint {
            for line in hint.lines() {
                let line = terminal.folded(line, 8);
                out.push_str(&format!("  {} {line}\n", terminal.paint(HELP, "help:")));
            }
        }
        out
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Report {}

/// Style of advice.
pub(crate) const HELP: Style = AnsiColor::Cyan.on_default().bold();

/// Style of a severity.
pub(crate) fn style(severity: Severity) -> Style {
    match severity {
        Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        Severity::Note => AnsiColor::Green.on_default().bold(),
    }
}

/// `error[code]: text`.
pub(crate) fn heading(severity: Severity, code: Option<&str>, text: &str, terminal: &Terminal) -> String {
    let word = match code {
        Some(code) => format!("{severity}[{code}]"),
        None => severity.to_string(),
    };
    format!("{}: {}\n", terminal.paint(style(severity), &word), terminal.paint(Style::new().bold(), text))
}

/// All problems, gravest last so that they stay on screen, with a blank line after each.
pub fn problems(found: &[Problem], terminal: &Terminal) -> String {
    let mut order: Vec<&Problem> = found.iter().collect();
    order.sort_by_key(|problem| problem.severity);
    order.into_iter().map(|problem| snippet::render(problem, terminal) + "\n").collect()
}

/// `3 errors, 1 warning`; `no problems` when there are none.
pub fn counts(found: &[Problem]) -> String {
    let parts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .map(|severity| (severity, found.iter().filter(|problem| problem.severity == severity).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| plural(count, &severity.to_string()))
        .collect();
    if parts.is_empty() { "no problems".to_owned() } else { parts.join(", ") }
}

/// `1 file`, `2 files`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_why_and_what_next() {
        let mut report = Report::new(Kind::Error, "database-unreachable", "cannot open the repository")
            .hint("start the database, then run the command again");
        report.why.causes.push("connection refused".to_owned());
        insta::assert_snapshot!(report.render(&Terminal::plain()), @r"
        error: cannot open the repository
          because: connection refused
          help: start the database, then run the command again
        ");
        assert_eq!(report.to_error().message, "cannot open the repository: connection refused");
    }

    #[test]
    fn an_error_names_the_problem_that_matters() {
        let mut wrong = Problem::new("x", Severity::Error, "Encoding: unknown encoding");
        wrong.hint = Some("write UTF-8".to_owned());
        let problems = vec![Problem::new("y", Severity::Warning, "unused"), wrong];
        let error = Report::with_problems(Kind::Usage, "settings", "cannot be used", problems).to_error();
        assert_eq!(error.message, "cannot be used: Encoding: unknown encoding (2 problems in all)");
        assert_eq!(error.hint.as_deref(), Some("write UTF-8"));
    }

    #[test]
    fn counts_name_only_what_there_is() {
        let of = |severity| Problem::new("x", severity, "y");
        assert_eq!(counts(&[]), "no problems");
        let found = [Severity::Error, Severity::Warning, Severity::Error, Severity::Error].map(of);
        assert_eq!(counts(&found), "3 errors, 1 warning");
        assert_eq!(counts(&[of(Severity::Note)]), "1 note");
    }

    #[test]
    fn colour_marks_the_severity_and_nothing_is_lost_without_it() {
        let report = Report::usage("x", "no");
        let coloured = report.render(&Terminal { colour: true, ..Terminal::plain() });
        assert!(coloured.starts_with("\u{1b}[1m\u{1b}[31merror\u{1b}[0m: "), "{coloured:?}");
        assert_eq!(report.render(&Terminal::plain()), "error: no\n");
    }
}
