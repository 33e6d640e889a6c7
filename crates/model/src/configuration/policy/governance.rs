//! Naming rules, mining rules, risks and indirect permissions.

use super::{Operand, Place, RuleType};
use serde::{Deserialize, Serialize};

/// A comparison of a naming rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// Property looked at.
    pub property: String,
    /// `QueryComparisonOperator`, as written.
    pub operator: String,
    /// Compared with.
    pub value: Option<String>,
}

/// `RoleMapping`: makes a single role and a navigation rule for each entitlement found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleMapping {
    /// Unique identifier.
    pub identifier: String,
    /// Policy that it belongs to.
    pub policy: String,
    /// Navigation whose values become roles.
    pub property: String,
    /// Resource type of the accounts.
    pub resource_type: String,
    /// Policy of the roles made; its own when none is written.
    pub role_policy: String,
    /// Identifier of the roles.
    pub role_identifier: Operand,
    /// Label of the roles.
    pub role_display_name: Operand,
    /// Identifier of their category.
    pub category_identifier: Operand,
    /// Label of their category.
    pub category_display_name: Operand,
    /// Identifier of the category above.
    pub parent_category_identifier: Operand,
    /// Category when none is computed.
    pub category: Option<String>,
    /// A role made must be approved before use.
    pub approval_required: bool,
    /// `ApprovalWorkflowType` of the roles made, as written.
    pub approval_workflow_type: String,
    /// `ImplicitApproval` of the roles made, as written.
    pub implicit_approval: String,
    /// Automatic assignments appear in the advanced view only.
    pub hide_on_simplified_view: bool,
    /// `CommentActivation…` of the roles made, by name, where they are not inherited.
    pub comments: Vec<(String, String)>,
    /// Which entitlements.
    pub where_expression: Option<String>,
    /// Conditions: one of these, each of which is all of its comparisons.
    pub rules: Vec<Vec<Comparison>>,
    /// Where it was written.
    pub place: Place,
}

/// `MiningRule`: which assignment rules are looked for in what people have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MiningRule {
    /// Identity among the rules of the configuration.
    pub identity: String,
    /// Entity type of the owners.
    pub entity_type: String,
    /// Policy that it belongs to.
    pub policy: String,
    /// Policy of the rules made.
    pub rule_policy: Option<String>,
    /// Roles looked at.
    pub category: Option<String>,
    /// Roles looked at, by their number of validations: none, one, two, three.
    pub include: [bool; 4],
    /// The roles are left to nobody.
    pub exclude_role: bool,
    /// Least share of right outcomes, in hundredths of a percent.
    pub precision_min_hundredths: u32,
    /// Largest share of undue assignments, in hundredths of a percent.
    pub false_positive_max_hundredths: u32,
    /// The highest comes first.
    pub priority: i32,
    /// Type of the rules made.
    pub kind: RuleType,
    /// Where it was written.
    pub place: Place,
}

/// `RiskType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RiskKind {
    /// Not to be held together.
    #[default]
    SegregationOfDuties,
    /// Not to be held lightly.
    HighPrivileges,
}

/// `ExemptionPolicy`: what happens when a request brings a risk about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RiskExemption {
    /// A message.
    #[default]
    Warning,
    /// A further review.
    ApprovalRequired,
    /// The request is refused.
    Blocking,
}

/// `RiskFactorType`: how the levels of somebody's risks become a score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RiskFactor {
    /// No score.
    #[default]
    None,
    /// The highest level.
    Max,
    /// The average of the levels.
    Average,
}

/// `Risk/Rule/Item`: an entitlement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RiskItem {
    /// Resource type of the account.
    pub resource_type: String,
    /// Navigation of the account.
    pub property: String,
    /// Value of a key property of the resource linked; any when absent.
    pub resource: Option<String>,
}

/// `Risk`: entitlements that should not be held, or not together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Risk {
    /// Unique identifier.
    pub identifier: String,
    /// Label in the main language.
    pub display_name: Option<String>,
    /// Text for people.
    pub description: Option<String>,
    /// What to do about it.
    pub remediation: Option<String>,
    /// Entity type of the owners.
    pub entity_type: String,
    /// Policy that it belongs to.
    pub policy: String,
    /// Kind of risk.
    pub kind: RiskKind,
    /// What happens when a request brings it about.
    pub exemption: RiskExemption,
    /// 0 to 100.
    pub level: u8,
    /// Combinations: one of these, each of which is all of its items.
    pub rules: Vec<Vec<RiskItem>>,
    /// Where it was written.
    pub place: Place,
}

/// `IndirectResourceRule`: entitlements held through groups of groups, or in another system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndirectResourceRule {
    /// Identity among the rules of the configuration.
    pub identity: String,
    /// Resource type to begin at.
    pub resource_type: String,
    /// Its membership property.
    pub property: String,
    /// Property that leads to the same thing in another system.
    pub correspondence: Option<String>,
    /// Membership property there.
    pub correspondence_membership_property: Option<String>,
    /// Property that gives the entitlement.
    pub entitlement: Option<String>,
    /// Where it was written.
    pub place: Place,
}
