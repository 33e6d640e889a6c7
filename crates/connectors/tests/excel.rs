//! The Excel package: sheets, options, and values.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::World;
use insta::assert_snapshot;
use provost_connectors::{ExportMode, ExportReport};
use provost_model::configuration::{Transformation, TransformationKind, WhereOperator};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use serde_json::{Value, json};

fn world(settings: Value, fill: impl FnOnce(&mut Workbook)) -> World {
    let mut all = json!({"Path": "in/hr.xlsx"});
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let world = World::new("Usercube.Excel@0000001", all);
    let mut workbook = Workbook::new();
    fill(&mut workbook);
    workbook.save(world.path("in/hr.xlsx")).unwrap();
    world
}

fn rows(sheet: &mut Worksheet, from: u32, rows: &[&[&str]]) {
    for (row, cells) in (from..).zip(rows) {
        for (column, text) in (0..).zip(*cells) {
            if !text.is_empty() {
                sheet.write_string(row, column, *text).unwrap();
            }
        }
    }
}

fn table(world: &World, table: &str) -> String {
    String::from_utf8(world.bytes(table)).unwrap()
}

#[test]
fn each_sheet_becomes_a_table_named_by_its_position() {
    let options = json!({"SheetOptions": [
        {"SheetIgnored": false}, {"SheetIgnored": true}, {"SheetIgnored": "false", "NumberOfLinesToSkip": 2}]});
    let world = world(options, |workbook| {
        rows(workbook.add_worksheet(), 0, &[&["id", "", "name"], &["1", "dropped", "a,b"], &[], &["2", "", ""]]);
        rows(workbook.add_worksheet(), 0, &[&["ignored"]]);
        rows(workbook.add_worksheet(), 0, &[&["Report"], &[], &["id", "mail"], &["3", "", "beyond"], &["", "x"]]);
    });
    assert_eq!(table(&world, "HR_0"), "id,name\n1,\"a,b\"\n2,\n");
    assert_eq!(table(&world, "HR_2"), "id,mail\n3,\n,x\n");
    assert!(!world.path("out/HR_1.csv").exists());
}

#[test]
fn values_are_written_without_noise() {
    let world = world(json!({"ValuesToTrim": ["$", "%"]}), |workbook| {
        let sheet = workbook.add_worksheet();
        rows(sheet, 0, &[&["number", "truth", "date", "time", "text", "formula"]]);
        sheet.write_number(1, 0, 1.0).unwrap();
        sheet.write_boolean(1, 1, true).unwrap();
        let format = Format::new().set_num_format("dd/mm/yyyy hh:mm");
        let date = ExcelDateTime::from_ymd(2024, 12, 31).unwrap();
        sheet.write_datetime_with_format(1, 2, &date, &format).unwrap();
        let time = ExcelDateTime::from_hms(8, 30, 0).unwrap();
        sheet.write_datetime_with_format(1, 3, &time, &Format::new().set_num_format("hh:mm")).unwrap();
        sheet.write_string(1, 4, "$%text$%").unwrap();
        sheet.write_formula(1, 5, Formula::new("=0.1+0.2").set_result("0.30000000000000004")).unwrap();
    });
    assert_eq!(
        table(&world, "HR_0"),
        "number,truth,date,time,text,formula\n1,true,2024-12-31T00:00:00,08:30:00,text$,0.3\n"
    );
}

#[test]
fn cells_that_hold_an_error_are_named() {
    let world = world(json!({}), |workbook| {
        let sheet = workbook.add_worksheet();
        rows(sheet, 0, &[&["id", "manager"], &["1"]]);
        sheet.write_formula(1, 1, Formula::new("=NA()").set_result("#N/A")).unwrap();
    });
    assert_eq!(table(&world, "HR_0"), "id,manager\n1,#N/A\n");
    assert_snapshot!(world.problems().join("\n"), @r#"warning: @/in/hr.xlsx, sheet "Sheet1": 1 cells hold an error, the first is B2: #N/A"#);
}

#[test]
fn the_mode_chooses_the_workbook() {
    let mut world = world(json!({}), |workbook| rows(workbook.add_worksheet(), 0, &[&["id"], &["1"]]));
    world.mode = ExportMode::Incremental;
    assert!(matches!(world.run().unwrap(), ExportReport::NotLaunched { .. }));
    world.force_complete = true;
    assert_eq!(table(&world, "HR_0"), "id\n1\n");
    world.settings = json!({"Path": r"in/h.*\.xlsx", "IsFileNameRegex": true});
    assert_eq!(table(&world, "HR_0"), "id\n1\n");
}

#[test]
fn an_empty_sheet_is_noted_unless_it_is_expected_to_hold_something() {
    let fill = |workbook: &mut Workbook| {
        rows(workbook.add_worksheet(), 0, &[&["id"], &["1"]]);
        workbook.add_worksheet();
    };
    let one = world(json!({}), fill);
    assert_snapshot!(one.problems().join("\n"), @r#"note: @/in/hr.xlsx, sheet "Sheet2" is empty, and is not exported"#);
    one.put("out/HR_1.csv", "id\n2\n");
    assert_snapshot!(one.error(), @r#"
    source-no-header: @/in/hr.xlsx, sheet "Sheet2" has no header line in its first row
    -> make the first line name the columns, or change NumberOfLinesToSkip
    "#);
    let expected = json!({"SheetOptions": [{"SheetIgnored": false}, {"SheetIgnored": false}]});
    assert!(world(expected, fill).error().starts_with("source-no-header"));
}

#[test]
fn headers_are_checked_as_in_csv_files() {
    let twice = world(json!({}), |workbook| rows(workbook.add_worksheet(), 0, &[&["id", "id"]]));
    assert_snapshot!(twice.error(), @r#"
    source-duplicate-header: @/in/hr.xlsx, sheet "Sheet1": columns 1 and 2 of the header in line 1 are both named "id"
    -> rename one of the columns in the source
    "#);
    let late = world(json!({}), |workbook| rows(workbook.add_worksheet(), 1, &[&["id"], &["1"]]));
    assert_snapshot!(late.error(), @r#"
    source-no-header: @/in/hr.xlsx, sheet "Sheet1" has no header line in its first row
    -> make the first line name the columns, or change NumberOfLinesToSkip
    "#);
}

#[test]
fn all_tables_are_replaced_or_none() {
    let world = world(json!({}), |workbook| {
        rows(workbook.add_worksheet(), 0, &[&["id"], &["1"]]);
        rows(workbook.add_worksheet(), 0, &[&["id", "id"]]);
    });
    world.put("out/HR_0.csv", "id\nold\n");
    assert!(world.error().contains("sheet \"Sheet2\""));
}

#[test]
fn what_is_no_workbook_is_told() {
    let world = World::new("Usercube.Excel@0000001", json!({"Path": "in/hr.xlsx"}));
    world.put("in/hr.xlsx", "id,name\n");
    assert_snapshot!(world.error(), @"
    source-workbook: @/in/hr.xlsx cannot be read as an XLSX workbook: Zip error: invalid Zip archive: Could not find EOCD
    -> save it as .xlsx without a password; .xls and .csv files are not workbooks of this kind
    ");
}

#[test]
fn wrong_sheet_options_name_their_item() {
    let options = json!({"SheetOptions": [{"NumberOfLinesToSkip": "x"}, {"SheetIgnored": true, "SheetIgnore": 1}, 3]});
    assert_snapshot!(world(options, |_| {}).error(), @r#"
    connection-settings: the settings of connection HR cannot be used:
      Connections.HR.SheetOptions[0].SheetIgnored: it is missing (expected true or false)
      Connections.HR.SheetOptions[0].NumberOfLinesToSkip: "x" does not fit (expected a whole number from 0)
      Connections.HR.SheetOptions[2]: 3 does not fit (expected an object, { … })
    -> mend the settings in appsettings.agent.json
    "#);
}

#[test]
fn transformations_name_the_table_of_a_sheet() {
    let kind = TransformationKind::WhereValue {
        column: "id".to_owned(),
        operator: WhereOperator::NotEquals,
        value: "1".to_owned(),
    };
    let world = world(json!({}), |workbook| {
        rows(workbook.add_worksheet(), 0, &[&["id"], &["1"], &["2"]]);
        rows(workbook.add_worksheet(), 0, &[&["id"], &["1"], &["2"]]);
    })
    .with(Transformation { table: "HR_1".to_owned(), kind });
    assert_eq!((table(&world, "HR_0"), table(&world, "HR_1")), ("id\n1\n2\n".into(), "id\n2\n".into()));
}

#[test]
fn a_workbook_that_changes_while_it_is_read_is_refused() {
    let world = world(json!({}), |workbook| rows(workbook.add_worksheet(), 0, &[&["id"], &["1"]]));
    let mut grow = |_: provost_connectors::Progress<'_>| {
        let mut bytes = std::fs::read(world.path("in/hr.xlsx")).unwrap();
        bytes.push(0);
        std::fs::write(world.path("in/hr.xlsx"), bytes).unwrap();
    };
    assert_eq!(world.run_with(&mut grow).unwrap_err().code(), "source-changed");
    assert_eq!(std::fs::read_dir(world.path("out")).unwrap().count(), 0);
}
