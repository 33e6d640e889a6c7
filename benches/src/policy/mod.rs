//! Who should have what: the evaluation against its limit, and a whole company, from files to stored rows, against
//! DuckDB.
//!
//! `cargo bench -p provost-benches --bench policy` measures. `PROVOST_BENCH_IDENTITIES` (1,000,000) says how many
//! identities, `PROVOST_BENCH_ONLY` (`evaluation`, `company`) which half. `cargo test` walks the same road with few.

mod company;
mod engine;
mod stored;
mod yardstick;

use crate::{Bench, Failure};

/// Both halves.
pub(crate) fn all(bench: &Bench) -> Result<(), Failure> {
    let usual = if bench.real { 1_000_000 } else { 400 };
    let people = match std::env::var("PROVOST_BENCH_IDENTITIES") {
        Ok(text) => text.replace('_', "").parse().map_err(|e| format!("PROVOST_BENCH_IDENTITIES={text}: {e}"))?,
        Err(_) => usual,
    };
    let rules = company::rules();
    if bench.wants("evaluation") {
        engine::measure(&rules, people.min(200_000), bench.runs)?;
    }
    if bench.wants("expressions") {
        crate::expressions::all(bench)?;
    }
    if bench.wants("company") {
        stored::measure(bench, &rules, people)?;
    }
    Ok(())
}
