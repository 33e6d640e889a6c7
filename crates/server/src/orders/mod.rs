//! Orders on their way: given, carried out, answered.
//!
//! ```text
//! assignments ─ generate ▶ files in Work/ProvisioningOrders, assignments Transmitted ─ collect ▶ an agent
//!                                                                                        │ carries out
//! assignments Executed or Errored, file in Downloaded ◀ report ─────────────────────────┘
//! ```
//!
//! A file and the rows that say so are written by one transaction and one rename: the file is complete under another
//! name before the transaction ends, and gets its own behind it. Whoever comes next finishes that rename. Each result
//! counts once.

mod collect;
mod contents;
mod files;
mod generate;
mod load;
mod mapping;
mod results;
mod review;
mod scope;
mod undo;

pub use collect::{CollectRequest, CollectedFile, LocalOrders, OrderHost, Reported};
pub use files::DOWNLOADED;
pub use generate::{GenerateOptions, Generated, generate, plan};
pub(crate) use generate::{Supposed, supposed};
pub use mapping::{OrderMapping, PasswordSettings};
pub use results::expire;
pub use review::{
    Decided, Decision, Item, ItemFilter, ItemKind, ItemNames, Part, Verdict, by_hand, decide, items, items_of,
};
pub use scope::OrderScope;
pub use undo::{Undo, undo};

#[cfg(test)]
mod tests;
