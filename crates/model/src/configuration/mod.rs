//! The configuration: the documented XML dialect, read into a typed model.
//!
//! [`types`] holds the elements that the engine acts on.

pub mod types;

pub use types::*;
