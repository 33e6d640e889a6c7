//! Orders: what the policy decided, as work for the managed systems.
//!
//! ```text
//! assignments in state Pending ─ Planner::owner ▶ orders, and what is held and why
//!        counts ─ guard ▶ thresholds      orders in their order ─ change_set ▶ the name that somebody approves
//! ```
//!
//! An order concerns one target. Orders are sorted by [`Rank`]: what is made, then what changes, then what is removed;
//! so somebody is a member of nothing any more when the account goes, and exists before becoming one. What a resource
//! type depends on comes before it, and is removed behind it. The sorted list does not depend on the order in which
//! owners were visited.

mod arguments;
mod build;
mod guard;
mod held;
mod password;
mod plan;
mod rank;

pub use guard::{TypeCounts, exceeded};
pub use held::{Held, HeldOrder};
pub use password::{GeneratedPassword, PasswordError, PasswordRules};
pub use plan::{OrdersError, Planned, PlannedOrder, PlannedRows, Planner};
pub use rank::{Rank, change_set};

#[cfg(test)]
mod tests;
