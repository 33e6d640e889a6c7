//! Bad input has a clear outcome.

use super::*;

fn problems(conf: &str) -> String {
    let case = format!("//- conf.xml\n{CONTEXT}\n{conf}\n{ORGANISATION}{ADA}");
    match World::try_new(&case) {
        Ok(world) => world.engine.warnings().iter().map(|problem| format!("{problem}\n")).collect(),
        Err(problems) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
    }
}

#[test]
fn composite_roles_that_contain_each_other_are_refused() {
    let found = problems(
        r#"<CompositeRole Identifier="A" EntityType="Person" Policy="Default"/><CompositeRole Identifier="B" EntityType="Person" Policy="Default"/>
<CompositeRoleRule Role="A" Policy="Default" ParentRole="B"/><CompositeRoleRule Role="B" Policy="Default" ParentRole="A"/>"#,
    );
    assert!(found.contains("composite roles contain each other: B → A"), "{found}");
    let found = problems(
        r#"<CompositeRole Identifier="A" EntityType="Person" Policy="Default"/><CompositeRoleRule Role="A" Policy="Default" ParentRole="A"/>"#,
    );
    assert!(found.contains("composite roles contain each other: A"), "{found}");
}

#[test]
fn names_that_do_not_exist_are_refused_and_values_that_are_not_there_give_nothing() {
    let rules = [
        (r#"<SingleRoleRule Role="R" Policy="Default" CompositeRole="X"/>"#, "there is no composite role X"),
        (r#"<SingleRoleRule Role="X" Policy="Default"/>"#, "there is no role X"),
        (r#"<SingleRoleRule Role="R" Policy="X"/>"#, "there is no policy X"),
        (r#"<SingleRoleRule Role="R" Policy="Default" D7="x"/>"#, "no dimension has the column 7"),
        (&ad(r#"<ScalarRule Property="X" Binding="Number"/>"#), "Account has no property X"),
        (&ad(r#"<ScalarRule Property="Mail" Binding="X"/>"#), "Person has no property X"),
        (&ad(r#"<TypeRule SingleRole="X"/>"#), "there is no single role X"),
    ];
    for (rule, message) in rules {
        let found = problems(&format!("{}{rule}", role("R")));
        assert!(found.contains(message), "{rule}: {found}");
    }
    let conf = format!(r#"{}<SingleRoleRule Role="R" Policy="Default" D0="NONE"/>"#, role("R"));
    assert!(problems(&conf).contains("there is no Department with the key \"NONE\", so it gives nothing"));
    expect(&ada(&conf).told(), "");
}

#[test]
fn contradictions_are_told_and_a_denial_wins() {
    let conf = format!(
        r#"{}<SingleRoleRule Role="R" Policy="Default" D0="LAB"/><SingleRoleRule Role="R" Policy="Default" D0="LAB" IsDenied="1"/>"#,
        role("R")
    );
    assert!(problems(&conf).contains("denies the same with the same priority, and a denial wins"));
    expect(&ada(&conf).told(), "");
}

#[test]
pub(super) fn a_rule_that_throws_is_an_error_of_its_value_alone() {
    let mut world =
        ada(&ad(r#"<TypeRule/><ScalarRule Property="Mail" Expression="C#:p: return p.Mail.Substring(3);"/>
<ScalarRule Property="Login" Binding="Number"/>"#));
    world.data.set("Person", "E1", "Mail", "ab");
    let found = world.told();
    assert!(found.contains("Mail - / -: PolicyApproved Error, 2020-01-01 to 2027-01-01: "), "{found}");
    assert!(found.contains("Login E1 / -: PolicyApproved Pending"), "{found}");
    world.data.set("Person", "E1", "Mail", "abcde");
    assert!(world.told().contains("Mail de / -: PolicyApproved Pending"));
}

#[test]
fn dates_out_of_order_give_no_context() {
    let mut world = ada(&format!(r#"{}<SingleRoleRule Role="R" Policy="Default"/>"#, role("R")));
    world.data.set("Person", "E1", "End", "2019-01-01");
    let found = world.told();
    assert!(found.starts_with("problem: resource ") && found.contains("ends before it begins"), "{found}");
}

#[test]
fn who_manages_herself_and_a_department_above_itself_are_no_danger() {
    let mut world = ada(&format!(
        r#"{}<SingleRoleRule Role="R" Policy="Default" D0="ROOT" L0="1"/>{}"#,
        role("R"),
        ad(r#"<TypeRule/><ScalarRule Property="Mail" Binding="Manager.Manager.Number"/>"#)
    ));
    world.data.set("Person", "E1", "Manager", "E1");
    assert!(world.told().contains("Mail E1 / -"));
    let case = format!(
        "//- conf.xml\n{CONTEXT}{}<SingleRoleRule Role=\"R\" Policy=\"Default\" D0=\"A\" L0=\"1\"/>\n//- Department.csv\nCode,Parent\nA,B\nB,A\n//- Person.csv\nNumber,Department\nE1,B\n",
        role("R")
    );
    expect(&told(&case), "single R: PolicyApproved, always");
}

#[test]
fn a_failing_context_changes_nothing_and_says_why() {
    let mut world = ada(&format!(r#"{}<SingleRoleRule Role="R" Policy="Default"/>"#, role("R")));
    world.told();
    world.data.set("Person", "E1", "Start", "soon");
    let outcome = world.step();
    assert_eq!(outcome.assignments.single_roles.len(), 1);
    assert_eq!(outcome.problems, ["\"soon\" is no date"]);
}

#[test]
fn two_contexts_with_different_values_give_one_link_by_the_earliest_start_and_both_roles() {
    let conf = format!(
        r#"<ContextRule Identifier="C" DisplayName_L1="C" Policy="Default" SourceEntityType="Person" ResourcesBinding="Records"
  ResourcesStartBinding="Record:Start" ResourcesEndBinding="Record:End" B0="Record:Department" B1="Record:Site"/>{}
<SingleRoleRule Role="R" Policy="Default"/>{}"#,
        role("R"),
        ad(r#"<NavigationRule Property="Home" Resource="G1" SingleRole="R" D0="LAB"/>
<NavigationRule Property="Home" Resource="G2" SingleRole="R" D0="SALES"/>"#)
    );
    let records = "//- Record.csv\nKey,Person,Start,End,Department\n1,E1,2026-02-01,2027-01-01,LAB\n2,E1,2026-01-01,2026-09-01,SALES\n";
    expect(
        &told(&format!("//- conf.xml\n{conf}\n{ORGANISATION}{ADA}{records}")),
        "single R [D0=SALES]: PolicyApproved, 2026-01-01 to 2026-09-01
        single R [D0=LAB]: PolicyApproved, 2026-02-01 to 2027-01-01
        AD: GivenByRole Pending, 2026-01-01 to 2027-01-01
          Home +G1 by R: PolicyApproved Pending, 2026-09-01 to 2027-01-01
          Home +G2 by R: PolicyApproved Pending, 2026-01-01 to 2026-09-01",
    );
}

/// Whoever is evaluated costs what it reads, not what stands beside it.
#[test]
fn a_million_identities_under_one_node_cost_no_more_than_one() {
    let world = ada(&format!(
        r#"{}<SingleRoleRule Role="R" Policy="Default" D0="ROOT" L0="1"/>{}"#,
        role("R"),
        ad(r#"<NavigationRule Property="Groups" Resource="G1" SingleRole="R"/>"#)
    ));
    let mut population = world.data.population(&world.metadata);
    let at = |entity_type: &str, property: &str| world.metadata.find(entity_type, property).unwrap();
    let ((person, department), (node, people)) = (at("Person", "Department"), at("Department", "People"));
    let lab = population.find(node, world.data_id("LAB")).unwrap();
    let everybody: Vec<_> = (0..1_000_000)
        .map(|nth| {
            let (one, _) = population.add(person, provost_model::ResourceId(1_000 + nth));
            population.set_links(one, department, &[lab]);
            one
        })
        .collect();
    population.set_links(lab, people, &everybody);
    let (inputs, options) = (crate::policy::Inputs::default(), crate::policy::EvaluationOptions::default());
    let mut scratch = crate::policy::Scratch::default();
    let begin = std::time::Instant::now();
    for one in everybody.iter().step_by(1_000) {
        let outcome = world.engine.evaluate(*one, &population, &inputs, world.now, &options, &mut scratch);
        assert_eq!(outcome.assignments.single_roles.len(), 1);
    }
    assert!(begin.elapsed().as_secs() < 10, "a thousand of them took {:?}", begin.elapsed());
}
