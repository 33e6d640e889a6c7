//! Transformations on exported tables: every kind with every option.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::World;
use insta::assert_snapshot;
use provost_model::configuration::{Transformation, TransformationKind, WhereOperator};
use serde_json::json;

fn on(table: &str, kind: TransformationKind) -> Transformation {
    Transformation { table: table.to_owned(), kind }
}

fn transformed(content: &str, kind: TransformationKind) -> String {
    World::csv(content, json!({})).with(on("HR", kind)).text()
}

fn keep(column: &str, operator: WhereOperator, value: &str) -> TransformationKind {
    TransformationKind::WhereValue { column: column.to_owned(), operator, value: value.to_owned() }
}

/// Joins `a`, `b` and `c` by `-` into a column.
fn concat(column: &str, remove_empty: bool, remove_duplicates: bool, sort_values: bool) -> TransformationKind {
    TransformationKind::ConcatColumns {
        column: column.to_owned(),
        inputs: ["a", "b", "c"].map(str::to_owned).to_vec(),
        separator: "-".to_owned(),
        remove_empty,
        remove_duplicates,
        sort_values,
    }
}

fn date(column: &str, input: Option<&str>, added_days: f64, pattern: Option<&str>) -> TransformationKind {
    TransformationKind::TransformDate {
        column: column.to_owned(),
        input: input.map(str::to_owned),
        added_days,
        min_year: Some(1900),
        max_year: Some(2999),
        date_pattern: pattern.map(str::to_owned),
    }
}

#[test]
fn filters_keep_the_rows_that_match() {
    use WhereOperator::{Contains, EndsWith, Equals, NotContains, NotEquals, Regex, StartsWith};
    for (operator, value, kept) in [
        (Equals, "abc", "abc"),
        (Equals, "ABC", ""),
        (NotEquals, "abc", "Abd bcd"),
        (Contains, "bc", "abc bcd"),
        (NotContains, "bc", "Abd"),
        (StartsWith, "a", "abc"),
        (EndsWith, "d", "Abd bcd"),
        (Regex, "^.b[cd]$", "abc Abd"),
    ] {
        let expected: String = kept.split_whitespace().map(|value| format!("{value}\n")).collect();
        let text = transformed("x\nabc\nAbd\nbcd\n", keep("x", operator, value));
        assert_eq!(text, format!("x\n{expected}"), "{operator:?} {value}");
    }
}

#[test]
fn columns_are_joined_into_a_new_or_an_existing_one() {
    let table = "a,b,c\nx,,y\nz,z,x\n,,\n";
    assert_eq!(transformed(table, concat("d", false, false, false)), "a,b,c,d\nx,,y,x--y\nz,z,x,z-z-x\n,,,--\n");
    assert_eq!(transformed(table, concat("b", true, false, false)), "a,b,c\nx,x-y,y\nz,z-z-x,x\n,,\n");
    assert_eq!(transformed(table, concat("d", true, true, false)), "a,b,c,d\nx,,y,x-y\nz,z,x,z-x\n,,,\n");
    assert_eq!(transformed(table, concat("d", true, true, true)), "a,b,c,d\nx,,y,x-y\nz,z,x,x-z\n,,,\n");
}

#[test]
fn only_successive_duplicates_are_removed_and_before_sorting() {
    assert_eq!(transformed("a,b,c\nz,x,z\n", concat("d", false, true, true)), "a,b,c,d\nz,x,z,x-z-z\n");
}

#[test]
fn dates_are_shifted_in_place_or_into_another_column() {
    let table = "id,end\n1,2024-12-31\n2,9999-12-31\n3,\n";
    assert_eq!(transformed(table, date("end", None, 1.0, None)), "id,end\n1,2025-01-01\n2,9999-12-31\n3,\n");
    assert_eq!(
        transformed(table, date("last", Some("end"), -0.5, Some("dd/MM/yyyy HH:mm"))),
        "id,end,last\n1,2024-12-31,30/12/2024 12:00\n2,9999-12-31,9999-12-31\n3,,\n"
    );
}

#[test]
fn what_is_no_date_stays_and_is_told() {
    let world = World::csv("id,end\n1,soon\n2,2024-12-31\n3,31/12/2024\n", json!({}))
        .with(on("HR", date("end", None, 1.0, None)));
    assert_eq!(world.text(), "id,end\n1,soon\n2,2025-01-01\n3,31/12/2024\n");
    assert_snapshot!(world.problems().join("\n"), @r#"warning: transformation 1 of connection HR: 2 values of table HR are no dates that can be shifted, the first in line 2: "soon""#);
}

#[test]
fn transformations_follow_each_other() {
    let world = World::csv("a,b,c\nx,y,z\nx,,\n", json!({}))
        .with(on("HR", concat("d", true, false, false)))
        .with(on("HR", keep("d", WhereOperator::Equals, "x-y-z")));
    assert_eq!(world.text(), "a,b,c,d\nx,y,z,x-y-z\n");
    assert_eq!(common::listing(&world.path("out")).len(), 1);
}

#[test]
fn malformed_rows_pass_and_stay_malformed() {
    let table = "a,b,c\n1,2\n1,2,3,4\n1,\"open,x\n1,2,b\"c\n\nx,y,z\n";
    let world = World::csv(table, json!({}))
        .with(on("HR", concat("d", false, false, false)))
        .with(on("HR", keep("a", WhereOperator::Equals, "x")));
    assert_eq!(world.text(), "a,b,c,d\n1,2,\n1,2,3,4,\n1,\"open,x\"?,\n1,2,b\"c,\n\nx,y,z,x-y-z\n");
}

#[test]
fn what_does_not_fit_is_an_error_and_nothing_is_replaced() {
    let world = World::csv("a,b,c\n", json!({})).with(on("HR_Users", keep("a", WhereOperator::Equals, "x")));
    world.put("out/HR.csv", "old\n");
    assert_snapshot!(world.error(), @r#"
    transformation: transformation 1 of connection HR: the export writes no table "HR_Users"
    -> name HR_<table>, or HR where the export has a single table (letter case counts); it writes HR.
    "#);
    let world = World::csv("Name,b\n", json!({})).with(on("HR", keep("name", WhereOperator::Equals, "x")));
    world.put("out/HR.csv", "old\n");
    assert_snapshot!(world.error(), @r#"
    transformation: transformation 1 of connection HR: there is no column "name"
    -> the table has the columns Name, b (letter case counts). Did you mean "Name"?
    "#);
}

#[test]
fn what_can_be_checked_is_checked_before() {
    let world = World::csv("a,b,c\n", json!({}))
        .with(on("hr", keep("a", WhereOperator::Equals, "x")))
        .with(on("HR", keep("a", WhereOperator::Regex, "(")))
        .with(on("HR", date("a", None, 1.0, Some("dd MMM yyyy"))))
        .with(on("HR", date("a", None, f64::INFINITY, None)));
    assert_snapshot!(world.error(), @r#"
    connection-settings: the settings of connection HR cannot be used:
      transformation 1 of connection HR: the export writes no table "hr" (name HR_<table>, or HR where the export has a single table (letter case counts); it writes HR. Did you mean "HR"?)
      transformation 2 of connection HR: WhereValue "(" is not a regular expression: unclosed group (write a regular expression without look-around and back references)
      transformation 3 of connection HR: DatePattern: "MMM" is not known in a date pattern (use yyyy, MM, dd, HH, mm, ss and fff, with text between them, such as dd/MM/yyyy HH:mm)
      transformation 4 of connection HR: AddedDays inf is out of range (write a number of days, such as -0.5)
    -> mend the settings in appsettings.agent.json
    "#);
}
