//! Names of other elements.

use super::Context;
use super::model::is_automatic;
use crate::configuration::dialect::{self, Kind};
use crate::configuration::node::{Node, NodeAttribute};
use crate::configuration::policy::DEFAULT_POLICY;
use crate::configuration::source::Problems;
use crate::configuration::values::property_path;
use crate::nearest;
use crate::problem::Severity;

/// Identifiers of other elements.
pub(super) fn references(context: &Context<'_>, problems: &mut Problems<'_>) {
    super::walk(context.nodes, None, &mut |node, _| {
        for attribute in &node.attributes {
            if let Kind::Reference(class) = attribute.kind() {
                reference(context, node, attribute, class, problems);
            }
        }
    });
}

fn reference(context: &Context<'_>, node: &Node, attribute: &NodeAttribute, class: &str, problems: &mut Problems<'_>) {
    let value = attribute.value.as_str();
    let known = context.model.identifiers.get(class);
    if value.is_empty() || known.is_some_and(|known| known.contains(value)) {
        return;
    }
    // Rights may be about what only the product knows, or a later version.
    let certain = node.element.acted_on && !(class == "EntityType" && node.element.name.starts_with("AccessControl"));
    let ships = class == "Policy" && value == DEFAULT_POLICY;
    if ships || (!certain && is_built_in(class, value)) {
        return;
    }
    let gravest = if certain { Severity::Error } else { Severity::Warning };
    if problems.is_full(gravest) {
        return problems.count(gravest);
    }
    let near = nearest::one(value, known.into_iter().flatten().copied());
    // What the engine does not act on yet may name things that a scaffolding makes.
    let severity = if near.is_none() && !certain { Severity::Note } else { gravest };
    let message = format!("\"{}\" names no {class}: \"{value}\"", attribute.name);
    let hint = match near {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if certain => {
            format!("declare <{class} Identifier=\"{value}\">, or correct the name")
        }
        None => "it may be built in, or made by a scaffolding".to_owned(),
    };
    problems.add(severity, "dangling-reference", &attribute.value_span, message, hint);
}

/// Whether the product itself has something of this class and name. Rights, tables and forms are also about what the
/// engine keeps of its own, such as assignments and jobs, which have entity types like resources have.
fn is_built_in(class: &str, name: &str) -> bool {
    const OWN: &[&str] = &[
        "AccessC",
        "Activity",
        "Assigned",
        "Dimension",
        "Entity",
        "Identified",
        "Job",
        "Policy",
        "Provisioning",
        "Resource",
        "Setting",
        "Synchroniz",
        "Task",
        "UserActivity",
        "Workflow",
    ];
    match class {
        "EntityType" => OWN.iter().any(|prefix| name.starts_with(prefix)) || dialect::root(name).is_some(),
        "MenuItem" => ["Dashboard", "Nav", "UserMenu", "Reports", "Top"].contains(&name),
        _ => false,
    }
}

/// `EntityType:Property` references.
pub(super) fn property_paths(context: &Context<'_>, problems: &mut Problems<'_>) {
    super::walk(context.nodes, None, &mut |node, _| {
        for attribute in node.attributes.iter().filter(|a| a.valid && matches!(a.kind(), Kind::PropertyPath)) {
            let Some((entity_type, property)) = property_path(&attribute.value) else {
                continue;
            };
            match context.model.entity_types.get(entity_type) {
                None => {
                    let hint = right_name(entity_type, context.model.entity_types.keys().copied());
                    let message = format!("\"{}\" names no EntityType: \"{entity_type}\"", attribute.name);
                    problems.error("dangling-reference", &attribute.value_span, message, hint);
                }
                Some(_) => unknown_property(context, entity_type, property, attribute, problems),
            }
        }
    });
}

/// Names of properties, where the element says of which entity type.
pub(super) fn property_names(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.all(&dialect::ENTITY_TYPE_MAPPING) {
        for mapped in node.children_of(&dialect::MAPPED_PROPERTY) {
            if let Some(attribute) = mapped.attribute("Identifier") {
                unknown_property(context, node.identifier(), mapped.identifier(), attribute, problems);
            }
        }
    }
    for node in context.all(&dialect::ENTITY_PROPERTY_EXPRESSION) {
        if let Some(attribute) = node.attribute("Property").filter(|a| a.value == "Id" || !is_automatic(&a.value)) {
            unknown_property(context, node.value("EntityType"), &attribute.value, attribute, problems);
        }
    }
    for entity_type in context.all(&dialect::ENTITY_TYPE) {
        for property in entity_type.children_of(&dialect::PROPERTY) {
            for attribute in property.attributes.iter().filter(|a| matches!(a.kind(), Kind::Property)) {
                unknown_property(context, entity_type.identifier(), &attribute.value, attribute, problems);
            }
        }
    }
}

fn unknown_property(
    context: &Context<'_>,
    entity_type: &str,
    property: &str,
    attribute: &NodeAttribute,
    problems: &mut Problems<'_>,
) {
    let Some(view) = context.model.entity_types.get(entity_type) else {
        return;
    };
    if property.is_empty() || view.properties.contains_key(property) {
        return;
    }
    let hint = right_name(property, view.properties.keys().copied());
    let message = format!("entity type \"{entity_type}\" has no property \"{property}\"");
    problems.error("unknown-property", &attribute.value_span, message, hint);
}

/// A hint for a wrong name: the nearest one that exists, else some that do.
pub(super) fn right_name<'a>(wrong: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = nearest::one(wrong, known.clone()) {
        return format!("did you mean \"{near}\"?");
    }
    let mut shown: Vec<&str> = known.take(9).collect();
    if shown.is_empty() {
        return "there are none yet".to_owned();
    }
    if shown.len() > 8 {
        shown[8] = "…";
    }
    format!("there are {}", shown.join(", "))
}
