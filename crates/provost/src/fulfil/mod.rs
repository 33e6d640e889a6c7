//! Carrying out orders beside the managed systems: ask, do, tell.
//!
//! Results are told in pieces while a file is carried out. Whatever is not told when the process dies, the network is
//! cut or an answer is lost is handed over again, and carried out again: a connector looks first, so that an order that
//! was carried out before changes nothing.

mod connectors;
mod remote;
#[cfg(test)]
mod tests;

pub(crate) use connectors::ConnectorHands;
pub(crate) use remote::RemoteOrders;

use provost_model::configuration::jobs::LogLevel;
use provost_model::orders::{OrderOutcome, OrderResult, ProvisioningOrder, ResultFile};
use provost_model::summary::{Cause, State, Summary};
use provost_model::work::{TaskContext, TaskOutcome, TaskProgress};
use provost_server::ServerError;
use provost_server::orders::{CollectRequest, OrderHost, OrderMapping};

/// Orders whose results are told together when nobody says (`BatchSize`).
const TOLD_TOGETHER: usize = 100;

/// How orders are carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manner {
    /// A system that cannot be reached does not stop it: the files of the others follow, and the end is a warning.
    pub(crate) go_on: bool,
    /// Orders whose results are told together; 0 as usual.
    pub(crate) batch: usize,
}

/// Whoever does the work.
pub(crate) trait Hands {
    /// Carries orders out, in their order, and tells each result as it is known. An order without result was not tried.
    ///
    /// # Errors
    /// The system cannot be reached, or nothing says how to write to it.
    fn carry_out(
        &self,
        mapping: Option<&OrderMapping>,
        orders: Vec<ProvisioningOrder>,
        tell: &mut dyn FnMut(OrderResult),
    ) -> Result<(), ServerError>;
}

/// How a fulfilment went.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fulfilled {
    /// Counters by resource type: `inserted` for executed, `rejected` for errored, `unchanged` for what waits for people.
    pub(crate) summary: Summary,
    /// Orders that were carried out.
    pub(crate) executed: u64,
    /// Orders that were refused.
    pub(crate) errored: u64,
    /// Orders for people.
    pub(crate) waiting: u64,
    /// Orders that were not tried.
    pub(crate) left: u64,
}

impl Fulfilled {
    fn count(&mut self, resource_type: &str, outcome: OrderOutcome) {
        let counters = self.summary.entity_types.entry(resource_type.to_owned()).or_default();
        counters.rows += 1;
        match outcome {
            OrderOutcome::Executed => {
                self.executed += 1;
                counters.inserted += 1;
            }
            OrderOutcome::Errored => {
                self.errored += 1;
                counters.rejected += 1;
            }
            OrderOutcome::Waiting => {
                self.waiting += 1;
                counters.unchanged += 1;
            }
        }
    }

    /// As the end of a task.
    pub(crate) fn outcome(self) -> TaskOutcome {
        let produced = self.executed > 0;
        TaskOutcome::of(self.summary, produced)
    }
}

/// Carries out what is to be done. A system that cannot be reached stops it, unless [`Manner::go_on`].
///
/// # Errors
/// The host cannot be asked or told; without [`Manner::go_on`] also those of the hands.
pub(crate) fn fulfil(
    host: &dyn OrderHost,
    hands: &dyn Hands,
    request: &CollectRequest,
    manner: Manner,
    context: &dyn TaskContext,
) -> Result<Fulfilled, ServerError> {
    let mut done = Fulfilled::default();
    done.summary.connector = request.scope.connector.clone().unwrap_or_default();
    for file in host.collect(request)? {
        if file.is_taken {
            let text = format!("{} is being carried out by somebody else", file.name);
            context.log(LogLevel::Warning, &text);
            done.left += file.orders;
            continue;
        }
        if context.is_cancelled() {
            done.left += file.orders;
            continue;
        }
        let orders = host.orders(&file.name)?.orders;
        let stage = format!("Fulfill {}", file.resource_type);
        context.progress(&TaskProgress { stage: stage.clone(), ..TaskProgress::default() });
        let count = orders.len() as u64;
        let batch = if manner.batch == 0 { TOLD_TOGETHER } else { manner.batch };
        let mut told = Teller { host, file: &file.name, owner: &request.owner, batch, kept: Vec::new(), failed: None };
        let before = done.executed + done.errored + done.waiting;
        let walked = hands.carry_out(file.mapping.as_ref(), orders, &mut |result| {
            log(&result, context);
            done.count(&file.resource_type, result.outcome);
            let rows = done.executed + done.errored + done.waiting;
            context.progress(&TaskProgress { stage: stage.clone(), rows, ..TaskProgress::default() });
            told.push(result);
        });
        told.flush();
        if let Some(error) = told.failed {
            return Err(error);
        }
        done.left += count.saturating_sub(done.executed + done.errored + done.waiting - before);
        if let Err(error) = walked {
            if !manner.go_on {
                return Err(error);
            }
            context.log(LogLevel::Error, &error.to_string());
            done.summary.causes.push(Cause {
                code: error.code().to_owned(),
                message: error.to_string(),
                hint: error.hint().unwrap_or_default(),
                subject: Some(file.resource_type.clone()),
            });
        }
    }
    if done.errored > 0 || done.left > 0 || !done.summary.causes.is_empty() {
        done.summary.state = State::Warning;
    }
    Ok(done)
}

fn log(result: &OrderResult, context: &dyn TaskContext) {
    if result.outcome == OrderOutcome::Errored {
        let reason = result.error.as_deref().unwrap_or("the system gave no reason");
        let text = format!("order {}: {reason}", result.assigned_resource_type_id);
        context.log(LogLevel::Warning, &text);
    }
}

/// Tells results in pieces. One that cannot be told stops the telling, not the work: what is done is done, and is
/// handed over again.
struct Teller<'a> {
    host: &'a dyn OrderHost,
    file: &'a str,
    owner: &'a str,
    batch: usize,
    kept: Vec<OrderResult>,
    failed: Option<ServerError>,
}

impl Teller<'_> {
    fn push(&mut self, result: OrderResult) {
        self.kept.push(result);
        if self.kept.len() >= self.batch {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if self.kept.is_empty() || self.failed.is_some() {
            return;
        }
        provost_model::fault::point("fulfil.carried-out");
        let results = ResultFile { results: std::mem::take(&mut self.kept) };
        if let Err(error) = self.host.report(self.file, self.owner, &results) {
            self.failed = Some(error);
        }
    }
}
