//! Groups of rows that share a value, such as a department: gone, moved, renamed, or new.

use super::context::Context;
use super::findings::{Findings, Weight};
use super::profile::{ColumnProfile, TableProfile};
use super::wording::{counted, grouped, listed, percent};
use std::collections::HashMap;

/// Groups that one message names.
const NAMED: usize = 3;
/// Sampled rows below which a group says nothing.
const FEW_ROWS: u64 = 3;

/// Names the groups that make up most of what was deleted, moved or inserted.
pub(super) fn look(
    before: &TableProfile,
    now: &TableProfile,
    context: &Context<'_>,
    findings: &mut Findings<'_>,
) {
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

/// A value and how many rows have it.
struct Group<'a> {
    value: &'a str,
    before: u64,
    now: u64,
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
            inserted: context
                .changes
                .map_or(now.rows.saturating_sub(before.rows), |c| c.inserted),
            updated: context.changes.map(|c| c.updated),
            deleted: context
                .changes
                .map_or(before.rows.saturating_sub(now.rows), |c| c.deleted),
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
        let changes = self
            .inserted
            .saturating_add(self.deleted)
            .saturating_add(self.updated.unwrap_or(0));
        self.matters(group.before, 5) && group.before.saturating_mul(10) >= changes
    }

    /// Whether enough rows changed for so many to have another value now.
    fn could_change(&self, rows: u64) -> bool {
        let Some(updated) = self.updated else {
            return true;
        };
        let replaced = self.inserted.min(self.deleted);
        2 * (if self.before.pairs {
            replaced
        } else {
            updated.max(replaced)
        }) >= rows
    }

    fn fates(&self, column: &'a ColumnProfile, later: &'a ColumnProfile) -> Fates<'a> {
        let mut fates = Fates {
            column: &column.name,
            vanished: Vec::new(),
            arrived: Vec::new(),
            renamed: Vec::new(),
            moved: Vec::new(),
        };
        let counts = Counts::new(self, column, later);
        let mut arrived = counts.arrived();
        for lost in counts.lost() {
            let like = |g: &Group<'_>| {
                g.before == 0 && g.now.abs_diff(lost.before) <= (lost.before / 4).max(2)
            };
            let successor = arrived.iter().enumerate().filter(|(_, g)| like(g));
            let successor = successor
                .min_by_key(|(_, g)| g.now.abs_diff(lost.before))
                .map(|(at, _)| at);
            if let Some(at) = successor.filter(|_| self.could_change(lost.before)) {
                let to = arrived.remove(at).value;
                fates.renamed.push((lost, to));
            } else if let Some(to) = counts
                .absorbed(&lost)
                .filter(|_| self.could_change(lost.before))
            {
                fates.moved.push((lost, to));
            } else if 2 * self.deleted >= lost.before {
                fates.vanished.push(lost);
            }
        }
        fates.arrived = arrived;
        fates
    }

    fn noun(&self, rows: u64) -> String {
        if self.before.pairs {
            counted(rows, "link", "links")
        } else {
            counted(rows, "row", "rows")
        }
    }
}

/// Rows by value in both generations.
struct Counts<'a> {
    before: HashMap<&'a str, u64>,
    now: HashMap<&'a str, u64>,
    /// What a value has at most that is not listed.
    unlisted_before: u64,
    unlisted_now: u64,
}

impl<'a> Counts<'a> {
    fn new(facts: &Facts<'a>, column: &'a ColumnProfile, later: &'a ColumnProfile) -> Counts<'a> {
        let counts = |table: &TableProfile, column: &'a ColumnProfile| -> HashMap<&'a str, u64> {
            let common = column
                .top
                .iter()
                .filter(|(_, n)| u64::from(*n) >= FEW_ROWS || column.top_is_complete);
            common
                .map(|(value, n)| (value.as_str(), table.scaled((*n).into())))
                .collect()
        };
        let unlisted = |table: &TableProfile, column: &ColumnProfile| match column.top.last() {
            _ if column.top_is_complete => 0,
            Some((_, n)) => table.scaled((*n).into()),
            // Values that hardly repeat are not listed at all.
            None => u64::MAX,
        };
        Counts {
            before: counts(facts.before, column),
            now: counts(facts.now, later),
            unlisted_before: unlisted(facts.before, column),
            unlisted_now: unlisted(facts.now, later),
        }
    }

    /// Groups of which at most a tenth is left, the largest first.
    fn lost(&self) -> Vec<Group<'a>> {
        Self::gone(&self.before, &self.now, self.unlisted_now)
            .into_iter()
            .map(|(value, before, now)| Group { value, before, now })
            .collect()
    }

    /// Groups of which at most a tenth was there before, the largest first.
    fn arrived(&self) -> Vec<Group<'a>> {
        Self::gone(&self.now, &self.before, self.unlisted_before)
            .into_iter()
            .map(|(value, now, before)| Group { value, before, now })
            .collect()
    }

    fn gone(
        from: &HashMap<&'a str, u64>,
        to: &HashMap<&'a str, u64>,
        unlisted: u64,
    ) -> Vec<(&'a str, u64, u64)> {
        let mut gone: Vec<(&str, u64, u64)> = from
            .iter()
            .filter_map(|(value, rows)| {
                let left = to.get(value).copied();
                let at_most = left.unwrap_or(unlisted);
                (*rows >= FEW_ROWS && at_most <= *rows / 10).then_some((
                    *value,
                    *rows,
                    left.unwrap_or(0),
                ))
            })
            .collect();
        gone.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        gone
    }

    /// The group that existed before and grew by about what this one lost.
    fn absorbed(&self, lost: &Group<'a>) -> Option<&'a str> {
        let grown = self.now.iter().filter_map(|(value, now)| {
            let before = self.before.get(value)?;
            let growth = now.saturating_sub(*before);
            (growth * 10 >= lost.before * 6 && growth <= lost.before * 2)
                .then_some((*value, growth))
        });
        grown
            .min_by_key(|(value, growth)| (growth.abs_diff(lost.before), *value))
            .map(|(value, _)| value)
    }
}

/// `` `department` = `Sales` ``, for one group or several.
fn named(column: &str, groups: &[Group<'_>]) -> String {
    let values: Vec<String> = groups.iter().map(|g| format!("`{}`", g.value)).collect();
    format!("`{column}` = {}", listed(&values).replace(" and ", " or "))
}

fn vanished(facts: &Facts<'_>, columns: &[Fates<'_>], findings: &mut Findings<'_>) {
    let sum = |f: &Fates<'_>| {
        f.vanished
            .iter()
            .take(NAMED)
            .map(|g| g.before - g.now)
            .sum::<u64>()
    };
    let most = columns
        .iter()
        .enumerate()
        .filter(|(_, f)| !f.vanished.is_empty());
    let best = most.max_by_key(|(at, f)| (sum(f), usize::MAX - f.vanished.len(), usize::MAX - at));
    let Some((_, fates)) = best else { return };
    let rows = sum(fates);
    if !facts.matters(rows, 5) || rows * 2 < facts.deleted {
        return;
    }
    let groups = &fates.vanished[..fates.vanished.len().min(NAMED)];
    let left: u64 = groups.iter().map(|g| g.now).sum();
    let gone = match left {
        0 => format!(
            "All {} with {} are gone",
            facts.noun(rows),
            named(fates.column, groups)
        ),
        left => format!(
            "{} with {} are gone and {left} are left",
            facts.noun(rows),
            named(fates.column, groups)
        ),
    };
    let share = match facts.deleted {
        0 => String::new(),
        deleted => format!(
            ": {} of the {}",
            percent((rows as f64 / deleted as f64).min(1.0)),
            counted(deleted, "deletion", "deletions")
        ),
    };
    findings.add(
        Weight::Group,
        "group-vanished",
        format!("{gone}{share}."),
        format!(
            "Ask the owner of {} whether this was meant; otherwise the export lost them (a filter, a permission): correct it \
             and do not approve.",
            facts.context.file
        ),
    );
}

fn moved(facts: &Facts<'_>, fates: &Fates<'_>, findings: &mut Findings<'_>) {
    for (group, to) in fates
        .moved
        .iter()
        .filter(|(g, _)| facts.matters_among_changes(g))
        .take(NAMED)
    {
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
    for (group, to) in fates
        .renamed
        .iter()
        .filter(|(g, _)| facts.matters_among_changes(g))
        .take(NAMED)
    {
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
    let sum = |f: &Fates<'_>| {
        f.arrived
            .iter()
            .take(NAMED)
            .map(|g| g.now - g.before)
            .sum::<u64>()
    };
    let most = columns
        .iter()
        .enumerate()
        .filter(|(_, f)| !f.arrived.is_empty());
    let best = most.max_by_key(|(at, f)| (sum(f), usize::MAX - f.arrived.len(), usize::MAX - at));
    let Some((_, fates)) = best else { return };
    let rows = sum(fates);
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
        format!(
            "{} with {} are new; {new}.",
            facts.noun(rows),
            named(fates.column, groups)
        ),
        format!(
            "Approve if this group was really added; otherwise ask the owner of {}.",
            facts.context.file
        ),
    );
}
