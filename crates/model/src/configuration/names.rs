//! One name for each definition, for the schema and the reference page: `EntityType`, `EntityType.Property`.

use super::dialect::{self, Element};
use std::collections::BTreeMap;

/// Names of all definitions.
pub(super) struct DefinitionNames {
    names: BTreeMap<usize, String>,
}

fn key(element: &'static Element) -> usize {
    std::ptr::from_ref(element) as usize
}

impl DefinitionNames {
    /// A root element is called by its name, another one by its first parent and its name.
    pub(super) fn new() -> DefinitionNames {
        let mut names: BTreeMap<usize, String> = BTreeMap::new();
        for element in dialect::roots() {
            names.insert(key(element), element.name.to_owned());
        }
        dialect::visit(&mut |parent| {
            let parent_name = names.get(&key(parent)).cloned().unwrap_or_default();
            for child in parent.all_children() {
                names.entry(key(child)).or_insert_with(|| format!("{parent_name}.{}", child.name));
            }
        });
        DefinitionNames { names }
    }

    /// The name of a definition.
    pub(super) fn of(&self, element: &'static Element) -> &str {
        self.names.get(&key(element)).map_or(element.name, String::as_str)
    }
}
