//! The journal, the problems of runs, and what files looked like.

use crate::changes::RunId;
use crate::error::StoreError;
use crate::tx::{ReadTx, WriteTx};
use std::collections::BTreeMap;

/// A write to the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// Grows with every entry.
    pub id: i64,
    /// Who wrote.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When the transaction began: microseconds since 1970, UTC.
    pub at: i64,
    /// How long it took.
    pub duration_micros: i64,
    /// How many of what.
    pub counts: BTreeMap<String, u64>,
}

/// A data row that was held back, or another finding of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredProblem {
    /// Table: identifier of the entity type or association.
    pub table: String,
    /// Line of the file, 0 for none.
    pub line: u64,
    /// Column of the file.
    pub column: Option<String>,
    /// Value.
    pub value: Option<String>,
    /// What is wrong with it.
    pub reason: String,
    /// What to do.
    pub remedy: Option<String>,
}

impl ReadTx {
    /// The last writes, the newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn journal(&mut self, limit: usize) -> Result<Vec<JournalEntry>, StoreError> {
        self.link.all(
            "SELECT Id, Actor, Reason, At, DurationMicros, Counts FROM UJ_Journal ORDER BY Id DESC LIMIT $1",
            &[i64::try_from(limit).unwrap_or(i64::MAX).into()],
            |row| {
                Ok(JournalEntry {
                    id: row.i64(0)?,
                    actor: row.string(1)?,
                    reason: row.string(2)?,
                    at: row.i64(3)?,
                    duration_micros: row.i64(4)?,
                    counts: serde_json::from_str(row.str(5)?).unwrap_or_default(),
                })
            },
        )
    }

    /// What the last accepted file of a table looked like (JSON).
    ///
    /// # Errors
    /// Those of the database.
    pub fn table_profile(&mut self, connector: &str, table: &str) -> Result<Option<String>, StoreError> {
        self.link.first(
            "SELECT Json FROM UJ_TableProfiles WHERE Connector = $1 AND TableName = $2",
            &[connector.into(), table.into()],
            |row| row.string(0),
        )
    }
}

impl WriteTx {
    /// Stores what an accepted file looked like.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_table_profile(&mut self, connector: &str, table: &str, json: &str) -> Result<(), StoreError> {
        self.link.execute(
            "INSERT INTO UJ_TableProfiles (Connector, TableName, Json) VALUES ($1, $2, $3) \
             ON CONFLICT (Connector, TableName) DO UPDATE SET Json = excluded.Json",
            &[connector.into(), table.into(), json.into()],
        )?;
        Ok(())
    }

    /// Stores a problem of a run.
    ///
    /// # Errors
    /// Those of the database.
    pub fn insert_problem(&mut self, run: RunId, problem: &StoredProblem) -> Result<(), StoreError> {
        self.link.execute(
            "INSERT INTO UJ_Problems (Run_Id, TableName, Line, ColumnName, Value, Reason, Remedy) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &[
                run.0.into(),
                (&problem.table).into(),
                i64::try_from(problem.line).unwrap_or(i64::MAX).into(),
                problem.column.as_ref().into(),
                problem.value.as_ref().into(),
                (&problem.reason).into(),
                problem.remedy.as_ref().into(),
            ],
        )?;
        Ok(())
    }
}
