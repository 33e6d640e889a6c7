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

on_both_databases!(somebody_comes_moves_leaves_and_returns);

/// Groups, each with a member, because OpenLDAP knows no empty ones.
fn groups() -> String {
    let group = |name: &str| {
        format!("dn: cn={name},ou=Groups,{SUFFIX}\nobjectClass: groupOfNames\ncn: {name}\nmember: {ADMIN}\n\n")
    };
    ["sales", "finance", "lisbon", "oslo"].into_iter().map(group).collect()
}

/// A company with its directory.
struct Company {
    home: Home,
    slapd: Slapd,
    today: i64,
}

impl Company {
    fn start(kind: Kind) -> Option<Company> {
        let slapd = Slapd::start(&groups())?;
        let home = Home::new(kind);
        for name in ["personnel", "directory", "policy"] {
            let text = std::fs::read(root().join(format!("crates/provost/tests/circle/{name}.xml"))).unwrap();
            home.write(&format!("Conf/{name}.xml"), text);
        }
        home.write("Sources/departments.csv", "code,name\nSales,Sales\nFinance,Finance\n");
        home.write("Sources/sites.csv", "code,city\nLIS,Lisbon\nOSL,Oslo\n");
        home.write("directory.secret", PASSWORD);
        let company = Company { home, slapd, today: 0 };
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
            "LDAP": {
                "Server": format!("localhost:{}", self.slapd.tls_port), "DistinguishedName": SUFFIX,
                "Login": login, "Password": {"File": secret}, "Filter": "(objectClass=*)",
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
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        println!("$ provost {}\n{text}", arguments.join(" "));
        text
    }

    /// The date so many days from the day on which the test began.
    fn date(&self, ahead: i64) -> String {
        let today = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).date();
        today.checked_add(jiff::Span::new().days(ahead)).unwrap().to_string()
    }

    /// Runs a job to its end; gives its tasks that did something else than complete.
    fn job(&self, name: &str) -> String {
        self.run(&["invoke-job", "-j", name])
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
}

/// The table of a job without what differs from run to run: task, state.
fn tasks(text: &str) -> Vec<String> {
    let rows = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let rows = rows.filter(|words| words.len() > 2 && words[0].parse::<u32>().is_ok());
    rows.map(|words| format!("{} {}", words[1], words[2])).collect()
}

fn somebody_comes_moves_leaves_and_returns(kind: Kind) {
    let Some(mut company) = Company::start(kind) else { return };
    let day = |company: &Company, ahead: i64| company.date(ahead);
    let starts = day(&company, -1);
    let later = day(&company, 10);

    // Ada begins in Sales in Lisbon; Bob will, in ten days.
    let bob = format!("2,Bob,Barker,Sales,LIS,{later},");
    company.persons(&[&format!("1,Ada,Lovelace,Sales,LIS,{starts},"), &bob]);
    println!("{:?}", tasks(&company.job("Daily")));
    println!("{}", company.account("ada.lovelace"));
    println!("{}", company.account("bob.barker"));
    company.run(&["assignment", "list"]);

    // The next synchronisation finds the account.
    println!("{:?}", tasks(&company.job("Fast")));
    company.run(&["assignment", "list"]);

    // Five days later she moves to Finance in Oslo.
    company.today = 5;
    company.persons(&[&format!("1,Ada,Lovelace,Finance,OSL,{starts},"), &bob]);
    println!("{:?}", tasks(&company.job("Fast")));
    println!("{}", company.account("ada.lovelace"));
    company.job("Fast");

    // Somebody changes her mail address by hand.
    company.today = 6;
    company.slapd.modify(&format!(
        "dn: uid=ada.lovelace,ou=People,{SUFFIX}\nchangetype: modify\nreplace: mail\nmail: queen@example.org\n\n"
    ));
    company.job("Fast");
    company.run(&["review"]);
    company.run(&["review", "approve", "--kind", "property"]);
    company.job("Daily");
    println!("{}", company.account("ada.lovelace"));
    company.run(&["review"]);

    // Bob's first day.
    company.today = 12;
    company.job("Daily");
    println!("{}", company.account("bob.barker"));

    // Ada has left.
    company.today = 20;
    let ends = day(&company, 15);
    company.persons(&[&format!("1,Ada,Lovelace,Finance,OSL,{starts},{ends}"), &bob]);
    company.job("Daily");
    println!("{}", company.account("ada.lovelace"));
    company.job("Fast");
    company.run(&["assignment", "list"]);
    company.today = 50;
    company.job("Daily");
    println!("{}", company.account("ada.lovelace"));
    company.job("Fast");
    company.run(&["assignment", "list"]);

    // And comes back.
    company.today = 60;
    let again = day(&company, 59);
    company.persons(&[&format!("1,Ada,Lovelace,Sales,OSL,{again},"), &bob]);
    company.job("Fast");
    println!("{}", company.account("ada.lovelace"));
    company.job("Fast");
    company.run(&["assignment", "list"]);
    panic!("look");
}
