//! Who may do what: permissions, the rules that grant them, and the rights that follow for one user or program.
//!
//! ```text
//! Profile ◀─ AssignedProfile ─ user            Profile ◀─ AccessControlRule ─▶ entity type
//!    ▲────── OpenIdClient (program)                          ├─ Entry: permission, may it be carried out?
//!                                                            └─ Filter: which rows?
//! ```
//!
//! [`AccessPolicy`] holds the deployed elements, [`Rights`] what follows from them for somebody at an instant.

mod catalogue;
mod instants;
mod permission;
mod policy;
mod rights;

pub use catalogue::{CATALOGUE, Permissions, catalogue, is_known};
pub use instants::instant;
pub use permission::{covers, fill};
pub use policy::{AccessPolicy, Assignment, Client, Filter, LoginMapping, Operand, Restricted, Rule, Scope};
pub use rights::{Branch, Compared, Condition, Data, Grant, MOST_PROFILES, Rights, Visible};
