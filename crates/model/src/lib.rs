//! The words of Provost: ids, values, entity types, associations, mappings, changes, thresholds and problems.
//!
//! Everything here is plain data and the rules that belong to it. Nothing in this crate touches files, the clock,
//! a database or the network, so every other crate may use it.

pub mod access;
pub mod changes;
pub mod configuration;
pub mod extract;
pub mod fault;
pub mod fulfilment;
pub mod ids;
pub mod metadata;
pub mod nearest;
pub mod orders;
pub mod policy;
pub mod problem;
pub mod query;
pub mod schema;
pub mod secret;
pub mod summary;
pub mod work;

pub use ids::{AssociationId, EntityTypeId, PolicyObjectId, PropertyId, ResourceId, Slot};
pub use problem::{Problem, Severity};
