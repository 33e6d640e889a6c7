//! Expressions, bindings, and the properties that they compute.

use super::Context;
use super::model::{is_automatic, kind};
use super::references::right_name;
use crate::configuration::dialect::{self, Kind};
use crate::configuration::node::{Node, NodeAttribute};
use crate::configuration::source::{Problems, Span};
use crate::configuration::types::PropertyType;
use crate::nearest;
use crate::problem::Severity;

/// Predefined functions and the numbers of arguments that they take.
const FUNCTIONS: &[(&str, usize)] = &[
    ("ToUpper", 0),
    ("ToLower", 0),
    ("Trim", 0),
    ("TrimStart", 0),
    ("TrimEnd", 0),
    ("Simplify", 0),
    ("RemoveDiacritics", 0),
    ("ToDoubleMetaphone", 0),
    ("ToSoundex", 0),
    ("ToFirstName", 0),
    ("ToTitle", 0),
    ("ToFormatedDN", 0),
    ("ParseLocalDate", 2),
    ("ParseLocalDateThenAddMinutes", 3),
    ("ParseUniversalDate", 1),
    ("ParseUniversalDateThenAddMinutes", 3),
    ("FormatLocalDate", 2),
];

/// What kind of expression a text is.
enum Form<'a> {
    Body,
    Literal(&'a str),
    Function(&'a str, Option<&'a str>),
}

fn form(text: &str) -> Form<'_> {
    match text.split_once(':') {
        Some((prefix, _)) if prefix.trim().eq_ignore_ascii_case("C#") => Form::Body,
        Some((prefix, value)) if prefix.trim().eq_ignore_ascii_case("Literal") => Form::Literal(value),
        Some((name, arguments)) => Form::Function(name.trim(), Some(arguments)),
        None => Form::Function(text.trim(), None),
    }
}

/// Every expression is a body, a literal or a known function.
pub(super) fn forms(context: &Context<'_>, problems: &mut Problems<'_>) {
    super::walk(context.nodes, None, &mut |node, _| {
        for attribute in node.attributes.iter().filter(|a| matches!(a.kind(), Kind::Expression)) {
            function(node, attribute, problems);
        }
    });
}

fn function(node: &Node, attribute: &NodeAttribute, problems: &mut Problems<'_>) {
    let Form::Function(name, arguments) = form(&attribute.value) else {
        return;
    };
    let severity = if node.element.acted_on { Severity::Error } else { Severity::Warning };
    let Some((name, count)) = FUNCTIONS.iter().find(|(known, _)| *known == name) else {
        if attribute.value.trim().is_empty() {
            return;
        }
        let message = format!("\"{}\" is no predefined function", super::super::read::shortened(name));
        let hint = match nearest::one(name, FUNCTIONS.iter().map(|(name, _)| *name)) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "write C#:parameter:code, Literal:value, or the name of a predefined function".to_owned(),
        };
        return problems.add(severity, "unknown-function", &attribute.value_span, message, hint);
    };
    let given = arguments.map_or(0, |arguments| arguments.split('|').count());
    if given != *count {
        let message = format!("{name} takes {count} arguments, not {given}");
        let hint = if *count == 0 {
            format!("write {name} alone; its input is the binding")
        } else {
            format!("write {name}:{}", vec!["…"; *count].join("|"))
        };
        problems.add(severity, "wrong-arguments", &attribute.value_span, message, hint);
    }
}

/// What a computed property is and what computes it must fit.
pub(super) fn computed_properties(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.all(&dialect::ENTITY_PROPERTY_EXPRESSION) {
        let (expression, binding) = (node.value("Expression").trim(), node.value("Binding").trim());
        if expression.is_empty() && binding.is_empty() {
            let message = format!("{} has neither Expression nor Binding", node.title());
            problems.error("nothing-to-compute", &node.span, message, "say what the value is");
        } else if binding.is_empty() && matches!(form(expression), Form::Function(..)) {
            let message = format!("\"{expression}\" has no input");
            problems.error("nothing-to-compute", node.value_span("Expression"), message, "add Binding=\"…\"");
        }
        let entity_type = node.value("EntityType");
        match context.model.property(entity_type, node.value("Property")) {
            Some(property) => target(context, node, property, problems),
            None => literal(node, PropertyType::String, problems),
        }
    }
}

fn target(context: &Context<'_>, node: &Node, property: &Node, problems: &mut Problems<'_>) {
    let Some(kind) = kind(property) else { return };
    let entity_type = node.value("EntityType");
    let span = node.value_span("Property");
    let criteria = node.value("PropertyCriteria");
    if !context.model.is_navigation(entity_type, property) {
        if kind == PropertyType::Binary {
            let message = format!("\"{}\" holds files, which cannot be computed", property.identifier());
            problems.error("computed-kind", span, message, "compute a value or a single link");
        }
        if !criteria.is_empty() {
            let message = format!("\"{}\" is a value, so PropertyCriteria has nothing to match", property.identifier());
            problems.warning("computed-kind", node.value_span("PropertyCriteria"), message, "leave it out");
        }
        return literal(node, kind, problems);
    }
    let Some(end) = context.model.end(entity_type, property.identifier()) else {
        return;
    };
    if end.is_collection {
        let message = format!("\"{}\" holds several links, which cannot be computed", property.identifier());
        problems.error("computed-kind", span, message, "compute a value or a single link");
    }
    match context.model.entity_types.get(end.other_type) {
        _ if criteria.is_empty() => literal(node, PropertyType::ForeignKey, problems),
        Some(other) if !is_automatic(criteria) && !other.properties.contains_key(criteria) => {
            let hint = right_name(criteria, other.properties.keys().copied());
            let message = format!("entity type \"{}\" has no property \"{criteria}\"", end.other_type);
            problems.error("unknown-property", node.value_span("PropertyCriteria"), message, hint);
        }
        _ => {}
    }
}

/// A literal must be a value of the type that it is assigned to.
fn literal(node: &Node, kind: PropertyType, problems: &mut Problems<'_>) {
    let Form::Literal(value) = form(node.value("Expression")) else {
        return;
    };
    let value = value.trim();
    let expected = match kind {
        PropertyType::String | PropertyType::Bytes | PropertyType::Option => return,
        PropertyType::Bool if value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false") => {
            return;
        }
        PropertyType::Bool => "expected true or false",
        PropertyType::Byte if value.parse::<u8>().is_ok() => return,
        PropertyType::Byte => "expected a whole number from 0 to 255",
        PropertyType::Int16 if value.parse::<i16>().is_ok() => return,
        PropertyType::Int16 => "expected a whole number from -32768 to 32767",
        PropertyType::Int32 if value.parse::<i32>().is_ok() => return,
        PropertyType::Int32 => "expected a whole number of 32 bits",
        PropertyType::Int64 | PropertyType::ForeignKey if value.parse::<i64>().is_ok() => return,
        PropertyType::Int64 => "expected a whole number",
        PropertyType::ForeignKey => "expected the id of a resource; add PropertyCriteria to match another property",
        PropertyType::Double if value.parse::<f64>().is_ok_and(f64::is_finite) => return,
        PropertyType::Double => "expected a number such as 0.5",
        PropertyType::Guid if is_guid(value) => return,
        PropertyType::Guid => "expected 32 hexadecimal digits, with or without dashes",
        PropertyType::DateTime => "a literal cannot be a date: bind a text and parse it with ParseUniversalDate",
        PropertyType::Binary => return,
    };
    let message = format!("\"{value}\" is not a value of \"{}\", which is a {kind:?}", node.value("Property"));
    problems.error("literal-misfit", node.value_span("Expression"), message, expected);
}

fn is_guid(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(text);
    let lengths: Vec<usize> = inner.split('-').map(str::len).collect();
    inner.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()) && (lengths == [32] || lengths == [8, 4, 4, 4, 12])
}

/// Every path of a binding exists in the entity model.
pub(super) fn bindings(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.all(&dialect::ENTITY_PROPERTY_EXPRESSION) {
        if let Some(attribute) = node.attribute("Binding") {
            let root = Root { entity_types: &[node.value("EntityType")], through: "", may_branch: false };
            binding(context, root, attribute, problems);
        }
    }
}

/// Where a path begins.
#[derive(Clone, Copy)]
pub(super) struct Root<'a> {
    /// The entity type that it is read on, then others by which it may begin.
    pub(super) entity_types: &'a [&'a str],
    /// Navigations that lead from the last of these to the first.
    pub(super) through: &'a str,
    /// Several links on the way are meant.
    pub(super) may_branch: bool,
}

/// A path exists in the entity model.
pub(super) fn binding(context: &Context<'_>, root: Root<'_>, attribute: &NodeAttribute, problems: &mut Problems<'_>) {
    let text = attribute.value.trim();
    let span = &attribute.value_span;
    let Some(first) = root.entity_types.first() else {
        return;
    };
    let (begin, path) = match text.split_once(':') {
        Some((prefix, path)) => match root.entity_types.iter().find(|known| **known == prefix.trim()) {
            Some(begin) => (*begin, path.trim()),
            None => {
                let message = format!("the binding begins at \"{prefix}\", but it is read on \"{first}\"");
                return problems.error("wrong-binding", span, message, format!("expected {first}:…"));
            }
        },
        // The documentation also writes a dot for the colon.
        None => match text.split_once('.') {
            Some((prefix, path)) => {
                let begins = |known: &&&str| **known == prefix && context.model.property(known, prefix).is_none();
                root.entity_types.iter().find(begins).map_or((*first, text), |begin| (*begin, path))
            }
            None => (*first, text),
        },
    };
    // From the identity, a path may lead to the record, or name what is on the record at once.
    let is_through = path == root.through || path.strip_prefix(root.through).is_some_and(|rest| rest.starts_with('.'));
    let begin = if begin != *first && !is_through { *first } else { begin };
    if !path.is_empty() {
        let may_branch = root.may_branch || begin != *first;
        follow(context, begin, path, (span, may_branch), problems);
    }
}

/// Follows a path.
fn follow(
    context: &Context<'_>,
    entity_type: &str,
    path: &str,
    (span, may_branch): (&Span, bool),
    problems: &mut Problems<'_>,
) {
    let mut current = entity_type;
    let mut steps = path.split('.').peekable();
    while let Some(step) = steps.next() {
        let Some(view) = context.model.entity_types.get(current) else {
            return;
        };
        let is_last = steps.peek().is_none();
        let Some(property) = view.properties.get(step) else {
            if is_last && is_automatic(step) {
                return;
            }
            let hint = right_name(step, view.properties.keys().copied());
            let message = format!("entity type \"{current}\" has no property \"{step}\"");
            return problems.error("wrong-binding", span, message, hint);
        };
        if is_last {
            return;
        }
        if !context.model.is_navigation(current, property) {
            let message = format!("\"{current}:{step}\" is a value, so the path ends there");
            let hint = format!("\"{step}\" is declared in {}", problems.words(&view.node.span));
            return problems.error("wrong-binding", span, message, hint);
        }
        let Some(end) = context.model.end(current, step) else {
            return;
        };
        if end.is_collection && !may_branch {
            let message = format!("\"{current}:{step}\" may hold several links");
            problems.warning(
                "binding-through-collection",
                span,
                message,
                "it has a value only where there is one link",
            );
        }
        current = end.other_type;
    }
}
