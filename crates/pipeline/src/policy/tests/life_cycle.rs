//! The way of an assignment to the managed system and back.

use super::world::instant;
use super::*;
use provost_model::policy::{ProvisioningState as P, WorkflowState as W};

fn account() -> World {
    let mut world = ada(&ad(r#"<TypeRule D0="LAB"/><ScalarRule Property="Mail" Binding="Mail"/>
<NavigationRule Property="Groups" Resource="G1"/>"#));
    world.data.set("Person", "E1", "Mail", "v1");
    world
}

/// The account was made by an order and is found.
fn provisioned() -> World {
    let mut world = account();
    expect(
        &world.told(),
        "AD: PolicyApproved Pending, 2020-01-01 to 2027-01-01
          Mail v1 / -: PolicyApproved Pending, 2020-01-01 to 2027-01-01
          Groups +G1: PolicyApproved Pending, 2020-01-01 to 2027-01-01",
    );
    for state in [P::Transmitted, P::Executed] {
        set(&mut world, state);
        let found = world.told();
        assert_eq!(found.matches(state.name()).count(), 3, "{found}");
    }
    world.data.add("Account", "Login,Mail,Groups\ne1,v1,G1");
    world.correlations.push(("AD".into(), "e1".into(), 100));
    expect(
        &world.told(),
        "AD = e1: PolicyApproved Verified, 2020-01-01 to 2027-01-01
          Mail v1 / v1: PolicyApproved Verified, 2020-01-01 to 2027-01-01
          Groups =G1: PolicyApproved Verified, 2020-01-01 to 2027-01-01",
    );
    world
}

fn set(world: &mut World, state: P) {
    let row = &mut world.existing.resource_types[0];
    row.provisioning = state;
    row.scalars.iter_mut().for_each(|value| value.provisioning = state);
    row.navigations.iter_mut().for_each(|link| link.provisioning = state);
}

#[test]
pub(super) fn from_order_to_verified() {
    provisioned();
}

#[test]
pub(super) fn errors_of_the_agent_stay_until_somebody_unblocks_them() {
    let mut world = account();
    world.told();
    set(&mut world, P::Errored);
    assert_eq!(world.told().matches("Errored").count(), 3);
}

#[test]
pub(super) fn a_change_inside_makes_an_order_a_change_in_the_system_asks_somebody() {
    let mut world = provisioned();
    world.data.set("Account", "e1", "Mail", "m");
    world.data.set("Account", "e1", "Groups", "G2");
    expect(
        &world.told(),
        "AD = e1: PolicyApproved Verified, 2020-01-01 to 2027-01-01
          Mail v1 / m: Found None, 2020-01-01 to 2027-01-01
          Groups +G1: Found None, 2020-01-01 to 2027-01-01
          Groups -G2: Found None, 2020-01-01 to 2027-01-01",
    );
    let mut world = provisioned();
    world.data.set("Person", "E1", "Mail", "v2");
    assert!(world.told().contains("Mail v2 / v1: PolicyApproved Pending"));
}

#[test]
pub(super) fn what_a_reviewer_keeps_stays_and_is_questioned_when_the_source_changes() {
    for (discard, expected) in [("0", "ApprovedQuestioned Verified"), ("1", "PolicyApproved Pending")] {
        let mut world = ada(&ad_with(
            &format!(r#"DiscardManualAssignments="{discard}""#),
            r#"<TypeRule/><ScalarRule Property="Mail" Binding="Mail"/>"#,
        ));
        world.data.set("Person", "E1", "Mail", "v1");
        world.data.add("Account", "Login,Mail\ne1,v1");
        world.correlations.push(("AD".into(), "e1".into(), 100));
        world.told();
        world.data.set("Account", "e1", "Mail", "m");
        assert!(world.told().contains("Mail v1 / m: Found None"));
        world.existing.resource_types[0].scalars[0].workflow = W::Approved;
        assert!(world.told().contains("Mail v1 / m: Approved Verified"));
        world.data.set("Person", "E1", "Mail", "v2");
        assert!(world.told().contains(&format!("Mail v2 / m: {expected}")));
    }
}

#[test]
pub(super) fn who_loses_the_right_loses_the_account_where_the_engine_may_remove_it() {
    let mut world = provisioned();
    world.data.set("Person", "E1", "Department", "SALES");
    expect(&world.told(), "AD = e1: PolicyApproved Pending, 2020-01-01 to 2026-06-01");
    set(&mut world, P::Executed);
    assert!(world.told().contains("AD = e1: PolicyApproved Executed"));
    world.data.remove("Account", "e1");
    expect(&world.told(), "");
    let mut world = ada(&ad_with(r#"AllowRemove="0" AllowAdd="0""#, r#"<TypeRule D0="LAB"/>"#));
    expect(&world.told(), "AD: PolicyApproved None, 2020-01-01 to 2027-01-01");
    world.data.add("Account", "Login\ne1");
    world.correlations.push(("AD".into(), "e1".into(), 100));
    assert!(world.told().contains("AD = e1: PolicyApproved Verified"));
    world.data.set("Person", "E1", "Department", "SALES");
    expect(&world.told(), "AD = e1: Found None, always");
}

#[test]
pub(super) fn an_account_that_vanishes_is_not_made_again_unasked() {
    let mut world = provisioned();
    world.data.remove("Account", "e1");
    let found = world.told();
    assert!(found.contains("AD: Found None, 2020-01-01 to 2027-01-01"), "{found}");
    world.existing.resource_types[0].workflow = W::PolicyApproved;
    assert!(world.told().contains("AD: PolicyApproved Pending"));
}

#[test]
pub(super) fn an_uncertain_match_waits_in_review_or_as_an_unauthorised_account() {
    let mut world = account();
    world.data.add("Account", "Login,Mail\ne1,x");
    world.correlations.push(("AD".into(), "e1".into(), 90));
    assert!(world.told().contains("AD = e1 90%: PolicyApproved AwaitingApproval"));
    let mut world = account();
    world.data.set("Person", "E1", "Department", "SALES");
    world.data.add("Account", "Login,Mail\ne1,x");
    world.correlations.push(("AD".into(), "e1".into(), 90));
    expect(&world.told(), "AD = e1 90%: Found None, always");
    // Pre-existing ones stay so.
    world.existing.resource_types[0].workflow = W::Historic;
    expect(&world.told(), "AD = e1 90%: Historic None, always");
}

#[test]
pub(super) fn a_value_set_at_creation_only_is_never_compared() {
    let mut world = ada(&ad(r#"<TypeRule/><ScalarRule Property="Mail" Binding="Mail" IsMapped="0"/>"#));
    world.data.set("Person", "E1", "Mail", "v1");
    world.data.add("Account", "Login,Mail\ne1,m");
    world.correlations.push(("AD".into(), "e1".into(), 100));
    assert!(world.told().contains("Mail v1 / m: PolicyApprovedWithChanges Executed"));
}

#[test]
pub(super) fn a_target_denied_by_hand_is_removed() {
    let mut world = provisioned();
    let mut denied = world.existing.resource_types[0].clone();
    denied.is_denied = true;
    denied.workflow = W::Approved;
    denied.scalars.clear();
    denied.navigations.clear();
    world.existing.resource_types = vec![denied];
    let found = world.told();
    assert!(
        found.contains("AD = e1: Approved Pending, 2020-01-01 to 2027-01-01") && !found.contains("PolicyApproved"),
        "{found}"
    );
}

#[test]
pub(super) fn after_the_end_of_the_identity_everything_is_removed() {
    let mut world = provisioned();
    world.now = instant("2027-01-01");
    expect(&world.told(), "AD = e1: PolicyApproved Pending, 2020-01-01 to 2027-01-01");
}
