//! `provost export-excel`: the export of one workbook, by arguments alone.

use super::Run;
use super::later::{self, Later};
use super::options::StepFormatOption;
use crate::context::Context;
use crate::output::summary::Outcome;
use crate::progress::Progress;
use crate::report::{Exit, Report};
use clap::Args;
use std::path::PathBuf;

/// Write the sheets of an XLSX workbook as CSV source files into the export folder
///
/// Without the path that its mode needs the export is not launched, unless --force-complete is given.
#[derive(Args, Debug)]
pub(crate) struct ExportExcel {
    /// File to read in complete mode
    #[arg(long, value_name = "PATH")]
    raw_files_path: Option<PathBuf>,

    /// File to read in incremental mode
    #[arg(long, value_name = "PATH")]
    path_incremental: Option<PathBuf>,

    /// Complete mode (default: incremental mode)
    #[arg(long)]
    not_incremental: bool,

    /// Export the complete input when incremental mode has none of its own
    #[arg(long)]
    force_complete: bool,

    /// Paths are regular expressions: the latest file that matches is read
    #[arg(long)]
    is_regex: bool,

    /// Lines before the headings, one number per sheet
    #[arg(long, value_name = "COUNT", num_args = 1.., value_delimiter = ',')]
    lines_to_skip: Vec<u32>,

    /// Texts trimmed from both ends of headings and values, in this order
    #[arg(long, value_name = "TEXT", num_args = 1..)]
    values_to_trim: Vec<String>,

    /// Whether each sheet is left out, true or false per sheet
    #[arg(long, value_name = "BOOL", num_args = 1.., value_delimiter = ',', action = clap::ArgAction::Append)]
    sheets_ignored: Vec<bool>,

    /// Identifier of the connection: the name of the file that is written, without extension
    #[arg(long, value_name = "IDENTIFIER")]
    connection_identifier: String,

    /// Folder to write to
    #[arg(long, value_name = "DIR")]
    output_path: PathBuf,

    #[command(flatten)]
    format: StepFormatOption,
}

impl Run for ExportExcel {
    const NAME: &'static str = "export-excel";
    const ORIGINALS: &'static [&'static str] = &["Export-Excel"];
    const EXAMPLES: &'static str = "\
Examples:
  provost export-excel --raw-files-path /in/hr.xlsx --not-incremental --sheets-ignored false true --connection-identifier HR --output-path Temp/ExportOutput";

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

impl ExportExcel {
    fn step(&self, context: &Context, progress: &Progress) -> Result<Outcome, Report> {
        let _ = (context.settings()?, progress);
        Err(Report::not_yet("export-excel"))
    }
}
