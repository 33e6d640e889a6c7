//! Why SQL fails, and what to do about it. Messages name the database as the settings do, never how it is reached.

use crate::error::ExportError;
use std::fmt;
use std::time::Duration;

/// Place in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Character of the line, from 1.
    pub column: usize,
}

impl Position {
    /// The place behind so many characters of a text.
    pub(super) fn of(sql: &str, characters: usize) -> Position {
        let before: Vec<char> = sql.chars().take(characters).collect();
        let begins = before.iter().rposition(|c| *c == '\n').map_or(0, |at| at + 1);
        Position { line: before.iter().filter(|c| **c == '\n').count() + 1, column: before.len() - begins + 1 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why SQL failed.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// There is nothing to run.
    #[error("database {database}: there is no statement to run")]
    Empty {
        /// Name of the database.
        database: String,
    },
    /// The database cannot be opened.
    #[error("database {database} cannot be opened: {detail}")]
    Open {
        /// Name of the database.
        database: String,
        /// What stands in the way.
        detail: String,
    },
    /// The database refuses the statement.
    #[error("database {database} refuses the statement{}: {detail}", at.map(|at| format!(" at {at}")).unwrap_or_default())]
    Statement {
        /// Name of the database.
        database: String,
        /// Where, if the database says so.
        at: Option<Position>,
        /// What the database says.
        detail: String,
        /// What the database advises.
        advice: Option<String>,
    },
    /// The statement yields no rows.
    #[error("database {database}: the statement yields no columns")]
    NoRows {
        /// Name of the database.
        database: String,
    },
    /// Columns cannot be told apart.
    #[error("database {database}: column {position} of the result {what}")]
    Column {
        /// Name of the database.
        database: String,
        /// Which one, from 1.
        position: usize,
        /// `has no name`.
        what: String,
    },
    /// It took too long.
    #[error("database {database}: the statement was ended after {} s", after.as_secs())]
    Timeout {
        /// Name of the database.
        database: String,
        /// The time that it had.
        after: Duration,
    },
    /// Nobody waits any more.
    #[error("database {database}: the statement was ended because the job was cancelled")]
    Cancelled {
        /// Name of the database.
        database: String,
    },
    /// There is no such isolation level.
    #[error("IsolationLevel \"{name}\" is not known")]
    Isolation {
        /// What was written.
        name: String,
    },
    /// Tables cannot be written in this encoding.
    #[error("Encoding \"{name}\" cannot be written")]
    Encoding {
        /// What was written.
        name: String,
    },
    /// A value has no form in the encoding.
    #[error("database {database}: row {row} holds a character that {encoding} does not have")]
    Unmappable {
        /// Name of the database.
        database: String,
        /// Row, from 1.
        row: u64,
        /// The encoding.
        encoding: &'static str,
    },
    /// The table cannot be written.
    #[error(transparent)]
    Output(#[from] ExportError),
}

impl SqlError {
    /// Stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            SqlError::Empty { .. } => "sql-empty",
            SqlError::Open { .. } => "sql-database",
            SqlError::Statement { .. } => "sql-statement",
            SqlError::NoRows { .. } => "sql-no-rows",
            SqlError::Column { .. } => "sql-columns",
            SqlError::Timeout { .. } => "sql-timeout",
            SqlError::Cancelled { .. } => "sql-cancelled",
            SqlError::Isolation { .. } => "sql-isolation",
            SqlError::Encoding { .. } | SqlError::Unmappable { .. } => "sql-encoding",
            SqlError::Output(error) => error.code(),
        }
    }

    /// What to do next.
    pub fn remedy(&self) -> String {
        match self {
            SqlError::Empty { .. } => "set SQLCommand, or write a statement into the file of SQLInputFile".to_owned(),
            SqlError::Open { .. } => "compare its entry under Databases in appsettings.agent.json".to_owned(),
            SqlError::Statement { advice: Some(advice), .. } => advice.clone(),
            SqlError::Statement { .. } => "mend the statement; try it with the database's own tools".to_owned(),
            SqlError::NoRows { .. } => "set IsNotAQuery to true, or write a query".to_owned(),
            SqlError::Column { .. } => "name each column of the query, each differently (AS name)".to_owned(),
            SqlError::Timeout { .. } => {
                "set Timeout on the task to more seconds, or make the statement faster".to_owned()
            }
            SqlError::Cancelled { .. } => "launch the job again when its cause is gone".to_owned(),
            SqlError::Isolation { .. } => {
                "one of ReadUncommitted, ReadCommitted, RepeatableRead, Snapshot, Serializable".to_owned()
            }
            SqlError::Encoding { .. } => "leave it out for UTF-8, which prepare reads".to_owned(),
            SqlError::Unmappable { .. } => "leave Encoding out for UTF-8".to_owned(),
            SqlError::Output(error) => error.remedy(),
        }
    }
}
