//! The result of reading a configuration.

use super::checks::{self, Expansion};
use super::dialect::{self, Attribute, Element};
use super::expand;
use super::item::{self, Item};
use super::jobs::TaskKind;
use super::node::Node;
use super::read;
use super::source::{Problems, Sources, Span};
use super::typed::{typed, typed_with};
use super::types::Configuration;
use crate::problem::{Place, Problem, Severity};
use std::collections::{BTreeMap, HashMap};

/// A configuration that was read, with everything that is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// All items, in the order of the files.
    pub items: Vec<Item>,
    /// What the engine acts on. Meaningful only when there are no errors.
    pub configuration: Configuration,
    /// What is wrong, in the order of files, lines and columns.
    pub problems: Vec<Problem>,
    /// What is understood and kept, but not acted on yet.
    pub not_acted_on: Vec<NotActedOn>,
}

/// Something that is understood and kept, but not acted on yet.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotActedOn {
    /// Element, attribute of an element that is acted on, or task of a job that a scaffolding makes: `SingleRole`,
    /// `EntityType/@LicenseTag`, `CreateConnectorsJobs → BuildRoleModelTask`.
    pub element: String,
    /// How many times it occurs.
    pub count: usize,
    /// Where it occurs first.
    pub first: Option<Place>,
}

/// Reads a configuration: path (as the user would write it) and text of each file. Never fails: all problems are in
/// the result.
pub fn parse(files: &[(String, String)]) -> Parsed {
    let sources = Sources::new(files);
    let mut problems = Problems::new(&sources);
    let nodes = read::read(&sources, &mut problems);
    let nodes = read::merge_additions(nodes, &mut problems);
    read::required(&nodes, &mut problems);
    let items = item::items(&nodes, &sources);
    let (generated, unresolved) = expand::with_unresolved(&items);
    checks::run(&nodes, &items, &Expansion { generated: &generated, unresolved }, &sources, &mut problems);
    let not_acted_on = not_acted_on(&nodes, &generated, &sources);
    Parsed { configuration: typed_with(&items, &generated), items, problems: problems.finish(), not_acted_on }
}

impl Parsed {
    /// The typed configuration of stored items, which were checked before they were stored.
    pub fn from_items(items: Vec<Item>) -> Parsed {
        Parsed { configuration: typed(&items), items, ..Parsed::default() }
    }

    /// Whether something must be mended before it can be deployed.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }
}

fn not_acted_on(nodes: &[Node], generated: &[Item], sources: &Sources<'_>) -> Vec<NotActedOn> {
    let mut found: BTreeMap<String, (usize, Span)> = BTreeMap::new();
    gather(nodes, "", &mut found);
    let made: Vec<(&Item, TaskKind)> =
        generated.iter().filter_map(|item| Some((item, TaskKind::of(&item.element)?))).collect();
    if made.iter().any(|(_, kind)| !kind.is_acted_on()) {
        let place = |node: &Node| (sources.files[node.span.file].path, sources.position(&node.span));
        let places: HashMap<(&str, (u32, u32)), &Node> = nodes.iter().map(|node| (place(node), node)).collect();
        for (item, kind) in made.into_iter().filter(|(_, kind)| !kind.is_acted_on()) {
            let node = item.position.and_then(|position| places.get(&(item.file.as_str(), position)));
            if let Some(node) = node.filter(|node| node.element.acted_on) {
                let name = format!("{} → {}", node.element.name, kind.element());
                found.entry(name).or_insert_with(|| (0, node.span.clone())).0 += 1;
            }
        }
    }
    found
        .into_iter()
        .map(|(element, (count, span))| NotActedOn { element, count, first: Some(sources.place(&span)) })
        .collect()
}

/// Elements by their path below the root. What is inside an element that is not acted on is not listed again.
fn gather(nodes: &[Node], parent: &str, found: &mut BTreeMap<String, (usize, Span)>) {
    let mut add = |name: String, span: &Span| found.entry(name).or_insert_with(|| (0, span.clone())).0 += 1;
    let mut acted_on = Vec::new();
    for node in nodes {
        let path =
            if parent.is_empty() { node.element.name.to_owned() } else { format!("{parent}/{}", node.element.name) };
        if !node.element.acted_on {
            add(path, &node.span);
            continue;
        }
        for attribute in &node.attributes {
            let unusual = attribute.definition.and_then(|d| d.default) != Some(attribute.value.as_str());
            if unusual
                && attribute.definition.is_some_and(|definition| is_inert(node.element, definition, &attribute.name))
            {
                add(format!("{path}/@{}", attribute.name), &attribute.name_span);
            }
        }
        acted_on.push((node, path));
    }
    for (node, path) in acted_on {
        gather(&node.children, &path, found);
    }
}

/// Labels in other languages than the main one are kept, and shown by nothing yet.
fn is_inert(_element: &Element, definition: &Attribute, name: &str) -> bool {
    definition.inert || (definition.names == dialect::Names::Localised && !name.ends_with("_L1"))
}
