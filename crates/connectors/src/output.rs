//! Tables on their way to the output folder: written beside their place, then put there at once.

use crate::error::ExportError;
use crate::export::TableWritten;
use crate::keeping::{Keeping, KeptFile};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

const BUFFER: usize = 256 * 1024;

/// A finished table that is not yet in its place. Dropped, it disappears.
#[derive(Debug)]
pub(crate) struct Staged {
    /// Name of the table: `HR`, `HR_0`.
    pub(crate) table: String,
    /// Where it is.
    pub(crate) partial: PathBuf,
    /// Data rows.
    pub(crate) rows: u64,
    committed: bool,
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.committed {
            // Nothing depends on it: a leftover is overwritten by the next export.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// Writes one table in canonical CSV: `,`, LF, quotes only where needed.
pub(crate) struct TableWriter {
    out: BufWriter<Box<dyn KeptFile>>,
    staged: Staged,
    at_start: bool,
}

impl TableWriter {
    /// Begins `<table>.csv<suffix>` in the output folder.
    pub(crate) fn create(
        output_dir: &Path,
        table: &str,
        suffix: &str,
        keeping: &dyn Keeping,
    ) -> Result<TableWriter, ExportError> {
        let partial = output_dir.join(format!("{table}.csv{suffix}"));
        let file = File::create(&partial).and_then(|file| keeping.write(file));
        let file = file.map_err(|source| ExportError::Write { path: partial.clone(), source })?;
        let staged = Staged { table: table.to_owned(), partial, rows: 0, committed: false };
        Ok(TableWriter { out: BufWriter::with_capacity(BUFFER, file), staged, at_start: true })
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        self.out.write_all(bytes).map_err(|source| ExportError::Write { path: self.staged.partial.clone(), source })
    }

    fn separate(&mut self) -> Result<(), ExportError> {
        if std::mem::replace(&mut self.at_start, false) { Ok(()) } else { self.put(b",") }
    }

    /// Adds a field, quoted if it has to be.
    pub(crate) fn field(&mut self, value: &[u8]) -> Result<(), ExportError> {
        self.separate()?;
        if needs_quotes(value) { self.quoted(value) } else { self.put(value) }
    }

    fn quoted(&mut self, value: &[u8]) -> Result<(), ExportError> {
        self.put(b"\"")?;
        let mut rest = value;
        while let Some(quote) = memchr::memchr(b'"', rest) {
            self.put(&rest[..=quote])?;
            self.put(b"\"")?;
            rest = &rest[quote + 1..];
        }
        self.put(rest)?;
        self.put(b"\"")
    }

    /// Adds a field that is against the rules, so that it stays against them and costs no other row: a quote that is
    /// not closed would pair with one of a later line, and what was odd with another separator may be fine with `,`.
    /// Bytes are only ever added: `?` behind a closing quote, a blank before an opening one.
    pub(crate) fn odd_field(&mut self, raw: &[u8]) -> Result<(), ExportError> {
        self.separate()?;
        if raw.first() == Some(&b'"') {
            return self.odd_quoted(raw);
        }
        let mut rest = raw;
        while let Some(at) = memchr::memmem::find(rest, b",\"") {
            self.put(&rest[..=at])?;
            self.put(b" ")?;
            rest = &rest[at + 1..];
        }
        self.put(rest)?;
        self.keep_lone_return(raw)
    }

    fn odd_quoted(&mut self, raw: &[u8]) -> Result<(), ExportError> {
        match closing_quote(raw) {
            None => {
                self.put(raw)?;
                self.put(b"\"?")
            }
            Some(at) if raw.get(at + 1) == Some(&b',') => {
                self.put(&raw[..=at])?;
                self.put(b"?")?;
                self.put(&raw[at + 1..])?;
                self.keep_lone_return(raw)
            }
            Some(_) => {
                self.put(raw)?;
                self.keep_lone_return(raw)
            }
        }
    }

    /// A CR at the end would become part of the line end.
    fn keep_lone_return(&mut self, raw: &[u8]) -> Result<(), ExportError> {
        if raw.last() == Some(&b'\r') { self.put(b"\r") } else { Ok(()) }
    }

    /// Adds `""`: the only field of a row is empty, and the row is not an empty line.
    pub(crate) fn only_empty_field(&mut self) -> Result<(), ExportError> {
        self.separate()?;
        self.put(b"\"\"")
    }

    /// Ends a record. The header is a record too; only others count as rows.
    pub(crate) fn end_record(&mut self, is_row: bool) -> Result<(), ExportError> {
        self.at_start = true;
        self.staged.rows += u64::from(is_row);
        self.put(b"\n")
    }

    /// Adds bytes as they are, with `rows` row ends among them.
    pub(crate) fn copy(&mut self, bytes: &[u8], rows: u64) -> Result<(), ExportError> {
        self.staged.rows += rows;
        self.put(bytes)
    }

    /// Brings everything to the disk.
    pub(crate) fn finish(self) -> Result<Staged, ExportError> {
        let TableWriter { out, staged, .. } = self;
        let written = out.into_inner().map_err(io::IntoInnerError::into_error).and_then(|file| file.finish());
        let synced = written.and_then(|file| file.sync_all());
        synced.map_err(|source| ExportError::Write { path: staged.partial.clone(), source })?;
        Ok(staged)
    }
}

/// Where the quote at the beginning is closed.
fn closing_quote(raw: &[u8]) -> Option<usize> {
    let mut from = 1;
    loop {
        let at = from + memchr::memchr(b'"', raw.get(from..)?)?;
        if raw.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        from = at + 2;
    }
}

/// Whether a value has to be quoted: it holds `,`, `"` or a line end, or begins or ends with a blank.
fn needs_quotes(value: &[u8]) -> bool {
    let blank = |byte: Option<&u8>| byte.is_some_and(|b| matches!(b, b' ' | b'\t'));
    blank(value.first())
        || blank(value.last())
        || memchr::memchr3(b',', b'"', b'\n', value).is_some()
        || memchr::memchr(b'\r', value).is_some()
}

/// Puts all tables in their place. Each one replaces its predecessor as a whole.
pub(crate) fn commit(staged: Vec<Staged>, output_dir: &Path) -> Result<Vec<TableWritten>, ExportError> {
    provost_model::fault::point("export.before-rename");
    let mut tables = Vec::with_capacity(staged.len());
    for mut table in staged {
        let file = output_dir.join(format!("{}.csv", table.table));
        let failed = |source| ExportError::Write { path: file.clone(), source };
        let bytes = fs::metadata(&table.partial).map_err(failed)?.len();
        fs::rename(&table.partial, &file).map_err(failed)?;
        table.committed = true;
        provost_model::fault::point("export.after-rename");
        tables.push(TableWritten { file, rows: table.rows, bytes });
    }
    sync_folder(output_dir)?;
    Ok(tables)
}

/// Makes renames last: without it a loss of power could bring the old names back.
fn sync_folder(folder: &Path) -> Result<(), ExportError> {
    if cfg!(unix) {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|source| ExportError::Write { path: folder.to_owned(), source })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keeping::AsTheyAre;

    #[test]
    fn values_are_quoted_only_where_needed() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = TableWriter::create(folder.path(), "T", ".partial", &AsTheyAre).unwrap();
        for value in ["plain", "a,b", "say \"hi\"", " lead", "trail ", "two\nlines", "", "mid dle"] {
            writer.field(value.as_bytes()).unwrap();
        }
        writer.end_record(true).unwrap();
        let tables = commit(vec![writer.finish().unwrap()], folder.path()).unwrap();
        let text = fs::read_to_string(&tables[0].file).unwrap();
        assert_eq!(text, "plain,\"a,b\",\"say \"\"hi\"\"\",\" lead\",\"trail \",\"two\nlines\",,mid dle\n");
        assert_eq!((tables[0].rows, tables[0].bytes), (1, text.len() as u64));
    }

    #[test]
    fn what_is_not_committed_disappears() {
        let folder = tempfile::tempdir().unwrap();
        let writer = TableWriter::create(folder.path(), "T", ".partial", &AsTheyAre).unwrap();
        drop(writer.finish().unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
