//! The memory: every SQL statement of the engine. SQLite and PostgreSQL (15 or later) behind one interface.
//!
//! [`Store`] opens a repository; [`Store::read`] hands out a [`ReadTx`] that sees one state, [`Store::write`] a
//! [`WriteTx`] that does all or nothing and leaves a row in the journal. Statements are written so that both databases
//! accept them; where they cannot be, [`Dialect`] has the words. Times are microseconds since 1970 in UTC; keys sort by
//! the bytes of their text.
//!
//! Writers ([`ResourceChanges`], [`InitialResources`], …) buffer rows. They do not borrow the transaction, so that
//! several can be open, also during a scan of the same transaction. Dropping one writes what is left.

mod apply;
mod batch;
mod browse;
mod changes;
mod configuration;
mod connect;
mod deploy;
mod dialect;
mod error;
mod initial;
mod journal;
mod keys;
mod link;
mod links;
mod move_data;
mod neighbours;
mod queue;
mod resources;
mod samples;
mod schema;
mod sessions;
mod sink;
mod store;
mod stored_model;
mod triggers;
mod tx;
mod value;
mod views;

pub use apply::{AppliedCounts, ApplyPlan, LinkCounts, TypeCounts};
pub use browse::Resource;
pub use changes::{
    ChangeCounts, FingerprintRenewals, KeyChanges, LinkChanges, OrphanChanges, ResourceChangeRow, ResourceChanges,
    RunId,
};
pub use configuration::{ItemChange, StoredItem};
pub use dialect::Dialect;
pub use error::StoreError;
pub use initial::{InitialKeys, InitialLinks, InitialResources, InitialSlotLinks};
pub use journal::{JournalEntry, StoredProblem};
pub use keys::{KeyProperty, KeyRow, UnkeyedResource};
pub use links::Side;
pub use neighbours::Neighbour;
pub use resources::{ResourceRow, Target};
pub use samples::{ChangeSample, SampleLink, SampleResource, SampleValue};
pub use sessions::{Session, SessionState};
pub use store::Store;
pub use stored_model::{KeyRole, LinkPlace};
pub use tx::{ReadTx, WriteTx};

#[cfg(test)]
mod tests;
