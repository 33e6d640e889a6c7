//! x
fn main() -> std::process::ExitCode {
    provost_benches::main()
}
