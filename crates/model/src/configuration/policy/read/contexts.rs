//! Dimensions, context rules and record sections.

use super::super::{ContextRule, Dimension, RecordSection, RiskFactor, SectionProperty};
use super::{hundredths, indexed, operand, place};
use crate::configuration::view::View;

pub(super) fn dimension(view: View<'_>) -> Dimension {
    Dimension {
        identifier: view.text("Identifier"),
        display_name: view.optional("DisplayName_L1"),
        entity_type: view.text("EntityType"),
        column: view.number("ColumnMapping"),
        is_hierarchical: view.is("IsHierarchical"),
        parent_property: view.optional("ParentProperty"),
        is_excluded_from_role_mining: view.is("IsExcludedFromRoleMining"),
        place: place(view),
    }
}

pub(super) fn context_rule(view: View<'_>) -> ContextRule {
    let bindings = indexed(view, 'B').filter(|(_, path)| !path.trim().is_empty());
    ContextRule {
        identifier: view.text("Identifier"),
        policy: view.text("Policy"),
        source_entity_type: view.text("SourceEntityType"),
        resources: operand(view, "ResourcesBinding", "ResourcesExpression"),
        start: operand(view, "ResourcesStartBinding", "ResourcesStartExpression"),
        end: operand(view, "ResourcesEndBinding", "ResourcesEndExpression"),
        exclude_expression: view.optional("ExcludeExpression").filter(|text| !text.trim().is_empty()),
        bindings: bindings.map(|(column, path)| (column, path.trim().to_owned())).collect(),
        min_identities_count: view.number("MinIdentitiesCount"),
        reduction_outlier_hundredths: hundredths(view, "ReductionOutlierPercentage"),
        risk_factor: match view.text("RiskFactorType").as_str() {
            "Max" => RiskFactor::Max,
            "Average" => RiskFactor::Average,
            _ => RiskFactor::None,
        },
        place: place(view),
    }
}

pub(super) fn record_section(view: View<'_>) -> RecordSection {
    RecordSection {
        identifier: view.text("Identifier"),
        source_entity_type: view.text("SourceEntityType"),
        resource_entity_type: view.text("ResourceEntityType"),
        start_property: view.optional("StartProperty"),
        end_property: view.optional("EndProperty"),
        keeps_boundaries: view.text("BoundaryKind") == "Kept",
        is_extendable: is_extendable(view),
        extended_sort_key: view.optional("ExtendedSortKey"),
        sort_key_expression: view.optional("SortKeyExpression"),
        instance_key_expression: view.optional("InstanceKeyExpression"),
        is_default_boundaries_section: view.is("IsDefaultBoundariesSection"),
        properties: view.named("Property").map(section_property).collect(),
        place: place(view),
    }
}

fn section_property(view: View<'_>) -> SectionProperty {
    SectionProperty {
        property: view.text("Property"),
        is_extendable: is_extendable(view),
        is_excluded: view.is("IsExcluded"),
    }
}

fn is_extendable(view: View<'_>) -> bool {
    view.text("ExtensionKind") != "None"
}
