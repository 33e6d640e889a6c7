//! A digest of all that decides about the owners of one entity type.

use super::Builder;
use crate::population::Reads;
use provost_model::configuration::policy::{AutomationTarget, Criterion, PolicyConfiguration};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// What people read, and evaluation does not.
const FOR_READERS: [&str; 6] =
    ["place", "display_name", "description", "tags", "hide_on_simplified_view", "remediation"];

impl Builder<'_, '_> {
    /// Equal for equal policies, wherever and in whatever order they are written. Another one when something that
    /// decides about these owners is another one: a rule, a key that it names, a hierarchy that it looks at, or the
    /// part of the entity model that is read. What decides about others only, and what is only shown, has no part in it.
    pub(super) fn hash(&self) -> u64 {
        let compiler = &self.compiler;
        let own = &compiler.metadata.entity_types[self.entity_type].identifier;
        let policy = &concerning(compiler.policy, own);
        let mut lines = vec![format!("source {own}")];
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
        self.values(policy, &mut lines);
        for (element, identity) in policy.objects() {
            let id = compiler.catalog.id(element, &identity);
            lines.push(format!("id {element} {identity:?} {id:?}"));
        }
        self.model(policy, &mut lines);
        lines.sort_unstable();
        lines.dedup();
        xxhash_rust::xxh3::xxh3_64(lines.join("\n").as_bytes())
    }

    /// Resources that navigation rules and risks name.
    fn values(&self, policy: &PolicyConfiguration, lines: &mut Vec<String>) {
        let compiler = &self.compiler;
        let found = |target: &str, property: &str, key: &str| {
            let (entity_type, property) = compiler.metadata.find(target, property)?;
            let (end, _) = compiler.pointed(entity_type, property)?;
            compiler.directory.resource(end, key)
        };
        for resource_type in &policy.resource_types {
            let target = &resource_type.target_entity_type;
            for rule in &resource_type.navigation_rules {
                let resource = found(target, &rule.property, &rule.resource);
                lines.push(format!("value {target} {} {} {resource:?}", rule.property, rule.resource));
            }
        }
        for item in policy.risks.iter().flat_map(|risk| risk.rules.iter().flatten()) {
            let named = policy.resource_types.iter().find(|known| known.identifier == item.resource_type);
            if let (Some(named), Some(key)) = (named, &item.resource) {
                let target = &named.target_entity_type;
                let resource = found(target, &item.property, key);
                lines.push(format!("value {target} {} {key} {resource:?}", item.property));
            }
        }
    }

    /// The entity types that are read, and how they hang together.
    fn model(&self, policy: &PolicyConfiguration, lines: &mut Vec<String>) {
        let metadata = self.compiler.metadata;
        let mut read = BTreeSet::from([self.entity_type]);
        self.reached(self.entity_type, &self.reads.owner, &mut read);
        for (entity_type, reads) in self.reads.targets.iter().chain(&self.reads.queries) {
            read.insert(*entity_type);
            self.reached(*entity_type, reads, &mut read);
        }
        let targets = policy.resource_types.iter().map(|known| &known.target_entity_type);
        let named: BTreeSet<&String> =
            targets.chain(policy.dimensions.iter().map(|known| &known.entity_type)).collect();
        for (at, entity_type) in metadata.entity_types.iter().enumerate() {
            if read.contains(&at) || named.contains(&entity_type.identifier) {
                lines.push(format!("model {entity_type:?}"));
            }
        }
        let end = |(entity_type, property): (usize, usize)| {
            let entity_type = &metadata.entity_types[entity_type];
            (entity_type.id, entity_type.properties.get(property).map(|property| property.id))
        };
        for known in metadata.associations.iter().filter(|a| read.contains(&a.end1.0) || read.contains(&a.end2.0)) {
            let (end1, end2) = (end(known.end1), end(known.end2));
            let collections = (known.is_property1_collection, known.is_property2_collection);
            lines.push(format!("association {} {end1:?} {end2:?} {collections:?} {:?}", known.id, known.storage));
        }
    }

    fn reached(&self, entity_type: usize, reads: &Reads, found: &mut BTreeSet<usize>) {
        for (property, beyond) in &reads.links {
            if let Some((end, _)) = self.compiler.pointed(entity_type, *property) {
                found.insert(end);
                self.reached(end, beyond, found);
            }
        }
    }
}

/// What decides about the owners of an entity type. Policies and dimensions are few and concern all.
fn concerning(policy: &PolicyConfiguration, own: &str) -> PolicyConfiguration {
    fn some<T: Clone>(all: &[T], concerns: impl Fn(&T) -> bool) -> Vec<T> {
        all.iter().filter(|one| concerns(one)).cloned().collect()
    }
    let singles = some(&policy.single_roles, |role| role.entity_type == own);
    let composites = some(&policy.composite_roles, |role| role.entity_type == own);
    let types = some(&policy.resource_types, |known| known.source_entity_type == own);
    let names = |list: &mut dyn Iterator<Item = &String>| list.cloned().collect::<BTreeSet<String>>();
    let single_names = names(&mut singles.iter().map(|role| &role.identifier));
    let composite_names = names(&mut composites.iter().map(|role| &role.identifier));
    let type_names = names(&mut types.iter().map(|known| &known.identifier));
    PolicyConfiguration {
        policies: policy.policies.clone(),
        dimensions: policy.dimensions.clone(),
        single_role_rules: some(&policy.single_role_rules, |rule| single_names.contains(&rule.role)),
        composite_role_rules: some(&policy.composite_role_rules, |rule| composite_names.contains(&rule.role)),
        automation_rules: some(&policy.automation_rules, |rule| match &rule.target {
            AutomationTarget::CompositeRole(name) => composite_names.contains(name),
            AutomationTarget::SingleRole(name) => single_names.contains(name),
            AutomationTarget::ResourceType(name) => type_names.contains(name),
            AutomationTarget::Category { entity_type, .. } | AutomationTarget::Policy { entity_type, .. } => {
                entity_type == own
            }
        }),
        context_rules: some(&policy.context_rules, |rule| rule.source_entity_type == own),
        record_sections: some(&policy.record_sections, |section| section.source_entity_type == own),
        risks: some(&policy.risks, |risk| risk.entity_type == own),
        single_roles: singles,
        composite_roles: composites,
        resource_types: types,
        ..PolicyConfiguration::default()
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
            as_evaluated(&mut value);
            lines.push(format!("{name} {value}"));
        }
    }
    all("policy", &policy.policies, lines);
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

fn as_evaluated(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !FOR_READERS.contains(&name.as_str()));
            fields.values_mut().for_each(as_evaluated);
        }
        Value::Array(items) => {
            items.iter_mut().for_each(as_evaluated);
            // Rules of a resource type say the same in any order.
            if items.iter().all(Value::is_object) {
                items.sort_by_key(Value::to_string);
            }
        }
        _ => {}
    }
}
