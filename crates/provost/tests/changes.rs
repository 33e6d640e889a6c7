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

/// Whoever is at home nowhere now is so at once, whatever the command: linked, waiting, and for a key that nobody has.
fn an_emptied_value_removes_the_single_link(kind: Kind) {
    let home = small::loaded(kind);
    changes(&home, "", "insert,C,4\n");
    assert_eq!(held(&home).waiting, [small::waits(HOME, "C", "4")].into());
    let done = changes(&home, "", "update,,1\nmerge,,4\nupdate,,77\n");
    assert_eq!(done.summary.state, State::Completed, "{done:?}");
    let c = &done.summary.associations[HOME];
    assert_eq!((c.rows, c.null_keys, c.inserted, c.deleted, c.orphans), (3, 0, 0, 2, 0), "{done:?}");
    assert_eq!((c.links_created, c.links_removed), (0, 1), "{done:?}");
    assert_eq!(homes(&home), ["2 in B", "3 in B"]);
    assert!(held(&home).waiting.is_empty());
    let twice = changes(&home, "", "update,,1\n");
    assert_eq!(twice.summary.associations[HOME].deleted, 0, "{twice:?}");
    let gone = home.database.rows("SELECT KeyValue FROM UR_ResourcesHistory WHERE KeyValue = '1' AND I40 IS NOT NULL");
    assert_eq!(gone.len(), 1, "the link that was is in history");
}

/// Nothing in the run has to do with them, so nobody looks at them; they are part of its result nevertheless.
fn pairs_that_go_on_waiting_are_counted(kind: Kind) {
    let home = small::loaded(kind);
    changes(&home, "", "insert,C,4\ninsert,D,5\n");
    let done = changes(&home, "update,1,ada,Ada L,36\n", "");
    let c = &done.summary.associations[HOME];
    assert_eq!((c.orphans, c.inserted, c.deleted, c.unchanged), (2, 0, 0, 5), "{done:?}");
    assert_eq!(done.summary.state, State::Warning, "{done:?}");
    let found = changes(&home, "insert,5,eve,Eve,20\n", "");
    assert_eq!(found.summary.associations[HOME].orphans, 2, "there is no team D: {found:?}");
    home.write("Sources/teams.csv", "command,code,title\ninsert,D,Delta\n");
    home.write("Sources/people.csv", "command,id,login,name,age\n");
    let linked = attempt(&home, &[&sync_up("incremental")[..], &["--type", "changes"]].concat());
    let c = &linked.summary.associations[HOME];
    assert_eq!((c.orphans, c.links_created), (1, 1), "{linked:?}");
    assert_eq!(homes(&home), ["1 in A", "2 in B", "3 in B", "5 in D"]);
}

/// In the order of the source, which is not that of the keys.
fn the_last_row_about_an_owner_wins(kind: Kind) {
    let home = small::loaded(kind);
    let rows = "update,B,1\nupdate,A,2\nupdate,A,1\nupdate,B,1\nupdate,A,3\nupdate,,3\ninsert,A,4\ndelete,A,4\n";
    let done = changes(&home, "", rows);
    assert_eq!(done.summary.state, State::Completed, "{done:?}");
    assert_eq!(homes(&home), ["2 in A", "1 in B"]);
    assert!(held(&home).waiting.is_empty());
    let c = &done.summary.associations[HOME];
    assert_eq!((c.inserted, c.deleted, c.links_created, c.links_removed), (2, 3, 2, 3), "{done:?}");
    let lines = home.database.rows("SELECT COUNT(*) FROM UR_ResourceLinkChanges");
    assert_eq!(lines[0][0].as_deref(), Some("0"));
    changes(&home, "", "insert,,2\ninsert,B,2\n");
    assert_eq!(homes(&home), ["1 in B", "2 in B"]);
    changes(&home, "", "delete,,2\n");
    assert_eq!(homes(&home), ["1 in B"]);
}

/// A row says what it has columns for, and nothing about the rest.
fn rows_may_lack_columns(kind: Kind) {
    let home = small::loaded(kind);
    home.write("Sources/teams.csv", "command,code,title\n");
    home.write("Sources/members.csv", "command,team,login\n");
    home.write("Sources/homes.csv", "command,team,id\n");
    home.write(
        "Sources/people.csv",
        "age;command;id\n37;update;1\n9;merge;5\n8;insert;6\n;merge;2\n1;update;7\n41;delete;4\n50;insert;4\n",
    );
    let done = attempt(&home, &[&sync_up("incremental")[..], &["--type", "changes"]].concat());
    let c = &done.summary.entity_types[PERSON];
    assert_eq!((c.rows, c.inserted, c.updated, c.deleted), (7, 2, 3, 0), "{done:?}");
    let row = |values: [&str; 3]| values.map(|v| (!v.is_empty()).then(|| v.to_owned())).to_vec();
    let wanted = [
        ("1", ["ada", "Ada", "37"]),
        ("2", ["bob", "Bob", ""]),
        ("3", ["cyd", "Cyd", ""]),
        ("4", ["", "", "50"]),
        ("5", ["", "", "9"]),
        ("6", ["", "", "8"]),
    ];
    assert_eq!(held(&home).people, wanted.map(|(id, values)| (id.to_owned(), row(values))).into());
    small::assert_keys_are_true(&home, "after rows in part");
    assert_eq!(held(&home).members, small::pairs(&[("A", "1"), ("A", "2"), ("B", "3")]));

    small::lay_out(&home);
    home.write("Sources/people.csv", "id,login,name,age\n1,ada,Ada,37\n2,bob,Bob,\n3,cyd,Cyd,\n4,,,50\n5,,,9\n6,,,8\n");
    let after = attempt(&home, &sync_up("complete"));
    let c = &after.summary.entity_types[PERSON];
    assert_eq!((c.inserted, c.updated, c.deleted, c.unchanged), (0, 0, 0, 6), "nothing is left to mend: {after:?}");
    let keyless = "command,login\nupdate,ada\n";
    home.write("Sources/people.csv", keyless);
    let refused = attempt(&home, &[&sync_up("incremental")[..], &["--type", "changes"]].concat());
    assert_eq!(refused.error().0, "source", "the key must be there: {refused:?}");
}

/// Homes stand in the file of people here. A file without them says nothing about them; an empty one ends a home.
fn pairs_may_share_the_file_of_an_entity_type(kind: Kind) {
    let home = small::loaded(kind);
    let shared = std::fs::read_to_string(home.file("Conf/Small.xml")).unwrap();
    home.write("Conf/Small.xml", shared.replace("ConnectionTable=\"Homes\"", "ConnectionTable=\"People\""));
    home.deploy(&home.file("Conf"));
    home.write("Sources/teams.csv", "command,code,title\n");
    home.write("Sources/members.csv", "command,team,login\n");
    let told = |people: &str| {
        home.write("Sources/people.csv", people);
        attempt(&home, &[&sync_up("incremental")[..], &["--type", "changes"]].concat())
    };
    let done = told("command,id,name\nupdate,1,Ada L\ndelete,3,\n");
    assert_eq!(done.summary.entity_types[PERSON].updated, 1, "{done:?}");
    assert_eq!(homes(&home), ["1 in A", "2 in B"], "the home of a resource that is gone goes with it");
    assert_eq!(held(&home).people["1"][1].as_deref(), Some("Ada L"));
    let done = told("command,id,name,team\nupdate,1,Ada,B\nupdate,2,Bob,\nmerge,9,Eve,A\n");
    let c = &done.summary.associations[HOME];
    assert_eq!((c.rows, c.null_keys, c.links_created, c.links_removed), (3, 0, 2, 2), "{done:?}");
    assert_eq!(homes(&home), ["9 in A", "1 in B"]);
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
    an_emptied_value_removes_the_single_link,
    the_last_row_about_an_owner_wins,
    rows_may_lack_columns,
    pairs_that_go_on_waiting_are_counted,
    pairs_may_share_the_file_of_an_entity_type,
);
