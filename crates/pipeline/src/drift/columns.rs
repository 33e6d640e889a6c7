//! What happened to single columns: gone, emptied, all the same, another date format, another kind of value.

use super::classes::Class;
use super::context::Context;
use super::dates::{self, DateEvidence, Order};
use super::findings::{Findings, Weight};
use super::profile::{ColumnProfile, TableProfile, TopValue};
use super::wording::{counted, listed, percent, rows};

/// Values that a column must have before and now to be judged.
const FEW_VALUES: u64 = 10;

/// Columns that the file does not have any more.
pub(super) fn gone(
    before: Option<&TableProfile>,
    now: &TableProfile,
    context: &Context<'_>,
    findings: &mut Findings<'_>,
) {
    let mut missing: Vec<&str> = context.missing_columns.iter().map(String::as_str).collect();
    // A table without rows may have come without columns too.
    if let Some(before) = before.filter(|_| !now.columns.is_empty()) {
        let names = before.columns.iter().map(|c| c.name.as_str());
        missing.extend(names.filter(|name| now.column(name).is_none()));
    }
    missing.sort_unstable();
    missing.dedup();
    for name in missing {
        findings.explain(name);
        let had = before.and_then(|b| b.column(name).map(|c| rows(b, c.filled(b))));
        let had = had.map_or(String::new(), |n| format!("; before, {n} rows had a value in it"));
        findings.add(
            Weight::ColumnGone,
            "column-vanished",
            format!("{} has no column `{name}` any more{had}.", context.file),
            gone_hint(context),
        );
    }
}

fn gone_hint(context: &Context<'_>) -> String {
    let new: Vec<String> = context.unmapped_columns.iter().take(5).map(|c| format!("`{c}`")).collect();
    if new.is_empty() {
        "Ask for the column back in the export, or remove it from the mapping if it is not wanted any more.".to_owned()
    } else {
        format!(
            "Was it renamed? The file has {}, which nothing maps: correct the export or the ConnectionColumn of the mapping.",
            listed(&new)
        )
    }
}

/// Looks at each column that no other cause explains yet.
pub(super) fn look(before: &TableProfile, now: &TableProfile, context: &Context<'_>, findings: &mut Findings<'_>) {
    for column in &before.columns {
        let Some(later) = now.column(&column.name) else {
            continue;
        };
        if findings.explains(&column.name) {
            continue;
        }
        let pair = Pair { before, now, column, later };
        let found = pair
            .emptied()
            .or_else(|| pair.constant())
            .or_else(|| pair.date_format())
            .or_else(|| pair.exchanged_days())
            .or_else(|| pair.kind())
            .or_else(|| pair.case())
            .or_else(|| pair.length());
        if let Some((weight, code, message)) = found {
            findings.explain(&column.name);
            findings.add(weight, code, message, hint(code, context));
        }
    }
}

fn hint(code: &str, context: &Context<'_>) -> String {
    let file = context.file;
    match code {
        "column-emptied" => format!(
            "Check that the export of {file} still reads this column (a lost permission, a renamed attribute); approving \
             would erase the values."
        ),
        "column-filled-constant" => {
            format!(
                "Check whether the export of {file} writes a default or a fixed text there; approving would overwrite the values."
            )
        }
        "date-format-changed" => format!(
            "Ask the owner of {file} for the former date format, or change the Format of the mapping, and do not approve."
        ),
        _ => format!("Ask the owner of {file} whether this is meant; if not, correct the export and do not approve."),
    }
}

/// A column in both generations.
struct Pair<'a> {
    before: &'a TableProfile,
    now: &'a TableProfile,
    column: &'a ColumnProfile,
    later: &'a ColumnProfile,
}

type Found = Option<(Weight, &'static str, String)>;

impl Pair<'_> {
    fn name(&self) -> &str {
        &self.column.name
    }

    fn filled_before(&self) -> u64 {
        self.column.filled(self.before)
    }

    fn filled_now(&self) -> u64 {
        self.later.filled(self.now)
    }

    fn enough(&self) -> bool {
        self.filled_before() >= FEW_VALUES && self.filled_now() >= FEW_VALUES
    }

    /// Values where there were some, none or far fewer now.
    fn emptied(&self) -> Found {
        if self.now.sampled < FEW_VALUES || self.filled_before() < FEW_VALUES {
            return None;
        }
        let share_before = self.filled_before() as f64 / self.before.sampled as f64;
        let share_now = self.filled_now() as f64 / self.now.sampled as f64;
        let expected = share_before * self.now.sampled as f64;
        if share_now > share_before * 0.5 || expected < FEW_VALUES as f64 {
            return None;
        }
        let now = match self.filled_now() {
            0 => "is empty in every row now".to_owned(),
            n => format!("has a value in {} of {} now", rows(self.now, n), counted(self.now.rows, "row", "rows")),
        };
        let before = format!(
            "before, {} of {} had one",
            rows(self.before, self.filled_before()),
            counted(self.before.rows, "row", "rows")
        );
        Some((Weight::Emptied, "column-emptied", format!("Column `{}` {now}; {before}.", self.name())))
    }

    /// The same value everywhere.
    fn constant(&self) -> Found {
        let TopValue { value, count, .. } = self.later.top.first()?;
        let everywhere = self.now.sampled >= FEW_VALUES && u64::from(*count) * 50 >= self.now.sampled * 49;
        let top_before = self.column.top.first().map_or(1, |top| u64::from(top.count));
        let varied = self.before.sampled >= FEW_VALUES && top_before * 5 <= self.before.sampled * 3;
        (everywhere && varied).then(|| {
            let before = match self.column.distinct {
                0 => "before, it was empty".to_owned(),
                n => format!("before, it had {}", counted(n.into(), "value", "different values")),
            };
            let message = format!("Column `{}` holds `{value}` in nearly every row now; {before}.", self.name());
            (Weight::Emptied, "column-filled-constant", message)
        })
    }

    /// Dates as text, in another layout.
    fn date_format(&self) -> Found {
        if !self.enough() {
            return None;
        }
        let then = dates::dominant(&self.column.dates, self.filled_before(), 50)?;
        let now = dates::dominant(&self.later.dates, self.filled_now(), 50)?;
        let other_order = matches!((then.order(), now.order()), (Some(a), Some(b)) if a != b);
        if then.layout == now.layout && !other_order {
            return None;
        }
        let evidence = if then.layout == now.layout {
            self.order_evidence(then, now)
        } else {
            format!("{} of {} dates are written so now", now.count, self.filled_now())
        };
        let message = format!("`{}` changed from {} to {}: {evidence}.", self.name(), then.name(), now.name());
        Some((Weight::Dates, "date-format-changed", message))
    }

    fn order_evidence(&self, then: &DateEvidence, now: &DateEvidence) -> String {
        let (place, now_over, then_over) = match now.order() {
            Some(Order::MonthFirst) => ("second", now.second_over_12, then.second_over_12),
            _ => ("first", now.first_over_12, then.first_over_12),
        };
        format!(
            "in {now_over} of {} dates the {place} number is above 12 now, before in {then_over} of {}",
            now.count, then.count
        )
    }

    /// Dates that were converted although day and month changed places: no day is above 12 any more.
    fn exchanged_days(&self) -> Found {
        let then = dates::dominant(&self.column.dates, self.filled_before(), 80)?;
        let now = dates::dominant(&self.later.dates, self.filled_now(), 80)?;
        let late_days = |e: &DateEvidence| e.first_over_12.max(e.second_over_12);
        let usual = late_days(then) * 10 >= then.count * 3;
        if then.layout != now.layout || now.count < 20 || !usual || late_days(now) > 0 {
            return None;
        }
        let message = format!(
            "`{}` probably has day and month exchanged: no date is later than the 12th of its month now ({} dates), before \
             {} were.",
            self.name(),
            now.count,
            percent(f64::from(late_days(then)) / f64::from(then.count))
        );
        Some((Weight::Dates, "date-format-changed", message))
    }

    /// Another kind of value.
    fn kind(&self) -> Found {
        if !self.enough() || self.column.class_distance(self.later) < 0.5 {
            return None;
        }
        let (then, of_then) = self.column.main_class()?;
        let (now, of_now) = self.later.main_class()?;
        let share = |count: u32, filled: u64| percent(f64::from(count) / filled as f64);
        if then == now {
            return None;
        }
        let message = format!(
            "Column `{}` held {} ({}) and now holds {} ({}).",
            self.name(),
            then.plural(),
            share(of_then, self.filled_before()),
            now.plural(),
            share(of_now, self.filled_now())
        );
        Some((Weight::Format, "format-changed", message))
    }

    /// The same kind of value in other letters.
    fn case(&self) -> Found {
        let total = |c: &ColumnProfile| f64::from(c.case.lower + c.case.upper + c.case.mixed);
        let (then, now) = (self.column.case, self.later.case);
        if total(self.column) < 10.0 || total(self.later) < 10.0 {
            return None;
        }
        let share = |count: u32, c: &ColumnProfile| f64::from(count) / total(c);
        let words = |upper: bool| if upper { "upper case" } else { "lower case" };
        for (count_then, count_now, upper) in [(then.upper, now.upper, true), (then.lower, now.lower, false)] {
            let (s_then, s_now) = (share(count_then, self.column), share(count_now, self.later));
            if s_now - s_then >= 0.6 {
                let message = format!(
                    "Column `{}` is written in {} now ({} of its values, before {}).",
                    self.name(),
                    words(upper),
                    percent(s_now),
                    percent(s_then)
                );
                return Some((Weight::Format, "format-changed", message));
            }
        }
        None
    }

    /// Values of lengths that did not occur, or without the leading zeros that they had.
    fn length(&self) -> Found {
        if !self.enough() {
            return None;
        }
        let (then, now) = (self.column.lengths, self.later.lengths);
        let zeros = |c: &ColumnProfile, filled: u64| f64::from(c.leading_zeros) / filled as f64;
        let padded = (zeros(self.column, self.filled_before()), zeros(self.later, self.filled_now()));
        let digits = |c: &ColumnProfile| c.main_class().is_some_and(|(class, _)| class == Class::Digits);
        if digits(self.column)
            && digits(self.later)
            && padded.0 >= 0.2
            && padded.1 <= padded.0 / 10.0
            && now.mean < then.mean
        {
            let message = format!(
                "The values of column `{}` lost their leading zeros: {} began with one before, {} do now.",
                self.name(),
                percent(padded.0),
                percent(padded.1)
            );
            return Some((Weight::Format, "format-changed", message));
        }
        (now.max < then.min || now.min > then.max).then(|| {
            let message = format!(
                "The values of column `{}` are {} characters long now, before {}.",
                self.name(),
                span(now.min, now.max),
                span(then.min, then.max)
            );
            (Weight::Format, "format-changed", message)
        })
    }
}

fn span(min: u32, max: u32) -> String {
    if min == max { min.to_string() } else { format!("{min} to {max}") }
}
