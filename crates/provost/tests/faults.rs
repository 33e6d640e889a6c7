//! Bad input: it gives a clear error or rejected rows, leaves the repository as it was, and the next healthy run succeeds.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use provost_model::summary::State;
use std::fs;
use std::io::Write;
use std::path::Path;
use support::Kind;
use support::hostile::{assert_error, first, healthy, owned, person, refused, rejected, rejected_rows};
use support::small::{
    self, Attempt, CONNECTOR, Guards, HOMES, MEMBER, MEMBERS, PEOPLE, PERSON, attempt, held, image, sync_up,
};

fn causes(attempt: &Attempt) -> Vec<String> {
    attempt.summary.causes.iter().map(|cause| format!("{}: {}", cause.code, cause.message)).collect()
}

// ---- Columns ----

#[test]
fn a_missing_column() {
    let home = small::loaded(Kind::Sqlite);
    home.write("Sources/people.csv", "id,login,name\n1,ada,Ada\n");
    let message = "~/Temp/ExportOutput/People.csv: line 1: column \"age\" is missing; the file has id, login, name";
    refused(&home, "source", message);
    let failed = attempt(&home, &sync_up("complete"));
    assert_eq!(
        causes(&failed),
        ["column-vanished: People.csv has no column `age`, which the mapping of T_Person reads."]
    );
    healthy(&home);
}

#[test]
fn a_missing_key_column_of_pairs() {
    let home = small::loaded(Kind::Sqlite);
    home.write("Sources/members.csv", "team,Login\nA,ada\n");
    let message = "~/Temp/ExportOutput/Members.csv: line 1: column \"login\" is missing; the nearest name in the file is \
                   \"Login\"";
    refused(&home, "source", message);
    healthy(&home);
}

#[test]
fn an_extra_column_is_left_out() {
    let home = small::loaded(Kind::Sqlite);
    home.write(
        "Sources/people.csv",
        "id,shoe,login,name,age\n1,44,ada,Ada,36\n2,,bob,Bob,41\n3,38,cyd,Cyd,\n4,41,dan,Dan,52\n",
    );
    let before = image(&home);
    let done = attempt(&home, &sync_up("complete"));
    assert_eq!(done.summary.entity_types[PERSON].unchanged, 4, "{done:?}");
    image(&home).assert_same(&before, "extra column");
    healthy(&home);
}

#[test]
fn columns_in_another_order_are_the_same_data() {
    let home = small::loaded(Kind::Sqlite);
    home.write("Sources/people.csv", "age,name,login,id\n36,Ada,ada,1\n41,Bob,bob,2\n,Cyd,cyd,3\n52,Dan,dan,4\n");
    let before = image(&home);
    let done = attempt(&home, &sync_up("incremental"));
    assert_eq!(done.summary.entity_types[PERSON].unchanged, 4, "{done:?}");
    image(&home).assert_same(&before, "order of columns");
    healthy(&home);
}

#[test]
fn swapped_headers_are_stopped_and_explained() {
    let home = small::empty(Kind::Sqlite, Guards::Default);
    let row = |i: u32| format!("{i},user{i:03},Ann{}-Zoe,{}\n", i % 7, 20 + i % 40);
    let rows: String = (0..200).map(row).collect();
    home.write("Sources/teams.csv", small::TEAMS);
    home.write("Sources/members.csv", "team,login\n");
    home.write("Sources/homes.csv", "team,id\n");
    home.write("Sources/people.csv", format!("id,login,name,age\n{rows}"));
    home.sync_up_approved(CONNECTOR, "complete");
    let before = image(&home);
    home.write("Sources/people.csv", format!("id,name,login,age\n{rows}"));
    for mode in ["complete", "incremental"] {
        let blocked = attempt(&home, &sync_up(mode));
        assert_eq!((blocked.summary.state, blocked.exit), (State::Blocked, Some(3)), "{mode}: {blocked:?}");
        if mode == "complete" {
            let cause = &blocked.summary.causes[0];
            assert_eq!((cause.code.as_str(), cause.subject.as_deref()), ("columns-swapped", Some(PERSON)), "{cause:?}");
            assert!(cause.message.contains("login") && cause.message.contains("name"), "{cause:?}");
        }
        assert_eq!(held(&home), before.held, "{mode}");
    }
    home.write("Sources/people.csv", format!("id,login,name,age\n{rows}"));
    let done = attempt(&home, &sync_up("complete"));
    assert_eq!(done.summary.state, State::Completed, "{done:?}");
    assert_eq!(held(&home), before.held);
}

// ---- Rows ----

/// A year has passed for Ada, Bob's row cannot be read and is held, Dan is gone.
fn second_row_is_bad(people: &[u8], finding: (&str, &str, &str)) -> support::Home {
    let home = small::loaded(Kind::Sqlite);
    let mut wanted = first();
    wanted.people.insert("1".to_owned(), person("ada", "Ada", "37"));
    wanted.people.remove("4");
    rejected(&home, people, &[finding], &wanted);
    home
}

#[test]
fn a_short_row() {
    healthy(&second_row_is_bad(
        b"id,login,name,age\n1,ada,Ada,37\n2,bob\n3,cyd,Cyd,\n",
        ("3", "", "expected 4 fields as in the header, found 2"),
    ));
}

#[test]
fn a_long_row() {
    healthy(&second_row_is_bad(
        b"id,login,name,age\n1,ada,Ada,37\n2,bob,Bob,41,9\n3,cyd,Cyd,\n",
        ("3", "", "expected 4 fields as in the header, found 5"),
    ));
}

#[test]
fn an_unclosed_quote_costs_one_row() {
    let home = small::loaded(Kind::Sqlite);
    let mut wanted = first();
    wanted.people.insert("1".to_owned(), person("ada", "Ada", "37"));
    wanted.people.insert("3".to_owned(), person("cyd", "Cyd", "7"));
    wanted.people.remove("4");
    rejected(
        &home,
        b"id,login,name,age\n1,ada,Ada,37\n2,\"bob,Bob,41\n3,cyd,Cyd,7\n",
        &[("3", "login", "the quote that opens here is never closed")],
        &wanted,
    );
    healthy(&home);
}

#[test]
fn nul_bytes() {
    healthy(&second_row_is_bad(
        b"id,login,name,age\n1,ada,Ada,37\n2,b\0b,Bob,41\n3,cyd,Cyd,\n",
        ("3", "login", "the value contains a NUL character"),
    ));
}

#[test]
fn invalid_utf8() {
    let people = b"id,login,name,age\n1,ada,Ada,37\n2,bob,B\xFFb,41\n3,cyd,Cyd,\n";
    let home = second_row_is_bad(people, ("3", "name", "the value is not UTF-8"));
    // Where the export has to decode, it says where the file is not what its settings say.
    let settings = fs::read_to_string(home.file("appsettings.agent.json")).unwrap();
    home.write("appsettings.agent.json", settings.replacen("\"Path\":", "\"Encoding\": \"UTF-16\", \"Path\":", 1));
    home.write("Sources/people.csv", "id,login,name,age\n1,ada,Ada,37\n");
    refused(&home, "source-encoding", "~/Sources/people.csv: line 1 (byte 30 of the file) is not UTF-16LE");
    home.write("appsettings.agent.json", settings);
    healthy(&home);
}

#[test]
fn a_field_of_100_megabytes() {
    let home = small::loaded(Kind::Sqlite);
    let path = home.file("Sources/people.csv");
    let write = |path: &Path| {
        let mut file = std::io::BufWriter::new(fs::File::create(path).unwrap());
        file.write_all(b"id,login,name,age\n1,ada,Ada,37\n2,bob,").unwrap();
        for _ in 0..100 {
            file.write_all(&[b'x'; 1 << 20]).unwrap();
        }
        file.write_all(b",41\n3,cyd,Cyd,\n4,dan,Dan,52\n").unwrap();
        file.flush().unwrap();
    };
    write(&path);
    let mut wanted = first();
    wanted.people.insert("1".to_owned(), person("ada", "Ada", "37"));
    for mode in ["incremental", "complete"] {
        let done = attempt(&home, &sync_up(mode));
        assert_eq!((done.summary.state, done.exit), (State::Warning, Some(4)), "{done:?}");
        let found = done.summary.entity_types[PERSON];
        assert_eq!((found.rows, found.rejected, found.deleted), (4, 1, 0), "{mode}: {done:?}");
        assert_eq!(rejected_rows(&home, PERSON), owned(&[("3", "", "the row is longer than 16777216 bytes")]));
        assert_eq!(held(&home), wanted, "{mode}");
    }
    healthy(&home);
}

#[test]
fn an_empty_file() {
    let home = small::loaded(Kind::Sqlite);
    home.write("Sources/people.csv", "");
    refused(&home, "source-no-header", "~/Sources/people.csv has no header line");
    assert_eq!(
        causes(&attempt(&home, &sync_up("complete"))),
        ["file-empty: people.csv is blank: it has no header line."]
    );
    home.write("Sources/people.csv", "\n\n");
    refused(&home, "source-no-header", "~/Sources/people.csv has no header line");
    small::lay_out(&home);
    small::export(&home);
    home.write("Temp/ExportOutput/People.csv", "");
    let before = image(&home);
    let failed = attempt(&home, &small::prepare("complete"));
    assert_error(
        &home,
        &failed,
        "source",
        "~/Temp/ExportOutput/People.csv: the file is empty: expected a header line; check that the export ended well",
    );
    image(&home).assert_same(&before, "prepare");
    healthy(&home);
}

#[test]
fn a_header_only_is_stopped_and_explained() {
    let home = small::empty(Kind::Sqlite, Guards::Default);
    small::lay_out(&home);
    home.sync_up_approved(CONNECTOR, "complete");
    let before = image(&home);
    home.write("Sources/people.csv", "id,login,name,age\n");
    let blocked = attempt(&home, &sync_up("complete"));
    assert_eq!((blocked.summary.state, blocked.exit), (State::Blocked, Some(3)), "{blocked:?}");
    assert_eq!(blocked.summary.causes[0].code, "file-header-only", "{:?}", blocked.summary.causes);
    assert_eq!(held(&home), before.held);
    small::lay_out(&home);
    let done = attempt(&home, &sync_up("complete"));
    assert_eq!(done.summary.state, State::Completed, "{done:?}");
    image(&home).assert_same(&before, "healthy again");
}

#[test]
fn a_million_duplicates() {
    let home = small::loaded(Kind::Sqlite);
    let mut file = std::io::BufWriter::new(fs::File::create(home.file("Sources/people.csv")).unwrap());
    file.write_all(PEOPLE.as_bytes()).unwrap();
    for i in 0..1_000_000 {
        writeln!(file, "{},other{i},Other,", 1 + i % 4).unwrap();
    }
    file.flush().unwrap();
    let before = image(&home);
    let done = attempt(&home, &sync_up("complete"));
    let found = done.summary.entity_types[PERSON];
    assert_eq!((found.rows, found.duplicates, found.unchanged), (1_000_004, 1_000_000, 4), "{done:?}");
    assert_eq!(held(&home), before.held);
    let side = fs::read_to_string(home.file("Work/Collect/T_Person.duplicates.csv")).unwrap();
    assert_eq!(side.lines().count(), 1_000_001);
    healthy(&home);
}

/// A key that no compression makes short.
fn long_key(length: usize) -> String {
    let mut random = support::random::Random::new(7);
    (0..length).map(|_| char::from(b'a' + (random.below(26)) as u8)).collect()
}

fn a_key_of_10_kilobytes(kind: Kind) {
    let home = small::loaded(kind);
    let key = long_key(10_000);
    // The longest that a key may be, in every place where a key can stand.
    let (fits, other) = (key[..1200].to_owned(), key[1..1201].to_owned());
    let mut wanted = first();
    wanted.people.insert(fits.clone(), person(&fits, "Fits", "2"));
    wanted.teams.insert(fits.clone(), vec![Some("Fits".to_owned())]);
    wanted.members.insert((fits.clone(), fits.clone()));
    wanted.homes.insert((fits.clone(), fits.clone()));
    wanted.waiting.insert(small::waits(MEMBER, &fits, &other));
    home.write("Sources/people.csv", format!("{PEOPLE}{key},{key},Long,1\n{fits},{fits},Fits,2\n5,{key},Long,1\n"));
    home.write("Sources/teams.csv", format!("{}{fits},Fits\n", small::TEAMS));
    home.write(
        "Sources/members.csv",
        format!("{MEMBERS}A,{key}\nB,{key}z\n{key},ada\n{fits},{fits}\n{fits},{other}\n"),
    );
    home.write("Sources/homes.csv", format!("{HOMES}A,{key}\n{fits},{fits}\n"));
    for mode in ["complete", "incremental"] {
        let done = attempt(&home, &sync_up(mode));
        assert_eq!((done.summary.state, done.exit), (State::Warning, Some(4)), "{done:?}");
        let reason = |bytes: u32| format!("a key has at most 1200 bytes and this has {bytes}");
        assert_eq!(
            rejected_rows(&home, PERSON),
            owned(&[("6", "id", &reason(10_000)), ("8", "login", &reason(10_000))])
        );
        assert_eq!(
            rejected_rows(&home, MEMBER),
            owned(&[("5", "login", &reason(10_000)), ("6", "login", &reason(10_001)), ("7", "team", &reason(10_000))])
        );
        assert_eq!(held(&home), wanted, "{mode}");
    }
    healthy(&home);
}

#[test]
fn crlf_is_a_line_end() {
    let home = small::loaded(Kind::Sqlite);
    let before = image(&home);
    home.write("Sources/people.csv", PEOPLE.replace('\n', "\r\n"));
    home.write("Sources/members.csv", MEMBERS.replace('\n', "\r\n"));
    let done = attempt(&home, &sync_up("incremental"));
    assert_eq!(done.summary.state, State::Completed, "{done:?}");
    let done = attempt(&home, &sync_up("complete"));
    assert_eq!(done.summary.entity_types[PERSON].unchanged, 4, "{done:?}");
    image(&home).assert_same(&before, "CRLF");
    healthy(&home);
}

#[test]
fn a_lone_cr_is_no_line_end() {
    let home = small::loaded(Kind::Sqlite);
    home.write("Sources/people.csv", PEOPLE.replace('\n', "\r"));
    let message = "~/Sources/people.csv: the header in line 1 cannot be read: it has a stray or unclosed quote, or its \
                   lines end with CR alone (expected LF or CR LF)";
    refused(&home, "source-header", message);
    // One lone CR in a value costs the row that it cuts in two.
    let mut wanted = first();
    wanted.people.insert("1".to_owned(), person("ada", "Ada", "37"));
    let people = b"id,login,name,age\n1,ada,Ada,37\n2,bob,Bo\rb,41\n3,cyd,Cyd,\n4,dan,Dan,52\n";
    let reasons = [
        ("3", "", "expected 4 fields as in the header, found 3"),
        ("4", "", "expected 4 fields as in the header, found 2"),
    ];
    rejected(&home, people, &reasons, &wanted);
    healthy(&home);
}

on_both_databases!(a_key_of_10_kilobytes);
