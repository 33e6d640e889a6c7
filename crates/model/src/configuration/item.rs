//! Configuration items: what is stored, compared and exported.

use super::dialect::{self, Element, Identity};
use super::node::Node;
use super::source::Sources;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// One element of the configuration in canonical form: names and values have one spelling, defaults are left out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Item {
    /// Name of the element.
    pub element: String,
    /// What tells it apart from other items of this element under the same parent. Stable: the identifier where there
    /// is one, else the attributes that make it what it is, else a digest of its content.
    pub identity: String,
    /// Name and value of its attributes, in the order of the dialect.
    pub attributes: Vec<(String, String)>,
    /// Its children, in document order.
    pub children: Vec<Item>,
    /// Path of the file that it came from; empty when it came from none.
    pub file: String,
    /// Line and column in that file, as it was deployed. Kept for explanations, not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<(u32, u32)>,
}

impl PartialEq for Item {
    fn eq(&self, other: &Item) -> bool {
        self.file == other.file && self.same_content(other) && self.children == other.children
    }
}

impl Eq for Item {}

impl Item {
    /// The value of this attribute, if it differs from the default.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether two items say the same, whatever files they come from.
    pub fn same_content(&self, other: &Item) -> bool {
        self.element == other.element
            && self.identity == other.identity
            && self.attributes == other.attributes
            && self.children.len() == other.children.len()
            && self.children.iter().zip(&other.children).all(|(a, b)| a.same_content(b))
    }

    /// An item that a program makes: attributes in the order of the dialect, defaults and empty values left out.
    /// Nothing when the dialect has no such element.
    pub fn made(element: &str, attributes: &[(&str, String)], children: Vec<Item>, file: &str) -> Option<Item> {
        Item::within(dialect::root(element)?, attributes, children, file)
    }

    /// An item that a program makes to stand in an element of the root: `made_in("ResourceType", "NavigationRule", …)`.
    pub fn made_in(parent: &str, element: &str, attributes: &[(&str, String)], file: &str) -> Option<Item> {
        Item::within(dialect::root(parent)?.child(element)?, attributes, Vec::new(), file)
    }

    fn within(
        element: &'static Element,
        attributes: &[(&str, String)],
        children: Vec<Item>,
        file: &str,
    ) -> Option<Item> {
        let mut known = Vec::new();
        for (name, value) in attributes.iter().filter(|(_, value)| !value.is_empty()) {
            let (attribute, name, rank) = element.attribute(name)?;
            if attribute.default != Some(value.as_str()) {
                known.push((rank, (name, value.clone())));
            }
        }
        known.sort();
        let mut item = Item {
            element: element.name.to_owned(),
            attributes: known.into_iter().map(|(_, attribute)| attribute).collect(),
            children,
            file: file.to_owned(),
            ..Item::default()
        };
        item.identity = identity(&item, element);
        Some(item)
    }

    /// Whether two items of the same content stand in the same places.
    pub fn same_places(&self, other: &Item) -> bool {
        self.file == other.file
            && self.position == other.position
            && self.children.iter().zip(&other.children).all(|(a, b)| a.same_places(b))
    }

    /// The identity without the number that tells apart items that would share it.
    pub(super) fn base_identity(&self) -> &str {
        match self.identity.rsplit_once(" #") {
            Some((base, number)) if number.bytes().all(|b| b.is_ascii_digit()) => base,
            _ => &self.identity,
        }
    }

    /// One text for all that it says, for digests and for ordering.
    fn content(&self) -> String {
        let mut text = self.element.clone();
        for (name, value) in &self.attributes {
            text.push_str(&format!("\u{1}{name}\u{2}{value}"));
        }
        for child in &self.children {
            text.push('\u{3}');
            text.push_str(&child.content());
            text.push('\u{4}');
        }
        text
    }
}

/// Adds items to a configuration: children to the item that has the same identity where a second element adds to the
/// first, otherwise the items themselves.
pub fn extended(mut items: Vec<Item>, additions: Vec<Item>) -> Vec<Item> {
    for addition in additions {
        let is_additive = dialect::root(&addition.element).is_some_and(|element| element.additive);
        let same = |item: &&mut Item| item.element == addition.element && item.identity == addition.identity;
        match items.iter_mut().find(same).filter(|_| is_additive) {
            Some(first) => {
                first.children.extend(addition.children);
                renumber(&mut first.children, dialect::root(&first.element));
            }
            None => items.push(addition),
        }
    }
    renumber(&mut items, None);
    items
}

/// Numbers items that would share an identity again.
fn renumber(items: &mut [Item], parent: Option<&'static Element>) {
    let definition = |item: &Item| match parent {
        Some(parent) => parent.child(&item.element),
        None => dialect::root(&item.element),
    };
    let elements: Option<Vec<&'static Element>> = items.iter().map(definition).collect();
    if let Some(elements) = elements {
        for item in items.iter_mut() {
            item.identity = item.base_identity().to_owned();
        }
        number(items, &elements);
    }
}

/// Makes items of elements that were read.
pub(super) fn items(nodes: &[Node], sources: &Sources<'_>) -> Vec<Item> {
    let mut items: Vec<Item> = nodes.iter().map(|node| item(node, sources)).collect();
    let elements: Vec<&'static Element> = nodes.iter().map(|node| node.element).collect();
    number(&mut items, &elements);
    items
}

fn item(node: &Node, sources: &Sources<'_>) -> Item {
    let attributes = node.attributes.iter().filter(|attribute| {
        let default = attribute.definition.and_then(|definition| definition.default);
        attribute.valid && default != Some(attribute.value.as_str())
    });
    let mut item = Item {
        element: node.element.name.to_owned(),
        identity: String::new(),
        attributes: attributes.map(|a| (a.name.clone(), a.value.clone())).collect(),
        children: items(&node.children, sources),
        file: sources.files[node.span.file].path.to_owned(),
        position: Some(sources.position(&node.span)),
    };
    item.identity = identity(&item, node.element);
    item
}

fn identity(item: &Item, element: &'static Element) -> String {
    let named = match element.identity {
        Identity::Single => Some(String::new()),
        Identity::Unique(keys) => {
            let values: Option<Vec<&str>> =
                keys.iter().map(|key| item.get(key).or_else(|| element.default_of(key))).collect();
            values.map(|values| values.join("/"))
        }
        Identity::Natural(keys) => {
            let of_key =
                |name: &str| element.attribute(name).is_some_and(|(attribute, _, _)| keys.contains(&attribute.name));
            let parts: Vec<String> = item
                .attributes
                .iter()
                .filter(|(name, _)| keys.is_empty() || of_key(name))
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            Some(parts.join(", ")).filter(|named| named.chars().count() <= 200 && !named.is_empty())
        }
    };
    named
        .filter(|name| !name.is_empty() || element.identity == Identity::Single)
        .unwrap_or_else(|| digest(&item.content()))
}

/// Numbers items that would share an identity, in the order of their content, so that file order does not matter.
fn number(items: &mut [Item], elements: &[&'static Element]) {
    let mut groups: HashMap<(String, String), Vec<usize>> = HashMap::new();
    for (at, item) in items.iter().enumerate() {
        groups.entry((item.element.clone(), item.identity.clone())).or_default().push(at);
    }
    for mut group in groups.into_values().filter(|group| group.len() > 1) {
        let unique = matches!(elements[group[0]].identity, Identity::Unique(keys) if keys.iter().all(|key| items[group[0]].get(key).is_some()));
        if unique || elements[group[0]].identity == Identity::Single {
            continue;
        }
        group.sort_by_cached_key(|at| items[*at].content());
        for (n, at) in group.into_iter().enumerate().skip(1) {
            items[at].identity.push_str(&format!(" #{}", n + 1));
        }
    }
}

/// FNV-1a: short, stable for ever, and nobody gains by forging it.
fn digest(text: &str) -> String {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("({hash:016x})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::{export, parse, plan};

    #[test]
    fn what_a_program_adds_is_what_is_read_again() {
        let root = "ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\"";
        let text = "<ResourceType Identifier=\"R\" Policy=\"Default\"><NavigationRule Property=\"P\" Resource=\"a\"/></ResourceType>";
        let stored = parse(&[("a.xml".to_owned(), format!("<{root}>{text}</ConfigurationFile>"))]).items;
        let rule = |resource: &str| {
            let attributes =
                [("Resource", resource.to_owned()), ("Property", "P".to_owned()), ("IsDenied", "false".to_owned())];
            Item::made_in("ResourceType", "NavigationRule", &attributes, "b.xml").unwrap()
        };
        let added = |rules| Item::made("ResourceType", &[("Identifier", "R".to_owned())], rules, "b.xml").unwrap();
        let role = Item::made(
            "SingleRole",
            &[("Policy", "Default".to_owned()), ("Identifier", "S".to_owned())],
            vec![],
            "b.xml",
        );
        let items = extended(stored, vec![added(vec![rule("b"), rule("a")]), role.unwrap()]);
        let names: Vec<&str> = items[0].children.iter().map(|rule| rule.identity.as_str()).collect();
        assert_eq!(names, ["Property=P, Resource=a", "Property=P, Resource=b", "Property=P, Resource=a #2"]);
        assert_eq!(items[1].attributes[0].0, "Identifier");
        let again = parse(&export(&items)).items;
        assert!(plan(&items, &again).is_empty());
        assert_eq!(Item::made("Nonsense", &[], vec![], ""), None);
    }
}
