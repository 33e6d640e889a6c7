//! The policy as it is evaluated: names resolved to ids and positions, rules indexed by what triggers them.

use super::conditions::Conditions;
use crate::expression::program::Program;
use crate::population::Reads;
use provost_model::configuration::policy::{ComparisonType, Place, RiskExemption, RiskFactor, RuleType, TimeOffset};
use provost_model::policy::WorkflowState;
use provost_model::{PolicyObjectId, PropertyId, ResourceId};
use std::collections::BTreeMap;

/// What is in force for the owners of one entity type. Roles, rules and resource types are known by their positions.
#[derive(Debug)]
pub(super) struct Source {
    /// Position of the entity type.
    pub(super) entity_type: usize,
    pub(super) contexts: ContextPlan,
    pub(super) conditions: Conditions,
    pub(super) composites: RoleSet,
    pub(super) singles: RoleSet,
    pub(super) types: Vec<Type>,
    /// Positions of resource types, by id.
    pub(super) type_ids: Vec<(PolicyObjectId, u32)>,
    /// What a single role brings about, by its position.
    pub(super) effects: Vec<Vec<Effect>>,
    /// What a condition brings about without a role, by condition.
    pub(super) unconditional: Vec<Vec<Effect>>,
    /// Distinct programs over the owner.
    pub(super) programs: Vec<OwnerProgram>,
    pub(super) automations: Vec<Automation>,
    pub(super) risks: Vec<Risk>,
    pub(super) risk_factor: RiskFactor,
    pub(super) reads: SourceReads,
    pub(super) hash: u64,
}

/// What an evaluation of an owner reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceReads {
    /// On the owner.
    pub owner: Reads,
    /// On its targets, by the position of their entity type.
    pub targets: BTreeMap<usize, Reads>,
    /// On what expressions query, by the position of the entity type.
    pub queries: BTreeMap<usize, Reads>,
}

/// A program that several rules may share.
#[derive(Debug)]
pub(super) struct OwnerProgram {
    pub(super) computation: Computation,
    /// It may read `assignment`, so that its value is another one for each assignment.
    pub(super) per_assignment: bool,
    /// As written, for explanations.
    pub(super) text: String,
}

/// How a value is found on the owner.
#[derive(Debug)]
pub(super) enum Computation {
    Program(Box<Program>),
    /// Digest of a file: navigations, then the property.
    File(Vec<usize>, usize),
}

/// Where contexts come from.
#[derive(Debug, Default)]
pub(super) struct ContextPlan {
    /// There is a context rule.
    pub(super) is_ruled: bool,
    pub(super) exclude: Option<Program>,
    /// Resources that bear contexts; nothing: the owner.
    pub(super) resources: Option<Program>,
    pub(super) start: Option<Program>,
    pub(super) end: Option<Program>,
    /// Read on such a resource.
    pub(super) dimensions: Vec<DimensionPlan>,
    pub(super) sections: Vec<SectionPlan>,
}

/// How a dimension is read.
#[derive(Debug)]
pub(super) struct DimensionPlan {
    pub(super) column: u8,
    pub(super) path: Vec<usize>,
    /// It is read on the owner, though there are resources that bear contexts.
    pub(super) on_owner: bool,
    /// Section that owns the first property of the path.
    pub(super) section: usize,
    /// It fills gaps.
    pub(super) is_extendable: bool,
}

/// A record section.
#[derive(Debug)]
pub(super) struct SectionPlan {
    pub(super) start: Option<usize>,
    pub(super) end: Option<usize>,
    pub(super) keeps_boundaries: bool,
    pub(super) is_extendable: bool,
    /// At least one of its properties is.
    pub(super) has_extendable: bool,
    pub(super) threshold: Option<String>,
    pub(super) sort_key: Option<Program>,
    pub(super) instance_key: Option<Program>,
    pub(super) is_default: bool,
    pub(super) bounds_identity: bool,
}

/// Single or composite roles, and the rules that give them. Composite roles stand before those that they contain.
#[derive(Debug, Default)]
pub(super) struct RoleSet {
    pub(super) roles: Vec<Role>,
    pub(super) rules: Vec<RoleRule>,
    /// Positions of roles, by id.
    pub(super) ids: Vec<(PolicyObjectId, u32)>,
    /// Rules without a composite role among their criteria, by condition.
    pub(super) by_condition: Vec<Vec<u32>>,
    /// Rules by the composite role that they ask for.
    pub(super) by_holder: Vec<Vec<u32>>,
}

impl RoleSet {
    pub(super) fn find(&self, id: PolicyObjectId) -> Option<u32> {
        find(&self.ids, id)
    }

    /// The rule with this id, if it gives something by itself.
    pub(super) fn granting_rule(&self, role: u32, id: PolicyObjectId) -> Option<&RoleRule> {
        let mut own = self.roles[role as usize].rules.iter().map(|rule| &self.rules[*rule as usize]);
        own.find(|rule| rule.id == id && !rule.is_denied && rule.kind == RuleType::Required)
    }
}

pub(super) fn find(ids: &[(PolicyObjectId, u32)], id: PolicyObjectId) -> Option<u32> {
    ids.binary_search_by_key(&id, |(known, _)| *known).ok().map(|at| ids[at].1)
}

#[derive(Debug)]
pub(super) struct Role {
    pub(super) id: PolicyObjectId,
    pub(super) name: String,
    pub(super) place: Place,
    /// Managed elsewhere: never changed.
    pub(super) is_external: bool,
    /// Minutes; 0 for none.
    pub(super) grace: u32,
    pub(super) max_duration: u32,
    pub(super) approvals: Option<u8>,
    pub(super) end_is_locked: bool,
    /// Columns of its parameters, ascending, with whether each is required.
    pub(super) parameters: Vec<(u8, bool)>,
    /// Values that each assignment carries.
    pub(super) fixed: Vec<(u8, ResourceId)>,
    pub(super) rules: Vec<u32>,
    /// Navigation or scalar rules ask for it, so that it can be deduced.
    pub(super) is_deducible: bool,
    /// Automation rules that may decide about it, the strongest first.
    pub(super) automations: Vec<u32>,
    /// Microseconds after its end for which rules with offsets still look at it.
    pub(super) echo: i64,
}

#[derive(Debug)]
pub(super) struct RoleRule {
    pub(super) id: PolicyObjectId,
    pub(super) identity: String,
    pub(super) place: Place,
    pub(super) role: u32,
    pub(super) condition: u32,
    /// Composite role that must be held.
    pub(super) holder: Option<u32>,
    pub(super) is_denied: bool,
    pub(super) priority: i32,
    pub(super) kind: RuleType,
    /// Rank by identity, so that the order in files says nothing.
    pub(super) order: u32,
}

/// A rule of a resource type that something triggered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Effect {
    pub(super) kind: EffectKind,
    pub(super) rule: u32,
    pub(super) resource_type: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EffectKind {
    TypeRule,
    Navigation,
    Scalar,
    Binary,
}

#[derive(Debug)]
pub(super) struct Type {
    pub(super) id: PolicyObjectId,
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) target: usize,
    pub(super) is_external: bool,
    pub(super) allow_add: bool,
    pub(super) allow_remove: bool,
    pub(super) block: bool,
    pub(super) discard_manual: bool,
    pub(super) multiple: bool,
    pub(super) approvals: Option<u8>,
    pub(super) max_duration: u32,
    pub(super) end_is_locked: bool,
    pub(super) required: Vec<u8>,
    pub(super) rules: Vec<TypeRule>,
    /// Scalar rules, by property, the strongest first.
    pub(super) scalars: Vec<ValueRule>,
    pub(super) binaries: Vec<ValueRule>,
    pub(super) navigations: Vec<NavigationRule>,
    pub(super) queries: Vec<QueryRule>,
    /// Navigation rules without any criterion.
    pub(super) always: Vec<u32>,
    /// Navigations that rules fill, ascending by position.
    pub(super) governed: Vec<Governed>,
    /// Navigation rules that give a value, by property and value.
    pub(super) rules_of_value: Vec<((usize, ResourceId), Vec<u32>)>,
    /// Values that navigation rules give to the holders of a single role.
    pub(super) values_of_role: BTreeMap<u32, Vec<(usize, ResourceId)>>,
    pub(super) automations: Vec<u32>,
}

/// A navigation that rules fill.
#[derive(Clone, Copy, Debug)]
pub(super) struct Governed {
    pub(super) property: usize,
    pub(super) id: PropertyId,
    pub(super) is_collection: bool,
}

impl Type {
    /// Navigation rules that give a value.
    pub(super) fn rules_of(&self, property: usize, value: ResourceId) -> impl Iterator<Item = &NavigationRule> {
        let found = self.rules_of_value.binary_search_by_key(&(property, value), |(key, _)| *key);
        let rules = found.map(|at| self.rules_of_value[at].1.as_slice()).unwrap_or_default();
        rules.iter().map(|rule| &self.navigations[*rule as usize])
    }
}

#[derive(Debug)]
pub(super) struct TypeRule {
    pub(super) id: PolicyObjectId,
    pub(super) identity: String,
    pub(super) place: Place,
    pub(super) condition: u32,
    pub(super) single_role: Option<u32>,
    pub(super) is_denied: bool,
    pub(super) kind: RuleType,
    pub(super) offset: TimeOffset,
}

/// A scalar or binary rule.
#[derive(Debug)]
pub(super) struct ValueRule {
    pub(super) id: PolicyObjectId,
    pub(super) identity: String,
    pub(super) place: Place,
    pub(super) property: usize,
    pub(super) property_id: PropertyId,
    pub(super) program: u32,
    pub(super) comparison: ComparisonType,
    pub(super) is_mapped: bool,
    pub(super) single_role: Option<u32>,
    pub(super) offset: TimeOffset,
}

#[derive(Debug)]
pub(super) struct NavigationRule {
    pub(super) id: PolicyObjectId,
    pub(super) identity: String,
    pub(super) place: Place,
    pub(super) property: usize,
    pub(super) property_id: PropertyId,
    pub(super) resource: ResourceId,
    pub(super) condition: u32,
    pub(super) single_role: Option<u32>,
    pub(super) is_denied: bool,
    pub(super) offset: TimeOffset,
    pub(super) order: u32,
}

#[derive(Debug)]
pub(super) struct QueryRule {
    pub(super) id: PolicyObjectId,
    pub(super) identity: String,
    pub(super) place: Place,
    pub(super) property: usize,
    pub(super) property_id: PropertyId,
    pub(super) confidence: u8,
    pub(super) offset: TimeOffset,
    pub(super) order: u32,
}

/// An automation rule.
#[derive(Debug)]
pub(super) struct Automation {
    pub(super) criteria: u32,
    pub(super) state: WorkflowState,
    pub(super) hours: u32,
    pub(super) approve: bool,
}

#[derive(Debug)]
pub(super) struct Risk {
    pub(super) id: PolicyObjectId,
    pub(super) exemption: RiskExemption,
    pub(super) level: u8,
    /// Combinations of items; each has resource type, property and value.
    pub(super) rules: Vec<Vec<RiskItem>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct RiskItem {
    pub(super) resource_type: u32,
    pub(super) property: usize,
    pub(super) resource: Option<ResourceId>,
}
