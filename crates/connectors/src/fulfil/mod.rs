//! Check, connect, carry out: the walk of orders that all connectors share.
//!
//! Each order is carried out by looking at what is there first, so that carrying it out twice changes nothing, and an
//! order whose reply was lost is simply carried out again. What is transient is tried again after a pause that doubles;
//! what is not is told, and the walk goes on. Orders come as a stream and results leave as one, in the same order.

mod error;
mod people;
mod retry;

pub use error::FulfilError;
pub(crate) use people::People;

use crate::package::{self, Package};
use crate::settings::Settings;
use crate::sql::Databases;
use provost_model::configuration::Connection;
use provost_model::fulfilment::TargetMapping;
use provost_model::orders::{OrderOutcome, OrderResult, ProvisioningOrder};
use provost_model::{Problem, Severity};
use retry::Worker;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// Orders that are looked at together: the most that are in memory.
const BATCH: usize = 256;

/// What orders are carried out with.
#[derive(Clone, Copy)]
pub struct FulfilRequest<'a> {
    /// The connection.
    pub connection: &'a Connection,
    /// The object under `Connections.<identifier>` of the agent settings; null when there is none.
    pub settings: &'a Value,
    /// Folder that relative paths of the settings start from.
    pub base_dir: &'a Path,
    /// How orders become changes, for each resource type.
    pub mappings: &'a [TargetMapping],
    /// Connections that work side by side, at least 1. With more than one, neighbouring orders of one resource type and
    /// one kind of change are carried out in any order.
    pub concurrency: usize,
    /// How often an order is tried before what is transient counts as an error, at least 1.
    pub attempts: u32,
    /// What an order needs from elsewhere.
    pub help: &'a dyn Help,
    /// Who opens databases across a network.
    pub databases: &'a dyn Databases,
}

/// What an order needs that is not in it.
pub trait Help: Sync {
    /// The first password of an account that is made; nothing when its kind has none. The same order must get the same
    /// password each time, because it may be carried out again.
    fn password(&self, order: &ProvisioningOrder) -> Option<String>;
    /// Waits before the next attempt.
    fn pause(&self, time: Duration);
    /// Nobody waits for results any more.
    fn is_cancelled(&self) -> bool;
}

impl std::fmt::Debug for FulfilRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FulfilRequest")
            .field("connection", &self.connection.identifier)
            .field("settings", &Settings::new(&self.connection.identifier, self.settings))
            .field("base_dir", &self.base_dir)
            .field("mappings", &self.mappings)
            .field("concurrency", &self.concurrency)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// How many orders went how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FulfilReport {
    /// The system is as these orders say.
    pub executed: u64,
    /// Refused, with a reason.
    pub errored: u64,
    /// Attempts that were repeated.
    pub retried: u64,
}

/// What the code of a package offers for orders.
pub(crate) trait Fulfiller: Sync {
    /// Checks the settings of a package that only carries out orders, touching neither file nor network.
    fn check(&self, _: Settings<'_>) -> Vec<Problem> {
        Vec::new()
    }

    /// Carries out many orders at once, for packages that do not take them one by one. Gives a result for each.
    fn all(&self, _: &FulfilRequest<'_>, _: &[ProvisioningOrder]) -> Option<Result<Vec<OrderResult>, Refusal>> {
        None
    }

    /// Opens a connection to the system.
    fn connect(&self, request: &FulfilRequest<'_>) -> Result<Box<dyn Session + Send>, Refusal>;
}

/// An open connection that carries orders out.
pub(crate) trait Session {
    /// Makes the system be as the order says. Gives the key that the system chose, if it did.
    fn carry_out(&mut self, order: &Order<'_>) -> Result<Option<String>, Refusal>;
}

/// An order with all that belongs to it.
pub(crate) struct Order<'a> {
    pub(crate) order: &'a ProvisioningOrder,
    pub(crate) mapping: &'a TargetMapping,
    pub(crate) password: Option<String>,
}

/// Why an order was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What the system says, and what to do.
    pub(crate) text: String,
    /// The same may go well a little later.
    pub(crate) transient: bool,
    /// The connection is of no use any more.
    pub(crate) broken: bool,
    /// Name of the kind of error.
    pub(crate) code: &'static str,
}

impl Refusal {
    /// An order that makes no sense to the system, whatever it is asked.
    pub(crate) fn of_order(text: impl Into<String>) -> Refusal {
        Refusal { text: text.into(), transient: false, broken: false, code: "order-refused" }
    }
}

/// Carries orders out. `tell` hears of each result, in the order of the orders.
///
/// # Errors
/// The settings are wrong, or the system cannot be reached: orders without result were not tried.
pub fn fulfil(
    request: &FulfilRequest<'_>,
    orders: &mut dyn Iterator<Item = ProvisioningOrder>,
    tell: &mut dyn FnMut(OrderResult),
) -> Result<FulfilReport, FulfilError> {
    let fulfiller = checked(request)?;
    let mut workers: Vec<Worker<'_>> =
        (0..request.concurrency.max(1)).map(|_| Worker::new(request, fulfiller)).collect();
    let mut report = FulfilReport::default();
    let mut orders = orders.peekable();
    while let Some(first) = orders.next() {
        let alike = |order: &ProvisioningOrder| {
            order.change_type == first.change_type && order.resource_type.identifier == first.resource_type.identifier
        };
        let mut batch = Vec::with_capacity(BATCH);
        while batch.len() + 1 < BATCH {
            match orders.next_if(alike) {
                Some(order) => batch.push(order),
                None => break,
            }
        }
        batch.insert(0, first);
        let done = match fulfiller.all(request, &batch) {
            Some(Ok(results)) => Done { results, stopped: None },
            Some(Err(refusal)) => Done { results: Vec::new(), stopped: Some(refusal) },
            None => carry_out(request, &mut workers, &batch),
        };
        for result in done.results {
            match result.outcome {
                OrderOutcome::Executed => report.executed += 1,
                OrderOutcome::Errored => report.errored += 1,
                OrderOutcome::Waiting => {}
            }
            tell(result);
        }
        report.retried = workers.iter().map(|worker| worker.retried).sum();
        if let Some(refusal) = done.stopped {
            let connection = request.connection.identifier.clone();
            return Err(FulfilError::System { connection, code: refusal.code, message: refusal.text });
        }
        if request.help.is_cancelled() {
            break;
        }
    }
    Ok(report)
}

/// What a batch came to.
struct Done {
    results: Vec<OrderResult>,
    /// The system cannot be reached: what has no result was not tried.
    stopped: Option<Refusal>,
}

/// Carries out orders that are alike; each worker takes every n-th.
fn carry_out(request: &FulfilRequest<'_>, workers: &mut [Worker<'_>], batch: &[ProvisioningOrder]) -> Done {
    let count = workers.len();
    let shares: Vec<_> = if count == 1 || batch.len() == 1 {
        vec![share(request, &mut workers[0], batch, 0, 1)]
    } else {
        std::thread::scope(|scope| {
            let threads: Vec<_> = workers
                .iter_mut()
                .enumerate()
                .map(|(index, worker)| scope.spawn(move || share(request, worker, batch, index, count)))
                .collect();
            // A thread that panicked gives no results: its orders count as not tried.
            threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
        })
    };
    let mut results: Vec<(usize, OrderResult)> = Vec::with_capacity(batch.len());
    let mut stopped = None;
    for (share, refusal) in shares {
        results.extend(share);
        stopped = stopped.or(refusal);
    }
    results.sort_by_key(|(index, _)| *index);
    Done { results: results.into_iter().map(|(_, result)| result).collect(), stopped }
}

type Share = (Vec<(usize, OrderResult)>, Option<Refusal>);

fn share(
    request: &FulfilRequest<'_>,
    worker: &mut Worker<'_>,
    batch: &[ProvisioningOrder],
    first: usize,
    step: usize,
) -> Share {
    let mut results = Vec::new();
    for (index, order) in batch.iter().enumerate().skip(first).step_by(step) {
        if request.help.is_cancelled() {
            break;
        }
        match worker.result(order) {
            Ok(result) => results.push((index, result)),
            Err(refusal) => return (results, Some(refusal)),
        }
    }
    (results, None)
}

fn checked(request: &FulfilRequest<'_>) -> Result<&'static dyn Fulfiller, FulfilError> {
    let connection = request.connection;
    let identifier = connection.identifier.clone();
    let Some(package) = package::find(&connection.package) else {
        let hint = package::hint_for_unknown(&connection.package);
        return Err(FulfilError::UnknownPackage { connection: identifier, package: connection.package.clone(), hint });
    };
    if connection.fulfill_deactivated {
        return Err(FulfilError::Deactivated { connection: identifier });
    }
    let Package { fulfiller: Some(fulfiller), .. } = package else {
        let display_name = package.display_name.to_owned();
        return Err(FulfilError::NotImplemented { connection: identifier, package: display_name });
    };
    let problems: Vec<_> = crate::check(connection, request.settings)
        .into_iter()
        .filter(|problem| problem.severity == Severity::Error)
        .collect();
    if problems.is_empty() { Ok(*fulfiller) } else { Err(FulfilError::Settings { connection: identifier, problems }) }
}
