//! `cargo xtask test`: the one command that says whether the house is in order.

mod company;
mod examples;
mod needs;
mod postgres;

use crate::shell::{self, Failure};
use crate::{sample, tidy};
use std::time::{Duration, Instant};

/// Features of the test build: the fault points are compiled in.
pub(crate) const FEATURES: [&str; 2] = ["--features", "provost/fault-injection"];

/// Tells tests how to reach PostgreSQL.
const POSTGRES: &str = "PROVOST_TEST_POSTGRES";

/// The result of one part of the run.
struct Part {
    name: &'static str,
    took: Duration,
    result: Result<(), Failure>,
}

/// Installs what is missing, starts a database, runs every part even when an earlier one failed, and sums up.
pub(crate) fn run(_: &[String]) -> Result<(), Failure> {
    needs::install()?;
    let cluster = postgres::Cluster::start()?;
    let parts = [
        part("format", || shell::run(shell::cargo().args(["fmt", "--all", "--check"]))),
        part("tidy", || tidy::run(&[])),
        part("sample data", || sample::run(&["--check".to_owned()])),
        part("lints", lints),
        part("tests", || tests(&cluster)),
        part("examples", examples::check),
        part("company", company::check),
    ];
    drop(cluster);
    sum_up(&parts)
}

/// `cargo xtask examples`.
pub(crate) fn examples(_: &[String]) -> Result<(), Failure> {
    needs::install()?;
    sum_up(&[part("examples", examples::check), part("company", company::check)])
}

/// `cargo xtask with-postgres cargo test -p provost-store`.
pub(crate) fn with_postgres(words: &[String]) -> Result<(), Failure> {
    let [program, arguments @ ..] = words else {
        return Err(Failure::new("name a command, such as `cargo test -p provost-store`"));
    };
    needs::install()?;
    let cluster = postgres::Cluster::start()?;
    shell::run(shell::command(program).args(arguments).env(POSTGRES, cluster.connection_string()))
}

fn lints() -> Result<(), Failure> {
    let mut clippy = shell::cargo();
    clippy.args(["clippy", "--locked", "--workspace", "--all-targets"]).args(FEATURES);
    shell::run(clippy.args(["--", "-D", "warnings"]))
}

fn tests(cluster: &postgres::Cluster) -> Result<(), Failure> {
    let mut test = shell::cargo();
    test.args(["test", "--locked", "--workspace", "--no-fail-fast"]).args(FEATURES);
    shell::run(test.env(POSTGRES, cluster.connection_string()))
}

fn part(name: &'static str, work: impl FnOnce() -> Result<(), Failure>) -> Part {
    println!("\n== {name}");
    let start = Instant::now();
    let result = work();
    if let Err(failure) = &result {
        println!("{name}: {failure}");
    }
    Part { name, took: start.elapsed(), result }
}

fn sum_up(parts: &[Part]) -> Result<(), Failure> {
    println!("\n== summary");
    for part in parts {
        let word = if part.result.is_ok() { "ok" } else { "FAILED" };
        println!("{:<12} {word:<8} {:>7.1} s", part.name, part.took.as_secs_f64());
    }
    let failed: Vec<&str> = parts.iter().filter(|part| part.result.is_err()).map(|part| part.name).collect();
    if failed.is_empty() { Ok(()) } else { Err(Failure::new(format!("failed: {}", failed.join(", ")))) }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn one_failed_part_fails_the_run() {
        let good = part("good", || Ok(()));
        let bad = part("bad", || Err(Failure::new("no")));
        assert_eq!(sum_up(&[good, bad]).unwrap_err().to_string(), "failed: bad");
        assert!(sum_up(&[part("good", || Ok(()))]).is_ok());
    }
}
