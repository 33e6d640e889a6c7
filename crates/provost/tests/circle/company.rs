//! A company: a personnel file, a directory, a ledger with users of its own, and Provost between them.

use crate::place::{Place, Words};
use crate::support::{Home, Kind, root};

/// An account that is not there.
pub(crate) const NOBODY: &str = ", , ,  in ";

/// A company with its directory.
pub(crate) struct Company {
    pub(crate) home: Home,
    pub(crate) place: Place,
    pub(crate) ledger: rusqlite::Connection,
    /// Days since the test began.
    pub(crate) today: i64,
}

impl Company {
    /// A company with OpenLDAP, if that is installed.
    pub(crate) fn start(kind: Kind) -> Option<Company> {
        Place::open_ldap().map(|place| Company::with(kind, place))
    }

    pub(crate) fn with(kind: Kind, place: Place) -> Company {
        let home = Home::new(kind);
        for name in ["personnel", "directory", "ledger", "policy"] {
            let text = std::fs::read_to_string(root().join(format!("crates/provost/tests/circle/{name}.xml"))).unwrap();
            home.write(&format!("Conf/{name}.xml"), place.configuration(&text));
        }
        home.write("Sources/departments.csv", "code,name\nSales,Sales\nFinance,Finance\n");
        home.write("Sources/sites.csv", "code,city\nLIS,Lisbon\nOSL,Oslo\n");
        let (login, password) = place.administrator();
        home.write("directory.secret", password);
        let ledger = rusqlite::Connection::open(home.file("ledger.db")).unwrap();
        ledger.execute_batch("CREATE TABLE users (login TEXT PRIMARY KEY, name TEXT NOT NULL, mail TEXT)").unwrap();
        let company = Company { home, place, ledger, today: 0 };
        company.settings(login, "directory.secret");
        company.home.deploy(&company.home.file("Conf"));
        company
    }

    /// Settings of the agent, with the account that it works with in the directory. The password is in a file.
    pub(crate) fn settings(&self, login: &str, secret: &str) {
        let settings = serde_json::json!({"Connections": {
            "Persons": {"Path": "Sources/persons.csv", "PathIncremental": "Sources/persons.csv"},
            "Departments": {"Path": "Sources/departments.csv", "PathIncremental": "Sources/departments.csv"},
            "Sites": {"Path": "Sources/sites.csv", "PathIncremental": "Sources/sites.csv"},
            "App": {"ConnectionString": "sqlite:ledger.db"},
            "LDAP": self.place.settings(login, secret),
        }});
        self.home.write("appsettings.agent.json", settings.to_string());
    }

    /// The personnel system writes its file.
    pub(crate) fn persons(&self, rows: &[&str]) {
        let header = "number,first_name,last_name,department,site,start,end\n";
        self.home.write("Sources/persons.csv", format!("{header}{}\n", rows.join("\n")));
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.home.command(arguments).env("PROVOST_DAYS_AHEAD", self.today.to_string()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        println!("$ provost {}\n{text}\n{}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        text
    }

    /// The date so many days from the day on which the test began.
    pub(crate) fn date(&self, ahead: i64) -> String {
        let today = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).date();
        today.checked_add(jiff::Span::new().days(ahead)).unwrap().to_string()
    }

    /// Runs a job to its end. None of its tasks fails or is blocked.
    pub(crate) fn job(&self, name: &str) {
        let output = self.run(&["invoke-job", "-j", name, "--format", "json"]);
        let shown: serde_json::Value = serde_json::from_str(output.lines().next().unwrap()).unwrap();
        for task in shown["tasks"].as_array().unwrap() {
            let state = task["state"].as_str().unwrap();
            assert!(matches!(state, "Completed" | "Warning" | "Skipped"), "{task}");
        }
        assert!(matches!(shown["state"].as_str(), Some("Completed" | "Warning")), "{shown}");
    }

    /// Resource types of a person, with their provisioning states.
    pub(crate) fn standing(&self, number: u32) -> Vec<String> {
        let listed = self.run(&["assignment", "list", "--owner", &format!("HR_Person:{number}"), "--format", "csv"]);
        let rows = listed.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let rows = rows.filter(|row| row[0] == "Resource type").map(|row| format!("{} {}", row[1], row[3]));
        let mut rows: Vec<String> = rows.collect();
        rows.sort_unstable();
        rows
    }

    /// What waits in a review: what is proposed, and what there is.
    pub(crate) fn review(&self, kind: &str) -> Vec<String> {
        let listed = self.run(&["review", "--kind", kind, "--format", "csv"]);
        let rows = listed.lines().map(|line| line.split(',').collect::<Vec<_>>()).filter(|row| row.len() > 7);
        rows.skip(1).map(|row| format!("{} {}: {}, and there is {}", row[3], row[4], row[6], row[7])).collect()
    }

    /// An account as the directory holds it, and its groups.
    pub(crate) fn account(&self, uid: &str) -> String {
        let Words { people, groups, login, name, status, .. } = self.place.words();
        let entry = self.place.find(&["-b", people, &format!("({login}={uid})"), name, "l", "mail", status]);
        let groups = self.place.find(&["-b", groups, &format!("(member={})", self.place.dn(uid)), "cn"]);
        let value = |text: &str, name: &str| {
            let values = text.lines().filter_map(|line| line.strip_prefix(&format!("{name}: ")));
            let mut values: Vec<&str> = values.collect();
            values.sort_unstable();
            values.join("+")
        };
        let words = [name, "l", "mail", status].map(|name| value(&entry, name));
        format!("{} in {}", words.join(", "), value(&groups, "cn"))
    }

    /// Accounts of the directory, without that of the keeper.
    pub(crate) fn accounts(&self) -> usize {
        let Words { people, login, .. } = self.place.words();
        let found = self.place.find(&["-b", people, &format!("(&({login}=*)(!({login}=keeper)))"), login]);
        found.lines().filter(|line| line.starts_with(&format!("{login}: "))).count()
    }

    /// Users of the ledger.
    pub(crate) fn users(&self) -> Vec<String> {
        let mut statement = self.ledger.prepare("SELECT login || ' ' || name || ' ' || mail FROM users").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}
