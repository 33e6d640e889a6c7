//! What must hold between elements. Each check is one function in [`CHECKS`]; a check looks at what is there and
//! reports, and never stops at the first problem.

mod access;
mod associations;
mod connections;
mod duplicates;
mod expressions;
mod formats;
mod identifiers;
mod jobs;
mod mappings;
mod model;
mod policy;
mod references;
mod schedules;
mod slots;

use super::expand::Unresolved;
use super::item::Item;
use super::jobs::{PlacedJob, assemble};
use super::node::Node;
use super::source::{Problems, Sources};
use model::Model;
use std::collections::HashMap;

/// What a check gets to see.
pub(super) struct Context<'a> {
    /// All elements at the root, merged.
    nodes: &'a [Node],
    /// Who is who, with what the scaffoldings stand for.
    model: Model<'a>,
    /// Jobs, with those that scaffoldings make.
    jobs: Vec<PlacedJob<'a>>,
    /// The elements and what the scaffoldings stand for, as items.
    items: Vec<&'a Item>,
    /// Arguments of scaffoldings that name nothing.
    unresolved: &'a [Unresolved<'a>],
    /// Elements by file and position.
    places: HashMap<(&'a str, (u32, u32)), &'a Node>,
}

/// What the scaffoldings stand for.
pub(super) struct Expansion<'a> {
    /// The items that they make.
    pub(super) generated: &'a [Item],
    /// Their arguments that name nothing.
    pub(super) unresolved: Vec<Unresolved<'a>>,
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
    access::profiles_of_a_user,
    jobs::identifiers,
    jobs::parents,
    jobs::cycles,
    jobs::agents,
    jobs::overrides,
    jobs::fulfilments,
    jobs::arguments,
    jobs::scaffoldings,
    schedules::expressions,
    schedules::frequent_jobs,
];

/// Runs every check.
pub(super) fn run(
    nodes: &[Node],
    items: &[Item],
    expansion: &Expansion<'_>,
    sources: &Sources<'_>,
    problems: &mut Problems<'_>,
) {
    let mut places = HashMap::new();
    walk(nodes, None, &mut |node, _| {
        let file = sources.files[node.span.file].path;
        places.insert((file, sources.position(&node.span)), node);
    });
    let items: Vec<&Item> = items.iter().chain(expansion.generated).collect();
    let context = Context {
        nodes,
        model: Model::new(nodes, expansion.generated),
        jobs: assemble(&items),
        items,
        unresolved: &expansion.unresolved,
        places,
    };
    for check in CHECKS.iter().chain(policy::CHECKS) {
        check(&context, problems);
    }
}

impl<'a> Context<'a> {
    /// Root elements of one definition.
    fn all(&self, element: &'static super::dialect::Element) -> impl Iterator<Item = &'a Node> + use<'a> {
        self.nodes.iter().filter(move |node| std::ptr::eq(node.element, element))
    }

    /// The element that an item was read from, or the scaffolding that made it.
    fn node_of(&self, item: &Item) -> Option<&'a Node> {
        self.places.get(&(item.file.as_str(), item.position?)).copied()
    }
}

/// Calls `f` with every element and its parent, parents first.
fn walk<'a>(nodes: &'a [Node], parent: Option<&'a Node>, f: &mut dyn FnMut(&'a Node, Option<&'a Node>)) {
    for node in nodes {
        f(node, parent);
        walk(&node.children, Some(node), f);
    }
}
