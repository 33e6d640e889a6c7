//! Roles and rules that are made of data, as additions to the stored configuration.
//!
//! ```text
//! naming rules, entitlements ─ build_role_model ▶ categories, single roles, navigation rules ─┐
//! mining rules, who is where and has what ─ mine_roles ▶ single-role rules ───────────────────┴ deploy
//! ```
//!
//! Both compute everything before anything is stored, and show it as a deployment does. What comes out is checked like a
//! configuration that somebody wrote.

mod mining;
mod naming;

pub use mining::{Mined, MinedRules, MiningOptions, mine_roles};
pub use naming::{BuildOptions, Built, MappingBuilt, build_role_model};

use crate::deployment::Deployment;
use crate::error::ServerError;
use provost_model::Severity;
use provost_model::configuration::{Item, Parsed, export, parse};
use provost_store::{ReadTx, WriteTx};

/// A deployment of the stored configuration with other items in it, checked.
fn proposed(tx: &mut ReadTx, items: &[Item]) -> Result<Deployment, ServerError> {
    let checked = parse(&export(items));
    if let Some(problem) = checked.problems.iter().find(|problem| problem.severity == Severity::Error) {
        return Err(ServerError::mapping("what would be added", &problem.message));
    }
    let parsed = Parsed::from_items(items.to_vec());
    Deployment::within(tx, &parsed.items, &parsed.configuration)
}

/// Deploys it, if it says anything new.
fn deploy(tx: &mut WriteTx, deployment: &Deployment, now_micros: i64) -> Result<bool, ServerError> {
    if deployment.plan.is_empty() {
        return Ok(false);
    }
    deployment.apply_within(tx, now_micros)?;
    Ok(true)
}
