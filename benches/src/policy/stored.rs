//! A company on its whole road: files, resources, the role model complete, a hundredth of the people changed, dirty, and
//! complete again, which must find nothing to do.

use super::company::{CHANGED, Rule, configuration, write};
use super::yardstick;
use crate::home::Home;
use crate::measure::{Program, Usage};
use crate::yardstick::DuckDb;
use crate::{Bench, Failure};
use serde_json::Value;
use std::path::Path;

const AT: &str = "2026-06-01";

/// A run of the role model: what it took, and its counters.
fn computed(home: &Home, bench: &Bench, words: &[&str]) -> Result<(Usage, Value), Failure> {
    let (usage, output) = home.compute(AT, words).measure(&bench.folder)?;
    let summary: Value = serde_json::from_str(output.trim()).map_err(|e| format!("{e}: {output}"))?;
    Ok((usage, summary["counts"].clone()))
}

fn expect(counts: &Value, counter: &str, expected: usize) -> Result<(), Failure> {
    match counts[counter].as_u64() {
        Some(found) if found == expected as u64 => Ok(()),
        _ => Err(format!("{counter} should be {expected}: {counts}").into()),
    }
}

/// Brings the files of a generation into the repository.
fn load(home: &Home, files: &Path) -> Result<(), Failure> {
    for table in ["People", "Departments", "Sites", "Groups"] {
        home.export(table, &files.join(format!("{table}.csv")))?;
    }
    home.prepare("complete").run()?;
    home.synchronise().words(&["--force", "--reason", "a benchmark"]).run().map(drop)
}

/// Measures it once; the data is the same each time.
pub(super) fn measure(bench: &Bench, rules: &[Rule], people: usize) -> Result<(), Failure> {
    let folder = bench.folder.join("policy");
    std::fs::create_dir_all(&folder)?;
    for generation in [1, 2] {
        write(&folder.join(format!("generation-{generation}")), people, generation)?;
    }
    let home = Home::with(&folder.join("home"), None, &configuration(rules))?;
    load(&home, &folder.join("generation-1"))?;
    let (complete, counts) = computed(&home, bench, &[])?;
    expect(&counts, "ownersEvaluated", people)?;
    expect(&counts, "ownersChanged", people)?;
    let rows = counts["assignmentsInserted"].as_u64().unwrap_or_default();
    load(&home, &folder.join("generation-2"))?;
    let (dirty, counts) = computed(&home, bench, &["--dirty", "--sample", "0"])?;
    expect(&counts, "ownersEvaluated", people.div_ceil(CHANGED))?;
    let changed = counts["ownersChanged"].as_u64().unwrap_or_default();
    let (again, counts) = computed(&home, bench, &[])?;
    expect(&counts, "ownersEvaluated", people)?;
    expect(&counts, "ownersChanged", 0)?;
    println!("\n{people} identities, {rows} rows; {changed} changed by the dirty run\n");
    println!(
        "| role model, SQLite | wall s | CPU s | peak MiB | identities/s | to complete |\n|---|--:|--:|--:|--:|--:|"
    );
    let lines = [
        ("complete, all new", complete, people),
        ("dirty, 1 % changed", dirty, people / CHANGED),
        ("complete, nothing changed", again, people),
    ];
    for (name, usage, identities) in lines {
        let Usage { wall, cpu, peak } = usage;
        let (rate, part) = (identities as f64 / wall, wall / complete.wall);
        println!("| {name} | {wall:.2} | {cpu:.2} | {peak:.0} | {rate:.0} | {part:.3} |");
    }
    if let Ok(duckdb) = DuckDb::find(&bench.folder, bench.real) {
        let database = folder.join("company.duckdb");
        yardstick::load(&duckdb, &folder.join("generation-1"), &database)?.run()?;
        let (usage, _) = Program::measure(&yardstick::compute(&duckdb, rules, &database)?, &bench.folder)?;
        let Usage { wall, cpu, peak } = usage;
        println!(
            "| yardstick: DuckDB {} | {wall:.2} | {cpu:.2} | {peak:.0} | {:.0} | {:.3} |",
            duckdb.version,
            people as f64 / wall,
            wall / complete.wall
        );
    }
    Ok(())
}
