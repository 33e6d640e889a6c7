//! What systems said that they could give, when they were asked last.

use crate::configuration::VERSION;
use crate::error::StoreError;
use crate::tx::{ReadTx, WriteTx};

/// What is known about the schema of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionSchema {
    /// Identifier of the connection.
    pub connection: String,
    /// Its tables, JSON; none before the system answered for the first time.
    pub tables: Option<String>,
    /// When it answered last: microseconds since 1970, UTC.
    pub refreshed_at: Option<i64>,
    /// When it could not be asked, if that was later.
    pub failed_at: Option<i64>,
    /// Why it could not.
    pub error: Option<String>,
}

impl ReadTx {
    /// What is known about the schemas of connections, in the order of their identifiers.
    ///
    /// # Errors
    /// Those of the database.
    pub fn connection_schemas(&mut self) -> Result<Vec<ConnectionSchema>, StoreError> {
        let sql =
            "SELECT Connection, Tables, RefreshedAt, FailedAt, Error FROM UJ_ConnectionSchemas ORDER BY Connection";
        self.link.all(sql, &[], |row| {
            Ok(ConnectionSchema {
                connection: row.string(0)?,
                tables: row.optional(1)?,
                refreshed_at: row.int(2)?,
                failed_at: row.int(3)?,
                error: row.optional(4)?,
            })
        })
    }
}

impl WriteTx {
    /// Notes what the system of a connection said. Tells whether its tables are others than before.
    ///
    /// # Errors
    /// Those of the database.
    pub fn refresh_schema(&mut self, connection: &str, tables: &str, now_micros: i64) -> Result<bool, StoreError> {
        let known = self.connection_schemas()?.into_iter().find(|known| known.connection == connection);
        self.link.execute(
            "INSERT INTO UJ_ConnectionSchemas (Connection, Tables, RefreshedAt) VALUES ($1, $2, $3) \
             ON CONFLICT (Connection) DO UPDATE SET Tables = excluded.Tables, RefreshedAt = excluded.RefreshedAt, \
             FailedAt = NULL, Error = NULL",
            &[connection.into(), tables.into(), now_micros.into()],
        )?;
        let is_new = known.and_then(|known| known.tables).as_deref() != Some(tables);
        if is_new {
            // Queries show the tables beside those of the configuration.
            self.advance(VERSION, 1)?;
        }
        Ok(is_new)
    }

    /// Notes that the system of a connection could not be asked. What it said before stays.
    ///
    /// # Errors
    /// Those of the database.
    pub fn schema_not_refreshed(&mut self, connection: &str, error: &str, now_micros: i64) -> Result<(), StoreError> {
        self.link.execute(
            "INSERT INTO UJ_ConnectionSchemas (Connection, FailedAt, Error) VALUES ($1, $2, $3) \
             ON CONFLICT (Connection) DO UPDATE SET FailedAt = excluded.FailedAt, Error = excluded.Error",
            &[connection.into(), now_micros.into(), error.into()],
        )?;
        Ok(())
    }
}
