//! When a decision needs a comment (`CommentActivationOn…`).

use super::{Part, Verdict};
use provost_model::configuration::Item;
use provost_model::metadata::Metadata;

/// Whether somebody must, may or must not say why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comment {
    Disabled,
    Optional,
    Required,
}

/// What the role or resource type says, else its policy, else the documented default.
pub(super) fn rule(items: &[Item], metadata: &Metadata, part: Part, of: &str, verdict: Verdict) -> Comment {
    let (attribute, default) = match verdict {
        Verdict::Approve => ("CommentActivationOnApproveInReview", Comment::Optional),
        Verdict::Decline => ("CommentActivationOnDeclineInReview", Comment::Required),
        Verdict::Delete => ("CommentActivationOnDeleteGapInReconciliation", Comment::Optional),
        Verdict::Keep => ("CommentActivationOnKeepGapInReconciliation", Comment::Required),
        // The text is what the screens show as the reason of the error.
        Verdict::Failed => return Comment::Required,
        _ => return Comment::Optional,
    };
    let element = match part {
        Part::SingleRole => "SingleRole",
        Part::CompositeRole => "CompositeRole",
        _ => "ResourceType",
    };
    let policies = &metadata.configuration.policy;
    let policy = match part {
        Part::SingleRole => policies.single_roles.iter().find(|r| r.identifier == of).map(|r| &r.policy),
        Part::CompositeRole => policies.composite_roles.iter().find(|r| r.identifier == of).map(|r| &r.policy),
        _ => policies.resource_types.iter().find(|r| r.identifier == of).map(|r| &r.policy),
    };
    let said = |element: &str, identity: &str| {
        let item = items.iter().find(|item| item.element == element && item.identity == identity)?;
        match item.get(attribute)? {
            "Disabled" | "0" => Some(Comment::Disabled),
            "Optional" | "1" => Some(Comment::Optional),
            "Required" | "2" => Some(Comment::Required),
            _ => None,
        }
    };
    said(element, of).or_else(|| said("Policy", policy?)).unwrap_or(default)
}
