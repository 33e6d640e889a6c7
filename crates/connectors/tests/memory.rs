//! Memory stays flat whatever the size of the source. Alone in its file, because the peak is that of the process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::World;
use provost_connectors::ExportReport;
use provost_model::configuration::{Transformation, TransformationKind, WhereOperator};
use serde_json::json;
use std::fs::{self, File};
use std::io::{BufWriter, Write};

const ROWS: u64 = 800_000;

/// Peak of the resident memory of this process, in kilobytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_large_file_is_exported_in_little_memory() {
    for (settings, transform) in [(json!({}), false), (json!({"ValuesToTrim": ["$"]}), true)] {
        let mut world = World::csv("", settings);
        let mut file = BufWriter::new(File::create(world.path("in/hr.csv")).unwrap());
        writeln!(file, "id,name,mail,remark").unwrap();
        for id in 0..ROWS {
            writeln!(file, "{id},\"Name, {id}\",name{id}@example.org,$a remark that fills the row$").unwrap();
        }
        file.into_inner().unwrap();
        if transform {
            let (column, value) = ("id".to_owned(), "1".to_owned());
            let kind = TransformationKind::WhereValue { column, operator: WhereOperator::NotEquals, value };
            world = world.with(Transformation { table: "HR".to_owned(), kind });
        }
        let before = peak();
        let ExportReport::Done { tables, .. } = world.run().unwrap() else { panic!() };
        assert_eq!(tables[0].rows, ROWS - u64::from(transform));
        assert!(peak() - before < 8 * 1024, "peak rose from {before} kB to {} kB", peak());
    }
}
