//! Resource types with their rules.

use super::super::{
    BinaryRule, ClassificationRule, ComparisonType, CorrelationRule, NavigationRule, QueryRule, ResourceType,
    ScalarRule, TypeRule,
};
use super::{criteria, flags, offset, operand, options, place, rule_type};
use crate::configuration::view::View;

pub(super) fn resource_type(view: View<'_>) -> ResourceType {
    let own = Owner { identifier: view.text("Identifier"), policy: view.text("Policy") };
    ResourceType {
        display_name: view.optional("DisplayName_L1"),
        category: view.optional("Category"),
        source_entity_type: view.text("SourceEntityType"),
        target_entity_type: view.text("TargetEntityType"),
        options: options(view),
        allow_add: view.is("AllowAdd"),
        allow_remove: view.is("AllowRemove"),
        remove_orphans: view.is("RemoveOrphans"),
        block_provisioning: view.is("BlockProvisioning"),
        discard_manual_assignments: view.is("DiscardManualAssignments"),
        correlate_multiple_resources: view.is("CorrelateMultipleResources"),
        suggest_all_correlations: view.is("SuggestAllCorrelations"),
        depends_on: view.optional("DependsOn"),
        depends_on_owner_property: view.optional("DependsOnOwnerProperty"),
        arguments_expression: view.optional("ArgumentsExpression"),
        fulfill_hours_ahead_of_time: view.number("FulfillHoursAheadOfTime"),
        transmitted_state_validity_period: view.number("TransmittedStateValidityPeriod"),
        inserted: view.limit("MaximumInsert", "MaximumInsertPercent"),
        updated: view.limit("MaximumUpdate", "MaximumUpdatePercent"),
        deleted: view.limit("MaximumDelete", "MaximumDeletePercent"),
        parameters: flags(view, 'P'),
        type_rules: view.named("TypeRule").map(|rule| own.type_rule(rule)).collect(),
        scalar_rules: view.named("ScalarRule").map(|rule| own.scalar_rule(rule)).collect(),
        navigation_rules: view.named("NavigationRule").map(|rule| own.navigation_rule(rule)).collect(),
        query_rules: view.named("QueryRule").map(|rule| own.query_rule(rule)).collect(),
        binary_rules: view.named("BinaryRule").map(|rule| own.binary_rule(rule)).collect(),
        place: place(view),
        identifier: own.identifier,
        policy: own.policy,
    }
}

/// What rules take from the resource type that they stand in.
struct Owner {
    identifier: String,
    policy: String,
}

impl Owner {
    fn identity(&self, rule: View<'_>) -> String {
        format!("{}/{}", self.identifier, rule.item.identity)
    }

    fn policy(&self, rule: View<'_>) -> String {
        rule.optional("Policy").unwrap_or_else(|| self.policy.clone())
    }

    fn type_rule(&self, view: View<'_>) -> TypeRule {
        TypeRule {
            identity: self.identity(view),
            policy: self.policy(view),
            criteria: criteria(view),
            single_role: view.optional("SingleRole"),
            is_denied: view.is("IsDenied"),
            kind: rule_type(&view.text("Type")),
            offset: offset(view),
            place: place(view),
        }
    }

    fn scalar_rule(&self, view: View<'_>) -> ScalarRule {
        ScalarRule {
            identity: self.identity(view),
            property: view.text("Property"),
            policy: self.policy(view),
            source: operand(view, "Binding", "Expression"),
            comparison: comparison(&view.text("ComparisonType")),
            is_mapped: view.is("IsMapped"),
            single_role: view.optional("SingleRole"),
            offset: offset(view),
            place: place(view),
        }
    }

    fn navigation_rule(&self, view: View<'_>) -> NavigationRule {
        NavigationRule {
            identity: self.identity(view),
            property: view.text("Property"),
            resource: view.text("Resource"),
            policy: self.policy(view),
            single_role: view.optional("SingleRole"),
            criteria: criteria(view),
            is_denied: view.is("IsDenied"),
            offset: offset(view),
            place: place(view),
        }
    }

    fn query_rule(&self, view: View<'_>) -> QueryRule {
        QueryRule {
            identity: self.identity(view),
            property: view.text("Property"),
            policy: self.policy(view),
            source: operand(view, "SourceBinding", "SourceExpression"),
            target: operand(view, "TargetBinding", "TargetExpression"),
            confidence: view.number("TargetMatchedConfidenceLevel"),
            offset: offset(view),
            place: place(view),
        }
    }

    fn binary_rule(&self, view: View<'_>) -> BinaryRule {
        BinaryRule {
            identity: self.identity(view),
            property: view.text("Property"),
            policy: self.policy(view),
            binding: view.optional("Binding"),
            single_role: view.optional("SingleRole"),
            offset: offset(view),
            place: place(view),
        }
    }
}

fn comparison(name: &str) -> ComparisonType {
    match name {
        "IgnoreCase" => ComparisonType::IgnoreCase,
        "IgnoreDiacritics" => ComparisonType::IgnoreDiacritics,
        "Simplified" => ComparisonType::Simplified,
        "Approximate" => ComparisonType::Approximate,
        _ => ComparisonType::CaseSensitive,
    }
}

pub(super) fn correlation_rule(view: View<'_>) -> CorrelationRule {
    CorrelationRule {
        identity: view.item.identity.clone(),
        policy: view.text("Policy"),
        resource_type: view.text("ResourceType"),
        source: operand(view, "SourceBinding", "SourceExpression"),
        target: operand(view, "TargetBinding", "TargetExpression"),
        confidence: view.number("SourceMatchedConfidenceLevel"),
        place: place(view),
    }
}

pub(super) fn classification_rule(view: View<'_>) -> ClassificationRule {
    ClassificationRule {
        identity: view.item.identity.clone(),
        policy: view.text("Policy"),
        resource_type: view.text("ResourceType"),
        target_expression: view.optional("TargetExpression").filter(|text| !text.trim().is_empty()),
        confidence: view.number("ResourceTypeIdentificationConfidenceLevel"),
        place: place(view),
    }
}
