//! The deployed model as the database remembers it: what its rows mean, whatever the configuration says now.

use crate::error::StoreError;
use crate::link::Link;
use provost_model::metadata::{Association, LinkStorage, Metadata};
use provost_model::{AssociationId, EntityTypeId, PropertyId, Slot};

/// Where the links of an association are, in ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPlace {
    /// In `UR_ResourceLinks`.
    Table(AssociationId),
    /// In a slot of one end.
    Slot {
        /// Entity type whose resources hold the slot.
        owner: EntityTypeId,
        /// The slot, which holds the id of the other end.
        slot: Slot,
        /// Whether the owner is resource 1 of the association.
        owner_is_first: bool,
    },
}

impl LinkPlace {
    /// The place of an association of this model.
    pub fn of(metadata: &Metadata, association: &Association) -> LinkPlace {
        let owner = |end: (usize, usize)| metadata.entity_types[end.0].id;
        match association.storage {
            LinkStorage::Table => LinkPlace::Table(association.id),
            LinkStorage::Slot1(slot) => LinkPlace::Slot { owner: owner(association.end1), slot, owner_is_first: true },
            LinkStorage::Slot2(slot) => LinkPlace::Slot { owner: owner(association.end2), slot, owner_is_first: false },
        }
    }
}

/// Whether a property has rows in `UR_ResourceKeys`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyRole {
    /// It has none.
    #[default]
    None = 0,
    /// Its values find resources.
    Unique = 1,
    /// Its values identify rows of files; its key rows carry the fingerprints.
    Primary = 2,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StoredModel {
    pub(crate) types: Vec<StoredType>,
    pub(crate) associations: Vec<StoredAssociation>,
    /// Slots that are columns, in order.
    pub(crate) columns: Vec<Slot>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredType {
    pub(crate) id: EntityTypeId,
    pub(crate) identifier: String,
    pub(crate) properties: Vec<StoredProperty>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredProperty {
    pub(crate) id: PropertyId,
    pub(crate) identifier: String,
    pub(crate) slot: Option<Slot>,
    pub(crate) is_navigation: bool,
    /// Minutes.
    pub(crate) precision: i64,
    pub(crate) role: KeyRole,
    /// Fed by a column of a file.
    pub(crate) is_mapped: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredAssociation {
    pub(crate) id: AssociationId,
    pub(crate) identifier: String,
    pub(crate) property1: PropertyId,
    pub(crate) property2: PropertyId,
    /// 0: in the table; 1 or 2: in the slot of that end.
    pub(crate) side: i64,
    pub(crate) slot: Option<Slot>,
}

impl StoredType {
    pub(crate) fn key(&self) -> Option<&StoredProperty> {
        self.properties.iter().find(|p| p.role == KeyRole::Primary)
    }

    /// Slots of the type, each once, in order.
    pub(crate) fn slots(&self) -> Vec<Slot> {
        let mut slots: Vec<Slot> = self.properties.iter().filter_map(|p| p.slot).collect();
        slots.sort();
        slots.dedup();
        slots
    }

    /// SQL for the key of a row of the table called `alias`.
    pub(crate) fn key_column(&self, alias: &str) -> String {
        match self.key().and_then(|p| p.slot) {
            Some(slot) => text_column(alias, slot),
            None => "CAST(NULL AS TEXT)".to_owned(),
        }
    }
}

impl StoredModel {
    pub(crate) fn load(link: &Link) -> Result<StoredModel, StoreError> {
        let mut types = link.all("SELECT Id, Identifier FROM UM_EntityTypes ORDER BY Id", &[], |row| {
            Ok(StoredType { id: EntityTypeId(row.i64(0)?), identifier: row.string(1)?, properties: Vec::new() })
        })?;
        let properties = link.all(
            "SELECT EntityType_Id, Id, Identifier, TargetColumnIndex, IsNavigation, HistoryPrecision, KeyRole, IsMapped \
             FROM UM_EntityProperties ORDER BY EntityType_Id, Position",
            &[],
            |row| {
                let property = StoredProperty {
                    id: PropertyId(row.i64(1)?),
                    identifier: row.string(2)?,
                    slot: Slot::new(row.i64(3)?),
                    is_navigation: row.i64(4)? != 0,
                    precision: row.i64(5)?,
                    role: match row.i64(6)? {
                        2 => KeyRole::Primary,
                        1 => KeyRole::Unique,
                        _ => KeyRole::None,
                    },
                    is_mapped: row.i64(7)? != 0,
                };
                Ok((EntityTypeId(row.i64(0)?), property))
            },
        )?;
        for (owner, property) in properties {
            if let Some(found) = types.iter_mut().find(|t| t.id == owner) {
                found.properties.push(property);
            }
        }
        let associations = link.all(
            "SELECT Id, Identifier, Property1_Id, Property2_Id, StoredSide, TargetColumnIndex \
             FROM UM_EntityAssociations ORDER BY Id",
            &[],
            |row| {
                Ok(StoredAssociation {
                    id: AssociationId(row.i64(0)?),
                    identifier: row.string(1)?,
                    property1: PropertyId(row.i64(2)?),
                    property2: PropertyId(row.i64(3)?),
                    side: row.i64(4)?,
                    slot: Slot::new(row.i64(5)?),
                })
            },
        )?;
        let columns = link
            .all("SELECT TargetColumnIndex FROM UM_ResourceColumns ORDER BY 1", &[], |row| row.i64(0))?
            .into_iter()
            .filter_map(Slot::new)
            .collect();
        Ok(StoredModel { types, associations, columns })
    }

    pub(crate) fn entity_type(&self, id: EntityTypeId) -> Result<&StoredType, StoreError> {
        self.types
            .iter()
            .find(|t| t.id == id)
            .ok_or_else(|| StoreError::NotDeployed { what: format!("entity type {id}") })
    }

    /// The type that owns a property, and the property.
    pub(crate) fn owner(&self, id: PropertyId) -> Option<(&StoredType, &StoredProperty)> {
        self.types.iter().find_map(|t| t.properties.iter().find(|p| p.id == id).map(|p| (t, p)))
    }

    pub(crate) fn place(&self, association: &StoredAssociation) -> LinkPlace {
        let end = if association.side == 2 { association.property2 } else { association.property1 };
        match (association.slot, self.owner(end)) {
            (Some(slot), Some((owner, _))) if association.side != 0 => {
                LinkPlace::Slot { owner: owner.id, slot, owner_is_first: association.side == 1 }
            }
            _ => LinkPlace::Table(association.id),
        }
    }

    /// Entity types of both ends.
    pub(crate) fn ends(&self, association: &StoredAssociation) -> (Option<EntityTypeId>, Option<EntityTypeId>) {
        let end = |p| self.owner(p).map(|(t, _)| t.id);
        (end(association.property1), end(association.property2))
    }
}

/// SQL for a slot as text.
pub(crate) fn text_column(alias: &str, slot: Slot) -> String {
    let column = slot.column();
    if slot.is_navigation() { format!("CAST({alias}.{column} AS TEXT)") } else { format!("{alias}.{column}") }
}

/// SQL for a slot that holds a link, as a number.
pub(crate) fn link_column(alias: &str, slot: Slot) -> String {
    let column = slot.column();
    if slot.is_navigation() { format!("{alias}.{column}") } else { format!("CAST({alias}.{column} AS BIGINT)") }
}

/// SQL for an id as the value of a slot that holds links.
pub(crate) fn link_value(expression: &str, slot: Slot) -> String {
    if slot.is_navigation() { expression.to_owned() } else { format!("CAST({expression} AS TEXT)") }
}
