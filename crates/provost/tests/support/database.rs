//! A look into the repository by plain SQL, the same on both databases.

use super::Kind;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The repository of a test.
#[allow(clippy::large_enum_variant, reason = "there is one for each test")]
pub enum Database {
    Sqlite(PathBuf),
    Postgres { connection: String, client: Box<RefCell<postgres::Client>> },
}

static NEXT: AtomicU32 = AtomicU32::new(0);

impl Database {
    pub fn create(kind: Kind, path: &Path) -> Database {
        match kind {
            Kind::Sqlite => Database::Sqlite(path.to_owned()),
            Kind::Postgres => {
                let connection = create_on_server("");
                let client = postgres::Client::connect(&connection, postgres::NoTls).unwrap();
                Database::Postgres { connection, client: Box::new(RefCell::new(client)) }
            }
        }
    }

    /// The same content once more; the file of an SQLite repository is at `path` already.
    pub fn copy(&self, path: &Path) -> Database {
        let Database::Postgres { connection, client } = self else {
            return Database::Sqlite(path.to_owned());
        };
        let name = self.rows("SELECT current_database()")[0][0].clone().unwrap();
        // A database with a session cannot be copied.
        *client.borrow_mut() = postgres::Client::connect(&server(), postgres::NoTls).unwrap();
        let copied = create_on_server(&format!(" TEMPLATE {name}"));
        *client.borrow_mut() = postgres::Client::connect(connection, postgres::NoTls).unwrap();
        let client = postgres::Client::connect(&copied, postgres::NoTls).unwrap();
        Database::Postgres { connection: copied, client: Box::new(RefCell::new(client)) }
    }

    /// Connection string, where it is not the default of a home.
    pub fn connection(&self) -> Option<&str> {
        match self {
            Database::Sqlite(_) => None,
            Database::Postgres { connection, .. } => Some(connection),
        }
    }

    /// Rows of text; numbers and NULL as text, too. Sorted.
    pub fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let mut rows: Vec<Vec<Option<String>>> = match self {
            Database::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                let mut statement = connection.prepare(sql).unwrap();
                let columns = statement.column_count();
                let mut found = Vec::new();
                let mut rows = statement.query([]).unwrap();
                while let Some(row) = rows.next().unwrap() {
                    found.push((0..columns).map(|c| text(row.get_ref(c).unwrap())).collect());
                }
                found
            }
            Database::Postgres { client, .. } => {
                let messages = client.borrow_mut().simple_query(sql).unwrap();
                messages
                    .iter()
                    .filter_map(|m| match m {
                        postgres::SimpleQueryMessage::Row(row) => {
                            Some((0..row.len()).map(|c| row.get(c).map(str::to_owned)).collect())
                        }
                        _ => None,
                    })
                    .collect()
            }
        };
        rows.sort();
        rows
    }

    /// One number.
    pub fn number(&self, sql: &str) -> i64 {
        self.rows(sql)[0][0].as_ref().unwrap().parse().unwrap()
    }

    /// A transaction of somebody else that did this and goes on until it is dropped, without effect.
    pub fn begin(&self, sql: &str) -> Box<dyn std::any::Any> {
        match self {
            Database::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                connection.execute_batch(&format!("BEGIN IMMEDIATE; {sql};")).unwrap();
                Box::new(connection)
            }
            Database::Postgres { connection, .. } => {
                let mut client = postgres::Client::connect(connection, postgres::NoTls).unwrap();
                client.batch_execute(&format!("BEGIN; {sql};")).unwrap();
                Box::new(client)
            }
        }
    }

    /// Changes the repository behind the engine's back.
    pub fn execute(&self, sql: &str) {
        match self {
            Database::Sqlite(path) => rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap(),
            Database::Postgres { client, .. } => client.borrow_mut().batch_execute(sql).unwrap(),
        }
    }
}

fn text(value: rusqlite::types::ValueRef<'_>) -> Option<String> {
    use rusqlite::types::ValueRef;
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(i) => Some(i.to_string()),
        ValueRef::Real(r) => Some(r.to_string()),
        ValueRef::Text(t) | ValueRef::Blob(t) => Some(String::from_utf8_lossy(t).into_owned()),
    }
}

fn server() -> String {
    std::env::var("PROVOST_TEST_POSTGRES").unwrap()
}

/// Connection string of a new database.
fn create_on_server(how: &str) -> String {
    let server = server();
    let name = format!("provost_e2e_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
    let mut admin = postgres::Client::connect(&server, postgres::NoTls).unwrap();
    admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).unwrap();
    admin.batch_execute(&format!("CREATE DATABASE {name}{how}")).unwrap();
    if server.contains("://") {
        let (head, tail) = server.rsplit_once('/').unwrap();
        let query = tail.split_once('?').map(|(_, q)| format!("?{q}")).unwrap_or_default();
        format!("{head}/{name}{query}")
    } else {
        format!("{server} dbname={name}")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Database::Postgres { connection, client } = self {
            let name = client.borrow_mut().query_one("SELECT current_database()", &[]).unwrap().get::<_, String>(0);
            connection.clear();
            if let Ok(mut admin) = postgres::Client::connect(&server(), postgres::NoTls) {
                let _ = admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
            }
        }
    }
}
