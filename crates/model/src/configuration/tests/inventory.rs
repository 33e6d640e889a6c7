//! Every element and attribute of the documentation is understood.

use super::super::dialect::{self, Attribute, Element, Kind};
use super::*;

const INVENTORY: &str = include_str!("inventory.txt");

/// Elements by path, with the attributes that the documentation lists.
fn inventory() -> impl Iterator<Item = (Vec<&'static str>, Vec<&'static str>)> {
    INVENTORY.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut words = line.split(' ');
        (words.next().unwrap().split('/').collect(), words.collect())
    })
}

/// A legal value.
fn sample(attribute: &Attribute) -> String {
    match attribute.kind {
        Kind::Bool => "1".to_owned(),
        Kind::Int(_, most) => most.to_string(),
        Kind::Float => "0.5".to_owned(),
        Kind::Date => "2024-02-29".to_owned(),
        Kind::Enum(list) => list.names().last().unwrap().to_owned(),
        Kind::PropertyPath => "A:B".to_owned(),
        Kind::Expression => "C#:x:return x;".to_owned(),
        _ => "x".to_owned(),
    }
}

/// An element with the given attributes, and below it the elements of the path.
pub(super) fn legal_file(path: &[&str], attributes: &[&str]) -> String {
    fn write(parent: Option<&'static Element>, path: &[&str], attributes: &[&str]) -> String {
        let [name, below @ ..] = path else {
            return String::new();
        };
        let element = match parent {
            None => dialect::root(name),
            Some(parent) => parent.child(name),
        };
        let element = element.unwrap_or_else(|| panic!("{name} is not known at {path:?}"));
        let mut text = format!("<{name}");
        let own: &[&str] = if below.is_empty() { attributes } else { &[] };
        for name in own {
            let (attribute, _, _) =
                element.attribute(name).unwrap_or_else(|| panic!("{name} of {} is not known", element.name));
            text.push_str(&format!(" {name}=\"{}\"", sample(attribute)));
        }
        let given = |required: &Attribute| own.iter().any(|name| required.canonical(name).is_some());
        for required in element.all_attributes().filter(|attribute| attribute.required && !given(attribute)) {
            text.push_str(&format!(" {}=\"{}\"", required.members()[0], sample(required)));
        }
        format!("{text}>{}</{name}>", write(Some(element), below, attributes))
    }
    file(&write(None, path, attributes))
}

#[test]
fn every_documented_element_parses_with_all_its_attributes() {
    let shape = [
        "unknown-element",
        "misplaced-element",
        "unknown-attribute",
        "attribute-twice",
        "wrong-type",
        "out-of-range",
        "unknown-value",
        "missing-attribute",
        "missing-label",
        "not-well-formed",
    ];
    let mut count = 0;
    for (path, attributes) in inventory() {
        let text = legal_file(&path, &attributes);
        let parsed = parse(&[("conf.xml".to_owned(), text)]);
        let wrong: Vec<String> = parsed
            .problems
            .iter()
            .filter(|problem| shape.contains(&problem.code.as_str()))
            .map(|problem| problem.message.clone())
            .collect();
        assert!(wrong.is_empty(), "{path:?}: {wrong:?}");
        // Nothing is lost: each attribute that differs from its default is in the item.
        let mut item = &parsed.items[0];
        for _ in &path[1..] {
            item = &item.children[0];
        }
        let element = path.iter().fold(None::<&'static Element>, |parent, name| match parent {
            None => dialect::root(name),
            Some(parent) => parent.child(name),
        });
        for name in &attributes {
            let (attribute, canonical, _) = element.unwrap().attribute(name).unwrap();
            let kept = item.get(&canonical).is_some();
            let is_default = attribute.default.is_some();
            assert!(kept || is_default, "{path:?}: {name} is lost");
        }
        count += 1;
    }
    assert!(count > 300, "the inventory has {count} lines only");
}

/// Defaults are legal, canonical values of their attributes; keys exist.
#[test]
fn the_tables_are_sound() {
    dialect::visit(&mut |element| {
        let mut names = std::collections::BTreeSet::new();
        for attribute in element.all_attributes() {
            for name in attribute.spellings() {
                assert!(names.insert(name.clone()), "{} has {name} twice", element.name);
            }
            assert!(attribute.doc.ends_with('.'), "{}: {}", element.name, attribute.doc);
            if let Some(default) = attribute.default {
                let canonical = values::canonical(attribute.kind, default).ok();
                assert_eq!(canonical.as_deref(), Some(default), "default of {}/@{}", element.name, attribute.name);
            }
        }
        let mut children = std::collections::BTreeSet::new();
        for child in element.all_children() {
            for name in std::iter::once(&child.name).chain(child.aliases) {
                assert!(children.insert(*name), "{} holds {name} twice", element.name);
            }
        }
        let keys = match element.identity {
            dialect::Identity::Unique(keys) | dialect::Identity::Natural(keys) => keys,
            dialect::Identity::Single => &[],
        };
        for key in keys {
            assert!(element.all_attributes().any(|a| a.name == *key), "{} has no key {key}", element.name);
        }
    });
    let mut roots = std::collections::BTreeSet::new();
    for element in dialect::roots() {
        for name in std::iter::once(&element.name).chain(element.aliases) {
            assert!(roots.insert(*name), "two root elements are called {name}");
        }
    }
}
