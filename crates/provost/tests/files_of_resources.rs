//! `Binary` properties: photos and other files that a resource holds.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use provost_model::summary::State;
use support::small::{self, attempt, sync_up};
use support::{Home, Kind};

/// `abc` and `abcdef` in base64, and the SHA-256 of both as `sha256sum` prints them.
const ABC: (&str, &str) = ("YWJj", "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
const ABCDEF: (&str, &str) = ("YWJjZGVm", "sha256:bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721");

/// The small company, whose people have photos.
fn with_photos(kind: Kind) -> Home {
    let home = small::empty(kind, small::Guards::Off);
    let configuration = std::fs::read_to_string(home.file("Conf/Small.xml")).unwrap();
    let photo = r#"<Property Identifier="Photo" DisplayName_L1="Photo" Type="Binary" />
    <Property Identifier="Teams""#;
    let mapped = r#"<Property Identifier="Photo" ConnectionColumn="photo" Format="Binary" />
    <Property Identifier="Age" ConnectionColumn"#;
    let configuration = configuration.replacen(r#"<Property Identifier="Teams""#, photo, 1).replacen(
        r#"<Property Identifier="Age" ConnectionColumn"#,
        mapped,
        1,
    );
    home.write("Conf/Small.xml", configuration);
    home.deploy(&home.file("Conf"));
    small::lay_out(&home);
    home
}

fn people(home: &Home, photos: [&str; 4]) {
    let [ada, bob, cyd, dan] = photos;
    let rows = format!(
        "id,login,name,age,photo\n1,ada,Ada,36,{ada}\n2,bob,Bob,41,{bob}\n3,cyd,Cyd,,{cyd}\n4,dan,Dan,52,{dan}\n"
    );
    home.write("Sources/people.csv", rows);
}

fn synchronise(home: &Home, mode: &str, expected: (u64, u64)) {
    let done = attempt(home, &sync_up(mode));
    assert_eq!(done.summary.state, State::Completed, "{done:?}");
    let counters = &done.summary.entity_types["T_Person"];
    assert_eq!((counters.inserted, counters.updated), expected, "{mode}");
}

fn digest(home: &Home, key: &str) -> serde_json::Value {
    let shown = home.ok(&["resource", "show", "T_Person", key, "--format", "json"]);
    serde_json::from_str::<serde_json::Value>(&shown).unwrap()["values"]["Photo"].clone()
}

fn photo(home: &Home, key: &str) -> String {
    home.ok(&["resource", "file", "T_Person", key, "Photo"])
}

fn kept(home: &Home) -> Vec<String> {
    let rows = home.database.rows("SELECT Digest FROM UR_ResourceFiles ORDER BY Digest");
    rows.into_iter().map(|mut row| row.remove(0).unwrap()).collect()
}

fn files_follow_their_resources(kind: Kind) {
    let home = with_photos(kind);
    people(&home, [ABC.0, ABC.0, "", ""]);
    synchronise(&home, "initial", (4, 0));
    assert_eq!((digest(&home, "1"), photo(&home, "1")), (ABC.1.into(), "abc".to_owned()));
    assert_eq!(kept(&home), [ABC.1], "one content, whoever holds it");
    synchronise(&home, "complete", (0, 0));

    people(&home, [ABC.0, ABCDEF.0, "", ABC.0]);
    synchronise(&home, "complete", (0, 2));
    assert_eq!((photo(&home, "2"), photo(&home, "4")), ("abcdef".to_owned(), "abc".to_owned()));

    people(&home, [ABC.0, "", ABCDEF.0, ABC.0]);
    synchronise(&home, "incremental", (0, 2));
    assert_eq!((digest(&home, "2"), photo(&home, "3")), (serde_json::Value::Null, "abcdef".to_owned()));
    let none = home.run(&["resource", "file", "T_Person", "2", "Photo"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&none.stderr).contains("2 holds no file in Photo"), "{none:?}");
    synchronise(&home, "complete", (0, 0));
    let history = home.ok(&["resource", "history", "T_Person", "2"]);
    assert!(history.contains(ABC.1) && history.contains(ABCDEF.1), "{history}");
}

fn what_nothing_names_is_forgotten_with_its_history(kind: Kind) {
    let home = with_photos(kind);
    people(&home, [ABCDEF.0, ABC.0, "", ""]);
    synchronise(&home, "initial", (4, 0));
    people(&home, [ABC.0, ABC.0, "", ""]);
    synchronise(&home, "complete", (0, 1));
    home.database.execute("DELETE FROM UR_ResourceChanges");
    home.ok(&["manage-history", "--purge-before-months", "100"]);
    assert_eq!(kept(&home), [ABC.1, ABCDEF.1], "a version still names it");
    home.ok(&["manage-history", "--purge-before-months", "0"]);
    assert_eq!(kept(&home), [ABC.1]);
    assert_eq!(photo(&home, "1"), "abc");
}

fn what_is_no_base64_is_set_aside(kind: Kind) {
    let home = with_photos(kind);
    people(&home, [ABC.0, "no/base64!", "", ""]);
    let done = attempt(&home, &sync_up("initial"));
    assert_eq!(done.summary.entity_types["T_Person"].rejected, 1, "{done:?}");
    assert_eq!(kept(&home), [ABC.1]);
}

on_both_databases!(
    files_follow_their_resources,
    what_nothing_names_is_forgotten_with_its_history,
    what_is_no_base64_is_set_aside,
);
