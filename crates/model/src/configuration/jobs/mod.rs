//! Jobs and tasks: what runs, in which order, when, and what depends on what.
//!
//! ```text
//! items ─ expand ▶ items ─ assemble ▶ Job, Task ─ effective_order ▶ groups of steps
//!                                      ├─ Cron::next_after ▶ when it starts by itself
//!                                      └─ may_start ▶ start or skip
//! ```

mod assemble;
mod changes;
mod cron;
mod dependencies;
mod kind;
mod order;
mod state;
mod types;

pub(super) use assemble::{PlacedJob, PlacedStep, assemble, cron_of, tasks};
pub use changes::{JobChange, job_changes};
pub use cron::{Cron, CronError, CronTimeZone};
pub use dependencies::{Decision, Outcome, SkipReason, may_start};
pub use kind::{Side, TaskKind};
pub use order::effective_order;
pub use state::InstanceState;
pub use types::{Job, JobStep, LogLevel, Mode, Task};
