//! Provisioning orders: what was ordered, and why nothing is.

use super::item::Question;
use super::shape::{About, ExplainError, Explanation, Step, StepKind};
use super::subject::Subject;
use super::words::provisioning;
use super::{Teller, asked};
use provost_model::PolicyObjectId;
use provost_model::policy::{AssignedResourceType, Assignments, ProvisioningState};
use provost_model::query::format_instant;
use provost_store::StoredOrder;

/// Orders of one assignment that are told.
const FEW: usize = 3;

impl Teller<'_> {
    /// One order.
    pub(super) fn order(&mut self, told: &mut Explanation, number: i64) -> Result<(), ExplainError> {
        let found = self.tx.order(number)?.filter(|order| order.owner == self.owner.1);
        let Some(order) = found else {
            return Err(ExplainError::UnknownOrder(told.owner.label(), number));
        };
        told.holds = true;
        let step = self.given(&order)?;
        told.because.push(step);
        Ok(())
    }

    /// The latest orders of an assigned resource type.
    pub(super) fn orders_of(&mut self, assigned: i64) -> Result<Vec<Step>, ExplainError> {
        let orders = self.tx.orders_of_assigned(assigned)?;
        orders.iter().take(FEW).map(|order| self.given(order)).collect()
    }

    fn given(&mut self, order: &StoredOrder) -> Result<Step, ExplainError> {
        let file = self.tx.order_file(&order.file)?;
        let (_, of) = self.object(order.resource_type);
        let by = file.as_ref().map(|file| format!(" by {}", file.created_by)).unwrap_or_default();
        let text = format!(
            "order {} of {of} ({:?}) was given on {}{by}: {}",
            order.id,
            order.change,
            format_instant(order.created_at),
            provisioning(order.state)
        );
        let mut step = Step::new(StepKind::Order, text);
        step.provisioning_state = Some(order.state.name());
        step.start = Some(format_instant(order.created_at));
        step.end = order.ended_at.map(format_instant);
        step = step.about(About::Permission("/ProvisioningPolicy/AssignedResourceType/Query"));
        let mut note = |text: String| step.because.push(Step::new(StepKind::Note, text));
        note(format!("it is order {} of the file {}", order.position + 1, order.file));
        if order.is_waiting {
            note("somebody carries it out by hand: provost review list --kind manual".to_owned());
        }
        if let Some(error) = &order.error {
            note(format!("the managed system said: {error}"));
        }
        if let Some(target) = order.target {
            step.because.push(self.resource_step(target)?);
        }
        Ok(step)
    }

    /// What was ordered of a resource type, and what is to be.
    pub(super) fn orders(
        &mut self,
        told: &mut Explanation,
        subject: &Subject<'_>,
        of: PolicyObjectId,
        now: &Assignments,
    ) -> Result<(), ExplainError> {
        let (_, name) = self.object(of);
        let policy = &self.metadata.configuration.policy;
        let resource_type = policy.resource_types.iter().find(|known| known.identifier == name);
        let of_policy = resource_type.and_then(|known| policy.policies.iter().find(|p| p.identifier == known.policy));
        if let Some(of_policy) = of_policy.filter(|of_policy| !of_policy.is_provisioning_enabled) {
            let place = (of_policy.place.file.as_str(), of_policy.place.line);
            let text = format!("nothing is ordered: provisioning is off in the policy {}", of_policy.identifier);
            let step = Step::new(StepKind::Note, text).of("Policy", &of_policy.identifier, place);
            told.because.push(step.about(About::Permission("/ProvisioningPolicy/Policy/Query")));
        }
        for held in now.resource_types.iter().filter(|held| held.resource_type == of) {
            told.holds |= is_due(held);
            let mut step = Step::new(StepKind::Assignment, due(held));
            step.workflow_state = Some(held.workflow.name());
            step.provisioning_state = Some(held.consolidated().provisioning.name());
            step = step.about(About::Row("AssignedResourceType", held.id));
            if held.id != 0 {
                let given = self.orders_of(held.id)?;
                told.holds |= given.iter().any(|order| order.end.is_none());
                step.because = given;
            }
            told.because.push(step);
        }
        if told.because.iter().all(|step| step.kind != StepKind::Assignment) {
            let text = "nothing is ordered: the owner has no such account, and should have none";
            told.because.push(Step::new(StepKind::Note, text));
            self.item(told, subject, asked(self.metadata, &Question::Type(of)))?;
        }
        Ok(())
    }
}

/// Something of it is in the next orders.
fn is_due(held: &AssignedResourceType) -> bool {
    let pending = ProvisioningState::Pending;
    held.provisioning == pending
        || held.scalars.iter().chain(&held.binaries).any(|value| value.provisioning == pending)
        || held.navigations.iter().any(|link| link.provisioning == pending)
}

/// What is to be ordered of an assignment.
fn due(held: &AssignedResourceType) -> String {
    let states = || {
        let values = held.scalars.iter().chain(&held.binaries).map(|value| value.provisioning);
        let links = held.navigations.iter().map(|link| link.provisioning);
        std::iter::once(held.provisioning).chain(values).chain(links)
    };
    let count = |wanted: ProvisioningState| states().filter(|state| *state == wanted).count();
    if held.workflow.is_pending() {
        return format!("nothing is ordered before it is approved: {}", super::words::workflow(held.workflow));
    }
    let told = [
        (ProvisioningState::Pending, "are in the next orders"),
        (ProvisioningState::AwaitingApproval, "wait in Provisioning Review"),
        (ProvisioningState::Transmitted, "were handed out, without an answer yet"),
        (ProvisioningState::Executed, "were carried out, and nothing that was synchronised says otherwise"),
        (ProvisioningState::Errored, "were refused by the managed system"),
        (ProvisioningState::Error, "could not be evaluated"),
    ];
    let told = told.into_iter().map(|(state, text)| (count(state), text)).filter(|(count, _)| *count > 0);
    let told: Vec<String> = told.map(|(count, text)| format!("{count} of its parts {text}")).collect();
    match told.is_empty() {
        true => format!("nothing is ordered: {}", provisioning(held.provisioning)),
        false => told.join("; "),
    }
}
