//! The steps of the policy: who should have what, computed over the repository (spec 21).
//!
//! ```text
//! compute-correlation-keys ▶ UP_ResourceCorrelationKeys ─┐
//!                                                        ├─ compute-role-model ▶ UP_Assigned…, risks, next instants
//! resources and links, read as populations ──────────────┘        │
//!                                            update-classification ┘ types of targets without owner
//! ```
//!
//! A dirty run is exact. The repository remembers every change until it is followed ([`provost_store::DataChanges`]);
//! what an owner reads is known, so the owners of a change are found by walking the same paths backwards
//! ([`Tree::affected`](crate::population::Tree::affected)). They wait in a table until their batch is committed, so that whatever is interrupted goes
//! on where it was. Keys are brought up to date before owners are, whoever asks.

mod access;
mod classify;
mod compiled;
mod correlate;
mod directory;
mod evaluate;
pub mod explain;
mod keys;
pub(crate) mod outcome;
mod pre_existing;
mod report;
mod risks;
mod role_model;
mod sample;
mod start;

pub use classify::{Classified, update_classification};
pub(crate) use compiled::Compiled;
pub(crate) use directory::Lookup;
pub use keys::{KeyOptions, KeysComputed, compute_correlation_keys};
pub use pre_existing::{PreExisting, save_pre_existing_access_rights};
pub use risks::{HighScore, RiskCount, RiskOptions, RiskScores, compute_risk_scores};
pub(crate) use role_model::compute_role_model_within;
pub use role_model::{RoleModelComputed, RoleModelOptions, TypeComputed, compute_role_model};

use crate::manifest::RowProblem;
use provost_model::problem::Severity;

/// Findings kept of one run.
const MAX_PROBLEMS: usize = 1_000;

/// What a step reports besides its counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    problems: Vec<RowProblem>,
}

impl Findings {
    fn note(&mut self, table: &str, value: Option<String>, reason: String, remedy: &str) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(RowProblem {
                severity: Severity::Warning,
                table: table.to_owned(),
                line: 0,
                column: None,
                value,
                reason,
                remedy: remedy.to_owned(),
            });
        }
    }

    fn resource(&mut self, table: &str, id: provost_model::ResourceId, reason: String, remedy: &str) {
        self.note(table, Some(format!("resource {id}")), reason, remedy);
    }
}
