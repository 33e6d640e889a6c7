//! What somebody has, should have, and why it is so: states, periods and assignments (spec 21).

mod assigned;
mod catalog;
mod consolidated;
mod period;
mod states;

pub use assigned::{AssignedNavigation, AssignedResourceType, AssignedRole, AssignedValue, Assignments, Parameters};
pub use catalog::{PolicyCatalog, category_identity};
pub use consolidated::Consolidated;
pub use period::{Instant, NO_END, NO_START, Period};
pub use states::{ProvisioningState, WorkflowState};
