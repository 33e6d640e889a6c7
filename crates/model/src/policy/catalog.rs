//! Ids of the objects of the policy.

use crate::configuration::policy::{AutomationTarget, PolicyConfiguration};
use crate::ids::PolicyObjectId;
use std::collections::BTreeMap;

/// The deployed objects of the policy: (element name, identity) with their ids.
///
/// The identity is what stands in the `identity` of a typed rule, or the identifier of what has one. A category, whose
/// identifier is unique in its policy only, has `policy/identifier`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyCatalog {
    /// Ids by element name and identity.
    pub objects: BTreeMap<(String, String), PolicyObjectId>,
}

impl PolicyCatalog {
    /// Id of an object.
    pub fn id(&self, element: &str, identity: &str) -> Option<PolicyObjectId> {
        // A borrowed pair cannot look into a map of owned ones.
        self.objects.get(&(element.to_owned(), identity.to_owned())).copied()
    }

    /// Id of a category.
    pub fn category(&self, policy: &str, identifier: &str) -> Option<PolicyObjectId> {
        self.id("Category", &category_identity(policy, identifier))
    }

    /// Element name and identity of each object, by id.
    pub fn names(&self) -> BTreeMap<PolicyObjectId, (&str, &str)> {
        self.objects.iter().map(|((element, identity), id)| (*id, (element.as_str(), identity.as_str()))).collect()
    }
}

/// Identity of a category among the objects of the policy.
pub fn category_identity(policy: &str, identifier: &str) -> String {
    format!("{policy}/{identifier}")
}

/// Element name of an automation rule.
fn automation(target: &AutomationTarget) -> &'static str {
    match target {
        AutomationTarget::CompositeRole(_) => "CompositeRoleAutomationRule",
        AutomationTarget::SingleRole(_) => "SingleRoleAutomationRule",
        AutomationTarget::ResourceType(_) => "ResourceTypeAutomationRule",
        AutomationTarget::Category { .. } => "CategoryAutomationRule",
        AutomationTarget::Policy { .. } => "PolicyAutomationRule",
    }
}

impl PolicyConfiguration {
    /// Element name and identity of everything that has an id, in the order of the configuration.
    pub fn objects(&self) -> Vec<(&'static str, String)> {
        let mut all: Vec<(&'static str, String)> = Vec::new();
        all.extend(self.policies.iter().map(|p| ("Policy", p.identifier.clone())));
        all.extend(self.categories.iter().map(|c| ("Category", category_identity(&c.policy, &c.identifier))));
        all.extend(self.composite_roles.iter().map(|r| ("CompositeRole", r.identifier.clone())));
        all.extend(self.single_roles.iter().map(|r| ("SingleRole", r.identifier.clone())));
        all.extend(self.composite_role_rules.iter().map(|r| ("CompositeRoleRule", r.identity.clone())));
        all.extend(self.single_role_rules.iter().map(|r| ("SingleRoleRule", r.identity.clone())));
        for resource_type in &self.resource_types {
            all.push(("ResourceType", resource_type.identifier.clone()));
            all.extend(resource_type.type_rules.iter().map(|r| ("TypeRule", r.identity.clone())));
            all.extend(resource_type.scalar_rules.iter().map(|r| ("ScalarRule", r.identity.clone())));
            all.extend(resource_type.navigation_rules.iter().map(|r| ("NavigationRule", r.identity.clone())));
            all.extend(resource_type.query_rules.iter().map(|r| ("QueryRule", r.identity.clone())));
            all.extend(resource_type.binary_rules.iter().map(|r| ("BinaryRule", r.identity.clone())));
        }
        all.extend(self.correlation_rules.iter().map(|r| ("ResourceCorrelationRule", r.identity.clone())));
        all.extend(self.classification_rules.iter().map(|r| ("ResourceClassificationRule", r.identity.clone())));
        all.extend(self.automation_rules.iter().map(|r| (automation(&r.target), r.identity.clone())));
        all.extend(self.dimensions.iter().map(|d| ("Dimension", d.identifier.clone())));
        all.extend(self.context_rules.iter().map(|r| ("ContextRule", r.identifier.clone())));
        all.extend(self.record_sections.iter().map(|s| ("RecordSection", s.identifier.clone())));
        all.extend(self.role_mappings.iter().map(|m| ("RoleMapping", m.identifier.clone())));
        all.extend(self.mining_rules.iter().map(|r| ("MiningRule", r.identity.clone())));
        all.extend(self.risks.iter().map(|r| ("Risk", r.identifier.clone())));
        all.extend(self.indirect_resource_rules.iter().map(|r| ("IndirectResourceRule", r.identity.clone())));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::policy::{Category, ResourceType, TypeRule};

    #[test]
    fn nested_rules_and_categories_are_among_the_objects() {
        let rule = TypeRule { identity: "AD/1".to_owned(), ..TypeRule::default() };
        let configuration = PolicyConfiguration {
            categories: vec![Category {
                identifier: "IT".to_owned(),
                policy: "Default".to_owned(),
                ..Category::default()
            }],
            resource_types: vec![ResourceType {
                identifier: "AD".to_owned(),
                type_rules: vec![rule],
                ..ResourceType::default()
            }],
            ..PolicyConfiguration::default()
        };
        let expected = [("Category", "Default/IT"), ("ResourceType", "AD"), ("TypeRule", "AD/1")];
        let objects = configuration.objects();
        assert_eq!(objects.iter().map(|(e, i)| (*e, i.as_str())).collect::<Vec<_>>(), expected);
        let ids = (1..).map(PolicyObjectId);
        let objects = objects.into_iter().map(|(e, i)| (e.to_owned(), i)).zip(ids).collect();
        let catalog = PolicyCatalog { objects };
        assert_eq!(catalog.category("Default", "IT"), Some(PolicyObjectId(1)));
        assert_eq!(catalog.id("TypeRule", "AD/1"), Some(PolicyObjectId(3)));
        assert_eq!(catalog.id("TypeRule", "AD/2"), None);
        assert_eq!(catalog.names()[&PolicyObjectId(2)], ("ResourceType", "AD"));
    }
}
