//! What automation rules decide about.

use super::Context;
use crate::configuration::node::Node;
use crate::configuration::source::Problems;

/// The kinds of things that a rule may be about.
const KINDS: [&str; 5] = ["CompositeRole", "SingleRole", "ResourceType", "Category", "Policy"];

/// A rule names one thing of the kind that it is for, and an entity type where the thing has none.
pub(super) fn targets(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.nodes {
        match node.element.name {
            "AutomationRule" => match node.written("Type").filter(|kind| KINDS.contains(kind)) {
                Some(kind) => target(node, kind, problems),
                None if node.attribute("Type").is_none() => {
                    let hint = "add Type=\"…\", or write <SingleRoleAutomationRule> and its like";
                    problems.error("automation-target", &node.span, "<AutomationRule> does not say its Type", hint);
                }
                None => {}
            },
            name => {
                if let Some(kind) = name.strip_suffix("AutomationRule").filter(|kind| KINDS.contains(kind)) {
                    target(node, kind, problems);
                }
            }
        }
    }
}

fn target(node: &Node, kind: &str, problems: &mut Problems<'_>) {
    if node.written(kind).is_none_or(str::is_empty) {
        let message = format!("<{}> names no {kind}", node.element.name);
        problems.error("automation-target", &node.span, message, format!("add {kind}=\"…\""));
    }
    // A category lies in a policy, and a role in both: those may stand beside it.
    for other in KINDS.iter().filter(|other| **other != kind && !["Category", "Policy"].contains(*other)) {
        if let Some(attribute) = node.attribute(other) {
            let message = format!("a rule about a {kind} takes no {other}");
            problems.error("automation-target", &attribute.name_span, message, "leave it out, or use the form for it");
        }
    }
    let entity_type = node.attribute("EntityType").filter(|attribute| !attribute.value.is_empty());
    match (["Category", "Policy"].contains(&kind), entity_type) {
        (true, None) => {
            let message = format!("<{}> does not say whose assignments it decides", node.element.name);
            problems.error("automation-entity-type", &node.span, message, "add EntityType=\"…\"");
        }
        (false, Some(attribute)) => {
            let message = format!("the {kind} says the entity type already");
            problems.error("automation-entity-type", &attribute.name_span, message, "leave out EntityType");
        }
        _ => {}
    }
}
