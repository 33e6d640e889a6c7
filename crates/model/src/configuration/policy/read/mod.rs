//! From items to the typed policy. Total: what a check would refuse is left out or takes its default.

mod contexts;
mod governance;
mod paths;
mod resource_types;
mod roles;

use super::{Criterion, Operand, Place, Policy, PolicyConfiguration, RoleOptions, RuleType, TimeOffset};
use crate::configuration::dialect;
use crate::configuration::item::Item;
use crate::configuration::types::Configuration;
use crate::configuration::view::View;
use crate::ids::base32;
use std::collections::BTreeSet;

/// The policy that ships with the product: it is there although nobody declares it.
pub(in crate::configuration) const DEFAULT_POLICY: &str = "Default";

/// Fills in what these items say about the policy. The entity model is filled in before.
pub(in crate::configuration) fn policy(items: &[&Item], configuration: &mut Configuration) {
    let mut policy = PolicyConfiguration {
        policies: all(items, "Policy", roles::policy),
        categories: all(items, "Category", roles::category),
        single_roles: all(items, "SingleRole", roles::single_role),
        composite_roles: all(items, "CompositeRole", roles::composite_role),
        single_role_rules: all(items, "SingleRoleRule", roles::single_role_rule),
        composite_role_rules: all(items, "CompositeRoleRule", roles::composite_role_rule),
        resource_types: all(items, "ResourceType", resource_types::resource_type),
        correlation_rules: all(items, "ResourceCorrelationRule", resource_types::correlation_rule),
        classification_rules: all(items, "ResourceClassificationRule", resource_types::classification_rule),
        automation_rules: roles::AUTOMATION
            .iter()
            .flat_map(|name| all(items, name, roles::automation_rule))
            .flatten()
            .collect(),
        dimensions: all(items, "Dimension", contexts::dimension),
        context_rules: all(items, "ContextRule", contexts::context_rule),
        record_sections: all(items, "RecordSection", contexts::record_section),
        role_mappings: all(items, "RoleMapping", governance::role_mapping),
        mining_rules: all(items, "MiningRule", governance::mining_rule),
        risks: all(items, "Risk", governance::risk),
        indirect_resource_rules: all(items, "IndirectResourceRule", governance::indirect_resource_rule),
    };
    add_default_policy(items, &mut policy);
    paths::strip_prefixes(configuration, &mut policy);
    configuration.policy = policy;
}

/// The product's own policy, when something belongs to it and nobody declares it.
fn add_default_policy(items: &[&Item], policy: &mut PolicyConfiguration) {
    let named = |item: &Item| item.get("Policy") == Some(DEFAULT_POLICY);
    let used = items.iter().any(|item| named(item) || item.children.iter().any(named));
    if used && !policy.policies.iter().any(|policy| policy.identifier == DEFAULT_POLICY) {
        policy.policies.push(Policy {
            identifier: DEFAULT_POLICY.to_owned(),
            display_name: Some(DEFAULT_POLICY.to_owned()),
            is_provisioning_enabled: true,
            ..Policy::default()
        });
    }
}

fn all<T>(items: &[&Item], name: &str, make: fn(View<'_>) -> T) -> Vec<T> {
    let Some(element) = dialect::root(name) else {
        return Vec::new();
    };
    items.iter().filter(|item| item.element == name).map(|item| make(View { item, element })).collect()
}

fn place(view: View<'_>) -> Place {
    Place { file: view.item.file.clone(), line: view.item.position.map_or(0, |(line, _)| line) }
}

/// The column that an attribute such as `DA` names, for a family letter.
fn column(letter: char, name: &str) -> Option<u8> {
    let digits = name.strip_prefix(letter)?;
    let value = match digits.as_bytes() {
        [one] => u16::from(digit(*one)?),
        [first, second] => u16::from(digit(*first)?) * 32 + u16::from(digit(*second)?),
        _ => return None,
    };
    u8::try_from(value).ok().filter(|column| *column < 128 && base32(*column) == digits)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'V' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Values of a family of attributes, by ascending column.
fn indexed<'a>(view: View<'a>, letter: char) -> impl Iterator<Item = (u8, &'a str)> {
    view.item.attributes.iter().filter_map(move |(name, value)| Some((column(letter, name)?, value.as_str())))
}

/// Columns whose yes-or-no attribute is true.
fn flags(view: View<'_>, letter: char) -> BTreeSet<u8> {
    indexed(view, letter).filter(|(_, value)| *value == "true").map(|(column, _)| column).collect()
}

/// `D0` to `D3V` with `L0` to `L3V`.
fn criteria(view: View<'_>) -> Vec<Criterion> {
    let hierarchical = flags(view, 'L');
    indexed(view, 'D')
        .filter(|(_, value)| !value.is_empty())
        .map(|(column, value)| Criterion {
            column,
            value: value.to_owned(),
            is_hierarchical: hierarchical.contains(&column),
        })
        .collect()
}

fn operand(view: View<'_>, binding: &str, expression: &str) -> Operand {
    let trimmed = |name: &str| view.optional(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    Operand { binding: trimmed(binding), expression: trimmed(expression) }
}

fn rule_type(name: &str) -> RuleType {
    match name {
        "RequestedAutomatically" => RuleType::RequestedAutomatically,
        "Suggested" => RuleType::Suggested,
        _ => RuleType::Required,
    }
}

fn offset(view: View<'_>) -> TimeOffset {
    let before = view.number("TimeOffsetBeforeReference");
    let after = view.number("TimeOffsetAfterReference");
    match view.text("TimeOffsetReference").as_str() {
        "Around" => TimeOffset::Around { before, after },
        "Before" => TimeOffset::Before { before, after },
        "After" => TimeOffset::After { before, after },
        _ => TimeOffset::Default,
    }
}

fn options(view: View<'_>) -> RoleOptions {
    RoleOptions {
        approvals: match view.text("ApprovalWorkflowType").as_str() {
            "One" => Some(1),
            "Two" => Some(2),
            "Three" => Some(3),
            "ManualAssignmentNotAllowed" => None,
            _ => Some(0),
        },
        implicit_approval: match view.text("ImplicitApproval").as_str() {
            "Explicit" => Some(false),
            "Implicit" => Some(true),
            _ => None,
        },
        prolongation_without_approval: match view.text("ProlongationWithoutApproval").as_str() {
            "Enabled" => Some(true),
            "Disabled" => Some(false),
            _ => None,
        },
        max_duration: view.optional_number("MaxDuration"),
        grace_period: view.optional_number("GracePeriod"),
        required_parameters: flags(view, 'R'),
        end_date_mode: view.text("ManualAssignmentEndDateLockedToContextMode"),
        hide_on_simplified_view: view.is("HideOnSimplifiedView"),
    }
}

/// A percentage in hundredths, as `99.5` → 9950.
fn hundredths(view: View<'_>, name: &str) -> u32 {
    // The cast saturates, and takes what is negative or no number for 0.
    (view.number::<f64>(name) * 100.0).round() as u32
}

#[cfg(test)]
mod tests;
