//! Elements as they stand in the files: with their definition and their places. Checks work on these.

use super::dialect::{Attribute, Element, Kind};
use super::source::Span;

/// One element of a file.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Its definition.
    pub(super) element: &'static Element,
    /// Place of its name.
    pub(super) span: Span,
    /// Its attributes, in the order of the dialect.
    pub(super) attributes: Vec<NodeAttribute>,
    /// Its children, in document order.
    pub(super) children: Vec<Node>,
}

/// One attribute of an element of a file.
#[derive(Clone, Debug)]
pub(super) struct NodeAttribute {
    /// Its definition, unless it is an undocumented one of an open element.
    pub(super) definition: Option<&'static Attribute>,
    /// Canonical name.
    pub(super) name: String,
    /// Canonical value.
    pub(super) value: String,
    /// The value had the right type.
    pub(super) valid: bool,
    /// Place of its name.
    pub(super) name_span: Span,
    /// Place of its value.
    pub(super) value_span: Span,
}

impl Node {
    /// The attribute with this canonical name.
    pub(super) fn attribute(&self, name: &str) -> Option<&NodeAttribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The value written for this attribute.
    pub(super) fn written(&self, name: &str) -> Option<&str> {
        self.attribute(name).map(|attribute| attribute.value.as_str())
    }

    /// The value of this attribute: written, or its default, or empty.
    pub(super) fn value(&self, name: &str) -> &str {
        self.written(name).or_else(|| self.element.default_of(name)).unwrap_or_default()
    }

    /// `Identifier`, or empty.
    pub(super) fn identifier(&self) -> &str {
        self.value("Identifier")
    }

    /// Whether a yes-or-no attribute is true.
    pub(super) fn is(&self, name: &str) -> bool {
        self.value(name) == "true"
    }

    /// A whole number, if the value is one.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.value(name).parse().ok()
    }

    /// Place of the value of this attribute, else of the element.
    pub(super) fn value_span(&self, name: &str) -> &Span {
        self.attribute(name).map_or(&self.span, |attribute| &attribute.value_span)
    }

    /// Children of this definition.
    pub(super) fn children_of<'a>(&'a self, element: &'static Element) -> impl Iterator<Item = &'a Node> {
        self.children.iter().filter(move |child| std::ptr::eq(child.element, element))
    }

    /// For messages: `<Connector Identifier="HR">`.
    pub(super) fn title(&self) -> String {
        match self.written("Identifier") {
            Some(identifier) => format!("<{} Identifier=\"{identifier}\">", self.element.name),
            None => format!("<{}>", self.element.name),
        }
    }
}

impl NodeAttribute {
    /// What kind of value it holds.
    pub(super) fn kind(&self) -> Kind {
        self.definition.map_or(Kind::Text, |definition| definition.kind)
    }
}
