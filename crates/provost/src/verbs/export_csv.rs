//! `provost export-csv`: the export of one CSV file, by arguments alone.

use super::Run;
use super::later::{self, Later};
use super::options::StepFormatOption;
use crate::context::Context;
use crate::output::summary::Outcome;
use crate::progress::Progress;
use crate::report::{Exit, Report};
use clap::Args;
use std::path::PathBuf;

/// Copy a CSV file into the export folder, in the form that prepare-synchronization reads
///
/// Without the path that its mode needs the export is not launched, unless --force-complete is given.
#[derive(Args, Debug)]
pub(crate) struct ExportCsv {
    /// File to read in complete mode
    #[arg(long, value_name = "PATH")]
    raw_files_path: Option<PathBuf>,

    /// File to read in incremental mode
    #[arg(long, value_name = "PATH")]
    path_incremental: Option<PathBuf>,

    /// Complete mode (default: incremental mode)
    #[arg(long)]
    ignore_cookies: bool,

    /// Export the complete input when incremental mode has none of its own
    #[arg(long)]
    force_complete: bool,

    /// Paths are regular expressions: the latest file that matches is read
    #[arg(long)]
    regex: bool,

    /// Character between two values
    #[arg(long, value_name = "CHARACTER", default_value = ",")]
    separator: String,

    /// Identifier of the connection: the name of the file that is written, without extension
    #[arg(long, value_name = "IDENTIFIER")]
    connection_identifier: String,

    /// Folder to write to
    #[arg(long, value_name = "DIR")]
    output_path: PathBuf,

    #[command(flatten)]
    format: StepFormatOption,
}

impl Run for ExportCsv {
    const NAME: &'static str = "export-csv";
    const ORIGINALS: &'static [&'static str] = &["Export-Csv"];
    const EXAMPLES: &'static str = "\
Examples:
  provost export-csv --raw-files-path /in/hr.csv --ignore-cookies --separator ; --connection-identifier HR --output-path Temp/ExportOutput";

    const LATER: &'static [&'static [Later]] = &[later::FILE_CERTIFICATE];

    fn run(self, context: &Context) -> Result<Exit, Report> {
        super::step::run(
            context,
            self.format.format,
            &self.connection_identifier,
            None,
            |progress| self.step(context, progress),
        )
    }
}

impl ExportCsv {
    fn step(&self, context: &Context, progress: &Progress) -> Result<Outcome, Report> {
        let _ = (context.settings()?, progress);
        Err(Report::not_yet("export-csv"))
    }
}
