//! Roles: rules, denials, parameters, suggestions, what people give and take, grace, deduction, automation.

use super::world::instant;
use super::*;
use provost_model::policy::{AssignedRole, Period, WorkflowState};

const YEARS: &str = "2020-01-01 to 2027-01-01";

/// Adds a row of a single role, as a person made it.
fn given(world: &mut World, role: &str, workflow: WorkflowState, period: Period) {
    let id = world.existing.single_roles.len() as i64 + 1000;
    let role = world.id("SingleRole", role);
    world.existing.single_roles.push(AssignedRole { id, role, workflow, period, ..AssignedRole::default() });
    world.existing.single_roles.sort_by_key(|row| row.role);
}

pub(super) fn period(start: &str, end: &str) -> Period {
    Period { start: instant(start), end: instant(end) }
}

#[test]
pub(super) fn dimensions_give_composite_roles_single_roles_types_and_values() {
    let mut world = ada(&format!(
        r#"<CompositeRole Identifier="Engineer" EntityType="Person" Policy="Default"/>{}{}
<CompositeRoleRule Role="Engineer" Policy="Default" D0="RND" L0="1"/>
<SingleRoleRule Role="Code" Policy="Default" CompositeRole="Engineer"/>
<SingleRoleRule Role="Door" Policy="Default" CompositeRole="Engineer" D1="Lyon"/>
{}"#,
        role("Code"),
        role("Door"),
        ad(r#"<TypeRule/><ScalarRule Property="Login" Binding="Number" Expression="ToLower"/>
<NavigationRule Property="Groups" Resource="G1" SingleRole="Code"/>
<NavigationRule Property="Groups" Resource="G2" SingleRole="Door"/>
<NavigationRule Property="Groups" Resource="All"/>"#)
    ));
    expect(
        &world.told(),
        &format!(
            "composite Engineer: PolicyApproved, {YEARS}
            single Code: PolicyApproved, {YEARS}
            AD: PolicyApproved Pending, {YEARS}
              Login e1 / -: PolicyApproved Pending, {YEARS}
              Groups +G1 by Code: PolicyApproved Pending, {YEARS}
              Groups +All: PolicyApproved Pending, {YEARS}"
        ),
    );
    world.data.set("Person", "E1", "Site", "Lyon");
    assert!(world.told().contains("Groups +G2 by Door: PolicyApproved Pending"));
    world.data.set("Person", "E1", "Department", "SALES");
    expect(
        &world.told(),
        &format!(
            "AD: PolicyApproved Pending, {YEARS}
              Login e1 / -: PolicyApproved Pending, {YEARS}
              Groups +All: PolicyApproved Pending, {YEARS}"
        ),
    );
}

#[test]
pub(super) fn the_smallest_priority_decides_and_a_denial_wins_a_tie() {
    let rules = |allow: i32, deny: i32| {
        format!(
            r#"{}<SingleRoleRule Role="R" Policy="Default" D0="LAB" Priority="{allow}"/>
<SingleRoleRule Role="R" Policy="Default" D0="ROOT" L0="1" IsDenied="1" Priority="{deny}"/>"#,
            role("R")
        )
    };
    expect(&ada(&rules(1, 2)).told(), &format!("single R: PolicyApproved, {YEARS}"));
    expect(&ada(&rules(2, 1)).told(), "");
    expect(&ada(&rules(1, 1)).told(), "");
}

#[test]
pub(super) fn what_is_denied_nobody_gives_by_hand() {
    let mut world =
        ada(&format!(r#"{}<SingleRoleRule Role="R" Policy="Default" D1="Paris" IsDenied="1"/>"#, role("R")));
    given(&mut world, "R", WorkflowState::Approved, period("2026-01-01", "2026-12-01"));
    expect(&world.told(), "");
}

const TWO_RECORDS: &str = "//- Person.csv
Number,Name
E1,Ada
//- Record.csv
Key,Person,Start,End,Department
1,E1,2020-01-01,2027-01-01,LAB
2,E1,2026-01-01,2027-01-01,SALES
";

const RECORDS: &str = r#"<ContextRule Identifier="C" DisplayName_L1="C" Policy="Default" SourceEntityType="Person"
  ResourcesBinding="Records" ResourcesStartBinding="Record:Start" ResourcesEndBinding="Record:End"
  B0="Record:Department" B1="Record:Site"/>"#;

#[test]
pub(super) fn a_parametrised_role_has_a_row_for_each_value() {
    let policy = format!(
        r#"{RECORDS}{}<SingleRoleRule Role="Share" Policy="Default"/>{}"#,
        role("Share"),
        ad(r#"<NavigationRule Property="Groups" Resource="G1" SingleRole="Share" D0="LAB"/>
<NavigationRule Property="Groups" Resource="G2" SingleRole="Share" D0="SALES"/>
<NavigationRule Property="Home" Resource="G1" SingleRole="Share" D0="LAB"/>
<NavigationRule Property="Home" Resource="G2" SingleRole="Share" D0="SALES"/>"#)
    );
    // The home is one: that of the context that began first.
    expect(
        &told(&format!("//- conf.xml\n{policy}\n{ORGANISATION}{TWO_RECORDS}")),
        "single Share [D0=LAB]: PolicyApproved, 2020-01-01 to 2027-01-01
        single Share [D0=SALES]: PolicyApproved, 2026-01-01 to 2027-01-01
        AD: GivenByRole Pending, 2020-01-01 to 2027-01-01
          Groups +G1 by Share: PolicyApproved Pending, 2020-01-01 to 2027-01-01
          Groups +G2 by Share: PolicyApproved Pending, 2026-01-01 to 2027-01-01
          Home +G1 by Share: PolicyApproved Pending, 2020-01-01 to 2027-01-01",
    );
}

#[test]
pub(super) fn a_required_parameter_may_be_missing() {
    let mut world = ada(r#"<SingleRole Identifier="R" EntityType="Person" Policy="Default" R1="1"/>
<SingleRoleRule Role="R" Policy="Default" D0="LAB"/>"#);
    world.data.set("Person", "E1", "Site", "");
    given(&mut world, "R", WorkflowState::Requested, period("2026-01-01", "2026-12-01"));
    expect(
        &world.told(),
        "single R: CalculatedMissingParameters, 2020-01-01 to 2027-01-01
        single R: RequestedMissingParameters, 2026-01-01 to 2026-12-01",
    );
    world.data.set("Person", "E1", "Site", "Paris");
    assert!(world.told().starts_with("single R [D1=Paris]: PolicyApproved, 2020-01-01 to 2027-01-01"));
}

#[test]
pub(super) fn suggestions_are_offered_not_given() {
    let policy = format!(
        r#"{}{}<SingleRoleRule Role="A" Policy="Default" D1="Paris" Type="Suggested"/>
<SingleRoleRule Role="B" Policy="Default" D1="Paris" Type="RequestedAutomatically"/>
{}"#,
        role("A"),
        role("B"),
        ad(r#"<TypeRule D0="LAB" Type="Suggested"/><NavigationRule Property="Groups" Resource="G1" SingleRole="A"/>"#)
    );
    let mut world = ada(&policy);
    expect(
        &world.told(),
        &format!("single A: Suggested, {YEARS}\nsingle B: SuggestedAutomatic, {YEARS}\nAD: Suggested None, {YEARS}"),
    );
    world.options.is_new_owner = true;
    assert!(world.told().contains("single B: AutomaticWithValidation"));
    given(&mut world, "A", WorkflowState::Approved, period("2026-01-01", "2026-12-01"));
    let found = world.told();
    assert!(found.contains("single A: Approved, 2026-01-01 to 2026-12-01\n"), "{found}");
    assert!(found.contains("single A: Suggested, 2026-12-01 to 2027-01-01\n"), "{found}");
}

#[test]
pub(super) fn by_hand_comes_before_the_rule_and_ends_with_the_last_context() {
    let mut world = ada(&format!(r#"{}<SingleRoleRule Role="R" Policy="Default" D0="LAB"/>"#, role("R")));
    given(&mut world, "R", WorkflowState::Approved, period("2026-01-01", "2030-01-01"));
    expect(&world.told(), "single R: Approved, 2026-01-01 to 2027-01-01");
    world.now = instant("2025-12-01");
    expect(
        &world.told(),
        "single R: PolicyApproved, 2020-01-01 to 2026-01-01
        single R: Approved, 2026-01-01 to 2027-01-01",
    );
    world.now = instant("2027-01-01");
    expect(&world.told(), "");
}

#[test]
pub(super) fn a_role_denied_by_hand_is_not_given() {
    let mut world = ada(&format!(r#"{}<SingleRoleRule Role="R" Policy="Default" D0="LAB"/>"#, role("R")));
    given(&mut world, "R", WorkflowState::Approved, period("2026-01-01", "2026-12-01"));
    world.existing.single_roles[0].is_denied = true;
    expect(
        &world.told(),
        "single R: Approved denied, 2026-01-01 to 2026-12-01
        single R: PolicyApproved, 2026-12-01 to 2027-01-01",
    );
}

#[test]
pub(super) fn a_role_lost_by_a_change_of_rules_is_prolonged_and_what_follows_from_it_stays() {
    let rest = format!(
        r#"{CONTEXT}<CompositeRole Identifier="C" EntityType="Person" Policy="Default" GracePeriod="1440"/>{}
<SingleRoleRule Role="R" Policy="Default" CompositeRole="C"/>"#,
        role("R")
    );
    let rule = r#"<CompositeRoleRule Role="C" Policy="Default" D0="LAB"/>"#;
    let case = format!("//- conf.xml\n{rest}{rule}\n{ORGANISATION}{ADA}");
    let mut world = World::new(&case);
    expect(&world.told(), &format!("composite C: PolicyApproved, {YEARS}\nsingle R: PolicyApproved, {YEARS}"));
    world.deploy(&rest);
    expect(
        &world.told(),
        "composite C: Prolonged, 2020-01-01 to 2026-06-02\nsingle R: PolicyApproved, 2020-01-01 to 2026-06-02",
    );
    world.now = instant("2026-06-02");
    expect(&world.told(), "");
    // A change of data is no reason to keep anything.
    let mut world = World::new(&case);
    world.told();
    world.data.set("Person", "E1", "Department", "SALES");
    expect(&world.told(), "");
}

/// Roles of one value, of two values, and two that share one.
fn deducible() -> String {
    let roles = ["One", "Two", "Both", "Either"].map(role).join("");
    let rules = ad(r#"<NavigationRule Property="Groups" Resource="G1" SingleRole="One"/>
<NavigationRule Property="Groups" Resource="G2" SingleRole="Both"/>
<NavigationRule Property="Groups" Resource="G2" SingleRole="Either"/>
<NavigationRule Property="Groups" Resource="G3" SingleRole="Both"/>
<NavigationRule Property="Groups" Resource="G3" SingleRole="Two"/>"#);
    format!(
        "{roles}{rules}<ResourceCorrelationRule Policy=\"Default\" ResourceType=\"AD\" SourceBinding=\"Number\" TargetBinding=\"Login\"/>"
    )
}

fn with_groups(groups: &str) -> World {
    let case = format!(
        "//- conf.xml\n{CONTEXT}\n{}\n{ORGANISATION}{ADA}//- Account.csv\nLogin,Groups\ne1,{groups}\n//- correlations\nAD,e1,100",
        deducible()
    );
    World::new(&case)
}

#[test]
pub(super) fn what_a_target_holds_is_expressed_as_roles() {
    // One role alone grants it.
    expect(
        &with_groups("G1").told(),
        "single One: Found, always\nAD = e1: Found None, always\nGroups =G1 by One: Found Verified, always",
    );
    // Several grant it, and nothing tells which: the value itself does not conform.
    expect(&with_groups("G2").told(), "AD = e1: Found None, always\nGroups -G2: Found None, always");
    // A role that needs both values, and both are there.
    expect(
        &with_groups("G2|G3").told(),
        "single Both: Found, always\nAD = e1: Found None, always
        Groups =G2 by Both: Found Verified, always\nGroups =G3 by Both: Found Verified, always",
    );
    // No role grants it.
    expect(&with_groups("All").told(), "AD = e1: Found None, always\nGroups -All: Found None, always");
}

#[test]
pub(super) fn values_that_a_deduced_role_lacks_wait_for_a_review() {
    let case = format!(
        "//- conf.xml\n{CONTEXT}{}{}\n{ORGANISATION}{ADA}//- Account.csv\nLogin,Groups\ne1,G1\n//- correlations\nAD,e1,100",
        role("R"),
        ad(r#"<NavigationRule Property="Groups" Resource="G1" SingleRole="R"/>
<NavigationRule Property="Groups" Resource="G2" SingleRole="R"/>"#)
    );
    let mut world = World::new(&case);
    expect(
        &world.told(),
        "single R: Found, always\nAD = e1: Found None, always
        Groups =G1 by R: Found Verified, always\nGroups +G2 by R: Found AwaitingApproval, always",
    );
    // The reviewer keeps the role: it is approved, and so is what it gives.
    world.existing.single_roles[0].workflow = WorkflowState::Approved;
    expect(
        &world.told(),
        "single R: Approved, always\nAD = e1: GivenByRole Verified, 2020-01-01 to 2027-01-01
        Groups =G1 by R: Approved Verified, 2020-01-01 to 2027-01-01\nGroups +G2 by R: Approved AwaitingApproval, 2020-01-01 to 2027-01-01",
    );
}

#[test]
pub(super) fn a_refused_role_takes_away_what_it_gave() {
    let mut world = with_groups("G1");
    world.told();
    world.existing.single_roles[0].workflow = WorkflowState::Cancellation;
    let found = world.told();
    assert!(found.contains("single One: Cancellation, always"), "{found}");
    assert!(found.contains("Groups -G1 by One: Cancellation Pending"), "{found}");
    world.data.set("Account", "e1", "Groups", "");
    expect(&world.told(), "AD = e1: Found None, always");
}

#[test]
pub(super) fn a_refused_composite_role_takes_away_the_single_roles_that_followed() {
    let mut world = ada(&format!(
        r#"<CompositeRole Identifier="C" EntityType="Person" Policy="Default"/>{}
<SingleRoleRule Role="R" Policy="Default" CompositeRole="C"/>{}
"#,
        role("R"),
        ad(r#"<TypeRule/><NavigationRule Property="Groups" Resource="G1" SingleRole="R"/>"#)
    ));
    world.data.add("Account", "Login,Groups\ne1,G1");
    world.correlations.push(("AD".into(), "e1".into(), 100));
    let role = world.id("CompositeRole", "C");
    let row = AssignedRole { id: 900, role, workflow: WorkflowState::Approved, ..AssignedRole::default() };
    world.existing.composite_roles.push(row);
    assert!(world.told().contains("Groups =G1 by R: PolicyApproved Verified"));
    world.existing.composite_roles[0].workflow = WorkflowState::Declined;
    let found = world.told();
    assert!(found.contains("single R: Cancellation"), "{found}");
    assert!(found.contains("Groups -G1 by R: Cancellation Pending"), "{found}");
}

#[test]
pub(super) fn an_expired_role_is_inactive_until_the_system_has_followed() {
    let mut world = ada(&format!(
        "{}{}",
        role("R"),
        ad(r#"<TypeRule/><NavigationRule Property="Groups" Resource="G1" SingleRole="R"/>"#)
    ));
    world.data.add("Account", "Login,Groups\ne1,G1");
    world.correlations.push(("AD".into(), "e1".into(), 100));
    given(&mut world, "R", WorkflowState::Approved, period("2026-01-01", "2026-07-01"));
    assert!(world.told().contains("Groups =G1 by R: Approved Verified, 2026-01-01 to 2026-07-01"));
    world.now = instant("2026-07-01");
    let found = world.told();
    assert!(found.contains("single R: Inactive, 2026-01-01 to 2026-07-01"), "{found}");
    assert!(found.contains("Groups -G1 by R: Approved Pending, 2026-01-01 to 2026-07-01"), "{found}");
    world.data.set("Account", "e1", "Groups", "");
    assert!(!world.told().contains("single R"));
}

#[test]
pub(super) fn automation_rules_decide_the_closest_first() {
    let mut world = ada(r#"<Category Identifier="K" Policy="Default"/>
<SingleRole Identifier="R" EntityType="Person" Policy="Default" Category="K" ApprovalWorkflowType="2"/>
<SingleRoleAutomationRule SingleRole="R" WorkflowState="PendingApproval1" HoursToWait="24"/>
<CategoryAutomationRule Category="K" EntityType="Person" WorkflowState="PendingApproval1" Decision="Decline"/>
<CategoryAutomationRule Category="K" EntityType="Person" WorkflowState="PendingApproval2" HoursToWait="24" Decision="Decline"/>"#);
    given(&mut world, "R", WorkflowState::Requested, period("2026-01-01", "2026-12-01"));
    // The rule of the role waits for a day; the one of the category is not asked meanwhile.
    assert!(world.told().contains("single R: PendingApproval1"));
    let next = world.step().next_at;
    assert_eq!(next, Some(instant("2026-06-02")));
    world.now = instant("2026-06-02");
    assert!(world.told().contains("single R: PendingApproval2"));
    world.now = instant("2026-06-03");
    assert!(world.told().contains("single R: Declined"));
}

#[test]
pub(super) fn requests_become_what_the_number_of_validations_says() {
    let states = [
        ("0", "Approved"),
        ("1", "PendingApproval,"),
        ("2", "PendingApproval1,"),
        ("3", "PendingApproval1Of3"),
        ("4", "Declined"),
    ];
    for (approvals, state) in states {
        let mut world = ada(&format!(
            r#"<SingleRole Identifier="R" EntityType="Person" Policy="Default" ApprovalWorkflowType="{approvals}" MaxDuration="1440"/>{}"#,
            ad(r#"<NavigationRule Property="Groups" Resource="G1" SingleRole="R"/>"#)
        ));
        given(&mut world, "R", WorkflowState::Requested, period("2026-01-01", "2026-12-01"));
        let found = world.told();
        assert!(found.contains(&format!("single R: {state}")), "{found}");
        // What is approved counts at once, for as long as it may.
        assert_eq!(found.contains("AD: GivenByRole Pending, 2026-01-01 to 2026-06-02"), approvals == "0", "{found}");
    }
}

#[test]
pub(super) fn roles_of_an_external_policy_stay_as_they_are() {
    let mut world = ada(r#"<Policy Identifier="X" DisplayName_L1="X" IsExternal="1"/>
<SingleRole Identifier="R" EntityType="Person" Policy="X"/><SingleRole Identifier="S" EntityType="Person" Policy="X"/>
<SingleRoleRule Role="S" Policy="X" D0="LAB"/>"#);
    given(&mut world, "R", WorkflowState::PolicyApproved, period("2026-01-01", "2026-12-01"));
    expect(&world.told(), "single R: PolicyApproved, 2026-01-01 to 2026-12-01");
}

#[test]
pub(super) fn three_approvals_by_automation() {
    let rules = ["PendingApproval1Of3", "PendingApproval2Of3", "PendingApproval3Of3"]
        .map(|state| format!(r#"<SingleRoleAutomationRule SingleRole="R" WorkflowState="{state}" HoursToWait="24"/>"#));
    let mut world = ada(&format!(
        r#"<SingleRole Identifier="R" EntityType="Person" Policy="Default" ApprovalWorkflowType="3"/>{}"#,
        rules.join("")
    ));
    given(&mut world, "R", WorkflowState::Requested, period("2026-01-01", "2026-12-01"));
    for (day, state) in [
        ("2026-06-01", "PendingApproval1Of3"),
        ("2026-06-02", "PendingApproval2Of3"),
        ("2026-06-03", "PendingApproval3Of3"),
        ("2026-06-04", "Approved"),
    ] {
        world.now = instant(day);
        let found = world.told();
        assert!(found.contains(&format!("single R: {state}, ")), "{day}: {found}");
    }
}

#[test]
pub(super) fn what_a_rule_also_gives_is_tagged_and_gives_way_when_that_is_applied() {
    use crate::policy::Redundancy;
    let mut world = ada(&format!(r#"{}<SingleRoleRule Role="R" Policy="Default" D0="LAB"/>"#, role("R")));
    world.data.set("Person", "E1", "Start", "2026-03-01");
    world.data.set("Person", "E1", "End", "2026-09-01");
    world.now = instant("2026-03-15");
    given(&mut world, "R", WorkflowState::Approved, period("2026-02-01", "2026-08-01"));
    world.options.redundancy = Redundancy::Analyze;
    world.told();
    assert!(world.existing.single_roles.iter().any(|row| row.is_redundant));
    // Where the rule begins and ends inside, the manual parts before and after it stay.
    world.options.redundancy = Redundancy::Apply;
    expect(&world.told(), "single R: PolicyApproved, 2026-03-01 to 2026-09-01");
    assert!(!world.existing.single_roles.iter().any(|row| row.is_redundant));
}
