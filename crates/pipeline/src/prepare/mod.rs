//! Prepare: from a source file to a clean, sorted one.
//!
//! For one table, in this order: drop unused columns, convert values to their internal text, put aside rows without a
//! key (`.nullpk.csv`), duplicates (`.duplicates.csv`) and rows that cannot be read (`.rejected.csv`), sort by key in
//! the order of its UTF-8 bytes (`.sorted.csv`). Memory does not grow with the file.
//!
//! A file that carries its own changes keeps all rows of a key, in file order, behind a `command` column
//! (`.sorted.delta`). Its pairs have their line of the source behind them, because rows about one owner follow each
//! other in the source alone.

mod cleanse;
mod held;
mod sides;
mod sorted;

use crate::csv::{Header, HeaderError, Reader, Rejected};
use crate::drift::TableProfile;
use crate::format::Converter;
use crate::sort::{SortError, Sorter, Spill};
pub use held::Held;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};

/// Suffix of clean, sorted rows.
pub const SORTED: &str = ".sorted.csv";
/// Suffix of clean, sorted rows with a command each.
pub const DELTA: &str = ".sorted.delta";
/// Suffix of rows whose key was there before.
pub const DUPLICATES: &str = ".duplicates.csv";
/// Suffix of rows without a key.
pub const NULL_KEYS: &str = ".nullpk.csv";
/// Suffix of rows that cannot be read.
pub const REJECTED: &str = ".rejected.csv";

/// Longest value of a key, in bytes. Two of them fit into an index of every database that holds a repository.
pub const LONGEST_KEY: usize = 1200;

/// What a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Resources; the first column is the primary key.
    Entity,
    /// Pairs of key values in exactly two columns.
    Association,
}

/// A column that a mapping uses.
#[derive(Clone, Debug)]
pub struct ColumnSpec {
    /// Its name in the header of the source.
    pub header: String,
    /// To internal text.
    pub converter: Converter,
    /// Its values find resources: a row with one of more than [`LONGEST_KEY`] bytes is rejected.
    pub is_key: bool,
}

/// How to prepare a table.
#[derive(Clone, Debug)]
pub struct TableSpec {
    /// Entity type or association.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Primary key first, then in the order of the mapping.
    pub columns: Vec<ColumnSpec>,
    /// Separator of the source.
    pub separator: u8,
    /// Where the source may carry commands. A file without this column is a full extract; one with it may lack columns
    /// of the mapping, apart from keys of pairs and the primary key.
    pub command_column: Option<String>,
    /// Position of the column of an association whose resources have at most one pair. In a file with commands, an empty
    /// value beside it says that there is none.
    pub owner: Option<usize>,
}

/// Makes output files; each is asked for at most once, and only when there is something to write.
pub trait Outputs {
    /// The file whose name ends with `suffix`.
    ///
    /// # Errors
    /// When it cannot be created.
    fn create(&mut self, suffix: &str) -> io::Result<Box<dyn Write + Send>>;
}

/// The result for one table. `rows = null_keys + duplicates + rejected + clean`.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Data rows of the source, whatever became of them.
    pub rows: u64,
    /// Rows without a key (for associations: with an empty end).
    pub null_keys: u64,
    /// Rows whose key (for associations: pair) an earlier row has.
    pub duplicates: u64,
    /// How many of the duplicates differ from the row that was kept.
    pub duplicates_conflicting: u64,
    /// Rows that cannot be read.
    pub rejected: u64,
    /// The same by the column that is at fault; the empty name where none can be told.
    pub rejected_by_column: BTreeMap<String, u64>,
    /// Rows written.
    pub clean: u64,
    /// Whether the source carries its own changes, so that a delta was written instead of a sorted file.
    pub changes: bool,
    /// Positions of mapped columns that such a source lacks, and the delta with it.
    pub absent: Vec<usize>,
    /// What must not be treated as absent.
    pub held: Held,
    /// What the file looks like, for the drift guard.
    pub profile: TableProfile,
    /// BLAKE3 of the file written.
    pub digest: [u8; 32],
    /// Its length.
    pub bytes: u64,
    /// The first few problems.
    pub samples: Samples,
}

/// The first problems of each kind.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// Rows that cannot be read; some of each column, so that a column that fails late is among them, too.
    pub rejected: Vec<Rejected>,
    /// Rows without a key.
    pub null_keys: Vec<Rejected>,
    /// Duplicates that differ from the row that was kept.
    pub conflicts: Vec<Rejected>,
}

impl Samples {
    const MOST: usize = 10;
    const OF_EACH_COLUMN: u64 = 10;
}

/// Why a table cannot be prepared. Bad rows are no such reason.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// An entity without columns, or an association with other than two.
    #[error("table {name}: expected {expected}, the mapping has {found} columns")]
    Columns {
        /// Table.
        name: String,
        /// What its kind needs.
        expected: &'static str,
        /// Number of columns.
        found: usize,
    },
    /// The header does not fit.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The source failed.
    #[error("reading the source failed after line {line}")]
    Read {
        /// Last line read in full.
        line: u64,
        /// Why.
        source: io::Error,
    },
    /// An output failed.
    #[error("writing the file with the ending {suffix} failed")]
    Write {
        /// Which.
        suffix: &'static str,
        /// Why.
        source: io::Error,
    },
    /// Sorting failed.
    #[error(transparent)]
    Sort(#[from] SortError),
}

impl PrepareError {
    fn write(suffix: &'static str) -> impl Fn(io::Error) -> PrepareError {
        move |source| PrepareError::Write { suffix, source }
    }
}

/// Prepares one table with about `budget` bytes of memory for sorting.
///
/// # Errors
/// When the header does not fit the mapping, or a stream fails. Outputs may then exist in part.
pub fn prepare<R: Read>(
    spec: &TableSpec,
    source: R,
    outputs: &mut dyn Outputs,
    budget: usize,
    spills: impl FnMut() -> io::Result<Box<dyn Spill>>,
) -> Result<Prepared, PrepareError> {
    check_columns(spec)?;
    let dialect = crate::csv::Dialect { separator: spec.separator, ..Default::default() };
    let mut reader = Reader::new(source, dialect);
    let header = Header::read(&mut reader)?;
    let absent = absent(spec, &header);
    let spec = &without(spec, &absent);
    let layout = Layout::new(spec, &header)?;
    let mut sides = sides::SideFiles::new(outputs, spec);
    let clean = cleanse::cleanse(spec, &layout, &mut reader, &mut sides, Sorter::new(budget, spills))?;
    drop(reader);
    provost_model::fault::point("prepare.sorted");
    Ok(Prepared { absent, ..sorted::write(spec, &layout, clean, sides)? })
}

/// Mapped columns that a file with commands need not have, and does not have.
fn absent(spec: &TableSpec, header: &Header) -> Vec<usize> {
    let has_commands = spec.command_column.as_ref().is_some_and(|name| header.contains(name));
    if !has_commands || spec.kind == Kind::Association {
        return Vec::new();
    }
    let columns = spec.columns.iter().enumerate().skip(1);
    columns.filter(|(_, column)| !header.contains(&column.header)).map(|(position, _)| position).collect()
}

fn without(spec: &TableSpec, absent: &[usize]) -> TableSpec {
    let columns = spec.columns.iter().enumerate().filter(|(position, _)| !absent.contains(position));
    TableSpec { columns: columns.map(|(_, column)| column.clone()).collect(), ..spec.clone() }
}

fn check_columns(spec: &TableSpec) -> Result<(), PrepareError> {
    let expected = match (spec.kind, spec.columns.len()) {
        (Kind::Entity, 0) => "a primary key",
        (Kind::Association, found) if found != 2 => "two columns",
        _ => return Ok(()),
    };
    Err(PrepareError::Columns { name: spec.name.clone(), expected, found: spec.columns.len() })
}

/// Where the columns of a table stand in the source.
struct Layout {
    columns: Vec<usize>,
    command: Option<usize>,
}

impl Layout {
    fn new(spec: &TableSpec, header: &Header) -> Result<Layout, HeaderError> {
        let columns: Result<_, _> = spec.columns.iter().map(|column| header.index_of(&column.header)).collect();
        let command = spec.command_column.as_ref().filter(|name| header.contains(name));
        Ok(Layout { columns: columns?, command: command.map(|name| header.index_of(name)).transpose()? })
    }
}

#[cfg(test)]
mod tests;
