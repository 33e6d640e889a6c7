//! Items with their definitions, which give the defaults.

use super::dialect::Element;
use super::item::Item;
use super::types::{Limit, PropertyPath};
use super::values::property_path;

/// An item with its definition.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    /// What was written.
    pub(super) item: &'a Item,
    /// What may be written.
    pub(super) element: &'static Element,
}

impl<'a> View<'a> {
    /// The value: written, or its default, or empty.
    pub(super) fn text(self, name: &str) -> String {
        self.item.get(name).or_else(|| self.element.default_of(name)).unwrap_or_default().to_owned()
    }

    /// The value, if one was written.
    pub(super) fn optional(self, name: &str) -> Option<String> {
        self.item.get(name).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// Whether a yes-or-no value is true.
    pub(super) fn is(self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// A number; 0 when it is none.
    pub(super) fn number<N: std::str::FromStr + Default>(self, name: &str) -> N {
        self.text(name).parse().unwrap_or_default()
    }

    /// A number, if one was written.
    pub(super) fn optional_number<N: std::str::FromStr>(self, name: &str) -> Option<N> {
        self.item.get(name)?.parse().ok()
    }

    /// Absolute and percent threshold.
    pub(super) fn limit(self, lines: &str, percent: &str) -> Limit {
        Limit { lines: self.number(lines), percent: self.number(percent) }
    }

    /// `EntityType:Property`.
    pub(super) fn path(self, name: &str) -> PropertyPath {
        property_path(&self.text(name)).map_or_else(PropertyPath::default, |(entity_type, property)| PropertyPath {
            entity_type: entity_type.to_owned(),
            property: property.to_owned(),
        })
    }

    /// Name of the file without its extension.
    pub(super) fn table(self) -> String {
        let name = self.text("ConnectionTable");
        match name.len().checked_sub(4).and_then(|at| name.split_at_checked(at)) {
            Some((stem, extension)) if extension.eq_ignore_ascii_case(".csv") => stem.to_owned(),
            _ => name,
        }
    }

    /// Children of one name.
    pub(super) fn named(self, name: &str) -> impl Iterator<Item = View<'a>> + use<'a> {
        let element: Option<&'static Element> = self.element.child(name);
        element.into_iter().flat_map(move |element| self.children(element))
    }

    /// Children of one definition.
    pub(super) fn children(self, element: &'static Element) -> impl Iterator<Item = View<'a>> {
        self.item.children.iter().filter(|item| item.element == element.name).map(move |item| View { item, element })
    }
}
