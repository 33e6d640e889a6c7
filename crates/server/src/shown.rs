//! The change rows of a blocked run in the words of the configuration.

use crate::error::ServerError;
use provost_model::changes::Command;
use provost_model::metadata::{EntityType, Metadata, Property};
use provost_store::{ChangeFilter, ChangePlace, ChangeSample, ReadTx, RunId, SampleLink, SampleResource};

/// A change that would be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownChange {
    /// Entity type or association.
    pub subject: String,
    /// Insert, update or delete.
    pub command: Command,
    /// Primary key of the resource, or the two ends of the link.
    pub key: String,
    /// Property of that primary key.
    pub key_property: Option<String>,
    /// Display name of the resource.
    pub name: Option<String>,
    /// Property, value before, value after. Only what changes, for an update.
    pub values: Vec<(String, Option<String>, Option<String>)>,
    /// Line of the sorted file that asks for it, 0 for none.
    pub line: u64,
}

/// Changes of a run behind a place, and where the next page begins.
pub(crate) fn page(
    tx: &mut ReadTx,
    metadata: &Metadata,
    run: RunId,
    filter: &ChangeFilter,
    (after, limit): (ChangePlace, usize),
) -> Result<(Vec<ShownChange>, Option<ChangePlace>), ServerError> {
    let page = tx.change_page(run, filter, after, limit)?;
    Ok((words(tx, metadata, page.changes)?, page.next))
}

/// Up to `limit` changes of each table and command.
pub(crate) fn changes(
    tx: &mut ReadTx,
    metadata: &Metadata,
    run: RunId,
    limit: usize,
) -> Result<Vec<ShownChange>, ServerError> {
    let sample = tx.sample_changes(run, limit)?;
    words(tx, metadata, sample)
}

fn words(tx: &mut ReadTx, metadata: &Metadata, sample: ChangeSample) -> Result<Vec<ShownChange>, ServerError> {
    let mut shown: Vec<ShownChange> = sample.resources.into_iter().map(|r| resource(metadata, r)).collect();
    for link in sample.links {
        shown.push(self::link(tx, metadata, link)?);
    }
    Ok(shown)
}

fn resource(metadata: &Metadata, sample: SampleResource) -> ShownChange {
    let entity_type = metadata.entity_type_by_id(sample.entity_type);
    let property = |slot| {
        let found = entity_type.and_then(|t| t.properties.iter().find(|p| p.slot == Some(slot)));
        found.map_or_else(|| slot.column(), |p| p.identifier.clone())
    };
    let values = sample
        .values
        .into_iter()
        .filter(|v| v.before != v.after)
        .map(|v| (property(v.slot), v.before, v.after))
        .collect();
    ShownChange {
        subject: entity_type.map_or_else(String::new, |t| t.identifier.clone()),
        command: sample.command,
        key: sample.key.unwrap_or_default(),
        key_property: entity_type.and_then(|t| key_property(metadata, t)).map(|p| p.identifier.clone()),
        name: sample.display_name,
        values: if sample.command == Command::Update { values } else { Vec::new() },
        line: sample.line,
    }
}

fn link(tx: &mut ReadTx, metadata: &Metadata, sample: SampleLink) -> Result<ShownChange, ServerError> {
    let association = metadata.associations.iter().find(|a| a.id == sample.association);
    let mut name = |key: Option<String>, id, end: Option<(usize, usize)>| -> Result<String, ServerError> {
        if let Some(key) = key {
            return Ok(key);
        }
        let entity_type = end.and_then(|(t, _)| metadata.entity_types.get(t));
        let stored = tx.resource_version(id, None)?;
        let key = stored.as_ref().and_then(|r| Some(r.value(key_property(metadata, entity_type?)?.slot?)?.to_owned()));
        Ok(key.or_else(|| stored.and_then(|r| r.display_name)).unwrap_or_else(|| format!("resource {id}")))
    };
    let first = name(sample.key1, sample.resource1, association.map(|a| a.end1))?;
    let second = name(sample.key2, sample.resource2, association.map(|a| a.end2))?;
    Ok(ShownChange {
        subject: association.map_or_else(String::new, |a| a.identifier.clone()),
        command: sample.command,
        key: format!("{first} – {second}"),
        key_property: None,
        name: None,
        values: Vec::new(),
        line: sample.line,
    })
}

/// The mapped primary key of an entity type.
fn key_property<'a>(metadata: &Metadata, entity_type: &'a EntityType) -> Option<&'a Property> {
    let mapping = metadata.configuration.type_mappings.iter().find(|m| m.identifier == entity_type.identifier)?;
    let key = mapping.properties.iter().find(|p| p.is_primary_key)?;
    entity_type.property(&key.identifier)
}
