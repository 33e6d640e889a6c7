//! The drift guard on twelve months of real joiners, movers and leavers: silent in ordinary months, and right about
//! corruptions made from them.

#![allow(clippy::unwrap_used)]

use provost_model::summary::Cause;
use provost_pipeline::drift::{Changes, Context, Profiler, Source, TableProfile, compare};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// The data folder; `None`, with a notice, where it is absent. Its absence is an error on the build server.
fn data() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/rust-team");
    if path.is_dir() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is absent", path.display());
    println!("skipped: {} is absent", path.display());
    None
}

#[derive(Clone, Debug, PartialEq)]
struct Table {
    file: String,
    pairs: bool,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// File and whether the first two columns are the key.
const TABLES: [(&str, bool); 9] = [
    ("people", false),
    ("teams", false),
    ("repos", false),
    ("team_members", true),
    ("team_leads", true),
    ("team_alumni", true),
    ("team_member_roles", true),
    ("repo_access", true),
    ("repo_individuals", true),
];

fn read(folder: &Path, (name, pairs): (&str, bool)) -> Table {
    let file = format!("{name}.csv");
    let text = std::fs::read_to_string(folder.join(&file)).unwrap();
    let mut records = records(&text).into_iter();
    Table { file, pairs, header: records.next().unwrap(), rows: records.collect() }
}

/// Semicolons, RFC 4180 quoting.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => field.push(characters.next().unwrap()),
            '"' => quoted = !quoted,
            ';' if !quoted => record.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            c => field.push(c),
        }
    }
    records
}

impl Table {
    fn profile(&self) -> TableProfile {
        let names: Vec<&str> = self.header.iter().map(String::as_str).collect();
        let mut profiler = if self.pairs { Profiler::for_pairs(&names) } else { Profiler::new(&names) };
        let clean = self.clean();
        for row in clean.values() {
            let values: Vec<&[u8]> = row.iter().map(|v| v.as_bytes()).collect();
            let wanted = if self.pairs {
                profiler.wants_pair(Profiler::hash_of_first(values[0]), values[1])
            } else {
                profiler.wants(values[0])
            };
            if wanted {
                profiler.observe(&values);
            }
        }
        profiler.finish(clean.len() as u64)
    }

    fn clean(&self) -> BTreeMap<Vec<&str>, &Vec<String>> {
        let mut clean = BTreeMap::new();
        for row in &self.rows {
            let key: Vec<&str> = row.iter().take(if self.pairs { 2 } else { 1 }).map(String::as_str).collect();
            if key.iter().all(|k| !k.is_empty()) {
                clean.entry(key).or_insert(row);
            }
        }
        clean
    }

    fn column(&self, name: &str) -> usize {
        self.header.iter().position(|h| h == name).unwrap()
    }

    fn without_column(mut self, name: &str) -> Table {
        let at = self.column(name);
        self.header.remove(at);
        self.rows.iter_mut().for_each(|row| drop(row.remove(at)));
        self
    }

    fn with_swapped_headers(mut self, a: &str, b: &str) -> Table {
        let (a, b) = (self.column(a), self.column(b));
        // What a reader by header sees: the values change places.
        self.rows.iter_mut().for_each(|row| row.swap(a, b));
        self
    }

    fn mapped(mut self, name: &str, change: impl Fn(&str) -> String) -> Table {
        let at = self.column(name);
        self.rows.iter_mut().for_each(|row| row[at] = change(&row[at]));
        self
    }

    fn kept(mut self, keep: impl Fn(usize, &[String]) -> bool) -> Table {
        let mut at = 0;
        self.rows.retain(|row| {
            at += 1;
            keep(at - 1, row)
        });
        self
    }
}

fn changes(before: &Table, now: &Table) -> Changes {
    let (old, new) = (before.clean(), now.clean());
    let by_name = |table: &Table, row: &[String]| -> BTreeMap<String, String> {
        table.header.iter().cloned().zip(row.iter().cloned()).collect()
    };
    let changed = |key: &Vec<&str>| old.get(key).is_some_and(|row| by_name(before, row) != by_name(now, new[key]));
    Changes {
        inserted: new.keys().filter(|k| !old.contains_key(*k)).count() as u64,
        updated: if before.pairs { 0 } else { new.keys().filter(|k| changed(k)).count() as u64 },
        deleted: old.keys().filter(|k| !new.contains_key(*k)).count() as u64,
        stored: old.len() as u64,
    }
}

fn causes(before: &Table, now: &Table, blocked: bool) -> Vec<Cause> {
    let [silent, explained] = both_causes(before, now);
    if blocked { explained } else { silent }
}

/// What is said when nothing blocks, and when something does.
fn both_causes(before: &Table, now: &Table) -> [Vec<Cause>; 2] {
    let profiles = (before.profile(), now.profile());
    [false, true].map(|blocked| {
        let context = Context {
            subject: now.file.trim_end_matches(".csv"),
            file: &now.file,
            blocked,
            changes: Some(changes(before, now)),
            source: Source { rows: now.rows.len() as u64, ..Source::default() },
            ..Context::default()
        };
        compared(&profiles.0, &profiles.1, &context)
    })
}

fn compared(before: &TableProfile, now: &TableProfile, context: &Context<'_>) -> Vec<Cause> {
    compare(Some(before), now, context).into_iter().map(|(_, cause)| cause).collect()
}

fn codes(causes: &[Cause]) -> Vec<&str> {
    causes.iter().map(|c| c.code.as_str()).collect()
}

fn months(data: &Path) -> Vec<PathBuf> {
    let mut months: Vec<PathBuf> = std::fs::read_dir(data).unwrap().map(|e| e.unwrap().path()).collect();
    months.retain(|p| p.file_name().unwrap().to_string_lossy().starts_with("20"));
    months.sort();
    assert_eq!(months.len(), 12);
    months
}

#[test]
fn ordinary_months_give_no_warning_but_the_justified_ones() {
    let Some(data) = data() else { return };
    let mut warnings = Vec::new();
    for pair in months(&data).windows(2) {
        for table in TABLES {
            let found = causes(&read(&pair[0], table), &read(&pair[1], table), false);
            let month = pair[1].file_name().unwrap().to_string_lossy().into_owned();
            warnings.extend(found.into_iter().map(|c| format!("{month} {}: {} {}", table.0, c.code, c.message)));
        }
    }
    // Every mentee gets a role: 17 rows on top of 29.
    assert_eq!(
        warnings,
        [
            "2026-06 team_member_roles: many-new-rows-of 17 links with `team` = `mentees` are new; there were none before."
        ]
    );
}

#[test]
fn every_block_of_an_ordinary_month_is_explained() {
    let Some(data) = data() else { return };
    for pair in months(&data).windows(2) {
        for table in TABLES {
            let (before, now) = (read(&pair[0], table), read(&pair[1], table));
            let found = causes(&before, &now, true);
            let changed = changes(&before, &now);
            assert_eq!(found.is_empty(), changed.inserted + changed.updated + changed.deleted == 0, "{:?}", table);
            let structural = [
                "columns-swapped",
                "column-vanished",
                "column-emptied",
                "keys-replaced",
                "format-changed",
                "date-format-changed",
            ];
            assert!(codes(&found).iter().all(|c| !structural.contains(c)), "{found:?}");
        }
    }
}

#[test]
fn corruptions_are_named() {
    let Some(data) = data() else { return };
    let months = months(&data);
    let load =
        |month: usize, name: &str| read(&months[month], *TABLES.iter().find(|(table, _)| *table == name).unwrap());
    for month in 1..12 {
        let before = |name: &str| load(month - 1, name);
        let now = |name: &str| load(month, name);
        for (name, corrupted, expected) in [
            ("people", now("people").with_swapped_headers("github", "name"), "columns-swapped"),
            ("people", now("people").with_swapped_headers("github_id", "github"), "columns-swapped"),
            ("teams", now("teams").with_swapped_headers("kind", "subteam_of"), "columns-swapped"),
            ("teams", now("teams").with_swapped_headers("archived", "title"), "columns-swapped"),
            ("repos", now("repos").with_swapped_headers("org", "name"), "columns-swapped"),
            ("team_members", now("team_members").with_swapped_headers("team", "github"), "columns-swapped"),
            ("people", now("people").without_column("name"), "column-vanished"),
            ("repos", now("repos").mapped("description", |_| String::new()), "column-emptied"),
            ("teams", now("teams").mapped("kind", |_| "team".into()), "column-filled-constant"),
            ("people", now("people").mapped("github_id", |id| format!("{id:0>10}")), "keys-replaced"),
            ("people", now("people").mapped("github_id", |id| format!("GH-{id}")), "keys-replaced"),
            ("teams", now("teams").mapped("name", str::to_uppercase), "keys-replaced"),
            ("team_members", now("team_members").mapped("team", str::to_uppercase), "keys-replaced"),
            ("repos", now("repos").mapped("archived", |v| u8::from(v == "true").to_string()), "format-changed"),
            ("people", now("people").kept(|at, _| at < 300), "file-shrunk"),
            ("team_members", now("team_members").kept(|at, _| at < 420), "file-shrunk"),
            ("people", now("people").kept(|_, _| false), "file-header-only"),
        ] {
            for found in both_causes(&before(name), &corrupted) {
                let first = found.first().map(|c| c.code.as_str());
                assert_eq!(first, Some(expected), "{month} {name}: {found:?}");
            }
        }
    }
}

#[test]
fn a_team_that_lost_its_members_is_named() {
    let Some(data) = data() else { return };
    let months = months(&data);
    let members = |month: usize| read(&months[month], ("team_members", true));
    let before = members(4);
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    before.rows.iter().for_each(|row| *sizes.entry(&row[0]).or_insert(0) += 1);
    let later = members(5);
    let teams: HashSet<&str> = later.rows.iter().map(|row| row[0].as_str()).collect();
    let mut tried = 0;
    for (team, size) in sizes.into_iter().filter(|(team, size)| *size >= 20 && teams.contains(team)) {
        tried += 1;
        let now = members(5).kept(|_, row| row[0] != team);
        let found = causes(&before, &now, true);
        assert_eq!(found.first().map(|c| c.code.as_str()), Some("group-vanished"), "{team} {size}: {found:?}");
        assert!(found[0].message.contains(&format!("All {size} links with `team` = `{team}` are gone")), "{found:?}");
    }
    assert!(tried >= 5, "{tried}");
}

#[test]
fn corner_cases_are_explained() {
    let Some(data) = data() else { return };
    let messages = |corner: &str, table: (&str, bool)| -> Vec<String> {
        let folder = data.join("corner").join(corner);
        let (before, now) = (read(&folder.join("before"), table), read(&folder.join("after"), table));
        causes(&before, &now, true).into_iter().map(|c| format!("{}: {}", c.code, c.message)).collect()
    };
    assert_eq!(
        messages("2023-12-mass-removal", ("team_members", true))[0],
        "groups-vanished: 65 links of 11 different values of `team` are gone, among them `interim-leadership-chat`, \
         `wg-traits` and `ides`: 78 % of the 83 deletions."
    );
    assert_eq!(
        messages("2023-12-mass-removal", ("team_leads", true)),
        ["file-shrunk: team_leads.csv has 123 rows instead of 144: 85 % of its usual size."]
    );
    assert_eq!(
        messages("2025-07-duplicate", ("team_members", true)),
        ["group-vanished: All 67 links with `team` = `icebreakers-cleanup-crew`, `icebreakers-llvm` or \
          `wg-binary-size` are gone: 74 % of the 91 deletions."]
    );
    // 199 of 199 rows had no key in July, so that nothing was stored: August is a first load.
    assert_eq!(messages("2019-08-null-keys", ("people", false)).len(), 1);
}

#[test]
fn a_renamed_team_is_recognised_by_its_members() {
    let Some(data) = data() else { return };
    let months = months(&data);
    let members = |month: usize| read(&months[month], ("team_members", true));
    let renamed = causes(&members(2), &members(3), true);
    assert_eq!(renamed[0].message, "`wg-triage` seems to be called `triage` now in column `team`, for 31 links.");
    // Another team of about the same size appears in the same month.
    let dissolved = causes(&members(8), &members(9), true);
    assert_eq!(
        dissolved[0].message,
        "All 20 links with `team` = `gsoc-contributors` are gone: 53 % of the 38 deletions."
    );
}

#[test]
fn a_blank_file_is_named() {
    let Some(data) = data() else { return };
    let months = months(&data);
    for table in TABLES {
        let (before, now) = (read(&months[3], table), read(&months[4], table));
        let blank = now.kept(|_, _| false);
        let context = Context {
            subject: table.0,
            file: &blank.file,
            changes: Some(changes(&before, &blank)),
            source: Source { blank: true, ..Source::default() },
            ..Context::default()
        };
        let found = compared(&before.profile(), &blank.profile(), &context);
        assert_eq!(codes(&found), ["file-empty"], "{}", table.0);
    }
}

/// The data has no dates: people get one made of their number.
#[test]
fn a_changed_date_format_is_named() {
    let Some(data) = data() else { return };
    let months = months(&data);
    let people = |month: usize, us: bool| {
        let mut table = read(&months[month], ("people", false));
        table.header.push("start_date".into());
        for row in &mut table.rows {
            let number: u32 = row[0].parse().unwrap();
            let (day, month, year) = (number % 28 + 1, number / 28 % 12 + 1, 2000 + number % 25);
            let (first, second) = if us { (month, day) } else { (day, month) };
            row.push(format!("{first:02}/{second:02}/{year}"));
        }
        table
    };
    for month in 1..12 {
        let [silent, explained] = both_causes(&people(month - 1, false), &people(month, true));
        for found in [silent, explained] {
            assert_eq!(codes(&found), ["date-format-changed"], "{found:?}");
            assert!(
                found[0].message.starts_with("`start_date` changed from dd/MM/yyyy to MM/dd/yyyy: in "),
                "{found:?}"
            );
        }
        let [silent, _] = both_causes(&people(month - 1, false), &people(month, false));
        assert_eq!(silent, []);
    }
}
