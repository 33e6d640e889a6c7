//! Rows that could not be converted: is it the date format, or something else?

use super::context::{Context, RejectedColumn};
use super::dates::{self, DateEvidence};
use super::findings::{Findings, Weight};
use super::profile::TableProfile;
use super::wording::{counted, grouped};

/// Names the columns because of which many rows were rejected.
pub(super) fn look(
    before: Option<&TableProfile>,
    now: &TableProfile,
    context: &Context<'_>,
    findings: &mut Findings<'_>,
) {
    let rejected = &context.rejected;
    let of = context.source.rows.max(now.rows + rejected.count);
    let many = |count: u64| count >= 5 && count * 10 >= of;
    let mut named = false;
    for column in rejected.columns.iter().filter(|c| many(c.count)) {
        named = true;
        findings.explain(&column.column);
        match date_layout(column) {
            Some(layout) => date_format(before, &layout, column, of, context, findings),
            None => unreadable(column, of, findings),
        }
    }
    if !named && many(rejected.count) {
        findings.add(
            Weight::Rejected,
            "rows-rejected",
            format!(
                "{} of {} in {} cannot be read.",
                grouped(rejected.count),
                counted(of, "row", "rows"),
                context.file
            ),
            "Look at the first rejected rows: the separator, the quotes or the encoding of the file probably changed.",
        );
    }
}

/// The layout that most of the samples have.
fn date_layout(column: &RejectedColumn) -> Option<DateEvidence> {
    let mut evidence = Vec::new();
    for date in column.samples.iter().filter_map(|s| dates::parse(s.trim())) {
        dates::note(&mut evidence, date, 1);
    }
    dates::dominant(&evidence, column.samples.len() as u64, 60).cloned()
}

fn date_format(
    before: Option<&TableProfile>,
    layout: &DateEvidence,
    column: &RejectedColumn,
    of: u64,
    context: &Context<'_>,
    findings: &mut Findings<'_>,
) {
    let name = layout.name();
    let had_values = before.and_then(|b| b.column(&column.column).map(|c| c.filled(b) > 0)).unwrap_or(false);
    let from = expected_layout(&column.expected).filter(|from| *from != name);
    let what = match (from, had_values) {
        (Some(from), true) => format!("changed from {from} to {name}"),
        (None, true) => format!("changed its date format to {name}"),
        (Some(from), false) => format!("has dates as {name}, not as {from}"),
        (None, false) => format!("has dates as {name}"),
    };
    let example = column.samples.iter().find(|s| dates::parse(s.trim()).is_some()).map_or("", String::as_str);
    findings.add(
        Weight::Dates,
        "date-format-changed",
        format!(
            "`{}` {what}: {} of {} cannot be read, for example `{}`.",
            column.column,
            grouped(column.count),
            counted(of, "row", "rows"),
            example.trim()
        ),
        format!(
            "Ask the owner of {} for the former date format, or change the Format of the mapping; do not approve, since \
             dates that still can be read may have day and month exchanged.",
            context.file
        ),
    );
}

fn unreadable(column: &RejectedColumn, of: u64, findings: &mut Findings<'_>) {
    let example = column.samples.first().map_or(String::new(), |s| format!(", found for example `{}`", shortened(s)));
    let expected = if column.expected.is_empty() { String::new() } else { format!(": expected {}", column.expected) };
    findings.add(
        Weight::Rejected,
        "rows-rejected",
        format!(
            "{} of {} were rejected because of column `{}`{expected}{example}.",
            grouped(column.count),
            counted(of, "row", "rows"),
            column.column
        ),
        "Correct the column in the source, or the Format of its mapping, and run again.",
    );
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

/// The layout that a converter's expectation names: `dd/MM/yyyy`.
fn expected_layout(expected: &str) -> Option<&str> {
    expected
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()))
        .find(|word| word.contains("yy") && word.contains("MM") && word.contains("dd"))
}
