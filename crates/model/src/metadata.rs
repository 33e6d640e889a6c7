//! The entity model as the running engine uses it: configuration resolved to ids and slots.

use crate::configuration::{
    Configuration, EntityAssociationMapping, EntityPropertyExpression, EntityTypeMapping, PropertyType,
};
use crate::ids::{AssociationId, EntityTypeId, PropertyId, Slot};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Ids that the store has given to configured names. They never change while a name stays configured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// Entity type identifier → id.
    pub entity_types: BTreeMap<String, EntityTypeId>,
    /// (Entity type identifier, property identifier) → id.
    pub properties: BTreeMap<(String, String), PropertyId>,
    /// Association identifier → id.
    pub associations: BTreeMap<String, AssociationId>,
}

/// The entity model with ids and slots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Entity types by position.
    pub entity_types: Vec<EntityType>,
    /// Associations by position.
    pub associations: Vec<Association>,
    /// The configuration it was resolved from.
    pub configuration: Configuration,
}

/// An entity type with id and slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityType {
    /// Id in the store.
    pub id: EntityTypeId,
    /// Identifier.
    pub identifier: String,
    /// Properties in document order.
    pub properties: Vec<Property>,
    /// Position in `properties` of the property that gives the display name when no expression does (spec 10 §2.2).
    pub display_name_source: Option<usize>,
}

/// A property with id and slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Id in the store.
    pub id: PropertyId,
    /// Identifier.
    pub identifier: String,
    /// Type.
    pub kind: PropertyType,
    /// Designates resources in configuration.
    pub is_key: bool,
    /// Column of `UR_Resources`, if it has one.
    pub slot: Option<Slot>,
    /// Minutes.
    pub history_precision: u32,
}

/// Where the links of an association are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkStorage {
    /// In `UR_ResourceLinks`.
    Table,
    /// In a column of the resource that owns property 1; it holds the id of the owner of property 2.
    Slot1(Slot),
    /// In a column of the resource that owns property 2; it holds the id of the owner of property 1.
    Slot2(Slot),
}

/// An association with ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Association {
    /// Id in the store.
    pub id: AssociationId,
    /// Identifier.
    pub identifier: String,
    /// Entity type that owns property 1, and the property (positions).
    pub end1: (usize, usize),
    /// Entity type that owns property 2, and the property (positions).
    pub end2: (usize, usize),
    /// Property 1 may hold several links.
    pub is_property1_collection: bool,
    /// Property 2 may hold several links.
    pub is_property2_collection: bool,
    /// Where its links are stored.
    pub storage: LinkStorage,
}

impl EntityType {
    /// The property with this identifier.
    pub fn property(&self, identifier: &str) -> Option<&Property> {
        self.properties.iter().find(|p| p.identifier == identifier)
    }
}

impl Metadata {
    /// Resolves a checked configuration. Names that the catalog lacks are left out: the configuration was never
    /// deployed.
    pub fn resolve(configuration: Configuration, catalog: &Catalog) -> Metadata {
        let mut entity_types = Vec::new();
        for declared in &configuration.entity_types {
            let Some(&id) = catalog.entity_types.get(&declared.identifier) else {
                continue;
            };
            let properties: Vec<Property> = declared
                .properties
                .iter()
                .filter_map(|p| {
                    let key = (declared.identifier.clone(), p.identifier.clone());
                    Some(Property {
                        id: *catalog.properties.get(&key)?,
                        identifier: p.identifier.clone(),
                        kind: p.kind,
                        is_key: p.is_key,
                        slot: Slot::new(i64::from(p.target_column_index)),
                        history_precision: p.history_precision,
                    })
                })
                .collect();
            entity_types.push(EntityType {
                id,
                identifier: declared.identifier.clone(),
                display_name_source: display_name_source(&properties),
                properties,
            });
        }
        let mut metadata = Metadata { entity_types, associations: Vec::new(), configuration };
        metadata.associations = metadata
            .configuration
            .associations
            .iter()
            .filter_map(|declared| {
                let end1 = metadata.find(&declared.property1.entity_type, &declared.property1.property)?;
                let end2 = metadata.find(&declared.property2.entity_type, &declared.property2.property)?;
                let slot = |(t, p): (usize, usize)| metadata.entity_types[t].properties[p].slot;
                let storage = match (slot(end1), slot(end2)) {
                    (Some(slot), _) if !declared.is_property1_collection => LinkStorage::Slot1(slot),
                    (_, Some(slot)) if !declared.is_property2_collection => LinkStorage::Slot2(slot),
                    _ => LinkStorage::Table,
                };
                Some(Association {
                    id: *catalog.associations.get(&declared.identifier)?,
                    identifier: declared.identifier.clone(),
                    end1,
                    end2,
                    is_property1_collection: declared.is_property1_collection,
                    is_property2_collection: declared.is_property2_collection,
                    storage,
                })
            })
            .collect();
        metadata
    }

    /// Positions of an entity type and one of its properties.
    pub fn find(&self, entity_type: &str, property: &str) -> Option<(usize, usize)> {
        let t = self.entity_types.iter().position(|t| t.identifier == entity_type)?;
        let p = self.entity_types[t].properties.iter().position(|p| p.identifier == property)?;
        Some((t, p))
    }

    /// The entity type with this identifier.
    pub fn entity_type(&self, identifier: &str) -> Option<&EntityType> {
        self.entity_types.iter().find(|t| t.identifier == identifier)
    }

    /// The entity type with this id.
    pub fn entity_type_by_id(&self, id: EntityTypeId) -> Option<&EntityType> {
        self.entity_types.iter().find(|t| t.id == id)
    }

    /// The association with this identifier.
    pub fn association(&self, identifier: &str) -> Option<&Association> {
        self.associations.iter().find(|a| a.identifier == identifier)
    }

    /// Entity type mappings of a connector, in document order.
    pub fn type_mappings<'a>(&'a self, connector: &'a str) -> impl Iterator<Item = &'a EntityTypeMapping> {
        self.configuration.type_mappings.iter().filter(move |m| m.connector == connector)
    }

    /// Association mappings of a connector, in document order.
    pub fn association_mappings<'a>(
        &'a self,
        connector: &'a str,
    ) -> impl Iterator<Item = &'a EntityAssociationMapping> {
        self.configuration.association_mappings.iter().filter(move |m| m.connector == connector)
    }

    /// Computed properties of an entity type by ascending priority, then document order.
    pub fn expressions(&self, entity_type: &str) -> Vec<&EntityPropertyExpression> {
        let mut found: Vec<_> =
            self.configuration.expressions.iter().filter(|e| e.entity_type == entity_type).collect();
        found.sort_by_key(|e| e.priority);
        found
    }
}

/// The first property whose identifier contains "name", else the first one (spec 10 §2.2), among those with a value.
fn display_name_source(properties: &[Property]) -> Option<usize> {
    let scalar = |p: &Property| !matches!(p.kind, PropertyType::ForeignKey | PropertyType::Binary) && p.slot.is_some();
    properties
        .iter()
        .position(|p| scalar(p) && p.identifier.to_ascii_lowercase().contains("name"))
        .or_else(|| properties.iter().position(scalar))
}
