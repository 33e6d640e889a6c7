//! The memory of the policy: its objects, what somebody has, and how a computation goes on.

mod catalog;
pub(crate) mod schema;
