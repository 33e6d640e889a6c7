//! `Format` of mapped columns.

use super::Context;
use super::model::kind;
use crate::configuration::dialect;
use crate::configuration::node::Node;
use crate::configuration::source::Problems;
use crate::configuration::types::PropertyType as T;
use crate::ids::Slot;
use crate::nearest;
use crate::problem::Severity;

/// Name of each format, the types that it fits, and the number of its arguments.
const FORMATS: &[(&str, &[T], usize)] = &[
    ("String", &[T::String], 0),
    ("Bit", &[T::String, T::Int16, T::Int32, T::Int64, T::Bool], 2),
    ("Bool", &[T::Bool], 0),
    ("Byte", &[T::Byte], 0),
    ("Int16", &[T::Int16], 0),
    ("Int32", &[T::Int32], 0),
    ("Int64", &[T::Int64, T::ForeignKey, T::Option], 0),
    ("Double", &[T::Double], 0),
    ("Bytes", &[T::Bytes, T::Binary], 0),
    ("Binary", &[T::Bytes, T::Binary], 0),
    ("Guid", &[T::Guid, T::String], 0),
    ("SID", &[T::String], 0),
    ("RDN", &[T::String], 0),
    ("DateTime", &[T::DateTime], 0),
    ("1601Date", &[T::DateTime], 0),
    ("Date", &[T::DateTime], 0),
    ("MultivaluedText", &[T::String], 0),
    ("Concat", &[T::String], 1),
];

/// Known formats that fit the type of their property.
pub(super) fn formats(context: &Context<'_>, problems: &mut Problems<'_>) {
    for mapping in context.all(&dialect::ENTITY_TYPE_MAPPING) {
        for mapped in mapping.children_of(&dialect::MAPPED_PROPERTY) {
            if !mapped.value("Format").is_empty() {
                let property = context.model.property(mapping.identifier(), mapped.identifier());
                format(mapped, property, problems);
            }
        }
    }
}

/// Files are no keys, and an entity type has room for so many.
pub(super) fn files(context: &Context<'_>, problems: &mut Problems<'_>) {
    for entity_type in context.all(&dialect::ENTITY_TYPE) {
        let mut files = entity_type.children_of(&dialect::PROPERTY).filter(|p| kind(p) == Some(T::Binary));
        if let Some(first_too_many) = files.nth(usize::from(Slot::FILES)) {
            let message = format!("{} has more than {} Binary properties", entity_type.identifier(), Slot::FILES);
            problems.error("too-many-files", &first_too_many.span, message, "move some to another entity type");
        }
    }
    for mapping in context.all(&dialect::ENTITY_TYPE_MAPPING) {
        for mapped in mapping.children_of(&dialect::MAPPED_PROPERTY) {
            let property = context.model.property(mapping.identifier(), mapped.identifier());
            let key = ["IsPrimaryKey", "IsUniqueKey"].into_iter().find(|name| mapped.value(name) == "true");
            if let Some(key) = key.filter(|_| property.and_then(kind) == Some(T::Binary)) {
                let message = format!("\"{}\" holds files, which cannot be keys", mapped.identifier());
                problems.error("key-of-files", mapped.value_span(key), message, "choose a property with short values");
            }
        }
    }
}

fn format(mapped: &Node, property: Option<&Node>, problems: &mut Problems<'_>) {
    let written = mapped.value("Format");
    let span = mapped.value_span("Format");
    let (name, argument) = match written.split_once(':') {
        Some((name, argument)) => (name.trim(), Some(argument)),
        None => (written.trim(), None),
    };
    let Some((name, types, arguments)) = FORMATS.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(name)) else {
        let near = nearest::one(name, FORMATS.iter().map(|(name, _, _)| *name));
        let known: Vec<&str> = FORMATS.iter().map(|(name, _, _)| *name).collect();
        let hint = near.map_or_else(
            || format!("expected one of {}", known.join(", ")),
            |near| format!("did you mean \"{near}\"?"),
        );
        return problems.error("unknown-format", span, format!("unknown format \"{written}\""), hint);
    };
    let complete = match (*arguments, argument) {
        (0, None) => true,
        (1, Some(separator)) => !separator.is_empty(),
        (2, Some(argument)) => argument.rsplit_once(':').is_some_and(|(property, bit)| {
            !property.is_empty() && bit.parse::<u8>().is_ok_and(|bit| (1..=64).contains(&bit))
        }),
        _ => false,
    };
    if !complete {
        let expected = match *name {
            "Bit" => "expected Bit:<property>:<bit>, the lowest bit being 1",
            "Concat" => "expected Concat:<separator>",
            _ => "it takes no argument",
        };
        return problems.error("unknown-format", span, format!("format \"{written}\" is not complete"), expected);
    }
    if let Some(property) = property
        && let Some(kind) = kind(property)
        && !types.contains(&kind)
    {
        let names: Vec<String> = types.iter().map(|fitting| format!("{fitting:?}")).collect();
        let message =
            format!("format {name} does not fit \"{}\", which is a {}", property.identifier(), property.value("Type"));
        let hint = format!("it fits {}", names.join(", "));
        // Text holds whatever a format yields; another type would hold what it cannot read.
        let severity = if kind == T::String { Severity::Warning } else { Severity::Error };
        problems.add(severity, "format-misfit", span, message, hint);
    }
}
