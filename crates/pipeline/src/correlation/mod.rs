//! Correlation: which target belongs to which owner, which type has a target, and what query rules point at.
//!
//! ```text
//! correlation and query rules ─ Rules::compile ▶ key sets ─ KeySet::key ▶ (set, key, resource)   stored, sorted
//!                                    │                                         │
//!                                    ├─ Correlator ── correlate (all) ─────────┤
//!                                    │        └────── correlate_touched ───────┴▶ matches
//!                                    ├─ QueryRule ─── query_matches ───────────▶ resources that navigations link to
//! classification rules ─ Classifier ─┴─ classify ─────────────────────────────▶ types of what has no owner
//! ```
//!
//! A key is what the expression gives and nothing else: no case, diacritics or blanks are changed, because the
//! functions `Simplify`, `ToLower` and their like say when they should be. An empty text is no key. Keys are compared
//! as UTF-8 bytes and kept whole, however long they are.
//!
//! Matching decides in one order: descending confidence, then owner, then target. A target has at most one owner and
//! one resource type. What was correlated before stays (`Known`), and so does what a person has reviewed. The matrix of
//! spec 20 §8 is the function `decide`.
//!
//! A key that more than [`MOST_OWNERS`] owners share says nothing about who somebody is: it correlates nobody and is
//! reported. Below that, the order above decides, and the key is reported as ambiguous. There is never a product of
//! owners and targets: each owner and each target of a key is looked at once.

mod classification;
mod closure;
mod keys;
mod known;
mod matching;
mod query;
mod report;
mod rules;
mod stream;

pub use classification::{Classification, Classifier};
pub use closure::{Closure, Touch};
pub use keys::{KeyIndex, KeyPage, KeyRow, KeySet, KeySetId, Keys, Side};
pub use known::Known;
pub use matching::{Match, correlate, correlate_touched};
pub use query::{QueryMatch, QueryRule, query_matches};
pub use report::{CorrelationReport, SharedKey};
pub use rules::{Correlator, MOST_OWNERS, RuleProblem, Rules, TypeOptions};

#[cfg(test)]
mod tests;
