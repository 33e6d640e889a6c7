//! Exports that carry changes: each row says what to do with what it names.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use provost_model::summary::State;
use support::small::{self, Attempt, HOME, PERSON, attempt, held, sync_up};
use support::{Home, Kind};

/// Sources of changes, each with the header alone unless said otherwise; then one incremental run of them.
fn changes(home: &Home, people: &str, homes: &str) -> Attempt {
    home.write("Sources/people.csv", format!("command,id,login,name,age\n{people}"));
    home.write("Sources/teams.csv", "command,code,title\n");
    home.write("Sources/members.csv", "command,team,login\n");
    home.write("Sources/homes.csv", format!("command,team,id\n{homes}"));
    attempt(home, &[&sync_up("incremental")[..], &["--type", "changes"]].concat())
}

fn homes(home: &Home) -> Vec<String> {
    held(home).homes.into_iter().map(|(team, person)| format!("{person} in {team}")).collect()
}

fn commands_do_what_they_say(kind: Kind) {
    let home = small::loaded(kind);
    let people = "Update,1,ada,Ada L,36\nADD,5,eve,Eve,20\ndelete,2,,,\nmerge,3,cyd,Cyd,33\nmerge,6,fay,Fay,\n";
    let done = changes(&home, people, "");
    let c = &done.summary.entity_types[PERSON];
    assert_eq!((c.inserted, c.updated, c.deleted), (2, 2, 1), "{done:?}");
    let names: Vec<_> = held(&home).people.into_iter().map(|(id, row)| (id, row[1].clone().unwrap())).collect();
    let wanted = [("1", "Ada L"), ("3", "Cyd"), ("4", "Dan"), ("5", "Eve"), ("6", "Fay")];
    assert_eq!(names, wanted.map(|(id, name)| (id.to_owned(), name.to_owned())));
}

/// Such an export says where Ada lives now, and nothing about where she lived before.
fn a_single_link_moves_with_its_new_pair(kind: Kind) {
    let home = small::loaded(kind);
    assert_eq!(homes(&home), ["1 in A", "2 in B", "3 in B"]);
    let done = changes(&home, "", "update,B,1\nmerge,A,4\n");
    assert_eq!(done.summary.state, State::Completed, "{done:?}");
    let c = &done.summary.associations[HOME];
    assert_eq!((c.inserted, c.deleted, c.unchanged, c.orphans), (2, 1, 2, 0), "{done:?}");
    assert_eq!(homes(&home), ["4 in A", "1 in B", "2 in B", "3 in B"]);

    small::lay_out(&home);
    home.write("Sources/homes.csv", "team,id\nB,1\nB,2\nB,3\nA,4\n");
    let after = attempt(&home, &sync_up("complete"));
    let c = &after.summary.associations[HOME];
    assert_eq!((c.inserted, c.deleted, c.unchanged), (0, 0, 4), "nothing is left to mend: {after:?}");
}

/// A home that does not exist yet takes the place of the old one as well, and is linked once it is there.
fn a_single_link_gives_way_to_a_pair_that_waits(kind: Kind) {
    let home = small::loaded(kind);
    let done = changes(&home, "", "insert,C,1\n");
    assert_eq!(done.summary.associations[HOME].orphans, 1, "{done:?}");
    assert_eq!(homes(&home), ["2 in B", "3 in B"]);
    let back = changes(&home, "", "insert,A,1\n");
    assert_eq!(back.summary.associations[HOME].orphans, 0, "{back:?}");
    assert_eq!(homes(&home), ["1 in A", "2 in B", "3 in B"]);
    assert!(held(&home).waiting.is_empty());
}

/// Changes are delivered once. When a session of them is lost, what follows would leave a gap.
fn a_lost_session_demands_a_complete_run(kind: Kind) {
    let home = small::loaded(kind);
    changes(&home, "update,1,ada,Ada L,36\n", "");
    home.write("Sources/people.csv", "command,id,login,name,age\nupdate,1,ada,Ada M,36\n");
    home.ok(&["export", "--connection", "People", "--mode", "incremental", "--force-complete"]);
    attempt(&home, &[&small::prepare("incremental")[..], &["--type", "changes"]].concat());
    let session = std::fs::read_dir(home.file("Work/Synchronization")).unwrap().map(|e| e.unwrap().path());
    let session = session.filter(|path| path.is_dir()).last().unwrap();
    std::fs::write(session.join("T_Person.sorted.delta"), "damaged").unwrap();
    assert_eq!(attempt(&home, &small::synchronize()).error().0, "session");
    let refused = changes(&home, "update,1,ada,Ada N,36\n", "");
    assert_eq!(refused.error().0, "complete-needed", "{refused:?}");
    small::lay_out(&home);
    assert_eq!(attempt(&home, &sync_up("complete")).summary.state, State::Completed);
    let again = changes(&home, "update,1,ada,Ada O,36\n", "");
    assert_eq!(again.summary.entity_types[PERSON].updated, 1, "{again:?}");
}

on_both_databases!(
    a_lost_session_demands_a_complete_run,
    commands_do_what_they_say,
    a_single_link_moves_with_its_new_pair,
    a_single_link_gives_way_to_a_pair_that_waits,
);
