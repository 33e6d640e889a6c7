//! What-if: what a configuration, other source files, or both would come to.
//!
//! ```text
//! configuration ─ deploy ─┐                  ┌ role model ▶ difference of assignments
//! source files ─ prepare ─┴ synchronise ─ computed properties ┤
//!                                            └ orders ▶ those that are new, those that are dropped
//! ```
//!
//! Everything happens with the code of the real steps, in one transaction that is given up at the end, whatever becomes
//! of it: nothing of a plan is ever stored. Ids are counted inside the repository, so that those of the plan are those
//! of the real run; its name is the one that the real run has.

mod difference;
mod held;
mod host;
mod limits;
mod naming;
mod report;
mod run;

pub(crate) use held::is_held;
pub use host::prepare;
pub use limits::Limit;
pub use report::{Exceeded, Identity, IdentityChange, OrdersOfType, PlanReport, Subject};
pub use run::{PlanOptions, Proposed, plan, supposed_metadata};
