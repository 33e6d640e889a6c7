//! What is wrong with a file as a whole: nothing in it, half of it, keys missing.

use super::context::Context;
use super::findings::{Findings, Weight};
use super::profile::TableProfile;
use super::wording::{counted, grouped, percent};

/// Tables with fewer rows than this are not judged by their size.
const FEW_ROWS: u64 = 20;

/// A file without any row; whether that is so, and all is said.
pub(super) fn nothing_in_it(
    before: Option<&TableProfile>,
    now: &TableProfile,
    context: &Context<'_>,
    findings: &mut Findings<'_>,
) -> bool {
    if now.rows > 0 || context.source.rows > 0 || context.rejected.count > 0 {
        return false;
    }
    let rows_before = before.map_or(0, |b| b.rows).max(context.changes.map_or(0, |c| c.stored));
    let held = match rows_before {
        0 => String::new(),
        rows => format!("; before, there were {}", counted(rows, "row", "rows")),
    };
    if context.source.blank {
        findings.add(
            Weight::WholeFile,
            "file-empty",
            format!("{} is blank: it has neither a header line nor rows{held}.", context.file),
            "The export probably failed or was cut off while it wrote: check its log, export again, and do not approve.",
        );
    } else if rows_before > 0 {
        findings.add(
            Weight::WholeFile,
            "file-header-only",
            format!("{} has a header line and no rows{held}.", context.file),
            "The export probably found nothing: check its filter, its account and its permissions, export again, and do \
             not approve.",
        );
    }
    true
}

/// Many rows without key, or many rows whose key another row has.
pub(super) fn keys_missing_or_repeated(context: &Context<'_>, findings: &mut Findings<'_>) {
    let source = context.source;
    if source.null_keys >= 5 && source.null_keys * 10 >= source.rows {
        findings.add(
            Weight::Keys,
            "keys-empty",
            format!(
                "{} of {} in {} have no key and were left out.",
                grouped(source.null_keys),
                counted(source.rows, "row", "rows"),
                context.file
            ),
            "Check that the key column is filled in the source, and that its name in the mapping is right.",
        );
    }
    if source.duplicates >= 20 && source.duplicates * 5 >= source.rows {
        findings.add(
            Weight::Duplicates,
            "rows-repeated",
            format!(
                "{} of {} in {} repeat a key that an earlier row has, and were left out.",
                grouped(source.duplicates),
                counted(source.rows, "row", "rows"),
                context.file
            ),
            "The export was perhaps appended to an older file, or a join multiplies rows: check the source.",
        );
    }
}

/// Far fewer or far more rows than before.
pub(super) fn size(before: &TableProfile, now: &TableProfile, context: &Context<'_>, findings: &mut Findings<'_>) {
    let larger = before.rows.max(now.rows);
    if larger < FEW_ROWS || findings.has_code("rows-rejected") || findings.has_code("keys-empty") {
        return;
    }
    let share = now.rows as f64 / before.rows as f64;
    let figures =
        format!("{} has {} instead of {}", context.file, counted(now.rows, "row", "rows"), grouped(before.rows));
    let (shrunk, grown) = if context.blocked { (0.9, 1.2) } else { (0.7, 1.5) };
    if share <= shrunk && !findings.has_code("group-vanished") {
        let size = if (0.45..=0.55).contains(&share) {
            "about half its usual size".to_owned()
        } else {
            format!("{} of its usual size", percent(share))
        };
        findings.add(
            Weight::Size,
            "file-shrunk",
            format!("{figures}: {size}."),
            "Check whether the export was cut off or filtered; approve only if so many rows were really removed.",
        );
    } else if share >= grown && !findings.has_code("many-new-rows-of") {
        findings.add(
            Weight::Size,
            "file-grown",
            format!("{figures}: {:.1} times its usual size.", share),
            "Check whether the export reads more than it should (a lost filter, a second company); approve only if so \
             many rows are really new.",
        );
    }
}
