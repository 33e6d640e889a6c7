//! Problems that a person sees: in configuration files, in data rows, in settings.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How grave a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Worth knowing; nothing to do now.
    Note,
    /// Probably a mistake, but the work can go on.
    Warning,
    /// Must be mended before the work can go on.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// One problem, with its place and its remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Stable kebab-case name of the kind of problem, for machines and for the manual: `unknown-attribute`.
    pub code: String,
    /// How grave it is.
    pub severity: Severity,
    /// What is wrong, naming the thing: `unknown attribute "Identifer" on <EntityType>`.
    pub message: String,
    /// What was expected or what to do next.
    pub hint: Option<String>,
    /// Where, if it has a place.
    pub place: Option<Place>,
}

/// A place in a text file. Lines and columns count from 1; columns count characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// Path as the user would write it, relative to what they named.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// How many characters the problem covers on its line (at least 1).
    pub length: u32,
    /// The whole line, for the caret below it.
    pub text: String,
}

impl Problem {
    /// A problem without a place.
    pub fn new(code: &str, severity: Severity, message: impl Into<String>) -> Problem {
        Problem { code: code.to_owned(), severity, message: message.into(), hint: None, place: None }
    }

    /// Adds what was expected or what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Problem {
        self.place = Some(place);
        self
    }
}
