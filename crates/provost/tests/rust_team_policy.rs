//! Real teams as roles, and permissions on repositories as navigation rules: what is computed and deduced is held
//! against the files, and what does not conform is listed and explained.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use provost_model::summary::State;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use support::{Home, Kind, copy_folder, root, rust_team};

on_both_databases!(what_is_computed_is_what_the_files_say, what_accounts_hold_is_deduced);

/// One month of the data, as far as it matters here. People are known by their numeric ids.
#[derive(Debug, Default)]
struct Month {
    /// Handle by id.
    people: BTreeMap<String, String>,
    /// Team, person.
    members: BTreeSet<(String, String)>,
    /// Team, permission (`repository;level`).
    access: BTreeSet<(String, String)>,
    /// Person, permission.
    grants: BTreeSet<(String, String)>,
}

type Holdings = BTreeSet<(String, String)>;

fn lines(folder: &Path, file: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    text.lines().skip(1).map(|line| line.split(';').map(str::to_owned).collect()).collect()
}

impl Month {
    fn read(folder: &Path) -> Month {
        let mut month = Month::default();
        for row in lines(folder, "people.csv") {
            month.people.insert(row[0].clone(), row[1].clone());
        }
        let ids: BTreeMap<String, String> =
            month.people.iter().map(|(id, handle)| (handle.clone(), id.clone())).collect();
        let members = lines(folder, "team_members.csv").into_iter();
        month.members = members.map(|row| (row[0].clone(), ids[&row[1]].clone())).collect();
        let access = lines(folder, "repo_access.csv").into_iter();
        month.access = access.map(|row| (row[1].clone(), format!("{};{}", row[0], row[2]))).collect();
        let grants = lines(folder, "repo_individuals.csv").into_iter();
        month.grants = grants.map(|row| (ids[&row[1]].clone(), format!("{};{}", row[0], row[2]))).collect();
        month
    }

    /// What members have by the lines of their teams.
    fn by_teams(&self) -> Holdings {
        let mut held = Holdings::new();
        for (team, person) in &self.members {
            let own = self.access.iter().filter(|(known, _)| known == team);
            held.extend(own.map(|(_, permission)| (person.clone(), permission.clone())));
        }
        held
    }

    /// What the managed system holds.
    fn held(&self) -> Holdings {
        self.by_teams().union(&self.grants).cloned().collect()
    }

    fn teams_of(&self, permission: &str) -> BTreeSet<&str> {
        self.access.iter().filter(|(_, known)| known == permission).map(|(team, _)| team.as_str()).collect()
    }

    fn is_member(&self, team: &str, person: &str) -> bool {
        self.members.contains(&(team.to_owned(), person.to_owned()))
    }

    /// The roles of the teams, and what they give.
    fn roles(&self, with_rules: bool) -> String {
        let mut text = "<ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\">\n".to_owned();
        for team in self.access.iter().map(|(team, _)| team).collect::<BTreeSet<_>>() {
            text.push_str(&format!(
                "<SingleRole Identifier=\"{team}\" DisplayName_L1=\"{team}\" EntityType=\"RT_Person\" Policy=\"Teams\" Category=\"Team\" />\n"
            ));
            if with_rules {
                text.push_str(&format!("<SingleRoleRule Role=\"{team}\" Policy=\"Teams\" D0=\"{team}\" />\n"));
            }
        }
        text.push_str("<ResourceType Identifier=\"GitHub_Account\" DisplayName_L1=\"GitHub account\" Policy=\"Teams\" Category=\"Team\" SourceEntityType=\"RT_Person\" TargetEntityType=\"GH_Account\" AllowAdd=\"false\" AllowRemove=\"false\" ApprovalWorkflowType=\"ManualAssignmentNotAllowed\">\n");
        for (team, permission) in &self.access {
            text.push_str(&format!(
                "<NavigationRule Property=\"Permissions\" Resource=\"{permission}\" SingleRole=\"{team}\" />\n"
            ));
        }
        text + "</ResourceType>\n</ConfigurationFile>\n"
    }
}

/// A home with the people and the policy of one month, and accounts as they were in another.
fn home(kind: Kind, data: &Path, policy: &str, accounts: &str, with_rules: bool) -> (Home, Month, Month) {
    let (now, then) = (Month::read(&data.join(policy)), Month::read(&data.join(accounts)));
    let home = Home::new(kind);
    let example = root().join("examples/rust-team");
    std::fs::copy(example.join("appsettings.agent.json"), home.file("appsettings.agent.json")).unwrap();
    copy_folder(&example.join("conf"), &home.file("Conf"));
    home.write("Conf/Policy/Roles.xml", now.roles(with_rules));
    copy_folder(&data.join(policy), &home.file("Sources"));
    let mut accounts = "github_id;login\n".to_owned();
    then.people.iter().for_each(|(id, handle)| accounts.push_str(&format!("{id};{handle}\n")));
    home.write("Sources/github/accounts.csv", accounts);
    // A permission is written with the semicolon that separates columns, so that it stands in quotes.
    let all = now.access.iter().chain(&then.access).chain(&now.grants).chain(&then.grants);
    let permissions: BTreeSet<&String> = all.map(|(_, permission)| permission).collect();
    let lines: String = permissions.iter().map(|permission| format!("\"{permission}\"\n")).collect();
    home.write("Sources/github/permissions.csv", format!("key\n{lines}"));
    let lines: String = then.held().iter().map(|(id, permission)| format!("{id};\"{permission}\"\n")).collect();
    home.write("Sources/github/holdings.csv", format!("github_id;permission\n{lines}"));
    home.deploy(&home.file("Conf"));
    for connector in ["RustTeam", "GitHub"] {
        home.sync_up_approved(connector, "complete");
    }
    let done = home.step(&["compute-role-model", "--at", "2026-09-01"]);
    assert_eq!(done.state, State::Completed, "{done:?}");
    (home, now, then)
}

/// Links that are stored: given and there; given and not there; there alone; and those that a role which was deduced,
/// not given, would add.
fn links(home: &Home) -> [Holdings; 4] {
    let mut found: [Holdings; 4] = Default::default();
    let rows = home.database.rows(
        "SELECT p.C4, g.C4, n.IsExpected, n.IsCurrent, n.WorkflowState FROM UP_AssignedResourceNavigations n \
         JOIN UR_Resources p ON p.Id = n.Owner_Id JOIN UR_Resources g ON g.Id = n.Resource_Id",
    );
    for row in rows {
        let [person, permission, expected, current, state] = row.try_into().unwrap();
        let is_given = expected.as_deref() == Some("1") && state.as_deref() == Some("18");
        let at = match (is_given, current.as_deref() == Some("1")) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        };
        found[at].insert((person.unwrap(), permission.unwrap()));
    }
    found
}

/// What the roles that direct grants look like would add (spec 21 §7).
fn would_be_added(month: &Month, then: &Month) -> Holdings {
    let held = then.held();
    let mut added = Holdings::new();
    for person in month.people.keys() {
        let own: BTreeSet<&String> = held.iter().filter(|(known, _)| known == person).map(|(_, p)| p).collect();
        let given: BTreeSet<&String> =
            month.access.iter().filter(|(team, _)| month.is_member(team, person)).map(|(_, p)| p).collect();
        let unexplained = own.difference(&given).copied().collect();
        for team in deducible(month, &unexplained, &own) {
            let of_team = month.access.iter().filter(|(known, _)| *known == team).map(|(_, p)| p);
            let missing = of_team.filter(|p| !own.contains(p) && !given.contains(p));
            added.extend(missing.map(|p| (person.clone(), p.clone())));
        }
    }
    added
}

fn what_is_computed_is_what_the_files_say(kind: Kind) {
    let Some(data) = rust_team() else { return };
    // Policy and accounts of one month.
    let (same, now, _) = home(kind, &data, "2026-08", "2026-08", true);
    let [conforming, missing, surplus, added] = links(&same);
    assert_eq!(conforming, now.by_teams());
    for (team, permission) in &now.access {
        let members = now.members.iter().filter(|(known, _)| known == team);
        assert!(members.map(|(_, p)| (p.clone(), permission.clone())).all(|held| conforming.contains(&held)));
    }
    assert_eq!(missing, Holdings::new());
    let past_teams: Holdings = now.grants.difference(&now.by_teams()).cloned().collect();
    assert_eq!(surplus, past_teams, "only direct grants do not conform");
    assert_eq!(added, would_be_added(&now, &now), "what a direct grant makes somebody look like");
    println!("{} permissions conform, {} direct grants do not", conforming.len(), surplus.len());

    // The policy of a month over the accounts of an earlier one: joiners, movers, and what teams got and lost.
    let (moved, now, then) = home(kind, &data, "2026-08", "2026-06", true);
    let [conforming, missing, surplus, added] = links(&moved);
    let (wanted, held) = (now.by_teams(), then.held());
    assert_eq!(conforming, wanted.intersection(&held).cloned().collect());
    // Who has no account yet gets none here, and so no permission either: all of it waits for the account.
    let with_account: Holdings =
        wanted.iter().filter(|(person, _)| then.people.contains_key(person)).cloned().collect();
    let missing_there: Holdings = missing.iter().filter(|(p, _)| then.people.contains_key(p)).cloned().collect();
    assert_eq!(missing_there, with_account.difference(&held).cloned().collect());
    let explained = |(person, permission): &(String, String)| -> String {
        let teams = now.teams_of(permission);
        let joined: Vec<&&str> =
            teams.iter().filter(|t| now.is_member(t, person) && !then.is_member(t, person)).collect();
        let gained = teams.iter().find(|team| {
            now.is_member(team, person) && !then.access.contains(&((**team).to_owned(), permission.clone()))
        });
        match (joined.first(), gained) {
            (Some(team), _) => format!("joined {team}"),
            (None, Some(team)) => format!("{team} got {permission}"),
            (None, None) => panic!("{person} misses {permission}, and nothing says why"),
        }
    };
    list("to be given", &missing, explained);
    let of_owners: Holdings = held.iter().filter(|(person, _)| now.people.contains_key(person)).cloned().collect();
    assert_eq!(surplus, of_owners.difference(&wanted).cloned().collect());
    assert_eq!(added, would_be_added(&now, &then));
    list("does not conform", &surplus, |(person, permission)| {
        let left =
            then.teams_of(permission).into_iter().find(|t| then.is_member(t, person) && !now.is_member(t, person));
        let lost = then
            .teams_of(permission)
            .into_iter()
            .find(|t| !now.teams_of(permission).contains(t) && then.is_member(t, person));
        match (then.grants.contains(&(person.clone(), permission.clone())), left, lost) {
            (true, ..) => "direct grant".to_owned(),
            (_, Some(team), _) => format!("left {team}"),
            (_, _, Some(team)) => format!("{team} lost {permission}"),
            _ => panic!("{person} holds {permission}, and nothing says why"),
        }
    });
}

/// Tells how many there are for each reason.
fn list(what: &str, found: &Holdings, reason: impl Fn(&(String, String)) -> String) {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    found.iter().for_each(|one| *reasons.entry(reason(one)).or_default() += 1);
    println!("{} {what}", found.len());
    reasons.iter().for_each(|(reason, count)| println!("  {count:>4} {reason}"));
    assert!(!found.is_empty(), "{what}");
}

/// Spec 21 §7, word by word: teams that values which nothing explains stand for.
fn deducible(month: &Month, unexplained: &BTreeSet<&String>, held: &BTreeSet<&String>) -> BTreeSet<String> {
    let mut deduced: BTreeSet<String> = BTreeSet::new();
    let mut open = Vec::new();
    for permission in unexplained {
        let teams = month.teams_of(permission);
        match teams.len() {
            0 => {}
            1 => deduced.extend(teams.into_iter().map(str::to_owned)),
            _ => open.push(teams),
        }
    }
    for teams in open {
        if teams.iter().any(|team| deduced.contains(*team)) {
            continue;
        }
        let needs =
            |team: &str| month.access.iter().filter(|(known, _)| known == team).map(|(_, p)| p).collect::<Vec<_>>();
        let complete: Vec<&str> =
            teams.into_iter().filter(|t| needs(t).len() > 1 && needs(t).iter().all(|p| held.contains(p))).collect();
        if let [team] = complete.as_slice() {
            deduced.insert((*team).to_owned());
        }
    }
    deduced
}

fn what_accounts_hold_is_deduced(kind: Kind) {
    let Some(data) = rust_team() else { return };
    let (home, now, _) = home(kind, &data, "2026-08", "2026-08", false);
    let rows = home.database.rows(
        "SELECT p.C4, o.Identity, s.WorkflowState FROM UP_AssignedSingleRoles s JOIN UM_PolicyObjects o ON o.Id = s.Role_Id \
         JOIN UR_Resources p ON p.Id = s.Owner_Id",
    );
    let found: BTreeSet<(String, String)> = rows
        .into_iter()
        .map(|row| {
            assert_eq!(row[2].as_deref(), Some("1"), "{row:?}");
            (row[1].clone().unwrap(), row[0].clone().unwrap())
        })
        .collect();
    let held = now.held();
    let mut wanted = BTreeSet::new();
    for person in now.people.keys() {
        let own: BTreeSet<&String> = held.iter().filter(|(known, _)| known == person).map(|(_, p)| p).collect();
        wanted.extend(deducible(&now, &own, &own).into_iter().map(|team| (team, person.clone())));
    }
    assert_eq!(found, wanted);
    let known = found.intersection(&now.members).count();
    println!("{known} memberships are deduced");
    list("deduced without membership", &found.difference(&now.members).cloned().collect(), |(team, person)| {
        let own = now.access.iter().filter(|(known, p)| known == team && held.contains(&(person.clone(), p.clone())));
        let is_direct = own.clone().any(|(_, p)| now.grants.contains(&(person.clone(), p.clone())));
        let by_others = own.clone().all(|(_, p)| now.teams_of(p).iter().any(|other| now.is_member(other, person)));
        assert!(is_direct || by_others, "{person} is taken for a member of {team}, and nothing says why");
        if is_direct { "a direct grant looks like the team".to_owned() } else { "other teams give the same".to_owned() }
    });
    list("memberships not deduced", &now.members.difference(&found).cloned().collect(), |(team, _)| {
        let own: Vec<&String> = now.access.iter().filter(|(known, _)| known == team).map(|(_, p)| p).collect();
        match own.as_slice() {
            [] => "the team has no permission on a repository".to_owned(),
            own if own.iter().all(|p| now.teams_of(p).len() > 1) => format!("{team} shares each permission"),
            _ => panic!("{team} has a permission of its own and is not deduced"),
        }
    });
}
