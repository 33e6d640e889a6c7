//! The policy: evaluation against its limit, and a whole company against DuckDB.
fn main() -> std::process::ExitCode {
    provost_benches::policy()
}
