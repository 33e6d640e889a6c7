//! Bad input of the policy, through the real binary: each has a clear outcome, and says what is wrong.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use support::world::World;
use support::{Home, Kind};

on_both_databases!(
    what_leads_back_to_itself_or_does_not_exist_is_refused,
    what_goes_wrong_for_some_concerns_them_alone,
    a_key_that_ten_thousand_accounts_share_gives_one_of_them,
);

const AT: [&str; 2] = ["--at", "2026-06-01"];

fn deploys(home: &Home, elements: &str) -> (bool, String) {
    home.write(
        "Conf/Bad.xml",
        format!(
            "<ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\">\n{elements}\n</ConfigurationFile>"
        ),
    );
    let done = home.run(&["deploy-configuration", "-d", home.file("Conf").to_str().unwrap()]);
    (done.status.success(), String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr))
}

#[track_caller]
fn refused(home: &Home, elements: &str, message: &str) {
    let (is_deployed, text) = deploys(home, elements);
    assert!(!is_deployed && text.contains(message), "{message}\n{text}");
}

fn what_leads_back_to_itself_or_does_not_exist_is_refused(kind: Kind) {
    let world = World::of(kind, &[], &[("people", "P1", "Ada,,P1")]);
    let home = &world.home;
    let role = |name: &str| {
        format!(r#"<CompositeRole Identifier="{name}" DisplayName_L1="x" EntityType="W_Person" Policy="Default"/>"#)
    };
    let cycle = format!(
        r#"{}{}<CompositeRoleRule Role="A" ParentRole="B" Policy="Default"/><CompositeRoleRule Role="B" ParentRole="A" Policy="Default"/>"#,
        role("A"),
        role("B")
    );
    refused(home, &cycle, "a composite role leads back to itself: \"A\" → \"B\" → \"A\"");
    let parents = r#"<Category Identifier="X" DisplayName_L1="X" Policy="Default" Parent="Y"/><Category Identifier="Y" DisplayName_L1="Y" Policy="Default" Parent="X"/>"#;
    refused(home, parents, "a category leads back to itself");
    let rule = |rule: &str| {
        format!(
            r#"<ResourceType Identifier="AD" DisplayName_L1="AD" Policy="Default" SourceEntityType="W_Person" TargetEntityType="W_Account">{rule}</ResourceType>"#
        )
    };
    refused(
        home,
        &rule(r#"<ScalarRule Property="Mial" Binding="Mail"/>"#),
        "entity type \"W_Account\" has no property \"Mial\"",
    );
    refused(
        home,
        &rule(r#"<ScalarRule Property="Mail" Binding="Mial"/>"#),
        "entity type \"W_Person\" has no property \"Mial\"",
    );
    refused(home, &rule(r#"<ScalarRule Property="Mail" Expression="C#:p: return p.Mial;"/>"#), "Mial");
    // Computed properties that need each other.
    let computed = r#"<EntityPropertyExpression Identifier="N" EntityType="W_Person" Property="Name" Expression="C#:p: return p.Mail;"/>
<EntityPropertyExpression Identifier="M" EntityType="W_Person" Property="Mail" Expression="C#:p: return p.Name;"/>"#;
    let (_, deployed) = deploys(home, computed);
    let done = home.run(&["update-entity-property-expressions", "--all-entitytype"]);
    let told = deployed + &String::from_utf8_lossy(&done.stdout) + &String::from_utf8_lossy(&done.stderr);
    assert!(told.contains("W_Person:Mail") && told.contains("W_Person:Name"), "{told}");
}

fn what_goes_wrong_for_some_concerns_them_alone(kind: Kind) {
    let rules = [
        r#"<SingleRoleRule Role="Code" Policy="Default" D0="LAB"/>"#,
        r#"<SingleRoleRule Role="Code" Policy="Default" D0="LAB" IsDenied="1"/>"#,
        r#"<SingleRoleRule Role="Door" Policy="Default" D0="LAB"/>"#,
        "AD <TypeRule/>",
        r#"AD <ScalarRule Property="Title" Expression="C#:p: return p.Name.Substring(3);"/>"#,
        r#"AD <ScalarRule Property="Mail" Binding="Manager.Manager.Mail"/>"#,
    ];
    let rows = [
        ("departments", "LAB", "LAB,"),
        // Her own manager; a name that is too short; a contract that ends before it begins.
        ("people", "P1", "Adam,1@x,P1"),
        ("people", "P2", "Al,2@x,P1"),
        ("people", "P3", "Eves,3@x,P2"),
        ("contracts", "C1", "2026-01-01,2027-01-01,P1,LAB,"),
        ("contracts", "C2", "2026-01-01,2027-01-01,P2,LAB,"),
        ("contracts", "C3", "2026-05-01,2026-02-01,P3,LAB,"),
    ];
    let world = World::of(kind, &rules, &rows);
    let home = &world.home;
    let done = home.run(&["compute-role-model", AT[0], AT[1]]);
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert_eq!(done.status.code(), Some(4), "{text}");
    assert!(text.contains("denies the same with the same priority, and a denial wins"), "{text}");
    assert!(text.contains("ends before it begins, so it gives no context"), "{text}");
    let shown =
        |owner: &str| home.ok(&["assignment", "show", "--owner", &format!("W_Person:{owner}"), "--format", "json"]);
    let (first, second, third) = (shown("P1"), shown("P2"), shown("P3"));
    assert!(first.contains("Door") && !first.contains("Code") && first.contains("1@x"), "{first}");
    // The state Error and its reason, for this value of this person alone; the rest is there.
    assert!(second.contains("\"Error\"") && second.contains("no part of"), "{second}");
    assert!(second.contains("1@x") && !first.contains("\"Error\""), "{second}");
    assert!(!third.contains("Door"), "{third}");
    let errors = home.database.number("SELECT COUNT(*) FROM UP_AssignedResourceScalars WHERE ProvisioningState = 7");
    assert_eq!(errors, 1);
}

fn a_key_that_ten_thousand_accounts_share_gives_one_of_them(kind: Kind) {
    let rules = [
        "AD <TypeRule/>",
        r#"<ResourceCorrelationRule Policy="Default" ResourceType="AD" SourceBinding="Name" TargetBinding="Title" SourceMatchedConfidenceLevel="100"/>"#,
    ];
    let accounts: Vec<String> = (0..10_000).map(|nth| format!("A{nth:05}")).collect();
    let mut rows = vec![
        ("departments", "LAB", "LAB,"),
        ("people", "P1", "Ada,,"),
        ("contracts", "C1", "2026-01-01,2027-01-01,P1,LAB,"),
    ];
    rows.extend(accounts.iter().map(|login| ("accounts", login.as_str(), ",Ada,,")));
    let world = World::of(kind, &rules, &rows);
    let done = world.home.run(&["compute-role-model", AT[0], AT[1]]);
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(text.contains("1 owners and 10000 targets: so many targets share this key"), "{text}");
    let found = world
        .home
        .database
        .rows("SELECT r.C4 FROM UP_AssignedResourceTypes t JOIN UR_Resources r ON r.Id = t.Resource_Id");
    assert_eq!(found, [[Some("A00000".to_owned())]]);
}
