//! Dimensions and the attributes that are named by their columns.

use super::super::model::kind;
use super::super::references::right_name;
use super::Context;
use crate::configuration::node::Node;
use crate::configuration::source::Problems;
use crate::configuration::types::PropertyType;
use crate::ids::base32;
use std::collections::BTreeMap;

/// A column belongs to one dimension.
pub(super) fn columns(context: &Context<'_>, problems: &mut Problems<'_>) {
    let mut seen: BTreeMap<i64, &Node> = BTreeMap::new();
    for node in context.named("Dimension") {
        let Some(column) = node.number("ColumnMapping") else { continue };
        if let Some(first) = seen.get(&column) {
            let message = format!("column {column} is taken by dimension \"{}\"", first.identifier());
            let hint = format!("choose another number; see {}", problems.words(&first.span));
            problems.error("dimension-column-twice", node.value_span("ColumnMapping"), message, hint);
        } else {
            seen.insert(column, node);
        }
    }
}

/// A dimension is a tree with a property that leads upwards, or neither.
pub(super) fn trees(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.named("Dimension") {
        let parent = node.attribute("ParentProperty").filter(|attribute| !attribute.value.is_empty());
        match (node.is("IsHierarchical"), parent) {
            (true, None) => {
                let message = format!("{} is hierarchical, but nothing leads to the parent", node.title());
                problems.error(
                    "dimension-tree",
                    node.value_span("IsHierarchical"),
                    message,
                    "add ParentProperty=\"…\"",
                );
            }
            (false, Some(parent)) => {
                let message = format!("{} has a parent, but is not hierarchical", node.title());
                problems.error(
                    "dimension-tree",
                    &parent.value_span,
                    message,
                    "add IsHierarchical=\"true\", or leave it out",
                );
            }
            (true, Some(parent)) => upwards(context, node, &parent.value, problems),
            (false, None) => {}
        }
    }
}

fn upwards(context: &Context<'_>, node: &Node, property: &str, problems: &mut Problems<'_>) {
    let entity_type = node.value("EntityType");
    let span = node.value_span("ParentProperty");
    let Some(view) = context.model.entity_types.get(entity_type) else { return };
    let Some(declared) = view.properties.get(property) else {
        let message = format!("entity type \"{entity_type}\" has no property \"{property}\"");
        return problems.error(
            "unknown-property",
            span,
            message,
            right_name(property, view.properties.keys().copied()),
        );
    };
    let is_link = context.model.is_navigation(entity_type, declared) || kind(declared) == Some(PropertyType::Int64);
    match context.model.end(entity_type, property) {
        Some(end) if end.other_type == entity_type && !end.is_collection => {}
        None if is_link => {}
        _ => {
            let message = format!("\"{entity_type}:{property}\" does not lead to one parent of the same entity type");
            let hint = format!("name a navigation with one link from \"{entity_type}\" to itself");
            problems.error("dimension-tree", span, message, hint);
        }
    }
}

/// Elements whose `D`, `L`, `B`, `P` and `R` attributes are about dimensions.
const ELEMENTS: &[&str] = &[
    "Policy",
    "SingleRole",
    "CompositeRole",
    "SingleRoleRule",
    "CompositeRoleRule",
    "ResourceType",
    "TypeRule",
    "NavigationRule",
    "AutomationRule",
    "CompositeRoleAutomationRule",
    "SingleRoleAutomationRule",
    "ResourceTypeAutomationRule",
    "CategoryAutomationRule",
    "PolicyAutomationRule",
    "ContextRule",
];

/// Columns that are used belong to a dimension; a tree is only where there is one.
pub(super) fn uses(context: &Context<'_>, problems: &mut Problems<'_>) {
    let declared: BTreeMap<String, &Node> = context
        .named("Dimension")
        .filter_map(|node| Some((base32(u8::try_from(node.number("ColumnMapping")?).ok()?), node)))
        .collect();
    super::super::walk(context.nodes, None, &mut |node, _| {
        if ELEMENTS.contains(&node.element.name) {
            uses_of(node, &declared, problems);
        }
    });
}

fn uses_of(node: &Node, declared: &BTreeMap<String, &Node>, problems: &mut Problems<'_>) {
    for attribute in &node.attributes {
        let Some((letter, column)) = attribute.name.split_at_checked(1) else { continue };
        let is_indexed =
            column.len() <= 2 && !column.is_empty() && attribute.definition.is_some_and(|d| d.name == letter);
        let is_said = attribute.value != "false" && !attribute.value.is_empty();
        if !is_indexed || !is_said || !["D", "L", "B", "P", "R"].contains(&letter) {
            continue;
        }
        let Some(dimension) = declared.get(column) else {
            let message = format!("\"{}\" is about a dimension that nobody declares", attribute.name);
            let number = u8::from_str_radix(column, 32).map_or_else(|_| column.to_owned(), |number| number.to_string());
            let hint = format!("declare <Dimension ColumnMapping=\"{number}\">, or use the column of one that exists");
            problems.error("unknown-dimension", &attribute.name_span, message, hint);
            continue;
        };
        if letter != "L" {
            continue;
        }
        if node.written(&format!("D{column}")).is_none_or(str::is_empty) {
            let message = format!("\"{}\" has no value to look below", attribute.name);
            problems.warning(
                "dimension-without-value",
                &attribute.name_span,
                message,
                format!("add D{column}=\"…\", or leave it out"),
            );
        } else if !dimension.is("IsHierarchical") {
            let message = format!("dimension \"{}\" has no tree, so nothing is below a value", dimension.identifier());
            let hint = format!("put IsHierarchical and ParentProperty on it ({})", problems.words(&dimension.span));
            problems.warning("dimension-tree", &attribute.name_span, message, hint);
        }
    }
}
