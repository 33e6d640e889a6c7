//! The job engine: launches jobs, runs the tasks of the server, hands out those of agents, follows schedules.
//!
//! ```text
//! launch, schedule ─▶ books (job and task instances) ─ decide ▶ ready tasks ─ claim, under a lease ▶ run ─ finish ▶ decide ▶ …
//! ```
//!
//! There is no owner of a job. Whoever ends a task decides, in the same transaction, what follows from it ([`decide`]);
//! so the death of a server costs the tasks that it runs at that moment, and those are taken over when their leases end.
//! Every task is one transaction or repeats itself harmlessly, so it can be run again from its start.
//!
//! Several engines may work on one repository. Nothing is kept in memory but what concerns tasks of this process: their
//! progress, until it is written down, and the agents that wait for an answer.

mod agents;
mod books;
mod connectors;
mod control;
mod decide;
mod engine;
mod error;
mod events;
mod logs;
mod order_steps;
mod overheard;
mod plan;
mod policy_steps;
mod role_steps;
mod runner;
mod schedule;
mod settings;
mod steps;
mod tick;
mod work;

pub use connectors::{ChangesPage, ConnectorStanding, WantedChanges};
pub use control::{Launch, Trigger};
pub use engine::Engine;
pub use error::JobError;
pub use logs::LogPage;
pub use overheard::{Listener, overhear, said};
pub use plan::{LaunchOptions, PlannedStep, steps_of};
pub use runner::Runner;
pub use settings::{JobSettings, Pace};
pub use work::ServerTasks;

#[cfg(test)]
pub(crate) mod tests;
