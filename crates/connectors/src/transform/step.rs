//! One transformation, compiled against the columns of its table.

use super::date::{self, Shift};
use super::pattern::{self, Pattern};
use memchr::memmem;
use provost_model::configuration::{TransformationKind, WhereOperator};
use provost_model::nearest;
use regex::bytes::Regex;

/// Why a transformation cannot be compiled.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) detail: String,
    pub(super) hint: String,
}

fn wrong<T>(detail: String, hint: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { detail, hint: hint.into() })
}

/// A transformation that does not know its columns yet.
pub(super) enum Action {
    Concat { separator: Vec<u8>, remove_empty: bool, remove_duplicates: bool, sort: bool },
    Date(Shift),
    Where(Matcher),
}

/// How a value is compared; letter case counts.
pub(super) enum Matcher {
    Equals(Vec<u8>),
    NotEquals(Vec<u8>),
    Contains(Vec<u8>),
    NotContains(Vec<u8>),
    StartsWith(Vec<u8>),
    EndsWith(Vec<u8>),
    Regex(Regex),
}

impl Matcher {
    fn new(operator: WhereOperator, value: &str) -> Result<Matcher, Wrong> {
        let bytes = value.as_bytes().to_vec();
        Ok(match operator {
            WhereOperator::Equals => Matcher::Equals(bytes),
            WhereOperator::NotEquals => Matcher::NotEquals(bytes),
            WhereOperator::Contains => Matcher::Contains(bytes),
            WhereOperator::NotContains => Matcher::NotContains(bytes),
            WhereOperator::StartsWith => Matcher::StartsWith(bytes),
            WhereOperator::EndsWith => Matcher::EndsWith(bytes),
            WhereOperator::Regex => match Regex::new(value) {
                Ok(regex) => Matcher::Regex(regex),
                Err(error) => {
                    let text = error.to_string();
                    let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
                    return wrong(
                        format!("WhereValue \"{value}\" is not a regular expression: {reason}"),
                        "write a regular expression without look-around and back references",
                    );
                }
            },
        })
    }

    pub(super) fn keeps(&self, value: &[u8]) -> bool {
        match self {
            Matcher::Equals(wanted) => value == wanted,
            Matcher::NotEquals(wanted) => value != wanted,
            Matcher::Contains(wanted) => memmem::find(value, wanted).is_some(),
            Matcher::NotContains(wanted) => memmem::find(value, wanted).is_none(),
            Matcher::StartsWith(wanted) => value.starts_with(wanted),
            Matcher::EndsWith(wanted) => value.ends_with(wanted),
            Matcher::Regex(regex) => regex.is_match(value),
        }
    }
}

/// Compiles what does not depend on the columns.
pub(super) fn action(kind: &TransformationKind) -> Result<Action, Wrong> {
    match kind {
        TransformationKind::ConcatColumns {
            inputs, separator, remove_empty, remove_duplicates, sort_values, ..
        } => {
            if inputs.is_empty() {
                return wrong("it names no InputColumn".to_owned(), "name one to five columns to join");
            }
            Ok(Action::Concat {
                separator: separator.as_bytes().to_vec(),
                remove_empty: *remove_empty,
                remove_duplicates: *remove_duplicates,
                sort: *sort_values,
            })
        }
        TransformationKind::TransformDate { added_days, min_year, max_year, date_pattern, .. } => {
            let Some(by) = date::days(*added_days) else {
                return wrong(
                    format!("AddedDays {added_days} is out of range"),
                    "write a number of days, such as -0.5",
                );
            };
            let pattern = match date_pattern.as_deref().filter(|pattern| !pattern.is_empty()).map(Pattern::new) {
                None => None,
                Some(Ok(pattern)) => Some(pattern),
                Some(Err(error)) => {
                    return wrong(format!("DatePattern: {error}"), format!("use {}", pattern::EXPECTED));
                }
            };
            Ok(Action::Date(Shift { by, min_year: *min_year, max_year: *max_year, pattern }))
        }
        TransformationKind::WhereValue { operator, value, .. } => Matcher::new(*operator, value).map(Action::Where),
    }
}

/// A transformation that knows its columns, by index.
pub(super) struct Step {
    pub(super) action: Action,
    pub(super) inputs: Vec<usize>,
    /// Column written to; of a filter, the column looked at.
    pub(super) output: usize,
    /// Dates that could not be read.
    pub(super) unreadable: u64,
    /// Line and value of the first of them.
    pub(super) first_unreadable: Option<(u64, String)>,
}

/// Finds the columns of a transformation; a new output column is added to the header.
pub(super) fn step(kind: &TransformationKind, header: &mut Vec<Vec<u8>>) -> Result<Step, Wrong> {
    let action = action(kind)?;
    let (inputs, output) = match kind {
        TransformationKind::ConcatColumns { column, inputs, .. } => {
            let inputs = inputs.iter().map(|input| existing(header, input)).collect::<Result<_, _>>()?;
            (inputs, existing_or_new(header, column))
        }
        TransformationKind::TransformDate { column, input, .. } => {
            let input = existing(header, input.as_deref().unwrap_or(column))?;
            (vec![input], existing_or_new(header, column))
        }
        TransformationKind::WhereValue { column, .. } => {
            let column = existing(header, column)?;
            (vec![column], column)
        }
    };
    Ok(Step { action, inputs, output, unreadable: 0, first_unreadable: None })
}

fn existing(header: &[Vec<u8>], name: &str) -> Result<usize, Wrong> {
    if let Some(index) = header.iter().position(|column| column == name.as_bytes()) {
        return Ok(index);
    }
    let names: Vec<String> = header.iter().map(|column| String::from_utf8_lossy(column).into_owned()).collect();
    let question = nearest::question(name, names.iter().map(String::as_str));
    let hint = format!("the table has the columns {} (letter case counts).{question}", names.join(", "));
    wrong(format!("there is no column \"{name}\""), hint)
}

fn existing_or_new(header: &mut Vec<Vec<u8>>, name: &str) -> usize {
    header.iter().position(|column| column == name.as_bytes()).unwrap_or_else(|| {
        header.push(name.as_bytes().to_vec());
        header.len() - 1
    })
}

impl Step {
    /// Rewrites a row, which has room for all columns. False when the row is to be left out.
    pub(super) fn apply(&mut self, row: &mut [Vec<u8>], line: u64) -> bool {
        match &self.action {
            Action::Where(matcher) => return matcher.keeps(&row[self.output]),
            Action::Concat { separator, remove_empty, remove_duplicates, sort } => {
                let mut parts: Vec<&[u8]> = self.inputs.iter().map(|input| row[*input].as_slice()).collect();
                if *remove_empty {
                    parts.retain(|part| !part.is_empty());
                }
                if *remove_duplicates {
                    parts.dedup();
                }
                if *sort {
                    parts.sort_unstable();
                }
                row[self.output] = parts.join(separator.as_slice());
            }
            Action::Date(shift) => {
                let value = &row[self.inputs[0]];
                let shifted = std::str::from_utf8(value).ok().and_then(|text| shift.apply(text));
                if shifted.is_none() && !value.is_empty() {
                    self.unreadable += 1;
                    let value = String::from_utf8_lossy(value).into_owned();
                    self.first_unreadable.get_or_insert((line, value));
                }
                row[self.output] = match shifted {
                    Some(text) => text.into_bytes(),
                    None => value.clone(),
                };
            }
        }
        true
    }
}
