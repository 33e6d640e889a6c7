//! What can go wrong with a repository, in words for a person, with a remedy each.

/// Why a repository operation failed. The transaction it happened in has no effect.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The connection string cannot be read.
    #[error("cannot read the connection string of the repository: {detail}")]
    Connection {
        /// What is wrong with it.
        detail: String,
    },
    /// The database cannot be reached or opened.
    #[error("cannot open the repository {database}: {detail}")]
    Unreachable {
        /// Path, or host and database name; never a password.
        database: String,
        /// What the database driver said.
        detail: String,
    },
    /// The server runs, but has no database of this name.
    #[error("cannot open the repository {database}: {detail}")]
    NoDatabase {
        /// Host and database name.
        database: String,
        /// What the server said.
        detail: String,
    },
    /// The database was there and is no longer.
    #[error("the repository {database} is gone: {detail}")]
    Gone {
        /// Path, or host and database name.
        database: String,
        /// What was seen.
        detail: String,
    },
    /// Another process holds a lock for longer than the busy timeout.
    #[error("the repository {database} is locked by another process")]
    Locked {
        /// Path, or host and database name.
        database: String,
    },
    /// The database, its file or its folder may not be written.
    #[error("the repository {database} is read-only: {detail}")]
    ReadOnly {
        /// Path, or host and database name.
        database: String,
        /// What the database driver said.
        detail: String,
    },
    /// No space is left where the database writes.
    #[error("the disk of the repository {database} is full, or cannot be written")]
    DiskFull {
        /// Path, or host and database name.
        database: String,
    },
    /// The file is not a database, or it is damaged.
    #[error("the repository {database} cannot be read: {detail}")]
    Damaged {
        /// Path, or host and database name.
        database: String,
        /// What the database driver said.
        detail: String,
    },
    /// A newer version of the program has changed the schema.
    #[error("the repository {database} has schema version {found}; this program knows versions up to {known}")]
    NewerSchema {
        /// Path, or host and database name.
        database: String,
        /// Version found in the database.
        found: i64,
        /// Highest version that this program knows.
        known: i64,
    },
    /// An entity type, property or association was never deployed.
    #[error("{what} is not deployed in this repository")]
    NotDeployed {
        /// `entity type 5`.
        what: String,
    },
    /// A text that the database cannot hold.
    #[error("a text holds the character U+0000, which the repository {database} cannot hold")]
    Text {
        /// Host and database name.
        database: String,
    },
    /// A statement failed for a reason without a name of its own.
    #[error("the repository refused a statement: {detail} (statement: {statement})")]
    Statement {
        /// The statement, shortened.
        statement: String,
        /// What the database said.
        detail: String,
    },
    /// The engine used the store in a way that it does not allow: an error of the program.
    #[error("internal error in the use of the repository: {detail}")]
    Misuse {
        /// What was done.
        detail: String,
    },
}

impl StoreError {
    /// Stable kebab-case name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            StoreError::Connection { .. } => "repository-connection",
            StoreError::Unreachable { .. } => "repository-unreachable",
            StoreError::NoDatabase { .. } => "repository-missing",
            StoreError::Gone { .. } => "repository-gone",
            StoreError::Locked { .. } => "repository-locked",
            StoreError::ReadOnly { .. } => "repository-read-only",
            StoreError::DiskFull { .. } => "repository-disk-full",
            StoreError::Damaged { .. } => "repository-damaged",
            StoreError::NewerSchema { .. } => "repository-newer-schema",
            StoreError::NotDeployed { .. } => "repository-not-deployed",
            StoreError::Text { .. } => "repository-text",
            StoreError::Statement { .. } => "repository-statement",
            StoreError::Misuse { .. } => "internal",
        }
    }

    /// What to do next.
    pub fn remedy(&self) -> &'static str {
        match self {
            StoreError::Connection { .. } => {
                "write sqlite:PATH, a plain path, postgres://USER@HOST/DATABASE or host=HOST user=USER dbname=DATABASE"
            }
            StoreError::Unreachable { .. } => {
                "check that the folder exists and may be entered, or that the server runs and accepts these credentials"
            }
            StoreError::NoDatabase { .. } => {
                "make it (createdb NAME, or CREATE DATABASE), or correct the name after dbname= or the last slash"
            }
            StoreError::Gone { .. } => {
                "bring the database back (restore the file, or restart the server) and run again: nothing was half done"
            }
            StoreError::Locked { .. } => {
                "wait until the other process has finished, or end it, then run again: nothing was half done"
            }
            StoreError::ReadOnly { .. } => {
                "give this user the right to write the database file and its folder (or the tables), then run again"
            }
            StoreError::Text { .. } => "write it without that character",
            StoreError::DiskFull { .. } => "free space on that disk, then run again: nothing was half done",
            StoreError::Damaged { .. } => {
                "check that the path names a Provost repository; if it does, restore the last backup"
            }
            StoreError::NewerSchema { .. } => "run the newer version of the program that wrote this repository",
            StoreError::NotDeployed { .. } => "deploy the configuration first: provost deploy-configuration -d DIR",
            StoreError::Statement { .. } => {
                "if somebody changed the tables by hand, undo it; else report this message with the statement"
            }
            StoreError::Misuse { .. } => "report this message: it is an error of the program, not of your data",
        }
    }

    /// Why no connection to a server came about.
    pub(crate) fn connecting(database: String, error: &postgres::Error) -> StoreError {
        let detail = with_sources(error);
        match error.code() {
            Some(code) if *code == postgres::error::SqlState::INVALID_CATALOG_NAME => {
                StoreError::NoDatabase { database, detail }
            }
            _ => StoreError::Unreachable { database, detail },
        }
    }

    pub(crate) fn misuse(detail: impl Into<String>) -> StoreError {
        StoreError::Misuse { detail: detail.into() }
    }

    pub(crate) fn from_sqlite(database: &str, statement: &str, error: &rusqlite::Error) -> StoreError {
        use rusqlite::{ErrorCode, ffi};
        let database = database.to_owned();
        let detail = error.to_string();
        // A moved or deleted file makes SQLite refuse to write: that is a database gone, not one without rights.
        if let rusqlite::Error::SqliteFailure(code, _) = error
            && code.extended_code == ffi::SQLITE_READONLY_DBMOVED
        {
            return StoreError::Gone { database, detail };
        }
        // What a quota or a limit on the size of files does; SQLite tells only `ENOSPC` apart.
        if let rusqlite::Error::SqliteFailure(code, _) = error
            && matches!(
                code.extended_code,
                ffi::SQLITE_IOERR_WRITE
                    | ffi::SQLITE_IOERR_TRUNCATE
                    | ffi::SQLITE_IOERR_SHMSIZE
                    | ffi::SQLITE_IOERR_SHMMAP
            )
        {
            return StoreError::DiskFull { database };
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked { database },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreError::ReadOnly { database, detail },
            Some(ErrorCode::DiskFull) => StoreError::DiskFull { database },
            Some(ErrorCode::CannotOpen) => StoreError::Unreachable { database, detail },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged { database, detail },
            Some(ErrorCode::SystemIoFailure) => StoreError::Gone { database, detail },
            _ => StoreError::Statement { statement: shorten(statement), detail },
        }
    }

    pub(crate) fn from_postgres(database: &str, statement: &str, error: &postgres::Error) -> StoreError {
        use postgres::error::SqlState;
        let database = database.to_owned();
        let detail = match error.as_db_error() {
            Some(db) => db.to_string(),
            None => with_sources(error),
        };
        if error.is_closed() {
            return StoreError::Gone { database, detail };
        }
        match error.code() {
            Some(code) => match code.code() {
                "55P03" => StoreError::Locked { database },
                "25006" | "42501" => StoreError::ReadOnly { database, detail },
                "22021" => StoreError::Text { database },
                "53100" => StoreError::DiskFull { database },
                "57P01" | "57P02" | "57P03" => StoreError::Gone { database, detail },
                "3D000" | "28000" | "28P01" | "53300" => StoreError::Unreachable { database, detail },
                _ if *code == SqlState::DATA_CORRUPTED || *code == SqlState::INDEX_CORRUPTED => {
                    StoreError::Damaged { database, detail }
                }
                _ => StoreError::Statement { statement: shorten(statement), detail },
            },
            None if std::error::Error::source(error).is_some_and(|s| s.is::<std::io::Error>()) => {
                StoreError::Gone { database, detail }
            }
            None => StoreError::Statement { statement: shorten(statement), detail },
        }
    }
}

/// The driver's own message says only "error connecting": the cause is behind it.
pub(crate) fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

fn shorten(statement: &str) -> String {
    const SHOWN: usize = 300;
    let one_line = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    match one_line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &one_line[..end]),
        None => one_line,
    }
}
