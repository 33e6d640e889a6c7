//! A database that is locked, gone, read-only, full or too new: a clear error, the repository as before, and the next
//! run healthy.

use super::scratch::{Scratch, configuration};
use crate::{Store, StoreError};

super::both!(
    a_newer_schema_is_refused,
    a_failed_transaction_leaves_nothing,
    a_panic_leaves_nothing,
    a_read_only_database_says_so,
    opening_twice_changes_nothing,
    an_older_schema_is_brought_up_to_date,
);

fn poke(store: &Store) -> Result<(), StoreError> {
    store.write("tester", "poke", |tx| tx.set_last_digest("HR", "1"))
}

fn a_newer_schema_is_refused(s: &Scratch) {
    s.by_hand("INSERT INTO UM_SchemaVersions (Version, AppliedAt) VALUES (999, 0)");
    let error = Store::open(&s.connection).unwrap_err();
    assert!(error.to_string().contains("schema version 999; this program knows versions up to 7"), "{error}");
    assert_eq!(error.code(), "repository-newer-schema");
    assert!(error.remedy().contains("newer version"));
}

fn a_failed_transaction_leaves_nothing(s: &Scratch) {
    let result = s.store.write("tester", "test", |tx| {
        tx.set_last_digest("HR", "1")?;
        tx.link.execute("INSERT INTO UM_Counters (Name, Value) VALUES ($1, $2)", &["x".into(), crate::value::Arg::Null])
    });
    assert_eq!(result.unwrap_err().code(), "repository-statement");
    assert_eq!(s.read(|tx| tx.last_digest("HR")), None);
    assert_eq!(s.read(|tx| tx.journal(9)), []);
    poke(&s.store).unwrap();
}

fn a_panic_leaves_nothing(s: &Scratch) {
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        s.write(|tx| -> Result<(), StoreError> {
            tx.set_last_digest("HR", "1")?;
            panic!("on purpose");
        });
    }));
    assert!(result.is_err());
    assert_eq!(s.read(|tx| tx.last_digest("HR")), None);
    poke(&s.store).unwrap();
}

fn a_read_only_database_says_so(s: &Scratch) {
    let connection = match s.store.dialect() {
        crate::Dialect::Sqlite => format!("{}&mode=ro", s.connection),
        crate::Dialect::Postgres => {
            s.connection.replace("-c search_path", "-c default_transaction_read_only=on -c search_path")
        }
    };
    let store = Store::open(&connection).unwrap();
    let error = poke(&store).unwrap_err();
    assert_eq!(error.code(), "repository-read-only", "{error}");
    assert_eq!(store.read(|tx| tx.last_digest("HR")).unwrap(), None);
}

fn opening_twice_changes_nothing(s: &Scratch) {
    s.deploy(&configuration(), 50).fill(s);
    let again = Store::open(&s.connection).unwrap();
    assert_eq!(again.read(|tx| tx.journal(9)).unwrap().len(), 2);
    assert_eq!(s.rows("SELECT CAST(COUNT(*) AS TEXT) FROM UM_SchemaVersions", 1), ["7"]);
}

/// A repository of the first version of the schema is brought to this one when it is opened, with all that it holds.
fn an_older_schema_is_brought_up_to_date(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    let orphan =
        format!("INSERT INTO UR_ResourceLinkOrphans (Association_Id, Key1, Key2) VALUES ({}, 'a', 'x')", c.heads);
    s.by_hand(&orphan);
    s.by_hand("DELETE FROM UM_SchemaVersions WHERE Version >= 2");
    s.by_hand("DROP INDEX UR_ResourceLinkOrphans_Reverse");
    s.by_hand("ALTER TABLE UJ_SynchronizationSessions DROP COLUMN OpenedBy");
    let jobs = ["JobInstances", "TaskInstances", "JobSchedules", "Agents", "ConnectorStates", "ConnectionSchemas"]
        .map(|t| format!("UJ_{t}"));
    let access = ["SigningKeys", "Accounts", "WebSessions", "Attempts", "UsedTokens"].map(|t| format!("UA_{t}"));
    let policy = [crate::policy::schema::TABLES, crate::policy::orders::TABLES];
    let policy = policy.into_iter().flat_map(|step| step.split("CREATE TABLE ").skip(1));
    let policy: Vec<String> = policy.filter_map(|rest| Some(rest.split_once(' ')?.0.to_owned())).collect();
    let later = ["UR_ResourceFiles", "UJ_ConnectionSchemas"].map(str::to_owned);
    for table in jobs.iter().chain(&access).chain(&policy).chain(&later) {
        s.by_hand(&format!("DROP TABLE {table}"));
    }
    let again = Store::open(&s.connection).unwrap();
    assert_eq!(s.rows("SELECT CAST(MAX(Version) AS TEXT) FROM UM_SchemaVersions", 1), ["7"]);
    s.by_hand("DROP INDEX UR_ResourceLinkOrphans_Reverse");
    assert_eq!(again.read(|tx| tx.count_orphans(c.heads)).unwrap(), 1);
    assert_eq!(again.read(|tx| tx.count_resources(c.person)).unwrap(), 3);
}

#[test]
fn a_locked_sqlite_file_says_so_and_heals() {
    let s = Scratch::sqlite();
    let other = rusqlite::Connection::open(s.folder.as_ref().unwrap().path().join("provost.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = poke(&s.store).unwrap_err();
    assert_eq!(error.code(), "repository-locked", "{error}");
    assert_eq!(s.read(|tx| tx.last_digest("HR")), None, "reading goes on");
    other.execute_batch("COMMIT").unwrap();
    poke(&s.store).unwrap();
}

#[test]
fn a_sqlite_file_that_is_gone_says_so() {
    let s = Scratch::sqlite();
    let path = s.folder.as_ref().unwrap().path().join("provost.db");
    let aside = path.with_extension("aside");
    std::fs::rename(&path, &aside).unwrap();
    let error = poke(&s.store).unwrap_err();
    assert_eq!(error.code(), "repository-gone", "{error}");
    assert!(!path.exists(), "no empty database may take its place");
    std::fs::write(&path, "").unwrap();
    let error = s.store.read(|tx| tx.last_digest("HR")).unwrap_err();
    assert!(error.to_string().contains("replaced"), "{error}");
    std::fs::rename(&aside, &path).unwrap();
    poke(&s.store).unwrap();
}

#[test]
fn a_full_disk_says_so_and_heals() {
    let s = Scratch::sqlite();
    let c = s.deploy(&configuration(), 50);
    // The limit belongs to the connection, so it holds for the one that the pool keeps.
    s.read(|tx| {
        let pages = tx.link.count("PRAGMA page_count", &[])?;
        tx.link.count(&format!("PRAGMA max_page_count = {}", pages + 10), &[]).map(|_| ())
    });
    let load = || {
        s.store.write("tester", "load", |tx| {
            let mut people = tx.bulk_initial(c.person, &[super::scratch::slot(5)], 100)?;
            for id in 1..5000 {
                people.push(provost_model::ResourceId(id), &format!("P{id:09}"), 1, None, &[Some("somebody")])?;
            }
            people.finish(tx)
        })
    };
    let error = load().unwrap_err();
    assert_eq!(error.code(), "repository-disk-full", "{error}");
    assert_eq!(s.read(|tx| tx.count_resources(c.person)), 0);
    s.read(|tx| tx.link.count("PRAGMA max_page_count = 1000000", &[]));
    assert_eq!(load().unwrap(), 4999);
}

#[test]
fn what_is_no_database_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &std::path::Path| Store::open(&path.display().to_string()).unwrap_err();
    let text = folder.path().join("text");
    std::fs::write(&text, "This is not a database, but it is long enough to have a header.".repeat(20)).unwrap();
    assert_eq!(open(&text).code(), "repository-damaged");
    assert!(open(folder.path()).to_string().ends_with("it is a folder"));
    let error = open(&folder.path().join("absent").join("provost.db"));
    assert!(error.to_string().contains("absent does not exist"), "{error}");
    assert_eq!(error.code(), "repository-unreachable");
}

#[test]
fn a_server_that_is_not_there_says_so() {
    for connection in ["host=127.0.0.1 port=1 user=nobody", "postgres://nobody:secret@127.0.0.1:1/nothing"] {
        let error = Store::open(connection).unwrap_err();
        assert_eq!(error.code(), "repository-unreachable");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn a_database_that_is_not_there_is_to_be_made() {
    let Some(s) = Scratch::postgres() else { return };
    let server = std::env::var("PROVOST_TEST_POSTGRES").unwrap();
    let error = Store::open(&format!("{server} dbname=provost_never_made")).unwrap_err();
    assert_eq!(error.code(), "repository-missing");
    assert!(error.to_string().contains("provost_never_made"), "{error}");
    assert!(error.remedy().contains("CREATE DATABASE") && !error.remedy().contains("credentials"));
    drop(s);
}

#[test]
fn a_server_that_ends_the_connection_says_so_and_heals() {
    let Some(s) = Scratch::postgres() else { return };
    let result = s.store.write("tester", "test", |tx| {
        let own = tx.link.count("SELECT CAST(pg_backend_pid() AS BIGINT)", &[])?;
        s.by_hand(&format!("SELECT pg_terminate_backend({own})"));
        tx.set_last_digest("HR", "1")
    });
    assert_eq!(result.unwrap_err().code(), "repository-gone");
    poke(&s.store).unwrap();
}

#[test]
fn a_locked_table_says_so() {
    let Some(s) = Scratch::postgres() else { return };
    let error = s
        .store
        .write("tester", "test", |tx| {
            tx.link.batch("LOCK TABLE UJ_ConnectorDigests")?;
            Ok::<_, StoreError>(poke(&s.store).unwrap_err())
        })
        .unwrap();
    assert_eq!(error.code(), "repository-locked", "{error}");
}
