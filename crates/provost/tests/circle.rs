//! The whole circle, with a real directory: personnel file, role model, orders, accounts, and back.
//!
//! Time goes by days: `days` is the morning at which a command runs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]
#![cfg(feature = "fault-injection")]

mod support;
#[path = "../../connectors/tests/common/authority.rs"]
#[allow(dead_code, missing_docs)]
mod authority;
#[path = "../../connectors/tests/common/slapd.rs"]
#[allow(dead_code, missing_docs)]
mod slapd;

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

    /// Runs a job to its end; gives its tasks that did something else than complete.
    fn job(&self, name: &str) -> String {
        let text = self.run(&["invoke-job", "-j", name]);
        text
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

fn somebody_comes_moves_leaves_and_returns(kind: Kind) {
    let Some(mut company) = Company::start(kind) else { return };
    company.persons(&["1,Ada,Lovelace,Sales,LIS,2020-01-01,"]);
    println!("{}", company.job("Daily"));
    println!("{}", company.account("ada.lovelace"));
    company.run(&["assignment", "list"]);
    company.job("Fast");
    company.run(&["assignment", "list"]);
    company.today = 1;
}
