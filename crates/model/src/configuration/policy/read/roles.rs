//! Policies, categories, roles, and the rules about them.

use super::super::{
    AutomationRule, AutomationTarget, Category, CompositeRole, CompositeRoleRule, Policy, SingleRole, SingleRoleRule,
};
use super::{criteria, options, place, rule_type};
use crate::configuration::view::View;
use crate::policy::WorkflowState;

/// The forms of automation rules, the generic one first.
pub(super) const AUTOMATION: [&str; 6] = [
    "AutomationRule",
    "CompositeRoleAutomationRule",
    "SingleRoleAutomationRule",
    "ResourceTypeAutomationRule",
    "CategoryAutomationRule",
    "PolicyAutomationRule",
];

pub(super) fn policy(view: View<'_>) -> Policy {
    Policy {
        identifier: view.text("Identifier"),
        display_name: view.optional("DisplayName_L1"),
        criteria: criteria(view),
        is_provisioning_enabled: view.is("IsProvisioningEnabled"),
        is_simulation_enabled: view.is("IsSimulationEnabled"),
        is_external: view.is("IsExternal"),
        has_implicit_approval: view.is("HasImplicitApproval"),
        prolongation_without_approval: view.is("ProlongationWithoutApproval"),
        max_duration: view.number("MaxDuration"),
        grace_period: view.number("GracePeriod"),
        place: place(view),
    }
}

pub(super) fn category(view: View<'_>) -> Category {
    Category {
        identifier: view.text("Identifier"),
        display_name: view.optional("DisplayName_L1"),
        policy: view.text("Policy"),
        parent: view.optional("Parent"),
        place: place(view),
    }
}

fn tags(view: View<'_>) -> Vec<String> {
    view.text("Tags").split('¤').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

pub(super) fn single_role(view: View<'_>) -> SingleRole {
    SingleRole {
        identifier: view.text("Identifier"),
        display_name: view.optional("DisplayName_L1"),
        description: view.optional("Description_L1"),
        entity_type: view.text("EntityType"),
        policy: view.text("Policy"),
        category: view.optional("Category"),
        dimensions: criteria(view),
        tags: tags(view),
        options: options(view),
        place: place(view),
    }
}

pub(super) fn composite_role(view: View<'_>) -> CompositeRole {
    CompositeRole {
        identifier: view.text("Identifier"),
        display_name: view.optional("DisplayName_L1"),
        description: view.optional("Description_L1"),
        entity_type: view.text("EntityType"),
        policy: view.text("Policy"),
        category: view.optional("Category"),
        tags: tags(view),
        options: options(view),
        place: place(view),
    }
}

pub(super) fn single_role_rule(view: View<'_>) -> SingleRoleRule {
    SingleRoleRule {
        identity: view.item.identity.clone(),
        role: view.text("Role"),
        policy: view.text("Policy"),
        criteria: criteria(view),
        composite_role: view.optional("CompositeRole"),
        is_denied: view.is("IsDenied"),
        priority: view.number("Priority"),
        kind: rule_type(&view.text("Type")),
        place: place(view),
    }
}

pub(super) fn composite_role_rule(view: View<'_>) -> CompositeRoleRule {
    CompositeRoleRule {
        identity: view.item.identity.clone(),
        role: view.text("Role"),
        policy: view.text("Policy"),
        criteria: criteria(view),
        parent_role: view.optional("ParentRole"),
        is_denied: view.is("IsDenied"),
        priority: view.number("Priority"),
        kind: rule_type(&view.text("Type")),
        place: place(view),
    }
}

/// Nothing for a rule that does not say what it decides about.
pub(super) fn automation_rule(view: View<'_>) -> Option<AutomationRule> {
    let form = match view.item.element.as_str() {
        "AutomationRule" => view.text("Type"),
        typed => typed.trim_end_matches("AutomationRule").to_owned(),
    };
    let object = view.optional(&form)?;
    let entity_type = view.text("EntityType");
    let target = match form.as_str() {
        "CompositeRole" => AutomationTarget::CompositeRole(object),
        "SingleRole" => AutomationTarget::SingleRole(object),
        "ResourceType" => AutomationTarget::ResourceType(object),
        "Category" => AutomationTarget::Category { category: object, entity_type },
        "Policy" => AutomationTarget::Policy { policy: object, entity_type },
        _ => return None,
    };
    let state = view.text("WorkflowState");
    Some(AutomationRule {
        identity: view.item.identity.clone(),
        target,
        criteria: criteria(view),
        state: WorkflowState::ALL.iter().copied().find(|known| known.name() == state).unwrap_or_default(),
        hours_to_wait: view.number("HoursToWait"),
        approve: view.text("Decision") != "Decline",
        place: place(view),
    })
}
