//! Stores what was computed.

use super::Computed;
use crate::error::ServerError;
use provost_model::ResourceId;
use provost_model::changes::Command;
use provost_model::metadata::{EntityType, Metadata};
use provost_pipeline::expression::binding::Step;
use provost_pipeline::expression::computed::{ComputedProperty, Target};
use provost_store::{ApplyPlan, LinkPlace, Side, Target as StoredTarget, WriteTx};
use std::collections::{HashMap, HashSet};

/// The resources that a computed property changed, with those that a link was set to or taken from, by entity type.
pub(super) type Touched = Vec<(usize, ResourceId)>;

/// Stores one computed property of a batch, of which `column` holds what changes.
pub(super) fn write(
    tx: &mut WriteTx,
    metadata: &Metadata,
    property: &ComputedProperty,
    column: &[(ResourceId, Computed)],
    now_micros: i64,
) -> Result<Touched, ServerError> {
    let entity_type = &metadata.entity_types[property.entity_type];
    match property.target {
        Target::Navigation { step, .. } => write_links(tx, metadata, step, column, now_micros),
        Target::DisplayName(Some(_)) => Ok(Vec::new()),
        Target::DisplayName(None) => {
            let of_type = (property.entity_type, entity_type);
            write_values(tx, of_type, &[StoredTarget::DisplayName], column, now_micros)
        }
        Target::Scalar { property: position, .. } => {
            let slot = entity_type.properties[position].slot.map(StoredTarget::Slot);
            let name = property.names_resources().then_some(StoredTarget::DisplayName);
            let targets: Vec<StoredTarget> = slot.into_iter().chain(name).collect();
            write_values(tx, (property.entity_type, entity_type), &targets, column, now_micros)
        }
    }
}

fn write_values(
    tx: &mut WriteTx,
    (position, entity_type): (usize, &EntityType),
    targets: &[StoredTarget],
    column: &[(ResourceId, Computed)],
    now_micros: i64,
) -> Result<Touched, ServerError> {
    let values: Vec<(ResourceId, Option<&str>)> = column
        .iter()
        .filter_map(|(id, computed)| match computed {
            Computed::Value(value) => Some((*id, value.as_deref())),
            Computed::Link(_) => None,
        })
        .collect();
    for target in targets {
        tx.update_values(entity_type.id, *target, &values, now_micros)?;
    }
    Ok(values.iter().map(|(id, _)| (position, *id)).collect())
}

/// Stores a computed navigation: each resource has at most one link after it.
fn write_links(
    tx: &mut WriteTx,
    metadata: &Metadata,
    step: Step,
    column: &[(ResourceId, Computed)],
    now_micros: i64,
) -> Result<Touched, ServerError> {
    let association = &metadata.associations[step.association];
    let place = LinkPlace::of(metadata, association);
    let id = association.id;
    let side = if step.forward { Side::First } else { Side::Second };
    let wanted: HashMap<i64, Option<i64>> = column
        .iter()
        .filter_map(|(id, computed)| match computed {
            Computed::Link(link) => Some((id.0, link.map(|l| l.0))),
            Computed::Value(_) => None,
        })
        .collect();
    let owners: Vec<ResourceId> = column.iter().map(|(id, _)| *id).filter(|id| wanted.contains_key(&id.0)).collect();
    // Between (owner, other) and (end 1, end 2), either way.
    let pair = |a: i64, b: i64| if step.forward { (a, b) } else { (b, a) };
    let mut there: HashSet<i64> = HashSet::new();
    let mut changes: Vec<(Command, i64, i64)> = Vec::new();
    for (first, second) in tx.links_of(place, &owners, side)? {
        let (owner, other) = pair(first.0, second.0);
        if wanted.get(&owner) == Some(&Some(other)) {
            there.insert(owner);
        } else {
            changes.push((Command::Delete, owner, other));
        }
    }
    let missing = owners.iter().filter(|owner| !there.contains(&owner.0));
    changes.extend(missing.filter_map(|owner| Some((Command::Insert, owner.0, (*wanted.get(&owner.0)?)?))));
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let run = tx.new_run("", now_micros)?;
    let mut writer = tx.link_changes(run, id)?;
    for (command, owner, other) in &changes {
        let (first, second) = pair(*owner, *other);
        writer.push(*command, ResourceId(first), ResourceId(second), None, None, 0)?;
    }
    writer.finish()?;
    let plan = ApplyPlan { associations: vec![(id, place)], now_micros, ..ApplyPlan::default() };
    tx.apply_changes(run, &plan)?;
    let touched = changes
        .iter()
        .flat_map(|(_, owner, other)| [(step.entity_type, ResourceId(*owner)), (step.target, ResourceId(*other))]);
    Ok(touched.collect())
}
