//! What waits for a decision.

use super::{Item, ItemFilter, ItemKind, Part, version};
use crate::error::ServerError;
use crate::metadata;
use provost_model::metadata::Metadata;
use provost_model::policy::{AssignedResourceType, AssignedRole, Instant, ProvisioningState, WorkflowState};
use provost_model::{PolicyObjectId, PropertyId, ResourceId};
use provost_store::{ReadTx, Store, StoredOrder};
use std::collections::{BTreeMap, BTreeSet};

/// Owners read together.
const OWNERS: usize = 1000;

/// Names of what rows refer to by id.
#[derive(Debug)]
pub struct Names {
    objects: BTreeMap<PolicyObjectId, String>,
    properties: BTreeMap<PropertyId, String>,
}

impl Names {
    /// The names that are deployed, or were.
    ///
    /// # Errors
    /// Those of the database.
    pub fn load(tx: &mut ReadTx, metadata: &Metadata) -> Result<Names, ServerError> {
        let catalog = tx.past_policy_catalog()?;
        let objects = catalog.names().into_iter().map(|(id, (_, identity))| (id, identity.to_owned())).collect();
        let all = metadata.entity_types.iter().flat_map(|t| &t.properties);
        Ok(Names { objects, properties: all.map(|p| (p.id, p.identifier.clone())).collect() })
    }

    pub(super) fn object(&self, id: PolicyObjectId) -> String {
        self.objects.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    fn property(&self, id: PropertyId) -> Option<String> {
        self.properties.get(&id).cloned()
    }
}

/// Whether a row that is pending or blocked is about a removal.
pub(super) fn is_lost(assigned: &AssignedResourceType, now: Instant) -> bool {
    assigned.is_denied
        || assigned.period.is_past(now)
        || matches!(assigned.workflow, WorkflowState::Cancellation | WorkflowState::Declined)
}

/// The items that a filter admits, by owner, in the order of kinds.
///
/// # Errors
/// Those of the database.
pub fn items(store: &Store, filter: &ItemFilter, now_micros: i64) -> Result<Vec<Item>, ServerError> {
    store.read(|tx| found(tx, filter, now_micros))
}

pub(super) fn found(tx: &mut ReadTx, filter: &ItemFilter, now: Instant) -> Result<Vec<Item>, ServerError> {
    let metadata = metadata::load(tx)?;
    let names = Names::load(tx, &metadata)?;
    let owners: Vec<ResourceId> = match filter.owner {
        Some(owner) => vec![ResourceId(owner)],
        None => {
            use ProvisioningState::{AwaitingApproval, Error, Errored};
            let mut owners: BTreeSet<ResourceId> =
                tx.owners_in_states(&[AwaitingApproval, Errored, Error])?.into_iter().collect();
            owners.extend(tx.owners_with_findings()?);
            owners.into_iter().collect()
        }
    };
    let mut found = of_owners(tx, &owners, &names, now)?;
    manual(tx, &names, &mut found)?;
    found.retain(|item| filter.admits(item));
    found.sort_by_key(|item| (item.owner, item.kind, item.assigned, item.part, item.id));
    Ok(found)
}

/// Everything that waits at these owners, which must be in ascending order; orders that people carry out are left out.
///
/// # Errors
/// Those of the database.
pub fn items_of(
    tx: &mut ReadTx,
    names: &Names,
    owners: &[ResourceId],
    now_micros: i64,
) -> Result<Vec<Item>, ServerError> {
    let mut found = of_owners(tx, owners, names, now_micros)?;
    found.sort_by_key(|item| (item.owner, item.kind, item.assigned, item.part, item.id));
    Ok(found)
}

fn of_owners(tx: &mut ReadTx, owners: &[ResourceId], names: &Names, now: Instant) -> Result<Vec<Item>, ServerError> {
    let mut found = Vec::new();
    for batch in owners.chunks(OWNERS) {
        for (owner, owned) in batch.iter().zip(tx.assignments(batch)?) {
            for assigned in &owned.resource_types {
                of_type(assigned, owner.0, names, now, &mut found);
            }
            of_roles(&owned.single_roles, Part::SingleRole, owner.0, names, &mut found);
            of_roles(&owned.composite_roles, Part::CompositeRole, owner.0, names, &mut found);
        }
    }
    Ok(found)
}

fn of_roles(roles: &[AssignedRole], part: Part, owner: i64, names: &Names, found: &mut Vec<Item>) {
    for role in roles {
        let kind = match role.workflow {
            WorkflowState::Prolonged => ItemKind::Request,
            // What lacks a parameter waits for whoever asked.
            WorkflowState::Requested | WorkflowState::RequestedMissingParameters => continue,
            state if state.is_pending() => ItemKind::Request,
            state if state.is_derogation() => ItemKind::Role,
            _ => continue,
        };
        found.push(Item {
            kind,
            owner,
            part,
            id: role.id,
            of: names.object(role.role),
            state: role.workflow.label().to_owned(),
            workflow: Some(role.workflow.number()),
            version: version(role),
            ..Item::default()
        });
    }
}

/// Why a value, link or file waits, if it does.
fn kind(workflow: WorkflowState, provisioning: ProvisioningState) -> Option<ItemKind> {
    match provisioning {
        ProvisioningState::AwaitingApproval => Some(ItemKind::Update),
        ProvisioningState::Errored => Some(ItemKind::Errored),
        _ if workflow.is_derogation() => Some(ItemKind::Property),
        _ => None,
    }
}

fn state(workflow: WorkflowState, provisioning: ProvisioningState) -> String {
    format!("{}, {}", workflow.label(), provisioning.label())
}

fn of_type(assigned: &AssignedResourceType, owner: i64, names: &Names, now: Instant, found: &mut Vec<Item>) {
    let of = names.object(assigned.resource_type);
    let base =
        Item { owner, assigned: assigned.id, of, target: assigned.target.map(|target| target.0), ..Item::default() };
    let whole = match assigned.provisioning {
        ProvisioningState::AwaitingApproval => Some(match assigned.target {
            None => ItemKind::Addition,
            Some(_) if is_lost(assigned, now) => ItemKind::Deletion,
            Some(_) => ItemKind::Association,
        }),
        ProvisioningState::Errored => Some(ItemKind::Errored),
        _ if assigned.workflow.is_derogation() && assigned.target.is_some() => Some(ItemKind::Unauthorised),
        _ => None,
    };
    if let Some(kind) = whole {
        found.push(Item {
            kind,
            part: Part::ResourceType,
            id: assigned.id,
            confidence: (kind == ItemKind::Association).then_some(assigned.confidence),
            error: assigned.error.clone(),
            state: state(assigned.workflow, assigned.provisioning),
            workflow: Some(assigned.workflow.number()),
            provisioning: Some(assigned.provisioning.number()),
            version: version(assigned),
            ..base.clone()
        });
    }
    for row in &assigned.scalars {
        if let Some(kind) = kind(row.workflow, row.provisioning) {
            found.push(Item {
                kind,
                part: Part::Scalar,
                id: row.id,
                property: names.property(row.property),
                proposed: row.policy_value.clone(),
                current: row.current_value.clone(),
                error: row.error.clone(),
                state: state(row.workflow, row.provisioning),
                workflow: Some(row.workflow.number()),
                provisioning: Some(row.provisioning.number()),
                version: version(row),
                ..base.clone()
            });
        }
    }
    for row in &assigned.navigations {
        if let Some(kind) = kind(row.workflow, row.provisioning) {
            found.push(Item {
                kind,
                part: Part::Navigation,
                id: row.id,
                property: names.property(row.property),
                proposed: row.is_expected.then(|| row.resource.to_string()),
                current: row.is_current.then(|| row.resource.to_string()),
                confidence: (row.confidence < 100).then_some(row.confidence),
                error: row.error.clone(),
                state: state(row.workflow, row.provisioning),
                workflow: Some(row.workflow.number()),
                provisioning: Some(row.provisioning.number()),
                version: version(row),
                ..base.clone()
            });
        }
    }
    for row in &assigned.binaries {
        if let Some(kind) = kind(row.workflow, row.provisioning) {
            found.push(Item {
                kind,
                part: Part::Binary,
                id: row.id,
                property: names.property(row.property),
                proposed: row.policy_value.clone(),
                current: row.current_value.clone(),
                error: row.error.clone(),
                state: state(row.workflow, row.provisioning),
                workflow: Some(row.workflow.number()),
                provisioning: Some(row.provisioning.number()),
                version: version(row),
                ..base.clone()
            });
        }
    }
}

fn manual(tx: &mut ReadTx, names: &Names, found: &mut Vec<Item>) -> Result<(), ServerError> {
    found.extend(tx.orders_under_way(true)?.iter().map(|order| by_hand(names, order)));
    Ok(())
}

/// An order that somebody carries out, as an item.
pub fn by_hand(names: &Names, order: &StoredOrder) -> Item {
    Item {
        kind: ItemKind::Manual,
        owner: order.owner.0,
        part: Part::Order,
        id: order.id,
        assigned: order.assigned,
        of: names.object(order.resource_type),
        target: order.target.map(|target| target.0),
        state: format!("{:?} of {}", order.change, order.file),
        version: version(order),
        ..Item::default()
    }
}
