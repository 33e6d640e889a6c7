//! Groups of rows that share a value, such as a department: gone, moved, renamed, or new.

use super::context::Context;
use super::findings::{Findings, Weight};
use super::profile::{ColumnProfile, TableProfile};
use super::tally::{FEW_ROWS, Group, Tally};
use super::wording::{counted, grouped, listed, percent};

/// Groups that one message names.
const NAMED: usize = 3;

/// Names the groups that make up most of what was deleted, moved or inserted.
pub(super) fn look(before: &TableProfile, now: &TableProfile, context: &Context<'_>, findings: &mut Findings<'_>) {
    if findings.has(Weight::ColumnGone) || findings.has_code("keys-replaced") {
        return;
    }
    let facts = Facts::new(before, now, context);
    let columns: Vec<Fates<'_>> = before
        .columns
        .iter()
        .filter(|column| !findings.explains(&column.name))
        .filter_map(|column| Some(facts.fates(column, now.column(&column.name)?)))
        .collect();
    vanished(&facts, &columns, findings);
    for fates in &columns {
        moved(&facts, fates, findings);
        renamed(&facts, fates, findings);
    }
    arrived(&facts, &columns, findings);
}

/// The figures that a group is measured by.
struct Facts<'a> {
    before: &'a TableProfile,
    now: &'a TableProfile,
    context: &'a Context<'a>,
    inserted: u64,
    updated: Option<u64>,
    deleted: u64,
}

/// What became of the groups of one column.
struct Fates<'a> {
    column: &'a str,
    vanished: Vec<Group<'a>>,
    arrived: Vec<Group<'a>>,
    /// From, to.
    renamed: Vec<(Group<'a>, &'a str)>,
    moved: Vec<(Group<'a>, &'a str)>,
}

impl<'a> Facts<'a> {
    fn new(before: &'a TableProfile, now: &'a TableProfile, context: &'a Context<'a>) -> Facts<'a> {
        Facts {
            before,
            now,
            context,
            inserted: context.changes.map_or(now.rows.saturating_sub(before.rows), |c| c.inserted),
            updated: context.changes.map(|c| c.updated),
            deleted: context.changes.map_or(before.rows.saturating_sub(now.rows), |c| c.deleted),
        }
    }

    /// Rows of a group that are worth a word: below a block, only groups that nobody overlooks.
    fn matters(&self, rows: u64, percent: u64) -> bool {
        if self.context.blocked {
            return rows >= FEW_ROWS;
        }
        rows >= 10 && rows * 100 >= self.before.rows * percent
    }

    /// Whether a group that moved or was renamed is worth a word: in a block, it must have its part in it.
    fn matters_among_changes(&self, group: &Group<'_>) -> bool {
        let changes = self.inserted.saturating_add(self.deleted).saturating_add(self.updated.unwrap_or(0));
        self.matters(group.before, 5) && group.before.saturating_mul(10) >= changes
    }

    /// Whether enough rows changed for so many to have another value now.
    fn could_change(&self, rows: u64) -> bool {
        let Some(updated) = self.updated else {
            return true;
        };
        let replaced = self.inserted.min(self.deleted);
        2 * (if self.before.pairs { replaced } else { updated.max(replaced) }) >= rows
    }

    fn fates(&self, column: &'a ColumnProfile, later: &'a ColumnProfile) -> Fates<'a> {
        let mut fates = Fates {
            column: &column.name,
            vanished: Vec::new(),
            arrived: Vec::new(),
            renamed: Vec::new(),
            moved: Vec::new(),
        };
        let tally = Tally::new((self.before, column), (self.now, later));
        let mut arrived = tally.arrived();
        for lost in tally.lost() {
            let changed = self.could_change(lost.before);
            if let Some(at) = tally.successor(&lost, &arrived).filter(|_| changed) {
                let to = arrived.remove(at).value;
                fates.renamed.push((lost, to));
            } else if let Some(to) = tally.absorbed(&lost).filter(|_| changed) {
                fates.moved.push((lost, to));
            } else if 2 * self.deleted >= lost.before {
                fates.vanished.push(lost);
            }
        }
        fates.arrived = arrived;
        fates
    }

    /// Whether the rows of groups are estimated from a sample.
    fn is_estimate(&self) -> bool {
        self.before.sampled < self.before.rows || self.now.sampled < self.now.rows
    }

    /// `1,204`, or `about 1,200`.
    fn figure(&self, rows: u64) -> String {
        if !self.is_estimate() {
            return grouped(rows);
        }
        let step = 10u64.pow(rows.checked_ilog10().unwrap_or(0).saturating_sub(1));
        format!("about {}", grouped((rows + step / 2) / step * step))
    }

    fn plural(&self) -> &'static str {
        if self.before.pairs { "links" } else { "rows" }
    }

    fn noun(&self, rows: u64) -> String {
        let noun = match (rows, self.before.pairs) {
            (1, true) => "link",
            (1, false) => "row",
            _ => self.plural(),
        };
        format!("{} {noun}", self.figure(rows))
    }
}

/// `` `department` = `Sales` ``, for one group or several.
fn named(column: &str, groups: &[Group<'_>]) -> String {
    let values: Vec<String> = groups.iter().map(|g| format!("`{}`", g.value)).collect();
    format!("`{column}` = {}", listed(&values).replace(" and ", " or "))
}

/// The column whose largest groups explain most; with equal ones, the one with fewer groups, then the first.
fn telling<'f, 'a>(
    columns: &'f [Fates<'a>],
    groups: impl Fn(&'f Fates<'a>) -> &'f [Group<'a>],
    rows: impl Fn(&Group<'_>) -> u64,
) -> Option<(&'f Fates<'a>, u64)> {
    let sum = |fates: &'f Fates<'a>| groups(fates).iter().take(NAMED).map(&rows).sum::<u64>();
    let some = columns.iter().enumerate().filter(|(_, fates)| !groups(fates).is_empty());
    let best = some.max_by_key(|(at, fates)| (sum(fates), usize::MAX - groups(fates).len(), usize::MAX - at));
    best.map(|(_, fates)| (fates, sum(fates)))
}

fn vanished(facts: &Facts<'_>, columns: &[Fates<'_>], findings: &mut Findings<'_>) {
    let lost = |group: &Group<'_>| group.before - group.now;
    let Some((fates, of_largest)) = telling(columns, |f| &f.vanished, lost) else {
        return;
    };
    let (share, hint) = (|rows: u64| share_of_deletions(rows, facts.deleted), vanished_hint(facts));
    if facts.matters(of_largest, 5) && of_largest * 2 >= facts.deleted {
        let groups = &fates.vanished[..fates.vanished.len().min(NAMED)];
        let left: u64 = groups.iter().map(|g| g.now).sum();
        let (noun, named) = (facts.noun(of_largest), named(fates.column, groups));
        let gone = match left {
            0 if facts.is_estimate() => {
                format!("All {} with {named} ({}) are gone", facts.plural(), facts.figure(of_largest))
            }
            0 => format!("All {noun} with {named} are gone"),
            left => format!("{noun} with {named} are gone and {} are left", grouped(left)),
        };
        let message = format!("{gone}{}.", share(of_largest));
        findings.add(Weight::Group, "group-vanished", message, hint);
        return;
    }
    let of_all: u64 = fates.vanished.iter().map(lost).sum();
    if fates.vanished.len() > NAMED && facts.matters(of_all, 10) && of_all * 2 >= facts.deleted {
        let examples: Vec<String> = fates.vanished.iter().take(NAMED).map(|g| format!("`{}`", g.value)).collect();
        let message = format!(
            "{} of {} different values of `{}` are gone, among them {}{}.",
            facts.noun(of_all),
            fates.vanished.len(),
            fates.column,
            listed(&examples),
            share(of_all)
        );
        findings.add(Weight::Moved, "groups-vanished", message, hint);
    }
}

fn share_of_deletions(rows: u64, deleted: u64) -> String {
    if deleted == 0 {
        return String::new();
    }
    let share = percent((rows as f64 / deleted as f64).min(1.0));
    format!(": {share} of the {}", counted(deleted, "deletion", "deletions"))
}

fn vanished_hint(facts: &Facts<'_>) -> String {
    format!(
        "Ask the owner of {} whether this was meant; otherwise the export lost them (a filter, a permission): correct it \
         and do not approve.",
        facts.context.file
    )
}

fn moved(facts: &Facts<'_>, fates: &Fates<'_>, findings: &mut Findings<'_>) {
    for (group, to) in fates.moved.iter().filter(|(g, _)| facts.matters_among_changes(g)).take(NAMED) {
        findings.add(
            Weight::Moved,
            "group-moved",
            format!(
                "The {} with `{}` = `{}` seem to have moved to `{to}`, which existed before.",
                facts.noun(group.before),
                fates.column,
                group.value
            ),
            format!(
                "Approve if `{}` was merged into `{to}`; otherwise ask the owner of {}.",
                group.value, facts.context.file
            ),
        );
    }
}

fn renamed(facts: &Facts<'_>, fates: &Fates<'_>, findings: &mut Findings<'_>) {
    for (group, to) in fates.renamed.iter().filter(|(g, _)| facts.matters_among_changes(g)).take(NAMED) {
        findings.add(
            Weight::Renamed,
            "value-replaced",
            format!(
                "`{}` seems to be called `{to}` now in column `{}`, for {}.",
                group.value,
                fates.column,
                facts.noun(group.before)
            ),
            format!(
                "Approve if it was renamed; otherwise ask the owner of {} what happened to `{}`.",
                facts.context.file, group.value
            ),
        );
    }
}

fn arrived(facts: &Facts<'_>, columns: &[Fates<'_>], findings: &mut Findings<'_>) {
    let gained = |group: &Group<'_>| group.now - group.before;
    let Some((fates, rows)) = telling(columns, |f| &f.arrived, gained) else {
        return;
    };
    if !facts.matters(rows, 10) || rows * 2 < facts.inserted || facts.inserted * 2 < rows {
        return;
    }
    let groups = &fates.arrived[..fates.arrived.len().min(NAMED)];
    let before: u64 = groups.iter().map(|g| g.before).sum();
    let new = match before {
        0 => "there were none before".to_owned(),
        before => format!("there were {} before", grouped(before)),
    };
    findings.add(
        Weight::Arrived,
        "many-new-rows-of",
        format!("{} with {} are new; {new}.", facts.noun(rows), named(fates.column, groups)),
        format!("Approve if this group was really added; otherwise ask the owner of {}.", facts.context.file),
    );
}
