//! Backup, restore and the upgrade of a home that an older version made, through the real binary on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use provost_model::summary::State;
use std::path::{Path, PathBuf};
use support::small::{CONNECTOR, PERSON, loaded};
use support::{Database, Home, Kind, copy_folder};

on_both_databases!(
    a_backup_comes_back_on_either_database,
    a_restore_refuses_what_holds_something,
    a_damaged_backup_changes_nothing,
    a_backup_is_taken_while_somebody_writes,
    a_database_behind_previous_demands_a_complete_run,
);

const CHANGED: &str = "id,login,name,age\n1,ada,Ada L.,36\n2,bob,Bob,41\n3,cyd,Cyd,\n5,eve,Eve,29\n";
const LATER: &str = "id,login,name,age\n1,ada,Ada L.,37\n2,bob,Bob,41\n3,cyd,Cyd,\n5,eve,Eve,29\n";

/// A home with some history.
fn lived_in(kind: Kind) -> Home {
    let home = loaded(kind);
    home.write("Sources/people.csv", CHANGED);
    assert_eq!(home.sync_up(CONNECTOR, "incremental").state, State::Completed);
    home.ok(&["create-database-views"]);
    home
}

fn backup(home: &Home, name: &str) -> PathBuf {
    let folder = home.path().parent().unwrap().join(name);
    home.ok(&["backup", folder.to_str().unwrap(), "--format", "json"]);
    folder
}

/// A home that nobody has made yet, with an empty database.
fn nowhere(kind: Kind) -> Home {
    Home::unmade(kind)
}

/// All that a person can ask about the people, now and before.
fn answers(home: &Home) -> Vec<String> {
    let list = ["resource", "list", PERSON, "--format", "csv"];
    let mut all = vec![home.ok(&list)];
    for key in ["1", "4", "5"] {
        let output = home.run(&["resource", "history", PERSON, key, "--format", "csv"]);
        all.push(String::from_utf8(output.stdout).unwrap());
    }
    all.push(format!("{:?}", home.database.rows("SELECT name FROM zz_t_person")));
    all.push(format!("{:?}", home.database.rows("SELECT resource1_id, resource2_id FROM ur_resourcelinks")));
    all
}

fn a_backup_comes_back_on_either_database(kind: Kind) {
    let home = lived_in(kind);
    let expected = answers(&home);
    let folder = backup(&home, "backup");
    for other in [Kind::Sqlite, Kind::Postgres] {
        if other == Kind::Postgres && !Kind::postgres_is_there() {
            continue;
        }
        let restored = nowhere(other);
        restored.ok(&["restore", folder.to_str().unwrap()]);
        copy_folder(&home.file("Sources"), &restored.file("Sources"));
        assert_eq!(answers(&restored), expected);
        let journal = restored.ok(&["journal", "--format", "csv"]);
        assert!(journal.lines().nth(1).unwrap().contains("restored from a backup"), "{journal}");
        // The road goes on where it was: an incremental run computes from the restored files.
        restored.write("Sources/people.csv", LATER);
        let summary = restored.sync_up(CONNECTOR, "incremental");
        let counts = &summary.entity_types[PERSON];
        assert_eq!((summary.state, counts.updated, counts.inserted), (State::Completed, 1, 0), "{summary:?}");
    }
}

fn a_restore_refuses_what_holds_something(kind: Kind) {
    let home = lived_in(kind);
    let expected = answers(&home);
    let folder = backup(&home, "backup");
    home.write("Sources/people.csv", LATER);
    home.sync_up(CONNECTOR, "incremental");
    let moved_on = answers(&home);
    assert_ne!(moved_on, expected);
    let refused = home.run(&["restore", folder.to_str().unwrap()]);
    let text = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{text}");
    assert!(text.contains("holds something already") && text.contains("--replace"), "{text}");
    assert_eq!(answers(&home), moved_on);
    home.ok(&["restore", folder.to_str().unwrap(), "--replace"]);
    assert_eq!(answers(&home), expected);
    let summary = home.sync_up(CONNECTOR, "incremental");
    assert_eq!((summary.state, summary.entity_types[PERSON].updated), (State::Completed, 1), "{summary:?}");
    // A second backup never writes over the first.
    assert_eq!(home.run(&["backup", folder.to_str().unwrap()]).status.code(), Some(2));
}

fn a_damaged_backup_changes_nothing(kind: Kind) {
    let home = lived_in(kind);
    let folder = backup(&home, "backup");
    let file = folder.join("Database/ur_resources.jsonl.lz4");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let expected = answers(&home);
    let refused = home.run(&["restore", folder.to_str().unwrap(), "--replace"]);
    let text = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{text}");
    assert!(text.contains("ur_resources") && text.contains("damaged"), "{text}");
    assert_eq!(answers(&home), expected);
    std::fs::remove_file(folder.join("manifest.json")).unwrap();
    assert_eq!(home.run(&["restore", folder.to_str().unwrap(), "--replace"]).status.code(), Some(2));
}

/// Somebody else is in the middle of a transaction, then a whole run goes by during backups: each is one state.
fn a_backup_is_taken_while_somebody_writes(kind: Kind) {
    let home = lived_in(kind);
    let expected = answers(&home);
    let open = home.database.begin("UPDATE ur_resources SET c6 = 'half done'");
    let during = backup(&home, "during");
    drop(open);
    let restored = nowhere(kind);
    restored.ok(&["restore", during.to_str().unwrap()]);
    assert_eq!(answers(&restored), expected);

    home.write("Sources/people.csv", LATER);
    let mut run = home.command(&["sync-up", "--connector", CONNECTOR, "--mode", "incremental", "--format", "json"]);
    let mut run = run.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let first = backup(&home, "first");
    let second = backup(&home, "second");
    assert!(run.wait().unwrap().success());
    let done = answers(&home);
    for folder in [first, second] {
        let restored = nowhere(kind);
        restored.ok(&["restore", folder.to_str().unwrap()]);
        copy_folder(&home.file("Sources"), &restored.file("Sources"));
        let state = answers(&restored);
        assert!(state[0] == expected[0] || state[0] == done[0], "{state:?}");
        // Whichever state it is, the files belong to it.
        let summary = restored.sync_up(CONNECTOR, "incremental");
        assert_eq!(summary.state, State::Completed, "{summary:?}");
        assert_eq!(answers(&restored)[0], done[0]);
    }
}

fn a_database_behind_previous_demands_a_complete_run(kind: Kind) {
    let home = lived_in(kind);
    let folder = backup(&home, "backup");
    home.write("Sources/people.csv", LATER);
    home.sync_up(CONNECTOR, "incremental");
    let ahead = home.path().parent().unwrap().join("ahead");
    copy_folder(&home.file("Work/Collect"), &ahead);
    home.ok(&["restore", folder.to_str().unwrap(), "--replace"]);
    copy_folder(&ahead, &home.file("Work/Collect"));
    let refused = home.sync_up(CONNECTOR, "incremental");
    assert_eq!(refused.error.unwrap().code, "complete-needed");
    let summary = home.sync_up(CONNECTOR, "complete");
    assert_eq!((summary.state, summary.entity_types[PERSON].updated), (State::Completed, 1), "{summary:?}");
}

#[test]
fn a_backup_may_be_one_file() {
    let home = lived_in(Kind::Sqlite);
    let file = home.path().parent().unwrap().join("backup.tar");
    home.ok(&["backup", file.to_str().unwrap()]);
    assert_eq!(home.run(&["backup", file.to_str().unwrap()]).status.code(), Some(2));
    let restored = nowhere(Kind::Sqlite);
    restored.ok(&["restore", file.to_str().unwrap()]);
    assert_eq!(answers(&restored), answers(&home));
    let left = |home: &Home| std::fs::read_dir(home.path().parent().unwrap()).unwrap().count();
    assert_eq!((left(&home), left(&restored)), (2, 1), "nothing is left beside archive and home");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&file, bytes).unwrap();
    assert!(!nowhere(Kind::Sqlite).run(&["restore", file.to_str().unwrap()]).status.success());
}

#[test]
fn secrets_are_in_a_backup_only_when_asked_for() {
    let home = loaded(Kind::Sqlite);
    home.write(
        "appsettings.agent.json",
        r#"{"OpenId": {"AgentIdentifier": "Local", "OpenIdClients": {"Job": "pssst"}}}"#,
    );
    home.write("Work/Certificates/server.key", "private");
    let open = backup(&home, "open");
    let text = std::fs::read_to_string(open.join("Home/appsettings.agent.json")).unwrap();
    assert!(text.contains("Local") && !text.contains("pssst"), "{text}");
    assert!(!open.join("Home/Work/Certificates").exists());
    let restored = nowhere(Kind::Sqlite);
    assert!(restored.ok(&["restore", open.to_str().unwrap()]).contains("OpenId:OpenIdClients:Job"));
    let whole = home.path().parent().unwrap().join("whole");
    home.ok(&["backup", whole.to_str().unwrap(), "--with-secrets"]);
    let restored = nowhere(Kind::Sqlite);
    restored.ok(&["restore", whole.to_str().unwrap()]);
    assert!(std::fs::read_to_string(restored.file("appsettings.agent.json")).unwrap().contains("pssst"));
    assert_eq!(std::fs::read_to_string(restored.file("Work/Certificates/server.key")).unwrap(), "private");
}

/// `samples/schema-1` is a home of the first version of the schema: an initial load, an incremental run two seconds
/// later that changed people, and a complete one that changed members; views are made.
#[test]
fn a_home_of_the_first_schema_is_brought_up_to_date() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/schema-1");
    let home = nowhere(Kind::Sqlite);
    copy_folder(&sample, &home.path());
    std::fs::remove_file(home.file("provost.sql")).unwrap();
    home.write("Temp/ExportOutput/.keep", "");
    home.database.execute(&std::fs::read_to_string(sample.join("provost.sql")).unwrap());

    let list = |more: &[&str]| {
        let mut words = vec!["resource", "list", PERSON, "--format", "csv"];
        words.extend(more);
        home.ok(&words)
    };
    let now = "Id,Key,DisplayName,Number,Login,Name,Age\n1,1,Ada Lovelace,1,ada,Ada Lovelace,36\n\
               2,2,Bob,2,bob,Bob,42\n3,3,Cyd,3,cyd,Cyd,\n7,5,Eve,5,eve,Eve,29\n";
    assert_eq!(list(&[]), now);
    assert_eq!(
        list(&["--as-of", "2026-11-24T14:31:55.082064Z"]),
        "Id,Key,DisplayName,Number,Login,Name,Age\n1,1,Ada,1,ada,Ada,36\n2,2,Bob,2,bob,Bob,41\n3,3,Cyd,3,cyd,Cyd,\n\
         4,4,Dan,4,dan,Dan,52\n"
    );
    assert_eq!(home.database.number("SELECT MAX(Version) FROM UM_SchemaVersions"), 7);
    assert_eq!(home.database.number("SELECT COUNT(*) FROM UR_ResourceLinks"), 4);
    assert_eq!(home.database.number("SELECT COUNT(*) FROM UR_ResourceLinksHistory"), 1);

    // Synchronisation goes on: nothing to do at first, then one change on top of the old files.
    let idle = home.sync_up(CONNECTOR, "incremental");
    assert_eq!((idle.state, idle.entity_types[PERSON].updated), (State::Completed, 0), "{idle:?}");
    home.write(
        "Sources/people.csv",
        "id,login,name,age\n1,ada,Ada Lovelace,37\n2,bob,Bob,42\n3,cyd,Cyd,\n5,eve,Eve,29\n",
    );
    let summary = home.sync_up(CONNECTOR, "incremental");
    assert_eq!((summary.state, summary.entity_types[PERSON].updated), (State::Completed, 1), "{summary:?}");
    assert!(list(&[]).contains("1,1,Ada Lovelace,1,ada,Ada Lovelace,37\n"));
    let complete = home.sync_up(CONNECTOR, "complete");
    let counts = &complete.entity_types[PERSON];
    assert_eq!((complete.state, counts.updated, counts.inserted, counts.deleted), (State::Completed, 0, 0, 0));
    // And the views of the old version are made anew.
    home.ok(&["create-database-views"]);
    assert!(matches!(home.database, Database::Sqlite(_)));
}
