//! Whole repositories as text: what a backup holds, the same from either database and for either.
//!
//! A row is a line of JSON, a list of numbers, texts and nulls in the order of the columns of its [`TableShape`]. A
//! backup of an older schema is put into tables of that schema, which are then brought up to date as a database that was
//! left behind would be.

use crate::connect::Target;
use crate::dialect::Dialect;
use crate::error::StoreError;
use crate::link::Link;
use crate::schema;
use crate::store::{Store, now_micros};
use crate::stored_model::StoredModel;
use crate::triggers;
use crate::tx::ReadTx;
use crate::value::{Arg, Row, Rows};
use provost_model::Slot;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Bytes of rows that are written at once.
const TOGETHER: usize = 1 << 20;
/// Tables that [`Store::refill`] fills itself.
const OWN: [&str; 2] = ["um_schemaversions", "um_resourcecolumns"];

/// The tables of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shape {
    /// Version of the schema.
    pub version: i64,
    /// Slots that are columns.
    pub slots: Vec<i64>,
    /// The tables with rows to keep, in order of name.
    pub tables: Vec<TableShape>,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableShape {
    /// Name in lower case.
    pub name: String,
    /// Columns in order.
    pub columns: Vec<ColumnShape>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ColumnShape {
    /// Name in lower case.
    pub name: String,
    /// Whether it holds whole numbers; else texts.
    pub is_number: bool,
}

impl ReadTx {
    /// The tables of the repository.
    ///
    /// # Errors
    /// Those of the database.
    pub fn shape(&mut self) -> Result<Shape, StoreError> {
        let mut tables = tables(&self.link)?;
        tables.retain(|table| !OWN.contains(&table.name.as_str()));
        let slots = "SELECT TargetColumnIndex FROM UM_ResourceColumns ORDER BY TargetColumnIndex";
        let slots = self.link.all(slots, &[], |row| row.i64(0))?;
        Ok(Shape { version: schema::version(&self.link)?, slots, tables })
    }

    /// Whether somebody has made the views of the entity types.
    ///
    /// # Errors
    /// Those of the database.
    pub fn has_views(&mut self) -> Result<bool, StoreError> {
        Ok(!self.link.all(self.link.dialect().views(), &[], |row| row.string(0))?.is_empty())
    }

    /// Hands each row of a table to `each`, as a line of JSON without its end; tells how many there are.
    ///
    /// # Errors
    /// Those of `each`, and those of the database.
    pub fn dump<E: From<StoreError>>(
        &mut self,
        table: &TableShape,
        mut each: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<u64, E> {
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let sql = format!("SELECT {} FROM {}", columns.join(", "), table.name);
        let (mut line, mut count) = (String::new(), 0);
        self.link.scan(&sql, &[], |row| {
            line.clear();
            write_row(&mut line, table, row)?;
            count += 1;
            each(&line)
        })?;
        Ok(count)
    }
}

fn write_row(line: &mut String, table: &TableShape, row: &Row<'_>) -> Result<(), StoreError> {
    for (i, column) in table.columns.iter().enumerate() {
        line.push(if i == 0 { '[' } else { ',' });
        let text = match column.is_number {
            true => row.int(i)?.map(|number| number.to_string()),
            false => row.text(i)?.map(|text| serde_json::Value::from(text).to_string()),
        };
        line.push_str(text.as_deref().unwrap_or("null"));
    }
    line.push(']');
    Ok(())
}

fn tables(link: &Link) -> Result<Vec<TableShape>, StoreError> {
    let mut found: Vec<TableShape> = Vec::new();
    let rows = link.all(link.dialect().shape(), &[], |row| Ok((row.string(0)?, row.string(1)?, row.string(2)?)))?;
    for (table, name, kind) in rows {
        if found.last().is_none_or(|last| last.name != table) {
            found.push(TableShape { name: table, columns: Vec::new() });
        }
        if let Some(last) = found.last_mut() {
            last.columns.push(ColumnShape { name, is_number: kind != "text" });
        }
    }
    Ok(found)
}

/// A repository that is being filled from a backup.
#[derive(Debug)]
pub struct Refill<'a> {
    link: &'a Link,
    tables: Vec<TableShape>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("database", &self.database).finish_non_exhaustive()
    }
}

impl Refill<'_> {
    /// Puts lines of [`ReadTx::dump`] into a table; tells how many.
    ///
    /// # Errors
    /// Those of `lines`; a line or the table is not of this repository; those of the database.
    pub fn load<E: From<StoreError>>(
        &mut self,
        table: &TableShape,
        lines: impl Iterator<Item = Result<String, E>>,
    ) -> Result<u64, E> {
        self.check(table)?;
        let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        let (mut rows, mut count) = (Rows::default(), 0);
        for line in lines {
            push(&mut rows, table, &line?)?;
            count += 1;
            if rows.weight() > TOGETHER {
                self.link.bulk(&table.name, &[], &names, &rows)?;
                rows.clear();
            }
        }
        if !rows.is_empty() {
            self.link.bulk(&table.name, &[], &names, &rows)?;
        }
        Ok(count)
    }

    /// Names become part of statements: only those of the schema may.
    fn check(&self, table: &TableShape) -> Result<(), StoreError> {
        let known = self.tables.iter().find(|known| known.name == table.name);
        let columns = known.map_or(&[][..], |known| &known.columns);
        match table.columns.iter().find(|column| !columns.contains(column)) {
            None if known.is_some() => Ok(()),
            found => Err(foreign(match found {
                Some(column) => format!("its table {} has a column {}", table.name, column.name),
                None => format!("it has a table {}", table.name),
            })),
        }
    }
}

fn push(rows: &mut Rows, table: &TableShape, line: &str) -> Result<(), StoreError> {
    let damaged = |detail: &str| foreign(format!("a line of its table {} {detail}", table.name));
    let values: Vec<serde_json::Value> = serde_json::from_str(line).map_err(|_| damaged("is no list of values"))?;
    if values.len() != table.columns.len() {
        return Err(damaged("has not as many values as the table has columns"));
    }
    for (column, value) in table.columns.iter().zip(&values) {
        rows.push(match (value, column.is_number) {
            (serde_json::Value::Null, _) => Arg::Null,
            (serde_json::Value::String(text), false) => Arg::Text(text),
            (serde_json::Value::Number(number), true) => {
                Arg::Int(number.as_i64().ok_or_else(|| damaged("has a number that is too large"))?)
            }
            _ => return Err(damaged(&format!("has a value of another kind in column {}", column.name))),
        });
    }
    Ok(())
}

fn foreign(detail: String) -> StoreError {
    StoreError::Damaged { database: "in the backup".to_owned(), detail }
}

impl Store {
    /// Whether the database holds a repository that somebody has used: a configuration, resources or accounts.
    ///
    /// # Errors
    /// Those of the database.
    pub fn is_used(connection: &str) -> Result<bool, StoreError> {
        let target = Target::parse(connection)?;
        let link = Link::new(target.connect()?, &target.name());
        let there: BTreeSet<String> = tables(&link)?.into_iter().map(|table| table.name).collect();
        for table in ["um_configurationitems", "ur_resources", "ua_accounts", "uj_journal"] {
            if there.contains(table)
                && link.first(&format!("SELECT 1 FROM {table} LIMIT 1"), &[], |_| Ok(()))?.is_some()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Replaces all that a repository holds by what `body` loads, in one transaction: whatever fails, the repository
    /// stays what it was.
    ///
    /// # Errors
    /// Those of `body`; a newer program made the backup; those of the database.
    pub fn refill<E: From<StoreError>>(
        connection: &str,
        shape: &Shape,
        body: impl FnOnce(&mut Refill<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let target = Target::parse(connection)?;
        let (name, known) = (target.name(), schema::known_version());
        if shape.version > known {
            return Err(StoreError::NewerSchema { database: name, found: shape.version, known }.into());
        }
        let link = Link::new(target.connect()?, &name);
        link.batch(link.dialect().begin_write())?;
        let result = fill(&link, shape, body);
        match &result {
            Ok(()) => link.batch("COMMIT")?,
            Err(_) => {
                link.rollback();
            }
        }
        result
    }
}

fn fill<E: From<StoreError>>(
    link: &Link,
    shape: &Shape,
    body: impl FnOnce(&mut Refill<'_>) -> Result<(), E>,
) -> Result<(), E> {
    if let Some(lock) = link.dialect().lock_repository() {
        link.batch(&lock)?;
    }
    remove_everything(link)?;
    schema::migrate_to(link, shape.version, now_micros())?;
    let slots: Result<Vec<Slot>, StoreError> = shape
        .slots
        .iter()
        .map(|index| Slot::new(*index).ok_or_else(|| foreign(format!("it has a slot {index}"))))
        .collect();
    schema::add_slots(link, &slots?)?;
    body(&mut Refill { link, tables: tables(link)? })?;
    schema::migrate(link, now_micros())?;
    continue_counting(link)?;
    triggers::rebuild(link, &StoredModel::load(link)?)?;
    Ok(())
}

fn remove_everything(link: &Link) -> Result<(), StoreError> {
    let dialect = link.dialect();
    for name in link.all(dialect.views(), &[], |row| row.string(0))? {
        link.batch(&format!("DROP VIEW \"{}\"", name.replace('"', "\"\"")))?;
    }
    if link.count(dialect.table_exists(), &["ur_resources".into()])? > 0 {
        for name in link.all(dialect.triggers(), &[], |row| row.string(0))? {
            link.batch(&dialect.drop_trigger(&name))?;
        }
    }
    for table in tables(link)? {
        link.batch(&format!("DROP TABLE {}", table.name))?;
    }
    Ok(())
}

/// Ids that PostgreSQL counts go on behind those that were loaded; SQLite looks for the highest one anyway.
fn continue_counting(link: &Link) -> Result<(), StoreError> {
    if link.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let counted = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns \
                   WHERE table_schema = current_schema() AND is_identity = 'YES' AND table_name LIKE 'u_\\_%'";
    for (table, column) in link.all(counted, &[], |row| Ok((row.string(0)?, row.string(1)?)))? {
        link.batch(&format!(
            "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), \
             (SELECT COALESCE(MAX({column}), 0) + 1 FROM {table}), false)"
        ))?;
    }
    Ok(())
}
