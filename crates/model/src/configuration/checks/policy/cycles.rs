//! What leads back to itself.

use super::Context;
use crate::configuration::node::Node;
use crate::configuration::source::{Problems, Span};
use std::collections::{BTreeMap, BTreeSet};

/// An arrow from one thing to another, and where it is written.
struct Arrow<'a> {
    from: String,
    to: String,
    span: &'a Span,
}

/// Composite roles that are given by holding themselves.
pub(super) fn roles(context: &Context<'_>, problems: &mut Problems<'_>) {
    let arrows = context.named("CompositeRoleRule").filter(|rule| !rule.is("IsDenied")).filter_map(|rule| {
        let parent = rule.attribute("ParentRole")?;
        Some(Arrow { from: parent.value.clone(), to: rule.value("Role").to_owned(), span: &parent.value_span })
    });
    let hint = "leave out one of these rules: a role that is needed to get itself is got by nobody";
    report(arrows.collect(), "composite role", hint, problems);
}

/// Categories that lie in themselves.
pub(super) fn categories(context: &Context<'_>, problems: &mut Problems<'_>) {
    let name = |node: &Node, identifier: &str| match node.value("Policy") {
        "" => identifier.to_owned(),
        policy => format!("{policy}/{identifier}"),
    };
    let arrows = context.named("Category").filter_map(|node| {
        let parent = node.attribute("Parent")?;
        Some(Arrow { from: name(node, node.identifier()), to: name(node, &parent.value), span: &parent.value_span })
    });
    report(arrows.collect(), "category", "leave out one of the Parent attributes", problems);
}

/// Resource types that wait for themselves.
pub(super) fn resource_types(context: &Context<'_>, problems: &mut Problems<'_>) {
    let arrows = context.named("ResourceType").filter_map(|node| {
        let other = node.attribute("DependsOn")?;
        Some(Arrow { from: node.identifier().to_owned(), to: other.value.clone(), span: &other.value_span })
    });
    report(arrows.collect(), "resource type", "leave out one of the DependsOn attributes", problems);
}

/// Reports each group of things that lead back to themselves once, at its first arrow.
fn report(arrows: Vec<Arrow<'_>>, what: &str, hint: &str, problems: &mut Problems<'_>) {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for arrow in &arrows {
        next.entry(&arrow.from).or_default().push(&arrow.to);
    }
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for arrow in arrows.iter().filter(|arrow| !arrow.from.is_empty() && !arrow.to.is_empty()) {
        if told.contains(arrow.from.as_str()) {
            continue;
        }
        let Some(way) = way(&next, &arrow.to, &arrow.from) else { continue };
        let names: Vec<String> =
            std::iter::once(arrow.from.as_str()).chain(way.iter().copied()).map(|name| format!("\"{name}\"")).collect();
        told.extend(way);
        let message = format!("a {what} leads back to itself: {}", names.join(" → "));
        problems.error("policy-cycle", arrow.span, message, hint);
    }
}

/// The shortest way between two names.
fn way<'a>(next: &BTreeMap<&'a str, Vec<&'a str>>, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut before: BTreeMap<&str, &'a str> = BTreeMap::new();
    let mut queue = std::collections::VecDeque::from([from]);
    let mut seen = BTreeSet::from([from]);
    while let Some(at) = queue.pop_front() {
        if at == to {
            let mut way = vec![at];
            while let Some(previous) = way.last().and_then(|last| before.get(last)) {
                way.push(previous);
            }
            way.reverse();
            return Some(way);
        }
        for step in next.get(at).into_iter().flatten() {
            if seen.insert(step) {
                before.insert(step, at);
                queue.push_back(step);
            }
        }
    }
    None
}
