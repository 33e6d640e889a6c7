//! Every state is reached by an evaluation.

use super::world::reached;
use super::{bad_input, contexts, life_cycle, roles, types};
use provost_model::policy::{ProvisioningState, WorkflowState};

#[test]
fn every_state_is_reached() {
    let scenarios: &[fn()] = &[
        roles::dimensions_give_composite_roles_single_roles_types_and_values,
        roles::a_parametrised_role_has_a_row_for_each_value,
        roles::a_required_parameter_may_be_missing,
        roles::suggestions_are_offered_not_given,
        roles::a_role_lost_by_a_change_of_rules_is_prolonged_and_what_follows_from_it_stays,
        roles::what_a_target_holds_is_expressed_as_roles,
        roles::a_refused_role_takes_away_what_it_gave,
        roles::an_expired_role_is_inactive_until_the_system_has_followed,
        roles::automation_rules_decide_the_closest_first,
        roles::requests_become_what_the_number_of_validations_says,
        roles::three_approvals_by_automation,
        contexts::positions_that_overlap_are_simultaneous_contexts_and_gaps_are_filled,
        types::the_reference_example_of_offsets,
        types::a_request_that_brings_a_risk_about_is_reviewed_or_blocked,
        types::a_role_approved_over_a_risk_counts,
        types::reviews_can_be_asked_for_and_done_without,
        life_cycle::from_order_to_verified,
        life_cycle::errors_of_the_agent_stay_until_somebody_unblocks_them,
        life_cycle::what_a_reviewer_keeps_stays_and_is_questioned_when_the_source_changes,
        life_cycle::an_uncertain_match_waits_in_review_or_as_an_unauthorised_account,
        life_cycle::a_value_set_at_creation_only_is_never_compared,
        life_cycle::who_loses_the_right_loses_the_account_where_the_engine_may_remove_it,
        bad_input::a_rule_that_throws_is_an_error_of_its_value_alone,
    ];
    scenarios.iter().for_each(|scenario| scenario());
    let (workflow, provisioning) = reached();
    let mut missing = Vec::new();
    // `None` and `Requested` are where something has not been evaluated yet.
    let internal = [WorkflowState::None, WorkflowState::Requested];
    for state in WorkflowState::ALL.iter().filter(|state| !internal.contains(state)) {
        println!("workflow {:>3} {:<28} {}", state.number(), state.name(), workflow.contains(state));
        if !workflow.contains(state) {
            missing.push(state.name());
        }
    }
    for state in ProvisioningState::ALL {
        println!("provisioning {} {:<17} {}", state.number(), state.name(), provisioning.contains(state));
        if !provisioning.contains(state) {
            missing.push(state.name());
        }
    }
    assert_eq!(missing, [""; 0]);
}
