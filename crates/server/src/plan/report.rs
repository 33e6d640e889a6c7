//! What a plan tells.

use provost_model::summary::{ExceededThreshold, State, Summary};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a change would come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PlanReport {
    /// `Blocked` when a limit is exceeded, `Warning` when something went wrong for somebody.
    pub state: State,
    /// The name that the real run has, when nothing else changes until then: 32 hexadecimal digits.
    pub outcome: String,
    /// Name of the change of the role model; absent when nobody's assignments change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_model: Option<String>,
    /// Name of the change set of orders; absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orders_change_set: Option<String>,
    /// Instant that it was computed for.
    pub at: String,
    /// What the configuration changes: sign, element and identity.
    pub configuration: Vec<String>,
    /// What each connector's files change, with the name of its change set and the limits that it would exceed.
    pub synchronisations: Vec<Summary>,
    /// `rolesAdded`, `rolesChanged`, `rolesRemoved`, and the same of `resourceTypes`, `values` and `links`; `owners` whom
    /// any of it concerns, `ownersDeleted` of them; resource types of which something comes to wait in Provisioning
    /// Review (`awaitingReview`); new orders by what they do, orders that are not given any more
    /// (`ordersDropped`), and pending assignments that give no order then (`ordersHeld`).
    pub totals: BTreeMap<String, u64>,
    /// What percentages are percentages of, before the change: `owners`, `roles`, `resourceTypes`, `targets`.
    pub bases: BTreeMap<String, u64>,
    /// Roles, resource types, values and links, each with how many owners get, keep otherwise, and lose it.
    pub subjects: Vec<Subject>,
    /// New orders by resource type.
    pub orders: Vec<OrdersOfType>,
    /// Limits of the resource types that the orders exceed.
    pub order_thresholds: Vec<ExceededThreshold>,
    /// Those whom it concerns most.
    pub identities: Vec<Identity>,
    /// Limits of the caller that are exceeded.
    pub exceeded: Vec<Exceeded>,
    /// What went wrong for somebody.
    pub problems: Vec<String>,
}

/// Something that can be held.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Subject {
    /// `compositeRole`, `singleRole`, `resourceType`, `value`, `link` or `file`.
    pub kind: String,
    /// Its identifier; of what an account holds, resource type and property.
    pub name: String,
    /// Owners who get it.
    pub added: u64,
    /// Owners who hold it otherwise.
    pub changed: u64,
    /// Owners who lose it.
    pub removed: u64,
}

/// Orders of a resource type that the change brings about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OrdersOfType {
    /// Resource type.
    pub resource_type: String,
    /// Targets that are made.
    pub added: u64,
    /// Targets that are changed.
    pub modified: u64,
    /// Targets that are removed.
    pub deleted: u64,
    /// Orders that would be given now, and not any more.
    pub dropped: u64,
    /// All orders that would be given then.
    pub all: u64,
}

/// Somebody whom the change concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Identity {
    /// Entity type.
    pub entity_type: String,
    /// Key.
    pub key: String,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A synchronisation deletes it.
    pub is_deleted: bool,
    /// What it gets, holds otherwise and loses.
    pub changes: Vec<IdentityChange>,
}

/// What changes for somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IdentityChange {
    /// `+`, `~` or `-`.
    pub sign: String,
    /// As in [`Subject::kind`], or `order`.
    pub kind: String,
    /// What it is.
    pub what: String,
    /// State and period, or value, before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The same after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A limit of the caller that is exceeded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Exceeded {
    /// Its name.
    pub name: String,
    /// Its value.
    pub limit: String,
    /// What was counted.
    pub count: u64,
    /// What a percentage is a percentage of.
    pub base: u64,
}
