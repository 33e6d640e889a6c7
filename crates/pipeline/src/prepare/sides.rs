//! The files beside the sorted one: what was put aside, and why.

use super::{ColumnSpec, DUPLICATES, NULL_KEYS, Outputs, PrepareError, REJECTED, Samples, TableSpec};
use crate::csv::Rejected;
use crate::csv::canonical::push_record;
use std::collections::BTreeMap;
use std::io::Write;

const FULL: usize = 64 << 10;

/// Side files, created when first written to.
pub(super) struct SideFiles<'a> {
    pub(super) outputs: &'a mut dyn Outputs,
    null_keys: SideFile,
    duplicates: SideFile,
    rejected: SideFile,
    rejected_by_column: BTreeMap<String, u64>,
    pub(super) samples: Samples,
}

struct SideFile {
    suffix: &'static str,
    /// Starts with the header.
    buffer: Vec<u8>,
    output: Option<Box<dyn Write + Send>>,
    rows: u64,
}

impl SideFile {
    fn new(suffix: &'static str, header: &[&str]) -> SideFile {
        let mut buffer = Vec::new();
        push_record(&mut buffer, header.iter().map(|name| name.as_bytes()));
        SideFile { suffix, buffer, output: None, rows: 0 }
    }

    fn push(&mut self, outputs: &mut dyn Outputs, row: impl FnOnce(&mut Vec<u8>)) -> Result<(), PrepareError> {
        row(&mut self.buffer);
        self.rows += 1;
        if self.buffer.len() < FULL { Ok(()) } else { self.write(outputs) }
    }

    fn write(&mut self, outputs: &mut dyn Outputs) -> Result<(), PrepareError> {
        let failed = PrepareError::write(self.suffix);
        let output = match &mut self.output {
            Some(output) => output,
            empty => empty.insert(outputs.create(self.suffix).map_err(&failed)?),
        };
        output.write_all(&self.buffer).map_err(failed)?;
        self.buffer.clear();
        Ok(())
    }

    fn finish(mut self, outputs: &mut dyn Outputs) -> Result<u64, PrepareError> {
        if self.rows > 0 {
            self.write(outputs)?;
        }
        if let Some(mut output) = self.output {
            output.flush().map_err(PrepareError::write(self.suffix))?;
        }
        Ok(self.rows)
    }
}

/// Rows in each side file.
pub(super) struct SideCounts {
    pub(super) null_keys: u64,
    pub(super) duplicates: u64,
    pub(super) rejected: u64,
    pub(super) rejected_by_column: BTreeMap<String, u64>,
    pub(super) samples: Samples,
}

impl<'a> SideFiles<'a> {
    pub(super) fn new(outputs: &'a mut dyn Outputs, spec: &TableSpec) -> SideFiles<'a> {
        let header = |column: &'static str| -> Vec<String> {
            std::iter::once(column.to_owned())
                .chain(spec.columns.iter().map(|c: &ColumnSpec| c.header.clone()))
                .collect()
        };
        let rows = header("line");
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        SideFiles {
            outputs,
            null_keys: SideFile::new(NULL_KEYS, &rows),
            duplicates: SideFile::new(DUPLICATES, &rows),
            rejected: SideFile::new(REJECTED, &["line", "column", "value", "reason", "remedy", "row"]),
            rejected_by_column: BTreeMap::new(),
            samples: Samples::default(),
        }
    }

    /// A row without a key: its line and values.
    pub(super) fn null_key(
        &mut self,
        line: u64,
        values: &[Vec<u8>],
        sample: impl FnOnce() -> Rejected,
    ) -> Result<(), PrepareError> {
        if self.samples.null_keys.len() < Samples::MOST {
            self.samples.null_keys.push(sample());
        }
        let line = line.to_string();
        self.null_keys.push(self.outputs, |row| {
            push_record(row, std::iter::once(line.as_bytes()).chain(values.iter().map(Vec::as_slice)))
        })
    }

    /// A duplicate: its line and its record in canonical form, line end included.
    pub(super) fn duplicate(&mut self, line: u64, record: &[u8]) -> Result<(), PrepareError> {
        self.duplicates.push(self.outputs, |row| {
            row.extend_from_slice(line.to_string().as_bytes());
            row.push(b',');
            row.extend_from_slice(record);
        })
    }

    /// A duplicate that differs from the row that was kept.
    pub(super) fn conflict(&mut self, sample: impl FnOnce() -> Rejected) {
        if self.samples.conflicts.len() < Samples::MOST {
            self.samples.conflicts.push(sample());
        }
    }

    /// A row that cannot be read.
    pub(super) fn rejected(&mut self, problem: Rejected) -> Result<(), PrepareError> {
        let line = problem.line.to_string();
        let fields = [&line, &problem.column, &problem.value, &problem.reason, &problem.remedy, &problem.raw];
        self.rejected.push(self.outputs, |row| push_record(row, fields.map(|field| field.as_bytes())))?;
        // A number stands for a field behind the last column: there may be as many of them as rows.
        let column = if problem.column.starts_with('#') { "" } else { &problem.column };
        let of_column = self.rejected_by_column.entry(column.to_owned()).or_default();
        *of_column += 1;
        if self.samples.rejected.len() < Samples::MOST || *of_column <= Samples::OF_EACH_COLUMN {
            self.samples.rejected.push(problem);
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<SideCounts, PrepareError> {
        Ok(SideCounts {
            null_keys: self.null_keys.finish(self.outputs)?,
            duplicates: self.duplicates.finish(self.outputs)?,
            rejected: self.rejected.finish(self.outputs)?,
            rejected_by_column: self.rejected_by_column,
            samples: self.samples,
        })
    }
}
