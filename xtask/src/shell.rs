//! Running other programs, and the failure that every verb reports.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Why a verb failed, as one message for a person.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// A failure with this message.
    pub(crate) fn new(message: impl Into<String>) -> Failure {
        Failure(message.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names what was being done when an operating system call failed.
pub(crate) trait Doing<T> {
    /// Turns the error into `cannot <what>: <error>`.
    fn doing(self, what: impl fmt::Display) -> Result<T, Failure>;
}

impl<T, E: fmt::Display> Doing<T> for Result<T, E> {
    fn doing(self, what: impl fmt::Display) -> Result<T, Failure> {
        self.map_err(|error| Failure(format!("cannot {what}: {error}")))
    }
}

/// The root of the working copy.
pub(crate) fn root() -> PathBuf {
    let manifest = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    Path::new(&manifest).parent().map(Path::to_owned).unwrap_or_default()
}

/// A command that runs in the root of the working copy.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> Command {
    command(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
}

/// Runs a command with the terminal handed through; a non-zero exit is a failure.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let line = line_of(command);
    let status = command.status().doing(format_args!("run `{line}`"))?;
    if status.success() { Ok(()) } else { Err(Failure(format!("`{line}` failed ({status})"))) }
}

/// Runs a command and gives what it prints; its error output is handed through.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let line = line_of(command);
    let output = command.stderr(Stdio::inherit()).output().doing(format_args!("run `{line}`"))?;
    if !output.status.success() {
        return Err(Failure(format!("`{line}` failed ({})", output.status)));
    }
    String::from_utf8(output.stdout).doing(format_args!("read the output of `{line}` as UTF-8"))
}

/// The folder on `PATH` or among `extra` that holds the program.
pub(crate) fn find_program(name: &str, extra: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    extra.iter().chain(&folders).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// The command as a person would type it.
fn line_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
