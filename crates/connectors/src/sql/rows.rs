//! The rows of a result on their way into a table.

use super::error::SqlError;
use super::{SqlRequest, Watcher};
use crate::keeping::Keeping;
use crate::output::{Staged, TableWriter};
use encoding_rs::{Encoding, UTF_8};
use std::collections::HashSet;
use std::path::Path;

/// Rows between two looks at whether somebody still waits.
const LOOK: u64 = 1024;

/// A table that is being written.
pub(super) struct Rows<'a> {
    database: &'a str,
    folder: &'a Path,
    table: &'a str,
    keeping: &'a dyn Keeping,
    encoding: &'static Encoding,
    watcher: &'a dyn Watcher,
    writer: Option<TableWriter>,
    columns: usize,
    rows: u64,
    bytes: u64,
}

impl<'a> Rows<'a> {
    pub(super) fn new(
        request: &SqlRequest<'a>,
        (folder, table): (&'a Path, &'a str),
        encoding: &'static Encoding,
        watcher: &'a dyn Watcher,
    ) -> Rows<'a> {
        let SqlRequest { database, keeping, .. } = *request;
        Rows { database, folder, table, keeping, encoding, watcher, writer: None, columns: 0, rows: 0, bytes: 0 }
    }

    pub(super) fn watcher(&self) -> &'a dyn Watcher {
        self.watcher
    }

    /// Begins the table with its header.
    pub(super) fn begin<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) -> Result<(), SqlError> {
        let names: Vec<&str> = names.into_iter().collect();
        if names.is_empty() {
            return Err(SqlError::NoRows { database: self.database.to_owned() });
        }
        let mut seen = HashSet::new();
        for (index, name) in names.iter().enumerate() {
            let what = match () {
                () if name.trim().is_empty() => "has no name".to_owned(),
                () if !seen.insert(name) => format!("is named \"{name}\" as another one"),
                () => continue,
            };
            return Err(SqlError::Column { database: self.database.to_owned(), position: index + 1, what });
        }
        self.columns = names.len();
        self.writer = Some(TableWriter::create(self.folder, self.table, ".sql", self.keeping)?);
        names.iter().try_for_each(|name| self.field(Some(name.as_bytes())))?;
        self.writer()?.end_record(false)?;
        Ok(())
    }

    fn writer(&mut self) -> Result<&mut TableWriter, SqlError> {
        self.writer.as_mut().ok_or_else(|| SqlError::NoRows { database: self.database.to_owned() })
    }

    /// Adds a value; none is empty.
    pub(super) fn field(&mut self, value: Option<&[u8]>) -> Result<(), SqlError> {
        let value = value.unwrap_or_default();
        self.bytes += value.len() as u64 + 1;
        if self.columns == 1 && value.is_empty() {
            return Ok(self.writer()?.only_empty_field()?);
        }
        if self.encoding == UTF_8 {
            return Ok(self.writer()?.field(value)?);
        }
        let text = String::from_utf8_lossy(value);
        let (encoded, _, lost) = self.encoding.encode(&text);
        if lost {
            let (row, encoding) = (self.rows + 1, self.encoding.name());
            return Err(SqlError::Unmappable { database: self.database.to_owned(), row, encoding });
        }
        Ok(self.writer()?.field(&encoded)?)
    }

    /// Ends a row.
    pub(super) fn end_row(&mut self) -> Result<(), SqlError> {
        self.rows += 1;
        self.writer()?.end_record(true)?;
        if self.rows.is_multiple_of(LOOK) {
            self.watcher.rows(self.rows, self.bytes);
            if self.watcher.is_cancelled() {
                return Err(SqlError::Cancelled { database: self.database.to_owned() });
            }
        }
        Ok(())
    }

    /// Brings the table to the disk, not yet to its place.
    pub(super) fn finish(mut self) -> Result<Staged, SqlError> {
        self.watcher.rows(self.rows, self.bytes);
        match self.writer.take() {
            Some(writer) => Ok(writer.finish()?),
            None => Err(SqlError::NoRows { database: self.database.to_owned() }),
        }
    }
}
