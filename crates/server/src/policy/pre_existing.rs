//! What was there before go-live (`SavePreExistingAccessRightsTask`).

use crate::error::ServerError;
use provost_model::policy::{Assignments, Instant, Period, ProvisioningState, WorkflowState};
use provost_model::{ResourceId, fault};
use provost_store::{AssignmentChange, AssignmentCounts, Store};

const BATCH: usize = 2_000;

/// What was re-stated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PreExisting {
    /// Owners concerned.
    pub owners: u64,
    /// Rows of assignments.
    pub rows: AssignmentCounts,
}

/// Re-states what was found, or waits although it exists, as pre-existing. What begins in the future stays as it is.
///
/// # Errors
/// Those of the database.
pub fn save_pre_existing_access_rights(
    store: &Store,
    actor: &str,
    now_micros: i64,
) -> Result<PreExisting, ServerError> {
    let mut done = PreExisting::default();
    let mut last = ResourceId(i64::MIN);
    loop {
        let batch = store.note(|tx| {
            tx.lock_repository()?;
            let owners = tx.owners_after(last, BATCH)?;
            let before = tx.assignments(&owners)?;
            let mut after = before.clone();
            after.iter_mut().for_each(|owned| restate(owned, now_micros));
            let mut changes: Vec<AssignmentChange<'_>> = owners
                .iter()
                .zip(&before)
                .zip(&mut after)
                .filter(|((_, before), after)| *before != &**after)
                .map(|((owner, before), after)| AssignmentChange { owner: *owner, before, after })
                .collect();
            done.owners += changes.len() as u64;
            done.rows.add(tx.write_assignments(&mut changes, now_micros, false)?);
            Ok::<_, ServerError>(owners)
        })?;
        fault::point("policy.pre-existing");
        match batch.last() {
            Some(owner) => last = *owner,
            None => break,
        }
    }
    store.write(actor, "pre-existing access rights", |tx| {
        tx.count("assignmentsUpdated", done.rows.updated);
        Ok::<(), ServerError>(())
    })?;
    Ok(done)
}

/// What is there although no rule gives it, or what a rule would change although it is there.
fn becomes_historic(
    workflow: WorkflowState,
    provisioning: ProvisioningState,
    period: Period,
    exists: bool,
    now: Instant,
) -> bool {
    let waits = matches!(provisioning, ProvisioningState::Pending | ProvisioningState::AwaitingApproval);
    period.start <= now && (workflow == WorkflowState::Found || (workflow.is_calculated() && waits && exists))
}

fn restate(owned: &mut Assignments, now: Instant) {
    let historic = WorkflowState::Historic;
    for role in owned.composite_roles.iter_mut().chain(&mut owned.single_roles) {
        if becomes_historic(role.workflow, ProvisioningState::None, role.period, true, now) {
            (role.workflow, role.state_since) = (historic, now);
        }
    }
    for held in &mut owned.resource_types {
        if becomes_historic(held.workflow, held.provisioning, held.period, held.target.is_some(), now) {
            (held.workflow, held.state_since) = (historic, now);
            held.provisioning = ProvisioningState::Verified;
        }
        for value in held.scalars.iter_mut().chain(&mut held.binaries) {
            let exists = value.current_value.is_some();
            if becomes_historic(value.workflow, value.provisioning, value.period, exists, now) {
                (value.workflow, value.state_since) = (historic, now);
                value.provisioning = ProvisioningState::Verified;
            }
        }
        for link in &mut held.navigations {
            if becomes_historic(link.workflow, link.provisioning, link.period, link.is_current, now) {
                (link.workflow, link.state_since) = (historic, now);
                link.provisioning = ProvisioningState::Verified;
            }
        }
    }
}
