//! The policy of the example company, from files to assignments.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use provost_model::summary::{State, Summary};
use support::assignments::{same, stored};
use support::{Home, Kind, copy_folder, root};

on_both_databases!(a_dirty_run_is_a_complete_one, what_is_interrupted_goes_on, one_owner_and_simulations);

fn company(kind: Kind) -> Home {
    let home = Home::new(kind);
    let example = root().join("examples/company");
    std::fs::copy(example.join("appsettings.agent.json"), home.file("appsettings.agent.json")).unwrap();
    home.deploy(&example.join("conf"));
    home
}

fn load(home: &Home, generation: usize, mode: &str) {
    copy_folder(&root().join(format!("examples/company/generation-{generation}")), &home.file("Sources"));
    for connector in ["HR", "AD"] {
        home.sync_up_approved(connector, mode);
    }
    home.run(&["update-entity-property-expressions", "--all-entitytype"]);
}

fn compute(home: &Home, arguments: &[&str]) -> Summary {
    let done = home.step(&[&["compute-role-model"], arguments].concat());
    assert!(matches!(done.state, State::Completed | State::Warning), "{done:?}");
    done
}

fn a_dirty_run_is_a_complete_one(kind: Kind) {
    let home = company(kind);
    load(&home, 1, "complete");
    let first = compute(&home, &["--at", "2026-09-30"]);
    assert_eq!((first.counts["targetsCorrelated"], first.counts["ownersChanged"]), (798, 853), "{first:?}");
    let again = compute(&home, &["--at", "2026-09-30"]);
    assert_eq!(again.counts["ownersChanged"], 0, "{again:?}");
    for (generation, day) in [(2, "2026-10-31"), (3, "2026-11-30"), (4, "2026-12-31")] {
        load(&home, generation, "complete");
        let complete = home.copy();
        let dirty = compute(&home, &["--dirty", "--at", day, "--sample", "200"]);
        assert_eq!(dirty.counts["ownersDiffering"], 0, "generation {generation}: {dirty:?}");
        // In generation 3 a department moves to another one, which is a matter of the policy.
        let few = dirty.counts["ownersEvaluated"] < first.counts["ownersEvaluated"] / 4;
        assert_eq!(few, generation != 3, "{dirty:?}");
        assert!(dirty.counts["assignmentsInserted"] > 0, "{dirty:?}");
        compute(&complete, &["--at", day]);
        same(&home, &complete, &format!("generation {generation}"));
    }
}

fn what_is_interrupted_goes_on(kind: Kind) {
    if !cfg!(feature = "fault-injection") {
        return;
    }
    let home = company(kind);
    load(&home, 1, "complete");
    let calm = home.copy();
    compute(&calm, &["--at", "2026-09-30"]);
    for point in ["policy.keys", "policy.started", "policy.batch.written:2", "policy.batch:3", "policy.complete"] {
        let mut command = home.command(&["compute-role-model", "--at", "2026-09-30", "-q", "300"]);
        let output = command.env("PROVOST_CRASH_AT", point).output().unwrap();
        assert!(!output.status.success(), "{point}");
    }
    compute(&home, &["--at", "2026-09-30", "-q", "300"]);
    same(&home, &calm, "interrupted");
}

fn one_owner_and_simulations(kind: Kind) {
    let home = company(kind);
    load(&home, 1, "complete");
    let before = stored(&home);
    let simulated = compute(&home, &["--simulate", "--at", "2026-09-30"]);
    assert_eq!(stored(&home), before);
    let done = compute(&home, &["--at", "2026-09-30"]);
    assert_eq!(simulated.counts, done.counts);
    let key = home
        .database
        .rows("SELECT k.KeyValue FROM UR_ResourceKeys k JOIN UP_AssignedResourceTypes a ON a.Owner_Id = k.Resource_Id");
    let owner = format!("HR_Person:{}", key[0][0].as_deref().unwrap());
    let one = compute(&home, &["--owner", &owner, "--at", "2026-09-30"]);
    assert_eq!((one.counts["ownersEvaluated"], one.counts["ownersChanged"]), (1, 0), "{one:?}");
    let shown = home.ok(&["assignment", "show", "--owner", &owner, "--format", "json"]);
    assert!(shown.contains("AD_User"), "{shown}");
    let listed = home.ok(&["assignment", "list", "--owner", &owner, "--format", "csv", "--as-of", "2026-09-29"]);
    assert_eq!(listed.lines().count(), 1, "{listed}");
    let classified = home.step(&["update-classification"]);
    assert!(classified.counts["targetsClassified"] > 0, "{classified:?}");
    let again = home.step(&["update-classification"]);
    assert_eq!(again.counts["targetsClassified"], 0, "{again:?}");
}
