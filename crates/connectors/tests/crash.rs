//! A process that dies at a write boundary leaves whole tables, old or new, and the next export is healthy.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::World;
use provost_model::configuration::{Transformation, TransformationKind, WhereOperator};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Command;

const FOLDER: &str = "PROVOST_TEST_FOLDER";

/// A workbook of two sheets, the second filtered, whose older tables are there.
fn world() -> World {
    let kind = TransformationKind::WhereValue {
        column: "id".to_owned(),
        operator: WhereOperator::NotEquals,
        value: "2".to_owned(),
    };
    let world = World::new("Usercube.Excel@0000001", json!({"Path": "in/hr.xlsx"}))
        .with(Transformation { table: "HR_1".to_owned(), kind });
    let mut workbook = rust_xlsxwriter::Workbook::new();
    for _ in 0..2 {
        workbook.add_worksheet().write_column(0, 0, ["id", "1", "2"]).unwrap();
    }
    workbook.save(world.path("in/hr.xlsx")).unwrap();
    world.put("out/HR_0.csv", "id\nold\n");
    world.put("out/HR_1.csv", "id\nold\n");
    world
}

/// Not a test of its own: exports the folder that the environment names, and dies where it says.
#[test]
fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let mut world = world();
    world.settings = json!({"Path": Path::new(&folder).join("in/hr.xlsx")});
    let _ = world.run_into(&Path::new(&folder).join("out"));
}

#[test]
fn tables_are_whole_wherever_the_process_dies() {
    for (point, tables) in [
        ("export.before-rename", ["id\nold\n", "id\nold\n"]),
        ("export.after-rename", ["id\n1\n2\n", "id\nold\n"]),
        ("export.after-rename:2", ["id\n1\n2\n", "id\n1\n"]),
    ] {
        let world = world();
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child"])
            .env(FOLDER, world.folder.path())
            .env("PROVOST_CRASH_AT", point)
            .output()
            .unwrap()
            .status;
        assert!(!status.success(), "{point} was not reached");
        let held = [0, 1].map(|index| fs::read_to_string(world.path(&format!("out/HR_{index}.csv"))).unwrap());
        assert_eq!(held, tables, "{point}");
        world.run().unwrap();
        let names: Vec<String> = common::listing(&world.path("out")).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["HR_0.csv", "HR_1.csv"], "{point}");
        assert_eq!(fs::read_to_string(world.path("out/HR_1.csv")).unwrap(), "id\n1\n");
    }
}
