//! Triggers that keep the key table true when somebody changes resources by SQL.
//!
//! They fire for the engine's own statements too, which then write the right fingerprints ("fire, then fix"). Only while
//! an apply changes resources do those rest whose work it does itself: all of them in SQLite, the one that voids
//! fingerprints in PostgreSQL. An update voids the fingerprint only when a synchronised value changes: flags, links and
//! computed values do not make a row differ from the file. They are made anew whenever the model changes, because they know the slots of the keys.

use crate::error::StoreError;
use crate::link::Link;
use crate::stored_model::{KeyRole, StoredModel, StoredProperty, StoredType, text_column};

/// Replaces all triggers by those of this model.
pub(crate) fn rebuild(link: &Link, model: &StoredModel) -> Result<(), StoreError> {
    let dialect = link.dialect();
    for name in link.all(dialect.triggers(), &[], |row| row.string(0))? {
        link.batch(&dialect.drop_trigger(&name))?;
    }
    for entity_type in &model.types {
        let id = entity_type.id;
        if let Some((condition, action)) = voids(entity_type) {
            let name = format!("ur_resources_updated_{id}");
            let condition = dialect.unless_resting(condition);
            link.batch(&dialect.row_trigger(&name, "UPDATE", &condition, &[action]))?;
        }
        for property in entity_type.properties.iter().filter(|p| p.role == KeyRole::Unique) {
            if let Some((condition, actions)) = follows(entity_type, property) {
                let name = format!("ur_resources_rekeyed_{id}_{}", property.id);
                link.batch(&dialect.row_trigger(&name, "UPDATE", &condition, &actions))?;
            }
        }
        let removals: Vec<String> = entity_type.properties.iter().filter_map(|p| removal(entity_type, p)).collect();
        if !removals.is_empty() {
            let name = format!("ur_resources_deleted_{id}");
            link.batch(&dialect.row_trigger(&name, "DELETE", &format!("OLD.Type = {id}"), &removals))?;
        }
    }
    Ok(())
}

/// When a row of this type must lose its fingerprint, and how.
fn voids(entity_type: &StoredType) -> Option<(String, String)> {
    let key = entity_type.key()?;
    let differs: Vec<String> = entity_type
        .properties
        .iter()
        .filter(|p| p.is_mapped)
        .filter_map(|p| p.slot)
        .map(|slot| slot.column())
        .map(|column| format!("OLD.{column} IS DISTINCT FROM NEW.{column}"))
        .chain(std::iter::once("OLD.Type <> NEW.Type".to_owned()))
        .collect();
    let condition = format!("OLD.Type = {} AND ({})", entity_type.id, differs.join(" OR "));
    let action =
        format!("UPDATE UR_ResourceKeys SET Fingerprint = 0 WHERE {} AND Fingerprint <> 0", key_row(entity_type, key)?);
    Some((condition, action))
}

/// When the row of a unique key must follow its value, and how. That of the primary key stays: it says which row of the
/// file the resource was.
fn follows(entity_type: &StoredType, property: &StoredProperty) -> Option<(String, [String; 2])> {
    let (id, column) = (entity_type.id, property.slot?.column());
    let condition = format!("OLD.Type = {id} AND OLD.{column} IS DISTINCT FROM NEW.{column}");
    // Neither NULL nor an empty text is a key.
    let value = text_column("NEW", property.slot?);
    let gained = format!(
        "INSERT INTO UR_ResourceKeys (EntityType_Id, Property_Id, KeyValue, Resource_Id, Fingerprint) \
         SELECT {id}, {}, {value}, NEW.Id, 0 WHERE {value} <> '' ON CONFLICT DO NOTHING",
        property.id
    );
    Some((condition, [removal(entity_type, property)?, gained]))
}

fn removal(entity_type: &StoredType, property: &StoredProperty) -> Option<String> {
    if property.role == KeyRole::None {
        return None;
    }
    Some(format!("DELETE FROM UR_ResourceKeys WHERE {}", key_row(entity_type, property)?))
}

/// Condition for the key row of the old row.
fn key_row(entity_type: &StoredType, property: &StoredProperty) -> Option<String> {
    Some(format!(
        "EntityType_Id = {} AND Property_Id = {} AND KeyValue = {} AND Resource_Id = OLD.Id",
        entity_type.id,
        property.id,
        text_column("OLD", property.slot?)
    ))
}
