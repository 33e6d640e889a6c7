//! The memory of the policy.

mod catalog;
