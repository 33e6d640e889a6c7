//! One connection with a transaction on it: statements in, rows out, the same on either database.

use crate::dialect::{Dialect, TRIGGERS_FIRE, TRIGGERS_REST, equalities};
use crate::error::StoreError;
use crate::value::{Arg, Row, Rows};
use rusqlite::config::DbConfig;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::Write;

/// Rows that one fetch of a PostgreSQL cursor brings.
const FETCH: usize = 20_000;
/// Rows that one SQLite statement inserts.
const TOGETHER: usize = 50;

/// A connection of the pool.
pub(crate) enum Driver {
    Sqlite(rusqlite::Connection),
    Postgres(Box<RefCell<Pg>>),
}

/// A PostgreSQL connection with the statements prepared on it.
pub(crate) struct Pg {
    pub(crate) client: postgres::Client,
    statements: HashMap<String, postgres::Statement>,
}

impl Pg {
    pub(crate) fn new(client: postgres::Client) -> Pg {
        Pg { client, statements: HashMap::new() }
    }

    fn prepare(&mut self, sql: &str) -> Result<postgres::Statement, postgres::Error> {
        const KEPT: usize = 200;
        if let Some(known) = self.statements.get(sql) {
            return Ok(known.clone());
        }
        let statement = self.client.prepare(sql)?;
        if self.statements.len() >= KEPT {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// A connection inside a transaction.
pub(crate) struct Link {
    pub(crate) driver: Driver,
    pub(crate) database: String,
    /// Writers that may be at work while a scan goes on: it must then leave the connection usable in between.
    pub(crate) writers: Cell<u32>,
    cursors: Cell<u64>,
    /// A statement failed: the transaction can only be rolled back. PostgreSQL refuses everything else itself; SQLite
    /// may have ended the transaction, so that what came after would be written outside of it.
    broken: Cell<bool>,
    /// Rows in buffers of writers that were not finished.
    pub(crate) held: Cell<u64>,
    /// What went wrong while a writer was dropped.
    pub(crate) failed: RefCell<Option<StoreError>>,
}

impl Link {
    pub(crate) fn new(driver: Driver, database: &str) -> Link {
        Link {
            driver,
            database: database.to_owned(),
            writers: Cell::new(0),
            cursors: Cell::new(0),
            broken: Cell::new(false),
            held: Cell::new(0),
            failed: RefCell::new(None),
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self.driver {
            Driver::Sqlite(_) => Dialect::Sqlite,
            Driver::Postgres(_) => Dialect::Postgres,
        }
    }

    fn sqlite_error(&self, sql: &str) -> impl Fn(rusqlite::Error) -> StoreError {
        move |error| {
            self.broken.set(true);
            StoreError::from_sqlite(&self.database, sql, &error)
        }
    }

    fn postgres_error(&self, sql: &str) -> impl Fn(postgres::Error) -> StoreError {
        move |error| {
            self.broken.set(true);
            StoreError::from_postgres(&self.database, sql, &error)
        }
    }

    fn usable(&self) -> Result<(), StoreError> {
        if !self.broken.get() {
            return Ok(());
        }
        let first = self.failed.borrow_mut().take();
        Err(first
            .unwrap_or_else(|| StoreError::misuse("the transaction goes on although a statement in it has failed")))
    }

    /// Whether the triggers that can rest ([`Dialect::triggers_rest`], [`Dialect::unless_resting`]) fire for the
    /// statements of this transaction that follow.
    pub(crate) fn fire_triggers(&self, fire: bool) -> Result<(), StoreError> {
        match &self.driver {
            Driver::Sqlite(connection) => connection
                .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, fire)
                .map(|_| ())
                .map_err(self.sqlite_error("switching triggers")),
            Driver::Postgres(_) => self.batch(if fire { TRIGGERS_FIRE } else { TRIGGERS_REST }),
        }
    }

    /// Gives the connection more memory until [`Link::calm`], for pages all over the tables that are going to change.
    pub(crate) fn take_memory(&self) -> Result<(), StoreError> {
        match self.dialect().work_memory(true) {
            Some(sql) => self.batch(sql),
            None => Ok(()),
        }
    }

    /// Brings the connection back to its settings, behind the end of a transaction: within it, with less memory, pages
    /// would go into the log that are to change again, and then the log would have to be written anew.
    pub(crate) fn calm(&self) -> Result<(), StoreError> {
        // On PostgreSQL both end with the transaction.
        match self.dialect().work_memory(false) {
            Some(sql) => self.fire_triggers(true).and_then(|()| self.batch(sql)),
            None => Ok(()),
        }
    }

    /// Ends the transaction without effect; tells whether the connection can be used again.
    pub(crate) fn rollback(&self) -> bool {
        self.broken.set(false);
        self.batch("ROLLBACK").is_ok()
    }

    /// Runs statements without parameters.
    pub(crate) fn batch(&self, sql: &str) -> Result<(), StoreError> {
        self.usable()?;
        match &self.driver {
            Driver::Sqlite(connection) => connection.execute_batch(sql).map_err(self.sqlite_error(sql)),
            Driver::Postgres(pg) => pg.borrow_mut().client.batch_execute(sql).map_err(self.postgres_error(sql)),
        }
    }

    /// Has an SQLite file without resources write under a rollback journal, when nobody else has it open.
    pub(crate) fn leave_log(&self) -> Result<bool, StoreError> {
        let Driver::Sqlite(connection) = &self.driver else {
            return Ok(false);
        };
        if self.first("SELECT 1 FROM UR_Resources LIMIT 1", &[], |_| Ok(()))?.is_some() {
            return Ok(false);
        }
        let journal = connection.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get::<_, String>(0));
        if journal.is_ok_and(|mode| mode == "delete") {
            // EXTRA: the end of the journal is the commit, and must itself survive a power cut.
            self.batch("PRAGMA synchronous = EXTRA")?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Runs one statement; tells how many rows it touched.
    pub(crate) fn execute(&self, sql: &str, args: &[Arg<'_>]) -> Result<u64, StoreError> {
        self.usable()?;
        match &self.driver {
            Driver::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql).map_err(self.sqlite_error(sql))?;
                let count = statement.execute(rusqlite::params_from_iter(args)).map_err(self.sqlite_error(sql))?;
                Ok(count as u64)
            }
            Driver::Postgres(pg) => {
                let mut pg = pg.borrow_mut();
                let statement = pg.prepare(sql).map_err(self.postgres_error(sql))?;
                let args = for_postgres(&statement, args);
                pg.client.execute(&statement, &args).map_err(self.postgres_error(sql))
            }
        }
    }

    /// Deletes the rows of a table whose `columns`, its primary key, a query lists; tells how many there were.
    ///
    /// SQLite looks up each of them: given `(a, b) IN (SELECT …)` it would use a part of the key only and read the rest.
    pub(crate) fn delete_listed(&self, table: &str, columns: &[&str], list: &str) -> Result<u64, StoreError> {
        match &self.driver {
            Driver::Sqlite(connection) => {
                self.usable()?;
                let delete = format!("DELETE FROM {table} WHERE {}", equalities(columns));
                let mut select = connection.prepare(list).map_err(self.sqlite_error(list))?;
                let mut delete_one = connection.prepare(&delete).map_err(self.sqlite_error(&delete))?;
                let mut rows = select.query([]).map_err(self.sqlite_error(list))?;
                let mut deleted = 0;
                while let Some(row) = rows.next().map_err(self.sqlite_error(list))? {
                    for column in 0..columns.len() {
                        let value: rusqlite::types::Value = row.get(column).map_err(self.sqlite_error(list))?;
                        delete_one.raw_bind_parameter(column + 1, value).map_err(self.sqlite_error(&delete))?;
                    }
                    deleted += delete_one.raw_execute().map_err(self.sqlite_error(&delete))? as u64;
                }
                Ok(deleted)
            }
            Driver::Postgres(_) => {
                let terms: Vec<String> = columns.iter().map(|c| format!("t.{c} = listed.{c}")).collect();
                let sql = format!("DELETE FROM {table} t USING ({list}) listed WHERE {}", terms.join(" AND "));
                self.execute(&sql, &[])
            }
        }
    }

    /// Gives the rows that a query lists to a table; those whose `key`, its primary key, is there get the new `value`.
    /// The query lists key and value under their names.
    pub(crate) fn put_listed(&self, table: &str, key: &[&str], value: &str, list: &str) -> Result<(), StoreError> {
        let row = key.join(", ");
        let insert =
            format!("INSERT INTO {table} ({row}, {value}) SELECT {row}, {value} FROM ({list}) listed WHERE TRUE");
        if self.dialect() == Dialect::Postgres {
            self.execute(&format!("{insert} ON CONFLICT ({row}) DO UPDATE SET {value} = excluded.{value}"), &[])?;
            return Ok(());
        }
        // DO UPDATE would keep a journal for undoing the statement alone, with every page that it changes.
        let same: Vec<String> = key.iter().map(|c| format!("{table}.{c} = listed.{c}")).collect();
        self.execute_or_fail(&format!(
            "UPDATE {table} SET {value} = listed.{value} FROM ({list}) listed WHERE {}",
            same.join(" AND ")
        ))?;
        self.execute_or_fail(&format!("{insert} ON CONFLICT DO NOTHING"))?;
        Ok(())
    }

    /// The same for a statement whose failure ends the transaction.
    pub(crate) fn execute_or_fail(&self, sql: &str) -> Result<u64, StoreError> {
        self.execute(&self.dialect().or_fail(sql), &[])
    }

    /// Hands every row of a query to `each`.
    pub(crate) fn scan<E: From<StoreError>>(
        &self,
        sql: &str,
        args: &[Arg<'_>],
        mut each: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.usable()?;
        match &self.driver {
            Driver::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql).map_err(self.sqlite_error(sql))?;
                let mut rows = statement.query(rusqlite::params_from_iter(args)).map_err(self.sqlite_error(sql))?;
                while let Some(row) = rows.next().map_err(self.sqlite_error(sql))? {
                    each(&Row::Sqlite(row))?;
                }
                Ok(())
            }
            Driver::Postgres(pg) if self.writers.get() > 0 => self.scan_by_cursor(pg, sql, args, each),
            Driver::Postgres(pg) => {
                use postgres::fallible_iterator::FallibleIterator;
                let mut pg = pg.borrow_mut();
                let statement = pg.prepare(sql).map_err(self.postgres_error(sql))?;
                let args = for_postgres(&statement, args);
                let mut rows = pg.client.query_raw(&statement, args).map_err(self.postgres_error(sql))?;
                while let Some(row) = rows.next().map_err(self.postgres_error(sql))? {
                    each(&Row::Postgres(&row))?;
                }
                Ok(())
            }
        }
    }

    /// Reads through a cursor, so that writers can use the connection between two fetches.
    fn scan_by_cursor<E: From<StoreError>>(
        &self,
        pg: &RefCell<Pg>,
        sql: &str,
        args: &[Arg<'_>],
        mut each: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.cursors.set(self.cursors.get() + 1);
        let name = format!("scan{}", self.cursors.get());
        {
            let mut pg = pg.borrow_mut();
            let declare = format!("DECLARE {name} NO SCROLL CURSOR FOR {sql}");
            let statement = pg.client.prepare(&declare).map_err(self.postgres_error(sql))?;
            let args = for_postgres(&statement, args);
            pg.client.execute(&statement, &args).map_err(self.postgres_error(sql))?;
        }
        let fetch = format!("FETCH {FETCH} FROM {name}");
        loop {
            let rows = pg.borrow_mut().client.query(&fetch, &[]).map_err(self.postgres_error(sql))?;
            for row in &rows {
                each(&Row::Postgres(row))?;
            }
            if rows.len() < FETCH {
                break;
            }
        }
        Ok(self.batch(&format!("CLOSE {name}"))?)
    }

    /// All rows of a query, each made into a value.
    pub(crate) fn all<T>(
        &self,
        sql: &str,
        args: &[Arg<'_>],
        mut make: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.usable()?;
        match &self.driver {
            Driver::Sqlite(_) => {
                let mut found = Vec::new();
                self.scan(sql, args, |row| {
                    found.push(make(row)?);
                    Ok::<(), StoreError>(())
                })?;
                Ok(found)
            }
            Driver::Postgres(pg) => {
                let rows = {
                    let mut pg = pg.borrow_mut();
                    let statement = pg.prepare(sql).map_err(self.postgres_error(sql))?;
                    let args = for_postgres(&statement, args);
                    pg.client.query(&statement, &args).map_err(self.postgres_error(sql))?
                };
                rows.iter().map(|row| make(&Row::Postgres(row))).collect()
            }
        }
    }

    /// The first row of a query, if any.
    pub(crate) fn first<T>(
        &self,
        sql: &str,
        args: &[Arg<'_>],
        make: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.all(sql, args, make)?.into_iter().next())
    }

    /// A count, from a query that gives one number.
    pub(crate) fn count(&self, sql: &str, args: &[Arg<'_>]) -> Result<u64, StoreError> {
        Ok(self.first(sql, args, |row| row.u64(0))?.unwrap_or_default())
    }

    /// Writes buffered rows the fastest way that the database has.
    pub(crate) fn bulk(
        &self,
        table: &str,
        fixed: &[(&str, i64)],
        columns: &[String],
        rows: &Rows,
    ) -> Result<(), StoreError> {
        self.usable()?;
        let sql = self.dialect().bulk_statement(table, fixed, columns);
        match &self.driver {
            Driver::Sqlite(connection) => self.insert(connection, sql, fixed, columns.len(), rows),
            Driver::Postgres(pg) => {
                let mut pg = pg.borrow_mut();
                let mut copy = pg.client.copy_in(&sql).map_err(self.postgres_error(&sql))?;
                copy.write_all(&copy_data(rows, fixed, columns.len())).map_err(|e| {
                    self.broken.set(true);
                    StoreError::Gone { database: self.database.clone(), detail: e.to_string() }
                })?;
                copy.finish().map_err(self.postgres_error(&sql))?;
                Ok(())
            }
        }
    }
}

impl Link {
    /// Inserts rows, many by one statement: the places where the last row went stay at hand for the next one.
    fn insert(
        &self,
        connection: &rusqlite::Connection,
        one: String,
        fixed: &[(&str, i64)],
        width: usize,
        rows: &Rows,
    ) -> Result<(), StoreError> {
        let many = (1..TOGETHER)
            .fold(one.clone(), |sql, row| format!("{sql}, ({})", Dialect::bulk_values(fixed, row * width + 1, width)));
        let mut values = rows.values();
        let mut left = rows.len() / width.max(1);
        for (sql, together) in [(many, TOGETHER), (one, 1)] {
            let mut statement = connection.prepare_cached(&sql).map_err(self.sqlite_error(&sql))?;
            while left >= together {
                for (column, value) in values.by_ref().take(together * width).enumerate() {
                    statement.raw_bind_parameter(column + 1, value).map_err(self.sqlite_error(&sql))?;
                }
                statement.raw_execute().map_err(self.sqlite_error(&sql))?;
                left -= together;
            }
        }
        Ok(())
    }
}

fn for_postgres<'a>(
    statement: &postgres::Statement,
    args: &'a [Arg<'a>],
) -> Vec<&'a (dyn postgres::types::ToSql + Sync)> {
    statement.params().iter().zip(args).map(|(place, arg)| arg.for_postgres(place)).collect()
}

/// The rows in PostgreSQL's binary COPY format.
fn copy_data(rows: &Rows, fixed: &[(&str, i64)], width: usize) -> Vec<u8> {
    let mut head = ((fixed.len() + width) as i16).to_be_bytes().to_vec();
    for (_, value) in fixed {
        head.extend_from_slice(&8_i32.to_be_bytes());
        head.extend_from_slice(&value.to_be_bytes());
    }
    let count = rows.len() / width.max(1);
    let mut data = Vec::with_capacity(rows.weight() + rows.len() * 4 + count * head.len() + 64);
    data.extend_from_slice(b"PGCOPY\n\xff\r\n\0");
    data.extend_from_slice(&[0; 8]);
    for (i, value) in rows.values().enumerate() {
        if i % width == 0 {
            data.extend_from_slice(&head);
        }
        match value {
            Arg::Null => data.extend_from_slice(&(-1_i32).to_be_bytes()),
            Arg::Int(value) => {
                data.extend_from_slice(&8_i32.to_be_bytes());
                data.extend_from_slice(&value.to_be_bytes());
            }
            Arg::Text(value) => {
                data.extend_from_slice(&(value.len() as i32).to_be_bytes());
                data.extend_from_slice(value.as_bytes());
            }
        }
    }
    data.extend_from_slice(&(-1_i16).to_be_bytes());
    data
}
