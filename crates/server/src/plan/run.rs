//! The steps, in a transaction that is given up.

use super::difference::{Difference, Gone, Subject};
use super::limits::Limit;
use super::naming::{Names, instant};
use super::report::{Identity, IdentityChange, OrdersOfType, PlanReport};
use crate::deployment::Deployment;
use crate::error::ServerError;
use crate::expressions::{ExpressionOptions, update_within};
use crate::folders::Folders;
use crate::manifest::{Manifest, RowProblem};
use crate::metadata;
use crate::options::{SynchroniseOptions, Watch};
use crate::orders::{GenerateOptions, Supposed, supposed};
use crate::policy::{RoleModelOptions, compute_role_model_within, outcome};
use crate::synchronise;
use provost_model::configuration::Parsed;
use provost_model::metadata::Metadata;
use provost_model::orders::ChangeType;
use provost_model::policy::Assignments;
use provost_model::summary::{State, Summary};
use provost_model::{PolicyObjectId, ResourceId, fault};
use provost_pipeline::policy::Review;
use provost_store::{RunId, Store, WriteTx};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Owners whose assignments are read together before they go.
const GONE: usize = 1_000;
/// Problems told; more are counted.
const SHOWN: usize = 20;

/// What would change.
#[derive(Clone, Copy, Debug, Default)]
pub struct Proposed<'a> {
    /// A configuration that would be deployed.
    pub configuration: Option<&'a Parsed>,
    /// Prepared files that would be synchronised, in their order.
    pub sessions: &'a [Manifest],
}

/// How to plan.
#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    /// Microseconds since 1970, UTC.
    pub now_micros: i64,
    /// Who asks.
    pub actor: String,
    /// Every owner is evaluated, not only those whom the change concerns.
    pub is_complete: bool,
    /// Orders that wait in Provisioning Review, as the computation in earnest would be told.
    pub review: Review,
    /// Identities told.
    pub samples: usize,
    /// Limits.
    pub limits: Vec<Limit>,
    /// Is told how far it is.
    pub watch: Watch,
}

/// The entity model as it would be with a configuration, or as it is.
///
/// # Errors
/// Those of a deployment.
pub fn supposed_metadata(
    store: &Store,
    configuration: Option<&Parsed>,
    now_micros: i64,
) -> Result<Metadata, ServerError> {
    let Some(parsed) = configuration else { return store.read(metadata::load) };
    store.suppose(|tx| {
        tx.lock_repository()?;
        deploy(tx, parsed, now_micros)?;
        metadata::load(tx)
    })
}

fn deploy(tx: &mut WriteTx, parsed: &Parsed, now_micros: i64) -> Result<Deployment, ServerError> {
    let deployment = Deployment::within(tx, &parsed.items, &parsed.configuration)?;
    deployment.apply_within(tx, now_micros)?;
    Ok(deployment)
}

/// Computes what a change would come to. The repository stays as it is; others cannot write meanwhile.
///
/// # Errors
/// Those of the steps.
pub fn plan(
    store: &Store,
    folders: &Folders,
    proposed: &Proposed<'_>,
    options: &PlanOptions,
) -> Result<PlanReport, ServerError> {
    let mut report = store.suppose(|tx| {
        tx.lock_repository()?;
        Planning { folders, options, report: PlanReport::default() }.run(tx, proposed)
    })?;
    report.exceeded = options.limits.iter().filter_map(|limit| limit.check(&report)).collect();
    if !report.exceeded.is_empty() {
        report.state = State::Blocked;
    }
    Ok(report)
}

/// What there was before the change.
struct Before {
    metadata: Metadata,
    orders: Supposed,
}

struct Planning<'a> {
    folders: &'a Folders,
    options: &'a PlanOptions,
    report: PlanReport,
}

impl Planning<'_> {
    fn run(mut self, tx: &mut WriteTx, proposed: &Proposed<'_>) -> Result<PlanReport, ServerError> {
        let PlanOptions { now_micros, samples, watch, .. } = self.options;
        self.report.at = instant(*now_micros);
        let before = self.before(tx)?;
        let difference = RefCell::new(Difference::new(*now_micros, *samples));
        if let Some(parsed) = proposed.configuration {
            watch.stage("deploy", None);
            let deployment = deploy(tx, parsed, *now_micros)?;
            let changes = deployment.plan.changes.iter();
            let told = changes.map(|c| format!("{} {} {}", c.sign.symbol(), c.element, c.identity));
            self.report.configuration = told.collect();
        }
        for manifest in proposed.sessions {
            self.synchronise(tx, manifest, &difference)?;
        }
        fault::point("plan.data");
        let mut difference = difference.into_inner();
        self.compute(tx, &mut difference)?;
        fault::point("plan.computed");
        watch.stage("orders", None);
        let orders = supposed(tx, &self.orders())?;
        self.tell(tx, &before, &difference, &orders)?;
        fault::point("plan.done");
        Ok(self.report)
    }

    fn orders(&self) -> GenerateOptions {
        let PlanOptions { actor, now_micros, .. } = self.options;
        GenerateOptions { actor: actor.clone(), now_micros: *now_micros, ..GenerateOptions::default() }
    }

    fn before(&mut self, tx: &mut WriteTx) -> Result<Before, ServerError> {
        let metadata = metadata::load(tx)?;
        let orders = supposed(tx, &self.orders())?;
        let held = tx.assignment_totals()?;
        let sources: BTreeSet<&str> =
            metadata.configuration.policy.resource_types.iter().map(|t| t.source_entity_type.as_str()).collect();
        let mut owners = 0;
        for of in sources.into_iter().filter_map(|name| metadata.entity_type(name)) {
            owners += tx.count_resources(of.id)?;
        }
        let targets = tx.target_counts()?.values().sum();
        let bases =
            [("owners", owners), ("roles", held.roles), ("resourceTypes", held.resource_types), ("targets", targets)];
        self.report.bases = bases.map(|(name, count)| (name.to_owned(), count)).into();
        Ok(Before { metadata, orders })
    }

    fn synchronise(
        &mut self,
        tx: &mut WriteTx,
        manifest: &Manifest,
        difference: &RefCell<Difference>,
    ) -> Result<(), ServerError> {
        let PlanOptions { now_micros, actor, watch, .. } = self.options;
        watch.stage(&manifest.connector, None);
        let options = SynchroniseOptions {
            connector: manifest.connector.clone(),
            actor: actor.clone(),
            force: Some("plan".to_owned()),
            now_micros: *now_micros,
            ..SynchroniseOptions::default()
        };
        let done = synchronise::suppose(tx, self.folders, manifest, &options, &|tx: &mut WriteTx, run| {
            note_gone(tx, run, &mut difference.borrow_mut())
        })?;
        self.problems(&done.problems);
        self.report.synchronisations.push(done.summary);
        Ok(())
    }

    fn compute(&mut self, tx: &mut WriteTx, difference: &mut Difference) -> Result<(), ServerError> {
        let PlanOptions { now_micros, actor, watch, is_complete, review, .. } = self.options;
        watch.stage("computed properties", None);
        let actor = actor.clone();
        let properties = ExpressionOptions {
            batch: 10_000,
            actor: actor.clone(),
            now_micros: *now_micros,
            ..ExpressionOptions::default()
        };
        let evaluated = update_within(tx, &properties)?;
        self.problems(&evaluated.problems);
        let role_model = RoleModelOptions {
            // What waits for somebody else goes ahead, or begins to wait, only when everybody is evaluated.
            dirty: !is_complete && *review == Review::AsConfigured,
            review: *review,
            actor,
            now_micros: *now_micros,
            watch: watch.clone(),
            ..RoleModelOptions::default()
        };
        let done = compute_role_model_within(tx, &role_model, &mut |owner, before, after| {
            difference.note(owner, before, after, || None);
        })?;
        self.problems(&done.problems);
        self.report.role_model = done.change;
        Ok(())
    }

    fn problems(&mut self, problems: &[RowProblem]) {
        if problems.is_empty() {
            return;
        }
        self.report.state = State::Warning;
        let room = SHOWN.saturating_sub(self.report.problems.len());
        self.report.problems.extend(problems.iter().take(room).map(|problem| {
            let value = problem.value.as_deref().map(|value| format!(", {value}")).unwrap_or_default();
            format!("{}{value}: {}", problem.table, problem.reason)
        }));
    }

    fn tell(
        &mut self,
        tx: &mut WriteTx,
        before: &Before,
        difference: &Difference,
        orders: &Supposed,
    ) -> Result<(), ServerError> {
        let metadata = metadata::load(tx)?;
        let catalog = tx.past_policy_catalog()?;
        let names = Names::new(&catalog, [&before.metadata, &metadata]);
        let given: BTreeSet<[u8; 32]> = before.orders.orders.iter().map(|order| order.digest).collect();
        let kept: BTreeSet<[u8; 32]> = orders.orders.iter().map(|order| order.digest).collect();
        let mut by_type: BTreeMap<PolicyObjectId, OrdersOfType> = BTreeMap::new();
        let mut of_owner: BTreeMap<ResourceId, Vec<IdentityChange>> = BTreeMap::new();
        for order in &orders.orders {
            let counts = by_type.entry(order.resource_type).or_default();
            counts.all += 1;
            if given.contains(&order.digest) {
                continue;
            }
            let (word, count) = match order.order.change_type {
                ChangeType::Added => ("add", &mut counts.added),
                ChangeType::Modified => ("modify", &mut counts.modified),
                ChangeType::Deleted => ("delete", &mut counts.deleted),
            };
            *count += 1;
            let what = format!("{word} {}", names.object(order.resource_type));
            let told = IdentityChange { sign: "+".into(), kind: "order".into(), what, ..IdentityChange::default() };
            of_owner.entry(order.owner).or_default().push(told);
        }
        for order in before.orders.orders.iter().filter(|order| !kept.contains(&order.digest)) {
            by_type.entry(order.resource_type).or_default().dropped += 1;
        }
        for (id, counts) in by_type {
            self.report.orders.push(OrdersOfType { resource_type: names.object(id), ..counts });
        }
        self.report.subjects = names.subjects(difference);
        for concerned in difference.samples() {
            let mut identity: Identity = names.identity(tx, &metadata, concerned)?;
            identity.changes.extend(of_owner.remove(&concerned.owner).unwrap_or_default());
            self.report.identities.push(identity);
        }
        self.totals(difference);
        self.report.totals.insert("ordersHeld".to_owned(), orders.held.len() as u64);
        self.report.order_thresholds = orders.summary.thresholds.clone();
        self.report.orders_change_set = orders.summary.change_set.as_ref().map(|name| name.hash.clone());
        let both = (self.report.role_model.as_deref(), self.report.orders_change_set.as_deref());
        self.report.outcome = outcome::together(both.0, both.1);
        Ok(())
    }

    fn totals(&mut self, difference: &Difference) {
        let roles = difference.sum(|s| matches!(s, Subject::CompositeRole(_) | Subject::SingleRole(_)));
        let types = difference.sum(|s| matches!(s, Subject::ResourceType(_)));
        let values = difference.sum(|s| matches!(s, Subject::Value(..) | Subject::File(..)));
        let links = difference.sum(|s| matches!(s, Subject::Link(..)));
        let orders = |of: fn(&OrdersOfType) -> u64| self.report.orders.iter().map(of).sum::<u64>();
        let totals = [
            ("owners", difference.owners),
            ("ownersDeleted", difference.gone),
            ("rolesAdded", roles.added),
            ("rolesChanged", roles.changed),
            ("rolesRemoved", roles.removed),
            ("resourceTypesAdded", types.added),
            ("resourceTypesChanged", types.changed),
            ("resourceTypesRemoved", types.removed),
            ("valuesAdded", values.added),
            ("valuesChanged", values.changed),
            ("valuesRemoved", values.removed),
            ("linksAdded", links.added),
            ("linksRemoved", links.removed),
            ("awaitingReview", difference.awaiting),
            ("ordersAdded", orders(|o| o.added)),
            ("ordersModified", orders(|o| o.modified)),
            ("ordersDeleted", orders(|o| o.deleted)),
            ("ordersDropped", orders(|o| o.dropped)),
        ];
        self.report.totals = totals.map(|(name, count)| (name.to_owned(), count)).into();
    }
}

/// Owners whom a change set deletes lose what they have, before anybody is evaluated.
fn note_gone(tx: &mut WriteTx, run: RunId, difference: &mut Difference) -> Result<(), ServerError> {
    let metadata = metadata::load(tx)?;
    let deleted = tx.deleted_by(run)?;
    for owners in deleted.chunks(GONE) {
        let held = tx.assignments(owners)?;
        for (owner, held) in owners.iter().zip(&held).filter(|(_, held)| !held.is_empty()) {
            let stored = tx.resource_version(*owner, None)?;
            let of = stored.as_ref().and_then(|stored| metadata.entity_type_by_id(stored.entity_type));
            let gone = Gone {
                entity_type: of.map(|of| of.identifier.clone()).unwrap_or_default(),
                key: stored.as_ref().and_then(|stored| stored.key.clone()).unwrap_or_else(|| format!("#{owner}")),
                name: stored.and_then(|stored| stored.display_name),
            };
            difference.note(*owner, held, &Assignments::default(), || Some(gone));
        }
    }
    Ok(())
}

impl PlanReport {
    /// Change sets of the synchronisations that would stop the real run until somebody approves them.
    pub fn blocked(&self) -> impl Iterator<Item = &Summary> {
        self.synchronisations.iter().filter(|summary| !summary.thresholds.is_empty())
    }
}
