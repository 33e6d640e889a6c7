//! A digest of all that decides about the owners of one entity type.

use super::Builder;
use provost_model::configuration::policy::{Criterion, PolicyConfiguration};
use serde::Serialize;
use serde_json::Value;

impl Builder<'_, '_> {
    /// Equal for equal policies, wherever and in whatever order they are written. Another one when a rule, a key that
    /// it names, a hierarchy that it looks at, or the entity model is another one.
    pub(super) fn hash(&self) -> u64 {
        let compiler = &self.compiler;
        let policy = compiler.policy;
        let mut lines = Vec::new();
        elements(policy, &mut lines);
        for dimension in &policy.dimensions {
            let entity_type = compiler.metadata.entity_types.iter().position(|t| t.identifier == dimension.entity_type);
            let Some(entity_type) = entity_type else {
                continue;
            };
            for criterion in criteria(policy).filter(|criterion| criterion.column == dimension.column) {
                let found = compiler.directory.resource(entity_type, &criterion.value);
                lines.push(format!("key {} {} {found:?}", dimension.column, criterion.value));
            }
        }
        for column in &self.columns {
            for (value, parent) in compiler.directory.parents(*column) {
                lines.push(format!("tree {column} {value} {parent}"));
            }
        }
        for resource_type in &policy.resource_types {
            for rule in &resource_type.navigation_rules {
                let end = compiler
                    .metadata
                    .find(&resource_type.target_entity_type, &rule.property)
                    .and_then(|(entity_type, property)| compiler.pointed(entity_type, property));
                let found = end.and_then(|(end, _)| compiler.directory.resource(end, &rule.resource));
                lines.push(format!("value {} {} {found:?}", rule.property, rule.resource));
            }
        }
        for (key, id) in &compiler.catalog.objects {
            lines.push(format!("id {key:?} {id}"));
        }
        lines.push(format!("model {:?} {:?}", compiler.metadata.entity_types, compiler.metadata.associations));
        lines.push(format!("source {}", self.entity_type));
        lines.sort_unstable();
        lines.dedup();
        xxhash_rust::xxh3::xxh3_64(lines.join("\n").as_bytes())
    }
}

fn criteria(policy: &PolicyConfiguration) -> impl Iterator<Item = &Criterion> {
    let singles = policy.single_role_rules.iter().flat_map(|rule| &rule.criteria);
    let composites = policy.composite_role_rules.iter().flat_map(|rule| &rule.criteria);
    let types = policy.resource_types.iter().flat_map(|resource_type| {
        let rules = resource_type.type_rules.iter().flat_map(|rule| &rule.criteria);
        rules.chain(resource_type.navigation_rules.iter().flat_map(|rule| &rule.criteria))
    });
    let policies = policy.policies.iter().flat_map(|policy| &policy.criteria);
    let roles = policy.single_roles.iter().flat_map(|role| &role.dimensions);
    let automations = policy.automation_rules.iter().flat_map(|rule| &rule.criteria);
    singles.chain(composites).chain(types).chain(policies).chain(roles).chain(automations)
}

fn elements(policy: &PolicyConfiguration, lines: &mut Vec<String>) {
    fn all<T: Serialize>(name: &str, elements: &[T], lines: &mut Vec<String>) {
        for element in elements {
            // Typed elements have a JSON form, always.
            let mut value = serde_json::to_value(element).unwrap_or_default();
            without_places(&mut value);
            lines.push(format!("{name} {value}"));
        }
    }
    all("policy", &policy.policies, lines);
    all("category", &policy.categories, lines);
    all("single", &policy.single_roles, lines);
    all("composite", &policy.composite_roles, lines);
    all("single rule", &policy.single_role_rules, lines);
    all("composite rule", &policy.composite_role_rules, lines);
    all("type", &policy.resource_types, lines);
    all("automation", &policy.automation_rules, lines);
    all("dimension", &policy.dimensions, lines);
    all("context", &policy.context_rules, lines);
    all("section", &policy.record_sections, lines);
    all("risk", &policy.risks, lines);
}

fn without_places(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("place");
            fields.values_mut().for_each(without_places);
        }
        Value::Array(items) => {
            items.iter_mut().for_each(without_places);
            // Rules of a resource type say the same in any order.
            if items.iter().all(Value::is_object) {
                items.sort_by_key(Value::to_string);
            }
        }
        _ => {}
    }
}
