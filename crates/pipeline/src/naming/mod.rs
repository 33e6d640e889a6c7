//! Naming rules: roles made of entitlements (spec 20 §13).
//!
//! ```text
//! RoleMapping ─ Mapping::compile ▶ reads, key, conditions, names ─┐
//! entitlements (a Population) ────────────────────────────────────┼─ propose ▶ Proposal: items to add, and what was left
//! configuration (Known roles, categories and rules) ──────────────┘
//! ```
//!
//! An entitlement is a resource of the entity type that the navigation leads to. Each one that no navigation rule of the
//! resource type names yet gets a single role and a navigation rule, and a category where the one computed is unknown.
//! What is there is never changed. Entitlements are taken in the order of their keys, so that the outcome depends on
//! nothing else.

mod compare;
mod known;
mod mapping;
mod propose;

pub use known::Known;
pub use mapping::{Mapping, MappingProblem};
pub use propose::{Proposal, Reason, Skipped, propose};

#[cfg(test)]
mod tests;
