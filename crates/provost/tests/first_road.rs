//! One small company on its way through the real executable: first load, a change, a block with its approval, and what
//! people see of it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod support;

use provost_model::summary::State;
use serde_json::Value;
use support::{Home, Kind};

const CONFIGURATION: &str = r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <Agent Identifier="Local" DisplayName_L1="Local" />
  <Connector Identifier="HR" DisplayName_L1="Human resources" Agent="Local" MaximumUpdatedLines="1"
             MaxPercentageUpdatedLines="0" MaxLinkPercentageInsertedLines="0" MaxLinkPercentageDeletedLines="0" />
  <Connection Identifier="Persons" DisplayName_L1="Persons" Connector="HR" Package="Usercube.CSV@0000001" />
  <EntityType Identifier="HR_Person" DisplayName_L1="Person">
    <Property Identifier="Code" DisplayName_L1="Code" Type="String" IsKey="true" TargetColumnIndex="4" />
    <Property Identifier="Name" DisplayName_L1="Name" Type="String" TargetColumnIndex="5" />
    <Property Identifier="Manager" DisplayName_L1="Manager" Type="ForeignKey" TargetColumnIndex="128" />
    <Property Identifier="Team" DisplayName_L1="Team" Type="ForeignKey" />
  </EntityType>
  <EntityAssociation Identifier="HR_Person_Manager" DisplayName_L1="Manager" Property1="HR_Person:Team"
                     IsProperty1Collection="true" Property2="HR_Person:Manager" />
  <EntityTypeMapping Identifier="HR_Person" Connector="HR" ConnectionTable="Persons">
    <Property Identifier="Code" ConnectionColumn="code" IsPrimaryKey="true" />
    <Property Identifier="Name" ConnectionColumn="name" />
  </EntityTypeMapping>
  <EntityAssociationMapping Identifier="HR_Person_Manager" Connector="HR" ConnectionTable="Persons"
                            Column1="manager" EntityPropertyMapping1="HR_Person:Code"
                            Column2="code" EntityPropertyMapping2="HR_Person:Code" />
</ConfigurationFile>
"#;

/// A home with that configuration deployed and this file exported from HR.
fn home(kind: Kind, persons: &str) -> Home {
    let home = Home::new(kind);
    home.write("Conf/HR.xml", CONFIGURATION);
    home.write("appsettings.agent.json", "{\"Connections\": {\"Persons\": {\"Path\": \"persons.csv\"}}}");
    home.write("persons.csv", persons);
    home.deploy(&home.file("Conf"));
    home
}

fn json(home: &Home, arguments: &[&str]) -> Value {
    let mut arguments = arguments.to_vec();
    arguments.extend(["--format", "json"]);
    serde_json::from_str(&home.ok(&arguments)).unwrap()
}

/// Runs and gives exit code, standard output and standard error.
fn run(home: &Home, arguments: &[&str]) -> (i32, String, String) {
    let output = home.run(arguments);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const FIRST: &str = "code,name,manager\nE1,Ada,\nE2,Sam,E1\nE3,Kim,E1\n";

fn pages_follow_each_other(kind: Kind) {
    let home = home(kind, FIRST);
    assert_ne!(home.sync_up("HR", "initial").state, State::Errored);
    let first = json(&home, &["resource", "list", "HR_Person", "--page-size", "2"]);
    let keys = |page: &Value| -> Vec<String> {
        let resources = page["resources"].as_array().unwrap();
        resources.iter().map(|r| r["key"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((keys(&first), &first["next"]), (vec!["E1".to_owned(), "E2".to_owned()], &Value::from("E2")));
    let second = json(&home, &["resource", "list", "HR_Person", "--page-size", "2", "--after", "E2"]);
    assert_eq!((keys(&second), &second["next"]), (vec!["E3".to_owned()], &Value::Null));
    let found = json(&home, &["resource", "list", "HR_Person", "--search", "ki"]);
    assert_eq!(keys(&found), ["E3"]);
    let table = home.ok(&["resource", "list", "HR_Person", "--format", "csv", "--property", "Name"]);
    assert_eq!(table.lines().next(), Some("Id,Key,DisplayName,Name"));
    assert!(table.lines().nth(1).unwrap().ends_with(",E1,Ada,Ada"), "{table}");
}

fn a_resource_shows_its_links_and_its_past(kind: Kind) {
    let home = home(kind, FIRST);
    home.sync_up("HR", "initial");
    let before = json(&home, &["resource", "show", "HR_Person", "E2"]);
    assert_eq!(before["links"]["Manager"][0]["key"], "E1");
    let boss = json(&home, &["resource", "show", "HR_Person", "E1"]);
    let team = boss["links"]["Team"].as_array().unwrap();
    assert_eq!(team.iter().map(|t| t["displayName"].as_str().unwrap()).collect::<Vec<_>>(), ["Sam", "Kim"]);
    home.write("persons.csv", FIRST.replace("Sam,E1", "Samira,E3"));
    home.sync_up("HR", "complete");
    let now = json(&home, &["resource", "show", "HR_Person", "E2"]);
    assert_eq!(now["values"]["Name"], "Samira");
    let as_of = before["validFrom"].as_str().unwrap();
    let then = json(&home, &["resource", "show", "HR_Person", "E2", "--as-of", as_of]);
    assert_eq!(then["values"]["Name"], "Sam");
    let history = home.ok(&["resource", "history", "HR_Person", "E2", "--format", "csv"]);
    let changes: Vec<&str> = history.lines().map(|line| line.split_once(',').unwrap().1).collect();
    assert_eq!(changes[..3], ["Property,Before,After", "Name,Sam,Samira", "Manager,E1 Ada,E3 Kim"]);
    let by_id = format!("#{}", now["id"]);
    assert_eq!(json(&home, &["resource", "show", "HR_Person", &by_id])["key"], "E2");
}

fn a_block_tells_why_and_is_approved_by_its_hash(kind: Kind) {
    let home = home(kind, FIRST);
    home.sync_up("HR", "initial");
    home.write("persons.csv", FIRST.replace("Sam", "Samira").replace("Kim", "Kimberley"));
    let (code, out, _) = run(&home, &["sync-up", "--connector", "HR", "--mode", "complete"]);
    assert_eq!(code, 3);
    let line = "provost synchronization-validation --connector HR --change-set ";
    let hash = out.split(line).nth(1).unwrap().split(' ').next().unwrap().to_owned();
    assert!(out.contains("Connector HR: 2, MaximumUpdatedLines allows 1"), "{out}");
    assert!(out.contains("Name: Sam → Samira"), "{out}");
    let wrong = "0".repeat(32);
    let (code, _, err) = run(&home, &["synchronization-validation", "--connector", "HR", "--change-set", &wrong]);
    assert_eq!(code, 2, "{err}");
    let approve = ["synchronization-validation", "--connector", "HR", "--change-set", &hash, "--reason", "asked HR"];
    let (code, out, err) = run(&home, &approve);
    assert!(matches!(code, 0 | 4), "{code} {out} {err}");
    assert_eq!(json(&home, &["resource", "show", "HR_Person", "E3"])["values"]["Name"], "Kimberley");
    let journal = home.ok(&["journal", "--format", "csv"]);
    assert!(journal.contains("asked HR"), "{journal}");
}

fn views_show_resources_by_property_name(kind: Kind) {
    let home = home(kind, FIRST);
    home.sync_up("HR", "initial");
    home.ok(&["create-database-views"]);
    let rows = home.database.rows("SELECT code, name FROM zz_hr_person ORDER BY code");
    assert_eq!(rows[0], [Some("E1".to_owned()), Some("Ada".to_owned())]);
}

/// Existing jobs call the original executables with their documented arguments.
#[cfg(unix)]
fn the_original_executables_walk_the_same_road(kind: Kind) {
    let home = home(kind, FIRST);
    let call = |name: &str, arguments: &[&str]| {
        let link = home.file(name);
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_provost"), &link).unwrap();
        let mut command = std::process::Command::new(link);
        command.args(arguments).env("PROVOST_HOME", home.path());
        if let Some(connection) = home.database.connection() {
            command.env("ConnectionString", connection);
        }
        let output = command.output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 4)), "{}", String::from_utf8_lossy(&output.stderr));
    };
    home.ok(&["export", "--connection", "Persons"]);
    let prepare =
        ["--agent", "Local", "--connector", "HR", "--synchronization-mode", "Initial", "--log-level", "Error"];
    call("identitymanager-Prepare-Synchronization", &prepare);
    call("Usercube-Synchronize.exe", &["--connector", "HR", "--do-not-delete-changes"]);
    call("Usercube-Set-RecentlyModifiedFlag", &[]);
    call("Usercube-Update-EntityPropertyExpressions", &["--all-entityType", "--dirty"]);
    assert_eq!(json(&home, &["resource", "show", "HR_Person", "E3"])["displayName"], "Kim");
}

on_both_databases! {
    the_original_executables_walk_the_same_road,
    pages_follow_each_other,
    a_resource_shows_its_links_and_its_past,
    a_block_tells_why_and_is_approved_by_its_hash,
    views_show_resources_by_property_name,
}
