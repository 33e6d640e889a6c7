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
