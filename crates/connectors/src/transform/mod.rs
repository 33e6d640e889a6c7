//! Transformations: exported tables rewritten before they are put in their place (spec: `Connection/Transformation`).
//!
//! They run in the order of the configuration, each on what the one before it left. Rows that are not well-formed
//! (odd quotes, too few or too many fields) pass every filter and stay not well-formed.

mod date;
mod pattern;
mod step;

use crate::error::ExportError;
use crate::export::ExportRequest;
use crate::output::{Staged, TableWriter};
use crate::records::{Input, Record, Records, Shape};
use provost_model::configuration::{Connection, Transformation};
use provost_model::nearest;
use provost_model::{Problem, Severity};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use step::{Step, Wrong};

/// Checks what does not depend on the exported tables.
pub(crate) fn check(connection: &Connection) -> Vec<Problem> {
    let transformations = connection.transformations.iter().enumerate();
    transformations.filter_map(|(index, transformation)| check_one(connection, index, transformation)).collect()
}

fn check_one(connection: &Connection, index: usize, transformation: &Transformation) -> Option<Problem> {
    let Wrong { detail, hint } = match step::action(&transformation.kind) {
        Err(wrong) => wrong,
        Ok(_) if may_exist(connection, &transformation.table) => return None,
        Ok(_) => wrong_table(connection, &transformation.table, std::slice::from_ref(&connection.identifier)),
    };
    let message = format!("transformation {} of connection {}: {detail}", index + 1, connection.identifier);
    Some(Problem::new("transformation", Severity::Error, message).hint(hint))
}

/// Whether the connection could export a table of this name.
fn may_exist(connection: &Connection, table: &str) -> bool {
    table.strip_prefix(connection.identifier.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

fn wrong_table(connection: &Connection, table: &str, tables: &[String]) -> Wrong {
    let question = nearest::question(table, tables.iter().map(String::as_str));
    Wrong {
        detail: format!("the export writes no table \"{table}\""),
        hint: format!(
            "name {0}_<table>, or {0} where the export has a single table (letter case counts); it writes {1}.{question}",
            connection.identifier,
            tables.join(", ")
        ),
    }
}

/// Rewrites the staged tables that transformations name.
pub(crate) fn apply(
    request: &ExportRequest<'_>,
    staged: Vec<Staged>,
    problems: &mut Vec<Problem>,
) -> Result<Vec<Staged>, ExportError> {
    let connection = request.connection;
    let tables: Vec<String> = staged.iter().map(|table| table.table.clone()).collect();
    for (index, transformation) in connection.transformations.iter().enumerate() {
        if !tables.contains(&transformation.table) {
            return Err(error(connection, index, wrong_table(connection, &transformation.table, &tables)));
        }
    }
    staged.into_iter().map(|table| rewrite(request, table, problems)).collect()
}

fn error(connection: &Connection, index: usize, wrong: Wrong) -> ExportError {
    let Wrong { detail, hint } = wrong;
    ExportError::Transformation { connection: connection.identifier.clone(), index: index + 1, detail, hint }
}

/// Reads a staged table.
struct TableInput {
    path: PathBuf,
    table: Box<dyn Read>,
}

impl Input for TableInput {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, ExportError> {
        self.table.read(buffer).map_err(|source| ExportError::Read { path: self.path.clone(), source })
    }

    fn path(&self) -> PathBuf {
        self.path.clone()
    }
}

/// Applies the transformations of one table, in one pass.
fn rewrite(request: &ExportRequest<'_>, staged: Staged, problems: &mut Vec<Problem>) -> Result<Staged, ExportError> {
    let connection = request.connection;
    if connection.transformations.iter().all(|transformation| transformation.table != staged.table) {
        return Ok(staged);
    }
    let path = staged.partial.clone();
    let table = File::open(&path).and_then(|file| request.keeping.read(file));
    let table = table.map_err(|source| ExportError::Read { path: path.clone(), source })?;
    let mut records = Records::new(TableInput { path: path.clone(), table }, b",");
    let mut header = header(&mut records)?;
    let read = header.len();
    let mut steps = Vec::new();
    for (index, transformation) in connection.transformations.iter().enumerate() {
        if transformation.table == staged.table {
            let step =
                step::step(&transformation.kind, &mut header).map_err(|wrong| error(connection, index, wrong))?;
            steps.push((index, step));
        }
    }
    let folder = path.parent().map(PathBuf::from).unwrap_or_default();
    let mut writer = TableWriter::create(&folder, &staged.table, ".transformed", request.keeping)?;
    header.iter().try_for_each(|name| writer.field(name))?;
    writer.end_record(false)?;
    rewrite_rows(&mut records, &mut writer, &mut steps, read, header.len())?;
    let rewritten = writer.finish()?;
    problems.extend(steps.iter().filter_map(|(index, step)| unreadable(connection, *index, step, &staged.table)));
    Ok(rewritten)
}

fn header(records: &mut Records<TableInput>) -> Result<Vec<Vec<u8>>, ExportError> {
    let mut scratch = Vec::new();
    let record = records.next()?;
    Ok(record
        .map(|record| (0..record.len()).map(|i| record.value(i, &mut scratch).to_vec()).collect())
        .unwrap_or_default())
}

fn rewrite_rows(
    records: &mut Records<TableInput>,
    writer: &mut TableWriter,
    steps: &mut [(usize, Step)],
    read: usize,
    written: usize,
) -> Result<(), ExportError> {
    let mut row = vec![Vec::new(); written];
    let mut scratch = Vec::new();
    while let Some(record) = records.next()? {
        if record.is_odd || record.is_blank() || record.len() != read {
            pass_on(writer, &record, written - read, &mut scratch)?;
            continue;
        }
        for (index, cell) in row.iter_mut().enumerate() {
            cell.clear();
            if index < read {
                cell.extend_from_slice(record.value(index, &mut scratch));
            }
        }
        if steps.iter_mut().all(|(_, step)| step.apply(&mut row, record.line)) {
            write_row(writer, &row)?;
        }
    }
    Ok(())
}

fn write_row(writer: &mut TableWriter, row: &[Vec<u8>]) -> Result<(), ExportError> {
    match row {
        [only] if only.is_empty() => writer.only_empty_field()?,
        cells => cells.iter().try_for_each(|cell| writer.field(cell))?,
    }
    writer.end_record(true)
}

/// Passes a row on that is not well-formed, with as many more fields as the header has got, so that a row that was
/// too long does not become whole.
fn pass_on(
    writer: &mut TableWriter,
    record: &Record<'_>,
    added: usize,
    scratch: &mut Vec<u8>,
) -> Result<(), ExportError> {
    if record.is_blank() {
        return writer.end_record(true);
    }
    for index in 0..record.len() {
        if record.shape(index) == Shape::Odd {
            writer.odd_field(record.raw(index))?;
        } else {
            writer.field(record.value(index, scratch))?;
        }
    }
    (0..added).try_for_each(|_| writer.field(b""))?;
    writer.end_record(true)
}

fn unreadable(connection: &Connection, index: usize, step: &Step, table: &str) -> Option<Problem> {
    let (line, value) = step.first_unreadable.as_ref()?;
    let message = format!(
        "transformation {} of connection {}: {} values of table {table} are no dates that can be shifted, the first in \
         line {line}: \"{value}\"",
        index + 1,
        connection.identifier,
        step.unreadable
    );
    let hint = "they were left as they are; expected 2024-12-31, 20241231235959 or the form that DatePattern gives";
    Some(Problem::new("unreadable-dates", Severity::Warning, message).hint(hint))
}
