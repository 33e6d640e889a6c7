//! Automation rules and risks.

use super::roles::Roles;
use super::{Builder, Subject};
use crate::policy::plan::{Automation, Risk, RiskItem, Type};
use provost_model::configuration::policy::{self as conf, AutomationRule, AutomationTarget};
use std::collections::BTreeMap;

/// How closely an automation rule names what it decides about, the closest first.
fn distance(target: &AutomationTarget) -> u8 {
    match target {
        AutomationTarget::CompositeRole(_) | AutomationTarget::SingleRole(_) | AutomationTarget::ResourceType(_) => 0,
        AutomationTarget::Category { .. } => 1,
        AutomationTarget::Policy { .. } => 2,
    }
}

/// What an automation rule may decide about.
struct Candidate<'p> {
    element: &'static str,
    identifier: &'p str,
    policy: &'p str,
    category: Option<&'p str>,
}

impl Candidate<'_> {
    fn is_meant(&self, target: &AutomationTarget, entity_type: &str) -> bool {
        match target {
            AutomationTarget::CompositeRole(name) => self.element == "CompositeRole" && name == self.identifier,
            AutomationTarget::SingleRole(name) => self.element == "SingleRole" && name == self.identifier,
            AutomationTarget::ResourceType(name) => self.element == "ResourceType" && name == self.identifier,
            AutomationTarget::Category { category, entity_type: owners } => {
                self.category == Some(category) && owners == entity_type
            }
            AutomationTarget::Policy { policy, entity_type: owners } => policy == self.policy && owners == entity_type,
        }
    }
}

impl Builder<'_, '_> {
    /// Automation rules; and the resource types, which learn of theirs, with the risks over them.
    pub(super) fn governance(
        &mut self,
        roles: &mut Roles,
        mut types: Vec<Type>,
    ) -> (Vec<Automation>, (Vec<Type>, Vec<Risk>)) {
        let policy = self.compiler.policy;
        // The closest first; among equals a refusal; then by identity.
        let mut rules: Vec<&AutomationRule> = policy.automation_rules.iter().collect();
        rules.sort_by_key(|rule| (distance(&rule.target), rule.approve, &rule.identity));
        let mut made = Vec::new();
        let mut kept = Vec::new();
        for rule in rules {
            let subject = Subject::new("AutomationRule", &rule.identity, &rule.place);
            let Some(criteria) = self.parameters(rule, subject) else {
                continue;
            };
            let automation =
                Automation { criteria, state: rule.state, hours: rule.hours_to_wait, approve: rule.approve };
            made.push(automation);
            kept.push(rule);
        }
        self.attach(&kept, roles, &mut types);
        let risks = policy.risks.iter().filter_map(|risk| self.risk(risk, &types)).collect();
        (made, (types, risks))
    }

    /// The condition on the parameters of an assignment. No policy restricts it further.
    fn parameters(&mut self, rule: &AutomationRule, subject: Subject) -> Option<u32> {
        let atoms: Option<Vec<_>> = rule.criteria.iter().map(|criterion| self.atom(criterion, subject)).collect();
        Some(self.conditions.condition(&atoms?))
    }

    fn attach(&mut self, rules: &[&AutomationRule], roles: &mut Roles, types: &mut [Type]) {
        let policy = self.compiler.policy;
        let own = &self.compiler.metadata.entity_types[self.entity_type].identifier;
        let meant = |candidate: Candidate| -> Vec<u32> {
            let rules = rules.iter().zip(0..);
            rules.filter(|(rule, _)| candidate.is_meant(&rule.target, own)).map(|(_, at)| at).collect()
        };
        for role in &policy.single_roles {
            if let Some(at) = roles.single(&role.identifier) {
                roles.singles.roles[at as usize].automations = meant(Candidate {
                    element: "SingleRole",
                    identifier: &role.identifier,
                    policy: &role.policy,
                    category: role.category.as_deref(),
                });
            }
        }
        let composites: BTreeMap<&str, &conf::CompositeRole> =
            policy.composite_roles.iter().map(|role| (role.identifier.as_str(), role)).collect();
        for role in &mut roles.composites.roles {
            if let Some(declared) = composites.get(role.name.as_str()) {
                role.automations = meant(Candidate {
                    element: "CompositeRole",
                    identifier: &declared.identifier,
                    policy: &declared.policy,
                    category: declared.category.as_deref(),
                });
            }
        }
        for resource_type in types {
            let declared = policy.resource_types.iter().find(|declared| declared.identifier == resource_type.name);
            if let Some(declared) = declared {
                resource_type.automations = meant(Candidate {
                    element: "ResourceType",
                    identifier: &declared.identifier,
                    policy: &declared.policy,
                    category: declared.category.as_deref(),
                });
            }
        }
    }

    fn risk(&mut self, risk: &conf::Risk, types: &[Type]) -> Option<Risk> {
        let own = &self.compiler.metadata.entity_types[self.entity_type].identifier;
        if risk.entity_type != *own {
            return None;
        }
        let subject = Subject::new("Risk", &risk.identifier, &risk.place);
        let id = self.compiler.id(subject)?;
        let rules = risk.rules.iter().filter_map(|items| {
            // A combination with an item that cannot occur never occurs.
            let items: Option<Vec<RiskItem>> = items.iter().map(|item| self.risk_item(item, types, subject)).collect();
            items.filter(|items| !items.is_empty())
        });
        let rules = rules.collect();
        Some(Risk { id, exemption: risk.exemption, level: risk.level, rules })
    }

    fn risk_item(&mut self, item: &conf::RiskItem, types: &[Type], subject: Subject) -> Option<RiskItem> {
        let Some(at) = types.iter().position(|known| known.name == item.resource_type) else {
            let message = format!("there is no resource type {} for the same owners", item.resource_type);
            self.compiler.error(subject, message, "write the identifier of a ResourceType of the same owners");
            return None;
        };
        let target = types[at].target;
        let (property, _, pointed) = self.navigation(target, &item.property, subject)?;
        self.target_reads(target).links.entry(property).or_default();
        let resource = match &item.resource {
            Some(key) => Some(self.resource(pointed, key, subject)?),
            None => None,
        };
        Some(RiskItem { resource_type: at as u32, property, resource })
    }
}
