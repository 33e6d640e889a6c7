//! The dialect as data: every element and attribute, with type, default and a sentence for people.
//!
//! Parser, defaults, schema, reference page and exporter all read these tables, so that they cannot disagree. To add
//! an attribute, add its line; to add an element, add its `static` and name it in the `ROOT` list of its file or in
//! the children of its parent.

mod access;
mod common;
mod connectors;
mod contexts;
mod definition;
mod enumerations;
mod forms;
mod jobs;
mod metadata;
mod provisioning;
mod roles;
mod scaffoldings;
mod screens;
mod settings;
mod workflows;

pub use connectors::{
    AGENT, CONNECTION, CONNECTION_TABLE, CONNECTOR, ENTITY_ASSOCIATION_MAPPING, ENTITY_TYPE_MAPPING, LANGUAGE,
    MAPPED_PROPERTY, TRANSFORMATION,
};
pub use definition::{Attribute, Element, Enumeration, Identity, Kind, LANGUAGES, Names};
pub use metadata::{ENTITY_ASSOCIATION, ENTITY_PROPERTY_EXPRESSION, ENTITY_TYPE, PROPERTY};

/// Namespace of every file.
pub const NAMESPACE: &str = "urn:schemas-usercube-com:configuration";
/// Root element of every file.
pub const ROOT_ELEMENT: &str = "ConfigurationFile";

/// Parts of the dialect, with a title for people, in the order of the reference page.
pub static PARTS: &[(&str, &[&Element])] = &[
    ("Connectors and synchronisation", connectors::ROOT),
    ("Entity model", metadata::ROOT),
    ("Provisioning", provisioning::ROOT),
    ("Jobs", jobs::ROOT),
    ("Tasks", jobs::ROOT_TASKS),
    ("Policy and rules", roles::ROOT),
    ("Contexts, naming, mining and risks", contexts::ROOT),
    ("Workflows and notifications", workflows::ROOT),
    ("Forms", forms::ROOT),
    ("Screens", screens::ROOT),
    ("Access control", access::ACCESS),
    ("Governance", access::GOVERNANCE),
    ("Settings", settings::ROOT),
    ("Scaffoldings that make jobs", scaffoldings::JOBS),
    ("Other scaffoldings", scaffoldings::OTHERS),
];

/// All elements that stand at the root.
pub fn roots() -> impl Iterator<Item = &'static Element> {
    PARTS.iter().flat_map(|(_, elements)| elements.iter().copied())
}

/// The root element with this name or alias.
pub fn root(name: &str) -> Option<&'static Element> {
    roots().find(|element| element.is_called(name))
}

/// Names of the elements in which an element called `name` may stand (`ConfigurationFile` for the root).
pub fn parents_of(name: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    if root(name).is_some() {
        found.push(ROOT_ELEMENT);
    }
    visit(&mut |element| {
        if element.child(name).is_some() && !found.contains(&element.name) {
            found.push(element.name);
        }
    });
    found
}

/// Calls `f` with every element of the dialect once, parents before children.
pub fn visit(f: &mut dyn FnMut(&'static Element)) {
    let mut seen: std::collections::HashSet<*const Element> = std::collections::HashSet::new();
    let mut queue: std::collections::VecDeque<&'static Element> = roots().collect();
    while let Some(element) = queue.pop_front() {
        if seen.insert(std::ptr::from_ref(element)) {
            f(element);
            queue.extend(element.all_children());
        }
    }
}
