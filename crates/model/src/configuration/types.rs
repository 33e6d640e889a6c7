//! Typed configuration elements that the engine acts on. Defaults are those of the documentation.

use super::access::{
    AccessControlEntityType, AccessControlPropertyGroup, AccessControlRule, AssignedProfile, CleanDatabase,
    OpenIdClient, Profile, ProfileContext, UserByIdentity,
};
use super::jobs::{Job, Task};
use super::policy::PolicyConfiguration;
use crate::fulfilment::TargetMapping;
use serde::{Deserialize, Serialize};

/// The typed part of a configuration. References are identifiers, checked to exist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Configuration {
    /// `Agent` elements.
    pub agents: Vec<Agent>,
    /// `Language` elements.
    pub languages: Vec<Language>,
    /// `Connector` elements.
    pub connectors: Vec<Connector>,
    /// `Connection` elements with their transformations.
    pub connections: Vec<Connection>,
    /// `EntityType` elements.
    pub entity_types: Vec<EntityType>,
    /// `EntityAssociation` elements.
    pub associations: Vec<EntityAssociation>,
    /// `EntityTypeMapping` elements.
    pub type_mappings: Vec<EntityTypeMapping>,
    /// `EntityAssociationMapping` elements.
    pub association_mappings: Vec<EntityAssociationMapping>,
    /// `EntityPropertyExpression` elements.
    pub expressions: Vec<EntityPropertyExpression>,
    /// `Job` elements, also those that scaffoldings make.
    pub jobs: Vec<Job>,
    /// Tasks that stand at the root, also those that scaffoldings make. Each job holds its own form of them.
    pub tasks: Vec<Task>,
    /// `OpenIdClient` elements.
    pub open_id_clients: Vec<OpenIdClient>,
    /// `Profile` elements, also those that scaffoldings make.
    pub profiles: Vec<Profile>,
    /// `ProfileContext` elements.
    pub profile_contexts: Vec<ProfileContext>,
    /// `AssignedProfile` elements.
    pub assigned_profiles: Vec<AssignedProfile>,
    /// `AccessControlRule` elements, also those that scaffoldings make.
    pub access_control_rules: Vec<AccessControlRule>,
    /// `AccessControlPropertyGroup` elements.
    pub access_control_property_groups: Vec<AccessControlPropertyGroup>,
    /// `AccessControlEntityType` elements.
    pub access_control_entity_types: Vec<AccessControlEntityType>,
    /// Policies, roles, resource types, their rules, and what they are decided by.
    pub policy: PolicyConfiguration,
    /// How orders of each resource type become changes.
    pub target_mappings: Vec<TargetMapping>,
    /// `SelectUserByIdentityQueryHandlerSetting`.
    pub user_by_identity: Option<UserByIdentity>,
    /// `SchedulingCleanDataBaseSetting`.
    pub clean_database: Option<CleanDatabase>,
}

/// `Agent`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Unique identifier.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
    /// Base URL.
    pub uri: Option<String>,
}

/// `Language`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Language {
    /// `en-US`.
    pub code: String,
    /// Index of the `_L<n>` suffix.
    pub indicator_number: u8,
}

/// Absolute and percent limits of one kind of change; 0 switches one off. A run blocks when a count *exceeds* it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Rows.
    pub lines: u32,
    /// Percent of what is stored.
    pub percent: u32,
}

/// `Connector`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connector {
    /// Unique identifier.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
    /// Agent that runs its tasks.
    pub agent: Option<String>,
    /// Export and provisioning are switched off.
    pub is_deactivated: bool,
    /// Resources inserted (100, 5 %).
    pub inserted: Limit,
    /// Resources updated (100, 5 %).
    pub updated: Limit,
    /// Resources deleted (100, 5 %).
    pub deleted: Limit,
    /// Links inserted (1000, 5 %).
    pub links_inserted: Limit,
    /// Links deleted (1000, 5 %).
    pub links_deleted: Limit,
}

/// `Connection`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// Unique, compared without regard to case.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
    /// The one connector that it serves.
    pub connector: String,
    /// Package identifier, `Usercube.CSV@0000001`.
    pub package: String,
    /// `DeactivationExportFulfill="Export"`.
    pub export_deactivated: bool,
    /// `DeactivationExportFulfill="Fulfill"`.
    pub fulfill_deactivated: bool,
    /// Rewriting of exported tables, in document order.
    pub transformations: Vec<Transformation>,
}

impl Eq for Connection {}

/// `Connection/Transformation`: rewrites one exported table between export and prepare (spec 11 §4.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transformation {
    /// `<connectionIdentifier>_<dataset>`, or the connection identifier alone where the export has one table.
    pub table: String,
    /// What it does.
    pub kind: TransformationKind,
}

/// The three kinds of transformation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TransformationKind {
    /// Joins several columns into one.
    ConcatColumns {
        /// Output column, existing or new.
        column: String,
        /// One to five input columns.
        inputs: Vec<String>,
        /// Put between the parts.
        separator: String,
        /// Skip empty parts.
        remove_empty: bool,
        /// Keep one of two identical successive parts.
        remove_duplicates: bool,
        /// Sort the parts, after removal of duplicates.
        sort_values: bool,
    },
    /// Shifts dates.
    TransformDate {
        /// Output column.
        column: String,
        /// Input column (the output column when absent).
        input: Option<String>,
        /// Days to add, may be negative and fractional.
        added_days: f64,
        /// Dates before this year stay untouched.
        min_year: Option<i32>,
        /// Dates after this year stay untouched.
        max_year: Option<i32>,
        /// Output format when the values are text.
        date_pattern: Option<String>,
    },
    /// Keeps the rows that match.
    WhereValue {
        /// Column looked at.
        column: String,
        /// Comparison.
        operator: WhereOperator,
        /// Compared with, case-sensitive.
        value: String,
    },
}

/// `WhereOperator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum WhereOperator {
    Equals,
    NotEquals,
    Contains,
    NotContains,
    StartsWith,
    EndsWith,
    Regex,
}

/// `EntityType`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityType {
    /// Unique identifier.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
    /// Properties in document order.
    pub properties: Vec<Property>,
}

impl EntityType {
    /// The property with this identifier.
    pub fn property(&self, identifier: &str) -> Option<&Property> {
        self.properties.iter().find(|p| p.identifier == identifier)
    }
}

/// `EntityType/Property`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    /// Unique inside the type.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
    /// Type of its value. Already `ForeignKey` where an association refers to an `Int64` property.
    pub kind: PropertyType,
    /// Designates resources inside the configuration.
    pub is_key: bool,
    /// `TargetColumnIndex`; -1 for none.
    pub target_column_index: i16,
    /// Minutes.
    pub history_precision: u32,
}

/// `EntityPropertyType` (spec 10 §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum PropertyType {
    #[default]
    String,
    Bytes,
    Int32,
    Int64,
    DateTime,
    Bool,
    Guid,
    Double,
    Binary,
    Byte,
    Int16,
    Option,
    ForeignKey,
}

/// `EntityAssociation`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityAssociation {
    /// Unique identifier.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
    /// `Property1`.
    pub property1: PropertyPath,
    /// `Property2`.
    pub property2: PropertyPath,
    /// Property 1 holds several links.
    pub is_property1_collection: bool,
    /// Property 2 holds several links.
    pub is_property2_collection: bool,
}

/// `EntityType:Property`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PropertyPath {
    /// Entity type identifier.
    pub entity_type: String,
    /// Property identifier.
    pub property: String,
}

impl std::fmt::Display for PropertyPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.entity_type, self.property)
    }
}

/// `EntityTypeMapping`: which file and columns feed an entity type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityTypeMapping {
    /// Identifier of the entity type.
    pub identifier: String,
    /// Connector that owns the mapping.
    pub connector: String,
    /// Name of the CSV source file, without directory and without `.csv`.
    pub connection_table: String,
    /// Mapped properties, in document order.
    pub properties: Vec<PropertyMapping>,
    /// Thresholds of this type (0, 0).
    pub inserted: Limit,
    /// Thresholds of this type (0, 0).
    pub updated: Limit,
    /// Thresholds of this type (0, 0).
    pub deleted: Limit,
}

/// `EntityTypeMapping/Property`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyMapping {
    /// Property of the entity type.
    pub identifier: String,
    /// CSV column; `None`: not synchronised.
    pub connection_column: Option<String>,
    /// Identifies rows during synchronisation.
    pub is_primary_key: bool,
    /// May be used by association mappings.
    pub is_unique_key: bool,
    /// Format of the external value as written (spec 10 §11).
    pub format: Option<String>,
}

/// `EntityAssociationMapping`: which file and columns feed an association.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityAssociationMapping {
    /// Identifier of the association.
    pub identifier: String,
    /// Connector that owns the mapping.
    pub connector: String,
    /// Name of the CSV source file, without directory and without `.csv`.
    pub connection_table: String,
    /// Column with the key of the owner of Property 1.
    pub column1: String,
    /// Column with the key of the owner of Property 2.
    pub column2: String,
    /// Key that the values of column 1 refer to.
    pub key1: PropertyPath,
    /// Key that the values of column 2 refer to.
    pub key2: PropertyPath,
    /// Thresholds of this association (0, 0).
    pub inserted: Limit,
    /// Thresholds of this association (0, 0).
    pub deleted: Limit,
}

/// `EntityPropertyExpression`: a computed property.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityPropertyExpression {
    /// Unique identifier.
    pub identifier: String,
    /// Entity type computed for.
    pub entity_type: String,
    /// Property computed (`InternalDisplayName` included).
    pub property: String,
    /// Expression, if any.
    pub expression: Option<String>,
    /// Path whose value is taken or handed to the expression, without the entity type prefix.
    pub binding: Option<String>,
    /// Ascending order of execution.
    pub priority: i32,
    /// For a navigation: property of the target type that the computed value is matched against.
    pub property_criteria: Option<String>,
}
