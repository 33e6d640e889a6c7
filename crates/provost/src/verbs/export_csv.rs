//! `provost export-csv`: the export of one CSV file, by arguments alone.

use super::Run;
use super::later::{self, Later};
use super::options::StepFormatOption;
use crate::context::Context;
use crate::exporting::FileExport;
use crate::report::{Exit, Report};
use clap::Args;
use provost_model::summary::Mode;
use serde_json::{Value, json};
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
        let mode = if self.ignore_cookies { Mode::Complete } else { Mode::Incremental };
        super::step::run(context, self.format.format, &self.connection_identifier, Some(mode), |progress| {
            let file = FileExport {
                identifier: &self.connection_identifier,
                package: "Usercube.CSV@0000001",
                mode,
                force_complete: self.force_complete,
                output: &self.output_path,
            };
            file.run(context, &self.settings(), progress)
        })
    }
}

impl ExportCsv {
    /// The arguments as the settings of a connection.
    fn settings(&self) -> Value {
        json!({
            "Path": self.raw_files_path,
            "PathIncremental": self.path_incremental,
            "IsFileNameRegex": self.regex,
            "Separator": self.separator,
        })
    }
}
