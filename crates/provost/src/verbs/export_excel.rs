//! `provost export-excel`: the export of one workbook, by arguments alone.

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
        let mode = if self.not_incremental { Mode::Complete } else { Mode::Incremental };
        super::step::run(context, self.format.format, &self.connection_identifier, Some(mode), |progress| {
            let file = FileExport {
                identifier: &self.connection_identifier,
                package: "Usercube.Excel@0000001",
                mode,
                force_complete: self.force_complete,
                output: &self.output_path,
            };
            file.run(context, &self.settings(), progress)
        })
    }
}

impl ExportExcel {
    /// The arguments as the settings of a connection.
    fn settings(&self) -> Value {
        json!({
            "Path": self.raw_files_path,
            "PathIncremental": self.path_incremental,
            "IsFileNameRegex": self.is_regex,
            "ValuesToTrim": self.values_to_trim,
            "SheetOptions": self.sheets(),
        })
    }

    /// One section per sheet that either list speaks of.
    fn sheets(&self) -> Vec<Value> {
        let count = self.sheets_ignored.len().max(self.lines_to_skip.len());
        let sheet = |i: usize| {
            json!({
                "SheetIgnored": self.sheets_ignored.get(i).copied().unwrap_or(false),
                "NumberOfLinesToSkip": self.lines_to_skip.get(i).copied().unwrap_or(0),
            })
        };
        (0..count).map(sheet).collect()
    }
}
