//! Expressions: computed in the order of what they read, checked with their place, tried on one resource.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use std::fs;
use support::small;
use support::{Home, Kind};

/// A property computed by a body.
fn computed(entity_type: &str, property: &str, code: &str) -> String {
    let code = code.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    format!(
        "<EntityPropertyExpression Identifier=\"{entity_type}_{property}\" EntityType=\"{entity_type}\" \
         Property=\"{property}\" Expression=\"C#:x:{code}\" />\n"
    )
}

fn configure(home: &Home, expressions: &[String]) {
    let configuration = fs::read_to_string(home.file("Conf/Small.xml")).unwrap();
    let more = format!("{}</ConfigurationFile>", expressions.concat());
    home.write("Conf/Small.xml", configuration.replace("</ConfigurationFile>", &more));
}

fn column(home: &Home, entity_type: &str, column: &str) -> Vec<Option<String>> {
    let sql = format!(
        "SELECT r.{column} FROM UR_Resources r JOIN UM_EntityTypes t ON t.Id = r.Type \
         WHERE t.Identifier = '{entity_type}' ORDER BY r.C4"
    );
    home.database.rows(&sql).into_iter().map(|mut row| row.remove(0)).collect()
}

fn texts(values: &[Option<&str>]) -> Vec<Option<String>> {
    values.iter().map(|value| value.map(str::to_owned)).collect()
}

/// The names of persons come from the titles of teams, which come from the logins of their residents.
#[test]
fn what_is_read_is_computed_first_on_whatever_entity_type_and_dirty_runs_agree() {
    let home = small::loaded(Kind::Sqlite);
    configure(
        &home,
        &[
            computed("T_Person", "Name", "return x.Home?.Title;"),
            computed("T_Team", "Title", "return string.Join(\"+\", x.Residents.Select(r => r.Login).OrderBy(l => l));"),
            computed("T_Person", "InternalDisplayName", "return x.Name ?? \"nobody\";"),
        ],
    );
    home.deploy(&home.file("Conf"));
    home.ok(&["update-entity-property-expressions", "--all-entitytype"]);
    assert_eq!(column(&home, "T_Team", "C5")[..2], texts(&[Some("ada"), Some("bob+cyd")]));
    assert_eq!(column(&home, "T_Person", "C6"), texts(&[None, Some("ada"), Some("bob+cyd"), Some("bob+cyd")]));
    let names = texts(&[Some("ada"), Some("bob+cyd"), Some("bob+cyd"), Some("nobody")]);
    assert_eq!(column(&home, "T_Person", "DisplayName_L1"), names);

    // Only Bob is dirty: his team reads him, and all who live there read the team.
    home.database.execute("UPDATE UR_Resources SET C5 = 'rob', Dirty = 1 WHERE C5 = 'bob'");
    home.ok(&["update-entity-property-expressions", "--all-entitytype", "--dirty"]);
    let names = texts(&[Some("ada"), Some("cyd+rob"), Some("cyd+rob"), Some("nobody")]);
    assert_eq!(column(&home, "T_Person", "DisplayName_L1"), names);
    let said = home.run(&["update-entity-property-expressions", "--all-entitytype"]).stderr;
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("T_Person: 0 values changed in 4 resources"), "{said}");
}

#[test]
fn mistakes_have_their_place_in_the_files() {
    let home = small::loaded(Kind::Sqlite);
    configure(&home, &[computed("T_Person", "Name", "return \"a\" + x.Logn;")]);
    let said = String::from_utf8(home.run(&["check", home.file("Conf").to_str().unwrap()]).stdout).unwrap();
    let line = said.lines().position(|line| line.contains("T_Person has no property Logn")).unwrap();
    let shown: Vec<&str> = said.lines().skip(line).collect();
    let caret = shown.iter().position(|line| line.contains('^')).unwrap();
    let start = shown[caret].chars().position(|c| c == '^').unwrap();
    assert_eq!(shown[caret - 1].chars().skip(start).take(4).collect::<String>(), "Logn", "{said}");
    assert!(said.contains("did you mean Login?"), "{said}");
    let refused = home.run(&["deploy-configuration", "-d", home.file("Conf").to_str().unwrap()]);
    assert!(!refused.status.success());
    let listed = home.run(&["check-expressions", home.file("Conf").to_str().unwrap()]);
    assert_eq!(listed.status.code(), Some(4));
}

#[test]
fn an_expression_is_tried_on_one_resource() {
    let home = small::loaded(Kind::Sqlite);
    let said = home.ok(&["eval", "C#:p: p.Login.ToUpper() + \" \" + p.Home?.Code", "--on", "T_Person:1"]);
    let expected = "ADA A\n  type   string\n  reads  Login, Home.Code\n";
    assert!(said.starts_with(expected), "{said}");
    let said = home.ok(&["eval", "ToUpper", "--binding", "Home.Title", "--on", "T_Person:1", "--format", "json"]);
    assert!(said.contains("\"reads\": \"Home.Title\""), "{said}");
    let failed = home.run(&["eval", "C#:p: p.Home.Code", "--on", "T_Person:4"]);
    assert_eq!(failed.status.code(), Some(4));
    assert!(String::from_utf8(failed.stderr).unwrap().contains("p.Home is null"));
    let wrong = home.run(&["eval", "C#:p: p.Hme", "--on", "T_Person:4"]);
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("did you mean Home?"));
}
