//! Resource types and their rules.

use super::roles::Roles;
use super::{Builder, Subject, ranks};
use crate::policy::conditions::ALWAYS;
use crate::policy::plan::{Effect, EffectKind, Governed, NavigationRule, QueryRule, Source, Type, TypeRule, ValueRule};
use provost_model::configuration::PropertyType;
use provost_model::configuration::policy::{self as conf, ComparisonType, Operand, Place, TimeOffset};
use std::collections::BTreeMap;

impl Builder<'_, '_> {
    pub(super) fn types(&mut self, roles: &mut Roles) -> Vec<Type> {
        let policy = self.compiler.policy;
        let own = self.compiler.metadata.entity_types[self.entity_type].identifier.clone();
        let mut declared: Vec<_> = policy.resource_types.iter().filter(|t| t.source_entity_type == own).collect();
        declared.sort_by_key(|resource_type| &resource_type.identifier);
        let mut types = Vec::new();
        for resource_type in declared {
            types.extend(self.resource_type(resource_type, roles));
        }
        types
    }

    fn resource_type(&mut self, declared: &conf::ResourceType, roles: &mut Roles) -> Option<Type> {
        let subject = Subject::new("ResourceType", &declared.identifier, &declared.place);
        let id = self.compiler.id(subject)?;
        let policy = self.compiler.policy_named(&declared.policy, subject)?;
        let target = self.compiler.entity_type(&declared.target_entity_type, subject)?;
        let rules = self.type_rules(declared, roles);
        let scalars = self.scalar_rules(declared, target, roles);
        let binaries = self.binary_rules(declared, target, roles);
        let navigations = self.navigation_rules(declared, target, roles);
        let queries = self.query_rules(declared, target);
        let mut governed: BTreeMap<usize, Governed> = BTreeMap::new();
        let filled = navigations.iter().map(|rule| (rule.property, rule.property_id));
        for (property, id) in filled.chain(queries.iter().map(|rule| (rule.property, rule.property_id))) {
            let is_collection = self.compiler.pointed(target, property).is_some_and(|(_, many)| many);
            governed.insert(property, Governed { property, id, is_collection });
            self.target_reads(target).links.entry(property).or_default();
        }
        let read: Vec<usize> = scalars.iter().chain(&binaries).map(|rule| rule.property).collect();
        self.target_reads(target).values.extend(read);
        let mut made = Type {
            id,
            name: declared.identifier.clone(),
            place: declared.place.clone(),
            target,
            is_external: policy.is_external,
            allow_add: declared.allow_add,
            allow_remove: declared.allow_remove,
            block: declared.block_provisioning,
            discard_manual: declared.discard_manual_assignments,
            multiple: declared.correlate_multiple_resources,
            approvals: declared.options.approvals,
            max_duration: declared.options.max_duration.unwrap_or(policy.max_duration),
            end_is_locked: declared.options.end_date_mode == "Always",
            required: declared.options.required_parameters.iter().copied().collect(),
            rules,
            scalars,
            binaries,
            navigations,
            queries,
            always: Vec::new(),
            governed: governed.into_values().collect(),
            rules_of_value: Vec::new(),
            values_of_role: BTreeMap::new(),
            automations: Vec::new(),
        };
        reverse(&mut made, roles);
        Some(made)
    }

    /// Position of the single role that a rule asks for. `Err` when there is none of that name.
    fn single_role(&mut self, name: Option<&str>, roles: &Roles, subject: Subject) -> Result<Option<u32>, ()> {
        let Some(name) = name else {
            return Ok(None);
        };
        let found = roles.single(name);
        if found.is_none() {
            let message = format!("there is no single role {name} for the same owners");
            let remedy = "write the identifier of a SingleRole whose EntityType is the SourceEntityType";
            self.compiler.error(subject, message, remedy);
        }
        found.map(Some).ok_or(())
    }

    fn type_rules(&mut self, declared: &conf::ResourceType, roles: &Roles) -> Vec<TypeRule> {
        let mut sorted: Vec<_> = declared.type_rules.iter().collect();
        sorted.sort_by_key(|rule| &rule.identity);
        let mut made = Vec::new();
        for rule in sorted {
            let subject = Subject::new("TypeRule", &rule.identity, &rule.place);
            let single_role = self.single_role(rule.single_role.as_deref(), roles, subject);
            let condition = self.condition(&rule.criteria, &rule.policy, subject);
            let id = self.compiler.id(subject);
            if let (Ok(single_role), Some(condition), Some(id)) = (single_role, condition, id) {
                made.push(TypeRule {
                    id,
                    identity: rule.identity.clone(),
                    place: rule.place.clone(),
                    condition,
                    single_role,
                    is_denied: rule.is_denied,
                    kind: rule.kind,
                    offset: rule.offset,
                });
            }
        }
        made
    }

    fn property(&mut self, target: usize, name: &str, subject: Subject) -> Option<usize> {
        let owner = &self.compiler.metadata.entity_types[target];
        let found = owner.properties.iter().position(|property| property.identifier == name);
        if found.is_none() {
            let message = format!("{} has no property {name}", owner.identifier);
            self.compiler.error(subject, message, "write the identifier of a property of the target entity type");
        }
        found
    }

    fn scalar_rules(&mut self, declared: &conf::ResourceType, target: usize, roles: &Roles) -> Vec<ValueRule> {
        let mut made = Vec::new();
        for rule in &declared.scalar_rules {
            let given = Given {
                element: "ScalarRule",
                identity: &rule.identity,
                place: &rule.place,
                property: &rule.property,
                source: &rule.source,
                comparison: rule.comparison,
                is_mapped: rule.is_mapped,
                single_role: rule.single_role.as_deref(),
                offset: rule.offset,
            };
            made.extend(self.value_rule(&given, target, roles));
        }
        by_strength(made)
    }

    fn binary_rules(&mut self, declared: &conf::ResourceType, target: usize, roles: &Roles) -> Vec<ValueRule> {
        let mut made = Vec::new();
        for rule in &declared.binary_rules {
            let given = Given {
                element: "BinaryRule",
                identity: &rule.identity,
                place: &rule.place,
                property: &rule.property,
                source: &Operand { binding: rule.binding.clone(), expression: None },
                comparison: ComparisonType::CaseSensitive,
                is_mapped: true,
                single_role: rule.single_role.as_deref(),
                offset: rule.offset,
            };
            made.extend(self.value_rule(&given, target, roles));
        }
        by_strength(made)
    }

    fn value_rule(&mut self, rule: &Given, target: usize, roles: &Roles) -> Option<ValueRule> {
        let subject = Subject::new(rule.element, rule.identity, rule.place);
        let property = self.property(target, rule.property, subject)?;
        let declared = &self.compiler.metadata.entity_types[target].properties[property];
        let (kind, property_id) = (declared.kind, declared.id);
        if kind == PropertyType::ForeignKey {
            let message = format!("{} is a navigation", rule.property);
            self.compiler.error(subject, message, "write a NavigationRule or a QueryRule");
            return None;
        }
        let single_role = self.single_role(rule.single_role, roles, subject).ok()?;
        Some(ValueRule {
            id: self.compiler.id(subject)?,
            identity: rule.identity.to_owned(),
            place: rule.place.clone(),
            property,
            property_id,
            program: self.owner_program(rule.source, kind, subject)?,
            comparison: rule.comparison,
            is_mapped: rule.is_mapped,
            single_role,
            offset: rule.offset,
        })
    }

    fn navigation_rules(&mut self, declared: &conf::ResourceType, target: usize, roles: &Roles) -> Vec<NavigationRule> {
        let order = ranks(declared.navigation_rules.iter().map(|rule| rule.identity.as_str()));
        let mut made = Vec::new();
        for rule in &declared.navigation_rules {
            made.extend(self.navigation_rule(rule, target, roles, order[rule.identity.as_str()]));
        }
        made.sort_by_key(|rule: &NavigationRule| rule.order);
        made
    }

    fn navigation_rule(
        &mut self,
        rule: &conf::NavigationRule,
        target: usize,
        roles: &Roles,
        order: u32,
    ) -> Option<NavigationRule> {
        let subject = Subject::new("NavigationRule", &rule.identity, &rule.place);
        let (property, property_id, pointed) = self.navigation(target, &rule.property, subject)?;
        let single_role = self.single_role(rule.single_role.as_deref(), roles, subject).ok()?;
        let condition = self.condition(&rule.criteria, &rule.policy, subject)?;
        Some(NavigationRule {
            id: self.compiler.id(subject)?,
            identity: rule.identity.clone(),
            place: rule.place.clone(),
            property,
            property_id,
            resource: self.resource(pointed, &rule.resource, subject)?,
            condition,
            single_role,
            is_denied: rule.is_denied,
            offset: rule.offset,
            order,
        })
    }

    fn query_rules(&mut self, declared: &conf::ResourceType, target: usize) -> Vec<QueryRule> {
        let order = ranks(declared.query_rules.iter().map(|rule| rule.identity.as_str()));
        let mut made = Vec::new();
        for rule in &declared.query_rules {
            let subject = Subject::new("QueryRule", &rule.identity, &rule.place);
            let found = self.navigation(target, &rule.property, subject);
            let id = self.compiler.id(subject);
            if let (Some((property, property_id, _)), Some(id)) = (found, id) {
                made.push(QueryRule {
                    id,
                    identity: rule.identity.clone(),
                    place: rule.place.clone(),
                    property,
                    property_id,
                    confidence: rule.confidence,
                    offset: rule.offset,
                    order: order[rule.identity.as_str()],
                });
            }
        }
        made.sort_by_key(|rule: &QueryRule| (std::cmp::Reverse(rule.confidence), rule.order));
        made
    }

    /// A navigation of the target, with where it leads.
    pub(super) fn navigation(
        &mut self,
        target: usize,
        name: &str,
        subject: Subject,
    ) -> Option<(usize, provost_model::PropertyId, usize)> {
        let property = self.property(target, name, subject)?;
        let Some((pointed, _)) = self.compiler.pointed(target, property) else {
            self.compiler.error(subject, format!("{name} is no navigation"), "write a ScalarRule");
            return None;
        };
        Some((property, self.compiler.metadata.entity_types[target].properties[property].id, pointed))
    }
}

/// A scalar or binary rule as declared.
struct Given<'p> {
    element: &'static str,
    identity: &'p str,
    place: &'p Place,
    property: &'p str,
    source: &'p Operand,
    comparison: ComparisonType,
    is_mapped: bool,
    single_role: Option<&'p str>,
    offset: TimeOffset,
}

/// Which of two rules about one property wins: one with a role; then by mode of offset; then by identity, so that the
/// order in files says nothing.
fn by_strength(mut rules: Vec<ValueRule>) -> Vec<ValueRule> {
    rules.sort_by(|a, b| {
        let key = |rule: &ValueRule| (rule.property, rule.single_role.is_none(), mode(rule.offset));
        key(a).cmp(&key(b)).then_with(|| a.identity.cmp(&b.identity))
    });
    rules
}

/// Strength of a mode of offset, the strongest first.
pub(in crate::policy) fn mode(offset: TimeOffset) -> u8 {
    match offset {
        TimeOffset::Default => 0,
        TimeOffset::Around { .. } => 1,
        TimeOffset::Before { .. } => 2,
        TimeOffset::After { .. } => 3,
    }
}

/// The rules of a resource type, read backwards.
fn reverse(made: &mut Type, roles: &mut Roles) {
    let mut rules_of_value: BTreeMap<_, Vec<u32>> = BTreeMap::new();
    let free = |rule: &NavigationRule| rule.single_role.is_none() && rule.condition == ALWAYS;
    made.always = made.navigations.iter().zip(0..).filter(|(rule, _)| free(rule)).map(|(_, at)| at).collect();
    for (at, rule) in made.navigations.iter().enumerate().filter(|(_, rule)| !rule.is_denied) {
        rules_of_value.entry((rule.property, rule.resource)).or_default().push(at as u32);
        let Some(role) = rule.single_role else {
            continue;
        };
        let values = made.values_of_role.entry(role).or_default();
        if !values.contains(&(rule.property, rule.resource)) {
            values.push((rule.property, rule.resource));
        }
        roles.singles.roles[role as usize].is_deducible = true;
    }
    made.rules_of_value = rules_of_value.into_iter().collect();
    for role in made.scalars.iter().filter_map(|rule| rule.single_role) {
        roles.singles.roles[role as usize].is_deducible = true;
    }
}

/// Fills in what is brought about by roles and by conditions.
pub(super) fn index(source: &mut Source) {
    let Source { types, effects, unconditional, singles, .. } = source;
    *effects = vec![Vec::new(); singles.roles.len()];
    let mut add = |single_role: Option<u32>, condition: u32, effect: Effect| match single_role {
        Some(role) => effects[role as usize].push(effect),
        // What has no criteria at all holds wherever its resource type does.
        None if condition == ALWAYS && effect.kind != EffectKind::TypeRule => {}
        None => unconditional[condition as usize].push(effect),
    };
    for (resource_type, found) in types.iter().enumerate() {
        let effect = |kind, rule: usize| Effect { kind, rule: rule as u32, resource_type: resource_type as u32 };
        for (at, rule) in found.rules.iter().enumerate() {
            add(rule.single_role, rule.condition, effect(EffectKind::TypeRule, at));
        }
        for (at, rule) in found.navigations.iter().enumerate() {
            add(rule.single_role, rule.condition, effect(EffectKind::Navigation, at));
        }
        for (at, rule) in found.scalars.iter().enumerate() {
            add(rule.single_role, ALWAYS, effect(EffectKind::Scalar, at));
        }
        for (at, rule) in found.binaries.iter().enumerate() {
            add(rule.single_role, ALWAYS, effect(EffectKind::Binary, at));
        }
    }
}
