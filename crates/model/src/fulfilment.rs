//! How orders of a resource type become changes in a managed system.

use serde::{Deserialize, Serialize};

/// What the elements `…ResourceTypeMapping` and the mapping of the target entity type say about one resource type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TargetMapping {
    /// Identifier of the resource type.
    pub resource_type: String,
    /// Connection that fulfils its orders.
    pub connection: String,
    /// `DefaultObjectClass`: classes of what is made.
    pub object_classes: Vec<String>,
    /// `RDNAttributeIdentifier`: attribute that names an entry.
    pub rdn_attribute: String,
    /// `UsePermissiveModify`: adding what is there, and removing what is not, is no error for the system.
    pub permissive_modify: bool,
    /// `UseTreeDelete`: an entry is deleted with all that is below it.
    pub tree_delete: bool,
    /// `MustChange` of the password settings: a new password has to be changed at the next login.
    pub must_change_password: bool,
    /// Properties that orders may change.
    pub properties: Vec<TargetProperty>,
}

/// How a property of the target is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TargetProperty {
    /// Identifier of the property.
    pub property: String,
    /// `ConnectionColumn`: what the system calls it. Without one it is not written.
    pub column: Option<String>,
    /// Format of the external value.
    pub format: Option<String>,
    /// The part that it plays.
    pub role: PropertyRole,
    /// `DataSourceBacklinkColumnName`: it is written at the other end, through this column of the linked objects.
    pub backlink_column: Option<String>,
    /// `MultiValueSeparator`: between several values of one text.
    pub separator: Option<String>,
}

/// The part that a property plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PropertyRole {
    /// A value like others.
    #[default]
    Value,
    /// `IsDNProperty`: the whole name.
    Dn,
    /// `IsParentProperty`: what is above.
    Parent,
    /// `IsRDNProperty`: the name below its parent.
    Rdn,
    /// `IsUserAccountControlProperty`: the flags of an account.
    UserAccountControl,
}

impl TargetMapping {
    /// The property with this part.
    pub fn with_role(&self, role: PropertyRole) -> Option<&TargetProperty> {
        self.properties.iter().find(|property| property.role == role)
    }

    /// The property that is written to this column.
    pub fn with_column(&self, column: &str) -> Option<&TargetProperty> {
        let is = |name: &String| name.eq_ignore_ascii_case(column);
        self.properties.iter().find(|property| property.column.as_ref().is_some_and(is))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_found_by_their_part_and_by_their_column() {
        let property = |name: &str, column: &str, role| TargetProperty {
            property: name.to_owned(),
            column: Some(column.to_owned()),
            role,
            ..TargetProperty::default()
        };
        let mapping = TargetMapping {
            properties: vec![property("a", "cn", PropertyRole::Value), property("b", "dn", PropertyRole::Dn)],
            ..TargetMapping::default()
        };
        assert_eq!(mapping.with_role(PropertyRole::Dn).unwrap().property, "b");
        assert_eq!(mapping.with_column("CN").unwrap().property, "a");
        assert!(mapping.with_role(PropertyRole::Rdn).is_none());
    }
}
