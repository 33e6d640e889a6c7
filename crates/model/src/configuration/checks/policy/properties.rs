//! Properties that rules are about.

use super::super::model::{is_automatic, kind};
use super::super::references::right_name;
use super::{Context, RESOURCE_RULES, below};
use crate::configuration::node::{Node, NodeAttribute};
use crate::configuration::source::Problems;
use crate::configuration::types::PropertyType;

/// What a property must be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// A value.
    Scalar,
    /// One link or several.
    Navigation,
    /// A file.
    File,
    /// A date.
    Date,
    /// Anything.
    Any,
}

impl Wanted {
    fn told(self) -> &'static str {
        match self {
            Wanted::Scalar => "a value",
            Wanted::Navigation => "a navigation",
            Wanted::File => "a file",
            Wanted::Date => "a date",
            Wanted::Any => "a property",
        }
    }
}

/// Properties of targets, in the rules of resource types.
pub(super) fn of_rules(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.named("ResourceType") {
        let target = node.value("TargetEntityType");
        for (name, wanted) in [
            ("ScalarRule", Wanted::Scalar),
            ("NavigationRule", Wanted::Navigation),
            ("QueryRule", Wanted::Navigation),
            ("BinaryRule", Wanted::File),
        ] {
            for rule in below(node, name) {
                property(context, target, rule, "Property", wanted, problems);
            }
        }
        property(context, node.value("SourceEntityType"), node, "DependsOnOwnerProperty", Wanted::Scalar, problems);
    }
}

/// Properties that other elements of the policy name.
pub(super) fn of_other_elements(context: &Context<'_>, problems: &mut Problems<'_>) {
    let target = |node: &Node| {
        let found = context.one("ResourceType", node.value("ResourceType"));
        found.map(|resource_type| resource_type.value("TargetEntityType"))
    };
    for mapping in context.named("RoleMapping") {
        let Some(accounts) = target(mapping) else { continue };
        property(context, accounts, mapping, "Property", Wanted::Navigation, problems);
        let Some(end) = context.model.end(accounts, mapping.value("Property")) else { continue };
        for item in below(mapping, "Rule").flat_map(|rule| below(rule, "Item")) {
            property(context, end.other_type, item, "Property", Wanted::Scalar, problems);
        }
    }
    for item in context.named("Risk").flat_map(|risk| below(risk, "Rule")).flat_map(|rule| below(rule, "Item")) {
        if let Some(accounts) = target(item) {
            property(context, accounts, item, "Property", Wanted::Navigation, problems);
        }
    }
    for section in context.named("RecordSection") {
        let record = section.value("ResourceEntityType");
        property(context, record, section, "StartProperty", Wanted::Date, problems);
        property(context, record, section, "EndProperty", Wanted::Date, problems);
        for member in below(section, "Property") {
            property(context, record, member, "Property", Wanted::Any, problems);
        }
    }
}

fn property(
    context: &Context<'_>,
    entity_type: &str,
    node: &Node,
    attribute: &str,
    wanted: Wanted,
    problems: &mut Problems<'_>,
) {
    let Some(attribute) = node.attribute(attribute).filter(|attribute| !attribute.value.is_empty()) else {
        return;
    };
    let Some(view) = context.model.entity_types.get(entity_type) else {
        return;
    };
    let name = attribute.value.as_str();
    match view.properties.get(name) {
        Some(property) => {
            let is_rule = RESOURCE_RULES.contains(&node.element.name);
            fits(context, (entity_type, property), attribute, (wanted, is_rule), problems);
        }
        None if wanted == Wanted::Any && is_automatic(name) => {}
        None => {
            let hint = right_name(name, view.properties.keys().copied());
            let message = format!("entity type \"{entity_type}\" has no property \"{name}\"");
            problems.error("unknown-property", &attribute.value_span, message, hint);
        }
    }
}

fn fits(
    context: &Context<'_>,
    (entity_type, property): (&str, &Node),
    attribute: &NodeAttribute,
    (wanted, is_rule): (Wanted, bool),
    problems: &mut Problems<'_>,
) {
    let Some(kind) = kind(property) else { return };
    let is = if context.model.is_navigation(entity_type, property) {
        Wanted::Navigation
    } else if kind == PropertyType::Binary {
        Wanted::File
    } else if kind == PropertyType::DateTime && wanted == Wanted::Date {
        Wanted::Date
    } else {
        Wanted::Scalar
    };
    if wanted == Wanted::Any || is == wanted {
        return;
    }
    let message = format!("\"{entity_type}:{}\" is {}, not {}", attribute.value, is.told(), wanted.told());
    let other = match is {
        Wanted::Scalar => "<ScalarRule>",
        Wanted::Navigation => "<NavigationRule> or <QueryRule>",
        _ => "<BinaryRule>",
    };
    let hint = if is_rule {
        format!("name {}, or use {other}", wanted.told())
    } else {
        format!("name {} of \"{entity_type}\"", wanted.told())
    };
    problems.error("wrong-property-kind", &attribute.value_span, message, hint);
}
