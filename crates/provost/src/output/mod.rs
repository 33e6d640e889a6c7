//! What verbs print: tables for people, CSV and JSON for machines, and the summary of a step.

pub mod plan;
pub mod summary;
pub mod table;

use crate::report::{Kind, Report};
use clap::ValueEnum;
use std::io::Write;

/// Form of a listing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns.
    #[default]
    Table,
    /// One JSON document.
    Json,
    /// Comma-separated values with a header line.
    Csv,
}

/// Form of the result of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum StepFormat {
    /// Tables and sentences.
    #[default]
    Table,
    /// Exactly one line of JSON.
    Json,
}

/// Writes to standard output. A reader that has gone away (`| head`) ends the process quietly.
///
/// # Errors
/// Standard output cannot be written: a full disk behind a redirection.
pub fn print(text: &str) -> Result<(), Report> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(Report::new(Kind::Error, "output", format!("cannot write the output: {error}"))),
        Ok(()) => Ok(()),
    }
}
