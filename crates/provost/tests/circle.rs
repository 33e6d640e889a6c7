//! The whole circle, with a real directory: personnel file, role model, orders, accounts, and back.
//!
//! Time goes by days: `days` is the morning at which a command runs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]
#![cfg(feature = "fault-injection")]

#[path = "../../connectors/tests/common/authority.rs"]
#[allow(dead_code, missing_docs)]
mod authority;
#[path = "../../connectors/tests/common/slapd.rs"]
#[allow(dead_code, missing_docs)]
mod slapd;
mod support;

use slapd::{ADMIN, PASSWORD, SUFFIX, Slapd};
use support::{Home, Kind, root};

on_both_databases!(
    somebody_comes_moves_leaves_and_returns,
    a_service_account_without_rights_gives_errors_that_are_tried_again_when_somebody_says_so,
    an_agent_that_dies_between_doing_and_telling_does_nothing_twice,
    a_preparation_that_fails_loses_no_change,
);

/// Groups, each with a member that is nobody's account, because OpenLDAP knows no empty ones.
fn groups() -> String {
    let keeper = format!("uid=keeper,ou=People,{SUFFIX}");
    let group = |name: &str| {
        format!("dn: cn={name},ou=Groups,{SUFFIX}\nobjectClass: groupOfNames\ncn: {name}\nmember: {keeper}\n\n")
    };
    let groups: String = ["sales", "finance", "lisbon", "oslo"].into_iter().map(group).collect();
    format!("dn: {keeper}\nobjectClass: inetOrgPerson\nuid: keeper\ncn: Keeper\nsn: Keeper\n\n{groups}")
}

/// A company with its directory.
struct Company {
    home: Home,
    slapd: Slapd,
    ledger: rusqlite::Connection,
    today: i64,
}

impl Company {
    fn start(kind: Kind) -> Option<Company> {
        let slapd = Slapd::start(&groups())?;
        let home = Home::new(kind);
        for name in ["personnel", "directory", "ledger", "policy"] {
            let text = std::fs::read(root().join(format!("crates/provost/tests/circle/{name}.xml"))).unwrap();
            home.write(&format!("Conf/{name}.xml"), text);
        }
        home.write("Sources/departments.csv", "code,name\nSales,Sales\nFinance,Finance\n");
        home.write("Sources/sites.csv", "code,city\nLIS,Lisbon\nOSL,Oslo\n");
        home.write("directory.secret", PASSWORD);
        let ledger = rusqlite::Connection::open(home.file("ledger.db")).unwrap();
        ledger.execute_batch("CREATE TABLE users (login TEXT PRIMARY KEY, name TEXT NOT NULL, mail TEXT)").unwrap();
        let company = Company { home, slapd, ledger, today: 0 };
        company.settings(ADMIN, "directory.secret");
        company.home.deploy(&company.home.file("Conf"));
        Some(company)
    }

    /// Settings of the agent, with the account that it works with in the directory. The password is in a file.
    fn settings(&self, login: &str, secret: &str) {
        let settings = serde_json::json!({"Connections": {
            "Persons": {"Path": "Sources/persons.csv", "PathIncremental": "Sources/persons.csv"},
            "Departments": {"Path": "Sources/departments.csv", "PathIncremental": "Sources/departments.csv"},
            "Sites": {"Path": "Sources/sites.csv", "PathIncremental": "Sources/sites.csv"},
            "App": {"ConnectionString": "sqlite:ledger.db"},
            "LDAP": {
                "Server": format!("localhost:{}", self.slapd.tls_port), "DistinguishedName": SUFFIX,
                "Login": login, "Password": {"File": secret}, "Filter": "(|(objectClass=inetOrgPerson)(objectClass=groupOfNames))",
                "CertificateAuthority": self.slapd.folder.path().join("ca.pem"),
            },
        }});
        self.home.write("appsettings.agent.json", settings.to_string());
    }

    /// The personnel system writes its file.
    fn persons(&self, rows: &[&str]) {
        let header = "number,first_name,last_name,department,site,start,end\n";
        self.home.write("Sources/persons.csv", format!("{header}{}\n", rows.join("\n")));
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = self.home.command(arguments).env("PROVOST_DAYS_AHEAD", self.today.to_string()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        println!("$ provost {}\n{text}\n{}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        text
    }

    /// The date so many days from the day on which the test began.
    fn date(&self, ahead: i64) -> String {
        let today = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).date();
        today.checked_add(jiff::Span::new().days(ahead)).unwrap().to_string()
    }

    /// Runs a job to its end. None of its tasks fails or is blocked.
    fn job(&self, name: &str) {
        let output = self.run(&["invoke-job", "-j", name, "--format", "json"]);
        let shown: serde_json::Value = serde_json::from_str(output.lines().next().unwrap()).unwrap();
        for task in shown["tasks"].as_array().unwrap() {
            let state = task["state"].as_str().unwrap();
            assert!(matches!(state, "Completed" | "Warning" | "Skipped"), "{task}");
        }
        assert!(matches!(shown["state"].as_str(), Some("Completed" | "Warning")), "{shown}");
    }

    /// Resource types of a person, with their provisioning states.
    fn standing(&self, number: u32) -> Vec<String> {
        let listed = self.run(&["assignment", "list", "--owner", &format!("HR_Person:{number}"), "--format", "csv"]);
        let rows = listed.lines().map(|line| line.split(',').collect::<Vec<_>>());
        rows.filter(|row| row[0] == "Resource type").map(|row| format!("{} {}", row[1], row[3])).collect()
    }

    /// What waits in a review: what is proposed, and what there is.
    fn review(&self, kind: &str) -> Vec<String> {
        let listed = self.run(&["review", "--kind", kind, "--format", "csv"]);
        let rows = listed.lines().map(|line| line.split(',').collect::<Vec<_>>()).filter(|row| row.len() > 7);
        rows.skip(1).map(|row| format!("{} {}: {}, and there is {}", row[3], row[4], row[6], row[7])).collect()
    }

    /// An account as the directory holds it, and its groups.
    fn account(&self, uid: &str) -> String {
        let dn = format!("uid={uid},ou=People,{SUFFIX}");
        let entry = self.slapd.find(&["-b", SUFFIX, &format!("(uid={uid})"), "cn", "l", "mail", "employeeType"]);
        let groups = self.slapd.find(&["-b", &format!("ou=Groups,{SUFFIX}"), &format!("(member={dn})"), "cn"]);
        let value = |text: &str, name: &str| {
            let values = text.lines().filter_map(|line| line.strip_prefix(&format!("{name}: ")));
            let mut values: Vec<&str> = values.collect();
            values.sort_unstable();
            values.join("+")
        };
        let words = ["cn", "l", "mail", "employeeType"].map(|name| value(&entry, name));
        format!("{} in {}", words.join(", "), value(&groups, "cn"))
    }

    /// Accounts of the directory, without that of the keeper.
    fn accounts(&self) -> usize {
        let found = self.slapd.find(&["-b", SUFFIX, "(&(objectClass=inetOrgPerson)(!(uid=keeper)))", "uid"]);
        found.lines().filter(|line| line.starts_with("uid: ")).count()
    }

    /// Users of the ledger.
    fn users(&self) -> Vec<String> {
        let mut statement = self.ledger.prepare("SELECT login || ' ' || name || ' ' || mail FROM users").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}

const NOBODY: &str = ", , ,  in ";

fn somebody_comes_moves_leaves_and_returns(kind: Kind) {
    let Some(mut company) = Company::start(kind) else { return };
    let (starts, later) = (company.date(-1), company.date(10));

    // Ada begins in Sales in Lisbon; Bob will, in ten days.
    let bob = format!("2,Bob,Barker,Sales,LIS,{later},");
    company.persons(&[&format!("1,Ada,Lovelace,Sales,LIS,{starts},"), &bob]);
    company.job("Daily");
    let ada = |city: &str, status: &str, groups: &str| {
        format!("Ada Lovelace, {city}, ada.lovelace@example.org, {status} in {groups}")
    };
    assert_eq!(company.account("ada.lovelace"), ada("Lisbon", "enabled", "lisbon+sales"));
    assert_eq!(company.account("bob.barker"), NOBODY);
    assert_eq!(company.standing(1), ["Dir_Account Executed"]);

    // The next synchronisation finds the account.
    company.job("Fast");
    assert_eq!(company.standing(1), ["Dir_Account Verified"]);

    // Five days later she moves to Finance in Oslo: other groups, and a user of the ledger.
    company.today = 5;
    company.persons(&[&format!("1,Ada,Lovelace,Finance,OSL,{starts},"), &bob]);
    company.job("Fast");
    assert_eq!(company.account("ada.lovelace"), ada("Oslo", "enabled", "finance+oslo"));
    assert_eq!(company.users(), ["ada.lovelace Ada Lovelace ada.lovelace@example.org"]);
    company.job("Fast");
    assert_eq!(company.standing(1), ["Dir_Account Verified", "Ledger_Account Verified"]);

    // Somebody changes her mail address by hand. Nothing is overwritten before somebody says so.
    company.today = 6;
    company.slapd.modify(&format!(
        "dn: uid=ada.lovelace,ou=People,{SUFFIX}\nchangetype: modify\nreplace: mail\nmail: queen@example.org\n\n"
    ));
    company.job("Fast");
    assert_eq!(
        company.review("property"),
        ["Dir_Account mail: ada.lovelace@example.org, and there is queen@example.org"]
    );
    company.run(&["review", "approve", "--kind", "property", "--comment", "the address follows the name"]);
    company.job("Daily");
    assert_eq!(company.account("ada.lovelace"), ada("Oslo", "enabled", "finance+oslo"));
    assert_eq!(company.review("property"), [""; 0]);

    // Bob's first day has come.
    company.today = 12;
    company.job("Daily");
    let expected = "Bob Barker, Lisbon, bob.barker@example.org, enabled in lisbon+sales";
    assert_eq!(company.account("bob.barker"), expected);

    // Ada has left: disabled and without groups, gone from the ledger; removed thirty days later.
    company.today = 20;
    let ends = company.date(15);
    company.persons(&[&format!("1,Ada,Lovelace,Finance,OSL,{starts},{ends}"), &bob]);
    company.job("Daily");
    assert_eq!(company.account("ada.lovelace"), ada("Oslo", "disabled", ""));
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
    assert_eq!(company.account("ada.lovelace"), ada("Oslo", "enabled", "oslo+sales"));
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
    company.settings(ADMIN, "directory.secret");
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
        let found = company.slapd.find(&["-b", SUFFIX, "entryCSN"]);
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
    company.slapd.modify(&person("one"));
    company.run(&["export", "--connection", "LDAP", "--mode", "incremental"]);
    // The process dies when the session is accepted and the cookie does not count yet; another one is not started at
    // all. Either way the next export tells both.
    let prepare = ["prepare-synchronization", "--connector", "Dir", "--mode", "incremental"];
    let output = company.home.command(&prepare).env("PROVOST_CRASH_AT", "prepare.before-cookies").output().unwrap();
    assert!(!output.status.success());
    company.slapd.modify(&person("two"));
    company.run(&["export", "--connection", "LDAP", "--mode", "incremental"]);
    company.slapd.modify(&person("three"));
    company.run(&["sync-up", "--connector", "Dir", "--mode", "incremental"]);
    assert_eq!(entries(), before + 3);
}
