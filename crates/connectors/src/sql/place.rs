//! Where the database of a connection is: `ConnectionString`, in the form of this program or that of .NET.

use super::Database;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A connection to a PostgreSQL database.
pub type PostgresClient = ::postgres::Client;

/// Whoever knows how databases across a network are opened, with TLS as their settings say.
pub trait Databases: Sync {
    /// Opens a PostgreSQL database.
    ///
    /// # Errors
    /// Why it cannot be opened, without secrets.
    fn postgres(&self, connection: &str) -> Result<PostgresClient, String>;
}

/// Knows no database across a network.
#[derive(Clone, Copy, Debug)]
pub struct NoDatabases;

impl Databases for NoDatabases {
    fn postgres(&self, _: &str) -> Result<PostgresClient, String> {
        Err("databases across a network cannot be opened from here".to_owned())
    }
}

/// A connection string that was understood.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// PostgreSQL, in the form of its own clients.
    Postgres(String),
}

/// The forms that are understood, for messages.
pub(crate) const FORMS: &str =
    "sqlite:PATH, postgres://USER:PASSWORD@HOST/DATABASE, or Host=…;Username=…;Password=…;Database=…";

impl Place {
    /// Reads a connection string; nothing when it is of a kind that this version cannot reach.
    pub(crate) fn parse(text: &str, provider: &str) -> Option<Place> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            return Some(Place::Sqlite(PathBuf::from(path)));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Some(Place::Postgres(text.to_owned()));
        }
        let pairs: BTreeMap<String, &str> = text
            .split(';')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.trim().to_ascii_lowercase().replace(' ', ""), value.trim()))
            .collect();
        let get = |names: &[&str]| names.iter().find_map(|name| pairs.get(*name).copied());
        let provider = provider.to_ascii_lowercase();
        if provider.contains("sqlite") {
            return get(&["datasource", "filename"]).map(|path| Place::Sqlite(PathBuf::from(path)));
        }
        let of_postgres = provider.contains("npgsql") || (provider.is_empty() && text.contains(';'));
        let host = get(&["host", "server"]).filter(|_| of_postgres)?;
        let mut words = vec![("host", host)];
        let names: [(&str, &[&str]); 5] = [
            ("port", &["port"]),
            ("user", &["username", "userid", "uid"]),
            ("password", &["password", "pwd"]),
            ("dbname", &["database"]),
            ("sslrootcert", &["rootcertificate"]),
        ];
        words.extend(names.iter().filter_map(|(word, names)| Some((*word, get(names)?))));
        let mode = get(&["sslmode"]).map(|mode| match mode.to_ascii_lowercase().as_str() {
            "verifyca" => "verify-ca",
            "verifyfull" => "verify-full",
            "disable" => "disable",
            "prefer" | "allow" => "prefer",
            _ => "require",
        });
        words.extend(mode.map(|mode| ("sslmode", mode)));
        let quoted = |value: &str| format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"));
        let words: Vec<String> = words.into_iter().map(|(word, value)| format!("{word}={}", quoted(value))).collect();
        Some(Place::Postgres(words.join(" ")))
    }

    /// Opens it. Relative paths start from `base`.
    pub(crate) fn open(&self, base: &Path, databases: &dyn Databases) -> Result<Database, String> {
        match self {
            Place::Sqlite(path) => Ok(Database::Sqlite(base.join(path))),
            Place::Postgres(connection) => Ok(Database::Postgres(Box::new(databases.postgres(connection)?))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_strings_of_both_kinds_are_understood() {
        let place = |text: &str, provider: &str| match Place::parse(text, provider) {
            Some(Place::Sqlite(path)) => format!("file {}", path.display()),
            Some(Place::Postgres(text)) => text,
            None => "none".to_owned(),
        };
        assert_eq!(place("sqlite:app.db", ""), "file app.db");
        assert_eq!(place("Data Source=app.db;Mode=ReadWrite", "Microsoft.Data.Sqlite.SqliteFactory"), "file app.db");
        assert_eq!(place("postgres://u@h/d", ""), "postgres://u@h/d");
        assert_eq!(
            place(
                "Host=db;Port=5433;Username=app;Password=it's;Database=hr;SSL Mode=VerifyFull",
                "Npgsql.NpgsqlFactory"
            ),
            r"host='db' port='5433' user='app' password='it\'s' dbname='hr' sslmode='verify-full'"
        );
        assert_eq!(place("Server=db;Database=hr", "Oracle.ManagedDataAccess.Client.OracleClientFactory"), "none");
        assert_eq!(place("rubbish", ""), "none");
    }
}
