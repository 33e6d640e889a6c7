//! Associations and their two ends.

use super::Context;
use super::model::kind;
use crate::configuration::dialect;
use crate::configuration::node::Node;
use crate::configuration::source::Problems;
use crate::configuration::types::PropertyType;
use crate::configuration::values::property_path;
use std::collections::HashMap;

/// Both ends must be navigations.
pub(super) fn ends(context: &Context<'_>, problems: &mut Problems<'_>) {
    for association in context.all(&dialect::ENTITY_ASSOCIATION) {
        for name in ["Property1", "Property2"] {
            let Some((entity_type, property)) = property_path(association.value(name)) else {
                continue;
            };
            let Some(declared) = context.model.property(entity_type, property) else {
                continue;
            };
            if !matches!(kind(declared), None | Some(PropertyType::ForeignKey | PropertyType::Int64)) {
                let message =
                    format!("\"{entity_type}:{property}\" is a {}, so it cannot hold links", declared.value("Type"));
                let hint = format!("put Type=\"ForeignKey\" on the property ({})", problems.words(&declared.span));
                problems.error("end-of-value", association.value_span(name), message, hint);
            }
        }
    }
}

/// A property is the end of one association, and of one side of it.
pub(super) fn ends_used_once(context: &Context<'_>, problems: &mut Problems<'_>) {
    let mut seen: HashMap<(&str, &str), &Node> = HashMap::new();
    for association in context.all(&dialect::ENTITY_ASSOCIATION) {
        for name in ["Property1", "Property2"] {
            let Some(path) = property_path(association.value(name)) else {
                continue;
            };
            if let Some(first) = seen.insert(path, association) {
                let message = format!("\"{}:{}\" is already an end of \"{}\"", path.0, path.1, first.identifier());
                let hint = format!("each end needs its own property; see {}", problems.words(&first.span));
                problems.error("end-used-twice", association.value_span(name), message, hint);
            }
        }
    }
}

/// A navigation without an association leads nowhere.
pub(super) fn navigations_without_association(context: &Context<'_>, problems: &mut Problems<'_>) {
    for entity_type in context.all(&dialect::ENTITY_TYPE) {
        for property in entity_type.children_of(&dialect::PROPERTY) {
            let end = context.model.end(entity_type.identifier(), property.identifier());
            if kind(property) == Some(PropertyType::ForeignKey) && end.is_none() {
                let message =
                    format!("navigation \"{}\" belongs to no association, so it leads nowhere", property.identifier());
                problems.warning(
                    "navigation-without-association",
                    &property.span,
                    message,
                    "add an <EntityAssociation>",
                );
            }
        }
    }
}
