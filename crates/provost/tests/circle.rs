//! The whole circle, with a real directory: personnel file, role model, orders, accounts, and back.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]
#![cfg(feature = "fault-injection")]

#[path = "../../connectors/tests/common/authority.rs"]
#[allow(dead_code, missing_docs)]
mod authority;
#[path = "circle/company.rs"]
mod company;
#[path = "circle/place.rs"]
mod place;
#[path = "../../connectors/tests/common/samba.rs"]
#[allow(dead_code, missing_docs)]
mod samba;
#[path = "../../connectors/tests/common/slapd.rs"]
#[allow(dead_code, missing_docs)]
mod slapd;
mod support;

use company::{Company, NOBODY};
use place::Place;
use slapd::SUFFIX;
use support::Kind;

on_both_databases!(
    somebody_comes_moves_leaves_and_returns,
    a_service_account_without_rights_gives_errors_that_are_tried_again_when_somebody_says_so,
    an_agent_that_dies_between_doing_and_telling_does_nothing_twice,
    a_preparation_that_fails_loses_no_change,
);

fn somebody_comes_moves_leaves_and_returns(kind: Kind) {
    if let Some(place) = Place::open_ldap() {
        life(Company::with(kind, place));
    }
}

#[test]
fn somebody_comes_moves_leaves_and_returns_in_active_directory() {
    if let Some(place) = Place::active_directory() {
        life(Company::with(Kind::Sqlite, place));
    }
}

fn life(mut company: Company) {
    let (starts, later) = (company.date(-1), company.date(10));
    let (enabled, disabled) = (company.place.words().enabled, company.place.words().disabled);

    // Ada begins in Sales in Lisbon; Bob will, in ten days.
    let bob = format!("2,Bob,Barker,Sales,LIS,{later},");
    company.persons(&[&format!("1,Ada,Lovelace,Sales,LIS,{starts},"), &bob]);
    company.job("Daily");
    let ada = |city: &str, status: &str, groups: &str| {
        format!("Ada Lovelace, {city}, ada.lovelace@example.org, {status} in {groups}")
    };
    assert_eq!(company.account("ada.lovelace"), ada("Lisbon", enabled, "lisbon+sales"));
    assert_eq!(company.account("bob.barker"), NOBODY);
    assert_eq!(company.standing(1), ["Dir_Account Executed"]);

    // The next synchronisation finds the account.
    company.job("Fast");
    assert_eq!(company.standing(1), ["Dir_Account Verified"]);

    // Five days later she moves to Finance in Oslo: other groups, and a user of the ledger.
    company.today = 5;
    company.persons(&[&format!("1,Ada,Lovelace,Finance,OSL,{starts},"), &bob]);
    company.job("Fast");
    assert_eq!(company.account("ada.lovelace"), ada("Oslo", enabled, "finance+oslo"));
    assert_eq!(company.users(), ["ada.lovelace Ada Lovelace ada.lovelace@example.org"]);
    company.job("Fast");
    assert_eq!(company.standing(1), ["Dir_Account Verified", "Ledger_Account Verified"]);

    // Somebody changes her mail address by hand. Nothing is overwritten before somebody says so.
    company.today = 6;
    company.place.modify(&format!(
        "dn: {}\nchangetype: modify\nreplace: mail\nmail: queen@example.org\n\n",
        company.place.dn("ada.lovelace")
    ));
    company.job("Fast");
    assert_eq!(
        company.review("property"),
        ["Dir_Account mail: ada.lovelace@example.org, and there is queen@example.org"]
    );
    company.run(&["review", "approve", "--kind", "property", "--comment", "the address follows the name"]);
    company.job("Daily");
    assert_eq!(company.account("ada.lovelace"), ada("Oslo", enabled, "finance+oslo"));
    assert_eq!(company.review("property"), [""; 0]);

    // Bob's first day has come.
    company.today = 12;
    company.job("Daily");
    let expected = format!("Bob Barker, Lisbon, bob.barker@example.org, {enabled} in lisbon+sales");
    assert_eq!(company.account("bob.barker"), expected);

    // Ada has left: disabled and without groups, gone from the ledger; removed thirty days later.
    company.today = 20;
    let ends = company.date(15);
    company.persons(&[&format!("1,Ada,Lovelace,Finance,OSL,{starts},{ends}"), &bob]);
    company.job("Daily");
    assert_eq!(company.account("ada.lovelace"), ada("Oslo", disabled, ""));
    assert_eq!(company.users(), [""; 0]);
    company.job("Fast");
    assert_eq!(company.standing(1), ["Dir_Account Verified"]);
    company.today = 50;
    company.job("Daily");
    assert_eq!(company.account("ada.lovelace"), NOBODY);
    company.job("Fast");
    assert_eq!(company.standing(1), [""; 0]);

    // And she comes back, to Sales in Oslo.
    company.today = 60;
    let again = company.date(59);
    company.persons(&[&format!("1,Ada,Lovelace,Sales,OSL,{again},"), &bob]);
    company.job("Fast");
    assert_eq!(company.account("ada.lovelace"), ada("Oslo", enabled, "oslo+sales"));
    company.job("Fast");
    assert_eq!(company.standing(1), ["Dir_Account Verified"]);
    assert_eq!(company.account("bob.barker"), expected);
}

/// Ids of what was refused.
fn refused(company: &Company) -> Vec<String> {
    let text = company.home.ok(&["review", "--kind", "errored", "--format", "csv"]);
    text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned()).collect()
}

/// Gives the orders of the directory that are due, and carries them out; tells how that went.
fn give_and_carry_out(company: &Company) -> String {
    company.run(&["generate-provisioning-orders", "--connector", "Dir"]);
    let told = company.run(&["fulfill", "--connector", "Dir"]);
    told.lines().next().unwrap().to_owned()
}

fn a_service_account_without_rights_gives_errors_that_are_tried_again_when_somebody_says_so(kind: Kind) {
    let Some(mut company) = Company::start(kind) else { return };
    let (starts, ends) = (company.date(-10), company.date(5));
    let people = |end: &str| -> Vec<String> {
        (1..=150).map(|n| format!("{n},Ada{n},Byron,Sales,LIS,{starts},{end}")).collect()
    };
    company.persons(&people("").iter().map(String::as_str).collect::<Vec<_>>());
    company.job("Daily");
    company.job("Fast");
    assert_eq!(company.accounts(), 150);

    // All of them leave, their accounts are due, and the service account may not delete any more.
    company.persons(&people(&ends).iter().map(String::as_str).collect::<Vec<_>>());
    company.today = 40;
    company.home.write("reader.secret", "reader");
    company.settings(&format!("cn=reader,{SUFFIX}"), "reader.secret");
    company.run(&["sync-up", "--connector", "HR", "--mode", "complete"]);
    company.run(&["compute-role-model"]);
    assert_eq!(give_and_carry_out(&company), "0 orders executed, 150 errored");
    assert_eq!((refused(&company).len(), company.accounts()), (150, 150));
    // Nothing is tried again by itself.
    assert_eq!(give_and_carry_out(&company), "0 orders executed, 0 errored");

    // The rights are mended; one is tried, then all.
    company.settings(company.place.administrator().0, "directory.secret");
    let first = refused(&company).swap_remove(0);
    company.run(&["review", "unblock", "--kind", "errored", "--id", &first, "--comment", "it may delete again"]);
    assert_eq!(give_and_carry_out(&company), "1 orders executed, 0 errored");
    assert_eq!((refused(&company).len(), company.accounts()), (149, 149));
    company.run(&["review", "unblock", "--kind", "errored", "--error", "insufficientAccessRights"]);
    assert_eq!(give_and_carry_out(&company), "149 orders executed, 0 errored");
    assert_eq!((refused(&company).len(), company.accounts()), (0, 0));
}

fn an_agent_that_dies_between_doing_and_telling_does_nothing_twice(kind: Kind) {
    let Some(company) = Company::start(kind) else { return };
    let starts = company.date(-10);
    let people: Vec<String> = (1..=25).map(|n| format!("{n},Ada{n},Byron,Sales,LIS,{starts},")).collect();
    company.persons(&people.iter().map(String::as_str).collect::<Vec<_>>());
    for step in [
        &["sync-up", "--connector", "Dir", "--mode", "complete"][..],
        &["sync-up", "--connector", "HR", "--mode", "complete"],
        &["update-entity-property-expressions", "--all-entitytype"],
        &["compute-role-model"],
        &["generate-provisioning-orders", "--connector", "Dir"],
    ] {
        company.run(step);
    }
    let fulfil = ["fulfill", "--connector", "Dir", "--batch-size", "10"];
    let executed =
        || company.home.database.number("SELECT COUNT(*) FROM UP_AssignedResourceTypes WHERE ProvisioningState = 8");
    // It dies with ten orders that are done and not told; at the second ten, and once more.
    for (passage, told) in [(1, 0), (2, 10), (1, 10)] {
        let mut command = company.home.command(&fulfil);
        let output = command.env("PROVOST_CRASH_AT", format!("fulfil.carried-out:{passage}")).output().unwrap();
        assert!(!output.status.success());
        assert_eq!(executed(), told);
    }
    let written = || {
        let found = company.place.find(&["-b", SUFFIX, "entryCSN"]);
        let mut entries: Vec<String> = found.split("\n\n").map(str::to_owned).collect();
        entries.sort_unstable();
        entries
    };
    let before = written();
    let told = company.run(&fulfil);
    assert!(told.starts_with("15 orders executed, 0 errored"), "{told}");
    assert_eq!((executed(), company.accounts()), (25, 25));
    // The last ten of them were done before: fifteen were not told, five were not done.
    let same = written().iter().filter(|entry| before.contains(entry)).count();
    assert!(same >= 20, "{same} entries are as they were");
    company.job("Fast");
    let open = "SELECT COUNT(*) FROM UP_AssignedResourceTypes WHERE ProvisioningState <> 4";
    assert_eq!(company.home.database.number(open), 0);
}

fn a_preparation_that_fails_loses_no_change(kind: Kind) {
    let Some(company) = Company::start(kind) else { return };
    company.persons(&[]);
    company.run(&["sync-up", "--connector", "Dir", "--mode", "complete"]);
    let entries = || company.home.database.number("SELECT COUNT(*) FROM UR_Resources");
    let before = entries();
    let person = |uid: &str| {
        format!(
            "dn: uid={uid},ou=People,{SUFFIX}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: S\n\n"
        )
    };
    company.place.modify(&person("one"));
    company.run(&["export", "--connection", "LDAP", "--mode", "incremental"]);
    // The process dies when the session is accepted and the cookie does not count yet; another one is not started at
    // all. Either way the next export tells both.
    let prepare = ["prepare-synchronization", "--connector", "Dir", "--mode", "incremental"];
    let output = company.home.command(&prepare).env("PROVOST_CRASH_AT", "prepare.before-cookies").output().unwrap();
    assert!(!output.status.success());
    company.place.modify(&person("two"));
    company.run(&["export", "--connection", "LDAP", "--mode", "incremental"]);
    company.place.modify(&person("three"));
    company.run(&["sync-up", "--connector", "Dir", "--mode", "incremental"]);
    assert_eq!(entries(), before + 3);
}
