//! A directory export of any size: entries with 25 columns in two generations, and the members of groups.
//!
//! Everything follows from a row's number, so that nothing has to be remembered between generations. Of 1,000 entries
//! one has no key; of the others, 5 are gone in the second generation and 10 have another title. The second generation
//! has 10 new ones, and stands in another order. In both, one row of 1,000 comes twice.

use crate::Failure;
use crate::random::{Random, mix};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Changes with every change of what is generated, so that no old file is taken for a new one.
const VERSION: u32 = 1;
/// Association pairs for each entry, in hundredths: 5 million for 1.1 million.
const PAIRS_PER_100: u64 = 455;

/// Header of the entries.
pub(crate) const COLUMNS: [&str; 25] = [
    "dn",
    "objectGUID",
    "objectClass",
    "sAMAccountName",
    "userPrincipalName",
    "displayName",
    "givenName",
    "sn",
    "mail",
    "telephoneNumber",
    "mobile",
    "department",
    "title",
    "company",
    "physicalDeliveryOfficeName",
    "streetAddress",
    "l",
    "postalCode",
    "co",
    "employeeID",
    "manager",
    "userAccountControl",
    "pwdLastSet",
    "whenCreated",
    "description",
];

/// The files and what they hold.
#[derive(Clone, Debug)]
pub(crate) struct Data {
    /// Entries of the first generation.
    pub(crate) first: PathBuf,
    /// Entries of the second generation.
    pub(crate) second: PathBuf,
    /// Pairs of a group's and a member's name.
    pub(crate) pairs: PathBuf,
    /// Rows of the files, and what must come of them.
    pub(crate) truth: Truth,
}

/// Counts known from the generation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub(crate) struct Truth {
    pub(crate) rows: u64,
    pub(crate) null_keys: u64,
    pub(crate) duplicates: u64,
    pub(crate) clean: u64,
    pub(crate) second_rows: u64,
    pub(crate) second_clean: u64,
    pub(crate) inserted: u64,
    pub(crate) updated: u64,
    pub(crate) deleted: u64,
    pub(crate) pairs: u64,
}

const GIVEN: &[&str] = &[
    "Anna",
    "Marie",
    "Jürgen",
    "Léa",
    "Paul",
    "Sofia",
    "Mehmet",
    "Chloé",
    "Lars",
    "Inès",
    "Tomasz",
    "Eva",
    "Noah",
    "Zoë",
    "Luca",
    "Aisha",
    "Björn",
    "Clara",
    "Dmitri",
    "Elena",
    "François",
    "Greta",
    "Hugo",
    "Iris",
];
const NAMES: &[&str] = &[
    "Martin",
    "Müller",
    "Rossi",
    "Novak",
    "García",
    "Dubois",
    "Jansen",
    "Kowalski",
    "Andersson",
    "Silva",
    "Schmidt",
    "Lefèvre",
    "Moreau",
    "Bianchi",
    "Nielsen",
    "Fischer",
    "Laurent",
    "Costa",
    "Weber",
    "Petrov",
    "Roux",
    "Meyer",
];
const DEPARTMENTS: &[&str] = &[
    "Finance",
    "Human Resources",
    "Sales",
    "Research",
    "Production",
    "Logistics",
    "Legal",
    "Purchasing",
    "IT Services",
    "Marketing",
    "Quality",
    "Facilities",
];
const TITLES: &[&str] = &[
    "Engineer",
    "Senior Engineer",
    "Manager",
    "Analyst",
    "Assistant",
    "Director",
    "Consultant",
    "Technician",
    "Clerk",
];
const CITIES: &[&str] = &["Lyon", "Berlin", "Milano", "Gdańsk", "Porto", "Aarhus", "Utrecht", "Zürich", "Wien", "Gent"];

/// What is special about an entry, from its number.
fn is_keyless(i: u64) -> bool {
    mix(i ^ 0x1111).is_multiple_of(1000)
}
fn fate(i: u64) -> u64 {
    if is_keyless(i) { 999 } else { mix(i ^ 0x2222) % 1000 }
}
fn is_gone(i: u64) -> bool {
    fate(i) < 5
}
fn is_changed(i: u64) -> bool {
    (5..15).contains(&fate(i))
}
fn is_double(i: u64) -> bool {
    !is_keyless(i) && mix(i ^ 0x3333).is_multiple_of(1000)
}

/// Makes the files of this size below `folder`, or finds them there.
pub(crate) fn make(folder: &Path, rows: u64) -> Result<Data, Failure> {
    let folder = folder.join(format!("data-{rows}-{VERSION}"));
    std::fs::create_dir_all(&folder)?;
    let truth = truth(rows);
    let data = Data {
        first: folder.join("entries-1.csv"),
        second: folder.join("entries-2.csv"),
        pairs: folder.join("members.csv"),
        truth,
    };
    written(&data.first, |out| entries(out, rows, false))?;
    written(&data.second, |out| entries(out, rows, true))?;
    written(&data.pairs, |out| pairs(out, rows))?;
    Ok(data)
}

fn truth(rows: u64) -> Truth {
    let mut t = Truth { pairs: rows * PAIRS_PER_100 / 100, inserted: added(rows), ..Truth::default() };
    for i in 0..rows {
        t.rows += 1 + u64::from(is_double(i));
        t.duplicates += u64::from(is_double(i));
        t.null_keys += u64::from(is_keyless(i));
        t.deleted += u64::from(is_gone(i));
        t.updated += u64::from(is_changed(i));
        t.second_rows += if is_gone(i) { 0 } else { 1 + u64::from(is_double(i)) };
    }
    let new_doubles = (rows..rows + t.inserted).map(|i| u64::from(is_double(i))).sum::<u64>();
    let new_keyless = (rows..rows + t.inserted).filter(|&i| is_keyless(i)).count() as u64;
    t.second_rows += t.inserted + new_doubles;
    t.inserted -= new_keyless;
    t.clean = rows - t.null_keys;
    t.second_clean = t.clean - t.deleted + t.inserted;
    t
}

fn added(rows: u64) -> u64 {
    rows / 100
}

/// Writes a file through a partial one, unless it is there.
fn written(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>) -> Result<(), Failure> {
    if path.is_file() {
        return Ok(());
    }
    println!("generating {}", path.display());
    let partial = path.with_extension("partial");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&partial)?);
    write(&mut out)?;
    out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    Ok(std::fs::rename(&partial, path)?)
}

fn entries(out: &mut impl Write, rows: u64, second: bool) -> std::io::Result<()> {
    writeln!(out, "{}", COLUMNS.join(";"))?;
    let mut line = String::new();
    for position in 0..rows {
        // The second generation stands in another order: a step that shares no factor visits every row once.
        let i = if second { (position * step(rows) + rows / 3) % rows } else { position };
        if second && is_gone(i) {
            continue;
        }
        entry(&mut line, i, second && is_changed(i));
        out.write_all(line.as_bytes())?;
        if is_double(i) {
            out.write_all(line.as_bytes())?;
        }
    }
    for i in rows..rows + if second { added(rows) } else { 0 } {
        entry(&mut line, i, false);
        out.write_all(line.as_bytes())?;
        if is_double(i) {
            out.write_all(line.as_bytes())?;
        }
    }
    Ok(())
}

fn step(rows: u64) -> u64 {
    let shares = |mut a: u64, mut b: u64| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a > 1
    };
    (rows * 2 / 5 + 1..).find(|s| !shares(*s, rows)).unwrap_or(1)
}

/// The name of an entry: unique through its number.
fn dn(out: &mut String, i: u64) {
    use std::fmt::Write;
    let mut random = Random::new(i);
    let (given, name) = (random.pick(GIVEN), random.pick(NAMES));
    let (city, department) = (random.pick(CITIES), random.pick(DEPARTMENTS));
    let _ = write!(out, "CN={given} {name} {i:07},OU={department},OU={city},OU=Users,DC=contoso,DC=example");
}

fn entry(line: &mut String, i: u64, changed: bool) {
    use std::fmt::Write;
    line.clear();
    let mut random = Random::new(i);
    let (given, name) = (random.pick(GIVEN), random.pick(NAMES));
    let (city, department) = (random.pick(CITIES), random.pick(DEPARTMENTS));
    let title = random.pick(TITLES);
    dn(line, i);
    line.push(';');
    if !is_keyless(i) {
        let (a, b) = (mix(i ^ 0xAAAA), mix(i ^ 0xBBBB));
        let (c, d) = (a >> 16 & 0xFFFF, a & 0xFFFF);
        let _ = write!(line, "{:08x}-{c:04x}-{d:04x}-{:04x}-{:012x}", a >> 32, b >> 48, b & 0xFFFF_FFFF_FFFF);
    }
    let login = format!("u{i:07}");
    let _ = write!(line, ";user;{login};{login}@emea.corp.contoso.example;{given} {name};{given};{name}");
    let _ = write!(line, ";{given}.{name}{i}@contoso.example");
    let _ = write!(line, ";+33 4 {:02} {:02} 00 17", random.below(100), random.below(100));
    let _ = write!(line, ";+33 6 {:02} {:02} 12 00", random.below(100), random.below(100));
    let promoted = if changed { "Deputy " } else { "" };
    let _ = write!(line, ";{department};{promoted}{title} {}", random.below(90));
    let _ = write!(line, ";Contoso {city} Operations;Building {}-{}", random.below(9), random.below(400));
    let _ = write!(line, ";{} avenue de la République;{city};{:05}", random.below(300), random.below(99_999));
    let _ = write!(line, ";Europe;E{i:08};");
    dn(line, random.below(i.max(1)));
    let control = ["512", "514", "66048", "512"];
    let _ = write!(line, ";{};13{:016}", random.pick(&control), random.below(10_000_000_000_000_000));
    let _ = write!(line, ";20{:02}0{}1{}094512.0Z", 10 + random.below(15), 1 + random.below(9), random.below(10));
    let _ = writeln!(line, ";\"Account of {given} {name}; {department}, site of {city}, badge {i}\"");
}

fn pairs(out: &mut impl Write, rows: u64) -> std::io::Result<()> {
    writeln!(out, "dn;member")?;
    let groups = rows / 20 + 1;
    let mut line = String::new();
    for pair in 0..rows * PAIRS_PER_100 / 100 {
        use std::fmt::Write;
        // One pair of 1,000 repeats an earlier one.
        let of = if mix(pair ^ 0x4444).is_multiple_of(1000) { pair / 2 } else { pair };
        let mut random = Random::new(of ^ 0x5555_5555_0000);
        let group = random.below(groups);
        let department = DEPARTMENTS[(group % DEPARTMENTS.len() as u64) as usize];
        line.clear();
        let _ = write!(line, "CN=GRP {department} {group:06},OU=Groups,OU=Access,DC=contoso,DC=example;");
        dn(&mut line, random.below(rows));
        line.push('\n');
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn text(second: bool) -> String {
        let mut bytes = Vec::new();
        entries(&mut bytes, 5_000, second).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// (rows, rows without key, rows of each key)
    fn read(text: &str) -> (u64, u64, BTreeMap<&str, Vec<&str>>) {
        let mut by_key: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let (mut rows, mut keyless) = (0, 0);
        for line in text.lines().skip(1) {
            rows += 1;
            let key = line.split(';').nth(1).unwrap();
            if key.is_empty() { keyless += 1 } else { by_key.entry(key).or_default().push(line) }
        }
        (rows, keyless, by_key)
    }

    #[test]
    fn the_counts_are_those_of_the_files() {
        let truth = truth(5_000);
        let (first, second) = (text(false), text(true));
        let (rows, keyless, old) = read(&first);
        let (second_rows, _, new) = read(&second);
        assert_eq!((truth.rows, truth.null_keys, truth.clean), (rows, keyless, old.len() as u64));
        assert_eq!((truth.second_rows, truth.second_clean), (second_rows, new.len() as u64));
        assert_eq!(truth.duplicates, rows - keyless - truth.clean);
        let (old_keys, new_keys): (BTreeSet<_>, BTreeSet<_>) = (old.keys().collect(), new.keys().collect());
        assert_eq!(truth.inserted, new_keys.difference(&old_keys).count() as u64);
        assert_eq!(truth.deleted, old_keys.difference(&new_keys).count() as u64);
        assert_eq!(truth.updated, old.iter().filter(|(k, r)| new.get(*k).is_some_and(|s| s[0] != r[0])).count() as u64);
        assert!(truth.updated > 25 && truth.deleted > 10 && truth.null_keys > 0 && truth.duplicates > 0);
    }

    #[test]
    fn rows_have_all_columns_and_names_are_unique() {
        let text = text(false);
        let names: BTreeSet<&str> = text.lines().skip(1).map(|l| l.split(';').next().unwrap()).collect();
        assert_eq!(names.len(), 5_000);
        // The last column is quoted because it holds a separator.
        assert!(text.lines().skip(1).all(|line| line.split(';').count() == 26));
        let bytes = text.len() / 5_000;
        assert!((500..580).contains(&bytes), "{bytes} bytes for each row");
    }
}
