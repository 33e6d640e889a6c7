//! What waits for somebody's decision, and what follows from it (spec 22 §5).
//!
//! An item names one row: an assigned role or resource type, or a value, link or file of one, or an order that somebody
//! carries out by hand. Its version is a hash of what the row says; a decision that names another version than the
//! present one is refused, because it was made about something else.

mod comments;
mod decide;
mod items;

pub use decide::decide;
pub use items::{Names as ItemNames, by_hand, items, items_of};

use crate::error::ServerError;
use provost_model::ResourceId;
use serde::{Deserialize, Serialize};

/// Why something waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemKind {
    /// Provisioning Review: a target that would be made.
    #[default]
    Addition,
    /// Provisioning Review: a target that probably belongs to the owner.
    Association,
    /// Provisioning Review: a value or link that would be changed.
    Update,
    /// Provisioning Review: a target that would be removed.
    Deletion,
    /// Provisioning Review: something that the managed system refused.
    Errored,
    /// Manual Provisioning: an order for a person.
    Manual,
    /// Role Reconciliation: a role that no rule gives.
    Role,
    /// Resource Reconciliation: a value or link that no rule gives.
    Property,
    /// Resource Reconciliation: a target without right.
    Unauthorised,
    /// Role Review: a role that somebody asked for, or that is kept for a while.
    Request,
}

/// What kind of row it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// An assigned resource type.
    #[default]
    ResourceType,
    /// A value of it.
    Scalar,
    /// A link of it.
    Navigation,
    /// A file of it.
    Binary,
    /// A single role.
    SingleRole,
    /// A composite role.
    CompositeRole,
    /// An order.
    Order,
}

/// Something that waits for a decision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Item {
    /// Why it waits.
    pub kind: ItemKind,
    /// Whom it is about.
    pub owner: i64,
    /// What kind of row.
    pub part: Part,
    /// The row.
    pub id: i64,
    /// Row of the assigned resource type that it belongs to, or 0.
    pub assigned: i64,
    /// Identifier of the role or resource type.
    pub of: String,
    /// Property of a value or link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// The target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<i64>,
    /// What the rules say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed: Option<String>,
    /// What the managed system holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// Percent with which an association was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<u8>,
    /// What the managed system said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Workflow and provisioning state, as people read them.
    pub state: String,
    /// Number of the workflow state.
    #[serde(skip)]
    pub workflow: Option<i64>,
    /// Number of the provisioning state.
    #[serde(skip)]
    pub provisioning: Option<i64>,
    /// Hash of what the row says.
    pub version: String,
}

/// Which items.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ItemFilter {
    /// Of this kind.
    pub kind: Option<ItemKind>,
    /// Of this role or resource type.
    pub of: Option<String>,
    /// About this property.
    pub property: Option<String>,
    /// About this owner.
    pub owner: Option<i64>,
    /// Whose error contains this text.
    pub error: Option<String>,
}

impl ItemFilter {
    fn admits(&self, item: &Item) -> bool {
        self.kind.is_none_or(|kind| kind == item.kind)
            && self.of.as_ref().is_none_or(|of| *of == item.of)
            && self.property.as_ref().is_none_or(|property| Some(property) == item.property.as_ref())
            && self.owner.is_none_or(|owner| owner == item.owner)
            && self.error.as_ref().is_none_or(|text| item.error.as_ref().is_some_and(|error| error.contains(text)))
    }
}

/// What somebody decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Provisioning Review and Resource Reconciliation: what is proposed is done.
    Approve,
    /// Provisioning Review: it is not done; the association is not one.
    Decline,
    /// Left as it is.
    Postpone,
    /// Errored or blocked: it is pending again.
    Unblock,
    /// Reconciliation: what exists may stay, for a role, value or target.
    Keep,
    /// Reconciliation: it is taken away.
    Delete,
    /// Manual Provisioning: it is done.
    Executed,
    /// Manual Provisioning: it cannot be done; the comment says why.
    Failed,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Verdict::Approve => "approve",
            Verdict::Decline => "decline",
            Verdict::Postpone => "postpone",
            Verdict::Unblock => "unblock",
            Verdict::Keep => "keep",
            Verdict::Delete => "delete",
            Verdict::Executed => "executed",
            Verdict::Failed => "failed",
        }
    }
}

/// A decision about one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// Whom it is about.
    pub owner: i64,
    /// What kind of row.
    pub part: Part,
    /// The row.
    pub id: i64,
    /// What is decided.
    pub verdict: Verdict,
    /// Version of the row that it was made about; without one, the present one.
    #[serde(default)]
    pub version: Option<String>,
    /// Why.
    #[serde(default)]
    pub comment: String,
}

/// What a decision came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Decided {
    /// Rows that changed; 0 when the decision was there before, or changes nothing.
    pub changed: u64,
    /// Decisions that were refused, and why.
    pub refused: Vec<String>,
}

/// A decision that cannot be followed.
pub(super) fn refused(message: String) -> ServerError {
    ServerError::Source { message, hint: "look at the items again: `provost review list`".to_owned() }
}

/// A row's version.
pub(super) fn version(row: &impl std::fmt::Debug) -> String {
    blake3::hash(format!("{row:?}").as_bytes()).to_hex().chars().take(16).collect()
}

pub(super) fn owner_of(decision: &Decision) -> ResourceId {
    ResourceId(decision.owner)
}
