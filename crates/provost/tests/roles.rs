//! Roles and rules made of the data of the example company: naming rules, role mining, risk scores.
//!
//! The expected numbers were counted in the CSV files of the example, by a script that shares nothing with the engine.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use provost_model::summary::Summary;
use support::{Home, Kind, copy_folder, root};

on_both_databases!(
    groups_become_roles_once,
    departments_explain_groups,
    scores_follow_the_level_of_a_risk,
    tasks_do_the_same_in_a_job,
);

/// Eighteen groups of applications have neither role nor rule any more; a naming rule makes them, another one proposes.
const NAMING: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <RoleMapping Identifier="Applications" Policy="Default" Property="memberOf" ResourceType="AD_User"
               Category="Applications" IdentifierExpression="C#:entry: return entry.rdn.Replace(&quot;-&quot;, &quot;_&quot;);"
               DisplayNameBinding="AD_Entry:rdn" ApprovalWorkflowType="One">
    <Rule>
      <Item Property="objectClass" Operator="Equal" Value="group" />
      <Item Property="rdn" Operator="StartWith" Value="APP-" />
    </Rule>
  </RoleMapping>
</ConfigurationFile>
"#;

/// Rules are looked for about the groups of departments.
const MINING: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <Policy Identifier="Mined" DisplayName_L1="Mined rules" />
  <MiningRule EntityType="HR_Person" Policy="Default" RulePolicy="Mined" Category="Departments"
              PrecisionMinPercentage="99.8" FalsePositiveMaxPercentage="10" />
</ConfigurationFile>
"#;

/// The company of September with another configuration, computed.
fn company(kind: Kind, change: impl Fn(&str, String) -> String, more: &str) -> Home {
    let home = Home::new(kind);
    let example = root().join("examples/company");
    std::fs::copy(example.join("appsettings.agent.json"), home.file("appsettings.agent.json")).unwrap();
    copy_folder(&example.join("conf"), &home.file("Conf"));
    for file in ["Accounts", "Applications", "Departments"] {
        let path = home.file(&format!("Conf/Policy/{file}.xml"));
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, change(file, text)).unwrap();
    }
    home.write("Conf/Policy/More.xml", more);
    home.deploy(&home.file("Conf"));
    copy_folder(&example.join("generation-1"), &home.file("Sources"));
    for connector in ["AD", "HR"] {
        home.sync_up_approved(connector, "complete");
    }
    home.run(&["update-entity-property-expressions", "--all-entitytype"]);
    compute(&home);
    home
}

fn compute(home: &Home) -> Summary {
    home.step(&["compute-role-model", "--at", "2026-09-30"])
}

fn without(text: &str, lines: impl Fn(&str) -> bool) -> String {
    text.lines().filter(|line| !lines(line)).map(|line| format!("{line}\n")).collect()
}

/// No role and no rule for the groups of applications.
fn without_applications(file: &str, text: String) -> String {
    match file {
        "Accounts" => without(&text, |line| line.contains("<NavigationRule") && line.contains("CN=APP-")),
        "Applications" => {
            let (start, end) = (text.find("  <SingleRole ").unwrap(), text.find("  <!-- Nobody posts").unwrap());
            format!("{}{}", &text[..start], &text[end..])
        }
        _ => text,
    }
}

/// Nothing says which department has which group, besides what accounts hold.
fn without_departments(file: &str, text: String) -> String {
    match file {
        "Departments" => without(&text, |line| line.contains("<SingleRoleRule Role=\"Department_")),
        _ => text,
    }
}

fn holders(home: &Home, role: &str, state: i64) -> i64 {
    home.database.number(&format!(
        "SELECT COUNT(*) FROM UP_AssignedSingleRoles a JOIN UM_PolicyObjects o ON o.Id = a.Role_Id \
         WHERE o.Element = 'SingleRole' AND o.Identity = '{role}' AND a.WorkflowState = {state}"
    ))
}

fn counts(summary: &Summary, names: &[&str]) -> Vec<u64> {
    names.iter().map(|name| summary.counts[*name]).collect()
}

fn words(text: &str) -> Vec<String> {
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn groups_become_roles_once(kind: Kind) {
    let home = company(kind, without_applications, NAMING);
    let made = ["entitlements", "rolesCreated", "rulesCreated", "categoriesCreated", "entitlementsSkipped"];
    let shown = home.step(&["build-role-model", "--connector", "AD", "--simulate"]);
    assert_eq!(counts(&shown, &made), [860, 18, 18, 0, 0]);
    let told = words(&home.ok(&["build-role-model", "--simulate"]));
    assert!(told.iter().any(|line| line == "+ SingleRole APP_Remote_Access"), "{told:?}");
    let done = home.step(&["build-role-model", "--connector", "AD"]);
    assert_eq!(counts(&done, &made), [860, 18, 18, 0, 0]);
    let again = home.step(&["build-role-model"]);
    assert_eq!(counts(&again, &made), [860, 0, 0, 0, 0], "what is there stays as it is");
    assert_eq!(counts(&home.step(&["build-role-model", "--connector", "HR"]), &["namingRules"]), [0]);
    assert_eq!(home.run(&["build-role-model", "--connector", "XY"]).status.code(), Some(2));

    compute(&home);
    assert_eq!(holders(&home, "APP_Admin_Workstations", 1), 8, "what accounts hold has a name now");
    let exported = home.file("Exported");
    std::fs::create_dir_all(&exported).unwrap();
    home.ok(&["export-configuration", "-d", exported.to_str().unwrap()]);
    let text = std::fs::read_to_string(exported.join("RoleModel/Applications.xml")).unwrap();
    assert_eq!(text.matches("<SingleRole").count(), 18, "{text}");
    // The folder that does not know them takes them away, and says so; what was exported keeps them.
    let keeps = home.ok(&["deploy-configuration", "-d", exported.to_str().unwrap(), "--simulate-only"]);
    assert!(keeps.starts_with("Nothing to change"), "{keeps}");
    let loses = home.ok(&["deploy-configuration", "-d", home.file("Conf").to_str().unwrap(), "--simulate-only"]);
    assert!(loses.contains("- SingleRole APP_Remote_Access"), "{loses}");
}

fn departments_explain_groups(kind: Kind) {
    let home = company(kind, without_departments, MINING);
    assert_eq!((holders(&home, "Department_D210", 1), holders(&home, "Department_D210", 18)), (38, 0));
    let base = ["get-role-mining", "--at", "2026-09-30"];
    let told = words(&home.ok(&[&base[..], &["--simulate"]].concat()));
    // Role, holders, then who would get it rightly among all 2,011, who of the holders, and who unduly.
    for line in [
        "Department_D210 38 99.95 % 100.00 % 2.56 % Organization=D210",
        "Department_D220 20 100.00 % 100.00 % 0.00 % Organization=D220",
        "Department_D420 28 99.85 % 100.00 % 9.67 % Organization=D420",
        "Department_D540 48 99.80 % 100.00 % 7.69 % Organization=D540",
        "Department_D760 24 100.00 % 100.00 % 0.00 % Organization=D760",
    ] {
        assert!(told.iter().any(|found| found == line), "{line}: {told:#?}");
    }
    // Half of the department lacks the group: no rule about all of it.
    assert!(!told.iter().any(|line| line.starts_with("Department_D500") && line.ends_with("Organization=D500")));
    home.ok(&["export-configuration", "-d", &made(&home, "A")]);
    assert!(!home.file("A/RoleModel").exists(), "a simulation adds nothing");

    let done = home.step(&base);
    assert_eq!(counts(&done, &["identities", "rulesReplaced"]), [2011, 0]);
    home.ok(&["export-configuration", "-d", &made(&home, "B")]);
    let text = std::fs::read_to_string(home.file("B/RoleModel/Mined_HR_Person.xml")).unwrap();
    assert_eq!(text.matches("<SingleRoleRule").count() as u64, done.counts["rulesFound"], "{text}");
    assert!(text.contains("Role=\"Department_D210\" Policy=\"Mined\" D0=\"D210\""), "{text}");
    let again = home.step(&base);
    assert_eq!(again.counts["rulesReplaced"], done.counts["rulesFound"]);
    assert_eq!(again.counts["rulesFound"], done.counts["rulesFound"]);
    assert!(home.ok(&base).contains("rulesFound"));

    compute(&home);
    assert_eq!((holders(&home, "Department_D210", 1), holders(&home, "Department_D210", 18)), (0, 39));
    assert_eq!(home.run(&["get-role-mining", "--entitytype-list", "HR_Site"]).status.code(), Some(4));
}

fn made(home: &Home, name: &str) -> String {
    std::fs::create_dir_all(home.file(name)).unwrap();
    home.file(name).to_str().unwrap().to_owned()
}

fn scores_follow_the_level_of_a_risk(kind: Kind) {
    let home = company(kind, |_, text| text, NAMING);
    let base = ["compute-risk-scores", "--at", "2026-09-30"];
    let names = ["ownersEvaluated", "ownersChanged", "risk:Ledger", "risk:Workstations"];
    assert_eq!(counts(&home.step(&base), &names), [2011, 0, 0, 8], "the role model has scored everybody");
    let path = home.file("Conf/Policy/Applications.xml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("Level=\"40\"", "Level=\"75\"")).unwrap();
    home.deploy(&home.file("Conf"));
    let assigned = home.database.rows("SELECT * FROM UP_AssignedSingleRoles");
    assert_eq!(counts(&home.step(&base), &names), [2011, 8, 0, 8]);
    assert_eq!(home.database.number("SELECT COUNT(*) FROM UP_RiskScores WHERE Score = 75"), 8);
    assert_eq!(home.database.rows("SELECT * FROM UP_AssignedSingleRoles"), assigned, "nothing else is stored");
    assert_eq!(counts(&home.step(&base), &names), [2011, 0, 0, 8]);
    let listed = words(&home.ok(&[&base[..], &["--top", "3"]].concat()));
    assert_eq!(listed.iter().filter(|line| line.starts_with("75 HR_Person E")).count(), 3, "{listed:?}");
}

const JOB: &str = r#"
  <Job Identifier="Making" DisplayName_L1="Roles of data">
    <BuildRoleModelTask Identifier="Build" DisplayName_L1="B" Connector="AD" />
    <GetRoleMiningTask Identifier="Mine" DisplayName_L1="M" AllEntities="true" IsSimulated="true" />
    <ComputeRiskScoresTask Identifier="Risks" DisplayName_L1="R"><TaskEntityType EntityType="HR_Person" /></ComputeRiskScoresTask>
  </Job>
</ConfigurationFile>
"#;

fn tasks_do_the_same_in_a_job(kind: Kind) {
    let with_job = NAMING.replace("</ConfigurationFile>\n", JOB);
    let home = company(kind, without_applications, &with_job);
    let output = home.run(&["invoke-job", "-j", "Making"]);
    let told = words(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(output.status.code(), Some(0), "{told:?}");
    for task in ["0 Build Completed", "1 Mine Completed", "2 Risks Completed"] {
        assert!(told.iter().any(|line| line.starts_with(task)), "{task}: {told:?}");
    }
    assert_eq!(counts(&home.step(&["build-role-model"]), &["rolesCreated"]), [0], "the task has made them");
}
