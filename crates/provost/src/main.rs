//! The `provost` executable; everything it does is in the library of the same name.

fn main() -> std::process::ExitCode {
    provost::run(std::env::args_os())
}
