//! What the configuration has already.

use provost_model::configuration::Configuration;
use std::collections::{BTreeMap, BTreeSet};

/// Roles, categories and navigation rules: those of the configuration, and those proposed so far.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Policy and category of each single role.
    pub(super) roles: BTreeMap<String, (String, Option<String>)>,
    /// Policy and identifier.
    pub(super) categories: BTreeSet<(String, String)>,
    /// Resource type, property and resource of navigation rules.
    pub(super) tied: BTreeSet<(String, String, String)>,
    /// Roles that a navigation rule names.
    pub(super) roles_tied: BTreeSet<String>,
}

impl Known {
    /// That of a configuration.
    pub fn new(configuration: &Configuration) -> Known {
        let policy = &configuration.policy;
        let mut known = Known {
            roles: policy
                .single_roles
                .iter()
                .map(|role| (role.identifier.clone(), (role.policy.clone(), role.category.clone())))
                .collect(),
            categories: policy.categories.iter().map(|c| (c.policy.clone(), c.identifier.clone())).collect(),
            ..Known::default()
        };
        for resource_type in &policy.resource_types {
            for rule in &resource_type.navigation_rules {
                known.tie(&resource_type.identifier, &rule.property, &rule.resource, rule.single_role.as_deref());
            }
        }
        known
    }

    pub(super) fn tie(&mut self, resource_type: &str, property: &str, resource: &str, role: Option<&str>) {
        self.tied.insert((resource_type.to_owned(), property.to_owned(), resource.to_owned()));
        self.roles_tied.extend(role.map(str::to_owned));
    }

    pub(super) fn is_tied(&self, resource_type: &str, property: &str, resource: &str) -> bool {
        self.tied.contains(&(resource_type.to_owned(), property.to_owned(), resource.to_owned()))
    }
}
