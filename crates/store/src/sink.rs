//! Buffered writing of many rows into one table.

use crate::error::StoreError;
use crate::link::Link;
use crate::value::{Arg, Rows};
use std::rc::Rc;

/// Bytes that a buffer holds before it is written.
pub(crate) const LIMIT: usize = 512 * 1024;

/// Collects rows and writes them in bulk. Dropping it writes what is left; an error found then makes the commit fail.
pub(crate) struct Sink {
    pub(crate) link: Rc<Link>,
    table: &'static str,
    /// Columns whose value is the same in every row.
    fixed: Vec<(&'static str, i64)>,
    columns: Vec<String>,
    rows: Rows,
    held: u64,
    written: u64,
}

impl Sink {
    pub(crate) fn new(link: &Rc<Link>, table: &'static str, columns: Vec<String>) -> Sink {
        Sink::with_fixed(link, table, Vec::new(), columns)
    }

    pub(crate) fn with_fixed(
        link: &Rc<Link>,
        table: &'static str,
        fixed: Vec<(&'static str, i64)>,
        columns: Vec<String>,
    ) -> Sink {
        link.writers.set(link.writers.get() + 1);
        Sink { link: link.clone(), table, fixed, columns, rows: Rows::default(), held: 0, written: 0 }
    }

    pub(crate) fn push(&mut self, value: Arg<'_>) {
        self.rows.push(value);
    }

    /// Ends a row: as many values as columns were pushed.
    pub(crate) fn end_row(&mut self) -> Result<(), StoreError> {
        self.held += 1;
        self.written += 1;
        self.link.held.set(self.link.held.get() + 1);
        if self.rows.weight() >= LIMIT { self.flush() } else { Ok(()) }
    }

    /// Adds a whole row.
    pub(crate) fn row(&mut self, values: &[Arg<'_>]) -> Result<(), StoreError> {
        for value in values {
            self.push(*value);
        }
        self.end_row()
    }

    /// Writes rows that were collected elsewhere, behind those that are held here.
    pub(crate) fn write(&mut self, rows: &Rows, count: u64) -> Result<(), StoreError> {
        self.flush()?;
        if count > 0 {
            self.link.bulk(self.table, &self.fixed, &self.columns, rows)?;
        }
        self.written += count;
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> Result<(), StoreError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        self.link.held.set(self.link.held.get() - self.held);
        self.held = 0;
        // What could not be written is given up with the transaction.
        let result = self.link.bulk(self.table, &self.fixed, &self.columns, &self.rows);
        self.rows.clear();
        result
    }

    /// Rows pushed so far.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.link.writers.set(self.link.writers.get() - 1);
        // While unwinding, the transaction is lost anyway.
        if std::thread::panicking() {
            return;
        }
        if let Err(error) = self.flush() {
            self.link.failed.borrow_mut().get_or_insert(error);
        }
    }
}

/// Owned column names.
pub(crate) fn names(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|c| (*c).to_owned()).collect()
}
