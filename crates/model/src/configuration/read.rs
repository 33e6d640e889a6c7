//! From text to elements: XML, names, attribute values.

use super::dialect::{self, Element, Kind, NAMESPACE, Names, ROOT_ELEMENT};
use super::node::{Node, NodeAttribute};
use super::source::{LARGEST_FILE, Problems, Source, Sources, Span};
use super::values;
use crate::nearest;
use crate::problem::Severity;
use roxmltree::{Document, Error, ParsingOptions};

/// Deepest nesting of elements.
pub(super) const DEEPEST: usize = 64;
const MOST_NODES: u32 = 4_000_000;
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Reads all files. Additions are not merged yet.
pub(super) fn read(sources: &Sources<'_>, problems: &mut Problems<'_>) -> Vec<Node> {
    let mut nodes = Vec::new();
    for file in 0..sources.files.len() {
        Reader { sources, file, problems }.file(&mut nodes);
    }
    nodes
}

struct Reader<'r, 's, 'p> {
    sources: &'r Sources<'s>,
    file: usize,
    problems: &'r mut Problems<'p>,
}

impl Reader<'_, '_, '_> {
    fn file(&mut self, nodes: &mut Vec<Node>) {
        let Source { text, size, .. } = self.sources.files[self.file];
        if size > LARGEST_FILE {
            let message = format!("this file has {size} bytes; the most is {LARGEST_FILE}");
            self.problems.error("file-too-large", &self.span(0..0), message, "split it into several files");
            return;
        }
        let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
        match Document::parse_with_options(text, options) {
            Ok(document) => self.root(document.root_element(), nodes),
            Err(error) => self.not_well_formed(&error),
        }
    }

    fn not_well_formed(&mut self, error: &Error) {
        let text = self.sources.files[self.file].text;
        let at_end = matches!(error, Error::UnclosedRootNode | Error::UnexpectedEndOfStream | Error::NoRootNode);
        let span = if matches!(error, Error::DtdDetected) {
            let at = text.find("<!DOCTYPE").unwrap_or(0);
            self.span(at..at + 9)
        } else if at_end {
            self.span(text.trim_end().len()..text.len())
        } else {
            self.sources.span_at(self.file, error.pos().row, error.pos().col)
        };
        let (code, hint) = match error {
            Error::DtdDetected => ("dtd-refused", "leave out the <!DOCTYPE …> declaration"),
            Error::NodesLimitReached | Error::AttributesLimitReached => {
                ("file-too-large", "split it into several files")
            }
            Error::MalformedEntityReference(_) | Error::UnknownEntityReference(..) => {
                ("not-well-formed", "write a plain & as &amp;")
            }
            Error::InvalidAttributeValue(_) => ("not-well-formed", "write < inside a value as &lt;"),
            Error::UnexpectedCloseTag(..) | Error::UnclosedRootNode => {
                ("not-well-formed", "close every element, with </Name> or />")
            }
            Error::NoRootNode => ("not-well-formed", "a file holds one <ConfigurationFile> element"),
            _ => ("not-well-formed", "the rest of this file was not read"),
        };
        let said = match error {
            Error::DtdDetected => "document type declarations are not read".to_owned(),
            _ => format!("not well-formed XML: {}", error.to_string().replace(&format!(" at {}", error.pos()), "")),
        };
        self.problems.error(code, &span, said, hint);
    }

    fn root(&mut self, root: roxmltree::Node<'_, '_>, nodes: &mut Vec<Node>) {
        let span = self.name_span(root);
        let name = root.tag_name().name();
        if name != ROOT_ELEMENT {
            let message = format!("the root element is <{name}>");
            self.problems.error(
                "wrong-root",
                &span,
                message,
                format!("expected <{ROOT_ELEMENT} xmlns=\"{NAMESPACE}\">"),
            );
            return;
        }
        self.namespace(root, &span);
        for attribute in root.attributes().filter(|attribute| attribute.namespace() != Some(XSI)) {
            let span = self.span(attribute.range_qname());
            let message = format!("unknown attribute \"{}\" on <{ROOT_ELEMENT}>", attribute.name());
            self.problems.error("unknown-attribute", &span, message, "it takes none besides xmlns");
        }
        self.children(root, None, 1, nodes);
    }

    fn children(
        &mut self,
        parent: roxmltree::Node<'_, '_>,
        within: Option<&'static Element>,
        depth: usize,
        nodes: &mut Vec<Node>,
    ) {
        for child in parent.children() {
            if let Some(text) = child.text().filter(|text| child.is_text() && !text.trim().is_empty()) {
                let start = child.range().start + (text.len() - text.trim_start().len());
                let span = self.span(start..child.range().end);
                let hint = "elements hold attributes and elements; write the text in an attribute or a comment";
                self.problems.error("unexpected-text", &span, "text is not expected here", hint);
            }
            if child.is_element() {
                self.element(child, within, depth, nodes);
            }
        }
    }

    fn element(
        &mut self,
        node: roxmltree::Node<'_, '_>,
        within: Option<&'static Element>,
        depth: usize,
        nodes: &mut Vec<Node>,
    ) {
        let span = self.name_span(node);
        if depth > DEEPEST {
            let message = format!("elements are nested deeper than {DEEPEST} levels");
            self.problems.error("too-deep", &span, message, "no legal configuration needs this");
            return;
        }
        self.namespace(node, &span);
        let name = node.tag_name().name();
        let found = match within {
            None => dialect::root(name),
            Some(parent) => parent.child(name),
        };
        let Some(element) = found else {
            return self.unknown_element(name, within, &span);
        };
        let attributes = self.attributes(node, element);
        let mut children = Vec::new();
        self.children(node, Some(element), depth + 1, &mut children);
        nodes.push(Node { element, span, attributes, children });
    }

    fn namespace(&mut self, node: roxmltree::Node<'_, '_>, span: &Span) {
        if node.tag_name().namespace() == Some(NAMESPACE) {
            return;
        }
        // One problem per file is enough when the root lacks the namespace: everything below inherits it.
        let parent = node.parent_element().map(|parent| parent.tag_name().namespace());
        if parent != Some(node.tag_name().namespace()) {
            let found = node.tag_name().namespace().map_or("none".to_owned(), |uri| format!("\"{uri}\""));
            let message = format!("<{}> has the wrong namespace: {found}", node.tag_name().name());
            self.problems.error("wrong-namespace", span, message, format!("expected xmlns=\"{NAMESPACE}\""));
        }
    }

    fn unknown_element(&mut self, name: &str, within: Option<&'static Element>, span: &Span) {
        if self.problems.is_full(Severity::Error) {
            return self.problems.count(Severity::Error);
        }
        let parent = within.map_or(ROOT_ELEMENT, |element| element.name);
        let places = dialect::parents_of(name);
        if !places.is_empty() {
            let shown: Vec<String> = places.iter().take(4).map(|place| format!("<{place}>")).collect();
            let more = if places.len() > 4 { ", …" } else { "" };
            let message = format!("<{name}> cannot stand in <{parent}>");
            let hint = format!("it stands in {}{more}", shown.join(", "));
            return self.problems.error("misplaced-element", span, message, hint);
        }
        let mut known: Vec<&str> = Vec::new();
        let mut add = |element: &'static Element| {
            known.extend(std::iter::once(element.name).chain(element.aliases.iter().copied()))
        };
        match within {
            Some(element) => element.all_children().for_each(&mut add),
            None => dialect::roots().for_each(&mut add),
        }
        let hint = match (nearest::one(name, known.iter().copied()), within) {
            (Some(near), _) => format!("did you mean <{near}>?"),
            (None, Some(_)) if known.is_empty() => format!("<{parent}> holds no elements"),
            (None, Some(_)) => {
                format!("<{parent}> holds {}", known.iter().map(|n| format!("<{n}>")).collect::<Vec<_>>().join(", "))
            }
            (None, None) => "the reference page lists every element".to_owned(),
        };
        self.problems.error("unknown-element", span, format!("unknown element <{name}> in <{parent}>"), hint);
    }

    fn attributes(&mut self, node: roxmltree::Node<'_, '_>, element: &'static Element) -> Vec<NodeAttribute> {
        let mut found: Vec<((usize, u8), NodeAttribute)> = Vec::new();
        for attribute in node.attributes().filter(|attribute| attribute.namespace() != Some(XSI)) {
            let name_span = self.span(attribute.range_qname());
            let value_span = self.span(attribute.range_value());
            let known = element.attribute(attribute.name()).filter(|_| attribute.namespace().is_none());
            let Some((definition, name, rank)) = known else {
                if let Some(argument) = element.child(attribute.name()).filter(|_| element.open) {
                    self.argument_as_attribute(argument, element, &name_span);
                } else if element.open && attribute.namespace().is_none() {
                    let name = attribute.name().to_owned();
                    let value = attribute.value().to_owned();
                    let rank = (usize::MAX, 0);
                    found.push((
                        rank,
                        NodeAttribute { definition: None, name, value, valid: true, name_span, value_span },
                    ));
                } else {
                    self.unknown_attribute(attribute.name(), element, &name_span);
                }
                continue;
            };
            if found.iter().any(|(_, other)| other.name == name) {
                let message = format!("\"{}\" says again what \"{name}\" says on <{}>", attribute.name(), element.name);
                self.problems.error("attribute-twice", &name_span, message, "keep one of the two spellings");
                continue;
            }
            let absent =
                matches!(definition.kind, Kind::Reference(_) | Kind::Property) && attribute.value().trim().is_empty();
            if absent && !definition.required {
                continue;
            }
            let (value, valid) = match values::canonical(definition.kind, attribute.value()) {
                Ok(value) => (value, true),
                Err(misfit) => {
                    let message =
                        format!("\"{}\" is not a value of \"{}\"", shortened(attribute.value()), attribute.name());
                    let near = misfit.nearest.map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
                    self.problems.error(misfit.code, &value_span, message, format!("{}{near}", misfit.expected));
                    (attribute.value().to_owned(), false)
                }
            };
            let definition = Some(definition);
            found.push((rank, NodeAttribute { definition, name, value, valid, name_span, value_span }));
        }
        found.sort_by(|(rank, a), (other, b)| rank.cmp(other).then_with(|| a.name.cmp(&b.name)));
        found.into_iter().map(|(_, attribute)| attribute).collect()
    }

    /// An element that takes any attribute would take this one, and nothing would come of it.
    fn argument_as_attribute(&mut self, argument: &'static Element, element: &'static Element, span: &Span) {
        let example = argument.all_attributes().next().map(|first| format!(" {}=\"…\"", first.label()));
        let message = format!("\"{}\" is no attribute of <{}>, but an element in it", argument.name, element.name);
        let hint = format!("write <{}{} /> inside of it", argument.name, example.unwrap_or_default());
        self.problems.error("argument-as-attribute", span, message, hint);
    }

    fn unknown_attribute(&mut self, name: &str, element: &'static Element, span: &Span) {
        if self.problems.is_full(Severity::Error) {
            return self.problems.count(Severity::Error);
        }
        let known: Vec<String> = element.all_attributes().flat_map(|attribute| attribute.spellings()).collect();
        let hint = match nearest::one(name, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => {
                let labels: Vec<String> = element.all_attributes().map(|attribute| attribute.label()).collect();
                if labels.is_empty() { "it takes none".to_owned() } else { format!("it takes {}", labels.join(", ")) }
            }
        };
        let message = format!("unknown attribute \"{name}\" on <{}>", element.name);
        self.problems.error("unknown-attribute", span, message, hint);
    }

    fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span { file: self.file, range }
    }

    /// Place of the name in the start tag.
    fn name_span(&self, node: roxmltree::Node<'_, '_>) -> Span {
        let start = node.range().start + 1;
        let rest = self.sources.files[self.file].text.get(start..).unwrap_or_default();
        let length = rest.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>').unwrap_or(0);
        self.span(start..start + length)
    }
}

/// A value short enough for a message.
pub(super) fn shortened(value: &str) -> String {
    match value.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &value[..at]),
        None => value.to_owned(),
    }
}

/// Reports required attributes that are absent or empty, on merged elements.
pub(super) fn required(nodes: &[Node], problems: &mut Problems<'_>) {
    for node in nodes {
        for attribute in node.element.all_attributes().filter(|attribute| attribute.required) {
            let members = attribute.members();
            let Some(first) = members.first() else {
                continue;
            };
            let present = node.attribute(first);
            if present.is_some_and(|present| !present.value.trim().is_empty()) {
                continue;
            }
            let state = if present.is_some() { "is empty" } else { "is missing" };
            let message = format!("\"{first}\" {state} on {}", node.title());
            // A label that is missing harms nobody: the identifier is shown instead.
            if attribute.names == Names::Localised {
                problems.warning("missing-label", &node.span, message, "the identifier is shown instead");
            } else {
                problems.error("missing-attribute", &node.span, message, format!("it is required: {}", attribute.doc));
            }
        }
        required(&node.children, problems);
    }
}

/// Joins additions to the element that they add to.
pub(super) fn merge_additions(nodes: Vec<Node>, problems: &mut Problems<'_>) -> Vec<Node> {
    let mut merged: Vec<Node> = Vec::with_capacity(nodes.len());
    let mut first_of: std::collections::HashMap<(&'static str, String), usize> = std::collections::HashMap::new();
    for node in nodes {
        if !node.element.additive || node.identifier().is_empty() {
            merged.push(node);
            continue;
        }
        let key = (node.element.name, node.identifier().to_owned());
        match first_of.get(&key) {
            Some(&at) => add(&mut merged[at], node, problems),
            None => {
                first_of.insert(key, merged.len());
                merged.push(node);
            }
        }
    }
    merged
}

fn add(first: &mut Node, addition: Node, problems: &mut Problems<'_>) {
    for attribute in addition.attributes {
        match first.attribute(&attribute.name) {
            None => {
                first.attributes.push(attribute);
            }
            Some(before) if before.value != attribute.value => {
                let message = format!("\"{}\" of {} differs from what was said before", attribute.name, first.title());
                let hint = format!("\"{}\" in {}", shortened(&before.value), problems.words(&before.value_span));
                problems.error("contradiction", &attribute.value_span, message, hint);
            }
            Some(_) => {}
        }
    }
    let element = first.element;
    first.attributes.sort_by_key(|a| element.attribute(&a.name).map_or((usize::MAX, 0), |(_, _, rank)| rank));
    first.children.extend(addition.children);
}
