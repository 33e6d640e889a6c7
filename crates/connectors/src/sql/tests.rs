//! Both databases with the same statements.

use super::*;
use crate::keeping::AsTheyAre;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

#[derive(Default)]
struct Seen {
    rows: Mutex<Vec<u64>>,
    cancelled: AtomicBool,
}

impl Watcher for Seen {
    fn rows(&self, rows: u64, _bytes: u64) {
        self.rows.lock().unwrap().push(rows);
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Sqlite,
    Postgres,
}

struct Place {
    folder: TempDir,
    kind: Kind,
    schema: String,
}

/// A place with a table of its own on each database at hand.
fn places(name: &str) -> Vec<Place> {
    let mut places = vec![Place { folder: tempfile::tempdir().unwrap(), kind: Kind::Sqlite, schema: String::new() }];
    if std::env::var_os("PROVOST_TEST_POSTGRES").is_some() {
        let schema = format!("sql_{name}_{}", std::process::id());
        places.push(Place { folder: tempfile::tempdir().unwrap(), kind: Kind::Postgres, schema });
    }
    for place in &places {
        match place.kind {
            Kind::Sqlite => drop(rusqlite::Connection::open(place.file()).unwrap()),
            Kind::Postgres => {
                let mut client = place.client();
                let s = &place.schema;
                client.batch_execute(&format!("DROP SCHEMA IF EXISTS {s} CASCADE; CREATE SCHEMA {s}")).unwrap();
            }
        }
        place.run("CREATE TABLE people (id INTEGER, name TEXT, remark TEXT)", None).unwrap();
        place
            .run(
                "INSERT INTO people VALUES (1, 'Ada', NULL); INSERT INTO people VALUES (2, 'a,b \"c\"', ' lead'); \
                 INSERT INTO people VALUES (3, 'two\nlines', 'back\\slash')",
                None,
            )
            .unwrap();
    }
    places
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.kind == Kind::Postgres {
            self.client().batch_execute(&format!("DROP SCHEMA {} CASCADE", self.schema)).unwrap();
        }
    }
}

impl Place {
    fn file(&self) -> PathBuf {
        self.folder.path().join("hr.db")
    }

    fn client(&self) -> ::postgres::Client {
        let connection = std::env::var("PROVOST_TEST_POSTGRES").unwrap();
        let mut client = ::postgres::Client::connect(&connection, ::postgres::NoTls).unwrap();
        client.batch_execute(&format!("SET search_path = {}", self.schema)).unwrap();
        client
    }

    fn database(&self) -> Database {
        match self.kind {
            Kind::Sqlite => Database::Sqlite(self.file()),
            Kind::Postgres => Database::Postgres(Box::new(self.client())),
        }
    }

    fn request<'a>(&'a self, sql: &'a str, table: Option<&'a str>) -> SqlRequest<'a> {
        let output = table.map(|table| (self.folder.path(), table));
        let timeout = Duration::from_secs(30);
        SqlRequest { database: "HR", sql, output, timeout, isolation: "", encoding: "", keeping: &AsTheyAre }
    }

    fn run(&self, sql: &str, table: Option<&str>) -> Result<Option<TableWritten>, SqlError> {
        run_sql(self.database(), &self.request(sql, table), &Seen::default())
    }

    /// The text of a table, or the error with its remedy.
    fn table(&self, sql: &str) -> String {
        match self.run(sql, Some("T")) {
            Ok(written) => std::fs::read_to_string(written.unwrap().file).unwrap(),
            Err(error) => format!("{}: {error}; {}", error.code(), error.remedy()),
        }
    }
}

#[test]
fn a_query_becomes_a_table_in_canonical_form() {
    for place in places("table") {
        let text = place.table("SELECT id, name AS \"Full name\", remark FROM people ORDER BY id;");
        assert_eq!(text, "id,Full name,remark\n1,Ada,\n2,\"a,b \"\"c\"\"\",\" lead\"\n3,\"two\nlines\",back\\slash\n");
        assert_eq!(place.table("SELECT remark FROM people WHERE id = 1"), "remark\n\"\"\n");
        assert_eq!(place.table("SELECT id FROM people WHERE id > 5"), "id\n");
        let left: Vec<_> = std::fs::read_dir(place.folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".sql")), "{left:?}");
    }
}

#[test]
fn what_cannot_become_a_table_is_told_and_the_table_stays() {
    for place in places("wrong") {
        place.table("SELECT id FROM people");
        let wrong = place.table("SELECT id,\n  nme FROM people");
        let (start, rest) = wrong.split_once(": ").unwrap();
        assert_eq!(start, "sql-statement");
        let at = if place.kind == Kind::Sqlite {
            "line 2, column 3: no such column: nme"
        } else {
            "line 2, column 3: column \"nme\" does not exist"
        };
        assert!(rest.starts_with(&format!("database HR refuses the statement at {at}")), "{rest}");
        assert_eq!(
            place.table("SELECT id, name AS id FROM people"),
            "sql-columns: database HR: column 2 of the result is named \"id\" as another one; name each column of the \
             query, each differently (AS name)"
        );
        let several = place.table("SELECT id FROM people; SELECT name FROM people");
        assert!(
            several.ends_with("a query is one statement; set IsNotAQuery to true for several that yield no rows"),
            "{several}"
        );
        assert_eq!(place.run("  ", Some("T")).unwrap_err().code(), "sql-empty");
        assert_eq!(std::fs::read_to_string(place.folder.path().join("T.csv")).unwrap(), "id\n1\n2\n3\n");
    }
}

#[test]
fn what_is_not_a_query_is_carried_out_and_taken_back_as_a_whole_under_an_isolation_level() {
    for place in places("execute") {
        let request = place.request("DELETE FROM people WHERE id = 1; DELETE FROM nothing", None);
        let request = SqlRequest { isolation: "Serializable", ..request };
        let error = run_sql(place.database(), &request, &Seen::default()).unwrap_err();
        assert_eq!(error.code(), "sql-statement");
        assert_eq!(place.table("SELECT count(*) AS n FROM people"), "n\n3\n");
        assert_eq!(place.run("UPDATE people SET name = 'x' WHERE id = 1", None).unwrap(), None);
        assert_eq!(place.table("SELECT name FROM people WHERE id = 1"), "name\nx\n");
        let unknown = SqlRequest { isolation: "Loose", ..place.request("SELECT 1", None) };
        assert_eq!(run_sql(place.database(), &unknown, &Seen::default()).unwrap_err().code(), "sql-isolation");
    }
}

#[test]
fn a_statement_that_takes_too_long_is_ended() {
    for place in places("slow") {
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT count(*) AS c FROM n";
        let request = SqlRequest { timeout: Duration::from_millis(200), ..place.request(sql, Some("T")) };
        let error = run_sql(place.database(), &request, &Seen::default()).unwrap_err();
        assert_eq!(error.code(), "sql-timeout");
        assert!(!place.folder.path().join("T.csv").exists());
    }
}

#[test]
fn rows_are_told_while_they_come_and_nobody_waiting_ends_them() {
    for place in places("many") {
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT i FROM n";
        let seen = Seen::default();
        let written = run_sql(place.database(), &place.request(sql, Some("T")), &seen).unwrap().unwrap();
        assert_eq!((written.rows, seen.rows.lock().unwrap().clone()), (3000, vec![1024, 2048, 3000]));
        seen.cancelled.store(true, Ordering::SeqCst);
        let error = run_sql(place.database(), &place.request(sql, Some("U")), &seen).unwrap_err();
        assert_eq!(error.code(), "sql-cancelled");
        assert!(!place.folder.path().join("U.csv").exists());
    }
}

#[test]
fn other_encodings_are_written_when_they_hold_the_text() {
    for place in places("encoding") {
        let named = |sql, encoding| {
            let request = SqlRequest { encoding, ..place.request(sql, Some("T")) };
            run_sql(place.database(), &request, &Seen::default()).map_err(|error| error.code())
        };
        named("SELECT 'é' AS e", "windows-1252").unwrap();
        assert_eq!(std::fs::read(place.folder.path().join("T.csv")).unwrap(), b"e\n\xe9\n");
        assert_eq!(named("SELECT 'ж' AS e", "windows-1252").unwrap_err(), "sql-encoding");
        assert_eq!(named("SELECT 1 AS e", "utf-16").unwrap_err(), "sql-encoding");
        assert_eq!(named("SELECT 1 AS e", "latin-9999").unwrap_err(), "sql-encoding");
    }
}

#[test]
fn the_values_of_a_file_become_text() {
    let place = places("types").into_iter().next().unwrap();
    assert_eq!(
        place.table("SELECT 1.5 AS r, 2.0 AS w, x'00ff' AS b, NULL AS n, -3 AS i"),
        "r,w,b,n,i\n1.5,2,AP8=,,-3\n"
    );
    let gone = Database::Sqlite(place.folder.path().join("none.db"));
    let error = run_sql(gone, &place.request("SELECT 1 AS a", Some("T")), &Seen::default()).unwrap_err();
    assert_eq!(error.code(), "sql-database");
}
