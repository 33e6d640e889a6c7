//! Naming rules, mining rules, risks and indirect permissions.

use super::super::{
    Comparison, IndirectResourceRule, MiningRule, Risk, RiskExemption, RiskItem, RiskKind, RoleMapping,
};
use super::{hundredths, operand, place, rule_type};
use crate::configuration::view::View;

pub(super) fn role_mapping(view: View<'_>) -> RoleMapping {
    let policy = view.text("Policy");
    RoleMapping {
        identifier: view.text("Identifier"),
        property: view.text("Property"),
        resource_type: view.text("ResourceType"),
        role_policy: view.optional("RolePolicy").unwrap_or_else(|| policy.clone()),
        policy,
        role_identifier: operand(view, "IdentifierBinding", "IdentifierExpression"),
        role_display_name: operand(view, "DisplayNameBinding", "DisplayNameExpression"),
        category_identifier: operand(view, "CategoryIdentifierBinding", "CategoryIdentifierExpression"),
        category_display_name: operand(view, "CategoryDisplayNameBinding", "CategoryDisplayNameExpression"),
        parent_category_identifier: operand(
            view,
            "ParentCategoryIdentifierBinding",
            "ParentCategoryIdentifierExpression",
        ),
        category: view.optional("Category"),
        approval_required: view.is("ApprovalRequired"),
        approval_workflow_type: view.text("ApprovalWorkflowType"),
        implicit_approval: view.text("ImplicitApproval"),
        hide_on_simplified_view: view.is("HideOnSimplifiedView"),
        comments: view
            .item
            .attributes
            .iter()
            .filter(|(name, _)| name.starts_with("CommentActivation"))
            .cloned()
            .collect(),
        where_expression: view.optional("WhereExpression").filter(|text| !text.trim().is_empty()),
        rules: view.named("Rule").map(|rule| rule.named("Item").map(comparison).collect()).collect(),
        place: place(view),
    }
}

fn comparison(view: View<'_>) -> Comparison {
    Comparison { property: view.text("Property"), operator: view.text("Operator"), value: view.optional("Value") }
}

pub(super) fn mining_rule(view: View<'_>) -> MiningRule {
    MiningRule {
        identity: view.item.identity.clone(),
        entity_type: view.text("EntityType"),
        policy: view.text("Policy"),
        rule_policy: view.optional("RulePolicy"),
        category: view.optional("Category"),
        include: [
            "IncludeNoValidation",
            "IncludeSimpleValidation",
            "IncludeDoubleValidation",
            "IncludeTripleValidation",
        ]
        .map(|name| view.is(name)),
        exclude_role: view.is("ExcludeRole"),
        precision_min_hundredths: hundredths(view, "PrecisionMinPercentage"),
        false_positive_max_hundredths: hundredths(view, "FalsePositiveMaxPercentage"),
        priority: view.number("Priority"),
        kind: rule_type(&view.text("RuleType")),
        place: place(view),
    }
}

pub(super) fn risk(view: View<'_>) -> Risk {
    Risk {
        identifier: view.text("Identifier"),
        display_name: view.optional("DisplayName_L1"),
        description: view.optional("Description_L1"),
        remediation: view.optional("Remediation_L1"),
        entity_type: view.text("EntityType"),
        policy: view.text("Policy"),
        kind: match view.text("RiskType").as_str() {
            "HighPrivileges" => RiskKind::HighPrivileges,
            _ => RiskKind::SegregationOfDuties,
        },
        exemption: match view.text("ExemptionPolicy").as_str() {
            "Blocking" => RiskExemption::Blocking,
            "ApprovalRequired" => RiskExemption::ApprovalRequired,
            _ => RiskExemption::Warning,
        },
        level: view.number("Level"),
        rules: view.named("Rule").map(|rule| rule.named("Item").map(risk_item).collect()).collect(),
        place: place(view),
    }
}

fn risk_item(view: View<'_>) -> RiskItem {
    RiskItem {
        resource_type: view.text("ResourceType"),
        property: view.text("Property"),
        resource: view.optional("Resource"),
    }
}

/// The older attribute set means the same by other names.
pub(super) fn indirect_resource_rule(view: View<'_>) -> IndirectResourceRule {
    let either = |name: &str, older: &str| view.optional(name).or_else(|| view.optional(older));
    IndirectResourceRule {
        identity: view.item.identity.clone(),
        resource_type: view.text("ResourceType"),
        property: either("Property", "TargetEntityTypeProperty").unwrap_or_default(),
        correspondence: either("Correspondence", "IndirectResourceBinding"),
        correspondence_membership_property: either(
            "CorrespondenceMembershipProperty",
            "IndirectResourceReflexiveProperty",
        ),
        entitlement: view.optional("Entitlement"),
        place: place(view),
    }
}
