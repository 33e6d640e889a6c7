//! SQLite files.

use super::error::{Position, SqlError};
use super::rows::Rows;
use super::{Isolation, SqlRequest, Watcher};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, InterruptHandle, OpenFlags};
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Time between two looks at whether a statement may go on.
const LOOK: Duration = Duration::from_millis(20);

/// Why a statement was ended from outside.
const TIMED_OUT: u8 = 1;
const CANCELLED: u8 = 2;

pub(super) fn execute(
    path: &Path,
    request: &SqlRequest<'_>,
    isolation: Isolation,
    watcher: &dyn Watcher,
) -> Result<(), SqlError> {
    let connection = open(path, request, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    watched(&connection, request, watcher, || {
        if isolation == Isolation::Usual {
            return connection.execute_batch(request.sql).map_err(|e| refused(request, &e));
        }
        // Dropped without commit, what was done is taken back.
        let transaction = connection.unchecked_transaction().map_err(|e| refused(request, &e))?;
        transaction.execute_batch(request.sql).map_err(|e| refused(request, &e))?;
        transaction.commit().map_err(|e| refused(request, &e))
    })
}

pub(super) fn query(path: &Path, request: &SqlRequest<'_>, rows: &mut Rows<'_>) -> Result<(), SqlError> {
    let connection = open(path, request, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let watcher = rows.watcher();
    watched(&connection, request, watcher, || {
        let mut statement = connection.prepare(request.sql).map_err(|e| refused(request, &e))?;
        let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
        rows.begin(names.iter().map(String::as_str))?;
        let mut found = statement.query([]).map_err(|e| refused(request, &e))?;
        while let Some(row) = found.next().map_err(|e| refused(request, &e))? {
            for index in 0..names.len() {
                let value = row.get_ref(index).map_err(|e| refused(request, &e))?;
                field(rows, value)?;
            }
            rows.end_row()?;
        }
        Ok(())
    })
}

fn field(rows: &mut Rows<'_>, value: ValueRef<'_>) -> Result<(), SqlError> {
    match value {
        ValueRef::Null => rows.field(None),
        ValueRef::Integer(number) => rows.field(Some(number.to_string().as_bytes())),
        ValueRef::Real(number) => rows.field(Some(number.to_string().as_bytes())),
        ValueRef::Text(text) => rows.field(Some(text)),
        ValueRef::Blob(bytes) => rows.field(Some(STANDARD.encode(bytes).as_bytes())),
    }
}

fn open(path: &Path, request: &SqlRequest<'_>, access: OpenFlags) -> Result<Connection, SqlError> {
    let failed = |detail: String| SqlError::Open { database: request.database.to_owned(), detail };
    if !path.is_file() {
        return Err(failed(format!("{} does not exist", path.display())));
    }
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|e| failed(e.to_string()))?;
    connection.busy_timeout(request.timeout).map_err(|e| failed(e.to_string()))?;
    Ok(connection)
}

/// Runs something on a connection, and interrupts it when its time is up or nobody waits any more.
fn watched(
    connection: &Connection,
    request: &SqlRequest<'_>,
    watcher: &dyn Watcher,
    work: impl FnOnce() -> Result<(), SqlError>,
) -> Result<(), SqlError> {
    let until = Instant::now() + request.timeout;
    let (handle, why) = (connection.get_interrupt_handle(), AtomicU8::new(0));
    let done = thread::scope(|scope| {
        let (alive, ended) = channel::<()>();
        let why = &why;
        scope.spawn(move || watch(&handle, until, watcher, &ended, why));
        let done = work();
        drop(alive);
        done
    });
    let database = request.database.to_owned();
    match (done, why.into_inner()) {
        (Err(SqlError::Statement { .. }), TIMED_OUT) => Err(SqlError::Timeout { database, after: request.timeout }),
        (Err(SqlError::Statement { .. }), CANCELLED) => Err(SqlError::Cancelled { database }),
        (done, _) => done,
    }
}

fn watch(handle: &InterruptHandle, until: Instant, watcher: &dyn Watcher, ended: &Receiver<()>, why: &AtomicU8) {
    while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        let reason = match () {
            () if watcher.is_cancelled() => CANCELLED,
            () if Instant::now() > until => TIMED_OUT,
            () => continue,
        };
        why.store(reason, Ordering::SeqCst);
        handle.interrupt();
    }
}

fn refused(request: &SqlRequest<'_>, error: &rusqlite::Error) -> SqlError {
    let (at, detail) = match error {
        rusqlite::Error::SqlInputError { msg, offset, .. } => {
            let offset = usize::try_from(*offset).ok();
            let characters = |bytes: usize| request.sql.get(..bytes).map(|text| text.chars().count());
            (offset.and_then(characters).map(|at| Position::of(request.sql, at)), msg.clone())
        }
        other => (None, other.to_string()),
    };
    let advice = matches!(error, rusqlite::Error::MultipleStatement)
        .then(|| "a query is one statement; set IsNotAQuery to true for several that yield no rows".to_owned());
    SqlError::Statement { database: request.database.to_owned(), at, detail, advice }
}
