//! Why a binding cannot be resolved.

/// Why a path leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    /// Nothing is written, or there is nothing between two points.
    #[error("the binding \"{path}\" has an empty part")]
    Empty {
        /// Path found.
        path: String,
    },
    /// The path begins at another entity type.
    #[error("the binding begins at {found}, but is evaluated for {expected}")]
    OtherEntityType {
        /// Entity type found.
        found: String,
        /// Entity type that it is evaluated for.
        expected: String,
    },
    /// There is no such entity type.
    #[error("there is no entity type {name}")]
    UnknownEntityType {
        /// Name found.
        name: String,
        /// Name that was probably meant.
        near: Option<String>,
    },
    /// There is no such property.
    #[error("{entity_type} has no property {property}")]
    UnknownProperty {
        /// Entity type reached.
        entity_type: String,
        /// Name found.
        property: String,
        /// Name that was probably meant.
        near: Option<String>,
    },
    /// A scalar in the middle of the path.
    #[error("{entity_type}:{property} is no navigation property, so {next} cannot follow it")]
    NotNavigation {
        /// Entity type reached.
        entity_type: String,
        /// Its property.
        property: String,
        /// Next part of the path.
        next: String,
    },
    /// A multi-valued navigation.
    #[error("{entity_type}:{property} is a collection; a binding has one value")]
    Collection {
        /// Entity type reached.
        entity_type: String,
        /// Its property.
        property: String,
    },
    /// A navigation property without association.
    #[error("{entity_type}:{property} is a navigation property that no association uses")]
    NoAssociation {
        /// Entity type reached.
        entity_type: String,
        /// Its property.
        property: String,
    },
    /// The content of a file.
    #[error("{entity_type}:{property} holds a file, which is no value to compute with")]
    File {
        /// Entity type reached.
        entity_type: String,
        /// Its property.
        property: String,
    },
}

impl BindingError {
    /// What to do next.
    pub fn remedy(&self) -> String {
        match self {
            BindingError::UnknownEntityType { near: Some(near), .. }
            | BindingError::UnknownProperty { near: Some(near), .. } => format!("did you mean {near}?"),
            BindingError::UnknownEntityType { .. } => "write the identifier of a deployed entity type".to_owned(),
            BindingError::UnknownProperty { entity_type, .. } => {
                format!("write the identifier of a property of {entity_type}")
            }
            BindingError::Empty { .. } => "write properties joined by points, such as MainRecord.Mail".to_owned(),
            BindingError::OtherEntityType { expected, .. } => {
                format!("begin the path with a property of {expected}")
            }
            BindingError::NotNavigation { property, .. } => format!("end the path with {property}"),
            BindingError::Collection { .. } => "go through mono-valued navigation properties only".to_owned(),
            BindingError::NoAssociation { .. } => "declare an EntityAssociation for it".to_owned(),
            BindingError::File { .. } => "choose a property that is not Binary".to_owned(),
        }
    }
}
