//! Sessions: their order, that each is applied once, and that none is applied where it does not belong.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use provost_model::summary::State;
use std::fs;
use support::small::{self, CONNECTOR, Guards, PEOPLE, PERSON, attempt, held, image, prepare, sync_up, synchronize};
use support::{Home, Kind};

/// The first sources with another age of Ada.
fn ages(home: &Home, age: u32) {
    small::lay_out(home);
    home.write("Sources/people.csv", PEOPLE.replace("36", &age.to_string()));
}

/// Exports and prepares, and leaves the session in the queue.
fn enqueue(home: &Home, mode: &str, age: u32) {
    ages(home, age);
    small::export(home);
    let done = attempt(home, &prepare(mode));
    assert_eq!(done.summary.state, State::Completed, "{done:?}");
}

fn age(home: &Home) -> String {
    held(home).people["1"][2].clone().unwrap()
}

/// (mode, state) of all sessions in the order of the queue.
fn sessions(home: &Home) -> Vec<(String, String)> {
    let mut rows = home.database.rows("SELECT 1000 + Sequence, Mode, State FROM UJ_SynchronizationSessions");
    rows.sort();
    rows.into_iter().map(|r| (r[1].clone().unwrap(), r[2].clone().unwrap())).collect()
}

fn assert_sessions(home: &Home, wanted: &[(&str, &str)]) {
    let wanted: Vec<_> = wanted.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    assert_eq!(sessions(home), wanted);
}

/// Ages in history and now, oldest first.
fn ages_over_time(home: &Home) -> Vec<String> {
    let rows = home.database.rows(
        "SELECT ValidFrom, C7 FROM UR_ResourcesHistory WHERE KeyValue = '1' \
         UNION ALL SELECT ValidFrom, C7 FROM UR_Resources WHERE C4 = '1'",
    );
    rows.into_iter().map(|r| r[1].clone().unwrap()).collect()
}

fn waiting_sessions_are_applied_in_their_order(kind: Kind) {
    let home = small::loaded(kind);
    for age in [40, 50, 60] {
        enqueue(&home, "incremental", age);
    }
    assert_eq!(age(&home), "36", "prepare alone changes nothing");
    let done = attempt(&home, &synchronize());
    assert_eq!(done.summary.entity_types[PERSON].updated, 1, "{done:?}");
    assert_eq!(ages_over_time(&home), ["36", "40", "50", "60"]);
    let applied = ("incremental", "Applied");
    assert_sessions(&home, &[("complete", "Applied"), applied, applied, applied]);
}

fn each_session_is_applied_once(kind: Kind) {
    let home = small::loaded(kind);
    enqueue(&home, "incremental", 40);
    attempt(&home, &synchronize());
    let before = image(&home);
    let journal = home.database.rows("SELECT Id, Reason FROM UJ_Journal");
    for _ in 0..3 {
        let again = attempt(&home, &synchronize());
        assert_eq!((again.summary.state, again.exit), (State::Completed, Some(0)), "{again:?}");
        assert_eq!(again.summary.change_set, None, "nothing waits");
    }
    image(&home).assert_same(&before, "repeated");
    assert_eq!(home.database.rows("SELECT Id, Reason FROM UJ_Journal"), journal);
}

/// Whoever comes second finds nothing to do or is told what to do; never is a session applied twice.
fn processes_at_the_same_time_apply_a_session_once(kind: Kind) {
    let home = small::loaded(kind);
    for age in [40, 50, 60, 70] {
        enqueue(&home, "incremental", age);
        let arguments = synchronize();
        let running: Vec<_> = (0..3)
            .map(|_| {
                let mut command = home.command(&arguments);
                command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
            })
            .collect();
        let mut applied = 0;
        for process in running {
            let done = small::Attempt::of(process.wait_with_output().unwrap());
            if done.summary.state == State::Errored {
                let hint = done.summary.error.as_ref().unwrap().hint.clone().unwrap();
                match done.error().0 {
                    "session-overtaken" => {
                        assert!(hint.contains("`provost synchronize --connector Small` again"), "{hint}");
                    }
                    code => assert_eq!(code, "repository-locked", "{done:?}"),
                }
            } else {
                applied += u64::from(done.summary.change_set.is_some());
            }
        }
        assert_eq!((applied, self::age(&home)), (1, age.to_string()));
    }
    assert_eq!(ages_over_time(&home), ["36", "40", "50", "60", "70"]);
}

fn a_complete_session_cancels_those_that_wait(kind: Kind) {
    let home = small::loaded(kind);
    enqueue(&home, "incremental", 40);
    enqueue(&home, "incremental", 50);
    enqueue(&home, "complete", 60);
    enqueue(&home, "incremental", 70);
    let done = attempt(&home, &synchronize());
    assert_eq!(done.summary.state, State::Completed, "{done:?}");
    assert_eq!(ages_over_time(&home), ["36", "60", "70"]);
    let cancelled = ("incremental", "Cancelled");
    let wanted = [("complete", "Applied"), cancelled, cancelled, ("complete", "Applied"), ("incremental", "Applied")];
    assert_sessions(&home, &wanted);
}

fn a_prepare_that_fails_cancels_nothing(kind: Kind) {
    let home = small::loaded(kind);
    enqueue(&home, "incremental", 40);
    home.write("Temp/ExportOutput/People.csv", "id,login\n");
    let failed = attempt(&home, &prepare("complete"));
    assert_eq!(failed.error().0, "source", "{failed:?}");
    assert_sessions(&home, &[("complete", "Applied"), ("incremental", "Sealed"), ("complete", "Failed")]);
    attempt(&home, &synchronize());
    assert_eq!(age(&home), "40");
}

/// The folder of the session that waits.
fn waiting_folder(home: &Home) -> std::path::PathBuf {
    let id = home.database.rows("SELECT Id FROM UJ_SynchronizationSessions WHERE State = 'Sealed'")[0][0].clone();
    home.file("Work/Synchronization").join(id.unwrap())
}

fn a_session_that_was_tampered_with_is_refused(kind: Kind) {
    for (file, from, to) in [
        ("T_Person.sorted.delta", "40", "99"),
        ("T_Person.sorted.delta", "update", "delete"),
        ("T_Person.sorted.delta", "40", "40,more"),
        ("T_Person.sorted.delta", ",Ada", ""),
        ("manifest.json", "\"newDigest\": \"", "\"newDigest\": \"0"),
        ("manifest.json", "\"digest\": \"", "\"digest\": \"0"),
        ("manifest.json", "\"heldUnknown\": false", "\"heldUnknown\": true"),
        ("manifest.json", "{", ""),
    ] {
        let home = small::loaded(kind);
        enqueue(&home, "incremental", 40);
        let before = image(&home);
        let path = waiting_folder(&home).join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file}: {text}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let refused = attempt(&home, &synchronize());
        assert_eq!(refused.error().0, "session", "{file} {from}: {refused:?}");
        let hint = refused.summary.error.as_ref().unwrap().hint.clone().unwrap();
        assert!(hint.contains("complete"), "an incremental run would not heal: {hint}");
        image(&home).assert_same(&before, file);
        ages(&home, 41);
        let still = attempt(&home, &sync_up("incremental"));
        assert_eq!(still.summary.state, State::Errored, "{still:?}");
        image(&home).held.people["1"][2].as_ref().filter(|age| *age == "36").unwrap();
        let healed = attempt(&home, &sync_up("complete"));
        assert_eq!(healed.summary.state, State::Completed, "{healed:?}");
        assert_eq!(age(&home), "41");
    }
}

fn a_session_whose_files_are_gone_is_refused(kind: Kind) {
    let home = small::loaded(kind);
    enqueue(&home, "incremental", 40);
    let before = image(&home);
    fs::remove_dir_all(waiting_folder(&home)).unwrap();
    let refused = attempt(&home, &synchronize());
    assert_eq!(refused.error().0, "session", "{refused:?}");
    image(&home).assert_same(&before, "gone");
    let healed = attempt(&home, &sync_up("complete"));
    assert_eq!(healed.summary.state, State::Completed, "{healed:?}");
    assert_eq!(age(&home), "40");
}

fn previous_that_was_tampered_with_is_refused(kind: Kind) {
    let home = small::loaded(kind);
    let folder = home.file("Work/Collect/previous").join(CONNECTOR);
    for name in fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect::<Vec<_>>() {
        let path = folder.join(&name);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen("ada", "eve", 1).replacen("Alpha", "Omega", 1).replacen("A,1", "A,2", 1) + " ")
            .unwrap();
        if name == "manifest.json" {
            fs::write(&path, text.replacen("\"stateDigest\": \"", "\"stateDigest\": \"f", 1)).unwrap();
        }
        ages(&home, 40);
        let before = held(&home);
        let refused = attempt(&home, &sync_up("incremental"));
        assert_eq!(refused.error().0, "complete-needed", "{name:?}: {refused:?}");
        let hint = refused.summary.error.as_ref().unwrap().hint.clone().unwrap();
        assert!(hint.contains("complete mode"), "{hint}");
        assert_eq!(held(&home), before, "{name:?}");
        ages(&home, 36);
        let healed = attempt(&home, &sync_up("complete"));
        assert_eq!(healed.summary.entity_types[PERSON].unchanged, 4, "{healed:?}");
        let healed = attempt(&home, &sync_up("incremental"));
        assert_eq!(healed.summary.state, State::Completed, "{healed:?}");
    }
}

#[test]
fn a_restored_database_demands_a_complete_run() {
    let home = small::loaded(Kind::Sqlite);
    let (file, backup) = (home.file("provost.db"), home.file("backup.db"));
    fs::copy(&file, &backup).unwrap();
    ages(&home, 40);
    attempt(&home, &sync_up("incremental"));
    assert_eq!(age(&home), "40");
    for left in ["provost.db-wal", "provost.db-shm"] {
        let _ = fs::remove_file(home.file(left));
    }
    fs::copy(&backup, &file).unwrap();
    ages(&home, 40);
    let refused = attempt(&home, &sync_up("incremental"));
    assert_eq!(refused.error().0, "complete-needed", "{refused:?}");
    assert_eq!(age(&home), "36");
    let healed = attempt(&home, &sync_up("complete"));
    assert_eq!(healed.summary.entity_types[PERSON].updated, 1, "{healed:?}");
    let after = attempt(&home, &sync_up("incremental"));
    assert_eq!(after.summary.entity_types[PERSON].unchanged, 4, "{after:?}");
}

/// A home with guards on, the first data in it, and a blocked complete run: its hash.
fn blocked(kind: Kind) -> (Home, String) {
    let home = small::empty(kind, Guards::Default);
    small::lay_out(&home);
    home.sync_up(CONNECTOR, "initial");
    ages(&home, 40);
    let run = attempt(&home, &sync_up("complete"));
    assert_eq!((run.summary.state, run.exit), (State::Blocked, Some(3)), "{run:?}");
    assert_eq!(age(&home), "36");
    let hash = run.summary.change_set.unwrap().hash;
    (home, hash)
}

fn approve(home: &Home, hash: &str) -> small::Attempt {
    attempt(home, &["synchronization-validation", "--connector", CONNECTOR, "--change-set", hash, "--format", "json"])
}

fn approval_needs_the_right_hash(kind: Kind) {
    let (home, hash) = blocked(kind);
    let before = image(&home);
    let refused = approve(&home, &"0".repeat(32));
    assert_eq!((refused.error().0, refused.exit), ("unknown-change-set", Some(2)), "{refused:?}");
    let hint = refused.summary.error.as_ref().unwrap().hint.clone().unwrap();
    assert!(hint.contains(&hash), "{hint}");
    for other in [&hash[..31], "", "'; DROP TABLE UR_Resources; --"] {
        let refused = home.run(&["synchronization-validation", "--connector", CONNECTOR, "--change-set", other]);
        assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    }
    image(&home).assert_same(&before, "refused");
    assert_eq!(approve(&home, &hash).summary.state, State::Completed);
    assert_eq!(age(&home), "40");
    let twice = approve(&home, &hash);
    assert_eq!(twice.error().0, "unknown-change-set", "{twice:?}");
    assert_eq!(ages_over_time(&home), ["36", "40"]);
}

fn approval_does_not_cover_what_changed_since(kind: Kind) {
    let (home, hash) = blocked(kind);
    home.database.execute("UPDATE UR_Resources SET C6 = 'Mallory' WHERE C4 = '2'");
    let before = held(&home);
    let refused = approve(&home, &hash);
    assert_eq!((refused.error().0, refused.exit), ("change-set-differs", Some(3)), "{refused:?}");
    assert_eq!(held(&home), before, "nothing is applied");
    let again = attempt(&home, &synchronize());
    assert_eq!(again.summary.state, State::Blocked, "{again:?}");
    let now = again.summary.change_set.unwrap().hash;
    assert_ne!(now, hash);
    assert_eq!(approve(&home, &hash).error().0, "unknown-change-set");
    assert_eq!(approve(&home, &now).summary.entity_types[PERSON].updated, 2);
    assert_eq!(held(&home).people["2"][1].as_deref(), Some("Bob"));
    assert_eq!(age(&home), "40");
}

fn a_blocked_connector_waits_for_a_decision(kind: Kind) {
    let (home, hash) = blocked(kind);
    let before = held(&home);
    let refused = attempt(&home, &sync_up("incremental"));
    assert_eq!((refused.error().0, refused.exit), ("connector-blocked", Some(3)), "{refused:?}");
    for _ in 0..2 {
        let again = attempt(&home, &synchronize());
        assert_eq!((again.summary.state, again.exit), (State::Blocked, Some(3)), "{again:?}");
        assert_eq!(again.summary.change_set.unwrap().hash, hash);
    }
    assert_eq!(held(&home), before);
    // The source is mended: the complete run takes the place of the blocked one, which nobody can approve any more.
    ages(&home, 36);
    assert_eq!(attempt(&home, &sync_up("complete")).summary.state, State::Completed);
    assert_eq!(approve(&home, &hash).error().0, "unknown-change-set");
    assert_sessions(&home, &[("initial", "Applied"), ("complete", "Cancelled"), ("complete", "Applied")]);
    assert_eq!(held(&home), before);
}

fn force_is_journaled_with_who_and_why(kind: Kind) {
    let (home, hash) = blocked(kind);
    let without = home.run(&["synchronize", "--connector", CONNECTOR, "--force"]);
    assert_eq!(without.status.code(), Some(2), "a reason is asked for");
    assert_eq!(age(&home), "36");
    let mut forced = synchronize();
    forced.extend(["--force", "--reason", "new year's ages"]);
    let done = attempt(&home, &forced);
    assert_eq!(done.summary.change_set.as_ref().unwrap().hash, hash);
    assert!(!done.summary.thresholds.is_empty(), "what was overridden is still told: {done:?}");
    assert_eq!(age(&home), "40");
    let journal = home.database.rows("SELECT Actor, Reason FROM UJ_Journal WHERE Reason LIKE '%force%'");
    let wanted = ["tester", "forced synchronisation of connector Small: new year's ages"];
    assert_eq!(journal, [wanted.map(|text| Some(text.to_owned())).to_vec()]);
}

fn approval_is_journaled(kind: Kind) {
    let (home, hash) = blocked(kind);
    home.ok(&[
        "synchronization-validation",
        "--connector",
        CONNECTOR,
        "--change-set",
        &hash,
        "--reason",
        "seen with HR",
    ]);
    let journal = home.database.rows("SELECT Actor, Reason FROM UJ_Journal WHERE Reason LIKE 'approved%'");
    let wanted = ["tester".to_owned(), format!("approved change set {hash} of connector Small: seen with HR")];
    assert_eq!(journal, [wanted.map(Some).to_vec()]);
}

fn initial_twice_is_refused_and_harmless(kind: Kind) {
    let home = small::empty(kind, Guards::Off);
    small::lay_out(&home);
    home.sync_up(CONNECTOR, "initial");
    let before = image(&home);
    ages(&home, 40);
    let refused = attempt(&home, &sync_up("initial"));
    assert_eq!((refused.error().0, refused.exit), ("initial-not-empty", Some(1)), "{refused:?}");
    image(&home).assert_same(&before, "initial again");
    let after = attempt(&home, &sync_up("incremental"));
    assert_eq!(after.summary.entity_types[PERSON].updated, 1, "the next run is healthy: {after:?}");
    assert_eq!(age(&home), "40");
}

/// Every row of the tables that hold data, whatever its columns.
fn all_rows(home: &Home) -> Vec<Vec<Vec<Option<String>>>> {
    let tables = [
        "UR_Resources",
        "UR_ResourcesHistory",
        "UR_ResourceKeys",
        "UR_ResourceLinks",
        "UR_ResourceLinksHistory",
        "UR_ResourceLinkOrphans",
        "UR_ResourceChanges",
        "UR_ResourceLinkChanges",
        "UR_ResourceKeyChanges",
        "UJ_ConnectorDigests",
    ];
    tables.iter().map(|table| home.database.rows(&format!("SELECT * FROM {table}"))).collect()
}

fn unchanged_data_writes_nothing(kind: Kind) {
    let home = small::loaded(kind);
    home.write("Sources/members.csv", format!("{}B,nobody\n", small::MEMBERS));
    attempt(&home, &sync_up("incremental"));
    let before = all_rows(&home);
    for mode in ["complete", "incremental", "complete", "incremental"] {
        let done = attempt(&home, &sync_up(mode));
        assert_eq!(done.summary.entity_types[PERSON].unchanged, 4, "{done:?}");
        assert_eq!(all_rows(&home), before, "{mode}");
    }
}

fn dirty_flags_follow_the_changes(kind: Kind) {
    let home = small::loaded(kind);
    let dirty = || home.database.rows("SELECT C4 FROM UR_Resources WHERE Dirty = 1");
    assert_eq!(dirty(), Vec::<Vec<Option<String>>>::new());
    ages(&home, 40);
    home.write("Sources/homes.csv", "team,id\nA,1\nA,2\nB,3\n");
    let mut arguments = sync_up("incremental");
    arguments.push("--do-not-delete-changes");
    attempt(&home, &arguments);
    assert_eq!(dirty(), Vec::<Vec<Option<String>>>::new(), "not before the step that sets them");
    home.ok(&["set-recently-modified-flag"]);
    let marked = dirty();
    // Ada has changed; Bob has moved from B to A.
    let has = |key: &str| marked.contains(&vec![Some(key.to_owned())]);
    assert!(has("1") && has("2") && !has("3") && !has("4"), "{marked:?}");
    assert_eq!(home.database.number("SELECT COUNT(*) FROM UR_ResourceChanges"), 0);
    home.ok(&["set-recently-modified-flag"]);
    assert_eq!(dirty(), marked, "twice changes nothing");
}

fn folders_of_finished_sessions_do_not_pile_up(kind: Kind) {
    let home = small::loaded(kind);
    let entries = || fs::read_dir(home.file("Work/Synchronization")).unwrap().map(|e| e.unwrap().path());
    let folders = || entries().filter(|path| path.is_dir()).count();
    home.command(&sync_up("complete")).env("PROVOST_CRASH_AT", "session.opened").output().unwrap();
    assert_eq!(folders(), usize::from(cfg!(feature = "fault-injection")), "what a dead process left");
    for age in 40..50 {
        ages(&home, age);
        attempt(&home, &sync_up(if age % 2 == 0 { "incremental" } else { "complete" }));
    }
    assert_eq!(folders(), 0);
    let open = "SELECT COUNT(*) FROM UJ_SynchronizationSessions WHERE State = 'Open'";
    assert_eq!(home.database.number(open), 0);
    // One that waits is never touched, however many come before it.
    for age in 51..60 {
        enqueue(&home, "incremental", age);
    }
    assert_eq!(folders(), 9);
    attempt(&home, &synchronize());
    assert_eq!(age(&home), "59");
    assert_eq!(folders(), 0);
}

fn a_resource_that_was_renamed_and_removed_by_sql_comes_back(kind: Kind) {
    for mode in ["complete", "incremental"] {
        let home = small::loaded(kind);
        for (key, changed) in [("1", "91"), ("4", "94")] {
            home.database.execute(&format!("UPDATE UR_Resources SET C4 = '{changed}' WHERE C4 = '{key}'"));
            home.database.execute(&format!("DELETE FROM UR_Resources WHERE C4 = '{changed}'"));
        }
        let people = PEOPLE.replace("36", "37").replace("4,dan,Dan,52\n", "");
        home.write("Sources/people.csv", people);
        let done = attempt(&home, &sync_up(mode));
        assert_eq!(done.summary.state, State::Completed, "{done:?}");
        assert_eq!(done.summary.entity_types[PERSON].inserted, 1, "{done:?}");
        assert_eq!(held(&home).people.keys().collect::<Vec<_>>(), ["1", "2", "3"], "{mode}");
        // What the removal did to links is seen by a complete run alone: to the files nothing has happened.
        attempt(&home, &sync_up("complete"));
        assert_eq!(held(&home).members, small::pairs(&[("A", "1"), ("A", "2"), ("B", "3")]), "{mode}");
        small::assert_keys_are_true(&home, mode);
    }
}

fn unreadable_rows_hold_resources_without_a_key_row(kind: Kind) {
    let home = small::loaded(kind);
    home.database.execute(
        "INSERT INTO UR_Resources (Id, Type, ValidFrom, C4) SELECT 900, Type, 1, '9' FROM UR_Resources WHERE C4 = '1'",
    );
    home.write("Sources/people.csv", format!("{PEOPLE}short\n"));
    let done = attempt(&home, &sync_up("complete"));
    assert_eq!(done.summary.entity_types[PERSON].rejected, 1, "{done:?}");
    assert!(held(&home).people.contains_key("9"), "the unreadable row may be that of 9");
    small::lay_out(&home);
    attempt(&home, &sync_up("complete"));
    assert!(!held(&home).people.contains_key("9"), "now the file says that 9 is not there");
}

fn a_column_that_cannot_be_read_is_named_among_many_rows(kind: Kind) {
    let home = small::loaded(kind);
    let people = |age: &str| (0..200).map(|i| format!("{i},login{i},Name {i},{age}\n")).collect::<String>();
    home.write("Sources/people.csv", format!("id,login,name,age\n{}", people("36")));
    attempt(&home, &sync_up("complete"));
    home.write("Sources/people.csv", format!("id,login,name,age\n{}", people("thirty-six")));
    let done = attempt(&home, &sync_up("complete"));
    assert_eq!(done.summary.entity_types[PERSON].rejected, 200, "{done:?}");
    let causes: Vec<&str> = done.summary.causes.iter().map(|c| c.message.as_str()).collect();
    assert!(causes.iter().any(|c| c.contains("age") && c.contains("200 of 200")), "{causes:?}");
}

/// Name and login change places in the mapping; the columns of the files stay as they are.
fn exchange_columns(home: &Home) {
    let text = fs::read_to_string(home.file("Conf/Small.xml")).unwrap();
    let text = text.replace("ConnectionColumn=\"name\"", "ConnectionColumn=\"was\"");
    let text = text.replace("ConnectionColumn=\"age\" Format=\"Int32\"", "ConnectionColumn=\"name\"");
    let text = text.replace("ConnectionColumn=\"was\"", "ConnectionColumn=\"age\"").replace(" Type=\"Int32\"", "");
    home.write("Conf/Small.xml", text);
    home.deploy(&home.file("Conf"));
}

fn files_are_not_read_with_another_mapping_than_they_were_made_with(kind: Kind) {
    for mode in ["complete", "incremental"] {
        let home = small::loaded(kind);
        enqueue(&home, mode, 40);
        exchange_columns(&home);
        let before = held(&home);
        let refused = attempt(&home, &synchronize());
        assert_eq!(refused.error().0, "complete-needed", "{mode}: {refused:?}");
        assert_eq!(held(&home), before, "{mode}");
        let healed = attempt(&home, &sync_up("complete"));
        assert_eq!(healed.summary.state, State::Completed, "{healed:?}");
        assert_eq!(held(&home).people["1"][1..], [Some("40".to_owned()), Some("Ada".to_owned())], "{mode}");
    }
}

fn an_incremental_run_after_a_change_of_the_mapping_demands_a_complete_one(kind: Kind) {
    let home = small::loaded(kind);
    let text = fs::read_to_string(home.file("Conf/Small.xml")).unwrap();
    let property = "<Property Identifier=\"Name\" DisplayName_L1=\"Name\" TargetColumnIndex=\"6\" />";
    let moved =
        text.replace(property, &format!("{property}{}", property.replace("\"Name\"", "\"Nick\"").replace('6', "8")));
    assert_ne!(moved, text);
    home.write("Conf/Small.xml", moved.replace("\"Name\" ConnectionColumn", "\"Nick\" ConnectionColumn"));
    home.deploy(&home.file("Conf"));
    let refused = attempt(&home, &sync_up("incremental"));
    assert_eq!(refused.error().0, "complete-needed", "{refused:?}");
    attempt(&home, &sync_up("complete"));
    assert_eq!(home.database.number("SELECT COUNT(*) FROM UR_Resources WHERE C8 = 'Ada'"), 1);
}

/// Deploys an expression of people, and computes it; gives what was said about it.
fn compute(home: &Home, attributes: &str) -> String {
    let expression = format!(
        "<EntityPropertyExpression Identifier=\"Computed\" EntityType=\"T_Person\" {attributes} />\n\
         </ConfigurationFile>"
    );
    let configuration = fs::read_to_string(home.file("Conf/Small.xml")).unwrap();
    home.write("Conf/Small.xml", configuration.replace("</ConfigurationFile>", &expression));
    home.deploy(&home.file("Conf"));
    let output = home.run(&["update-entity-property-expressions", "--all-entitytype"]);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn computed_links_replace_others_and_are_counted(kind: Kind) {
    let home = small::loaded(kind);
    home.write("Sources/teams.csv", "code,title\nA,ada\nB,bob\nC,cyd\n");
    attempt(&home, &sync_up("complete"));
    // Ada stays in A and Bob in B; Cyd moves from B to C; Dan finds none.
    let said = compute(&home, "Property=\"Home\" Binding=\"T_Person:Login\" PropertyCriteria=\"Title\"");
    assert_eq!(held(&home).homes, small::pairs(&[("A", "1"), ("B", "2"), ("C", "3")]));
    assert!(said.contains("T_Person: 1 values changed in 4 resources"), "{said}");
    home.database.execute("UPDATE UR_Resources SET C5 = 'x' || C4 WHERE C4 IN ('1', '2', '3')");
    let said = home.run(&["update-entity-property-expressions", "--all-entitytype"]).stderr;
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("T_Person: 3 values changed in 4 resources"), "{said}");
    assert_eq!(held(&home).homes, small::pairs(&[]));
}

fn a_computed_display_name_outlives_an_update(kind: Kind) {
    let home = small::loaded(kind);
    compute(&home, "Property=\"InternalDisplayName\" Expression=\"Literal:Countess\"");
    ages(&home, 40);
    attempt(&home, &sync_up("complete"));
    let row = home.database.rows("SELECT DisplayName_L1, C7 FROM UR_Resources WHERE C4 = '1'");
    assert_eq!(row, [["Countess", "40"].map(|text| Some(text.to_owned())).to_vec()]);
}

fn runs_at_the_same_time_do_no_harm(kind: Kind) {
    let home = small::loaded(kind);
    for round in 0..3 {
        ages(&home, 40 + round);
        let mut children: Vec<_> = ["complete", "incremental", "complete", "incremental"]
            .into_iter()
            .map(|mode| {
                let mut command = home.command(&sync_up(mode));
                command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
                command.spawn().unwrap()
            })
            .collect();
        for child in children.drain(..) {
            let tried = small::Attempt::of(child.wait_with_output().unwrap());
            assert_ne!(tried.exit, Some(101), "{tried:?}");
        }
        let done = attempt(&home, &sync_up("incremental"));
        assert_eq!(done.summary.state, State::Completed, "{done:?}");
        assert_eq!(age(&home), (40 + round).to_string());
    }
    assert_eq!(ages_over_time(&home), ["36", "40", "41", "42"]);
}

on_both_databases!(
    processes_at_the_same_time_apply_a_session_once,
    waiting_sessions_are_applied_in_their_order,
    each_session_is_applied_once,
    a_complete_session_cancels_those_that_wait,
    a_prepare_that_fails_cancels_nothing,
    a_session_that_was_tampered_with_is_refused,
    a_session_whose_files_are_gone_is_refused,
    previous_that_was_tampered_with_is_refused,
    approval_needs_the_right_hash,
    approval_does_not_cover_what_changed_since,
    a_blocked_connector_waits_for_a_decision,
    force_is_journaled_with_who_and_why,
    approval_is_journaled,
    initial_twice_is_refused_and_harmless,
    unchanged_data_writes_nothing,
    dirty_flags_follow_the_changes,
    folders_of_finished_sessions_do_not_pile_up,
    a_resource_that_was_renamed_and_removed_by_sql_comes_back,
    a_column_that_cannot_be_read_is_named_among_many_rows,
    files_are_not_read_with_another_mapping_than_they_were_made_with,
    an_incremental_run_after_a_change_of_the_mapping_demands_a_complete_one,
    computed_links_replace_others_and_are_counted,
    a_computed_display_name_outlives_an_update,
    unreadable_rows_hold_resources_without_a_key_row,
    runs_at_the_same_time_do_no_harm,
);
