//! Rules that contradict what they are about.

use super::{Context, below};
use crate::configuration::node::Node;
use crate::configuration::source::Problems;
use std::collections::BTreeMap;

/// Orphans are deleted only where anything may be.
pub(super) fn orphans(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.named("ResourceType").filter(|node| node.is("RemoveOrphans") && !node.is("AllowRemove")) {
        let message = format!("{} removes orphans, but may not remove anything", node.title());
        let hint = "set AllowRemove=\"true\", or leave out RemoveOrphans";
        problems.error("orphans-without-removal", node.value_span("RemoveOrphans"), message, hint);
    }
}

/// What is suggested must be open to requests.
pub(super) fn suggestions(context: &Context<'_>, problems: &mut Problems<'_>) {
    for rule in context.named("SingleRoleRule") {
        suggestion(rule, context.one("SingleRole", rule.value("Role")), problems);
    }
    for rule in context.named("CompositeRoleRule") {
        suggestion(rule, context.one("CompositeRole", rule.value("Role")), problems);
    }
    for node in context.named("ResourceType") {
        below(node, "TypeRule").for_each(|rule| suggestion(rule, Some(node), problems));
    }
}

fn suggestion(rule: &Node, object: Option<&Node>, problems: &mut Problems<'_>) {
    let Some(object) = object else { return };
    if rule.value("Type") == "Suggested" && object.value("ApprovalWorkflowType") == "ManualAssignmentNotAllowed" {
        let message = format!("{} may not be requested by hand, so it cannot be suggested", object.title());
        let hint = format!("choose another Type, or another ApprovalWorkflowType in {}", problems.words(&object.span));
        problems.error("suggestion-not-requestable", rule.value_span("Type"), message, hint);
    }
}

/// A risk is a combination of entitlements.
pub(super) fn risks(context: &Context<'_>, problems: &mut Problems<'_>) {
    for risk in context.named("Risk") {
        let is_combination = risk.value("RiskType") != "HighPrivileges";
        let least = if is_combination { 2 } else { 1 };
        let mut rules = below(risk, "Rule").peekable();
        if rules.peek().is_none() {
            let message = format!("{} has no rule, so nobody runs it", risk.title());
            problems.warning("risk-without-items", &risk.span, message, "add a <Rule> with its items");
        }
        for rule in rules {
            let count = below(rule, "Item").count();
            if count < least {
                let message = format!("a rule of {} has {count} of at least {least} items", risk.title());
                let hint = if is_combination {
                    "name the entitlements that are not to be held together, or set RiskType=\"HighPrivileges\""
                } else {
                    "name an entitlement"
                };
                problems.error("risk-without-items", &rule.span, message, hint);
            }
        }
    }
}

/// A navigation is served by navigation rules or by query rules.
pub(super) fn navigations_served_twice(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.named("ResourceType") {
        let given: BTreeMap<&str, &Node> =
            below(node, "NavigationRule").map(|rule| (rule.value("Property"), rule)).collect();
        for rule in below(node, "QueryRule") {
            if let Some(other) = given.get(rule.value("Property")) {
                let message = format!("\"{}\" is served by navigation rules, too", rule.value("Property"));
                let hint = format!("serve a navigation in one way; see {}", problems.words(&other.span));
                problems.warning("navigation-served-twice", rule.value_span("Property"), message, hint);
            }
        }
    }
}

/// Targets of a type are found by correlation, or at least by classification.
pub(super) fn resource_types_without_rules(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.named("ResourceType") {
        let is_about = |rule: &Node| rule.value("ResourceType") == node.identifier();
        let mut rules = context.named("ResourceCorrelationRule").chain(context.named("ResourceClassificationRule"));
        if !rules.any(is_about) {
            let message = format!("nothing finds the targets of {} that exist already", node.title());
            let hint = "add a <ResourceCorrelationRule>, or a <ResourceClassificationRule> for targets without owner";
            problems.warning("resource-type-without-correlation", &node.span, message, hint);
        }
    }
}
