//! The guards between difference and apply: thresholds, and the words that explain them.

use crate::error::ServerError;
use crate::manifest::{Delivery, Manifest, RowProblem, Table};
use crate::mapping::ConnectorMapping;
use crate::stage::Staged;
use provost_model::metadata::Metadata;
use provost_model::problem::Severity;
use provost_model::summary::{Cause, ExceededThreshold, Mode};
use provost_pipeline::drift::{self, Changes, Context, RejectedColumn, RejectedStats, Source, TableProfile, Weight};
use provost_pipeline::thresholds::{self, Guarded, Measured};
use provost_store::{ReadTx, StoredProblem};
use std::collections::BTreeSet;

/// Thresholds that the change set exceeds.
pub(crate) fn thresholds(metadata: &Metadata, connector: &str, measured: &Measured) -> Vec<ExceededThreshold> {
    Guarded::of(&metadata.configuration, connector)
        .map_or_else(Vec::new, |guarded| thresholds::evaluate(&guarded, measured))
}

/// What probably happened, compared with the files that were accepted last: the most telling cause first, and those of
/// tables whose changes exceed a limit before those of others.
pub(crate) fn causes(
    tx: &mut ReadTx,
    mapping: &ConnectorMapping,
    manifest: &Manifest,
    staged: &Staged,
    exceeded: &[ExceededThreshold],
) -> Result<Vec<Cause>, ServerError> {
    let mut causes = Vec::new();
    if manifest.delivery == Delivery::Changes && manifest.mode == Mode::Incremental {
        // Such files say what changed, not what there is: they cannot be compared with what a table looked like.
        return Ok(Vec::new());
    }
    for table in &manifest.tables {
        let mut before: Option<TableProfile> =
            tx.table_profile(&mapping.connector, &table.name)?.and_then(|json| serde_json::from_str(&json).ok());
        if let Some(before) = &mut before {
            // A column that the file lost has stopped the run before. One that is not here is not mapped any more.
            before.columns.retain(|held| table.profile.columns.iter().any(|column| column.name == held.name));
        }
        let source = mapping
            .types
            .iter()
            .map(|t| (&t.identifier, &t.table))
            .chain(mapping.associations.iter().map(|a| (&a.identifier, &a.table)))
            .find(|(name, _)| **name == table.name)
            .map_or_else(String::new, |(_, table)| format!("{table}.csv"));
        let blocked = exceeded.iter().any(|threshold| counts(threshold, table));
        let context = Context {
            subject: &table.name,
            file: &source,
            blocked,
            changes: changes(staged, table),
            source: Source {
                blank: false,
                rows: table.rows,
                null_keys: if table.is_association { 0 } else { table.null_keys },
                duplicates: table.duplicates,
            },
            rejected: rejected(table),
            ..Context::default()
        };
        let found = drift::compare(before.as_ref(), &table.profile, &context);
        causes.extend(found.into_iter().map(|(weight, cause)| Found { file: source.clone(), blocked, weight, cause }));
    }
    Ok(in_order(causes, &mapping.connector))
}

/// A cause with what decides its place.
struct Found {
    /// Source file of its table.
    file: String,
    /// Whether the changes of its table exceed a limit.
    blocked: bool,
    weight: Weight,
    cause: Cause,
}

fn in_order(mut found: Vec<Found>, connector: &str) -> Vec<Cause> {
    // That nothing is remarkable explains least, wherever it is said.
    found.sort_by_key(|found| (found.weight == Weight::General, !found.blocked, found.weight));
    let causes = found.into_iter().map(|found| (found.file, found.cause)).collect();
    gather_first_loads(once_for_each_file(causes), connector)
}

/// Several tables may be read from one file. What happened to the file is said once, and a table looks as usual only
/// where nothing is the matter with its file.
fn once_for_each_file(causes: Vec<(String, Cause)>) -> Vec<Cause> {
    let usual = |cause: &Cause| cause.code == "looks-as-usual";
    let odd: BTreeSet<String> =
        causes.iter().filter(|(_, cause)| !usual(cause)).map(|(file, _)| file.to_lowercase()).collect();
    let mut kept: Vec<Cause> = Vec::new();
    for (file, cause) in causes {
        let said = kept.iter().any(|known| known.code == cause.code && known.message == cause.message);
        let denied = usual(&cause) && odd.contains(&file.to_lowercase());
        if !(said || denied) {
            kept.push(cause);
        }
    }
    kept
}

/// Whether a threshold counts the changes of this table.
fn counts(threshold: &ExceededThreshold, table: &Table) -> bool {
    match threshold.level.split_once(' ') {
        Some(("Connector", _)) => threshold.name.contains("Link") == table.is_association,
        Some((_, name)) => name == table.name,
        None => false,
    }
}

/// The first load of a connector is one cause, not one for each of its tables.
fn gather_first_loads(causes: Vec<Cause>, connector: &str) -> Vec<Cause> {
    let is_first = |cause: &Cause| cause.code == "first-load";
    let at = causes.iter().position(is_first).unwrap_or(0);
    if causes.iter().filter(|cause| is_first(cause)).count() < 2 {
        return causes;
    }
    let (first, mut others): (Vec<Cause>, Vec<Cause>) = causes.into_iter().partition(is_first);
    let tables: Vec<&str> = first.iter().filter_map(|c| c.subject.as_deref()).collect();
    let gathered = Cause {
        code: "first-load".to_owned(),
        message: format!(
            "The repository holds nothing of connector {connector} yet, so everything is new ({}), and any number of \
             new rows exceeds a limit in percent of nothing.",
            tables.join(", ")
        ),
        hint:
            "This is usual for a first complete synchronisation: check the numbers of rows and approve the change set."
                .to_owned(),
        subject: None,
    };
    others.insert(at, gathered);
    others
}

fn changes(staged: &Staged, table: &Table) -> Option<Changes> {
    if let Some(c) = staged.measured.entity_types.get(&table.name) {
        return Some(Changes { inserted: c.inserted, updated: c.updated, deleted: c.deleted, stored: c.stored });
    }
    let c = staged.measured.associations.get(&table.name)?;
    Some(Changes { inserted: c.inserted, updated: 0, deleted: c.deleted, stored: c.stored })
}

fn rejected(table: &Table) -> RejectedStats {
    let mut stats = RejectedStats { count: table.rejected, columns: Vec::new() };
    for problem in table.problems.iter().filter(|p| p.severity == Severity::Error) {
        let (Some(column), Some(value)) = (&problem.column, &problem.value) else {
            continue;
        };
        let Some(count) = table.rejected_by_column.get(column) else {
            continue;
        };
        let position = stats.columns.iter().position(|c| c.column == *column);
        let at = position.unwrap_or_else(|| {
            stats.columns.push(RejectedColumn {
                column: column.clone(),
                count: *count,
                expected: problem.reason.clone(),
                samples: Vec::new(),
            });
            stats.columns.len() - 1
        });
        stats.columns[at].samples.push(value.clone());
    }
    stats
}

/// Findings as the repository keeps them.
pub(crate) fn stored_problems(problems: &[RowProblem]) -> Vec<StoredProblem> {
    problems
        .iter()
        .map(|p| StoredProblem {
            table: p.table.clone(),
            line: p.line,
            column: p.column.clone(),
            value: p.value.clone(),
            reason: p.reason.clone(),
            remedy: Some(p.remedy.clone()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: &str, blocked: bool, weight: Weight, code: &str) -> Found {
        let (file, cause) = cause(file, code, &format!("{file} {code}"));
        Found { file, blocked, weight, cause: Cause { subject: Some(file_stem(&cause.message)), ..cause } }
    }

    fn file_stem(message: &str) -> String {
        message.split('.').next().unwrap().to_owned()
    }

    #[test]
    fn the_most_telling_cause_comes_first_and_that_of_a_blocked_table_before_others() {
        let found = vec![
            found("people.csv", true, Weight::General, "looks-as-usual"),
            found("teams.csv", true, Weight::Format, "format-changed"),
            found("sites.csv", false, Weight::WholeFile, "file-empty"),
            found("groups.csv", true, Weight::Swapped, "columns-swapped"),
            found("members.csv", true, Weight::Format, "format-changed"),
        ];
        let codes: Vec<String> = in_order(found, "HR").into_iter().map(|cause| cause.message).collect();
        assert_eq!(
            codes,
            [
                "groups.csv columns-swapped",
                "teams.csv format-changed",
                "members.csv format-changed",
                "sites.csv file-empty",
                "people.csv looks-as-usual",
            ]
        );
    }

    #[test]
    fn first_loads_are_one_cause_at_the_place_of_the_first() {
        let found = vec![
            found("people.csv", true, Weight::FirstLoad, "first-load"),
            found("sites.csv", true, Weight::WholeFile, "file-header-only"),
            found("teams.csv", true, Weight::FirstLoad, "first-load"),
            found("teams.csv", true, Weight::Rejected, "rows-rejected"),
        ];
        let causes = in_order(found, "HR");
        let codes: Vec<&str> = causes.iter().map(|cause| cause.code.as_str()).collect();
        assert_eq!(codes, ["file-header-only", "first-load", "rows-rejected"]);
        assert!(causes[1].message.contains("connector HR") && causes[1].message.contains("(people, teams)"));
        assert_eq!(causes[1].subject, None);
    }

    fn cause(file: &str, code: &str, message: &str) -> (String, Cause) {
        let cause = Cause { code: code.into(), message: message.into(), hint: String::new(), subject: None };
        (file.to_owned(), cause)
    }

    #[test]
    fn what_happened_to_a_file_is_said_once() {
        let causes = vec![
            cause("people.csv", "columns-swapped", "mail and phone"),
            cause("people.csv", "looks-as-usual", "399 deleted"),
            cause("people.csv", "columns-swapped", "mail and phone"),
            cause("teams.csv", "looks-as-usual", "3 inserted"),
        ];
        let kept: Vec<String> =
            once_for_each_file(causes).into_iter().map(|c| format!("{}: {}", c.code, c.message)).collect();
        assert_eq!(kept, ["columns-swapped: mail and phone", "looks-as-usual: 3 inserted"]);
    }
}
