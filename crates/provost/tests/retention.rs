//! What a repository forgets: sessions that are over, old runs, and history on request.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use provost_model::summary::State;
use support::small::{self, PEOPLE, attempt, prepare, sync_up};
use support::{Home, Kind};

fn sync_with_age(home: &Home, age: u32) {
    home.write("Sources/people.csv", PEOPLE.replace("36", &age.to_string()));
    let done = attempt(home, &sync_up("incremental"));
    assert_eq!(done.summary.state, State::Completed, "{done:?}");
}

fn column(home: &Home, sql: &str) -> Vec<String> {
    home.database.rows(sql).into_iter().map(|row| row[1].clone().unwrap()).collect()
}

fn states(home: &Home) -> Vec<String> {
    column(home, "SELECT 1000 + Sequence, State FROM UJ_SynchronizationSessions")
}

fn the_newest_sessions_are_remembered(kind: Kind) {
    let mut home = small::loaded(kind);
    for age in [40, 41, 42] {
        sync_with_age(&home, age);
    }
    assert_eq!(states(&home), ["Applied"; 4]);
    // A failed session keeps its folder, for inspection.
    small::export(&home);
    let path = home.file("Work/Synchronization");
    attempt(&home, &prepare("incremental"));
    let waiting = home.database.rows("SELECT Id FROM UJ_SynchronizationSessions WHERE State = 'Sealed'");
    let folder = path.join(waiting[0][0].clone().unwrap());
    std::fs::write(folder.join("manifest.json"), "{}").unwrap();
    assert_eq!(attempt(&home, &small::synchronize()).exit, Some(1));
    assert!(folder.is_dir());
    home.environment.push(("PROVOST__Retention__Sessions".to_owned(), "2".to_owned()));
    sync_with_age(&home, 43);
    assert_eq!(states(&home), ["Failed", "Applied"]);
    assert!(folder.is_dir());
    sync_with_age(&home, 44);
    assert_eq!(states(&home), ["Applied", "Applied"]);
    assert!(!folder.exists(), "it goes with its session");
    let counts = column(&home, "SELECT 100000 + Id, Counts FROM UJ_Journal");
    assert!(counts.last().unwrap().contains("\"sessionsForgotten\":1"), "{counts:?}");
}

fn old_runs_are_forgotten_with_the_next_one(kind: Kind) {
    let mut home = small::loaded(kind);
    sync_with_age(&home, 40);
    home.database.execute("UPDATE UJ_Runs SET CreatedAt = 1");
    let runs = |home: &Home| home.database.rows("SELECT Id FROM UJ_Runs").len();
    home.environment.push(("PROVOST__Retention__Sessions".to_owned(), "1".to_owned()));
    let journal = home.database.rows("SELECT Id FROM UJ_Journal").len();
    sync_with_age(&home, 41);
    assert_eq!(runs(&home), 1);
    assert!(home.database.rows("SELECT Id FROM UJ_Journal").len() > journal, "the journal is never cut");
}

fn history_is_purged_after_a_plan(kind: Kind) {
    let home = small::loaded(kind);
    sync_with_age(&home, 40);
    sync_with_age(&home, 41);
    let versions = |home: &Home| home.database.rows("SELECT Id, C7 FROM UR_ResourcesHistory").len();
    assert_eq!(versions(&home), 2);
    assert_eq!(home.run(&["manage-history"]).status.code(), Some(2), "it must be told what to forget");
    assert!(home.ok(&["manage-history", "--purge-before-months", "1"]).ends_with("There is nothing to forget.\n"));
    let plan = home.ok(&["manage-history", "--purge-before-months", "0", "--simulate-only"]);
    assert!(plan.ends_with("Nothing was forgotten: this was a simulation.\n"), "{plan}");
    assert_eq!(versions(&home), 2);
    let done = home.ok(&["manage-history", "--purge-before-months", "0", "--format", "json"]);
    let done: serde_json::Value = serde_json::from_str(&done).unwrap();
    assert_eq!(done["purged"], serde_json::json!({"resources": 2, "links": 0}));
    assert_eq!(versions(&home), 0);
    assert_eq!(small::held(&home).people["1"][2].as_deref(), Some("41"), "what holds now stays");
    let reasons = column(&home, "SELECT 100000 + Id, Reason FROM UJ_Journal");
    assert!(reasons.last().unwrap().starts_with("manage-history: purged what ended before 20"), "{reasons:?}");
}

on_both_databases!(
    the_newest_sessions_are_remembered,
    old_runs_are_forgotten_with_the_next_one,
    history_is_purged_after_a_plan,
);
