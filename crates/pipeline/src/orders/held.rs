//! What gives no order now although it is pending, and why.

use provost_model::policy::Instant;
use provost_model::{PolicyObjectId, ResourceId};

/// A pending assignment without order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldOrder {
    /// Row of the assigned resource type.
    pub assigned: i64,
    /// Its owner.
    pub owner: ResourceId,
    /// Its resource type.
    pub resource_type: PolicyObjectId,
    /// Why.
    pub reason: Held,
}

/// Why a pending assignment gives no order now. Nothing of this blocks: the next run looks again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Held {
    /// `IsProvisioningEnabled` of the policy.
    #[error("policy {0} does not provision (IsProvisioningEnabled)")]
    ProvisioningDisabled(String),
    /// `IsExternal` of the policy.
    #[error("policy {0} is managed elsewhere (IsExternal)")]
    External(String),
    /// `AllowAdd`.
    #[error("resource type {0} makes no targets (AllowAdd)")]
    NoCreation(String),
    /// `AllowRemove`.
    #[error("resource type {0} removes no targets (AllowRemove)")]
    NoDeletion(String),
    /// `DependsOn`.
    #[error("the owner has no provisioned target of resource type {0} yet (DependsOn)")]
    DependsOn(String),
    /// `DependsOnOwnerProperty`.
    #[error("property {0} of the owner is empty (DependsOnOwnerProperty)")]
    OwnerProperty(String),
    /// The start, less `FulfillHoursAheadOfTime`, has not come.
    #[error("it is not time yet: from {0} (microseconds since 1970)")]
    NotBefore(Instant),
    /// Another order for the same target waits for a review.
    #[error("another order for the same target waits for a review")]
    BlockedSibling,
    /// The target was ordered, and no synchronisation has shown it yet.
    #[error("the target is not known yet: it was ordered, and no synchronisation has shown it")]
    AwaitsTarget,
    /// The owner could not be loaded: it is gone.
    #[error("the owner does not exist any more")]
    OwnerGone,
    /// `ArgumentsExpression` failed.
    #[error("ArgumentsExpression failed: {0}")]
    Arguments(String),
}

impl Held {
    /// Stable kebab-case name.
    pub fn code(&self) -> &'static str {
        match self {
            Held::ProvisioningDisabled(_) => "provisioning-disabled",
            Held::External(_) => "external-policy",
            Held::NoCreation(_) => "no-creation",
            Held::NoDeletion(_) => "no-deletion",
            Held::DependsOn(_) => "depends-on",
            Held::OwnerProperty(_) => "depends-on-owner-property",
            Held::NotBefore(_) => "not-before",
            Held::BlockedSibling => "blocked-sibling",
            Held::AwaitsTarget => "awaits-target",
            Held::OwnerGone => "owner-gone",
            Held::Arguments(_) => "arguments",
        }
    }
}
