//! An open database that answers statements with texts. Values stand in statements as literals, which take the type
//! of the column that they meet.

use super::Database;
use crate::fulfil::Refusal;
use ::postgres::SimpleQueryMessage;
use ::postgres::error::SqlState;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::PathBuf;
use std::time::Duration;

/// An open database.
pub(super) enum Link {
    /// A file, with its path.
    Sqlite(PathBuf, Connection),
    /// A server.
    Postgres(Box<::postgres::Client>),
}

type Row = Vec<Option<String>>;

impl Link {
    /// Opens a database; a file must exist.
    pub(super) fn open(database: Database, timeout: Duration) -> Result<Link, Refusal> {
        match database {
            Database::Sqlite(path) => {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let opened = Connection::open_with_flags(&path, flags).and_then(|connection| {
                    connection.busy_timeout(timeout)?;
                    Ok(connection)
                });
                let connection = opened.map_err(|error| {
                    let text = format!("{} cannot be opened: {error}", path.display());
                    Refusal { text, transient: false, broken: true, code: "sql-database" }
                })?;
                Ok(Link::Sqlite(path, connection))
            }
            Database::Postgres(mut client) => {
                let settings = format!(
                    "SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET statement_timeout = {}",
                    timeout.as_millis()
                );
                client.batch_execute(&settings).map_err(|error| of_postgres(&error))?;
                Ok(Link::Postgres(client))
            }
        }
    }

    /// All rows of a small query.
    pub(super) fn rows(&mut self, sql: &str) -> Result<Vec<Row>, Refusal> {
        match self {
            Link::Sqlite(_, connection) => sqlite_rows(connection, sql).map_err(|error| of_sqlite(&error)),
            Link::Postgres(client) => {
                let messages = client.simple_query(sql).map_err(|error| of_postgres(&error))?;
                let row = |message: &SimpleQueryMessage| match message {
                    SimpleQueryMessage::Row(row) => {
                        Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
                    }
                    _ => None,
                };
                Ok(messages.iter().filter_map(row).collect())
            }
        }
    }

    /// The number that a query gives; 0 when it gives none.
    pub(super) fn number(&mut self, sql: &str) -> Result<u64, Refusal> {
        let rows = self.rows(sql)?;
        Ok(rows.first().and_then(|row| row.first()?.as_ref()?.parse().ok()).unwrap_or_default())
    }

    /// Carries out statements, all or none.
    pub(super) fn execute(&mut self, statements: &[String]) -> Result<(), Refusal> {
        if statements.is_empty() {
            return Ok(());
        }
        match self {
            Link::Sqlite(_, connection) => {
                let all = || {
                    let transaction = connection.unchecked_transaction()?;
                    statements.iter().try_for_each(|sql| transaction.execute_batch(sql))?;
                    transaction.commit()
                };
                all().map_err(|error| of_sqlite(&error))
            }
            Link::Postgres(client) => {
                let mut all = || {
                    let mut transaction = client.transaction()?;
                    statements.iter().try_for_each(|sql| transaction.batch_execute(sql))?;
                    transaction.commit()
                };
                all().map_err(|error| of_postgres(&error))
            }
        }
    }
}

fn sqlite_rows(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let value = |column| {
            Ok(match row.get_ref(column)? {
                ValueRef::Null => None,
                ValueRef::Integer(number) => Some(number.to_string()),
                ValueRef::Real(number) => Some(number.to_string()),
                ValueRef::Text(text) | ValueRef::Blob(text) => Some(String::from_utf8_lossy(text).into_owned()),
            })
        };
        found.push((0..columns).map(value).collect::<rusqlite::Result<Row>>()?);
    }
    Ok(found)
}

fn of_sqlite(error: &rusqlite::Error) -> Refusal {
    let is_busy = matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked));
    let remedy = if is_busy { "try again later" } else { "compare statements and values with the tables" };
    Refusal {
        text: format!("the database says: {error}; {remedy}"),
        transient: is_busy,
        broken: false,
        code: "sql-statement",
    }
}

fn of_postgres(error: &::postgres::Error) -> Refusal {
    let Some(said) = error.as_db_error() else {
        let text = format!("the connection to the database is lost: {error}; try again later");
        return Refusal { text, transient: true, broken: true, code: "system-unreachable" };
    };
    let code = said.code();
    // Too many connections, shutting down, a lock that two wait for, a transaction that met another one.
    let transient = ["53", "57P", "40", "55P", "08"].iter().any(|class| code.code().starts_with(class));
    let broken = code.code().starts_with("57P") || code.code().starts_with("08");
    let remedy = match () {
        () if transient || *code == SqlState::QUERY_CANCELED => "try again later, or set Timeout to more seconds",
        () if *code == SqlState::INSUFFICIENT_PRIVILEGE => "give the account of the connection the right to do this",
        () if code.code().starts_with("23") => "the row breaks a rule of the table: correlate it, or mend the value",
        () => "compare statements and values with the tables",
    };
    let detail = said.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
    let text = format!("the database says: {}{detail}; {remedy}", said.message());
    Refusal { text, transient, broken, code: "sql-statement" }
}

/// A name in a statement; `schema.table` names two.
pub(super) fn name(text: &str) -> String {
    let quoted = |part: &str| format!("\"{}\"", part.replace('"', "\"\""));
    text.split('.').map(quoted).collect::<Vec<_>>().join(".")
}

/// A value in a statement.
///
/// # Errors
/// It holds the character that no text of a database can hold.
pub(super) fn literal(value: Option<&str>) -> Result<String, Refusal> {
    match value {
        None => Ok("NULL".to_owned()),
        Some(text) if text.contains('\0') => Err(Refusal::of_order("a value holds the character 0, which no text may")),
        Some(text) => Ok(format!("'{}'", text.replace('\'', "''"))),
    }
}

/// A statement with a value for each parameter: `@name`, outside of quotes.
///
/// # Errors
/// There is no value with that name.
pub(super) fn filled(sql: &str, value: &dyn Fn(&str) -> Option<Option<String>>) -> Result<String, Refusal> {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find(['\'', '"', '@']) {
        out.push_str(&rest[..at]);
        let sign = &rest[at..=at];
        let tail = &rest[at + 1..];
        if sign != "@" {
            let end = tail.find(sign).map_or(tail.len(), |end| end + 1);
            out.push_str(sign);
            out.push_str(&tail[..end]);
            rest = &tail[end..];
            continue;
        }
        let end = tail.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(tail.len());
        let name = &tail[..end];
        if name.is_empty() {
            out.push('@');
        } else {
            let found = value(name).ok_or_else(|| {
                Refusal::of_order(format!("the statement asks for @{name}, but no column or property has that name"))
            })?;
            out.push_str(&literal(found.as_deref())?);
        }
        rest = &tail[end..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_become_literals_that_nothing_escapes_from() {
        let value = |name: &str| match name {
            "name" => Some(Some("O'Hara'; DROP TABLE t; --".to_owned())),
            "none" => Some(None),
            _ => None,
        };
        let sql = "UPDATE \"@name\" SET a = @name, b = '@name it''s', c=@none WHERE d @> '{}'";
        assert_eq!(
            filled(sql, &value).unwrap(),
            "UPDATE \"@name\" SET a = 'O''Hara''; DROP TABLE t; --', b = '@name it''s', c=NULL WHERE d @> '{}'"
        );
        assert!(filled("SELECT @other", &value).unwrap_err().text.contains("@other"));
        assert!(filled("SELECT @nul", &|_| Some(Some("\0".to_owned()))).is_err());
        assert_eq!(name("hr.odd\"name"), "\"hr\".\"odd\"\"name\"");
    }
}
