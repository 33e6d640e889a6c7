//! What-if on the example company: what a plan says is what is then done, and nothing is stored by it.
//!
//! The expected numbers were counted in the CSV files and the rules of the example, by a script that shares nothing with
//! the engine.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use support::{Home, Kind, copy_folder, root};

on_both_databases!(
    files_come_to_what_the_plan_says,
    a_configuration_and_files_come_to_what_the_plan_says,
    limits_and_mistakes_have_their_exit_codes,
    a_plan_that_stops_leaves_nothing,
);

/// Every row of the repository.
fn dump(home: &Home) -> BTreeMap<String, Vec<Vec<Option<String>>>> {
    let list = match &home.database {
        support::Database::Sqlite(_) => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        }
        support::Database::Postgres { .. } => {
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() \
             AND table_type = 'BASE TABLE'"
        }
    };
    let tables = home.database.rows(list).into_iter().map(|row| row[0].clone().unwrap());
    tables.map(|table| (table.clone(), home.database.rows(&format!("SELECT * FROM {table}")))).collect()
}

fn generation(number: usize) -> PathBuf {
    root().join(format!("examples/company/generation-{number}"))
}

/// The company at the end of September, computed.
fn september(kind: Kind) -> Home {
    let home = Home::new(kind);
    let example = root().join("examples/company");
    std::fs::copy(example.join("appsettings.agent.json"), home.file("appsettings.agent.json")).unwrap();
    home.deploy(&example.join("conf"));
    load(&home, 1);
    home.step(&["compute-role-model", "--at", "2026-09-30"]);
    home
}

/// Change sets of the connectors.
fn load(home: &Home, number: usize) -> Vec<String> {
    copy_folder(&generation(number), &home.file("Sources"));
    let synchronised = ["AD", "HR"].map(|connector| home.sync_up_approved(connector, "complete").0);
    home.run(&["update-entity-property-expressions", "--all-entitytype"]);
    synchronised.into_iter().map(|summary| summary.change_set.unwrap().hash).collect()
}

fn plan(home: &Home, arguments: &[&str]) -> Value {
    let output = home.run(&[&["plan", "--format", "json"], arguments].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&text).unwrap()
}

fn totals(plan: &Value, names: &[&str]) -> Vec<u64> {
    names.iter().map(|name| plan["totals"][name].as_u64().unwrap()).collect()
}

fn added_and_removed(plan: &Value, name: &str) -> (u64, u64) {
    let all = plan["subjects"].as_array().unwrap();
    let found = all.iter().find(|subject| subject["name"] == name).unwrap_or_else(|| panic!("{name}: {all:?}"));
    (found["added"].as_u64().unwrap(), found["removed"].as_u64().unwrap())
}

fn files_come_to_what_the_plan_says(kind: Kind) {
    let home = september(kind);
    let before = dump(&home);
    let source = generation(2);
    let source = source.to_str().unwrap();
    let mut planned = plan(&home, &["--source", source, "--at", "2026-10-31", "--samples", "3"]);
    assert_eq!(dump(&home), before, "a plan changes nothing");
    let left: Vec<_> = std::fs::read_dir(home.file("Temp/Plan")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");

    assert_eq!(totals(&planned, &["rolesAdded", "rolesRemoved", "ownersDeleted"]), [35, 19, 3]);
    assert_eq!(totals(&planned, &["resourceTypesAdded", "resourceTypesRemoved"]), [10, 3]);
    assert_eq!(added_and_removed(&planned, "Office"), (10, 3));
    assert_eq!(added_and_removed(&planned, "Department_D420"), (0, 3));
    assert_eq!(added_and_removed(&planned, "Department_D330"), (2, 0));
    assert_eq!(added_and_removed(&planned, "Remote_Access"), (0, 1));
    assert_eq!(planned["identities"].as_array().unwrap().len(), 3);
    let mut complete = plan(&home, &["--source", source, "--at", "2026-10-31", "--samples", "3", "--complete"]);
    // Findings are those of the owners who are evaluated.
    (complete["problems"], planned["problems"]) = (Value::Null, Value::Null);
    assert!(complete == planned, "everybody or only those whom it concerns: {}", complete["totals"]);

    let synchronised = load(&home, 2);
    let named: Vec<&str> = planned["synchronisations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|done| done["changeSet"]["hash"].as_str().unwrap())
        .collect();
    assert_eq!(named, synchronised);
    let done = home.step(&["compute-role-model", "--at", "2026-10-31"]);
    assert_eq!(planned["roleModel"].as_str().unwrap(), done.change_set.unwrap().hash);
    let done = home.step(&["generate-provisioning-orders", "--at", "2026-10-31", "--show"]);
    assert_eq!(planned["outcome"].as_str().unwrap(), done.outcome.unwrap());
}

/// The configuration of the company without the rule that gives the people of sales an account, and without grace.
fn without_sales(home: &Home) -> PathBuf {
    let folder = home.file("Proposed");
    copy_folder(&root().join("examples/company/conf"), &folder);
    for (file, gone) in [
        ("Policy/Departments.xml", "<CompositeRoleRule Role=\"Office\" Policy=\"Default\" D0=\"D700\" L0=\"true\" />"),
        ("Policy/Policy.xml", "GracePeriod=\"10080\""),
    ] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        assert!(text.contains(gone), "{file}");
        std::fs::write(folder.join(file), text.replace(gone, "")).unwrap();
    }
    folder
}

fn a_configuration_and_files_come_to_what_the_plan_says(kind: Kind) {
    let home = september(kind);
    let before = dump(&home);
    let proposed = without_sales(&home);
    let source = generation(2);
    let (folder, source) = (proposed.to_str().unwrap(), source.to_str().unwrap());
    let alone = plan(&home, &["--configuration", folder, "--at", "2026-10-31"]);
    assert_eq!(added_and_removed(&alone, "Office"), (0, 222), "{}", alone["totals"]);
    assert_eq!(added_and_removed(&alone, "Office_Account"), (0, 222));
    let told: Vec<&str> = alone["configuration"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
    assert_eq!(told, ["- CompositeRoleRule Role=Office, Policy=Default, D0=D700", "~ Policy Default"]);

    let both = ["--configuration", folder, "--source", source, "--at", "2026-10-31", "--no-provisioning-review"];
    let planned = plan(&home, &both);
    assert_eq!(dump(&home), before, "a plan changes nothing");
    assert_eq!(totals(&planned, &["ordersAdded"]), [56], "{}", planned["totals"]);

    home.deploy(&proposed);
    load(&home, 2);
    let done = home.step(&["compute-role-model", "--at", "2026-10-31", "--no-provisioning-review"]);
    assert_eq!(planned["roleModel"].as_str().unwrap(), done.change_set.unwrap().hash);
    let done = home.step(&["generate-provisioning-orders", "--at", "2026-10-31", "--show"]);
    assert_eq!(planned["ordersChangeSet"].as_str().unwrap(), done.change_set.unwrap().hash);
    assert_eq!(planned["outcome"].as_str().unwrap(), done.outcome.unwrap());
    // What was planned is nothing new any more.
    let again = plan(&home, &["--configuration", folder, "--source", source, "--at", "2026-10-31"]);
    assert_eq!(totals(&again, &["owners", "ordersAdded", "ordersModified", "ordersDeleted"]), [0; 4], "{again}");
}

fn limits_and_mistakes_have_their_exit_codes(kind: Kind) {
    let home = september(kind);
    let source = generation(2);
    let source = source.to_str().unwrap();
    let base = ["plan", "--source", source, "--at", "2026-10-31"];
    let code = |arguments: &[&str]| home.run(&[&base, arguments].concat()).status.code();
    assert_eq!(code(&["--fail-above", "roles-removed=19"]), Some(4), "within the limit; rows were set aside");
    assert_eq!(code(&["--fail-above", "roles-removed=18"]), Some(3));
    assert_eq!(code(&["--fail-above", "owners=0%"]), Some(3));
    assert_eq!(code(&["--fail-above", "rolls=1"]), Some(2));
    let told = home.run(&[&base[..], &["--fail-above", "roles-removed=18", "--format", "markdown"]].concat());
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("| roles-removed | 18 | 19 |"), "{told}");

    let some = home.file("Some");
    std::fs::create_dir_all(&some).unwrap();
    let empty = home.run(&["plan", "--source", some.to_str().unwrap()]);
    assert_eq!(empty.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&empty.stderr).contains("HR: HRPersons.csv"), "{empty:?}");
    std::fs::copy(generation(2).join("hr_persons.csv"), some.join("hr_persons.csv")).unwrap();
    let partly = home.run(&["plan", "--source", some.to_str().unwrap(), "--format", "json"]);
    assert_eq!(partly.status.code(), Some(2));
    let line: Value = serde_json::from_slice(&partly.stdout).unwrap();
    assert_eq!(line["error"]["code"], "source-incomplete");
}

fn a_plan_that_stops_leaves_nothing(kind: Kind) {
    if !cfg!(feature = "fault-injection") {
        return;
    }
    let home = september(kind);
    let before = dump(&home);
    let (proposed, source) = (without_sales(&home), generation(2));
    let arguments = ["plan", "-c", proposed.to_str().unwrap(), "-s", source.to_str().unwrap(), "--at", "2026-10-31"];
    for point in
        ["prepare.uploaded", "synchronise.staged", "plan.data", "policy.batch.written", "plan.computed", "plan.done"]
    {
        let output = home.command(&arguments).env("PROVOST_CRASH_AT", point).output().unwrap();
        assert!(!output.status.success() && output.stdout.is_empty(), "{point}: {output:?}");
        assert_eq!(dump(&home), before, "{point}");
    }
    assert_eq!(home.run(&arguments).status.code(), Some(4), "the next one goes through");
    assert_eq!(dump(&home), before);
}
