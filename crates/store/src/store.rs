//! The repository: connections, transactions and the journal.

use crate::connect::{Place, Target};
use crate::dialect::Dialect;
use crate::error::StoreError;
use crate::link::{Driver, Link};
use crate::schema;
use crate::tx::{ReadTx, WriteTx};
use provost_model::fault;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A repository. Cheap to share between threads; every transaction takes a connection of its own.
pub struct Store {
    target: Target,
    name: String,
    /// Which file the path named when it was opened, to notice that it was replaced or removed.
    file: Option<FileMark>,
    idle: Mutex<Vec<Driver>>,
    /// Whether a thread of this process writes. Only SQLite needs it: waiting here is fair, polling the file is not.
    writing: Mutex<bool>,
    written: Condvar,
    /// Other threads read while one writes.
    is_shared: AtomicBool,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens a repository, and makes or updates its tables where needed.
    ///
    /// `sqlite:PATH` (with `?busy_timeout=MILLISECONDS` and `mode=ro` as options), a plain path, a
    /// `postgres://` URL or `host=… user=…`. A SQLite file is created, its folder is not.
    ///
    /// # Errors
    /// When the string cannot be read, the database cannot be reached, or a newer program wrote it.
    pub fn open(connection: &str) -> Result<Store, StoreError> {
        let target = Target::parse(connection)?;
        let name = target.name();
        let driver = target.connect()?;
        let link = Link::new(driver, &name);
        let found = schema::version(&link)?;
        let known = schema::known_version();
        if found > known {
            return Err(StoreError::NewerSchema { database: name, found, known });
        }
        if found < known {
            link.batch(link.dialect().begin_write())?;
            schema::migrate(&link, now_micros())?;
            fault::point("store.migrated");
            link.batch("COMMIT")?;
        }
        let file = FileMark::of(&target);
        Ok(Store {
            target,
            name,
            file,
            idle: Mutex::new(vec![link.driver]),
            writing: Mutex::new(false),
            written: Condvar::new(),
            is_shared: AtomicBool::new(false),
        })
    }

    /// Never shuts out others while it writes, not even for a first load, which takes longer then. For processes that
    /// serve many.
    pub fn share(&self) {
        self.is_shared.store(true, Ordering::Relaxed);
    }

    /// Path, or database and host: what messages call the repository.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The database behind it.
    pub fn dialect(&self) -> Dialect {
        self.target.dialect()
    }

    /// Connections that are worth their while at the same time, and are kept open: opening one costs PostgreSQL a process,
    /// and every statement a new plan. A SQLite file is read by the processors of this machine, and each connection
    /// has a cache of its own.
    pub fn connections(&self) -> usize {
        match self.dialect() {
            Dialect::Sqlite => std::thread::available_parallelism().map_or(4, |cores| (2 * cores.get()).clamp(4, 16)),
            Dialect::Postgres => 16,
        }
    }

    /// Reads one state of the repository: nothing that is committed meanwhile is seen.
    ///
    /// # Errors
    /// Those of `body`, and those of the database.
    pub fn read<T, E: From<StoreError>>(&self, body: impl FnOnce(&mut ReadTx) -> Result<T, E>) -> Result<T, E> {
        let link = Rc::new(Link::new(self.take()?, &self.name));
        link.batch(link.dialect().begin_read())?;
        // The state that a transaction sees is fixed by its first query, not by BEGIN.
        link.count("SELECT COUNT(*) FROM UM_SchemaVersions", &[])?;
        let mut tx = ReadTx::new(link.clone());
        let result = body(&mut tx);
        drop(tx);
        if link.rollback() {
            self.give_back(link);
        }
        result
    }

    /// Changes the repository in one transaction: all of `body`, or nothing when it fails. Who and why land in the
    /// journal with the time and the counts.
    ///
    /// # Errors
    /// Those of `body`, and those of the database.
    pub fn write<T, E: From<StoreError>>(
        &self,
        actor: &str,
        reason: &str,
        body: impl FnOnce(&mut WriteTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let _turn = self.turn()?;
        let link = Rc::new(Link::new(self.take()?, &self.name));
        self.transact(link, Some((actor, reason)), body)
    }

    /// [`Store::write`] without a row in the journal, for what the server notes for itself while it goes about its work
    /// and nobody decided: who runs which task until when, that a session was used, that an attempt failed. It would
    /// bury what people did.
    ///
    /// # Errors
    /// Those of `body`, and those of the database.
    pub fn note<T, E: From<StoreError>>(&self, body: impl FnOnce(&mut WriteTx) -> Result<T, E>) -> Result<T, E> {
        let _turn = self.turn()?;
        let link = Rc::new(Link::new(self.take()?, &self.name));
        self.transact(link, None, body)
    }

    /// Tries something out: `body` changes the repository and reads what it changed, and at the end all of it is given
    /// up, whatever it says. Others cannot write meanwhile. The connection is not used again: what it remembers of
    /// tables may be of those that `body` made.
    ///
    /// # Errors
    /// Those of `body`, and those of the database.
    pub fn suppose<T, E: From<StoreError>>(&self, body: impl FnOnce(&mut WriteTx) -> Result<T, E>) -> Result<T, E> {
        let _turn = self.turn()?;
        let link = Rc::new(Link::new(self.take()?, &self.name));
        link.batch(link.dialect().begin_write())?;
        let mut tx = WriteTx::new(ReadTx::new(link.clone()));
        let result = body(&mut tx);
        drop(tx);
        link.rollback();
        result
    }

    /// Gives back space that deleted rows left, and renews what the planner knows about the tables.
    ///
    /// # Errors
    /// Those of the database.
    pub fn maintain(&self) -> Result<(), StoreError> {
        let _turn = self.turn()?;
        let link = Rc::new(Link::new(self.take()?, &self.name));
        for sql in link.dialect().maintain() {
            link.batch(sql)?;
        }
        self.give_back(link);
        Ok(())
    }

    /// [`Store::write`] for the first load. As long as a SQLite repository holds no resources and nobody else has it
    /// open, rows go straight into its file, under a rollback journal, instead of into the write-ahead log and from
    /// there into the file. It is as durable; but nobody can read in the meantime.
    ///
    /// # Errors
    /// Those of `body`, and those of the database.
    pub fn load<T, E: From<StoreError>>(
        &self,
        actor: &str,
        reason: &str,
        body: impl FnOnce(&mut WriteTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let _turn = self.turn()?;
        let link = Rc::new(Link::new(self.take()?, &self.name));
        let is_shared = self.is_shared.load(Ordering::Relaxed);
        if !is_shared {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        if is_shared || !link.leave_log()? {
            return self.transact(link, Some((actor, reason)), body);
        }
        let result = self.transact(link, Some((actor, reason)), body);
        // The connection that comes next brings the file back to its log; the others must not be used with this one.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        result
    }

    fn transact<T, E: From<StoreError>>(
        &self,
        link: Rc<Link>,
        entry: Option<(&str, &str)>,
        body: impl FnOnce(&mut WriteTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let began = now_micros();
        link.batch(link.dialect().begin_write())?;
        let mut tx = WriteTx::new(ReadTx::new(link.clone()));
        let result = body(&mut tx).and_then(|value| {
            if let Some((actor, reason)) = entry {
                tx.journalise(actor, reason, began, now_micros())?;
            }
            drop(tx);
            settle(&link)?;
            fault::point("store.before-commit");
            link.batch("COMMIT")?;
            fault::point("store.after-commit");
            Ok(value)
        });
        // A failed COMMIT may or may not have ended the transaction: such a connection is not used again.
        if result.is_ok() || link.rollback() {
            self.give_back(link);
        }
        result
    }

    /// Waits until no other thread of this process writes to the SQLite file.
    fn turn(&self) -> Result<Option<Turn<'_>>, StoreError> {
        if self.dialect() != Dialect::Sqlite {
            return Ok(None);
        }
        let guard = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = self.target.busy_timeout + Duration::from_millis(1);
        let (mut guard, timeout) =
            self.written.wait_timeout_while(guard, wait, |busy| *busy).unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() && *guard {
            return Err(StoreError::Locked { database: self.name.clone() });
        }
        *guard = true;
        Ok(Some(Turn(self)))
    }

    fn take(&self) -> Result<Driver, StoreError> {
        if let Some(mark) = &self.file {
            mark.check(&self.target, &self.name)?;
        }
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match idle {
                Some(Driver::Postgres(pg)) if pg.borrow().client.is_closed() => {}
                Some(driver) => return Ok(driver),
                None => return self.target.connect(),
            }
        }
    }

    fn give_back(&self, link: Rc<Link>) {
        if link.calm().is_err() {
            return;
        }
        // A writer that outlives its transaction keeps the connection: it is closed with it.
        if let Some(link) = Rc::into_inner(link) {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < self.connections() {
                idle.push(link.driver);
            }
        }
    }
}

/// Refuses to commit what a writer has not written.
fn settle(link: &Link) -> Result<(), StoreError> {
    if let Some(error) = link.failed.borrow_mut().take() {
        return Err(error);
    }
    match link.held.get() {
        0 => Ok(()),
        rows => Err(StoreError::misuse(format!("a writer still holds {rows} rows: finish it before the commit"))),
    }
}

/// The right to write, given back when dropped.
struct Turn<'a>(&'a Store);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.writing.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.written.notify_one();
    }
}

/// Identity of the SQLite file. A process may go on writing into a file that has no name any more: that would be lost.
struct FileMark(Option<(u64, u64)>);

impl FileMark {
    fn of(target: &Target) -> Option<FileMark> {
        match &target.place {
            Place::File { path, .. } => Some(FileMark(identity(path))),
            Place::Server { .. } => None,
        }
    }

    fn check(&self, target: &Target, name: &str) -> Result<(), StoreError> {
        let Place::File { path, .. } = &target.place else {
            return Ok(());
        };
        let gone = |detail: &str| StoreError::Gone { database: name.to_owned(), detail: detail.to_owned() };
        if !path.exists() {
            return Err(gone("the file does not exist any more"));
        }
        if identity(path) != self.0 {
            return Err(gone("the file was replaced by another one while it was open"));
        }
        Ok(())
    }
}

#[cfg(unix)]
fn identity(path: &std::path::Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()))
}

#[cfg(not(unix))]
fn identity(_path: &std::path::Path) -> Option<(u64, u64)> {
    None
}

/// Microseconds since 1970 in UTC.
pub(crate) fn now_micros() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX)
}
