//! What is forgotten, and what never is.

use super::scratch::{Scratch, configuration};
use crate::{HistoryCounts, RunId, SessionState, StoredProblem};
use provost_model::ResourceId;
use provost_model::changes::Command;
use provost_model::summary::Mode;

super::both!(
    the_newest_sessions_and_those_that_wait_are_kept,
    changes_of_a_session_that_failed_go_with_it,
    old_runs_go_with_their_findings,
    history_is_purged_up_to_an_instant,
    first_versions_begin_at_the_beginning,
    indexes_that_somebody_took_away_come_back,
);

fn first_versions_begin_at_the_beginning(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    for now in [200, 300] {
        s.write(|tx| {
            let run = tx.new_run("HR", now)?;
            let name = format!("Ada {now}");
            c.stage_person(tx, run, Command::Update, 1, [Some("P1"), Some(&name), Some("ada@x"), None], 0)?;
            tx.apply_changes(run, &c.plan(now))
        });
    }
    let keys = s.keys();
    // Three persons and two departments.
    assert_eq!(s.write(|tx| tx.reset_valid_from()), 5);
    let first = "-62135596800000000";
    assert_eq!(s.past(), [format!("1|P1|Ada|-|11|{first}|200"), "1|P1|Ada 200|-|11|200|300".to_owned()]);
    assert_eq!(
        s.people(),
        [
            "1|P1|Ada 300|ada@x|-|11|300".to_owned(),
            format!("2|P2|Bob|bob@x|-|11|{first}"),
            format!("3|P3|Cyd|cyd@x|-|-|{first}")
        ]
    );
    assert_eq!(s.keys(), keys, "what was read from files still counts as unchanged");
    assert_eq!(s.write(|tx| tx.reset_valid_from()), 0);
}

fn indexes_that_somebody_took_away_come_back(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    s.by_hand("DROP INDEX UR_Resources_I40");
    assert_eq!(s.write(|tx| tx.ensure_indexes()), 1);
    // It is there: it cannot be made again, but it can be dropped again.
    s.by_hand("DROP INDEX UR_Resources_I40");
    assert_eq!(s.write(|tx| tx.ensure_indexes()), 1);
}

fn session(s: &Scratch, id: &str, connector: &str, state: SessionState, run: Option<RunId>) {
    s.write(|tx| {
        tx.create_session(id, connector, Mode::Complete, "tester", 10)?;
        tx.set_session_state(id, SessionState::Open, state, 11)?;
        tx.set_session_changes(id, run, None)
    });
}

fn ids(s: &Scratch) -> Vec<String> {
    s.rows("SELECT Id FROM UJ_SynchronizationSessions ORDER BY Sequence", 1)
}

/// A run with one change.
fn run(s: &Scratch, now: i64) -> RunId {
    let c = s.deploy(&configuration(), 50);
    s.write(|tx| {
        let run = tx.new_run("HR", now)?;
        c.stage_person(tx, run, Command::Insert, 900, [Some("P9"), None, None, None], 0)?;
        Ok(run)
    })
}

fn the_newest_sessions_and_those_that_wait_are_kept(s: &Scratch) {
    let kept_changes = run(s, 100);
    session(s, "applied", "HR", SessionState::Applied, None);
    session(s, "marked later", "HR", SessionState::Applied, Some(kept_changes));
    session(s, "blocked", "HR", SessionState::Blocked, None);
    session(s, "failed", "HR", SessionState::Failed, None);
    session(s, "other", "AD", SessionState::Applied, None);
    session(s, "sealed", "HR", SessionState::Sealed, None);
    session(s, "open", "HR", SessionState::Open, None);
    session(s, "cancelled", "HR", SessionState::Cancelled, None);
    session(s, "newest", "HR", SessionState::Applied, None);
    let past = |keep| s.read(|tx| tx.past_sessions("HR", keep)).into_iter().map(|p| p.id).collect::<Vec<_>>();
    assert_eq!(past(0), ["newest", "cancelled", "failed", "applied"]);
    assert_eq!(past(2), ["failed", "applied"]);
    assert_eq!(past(4), [""; 0]);
    s.write(|tx| {
        let past = tx.past_sessions("HR", 1)?;
        tx.forget_sessions(&past)
    });
    assert_eq!(ids(s), ["marked later", "blocked", "other", "sealed", "open", "newest"]);
    assert_eq!(s.read(|tx| tx.journal(1))[0].counts["sessionsForgotten"], 3);
}

fn changes_of_a_session_that_failed_go_with_it(s: &Scratch) {
    let never_applied = run(s, 100);
    session(s, "failed", "HR", SessionState::Failed, Some(never_applied));
    s.write(|tx| {
        let past = tx.past_sessions("HR", 0)?;
        tx.forget_sessions(&past)
    });
    assert_eq!(ids(s), [""; 0]);
    assert_eq!(s.rows("SELECT KeyValue FROM UR_ResourceChanges", 1), [""; 0]);
}

fn old_runs_go_with_their_findings(s: &Scratch) {
    let staged = run(s, 1);
    let problem = |reason: &str| StoredProblem {
        table: "Person".to_owned(),
        line: 1,
        column: None,
        value: None,
        reason: reason.to_owned(),
        remedy: None,
    };
    let remembered = s.write(|tx| {
        let old = tx.new_run("HR", 2)?;
        tx.insert_problem(old, &problem("old"))?;
        let remembered = tx.new_run("HR", 3)?;
        tx.insert_problem(remembered, &problem("remembered"))?;
        let new = tx.new_run("HR", 100)?;
        tx.insert_problem(new, &problem("new"))?;
        Ok(remembered)
    });
    session(s, "a", "HR", SessionState::Applied, Some(remembered));
    s.write(|tx| tx.forget_runs(100));
    assert_eq!(s.rows("SELECT Reason FROM UJ_Problems ORDER BY Id", 1), ["remembered", "new"]);
    let runs = s.rows("SELECT CAST(CreatedAt AS TEXT) FROM UJ_Runs r ORDER BY r.Id", 1);
    assert_eq!(runs, ["1", "3", "100"], "the first has changes that are still to be marked: {staged:?}");
    let counts = &s.read(|tx| tx.journal(1))[0].counts;
    assert_eq!((counts["runsForgotten"], counts["findingsForgotten"]), (1, 1));
}

fn history_is_purged_up_to_an_instant(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    for (now, name) in [(200, "Ada B"), (300, "Ada C"), (400, "Ada D")] {
        s.write(|tx| {
            let run = tx.new_run("HR", now)?;
            c.stage_person(tx, run, Command::Update, 1, [Some("P1"), Some(name), Some("ada@x"), None], 0)?;
            if now == 300 {
                tx.link_changes(run, c.heads)?.push(Command::Delete, ResourceId(1), ResourceId(11), None, None, 0)?;
            }
            tx.apply_changes(run, &c.plan(now))
        });
    }
    let names = || s.rows("SELECT C5 FROM UR_ResourcesHistory h WHERE h.Id = 1 ORDER BY h.ValidTo", 1);
    assert_eq!(names(), ["Ada", "Ada B", "Ada C"]);
    let wanted = HistoryCounts { resources: 1, links: 0 };
    assert_eq!(s.read(|tx| tx.history_before(300)), wanted, "the version that ended at 300 held until then");
    assert_eq!(s.write(|tx| tx.purge_history(300)), wanted);
    assert_eq!(names(), ["Ada B", "Ada C"]);
    assert_eq!(s.read(|tx| tx.history_before(301)), HistoryCounts { resources: 1, links: 1 });
    s.write(|tx| tx.purge_history(500));
    assert_eq!(names(), [""; 0]);
    assert_eq!(s.rows("SELECT C5 FROM UR_Resources r WHERE r.Id = 1", 1), ["Ada D"]);
    assert_eq!(s.read(|tx| tx.journal(1))[0].counts["versionsPurged"], 2);
}
