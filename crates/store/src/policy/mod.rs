//! The memory of the policy: its objects, what somebody has, and how a computation goes on.

mod catalog;
mod changed;
mod correlations;
mod follow;
mod keys;
pub(crate) mod orders;
mod orders_decisions;
mod population;
mod progress;
mod read;
pub(crate) mod reviews;
mod rows;
pub(crate) mod schema;
mod span;
mod totals;
mod write;

pub use changed::{DataChanges, Follower, KeyChangeLog};
pub use correlations::{StoredClassification, StoredCorrelation};
pub use keys::{CorrelationKey, InitialCorrelationKeys, KeySide};
pub use orders::{StoredOrder, StoredOrderFile};
pub use orders_decisions::StoredDecision;
pub use progress::{Computation, EvaluationNotes};
pub use reviews::{Holder, Waiting};
pub use totals::AssignmentTotals;
pub use write::{AssignmentChange, AssignmentCounts};
