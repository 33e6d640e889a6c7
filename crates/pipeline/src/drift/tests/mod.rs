//! Hand-made tables for every cause, and for its absence.

mod columns;
mod files;
mod groups;
mod keys;
mod properties;

use super::*;
use provost_model::summary::Cause;
use std::collections::BTreeMap;

/// A table in memory, its key first.
#[derive(Clone)]
pub(super) struct Table {
    pub(super) pairs: bool,
    pub(super) header: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
}

const FIRST: [&str; 7] = ["Ada", "Bob", "Cleo", "Dan", "Eve", "Finn", "Gus"];
const LAST: [&str; 11] =
    ["Adams", "Brown", "Clark", "Davis", "Evans", "Frank", "Green", "Hill", "Irwin", "Jones", "King"];
const DEPARTMENTS: [&str; 6] = ["Sales", "Research", "Finance", "Legal", "Support", "Works"];

/// People with numbers from `from` on. Every sixth belongs to each department.
pub(super) fn people(from: usize, to: usize) -> Table {
    let person = |n: usize| {
        let (first, last) = (FIRST[n % 7], LAST[n % 11]);
        vec![
            format!("{n:06}"),
            first.to_owned(),
            last.to_owned(),
            format!("{}.{}{n}@example.com", first.to_lowercase(), last.to_lowercase()),
            format!("+33 1 {:02} {:02} 55 {:02}", n / 100 % 100, n % 100, n * 7 % 100),
            DEPARTMENTS[n % 6].to_owned(),
            format!("{:02}/{:02}/{}", n % 28 + 1, n % 12 + 1, 1990 + n % 30),
            (!n.is_multiple_of(5)).to_string(),
        ]
    };
    Table {
        pairs: false,
        header: vec!["id", "first", "last", "mail", "phone", "department", "start_date", "active"],
        rows: (from..to).map(person).collect(),
    }
}

/// Groups with twelve members each, out of some 500 people.
pub(super) fn members(groups: usize) -> Table {
    let pair = |n: usize| vec![format!("group-{:02}", n / 12), format!("p{:04}", n * 37 % 500)];
    Table { pairs: true, header: vec!["group", "member"], rows: (0..groups * 12).map(pair).collect() }
}

impl Table {
    pub(super) fn map(mut self, column: &str, change: impl Fn(usize, &str) -> String) -> Table {
        let at = self.header.iter().position(|h| *h == column).unwrap();
        self.rows.iter_mut().enumerate().for_each(|(n, row)| row[at] = change(n, &row[at]));
        self
    }

    pub(super) fn swap(mut self, a: &str, b: &str) -> Table {
        let at = |name: &str| self.header.iter().position(|h| *h == name).unwrap();
        let (a, b) = (at(a), at(b));
        self.rows.iter_mut().for_each(|row| row.swap(a, b));
        self
    }

    pub(super) fn drop_column(mut self, column: &str) -> Table {
        let at = self.header.iter().position(|h| *h == column).unwrap();
        self.header.remove(at);
        self.rows.iter_mut().for_each(|row| drop(row.remove(at)));
        self
    }

    pub(super) fn keep(mut self, keep: impl Fn(&[String]) -> bool) -> Table {
        self.rows.retain(|row| keep(row));
        self
    }

    pub(super) fn profile(&self) -> TableProfile {
        let mut profiler = if self.pairs { Profiler::for_pairs(&self.header) } else { Profiler::new(&self.header) };
        for row in &self.rows {
            let values: Vec<&[u8]> = row.iter().map(|v| v.as_bytes()).collect();
            let wanted = match self.pairs {
                true => profiler.wants_pair(Profiler::hash_of_first(values[0]), values[1]),
                false => profiler.wants(values[0]),
            };
            if wanted {
                profiler.observe(&values);
            }
        }
        profiler.finish(self.rows.len() as u64)
    }

    fn by_key(&self) -> BTreeMap<&[String], &[String]> {
        let key = if self.pairs { 2 } else { 1 };
        self.rows.iter().map(|row| (&row[..key], &row[key..])).collect()
    }

    pub(super) fn changes(&self, now: &Table) -> Changes {
        let (old, new) = (self.by_key(), now.by_key());
        let count = |n: usize| n as u64;
        Changes {
            inserted: count(new.keys().filter(|k| !old.contains_key(*k)).count()),
            updated: count(new.iter().filter(|(k, v)| old.get(*k).is_some_and(|o| o != *v)).count()),
            deleted: count(old.keys().filter(|k| !new.contains_key(*k)).count()),
            stored: count(old.len()),
        }
    }
}

/// The circumstances that follow from the tables.
pub(super) fn context(before: &Table, now: &Table) -> Context<'static> {
    Context {
        subject: "HR_Person",
        file: "hr_people.csv",
        changes: Some(before.changes(now)),
        source: Source { rows: now.rows.len() as u64, ..Source::default() },
        ..Context::default()
    }
}

/// The causes without their weights.
pub(super) fn compare(before: Option<&TableProfile>, now: &TableProfile, context: &Context<'_>) -> Vec<Cause> {
    super::compare(before, now, context).into_iter().map(|(_, cause)| cause).collect()
}

/// `code: message` of each cause, blocked or not.
pub(super) fn found(before: &Table, now: &Table, blocked: bool) -> Vec<String> {
    let context = Context { blocked, ..context(before, now) };
    lines(&compare(Some(&before.profile()), &now.profile(), &context))
}

pub(super) fn lines(causes: &[Cause]) -> Vec<String> {
    assert!(causes.iter().all(|c| c.subject.as_deref() == Some("HR_Person") && c.hint.ends_with('.')), "{causes:?}");
    causes.iter().map(|c| format!("{}: {}", c.code, c.message)).collect()
}

/// Some people leave, some join, some move to another department, some get another phone.
pub(super) fn ordinary_next(people_before: &Table) -> Table {
    let mut now = people_before.clone().keep(|row| !row[0].ends_with("77"));
    let (joiners, n) = (people(5_000, 5_008), now.rows.len());
    for (at, row) in now.rows.iter_mut().enumerate() {
        if at % (n / 6).max(1) == 3 {
            row[5] = DEPARTMENTS[at % 5].to_owned();
            row[4] = format!("+33 6 00 00 00 {:02}", at % 100);
        }
    }
    now.rows.extend(joiners.rows);
    now
}

#[test]
fn ordinary_churn_gives_no_cause() {
    let before = people(0, 600);
    assert_eq!(found(&before, &before.clone(), false), Vec::<String>::new());
    assert_eq!(found(&before, &ordinary_next(&before), false), Vec::<String>::new());
    assert_eq!(found(&members(40), &members(41), false), Vec::<String>::new());
    assert_eq!(found(&members(40), &members(39), false), Vec::<String>::new());
}

#[test]
fn a_block_without_a_visible_cause_says_so() {
    let before = people(0, 600);
    assert_eq!(
        found(&before, &ordinary_next(&before), true),
        [
            "looks-as-usual: hr_people.csv looks as before (600 rows then, 602 rows now, every column of its usual kind): \
             8 inserted, 6 updated and 6 deleted, with 600 stored before."
        ]
    );
    assert_eq!(found(&before, &before.clone(), true), Vec::<String>::new());
}
