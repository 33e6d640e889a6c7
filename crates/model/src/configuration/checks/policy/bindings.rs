//! What is read on owners, targets and records.

use super::super::expressions::{Root, binding};
use super::{Context, below};
use crate::configuration::node::Node;
use crate::configuration::source::Problems;

/// Every side of a rule says what it is.
pub(super) fn operands(context: &Context<'_>, problems: &mut Problems<'_>) {
    let mut side = |node: &Node, binding: &str, expression: &str, what: &str| {
        if node.value(binding).trim().is_empty() && node.value(expression).trim().is_empty() {
            let message = format!("<{}> says no {what}", node.element.name);
            let hint = format!("add {binding}=\"…\", {expression}=\"…\" or both");
            problems.error("nothing-to-compute", &node.span, message, hint);
        }
    };
    for node in context.named("ResourceType") {
        for rule in below(node, "ScalarRule") {
            side(rule, "Binding", "Expression", "value");
        }
        for rule in below(node, "QueryRule") {
            side(rule, "SourceBinding", "SourceExpression", "key of the owner");
            side(rule, "TargetBinding", "TargetExpression", "key of the resources to link");
        }
    }
    for rule in context.named("ResourceCorrelationRule") {
        side(rule, "SourceBinding", "SourceExpression", "key of the owner");
        side(rule, "TargetBinding", "TargetExpression", "key of the target");
    }
    for mapping in context.named("RoleMapping") {
        side(mapping, "IdentifierBinding", "IdentifierExpression", "identifier of the roles");
    }
    for rule in context.named("ResourceType").flat_map(|node| below(node, "BinaryRule")) {
        if rule.value("Binding").trim().is_empty() {
            let message = "<BinaryRule> says no file of the owner";
            problems.error("nothing-to-compute", &rule.span, message, "add Binding=\"…\"");
        }
    }
    constant_keys(context, problems);
}

/// A key of a query rule that is the same for all resources matches all of them, or none.
fn constant_keys(context: &Context<'_>, problems: &mut Problems<'_>) {
    let rules = context.named("ResourceType").flat_map(|node| below(node, "QueryRule"));
    for rule in rules.chain(context.named("ResourceCorrelationRule")) {
        let Some(expression) = rule.attribute("TargetExpression") else { continue };
        let is_literal =
            expression.value.split_once(':').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case("literal"));
        if is_literal {
            let message = "the key of the target is the same for all of them";
            problems.error("constant-key", &expression.value_span, message, "use at least one property of the target");
        }
    }
}

/// Every path exists in the entity model.
pub(super) fn paths(context: &Context<'_>, problems: &mut Problems<'_>) {
    let mut check = |roots: &[&str], node: &Node, names: &[&str]| {
        for attribute in names.iter().filter_map(|name| node.attribute(name)) {
            binding(context, Root { entity_types: roots, through: "", may_branch: false }, attribute, problems);
        }
    };
    for node in context.named("ResourceType") {
        let (source, target) = (node.value("SourceEntityType"), node.value("TargetEntityType"));
        for rule in below(node, "ScalarRule").chain(below(node, "BinaryRule")) {
            check(&[source], rule, &["Binding"]);
        }
        for rule in below(node, "QueryRule") {
            check(&[source], rule, &["SourceBinding"]);
            if let Some(end) = context.model.end(target, rule.value("Property")) {
                check(&[end.other_type], rule, &["TargetBinding"]);
            }
        }
    }
    for rule in context.named("ResourceCorrelationRule") {
        if let Some(node) = context.one("ResourceType", rule.value("ResourceType")) {
            check(&[node.value("SourceEntityType")], rule, &["SourceBinding"]);
            check(&[node.value("TargetEntityType")], rule, &["TargetBinding"]);
        }
    }
    for mapping in context.named("RoleMapping") {
        let accounts = context.one("ResourceType", mapping.value("ResourceType"));
        let end =
            accounts.and_then(|node| context.model.end(node.value("TargetEntityType"), mapping.value("Property")));
        if let Some(end) = end {
            check(
                &[end.other_type],
                mapping,
                &[
                    "IdentifierBinding",
                    "DisplayNameBinding",
                    "CategoryIdentifierBinding",
                    "CategoryDisplayNameBinding",
                    "ParentCategoryIdentifierBinding",
                ],
            );
        }
    }
    context_rules(context, problems);
}

/// Paths of a context rule begin at the record; written from the identity, they lead through its binding.
fn context_rules(context: &Context<'_>, problems: &mut Problems<'_>) {
    for node in context.named("ContextRule") {
        let source = node.value("SourceEntityType");
        let resources = node.attribute("ResourcesBinding").filter(|a| !a.value.trim().is_empty());
        if let Some(attribute) = resources {
            binding(context, Root { entity_types: &[source], through: "", may_branch: true }, attribute, problems);
        } else if !node.value("ResourcesExpression").trim().is_empty() {
            continue;
        }
        let through = resources.map_or("", |attribute| without(&attribute.value, source));
        let mut bearer = source;
        for step in through.split('.').filter(|step| !step.is_empty()) {
            let Some(end) = context.model.end(bearer, step) else { break };
            bearer = end.other_type;
        }
        let is_path = |name: &str| {
            name == "ResourcesStartBinding"
                || name == "ResourcesEndBinding"
                || (name.starts_with('B') && name.len() <= 3)
        };
        for attribute in node.attributes.iter().filter(|attribute| is_path(&attribute.name)) {
            binding(context, Root { entity_types: &[bearer, source], through, may_branch: false }, attribute, problems);
        }
    }
}

fn without<'p>(path: &'p str, entity_type: &str) -> &'p str {
    let rest = path.trim().strip_prefix(entity_type).and_then(|rest| rest.strip_prefix([':', '.']));
    rest.unwrap_or(path.trim())
}
