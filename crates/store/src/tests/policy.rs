//! The memory of the policy.

mod assignments;
mod catalog;
mod follow;
mod population;
mod reviews;
