//! Puts what orders tell into a population.

use crate::error::ServerError;
use crate::population::navigation;
use provost_model::ResourceId;
use provost_model::metadata::Metadata;
use provost_pipeline::population::{Handle, Population, Reads};
use provost_store::ReadTx;

/// Adds resources of an entity type (a position) with what is read of them. Those that do not exist are left out.
pub(super) fn load(
    tx: &mut ReadTx,
    metadata: &Metadata,
    population: &mut Population,
    entity_type: usize,
    resources: &[ResourceId],
    reads: &Reads,
) -> Result<(), ServerError> {
    let mut resources = resources.to_vec();
    resources.sort_unstable();
    resources.dedup();
    if resources.is_empty() {
        return Ok(());
    }
    let model = &metadata.entity_types[entity_type];
    let stored: Vec<_> = reads.values.iter().filter_map(|p| Some((*p, model.properties[*p].slot?))).collect();
    let slots: Vec<_> = stored.iter().map(|(_, slot)| *slot).collect();
    tx.rows_in_order(model.id, &slots, &resources, |row| {
        let (handle, _) = population.add(entity_type, row.id);
        for ((property, _), value) in stored.iter().zip(row.values) {
            if let Some(value) = value {
                population.set_value(handle, *property, value);
            }
        }
        if let Some(name) = row.display_name.filter(|_| reads.display_name) {
            population.set_display_name(handle, name);
        }
        Ok::<(), ServerError>(())
    })?;
    for (property, beyond) in &reads.links {
        follow(tx, metadata, population, (entity_type, *property), &resources, beyond)?;
    }
    Ok(())
}

fn follow(
    tx: &mut ReadTx,
    metadata: &Metadata,
    population: &mut Population,
    near: (usize, usize),
    resources: &[ResourceId],
    beyond: &Reads,
) -> Result<(), ServerError> {
    let Some((_, place, side, far)) = navigation(metadata, near) else {
        return Ok(());
    };
    let links = tx.links_in_order(place, resources, side)?;
    let ends: Vec<ResourceId> = links.iter().map(|(_, end)| *end).collect();
    load(tx, metadata, population, far, &ends, beyond)?;
    for of_one in links.chunk_by(|a, b| a.0 == b.0) {
        let ends: Vec<Handle> = of_one.iter().filter_map(|(_, end)| population.find(far, *end)).collect();
        if let Some(handle) = population.find(near.0, of_one[0].0) {
            population.set_links(handle, near.1, &ends);
        }
    }
    Ok(())
}
