//! Puts two generations of a table side by side and names the probable causes of their difference.

use super::context::Context;
use super::findings::{Findings, Weight};
use super::profile::TableProfile;
use super::wording::{counted, grouped};
use super::{columns, files, groups, keys, rejections, swaps};
use provost_model::summary::Cause;

/// The probable causes of a difference, most telling first, each with its weight among those of other tables; empty when `now` looks like an ordinary next generation.
///
/// `before` is the profile of the last accepted generation, `None` when there is none. Not for tables that carry
/// changes only: their rows say nothing about the whole. When [`Context::blocked`] is set, at least one cause is
/// given, be it that the file looks as usual.
pub fn compare(before: Option<&TableProfile>, now: &TableProfile, context: &Context<'_>) -> Vec<(Weight, Cause)> {
    let mut findings = Findings::about(context.subject);
    let before = before.filter(|profile| profile.rows > 0);
    if files::nothing_in_it(before, now, context, &mut findings) {
        return findings.into_causes();
    }
    rejections::look(before, now, context, &mut findings);
    files::keys_missing_or_repeated(context, &mut findings);
    columns::gone(before, now, context, &mut findings);
    if first_load(before, context, &mut findings) {
        return findings.into_causes();
    }
    if let Some(before) = before
        && now.rows > 0
    {
        swaps::look(before, now, context, &mut findings);
        keys::look(before, now, context, &mut findings);
        columns::look(before, now, context, &mut findings);
        groups::look(before, now, context, &mut findings);
        files::size(before, now, context, &mut findings);
    }
    if context.blocked && findings.is_empty() {
        as_usual(before, now, context, &mut findings);
    }
    findings.into_causes()
}

/// The block that everybody meets once: a complete run into an empty repository.
fn first_load(before: Option<&TableProfile>, context: &Context<'_>, findings: &mut Findings<'_>) -> bool {
    let Some(changes) = context.changes.filter(|c| c.stored == 0 && c.inserted > 0) else {
        return false;
    };
    if !context.blocked {
        return before.is_none();
    }
    let inserted = counted(changes.inserted, "row is", "rows are");
    let (message, hint) = match before {
        None => (
            format!(
                "The repository holds nothing of {} yet: {inserted} new, and any number of new rows exceeds a limit in \
                 percent of nothing.",
                context.subject
            ),
            "This is usual for a first complete synchronisation: check the number of rows and approve the change set.",
        ),
        Some(before) => (
            format!(
                "The repository holds nothing of {} although {} were accepted before: {inserted} new.",
                context.subject,
                counted(before.rows, "row", "rows")
            ),
            "If the repository was emptied or restored on purpose, approve the change set; otherwise find out what \
             emptied it first.",
        ),
    };
    findings.add(Weight::FirstLoad, "first-load", message, hint);
    true
}

/// The answer when no cause is in sight: the changes are many, but of an ordinary kind.
fn as_usual(before: Option<&TableProfile>, now: &TableProfile, context: &Context<'_>, findings: &mut Findings<'_>) {
    let changes = context.changes.unwrap_or_default();
    if context.changes.is_some() && changes.inserted + changes.updated + changes.deleted == 0 {
        return;
    }
    let figures = format!(
        "{} inserted, {} updated and {} deleted, with {} stored before",
        grouped(changes.inserted),
        grouped(changes.updated),
        grouped(changes.deleted),
        grouped(changes.stored)
    );
    let (code, message) = match before {
        Some(before) => (
            "looks-as-usual",
            format!(
                "{} looks as before ({} then, {} now, every column of its usual kind): {figures}.",
                context.file,
                counted(before.rows, "row", "rows"),
                counted(now.rows, "row", "rows")
            ),
        ),
        None => (
            "nothing-to-compare",
            format!("There is no earlier run of {} to compare this one with: {figures}.", context.file),
        ),
    };
    let hint = "Look at the listed changes with the owner of the data: approve the change set if they are wanted, \
                otherwise correct the source and run again.";
    findings.add(Weight::General, code, message, hint);
}
