//! Names of other elements.

use super::Context;
use super::model::is_automatic;
use crate::configuration::dialect::{self, Kind};
use crate::configuration::nearest::nearest;
use crate::configuration::node::{Node, NodeAttribute};
use crate::configuration::source::Problems;
use crate::configuration::values::property_path;
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

fn reference(
    context: &Context<'_>,
    node: &Node,
    attribute: &NodeAttribute,
    class: &str,
    problems: &mut Problems<'_>,
) {
    let value = attribute.value.as_str();
    let known = context.model.identifiers.get(class);
    if value.is_empty() || known.is_some_and(|known| known.contains(value)) {
        return;
    }
    let near = nearest(value, known.into_iter().flatten().copied());
    // What the engine does not act on yet may name things that a generator makes, or that are built in.
    let severity = match (node.element.acted_on, near) {
        (true, _) => Severity::Error,
        (false, Some(_)) => Severity::Warning,
        (false, None) => Severity::Note,
    };
    let message = format!("\"{}\" names no {class}: \"{value}\"", attribute.name);
    let hint = match near {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if node.element.acted_on => {
            format!("declare <{class} Identifier=\"{value}\">, or correct the name")
        }
        None => "it may be built in or generated".to_owned(),
    };
    problems.add(
        severity,
        "dangling-reference",
        &attribute.value_span,
        message,
        hint,
    );
}

/// `EntityType:Property` references.
pub(super) fn property_paths(context: &Context<'_>, problems: &mut Problems<'_>) {
    super::walk(context.nodes, None, &mut |node, _| {
        for attribute in node
            .attributes
            .iter()
            .filter(|a| a.valid && matches!(a.kind(), Kind::PropertyPath))
        {
            let Some((entity_type, property)) = property_path(&attribute.value) else {
                continue;
            };
            match context.model.entity_types.get(entity_type) {
                None => {
                    let near = nearest(entity_type, context.model.entity_types.keys().copied());
                    let message = format!(
                        "\"{}\" names no EntityType: \"{entity_type}\"",
                        attribute.name
                    );
                    problems.error(
                        "dangling-reference",
                        &attribute.value_span,
                        message,
                        did_you_mean(near),
                    );
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
                unknown_property(
                    context,
                    node.identifier(),
                    mapped.identifier(),
                    attribute,
                    problems,
                );
            }
        }
    }
    for node in context.all(&dialect::ENTITY_PROPERTY_EXPRESSION) {
        if let Some(attribute) = node
            .attribute("Property")
            .filter(|a| a.value == "Id" || !is_automatic(&a.value))
        {
            unknown_property(
                context,
                node.value("EntityType"),
                &attribute.value,
                attribute,
                problems,
            );
        }
    }
    for entity_type in context.all(&dialect::ENTITY_TYPE) {
        for property in entity_type.children_of(&dialect::PROPERTY) {
            for attribute in property
                .attributes
                .iter()
                .filter(|a| matches!(a.kind(), Kind::Property))
            {
                unknown_property(
                    context,
                    entity_type.identifier(),
                    &attribute.value,
                    attribute,
                    problems,
                );
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
    let near = nearest(property, view.properties.keys().copied());
    let message = format!("entity type \"{entity_type}\" has no property \"{property}\"");
    problems.error(
        "unknown-property",
        &attribute.value_span,
        message,
        did_you_mean(near),
    );
}

/// The nearest name as a hint, if there is one.
pub(super) fn did_you_mean(near: Option<&str>) -> String {
    near.map_or_else(
        || "declare it, or correct the name".to_owned(),
        |near| format!("did you mean \"{near}\"?"),
    )
}
