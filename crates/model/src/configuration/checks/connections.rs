//! Transformations of exported tables.

use super::Context;
use crate::configuration::dialect;
use crate::configuration::node::Node;
use crate::configuration::source::Problems;

/// Attributes that each type takes besides `Type`, `Table` and `Column`, and those that it needs.
const TYPES: &[(&str, &[&str], &[&str])] = &[
    (
        "ConcatColumns",
        &[
            "InputColumn",
            "InputColumn2",
            "InputColumn3",
            "InputColumn4",
            "InputColumn5",
            "ConcatSeparator",
            "RemoveEmpty",
            "RemoveDuplicates",
            "SortValues",
        ],
        &["Table", "Column", "InputColumn"],
    ),
    ("TransformDate", &["InputColumn", "AddedDays", "MinYear", "MaxYear", "DatePattern"], &["Table", "Column"]),
    ("WhereValue", &["WhereOperator", "WhereValue"], &["Table", "Column", "WhereOperator", "WhereValue"]),
];

/// Each type has its own attributes.
pub(super) fn transformations(context: &Context<'_>, problems: &mut Problems<'_>) {
    for connection in context.all(&dialect::CONNECTION) {
        for node in connection.children_of(&dialect::TRANSFORMATION) {
            let Some((name, taken, needed)) = TYPES.iter().find(|(name, _, _)| *name == node.value("Type")) else {
                continue;
            };
            foreign_attributes(node, name, taken, problems);
            for needed in needed.iter().filter(|needed| node.written(needed).is_none()) {
                let message = format!("a {name} needs \"{needed}\"");
                problems.error("transformation-incomplete", &node.span, message, format!("add {needed}=\"…\""));
            }
            table_prefix(connection, node, problems);
        }
    }
}

fn foreign_attributes(node: &Node, name: &str, taken: &[&str], problems: &mut Problems<'_>) {
    let common = ["Type", "Table", "Column"];
    for attribute in &node.attributes {
        let attribute_name = attribute.name.as_str();
        if common.contains(&attribute_name) || taken.contains(&attribute_name) {
            continue;
        }
        let other = TYPES.iter().find(|(_, taken, _)| taken.contains(&attribute_name)).map_or("", |(name, _, _)| name);
        let message = format!("\"{attribute_name}\" belongs to {other}, but this is a {name}");
        let hint = format!("write Type=\"{other}\", or remove the attribute");
        problems.error("transformation-mixed", &attribute.name_span, message, hint);
    }
}

fn table_prefix(connection: &Node, node: &Node, problems: &mut Problems<'_>) {
    let (table, identifier) = (node.value("Table"), connection.identifier());
    let ours = table == identifier || table.strip_prefix(identifier).is_some_and(|rest| rest.starts_with('_'));
    if !table.is_empty() && !identifier.is_empty() && !ours {
        let message = format!("\"{table}\" is not a table of connection \"{identifier}\"");
        let hint = format!("expected \"{identifier}_<table>\" or \"{identifier}\", in the same letter case");
        problems.warning("transformation-table", node.value_span("Table"), message, hint);
    }
}

/// `MinYear` is not after `MaxYear`.
pub(super) fn years(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.all(&dialect::CONNECTION).flat_map(|c| c.children_of(&dialect::TRANSFORMATION)) {
        if let (Some(least), Some(most)) = (node.number("MinYear"), node.number("MaxYear"))
            && least > most
        {
            let message = format!("no year lies between {least} and {most}");
            problems.error("transformation-years", node.value_span("MinYear"), message, "exchange MinYear and MaxYear");
        }
    }
}

/// A value that is compared by the operator `Regex` is a regular expression.
pub(super) fn patterns(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.all(&dialect::CONNECTION).flat_map(|c| c.children_of(&dialect::TRANSFORMATION)) {
        if node.value("WhereOperator") != "Regex" {
            continue;
        }
        let value = node.value("WhereValue");
        if let Some(wrong) = wrong_pattern(value) {
            let message = format!("\"{value}\" is not a regular expression: {wrong}");
            let hint = "expected one such as ^EXT-[0-9]+$, without look-around and back references; \
                        a backslash before a sign takes it literally";
            problems.error("transformation-pattern", node.value_span("WhereValue"), message, hint);
        }
    }
}

/// What is wrong with a pattern, and at which of its characters.
fn wrong_pattern(pattern: &str) -> Option<String> {
    let (kind, span) = match regex_syntax::ParserBuilder::new().utf8(false).build().parse(pattern).err()? {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), *error.span()),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), *error.span()),
        other => return Some(other.to_string()),
    };
    let at = pattern.get(..span.start.offset).unwrap_or_default().chars().count() + 1;
    Some(format!("{kind} (at character {at})"))
}

#[cfg(test)]
mod tests {
    use super::wrong_pattern;

    #[test]
    fn patterns_are_told_from_what_is_none() {
        for right in ["", "^EXT-[0-9]+$", r"^\p{Lu}(a|b)\.csv$", r"(?-u:\xff)"] {
            assert_eq!(wrong_pattern(right), None, "{right}");
        }
        let table = [
            ("a(b", "unclosed group (at character 2)"),
            ("*", "repetition operator missing expression (at character 1)"),
            (r"(a)\1", "backreferences are not supported (at character 4)"),
            (r"é\p{Nothing}", "Unicode property not found (at character 2)"),
        ];
        for (wrong, expected) in table {
            assert_eq!(wrong_pattern(wrong).as_deref(), Some(expected), "{wrong}");
        }
    }
}
