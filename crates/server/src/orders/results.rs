//! What became of orders, written to the assignments that they were made of.

use super::generate::RowsOf;
use crate::error::ServerError;
use crate::metadata;
use provost_model::ResourceId;
use provost_model::orders::{OrderOutcome, OrderResult};
use provost_model::policy::{AssignedResourceType, Assignments, ProvisioningState};
use provost_store::{AssignmentChange, Store, StoredOrder, WriteTx};
use std::collections::BTreeMap;

/// Owners written together.
const OWNERS: usize = 1000;
/// Microseconds of a minute.
const MINUTE: i64 = 60_000_000;

/// Changes assigned resource types by (owner, row, rows of the order); `change` tells whether it changed something.
/// Those that are gone are left out. Gives the number of those that changed.
pub(super) fn move_rows<T>(
    tx: &mut WriteTx,
    moved: &[(ResourceId, i64, T)],
    now: i64,
    mut change: impl FnMut(&mut AssignedResourceType, &T) -> bool,
) -> Result<u64, ServerError> {
    let mut by_owner: BTreeMap<ResourceId, Vec<(i64, &T)>> = BTreeMap::new();
    for (owner, assigned, rows) in moved {
        by_owner.entry(*owner).or_default().push((*assigned, rows));
    }
    let owners: Vec<ResourceId> = by_owner.keys().copied().collect();
    let mut count = 0;
    for batch in owners.chunks(OWNERS) {
        let before = tx.assignments(batch)?;
        let mut after: Vec<Assignments> = before.clone();
        for (owner, owned) in batch.iter().zip(&mut after) {
            for (assigned, rows) in by_owner.get(owner).into_iter().flatten() {
                let row = owned.resource_types.iter_mut().find(|row| row.id == *assigned);
                count += u64::from(row.is_some_and(|row| change(row, rows)));
            }
        }
        let mut changes: Vec<AssignmentChange<'_>> = batch
            .iter()
            .zip(before.iter().zip(&mut after))
            .map(|(owner, (before, after))| AssignmentChange { owner: *owner, before, after })
            .collect();
        tx.write_assignments(&mut changes, now, false)?;
    }
    Ok(count)
}

/// Moves the rows of an order from one state to another; those in another state stay. Tells whether any moved.
pub(super) fn set_states(
    assigned: &mut AssignedResourceType,
    rows: &RowsOf,
    from: ProvisioningState,
    to: ProvisioningState,
    why: Option<&str>,
) -> bool {
    let mut any = false;
    let mut set = |state: &mut ProvisioningState, error: &mut Option<String>| {
        if *state == from {
            *state = to;
            *error = why.map(str::to_owned);
            any = true;
        }
    };
    if rows.whole {
        set(&mut assigned.provisioning, &mut assigned.error);
    }
    for row in assigned.scalars.iter_mut().filter(|row| rows.scalars.contains(&row.id)) {
        set(&mut row.provisioning, &mut row.error);
    }
    for row in assigned.navigations.iter_mut().filter(|row| rows.navigations.contains(&row.id)) {
        set(&mut row.provisioning, &mut row.error);
    }
    for row in assigned.binaries.iter_mut().filter(|row| rows.binaries.contains(&row.id)) {
        set(&mut row.provisioning, &mut row.error);
    }
    any
}

/// Writes results: 2 → 8 or 2 → 3. A result for an order that has ended changes nothing; gives the number of those that
/// counted.
pub(super) fn apply(
    tx: &mut WriteTx,
    orders: &[StoredOrder],
    results: &[OrderResult],
    now: i64,
) -> Result<u64, ServerError> {
    let mut moved = Vec::new();
    for result in results {
        let of = |order: &&StoredOrder| order.assigned.to_string() == result.assigned_resource_type_id;
        let Some(order) = orders.iter().find(of) else { continue };
        let (state, error) = match result.outcome {
            OrderOutcome::Waiting => {
                tx.set_order_waiting(order.id)?;
                continue;
            }
            OrderOutcome::Executed => (ProvisioningState::Executed, None),
            OrderOutcome::Errored => {
                let text = result.error.as_deref().unwrap_or("the system gave no reason");
                (ProvisioningState::Errored, Some(text))
            }
        };
        if tx.end_order(order.id, state, error, result.key.as_deref(), now)? {
            let rows: RowsOf = serde_json::from_str(&order.rows).unwrap_or_default();
            moved.push((order.owner, order.assigned, (rows, state, error.map(str::to_owned))));
        }
    }
    let from = ProvisioningState::Transmitted;
    move_rows(tx, &moved, now, |assigned, (rows, to, why)| set_states(assigned, rows, from, *to, why.as_deref()))?;
    for (_, _, (_, state, _)) in &moved {
        tx.count(if *state == ProvisioningState::Executed { "ordersExecuted" } else { "ordersErrored" }, 1);
    }
    Ok(moved.len() as u64)
}

/// Turns orders that nobody answered within `TransmittedStateValidityPeriod` of their resource type into errors; gives
/// their number. Those that somebody does by hand wait as long as it takes.
///
/// # Errors
/// Those of the database.
pub fn expire(store: &Store, actor: &str, now_micros: i64) -> Result<u64, ServerError> {
    let stale = |tx: &mut provost_store::ReadTx| {
        let under_way = tx.orders_under_way(false)?;
        if under_way.is_empty() {
            return Ok(Vec::new());
        }
        let metadata = metadata::load(tx)?;
        let catalog = tx.policy_catalog()?;
        let limits: BTreeMap<_, _> = metadata
            .configuration
            .policy
            .resource_types
            .iter()
            .filter(|t| t.transmitted_state_validity_period > 0)
            .filter_map(|t| {
                Some((catalog.id("ResourceType", &t.identifier)?, i64::from(t.transmitted_state_validity_period)))
            })
            .collect();
        let is_stale = |order: &StoredOrder| {
            limits.get(&order.resource_type).is_some_and(|minutes| order.created_at + minutes * MINUTE <= now_micros)
        };
        Ok::<_, ServerError>(under_way.into_iter().filter(is_stale).collect::<Vec<_>>())
    };
    if store.read(stale)?.is_empty() {
        return Ok(0);
    }
    store.write(actor, "orders without an answer are errors (TransmittedStateValidityPeriod)", |tx| {
        let orders = stale(tx)?;
        let mut ended = 0;
        for order in &orders {
            let result = OrderResult {
                assigned_resource_type_id: order.assigned.to_string(),
                outcome: OrderOutcome::Errored,
                error: Some("no answer came within TransmittedStateValidityPeriod".to_owned()),
                key: None,
            };
            ended += apply(tx, std::slice::from_ref(order), &[result], now_micros)?;
            tx.close_order_file(&order.file)?;
        }
        Ok(ended)
    })
}
