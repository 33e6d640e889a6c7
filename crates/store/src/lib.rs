//! The memory: every SQL statement of the engine. SQLite and PostgreSQL (15 or later) behind one interface.
//!
//! [`Store`] opens a repository; [`Store::read`] hands out a [`ReadTx`] that sees one state, [`Store::write`] a
//! [`WriteTx`] that does all or nothing and leaves a row in the journal ([`Store::note`] alone leaves none). Statements are written so that both databases
//! accept them; where they cannot be, [`Dialect`] has the words. Times are microseconds since 1970 in UTC; keys sort by
//! the bytes of their text.
//!
//! Writers ([`ResourceChanges`], [`InitialResources`], …) buffer rows. They do not borrow the transaction, so that
//! several can be open, also during a scan of the same transaction. Dropping one writes what is left; while one still
//! holds rows, [`WriteTx::apply_changes`] and the commit refuse. On PostgreSQL a scan is fastest when no writer is open.
//!
//! After a statement has failed, its transaction can only be rolled back, on both databases.
//!
//! What the tables mean beyond their names:
//!
//! - `UR_ResourceKeys` has rows for the primary key of each entity type and for its unique keys
//!   ([`ReadTx::key_properties`]: mapped with `IsUniqueKey`, or referred to by an association mapping). They follow
//!   resource changes, values computed by expressions and the first load by themselves. [`WriteTx::key_changes`] stages
//!   others: those of resources that somebody has changed or removed by SQL.
//! - Triggers void the fingerprint of a row when one of its *mapped* values changes, whoever changes it, and remove the
//!   key rows of a row that is deleted. A key row can survive only when somebody changes a key by SQL and then deletes
//!   the row by SQL: [`ReadTx::rows_by_id`] then gives no row for its id, which is to be taken for absent.
//! - History never holds a version of zero length: what changes twice at one instant has the last value from then on.
//!   A property that moved to another slot is shown with the values it had in the old one; what another property left
//!   in a slot is never shown ([`Resource::values`]).
//! - A deployment that moves slots makes staged changes meaningless: compute a change set in the transaction that applies
//!   it, after [`WriteTx::lock_repository`].

mod access;
mod apply;
mod apply_keys;
mod backup;
mod batch;
mod browse;
mod change_pages;
mod changes;
mod configuration;
mod connect;
mod connection_schemas;
mod deploy;
mod dialect;
mod dirty;
mod error;
mod initial;
mod inspect;
mod jobs;
mod journal;
mod keys;
mod link;
mod links;
mod move_data;
mod neighbours;
mod plan;
mod policy;
mod query;
mod queue;
mod resource_files;
mod resources;
mod retention;
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

pub use access::{Account, Attempts, SigningKey, WebSession};
pub use backup::{ColumnShape, Refill, Shape, TableShape};
pub use browse::Resource;
pub use change_pages::{ChangeFilter, ChangePage, ChangePlace};
pub use changes::{
    ChangeCounts, FingerprintRenewals, KeyChanges, LinkChanges, OrphanChanges, ResourceChangeRow, ResourceChanges,
    RunId,
};
pub use configuration::{ItemChange, StoredItem};
pub use connect::postgres_client;
pub use connection_schemas::ConnectionSchema;
pub use dialect::Dialect;
pub use error::StoreError;
pub use initial::{
    IndexesOfLoad, InitialKeyRows, InitialKeys, InitialLinks, InitialResources, InitialRows, InitialSlotLinks,
};
pub use inspect::Inspection;
pub use jobs::{
    Claim, ConnectorState, Ending, Finished, HistoryFilter, JobInstance, JobSchedule, NewJobInstance, NewTaskInstance,
    SeenAgent, TaskInstance,
};
pub use journal::{JournalEntry, StoredProblem};
pub use keys::{KeyProperty, KeyRow, UnkeyedResource};
pub use links::Side;
pub use neighbours::Neighbour;
pub use plan::{AppliedCounts, ApplyPlan, LinkCounts, TypeCounts};
pub use policy::{
    AssignmentChange, AssignmentCounts, AssignmentTotals, Computation, CorrelationKey, DataChanges, EvaluationNotes,
    Follower, Holder, InitialCorrelationKeys, KeyChangeLog, KeySide, StoredClassification, StoredCorrelation,
    StoredDecision, StoredOrder, StoredOrderFile, Waiting,
};
pub use query::{
    Catalogue, MAX_JOINED_ROWS, MAX_PAGE, PageRequest, QueryFailure, QueryPage, QueryProperty, Restrictions,
};
pub use resources::{ResourceRow, Target};
pub use retention::{HistoryCounts, PastSession};
pub use samples::{ChangeSample, SampleLink, SampleResource, SampleValue};
pub use sessions::{Session, SessionState};
pub use store::Store;
pub use stored_model::{KeyRole, LinkPlace};
pub use tx::{ReadTx, WriteTx};

#[cfg(test)]
mod tests;
