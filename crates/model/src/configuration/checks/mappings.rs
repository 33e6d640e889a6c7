//! Mappings of files to entity types and associations.

use super::Context;
use crate::configuration::dialect;
use crate::configuration::node::Node;
use crate::configuration::source::Problems;
use crate::configuration::values::property_path;

/// Unique keys that a mapping may have besides its primary key.
const MOST_UNIQUE_KEYS: usize = 3;

/// A mapping without connector or file feeds nothing.
pub(super) fn tables(context: &Context<'_>, problems: &mut Problems<'_>) {
    let mappings = context.all(&dialect::ENTITY_TYPE_MAPPING).chain(context.all(&dialect::ENTITY_ASSOCIATION_MAPPING));
    for node in mappings {
        for name in ["Connector", "ConnectionTable"] {
            let required = node.element.attribute(name).is_some_and(|(attribute, _, _)| attribute.required);
            if node.value(name).is_empty() && !required {
                let message = format!("{} has no {name}, so no run reads it", node.title());
                problems.warning("mapping-without-source", &node.span, message, format!("add {name}=\"…\""));
            }
        }
    }
}

/// Exactly one primary key, with a column.
pub(super) fn primary_key(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.all(&dialect::ENTITY_TYPE_MAPPING) {
        let keys: Vec<&Node> = node.children_of(&dialect::MAPPED_PROPERTY).filter(|p| p.is("IsPrimaryKey")).collect();
        match keys.as_slice() {
            [] => {
                let message = format!("mapping \"{}\" has no primary key", node.identifier());
                let hint = "put IsPrimaryKey=\"true\" on the property whose value never changes and is never empty";
                problems.error("primary-key-missing", &node.span, message, hint);
            }
            [first, others @ ..] => {
                for other in others {
                    let message = format!("mapping \"{}\" has a second primary key", node.identifier());
                    let hint = format!("\"{}\" is the first; make this one IsUniqueKey", first.identifier());
                    problems.error("primary-key-twice", other.value_span("IsPrimaryKey"), message, hint);
                }
            }
        }
        for key in keys.iter().filter(|key| key.value("ConnectionColumn").is_empty()) {
            let message = format!("primary key \"{}\" has no column", key.identifier());
            problems.error("primary-key-without-column", &key.span, message, "add ConnectionColumn=\"…\"");
        }
    }
}

/// At most three unique keys besides the primary key.
pub(super) fn unique_keys(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.all(&dialect::ENTITY_TYPE_MAPPING) {
        let keys = node.children_of(&dialect::MAPPED_PROPERTY).filter(|p| p.is("IsUniqueKey") && !p.is("IsPrimaryKey"));
        for key in keys.skip(MOST_UNIQUE_KEYS) {
            let message = format!("mapping \"{}\" has more than {MOST_UNIQUE_KEYS} unique keys", node.identifier());
            let hint = "keep those that associations refer to; the primary key is one without saying so";
            problems.error("too-many-unique-keys", key.value_span("IsUniqueKey"), message, hint);
        }
    }
}

/// Links come from association mappings, not from columns of the entity type.
pub(super) fn properties(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.all(&dialect::ENTITY_TYPE_MAPPING) {
        for mapped in node.children_of(&dialect::MAPPED_PROPERTY) {
            let Some(property) = context.model.property(node.identifier(), mapped.identifier()) else {
                continue;
            };
            if !context.model.is_navigation(node.identifier(), property) {
                continue;
            }
            if mapped.is("IsPrimaryKey") || mapped.is("IsUniqueKey") {
                let message = format!("navigation \"{}\" cannot be a key of the mapping", mapped.identifier());
                problems.error(
                    "mapped-navigation",
                    &mapped.span,
                    message,
                    "a key is a value: map the column to a value property",
                );
            } else if !mapped.value("ConnectionColumn").is_empty() {
                let message = format!("\"{}\" is a navigation: the column feeds nothing here", mapped.identifier());
                let hint = "links come from an <EntityAssociationMapping>";
                problems.warning("mapped-navigation", &mapped.span, message, hint);
            }
        }
    }
}

/// The keys that an association mapping refers to must be mapped keys of the owners of its two properties.
pub(super) fn association_keys(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.all(&dialect::ENTITY_ASSOCIATION_MAPPING) {
        let association = context.all(&dialect::ENTITY_ASSOCIATION).find(|a| a.identifier() == node.identifier());
        for (name, end) in [("EntityPropertyMapping1", "Property1"), ("EntityPropertyMapping2", "Property2")] {
            let Some((entity_type, property)) = property_path(node.value(name)) else {
                continue;
            };
            if let Some((owner, _)) = association.and_then(|a| property_path(a.value(end)))
                && owner != entity_type
            {
                let message = format!("{name} must be a key of \"{owner}\", which owns {end} of the association");
                let hint = format!(
                    "expected \"{owner}:…\"; column {} holds the key of the owner of {end}",
                    &name[name.len() - 1..]
                );
                problems.error("wrong-owner", node.value_span(name), message, hint);
                continue;
            }
            if context.model.property(entity_type, property).is_some() {
                key_of(context, node, name, (entity_type, property), problems);
            }
        }
    }
}

fn key_of(
    context: &Context<'_>,
    node: &Node,
    name: &str,
    (entity_type, property): (&str, &str),
    problems: &mut Problems<'_>,
) {
    let span = node.value_span(name);
    let Some(mapping) = context.model.mappings.get(entity_type) else {
        let message = format!("\"{entity_type}\" has no <EntityTypeMapping>, so \"{property}\" has no values to match");
        return problems.error("key-not-mapped", span, message, "add a mapping of that entity type");
    };
    if mapping.value("Connector") != node.value("Connector") {
        let message = format!(
            "\"{entity_type}\" is mapped by connector \"{}\", not \"{}\"",
            mapping.value("Connector"),
            node.value("Connector")
        );
        let hint = format!("both keys must be mapped by the same connector; see {}", problems.words(&mapping.span));
        return problems.error("wrong-connector", span, message, hint);
    }
    let mapped = mapping.children_of(&dialect::MAPPED_PROPERTY).find(|p| p.identifier() == property);
    let Some(mapped) = mapped.filter(|p| !p.value("ConnectionColumn").is_empty()) else {
        let message = format!("\"{entity_type}:{property}\" is not mapped to a column, so there is nothing to match");
        let hint = format!("map it with IsUniqueKey=\"true\" ({})", problems.words(&mapping.span));
        return problems.error("key-not-mapped", span, message, hint);
    };
    if mapped.is("IsPrimaryKey") || mapped.is("IsUniqueKey") {
        return;
    }
    let is_key = context.model.property(entity_type, property).is_some_and(|p| p.is("IsKey"));
    let message = format!("\"{entity_type}:{property}\" is neither primary nor unique key of its mapping");
    let place = problems.words(&mapped.span);
    if is_key {
        let hint =
            format!("it is a key property, so it is taken for a unique key; say so: IsUniqueKey=\"true\" ({place})");
        problems.warning("key-not-unique", span, message, hint);
    } else {
        problems.error("key-not-unique", span, message, format!("put IsUniqueKey=\"true\" on it ({place})"));
    }
}
