//! The agent: what runs beside the managed systems.

mod link;
mod steps;

pub use link::AgentLink;
pub use steps::{ServerSide, StepTasks};
