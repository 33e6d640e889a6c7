//! Gathering of causes, most telling first.

use provost_model::summary::Cause;
use std::collections::HashSet;

/// How telling a kind of cause is: what explains the whole file comes before what explains a column, and that before
/// what explains some rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are those of what was looked at")]
pub enum Weight {
    WholeFile,
    FirstLoad,
    ColumnGone,
    Swapped,
    Keys,
    Dates,
    Rejected,
    Emptied,
    Format,
    Group,
    Size,
    Moved,
    Renamed,
    Arrived,
    Duplicates,
    General,
}

/// What was found so far.
#[derive(Debug)]
pub(super) struct Findings<'a> {
    subject: &'a str,
    found: Vec<(Weight, Cause)>,
    /// Columns that a cause explains; lesser causes leave them alone.
    explained: HashSet<String>,
}

impl<'a> Findings<'a> {
    /// Nothing yet, about this entity type or association.
    pub(super) fn about(subject: &'a str) -> Findings<'a> {
        Findings { subject, found: Vec::new(), explained: HashSet::new() }
    }

    /// Adds a cause.
    pub(super) fn add(&mut self, weight: Weight, code: &str, message: String, hint: impl Into<String>) {
        let cause = Cause { code: code.to_owned(), message, hint: hint.into(), subject: Some(self.subject.to_owned()) };
        self.found.push((weight, cause));
    }

    /// Marks a column as explained.
    pub(super) fn explain(&mut self, column: &str) {
        self.explained.insert(column.to_owned());
    }

    /// Whether a cause explains this column.
    pub(super) fn explains(&self, column: &str) -> bool {
        self.explained.contains(column)
    }

    /// Whether a cause of this kind or of a more telling one was found.
    pub(super) fn has(&self, weight: Weight) -> bool {
        self.found.iter().any(|(w, _)| *w <= weight)
    }

    /// Whether a cause with this code was found.
    pub(super) fn has_code(&self, code: &str) -> bool {
        self.found.iter().any(|(_, cause)| cause.code == code)
    }

    /// Whether nothing was found.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The causes, most telling first; those that are equally telling in the order found.
    pub(super) fn into_causes(mut self) -> Vec<(Weight, Cause)> {
        self.found.sort_by_key(|(weight, _)| *weight);
        self.found
    }
}
