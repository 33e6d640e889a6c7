//! A small world whose data, rules and dates change at random, for the policy.

use super::random::Random;
use super::{Home, Kind};
use provost_model::summary::{State, Summary};
use std::collections::{BTreeMap, BTreeSet};

const CONNECTOR: &str = "World";

/// Rules that are there or not. What begins with `AD ` lies in the resource type AD, the others stand alone.
const RULES: &[&str] = &[
    r#"<CompositeRoleRule Role="Engineer" Policy="Default" D0="RND" L0="1"/>"#,
    r#"<CompositeRoleRule Role="Engineer" Policy="Default" D0="SALES" D1="Lyon"/>"#,
    r#"<CompositeRoleRule Role="Lead" Policy="Default" ParentRole="Engineer" D0="LAB"/>"#,
    r#"<SingleRoleRule Role="Code" Policy="Default" CompositeRole="Engineer"/>"#,
    r#"<SingleRoleRule Role="Code" Policy="Default" D1="Paris" IsDenied="1" Priority="1"/>"#,
    r#"<SingleRoleRule Role="Code" Policy="Default" D0="LAB" Priority="0"/>"#,
    r#"<SingleRoleRule Role="Door" Policy="Default" CompositeRole="Lead" D1="Paris"/>"#,
    r#"<SingleRoleRule Role="Door" Policy="Default" D0="ROOT" L0="1"/>"#,
    r#"<SingleRoleRule Role="Share" Policy="Default"/>"#,
    r#"<SingleRoleRule Role="Offer" Policy="Default" D1="Lyon" Type="Suggested"/>"#,
    r#"<SingleRoleAutomationRule SingleRole="Door" WorkflowState="Found" HoursToWait="72" Decision="Decline"/>"#,
    r#"<CategoryAutomationRule Category="K" EntityType="W_Person" WorkflowState="Found" HoursToWait="240"/>"#,
    r#"<Risk Identifier="SoD" DisplayName_L1="x" EntityType="W_Person" Policy="Default" Level="80"><Rule><Item ResourceType="AD" Property="Groups" Resource="G1"/><Item ResourceType="AD" Property="Groups" Resource="G2"/></Rule></Risk>"#,
    r#"<ResourceCorrelationRule Policy="Default" ResourceType="AD" SourceBinding="Number" TargetBinding="Login" SourceMatchedConfidenceLevel="100"/>"#,
    r#"<ResourceCorrelationRule Policy="Default" ResourceType="AD" SourceBinding="Name" SourceExpression="Simplify" TargetBinding="Title" TargetExpression="Simplify" SourceMatchedConfidenceLevel="80"/>"#,
    r#"AD <TypeRule D0="ROOT" L0="1" TimeOffsetReference="Around" TimeOffsetAfterReference="14400"/>"#,
    r#"AD <TypeRule D1="Lyon" IsDenied="1"/>"#,
    r#"AD <TypeRule SingleRole="Code"/>"#,
    r#"AD <ScalarRule Property="Mail" Binding="Mail" ComparisonType="IgnoreCase"/>"#,
    r#"AD <ScalarRule Property="Mail" Expression="Literal:code" SingleRole="Code"/>"#,
    r#"AD <ScalarRule Property="Title" Expression="C#:p: return p.Name + &quot; of &quot; + p.Manager.Name;"/>"#,
    r#"AD <ScalarRule Property="Disabled" Expression="Literal:true" TimeOffsetReference="Before" TimeOffsetBeforeReference="-14400"/>"#,
    r#"AD <ScalarRule Property="Disabled" Expression="Literal:false" TimeOffsetReference="Around"/>"#,
    r#"AD <ScalarRule Property="Disabled" Expression="Literal:true" TimeOffsetReference="After" TimeOffsetAfterReference="28800"/>"#,
    r#"AD <NavigationRule Property="Groups" Resource="G1" SingleRole="Code"/>"#,
    r#"AD <NavigationRule Property="Groups" Resource="G2" SingleRole="Door"/>"#,
    r#"AD <NavigationRule Property="Groups" Resource="G3" SingleRole="Share" D0="LAB"/>"#,
    r#"AD <NavigationRule Property="Groups" Resource="G4" SingleRole="Share" D0="SALES"/>"#,
    r#"AD <NavigationRule Property="Groups" Resource="G2" D0="SALES" IsDenied="1"/>"#,
    r#"AD <NavigationRule Property="Groups" Resource="G5"/>"#,
    r#"AD <QueryRule Property="Home" SourceBinding="Manager.Name" TargetBinding="Label" TargetMatchedConfidenceLevel="100"/>"#,
    r#"AD <QueryRule Property="Home" SourceBinding="Name" TargetBinding="Label" TargetMatchedConfidenceLevel="90"/>"#,
];

const ROLES: [&str; 4] = ["Code", "Door", "Share", "Offer"];
const DEPARTMENTS: [&str; 5] = ["ROOT", "RND", "LAB", "SALES", "SHOP"];
const NAMES: [&str; 8] = ["Ada", "Bob", "Cyd", "Dan", "Eve", "Fay", "Draft", "Ada"];
const SITES: [&str; 2] = ["Paris", "Lyon"];
const GROUPS: [&str; 6] = ["G1", "G2", "G3", "G4", "G5", "G6"];
const PEOPLE: u64 = 24;

pub struct World {
    pub home: Home,
    pub random: Random,
    /// Days after the first of January 2026.
    pub day: i64,
    tables: BTreeMap<&'static str, BTreeMap<String, Vec<String>>>,
    members: BTreeSet<(String, String)>,
    rules: BTreeSet<usize>,
    /// Rules besides.
    extra: Vec<&'static str>,
    attributes: [&'static str; 2],
    /// What was done, for whoever has to find out why.
    pub told: Vec<String>,
}

const HEADERS: [(&str, &str, &str); 6] = [
    ("people", "WPeople", "number,name,mail,manager"),
    ("contracts", "WContracts", "code,start,end,person,department,site"),
    ("departments", "WDepartments", "code,name,parent"),
    ("sites", "WSites", "code,name"),
    ("accounts", "WAccounts", "login,mail,title,disabled,home"),
    ("groups", "WGroups", "dn,label"),
];

/// A date in files.
pub fn date(day: i64) -> String {
    let days = 20_454 + day;
    let (era, of_era) = ((days + 719_468).div_euclid(146_097), (days + 719_468).rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let (d, m) = (of_year - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    format!("{}-{m:02}-{d:02}", year + era * 400 + i64::from(m <= 2))
}

impl World {
    /// A world of random data and rules.
    pub fn new(kind: Kind, seed: u64) -> World {
        let mut world = World::empty(kind, seed);
        world.begin();
        world
    }

    /// A world of these rules and rows: table, key, the other columns.
    pub fn of(kind: Kind, rules: &[&'static str], rows: &[(&'static str, &str, &str)]) -> World {
        let mut world = World::empty(kind, 0);
        world.extra = rules.to_vec();
        for (table, key, values) in rows {
            let values: Vec<String> = values.split(',').map(str::to_owned).collect();
            world.put(table, key, &values);
        }
        world.deploy();
        world.synchronise("complete");
        world
    }

    fn empty(kind: Kind, seed: u64) -> World {
        let home = Home::new(kind);
        let connections: Vec<String> = HEADERS
            .iter()
            .map(|(file, table, _)| (*file, *table))
            .chain([("members", "WMembers")])
            .map(|(file, table)| format!(r#""{table}": {{ "Path": "Sources/{file}.csv" }}"#))
            .collect();
        home.write("appsettings.agent.json", format!("{{ \"Connections\": {{ {} }} }}", connections.join(", ")));
        World {
            home,
            random: Random::new(seed),
            day: 150,
            tables: HEADERS.iter().map(|(file, _, _)| (*file, BTreeMap::new())).collect(),
            extra: Vec::new(),
            members: BTreeSet::new(),
            rules: BTreeSet::new(),
            attributes: ["", ""],
            told: Vec::new(),
        }
    }

    fn begin(&mut self) {
        for (at, code) in DEPARTMENTS.iter().enumerate() {
            let parent = ["", "ROOT", "RND", "ROOT", "SALES"][at];
            self.put("departments", code, &[(*code).to_owned(), parent.to_owned()]);
        }
        SITES.iter().for_each(|site| self.put("sites", site, &[(*site).to_owned()]));
        GROUPS.iter().zip(NAMES).for_each(|(group, name)| self.put("groups", group, &[name.to_owned()]));
        for person in 0..PEOPLE {
            self.person(person);
            self.contract(person * 2);
            if self.random.percent(60) {
                self.account(person);
            }
        }
        self.rules = (0..RULES.len()).filter(|_| self.random.percent(75)).collect();
        self.deploy();
        self.synchronise("complete");
    }

    fn put(&mut self, table: &'static str, key: &str, values: &[String]) {
        self.tables.entry(table).or_default().insert(key.to_owned(), values.to_vec());
    }

    fn some<'a>(&mut self, of: &[&'a str]) -> &'a str {
        self.random.pick::<&str>(of)
    }

    fn person(&mut self, person: u64) {
        let name = self.some(&NAMES).to_owned();
        let manager = if self.random.percent(80) { format!("P{}", self.random.below(PEOPLE)) } else { String::new() };
        let mail = format!("{}@x", self.random.below(9));
        self.put("people", &format!("P{person}"), &[name, mail, manager]);
    }

    fn contract(&mut self, contract: u64) {
        let start = self.random.below(300) as i64;
        let end = start + self.random.below(260) as i64 - 5;
        let end = if self.random.percent(20) { String::new() } else { date(end) };
        let person = format!("P{}", if self.random.percent(80) { contract / 2 } else { self.random.below(PEOPLE) });
        let department = self.some(&DEPARTMENTS).to_owned();
        let site = if self.random.percent(80) { self.some(&SITES).to_owned() } else { String::new() };
        self.put("contracts", &format!("C{contract}"), &[date(start), end, person, department, site]);
    }

    fn account(&mut self, person: u64) {
        let login = if self.random.percent(70) { format!("P{person}") } else { format!("A{person}") };
        let mail = format!("{}@X", self.random.below(9));
        let title = self.some(&NAMES).to_owned();
        let disabled = self.some(&["true", "false", ""]).to_owned();
        let home = if self.random.percent(40) { self.some(&GROUPS).to_owned() } else { String::new() };
        self.put("accounts", &login, &[mail, title, disabled, home]);
        for _ in 0..self.random.below(4) {
            let group = self.some(&GROUPS).to_owned();
            self.members.insert((group, login.clone()));
        }
    }

    /// Changes some of the data, and synchronises.
    pub fn change_data(&mut self) {
        for _ in 0..1 + self.random.below(4) {
            let person = self.random.below(PEOPLE);
            match self.random.below(11) {
                0 => self.person(person),
                1 | 2 => {
                    let contract = person * 2 + self.random.below(2);
                    self.contract(contract);
                }
                3 => self.account(person),
                4 => self.remove("accounts"),
                5 => self.remove("contracts"),
                6 => self.remove("people"),
                7 => {
                    let (code, parent) = (self.some(&DEPARTMENTS[1..]).to_owned(), self.some(&DEPARTMENTS).to_owned());
                    self.put("departments", &code, &[code.clone(), parent]);
                }
                8 => {
                    let (group, label) = (self.some(&GROUPS).to_owned(), self.some(&NAMES).to_owned());
                    self.put("groups", &group, &[label]);
                }
                9 => {
                    let members: Vec<_> = self.members.iter().cloned().collect();
                    if !members.is_empty() {
                        let gone = self.random.pick(&members).clone();
                        self.members.remove(&gone);
                    }
                }
                _ => {
                    let keys: Vec<String> = self.tables["accounts"].keys().cloned().collect();
                    if !keys.is_empty() {
                        let member = (self.some(&GROUPS).to_owned(), self.random.pick(&keys).clone());
                        self.members.insert(member);
                    }
                }
            }
        }
        let mode = self.some(&["complete", "incremental"]).to_owned();
        self.synchronise(&mode);
    }

    fn remove(&mut self, table: &'static str) {
        let keys: Vec<String> = self.tables[table].keys().cloned().collect();
        if !keys.is_empty() {
            let gone = self.random.pick(&keys).clone();
            self.tables.get_mut(table).unwrap().remove(&gone);
        }
    }

    fn synchronise(&mut self, mode: &str) {
        for (file, _, header) in HEADERS {
            let mut text = format!("{header}\n");
            for (key, values) in &self.tables[file] {
                text.push_str(&format!("{key},{}\n", values.join(",")));
            }
            self.home.write(&format!("Sources/{file}.csv"), text);
        }
        let mut text = "group,login\n".to_owned();
        self.members.iter().for_each(|(group, login)| text.push_str(&format!("{group},{login}\n")));
        self.home.write("Sources/members.csv", text);
        self.told.push(format!("{mode} of {:?} {:?}", self.tables, self.members));
        let (done, _) = self.home.sync_up_approved(CONNECTOR, mode);
        assert!(matches!(done.state, State::Completed | State::Warning), "{done:?}");
    }

    /// Changes some of the rules, and deploys.
    pub fn change_rules(&mut self) {
        for _ in 0..1 + self.random.below(3) {
            let rule = self.random.below(RULES.len() as u64) as usize;
            if !self.rules.remove(&rule) {
                self.rules.insert(rule);
            }
        }
        self.attributes = [
            self.some(&[
                "",
                r#"DiscardManualAssignments="1""#,
                r#"CorrelateMultipleResources="1""#,
                r#"AllowRemove="0""#,
            ]),
            self.some(&["", r#"GracePeriod="14400""#, r#"GracePeriod="1440""#]),
        ];
        self.deploy();
    }

    /// Deploys the rules that are there, spread over files in any order.
    pub fn deploy(&mut self) {
        let none = ["Inserted", "Updated", "Deleted"].map(|kind| {
            format!(r#"Maximum{kind}Lines="0" MaxPercentage{kind}Lines="0" MaximumLink{kind}Lines="0" MaxLinkPercentage{kind}Lines="0""#)
        });
        let limits = none.join(" ").replace(r#"MaximumLinkUpdatedLines="0" MaxLinkPercentageUpdatedLines="0""#, "");
        let world = include_str!("world.xml").replace(r#"LIMITS="""#, &limits);
        let grace = self.attributes[1];
        let mut elements: Vec<String> = ["Engineer", "Lead"]
            .iter()
            .map(|name| format!(r#"<CompositeRole Identifier="{name}" DisplayName_L1="x" EntityType="W_Person" Policy="Default" {grace}/>"#))
            .collect();
        elements.extend(ROLES.iter().map(|name| {
            format!(r#"<SingleRole Identifier="{name}" DisplayName_L1="x" EntityType="W_Person" Policy="Default" Category="K" ApprovalWorkflowType="1" {grace}/>"#)
        }));
        let mut inner = Vec::new();
        for rule in self.rules.iter().map(|rule| RULES[*rule]).chain(self.extra.iter().copied()) {
            match rule.strip_prefix("AD ") {
                Some(rule) => inner.push(rule),
                None => elements.push(rule.to_owned()),
            }
        }
        shuffle(&mut self.random, &mut inner);
        elements.push(format!(
            r#"<ResourceType Identifier="AD" DisplayName_L1="AD" Policy="Default" SourceEntityType="W_Person" TargetEntityType="W_Account" BlockProvisioning="0" {}>{}</ResourceType>"#,
            self.attributes[0],
            inner.join("\n")
        ));
        shuffle(&mut self.random, &mut elements);
        let (first, second) = elements.split_at(elements.len() / 2);
        let root = |body: &str| {
            format!(
                "<ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\">\n{body}\n</ConfigurationFile>"
            )
        };
        let _ = std::fs::remove_dir_all(self.home.file("Conf"));
        self.home.write("Conf/World.xml", world);
        self.home.write("Conf/A.xml", root(&first.join("\n")));
        self.home.write("Conf/B.xml", root(&second.join("\n")));
        self.told.push(format!("deploys {}", elements.join("\n")));
        self.home.deploy(&self.home.file("Conf"));
    }

    /// The same rules in another order.
    pub fn deploy_again(&mut self) {
        self.deploy();
    }

    pub fn pass(&mut self) {
        self.day += 1 + self.random.below(30) as i64;
        self.told.push(format!("it is {}", date(self.day)));
    }

    /// A reviewer decides about something, if there is something.
    pub fn review(&mut self) {
        let (word, kind) = *self.random.pick(&[
            ("keep", "role"),
            ("delete", "role"),
            ("keep", "property"),
            ("delete", "property"),
            ("keep", "unauthorised"),
            ("approve", "association"),
        ]);
        let out = self.home.run(&["review", word, "--kind", kind, "--comment", "as agreed"]);
        self.told.push(format!("{word} {kind}: {:?}", out.status));
    }

    /// Computes at the present of this world.
    pub fn compute(&self, home: &Home, arguments: &[&str]) -> Summary {
        let at = date(self.day);
        let done = home.step(&[&["compute-role-model", "--at", &at], arguments].concat());
        assert!(matches!(done.state, State::Completed | State::Warning), "{done:?}\n{}", self.told.join("\n"));
        done
    }
}

fn shuffle<T>(random: &mut Random, list: &mut [T]) {
    for at in (1..list.len()).rev() {
        list.swap(at, random.below(at as u64 + 1) as usize);
    }
}
