//! Where a computation reads and writes: a repository, batch by batch, or one transaction that is given up at the end.

use crate::error::ServerError;
use provost_store::{ReadTx, Store, WriteTx};
use std::cell::RefCell;

/// The repository of a computation.
pub(super) enum Access<'a> {
    /// Every batch is a transaction of its own.
    Store(&'a Store),
    /// Everything happens in one transaction.
    Held(RefCell<&'a mut WriteTx>),
}

impl Access<'_> {
    /// Reads one state.
    pub(super) fn read<T>(&self, body: impl FnOnce(&mut ReadTx) -> Result<T, ServerError>) -> Result<T, ServerError> {
        match self {
            Access::Store(store) => store.read(body),
            Access::Held(tx) => body(&mut tx.borrow_mut()),
        }
    }

    /// Writes a batch; other writers wait meanwhile.
    pub(super) fn note<T>(&self, body: impl FnOnce(&mut WriteTx) -> Result<T, ServerError>) -> Result<T, ServerError> {
        match self {
            Access::Store(store) => store.note(|tx| {
                tx.lock_repository()?;
                body(tx)
            }),
            Access::Held(tx) => body(&mut tx.borrow_mut()),
        }
    }

    /// Writes what the journal tells.
    pub(super) fn write<T>(
        &self,
        actor: &str,
        reason: &str,
        body: impl FnOnce(&mut WriteTx) -> Result<T, ServerError>,
    ) -> Result<T, ServerError> {
        match self {
            Access::Store(store) => store.write(actor, reason, |tx| {
                tx.lock_repository()?;
                body(tx)
            }),
            Access::Held(tx) => body(&mut tx.borrow_mut()),
        }
    }
}

/// Computes and gives everything up that was written.
pub(super) fn simulate<T>(
    store: &Store,
    body: impl FnOnce(&Access<'_>) -> Result<T, ServerError>,
) -> Result<T, ServerError> {
    store.suppose(|tx| {
        tx.lock_repository()?;
        body(&Access::Held(RefCell::new(tx)))
    })
}
