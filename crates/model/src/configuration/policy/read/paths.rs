//! Bindings without the entity type that they may begin with.
//!
//! `Directory_User:Records.Position` and `Directory_User.Records.Position` are `Records.Position` on `Directory_User`.
//! Afterwards a binding is a path from the entity type that it is read on, and nothing else.

use super::super::{ContextRule, Operand, PolicyConfiguration, ResourceType};
use crate::configuration::types::Configuration;
use std::collections::{BTreeMap, BTreeSet};

/// Entity types, their properties, and where navigations lead.
pub(in crate::configuration) struct Paths {
    properties: BTreeMap<String, BTreeSet<String>>,
    ends: BTreeMap<(String, String), String>,
}

impl Paths {
    /// Those of a configuration.
    pub(in crate::configuration) fn new(configuration: &Configuration) -> Paths {
        let properties = configuration.entity_types.iter().map(|entity_type| {
            let names = entity_type.properties.iter().map(|property| property.identifier.clone());
            (entity_type.identifier.clone(), names.collect())
        });
        let mut ends = BTreeMap::new();
        for association in &configuration.associations {
            let (one, two) = (&association.property1, &association.property2);
            ends.insert((one.entity_type.clone(), one.property.clone()), two.entity_type.clone());
            ends.insert((two.entity_type.clone(), two.property.clone()), one.entity_type.clone());
        }
        Paths { properties: properties.collect(), ends }
    }

    /// Where a path of navigations leads.
    pub(in crate::configuration) fn end<'a>(&'a self, from: &'a str, path: &str) -> Option<&'a str> {
        let mut at = from;
        for step in path.split('.').filter(|step| !step.is_empty()) {
            at = self.ends.get(&(at.to_owned(), step.trim().to_owned()))?;
        }
        Some(at)
    }

    /// The path without this entity type before it, if it stands there.
    fn without<'p>(&self, path: &'p str, entity_type: &str) -> Option<&'p str> {
        if let Some((prefix, rest)) = path.split_once(':') {
            return (prefix.trim() == entity_type).then(|| rest.trim());
        }
        let (prefix, rest) = path.split_once('.')?;
        let is_property = self.properties.get(entity_type).is_some_and(|names| names.contains(prefix));
        (prefix == entity_type && !is_property).then_some(rest)
    }

    fn strip(&self, path: &mut String, entity_type: &str) {
        if let Some(rest) = self.without(path, entity_type) {
            *path = rest.to_owned();
        }
    }

    fn operand(&self, operand: &mut Operand, entity_type: &str) {
        if let Some(path) = &mut operand.binding {
            self.strip(path, entity_type);
        }
    }
}

pub(super) fn strip_prefixes(configuration: &Configuration, policy: &mut PolicyConfiguration) {
    let paths = Paths::new(configuration);
    for resource_type in &mut policy.resource_types {
        rules(&paths, resource_type);
    }
    let PolicyConfiguration { resource_types, correlation_rules, context_rules, role_mappings, .. } = policy;
    let found = |identifier: &str| resource_types.iter().find(|known| known.identifier == identifier);
    for rule in correlation_rules {
        if let Some(resource_type) = found(&rule.resource_type) {
            paths.operand(&mut rule.source, &resource_type.source_entity_type);
            paths.operand(&mut rule.target, &resource_type.target_entity_type);
        }
    }
    for rule in context_rules {
        context_rule(&paths, rule);
    }
    for mapping in role_mappings {
        let target = found(&mapping.resource_type).map(|known| known.target_entity_type.as_str());
        let Some(entitlement) = target.and_then(|target| paths.end(target, &mapping.property)) else {
            continue;
        };
        for operand in [
            &mut mapping.role_identifier,
            &mut mapping.role_display_name,
            &mut mapping.category_identifier,
            &mut mapping.category_display_name,
            &mut mapping.parent_category_identifier,
        ] {
            paths.operand(operand, entitlement);
        }
    }
}

fn rules(paths: &Paths, resource_type: &mut ResourceType) {
    let source = resource_type.source_entity_type.as_str();
    for rule in &mut resource_type.scalar_rules {
        paths.operand(&mut rule.source, source);
    }
    for rule in &mut resource_type.query_rules {
        paths.operand(&mut rule.source, source);
        if let Some(pointed) = paths.end(&resource_type.target_entity_type, &rule.property) {
            paths.operand(&mut rule.target, pointed);
        }
    }
    for path in resource_type.binary_rules.iter_mut().filter_map(|rule| rule.binding.as_mut()) {
        paths.strip(path, source);
    }
}

/// Paths of a context rule begin at the resource that bears the context. Written from the identity, they lead through
/// the binding of these resources, which is then left out.
fn context_rule(paths: &Paths, rule: &mut ContextRule) {
    let source = rule.source_entity_type.as_str();
    paths.operand(&mut rule.resources, source);
    let through = rule.resources.binding.as_deref();
    let bearer = through.and_then(|path| paths.end(source, path)).unwrap_or(source);
    let dates = [&mut rule.start, &mut rule.end].into_iter().filter_map(|operand| operand.binding.as_mut());
    for path in dates.chain(rule.bindings.iter_mut().map(|(_, path)| path)) {
        if let Some(rest) = paths.without(path, bearer) {
            *path = rest.to_owned();
        } else if let Some(rest) = paths.without(path, source) {
            let below = through.and_then(|through| rest.strip_prefix(through)?.strip_prefix('.'));
            *path = below.unwrap_or(rest).to_owned();
        }
    }
}
