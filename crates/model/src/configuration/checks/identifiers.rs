//! How things may be named.

use super::Context;
use crate::configuration::dialect;
use crate::configuration::node::Node;
use crate::configuration::source::Problems;
use crate::problem::Severity;

/// Words that name neither entity types nor properties, in any letter case.
const RESERVED: &[&str] = &[
    "id",
    "if",
    "for",
    "while",
    "return",
    "break",
    "else",
    "continue",
    "ref",
    "out",
    "class",
    "interface",
    "struct",
    "foreach",
    "do",
    "char",
    "byte",
    "string",
    "int",
    "long",
    "null",
    "public",
    "private",
    "protected",
    "static",
    "const",
    "abstract",
    "try",
    "catch",
    "sealed",
    "void",
    "true",
    "false",
    "finally",
    "throw",
    "exception",
    "override",
    "readonly",
    "enum",
    "delegate",
];

/// Entity types.
pub(super) fn entity_types(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.all(&dialect::ENTITY_TYPE) {
        let name = node.identifier();
        if reserved(node, problems) || name.is_empty() {
            continue;
        }
        if !is_word(name) {
            let breaks_references = name.contains([':', '.']) || name.chars().any(char::is_whitespace);
            let severity = if breaks_references || !names_files(name) { Severity::Error } else { Severity::Warning };
            let message = format!("\"{name}\" does not name an entity type well");
            problems.add(severity, "identifier-syntax", node.value_span("Identifier"), message, WORD);
        }
    }
}

/// Connectors and associations. Work files and folders are called by them, which must not lead elsewhere.
pub(super) fn names_of_files(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.all(&dialect::CONNECTOR).chain(context.all(&dialect::ENTITY_ASSOCIATION)) {
        let name = node.identifier();
        if !name.is_empty() && !names_files(name) {
            let message = format!("\"{name}\" cannot be part of a file name");
            let hint = "use up to 200 letters, digits, _ and -";
            problems.error("identifier-syntax", node.value_span("Identifier"), message, hint);
        }
    }
}

/// Whether a file may be called so on every system, with an ending behind it.
fn names_files(name: &str) -> bool {
    !name.starts_with('.') && name.len() <= 200 && !name.contains(FORBIDDEN) && !name.contains(char::is_control)
}

/// What file names cannot hold on one system or another.
const FORBIDDEN: [char; 9] = ['<', '>', ':', '"', '/', '\\', '|', '?', '*'];

/// Properties of entity types.
pub(super) fn properties(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.all(&dialect::ENTITY_TYPE).flat_map(|t| t.children_of(&dialect::PROPERTY)) {
        let name = node.identifier();
        if !reserved(node, problems) && !name.is_empty() && !is_word(name) {
            let message = format!("\"{name}\" cannot name a property");
            problems.error("identifier-syntax", node.value_span("Identifier"), message, WORD);
        }
        for label in node.attributes.iter().filter(|a| a.name.starts_with("DisplayName_L") && a.value == "Id") {
            problems.error(
                "identifier-syntax",
                &label.value_span,
                "a property cannot be labelled \"Id\"",
                "choose another label",
            );
        }
    }
}

const WORD: &str = "use letters without accents, digits and _, and do not begin with a digit";

/// Letters without accents, digits and underscores, the first not a digit. Underscores are not in the documented rule,
/// but all over the documented examples.
fn is_word(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn reserved(node: &Node, problems: &mut Problems<'_>) -> bool {
    let name = node.identifier();
    let found = RESERVED.iter().any(|word| word.eq_ignore_ascii_case(name));
    if found {
        let message = format!("\"{name}\" is a reserved word");
        problems.error(
            "reserved-word",
            node.value_span("Identifier"),
            message,
            "choose another name, in any letter case",
        );
    }
    found
}

/// Connections.
pub(super) fn connections(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.all(&dialect::CONNECTION) {
        let name = node.identifier();
        if name.is_empty() {
            continue;
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        let hint = "begin with a letter, then up to 441 letters, digits, dots and dashes";
        let span = node.value_span("Identifier");
        let forbidden = name.contains(FORBIDDEN) || name.contains(char::is_control);
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || forbidden || name.chars().count() > 442 {
            problems.error("identifier-syntax", span, format!("\"{name}\" cannot name a connection"), hint);
        } else if name.contains('_') {
            let message = format!("\"{name}\" holds \"_\", which separates connection and table in file names");
            problems.warning("identifier-syntax", span, message, "prefer a dash");
        } else if !name.chars().all(plain) {
            problems.warning("identifier-syntax", span, format!("\"{name}\" does not name a connection well"), hint);
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_that_work_files_get_lead_nowhere_else() {
        let text = r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
<Connector Identifier=".." DisplayName_L1="C" /><Connector Identifier="/tmp/c" DisplayName_L1="C" />
<Connector Identifier="HR-2 (old)" DisplayName_L1="C" /><EntityType Identifier="T/../../x" DisplayName_L1="T" />
<EntityAssociation Identifier="a\b" DisplayName_L1="A" Property1="T:A" Property2="T:A" /></ConfigurationFile>"#;
        let parsed = crate::configuration::parse(&[("a.xml".to_owned(), text.to_owned())]);
        let errors = parsed.problems.iter().filter(|p| p.severity == crate::problem::Severity::Error);
        let refused: Vec<&str> =
            errors.filter(|p| p.code == "identifier-syntax").filter_map(|p| p.message.split('"').nth(1)).collect();
        assert_eq!(refused, ["..", "/tmp/c", "T/../../x", "a\\b"]);
    }
}
