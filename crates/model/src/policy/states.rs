//! States of assignments, with their documented numbers.

use serde::{Deserialize, Serialize};

macro_rules! states {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $state:ident = $number:literal, $label:literal;)* }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$doc])* $state = $number,)*
        }

        impl $name {
            /// Every state, by its number.
            pub const ALL: &'static [$name] = &[$($name::$state),*];

            /// The number of every state with its name in configuration.
            pub const NAMES: &'static [(i64, &'static str)] = &[$(($number, stringify!($state))),*];

            /// The state with this number.
            pub fn from_number(number: i64) -> Option<$name> {
                $name::ALL.iter().copied().find(|state| i64::from(*state as u8) == number)
            }

            /// Its number.
            pub fn number(self) -> i64 {
                i64::from(self as u8)
            }

            /// Its name in configuration.
            pub fn name(self) -> &'static str {
                match self {
                    $($name::$state => stringify!($state),)*
                }
            }

            /// What people read.
            pub fn label(self) -> &'static str {
                match self {
                    $($name::$state => $label,)*
                }
            }
        }
    };
}

states! {
    /// How an assignment came about and how far its approval is (spec 21 §3).
    WorkflowState {
        /// Internal computation.
        #[default]
        None = 0, "None";
        /// Existing, given by no rule, discovered after go-live.
        Found = 1, "Non-conforming";
        /// Requested by hand without a required parameter.
        RequestedMissingParameters = 2, "Requested – Missing Parameters";
        /// Existing, given by no rule, present before go-live.
        Historic = 3, "Pre-existing";
        /// Requested, not added yet.
        Requested = 4, "Requested";
        /// Given by a rule that does not supply a required parameter.
        CalculatedMissingParameters = 5, "Calculated – Missing Parameters";
        /// The only approval is awaited.
        PendingApproval = 8, "Pending Approval";
        /// The first of two is awaited.
        PendingApproval1 = 9, "Pending Approval 1 of 2";
        /// The second of two is awaited.
        PendingApproval2 = 10, "Pending Approval 2 of 2";
        /// The first of three is awaited.
        PendingApproval1Of3 = 11, "Pending Approval 1 of 3";
        /// The second of three is awaited.
        PendingApproval2Of3 = 12, "Pending Approval 2 of 3";
        /// The third of three is awaited.
        PendingApproval3Of3 = 13, "Pending Approval 3 of 3";
        /// All approvals done: given by hand.
        Approved = 16, "Approved";
        /// Refused.
        Declined = 17, "Declined";
        /// Given by a rule.
        PolicyApproved = 18, "Calculated";
        /// Expired, not removed yet.
        Inactive = 19, "Inactive";
        /// Inferred by a role that was declined: to be removed.
        Cancellation = 20, "Cancellation";
        /// Offered by a rule of type Suggested.
        Suggested = 21, "Suggested";
        /// Offered by a rule "automatic but with validation" to somebody who was there before.
        SuggestedAutomatic = 22, "Suggested";
        /// The same, in the basket of a new person.
        AutomaticWithValidation = 23, "Automatic but with Validation";
        /// Approved by hand, and the source data changed since.
        ApprovedQuestioned = 24, "Approved – Questioned";
        /// A further review because of a risk.
        PendingApprovalRisk = 25, "Pending Approval – Risk";
        /// Refused because of a risk.
        Blocked = 26, "Blocked";
        /// Lost because a rule changed, kept for the grace period.
        Prolonged = 27, "Prolonged";
        /// Approved despite a risk.
        ApprovedRisk = 116, "Approved – Risk";
        /// A resource type implied by a role.
        GivenByRole = 118, "Given by a Role";
        /// A value set at creation only, whose computed value differs from that of the system. The documentation
        /// gives it no number.
        PolicyApprovedWithChanges = 119, "Calculated – Changed in the System";
    }
}

states! {
    /// How far an assignment is on its way to the managed system (spec 21 §4).
    ProvisioningState {
        /// Nothing to provision.
        #[default]
        None = 0, "None";
        /// Ready, not collected by the agent.
        Pending = 1, "Pending";
        /// Collected, no answer yet.
        Transmitted = 2, "Transmitted";
        /// The agent reported an error.
        Errored = 3, "Errored";
        /// Found in synchronised data.
        Verified = 4, "Verified";
        /// Waits in Provisioning Review.
        AwaitingApproval = 5, "Awaiting Approval";
        /// Its period is over.
        Inactive = 6, "Inactive";
        /// The evaluation failed.
        Error = 7, "Error";
        /// The agent reported success.
        Executed = 8, "Executed";
    }
}

impl WorkflowState {
    /// Existing and given by no rule.
    pub fn is_derogation(self) -> bool {
        matches!(self, WorkflowState::Found | WorkflowState::Historic)
    }

    /// Given by hand, all approvals done.
    pub fn is_approved_by_hand(self) -> bool {
        matches!(self, WorkflowState::Approved | WorkflowState::ApprovedQuestioned | WorkflowState::ApprovedRisk)
    }

    /// Waits for somebody's decision about a request.
    pub fn is_pending(self) -> bool {
        matches!(
            self,
            WorkflowState::RequestedMissingParameters
                | WorkflowState::Requested
                | WorkflowState::PendingApproval
                | WorkflowState::PendingApproval1
                | WorkflowState::PendingApproval2
                | WorkflowState::PendingApproval1Of3
                | WorkflowState::PendingApproval2Of3
                | WorkflowState::PendingApproval3Of3
                | WorkflowState::PendingApprovalRisk
        )
    }

    /// Given by the rules.
    pub fn is_calculated(self) -> bool {
        matches!(
            self,
            WorkflowState::PolicyApproved
                | WorkflowState::PolicyApprovedWithChanges
                | WorkflowState::GivenByRole
                | WorkflowState::CalculatedMissingParameters
        )
    }

    /// Offered only.
    pub fn is_suggestion(self) -> bool {
        matches!(
            self,
            WorkflowState::Suggested | WorkflowState::SuggestedAutomatic | WorkflowState::AutomaticWithValidation
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_keep_their_documented_numbers() {
        assert_eq!(WorkflowState::from_number(18), Some(WorkflowState::PolicyApproved));
        assert_eq!(WorkflowState::from_number(116), Some(WorkflowState::ApprovedRisk));
        assert_eq!(WorkflowState::from_number(6), None);
        assert_eq!(WorkflowState::PendingApproval2Of3.number(), 12);
        assert_eq!(ProvisioningState::from_number(5), Some(ProvisioningState::AwaitingApproval));
        assert_eq!(ProvisioningState::Executed.number(), 8);
        assert_eq!(ProvisioningState::from_number(9), None);
    }
}
