//! Things that must be unique.

use super::Context;
use crate::configuration::dialect::{self, Identity};
use crate::configuration::node::Node;
use crate::configuration::source::Problems;
use std::collections::HashMap;

/// Identities, among the children of one parent.
pub(super) fn identities(context: &Context<'_>, problems: &mut Problems<'_>) {
    among(context.nodes, problems);
    super::walk(context.nodes, None, &mut |node, _| among(&node.children, problems));
}

fn among(siblings: &[Node], problems: &mut Problems<'_>) {
    let mut seen: HashMap<(&str, Vec<&str>), &Node> = HashMap::new();
    for node in siblings {
        let keys = match node.element.identity {
            Identity::Unique(keys) => keys,
            Identity::Single => &[],
            Identity::Natural(_) => continue,
        };
        let values: Vec<&str> = keys.iter().map(|key| node.value(key)).collect();
        if values.iter().any(|value| value.is_empty()) {
            continue;
        }
        let name = if node.element.class == "Task" { "Task" } else { node.element.name };
        let key = (name, values);
        let Some(first) = seen.get(&key) else {
            seen.insert(key, node);
            continue;
        };
        let message = match keys {
            [] => format!("<{}> stands here a second time", node.element.name),
            [key] => format!("{key} \"{}\" of <{}> is taken", node.value(key), node.element.name),
            _ => format!("<{}> {} is taken", node.element.name, key.1.join("/")),
        };
        let hint = format!("the first one is in {}", problems.words(&first.span));
        let span = keys.last().map_or(&node.span, |key| node.value_span(key));
        problems.error("duplicate-identifier", span, message, hint);
    }
}

/// Connections are told apart without regard to case.
pub(super) fn connections_without_case(context: &Context<'_>, problems: &mut Problems<'_>) {
    let mut seen: HashMap<String, &Node> = HashMap::new();
    for node in context.all(&dialect::CONNECTION) {
        let folded = node.identifier().to_lowercase();
        match seen.get(&folded) {
            Some(first) if first.identifier() != node.identifier() => {
                let message = format!("\"{}\" differs from \"{}\" by case only", node.identifier(), first.identifier());
                let hint = format!(
                    "connections are compared without case; the other one is in {}",
                    problems.words(&first.span)
                );
                problems.error("duplicate-identifier", node.value_span("Identifier"), message, hint);
            }
            _ => {
                seen.insert(folded, node);
            }
        }
    }
}

/// Two languages cannot share a number.
pub(super) fn language_numbers(context: &Context<'_>, problems: &mut Problems<'_>) {
    let mut seen: HashMap<i64, &Node> = HashMap::new();
    for node in context.all(&dialect::LANGUAGE) {
        let Some(number) = node.number("IndicatorNumber") else {
            continue;
        };
        if let Some(first) = seen.insert(number, node) {
            let message = format!("IndicatorNumber {number} is taken by \"{}\"", first.value("Code"));
            let hint = format!("see {}", problems.words(&first.span));
            problems.error("duplicate-identifier", node.value_span("IndicatorNumber"), message, hint);
        }
    }
}
