//! Finds the resources that the policy names by their keys.

use crate::error::ServerError;
use provost_model::metadata::Metadata;
use provost_model::{PropertyId, ResourceId};
use provost_pipeline::policy::Directory;
use provost_store::{LinkPlace, ReadTx, Side};
use std::cell::RefCell;
use std::collections::HashMap;

/// Resources by their keys, out of the repository.
pub(crate) struct Lookup<'a> {
    tx: RefCell<&'a mut ReadTx>,
    metadata: &'a Metadata,
    /// Keys that the key table does not know, of entity types that are usually small.
    indexes: RefCell<HashMap<PropertyId, HashMap<String, ResourceId>>>,
    failed: RefCell<Option<ServerError>>,
}

impl<'a> Lookup<'a> {
    pub(crate) fn new(tx: &'a mut ReadTx, metadata: &'a Metadata) -> Lookup<'a> {
        Lookup { tx: RefCell::new(tx), metadata, indexes: RefCell::default(), failed: RefCell::default() }
    }

    /// What went wrong meanwhile.
    pub(crate) fn finish(self) -> Result<(), ServerError> {
        match self.failed.into_inner() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn find(&self, entity_type: usize, key: &str) -> Result<Option<ResourceId>, ServerError> {
        let found_type = &self.metadata.entity_types[entity_type];
        let known: Vec<PropertyId> =
            self.tx.borrow_mut().key_properties(found_type.id)?.iter().map(|k| k.property).collect();
        let declared = found_type.properties.iter().filter(|p| p.is_key);
        let others = found_type.properties.iter().filter(|p| !p.is_key && known.contains(&p.id));
        for property in declared.chain(others) {
            let Some(slot) = property.slot else { continue };
            let found = if known.contains(&property.id) {
                let holders = self.tx.borrow_mut().lookup_keys(found_type.id, property.id, &[key])?;
                // Several resources with one key: the first one, so that it is always the same.
                holders.iter().map(|(_, id)| *id).min()
            } else {
                let mut indexes = self.indexes.borrow_mut();
                let index = match indexes.entry(property.id) {
                    std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                    std::collections::hash_map::Entry::Vacant(place) => {
                        let mut index = HashMap::new();
                        let mut tx = self.tx.borrow_mut();
                        tx.scan_resources(found_type.id, &[slot], false, |row| -> Result<(), ServerError> {
                            if let Some(Some(value)) = row.values.first() {
                                index.entry((*value).to_owned()).or_insert(row.id);
                            }
                            Ok(())
                        })?;
                        place.insert(index)
                    }
                };
                index.get(key).copied()
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn links_up(&self, column: u8) -> Result<Vec<(ResourceId, ResourceId)>, ServerError> {
        let metadata = self.metadata;
        let dimensions = &metadata.configuration.policy.dimensions;
        let Some(dimension) = dimensions.iter().find(|d| d.column == column && d.is_hierarchical) else {
            return Ok(Vec::new());
        };
        let Some(parent) = &dimension.parent_property else { return Ok(Vec::new()) };
        // It may be written with its entity type in front.
        let parent = parent.rsplit([':', '.']).next().unwrap_or(parent);
        let Some(end) = metadata.find(&dimension.entity_type, parent) else { return Ok(Vec::new()) };
        let Some(association) = metadata.associations.iter().find(|a| a.end1 == end || a.end2 == end) else {
            return Ok(Vec::new());
        };
        let side = if association.end1 == end { Side::First } else { Side::Second };
        let mut tx = self.tx.borrow_mut();
        let mut all = Vec::new();
        tx.scan_resources(metadata.entity_types[end.0].id, &[], false, |row| -> Result<(), ServerError> {
            all.push(row.id);
            Ok(())
        })?;
        Ok(tx.links_in_order(LinkPlace::of(metadata, association), &all, side)?)
    }

    fn keep<T: Default>(&self, result: Result<T, ServerError>) -> T {
        result.unwrap_or_else(|error| {
            self.failed.borrow_mut().get_or_insert(error);
            T::default()
        })
    }
}

impl Directory for Lookup<'_> {
    fn resource(&self, entity_type: usize, key: &str) -> Option<ResourceId> {
        self.keep(self.find(entity_type, key))
    }

    fn parents(&self, column: u8) -> Vec<(ResourceId, ResourceId)> {
        self.keep(self.links_up(column))
    }
}
