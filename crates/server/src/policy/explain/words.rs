//! States and periods in plain words.

use provost_model::policy::{Instant, NO_END, NO_START, Period, ProvisioningState, WorkflowState};
use provost_model::query::format_instant;

/// What a workflow state says about an assignment.
pub(super) fn workflow(state: WorkflowState) -> &'static str {
    match state {
        WorkflowState::None => "it is being computed",
        WorkflowState::Found => "it exists, and no rule gives it",
        WorkflowState::RequestedMissingParameters => "it was requested without a parameter that it must have",
        WorkflowState::Historic => "it existed before go-live, and no rule gives it",
        WorkflowState::Requested => "it was requested, and is not added yet",
        WorkflowState::CalculatedMissingParameters => "a rule gives it without a parameter that it must have",
        WorkflowState::PendingApproval => "it waits for its approval",
        WorkflowState::PendingApproval1 => "it waits for the first of two approvals",
        WorkflowState::PendingApproval2 => "it waits for the second of two approvals",
        WorkflowState::PendingApproval1Of3 => "it waits for the first of three approvals",
        WorkflowState::PendingApproval2Of3 => "it waits for the second of three approvals",
        WorkflowState::PendingApproval3Of3 => "it waits for the third of three approvals",
        WorkflowState::Approved => "it was given by hand, and approved",
        WorkflowState::Declined => "it was refused",
        WorkflowState::PolicyApproved => "a rule gives it",
        WorkflowState::Inactive => "it is over, and not removed yet",
        WorkflowState::Cancellation => "it goes: the role that brought it was refused",
        WorkflowState::Suggested | WorkflowState::SuggestedAutomatic => {
            "a rule suggests it, and somebody must ask for it"
        }
        WorkflowState::AutomaticWithValidation => "a rule puts it into the basket of a new person",
        WorkflowState::ApprovedQuestioned => "it was approved by hand, and the data that it follows has changed since",
        WorkflowState::PendingApprovalRisk => "it waits for a review because of a risk",
        WorkflowState::Blocked => "it was refused because of a risk",
        WorkflowState::Prolonged => "no rule gives it any more; it is kept for the grace period",
        WorkflowState::ApprovedRisk => "it was approved despite a risk",
        WorkflowState::GivenByRole => "a role brings it along",
        WorkflowState::PolicyApprovedWithChanges => {
            "a rule gave it when the target was made; the managed system has changed it since"
        }
    }
}

/// What a provisioning state says.
pub(super) fn provisioning(state: ProvisioningState) -> &'static str {
    match state {
        ProvisioningState::None => "nothing is to be ordered",
        ProvisioningState::Pending => "the next orders contain it",
        ProvisioningState::Transmitted => "its order was handed out, without an answer yet",
        ProvisioningState::Errored => "the managed system refused its order",
        ProvisioningState::Verified => "the managed system holds it",
        ProvisioningState::AwaitingApproval => "its order waits in Provisioning Review",
        ProvisioningState::Inactive => "it is over, so nothing is ordered",
        ProvisioningState::Error => "it could not be evaluated",
        ProvisioningState::Executed => "its order was carried out, and nothing that was synchronised says otherwise",
    }
}

/// The bounds of a period, where there are any.
pub(super) fn bounds(period: Period) -> (Option<String>, Option<String>) {
    let told = |at: Instant, is_there: bool| is_there.then(|| format_instant(at));
    (told(period.start, period.start > NO_START), told(period.end, period.end < NO_END))
}

/// ` since 2026-01-31T00:00:00Z until …`, or nothing.
pub(super) fn when(period: Period) -> String {
    match bounds(period) {
        (None, None) => String::new(),
        (Some(start), None) => format!(", from {start} on"),
        (None, Some(end)) => format!(", until {end}"),
        (Some(start), Some(end)) => format!(", from {start} until {end}"),
    }
}
