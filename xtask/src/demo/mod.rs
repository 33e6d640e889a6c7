//! `cargo xtask demo`: a company's exports walk the whole road, with the real program, in a fresh home.

mod stage;

use crate::home;
use crate::shell::{Doing, Failure};
use stage::{Ending, HOME, Stage};
use std::time::Instant;

/// `cargo xtask demo`.
pub(crate) fn run(_: &[String]) -> Result<(), Failure> {
    let mut stage = Stage::set_up()?;
    let start = Instant::now();
    configure(&mut stage)?;
    load(&mut stage)?;
    follow(&mut stage)?;
    block(&mut stage)?;
    look_back(&mut stage)?;
    farewell(&mut stage, start)?;
    stage::flush();
    Ok(())
}

fn configure(stage: &mut Stage) -> Result<(), Failure> {
    stage.chapter(
        "A home and a configuration",
        "Brindlemark makes measuring instruments and does not exist. It has some 2,000 people in 50 departments, \
         an HR system and a directory. A home folder holds everything of one installation; the configuration says \
         which files feed which entity types.",
    );
    stage.provost(&["init", HOME], Ending::Done)?;
    stage.configure()?;
    stage.say("Checking reads every file and shows all problems at once. Deploying shows a plan and applies it.");
    stage.provost(&["check", &format!("{HOME}/Conf")], Ending::Done)?;
    stage.provost(&["deploy-configuration", "-d", &format!("{HOME}/Conf")], Ending::Done)?;
    Ok(())
}

fn load(stage: &mut Stage) -> Result<(), Failure> {
    stage.chapter(
        "The first load",
        "The directory is loaded in initial mode: no comparison and no thresholds, because the repository holds \
         nothing of it yet. The exports are real ones: some rows lack a key, some come twice.",
    );
    stage.deliver("generation-1")?;
    stage.provost(&["sync-up", "--connector", "AD", "--mode", "initial"], Ending::Done)?;
    stage.say(
        "HR is loaded in complete mode. An empty repository grows by more than any threshold allows, so the run \
         stops before it changes anything. It says so, and it names the change set that it computed.",
    );
    let printed = stage.provost(&["sync-up", "--connector", "HR", "--mode", "complete"], Ending::Blocked)?;
    stage.say("That is as it should be. We approve this change set, and no other one.");
    let hash = printed.change_set()?;
    approve(stage, &hash, "first load")?;
    stage.say("Computed properties follow: search names, logins, the name of each person's department.");
    stage.provost(&["update-entity-property-expressions", "--all-entitytype"], Ending::Done)?;
    Ok(())
}

fn approve(stage: &Stage, hash: &str, reason: &str) -> Result<(), Failure> {
    let words = ["synchronization-validation", "--connector", "HR", "--change-set", hash, "--reason", reason];
    stage.provost(&words, Ending::Done).map(|_| ())
}

fn follow(stage: &mut Stage) -> Result<(), Failure> {
    stage.chapter(
        "Joiners, movers and leavers",
        "A month passes. In incremental mode the new files are compared with those of the last run, and only the \
         difference is sent. Rows that cannot be read are set aside and what they describe stays as it was.",
    );
    stage.deliver("generation-2")?;
    for connector in ["HR", "AD"] {
        stage.provost(&["sync-up", "--connector", connector, "--mode", "incremental"], Ending::Done)?;
    }
    stage.say("What was sent, and what was set aside, lies in the work folder.");
    stage.show("Work/Collect/HR_Person.sorted.delta", 4)?;
    stage.show("Work/Collect/HR_Person.rejected.csv", 2)?;
    stage.chapter(
        "A reorganisation",
        "Another month. One department moves in the tree, another is new. This time HR runs in complete mode: \
         the files are compared with the repository itself.",
    );
    stage.deliver("generation-3")?;
    stage.provost(&["sync-up", "--connector", "HR", "--mode", "complete"], Ending::Done)?;
    stage.provost(&["sync-up", "--connector", "AD", "--mode", "incremental"], Ending::Done)?;
    stage.chapter("Someone comes back", "The last month brings a person back who had left, under the same number.");
    stage.deliver("generation-4")?;
    for connector in ["HR", "AD"] {
        stage.provost(&["sync-up", "--connector", connector, "--mode", "incremental"], Ending::Done)?;
    }
    stage.say("Properties are computed again, for the new people and for those whose names changed.");
    stage.provost(&["update-entity-property-expressions", "--all-entitytype"], Ending::Done)?;
    Ok(())
}

fn block(stage: &mut Stage) -> Result<(), Failure> {
    stage.chapter(
        "A faulty export",
        "Somebody touched the HR report: the headings of two columns are the wrong way round. Every row can be \
         read, and every row is wrong.",
    );
    stage.deliver("faulty")?;
    let printed = stage.provost(&["sync-up", "--connector", "HR", "--mode", "complete"], Ending::Blocked)?;
    let hash = printed.change_set()?;
    stage.say(&format!(
        "Nothing was changed. Had the change been intended, `provost synchronization-validation --connector HR \
         --change-set {hash}` would apply exactly these rows. It was not, so the report is mended and HR runs again."
    ));
    stage.deliver("generation-4")?;
    stage.provost(&["sync-up", "--connector", "HR", "--mode", "complete"], Ending::Done)?;
    Ok(())
}

fn look_back(stage: &mut Stage) -> Result<(), Failure> {
    let person = renamed()?;
    stage.chapter("One person's history", "Someone married in October. Each version says from when to when it held.");
    stage.provost(&["resource", "list", "HR_Person", "--search", "Hallgr"], Ending::Done)?;
    stage.provost(&["resource", "history", "HR_Person", &person], Ending::Done)?;
    stage.say("Every write has an entry in the journal: who, when, why, how many.");
    stage.provost(&["journal", "--page-size", "10"], Ending::Done)?;
    Ok(())
}

/// Employee number of the person who has another name in the second generation.
fn renamed() -> Result<String, Failure> {
    let file = home::example("generation-2/hr_persons.csv");
    let text = std::fs::read_to_string(file).doing("read the persons of the second generation")?;
    let row = text.lines().find(|line| line.contains(";Hallgrímsson;"));
    let id = row.and_then(|row| row.split(';').next()).map(str::to_owned);
    id.ok_or_else(|| Failure::new("nobody was renamed in the second generation"))
}

fn farewell(stage: &mut Stage, start: Instant) -> Result<(), Failure> {
    let person = renamed()?;
    stage.chapter("What to try next", "The home stays, and the program is target/release/provost.");
    println!("  export PROVOST_HOME={HOME} PATH=\"$PWD/target/release:$PATH\"");
    println!("  provost resource show HR_Person {person}");
    println!("  provost resource list AD_Entry --search Remote");
    println!("  provost resource list HR_Organization --format csv");
    println!("  ls {HOME}/Work/Collect             # what was set aside, and why");
    println!("  provost sync-up --connector HR --mode incremental --format json | tail -1");
    println!("  delete a third of {HOME}/Sources/hr_persons.csv, and run HR again");
    println!("\nThe demo took {:.0} s.", start.elapsed().as_secs_f64());
    Ok(())
}
