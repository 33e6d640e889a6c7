//! `generate-provisioning-orders`: from pending assignments to order files.

use super::contents::with_contents;
use super::files::OrderFolder;
use super::load::load;
use super::results::move_rows;
use super::scope::OrderScope;
use super::undo::inverse;
use crate::error::ServerError;
use crate::folders::Folders;
use crate::metadata;
use crate::policy::outcome;
use crate::queries::Answers;
use provost_model::configuration::policy::ResourceType;
use provost_model::metadata::Metadata;
use provost_model::policy::{AssignedResourceType, Assignments, ProvisioningState};
use provost_model::summary::{ChangeSetName, EntityCounters, ExceededThreshold, State, Summary};
use provost_model::{PolicyObjectId, ResourceId, fault};
use provost_pipeline::expression::program::Environment;
use provost_pipeline::orders::{
    HeldOrder, Planned, PlannedOrder, PlannedRows, Planner, TypeCounts, change_set, exceeded,
};
use provost_pipeline::population::Population;
use provost_store::{ReadTx, Store, StoredOrder, StoredOrderFile, WriteTx};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Owners whose assignments are looked at together when the task does not say (`BatchSelectSize`).
const OWNERS: usize = 1000;
/// Orders in a file when the task does not say (`BatchInsertSize`).
const BATCH: usize = 1000;
/// Times that orders are computed anew because assignments changed meanwhile.
const TRIES: u32 = 5;

/// What to generate, and how.
#[derive(Clone, Debug, Default)]
pub struct GenerateOptions {
    /// Which resource types.
    pub scope: OrderScope,
    /// Orders in a file; 0 for the default.
    pub batch: usize,
    /// Owners whose assignments are looked at together; 0 for the default.
    pub select: usize,
    /// Why thresholds are to be ignored (`ForceProvisioning`); lands in the journal.
    pub force: Option<String>,
    /// Name of the change set that was approved: it is generated although it exceeds thresholds, if it is still the same.
    pub approved: Option<String>,
    /// Who runs it.
    pub actor: String,
    /// Microseconds since 1970, UTC.
    pub now_micros: i64,
}

/// How it ended.
#[derive(Clone, Debug, Default)]
pub struct Generated {
    /// Counters, thresholds, change set.
    pub summary: Summary,
    /// Files written, in the order in which they are carried out.
    pub files: Vec<String>,
    /// What gives no order now, and why.
    pub held: Vec<HeldOrder>,
    /// Orders given.
    pub orders: u64,
}

/// Rows of an order, as the books keep them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RowsOf {
    pub(super) whole: bool,
    pub(super) scalars: Vec<i64>,
    pub(super) navigations: Vec<i64>,
    pub(super) binaries: Vec<i64>,
}

impl RowsOf {
    fn of(rows: &PlannedRows) -> RowsOf {
        RowsOf {
            whole: rows.is_whole,
            scalars: rows.scalars.clone(),
            navigations: rows.navigations.clone(),
            binaries: rows.binaries.clone(),
        }
    }
}

/// All that would be given now.
struct Plan {
    walked: Walked,
    orders: Vec<PlannedOrder>,
    hash: String,
    /// Name of the last change of the role model together with these, when they are all orders there are.
    outcome: Option<String>,
}

/// What is known besides the orders themselves.
struct Walked {
    metadata: Metadata,
    held: Vec<HeldOrder>,
    counts: BTreeMap<PolicyObjectId, TypeCounts>,
    types: BTreeMap<PolicyObjectId, ResourceType>,
}

/// The orders that would be given in the state that a transaction sees.
pub(crate) struct Supposed {
    /// Orders, as they would be carried out.
    pub(crate) orders: Vec<PlannedOrder>,
    /// What gives no order now, and why.
    pub(crate) held: Vec<HeldOrder>,
    /// Counters, thresholds, change set.
    pub(crate) summary: Summary,
}

/// Computes the orders that would be given.
pub(crate) fn supposed(tx: &mut ReadTx, options: &GenerateOptions) -> Result<Supposed, ServerError> {
    let plan = compute(tx, options)?;
    let summary = plan.summary(&options.scope, State::Completed);
    Ok(Supposed { orders: plan.orders, held: plan.walked.held, summary })
}

impl Plan {
    fn thresholds(&self) -> Vec<ExceededThreshold> {
        let Walked { counts, types, .. } = &self.walked;
        let counted = counts.iter().filter_map(|(id, counts)| Some((types.get(id)?, counts)));
        counted.flat_map(|(resource_type, counts)| exceeded(resource_type, counts)).collect()
    }

    fn summary(&self, scope: &OrderScope, state: State) -> Summary {
        let outcome = self.outcome.clone();
        let mut summary = Summary { connector: scope.name(), state, outcome, ..Summary::default() };
        if !self.orders.is_empty() {
            summary.change_set = Some(ChangeSetName { hash: self.hash.clone() });
        }
        for (id, counts) in &self.walked.counts {
            let Some(resource_type) = self.walked.types.get(id) else { continue };
            let held = self.walked.held.iter().filter(|held| held.resource_type == *id).count() as u64;
            let all = counts.added + counts.modified + counts.deleted;
            if all + held == 0 {
                continue;
            }
            summary.entity_types.insert(
                resource_type.identifier.clone(),
                EntityCounters {
                    rows: all + held,
                    inserted: counts.added,
                    updated: counts.modified,
                    deleted: counts.deleted,
                    unchanged: held,
                    ..EntityCounters::default()
                },
            );
        }
        summary.thresholds = self.thresholds();
        summary
    }
}

/// Says what would be given, and gives nothing.
///
/// # Errors
/// The scope is not deployed, an expression cannot be compiled, or the database fails.
pub fn plan(store: &Store, options: &GenerateOptions) -> Result<Generated, ServerError> {
    let plan = store.read(|tx| compute(tx, options))?;
    let summary = plan.summary(&options.scope, State::Completed);
    let orders = plan.orders.len() as u64;
    Ok(Generated { summary, files: Vec::new(), held: plan.walked.held, orders })
}

/// Gives the orders that are due: writes their files and marks their assignments as transmitted. When a threshold is
/// exceeded, nothing is given, and the summary names the change set.
///
/// # Errors
/// As [`plan`]; the approved change set is not the present one; files cannot be written.
pub fn generate(store: &Store, folders: &Folders, options: &GenerateOptions) -> Result<Generated, ServerError> {
    let folder = OrderFolder::open(folders, store)?;
    for _ in 0..TRIES {
        let plan = store.read(|tx| compute(tx, options))?;
        if let Some(approved) = &options.approved
            && *approved != plan.hash
        {
            return Err(ServerError::ChangeSetDiffers { approved: approved.clone(), found: plan.hash });
        }
        let is_exceeded = options.approved.is_none() && options.force.is_none() && !plan.thresholds().is_empty();
        if is_exceeded || plan.orders.is_empty() {
            let state = if is_exceeded { State::Blocked } else { State::Completed };
            let summary = plan.summary(&options.scope, state);
            return Ok(Generated { summary, files: Vec::new(), held: plan.walked.held, orders: 0 });
        }
        if let Some(files) = give(store, &folder, options, &plan)? {
            let summary = plan.summary(&options.scope, State::Completed);
            let orders = plan.orders.len() as u64;
            return Ok(Generated { summary, files, held: plan.walked.held, orders });
        }
    }
    Err(ServerError::Source {
        message: "assignments change faster than orders can be made of them".to_owned(),
        hint: "wait until the computation of the role model is done, then run the step again".to_owned(),
    })
}

fn refused(error: &provost_pipeline::orders::OrdersError) -> ServerError {
    ServerError::Source {
        message: error.to_string(),
        hint: "mend the configuration or the name, run `provost check` and deploy it again".to_owned(),
    }
}

fn compute(tx: &mut ReadTx, options: &GenerateOptions) -> Result<Plan, ServerError> {
    let mut orders = Vec::new();
    let walked = walk(tx, options, &mut |order| orders.push(order))?;
    orders.sort_by_key(|order| order.rank);
    let hash = change_set(orders.iter().map(|order| &order.digest));
    let role_model = tx.policy_state(outcome::LAST)?.filter(|name| !name.is_empty());
    let given = Some(hash.as_str()).filter(|_| !orders.is_empty());
    let is_all = options.scope == OrderScope::default();
    let outcome = is_all.then(|| outcome::together(role_model.as_deref(), given));
    Ok(Plan { walked, orders, hash, outcome })
}

/// The name of what would be given now. The orders themselves are not kept: whoever asks holds them already.
fn name_now(tx: &mut ReadTx, options: &GenerateOptions) -> Result<String, ServerError> {
    let mut digests = Vec::new();
    walk(tx, options, &mut |order| digests.push((order.rank, order.digest)))?;
    digests.sort_by_key(|(rank, _)| *rank);
    Ok(change_set(digests.iter().map(|(_, digest)| digest)))
}

/// Visits every order that would be given now, owner by owner.
fn walk(
    tx: &mut ReadTx,
    options: &GenerateOptions,
    visit: &mut dyn FnMut(PlannedOrder),
) -> Result<Walked, ServerError> {
    let metadata = metadata::load(tx)?;
    let catalog = tx.policy_catalog()?;
    let scope = options.scope.resolve(&metadata)?;
    let planner = Planner::compile(&metadata, &catalog, scope.as_ref()).map_err(|error| refused(&error))?;
    let types: BTreeMap<PolicyObjectId, ResourceType> =
        planner.in_scope().map(|(id, resource_type)| (id, resource_type.clone())).collect();
    let ids: Vec<PolicyObjectId> = types.keys().copied().collect();
    let targets = tx.target_counts()?;
    let mut counts: BTreeMap<PolicyObjectId, TypeCounts> = ids
        .iter()
        .map(|id| (*id, TypeCounts { targets: targets.get(id).copied().unwrap_or_default(), ..TypeCounts::default() }))
        .collect();
    let owners = tx.owners_with_orders(&ids)?;
    let mut planned = Planned::default();
    let mut population = Population::new(&metadata);
    let (queries, mut answers) = (planner.queries(), Answers::new(&metadata));
    for batch in owners.chunks(if options.select == 0 { OWNERS } else { options.select }) {
        population.clear();
        let assignments = tx.assignments(batch)?;
        fill(tx, &metadata, &planner, &mut population, batch, &assignments)?;
        answers.clear();
        let plan = |answers: &Answers, planned: &mut Planned| {
            let environment = Environment { queries: Some(answers), ..Environment::at(options.now_micros) };
            for (owner, assignments) in batch.iter().zip(&assignments) {
                planner.owner(*owner, assignments, &population, &environment, planned);
            }
        };
        if !queries.is_empty() {
            answers.gather(tx, &metadata, &queries, |answers| plan(answers, &mut Planned::default()))?;
        }
        plan(&answers, &mut planned);
        for order in planned.orders.drain(..) {
            counts.entry(order.resource_type).or_default().count(order.order.change_type);
            visit(order);
        }
    }
    Ok(Walked { metadata, held: planned.held, counts, types })
}

/// Loads owners, their targets, and what they link to.
fn fill(
    tx: &mut ReadTx,
    metadata: &Metadata,
    planner: &Planner,
    population: &mut Population,
    owners: &[ResourceId],
    assignments: &[Assignments],
) -> Result<(), ServerError> {
    for source in planner.sources() {
        load(tx, metadata, population, source, owners, &planner.owner_reads(source))?;
    }
    let mut targets: BTreeMap<usize, BTreeSet<ResourceId>> = BTreeMap::new();
    let mut ends: BTreeMap<usize, BTreeSet<ResourceId>> = BTreeMap::new();
    for assigned in assignments.iter().flat_map(|a| &a.resource_types) {
        if let (Some(target), Some(entity_type)) = (assigned.target, planner.target(assigned.resource_type)) {
            targets.entry(entity_type).or_default().insert(target);
        }
        let pending = assigned.navigations.iter().filter(|link| link.provisioning == ProvisioningState::Pending);
        for link in pending {
            if let Some(entity_type) = planner.other_end(link.property) {
                ends.entry(entity_type).or_default().insert(link.resource);
            }
        }
    }
    // Targets are read in full, so they come last: what was read of them as ends is read again.
    for (entity_type, ids) in ends {
        let ids: Vec<ResourceId> = ids.into_iter().collect();
        load(tx, metadata, population, entity_type, &ids, &planner.key_reads(entity_type))?;
    }
    for (entity_type, ids) in targets {
        let ids: Vec<ResourceId> = ids.into_iter().collect();
        load(tx, metadata, population, entity_type, &ids, &planner.target_reads(entity_type))?;
    }
    Ok(())
}

/// Orders of one file: they follow each other, and are of one resource type.
fn batches(orders: &[PlannedOrder], size: usize) -> Vec<&[PlannedOrder]> {
    let of_type = orders.chunk_by(|a, b| a.resource_type == b.resource_type);
    of_type.flat_map(|orders| orders.chunks(size.max(1))).collect()
}

/// Letters and digits of a name, for a file.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

/// Writes the files and the rows; nothing when assignments have changed meanwhile.
fn give(
    store: &Store,
    folder: &OrderFolder,
    options: &GenerateOptions,
    plan: &Plan,
) -> Result<Option<Vec<String>>, ServerError> {
    let size = if options.batch == 0 { BATCH } else { options.batch };
    let mut files = Vec::new();
    for (number, orders) in batches(&plan.orders, size).into_iter().enumerate() {
        let resource_type = plan.walked.types.get(&orders[0].resource_type).map_or("", |t| t.identifier.as_str());
        let name =
            format!("{}_{}_{:04}_{}.json", options.now_micros, &plan.hash[..8], number + 1, plain(resource_type));
        let told = with_contents(store, &plan.walked.metadata, orders)?;
        let digest = folder.write(&name, told.iter().map(AsRef::as_ref))?;
        files.push((
            StoredOrderFile {
                name,
                resource_type: orders[0].resource_type,
                digest,
                change_set: plan.hash.clone(),
                created_at: options.now_micros,
                created_by: options.actor.clone(),
                is_open: true,
                ..StoredOrderFile::default()
            },
            orders,
        ));
    }
    fault::point("orders.written");
    let reason = match (&options.force, &options.approved) {
        (Some(reason), _) => format!("provisioning orders {}, thresholds ignored: {reason}", plan.hash),
        (None, Some(_)) => format!("provisioning orders {}, approved", plan.hash),
        _ => format!("provisioning orders {}", plan.hash),
    };
    let given = store.write(&options.actor, &reason, |tx| {
        tx.lock_repository()?;
        if name_now(tx, options)? != plan.hash {
            return Err(Given::Overtaken);
        }
        for (file, orders) in &mut files {
            let mut rows: Vec<StoredOrder> = stored(orders, &plan.walked.metadata, options.now_micros)?;
            tx.insert_order_file(file, &mut rows)?;
        }
        transmit(tx, &plan.orders, options.now_micros)?;
        Ok(())
    });
    let names: Vec<String> = files.into_iter().map(|(file, _)| file.name).collect();
    match given {
        Ok(()) => {
            fault::point("orders.committed");
            for name in &names {
                folder.publish(name)?;
            }
            Ok(Some(names))
        }
        Err(Given::Overtaken) => {
            names.iter().for_each(|name| folder.discard(name));
            Ok(None)
        }
        Err(Given::Failed(error)) => {
            names.iter().for_each(|name| folder.discard(name));
            Err(error)
        }
    }
}

/// Why a transaction gave nothing.
enum Given {
    Overtaken,
    Failed(ServerError),
}

impl<E: Into<ServerError>> From<E> for Given {
    fn from(error: E) -> Given {
        Given::Failed(error.into())
    }
}

fn stored(orders: &[PlannedOrder], metadata: &Metadata, now: i64) -> Result<Vec<StoredOrder>, ServerError> {
    let row = |(position, planned): (usize, &PlannedOrder)| {
        let order = &planned.order;
        let json = |value: serde_json::Result<String>| value.map_err(|error| ServerError::Io(error.into()));
        let inverse = inverse(order, metadata);
        Ok(StoredOrder {
            position: position as i64,
            assigned: order.assigned_resource_type_id.parse().unwrap_or_default(),
            owner: planned.owner,
            resource_type: planned.resource_type,
            target: order.resource.as_ref().and_then(|r| r.get("Id")?.as_str()?.parse().ok()).map(ResourceId),
            change: order.change_type,
            state: ProvisioningState::Transmitted,
            digest: planned.digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            rows: json(serde_json::to_string(&RowsOf::of(&planned.rows)))?,
            undone: inverse.map(|order| json(serde_json::to_string(&order))).transpose()?.unwrap_or_default(),
            created_at: now,
            ..StoredOrder::default()
        })
    };
    orders.iter().enumerate().map(row).collect()
}

/// 1 → 2 for everything that the orders are made of.
fn transmit(tx: &mut WriteTx, orders: &[PlannedOrder], now: i64) -> Result<(), ServerError> {
    let moved: Vec<(ResourceId, i64, RowsOf)> = orders
        .iter()
        .map(|o| (o.owner, o.order.assigned_resource_type_id.parse().unwrap_or_default(), RowsOf::of(&o.rows)))
        .collect();
    move_rows(tx, &moved, now, |assigned: &mut AssignedResourceType, rows| {
        super::results::set_states(assigned, rows, ProvisioningState::Pending, ProvisioningState::Transmitted, None)
    })?;
    Ok(())
}
