//! Fills a population with what expressions read, and finds who reads what has changed.

use crate::error::ServerError;
use provost_model::ResourceId;
use provost_model::metadata::Metadata;
use provost_pipeline::population::{Handle, Population, Reads};
use provost_store::{LinkPlace, ReadTx, Side};
use std::collections::{BTreeMap, BTreeSet};

/// A navigation: where its links are stored, the side of the resource that is left, and the entity type that is reached.
fn branch(metadata: &Metadata, entity_type: usize, property: usize) -> Option<(LinkPlace, Side, usize)> {
    let end = (entity_type, property);
    let association = metadata.associations.iter().find(|a| a.end1 == end || a.end2 == end)?;
    let place = LinkPlace::of(metadata, association);
    Some(match association.end1 == end {
        true => (place, Side::First, association.end2.0),
        false => (place, Side::Second, association.end1.0),
    })
}

/// Adds these resources of an entity type (a position), with all that is read of them.
///
/// # Errors
/// Those of the database.
pub fn load(
    tx: &mut ReadTx,
    metadata: &Metadata,
    population: &mut Population,
    (entity_type, resources): (usize, &[ResourceId]),
    reads: &Reads,
) -> Result<(), ServerError> {
    let owner = &metadata.entity_types[entity_type];
    let values: Vec<_> = reads.values.iter().filter_map(|p| Some((*p, owner.properties[*p].slot?))).collect();
    let slots: Vec<_> = values.iter().map(|(_, slot)| *slot).collect();
    tx.rows_by_id(owner.id, &slots, resources, |row| -> Result<(), ServerError> {
        let (resource, _) = population.add(entity_type, row.id);
        for ((property, _), value) in values.iter().zip(row.values) {
            population.set_value(resource, *property, value.unwrap_or_default());
        }
        if reads.display_name {
            population.set_display_name(resource, row.display_name.unwrap_or_default());
        }
        Ok(())
    })?;
    for (property, beyond) in &reads.links {
        let Some((place, side, target)) = branch(metadata, entity_type, *property) else {
            continue;
        };
        let links = tx.links_of(place, resources, side)?;
        let mut ends: BTreeMap<ResourceId, Vec<ResourceId>> = BTreeMap::new();
        for (first, second) in links {
            let (near, far) = if side == Side::First { (first, second) } else { (second, first) };
            ends.entry(near).or_default().push(far);
        }
        let reached: BTreeSet<ResourceId> = ends.values().flatten().copied().collect();
        for (near, mut far) in ends {
            far.sort_unstable();
            let handles: Vec<Handle> = far.iter().map(|id| population.add(target, *id).0).collect();
            if let Some(near) = population.find(entity_type, near) {
                population.set_links(near, *property, &handles);
            }
        }
        let reached: Vec<ResourceId> = reached.into_iter().collect();
        if !reached.is_empty() {
            load(tx, metadata, population, (target, &reached), beyond)?;
        }
    }
    Ok(())
}

/// Resources of an entity type that read something of a resource that was touched, themselves included.
pub(super) fn affected(
    tx: &mut ReadTx,
    metadata: &Metadata,
    entity_type: usize,
    reads: &Reads,
    touched: &BTreeMap<usize, BTreeSet<ResourceId>>,
) -> Result<BTreeSet<ResourceId>, ServerError> {
    let mut found = touched.get(&entity_type).cloned().unwrap_or_default();
    for (property, beyond) in &reads.links {
        let Some((place, side, target)) = branch(metadata, entity_type, *property) else {
            continue;
        };
        let reached: Vec<ResourceId> = affected(tx, metadata, target, beyond, touched)?.into_iter().collect();
        let other = if side == Side::First { Side::Second } else { Side::First };
        let back = tx.links_of(place, &reached, other)?;
        found.extend(back.into_iter().map(|(first, second)| if side == Side::First { first } else { second }));
    }
    Ok(found)
}

/// Positions of the entity types that are read.
pub(super) fn entity_types(metadata: &Metadata, entity_type: usize, reads: &Reads, found: &mut BTreeSet<usize>) {
    found.insert(entity_type);
    for (property, beyond) in &reads.links {
        if let Some((.., target)) = branch(metadata, entity_type, *property) {
            entity_types(metadata, target, beyond, found);
        }
    }
}
