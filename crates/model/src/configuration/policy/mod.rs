//! The policy as it is written: typed elements of spec 20. References are identifiers; dimensions are columns.

mod contexts;
mod governance;
mod read;
mod resource_types;
mod roles;

pub use contexts::{ContextRule, Dimension, RecordSection, SectionProperty};
pub use governance::{
    Comparison, IndirectResourceRule, MiningRule, Risk, RiskExemption, RiskFactor, RiskItem, RiskKind, RoleMapping,
};
pub use resource_types::{
    BinaryRule, ClassificationRule, ComparisonType, CorrelationRule, NavigationRule, Operand, QueryRule, ResourceType,
    ScalarRule, TimeOffset, TypeRule,
};
pub use roles::{
    AutomationRule, AutomationTarget, Category, CompositeRole, CompositeRoleRule, Criterion, Policy, RoleOptions,
    RuleType, SingleRole, SingleRoleRule,
};

pub(super) use read::{DEFAULT_POLICY, policy};
use serde::{Deserialize, Serialize};

/// Where an element was written. Kept for explanations; two elements that differ in nothing else are equal.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Place {
    /// Path of the file, as it was deployed; empty for what came from none.
    pub file: String,
    /// Line, from 1; 0 when it is not known.
    pub line: u32,
}

impl PartialEq for Place {
    fn eq(&self, _: &Place) -> bool {
        true
    }
}

impl Eq for Place {}

/// Everything that decides who should have what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PolicyConfiguration {
    /// `Policy` elements.
    pub policies: Vec<Policy>,
    /// `Category` elements.
    pub categories: Vec<Category>,
    /// `SingleRole` elements.
    pub single_roles: Vec<SingleRole>,
    /// `CompositeRole` elements.
    pub composite_roles: Vec<CompositeRole>,
    /// `SingleRoleRule` elements.
    pub single_role_rules: Vec<SingleRoleRule>,
    /// `CompositeRoleRule` elements.
    pub composite_role_rules: Vec<CompositeRoleRule>,
    /// `ResourceType` elements with their rules.
    pub resource_types: Vec<ResourceType>,
    /// `ResourceCorrelationRule` elements.
    pub correlation_rules: Vec<CorrelationRule>,
    /// `ResourceClassificationRule` elements.
    pub classification_rules: Vec<ClassificationRule>,
    /// Automation rules, in any of their forms.
    pub automation_rules: Vec<AutomationRule>,
    /// `Dimension` elements.
    pub dimensions: Vec<Dimension>,
    /// `ContextRule` elements.
    pub context_rules: Vec<ContextRule>,
    /// `RecordSection` elements.
    pub record_sections: Vec<RecordSection>,
    /// `RoleMapping` elements.
    pub role_mappings: Vec<RoleMapping>,
    /// `MiningRule` elements.
    pub mining_rules: Vec<MiningRule>,
    /// `Risk` elements.
    pub risks: Vec<Risk>,
    /// `IndirectResourceRule` elements.
    pub indirect_resource_rules: Vec<IndirectResourceRule>,
}
