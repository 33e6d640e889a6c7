//! Benchmarks of the road from an export to the repository.
//!
//! `cargo bench -p provost-benches` generates its data below the target folder and measures each path of the product,
//! and a yardstick on the same files, as whole processes. The product is this very program, started again under another
//! role. Read [docs/performance.md](../../docs/performance.md).
//!
//! Environment: `PROVOST_BENCH_ROWS` (1,100,000), `PROVOST_BENCH_RUNS` (3), `PROVOST_BENCH_ONLY` (part of a path's
//! name, as in `sqlite`, `prepare`), `PROVOST_TEST_POSTGRES` (without it PostgreSQL is left out).

mod api;
mod data;
mod expressions;
mod home;
mod measure;
mod mining;
mod paths;
mod policy;
mod random;
mod report;
mod yardstick;

use measure::Program;
use provost_pipeline::delta::{Generation, Outlets};
use provost_pipeline::prepare::{Held, Kind};
use report::Line;
use std::ffi::OsString;
use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

/// What went wrong, for people.
type Failure = Box<dyn std::error::Error>;

/// First word of a child process; the second names its role.
const CHILD: &str = "--child";

/// How the benchmark was asked for.
struct Bench {
    rows: u64,
    runs: usize,
    only: String,
    folder: PathBuf,
    /// Whether this is a measurement, not a test that everything still works.
    real: bool,
}

/// The whole program: the benchmark of the road, or one of its child processes.
pub fn main() -> ExitCode {
    run(bench)
}

/// The same for the benchmark of the policy.
pub fn policy() -> ExitCode {
    run(|real| prepared(real)?.map_or(Ok(()), |bench| policy::all(&bench)))
}

fn run(benchmark: impl FnOnce(bool) -> Result<(), Failure>) -> ExitCode {
    let mut words = std::env::args_os().skip(1).peekable();
    if words.next_if(|word| word == CHILD).is_some() {
        return play(words.collect());
    }
    ended(benchmark(words.any(|word| word == "--bench")))
}

/// This program once more, in another role.
fn child(role: &str) -> Result<Program, Failure> {
    Ok(Program::new(std::env::current_exe()?).words(&[CHILD, role]))
}

fn play(words: Vec<OsString>) -> ExitCode {
    match words.first().and_then(|role| role.to_str()) {
        Some("provost") => provost::run(words),
        Some("mining") => ended(mine(&words)),
        _ => ended(delta(&words)),
    }
}

fn ended(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn mine(words: &[OsString]) -> Result<(), Failure> {
    let number = |at: usize| words.get(at).and_then(|word| word.to_str()?.parse().ok()).ok_or("a number is missing");
    mining::play(number(1)?, number(2)?)
}

/// The comparison of the prepare step, on two files.
fn delta(words: &[OsString]) -> Result<(), Failure> {
    let [_, old, new, out] = words else {
        return Err("expected an old file, a new file and an output".into());
    };
    let generation = |path: &OsString| File::open(path).map(|source| Generation { source, digest: None });
    let outlets = Outlets { delta: Some(Box::new(File::create(out)?)), carried: None };
    let found = provost_pipeline::delta::delta(
        Kind::Entity,
        Some(generation(old)?),
        generation(new)?,
        &Held::default(),
        outlets,
    )?;
    println!("{} {} {}", found.inserted, found.updated, found.deleted);
    Ok(())
}

impl Bench {
    fn new(real: bool) -> Result<Bench, Failure> {
        let number = |name: &str, usual: u64| match std::env::var(name) {
            Ok(text) => text.replace('_', "").parse().map_err(|e| format!("{name}={text}: {e}")),
            Err(_) => Ok(usual),
        };
        let exe = std::env::current_exe()?;
        let target = exe.ancestors().nth(3).ok_or("the program is not below a target folder")?;
        Ok(Bench {
            rows: number("PROVOST_BENCH_ROWS", if real { 1_100_000 } else { 2_000 })?,
            runs: number("PROVOST_BENCH_RUNS", if real { 3 } else { 1 })?.try_into()?,
            only: std::env::var("PROVOST_BENCH_ONLY").unwrap_or_default().to_lowercase(),
            folder: target.join(if real { "bench" } else { "bench-smoke" }),
            real,
        })
    }

    fn wants(&self, name: &str) -> bool {
        name.contains(&self.only)
    }

    fn say(&self, lines: Vec<Line>, all: &mut Vec<Line>) {
        for line in &lines {
            println!("{}", line.render());
        }
        all.extend(lines);
    }
}

/// The benchmark as it was asked for, where it can be measured.
fn prepared(real: bool) -> Result<Option<Bench>, Failure> {
    let bench = Bench::new(real)?;
    if !measure::is_there("python3") {
        println!("notice: nothing is measured, python3 is missing; it takes times and memory of child processes");
        return Ok(None);
    }
    std::fs::create_dir_all(&bench.folder)?;
    Ok(Some(bench))
}

fn bench(real: bool) -> Result<(), Failure> {
    let Some(bench) = prepared(real)? else { return Ok(()) };
    let mut all = Vec::new();
    if bench.wants("role mining") {
        println!("{}", report::HEADER);
        bench.say(mining::path(&bench)?, &mut all);
    }
    if bench.only == "role mining" || bench.only == "mining" {
        return Ok(());
    }
    if bench.wants("expressions") {
        expressions::all(&bench)?;
    }
    if bench.only == "expressions" {
        return Ok(());
    }
    let data = data::make(&bench.folder, bench.rows)?;
    let duckdb = match yardstick::DuckDb::find(&bench.folder, bench.real) {
        Ok(duckdb) => {
            println!("DuckDB {}", duckdb.version);
            Some(duckdb)
        }
        Err(_) => {
            println!("DuckDB is absent");
            None
        }
    };
    println!("\n{} rows, {} runs\n\n{}", bench.rows, bench.runs, report::HEADER);
    if bench.wants("prepare entries") {
        bench.say(paths::prepare_entries(&bench, &data, duckdb.as_ref())?, &mut all);
    }
    if bench.wants("prepare pairs") {
        bench.say(paths::prepare_pairs(&bench, &data, duckdb.as_ref())?, &mut all);
    }
    if bench.wants("delta") {
        bench.say(paths::delta(&bench, &data, duckdb.as_ref())?, &mut all);
    }
    if bench.wants("sqlite") {
        bench.say(paths::sqlite(&bench, &data)?, &mut all);
    }
    if bench.wants("api") {
        api::all(&bench, &data)?;
    }
    if bench.wants("postgres") {
        match yardstick::Psql::new(&bench.folder) {
            Some(psql) => bench.say(paths::postgres(&bench, &data, &psql)?, &mut all),
            None => println!("PostgreSQL is absent: set PROVOST_TEST_POSTGRES, and have psql"),
        }
    }
    Ok(())
}
