//! From the source file to the table.

use super::CsvSettings;
use super::decode::{self, Utf8Source};
use crate::error::ExportError;
use crate::export::Run;
use crate::output::TableWriter;
use crate::records::{Record, Records, Shape};
use crate::source::Source;
use crate::table::{Columns, trim};
use provost_model::{Problem, Severity};
use std::path::Path;

/// Progress is told each time that so many rows are done.
const TELL_EVERY: u64 = 8192;

/// Writes the table of an open source and stages it.
pub(super) fn copy(run: &mut Run<'_>, settings: &CsvSettings, source: Source) -> Result<(), ExportError> {
    let path = source.path.clone();
    let encoding = decode::encoding(&settings.encoding).unwrap_or(encoding_rs::UTF_8);
    let mut records = Records::new(Utf8Source::new(source, encoding)?, settings.separator.as_bytes());
    records.skip_lines(settings.number_of_lines_to_skip)?;
    let columns = header(&mut records, settings, &path)?;

    let mut writer = TableWriter::create(run.request.output_dir, run.connection(), ".partial", run.request.keeping)?;
    columns.write_header(&mut writer)?;
    let is_plain = records.input().is_verbatim() && settings.separator == "," && settings.values_to_trim.is_empty();
    if is_plain && columns.keep_all() {
        copy_verbatim(run, &mut records, &mut writer)?;
    } else {
        let trims: Vec<&[u8]> = settings.values_to_trim.iter().map(String::as_bytes).collect();
        let odd = copy_records(run, &mut records, &mut writer, &columns, &trims)?;
        run.problems.extend(odd.problem(&path));
    }
    records.input().source().unchanged()?;
    run.staged.push(writer.finish()?);
    Ok(())
}

/// Reads the header: which columns stay, and their names.
fn header(records: &mut Records<Utf8Source>, settings: &CsvSettings, path: &Path) -> Result<Columns, ExportError> {
    let trims: Vec<&[u8]> = settings.values_to_trim.iter().map(String::as_bytes).collect();
    let skipped = settings.number_of_lines_to_skip;
    let no_header = || ExportError::NoHeader {
        path: path.to_owned(),
        after_skipping: match skipped {
            0 => String::new(),
            lines => format!(" after the {lines} lines that NumberOfLinesToSkip leaves out"),
        },
    };
    let record = records.next()?.ok_or_else(no_header)?;
    if record.is_odd {
        let detail = "it has a stray or unclosed quote, or its lines end with CR alone (expected LF or CR LF)";
        return Err(ExportError::Header { path: path.to_owned(), line: record.line, detail: detail.to_owned() });
    }
    let mut scratch = Vec::new();
    let names = (0..record.len()).map(|i| trim(record.value(i, &mut scratch), &trims).to_vec()).collect();
    let line = record.line;
    Columns::new(names, path, line)?.ok_or_else(no_header)
}

/// The fast way: the bytes are already those of the table.
fn copy_verbatim(
    run: &mut Run<'_>,
    records: &mut Records<Utf8Source>,
    writer: &mut TableWriter,
) -> Result<(), ExportError> {
    let mut rows = RowCounter::default();
    let table = run.connection();
    records.copy_rest(|bytes, input| {
        let source = input.source();
        run.tell(table, source.taken, source.len);
        writer.copy(bytes, rows.count(bytes))
    })?;
    writer.copy(b"", rows.last_row_without_end())
}

/// Counts line ends outside quotes.
#[derive(Default)]
struct RowCounter {
    quoted: bool,
    open: bool,
}

impl RowCounter {
    fn count(&mut self, bytes: &[u8]) -> u64 {
        let mut rows = 0;
        for at in memchr::memchr2_iter(b'"', b'\n', bytes) {
            if bytes[at] == b'"' {
                self.quoted = !self.quoted;
            } else {
                rows += u64::from(!self.quoted);
            }
        }
        if let Some(last) = bytes.last() {
            self.open = *last != b'\n' || self.quoted;
        }
        rows
    }

    fn last_row_without_end(&self) -> u64 {
        u64::from(self.open)
    }
}

/// Rows passed on although they cannot be read.
#[derive(Default)]
struct OddRows {
    count: u64,
    first_line: u64,
}

impl OddRows {
    fn add(&mut self, line: u64) {
        if self.count == 0 {
            self.first_line = line;
        }
        self.count += 1;
    }

    fn problem(&self, path: &Path) -> Option<Problem> {
        let message = format!(
            "{}: {} rows are not well-formed, the first in line {}: wrong number of fields, stray or unclosed quotes, \
             or CR alone as line end",
            path.display(),
            self.count,
            self.first_line
        );
        let problem = Problem::new("malformed-rows", Severity::Warning, message);
        (self.count > 0).then(|| problem.hint("they are passed on as they are, and prepare rejects them one by one"))
    }
}

fn copy_records(
    run: &mut Run<'_>,
    records: &mut Records<Utf8Source>,
    writer: &mut TableWriter,
    columns: &Columns,
    trims: &[&[u8]],
) -> Result<OddRows, ExportError> {
    let mut odd = OddRows::default();
    let mut scratch = Vec::new();
    let mut rows = 0;
    while let Some(record) = records.next()? {
        if record.is_odd || record.len() != columns.len() && !record.is_blank() {
            odd.add(record.line);
        }
        write_record(writer, &record, columns, trims, &mut scratch)?;
        rows += 1;
        if rows % TELL_EVERY == 0 {
            let source = records.input().source();
            run.tell(run.connection(), source.taken, source.len);
        }
    }
    let source = records.input().source();
    run.tell(run.connection(), source.taken, source.len);
    Ok(odd)
}

fn write_record(
    writer: &mut TableWriter,
    record: &Record<'_>,
    columns: &Columns,
    trims: &[&[u8]],
    scratch: &mut Vec<u8>,
) -> Result<(), ExportError> {
    if record.is_blank() {
        return writer.end_record(true);
    }
    let mut written = 0;
    for index in 0..record.len() {
        if record.shape(index) == Shape::Odd {
            writer.odd_field(record.raw(index))?;
        } else if columns.keeps(index) {
            let value = trim(record.value(index, scratch), trims);
            if columns.kept() == 1 && value.is_empty() { writer.only_empty_field()? } else { writer.field(value)? }
        } else {
            continue;
        }
        written += 1;
    }
    if written == 0 {
        writer.only_empty_field()?;
    }
    // A row that lacks nothing but columns that are left out must not pass for a whole one.
    if written == columns.kept() && record.len() != columns.len() {
        writer.field(b"")?;
    }
    writer.end_record(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_whatever_the_buffers_cut() {
        for text in ["1,2\n\"a\nb\",3\n4,5", "1,2\n\"a\nb\",3\n4,5\n"] {
            let mut counter = RowCounter::default();
            let ended: u64 = text.as_bytes().chunks(3).map(|chunk| counter.count(chunk)).sum();
            assert_eq!(ended + counter.last_row_without_end(), 3);
        }
    }
}
