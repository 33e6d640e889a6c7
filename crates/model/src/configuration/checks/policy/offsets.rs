//! Periods on which rules for one property apply.

use super::{Context, below};
use crate::configuration::node::Node;
use crate::configuration::source::Problems;
use std::collections::BTreeMap;

/// Rules of one property with the same criteria and the same offset mode do not overlap, where the property holds one
/// value.
pub(super) fn overlaps(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.named("ResourceType") {
        for rule in node.children.iter() {
            empty(rule, problems);
        }
        let target = node.value("TargetEntityType");
        for name in ["ScalarRule", "NavigationRule", "QueryRule", "BinaryRule"] {
            let mut groups: BTreeMap<Vec<String>, Vec<&Node>> = BTreeMap::new();
            for rule in below(node, name).filter(|rule| !rule.is("IsDenied")) {
                let end = context.model.end(target, rule.value("Property"));
                if !end.is_some_and(|end| end.is_collection) {
                    groups.entry(criteria(rule)).or_default().push(rule);
                }
            }
            groups.into_values().for_each(|rules| among(&rules, problems));
        }
    }
}

/// What two rules must agree in to be in each other's way. Query rules of different confidence are tried in turn.
fn criteria(rule: &Node) -> Vec<String> {
    let mut all: Vec<String> = ["Property", "SingleRole", "TimeOffsetReference", "TargetMatchedConfidenceLevel"]
        .into_iter()
        .filter(|name| rule.element.attribute(name).is_some())
        .map(|name| rule.value(name).to_owned())
        .collect();
    let is_dimension = |name: &str| name.len() <= 3 && name.starts_with('D');
    all.extend(rule.attributes.iter().filter(|a| is_dimension(&a.name)).map(|a| format!("{}={}", a.name, a.value)));
    all
}

fn among(rules: &[&Node], problems: &mut Problems<'_>) {
    for (at, rule) in rules.iter().enumerate() {
        let Some(other) = rules[..at].iter().find(|other| overlap(other, rule)) else { continue };
        let (property, mode) = (rule.value("Property"), rule.value("TimeOffsetReference"));
        let see = problems.words(&other.span);
        if mode == "Default" {
            let message = format!("another rule without offset gives \"{property}\", under the same conditions");
            problems.warning(
                "property-given-twice",
                rule.value_span("Property"),
                message,
                format!("keep one of the two; see {see}"),
            );
        } else {
            let message = format!("its period overlaps that of another rule with offset {mode} for \"{property}\"");
            let hint = format!("let one begin where the other ends; see {see}");
            problems.error("offsets-overlap", rule.value_span("TimeOffsetReference"), message, hint);
        }
    }
}

fn minutes(rule: &Node) -> (i64, i64) {
    let of = |name| rule.number(name).unwrap_or_default();
    (of("TimeOffsetBeforeReference"), of("TimeOffsetAfterReference"))
}

/// Whether two rules of the same mode apply at the same time, for a context that is long enough.
fn overlap(one: &Node, two: &Node) -> bool {
    let ((start, end), (other_start, other_end)) = (minutes(one), minutes(two));
    match one.value("TimeOffsetReference") {
        "Before" | "After" => start < other_end && other_start < end,
        _ => true,
    }
}

/// A period around one reference that ends before it begins. After a reference, `0/0` is the rest of time: see the
/// documented example of a delayed deletion.
fn empty(rule: &Node, problems: &mut Problems<'_>) {
    let mode = rule.value("TimeOffsetReference");
    let (start, end) = minutes(rule);
    if (mode == "Before" || mode == "After") && start > end {
        let message = format!("its period ends {} minutes before it begins", start - end);
        let hint = "let TimeOffsetBeforeReference be the smaller number; negative is earlier";
        problems.error("offset-empty", rule.value_span("TimeOffsetBeforeReference"), message, hint);
    }
}
