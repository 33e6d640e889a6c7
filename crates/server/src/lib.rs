//! The house: the steps of the road over a repository and its work folders.
//!
//! [`prepare`] runs beside the managed systems, [`synchronise`] and [`validate`] beside the repository; between them
//! stands a session folder and a queue.

mod collect;
mod content;
mod delta_step;
mod deployment;
mod error;
mod exchange;
mod expressions;
mod files;
mod findings;
mod flags;
mod folders;
mod guard;
pub mod jobs;
mod manifest;
mod mapping;
pub mod metadata;
mod options;
pub mod orders;
mod orphans;
pub mod plan;
pub mod policy;
mod population;
mod previous;
mod queries;
mod retention;
pub mod roles;
mod schemas;
mod sessions;
mod shown;
mod sorting;
mod spool;
mod stage;
mod synchronise;
pub mod telemetry;
mod verified;
pub mod web;

pub use collect::{Collected, Progress, Quiet, prepare};
pub use content::content_bytes;
pub use deployment::Deployment;
pub use error::ServerError;
pub use exchange::upload::{PIECE, pack};
pub use exchange::{
    LocalHost, OpenRequest, Opened, PrepareColumn, PrepareMapping, PrepareTable, SealedBefore, SessionHost,
};
pub use expressions::{Evaluated, ExpressionOptions, update_expressions};
pub use flags::set_recently_modified_flag;
pub use folders::{Folders, shown};
pub use manifest::{Delivery, Manifest, RowProblem, Table};
pub use options::{Plainly, PrepareOptions, Reading, Retention, SynchroniseOptions, Watch};
pub use population::load_population;
pub use queries::Answers;
pub use schemas::{SchemaStanding, keep_schema, schema_standings};
pub use shown::ShownChange;
pub use synchronise::{Synchronised, synchronise, validate};
