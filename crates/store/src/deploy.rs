//! Deployment: the tables follow the configured model, and no value is lost without history.

use crate::error::StoreError;
use crate::move_data::{self, Change};
use crate::schema;
use crate::stored_model::{KeyRole, StoredAssociation, StoredModel, StoredProperty, StoredType};
use crate::triggers;
use crate::tx::WriteTx;
use provost_model::configuration::{Configuration, PropertyType};
use provost_model::metadata::{Catalog, EntityType, LinkStorage, Metadata};
use provost_model::{AssociationId, EntityTypeId, PropertyId, Slot, fault};
use std::collections::{BTreeSet, HashSet};

impl WriteTx {
    /// Makes the tables follow a checked configuration, and gives ids to new names.
    ///
    /// New slots become columns. A removed property loses its values, a removed entity type its resources, a removed
    /// association its links; a property that moves to another slot takes its values along; a property that turns
    /// from scalar to navigation or back starts empty; links move between table and slot. What is cleared or moved
    /// goes to history first. Fingerprints of affected entity types become void. Change sets that were computed before
    /// fit the old slots: whoever applies one computes it anew in the same transaction.
    ///
    /// # Errors
    /// Those of the database.
    pub fn deploy_model(&mut self, configuration: &Configuration, now_micros: i64) -> Result<Catalog, StoreError> {
        if let Some(lock) = self.link.dialect().lock_repository() {
            self.link.batch(&lock)?;
        }
        let old = self.model()?;
        self.deploy_policy(&configuration.policy)?;
        let catalog = self.extend_catalog(configuration)?;
        let metadata = Metadata::resolve(configuration.clone(), &catalog);
        let mut new = desired(&metadata);
        let known: HashSet<Slot> = old.columns.iter().copied().collect();
        let used: BTreeSet<Slot> = new.types.iter().flat_map(StoredType::slots).collect();
        let missing: Vec<Slot> = used.into_iter().filter(|s| !known.contains(s)).collect();
        schema::add_slots(&self.link, &missing)?;
        new.columns = old.columns.iter().copied().chain(missing).collect();
        new.columns.sort();
        if new == *old {
            return Ok(catalog);
        }
        // Triggers speak of the old slots, and moving values is not what they watch for.
        triggers::rebuild(&self.link, &StoredModel::default())?;
        let change = Change { old: &old, new: &new, now: now_micros };
        move_data::run(self, &change)?;
        fault::point("store.deploy.data");
        self.write_model(&change)?;
        self.forget_model();
        self.rebuild_changed_keys(&change)?;
        let stays = |old: &StoredType| new.types.iter().any(|t| t.id == old.id);
        self.follow_deployment(!old.types.iter().all(stays), now_micros)?;
        triggers::rebuild(&self.link, &new)?;
        fault::point("store.deploy.keys");
        self.count("modelDeployed", 1);
        Ok(catalog)
    }

    /// The ids of the deployed names that stay configured, and new ones for new names.
    fn extend_catalog(&mut self, configuration: &Configuration) -> Result<Catalog, StoreError> {
        let old = self.catalog()?;
        let mut catalog = Catalog::default();
        for entity_type in &configuration.entity_types {
            let name = entity_type.identifier.clone();
            let id = match old.entity_types.get(&name) {
                Some(id) => *id,
                None => EntityTypeId(self.advance("EntityType", 1)?),
            };
            catalog.entity_types.insert(name.clone(), id);
            for property in &entity_type.properties {
                let path = (name.clone(), property.identifier.clone());
                let id = match old.properties.get(&path) {
                    Some(id) => *id,
                    None => PropertyId(self.advance("EntityProperty", 1)?),
                };
                catalog.properties.insert(path, id);
            }
        }
        for association in &configuration.associations {
            let id = match old.associations.get(&association.identifier) {
                Some(id) => *id,
                None => AssociationId(self.advance("EntityAssociation", 1)?),
            };
            catalog.associations.insert(association.identifier.clone(), id);
        }
        Ok(catalog)
    }

    fn write_model(&mut self, change: &Change<'_>) -> Result<(), StoreError> {
        for table in ["UM_EntityTypes", "UM_EntityProperties", "UM_EntityAssociations"] {
            self.link.execute(&format!("DELETE FROM {table}"), &[])?;
        }
        for entity_type in &change.new.types {
            self.link.execute(
                "INSERT INTO UM_EntityTypes (Id, Identifier) VALUES ($1, $2)",
                &[entity_type.id.0.into(), (&entity_type.identifier).into()],
            )?;
            for (position, property) in (0..).zip(&entity_type.properties) {
                self.write_property(entity_type, property, position)?;
            }
        }
        for association in &change.new.associations {
            self.link.execute(
                "INSERT INTO UM_EntityAssociations (Id, Identifier, Property1_Id, Property2_Id, StoredSide, \
                 TargetColumnIndex) VALUES ($1, $2, $3, $4, $5, $6)",
                &[
                    association.id.0.into(),
                    (&association.identifier).into(),
                    association.property1.0.into(),
                    association.property2.0.into(),
                    association.side.into(),
                    column_index(association.slot).into(),
                ],
            )?;
        }
        self.write_slot_ranges(change)
    }

    fn write_property(
        &mut self,
        entity_type: &StoredType,
        property: &StoredProperty,
        position: i64,
    ) -> Result<(), StoreError> {
        self.link.execute(
            "INSERT INTO UM_EntityProperties (Id, EntityType_Id, Identifier, Position, TargetColumnIndex, \
             IsNavigation, HistoryPrecision, KeyRole, IsMapped) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                property.id.0.into(),
                entity_type.id.0.into(),
                (&property.identifier).into(),
                position.into(),
                column_index(property.slot).into(),
                i64::from(property.is_navigation).into(),
                property.precision.into(),
                (property.role as i64).into(),
                i64::from(property.is_mapped).into(),
            ],
        )?;
        Ok(())
    }

    /// Remembers from when to when a slot meant a property, so that history is read with the meaning it had.
    fn write_slot_ranges(&mut self, change: &Change<'_>) -> Result<(), StoreError> {
        for (entity_type, property) in properties(change.old) {
            if !change.stays(property.id) && property.slot.is_some() {
                self.link.execute(
                    "UPDATE UM_EntityPropertySlots SET ValidTo = $1 WHERE Property_Id = $2 AND EntityType_Id = $3 \
                     AND ValidTo = $4",
                    &[change.now.into(), property.id.0.into(), entity_type.id.0.into(), i64::MAX.into()],
                )?;
            }
        }
        for (entity_type, property) in properties(change.new) {
            let Some(slot) = property.slot.filter(|_| !change.stays(property.id)) else {
                continue;
            };
            let args = [entity_type.id.0.into(), i64::from(slot.index()).into()];
            let reused = self.link.count(
                "SELECT COUNT(*) FROM UM_EntityPropertySlots WHERE (EntityType_Id = $1 AND TargetColumnIndex = $2) OR Property_Id = $3",
                &[args[0], args[1], property.id.0.into()],
            )? > 0;
            // Whatever history holds in a slot that nobody used before belongs to its first user, unless that one was
            // somewhere else then.
            let from = if reused { change.now } else { i64::MIN };
            self.link.execute(
                "INSERT INTO UM_EntityPropertySlots \
                 (EntityType_Id, TargetColumnIndex, Property_Id, IsNavigation, ValidFrom, ValidTo) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
                &[
                    args[0],
                    args[1],
                    property.id.0.into(),
                    i64::from(property.is_navigation).into(),
                    from.into(),
                    i64::MAX.into(),
                ],
            )?;
        }
        Ok(())
    }

    fn rebuild_changed_keys(&mut self, change: &Change<'_>) -> Result<(), StoreError> {
        for (entity_type, property) in properties(change.old) {
            let kept = change.new.owner(property.id).is_some_and(|(_, p)| p.role != KeyRole::None);
            if property.role != KeyRole::None && !kept {
                self.link.execute(
                    "DELETE FROM UR_ResourceKeys WHERE EntityType_Id = $1 AND Property_Id = $2",
                    &[entity_type.id.0.into(), property.id.0.into()],
                )?;
            }
        }
        for (entity_type, property) in properties(change.new) {
            let Some(slot) = property.slot.filter(|_| property.role != KeyRole::None) else {
                continue;
            };
            let before = change.old.owner(property.id).map(|(_, p)| p);
            if before.is_none_or(|b| b.role != property.role || !change.keeps_values(property.id)) {
                self.rebuild_keys(entity_type.id, property.id, slot)?;
            } else if change.is_affected(entity_type) {
                self.link.execute(
                    "UPDATE UR_ResourceKeys SET Fingerprint = 0 WHERE EntityType_Id = $1 AND Property_Id = $2 \
                     AND Fingerprint <> 0",
                    &[entity_type.id.0.into(), property.id.0.into()],
                )?;
            }
        }
        Ok(())
    }
}

fn properties(model: &StoredModel) -> impl Iterator<Item = (&StoredType, &StoredProperty)> {
    model.types.iter().flat_map(|t| t.properties.iter().map(move |p| (t, p)))
}

fn column_index(slot: Option<Slot>) -> i64 {
    slot.map_or(-1, |s| i64::from(s.index()))
}

/// The model that the database must remember for this metadata.
fn desired(metadata: &Metadata) -> StoredModel {
    let mut types: Vec<StoredType> = metadata
        .entity_types
        .iter()
        .map(|t| StoredType { id: t.id, identifier: t.identifier.clone(), properties: stored_properties(metadata, t) })
        .collect();
    types.sort_by_key(|t| t.id);
    let mut associations: Vec<StoredAssociation> = metadata
        .associations
        .iter()
        .map(|a| {
            let property = |(t, p): (usize, usize)| metadata.entity_types[t].properties[p].id;
            let (side, slot) = match a.storage {
                LinkStorage::Table => (0, None),
                LinkStorage::Slot1(slot) => (1, Some(slot)),
                LinkStorage::Slot2(slot) => (2, Some(slot)),
            };
            StoredAssociation {
                id: a.id,
                identifier: a.identifier.clone(),
                property1: property(a.end1),
                property2: property(a.end2),
                side,
                slot,
            }
        })
        .collect();
    associations.sort_by_key(|a| a.id);
    StoredModel { types, associations, columns: Vec::new() }
}

fn stored_properties(metadata: &Metadata, entity_type: &EntityType) -> Vec<StoredProperty> {
    let configuration = &metadata.configuration;
    let mapped = || {
        configuration
            .type_mappings
            .iter()
            .filter(|m| m.identifier == entity_type.identifier)
            .flat_map(|m| &m.properties)
            .filter(|p| p.connection_column.is_some())
    };
    let keys: Vec<_> = configuration.association_mappings.iter().flat_map(|m| [&m.key1, &m.key2]).collect();
    let primary = mapped()
        .find(|p| p.is_primary_key)
        .map(|p| p.identifier.as_str())
        .or_else(|| entity_type.properties.iter().find(|p| p.is_key && p.slot.is_some()).map(|p| &*p.identifier));
    entity_type
        .properties
        .iter()
        .map(|p| {
            let is_navigation = p.kind == PropertyType::ForeignKey;
            let is_unique = mapped().any(|m| m.identifier == p.identifier && (m.is_unique_key || m.is_primary_key))
                || keys.iter().any(|k| k.entity_type == entity_type.identifier && k.property == p.identifier);
            let role = match p.slot {
                Some(_) if is_navigation => KeyRole::None,
                Some(_) if primary == Some(p.identifier.as_str()) => KeyRole::Primary,
                Some(_) if is_unique => KeyRole::Unique,
                _ => KeyRole::None,
            };
            StoredProperty {
                id: p.id,
                identifier: p.identifier.clone(),
                slot: p.slot,
                is_navigation,
                precision: i64::from(p.history_precision),
                role,
                is_mapped: !is_navigation && mapped().any(|m| m.identifier == p.identifier),
            }
        })
        .collect()
}
