//! The drift guard: what a file looked like before, what it looks like now, and the probable cause of a difference.
//!
//! A threshold says *that* a change set is too large. This module says *why*: it keeps a small [`TableProfile`] of each
//! accepted generation of a table, and [`compare`] puts the next generation beside it. Profiles are made from a sample
//! that is chosen by a hash of the key, so that the same people are in the sample each time, and one column can be
//! compared with another row by row although no row is kept.

mod classes;
mod columns;
mod compare;
mod context;
mod dates;
mod files;
mod findings;
mod groups;
mod keys;
mod profile;
mod profiler;
mod rejections;
mod sketch;
mod summarise;
mod swaps;
mod tally;
#[cfg(test)]
mod tests;
mod wording;

pub use classes::Class;
pub use compare::compare;
pub use context::{Changes, Context, RejectedColumn, RejectedStats, Source};
pub use dates::DateEvidence;
pub use findings::Weight;
pub use profile::{CaseCounts, ColumnProfile, KeyForms, Lengths, TableProfile, TopValue};
pub use profiler::Profiler;
pub use sketch::Sketch;
