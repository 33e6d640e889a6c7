//! The health of a repository, looked at without changing anything.

use crate::connect::Target;
use crate::dialect::Dialect;
use crate::error::StoreError;
use crate::link::Link;
use crate::schema;
use crate::store::Store;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Path, or database and host.
    pub name: String,
    /// Version of its schema; 0 when there is none.
    pub version: i64,
    /// Version that this program writes.
    pub known: i64,
    /// Version of the database itself: `15.4`.
    pub database: String,
    /// Its clock: microseconds since 1970, UTC; `None` when it has none of its own.
    pub clock: Option<i64>,
    /// What is damaged.
    pub damage: Vec<String>,
}

impl Store {
    /// Looks at a database without making or updating tables. A file that does not exist is not made when the
    /// connection string says `mode=ro`.
    ///
    /// # Errors
    /// It cannot be reached or read.
    pub fn inspect(connection: &str) -> Result<Inspection, StoreError> {
        let target = Target::parse(connection)?;
        let link = Link::new(target.connect()?, &target.name());
        let version = schema::version(&link)?;
        let (database, clock, check) = match link.dialect() {
            Dialect::Sqlite => ("SELECT sqlite_version()", None, "PRAGMA quick_check(20)"),
            Dialect::Postgres => (
                "SELECT current_setting('server_version')",
                Some("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"),
                "SELECT 'index ' || CAST(c.relname AS TEXT) || ' is not valid' FROM pg_index i \
                 JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE n.nspname = current_schema() AND NOT i.indisvalid",
            ),
        };
        let clock = clock.map(|sql| link.first(sql, &[], |row| row.i64(0))).transpose()?.flatten();
        let database = link.first(database, &[], |row| row.string(0))?.unwrap_or_default();
        let mut damage = match link.all(check, &[], |row| row.string(0)) {
            // What keeps the check itself from going on is what it looks for.
            Err(StoreError::Damaged { detail, .. }) => vec![detail],
            found => found?,
        };
        damage.retain(|line| line != "ok");
        Ok(Inspection { name: target.name(), version, known: schema::known_version(), database, clock, damage })
    }
}
