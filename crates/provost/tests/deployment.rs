//! What a deployment does to a repository that holds data, and to the runs after it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use support::small::{self, attempt, prepare, sync_up};
use support::{Home, Kind};

/// Deploys the configuration with some lines changed; what was said on standard error.
fn redeploy(home: &Home, changes: &[(&str, &str)]) -> String {
    let mut text = std::fs::read_to_string(home.file("Conf/Small.xml")).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    home.write("Conf/Small.xml", text);
    let folder = home.file("Conf");
    let done = home.run(&["deploy-configuration", "-d", folder.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    String::from_utf8(done.stderr).unwrap()
}

fn a_column_that_is_not_mapped_any_more_has_not_vanished(kind: Kind) {
    let home = small::loaded(kind);
    redeploy(&home, &[(r#"<Property Identifier="Age" ConnectionColumn="age" Format="Int32" />"#, "")]);
    let done = attempt(&home, &sync_up("complete"));
    assert_eq!((done.exit, &done.summary.causes[..]), (Some(0), &[][..]), "{done:?}");
}

fn removing_a_type_says_how_many_resources_go(kind: Kind) {
    let home = small::loaded(kind);
    home.write("Conf/Small.xml", "<ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\"/>");
    let said = redeploy(&home, &[]);
    assert_eq!(
        said,
        "warning: with entity type T_Person go its 4 resources; their history is kept\n\
         warning: with entity type T_Team go its 2 resources; their history is kept\n"
    );
}

fn an_agent_must_be_known(kind: Kind) {
    let home = small::loaded(kind);
    small::export(&home);
    let known = attempt(&home, &[&prepare("complete")[..], &["--agent", "local"]].concat());
    assert_eq!(known.exit, Some(0), "{known:?}");
    let other = attempt(&home, &[&prepare("complete")[..], &["--agent", "Lokal"]].concat());
    assert_eq!(other.error(), ("unknown-agent", "agent \"Lokal\" is not in the deployed configuration"));
    assert_eq!(other.exit, Some(2));
}

on_both_databases!(
    a_column_that_is_not_mapped_any_more_has_not_vanished,
    removing_a_type_says_how_many_resources_go,
    an_agent_must_be_known,
);
