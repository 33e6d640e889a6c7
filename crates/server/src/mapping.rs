//! The mappings of a connector, resolved to ids, slots and column positions.

use crate::error::ServerError;
use crate::manifest::Manifest;
use provost_model::configuration::{EntityTypeMapping, PropertyPath, PropertyType};
use provost_model::metadata::{Association, LinkStorage, Metadata};
use provost_model::{EntityTypeId, PropertyId, Slot};
use provost_store::{LinkPlace, ReadTx};

/// All mappings of one connector.
#[derive(Clone, Debug)]
pub(crate) struct ConnectorMapping {
    /// Connector identifier.
    pub(crate) connector: String,
    /// Entity types in configuration order.
    pub(crate) types: Vec<MappedType>,
    /// Associations in configuration order.
    pub(crate) associations: Vec<MappedAssociation>,
}

/// An entity type mapping.
#[derive(Clone, Debug)]
pub(crate) struct MappedType {
    /// Id of the entity type.
    pub(crate) id: EntityTypeId,
    /// Its identifier.
    pub(crate) identifier: String,
    /// Source file without directory and extension.
    pub(crate) table: String,
    /// Columns of the sorted file: the primary key first, then the mapping's order.
    pub(crate) columns: Vec<MappedColumn>,
    /// Position in `columns` of the value that is also the display name.
    pub(crate) display: Option<usize>,
    /// Stands for the mapping in fingerprints.
    pub(crate) seed: u64,
}

/// One mapped property.
#[derive(Clone, Debug)]
pub(crate) struct MappedColumn {
    /// Property id.
    pub(crate) property: PropertyId,
    /// Property identifier.
    pub(crate) identifier: String,
    /// Column of the source file.
    pub(crate) column: String,
    /// Storage.
    pub(crate) slot: Slot,
    /// Type of the property.
    pub(crate) kind: PropertyType,
    /// Format as written.
    pub(crate) format: Option<String>,
    /// May be referred to by associations (the primary key may, too).
    pub(crate) is_unique: bool,
    /// `HistoryPrecision` in minutes.
    pub(crate) precision: u32,
}

/// An association mapping.
#[derive(Clone, Debug)]
pub(crate) struct MappedAssociation {
    /// The association.
    pub(crate) association: Association,
    /// Its identifier.
    pub(crate) identifier: String,
    /// Source file without directory and extension.
    pub(crate) table: String,
    /// Where its links are stored.
    pub(crate) place: LinkPlace,
    /// Key column and key of the owner of property 1.
    pub(crate) end1: MappedEnd,
    /// Key column and key of the owner of property 2.
    pub(crate) end2: MappedEnd,
    /// Stands for the mapping, as that of an entity type does.
    pub(crate) seed: u64,
}

/// One side of an association mapping.
#[derive(Clone, Debug)]
pub(crate) struct MappedEnd {
    /// Column of the source file.
    pub(crate) column: String,
    /// Entity type of the owner.
    pub(crate) entity_type: EntityTypeId,
    /// Key that the column refers to.
    pub(crate) key: MappedColumn,
}

/// Which side holds at most one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The owner of property 1.
    First,
    /// The owner of property 2.
    Second,
}

impl Side {
    /// The same in the words of the store.
    pub(crate) fn stored(self) -> provost_store::Side {
        match self {
            Side::First => provost_store::Side::First,
            Side::Second => provost_store::Side::Second,
        }
    }
}

impl MappedAssociation {
    /// The side whose owner may have one link only, if any. Where both may, the stored side decides.
    pub(crate) fn single_side(&self) -> Option<Side> {
        match self.association.storage {
            LinkStorage::Slot1(_) => Some(Side::First),
            LinkStorage::Slot2(_) => Some(Side::Second),
            LinkStorage::Table if !self.association.is_property1_collection => Some(Side::First),
            LinkStorage::Table if !self.association.is_property2_collection => Some(Side::Second),
            LinkStorage::Table => None,
        }
    }

    /// Whether stored links come ordered by the owner of property 2.
    pub(crate) fn second_first(&self) -> bool {
        matches!(self.association.storage, LinkStorage::Slot2(_))
    }
}

impl ConnectorMapping {
    /// Resolves the mappings of `connector`.
    pub(crate) fn new(metadata: &Metadata, connector: &str) -> Result<ConnectorMapping, ServerError> {
        if !metadata.configuration.connectors.iter().any(|c| c.identifier == connector) {
            return Err(ServerError::UnknownConnector {
                connector: connector.to_owned(),
                known: metadata.configuration.connectors.iter().map(|c| c.identifier.clone()).collect(),
            });
        }
        let types: Vec<MappedType> =
            metadata.type_mappings(connector).map(|m| mapped_type(metadata, m)).collect::<Result<_, _>>()?;
        let mut associations = Vec::new();
        for mapping in metadata.association_mappings(connector) {
            let association = metadata
                .association(&mapping.identifier)
                .cloned()
                .ok_or_else(|| ServerError::mapping(&mapping.identifier, "the association is not deployed"))?;
            let end = |column: &str, key: &PropertyPath| {
                mapped_end(metadata, &types, column, key)
                    .ok_or_else(|| ServerError::mapping(&mapping.identifier, &format!("{key} is not a mapped key")))
            };
            let (end1, end2) = (end(&mapping.column1, &mapping.key1)?, end(&mapping.column2, &mapping.key2)?);
            associations.push(MappedAssociation {
                seed: seed([&end1.key, &end2.key]),
                end1,
                end2,
                place: LinkPlace::of(metadata, &association),
                association,
                identifier: mapping.identifier.clone(),
                table: table_name(&mapping.connection_table),
            });
        }
        if types.is_empty() && associations.is_empty() {
            return Err(ServerError::NothingMapped { connector: connector.to_owned() });
        }
        Ok(ConnectorMapping { connector: connector.to_owned(), types, associations })
    }

    /// Files mean what the mapping said when they were made: under another one they would be read into wrong properties.
    pub(crate) fn must_fit(&self, manifest: &Manifest) -> Result<(), ServerError> {
        let types = self.types.iter().map(|t| (&t.identifier, t.seed));
        let associations = self.associations.iter().map(|a| (&a.identifier, a.seed));
        for (identifier, seed) in types.chain(associations) {
            if manifest.table(identifier).is_some_and(|table| table.mapping != seed) {
                return Err(ServerError::CompleteNeeded {
                    message: format!(
                        "the mapping of {identifier} has changed since session {} was prepared",
                        manifest.session
                    ),
                });
            }
        }
        Ok(())
    }

    /// An initial load is for a repository that holds nothing of the connector.
    pub(crate) fn must_be_empty(&self, tx: &mut ReadTx) -> Result<(), ServerError> {
        let mut count = 0;
        for mapped in &self.types {
            count += tx.count_resources(mapped.id)?;
        }
        match count {
            0 => Ok(()),
            _ => Err(ServerError::InitialNotEmpty { connector: self.connector.clone(), count }),
        }
    }
}

/// The source file's name without the `.csv` that some configurations write.
fn table_name(connection_table: &str) -> String {
    let cut = connection_table.len().saturating_sub(4);
    match connection_table.get(cut..) {
        Some(end) if end.eq_ignore_ascii_case(".csv") => connection_table[..cut].to_owned(),
        _ => connection_table.to_owned(),
    }
}

fn mapped_type(metadata: &Metadata, mapping: &EntityTypeMapping) -> Result<MappedType, ServerError> {
    let wrong = |what: &str| ServerError::mapping(&mapping.identifier, what);
    let entity_type =
        metadata.entity_type(&mapping.identifier).ok_or_else(|| wrong("the entity type is not deployed"))?;
    let mut columns = Vec::new();
    let mut primary = None;
    for mapped in &mapping.properties {
        let Some(column) = &mapped.connection_column else {
            continue;
        };
        let property = entity_type
            .property(&mapped.identifier)
            .ok_or_else(|| wrong(&format!("property {} is not deployed", mapped.identifier)))?;
        let slot =
            property.slot.ok_or_else(|| wrong(&format!("property {} has no TargetColumnIndex", mapped.identifier)))?;
        if mapped.is_primary_key {
            primary = Some(columns.len());
        }
        columns.push(MappedColumn {
            property: property.id,
            identifier: property.identifier.clone(),
            column: column.clone(),
            slot,
            kind: property.kind,
            format: mapped.format.clone(),
            is_unique: mapped.is_unique_key || is_referred_to(metadata, &mapping.identifier, &mapped.identifier),
            precision: property.history_precision,
        });
    }
    let primary = primary.ok_or_else(|| wrong("no mapped property is the primary key"))?;
    columns[..=primary].rotate_right(1);
    let named = entity_type.display_name_source.map(|i| entity_type.properties[i].id);
    let computed = metadata
        .expressions(&mapping.identifier)
        .iter()
        .any(|e| e.property.eq_ignore_ascii_case("InternalDisplayName"));
    Ok(MappedType {
        id: entity_type.id,
        identifier: mapping.identifier.clone(),
        table: table_name(&mapping.connection_table),
        display: if computed { None } else { columns.iter().position(|c| Some(c.property) == named) },
        seed: seed(&columns),
        columns,
    })
}

/// Whether an association mapping finds resources by this property.
fn is_referred_to(metadata: &Metadata, entity_type: &str, property: &str) -> bool {
    let refers = |key: &PropertyPath| key.entity_type == entity_type && key.property == property;
    metadata.configuration.association_mappings.iter().any(|m| refers(&m.key1) || refers(&m.key2))
}

fn mapped_end(metadata: &Metadata, types: &[MappedType], column: &str, key: &PropertyPath) -> Option<MappedEnd> {
    let entity_type = metadata.entity_type(&key.entity_type)?.id;
    let mapped = types.iter().find(|t| t.id == entity_type)?;
    let key = mapped.columns.iter().find(|c| c.identifier == key.property)?;
    Some(MappedEnd { column: column.to_owned(), entity_type, key: key.clone() })
}

/// Any change of what a record's columns mean must give other fingerprints.
fn seed<'a>(columns: impl IntoIterator<Item = &'a MappedColumn>) -> u64 {
    let mut text = String::new();
    for c in columns {
        let format = c.format.as_deref().unwrap_or("");
        text.push_str(&format!("{}|{}|{:?}|{}|{}\n", c.property, c.slot.index(), c.kind, format, c.is_unique));
    }
    let digest = blake3::hash(text.as_bytes());
    digest.as_bytes().iter().take(8).fold(0, |seed, byte| (seed << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests;
