//! Counts the rows of each value of a column in two generations.

use super::profile::{ColumnProfile, TableProfile, TopValue};
use std::collections::HashMap;

/// Rows below which a group says nothing.
pub(super) const FEW_ROWS: u64 = 3;
/// Sampled rows below which a group of a table that is not sampled whole says nothing: chance would be too large.
const FEW_SAMPLED: u64 = 12;

/// A value and how many rows have it.
pub(super) struct Group<'a> {
    pub(super) value: &'a str,
    pub(super) before: u64,
    pub(super) now: u64,
}

/// Rows by value in both generations.
pub(super) struct Tally<'a> {
    before: Generation<'a>,
    now: Generation<'a>,
    /// Whether the same rows are sampled under another value, so that a group can be recognised by its rows.
    recognisable: bool,
}

struct Generation<'a> {
    values: HashMap<&'a str, (u64, &'a TopValue)>,
    /// What a value has at most that is not listed.
    unlisted: u64,
    /// Rows below which a group says nothing.
    few: u64,
}

impl<'a> Generation<'a> {
    fn new(table: &TableProfile, column: &'a ColumnProfile) -> Generation<'a> {
        let few = if table.sampled < table.rows { FEW_SAMPLED } else { FEW_ROWS };
        let values = column.top.iter().map(|top| (top.value.as_str(), (table.scaled(top.count.into()), top))).collect();
        let unlisted = match column.top.last() {
            _ if column.top_is_complete => 0,
            Some(last) => table.scaled(last.count.into()),
            // Values that hardly repeat are not listed at all.
            None => u64::MAX,
        };
        Generation { values, unlisted, few: table.scaled(few) }
    }

    fn rows(&self, value: &str) -> Option<u64> {
        self.values.get(value).map(|(rows, _)| *rows)
    }

    /// Values of which at most a tenth is in the other generation, the most frequent first: value, rows here, rows there.
    fn not_in(&self, other: &Generation<'_>) -> Vec<(&'a str, u64, u64)> {
        let mut missing: Vec<(&str, u64, u64)> = self
            .values
            .iter()
            .map(|(value, (rows, _))| (*value, *rows, other.rows(value)))
            .filter(|(_, rows, there)| *rows >= self.few && there.unwrap_or(other.unlisted) <= *rows / 10)
            .map(|(value, rows, there)| (value, rows, there.unwrap_or(0)))
            .collect();
        missing.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        missing
    }
}

impl<'a> Tally<'a> {
    /// Of a column before and now, each with its table.
    pub(super) fn new(
        before: (&TableProfile, &'a ColumnProfile),
        now: (&TableProfile, &'a ColumnProfile),
    ) -> Tally<'a> {
        let whole = |table: &TableProfile| !table.pairs || table.sampled >= table.rows;
        Tally {
            recognisable: whole(before.0) && whole(now.0),
            before: Generation::new(before.0, before.1),
            now: Generation::new(now.0, now.1),
        }
    }

    /// Groups of which at most a tenth is left, the largest first.
    pub(super) fn lost(&self) -> Vec<Group<'a>> {
        let lost = self.before.not_in(&self.now).into_iter();
        lost.map(|(value, before, now)| Group { value, before, now }).collect()
    }

    /// Groups of which at most a tenth was there before, the largest first.
    pub(super) fn arrived(&self) -> Vec<Group<'a>> {
        let arrived = self.now.not_in(&self.before).into_iter();
        arrived.map(|(value, now, before)| Group { value, before, now }).collect()
    }

    /// Place of the new group of about the same size, with the same rows in it.
    pub(super) fn successor(&self, lost: &Group<'_>, arrived: &[Group<'_>]) -> Option<usize> {
        let alike = |group: &Group<'_>| {
            group.before == 0
                && group.now.abs_diff(lost.before) <= (lost.before / 4).max(2)
                && (!self.recognisable || self.same_rows(lost.value, group.value))
        };
        let candidates = arrived.iter().enumerate().filter(|(_, group)| alike(group));
        candidates.min_by_key(|(at, group)| (group.now.abs_diff(lost.before), *at)).map(|(at, _)| at)
    }

    fn same_rows(&self, before: &str, now: &str) -> bool {
        match (self.before.values.get(before), self.now.values.get(now)) {
            (Some((_, before)), Some((_, now))) => before.has_rows_of(now),
            _ => false,
        }
    }

    /// The group that existed before and grew by about what this one lost.
    pub(super) fn absorbed(&self, lost: &Group<'_>) -> Option<&'a str> {
        let grown = self.now.values.iter().filter_map(|(value, (now, _))| {
            let growth = now.saturating_sub(self.before.rows(value)?);
            (growth * 10 >= lost.before * 6 && growth <= lost.before * 2).then_some((*value, growth))
        });
        grown.min_by_key(|(value, growth)| (growth.abs_diff(lost.before), *value)).map(|(value, _)| value)
    }
}
