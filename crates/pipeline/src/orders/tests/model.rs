//! Random assignments against a naive model: one rule after the other, nothing shared with the engine.

use super::world::{ACCOUNT, DN, HOUR, MAIL, MAILBOX, NOW, World, scalar};
use crate::orders::{Planned, change_set};
use proptest::prelude::*;
use provost_model::ResourceId;
use provost_model::policy::{
    AssignedResourceType, Assignments, NO_END, NO_START, Period, ProvisioningState, WorkflowState,
};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
struct Row {
    is_mailbox: bool,
    state: ProvisioningState,
    has_target: bool,
    is_denied: bool,
    /// Past, present, tomorrow, next week.
    when: u8,
    values: Vec<(ProvisioningState, u8)>,
}

fn state() -> impl Strategy<Value = ProvisioningState> {
    prop_oneof![
        3 => Just(ProvisioningState::Pending),
        1 => Just(ProvisioningState::Verified),
        1 => Just(ProvisioningState::AwaitingApproval),
        1 => Just(ProvisioningState::Executed),
        1 => Just(ProvisioningState::Errored),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    let values = prop::collection::vec((state(), 0u8..4), 0..3);
    (any::<bool>(), state(), any::<bool>(), prop::bool::weighted(0.2), 0u8..4, values).prop_map(
        |(is_mailbox, state, has_target, is_denied, when, values)| Row {
            is_mailbox,
            state,
            has_target,
            is_denied,
            when,
            values,
        },
    )
}

fn period(when: u8) -> Period {
    match when {
        0 => Period { start: NO_START, end: NOW - HOUR },
        1 => Period { start: NO_START, end: NO_END },
        2 => Period { start: NOW + 20 * HOUR, end: NO_END },
        _ => Period { start: NOW + 200 * HOUR, end: NO_END },
    }
}

fn stored(owner: i64, at: usize, row: &Row) -> AssignedResourceType {
    let id = owner * 100 + at as i64;
    AssignedResourceType {
        id,
        owner: ResourceId(owner),
        resource_type: if row.is_mailbox { MAILBOX } else { ACCOUNT },
        target: row.has_target.then_some(ResourceId(20 + owner)),
        workflow: WorkflowState::PolicyApproved,
        provisioning: row.state,
        period: period(row.when),
        is_denied: row.is_denied,
        scalars: row
            .values
            .iter()
            .enumerate()
            .map(|(v, (state, when))| {
                let mut value = scalar(id * 10 + v as i64, if v == 0 { DN } else { MAIL }, "v");
                (value.provisioning, value.period) = (*state, period(*when));
                value
            })
            .collect(),
        ..AssignedResourceType::default()
    }
}

/// `Added 2` (change and number of values), `held`, or nothing.
fn naive(rows: &[Row], at: usize, hours: u32) -> Option<String> {
    let row = &rows[at];
    let pending = ProvisioningState::Pending;
    let due = |when: u8| when == 1 || (when == 2 && hours >= 20);
    let lost = row.is_denied || row.when == 0;
    let pending_values = row.values.iter().filter(|(state, _)| *state == pending).count();
    let due_values = row.values.iter().filter(|(state, when)| *state == pending && due(*when)).count();
    let kind = if row.state == pending && row.has_target && lost {
        "Deleted"
    } else if row.state == pending && !row.has_target && !lost {
        "Added"
    } else if pending_values > 0 && !lost {
        "Modified"
    } else {
        return None;
    };
    let held = Some("held".to_owned());
    let others = rows.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, row)| row);
    let awaiting = ProvisioningState::AwaitingApproval;
    if row.has_target && others.clone().any(|other| other.has_target && other.state == awaiting) {
        return held;
    }
    match kind {
        "Deleted" => return Some("Deleted 0".to_owned()),
        "Added" if !due(row.when) => return held,
        "Modified" if row.state == awaiting || !row.has_target => return held,
        "Modified" if due_values == 0 => {
            let waits = row.values.iter().any(|(state, when)| *state == pending && *when > 1 && !due(*when));
            return waits.then_some("held".to_owned());
        }
        _ => {}
    }
    let has_account = |row: &Row| {
        let there = match row.state {
            ProvisioningState::Executed => true,
            ProvisioningState::AwaitingApproval => false,
            _ => row.has_target,
        };
        !row.is_mailbox && !row.is_denied && row.when != 0 && there
    };
    if kind == "Added" && row.is_mailbox && !rows.iter().any(has_account) {
        return held;
    }
    Some(format!("{kind} {due_values}"))
}

fn outcome(planned: &Planned) -> BTreeMap<i64, String> {
    let mut found = BTreeMap::new();
    for order in &planned.orders {
        let id = order.order.assigned_resource_type_id.parse().unwrap();
        found.insert(id, format!("{:?} {}", order.order.change_type, order.rows.scalars.len()));
    }
    found.extend(planned.held.iter().map(|held| (held.assigned, "held".to_owned())));
    found
}

proptest! {
    #[test]
    fn orders_are_those_of_the_naive_model(
        owners in prop::collection::vec(prop::collection::vec(row(), 0..4), 1..5),
        hours in prop_oneof![Just(0u32), Just(24)],
    ) {
        let world = World::new(|configuration| {
            for resource_type in &mut configuration.policy.resource_types {
                resource_type.fulfill_hours_ahead_of_time = hours;
            }
        });
        let mut assigned = Vec::new();
        let mut expected = BTreeMap::new();
        for (at, rows) in owners.iter().enumerate() {
            let owner = at as i64 + 1;
            let types = rows.iter().enumerate().map(|(r, row)| stored(owner, r, row)).collect();
            assigned.push((owner, Assignments { resource_types: types, ..Assignments::default() }));
            for r in 0..rows.len() {
                expected.extend(naive(rows, r, hours).map(|outcome| (owner * 100 + r as i64, outcome)));
            }
        }
        let planned = world.plan(&assigned);
        prop_assert_eq!(outcome(&planned), expected);

        // The order of carrying out, and the name, do not depend on that of the owners.
        let sorted = |mut planned: Planned| {
            planned.orders.sort_by_key(|order| order.rank);
            planned
        };
        assigned.reverse();
        let (planned, reversed) = (sorted(planned), sorted(world.plan(&assigned)));
        prop_assert_eq!(&planned.orders, &reversed.orders);
        let name = |planned: &Planned| change_set(planned.orders.iter().map(|order| &order.digest));
        prop_assert_eq!(name(&planned), name(&reversed));
        let phases: Vec<_> = planned.orders.iter().map(|order| order.order.change_type).collect();
        prop_assert!(phases.is_sorted(), "{:?}", phases);
    }
}
