//! Values that go into statements, and rows that come out of them, on either database.

use crate::error::StoreError;
use postgres::types::{ToSql, Type};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};

/// A parameter of a statement. The schema knows no other types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arg<'a> {
    Null,
    Int(i64),
    Text(&'a str),
}

impl From<i64> for Arg<'_> {
    fn from(value: i64) -> Self {
        Arg::Int(value)
    }
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(value: &'a str) -> Self {
        Arg::Text(value)
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(value: &'a String) -> Self {
        Arg::Text(value)
    }
}

impl<'a, T: Into<Arg<'a>>> From<Option<T>> for Arg<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Arg::Null, Into::into)
    }
}

impl rusqlite::ToSql for Arg<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Arg::Null => ToSqlOutput::Owned(Value::Null),
            Arg::Int(value) => ToSqlOutput::Owned(Value::Integer(*value)),
            Arg::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
        })
    }
}

impl<'a> Arg<'a> {
    /// The value as PostgreSQL wants it: NULL must be told the type of its place.
    pub(crate) fn for_postgres(&'a self, place: &Type) -> &'a (dyn ToSql + Sync) {
        const NO_NUMBER: &Option<i64> = &None;
        const NO_TEXT: &Option<&str> = &None;
        match self {
            Arg::Null if *place == Type::INT8 => NO_NUMBER,
            Arg::Null => NO_TEXT,
            Arg::Int(value) => value,
            Arg::Text(value) => value,
        }
    }
}

/// A row while it is being read.
pub(crate) enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a postgres::Row),
}

impl Row<'_> {
    /// Text of a column, or `None` for NULL.
    pub(crate) fn text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self {
            Row::Sqlite(row) => match row.get_ref(column) {
                Ok(ValueRef::Null) => Ok(None),
                Ok(ValueRef::Text(bytes)) => std::str::from_utf8(bytes).map(Some).map_err(|e| unreadable(column, &e)),
                Ok(other) => Err(unreadable(column, &format!("text expected, {:?} found", other.data_type()))),
                Err(error) => Err(unreadable(column, &error)),
            },
            Row::Postgres(row) => row.try_get(column).map_err(|e| unreadable(column, &e)),
        }
    }

    /// Whole number of a column, or `None` for NULL.
    pub(crate) fn int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self {
            Row::Sqlite(row) => match row.get_ref(column) {
                Ok(ValueRef::Null) => Ok(None),
                Ok(ValueRef::Integer(value)) => Ok(Some(value)),
                Ok(other) => Err(unreadable(column, &format!("number expected, {:?} found", other.data_type()))),
                Err(error) => Err(unreadable(column, &error)),
            },
            Row::Postgres(row) => row.try_get(column).map_err(|e| unreadable(column, &e)),
        }
    }

    /// Text of a column that is never NULL.
    pub(crate) fn str(&self, column: usize) -> Result<&str, StoreError> {
        self.text(column)?.ok_or_else(|| unreadable(column, &"a value is missing"))
    }

    /// Whole number of a column that is never NULL.
    pub(crate) fn i64(&self, column: usize) -> Result<i64, StoreError> {
        self.int(column)?.ok_or_else(|| unreadable(column, &"a number is missing"))
    }

    /// A count.
    pub(crate) fn u64(&self, column: usize) -> Result<u64, StoreError> {
        self.i64(column).map(|n| u64::try_from(n).unwrap_or_default())
    }

    /// Owned text of a column that is never NULL.
    pub(crate) fn string(&self, column: usize) -> Result<String, StoreError> {
        self.str(column).map(str::to_owned)
    }

    /// Owned text of a column.
    pub(crate) fn optional(&self, column: usize) -> Result<Option<String>, StoreError> {
        Ok(self.text(column)?.map(str::to_owned))
    }
}

fn unreadable(column: usize, detail: &dyn std::fmt::Display) -> StoreError {
    StoreError::Statement { statement: format!("reading result column {column}"), detail: detail.to_string() }
}

/// Rows waiting to be written, in one allocation: cells in order, with their text in one string.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    cells: Vec<Cell>,
    text: String,
}

#[derive(Clone, Copy, Debug)]
enum Cell {
    Null,
    Int(i64),
    Text { start: u32, end: u32 },
}

impl Rows {
    pub(crate) fn push(&mut self, value: Arg<'_>) {
        self.cells.push(match value {
            Arg::Null => Cell::Null,
            Arg::Int(value) => Cell::Int(value),
            Arg::Text(value) => {
                let start = self.text.len() as u32;
                self.text.push_str(value);
                Cell::Text { start, end: self.text.len() as u32 }
            }
        });
    }

    /// Bytes that the rows take, roughly.
    pub(crate) fn weight(&self) -> usize {
        self.text.len() + self.cells.len() * size_of::<Cell>()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.cells.clear();
        self.text.clear();
    }

    /// The values, row after row.
    pub(crate) fn values(&self) -> impl Iterator<Item = Arg<'_>> {
        self.cells.iter().map(|cell| match *cell {
            Cell::Null => Arg::Null,
            Cell::Int(value) => Arg::Int(value),
            Cell::Text { start, end } => Arg::Text(&self.text[start as usize..end as usize]),
        })
    }

    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }
}
