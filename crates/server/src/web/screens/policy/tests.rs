//! The screens of the policy for the cast: nobody, reader, help desk, role officer, auditor, administrator.

use crate::metadata;
use crate::web::access::tests::world::{Answer, World, clock};
use provost_model::changes::Command;
use provost_model::policy::{
    AssignedResourceType, AssignedRole, AssignedValue, Assignments, ProvisioningState, WorkflowState,
};
use provost_model::{ResourceId, Slot};
use provost_store::{ApplyPlan, AssignmentChange, ResourceChangeRow};

const PAGE: (&str, &str) = ("accept", "text/html");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const HERE: (&str, &str) = ("sec-fetch-site", "same-origin");
const HOSTILE: &str = "<script>alert(1)</script>";

const CONFIGURATION: &str = r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <Language Code="en-US" IndicatorNumber="1" />
  <Agent Identifier="Local" DisplayName_L1="The agent" />
  <Connector Identifier="HR" DisplayName_L1="Personnel" Agent="Local" />
  <Profile Identifier="Nobody" DisplayName_L1="Nobody" />
  <Profile Identifier="Reader" DisplayName_L1="Reader" />
  <Profile Identifier="Helpdesk" DisplayName_L1="Help desk" />
  <Profile Identifier="Officer" DisplayName_L1="Role officer" />
  <Profile Identifier="Auditor" DisplayName_L1="Auditor" />
  <AccessControlRule Identifier="Reader" DisplayName_L1="R" EntityType="Person" Profile="Reader">
    <Entry Permission="/Custom/Resources/Person/Query" CanExecute="true" />
    <Entry Permission="/Custom/Resources/Person/View" CanExecute="true" />
  </AccessControlRule>
  <AccessControlRule Identifier="Helpdesk" DisplayName_L1="H" EntityType="Person" Profile="Helpdesk">
    <Entry Permission="/Custom/Resources/Person" CanExecute="true" />
    <Filter Binding="Number" Operator="NotEquals" Value="P3" />
  </AccessControlRule>
  <AccessControlRule Identifier="HelpdeskAccounts" DisplayName_L1="H" EntityType="Account" Profile="Helpdesk">
    <Entry Permission="/Custom/Resources/Account" CanExecute="true" />
  </AccessControlRule>
  <AccessControlRule Identifier="HelpdeskReview" DisplayName_L1="H" EntityType="AssignedResourceType" Profile="Helpdesk">
    <Entry Permission="/Custom/ProvisioningPolicy/ReviewProvisioning/Person" CanExecute="true" />
  </AccessControlRule>
  <AccessControlRule Identifier="Officer" DisplayName_L1="O" EntityType="Person" Profile="Officer">
    <Entry Permission="/Custom/ProvisioningPolicy/ReconciliateRoles/Person" />
    <Entry Permission="/Custom/ProvisioningPolicy/BulkRoleReconciliation/Person" />
  </AccessControlRule>
  <AccessControlRule Identifier="OfficerRoles" DisplayName_L1="O" EntityType="AssignedSingleRole" Profile="Officer">
    <Entry Permission="/Custom/ProvisioningPolicy/ReconciliateRoles/Person" CanExecute="true" />
    <Entry Permission="/Custom/ProvisioningPolicy/BulkRoleReconciliation/Person" CanExecute="true" />
    <Filter Binding="Role.Category.Id" Value="Sensitive" />
  </AccessControlRule>
  <AccessControlRule Identifier="Auditor" DisplayName_L1="A" EntityType="Person" Profile="Auditor">
    <Entry Permission="/Custom/Resources/Person/View" CanExecute="true" />
    <Entry Permission="/Custom/Resources/Person/ViewOwnedResources" CanExecute="true" />
    <Entry Permission="/ProvisioningPolicy/SingleRole/Query" CanExecute="true" />
    <Entry Permission="/ProvisioningPolicy/ResourceScalarRule/Query" CanExecute="true" />
  </AccessControlRule>
  <EntityType Identifier="Person" DisplayName_L1="Person">
    <Property Identifier="Number" DisplayName_L1="Number" Type="String" IsKey="true" TargetColumnIndex="4" />
    <Property Identifier="Name" DisplayName_L1="Name" Type="String" TargetColumnIndex="5" />
  </EntityType>
  <EntityType Identifier="Account" DisplayName_L1="Account">
    <Property Identifier="dn" DisplayName_L1="dn" Type="String" IsKey="true" TargetColumnIndex="4" />
    <Property Identifier="mail" DisplayName_L1="Mail address" Type="String" TargetColumnIndex="5" />
  </EntityType>
  <Policy Identifier="Default" DisplayName_L1="Default" IsProvisioningEnabled="true" />
  <Category Identifier="Sensitive" DisplayName_L1="Sensitive roles" Policy="Default" />
  <Category Identifier="Plain" DisplayName_L1="Plain roles" Policy="Default" />
  <SingleRole Identifier="Boss" DisplayName_L1="The boss" EntityType="Person" Policy="Default" Category="Sensitive"
    CommentActivationOnKeepGapInReconciliation="Optional" />
  <SingleRole Identifier="Clerk" DisplayName_L1="A clerk" EntityType="Person" Policy="Default" Category="Plain" />
  <ResourceType Identifier="AD_User" DisplayName_L1="Directory account" Policy="Default" SourceEntityType="Person"
    TargetEntityType="Account">
    <ScalarRule Property="mail" Binding="Person:Name" />
  </ResourceType>
</ConfigurationFile>"#;

const CAST: [&str; 6] = ["nobody", "reader", "helpdesk", "officer", "auditor", "administrator"];

/// Persons 1 to 3, named Ada, a hostile name, and Cyd; accounts 1001 to 1003. Each has an account with a mail address
/// that waits, and a role that no rule gives: the first two the boss's, the third a clerk's.
fn world() -> World {
    let world = World::new();
    world.deploy(CONFIGURATION);
    for login in CAST {
        let profile = match login {
            "administrator" => "/".to_owned(),
            login => login[..1].to_uppercase() + &login[1..],
        };
        world.account(login, &profile, false);
    }
    fill(&world);
    world
}

fn fill(world: &World) {
    let now = clock();
    let filled = world.app.store().write("tester", "test", |tx| -> Result<(), crate::ServerError> {
        let metadata = metadata::load(tx)?;
        let slots: Vec<Slot> = (4..6).filter_map(Slot::new).collect();
        let run = tx.new_run("HR", now)?;
        for (kind, first, key) in [("Person", 0, "P"), ("Account", 1000, "CN=")] {
            let entity_type = metadata.entity_type(kind).unwrap().id;
            for (n, name) in ["Ada", HOSTILE, "Cyd"].iter().enumerate() {
                let id = n as i64 + 1;
                let key = format!("{key}{id}");
                tx.resource_changes(run, entity_type, &slots)?.push(ResourceChangeRow {
                    command: Command::Insert,
                    id: ResourceId(first + id),
                    key: &key,
                    line: 1,
                    precision: 0,
                    fingerprint: first + id,
                    display_name: Some(name),
                    values: &[Some(key.as_str()), Some(*name)],
                    changed: 2,
                })?;
            }
        }
        let types = metadata.entity_types.iter().map(|t| (t.id, slots.clone())).collect();
        tx.apply_changes(run, &ApplyPlan { types, now_micros: now, ..ApplyPlan::default() })?;
        let catalog = tx.policy_catalog()?;
        let mail = metadata.entity_type("Account").unwrap().property("mail").unwrap().id;
        for (id, role) in [(1, "Boss"), (2, "Boss"), (3, "Clerk")] {
            let owner = ResourceId(id);
            let mut after = Assignments {
                single_roles: vec![AssignedRole {
                    owner,
                    role: catalog.id("SingleRole", role).unwrap(),
                    workflow: WorkflowState::Found,
                    ..AssignedRole::default()
                }],
                resource_types: vec![AssignedResourceType {
                    owner,
                    resource_type: catalog.id("ResourceType", "AD_User").unwrap(),
                    target: Some(ResourceId(1000 + id)),
                    confidence: 100,
                    workflow: WorkflowState::PolicyApproved,
                    provisioning: ProvisioningState::Verified,
                    scalars: vec![AssignedValue {
                        property: mail,
                        policy_value: Some(format!("new{id}@x")),
                        current_value: Some(HOSTILE.to_owned()),
                        workflow: WorkflowState::PolicyApproved,
                        provisioning: ProvisioningState::AwaitingApproval,
                        ..AssignedValue::default()
                    }],
                    ..AssignedResourceType::default()
                }],
                ..Assignments::default()
            };
            let before = Assignments::default();
            tx.write_assignments(&mut [AssignmentChange { owner, before: &before, after: &mut after }], now, false)?;
        }
        Ok(())
    });
    filled.unwrap();
}

async fn get(world: &World, login: &str, path: &str) -> Answer {
    let cookie = world.session(login).await;
    world.get(path, &[PAGE, ("cookie", &cookie)]).await
}

async fn post(world: &World, login: &str, path: &str, body: &str) -> Answer {
    let cookie = world.session(login).await;
    world.send("POST", path, &[PAGE, FORM, HERE, ("cookie", &cookie)], body).await
}

/// Value of a field of a page.
fn value(page: &str, start: &str) -> String {
    let at = page.find(start).unwrap_or_else(|| panic!("{start} is not in {page}"));
    let rest = &page[at..];
    let rest = rest.split("value=\"").nth(1).unwrap();
    rest.split('"').next().unwrap().replace('~', "%7E")
}

fn owned(world: &World, id: i64) -> Assignments {
    world.app.store().read(|tx| tx.assignments(&[ResourceId(id)])).unwrap().remove(0)
}

#[tokio::test]
async fn each_screen_is_open_to_those_of_the_cast_who_may() {
    let world = world();
    let allowed: [(&str, [u16; 6]); 13] = [
        ("/", [200, 200, 200, 200, 200, 200]),
        ("/reviews", [200, 200, 200, 200, 200, 200]),
        ("/resources/Person/1", [403, 200, 200, 403, 200, 200]),
        ("/resources/Person/1/permissions", [403, 403, 200, 403, 200, 200]),
        ("/resources/Person/1/permissions/single-role/1", [403, 403, 200, 403, 200, 200]),
        ("/resources/Person/3/permissions", [403, 403, 404, 403, 200, 200]),
        ("/reviews/provisioning/Person", [403, 403, 200, 403, 403, 200]),
        ("/reviews/provisioning/Person/bulk", [403, 403, 403, 403, 403, 200]),
        ("/reviews/role-reconciliation/Person", [403, 403, 403, 200, 403, 200]),
        ("/reviews/role-reconciliation/Person/bulk", [403, 403, 403, 200, 403, 200]),
        ("/reviews/manual/Person", [403, 403, 403, 403, 403, 200]),
        ("/policy/SingleRole", [403, 403, 403, 403, 200, 200]),
        ("/policy/ResourceType", [403, 403, 403, 403, 403, 200]),
    ];
    for (path, expected) in allowed {
        for (login, expected) in CAST.iter().zip(expected) {
            let answer = get(&world, login, path).await;
            assert_eq!(answer.status.as_u16(), expected, "{path} as {login}");
            assert!(!answer.text.contains("<script>alert"), "{path} as {login}");
        }
    }
}

#[tokio::test]
async fn permissions_tell_what_somebody_has_and_where_it_comes_from() {
    let world = world();
    let simple = get(&world, "helpdesk", "/resources/Person/1/permissions").await.text;
    for shown in
        ["Sensitive roles", "The boss", "Non-conforming", "Directory account", "href=\"/resources/Account/1001\""]
    {
        assert!(simple.contains(shown), "{shown}: {simple}");
    }
    assert!(!simple.contains("Mail address"));
    let advanced = get(&world, "helpdesk", "/resources/Person/1/permissions?view=advanced").await.text;
    assert!(advanced.contains("Mail address") && advanced.contains("new1@x") && advanced.contains("Awaiting approval"));
    // The auditor may not look at accounts: they have a number, and lead nowhere.
    let audited = get(&world, "auditor", "/resources/Person/1/permissions").await.text;
    assert!(audited.contains("#1001") && !audited.contains("/resources/Account/1001"), "{audited}");
    let value = owned(&world, 1).resource_types[0].scalars[0].id;
    let details = get(&world, "administrator", &format!("/resources/Person/1/permissions/scalar/{value}")).await.text;
    assert!(details.contains("A rule gives it.") && details.contains("new1@x"), "{details}");
    assert_eq!(get(&world, "administrator", "/resources/Person/1/permissions/scalar/999").await.status, 404);
    // From the account back to its owner.
    let account = get(&world, "helpdesk", "/resources/Account/1001").await.text;
    assert!(account.contains("href=\"/resources/Person/1\""), "{account}");
}

#[tokio::test]
async fn a_reviewer_decides_about_those_that_are_open_and_no_others() {
    let world = world();
    let path = "/reviews/provisioning/Person";
    let page = get(&world, "helpdesk", path).await.text;
    assert!(page.contains("Ada") && page.contains("new1@x") && !page.contains("Cyd"), "{page}");
    let (one, three) = (owned(&world, 1), owned(&world, 3));
    let of = |all: &Assignments| format!("scalar.{}", all.resource_types[0].scalars[0].id);
    let chosen = value(&page, &format!("name=\"{}\"", of(&one)));
    assert!(chosen.starts_with("approve%7E"), "{chosen}");
    // A decision about somebody who is not shown is refused, whatever it names.
    let body = format!("owner=3&comment=&{}={chosen}", of(&three));
    let answer = post(&world, "helpdesk", path, &body).await;
    assert!(answer.status == 200 && answer.text.contains("It does not wait here any more"), "{}", answer.text);
    assert_eq!(owned(&world, 3), three);
    // So is a verdict that does not fit, and another version than the one that was shown.
    let wrong = chosen.replace("approve", "keep");
    let answer = post(&world, "helpdesk", path, &format!("owner=1&{}={wrong}", of(&one))).await;
    assert!(answer.text.contains("It does not wait here any more"));
    let answer = post(&world, "helpdesk", path, &format!("owner=1&{}=approve%7E0000", of(&one))).await;
    assert!(answer.text.contains("it has changed since it was looked at"), "{}", answer.text);
    assert_eq!(owned(&world, 1), one);
    let answer = post(&world, "helpdesk", path, &format!("owner=1&{}={chosen}", of(&one))).await;
    assert_eq!(
        (answer.status.as_u16(), answer.headers["location"].to_str().unwrap()),
        (303, &*format!("{path}?done=decided"))
    );
    assert_eq!(owned(&world, 1).resource_types[0].scalars[0].provisioning, ProvisioningState::Pending);
    let made = world.app.store().read(|tx| tx.decisions(ResourceId(1))).unwrap();
    assert_eq!((made[0].actor.as_str(), made[0].verdict.as_str()), ("person helpdesk", "approve"));
    // It is gone from the list.
    assert!(!get(&world, "helpdesk", path).await.text.contains("new1@x"));
}

#[tokio::test]
async fn an_officer_reconciles_the_roles_of_a_category() {
    let world = world();
    let path = "/reviews/role-reconciliation/Person";
    let page = get(&world, "officer", path).await.text;
    assert!(page.contains("The boss") && !page.contains("A clerk"), "{page}");
    let clerk = owned(&world, 3).single_roles[0].id;
    let boss = owned(&world, 1).single_roles[0].id;
    let chosen = value(&page, &format!("name=\"single-role.{boss}\""));
    let answer = post(&world, "officer", path, &format!("owner=3&single-role.{clerk}={chosen}")).await;
    assert!(answer.text.contains("It does not wait here any more"), "{}", answer.text);

    // Many at once: first what it will do.
    let bulk = format!("{path}/bulk");
    let page = get(&world, "officer", &bulk).await.text;
    assert!(page.contains("This concerns 2 items of 2 people."), "{page}");
    let digest = value(&page, "name=\"digest\"");
    let other = "0".repeat(32);
    let answer = post(&world, "officer", &bulk, &format!("digest={other}")).await;
    assert_eq!(answer.headers["location"].to_str().unwrap(), format!("{bulk}?refused=1"));
    // The digest belongs to the verdict that was shown.
    let answer = post(&world, "officer", &format!("{bulk}?verdict=delete"), &format!("digest={digest}")).await;
    assert_eq!(answer.headers["location"].to_str().unwrap(), format!("{bulk}?verdict=delete&refused=1"));
    let answer = post(&world, "officer", &bulk, &format!("digest={digest}&comment=checked")).await;
    assert_eq!(answer.headers["location"].to_str().unwrap(), format!("{path}?done=decided"));
    let states: Vec<WorkflowState> = (1..=3).map(|id| owned(&world, id).single_roles[0].workflow).collect();
    assert_eq!(states, [WorkflowState::Approved, WorkflowState::Approved, WorkflowState::Found]);
}

#[tokio::test]
async fn tasks_are_counted_for_whoever_asks() {
    let world = world();
    let count = |page: &str, title: &str| {
        let at = page.find(title).map(|at| &page[at..]);
        at.and_then(|rest| rest.split("class=\"count\">").nth(1)?.split('<').next()).map(str::to_owned)
    };
    let home = get(&world, "helpdesk", "/").await.text;
    assert_eq!(count(&home, "Provisioning review").as_deref(), Some("2"));
    let home = get(&world, "administrator", "/reviews").await.text;
    assert_eq!(count(&home, "Provisioning review").as_deref(), Some("3"));
    assert_eq!(count(&home, "Role reconciliation").as_deref(), Some("3"));
    let home = get(&world, "reader", "/reviews").await.text;
    assert!(home.contains("Nothing is yours to decide"), "{home}");
}

#[tokio::test]
async fn the_catalogue_says_where_everything_stands() {
    let world = world();
    let list = get(&world, "auditor", "/policy/SingleRole").await.text;
    assert!(
        list.contains("The boss") && list.contains("conf.xml:") && !list.contains("/policy/ResourceType\""),
        "{list}"
    );
    let found = get(&world, "auditor", "/policy/SingleRole?q=clerk").await.text;
    assert!(found.contains("A clerk") && !found.contains("The boss"));
    let rules = get(&world, "auditor", "/policy/ResourceScalarRule").await.text;
    assert!(rules.contains("Directory account · mail") && rules.contains(">Name</span>"), "{rules}");
    let address = rules.split("data-href=\"").nth(1).unwrap().split('"').next().unwrap();
    let rule = get(&world, "auditor", address).await.text;
    assert!(rule.contains("&lt;ScalarRule") || rule.contains("&#60;ScalarRule"), "{rule}");
    // The same number under another name is not there.
    let other = address.replace("ResourceScalarRule", "SingleRole");
    assert_eq!(get(&world, "auditor", &other).await.status, 404);
}
