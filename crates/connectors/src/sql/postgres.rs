//! PostgreSQL: the text forms of all types come by COPY, which streams.

use super::error::{Position, SqlError};
use super::rows::Rows;
use super::{Isolation, SqlRequest};
use ::postgres::error::{ErrorPosition, SqlState};
use ::postgres::{Client, Error, IsolationLevel};
use std::io::{self, BufRead};

/// What stands before a query that is copied.
const BEFORE: &str = "COPY (\n";

pub(super) fn execute(client: &mut Client, request: &SqlRequest<'_>, isolation: Isolation) -> Result<(), SqlError> {
    limit(client, request)?;
    let Some(level) = level(isolation) else {
        return client.batch_execute(request.sql).map_err(|e| refused(request, &e, 0));
    };
    let begun = client.build_transaction().isolation_level(level).start();
    let mut transaction = begun.map_err(|e| refused(request, &e, 0))?;
    transaction.batch_execute(request.sql).map_err(|e| refused(request, &e, 0))?;
    transaction.commit().map_err(|e| refused(request, &e, 0))
}

pub(super) fn query(
    client: &mut Client,
    request: &SqlRequest<'_>,
    isolation: Isolation,
    rows: &mut Rows<'_>,
) -> Result<(), SqlError> {
    limit(client, request)?;
    let mut begin = client.build_transaction();
    if let Some(level) = level(isolation) {
        begin = begin.isolation_level(level);
    }
    let mut transaction = begin.start().map_err(|e| refused(request, &e, 0))?;
    let statement = transaction.prepare(request.sql).map_err(|e| refused(request, &e, 0))?;
    rows.begin(statement.columns().iter().map(::postgres::Column::name))?;
    let sql = request.sql.trim_end().trim_end_matches(';');
    let copied = transaction.copy_out(&format!("{BEFORE}{sql}\n) TO STDOUT"));
    let mut copied = copied.map_err(|e| refused(request, &e, BEFORE.len()))?;
    let (mut line, mut value) = (Vec::new(), Vec::new());
    loop {
        line.clear();
        if copied.read_until(b'\n', &mut line).map_err(|e| broken(request, e))? == 0 {
            break;
        }
        for field in line.strip_suffix(b"\n").unwrap_or(&line).split(|byte| *byte == b'\t') {
            rows.field(text(field, &mut value))?;
        }
        rows.end_row()?;
    }
    drop(copied);
    transaction.commit().map_err(|e| refused(request, &e, 0))
}

/// A value as the copy protocol writes it: `\N` is none, and what would be mistaken has a backslash before it.
fn text<'v>(field: &'v [u8], room: &'v mut Vec<u8>) -> Option<&'v [u8]> {
    if field == b"\\N" {
        return None;
    }
    if memchr::memchr(b'\\', field).is_none() {
        return Some(field);
    }
    room.clear();
    let mut bytes = field.iter();
    while let Some(byte) = bytes.next() {
        let plain = match byte {
            b'\\' => match bytes.next() {
                Some(b'b') => 0x08,
                Some(b'f') => 0x0c,
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(b'v') => 0x0b,
                Some(other) => *other,
                None => b'\\',
            },
            other => *other,
        };
        room.push(plain);
    }
    Some(room)
}

fn level(isolation: Isolation) -> Option<IsolationLevel> {
    Some(match isolation {
        Isolation::Usual => return None,
        Isolation::ReadUncommitted => IsolationLevel::ReadUncommitted,
        Isolation::ReadCommitted => IsolationLevel::ReadCommitted,
        Isolation::RepeatableRead => IsolationLevel::RepeatableRead,
        Isolation::Serializable => IsolationLevel::Serializable,
    })
}

fn limit(client: &mut Client, request: &SqlRequest<'_>) -> Result<(), SqlError> {
    let settings = format!(
        "SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET statement_timeout = {}",
        request.timeout.as_millis()
    );
    client.batch_execute(&settings).map_err(|e| refused(request, &e, 0))
}

/// An error on the way of the rows: what the database said is inside.
fn broken(request: &SqlRequest<'_>, error: io::Error) -> SqlError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(inner) => refused(request, inner, BEFORE.len()),
        None => SqlError::Statement {
            database: request.database.to_owned(),
            at: None,
            detail: error.to_string(),
            advice: None,
        },
    }
}

/// What the database said. Positions begin behind `before`.
fn refused(request: &SqlRequest<'_>, error: &Error, before: usize) -> SqlError {
    let database = request.database.to_owned();
    let Some(said) = error.as_db_error() else {
        return SqlError::Statement { database, at: None, detail: error.to_string(), advice: None };
    };
    if said.code() == &SqlState::QUERY_CANCELED {
        return SqlError::Timeout { database, after: request.timeout };
    }
    let at = match said.position() {
        Some(ErrorPosition::Original(at)) => (*at as usize).checked_sub(before + 1),
        _ => None,
    };
    let at = at.filter(|at| *at <= request.sql.chars().count()).map(|at| Position::of(request.sql, at));
    let several = said.message().contains("multiple commands");
    let advice = match said.hint() {
        _ if several => {
            Some("a query is one statement; set IsNotAQuery to true for several that yield no rows".to_owned())
        }
        hint => hint.map(str::to_owned),
    };
    let detail = match said.detail() {
        Some(detail) => format!("{} ({detail})", said.message()),
        None => said.message().to_owned(),
    };
    SqlError::Statement { database, at, detail, advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copied_values_lose_their_backslashes() {
        let shown =
            |field: &str| text(field.as_bytes(), &mut Vec::new()).map(|v| String::from_utf8(v.to_vec()).unwrap());
        assert_eq!(shown("plain"), Some("plain".to_owned()));
        assert_eq!(shown(""), Some(String::new()));
        assert_eq!(shown("\\N"), None);
        assert_eq!(shown("\\\\N"), Some("\\N".to_owned()));
        assert_eq!(shown("a\\tb\\nc\\\\d"), Some("a\tb\nc\\d".to_owned()));
    }
}
