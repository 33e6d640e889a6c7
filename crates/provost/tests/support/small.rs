//! A small company for hostile tests: people, teams, who is a member of which team, and where everybody is at home.
//!
//! Members are found by login, a unique key that may change hands; homes by the primary key, one for each person.

use super::{Home, Kind};
use provost_model::summary::Summary;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Output;

pub const CONNECTOR: &str = "Small";
pub const PERSON: &str = "T_Person";
pub const TEAM: &str = "T_Team";
pub const MEMBER: &str = "T_Team_Member";
pub const HOME: &str = "T_Team_Home";

pub const PEOPLE: &str = "id,login,name,age\n1,ada,Ada,36\n2,bob,Bob,41\n3,cyd,Cyd,\n4,dan,Dan,52\n";
pub const TEAMS: &str = "code,title\nA,Alpha\nB,Beta\n";
pub const MEMBERS: &str = "team,login\nA,ada\nA,bob\nB,cyd\n";
pub const HOMES: &str = "team,id\nA,1\nB,2\nB,3\n";

/// Whether the thresholds are the documented ones, or all off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guards {
    Default,
    Off,
}

/// A home with the configuration and without data.
pub fn empty(kind: Kind, guards: Guards) -> Home {
    let home = Home::new(kind);
    set_up(&home, guards);
    home
}

/// Writes settings and configuration of a fresh home, and deploys.
pub fn set_up(home: &Home, guards: Guards) {
    let connections: Vec<String> = ["People", "Teams", "Members", "Homes"]
        .iter()
        .map(|name| {
            let path = format!("Sources/{}.csv", name.to_lowercase());
            format!(r#""{name}": {{ "Path": "{path}" }}"#)
        })
        .collect();
    home.write("appsettings.agent.json", format!("{{ \"Connections\": {{ {} }} }}", connections.join(", ")));
    home.write("Conf/Small.xml", configuration(guards));
    home.deploy(&home.file("Conf"));
}

fn configuration(guards: Guards) -> String {
    let limits = match guards {
        Guards::Default => String::new(),
        Guards::Off => {
            let names = ["Inserted", "Updated", "Deleted", "LinkInserted", "LinkDeleted"].map(|kind| {
                let percent = match kind.strip_prefix("Link") {
                    Some(kind) => format!("MaxLinkPercentage{kind}Lines"),
                    None => format!("MaxPercentage{kind}Lines"),
                };
                format!("Maximum{kind}Lines=\"0\" {percent}=\"0\"")
            });
            names.join(" ")
        }
    };
    include_str!("small.xml").replace("LIMITS=\"\"", &limits)
}

/// A home with the first data in it.
pub fn loaded(kind: Kind) -> Home {
    let home = empty(kind, Guards::Off);
    lay_out(&home);
    let summary = home.sync_up(CONNECTOR, "complete");
    assert_eq!(summary.entity_types[PERSON].inserted, 4, "{summary:?}");
    home
}

/// The first sources.
pub fn lay_out(home: &Home) {
    home.write("Sources/people.csv", PEOPLE);
    home.write("Sources/teams.csv", TEAMS);
    home.write("Sources/members.csv", MEMBERS);
    home.write("Sources/homes.csv", HOMES);
}

/// Puts the sources where exports put their tables.
pub fn export(home: &Home) {
    for name in ["People", "Teams", "Members", "Homes"] {
        let source = home.file("Sources").join(format!("{}.csv", name.to_lowercase()));
        std::fs::copy(source, home.file("Temp/ExportOutput").join(format!("{name}.csv"))).unwrap();
    }
}

/// A step that may fail.
#[derive(Debug)]
pub struct Attempt {
    pub summary: Summary,
    pub exit: Option<i32>,
    pub stderr: String,
}

impl Attempt {
    pub fn of(output: Output) -> Attempt {
        let text = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(text.lines().count(), 1, "{text}\n{stderr}");
        Attempt { summary: serde_json::from_str(&text).unwrap(), exit: output.status.code(), stderr }
    }

    /// Code and message of the error.
    pub fn error(&self) -> (&str, &str) {
        let error = self.summary.error.as_ref().unwrap_or_else(|| panic!("no error: {self:?}"));
        assert!(!error.message.contains("panicked") && !self.stderr.contains("panicked"), "{self:?}");
        assert!(error.hint.as_ref().is_some_and(|hint| !hint.is_empty()), "no hint: {self:?}");
        (&error.code, &error.message)
    }
}

/// Arguments of sync-up.
pub fn sync_up(mode: &str) -> Vec<&str> {
    vec!["sync-up", "--connector", CONNECTOR, "--mode", mode, "--format", "json"]
}

/// Arguments of prepare-synchronization.
pub fn prepare(mode: &str) -> Vec<&str> {
    vec!["prepare-synchronization", "--connector", CONNECTOR, "--mode", mode, "--format", "json"]
}

/// Arguments of synchronize.
pub fn synchronize() -> Vec<&'static str> {
    vec!["synchronize", "--connector", CONNECTOR, "--format", "json"]
}

pub fn attempt(home: &Home, arguments: &[&str]) -> Attempt {
    Attempt::of(home.run(arguments))
}

type Values = Vec<Option<String>>;

/// What the repository holds, in keys and values alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    /// Id → login, name, age.
    pub people: BTreeMap<String, Values>,
    /// Code → title.
    pub teams: BTreeMap<String, Values>,
    /// Linked (code, id).
    pub members: BTreeSet<(String, String)>,
    /// Linked (code, id).
    pub homes: BTreeSet<(String, String)>,
    /// Pairs without link (association, key 1, key 2).
    pub waiting: BTreeSet<(String, String, String)>,
}

pub fn held(home: &Home) -> Held {
    let database = &home.database;
    let keyed = |entity_type: &str, slots: &str| {
        let rows = database.rows(&format!(
            "SELECT {slots} FROM UR_Resources r JOIN UM_EntityTypes t ON t.Id = r.Type \
             WHERE t.Identifier = '{entity_type}'"
        ));
        let count = rows.len();
        let map: BTreeMap<String, Values> =
            rows.into_iter().map(|row| (row[0].clone().unwrap_or_default(), row[1..].to_vec())).collect();
        assert_eq!(map.len(), count, "a primary key of {entity_type} is there twice");
        map
    };
    let pairs = |sql: &str| -> BTreeSet<(String, String)> {
        let rows = database.rows(sql);
        let count = rows.len();
        let set: BTreeSet<_> = rows.into_iter().map(|r| (r[0].clone().unwrap(), r[1].clone().unwrap())).collect();
        assert_eq!(set.len(), count, "a link is there twice");
        set
    };
    Held {
        people: keyed(PERSON, "r.C4, r.C5, r.C6, r.C7"),
        teams: keyed(TEAM, "r.C4, r.C5"),
        members: pairs(&format!(
            "SELECT a.C4, b.C4 FROM UR_ResourceLinks l JOIN UM_EntityAssociations s ON s.Id = l.Association_Id \
             JOIN UR_Resources a ON a.Id = l.Resource1_Id JOIN UR_Resources b ON b.Id = l.Resource2_Id \
             WHERE s.Identifier = '{MEMBER}'"
        )),
        homes: pairs(
            "SELECT a.C4, b.C4 FROM UR_Resources b JOIN UR_Resources a ON a.Id = b.I40 WHERE b.I40 IS NOT NULL",
        ),
        waiting: database
            .rows(
                "SELECT s.Identifier, o.Key1, o.Key2 FROM UR_ResourceLinkOrphans o \
                 JOIN UM_EntityAssociations s ON s.Id = o.Association_Id",
            )
            .into_iter()
            .map(|r| (r[0].clone().unwrap(), r[1].clone().unwrap(), r[2].clone().unwrap()))
            .collect(),
    }
}

/// Everything that must be the same however the repository was brought there: what is held, how often it was changed,
/// the key table, the states that the next incremental run starts from, and `previous`. Without ids and times.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    pub held: Held,
    pub tables: BTreeMap<&'static str, Vec<Values>>,
    pub previous: BTreeMap<String, String>,
}

const IMAGE: &[(&str, &str)] = &[
    ("display names and flags", "SELECT Type, C4, DisplayName_L1, Dirty FROM UR_Resources"),
    (
        "versions of resources",
        "SELECT Type, KeyValue, C4, C5, COUNT(*) FROM UR_ResourcesHistory GROUP BY Type, KeyValue, C4, C5",
    ),
    ("versions of links", "SELECT Association_Id, COUNT(*) FROM UR_ResourceLinksHistory GROUP BY Association_Id"),
    (
        "keys",
        "SELECT k.EntityType_Id, k.Property_Id, k.KeyValue, r.C4, k.Fingerprint FROM UR_ResourceKeys k \
         LEFT JOIN UR_Resources r ON r.Id = k.Resource_Id",
    ),
    (
        "change rows left",
        "SELECT (SELECT COUNT(*) FROM UR_ResourceChanges), (SELECT COUNT(*) FROM UR_ResourceLinkChanges), \
         (SELECT COUNT(*) FROM UR_ResourceKeyChanges), (SELECT COUNT(*) FROM UR_ResourceLinkOrphanChanges)",
    ),
    ("digests", "SELECT Connector, Digest FROM UJ_ConnectorDigests"),
    ("profiles", "SELECT Connector, TableName, Json FROM UJ_TableProfiles"),
    (
        "dangling links",
        "SELECT l.Resource1_Id, l.Resource2_Id FROM UR_ResourceLinks l WHERE NOT EXISTS \
      (SELECT 1 FROM UR_Resources r WHERE r.Id = l.Resource1_Id) OR NOT EXISTS \
      (SELECT 1 FROM UR_Resources r WHERE r.Id = l.Resource2_Id)",
    ),
    (
        "dangling homes",
        "SELECT b.C4 FROM UR_Resources b WHERE b.I40 IS NOT NULL AND NOT EXISTS \
      (SELECT 1 FROM UR_Resources a WHERE a.Id = b.I40)",
    ),
];

impl Image {
    /// Fails with the parts that differ alone.
    #[track_caller]
    pub fn assert_same(&self, wanted: &Image, context: &str) {
        assert_eq!(self.held, wanted.held, "{context}: held");
        for (name, rows) in &self.tables {
            assert_eq!(rows, &wanted.tables[name], "{context}: {name}");
        }
        assert_eq!(self.previous, wanted.previous, "{context}: previous");
    }
}

pub fn image(home: &Home) -> Image {
    let tables = IMAGE.iter().map(|(name, sql)| (*name, home.database.rows(sql))).collect();
    Image { held: held(home), tables, previous: previous(&home.file("Work/Collect/previous").join(CONNECTOR)) }
}

/// The files of `previous`; its manifest without the name of the session and the mode.
fn previous(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeMap::new() };
    let mut files = BTreeMap::new();
    for entry in entries {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let mut text = std::fs::read_to_string(entry.path()).unwrap();
        if name == "manifest.json" {
            let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
            let digests: Vec<String> = manifest["tables"]
                .as_array()
                .unwrap()
                .iter()
                .map(|t| format!("{} {}", t["name"], t["stateDigest"]))
                .collect();
            text = format!("{} {}", manifest["newDigest"], digests.join("\n"));
        }
        files.insert(name, text);
    }
    files
}

/// The key table must say what the resources say: (property, key, id of the resource).
#[track_caller]
pub fn assert_keys_are_true(home: &Home, context: &str) {
    let stored = home.database.rows(
        "SELECT p.Identifier, k.KeyValue, k.Resource_Id FROM UR_ResourceKeys k \
         JOIN UM_EntityProperties p ON p.Id = k.Property_Id",
    );
    let wanted = home.database.rows(
        "SELECT p.Identifier, CASE p.TargetColumnIndex WHEN 4 THEN r.C4 ELSE r.C5 END, r.Id FROM UR_Resources r \
         JOIN UM_EntityProperties p ON p.EntityType_Id = r.Type \
         WHERE p.Identifier IN ('Number', 'Code') OR p.Identifier = 'Login' AND r.C5 IS NOT NULL",
    );
    assert_eq!(stored, wanted, "{context}: the key table");
}

/// (association, key 1, key 2)
pub fn waits(association: &str, first: &str, second: &str) -> (String, String, String) {
    (association.to_owned(), first.to_owned(), second.to_owned())
}

/// Pairs of text.
pub fn pairs(pairs: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}
