//! One sheet, row by row.

use super::{SheetOptions, Workbook, broken, cell};
use crate::error::ExportError;
use crate::export::Run;
use crate::output::TableWriter;
use crate::source::Source;
use crate::table::{Columns, trim};
use calamine::{DataRef, XlsxCellReader};
use provost_model::{Problem, Severity};
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

/// Columns of a sheet, `A` to `XFD`.
const MOST_COLUMNS: usize = 16_384;
const TELL_EVERY: u64 = 8192;

/// A sheet to be exported.
pub(super) struct Sheet<'a> {
    /// Position in the workbook, from 0.
    pub(super) index: usize,
    pub(super) name: &'a str,
    /// Its item of `SheetOptions`, if it has one.
    pub(super) options: Option<SheetOptions>,
}

impl Sheet<'_> {
    /// The sheet, for messages.
    fn place(&self, source: &Source) -> PathBuf {
        PathBuf::from(format!("{}, sheet \"{}\"", source.path.display(), self.name))
    }

    fn skipped(&self) -> u64 {
        self.options.map_or(0, |options| options.number_of_lines_to_skip)
    }
}

/// Stages the table of a sheet.
pub(super) fn export(
    run: &mut Run<'_>,
    workbook: &mut Workbook,
    source: &Source,
    sheet: &Sheet<'_>,
    trims: &[String],
) -> Result<(), ExportError> {
    let table = format!("{}_{}", run.connection(), sheet.index);
    run.tell(&table, 0, 0);
    let cells = workbook.worksheet_cells_reader(sheet.name).map_err(|error| broken(source, &error))?;
    let trims: Vec<&[u8]> = trims.iter().map(String::as_bytes).collect();
    let mut rows = Rows::new(cells, source, sheet, &trims);
    rows.advance()?;
    let Some(first) = rows.skip_to(sheet.skipped())? else {
        return without_cells(run, source, sheet, &table);
    };
    let place = sheet.place(source);
    let names = if first == sheet.skipped() { std::mem::take(&mut rows.cells) } else { Vec::new() };
    let columns = Columns::new(names, &place, first + 1)?.ok_or_else(|| no_header(source, sheet))?;
    let mut writer = TableWriter::create(run.request.output_dir, &table, ".partial", run.request.keeping)?;
    columns.write_header(&mut writer)?;
    let mut written = 0;
    while rows.next_row()?.is_some() {
        if rows.cells.iter().all(Vec::is_empty) {
            continue;
        }
        write_row(&mut writer, &rows.cells, &columns)?;
        written += 1;
        if written % TELL_EVERY == 0 {
            run.tell(&table, 0, 0);
        }
    }
    run.problems.extend(rows.errors_in_cells(&place));
    run.staged.push(writer.finish()?);
    Ok(())
}

fn no_header(source: &Source, sheet: &Sheet<'_>) -> ExportError {
    let after_skipping = match sheet.skipped() {
        0 => " in its first row".to_owned(),
        lines => format!(" after the {lines} lines that NumberOfLinesToSkip leaves out"),
    };
    ExportError::NoHeader { path: sheet.place(source), after_skipping }
}

/// New workbooks come with empty sheets, so an empty sheet is only noted, unless it is expected to hold something: it
/// has its item in `SheetOptions`, or it had rows before.
fn without_cells(run: &mut Run<'_>, source: &Source, sheet: &Sheet<'_>, table: &str) -> Result<(), ExportError> {
    if sheet.options.is_some() || run.request.output_dir.join(format!("{table}.csv")).exists() {
        return Err(no_header(source, sheet));
    }
    let message = format!("{} is empty, and is not exported", sheet.place(source).display());
    let hint = "give it an item in SheetOptions with SheetIgnored true to say that this is right";
    run.problems.push(Problem::new("sheet-empty", Severity::Note, message).hint(hint));
    Ok(())
}

fn write_row(writer: &mut TableWriter, cells: &[Vec<u8>], columns: &Columns) -> Result<(), ExportError> {
    for index in (0..columns.len()).filter(|index| columns.keeps(*index)) {
        let value = cells.get(index).map(Vec::as_slice).unwrap_or_default();
        if columns.kept() == 1 && value.is_empty() { writer.only_empty_field()? } else { writer.field(value)? }
    }
    writer.end_record(true)
}

/// The cell that begins the next row.
struct Pending {
    row: u64,
    column: usize,
    text: Vec<u8>,
}

/// Gathers cells into rows. Rows and cells that a sheet leaves out are empty.
struct Rows<'a> {
    reader: XlsxCellReader<'a, BufReader<File>>,
    source: &'a Source,
    sheet: &'a Sheet<'a>,
    trims: &'a [&'a [u8]],
    /// The current row.
    cells: Vec<Vec<u8>>,
    pending: Option<Pending>,
    scratch: Vec<u8>,
    errors: u64,
    first_error: Option<String>,
}

impl<'a> Rows<'a> {
    fn new(
        reader: XlsxCellReader<'a, BufReader<File>>,
        source: &'a Source,
        sheet: &'a Sheet<'a>,
        trims: &'a [&'a [u8]],
    ) -> Rows<'a> {
        let (cells, scratch) = (Vec::new(), Vec::new());
        Rows { reader, source, sheet, trims, cells, pending: None, scratch, errors: 0, first_error: None }
    }

    /// Reads on to the next cell that holds something.
    fn advance(&mut self) -> Result<(), ExportError> {
        loop {
            let cell = self.reader.next_cell().map_err(|error| broken(self.source, &error))?;
            let Some(cell) = cell else {
                self.pending = None;
                return Ok(());
            };
            let ((row, column), value) = (cell.get_position(), cell.get_value());
            if matches!(value, DataRef::Empty) {
                continue;
            }
            let column = column as usize;
            if cell::write(value, &mut self.scratch) {
                self.errors += 1;
                let text = String::from_utf8_lossy(&self.scratch).into_owned();
                self.first_error.get_or_insert_with(|| format!("{}{}: {text}", letters(column), row + 1));
            }
            let text = trim(&self.scratch, self.trims).to_vec();
            self.pending = Some(Pending { row: u64::from(row), column, text });
            return Ok(());
        }
    }

    /// Gathers the next row that has cells and returns its index, from 0.
    fn next_row(&mut self) -> Result<Option<u64>, ExportError> {
        self.cells.iter_mut().for_each(Vec::clear);
        let Some(row) = self.pending.as_ref().map(|pending| pending.row) else { return Ok(None) };
        while let Some(Pending { row: at, column, text }) = self.pending.take() {
            if at != row {
                self.pending = Some(Pending { row: at, column, text });
                break;
            }
            if column >= MOST_COLUMNS {
                return Err(self.disorder(&format!("row {} has a cell beyond column XFD", row + 1)));
            }
            if column >= self.cells.len() {
                self.cells.resize(column + 1, Vec::new());
            }
            self.cells[column] = text;
            self.advance()?;
        }
        match &self.pending {
            Some(pending) if pending.row < row => {
                Err(self.disorder(&format!("row {} follows row {}", pending.row + 1, row + 1)))
            }
            _ => Ok(Some(row)),
        }
    }

    /// Gathers the first row from `first` on.
    fn skip_to(&mut self, first: u64) -> Result<Option<u64>, ExportError> {
        loop {
            match self.next_row()? {
                Some(row) if row < first => {}
                found => return Ok(found),
            }
        }
    }

    fn disorder(&self, detail: &str) -> ExportError {
        ExportError::Workbook {
            path: self.source.path.clone(),
            detail: format!("sheet \"{}\": {detail}", self.sheet.name),
        }
    }

    fn errors_in_cells(&self, place: &std::path::Path) -> Option<Problem> {
        let first = self.first_error.as_ref()?;
        let message = format!("{}: {} cells hold an error, the first is {first}", place.display(), self.errors);
        let hint = "the name of the error stands in the table as the value; mend the formula in the workbook";
        Some(Problem::new("cell-errors", Severity::Warning, message).hint(hint))
    }
}

/// The letters of a column: `A`, `Z`, `AA`.
fn letters(column: usize) -> String {
    let (rest, last) = (column / 26, column % 26);
    let last = char::from(b'A' + u8::try_from(last).unwrap_or_default());
    if rest == 0 { last.to_string() } else { letters(rest - 1) + &last.to_string() }
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn columns_are_named_as_in_excel() {
        assert_eq!([0, 25, 26, 701, 702, 16_383].map(letters), ["A", "Z", "AA", "ZZ", "AAA", "XFD"]);
    }
}
