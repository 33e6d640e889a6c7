//! Resource types, their rules, and the rules that find owners and types of what exists.

use super::{Criterion, Place, RoleOptions, RuleType};
use crate::configuration::Limit;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// `ResourceType`: a class of targets that share purpose and rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceType {
    /// Unique identifier.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
    /// Policy that it belongs to.
    pub policy: String,
    /// Category that it belongs to.
    pub category: Option<String>,
    /// Entity type of the owners.
    pub source_entity_type: String,
    /// Entity type of the targets.
    pub target_entity_type: String,
    /// How it is requested and lost.
    pub options: RoleOptions,
    /// The engine may create targets.
    pub allow_add: bool,
    /// The engine may delete targets whose owner lost the right.
    pub allow_remove: bool,
    /// The engine may delete targets whose owner is gone.
    pub remove_orphans: bool,
    /// Every order waits for a review.
    pub block_provisioning: bool,
    /// Values kept by hand give way to the rules (spec 21 §10).
    pub discard_manual_assignments: bool,
    /// An owner may have several targets.
    pub correlate_multiple_resources: bool,
    /// Suggest uncertain matches although a certain one exists.
    pub suggest_all_correlations: bool,
    /// The owner must have a provisioned target of this type first.
    pub depends_on: Option<String>,
    /// Property of the owner that must be filled first.
    pub depends_on_owner_property: Option<String>,
    /// Arguments of the orders.
    pub arguments_expression: Option<String>,
    /// Hours by which orders precede their start.
    pub fulfill_hours_ahead_of_time: u32,
    /// Minutes after which unconfirmed orders are errors; 0 for never.
    pub transmitted_state_validity_period: u32,
    /// Targets that one provisioning run may create.
    pub inserted: Limit,
    /// Targets that one provisioning run may update.
    pub updated: Limit,
    /// Targets that one provisioning run may delete.
    pub deleted: Limit,
    /// Columns of dimensions that parametrise it.
    pub parameters: BTreeSet<u8>,
    /// Who has a target.
    pub type_rules: Vec<TypeRule>,
    /// What its scalar properties hold.
    pub scalar_rules: Vec<ScalarRule>,
    /// What its navigations link to.
    pub navigation_rules: Vec<NavigationRule>,
    /// What its navigations link to, by a match.
    pub query_rules: Vec<QueryRule>,
    /// What its files are.
    pub binary_rules: Vec<BinaryRule>,
    /// Where it was written.
    pub place: Place,
}

/// The period on which a rule applies, relative to the owner's context (spec 20 §7.6). Minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimeOffset {
    /// As the type rule says; for a type rule the context itself.
    #[default]
    Default,
    /// From start + before to end + after.
    Around {
        /// Minutes added to the start.
        before: i32,
        /// Minutes added to the end.
        after: i32,
    },
    /// From start + before to start + after.
    Before {
        /// Minutes added to the start, for the start.
        before: i32,
        /// Minutes added to the start, for the end.
        after: i32,
    },
    /// From end + before to end + after.
    After {
        /// Minutes added to the end, for the start.
        before: i32,
        /// Minutes added to the end, for the end.
        after: i32,
    },
}

/// A value read on one side of a rule: a binding, an expression, or an expression over a binding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Operand {
    /// Path of properties.
    pub binding: Option<String>,
    /// Expression, as written.
    pub expression: Option<String>,
}

/// `TypeRule`: whether an owner has a target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeRule {
    /// Identity among the rules of the configuration.
    pub identity: String,
    /// Policy that it belongs to; that of the resource type when none is written.
    pub policy: String,
    /// Dimension values asked for.
    pub criteria: Vec<Criterion>,
    /// The owner holds this single role.
    pub single_role: Option<String>,
    /// Forbid instead of assign.
    pub is_denied: bool,
    /// How the assignment comes about.
    pub kind: RuleType,
    /// When it applies.
    pub offset: TimeOffset,
    /// Where it was written.
    pub place: Place,
}

/// How a computed value is compared with the one found (spec 20 §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ComparisonType {
    /// Character by character.
    #[default]
    CaseSensitive,
    /// Without regard to case.
    IgnoreCase,
    /// Without regard to case and diacritics.
    IgnoreDiacritics,
    /// Letters only, without case and diacritics.
    Simplified,
    /// Simplified, and what sounds alike is alike.
    Approximate,
}

/// `ScalarRule`: what value a property of the target has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScalarRule {
    /// Identity among the rules of the configuration.
    pub identity: String,
    /// Property of the target.
    pub property: String,
    /// Policy that it belongs to; that of the resource type when none is written.
    pub policy: String,
    /// Value, computed on the owner.
    pub source: Operand,
    /// How values are compared.
    pub comparison: ComparisonType,
    /// Compared after synchronisation; otherwise set at creation only.
    pub is_mapped: bool,
    /// The owner holds this single role.
    pub single_role: Option<String>,
    /// When it applies.
    pub offset: TimeOffset,
    /// Where it was written.
    pub place: Place,
}

/// `NavigationRule`: what resource a property of the target links to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NavigationRule {
    /// Identity among the rules of the configuration.
    pub identity: String,
    /// Navigation of the target.
    pub property: String,
    /// Value of a key property of the resource linked.
    pub resource: String,
    /// Policy that it belongs to; that of the resource type when none is written.
    pub policy: String,
    /// The owner holds this single role.
    pub single_role: Option<String>,
    /// Dimension values asked for.
    pub criteria: Vec<Criterion>,
    /// Forbid instead of assign.
    pub is_denied: bool,
    /// When it applies.
    pub offset: TimeOffset,
    /// Where it was written.
    pub place: Place,
}

/// `QueryRule`: what resource a property of the target links to, found by equal keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryRule {
    /// Identity among the rules of the configuration.
    pub identity: String,
    /// Navigation of the target.
    pub property: String,
    /// Policy that it belongs to; that of the resource type when none is written.
    pub policy: String,
    /// Key, computed on the owner.
    pub source: Operand,
    /// Key, computed on the resources that may be linked.
    pub target: Operand,
    /// Percent; below 100 the value waits for a review.
    pub confidence: u8,
    /// When it applies.
    pub offset: TimeOffset,
    /// Where it was written.
    pub place: Place,
}

/// `BinaryRule`: what file a property of the target holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BinaryRule {
    /// Identity among the rules of the configuration.
    pub identity: String,
    /// File property of the target.
    pub property: String,
    /// Policy that it belongs to; that of the resource type when none is written.
    pub policy: String,
    /// File property of the owner.
    pub binding: Option<String>,
    /// The owner holds this single role.
    pub single_role: Option<String>,
    /// When it applies.
    pub offset: TimeOffset,
    /// Where it was written.
    pub place: Place,
}

/// `ResourceCorrelationRule`: which owner a target belongs to, by equal keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrelationRule {
    /// Identity among the rules of the configuration.
    pub identity: String,
    /// Policy that it belongs to.
    pub policy: String,
    /// Resource type of the targets.
    pub resource_type: String,
    /// Key, computed on the owner.
    pub source: Operand,
    /// Key, computed on the target.
    pub target: Operand,
    /// Percent; below 100 the match waits for a review.
    pub confidence: u8,
    /// Where it was written.
    pub place: Place,
}

/// `ResourceClassificationRule`: which resource type a target has, without regard to its owner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassificationRule {
    /// Identity among the rules of the configuration.
    pub identity: String,
    /// Policy that it belongs to.
    pub policy: String,
    /// Resource type given.
    pub resource_type: String,
    /// Whether a target is of the type; without one every target is.
    pub target_expression: Option<String>,
    /// Percent; below 100 the result waits for a review.
    pub confidence: u8,
    /// Where it was written.
    pub place: Place,
}
