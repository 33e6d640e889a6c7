//! What a naming rule adds.

use super::known::Known;
use super::mapping::Mapping;
use crate::expression::program::{Environment, EvaluationError, Program};
use crate::population::{Handle, Population};
use provost_model::ResourceId;
use provost_model::configuration::Item;

/// What a naming rule adds, and what it leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    /// Categories, single roles, and a resource type with the navigation rules. To be added by
    /// [`provost_model::configuration::extended`].
    pub items: Vec<Item>,
    /// They are to be approved before they are added (`ApprovalRequired`).
    pub needs_approval: bool,
    /// Number of roles made.
    pub roles: usize,
    /// Number of navigation rules made.
    pub rules: usize,
    /// Number of categories made.
    pub categories: usize,
    /// Entitlements without a role afterwards, in the order of their keys.
    pub skipped: Vec<Skipped>,
}

/// An entitlement for which nothing was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The entitlement.
    pub resource: ResourceId,
    /// Its key, if it has one.
    pub key: String,
    /// Why.
    pub reason: Reason,
}

/// Why nothing was made for an entitlement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// No rule can name it.
    #[error("it has no key")]
    NoKey,
    /// The name of its role is empty.
    #[error("the identifier of its role is empty")]
    NoIdentifier,
    /// A role belongs to one entitlement.
    #[error("role \"{role}\" belongs to another entitlement")]
    RoleOfAnother {
        /// The role.
        role: String,
    },
    /// A role is only used when it is where the rule would put it.
    #[error("role \"{role}\" exists in policy \"{policy}\"{}", category.as_ref().map_or(String::new(), |c| format!(", category \"{c}\"")))]
    RoleElsewhere {
        /// The role.
        role: String,
        /// Its policy.
        policy: String,
        /// Its category.
        category: Option<String>,
    },
    /// Categories are made below known ones.
    #[error("category \"{parent}\", above \"{category}\", is unknown")]
    NoParent {
        /// The category to be made.
        category: String,
        /// The one above it.
        parent: String,
    },
    /// An expression failed on it.
    #[error("{0}")]
    Failed(#[from] EvaluationError),
}

/// What an entitlement is to be called.
struct Named {
    role: String,
    label: String,
    category: Option<String>,
    /// Category to be made: label and parent.
    new_category: Option<(String, Option<String>)>,
}

/// Applies a naming rule to entitlements. `known` learns what is proposed, so that the next rule sees it. The items
/// carry `file` as the file that they come from.
///
/// Once an entitlement is left out because of an error, the others are still done.
pub fn propose(
    mapping: &Mapping<'_>,
    entitlements: &[Handle],
    population: &Population,
    environment: &Environment<'_>,
    known: &mut Known,
    file: &str,
) -> Proposal {
    let mut proposal = Proposal { needs_approval: mapping.rule.approval_required, ..Proposal::default() };
    let mut ordered: Vec<(&str, ResourceId, Handle)> = entitlements
        .iter()
        .map(|entitlement| {
            let key = mapping.keys_of(*entitlement, population).next().unwrap_or_default();
            (key, population.id(*entitlement), *entitlement)
        })
        .collect();
    ordered.sort_unstable();
    let mut rules = Vec::new();
    for (key, resource, entitlement) in ordered {
        let mut one = One { mapping, population, environment, known, proposal: &mut proposal, rules: &mut rules, file };
        if let Err(reason) = one.entitlement(entitlement, key) {
            proposal.skipped.push(Skipped { resource, key: key.to_owned(), reason });
        }
    }
    proposal.rules = rules.len();
    if !rules.is_empty() {
        let identifier = [("Identifier", mapping.rule.resource_type.clone())];
        proposal.items.extend(Item::made("ResourceType", &identifier, rules, file));
    }
    proposal
}

/// One entitlement at work.
struct One<'a, 'm> {
    mapping: &'a Mapping<'m>,
    population: &'a Population,
    environment: &'a Environment<'a>,
    known: &'a mut Known,
    proposal: &'a mut Proposal,
    rules: &'a mut Vec<Item>,
    file: &'a str,
}

impl One<'_, '_> {
    fn entitlement(&mut self, entitlement: Handle, key: &str) -> Result<(), Reason> {
        let rule = self.mapping.rule;
        let tied = |key: &str| self.known.is_tied(&rule.resource_type, &rule.property, key);
        if self.mapping.keys_of(entitlement, self.population).any(tied) {
            return Ok(());
        }
        if !self.mapping.is_about(entitlement, self.population, self.environment)? {
            return Ok(());
        }
        if key.is_empty() {
            return Err(Reason::NoKey);
        }
        let named = self.name(entitlement)?;
        if self.known.roles_tied.contains(&named.role) {
            return Err(Reason::RoleOfAnother { role: named.role });
        }
        match self.known.roles.get(&named.role) {
            Some((policy, category)) if *policy != rule.role_policy || *category != named.category => {
                let (policy, category) = (policy.clone(), category.clone());
                return Err(Reason::RoleElsewhere { role: named.role, policy, category });
            }
            Some(_) => {}
            None => {
                self.category(&named);
                self.role(&named);
            }
        }
        self.rule(key, &named.role);
        Ok(())
    }

    fn text(&self, program: Option<&Program>, entitlement: Handle) -> Result<Option<String>, Reason> {
        let Some(program) = program else { return Ok(None) };
        let mut text = String::new();
        program.text(entitlement, self.population, self.environment, &mut text)?;
        Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    fn name(&self, entitlement: Handle) -> Result<Named, Reason> {
        let (rule, names) = (self.mapping.rule, &self.mapping.names);
        let role = self.text(names.role.as_ref(), entitlement)?.ok_or(Reason::NoIdentifier)?;
        let label = self.text(names.role_label.as_ref(), entitlement)?.unwrap_or_else(|| role.clone());
        let Some(category) = self.text(names.category.as_ref(), entitlement)? else {
            return Ok(Named { role, label, category: rule.category.clone(), new_category: None });
        };
        let is_known =
            |category: &str| self.known.categories.contains(&(rule.role_policy.clone(), category.to_owned()));
        if is_known(&category) {
            return Ok(Named { role, label, category: Some(category), new_category: None });
        }
        let parent = self.text(names.parent.as_ref(), entitlement)?;
        if let Some(parent) = parent.as_ref().filter(|parent| !is_known(parent)) {
            return Err(Reason::NoParent { category, parent: parent.clone() });
        }
        let category_label = self.text(names.category_label.as_ref(), entitlement)?.unwrap_or_else(|| category.clone());
        Ok(Named { role, label, category: Some(category), new_category: Some((category_label, parent)) })
    }

    fn category(&mut self, named: &Named) {
        let (Some(category), Some((label, parent))) = (&named.category, &named.new_category) else { return };
        let policy = &self.mapping.rule.role_policy;
        let attributes = [
            ("Identifier", category.clone()),
            ("DisplayName_L1", label.clone()),
            ("Policy", policy.clone()),
            ("Parent", parent.clone().unwrap_or_default()),
        ];
        self.proposal.items.extend(Item::made("Category", &attributes, Vec::new(), self.file));
        self.proposal.categories += 1;
        self.known.categories.insert((policy.clone(), category.clone()));
    }

    fn role(&mut self, named: &Named) {
        let rule = self.mapping.rule;
        let mut attributes = vec![
            ("Identifier", named.role.clone()),
            ("DisplayName_L1", named.label.clone()),
            ("EntityType", self.mapping.holders.to_owned()),
            ("Policy", rule.role_policy.clone()),
            ("Category", named.category.clone().unwrap_or_default()),
            ("ApprovalWorkflowType", rule.approval_workflow_type.clone()),
            ("ImplicitApproval", rule.implicit_approval.clone()),
            ("HideOnSimplifiedView", rule.hide_on_simplified_view.to_string()),
        ];
        attributes.extend(rule.comments.iter().map(|(name, value)| (name.as_str(), value.clone())));
        self.proposal.items.extend(Item::made("SingleRole", &attributes, Vec::new(), self.file));
        self.proposal.roles += 1;
        self.known.roles.insert(named.role.clone(), (rule.role_policy.clone(), named.category.clone()));
    }

    fn rule(&mut self, key: &str, role: &str) {
        let rule = self.mapping.rule;
        let attributes = [
            ("Property", rule.property.clone()),
            ("Resource", key.to_owned()),
            ("Policy", rule.role_policy.clone()),
            ("SingleRole", role.to_owned()),
        ];
        self.rules.extend(Item::made_in("ResourceType", "NavigationRule", &attributes, self.file));
        self.known.tie(&rule.resource_type, &rule.property, key, Some(role));
    }
}
