//! Undoing: the inverse of orders that were carried out.
//!
//! Undoing does not write to a managed system. It gives the inverse orders as new ones, which pass the same way:
//! thresholds, files, an agent, results.

use super::files::OrderFolder;
use crate::error::ServerError;
use crate::folders::Folders;
use crate::metadata;
use provost_model::metadata::Metadata;
use provost_model::orders::{ChangeType, ProvisioningOrder};
use provost_model::policy::ProvisioningState;
use provost_model::summary::ExceededThreshold;
use provost_model::{PolicyObjectId, ResourceId};
use provost_pipeline::orders::{TypeCounts, change_set, exceeded};
use provost_store::{ReadTx, Store, StoredOrder, StoredOrderFile};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What undoing comes to.
#[derive(Clone, Debug, Default)]
pub struct Undo {
    /// The inverse orders, in the order in which they would be carried out.
    pub orders: Vec<ProvisioningOrder>,
    /// Orders that cannot be undone, and why.
    pub impossible: Vec<(i64, String)>,
    /// Thresholds that the inverse exceeds.
    pub thresholds: Vec<ExceededThreshold>,
    /// Name of the inverse.
    pub change_set: String,
    /// Files that were written; none when it was only shown, or is blocked.
    pub files: Vec<String>,
}

/// The order that puts things back as an order found them. Nothing for what nobody knows how to put back: a target that
/// an order is about to make has no key yet, until a result or a synchronisation names it.
pub(super) fn inverse(order: &ProvisioningOrder, metadata: &Metadata) -> Option<ProvisioningOrder> {
    let mut back = ProvisioningOrder { arguments: BTreeMap::new(), ..order.clone() };
    match order.change_type {
        ChangeType::Added => {
            back.change_type = ChangeType::Deleted;
            let mut resource = order.changes.clone();
            resource.retain(|name, value| !value.is_null() && !name.ends_with("_add") && !name.ends_with("_remove"));
            back.resource = Some(resource);
            back.changes = Map::new();
        }
        ChangeType::Deleted => {
            back.change_type = ChangeType::Added;
            let mut changes = order.resource.clone()?;
            changes.retain(|name, _| name != "Id" && name != "InternalDisplayName");
            back.changes = changes;
            back.resource = None;
        }
        ChangeType::Modified => {
            let resource = order.resource.clone()?;
            back.changes = put_back(&order.changes, &resource, order, metadata);
            let mut then = resource;
            for (name, value) in &order.changes {
                let is_list = name.ends_with("_add") || name.ends_with("_remove");
                if !is_list {
                    then.insert(name.clone(), value.clone());
                }
            }
            back.resource = Some(then);
        }
    }
    Some(back)
}

fn put_back(
    changes: &Map<String, Value>,
    resource: &Map<String, Value>,
    order: &ProvisioningOrder,
    metadata: &Metadata,
) -> Map<String, Value> {
    let target = metadata.entity_type(&order.resource_type.target_entity_type.identifier);
    let is_property = |name: &str| target.is_some_and(|target| target.property(name).is_some());
    let mut back = BTreeMap::new();
    for (name, value) in changes {
        let swapped = match (name.strip_suffix("_add"), name.strip_suffix("_remove")) {
            (Some(property), _) if value.is_array() && is_property(property) => Some(format!("{property}_remove")),
            (_, Some(property)) if value.is_array() && is_property(property) => Some(format!("{property}_add")),
            _ => None,
        };
        match swapped {
            Some(name) => back.insert(name, value.clone()),
            None => back.insert(name.clone(), resource.get(name).cloned().unwrap_or(Value::Null)),
        };
    }
    back.into_iter().collect()
}

/// Which orders are to be undone.
fn chosen(tx: &mut ReadTx, run: Option<&str>, owner: Option<ResourceId>) -> Result<Vec<StoredOrder>, ServerError> {
    let mut found = Vec::new();
    if let Some(run) = run {
        let files = tx.order_files_of(run)?;
        if files.is_empty() {
            return Err(ServerError::Source {
                message: format!("no orders were given under the name {run}"),
                hint: "`provost journal` shows the change sets that were given".to_owned(),
            });
        }
        for file in files {
            found.extend(tx.orders_of_file(&file.name)?);
        }
    } else if let Some(owner) = owner {
        for assigned in tx.assignments(&[owner])?.into_iter().flat_map(|a| a.resource_types) {
            found.extend(tx.orders_of_assigned(assigned.id)?.into_iter().take(1));
        }
        found.sort_by_key(|order| order.id);
    }
    if let (Some(_), Some(owner)) = (run, owner) {
        found.retain(|order| order.owner == owner);
    }
    found.reverse();
    Ok(found)
}

/// The inverse of what a change set did, or of the last orders of an identity. With `give`, it is given as orders,
/// unless it exceeds a threshold and `force` does not say why it may.
///
/// # Errors
/// Nothing was given under that name, files cannot be written, or the database fails.
#[expect(clippy::too_many_arguments, reason = "which orders, and how")]
pub fn undo(
    store: &Store,
    folders: &Folders,
    run: Option<&str>,
    owner: Option<ResourceId>,
    give: bool,
    force: Option<&str>,
    actor: &str,
    now_micros: i64,
) -> Result<Undo, ServerError> {
    let (mut undo, rows) = store.read(|tx| compute(tx, run, owner))?;
    if !give || undo.orders.is_empty() || (force.is_none() && !undo.thresholds.is_empty()) {
        return Ok(undo);
    }
    let folder = OrderFolder::open(folders, store)?;
    let mut files = Vec::new();
    let pairs: Vec<(&ProvisioningOrder, &StoredOrder)> = undo.orders.iter().zip(&rows).collect();
    for (number, part) in pairs.chunk_by(|a, b| a.1.resource_type == b.1.resource_type).enumerate() {
        let name = format!("{now_micros}_{}_{:04}_undo.json", &undo.change_set[..8], number + 1);
        let digest = folder.write(&name, part.iter().map(|(order, _)| *order))?;
        let file = StoredOrderFile {
            name,
            resource_type: part[0].1.resource_type,
            digest,
            change_set: undo.change_set.clone(),
            created_at: now_micros,
            created_by: actor.to_owned(),
            is_open: true,
            ..StoredOrderFile::default()
        };
        let orders: Vec<StoredOrder> =
            part.iter().enumerate().map(|(at, (order, of))| again(order, of, at, now_micros)).collect();
        files.push((file, orders));
    }
    let reason = match force {
        Some(reason) => format!("undoing as provisioning orders {}, thresholds ignored: {reason}", undo.change_set),
        None => format!("undoing as provisioning orders {}", undo.change_set),
    };
    store.write(actor, &reason, |tx| {
        for (file, orders) in &mut files {
            tx.insert_order_file(file, orders)?;
        }
        Ok::<(), ServerError>(())
    })?;
    for (file, _) in files {
        folder.publish(&file.name)?;
        undo.files.push(file.name);
    }
    Ok(undo)
}

/// The row of an inverse order. No assignment moves with it: the next synchronisation and evaluation see what came of
/// it.
fn again(order: &ProvisioningOrder, of: &StoredOrder, position: usize, now: i64) -> StoredOrder {
    StoredOrder {
        position: position as i64,
        assigned: of.assigned,
        owner: of.owner,
        resource_type: of.resource_type,
        target: of.target,
        change: order.change_type,
        state: ProvisioningState::Transmitted,
        digest: blake3::hash(serde_json::to_string(order).unwrap_or_default().as_bytes()).to_hex().to_string(),
        rows: "{\"whole\":false,\"scalars\":[],\"navigations\":[],\"binaries\":[]}".to_owned(),
        created_at: now,
        ..StoredOrder::default()
    }
}

fn compute(
    tx: &mut ReadTx,
    run: Option<&str>,
    owner: Option<ResourceId>,
) -> Result<(Undo, Vec<StoredOrder>), ServerError> {
    let metadata = metadata::load(tx)?;
    let catalog = tx.policy_catalog()?;
    let targets = tx.target_counts()?;
    let mut undo = Undo::default();
    let mut rows = Vec::new();
    let mut counts: BTreeMap<PolicyObjectId, TypeCounts> = BTreeMap::new();
    for order in chosen(tx, run, owner)? {
        if order.state != ProvisioningState::Executed {
            let label = order.state.label().to_lowercase();
            undo.impossible.push((order.assigned, format!("it was not executed: it is {label}")));
            continue;
        }
        match serde_json::from_str::<ProvisioningOrder>(&order.undone) {
            Ok(back) => {
                let targets = targets.get(&order.resource_type).copied().unwrap_or_default();
                let counted = counts.entry(order.resource_type).or_default();
                counted.targets = targets;
                counted.count(back.change_type);
                undo.orders.push(back);
                rows.push(order);
            }
            Err(_) => undo.impossible.push((order.assigned, "it undid something itself".to_owned())),
        }
    }
    for resource_type in &metadata.configuration.policy.resource_types {
        let id = catalog.id("ResourceType", &resource_type.identifier);
        if let Some(counts) = id.and_then(|id| counts.get(&id)) {
            undo.thresholds.extend(exceeded(resource_type, counts));
        }
    }
    let digests: Vec<[u8; 32]> = undo
        .orders
        .iter()
        .map(|order| *blake3::hash(serde_json::to_string(order).unwrap_or_default().as_bytes()).as_bytes())
        .collect();
    undo.change_set = change_set(&digests);
    Ok((undo, rows))
}
