//! What deploying a configuration means for the data that the repository holds.

use super::types::{Configuration, EntityType, Property, PropertyType};
use std::fmt;

/// One effect on stored data.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum Consequence {
    /// The entity type goes, with its resources.
    EntityTypeRemoved { entity_type: String },
    /// The property goes, with its values or links.
    PropertyRemoved { entity_type: String, property: String },
    /// A value becomes links: its values go.
    BecameNavigation { entity_type: String, property: String },
    /// Links become a value: the links go.
    BecameScalar { entity_type: String, property: String },
    /// The values stay, but are read as another type.
    TypeChanged { entity_type: String, property: String, before: PropertyType, after: PropertyType },
    /// The values move to another column, or in or out of one (-1).
    SlotChanged { entity_type: String, property: String, before: i16, after: i16 },
    /// The association goes, with its links.
    AssociationRemoved { association: String },
    /// The association has other ends: its links go.
    AssociationRewired { association: String },
    /// An end now holds one link only; where it held several, the file must say which.
    CollectionNarrowed { association: String, property: String },
}

/// Effects on stored data of replacing `stored` by `new`. A property that is new, and an end that becomes a
/// collection, affect nothing that is stored.
pub fn consequences(stored: &Configuration, new: &Configuration) -> Vec<Consequence> {
    let mut found = Vec::new();
    for before in &stored.entity_types {
        match new.entity_types.iter().find(|after| after.identifier == before.identifier) {
            Some(after) => properties(before, after, &mut found),
            None => found.push(Consequence::EntityTypeRemoved { entity_type: before.identifier.clone() }),
        }
    }
    associations(stored, new, &mut found);
    found
}

fn properties(before: &EntityType, after: &EntityType, found: &mut Vec<Consequence>) {
    let entity_type = &before.identifier;
    for old in &before.properties {
        match after.property(&old.identifier) {
            Some(new) => found.extend(property(entity_type, old, new)),
            None => found.push(Consequence::PropertyRemoved {
                entity_type: entity_type.clone(),
                property: old.identifier.clone(),
            }),
        }
    }
}

fn property(entity_type: &str, old: &Property, new: &Property) -> Option<Consequence> {
    let (entity_type, property) = (entity_type.to_owned(), old.identifier.clone());
    let is_navigation = |property: &Property| property.kind == PropertyType::ForeignKey;
    match (is_navigation(old), is_navigation(new)) {
        (false, true) => Some(Consequence::BecameNavigation { entity_type, property }),
        (true, false) => Some(Consequence::BecameScalar { entity_type, property }),
        _ if old.kind != new.kind => {
            Some(Consequence::TypeChanged { entity_type, property, before: old.kind, after: new.kind })
        }
        _ => {
            let (before, after) = (old.target_column_index, new.target_column_index);
            // Files take their slots along by themselves.
            (before != after && new.kind != PropertyType::Binary).then_some(Consequence::SlotChanged {
                entity_type,
                property,
                before,
                after,
            })
        }
    }
}

fn associations(stored: &Configuration, new: &Configuration, found: &mut Vec<Consequence>) {
    for old in &stored.associations {
        let association = old.identifier.clone();
        let Some(new) = new.associations.iter().find(|new| new.identifier == old.identifier) else {
            found.push(Consequence::AssociationRemoved { association });
            continue;
        };
        if (&old.property1, &old.property2) != (&new.property1, &new.property2) {
            found.push(Consequence::AssociationRewired { association });
            continue;
        }
        let ends = [
            (old.is_property1_collection, new.is_property1_collection, &new.property1),
            (old.is_property2_collection, new.is_property2_collection, &new.property2),
        ];
        for (_, _, property) in ends.into_iter().filter(|(before, after, _)| *before && !*after) {
            found.push(Consequence::CollectionNarrowed {
                association: association.clone(),
                property: property.to_string(),
            });
        }
    }
}

impl fmt::Display for Consequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Consequence::EntityTypeRemoved { entity_type } => {
                write!(f, "{entity_type}: the entity type goes, with all its resources")
            }
            Consequence::PropertyRemoved { entity_type, property } => {
                write!(f, "{entity_type}:{property}: the property goes, with all its values")
            }
            Consequence::BecameNavigation { entity_type, property } => {
                write!(f, "{entity_type}:{property}: becomes a navigation; its values go, links come with the next run")
            }
            Consequence::BecameScalar { entity_type, property } => {
                write!(f, "{entity_type}:{property}: becomes a value; its links go, values come with the next run")
            }
            Consequence::TypeChanged { entity_type, property, before, after } => {
                write!(f, "{entity_type}:{property}: is read as {after:?}, no longer as {before:?}")
            }
            Consequence::SlotChanged { entity_type, property, before, after } => {
                let place = |slot: &i16| {
                    if *slot < 0 { "no column".to_owned() } else { format!("index {slot}") }
                };
                write!(f, "{entity_type}:{property}: moves from {} to {}", place(before), place(after))
            }
            Consequence::AssociationRemoved { association } => {
                write!(f, "{association}: the association goes, with all its links")
            }
            Consequence::AssociationRewired { association } => {
                write!(f, "{association}: has other ends; its links go, new ones come with the next run")
            }
            Consequence::CollectionNarrowed { association, property } => {
                write!(f, "{association}: {property} holds one link only from now on")
            }
        }
    }
}
