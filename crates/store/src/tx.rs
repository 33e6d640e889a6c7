//! Transactions: what the closures of `Store::read` and `Store::write` are handed.

use crate::error::StoreError;
use crate::link::Link;
use crate::stored_model::StoredModel;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// A transaction that reads one state of the repository.
pub struct ReadTx {
    pub(crate) link: Rc<Link>,
    model: RefCell<Option<Rc<StoredModel>>>,
}

/// A transaction that changes the repository. It reads what it wrote.
pub struct WriteTx {
    read: ReadTx,
    counts: BTreeMap<&'static str, u64>,
}

impl std::fmt::Debug for ReadTx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadTx").field("database", &self.link.database).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for WriteTx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriteTx").field("database", &self.read.link.database).finish_non_exhaustive()
    }
}

impl ReadTx {
    pub(crate) fn new(link: Rc<Link>) -> ReadTx {
        ReadTx { link, model: RefCell::new(None) }
    }

    /// What was deployed last: types, slots, keys and associations.
    pub(crate) fn model(&self) -> Result<Rc<StoredModel>, StoreError> {
        if let Some(model) = &*self.model.borrow() {
            return Ok(model.clone());
        }
        let model = Rc::new(StoredModel::load(&self.link)?);
        *self.model.borrow_mut() = Some(model.clone());
        Ok(model)
    }

    /// Forgets what was deployed, because a deployment changes it.
    pub(crate) fn forget_model(&self) {
        *self.model.borrow_mut() = None;
    }
}

impl WriteTx {
    pub(crate) fn new(read: ReadTx) -> WriteTx {
        WriteTx { read, counts: BTreeMap::new() }
    }

    /// Keeps other writers of the repository out until this transaction ends. For whoever decides by what is stored
    /// now, and writes later: what was read before the lock may have changed by then.
    ///
    /// # Errors
    /// When another writer holds it for longer than the busy timeout.
    pub fn lock_repository(&mut self) -> Result<(), StoreError> {
        match self.link.dialect().lock_repository() {
            Some(lock) => self.link.batch(&lock),
            None => Ok(()),
        }
    }

    /// Adds to what the journal says about this transaction.
    pub fn count(&mut self, what: &'static str, number: u64) {
        if number > 0 {
            *self.counts.entry(what).or_default() += number;
        }
    }

    /// The next number of a counter, `step` numbers at once; counters start at 1.
    pub(crate) fn advance(&mut self, counter: &str, step: u64) -> Result<i64, StoreError> {
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        self.link.execute(
            "INSERT INTO UM_Counters (Name, Value) VALUES ($1, 0) ON CONFLICT (Name) DO NOTHING",
            &[counter.into()],
        )?;
        self.link
            .execute("UPDATE UM_Counters SET Value = Value + $1 WHERE Name = $2", &[step.into(), counter.into()])?;
        let end = self.link.first("SELECT Value FROM UM_Counters WHERE Name = $1", &[counter.into()], |r| r.i64(0))?;
        Ok(end.unwrap_or(step) - step + 1)
    }

    pub(crate) fn journalise(&mut self, actor: &str, reason: &str, began: i64, now: i64) -> Result<(), StoreError> {
        let counts = serde_json::to_string(&self.counts).unwrap_or_default();
        self.link.execute(
            "INSERT INTO UJ_Journal (Actor, Reason, At, DurationMicros, Counts) VALUES ($1, $2, $3, $4, $5)",
            &[actor.into(), reason.into(), began.into(), (now - began).into(), (&counts).into()],
        )?;
        Ok(())
    }
}

impl Deref for WriteTx {
    type Target = ReadTx;

    fn deref(&self) -> &ReadTx {
        &self.read
    }
}

impl DerefMut for WriteTx {
    fn deref_mut(&mut self) -> &mut ReadTx {
        &mut self.read
    }
}
