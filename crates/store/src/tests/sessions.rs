//! The queue of sessions.

use super::scratch::Scratch;
use crate::{Dialect, RunId, SessionState, Store, WriteTx};
use provost_model::summary::Mode;

super::both!(
    sessions_wait_in_order,
    a_session_moves_on_once,
    a_complete_session_cancels_what_waits,
    digests_are_remembered,
    writers_that_decide_first_keep_others_out,
);

fn create(s: &Scratch, id: &str, connector: &str, mode: Mode) {
    s.write(|tx| {
        tx.create_session(id, connector, mode, 10)?;
        tx.seal_session(id, Some("base"), Some("new"), 11)
    });
}

fn next(s: &Scratch, connector: &str) -> Option<String> {
    s.read(|tx| tx.unfinished_sessions(connector)).into_iter().next().map(|session| session.id)
}

fn sessions_wait_in_order(s: &Scratch) {
    create(s, "b", "HR", Mode::Complete);
    create(s, "x", "AD", Mode::Complete);
    create(s, "a", "HR", Mode::Incremental);
    let open = s.write(|tx| tx.create_session("open", "HR", Mode::Initial, 10));
    assert_eq!((open.sequence, open.state), (4, SessionState::Open));
    assert_eq!(next(s, "HR").as_deref(), Some("b"));
    s.write(|tx| tx.set_session_state("b", SessionState::Sealed, SessionState::Applied, 20));
    assert_eq!(next(s, "HR").as_deref(), Some("a"));
    assert_eq!(next(s, "SAP"), None);
    let session = s.read(|tx| tx.session("a")).unwrap();
    assert_eq!(
        (session.mode, session.base_digest.as_deref(), session.created_at),
        (Mode::Incremental, Some("base"), 10)
    );
    assert_eq!(s.read(|tx| tx.session("open")), Some(open));
}

fn a_session_moves_on_once(s: &Scratch) {
    create(s, "a", "HR", Mode::Complete);
    assert!(!s.write(|tx| tx.seal_session("a", None, None, 12)), "it was sealed before");
    let apply = || s.write(|tx| tx.set_session_state("a", SessionState::Sealed, SessionState::Applied, 20));
    assert!(apply());
    assert!(!apply());
    s.write(|tx| {
        tx.set_session_changes("a", Some(RunId(5)), Some("cafe"))?;
        tx.set_session_summary("a", "{}")
    });
    let session = s.read(|tx| tx.session("a")).unwrap();
    assert_eq!((session.run, session.summary.as_deref(), session.updated_at), (Some(RunId(5)), Some("{}"), 20));
    assert_eq!(session.change_set_hash.as_deref(), Some("cafe"));
}

fn a_complete_session_cancels_what_waits(s: &Scratch) {
    for (id, mode) in [("i1", Mode::Incremental), ("c1", Mode::Complete), ("i2", Mode::Incremental)] {
        create(s, id, "HR", mode);
    }
    create(s, "other", "AD", Mode::Incremental);
    create(s, "c2", "HR", Mode::Complete);
    create(s, "i3", "HR", Mode::Incremental);
    s.write(|tx| tx.set_session_state("i2", SessionState::Sealed, SessionState::Blocked, 20));
    s.write(|tx| tx.set_session_state("c1", SessionState::Sealed, SessionState::Applied, 20));
    s.write(|tx| tx.cancel_sessions_before("HR", 5, 30));
    let states = s.rows("SELECT State FROM UJ_SynchronizationSessions ORDER BY Sequence", 1);
    assert_eq!(states, ["Cancelled", "Applied", "Cancelled", "Sealed", "Sealed", "Sealed"]);
}

fn digests_are_remembered(s: &Scratch) {
    assert_eq!(s.read(|tx| tx.last_digest("HR")), None);
    s.write(|tx| {
        tx.set_last_digest("HR", "1")?;
        tx.set_last_digest("HR", "2")
    });
    assert_eq!(s.read(|tx| tx.last_digest("HR")).as_deref(), Some("2"));
}

fn writers_that_decide_first_keep_others_out(s: &Scratch) {
    let impatient = match s.store.dialect() {
        Dialect::Sqlite => format!("{}&busy_timeout=50", s.connection),
        Dialect::Postgres => format!("{} busy_timeout=50", s.connection),
    };
    let other = Store::open(&impatient).unwrap();
    let decide = |tx: &mut WriteTx| tx.lock_repository();
    s.write(|tx| {
        tx.lock_repository()?;
        assert_eq!(other.write("tester", "second", decide).unwrap_err().code(), "repository-locked");
        Ok(())
    });
    other.write("tester", "second", decide).unwrap();
}
