//! Data, rules and dates change at random: a dirty run gives what a complete one gives, row for row and id for id.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use support::assignments::{same, same_rows, stored};
use support::world::World;
use support::{Home, Kind};

on_both_databases!(
    whatever_changes_a_dirty_run_is_a_complete_one,
    batches_files_and_owners_one_by_one_change_nothing,
    what_somebody_else_wrote_is_found_and_reported,
);

/// Sequences of changes in each database.
fn sequences() -> u64 {
    std::env::var("PROVOST_TEST_SEQUENCES").ok().and_then(|count| count.parse().ok()).unwrap_or(2)
}

/// One change of data, rules or dates, or a decision.
fn step(world: &mut World) {
    match world.random.below(10) {
        0..5 => world.change_data(),
        5 | 6 => world.change_rules(),
        7 => world.review(),
        _ => world.pass(),
    }
}

fn whatever_changes_a_dirty_run_is_a_complete_one(kind: Kind) {
    for seed in 0..sequences() {
        let mut world = World::new(kind, seed);
        let first = world.compute(&world.home, &[]);
        assert!(first.counts["assignmentsInserted"] > 50, "{first:?}");
        for nth in 0..12 {
            for _ in 0..1 + world.random.below(2) {
                step(&mut world);
            }
            let complete = world.home.copy();
            let batch = (1 + world.random.below(30)).to_string();
            let context = || format!("seed {seed}, step {nth}: {}", world.told.join("\n"));
            let done = world.compute(&complete, &["--sample", "0"]);
            is_settled(&world, &complete, &context());
            let dirty = world.compute(&world.home, &["--dirty", "-q", &batch, "--sample", "0"]);
            assert!(dirty.counts["ownersEvaluated"] <= done.counts["ownersEvaluated"], "{dirty:?}");
            same(&world.home, &complete, &context());
        }
    }
}

/// Everybody evaluated once more has the same.
fn is_settled(world: &World, home: &Home, context: &str) {
    let before = stored(home);
    let again = world.compute(home, &["--dirty", "--sample", "1000"]);
    same_rows(&stored(home), &before, context);
    assert_eq!(again.counts["ownersDiffering"], 0, "{context}");
}

fn batches_files_and_owners_one_by_one_change_nothing(kind: Kind) {
    let mut world = World::new(kind, 77);
    let fresh = world.home.copy();
    world.compute(&world.home, &["-q", "1", "--sample", "0"]);
    world.compute(&fresh, &["-q", "7", "--sample", "0"]);
    same(&world.home, &fresh, "batches of 1 and of 7");
    is_settled(&world, &fresh, "fresh");
    // The same rules in another order, in other files.
    let before = stored(&world.home);
    world.deploy_again();
    let done = world.compute(&world.home, &[]);
    assert_eq!(done.counts["ownersChanged"], 0, "{done:?}");
    same_rows(&stored(&world.home), &before, "another order of files and rules");
    // Other rules, and everybody by name in the order of ids; or all at once.
    for _ in 0..3 {
        world.change_rules();
    }
    world.day += 45;
    world.compute(&world.home, &["--sample", "0"]);
    world.change_rules();
    world.day += 30;
    // Who is evaluated alone is so with keys as they are.
    world.home.step(&["compute-correlation-keys", "--all-entitytype", "--dirty"]);
    let all = world.home.copy();
    let done = world.compute(&all, &[]);
    let people = world.home.database.rows(
        "SELECT CAST(r.Id AS BIGINT) FROM UR_Resources r JOIN UM_EntityTypes t ON t.Id = r.Type WHERE t.Identifier = 'W_Person'",
    );
    let mut people: Vec<i64> = people.iter().map(|row| row[0].as_ref().unwrap().parse().unwrap()).collect();
    people.sort_unstable();
    let is_about_accounts = done.counts["targetsCorrelated"] > 0 || correlations(&all) != correlations(&world.home);
    for person in people {
        world.compute(&world.home, &["--owner", &format!("#{person}")]);
    }
    if is_about_accounts {
        // Accounts find their owners in a run over all; it has nothing else left to do.
        world.compute(&world.home, &["--dirty"]);
    } else {
        same(&world.home, &all, "one by one, and all at once");
    }
    assert_eq!(correlations(&world.home), correlations(&all).clone());
}

fn correlations(home: &Home) -> Vec<Vec<Option<String>>> {
    stored(home)["UP_ResourceCorrelations"].clone()
}

fn what_somebody_else_wrote_is_found_and_reported(kind: Kind) {
    let world = World::new(kind, 5);
    world.compute(&world.home, &[]);
    let right = stored(&world.home);
    let people = world.home.database.number(
        "SELECT COUNT(*) FROM UR_Resources r JOIN UM_EntityTypes t ON t.Id = r.Type WHERE t.Identifier = 'W_Person'",
    );
    let row = |table: &str| format!("(SELECT MIN(Id) FROM {table} WHERE WorkflowState = 18)");
    let wrongs = [
        format!("UPDATE UP_AssignedSingleRoles SET WorkflowState = 21 WHERE Id = {}", row("UP_AssignedSingleRoles")),
        format!("UPDATE UP_AssignedCompositeRoles SET EndDate = 1 WHERE Id = {}", row("UP_AssignedCompositeRoles")),
        format!("DELETE FROM UP_AssignedResourceScalars WHERE Id = {}", row("UP_AssignedResourceScalars")),
        format!(
            "UPDATE UP_AssignedResourceNavigations SET IsExpected = 1 - IsExpected WHERE Id = {}",
            row("UP_AssignedResourceNavigations")
        ),
        "UPDATE UP_Evaluations SET NextAt = NextAt + 1 WHERE Owner_Id = (SELECT MIN(Owner_Id) FROM UP_Evaluations)"
            .to_owned(),
        "UPDATE UP_RiskScores SET Score = 99 WHERE Owner_Id = (SELECT MIN(Owner_Id) FROM UP_RiskScores)".to_owned(),
    ];
    for wrong in wrongs {
        world.home.database.execute(&wrong);
        assert!(stored(&world.home) != right, "{wrong} changes nothing");
        // As many as are asked for: all of them, so that it is certainly found.
        let sample = people.to_string();
        let at = support::world::date(world.day);
        let shown = world.home.run(&["compute-role-model", "--at", &at, "--dirty", "--sample", &sample]);
        let text = String::from_utf8(shown.stdout).unwrap();
        let table = wrong.split_whitespace().find(|word| word.starts_with("UP_")).unwrap();
        let is_note = wrong.contains("NextAt") || wrong.contains("Score");
        let what = if is_note { "its risks, its score or its next instant" } else { table };
        assert!(text.contains(&format!("a sample shows that its stored result was wrong: {what}")), "{wrong}: {text}");
        let again = world.compute(&world.home, &["--dirty", "--sample", &sample]);
        let counts = (again.counts["ownersSampled"] as i64, again.counts["ownersDiffering"]);
        assert_eq!(counts, (people, 0), "{wrong}: {again:?}");
    }
    // A few are a few, however far apart their ids are.
    let few = world.compute(&world.home, &["--dirty", "--sample", "7"]);
    assert_eq!(few.counts["ownersSampled"], 7, "{few:?}");
}
