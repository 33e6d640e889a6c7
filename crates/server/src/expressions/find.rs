//! Resources by the value that a computed link is matched with.

use crate::error::ServerError;
use provost_model::ResourceId;
use provost_model::metadata::{EntityType, Metadata};
use provost_store::WriteTx;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Values whose resources are kept.
const CACHED: usize = 100_000;

/// Resources with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// There is none.
    None,
    /// Exactly this one.
    One(ResourceId),
    /// There are several: the value designates none of them.
    Several,
}

/// What was found, by entity type and property. It is made anew for every stage: the one before may have computed the
/// property.
#[derive(Default)]
pub(super) struct Finder {
    found: HashMap<(usize, usize), HashMap<String, Found>>,
    keys: HashMap<(usize, usize), bool>,
}

impl Finder {
    /// The resource of an entity type whose property has this value.
    pub(super) fn find(
        &mut self,
        tx: &mut WriteTx,
        metadata: &Metadata,
        (entity_type, property): (usize, usize),
        value: &str,
    ) -> Result<Found, ServerError> {
        let is_key = self.is_key(tx, metadata, entity_type, property)?;
        let found_type = &metadata.entity_types[entity_type];
        let known = match self.found.entry((entity_type, property)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) if is_key => place.insert(HashMap::new()),
            Entry::Vacant(place) => place.insert(index_of(tx, found_type, property)?),
        };
        if let Some(found) = known.get(value) {
            return Ok(*found);
        }
        if !is_key {
            return Ok(Found::None);
        }
        let holders = tx.lookup_keys(found_type.id, found_type.properties[property].id, &[value])?;
        let found = match holders.as_slice() {
            [] => Found::None,
            [(_, id)] => Found::One(*id),
            _ => Found::Several,
        };
        if known.len() > CACHED {
            known.clear();
        }
        known.insert(value.to_owned(), found);
        Ok(found)
    }

    /// Whether the key table finds resources by this property.
    fn is_key(
        &mut self,
        tx: &mut WriteTx,
        metadata: &Metadata,
        entity_type: usize,
        property: usize,
    ) -> Result<bool, ServerError> {
        if let Some(known) = self.keys.get(&(entity_type, property)) {
            return Ok(*known);
        }
        let found_type = &metadata.entity_types[entity_type];
        let keys = tx.key_properties(found_type.id)?;
        let is_key = keys.iter().any(|key| key.property == found_type.properties[property].id);
        self.keys.insert((entity_type, property), is_key);
        Ok(is_key)
    }
}

/// Value → resource for a property that the key table does not know, of the (usually small) entity type that a criteria
/// matches against.
fn index_of(tx: &mut WriteTx, found_type: &EntityType, property: usize) -> Result<HashMap<String, Found>, ServerError> {
    let Some(slot) = found_type.properties[property].slot else {
        return Ok(HashMap::new());
    };
    let mut index = HashMap::new();
    tx.scan_resources(found_type.id, &[slot], false, |row| -> Result<(), ServerError> {
        if let Some(Some(value)) = row.values.first() {
            let entry = index.entry((*value).to_owned()).or_insert(Found::One(row.id));
            if *entry != Found::One(row.id) {
                *entry = Found::Several;
            }
        }
        Ok(())
    })?;
    Ok(index)
}
