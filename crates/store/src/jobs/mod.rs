//! The books of jobs: which job and task instances there are, who runs which task until when, and how they ended.
//!
//! Rows only; what follows from them is decided by whoever keeps the books, in the same transaction. Such a transaction
//! begins with [`WriteTx::lock_jobs`]: two tasks of one level that end at the same instant on two servers must see each
//! other, or nobody would start the next level.
//!
//! A task is *ready* when its turn has come. Taking it is taking a lease: a random word and an instant until which it
//! holds. Whoever names the word may renew it and end the task; when the instant has passed, others may take the task.

mod agents;
mod connectors;
mod history;
mod leases;
mod rows;
mod schedule;

pub use agents::SeenAgent;
pub use connectors::ConnectorState;
pub use history::HistoryFilter;
pub use leases::{Claim, Ending, Finished};
pub use rows::{JobInstance, NewJobInstance, NewTaskInstance, TaskInstance};
pub use schedule::JobSchedule;

use crate::error::StoreError;
use crate::tx::WriteTx;

impl WriteTx {
    /// Keeps others who keep the books of jobs out until this transaction ends.
    ///
    /// # Errors
    /// Those of the database.
    pub fn lock_jobs(&mut self) -> Result<(), StoreError> {
        match self.link.dialect().lock_jobs() {
            Some(lock) => self.link.batch(&lock),
            None => Ok(()),
        }
    }
}
