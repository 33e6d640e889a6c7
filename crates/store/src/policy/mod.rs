//! The memory of the policy: its objects, what somebody has, and how a computation goes on.

mod catalog;
mod read;
mod rows;
pub(crate) mod schema;
mod span;
mod write;

pub use write::{AssignmentChange, AssignmentCounts};
