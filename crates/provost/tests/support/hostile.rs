//! What a refused run and a healthy one look like.

use super::Home;
use super::small::{self, Attempt, Held, PEOPLE, PERSON, attempt, held, image, pairs, sync_up};
use provost_model::summary::State;
use std::fs;

/// Text with the folder of the home as `~`.
pub fn shown(home: &Home, text: &str) -> String {
    text.replace(home.path().to_str().unwrap(), "~")
}

#[track_caller]
pub fn assert_error(home: &Home, failed: &Attempt, code: &str, message: &str) {
    assert_eq!(failed.summary.state, State::Errored, "{failed:?}");
    let (found_code, found) = failed.error();
    assert_eq!((found_code, shown(home, found).as_str()), (code, message), "{failed:?}");
    assert_eq!(failed.exit, Some(1), "{failed:?}");
}

/// The run is refused with this error, in every mode, and nothing has changed.
#[track_caller]
pub fn refused(home: &Home, code: &str, message: &str) {
    let before = image(home);
    for mode in ["complete", "incremental"] {
        let failed = attempt(home, &sync_up(mode));
        assert_error(home, &failed, code, message);
        image(home).assert_same(&before, mode);
    }
}

/// The sources are as they should be again: both modes run, and what is held is what the sources say.
#[track_caller]
pub fn healthy(home: &Home) {
    small::lay_out(home);
    home.write("Sources/people.csv", PEOPLE.replace("Dan,52", "Dan,53"));
    let done = attempt(home, &sync_up("incremental"));
    assert!(matches!(done.summary.state, State::Completed | State::Warning), "{done:?}");
    let mut wanted = first();
    wanted.people.insert("4".to_owned(), person("dan", "Dan", "53"));
    assert_eq!(held(home), wanted);
    let done = attempt(home, &sync_up("complete"));
    assert_eq!(done.summary.entity_types[PERSON].unchanged, 4, "{done:?}");
    assert_eq!(held(home), wanted);
}

pub fn person(login: &str, name: &str, age: &str) -> Vec<Option<String>> {
    [login, name, age].iter().map(|v| (!v.is_empty()).then(|| (*v).to_owned())).collect()
}

/// What the first sources say, by hand.
pub fn first() -> Held {
    let mut held = Held::default();
    for (id, login, name, age) in
        [("1", "ada", "Ada", "36"), ("2", "bob", "Bob", "41"), ("3", "cyd", "Cyd", ""), ("4", "dan", "Dan", "52")]
    {
        held.people.insert(id.to_owned(), person(login, name, age));
    }
    held.teams.insert("A".to_owned(), vec![Some("Alpha".to_owned())]);
    held.teams.insert("B".to_owned(), vec![Some("Beta".to_owned())]);
    held.members = pairs(&[("A", "1"), ("A", "2"), ("B", "3")]);
    held.homes = pairs(&[("A", "1"), ("B", "2"), ("B", "3")]);
    held
}

/// Rows that cannot be read are put aside, with their reason; the others are applied, and the resources that a
/// rejected row may stand for stay. `lines` are (line, column, reason).
#[track_caller]
pub fn rejected(home: &Home, people: &[u8], lines: &[(&str, &str, &str)], wanted: &Held) {
    let lines = owned(lines);
    for mode in ["incremental", "complete"] {
        home.write("Sources/people.csv", people);
        let done = attempt(home, &sync_up(mode));
        assert_eq!(done.summary.state, State::Warning, "{mode}: {done:?}");
        assert_eq!(done.exit, Some(4), "{mode}");
        assert_eq!(done.summary.entity_types[PERSON].rejected, lines.len() as u64, "{mode}: {done:?}");
        assert_eq!(rejected_rows(home, PERSON), lines, "{mode}");
        assert_eq!(&held(home), wanted, "{mode}");
    }
}

pub fn owned(rows: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    rows.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect()
}

/// (line, column, reason) of `<name>.rejected.csv`.
pub fn rejected_rows(home: &Home, name: &str) -> Vec<(String, String, String)> {
    let text = fs::read_to_string(home.file("Work/Collect").join(format!("{name}.rejected.csv"))).unwrap();
    let mut rows = records(&text).into_iter();
    assert_eq!(rows.next().unwrap().join(","), "line,column,value,reason,remedy,row");
    rows.map(|row| (row[0].clone(), row[1].clone(), row[3].clone())).collect()
}

/// RFC 4180, as simple as can be.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '"' => {
                // A quote in the middle of a quoted field comes twice: it opens again what it closed.
                if !quoted && !field.is_empty() {
                    field.push('"');
                }
                quoted = !quoted;
            }
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            c => field.push(c),
        }
    }
    records
}
