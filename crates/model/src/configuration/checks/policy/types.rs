//! Entity types of what belongs together.

use super::{Context, RESOURCE_RULES};
use crate::configuration::node::Node;
use crate::configuration::source::Problems;

/// A rule and what it names are about the same owners.
pub(super) fn roles_and_rules(context: &Context<'_>, problems: &mut Problems<'_>) {
    for rule in context.named("SingleRoleRule") {
        same(context, rule, ("Role", "SingleRole"), ("CompositeRole", "CompositeRole"), problems);
    }
    for rule in context.named("CompositeRoleRule") {
        same(context, rule, ("Role", "CompositeRole"), ("ParentRole", "CompositeRole"), problems);
    }
    for node in context.named("ResourceType") {
        let owners = node.value("SourceEntityType");
        for rule in node.children.iter().filter(|child| RESOURCE_RULES.contains(&child.element.name)) {
            expect(context, rule, ("SingleRole", "SingleRole", "EntityType"), owners, &node.title(), problems);
        }
        expect(context, node, ("DependsOn", "ResourceType", "SourceEntityType"), owners, &node.title(), problems);
    }
    for risk in context.named("Risk") {
        for item in super::below(risk, "Rule").flat_map(|rule| super::below(rule, "Item")) {
            let names = ("ResourceType", "ResourceType", "SourceEntityType");
            expect(context, item, names, risk.value("EntityType"), &risk.title(), problems);
        }
    }
    for mapping in context.named("RoleMapping").chain(context.named("MiningRule")) {
        categories(context, mapping, problems);
    }
    for role in context.named("SingleRole").chain(context.named("CompositeRole")) {
        categories(context, role, problems);
    }
}

/// Two roles that one rule names.
fn same(
    context: &Context<'_>,
    rule: &Node,
    role: (&str, &'static str),
    other: (&str, &'static str),
    problems: &mut Problems<'_>,
) {
    if let Some(role) = context.one(role.1, rule.value(role.0)) {
        expect(context, rule, (other.0, other.1, "EntityType"), role.value("EntityType"), &role.title(), problems);
    }
}

/// What `attribute` names has this entity type for its owners.
fn expect(
    context: &Context<'_>,
    node: &Node,
    (attribute, element, owners): (&str, &'static str, &str),
    expected: &str,
    whose: &str,
    problems: &mut Problems<'_>,
) {
    let Some(written) = node.attribute(attribute) else { return };
    let Some(named) = context.one(element, &written.value) else { return };
    let found = named.value(owners);
    if found != expected && !found.is_empty() && !expected.is_empty() {
        let message =
            format!("\"{}\" is for owners of \"{found}\", but {whose} is for those of \"{expected}\"", written.value);
        let hint = format!("name one for \"{expected}\"; this one is declared in {}", problems.words(&named.span));
        problems.error("entity-type-mismatch", &written.value_span, message, hint);
    }
}

/// A category belongs to one policy, and what lies in it belongs to the same.
fn categories(context: &Context<'_>, node: &Node, problems: &mut Problems<'_>) {
    let Some(written) = node.attribute("Category") else { return };
    let policy = ["RolePolicy", "Policy"].into_iter().find_map(|name| node.written(name)).unwrap_or_default();
    let mut named = context.named("Category").filter(|category| category.identifier() == written.value).peekable();
    let Some(first) = named.peek().copied() else { return };
    if !policy.is_empty() && !named.any(|category| category.value("Policy") == policy) {
        let message = format!(
            "category \"{}\" belongs to policy \"{}\", not to \"{policy}\"",
            written.value,
            first.value("Policy")
        );
        let hint = format!("declare a category of \"{policy}\"; this one is in {}", problems.words(&first.span));
        problems.warning("category-of-other-policy", &written.value_span, message, hint);
    }
}
