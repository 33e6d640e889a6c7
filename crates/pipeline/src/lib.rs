//! The thinking: rows in, rows out. Prepare, reconcile, thresholds, drift, formats and expressions.
//!
//! Nothing here opens a file by name, reads the clock, or talks to a database or network: readers, writers and the
//! time are arguments.

mod bytes;
pub mod correlation;
pub mod csv;
pub mod delta;
pub mod drift;
pub mod expression;
pub mod format;
mod ids;
pub mod mining;
pub mod naming;
pub mod orders;
pub mod output;
pub mod policy;
pub mod population;
pub mod prepare;
pub mod reconcile;
pub mod sort;
#[cfg(test)]
mod testing;
pub mod text;
pub mod thresholds;
