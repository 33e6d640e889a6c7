//! Role mining: assignment rules found in what people have (spec 20 §14).
//!
//! ```text
//! contexts and roles of identities ─ Facts ▶ Candidates (values, pairs of values) ─┐
//! MiningRule by descending priority ───────────────────────────────────────────────┴ mine ▶ Mining ─ items ▶ rules
//! ```
//!
//! A candidate is a dimension value, or two values of different dimensions that somebody has in one context. For each
//! role, candidates that give it to few enough people who lack it are taken one by one: the one that covers most holders
//! without a rule yet first, then the one that gives least unduly, then the simpler one. Rules that the others make
//! superfluous are left out again. What is found counts when the share of right outcomes among all identities is high
//! enough.

mod bits;
mod candidates;
mod facts;
mod mine;
mod write;

pub use candidates::{Candidate, Candidates, Value};
pub use facts::{DimensionTree, Facts};
pub use mine::{MinedRole, MinedRule, Mining, Outcome, RoleFacts, mine, simulate};
pub use write::{items, replaced};

#[cfg(test)]
mod tests;
