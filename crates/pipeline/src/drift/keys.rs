//! Keys that are not the keys of before: other ones, or the same ones written in another way.

use super::classes::Class;
use super::context::Context;
use super::findings::{Findings, Weight};
use super::profile::{ColumnProfile, KeyForms, TableProfile};
use super::sketch::Sketch;
use super::wording::percent;

/// Keys that must be known of both generations.
const FEW_KEYS: usize = 10;
/// Keys count as replaced when the generations have no larger share of them in common.
const REPLACED: f64 = 0.3;

/// Names the key column whose values are others than before, and how they were transformed if that explains it.
pub(super) fn look(before: &TableProfile, now: &TableProfile, context: &Context<'_>, findings: &mut Findings<'_>) {
    let Some(overlap) = before.keys.overlap(&now.keys, FEW_KEYS) else {
        return;
    };
    if overlap.coefficient() >= REPLACED {
        return;
    }
    let keys = if before.pairs { 2 } else { 1 };
    for column in before.columns.iter().take(keys) {
        let Some(later) = now.column(&column.name).filter(|_| !findings.explains(&column.name)) else {
            continue;
        };
        let common = match before.pairs {
            false => overlap.coefficient(),
            true => match column.values.overlap(&later.values, 5) {
                Some(of_column) if of_column.coefficient() < REPLACED => of_column.coefficient(),
                _ => continue,
            },
        };
        let change = Change { before, now, column, later };
        report(&change, common, context, findings);
    }
}

fn report(change: &Change<'_>, common: f64, context: &Context<'_>, findings: &mut Findings<'_>) {
    let name = &change.column.name;
    findings.explain(name);
    let (message, hint) = match change.transformation() {
        Some(what) => (
            format!("The keys in column `{name}` {what}, so each row looks deleted and a new one inserted."),
            format!(
                "Ask the owner of {} to write the keys as before; approving would replace every resource.",
                context.file
            ),
        ),
        None => (
            format!(
                "Column `{name}` holds other keys than before: {} of them were known{}.",
                percent(common),
                change.replacement()
            ),
            format!(
                "Check that {} is the right file and that the key column of the mapping is right; approving would replace \
                 every resource.",
                context.file
            ),
        ),
    };
    findings.add(Weight::Keys, "keys-replaced", message, hint);
}

/// A key column in both generations.
struct Change<'a> {
    before: &'a TableProfile,
    now: &'a TableProfile,
    column: &'a ColumnProfile,
    later: &'a ColumnProfile,
}

impl Change<'_> {
    /// What was done to the keys, if one transformation explains the difference.
    fn transformation(&self) -> Option<String> {
        let (then, now) = (self.column.forms.as_ref()?, self.later.forms.as_ref()?);
        if self.agree(then, now, |f| &f.lower) {
            return Some(format!("changed case ({})", self.case_now()));
        }
        if self.agree(then, now, |f| &f.unpadded) || self.padding_only() {
            let lost = self.column.leading_zeros > self.later.leading_zeros;
            return Some(if lost { "lost their leading zeros" } else { "got leading zeros" }.to_owned());
        }
        if self.agree(then, now, |f| &f.local) {
            let longer = self.later.lengths.mean > self.column.lengths.mean;
            return Some(if longer { "got a domain" } else { "lost their domain" }.to_owned());
        }
        if self.agree(then, now, |f| &f.number) {
            return Some(prefix_change(&then.common_prefix, &now.common_prefix));
        }
        None
    }

    /// Whether the keys are the same in this form. Large tables sample other rows when keys are written differently,
    /// so that only a part of the forms can meet.
    fn agree(&self, then: &KeyForms, now: &KeyForms, form: impl Fn(&KeyForms) -> &Sketch) -> bool {
        let expected = 0.6 * self.before.fraction().min(self.now.fraction());
        form(then).overlap(form(now), FEW_KEYS).is_some_and(|o| o.shared >= 5 && o.coefficient() >= expected)
    }

    /// Whether leading zeros went and nothing else is to be seen.
    fn padding_only(&self) -> bool {
        let digits = |c: &ColumnProfile| c.classes.keys().all(|class| matches!(class, Class::Digits | Class::Date));
        let filled = (self.column.filled(self.before), self.later.filled(self.now));
        let zeros = |c: &ColumnProfile, of: u64| f64::from(c.leading_zeros) / of.max(1) as f64;
        let (then, now) = (zeros(self.column, filled.0), zeros(self.later, filled.1));
        digits(self.column) && digits(self.later) && (then >= 0.5 && now <= 0.05 || now >= 0.5 && then <= 0.05)
    }

    fn case_now(&self) -> &'static str {
        let case = self.later.case;
        if case.upper > case.lower + case.mixed {
            "upper case now"
        } else if case.lower > case.upper + case.mixed {
            "lower case now"
        } else {
            "upper and lower case now"
        }
    }

    /// What the column holds instead.
    fn replacement(&self) -> String {
        let others = self.before.columns.iter().filter(|c| c.name != self.column.name);
        let mut sources = others.filter(|c| {
            c.distinct >= 10 && c.values.overlap(&self.later.values, FEW_KEYS).is_some_and(|o| o.coefficient() >= 0.5)
        });
        if let Some(source) = sources.next() {
            return format!("; it now holds what column `{}` held", source.name);
        }
        match (self.column.main_class(), self.later.main_class()) {
            (Some((then, _)), Some((now, _))) if then != now => {
                format!("; it held {} and now holds {}", then.plural(), now.plural())
            }
            _ => String::new(),
        }
    }
}

/// Two common prefixes, of which the longer one has the other as its end when a prefix was put before or taken away.
fn prefix_change(then: &str, now: &str) -> String {
    let added = now.trim_end_matches(|c: char| c.is_ascii_digit());
    let lost = then.trim_end_matches(|c: char| c.is_ascii_digit());
    match (lost.is_empty(), added.is_empty()) {
        (true, false) => format!("got the prefix `{added}`"),
        (false, true) => format!("lost the prefix `{lost}`"),
        (false, false) if added != lost => format!("have the prefix `{added}` instead of `{lost}`"),
        _ => "are written with other characters around the same numbers".to_owned(),
    }
}
