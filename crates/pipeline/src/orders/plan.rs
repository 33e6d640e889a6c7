//! What becomes an order, and what is held.

use super::build::Builder;
use super::held::{Held, HeldOrder};
use super::rank::{Rank, digest};
use crate::expression::program::{Environment, Program, ProgramError, Scope, Variable, Wanted};
use crate::population::{Population, Reads};
use provost_model::configuration::policy::{Policy, ResourceType};
use provost_model::metadata::Metadata;
use provost_model::orders::{ChangeType, ProvisioningOrder};
use provost_model::policy::{
    AssignedResourceType, Assignments, Instant, PolicyCatalog, ProvisioningState, WorkflowState,
};
use provost_model::{PolicyObjectId, PropertyId, ResourceId};
use std::collections::{BTreeMap, BTreeSet};

/// Microseconds of an hour.
const HOUR: Instant = 3_600_000_000;

/// Why orders cannot be planned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrdersError {
    /// A resource type that is asked for is not deployed.
    #[error("resource type \"{0}\" is not in the deployed configuration")]
    UnknownType(String),
    /// A resource type has a name that does not lead anywhere.
    #[error("resource type {resource_type}: {what} \"{name}\" is not in the deployed configuration")]
    Name {
        /// The resource type.
        resource_type: String,
        /// What the name should be one of.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// `ArgumentsExpression` cannot be compiled.
    #[error("resource type {resource_type}: ArgumentsExpression: {cause} ({})", cause.remedy)]
    Arguments {
        /// The resource type.
        resource_type: String,
        /// Why.
        cause: ProgramError,
    },
}

/// Rows of an order, by table: they change their state with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlannedRows {
    /// Whether the assigned resource type itself is made or removed.
    pub is_whole: bool,
    /// Scalars.
    pub scalars: Vec<i64>,
    /// Navigations.
    pub navigations: Vec<i64>,
    /// Files.
    pub binaries: Vec<i64>,
}

impl PlannedRows {
    fn is_empty(&self) -> bool {
        !self.is_whole && self.scalars.is_empty() && self.navigations.is_empty() && self.binaries.is_empty()
    }
}

/// An order that may be given.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedOrder {
    /// The order, as it travels.
    pub order: ProvisioningOrder,
    /// Its place among all.
    pub rank: Rank,
    /// What it does, as a hash.
    pub digest: [u8; 32],
    /// Its owner.
    pub owner: ResourceId,
    /// Its resource type.
    pub resource_type: PolicyObjectId,
    /// What it was made of.
    pub rows: PlannedRows,
}

/// What the assignments of owners come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Planned {
    /// Orders, as owners were visited.
    pub orders: Vec<PlannedOrder>,
    /// Pending assignments without order.
    pub held: Vec<HeldOrder>,
}

/// A resource type, as orders need it.
#[derive(Debug)]
pub(super) struct TypePlan {
    pub(super) id: PolicyObjectId,
    pub(super) configured: ResourceType,
    /// Positions of the entity types of owners and targets.
    pub(super) source: usize,
    pub(super) target: usize,
    /// Resource types that it depends on, one behind the other.
    pub(super) depth: u32,
    is_in_scope: bool,
    policy: Policy,
    depends_on: Option<(PolicyObjectId, String)>,
    owner_property: Option<usize>,
    pub(super) arguments: Option<Program>,
}

/// Makes orders. Compiled once for a configuration and a scope.
#[derive(Debug)]
pub struct Planner {
    types: BTreeMap<PolicyObjectId, TypePlan>,
    pub(super) builder: Builder,
}

impl Planner {
    /// Compiles the resource types; `scope` names those that get orders, none of them meaning all.
    ///
    /// # Errors
    /// A name leads nowhere, or an expression cannot be compiled.
    pub fn compile(
        metadata: &Metadata,
        catalog: &PolicyCatalog,
        scope: Option<&BTreeSet<String>>,
    ) -> Result<Planner, OrdersError> {
        let policy = &metadata.configuration.policy;
        for wanted in scope.into_iter().flatten() {
            if !policy.resource_types.iter().any(|t| t.identifier == *wanted) {
                return Err(OrdersError::UnknownType(wanted.clone()));
            }
        }
        let parents: BTreeMap<&str, &str> = policy
            .resource_types
            .iter()
            .filter_map(|t| Some((t.identifier.as_str(), t.depends_on.as_deref()?)))
            .collect();
        let mut types = BTreeMap::new();
        for configured in &policy.resource_types {
            let is_in_scope = scope.is_none_or(|scope| scope.contains(&configured.identifier));
            let plan = type_plan(metadata, catalog, configured, &parents, is_in_scope)?;
            types.insert(plan.id, plan);
        }
        Ok(Planner { types, builder: Builder::new(metadata) })
    }

    /// The resource types that get orders, with the ids of their assignments.
    pub fn in_scope(&self) -> impl Iterator<Item = (PolicyObjectId, &ResourceType)> {
        self.types.values().filter(|plan| plan.is_in_scope).map(|plan| (plan.id, &plan.configured))
    }

    /// Positions of the entity types of owners.
    pub fn sources(&self) -> BTreeSet<usize> {
        self.types.values().filter(|plan| plan.is_in_scope).map(|plan| plan.source).collect()
    }

    /// Position of the entity type of the targets of a resource type.
    pub fn target(&self, resource_type: PolicyObjectId) -> Option<usize> {
        self.types.get(&resource_type).map(|plan| plan.target)
    }

    /// What is read of the owners of an entity type (a position).
    pub fn owner_reads(&self, entity_type: usize) -> Reads {
        let mut reads = self.builder.reads(entity_type);
        for plan in self.types.values().filter(|plan| plan.is_in_scope && plan.source == entity_type) {
            plan.arguments.iter().for_each(|program| reads.merge(program.reads()));
        }
        reads
    }

    /// What arguments query, by the position of the entity type, with what is read of what is found.
    pub fn queries(&self) -> BTreeMap<usize, Reads> {
        let mut all: BTreeMap<usize, Reads> = BTreeMap::new();
        let in_scope = self.types.values().filter(|plan| plan.is_in_scope);
        for (entity_type, reads) in in_scope.filter_map(|plan| plan.arguments.as_ref()).flat_map(Program::queries) {
            all.entry(*entity_type).or_default().merge(reads);
        }
        all
    }

    /// What is read of the targets of an entity type (a position).
    pub fn target_reads(&self, entity_type: usize) -> Reads {
        self.builder.reads(entity_type)
    }

    /// What is read of the resources that are linked.
    pub fn key_reads(&self, entity_type: usize) -> Reads {
        self.builder.key_reads(entity_type)
    }

    /// Position of the entity type at the other end of a navigation.
    pub fn other_end(&self, property: PropertyId) -> Option<usize> {
        self.builder.other_end(property)
    }

    /// Adds the orders of an owner, and what is held. The population holds the owner, the targets of its assignments
    /// and the resources that they link to.
    pub fn owner(
        &self,
        owner: ResourceId,
        assignments: &Assignments,
        population: &Population,
        environment: &Environment<'_>,
        planned: &mut Planned,
    ) {
        let now = environment.now;
        for assigned in &assignments.resource_types {
            let Some(plan) = self.types.get(&assigned.resource_type).filter(|plan| plan.is_in_scope) else { continue };
            let Some(change) = change(assigned, now) else { continue };
            let asked = Asked { owner, assignments, assigned, plan, change };
            match self.order(&asked, population, environment) {
                Ok(Some(order)) => planned.orders.push(order),
                Ok(None) => {}
                Err(reason) => planned.held.push(HeldOrder {
                    assigned: assigned.id,
                    owner,
                    resource_type: assigned.resource_type,
                    reason,
                }),
            }
        }
    }

    fn order(
        &self,
        asked: &Asked<'_>,
        population: &Population,
        environment: &Environment<'_>,
    ) -> Result<Option<PlannedOrder>, Held> {
        let now = environment.now;
        let Asked { owner, assignments, assigned, plan, change } = *asked;
        asked.may_be_given(now)?;
        let ahead = Instant::from(plan.configured.fulfill_hours_ahead_of_time) * HOUR;
        let from = |start: Instant| start.saturating_sub(ahead);
        let rows = rows(assigned, change, |period| from(period.start) <= now && !period.is_past(now));
        if rows.is_empty() {
            let starts = starts(assigned);
            return match starts.into_iter().filter(|start| from(*start) > now).min() {
                Some(start) => Err(Held::NotBefore(from(start))),
                None => Ok(None),
            };
        }
        let handle = population.find(plan.source, owner).ok_or(Held::OwnerGone)?;
        if change != ChangeType::Deleted
            && let Some(property) = plan.owner_property
            && population.value(handle, property).is_none()
            && population.links(handle, property).is_empty()
        {
            return Err(Held::OwnerProperty(plan.configured.depends_on_owner_property.clone().unwrap_or_default()));
        }
        if change == ChangeType::Added
            && let Some((id, name)) = &plan.depends_on
            && !is_provisioned(assignments, *id, now)
        {
            return Err(Held::DependsOn(name.clone()));
        }
        let order = self.builder.order(plan, assigned, change, &rows, handle, population, environment)?;
        let rank = Rank::new(change, plan.depth, plan.id, owner, assigned.id);
        let digest = digest(&order);
        Ok(Some(PlannedOrder { order, rank, digest, owner, resource_type: plan.id, rows }))
    }
}

/// An assignment that asks for an order.
#[derive(Clone, Copy)]
struct Asked<'a> {
    owner: ResourceId,
    assignments: &'a Assignments,
    assigned: &'a AssignedResourceType,
    plan: &'a TypePlan,
    change: ChangeType,
}

impl Asked<'_> {
    /// Whether configuration, reviews and time let it through.
    fn may_be_given(&self, now: Instant) -> Result<(), Held> {
        let (plan, assigned) = (self.plan, self.assigned);
        let (policy, resource_type) = (&plan.policy, &plan.configured);
        if !policy.is_provisioning_enabled {
            return Err(Held::ProvisioningDisabled(policy.identifier.clone()));
        }
        if policy.is_external {
            return Err(Held::External(policy.identifier.clone()));
        }
        let is_blocked_too = |other: &AssignedResourceType| {
            other.id != assigned.id
                && other.target.is_some()
                && other.target == assigned.target
                && other.provisioning == ProvisioningState::AwaitingApproval
        };
        if (self.change == ChangeType::Modified && assigned.provisioning == ProvisioningState::AwaitingApproval)
            || self.assignments.resource_types.iter().any(is_blocked_too)
        {
            return Err(Held::BlockedSibling);
        }
        match self.change {
            ChangeType::Added => {
                if !resource_type.allow_add {
                    return Err(Held::NoCreation(resource_type.identifier.clone()));
                }
                let ahead = Instant::from(resource_type.fulfill_hours_ahead_of_time) * HOUR;
                let from = assigned.period.start.saturating_sub(ahead);
                if from > now { Err(Held::NotBefore(from)) } else { Ok(()) }
            }
            ChangeType::Modified if assigned.target.is_none() => Err(Held::AwaitsTarget),
            ChangeType::Deleted if !resource_type.allow_remove => {
                Err(Held::NoDeletion(resource_type.identifier.clone()))
            }
            _ => Ok(()),
        }
    }
}

/// What an assignment asks for; nothing when nothing of it is pending.
///
/// A pending row with target is one of a removal: what exists and belongs there has nothing pending but values.
fn change(assigned: &AssignedResourceType, now: Instant) -> Option<ChangeType> {
    use ProvisioningState::Pending;
    let is_whole = assigned.provisioning == Pending;
    let is_lost = assigned.is_denied
        || assigned.period.is_past(now)
        || matches!(assigned.workflow, WorkflowState::Cancellation | WorkflowState::Declined);
    if is_whole && assigned.target.is_some() && is_lost {
        return Some(ChangeType::Deleted);
    }
    if is_whole && assigned.target.is_none() && !is_lost {
        return Some(ChangeType::Added);
    }
    let any = assigned.scalars.iter().any(|row| row.provisioning == Pending)
        || assigned.navigations.iter().any(|row| row.provisioning == Pending)
        || assigned.binaries.iter().any(|row| row.provisioning == Pending);
    (any && !is_lost).then_some(ChangeType::Modified)
}

/// The rows that go into an order. A link that is taken away is due at once, whenever it began.
fn rows(
    assigned: &AssignedResourceType,
    change: ChangeType,
    is_due: impl Fn(provost_model::policy::Period) -> bool,
) -> PlannedRows {
    use ProvisioningState::Pending;
    if change == ChangeType::Deleted {
        return PlannedRows { is_whole: true, ..PlannedRows::default() };
    }
    let scalars = assigned.scalars.iter().filter(|row| row.provisioning == Pending && is_due(row.period));
    let navigations = assigned.navigations.iter().filter(|row| {
        row.provisioning == Pending
            && match row.is_expected {
                true => is_due(row.period) && !row.is_current,
                false => row.is_current,
            }
    });
    let binaries = assigned.binaries.iter().filter(|row| row.provisioning == Pending && is_due(row.period));
    PlannedRows {
        is_whole: change == ChangeType::Added,
        scalars: scalars.map(|row| row.id).collect(),
        navigations: navigations.map(|row| row.id).collect(),
        binaries: binaries.map(|row| row.id).collect(),
    }
}

/// Starts of the pending values.
fn starts(assigned: &AssignedResourceType) -> Vec<Instant> {
    use ProvisioningState::Pending;
    let scalars = assigned.scalars.iter().filter(|row| row.provisioning == Pending).map(|row| row.period.start);
    let links = assigned.navigations.iter().filter(|row| row.provisioning == Pending).map(|row| row.period.start);
    let files = assigned.binaries.iter().filter(|row| row.provisioning == Pending).map(|row| row.period.start);
    scalars.chain(links).chain(files).collect()
}

/// Whether the owner has a target of this resource type: found in the system, or made according to the agent.
fn is_provisioned(assignments: &Assignments, resource_type: PolicyObjectId, now: Instant) -> bool {
    assignments.resource_types.iter().any(|row| {
        row.resource_type == resource_type
            && !row.is_denied
            && !row.period.is_past(now)
            && match row.provisioning {
                ProvisioningState::Executed => true,
                ProvisioningState::AwaitingApproval => false,
                _ => row.target.is_some(),
            }
    })
}

fn type_plan(
    metadata: &Metadata,
    catalog: &PolicyCatalog,
    configured: &ResourceType,
    parents: &BTreeMap<&str, &str>,
    is_in_scope: bool,
) -> Result<TypePlan, OrdersError> {
    let missing = |what: &'static str, name: &str| OrdersError::Name {
        resource_type: configured.identifier.clone(),
        what,
        name: name.to_owned(),
    };
    let entity_type = |name: &str| {
        let found = metadata.entity_types.iter().position(|t| t.identifier == name);
        found.ok_or_else(|| missing("entity type", name))
    };
    let id = |name: &str| catalog.id("ResourceType", name).ok_or_else(|| missing("resource type", name));
    let policies = &metadata.configuration.policy.policies;
    let policy = policies.iter().find(|p| p.identifier == configured.policy);
    let source = entity_type(&configured.source_entity_type)?;
    let owner_property = configured.depends_on_owner_property.as_deref().map(|name| {
        let found = metadata.entity_types[source].properties.iter().position(|p| p.identifier == name);
        found.ok_or_else(|| missing("property", name))
    });
    let (depth, is_cyclic) = depth(&configured.identifier, parents);
    let depends_on = configured.depends_on.clone().filter(|_| !is_cyclic);
    let arguments = configured.arguments_expression.as_deref().filter(|text| !text.trim().is_empty() && is_in_scope);
    let arguments = arguments.map(|text| {
        let variables = [Variable::ProvisioningOrder, Variable::QueryHandler];
        let scope = Scope::new(metadata, source, Wanted::Arguments).with(&variables);
        Program::compile(None, Some(text), &scope)
            .map_err(|cause| OrdersError::Arguments { resource_type: configured.identifier.clone(), cause })
    });
    Ok(TypePlan {
        id: id(&configured.identifier)?,
        source,
        target: entity_type(&configured.target_entity_type)?,
        depth,
        is_in_scope,
        policy: policy.cloned().ok_or_else(|| missing("policy", &configured.policy))?,
        depends_on: depends_on.map(|name| Ok((id(&name)?, name))).transpose()?,
        owner_property: owner_property.transpose()?,
        arguments: arguments.transpose()?,
        configured: configured.clone(),
    })
}

/// How many resource types a resource type depends on, one behind the other, and whether it depends on itself that
/// way. Those that do would wait for each other for ever; their dependence counts for nothing.
fn depth(identifier: &str, parents: &BTreeMap<&str, &str>) -> (u32, bool) {
    let mut seen = vec![identifier];
    let mut at = identifier;
    while let Some(parent) = parents.get(at) {
        if *parent == identifier {
            return (0, true);
        }
        // A cycle further up: what depends on it comes behind it.
        if seen.contains(parent) {
            break;
        }
        seen.push(parent);
        at = parent;
    }
    (seen.len() as u32 - 1, false)
}
