//! Names of the entity model, as bindings such as `MainRecord.Organization.Manager.Mail` and bodies use them (spec 10
//! §10).

mod error;

pub use error::BindingError;

use provost_model::configuration::PropertyType;
use provost_model::metadata::Metadata;
use provost_model::nearest;

/// One mono-valued navigation. Numbers are positions in [`Metadata`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// Association that is followed.
    pub association: usize,
    /// From the owner of property 1 to that of property 2; otherwise the other way.
    pub forward: bool,
    /// Entity type that is left.
    pub entity_type: usize,
    /// Its navigation property.
    pub property: usize,
    /// Entity type that is reached.
    pub target: usize,
}

/// The value at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// A scalar property: positions of the entity type and the property.
    Scalar(usize, usize),
    /// `InternalDisplayName`, or with the language of its suffix `_L<n>`.
    DisplayName(Option<u8>),
    /// The id of the resource: the path ends with a navigation or with `Id`.
    Id,
}

pub(super) fn find_type(metadata: &Metadata, identifier: &str) -> Result<usize, BindingError> {
    let known = || metadata.entity_types.iter().map(|t| t.identifier.as_str());
    known().position(|known| known == identifier).ok_or_else(|| BindingError::UnknownEntityType {
        name: identifier.to_owned(),
        near: nearest::one(identifier, known()).map(str::to_owned),
    })
}

/// The value that a name designates, or none when it is a navigation.
pub(super) fn leaf(metadata: &Metadata, here: usize, part: &str) -> Result<Option<Leaf>, BindingError> {
    if let Some(language) = display_name(part) {
        return Ok(Some(Leaf::DisplayName(language)));
    }
    if part == "Id" {
        return Ok(Some(Leaf::Id));
    }
    let property = find_property(metadata, here, part)?;
    match metadata.entity_types[here].properties[property].kind {
        PropertyType::ForeignKey => Ok(None),
        PropertyType::Binary => Err(BindingError::File {
            entity_type: metadata.entity_types[here].identifier.clone(),
            property: part.to_owned(),
        }),
        _ => Ok(Some(Leaf::Scalar(here, property))),
    }
}

/// The automatic property of every entity type, with the language of its suffix if there is one.
pub(super) fn display_name(property: &str) -> Option<Option<u8>> {
    let suffix = property.strip_prefix("InternalDisplayName")?;
    if suffix.is_empty() {
        return Some(None);
    }
    suffix.strip_prefix("_L")?.parse().ok().filter(|n| (1..=16).contains(n)).map(Some)
}

pub(super) fn find_property(metadata: &Metadata, entity_type: usize, name: &str) -> Result<usize, BindingError> {
    let owner = &metadata.entity_types[entity_type];
    let known = || owner.properties.iter().map(|p| p.identifier.as_str());
    known().position(|known| known == name).ok_or_else(|| BindingError::UnknownProperty {
        entity_type: owner.identifier.clone(),
        property: name.to_owned(),
        near: nearest::one(name, known().chain(["InternalDisplayName"])).map(str::to_owned),
    })
}

/// The step along a navigation property, which must be mono-valued.
pub(super) fn navigation(metadata: &Metadata, entity_type: usize, property: usize) -> Result<Step, BindingError> {
    match any_navigation(metadata, entity_type, property)? {
        (step, false) => Ok(step),
        (_, true) => {
            let owner = &metadata.entity_types[entity_type];
            let property = owner.properties[property].identifier.clone();
            Err(BindingError::Collection { entity_type: owner.identifier.clone(), property })
        }
    }
}

/// The step along a navigation property, and whether it leads to several resources.
pub(super) fn any_navigation(
    metadata: &Metadata,
    entity_type: usize,
    property: usize,
) -> Result<(Step, bool), BindingError> {
    let end = (entity_type, property);
    let found = metadata.associations.iter().enumerate().find_map(|(association, candidate)| {
        let (forward, target, collection) = if candidate.end1 == end {
            (true, candidate.end2.0, candidate.is_property1_collection)
        } else if candidate.end2 == end {
            (false, candidate.end1.0, candidate.is_property2_collection)
        } else {
            return None;
        };
        Some((Step { association, forward, entity_type, property, target }, collection))
    });
    found.ok_or_else(|| {
        let owner = &metadata.entity_types[entity_type];
        let property = owner.properties[property].identifier.clone();
        BindingError::NoAssociation { entity_type: owner.identifier.clone(), property }
    })
}

#[cfg(test)]
mod tests;
