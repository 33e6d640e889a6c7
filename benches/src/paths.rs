//! The paths of the road, each with its yardsticks.

use crate::data::Data;
use crate::home::{Home, MAPPED, checked, prepared};
use crate::measure::Program;
use crate::report::{Goal, Line};
use crate::yardstick::{DuckDb, Psql, SqliteShell};
use crate::{Bench, Failure, child};
use std::path::Path;

/// Most memory of the larger paths, MiB.
const LARGE: f64 = 256.0;

fn goal(wall: Option<f64>, cpu: Option<f64>, peak: f64) -> Goal {
    Goal { wall, cpu, peak: Some(peak) }
}

fn bytes(file: &Path) -> u64 {
    file.metadata().map(|m| m.len()).unwrap_or_default()
}

fn sort(file: &Path) -> Program {
    Program::new("sort").env("LC_ALL", "C").path(file).words(&["-o", "/dev/null"])
}

fn line(path: &'static str, yardstick: &'static str, rows: u64, bytes: u64, goal: Goal) -> Line {
    Line { path, rows, bytes, ours: Vec::new(), yardstick, theirs: Vec::new(), goal }
}

/// Measures a yardstick, where it is there.
fn against(bench: &Bench, line: &mut Line, program: Option<&Program>) -> Result<(), Failure> {
    if let Some(program) = program {
        line.theirs.push(program.measure(&bench.folder)?.0);
    }
    Ok(())
}

/// Prepare of the entries, against DuckDB and sort.
pub(crate) fn prepare_entries(bench: &Bench, data: &Data, duckdb: Option<&DuckDb>) -> Result<Vec<Line>, Failure> {
    let home = Home::make(&bench.folder.join("home-prepare"), None, false)?;
    home.export("Entries", &data.first)?;
    let size = bytes(&data.first);
    let path = "Prepare entries";
    let mut duck = line(path, "DuckDB", data.truth.rows, size, goal(Some(0.25), Some(0.2), 128.0));
    let mut sorted = line(path, "sort", data.truth.rows, size, Goal::default());
    let theirs = duckdb.map(|d| d.prepare(&data.first, &MAPPED.map(|(name, _)| name), 1)).transpose()?;
    for _ in 0..bench.runs {
        let usage = checked(&home.prepare("complete"), &bench.folder, "AD_Entry", &prepared(&data.truth))?;
        duck.ours.push(usage);
        sorted.ours.push(usage);
        against(bench, &mut duck, theirs.as_ref())?;
        against(bench, &mut sorted, Some(&sort(&data.first)))?;
    }
    Ok(vec![duck, sorted])
}

/// Prepare of the pairs (with a file of a few entries, which their mapping needs).
pub(crate) fn prepare_pairs(bench: &Bench, data: &Data, duckdb: Option<&DuckDb>) -> Result<Vec<Line>, Failure> {
    let home = Home::make(&bench.folder.join("home-pairs"), None, true)?;
    let few = bench.folder.join("few-entries.csv");
    let text = crate::data::COLUMNS.join(";");
    std::fs::write(&few, format!("{text}\nCN=a;1{}\n", ";".repeat(crate::data::COLUMNS.len() - 2)))?;
    home.export("Entries", &few)?;
    home.export("Members", &data.pairs)?;
    let size = bytes(&data.pairs);
    let path = "Prepare pairs";
    let mut duck = line(path, "DuckDB", data.truth.pairs, size, goal(Some(0.25), Some(0.2), LARGE));
    let mut sorted = line(path, "sort", data.truth.pairs, size, Goal::default());
    let theirs = duckdb.map(|d| d.prepare(&data.pairs, &["dn", "member"], 2)).transpose()?;
    for _ in 0..bench.runs {
        let expected = [("rows", data.truth.pairs), ("rejected", 0)];
        let usage = checked(&home.prepare("complete"), &bench.folder, "AD_Entry_Member", &expected)?;
        duck.ours.push(usage);
        sorted.ours.push(usage);
        against(bench, &mut duck, theirs.as_ref())?;
        against(bench, &mut sorted, Some(&sort(&data.pairs)))?;
    }
    Ok(vec![duck, sorted])
}

/// Delta of the two generations of sorted entries, against a join and a plain comparison of equal files.
pub(crate) fn delta(bench: &Bench, data: &Data, duckdb: Option<&DuckDb>) -> Result<Vec<Line>, Failure> {
    let home = Home::make(&bench.folder.join("home-delta"), None, false)?;
    let (old, new, twin) = (bench.folder.join("old.csv"), bench.folder.join("new.csv"), bench.folder.join("twin.csv"));
    for (source, place) in [(&data.first, &old), (&data.second, &new)] {
        home.export("Entries", source)?;
        home.prepare("complete").run()?;
        std::fs::copy(home.sorted("AD_Entry"), place)?;
    }
    std::fs::copy(&new, &twin)?;
    let (rows, size) = (data.truth.clean + data.truth.second_clean, bytes(&old) + bytes(&new));
    let path = "Delta, 2.5 % changed";
    let mut duck = line(path, "DuckDB", rows, size, goal(None, Some(0.08), 64.0));
    let mut plain = line(path, "cmp", rows, size, goal(Some(1.5), None, 64.0));
    let theirs = duckdb.map(|d| d.delta(&old, &new)).transpose()?;
    let ours = child("delta")?.path(&old).path(&new).path(&bench.folder.join("delta.csv"));
    let t = &data.truth;
    let expected = format!("{} {} {}", t.inserted, t.updated, t.deleted);
    for _ in 0..bench.runs {
        let (usage, output) = ours.measure(&bench.folder)?;
        if output.trim() != expected {
            return Err(format!("delta: expected {expected}, found {output}").into());
        }
        duck.ours.push(usage);
        plain.ours.push(usage);
        against(bench, &mut duck, theirs.as_ref())?;
        against(bench, &mut plain, Some(&Program::new("cmp").path(&new).path(&twin)))?;
    }
    Ok(vec![duck, plain])
}

const UNCHANGED_GOAL: Goal = Goal { wall: Some(1.0), cpu: None, peak: Some(128.0) };

/// Initial load, complete with changes and complete without, on SQLite.
pub(crate) fn sqlite(bench: &Bench, data: &Data) -> Result<Vec<Line>, Failure> {
    let (t, size) = (&data.truth, bytes(&data.first));
    let empty = Home::make(&bench.folder.join("home-sqlite"), None, false)?;
    let shell = SqliteShell::new(&bench.folder, &empty.database())?;
    let work = bench.folder.join("home-sqlite-run");
    let theirs = bench.folder.join("yardstick.db");
    let loaded_by_shell = bench.folder.join("yardstick-loaded.db");
    let mut initial = line("Initial load, SQLite", "sqlite3", t.clean, size, goal(Some(0.3), Some(0.35), LARGE));
    let fresh = bench.folder.join("yardstick-empty.db");
    std::fs::copy(empty.database(), &fresh)?;
    empty.export("Entries", &data.first)?;
    empty.prepare("initial").run()?;
    let mut home = empty.copy(&work, None)?;
    for run in 0..bench.runs {
        home = if run > 0 { empty.copy(&work, None)? } else { home };
        initial.ours.push(checked(&home.synchronise(), &bench.folder, "AD_Entry", &[("inserted", t.clean)])?);
        if let Some(shell) = &shell {
            std::fs::copy(&fresh, &theirs)?;
            against(bench, &mut initial, Some(&shell.load(&theirs, &home.sorted("AD_Entry"))?))?;
            std::fs::copy(&theirs, &loaded_by_shell)?;
        }
    }
    let mut lines = vec![initial];
    let mut changes =
        line("Complete, 2.5 % changed, SQLite", "sqlite3", t.second_clean, size, goal(Some(0.18), Some(0.13), LARGE));
    home.export("Entries", &data.second)?;
    home.prepare("complete").run()?;
    let loaded = home.copy(&bench.folder.join("home-sqlite-loaded"), None)?;
    let expected =
        [("inserted", t.inserted), ("updated", t.updated), ("deleted", t.deleted), ("unchanged", unchanged(data))];
    for run in 0..bench.runs {
        home = if run > 0 { loaded.copy(&work, None)? } else { home };
        changes.ours.push(checked(&home.synchronise(), &bench.folder, "AD_Entry", &expected)?);
        if let Some(shell) = &shell {
            std::fs::copy(&loaded_by_shell, &theirs)?;
            against(bench, &mut changes, Some(&shell.complete(&theirs, &home.sorted("AD_Entry"))?))?;
        }
    }
    lines.push(changes);
    lines.push(nothing_changed(bench, data, &home, "Complete, nothing changed, SQLite")?);
    Ok(lines)
}

fn unchanged(data: &Data) -> u64 {
    data.truth.clean - data.truth.deleted - data.truth.updated
}

/// The same export once more.
fn nothing_changed(bench: &Bench, data: &Data, home: &Home, path: &'static str) -> Result<Line, Failure> {
    let t = &data.truth;
    let mut found = line(path, "sort", t.second_clean, bytes(&data.second), UNCHANGED_GOAL);
    for _ in 0..bench.runs {
        home.prepare("complete").run()?;
        let expected = [("inserted", 0), ("updated", 0), ("deleted", 0), ("unchanged", t.second_clean)];
        found.ours.push(checked(&home.synchronise(), &bench.folder, "AD_Entry", &expected)?);
        against(bench, &mut found, Some(&sort(&data.second)))?;
    }
    Ok(found)
}

/// The same three on PostgreSQL. Its server works in processes of its own: CPU and memory are those of the clients.
pub(crate) fn postgres(bench: &Bench, data: &Data, psql: &Psql) -> Result<Vec<Line>, Failure> {
    let names = ["empty", "run", "loaded", "yardstick", "fresh"].map(|n| format!("provost_bench_{}_{n}", bench.rows));
    let result = on_postgres(bench, data, psql, &names);
    for name in &names {
        psql.remove(name)?;
    }
    result
}

fn on_postgres(bench: &Bench, data: &Data, psql: &Psql, names: &[String; 5]) -> Result<Vec<Line>, Failure> {
    let [empty_db, run_db, loaded_db, yardstick_db, fresh_db] = names;
    let (t, size) = (&data.truth, bytes(&data.first));
    let empty = Home::make(&bench.folder.join("home-postgres"), Some(psql.make(empty_db, None)?), false)?;
    psql.make(fresh_db, Some(empty_db))?;
    let work = bench.folder.join("home-postgres-run");
    empty.export("Entries", &data.first)?;
    empty.prepare("initial").run()?;
    let mut initial = line("Initial load, PostgreSQL", "COPY", t.clean, size, goal(Some(1.2), None, LARGE));
    let mut home = empty.clone();
    for run in 0..bench.runs {
        home = empty.copy(&work, Some(psql.make(run_db, Some(empty_db))?))?;
        initial.ours.push(checked(&home.synchronise(), &bench.folder, "AD_Entry", &[("inserted", t.clean)])?);
        if run == 0 {
            psql.unload(run_db)?;
        }
        psql.make(yardstick_db, Some(fresh_db))?;
        against(bench, &mut initial, Some(&psql.load(yardstick_db)?))?;
    }
    let mut lines = vec![initial];
    let mut changes =
        line("Complete, 2.5 % changed, PostgreSQL", "SQL", t.second_clean, size, goal(Some(0.3), None, LARGE));
    home.export("Entries", &data.second)?;
    home.prepare("complete").run()?;
    psql.make(loaded_db, Some(run_db))?;
    let loaded = home.copy(&bench.folder.join("home-postgres-loaded"), None)?;
    let expected =
        [("inserted", t.inserted), ("updated", t.updated), ("deleted", t.deleted), ("unchanged", unchanged(data))];
    for run in 0..bench.runs {
        if run > 0 {
            home = loaded.copy(&work, Some(psql.make(run_db, Some(loaded_db))?))?;
        }
        changes.ours.push(checked(&home.synchronise(), &bench.folder, "AD_Entry", &expected)?);
        psql.make(yardstick_db, Some(loaded_db))?;
        against(bench, &mut changes, Some(&psql.complete(yardstick_db, &home.sorted("AD_Entry"))?))?;
    }
    lines.push(changes);
    lines.push(nothing_changed(bench, data, &home, "Complete, nothing changed, PostgreSQL")?);
    Ok(lines)
}
