//! Policies, categories, roles and the rules that give them.

use super::Place;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// `Policy`: a container of roles, resource types and rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Unique identifier.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
    /// Which identities it reaches: all of these.
    pub criteria: Vec<Criterion>,
    /// Its assignments are provisioned.
    pub is_provisioning_enabled: bool,
    /// It can be simulated.
    pub is_simulation_enabled: bool,
    /// Its roles are managed elsewhere and never changed.
    pub is_external: bool,
    /// Skip approval when the requester may review.
    pub has_implicit_approval: bool,
    /// An end date may be postponed without a new approval.
    pub prolongation_without_approval: bool,
    /// Minutes after which manual assignments end; 0 for never.
    pub max_duration: u32,
    /// Minutes for which an automatic entitlement that a rule no longer gives is kept; 0 for none.
    pub grace_period: u32,
    /// Where it was written.
    pub place: Place,
}

/// `Category`: a folder of roles and resource types.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Unique in its policy.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
    /// Policy that it belongs to.
    pub policy: String,
    /// Category above it.
    pub parent: Option<String>,
    /// Where it was written.
    pub place: Place,
}

/// One dimension value that a rule, a role or a policy asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Criterion {
    /// Column of the dimension, 0 to 127.
    pub column: u8,
    /// Value of a key property of the dimension's entity type.
    pub value: String,
    /// The value or anything below it (`L0` to `L3V`).
    pub is_hierarchical: bool,
}

/// `Type` of a role or type rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RuleType {
    /// Given by the rule alone.
    #[default]
    Required,
    /// Automatic but with validation.
    RequestedAutomatically,
    /// Offered, to be picked by hand.
    Suggested,
}

/// What single and composite roles have in common, and resource types in part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleOptions {
    /// Number of validations of a manual request, 0 to 3; `None` when it may not be requested by hand.
    pub approvals: Option<u8>,
    /// Validations are skipped for who may review; `None` as the policy says.
    pub implicit_approval: Option<bool>,
    /// An end may be postponed without approval; `None` as the policy says.
    pub prolongation_without_approval: Option<bool>,
    /// Minutes after which manual assignments end; `None` as the policy says, 0 for never.
    pub max_duration: Option<u32>,
    /// Minutes for which what a rule no longer gives is kept; `None` as the policy says.
    pub grace_period: Option<u32>,
    /// Columns of dimensions that an assignment must name.
    pub required_parameters: BTreeSet<u8>,
    /// `ManualAssignmentEndDateLockedToContextMode`, as written.
    pub end_date_mode: String,
    /// Automatic assignments appear in the advanced view only.
    pub hide_on_simplified_view: bool,
}

/// `SingleRole`: an entitlement with a business name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SingleRole {
    /// Unique identifier.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
    /// Text for people in the main language.
    pub description: Option<String>,
    /// Entity type of the holders.
    pub entity_type: String,
    /// Policy that it belongs to.
    pub policy: String,
    /// Category that it belongs to.
    pub category: Option<String>,
    /// Dimension values that every assignment of it carries.
    pub dimensions: Vec<Criterion>,
    /// Labels.
    pub tags: Vec<String>,
    /// How it is requested and lost.
    pub options: RoleOptions,
    /// Where it was written.
    pub place: Place,
}

/// `CompositeRole`: a package of single roles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompositeRole {
    /// Unique identifier.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
    /// Text for people in the main language.
    pub description: Option<String>,
    /// Entity type of the holders.
    pub entity_type: String,
    /// Policy that it belongs to.
    pub policy: String,
    /// Category that it belongs to.
    pub category: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// How it is requested and lost.
    pub options: RoleOptions,
    /// Where it was written.
    pub place: Place,
}

/// `SingleRoleRule`: who gets a single role. All criteria must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SingleRoleRule {
    /// Identity among the rules of the configuration; stable while its criteria are.
    pub identity: String,
    /// Single role to give.
    pub role: String,
    /// Policy that it belongs to.
    pub policy: String,
    /// Dimension values asked for.
    pub criteria: Vec<Criterion>,
    /// The owner holds this composite role.
    pub composite_role: Option<String>,
    /// Forbid instead of assign.
    pub is_denied: bool,
    /// The smallest number is the strongest.
    pub priority: i32,
    /// How the assignment comes about.
    pub kind: RuleType,
    /// Where it was written.
    pub place: Place,
}

/// `CompositeRoleRule`: who gets a composite role. All criteria must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompositeRoleRule {
    /// Identity among the rules of the configuration; stable while its criteria are.
    pub identity: String,
    /// Composite role to give.
    pub role: String,
    /// Policy that it belongs to.
    pub policy: String,
    /// Dimension values asked for.
    pub criteria: Vec<Criterion>,
    /// The owner holds this composite role.
    pub parent_role: Option<String>,
    /// Forbid instead of assign.
    pub is_denied: bool,
    /// The smallest number is the strongest.
    pub priority: i32,
    /// How the assignment comes about.
    pub kind: RuleType,
    /// Where it was written.
    pub place: Place,
}

/// What an automation rule decides about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AutomationTarget {
    /// Assignments of this composite role.
    CompositeRole(String),
    /// Assignments of this single role.
    SingleRole(String),
    /// Assignments of this resource type.
    ResourceType(String),
    /// Assignments of anything in a category, for owners of an entity type.
    Category {
        /// Identifier of the category.
        category: String,
        /// Entity type of the owners.
        entity_type: String,
    },
    /// Assignments of anything in a policy, for owners of an entity type.
    Policy {
        /// Identifier of the policy.
        policy: String,
        /// Entity type of the owners.
        entity_type: String,
    },
}

/// An automation rule: decides waiting or found assignments by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutomationRule {
    /// Identity among the rules of the configuration.
    pub identity: String,
    /// What it decides about.
    pub target: AutomationTarget,
    /// Parameters that the assignment must carry.
    pub criteria: Vec<Criterion>,
    /// State of the assignments.
    pub state: crate::policy::WorkflowState,
    /// Hours since the state was taken; 0 for at once.
    pub hours_to_wait: u32,
    /// Approve; otherwise decline.
    pub approve: bool,
    /// Where it was written.
    pub place: Place,
}
