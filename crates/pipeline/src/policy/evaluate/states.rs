//! What a stored row means for the next evaluation.

use provost_model::policy::WorkflowState;

/// What becomes of a stored row of a role or resource type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Denied by hand: it forbids.
    Forbids,
    /// Given by hand: it gives.
    Manual,
    /// Waits for somebody, and gives nothing yet.
    Waits,
    /// Refused by somebody.
    Refused,
    /// Taken away, until the systems have followed.
    Cancelled,
    /// It exists, and no rule gives it.
    Derogation,
    /// Offered by a rule: computed again.
    Offered,
    /// Given by a rule: computed again.
    Calculated,
}

pub(super) fn fate(state: WorkflowState, is_denied: bool) -> Fate {
    use WorkflowState as W;
    match state {
        _ if is_denied => Fate::Forbids,
        W::Approved | W::ApprovedQuestioned | W::ApprovedRisk => Fate::Manual,
        W::Blocked => Fate::Waits,
        state if state.is_pending() => Fate::Waits,
        W::Declined => Fate::Refused,
        W::Cancellation => Fate::Cancelled,
        W::Found | W::Historic => Fate::Derogation,
        state if state.is_suggestion() => Fate::Offered,
        _ => Fate::Calculated,
    }
}

/// State of a request once it is processed, by the number of validations.
pub(super) fn first_approval(approvals: u8) -> WorkflowState {
    match approvals {
        0 => WorkflowState::Approved,
        1 => WorkflowState::PendingApproval,
        2 => WorkflowState::PendingApproval1,
        _ => WorkflowState::PendingApproval1Of3,
    }
}

/// State after an approval.
pub(super) fn approved(state: WorkflowState, approvals: u8) -> WorkflowState {
    use WorkflowState as W;
    match state {
        W::PendingApproval1 => W::PendingApproval2,
        W::PendingApproval1Of3 => W::PendingApproval2Of3,
        W::PendingApproval2Of3 => W::PendingApproval3Of3,
        // The risk was accepted; the normal cycle follows.
        W::PendingApprovalRisk if approvals == 0 => W::ApprovedRisk,
        W::PendingApprovalRisk => first_approval(approvals),
        _ => W::Approved,
    }
}

/// State after a refusal: what exists is to be taken away, what was asked for is not given.
pub(super) fn declined(state: WorkflowState) -> WorkflowState {
    match state {
        state if state.is_pending() || state.is_suggestion() => WorkflowState::Declined,
        _ => WorkflowState::Cancellation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use WorkflowState as W;

    #[test]
    fn requests_go_through_as_many_approvals_as_the_role_asks_for() {
        let path = |approvals| {
            let mut states = vec![first_approval(approvals)];
            while !states.last().unwrap().is_approved_by_hand() {
                states.push(approved(*states.last().unwrap(), approvals));
            }
            states
        };
        assert_eq!(path(0), [W::Approved]);
        assert_eq!(path(1), [W::PendingApproval, W::Approved]);
        assert_eq!(path(2), [W::PendingApproval1, W::PendingApproval2, W::Approved]);
        let three = [W::PendingApproval1Of3, W::PendingApproval2Of3, W::PendingApproval3Of3, W::Approved];
        assert_eq!(path(3), three);
        assert_eq!(approved(W::PendingApprovalRisk, 0), W::ApprovedRisk);
        assert_eq!(approved(W::PendingApprovalRisk, 1), W::PendingApproval);
        assert_eq!(declined(W::Found), W::Cancellation);
        assert_eq!(declined(W::PendingApproval2), W::Declined);
    }
}
