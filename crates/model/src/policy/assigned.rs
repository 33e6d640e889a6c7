//! Assignments as they are computed and stored. One row each of the `UP_Assigned…` tables.

use super::{Instant, Period, ProvisioningState, WorkflowState};
use crate::ids::{PolicyObjectId, PropertyId, ResourceId};
use serde::{Deserialize, Serialize};

/// Dimension values that an assignment was made with, by ascending column.
pub type Parameters = Vec<(u8, ResourceId)>;

/// A single or composite role that somebody holds: a row of `UP_AssignedSingleRoles` or `UP_AssignedCompositeRoles`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignedRole {
    /// Row; 0 when it is not stored yet.
    pub id: i64,
    /// Who holds it.
    pub owner: ResourceId,
    /// The role.
    pub role: PolicyObjectId,
    /// How it came about.
    pub workflow: WorkflowState,
    /// When it is held.
    pub period: Period,
    /// Dimension values that it was assigned with.
    pub parameters: Parameters,
    /// Denied by hand: it forbids the role instead of giving it.
    pub is_denied: bool,
    /// Given by hand and by a rule, as the last analysis found.
    pub is_redundant: bool,
    /// It follows from another assignment.
    pub is_inferred: bool,
    /// Rule that gives it; nothing for what was done by hand or found.
    pub rule: Option<PolicyObjectId>,
    /// When `workflow` was taken.
    pub state_since: Instant,
    /// Until when it is kept although no rule gives it any more.
    pub grace_until: Option<Instant>,
}

/// A resource type that somebody has: a row of `UP_AssignedResourceTypes`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignedResourceType {
    /// Row; 0 when it is not stored yet.
    pub id: i64,
    /// Who has it.
    pub owner: ResourceId,
    /// The resource type.
    pub resource_type: PolicyObjectId,
    /// The account or other resource, once there is one.
    pub target: Option<ResourceId>,
    /// Percent with which the target was found to belong to the owner; 0 without target.
    pub confidence: u8,
    /// How it came about.
    pub workflow: WorkflowState,
    /// How far it is on its way.
    pub provisioning: ProvisioningState,
    /// When it is to exist.
    pub period: Period,
    /// Dimension values that it was assigned with.
    pub parameters: Parameters,
    /// Denied by hand: the target is not to exist.
    pub is_denied: bool,
    /// Given by hand and by a rule, as the last analysis found.
    pub is_redundant: bool,
    /// Rule that gives it; nothing for what was done by hand or found.
    pub rule: Option<PolicyObjectId>,
    /// When `workflow` was taken.
    pub state_since: Instant,
    /// Why it could not be evaluated or provisioned.
    pub error: Option<String>,
    /// Its scalar values, by property and start.
    pub scalars: Vec<AssignedValue>,
    /// Its links, by property, resource and start.
    pub navigations: Vec<AssignedNavigation>,
    /// Its files, by property and start.
    pub binaries: Vec<AssignedValue>,
}

/// A value or file of a target: a row of `UP_AssignedResourceScalars` or `UP_AssignedResourceBinaries`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignedValue {
    /// Row; 0 when it is not stored yet.
    pub id: i64,
    /// Property of the target.
    pub property: PropertyId,
    /// What the rules say; the digest of a file.
    pub policy_value: Option<String>,
    /// What the managed system holds; the digest of a file.
    pub current_value: Option<String>,
    /// How it came about.
    pub workflow: WorkflowState,
    /// How far it is on its way.
    pub provisioning: ProvisioningState,
    /// When it is to hold.
    pub period: Period,
    /// Rule that gives it.
    pub rule: Option<PolicyObjectId>,
    /// When `workflow` was taken.
    pub state_since: Instant,
    /// Why it could not be evaluated or provisioned.
    pub error: Option<String>,
}

/// A link of a target: a row of `UP_AssignedResourceNavigations`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignedNavigation {
    /// Row; 0 when it is not stored yet.
    pub id: i64,
    /// Navigation of the target.
    pub property: PropertyId,
    /// Resource linked.
    pub resource: ResourceId,
    /// The managed system holds it.
    pub is_current: bool,
    /// The rules give it.
    pub is_expected: bool,
    /// How it came about.
    pub workflow: WorkflowState,
    /// How far it is on its way.
    pub provisioning: ProvisioningState,
    /// When it is to hold.
    pub period: Period,
    /// Percent with which a query rule found it; 100 or more for what is certain.
    pub confidence: u8,
    /// Single role by which it is held, if it is by one.
    pub single_role: Option<PolicyObjectId>,
    /// Rule that gives it.
    pub rule: Option<PolicyObjectId>,
    /// When `workflow` was taken.
    pub state_since: Instant,
    /// Why it could not be evaluated or provisioned.
    pub error: Option<String>,
}

/// All that one owner has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignments {
    /// By role, start and row.
    pub composite_roles: Vec<AssignedRole>,
    /// By role, start and row.
    pub single_roles: Vec<AssignedRole>,
    /// By resource type, target and start.
    pub resource_types: Vec<AssignedResourceType>,
}
