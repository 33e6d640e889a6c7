//! Context rules and record sections.

use super::{Context, below};
use crate::configuration::node::Node;
use crate::configuration::source::Problems;
use std::collections::HashMap;

/// An entity type has one context rule.
pub(super) fn one_rule_for_an_entity_type(context: &Context<'_>, problems: &mut Problems<'_>) {
    let mut seen: HashMap<&str, &Node> = HashMap::new();
    for node in context.named("ContextRule") {
        let entity_type = node.value("SourceEntityType");
        if let Some(first) = seen.get(entity_type) {
            let message = format!("\"{entity_type}\" has a context rule already: \"{}\"", first.identifier());
            let hint = format!("keep one of the two; the first is in {}", problems.words(&first.span));
            problems.error("context-rule-twice", node.value_span("SourceEntityType"), message, hint);
        } else if !entity_type.is_empty() {
            seen.insert(entity_type, node);
        }
    }
}

/// An identity has one default section, and a property of its records lies in one section.
pub(super) fn sections(context: &Context<'_>, problems: &mut Problems<'_>) {
    let mut default: HashMap<&str, &Node> = HashMap::new();
    let mut owner: HashMap<(&str, &str), &Node> = HashMap::new();
    let mut boundaries: HashMap<&str, &Node> = HashMap::new();
    for node in context.named("RecordSection") {
        let identity = node.value("SourceEntityType");
        let members: Vec<&Node> = below(node, "Property").filter(|member| !member.is("IsExcluded")).collect();
        if members.is_empty()
            && let Some(first) = default.insert(identity, node)
        {
            let message = format!("\"{identity}\" has a default section already: \"{}\"", first.identifier());
            let hint = format!("list the properties of one of the two; see {}", problems.words(&first.span));
            problems.error("default-section-twice", &node.span, message, hint);
        }
        if node.is("IsDefaultBoundariesSection")
            && let Some(first) = boundaries.insert(identity, node)
        {
            let message = format!("the dates of \"{identity}\" are those of \"{}\" already", first.identifier());
            let hint = format!("leave it out on one of the two; see {}", problems.words(&first.span));
            problems.error("boundaries-twice", node.value_span("IsDefaultBoundariesSection"), message, hint);
        }
        for member in members {
            let property = member.value("Property");
            if let Some(first) = owner.insert((identity, property), node)
                && !std::ptr::eq(first, node)
            {
                let message = format!("\"{property}\" lies in section \"{}\" already", first.identifier());
                let hint = format!("keep it in one section; see {}", problems.words(&first.span));
                problems.error("property-in-two-sections", member.value_span("Property"), message, hint);
            }
        }
    }
}
