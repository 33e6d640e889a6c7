//! What must hold between elements. Each check is one function in [`CHECKS`]; a check looks at what is there and
//! reports, and never stops at the first problem.

mod access;
mod associations;
mod connections;
mod duplicates;
mod expressions;
mod formats;
mod identifiers;
mod mappings;
mod model;
mod references;
mod slots;

use super::node::Node;
use super::source::Problems;
pub(super) use expressions::is_body;
use model::Model;

/// What a check gets to see.
pub(super) struct Context<'a> {
    /// All elements at the root, merged.
    nodes: &'a [Node],
    /// Who is who.
    model: Model<'a>,
}

type Check = fn(&Context<'_>, &mut Problems<'_>);

/// All checks.
const CHECKS: &[Check] = &[
    duplicates::identities,
    duplicates::connections_without_case,
    duplicates::language_numbers,
    references::references,
    references::property_paths,
    references::property_names,
    identifiers::entity_types,
    identifiers::names_of_files,
    identifiers::properties,
    identifiers::connections,
    slots::range_of_kind,
    slots::shared,
    slots::values_without_slot,
    slots::navigations_in_value_slots,
    slots::key_property,
    associations::ends,
    associations::ends_used_once,
    associations::navigations_without_association,
    mappings::tables,
    mappings::primary_key,
    mappings::unique_keys,
    mappings::properties,
    mappings::association_keys,
    connections::transformations,
    connections::years,
    connections::patterns,
    formats::formats,
    formats::files,
    expressions::forms,
    expressions::computed_properties,
    expressions::bindings,
    access::everything_for_everybody,
];

/// Runs every check.
pub(super) fn run(nodes: &[Node], problems: &mut Problems<'_>) {
    let context = Context { nodes, model: Model::new(nodes) };
    for check in CHECKS {
        check(&context, problems);
    }
}

impl<'a> Context<'a> {
    /// Root elements of one definition.
    fn all(&self, element: &'static super::dialect::Element) -> impl Iterator<Item = &'a Node> + use<'a> {
        self.nodes.iter().filter(move |node| std::ptr::eq(node.element, element))
    }
}

/// Calls `f` with every element and its parent, parents first.
fn walk<'a>(nodes: &'a [Node], parent: Option<&'a Node>, f: &mut dyn FnMut(&'a Node, Option<&'a Node>)) {
    for node in nodes {
        f(node, parent);
        walk(&node.children, Some(node), f);
    }
}
