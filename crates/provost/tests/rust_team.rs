//! Twelve months of real joiners, movers and leavers, and four awkward corners: counts and keys of every step equal
//! the expectations that come with the data, whichever way the repository is brought there.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use provost_model::summary::{EntityCounters, LinkCounters, State, Summary};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use support::expected::Expected;
use support::net::{self, Agent, Server, tasks};
use support::{Home, Kind, root, rust_team};

const CONNECTOR: &str = "RustTeam";

type Slots = &'static [(&'static str, &'static str)];

/// Source file, entity type, and the columns of the file with their slots.
const ENTITIES: &[(&str, &str, Slots)] = &[
    ("people.csv", "RT_Person", &[("github_id", "C4"), ("github", "C5"), ("name", "C6"), ("permissions", "C7")]),
    (
        "teams.csv",
        "RT_Team",
        &[
            ("name", "C4"),
            ("kind", "C5"),
            ("subteam_of", "C6"),
            ("top_level", "C7"),
            ("archived", "C8"),
            ("title", "C9"),
            ("description", "C0"),
            ("page", "CA"),
            ("repo", "CB"),
            ("weight", "CC"),
            ("github_orgs", "CD"),
            ("permissions", "CE"),
        ],
    ),
    (
        "repos.csv",
        "RT_Repo",
        &[
            ("repo", "C4"),
            ("org", "C5"),
            ("name", "C6"),
            ("description", "C0"),
            ("homepage", "C7"),
            ("archived", "C8"),
            ("bots", "C9"),
        ],
    ),
    ("team_member_roles.csv", "RT_MemberRole", &[("key", "C4"), ("team", "C5"), ("github", "C6"), ("role", "C7")]),
    ("repo_access.csv", "RT_Access", &[("key", "C4"), ("repo", "C5"), ("team", "C6"), ("permission", "C7")]),
    ("repo_individuals.csv", "RT_Grant", &[("key", "C4"), ("repo", "C5"), ("github", "C6"), ("permission", "C7")]),
];

/// Source file, association, and the key slots of its two ends. The keys of these files are the pairs.
const ASSOCIATIONS: &[(&str, &str, &str, &str)] = &[
    ("team_members.csv", "RT_Team_Member", "C4", "C5"),
    ("team_leads.csv", "RT_Team_Lead", "C4", "C5"),
    ("team_alumni.csv", "RT_Team_Alumni", "C4", "C5"),
    ("repo_access.csv", "RT_Repo_Team", "C4", "C4"),
    ("repo_individuals.csv", "RT_Repo_Individual", "C4", "C5"),
];

fn months(data: &Path) -> Vec<String> {
    let mut months: Vec<String> = std::fs::read_dir(data)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("20"))
        .collect();
    months.sort();
    assert_eq!(months.len(), 12);
    months
}

/// A home with the configuration for this data.
fn home(kind: Kind) -> Home {
    let home = Home::new(kind);
    let example = root().join("examples/rust-team");
    std::fs::copy(example.join("appsettings.agent.json"), home.file("appsettings.agent.json")).unwrap();
    home.deploy(&example.join("conf"));
    home
}

/// Lays out the sources of one step. What a corner does not have is there with a header alone.
fn lay_out(home: &Home, step: &Path) {
    for (file, content) in sources(step) {
        home.write(&format!("Sources/{file}"), content);
    }
}

/// The files of a step with their content.
fn sources(step: &Path) -> BTreeMap<&'static str, String> {
    let files = ENTITIES.iter().map(|(f, _, _)| *f).chain(ASSOCIATIONS.iter().map(|(f, _, _, _)| *f));
    let content = |file| std::fs::read_to_string(step.join(file)).unwrap_or_else(|_| header(file).to_owned());
    files.map(|file| (file, content(file))).collect()
}

fn header(file: &str) -> &'static str {
    match file {
        "team_member_roles.csv" => "team;github;role\n",
        "repo_access.csv" => "repo;team;permission\n",
        "repo_individuals.csv" => "repo;github;permission\n",
        "repos.csv" => "repo;org;name;description;homepage;archived;bots\n",
        _ => "team;github\n",
    }
}

/// What the repository holds, in keys and values alone.
#[derive(Clone, Debug, Default, PartialEq)]
struct Held {
    /// Entity type → key → values.
    resources: BTreeMap<String, BTreeMap<String, Vec<Option<String>>>>,
    /// Association → pairs, linked or waiting.
    pairs: BTreeMap<String, BTreeSet<String>>,
    /// Association → pairs that are really linked.
    linked: BTreeMap<String, BTreeSet<String>>,
}

fn held(home: &Home) -> Held {
    let mut held = Held::default();
    for (_, entity_type, columns) in ENTITIES {
        let slots: Vec<String> = columns.iter().map(|(_, slot)| format!("r.{slot}")).collect();
        let rows = home.database.rows(&format!(
            "SELECT {} FROM UR_Resources r JOIN UM_EntityTypes t ON t.Id = r.Type WHERE t.Identifier = '{entity_type}'",
            slots.join(", ")
        ));
        let keyed = rows.into_iter().map(|row| (row[0].clone().unwrap(), row)).collect();
        held.resources.insert((*entity_type).to_owned(), keyed);
    }
    for (_, association, key1, key2) in ASSOCIATIONS {
        let linked: BTreeSet<String> = home
            .database
            .rows(&format!(
                "SELECT a.{key1}, b.{key2} FROM UR_ResourceLinks l JOIN UM_EntityAssociations s ON s.Id = l.Association_Id \
                 JOIN UR_Resources a ON a.Id = l.Resource1_Id JOIN UR_Resources b ON b.Id = l.Resource2_Id \
                 WHERE s.Identifier = '{association}'"
            ))
            .into_iter()
            .map(pair)
            .collect();
        let waiting = home.database.rows(&format!(
            "SELECT o.Key1, o.Key2 FROM UR_ResourceLinkOrphans o JOIN UM_EntityAssociations s ON s.Id = o.Association_Id \
             WHERE s.Identifier = '{association}'"
        ));
        let mut pairs = linked.clone();
        pairs.extend(waiting.into_iter().map(pair));
        held.pairs.insert((*association).to_owned(), pairs);
        held.linked.insert((*association).to_owned(), linked);
    }
    held
}

fn pair(row: Vec<Option<String>>) -> String {
    format!("{};{}", row[0].as_ref().unwrap(), row[1].as_ref().unwrap())
}

/// Holds one step against the expectations of its folder.
fn check_step(step: &str, expected: &BTreeMap<String, Expected>, summary: &Summary, before: &Held, after: &Held) {
    for (file, entity_type, columns) in ENTITIES {
        let Some(expected) = expected.get(*file) else { continue };
        let found = summary.entity_types[*entity_type];
        let context = format!("{step} {file}");
        check_entity(&context, expected, found);
        if !expected.compares() {
            continue;
        }
        let (old, new) = (&before.resources[*entity_type], &after.resources[*entity_type]);
        let came: BTreeSet<String> = new.keys().filter(|k| !old.contains_key(*k)).cloned().collect();
        let went: BTreeSet<String> = old.keys().filter(|k| !new.contains_key(*k)).cloned().collect();
        assert_eq!(came, expected.keys("inserted_keys"), "{context}: inserted keys");
        assert_eq!(went, expected.keys("deleted_keys"), "{context}: deleted keys");
        assert_eq!(changed(old, new, columns), expected.updated(), "{context}: updated keys");
    }
    for (file, association, _, _) in ASSOCIATIONS {
        let Some(expected) = expected.get(*file) else { continue };
        let found = summary.associations[*association];
        let context = format!("{step} {association}");
        check_links(&context, expected, found);
        if !expected.compares() {
            continue;
        }
        let (old, new) = (&before.pairs[*association], &after.pairs[*association]);
        assert_eq!(new.difference(old).cloned().collect::<BTreeSet<_>>(), expected.keys("inserted_keys"), "{context}");
        assert_eq!(old.difference(new).cloned().collect::<BTreeSet<_>>(), expected.keys("deleted_keys"), "{context}");
    }
}

fn check_entity(context: &str, expected: &Expected, found: EntityCounters) {
    let wanted = EntityCounters {
        rows: expected.count("rows"),
        null_primary_keys: expected.count("null_keys"),
        duplicates: expected.count("duplicates"),
        rejected: 0,
        inserted: expected.count("inserted"),
        updated: expected.count("updated"),
        deleted: expected.count("deleted"),
        unchanged: expected.count("unchanged"),
    };
    assert_eq!(found, wanted, "{context}");
}

fn check_links(context: &str, expected: &Expected, found: LinkCounters) {
    let counts = [found.rows, found.duplicates, found.inserted, found.deleted, found.unchanged, found.rejected];
    let wanted = [
        expected.count("rows"),
        expected.count("duplicates"),
        expected.count("inserted"),
        expected.count("deleted"),
        // A permission that changes leaves the pair as it is.
        expected.count("unchanged") + expected.count("updated"),
        0,
    ];
    assert_eq!(counts, wanted, "{context}: rows, duplicates, inserted, deleted, unchanged, rejected");
}

type Rows = BTreeMap<String, Vec<Option<String>>>;

fn changed(old: &Rows, new: &Rows, columns: &[(&str, &str)]) -> BTreeMap<String, BTreeSet<String>> {
    let mut changed = BTreeMap::new();
    for (key, values) in new {
        let Some(before) = old.get(key) else { continue };
        let differing: BTreeSet<String> = columns
            .iter()
            .zip(before.iter().zip(values))
            .filter(|(_, (a, b))| a != b)
            .map(|((name, _), _)| (*name).to_owned())
            .collect();
        if !differing.is_empty() {
            changed.insert(key.clone(), differing);
        }
    }
    changed
}

/// Walks steps in the given modes; gives what is held at the end.
fn walk(home: &Home, data: &Path, steps: &[String], mode: impl Fn(usize) -> &'static str) -> Held {
    let mut before = held(home);
    for (number, step) in steps.iter().enumerate() {
        let folder = data.join(step);
        lay_out(home, &folder);
        let (summary, _) = home.sync_up_approved(CONNECTOR, mode(number));
        let after = held(home);
        check_step(&format!("{step} ({})", mode(number)), &Expected::load(&folder), &summary, &before, &after);
        before = after;
    }
    before
}

fn every_series_gives_the_expected_changes(kind: Kind) {
    let Some(data) = rust_team() else { return };
    let months = months(&data);
    let complete = walk(&home(kind), &data, &months, |_| "complete");
    let incremental = walk(&home(kind), &data, &months, |_| "incremental");
    let mixed =
        walk(&home(kind), &data, &months, |n| ["initial", "incremental", "complete", "incremental"][n.min(1 + n % 3)]);
    assert_eq!(complete, incremental);
    assert_eq!(complete, mixed);
    let last = home(kind);
    lay_out(&last, &data.join(&months[11]));
    last.sync_up_approved(CONNECTOR, "initial");
    assert_eq!(complete, held(&last));
}

/// A server with the configuration, and an agent elsewhere with the connections, over TLS.
fn apart(kind: Kind) -> (Server, Agent) {
    let home = Home::new(kind);
    let example = root().join("examples/rust-team");
    std::fs::copy(example.join("appsettings.agent.json"), home.file("appsettings.agent.json")).unwrap();
    support::copy_folder(&example.join("conf"), &home.file("Conf"));
    // Its policy brings a second connector, whose files these months lack.
    std::fs::remove_dir_all(home.file("Conf/Policy")).unwrap();
    let server = Server::start(net::with_jobs(home, CONNECTOR), &[]);
    let agent = Agent::start(&server);
    (server, agent)
}

/// As [`walk`], by jobs: what is approved was looked at by a person who calls the server.
fn walk_by_jobs(server: &Server, agent: &Agent, data: &Path, steps: &[String], job: impl Fn(usize) -> &'static str) {
    let mut before = held(&server.home);
    for (number, step) in steps.iter().enumerate() {
        let folder = data.join(step);
        for (file, content) in sources(&folder) {
            agent.write(&format!("Sources/{file}"), content);
        }
        let shown = server.run_approved(job(number));
        let synchronized = tasks(&shown).iter().find(|task| task["kind"] == "SynchronizeTask").unwrap();
        let summary: Summary = serde_json::from_value(synchronized["summary"].clone())
            .unwrap_or_else(|error| panic!("{error}: {shown:#}"));
        let after = held(&server.home);
        check_step(&format!("{step} ({})", job(number)), &Expected::load(&folder), &summary, &before, &after);
        before = after;
    }
}

/// Four months, and with `PROVOST_TEST_LONG` all twelve.
fn jobs_of_a_remote_agent_give_the_expected_changes(kind: Kind) {
    let Some(data) = rust_team() else { return };
    let months = match std::env::var_os("PROVOST_TEST_LONG") {
        Some(_) => months(&data),
        None => months(&data)[..4].to_vec(),
    };
    for jobs in [["Initial", "Incremental"], ["Complete", "Complete"]] {
        let (server, agent) = apart(kind);
        walk_by_jobs(&server, &agent, &data, &months, |number| jobs[number.min(1)]);
    }
}

fn the_corners_give_the_expected_changes(kind: Kind) {
    let Some(data) = rust_team() else { return };
    for corner in ["2019-08-null-keys", "2022-12-dangling", "2023-12-mass-removal", "2025-07-duplicate"] {
        let steps = ["before", "after"].map(|s| format!("corner/{corner}/{s}"));
        let mut outcomes = Vec::new();
        for modes in [["complete", "complete"], ["initial", "incremental"], ["complete", "incremental"]] {
            let home = home(kind);
            outcomes.push(walk(&home, &data, &steps, |n| modes[n]));
        }
        assert_eq!(outcomes[0], outcomes[1], "{corner}");
        assert_eq!(outcomes[0], outcomes[2], "{corner}");
    }
}

fn a_mass_removal_is_stopped(kind: Kind) {
    let Some(data) = rust_team() else { return };
    let home = home(kind);
    lay_out(&home, &data.join("corner/2023-12-mass-removal/before"));
    home.sync_up_approved(CONNECTOR, "complete");
    let before = held(&home);
    lay_out(&home, &data.join("corner/2023-12-mass-removal/after"));
    let blocked = home.sync_up(CONNECTOR, "complete");
    assert_eq!(blocked.state, State::Blocked);
    let exceeded = |level: &str, name: &str| {
        blocked.thresholds.iter().find(|t| t.level == level && t.name == name).map(|t| (t.count, t.base, t.limit))
    };
    let deleted = "MaxPercentageDeletedLines";
    assert_eq!(exceeded("EntityAssociationMapping RT_Team_Member", deleted), Some((83, 784, 10)));
    assert_eq!(exceeded("EntityAssociationMapping RT_Team_Lead", deleted), Some((23, 144, 10)));
    assert_eq!(held(&home), before, "a blocked run leaves the repository untouched");
    assert!(!blocked.causes.is_empty());
}

fn missing_people_heal_their_memberships(kind: Kind) {
    let Some(data) = rust_team() else { return };
    let home = home(kind);
    lay_out(&home, &data.join("corner/2019-08-null-keys/before"));
    let (summary, _) = home.sync_up_approved(CONNECTOR, "complete");
    assert_eq!(summary.entity_types["RT_Person"].null_primary_keys, 199);
    assert_eq!(summary.associations["RT_Team_Member"].orphans, 314);
    assert_eq!(summary.associations["RT_Team_Lead"].orphans, 71);
    lay_out(&home, &data.join("corner/2019-08-null-keys/after"));
    let (summary, _) = home.sync_up_approved(CONNECTOR, "incremental");
    assert_eq!(summary.entity_types["RT_Person"].inserted, 200);
    let members = summary.associations["RT_Team_Member"];
    assert_eq!(members.orphans, 0);
    assert_eq!(held(&home).linked["RT_Team_Member"].len() as u64, members.inserted + members.unchanged);
}

on_both_databases!(
    jobs_of_a_remote_agent_give_the_expected_changes,
    every_series_gives_the_expected_changes,
    the_corners_give_the_expected_changes,
    a_mass_removal_is_stopped,
    missing_people_heal_their_memberships,
);
