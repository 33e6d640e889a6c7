//! What a careful person would look at when something is wrong with an installation, or before it is.

mod certificates;
mod database;
mod home;
mod reach;

use crate::context::Context;
use crate::settings::Settings;
use provost_model::Severity;
use serde::Serialize;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nothing to do.
    Ok,
    /// It works, but something should be done.
    Warning,
    /// It does not work, or is not safe.
    Error,
}

impl State {
    /// As it is printed.
    pub fn word(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Error => "error",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// How it came out.
    pub state: State,
    /// What was found.
    pub detail: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, detail: impl Into<String>) -> Finding {
        Finding { check, state: State::Ok, detail: detail.into(), advice: None }
    }

    fn warning(check: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding { check, state: State::Warning, detail: detail.into(), advice: Some(advice.into()) }
    }

    fn error(check: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding { check, state: State::Error, detail: detail.into(), advice: Some(advice.into()) }
    }
}

/// Looks at everything. Nothing is changed; what cannot be looked at is a finding too.
pub fn examine(context: &Context, now_micros: i64) -> Vec<Finding> {
    let mut found = Vec::new();
    let Some(settings) = settings(context, &mut found) else {
        return found;
    };
    home::examine(&settings, &mut found);
    database::examine(&settings, now_micros, &mut found);
    certificates::examine(&settings, now_micros, &mut found);
    reach::examine(&settings, now_micros, &mut found);
    found
}

fn settings(context: &Context, found: &mut Vec<Finding>) -> Option<Settings> {
    const CHECK: &str = "settings";
    match context.settings() {
        Ok(settings) => {
            found.push(Finding::ok(CHECK, format!("home {}", settings.home.display())));
            for note in &settings.notes {
                let advice = note.hint.clone().unwrap_or_else(|| "take it out, or correct its name".to_owned());
                found.push(Finding::warning(CHECK, note.message.clone(), advice));
            }
            Some(settings)
        }
        Err(report) => {
            let errors = report.problems.iter().filter(|problem| problem.severity == Severity::Error);
            for problem in errors {
                let advice = problem.hint.clone().unwrap_or_else(|| "correct it".to_owned());
                found.push(Finding::error(CHECK, problem.message.clone(), advice));
            }
            let advice = report.hint.clone().unwrap_or_else(|| "correct them: provost settings shows where".to_owned());
            found.push(Finding::error(CHECK, report.text.clone(), advice));
            None
        }
    }
}

/// A length of time for people: `3 days`, `20 minutes`.
fn span(micros: i64) -> String {
    let seconds = micros.abs() / 1_000_000;
    let (number, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    #[test]
    fn lengths_of_time_are_rounded_down_to_one_unit() {
        let spans = [1, 119, 120, 7_199, 7_200, 172_800].map(|seconds| super::span(seconds * 1_000_000));
        assert_eq!(spans, ["1 second", "119 seconds", "2 minutes", "119 minutes", "2 hours", "2 days"]);
    }
}
