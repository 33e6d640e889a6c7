//! The policy: roles, resource types, rules, dimensions, contexts, risks.

mod automation;
mod bindings;
mod contexts;
mod cycles;
mod dimensions;
mod offsets;
mod properties;
mod rules;
mod types;

use super::{Check, Context};
use crate::configuration::node::Node;

/// The checks of the policy.
pub(super) const CHECKS: &[Check] = &[
    properties::of_rules,
    properties::of_other_elements,
    bindings::operands,
    bindings::paths,
    types::roles_and_rules,
    cycles::roles,
    cycles::categories,
    cycles::resource_types,
    dimensions::columns,
    dimensions::trees,
    dimensions::uses,
    contexts::one_rule_for_an_entity_type,
    contexts::sections,
    rules::orphans,
    rules::suggestions,
    rules::risks,
    rules::navigations_served_twice,
    rules::resource_types_without_rules,
    offsets::overlaps,
    automation::targets,
];

impl<'a> Context<'a> {
    /// Root elements of this name.
    fn named(&self, name: &'static str) -> impl Iterator<Item = &'a Node> + use<'a> {
        self.nodes.iter().filter(move |node| node.element.name == name)
    }

    /// The root element of this name and identifier.
    fn one(&self, name: &'static str, identifier: &str) -> Option<&'a Node> {
        self.named(name).find(|node| node.identifier() == identifier)
    }
}

/// Children of this name.
fn below<'a>(node: &'a Node, name: &'static str) -> impl Iterator<Item = &'a Node> {
    node.children.iter().filter(move |child| child.element.name == name)
}

/// The rule elements that a resource type holds.
const RESOURCE_RULES: [&str; 5] = ["TypeRule", "ScalarRule", "NavigationRule", "QueryRule", "BinaryRule"];
