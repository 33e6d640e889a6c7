//! Dimensions, context rules and record sections: in which positions somebody is, and when.

use super::{Operand, Place, RiskFactor};
use serde::{Deserialize, Serialize};

/// `Dimension`: an entity type whose resources are criteria.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimension {
    /// Unique identifier.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
    /// Entity type of its values.
    pub entity_type: String,
    /// Column, 0 to 127.
    pub column: u8,
    /// Its values form a tree.
    pub is_hierarchical: bool,
    /// Navigation to the value above.
    pub parent_property: Option<String>,
    /// Role mining leaves it aside.
    pub is_excluded_from_role_mining: bool,
    /// Where it was written.
    pub place: Place,
}

/// `ContextRule`: where and when identities of an entity type are eligible for what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextRule {
    /// Unique identifier.
    pub identifier: String,
    /// Policy that it belongs to.
    pub policy: String,
    /// Entity type of the identities.
    pub source_entity_type: String,
    /// Where the resources that bear contexts are; nothing: the identity itself.
    pub resources: Operand,
    /// Start of validity, read on the identity or on such a resource. Ignored when record sections exist.
    pub start: Operand,
    /// End of validity.
    pub end: Operand,
    /// True for resources that are left out of the role model.
    pub exclude_expression: Option<String>,
    /// Path of each dimension, by its column.
    pub bindings: Vec<(u8, String)>,
    /// Role mining: least population of a rule.
    pub min_identities_count: u32,
    /// Role mining: percent of identities in rare values that are taken together, in hundredths.
    pub reduction_outlier_hundredths: u32,
    /// How risk scores of a user are put together.
    pub risk_factor: RiskFactor,
    /// Where it was written.
    pub place: Place,
}

/// `RecordSection`: a group of record properties that change together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSection {
    /// Unique identifier.
    pub identifier: String,
    /// Entity type of the identities.
    pub source_entity_type: String,
    /// Entity type of the records.
    pub resource_entity_type: String,
    /// Start of the section.
    pub start_property: Option<String>,
    /// End of the section.
    pub end_property: Option<String>,
    /// Absent dates are the widest of all; otherwise those of the default sections.
    pub keeps_boundaries: bool,
    /// It fills gaps.
    pub is_extendable: bool,
    /// Sort key from which a record is extended.
    pub extended_sort_key: Option<String>,
    /// Order of records for extension.
    pub sort_key_expression: Option<String>,
    /// What tells two instances apart.
    pub instance_key_expression: Option<String>,
    /// Its dates are those of the identity.
    pub is_default_boundaries_section: bool,
    /// Its properties; none for the default section, which has all that no other section has.
    pub properties: Vec<SectionProperty>,
    /// Where it was written.
    pub place: Place,
}

/// `RecordSection/Property`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionProperty {
    /// Property of the record.
    pub property: String,
    /// It fills gaps, if the section does.
    pub is_extendable: bool,
    /// Left out of the default section.
    pub is_excluded: bool,
}
