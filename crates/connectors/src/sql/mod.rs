//! SQL of somebody else on a database of somebody else: a query becomes a CSV source file, anything else is carried
//! out. The packages of databases stand on it: [`Sql`] exports from them and carries orders out in them.
//!
//! Rows stream from the database into the file, which takes its place by a rename when all of them have come.

mod error;
mod export;
mod fulfil;
mod link;
mod place;
mod postgres;
mod rows;
mod settings;
mod sqlite;

pub use error::{Position, SqlError};
pub(crate) use export::Sql;
pub use place::{Databases, NoDatabases, PostgresClient};

use crate::csv::decode::encoding;
use crate::export::TableWritten;
use crate::keeping::Keeping;
use crate::output;
use encoding_rs::{Encoding, UTF_8};
use rows::Rows;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A database, as far as it has to be opened by whoever knows its secrets.
pub enum Database {
    /// A file that exists.
    Sqlite(PathBuf),
    /// A connection of its own.
    Postgres(Box<::postgres::Client>),
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Database::Sqlite(_) => "Sqlite",
            Database::Postgres(_) => "Postgres",
        })
    }
}

/// What is to be done with a database.
#[derive(Clone, Copy, Debug)]
pub struct SqlRequest<'a> {
    /// Name of the database, for messages.
    pub database: &'a str,
    /// The statement; several when no rows are wanted.
    pub sql: &'a str,
    /// Folder and name of the table that the rows become; none when no rows are wanted.
    pub output: Option<(&'a Path, &'a str)>,
    /// Longest time from the beginning to the last row.
    pub timeout: Duration,
    /// `ReadCommitted`, `Serializable`, …; empty for what is usual for the database.
    pub isolation: &'a str,
    /// Encoding of the table; empty for UTF-8.
    pub encoding: &'a str,
    /// How the table is kept.
    pub keeping: &'a dyn Keeping,
}

/// What the work tells and asks meanwhile.
pub trait Watcher: Sync {
    /// So many rows have come, and so many bytes.
    fn rows(&self, rows: u64, bytes: u64);
    /// Nobody waits for the result any more.
    fn is_cancelled(&self) -> bool;
}

/// The levels of isolation, as configurations name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Isolation {
    Usual,
    ReadUncommitted,
    ReadCommitted,
    RepeatableRead,
    Serializable,
}

impl Isolation {
    fn parse(name: &str) -> Result<Isolation, SqlError> {
        Ok(match name.trim().to_ascii_lowercase().as_str() {
            "" | "unspecified" => Isolation::Usual,
            "readuncommitted" | "chaos" => Isolation::ReadUncommitted,
            "readcommitted" => Isolation::ReadCommitted,
            "repeatableread" | "snapshot" => Isolation::RepeatableRead,
            "serializable" => Isolation::Serializable,
            _ => return Err(SqlError::Isolation { name: name.to_owned() }),
        })
    }
}

/// Runs SQL. With an output the table is complete when this returns, or as it was before.
///
/// # Errors
/// The request makes no sense, the database refuses, time is up, nobody waits any more, or the table cannot be written.
pub fn run_sql(
    database: Database,
    request: &SqlRequest<'_>,
    watcher: &dyn Watcher,
) -> Result<Option<TableWritten>, SqlError> {
    let isolation = Isolation::parse(request.isolation)?;
    let encoding = encoding_of(request.encoding)?;
    if request.sql.trim().is_empty() {
        return Err(SqlError::Empty { database: request.database.to_owned() });
    }
    let Some((folder, table)) = request.output else {
        match database {
            Database::Sqlite(path) => sqlite::execute(&path, request, isolation, watcher)?,
            Database::Postgres(mut client) => postgres::execute(&mut client, request, isolation)?,
        }
        return Ok(None);
    };
    let mut rows = Rows::new(request, (folder, table), encoding, watcher);
    match database {
        Database::Sqlite(path) => sqlite::query(&path, request, &mut rows)?,
        Database::Postgres(mut client) => postgres::query(&mut client, request, isolation, &mut rows)?,
    }
    let written = output::commit(vec![rows.finish()?], folder)?;
    Ok(written.into_iter().next())
}

/// The encoding of a table: one in which `,` and `"` are what they are in ASCII.
fn encoding_of(name: &str) -> Result<&'static Encoding, SqlError> {
    if name.trim().is_empty() {
        return Ok(UTF_8);
    }
    let usable =
        |encoding: &&'static Encoding| encoding.is_ascii_compatible() && encoding.output_encoding() == *encoding;
    encoding(name).filter(usable).ok_or_else(|| SqlError::Encoding { name: name.to_owned() })
}

#[cfg(test)]
mod tests;
