//! One connection, opened when it is needed and again when it broke; attempts with pauses between them.

use super::{FulfilRequest, Fulfiller, Order, Refusal, Session};
use provost_model::orders::{OrderOutcome, OrderResult, ProvisioningOrder};
use std::time::Duration;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Carries out orders, one after the other.
pub(super) struct Worker<'a> {
    request: &'a FulfilRequest<'a>,
    fulfiller: &'static dyn Fulfiller,
    session: Option<Box<dyn Session + Send>>,
    pub(super) retried: u64,
}

impl<'a> Worker<'a> {
    pub(super) fn new(request: &'a FulfilRequest<'a>, fulfiller: &'static dyn Fulfiller) -> Worker<'a> {
        Worker { request, fulfiller, session: None, retried: 0 }
    }

    /// What became of an order. The error is that the system cannot be reached, so that the order was not tried.
    pub(super) fn result(&mut self, order: &ProvisioningOrder) -> Result<OrderResult, Refusal> {
        let mut result = OrderResult {
            assigned_resource_type_id: order.assigned_resource_type_id.clone(),
            ..OrderResult::default()
        };
        match self.attempts(order)? {
            Ok(key) => result.key = key,
            Err(refusal) => {
                result.outcome = OrderOutcome::Errored;
                result.error = Some(refusal.text);
            }
        }
        Ok(result)
    }

    fn attempts(&mut self, order: &ProvisioningOrder) -> Result<Result<Option<String>, Refusal>, Refusal> {
        let identifier = &order.resource_type.identifier;
        let Some(mapping) = self.request.mappings.iter().find(|known| known.resource_type == *identifier) else {
            let text = format!("no mapping says how orders of {identifier} become changes; add one and deploy it");
            return Ok(Err(Refusal::of_order(text)));
        };
        let order = Order { order, mapping, password: self.request.help.password(order) };
        let (mut pause, mut attempt) = (FIRST_PAUSE, 1);
        loop {
            let (outcome, connected) = self.attempt(&order);
            let refusal = match outcome {
                Ok(key) => return Ok(Ok(key)),
                Err(refusal) => refusal,
            };
            if refusal.broken {
                self.session = None;
            }
            if !refusal.transient || attempt >= self.request.attempts.max(1) || self.request.help.is_cancelled() {
                // Without a connection the next order would fare the same.
                return if connected { Ok(Err(refusal)) } else { Err(refusal) };
            }
            self.request.help.pause(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
            attempt += 1;
            self.retried += 1;
        }
    }

    /// One attempt, and whether there was a connection to make it with.
    fn attempt(&mut self, order: &Order<'_>) -> (Result<Option<String>, Refusal>, bool) {
        let session = match &mut self.session {
            Some(session) => session,
            none => match self.fulfiller.connect(self.request) {
                Ok(session) => none.insert(session),
                Err(refusal) => return (Err(refusal), false),
            },
        };
        (session.carry_out(order), true)
    }
}
