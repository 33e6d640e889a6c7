//! A naive model of what a repository must hold, written from what the documentation promises, and exports that clash.

use super::Home;
use super::random::Random;
use super::small::{HOME, Held, MEMBER, waits};
use provost_model::summary::{EntityCounters, LinkCounters};
use std::collections::{BTreeMap, BTreeSet};

pub type Values = Vec<Option<String>>;
pub type Table = BTreeMap<String, Values>;
pub type Pairs = BTreeSet<(String, String)>;

/// What must not be taken for absent.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    pub all: bool,
    pub keys: BTreeSet<String>,
}

impl Kept {
    pub fn holds(&self, key: &str) -> bool {
        self.all || self.keys.contains(key)
    }
}

/// A source after cleansing.
#[derive(Clone, Debug, Default)]
pub struct Clean<T> {
    pub rows: u64,
    pub null_keys: u64,
    pub duplicates: u64,
    pub rejected: u64,
    pub kept: Kept,
    pub content: T,
}

/// The four tables that a run has to mirror.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tables {
    pub people: Table,
    pub teams: Table,
    pub members: Pairs,
    pub homes: Pairs,
}

/// One export: the files, and what they say.
#[derive(Clone, Debug, Default)]
pub struct Export {
    pub files: [String; 4],
    pub people: Clean<Table>,
    pub teams: Clean<Table>,
    pub members: Clean<Pairs>,
    pub homes: Clean<Pairs>,
}

/// Makes rows that clash: few ids, fewer logins, keys that nobody has.
pub fn export(random: &mut Random, dirt: u64) -> Export {
    let mut export = Export::default();
    let headers = ["id,login,name,age\n", "code,title\n", "team,login\n", "team,id\n"];
    export.files = headers.map(str::to_owned);
    for _ in 0..random.below(16) {
        let row = person(random, dirt);
        add_entity(&mut export.people, &mut export.files[0], &row, 4);
    }
    for _ in 0..random.below(7) {
        let row = team(random, dirt);
        add_entity(&mut export.teams, &mut export.files[1], &row, 2);
    }
    for _ in 0..random.below(14) {
        let row = pair(random, dirt, "l", 9);
        add_pair(&mut export.members, &mut export.files[2], &row);
    }
    for _ in 0..random.below(12) {
        let row = pair(random, dirt, "", 11);
        add_pair(&mut export.homes, &mut export.files[3], &row);
    }
    export
}

pub fn person(random: &mut Random, dirt: u64) -> Vec<String> {
    let id = random.below(11);
    if random.percent(dirt) {
        return match random.below(4) {
            0 => vec![id.to_string(), format!("l{}", random.below(9))],
            1 => vec![id.to_string(), "l1".to_owned(), "n".to_owned(), "old".to_owned()],
            2 => vec![id.to_string(); 1],
            _ => vec![String::new(), "l1".to_owned(), "n".to_owned(), "x".to_owned()],
        };
    }
    let login = if random.percent(10) { String::new() } else { format!("l{}", random.below(9)) };
    let age = if random.percent(30) { String::new() } else { random.below(3).to_string() };
    vec![id.to_string(), login, format!("n{}", random.below(3)), age]
}

pub fn team(random: &mut Random, dirt: u64) -> Vec<String> {
    let code = format!("T{}", random.below(5));
    if random.percent(dirt) {
        return match random.below(3) {
            0 => vec![code, "t".to_owned(), "surplus".to_owned()],
            1 => vec![code],
            _ => vec![String::new(), "t".to_owned()],
        };
    }
    vec![code, format!("t{}", random.below(2))]
}

pub fn pair(random: &mut Random, dirt: u64, prefix: &str, keys: u64) -> Vec<String> {
    let team = format!("T{}", random.below(6));
    let other = format!("{prefix}{}", random.below(keys));
    if random.percent(dirt) {
        return match random.below(3) {
            0 => vec![team],
            1 => vec![String::new(), other],
            _ => vec![team, other, "surplus".to_owned()],
        };
    }
    vec![team, other]
}

pub fn value(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub fn add_entity(clean: &mut Clean<Table>, file: &mut String, row: &[String], columns: usize) {
    file.push_str(&format!("{}\n", row.join(",")));
    clean.rows += 1;
    if row.len() != columns {
        clean.rejected += 1;
        // The last field of a short row may be cut off, so that a row of the key alone names no key.
        if row.len() == 1 { clean.kept.all = true } else { clean.kept.keys.extend(value(&row[0])) }
    } else if row[0].is_empty() {
        clean.null_keys += 1;
    } else if columns == 4 && row[3].parse::<i32>().is_err() && !row[3].is_empty() {
        clean.rejected += 1;
        clean.kept.keys.insert(row[0].clone());
    } else if clean.content.contains_key(&row[0]) {
        clean.duplicates += 1;
    } else {
        clean.content.insert(row[0].clone(), row[1..].iter().map(|v| value(v)).collect());
    }
}

pub fn add_pair(clean: &mut Clean<Pairs>, file: &mut String, row: &[String]) {
    file.push_str(&format!("{}\n", row.join(",")));
    clean.rows += 1;
    if row.len() != 2 {
        clean.rejected += 1;
        clean.kept.all = true;
    } else if row.iter().any(String::is_empty) {
        clean.null_keys += 1;
    } else if !clean.content.insert((row[0].clone(), row[1].clone())) {
        clean.duplicates += 1;
    }
}

impl Export {
    pub fn lay_out(&self, home: &Home) {
        for (name, text) in ["people", "teams", "members", "homes"].iter().zip(&self.files) {
            home.write(&format!("Sources/{name}.csv"), text);
        }
    }

    /// The tables, with what unreadable rows may stand for taken from the tables before.
    pub fn tables(&self, before: Option<&Tables>) -> Tables {
        let none = Tables::default();
        let before = before.unwrap_or(&none);
        Tables {
            people: carried(&self.people, &before.people),
            teams: carried(&self.teams, &before.teams),
            members: self
                .members
                .content
                .iter()
                .chain(before.members.iter().filter(|_| self.members.kept.all))
                .cloned()
                .collect(),
            homes: self
                .homes
                .content
                .iter()
                .chain(before.homes.iter().filter(|_| self.homes.kept.all))
                .cloned()
                .collect(),
        }
    }
}

pub fn carried(clean: &Clean<Table>, before: &Table) -> Table {
    let mut table: Table =
        before.iter().filter(|(k, _)| clean.kept.holds(k)).map(|(k, v)| (k.clone(), v.clone())).collect();
    table.extend(clean.content.clone());
    table
}

/// The repository that mirrors the tables.
pub fn mirror(tables: &Tables) -> Held {
    let mut held = Held { people: tables.people.clone(), teams: tables.teams.clone(), ..Held::default() };
    for (team, login) in &tables.members {
        let mut owners = tables.people.iter().filter(|(_, v)| v[0].as_ref() == Some(login)).map(|(id, _)| id);
        match (owners.next(), owners.next()) {
            (Some(id), None) if tables.teams.contains_key(team) => {
                held.members.insert((team.clone(), id.clone()));
            }
            _ => {
                held.waiting.insert(waits(MEMBER, team, login));
            }
        }
    }
    let mut settled = BTreeSet::new();
    for (team, id) in &tables.homes {
        let resolves = tables.people.contains_key(id) && tables.teams.contains_key(team);
        // Sorted pairs: the first home that exists wins.
        if resolves && settled.insert(id) {
            held.homes.insert((team.clone(), id.clone()));
        } else {
            held.waiting.insert(waits(HOME, team, id));
        }
    }
    held
}

pub fn entity_counters(clean: &Clean<Table>, before: &Table, after: &Table) -> EntityCounters {
    let inserted = after.keys().filter(|k| !before.contains_key(*k)).count() as u64;
    let updated = after.iter().filter(|(k, v)| before.get(*k).is_some_and(|old| old != *v)).count() as u64;
    EntityCounters {
        rows: clean.rows,
        null_primary_keys: clean.null_keys,
        duplicates: clean.duplicates,
        rejected: clean.rejected,
        inserted,
        updated,
        deleted: before.keys().filter(|k| !after.contains_key(*k)).count() as u64,
        unchanged: clean.content.len() as u64 - inserted - updated,
    }
}

pub fn link_counters(
    clean: &Clean<Pairs>,
    (before, after): (&Pairs, &Pairs),
    (linked_before, linked_after): (&Pairs, &Pairs),
    orphans: u64,
) -> LinkCounters {
    let inserted = after.difference(before).count() as u64;
    LinkCounters {
        rows: clean.rows,
        null_keys: clean.null_keys,
        duplicates: clean.duplicates,
        rejected: clean.rejected,
        inserted,
        deleted: before.difference(after).count() as u64,
        unchanged: clean.content.len() as u64 - inserted,
        orphans,
        links_created: linked_after.difference(linked_before).count() as u64,
        links_removed: linked_before.difference(linked_after).count() as u64,
    }
}

/// A source that tells its changes: the commands of each key in file order, applied to what is stored.
#[derive(Debug, Default)]
pub struct Told {
    pub files: [String; 4],
    pub tables: Tables,
}

pub const COMMANDS: [&str; 7] = ["insert", "add", "update", "delete", "merge", "", "drop"];

pub fn tell(random: &mut Random, stored: &Tables) -> Told {
    let headers = ["id,login,name,age", "code,title", "team,login", "team,id"];
    let mut told = Told { files: headers.map(|h| format!("command,{h}\n")), tables: stored.clone() };
    // Such a source need not tell of everything that it knows.
    let told_of: Vec<usize> = (0..4).filter(|column| *column == 0 || random.percent(75)).collect();
    told.files[0] = format!("command,{}\n", told_of.iter().map(|c| PERSON_COLUMNS[*c]).collect::<Vec<_>>().join(","));
    for file in 0..4 {
        for _ in 0..random.below(8) {
            let command = *random.pick(&COMMANDS);
            let row = match file {
                0 => told_of.iter().map(|column| person(random, 0)[*column].clone()).collect(),
                1 => team(random, 0),
                2 => pair(random, 0, "l", 9),
                _ if random.percent(15) => vec![String::new(), random.below(11).to_string()],
                _ => pair(random, 0, "", 11),
            };
            told.files[file].push_str(&format!("{command},{}\n", row.join(",")));
            match file {
                0 => change_entity(&mut told.tables.people, command, &row, &told_of, 4),
                1 => change_entity(&mut told.tables.teams, command, &row, &[0, 1], 2),
                2 => change_pair(&mut told.tables.members, command, &row),
                _ => change_home(&mut told.tables.homes, command, &row),
            }
        }
    }
    told
}

const PERSON_COLUMNS: [&str; 4] = ["id", "login", "name", "age"];

/// `columns` are those that the row has, the key first.
pub fn change_entity(table: &mut Table, command: &str, row: &[String], columns: &[usize], width: usize) {
    match command {
        "drop" => {}
        "delete" => drop(table.remove(&row[0])),
        // Nobody knows it: reported, and nothing is done.
        "update" if !table.contains_key(&row[0]) => {}
        _ => {
            let values = table.entry(row[0].clone()).or_insert_with(|| vec![None; width - 1]);
            for (column, text) in columns.iter().zip(row).skip(1) {
                values[column - 1] = value(text);
            }
        }
    }
}

/// A person has one home: what a row says takes the place of what was said before; without a team there is none.
pub fn change_home(pairs: &mut Pairs, command: &str, row: &[String]) {
    if command != "drop" && (command != "delete" || row[0].is_empty()) {
        pairs.retain(|(_, person)| *person != row[1]);
    }
    if !row[0].is_empty() {
        change_pair(pairs, command, row);
    }
}

pub fn change_pair(pairs: &mut Pairs, command: &str, row: &[String]) {
    let pair = (row[0].clone(), row[1].clone());
    match command {
        "drop" => {}
        "delete" => drop(pairs.remove(&pair)),
        _ => drop(pairs.insert(pair)),
    }
}
