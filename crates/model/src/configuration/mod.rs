//! The configuration: the documented XML dialect, read into a typed model.
//!
//! ```text
//! files ─ read ▶ elements with places ─ checks ▶ problems
//!                       └─ item ▶ items ─ expand, typed ▶ what the engine acts on
//!                                   ├─ plan ▶ + ~ -        ├─ export ▶ files
//! dialect ─ xsd ▶ schema            └─ (stored by the repository)
//!         └ reference ▶ page of the manual
//! ```
//!
//! [`types`] holds the elements that the engine acts on; [`dialect`] is the table of everything that may be written.

pub mod access;
mod checks;
mod consequences;
pub mod dialect;
mod expand;
mod export;
mod fulfilments;
mod item;
pub mod jobs;
mod names;
mod node;
mod parsed;
mod plan;
pub mod policy;
mod read;
mod reference;
mod source;
mod typed;
pub mod types;
mod values;
mod view;
mod xsd;

pub use consequences::{Consequence, consequences};
pub use expand::expand;
pub use export::{DEFAULT_FILE, export};
pub use item::{Item, extended};
pub use parsed::{NotActedOn, Parsed, parse};
pub use plan::{AttributeChange, Change, Plan, Sign, plan};
pub use reference::reference;
pub use typed::typed;
pub use types::*;
pub use xsd::xsd;

#[cfg(test)]
mod tests;
