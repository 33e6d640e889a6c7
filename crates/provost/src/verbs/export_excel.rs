//! `provost export-excel`: the export of one workbook, by arguments alone.

use super::Run;
use super::later::{self, Later};
use super::options::FileOptions;
use crate::context::Context;
use crate::report::{Exit, Report};
use clap::Args;
use provost_model::summary::Mode;
use serde_json::{Value, json};

/// Write the sheets of an XLSX workbook as CSV source files into the export folder
///
/// Without the path that its mode needs the export is not launched, unless --force-complete is given.
#[derive(Args, Debug)]
pub(crate) struct ExportExcel {
    /// Complete mode (default: incremental mode)
    #[arg(long)]
    not_incremental: bool,

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

    #[command(flatten)]
    file: FileOptions,
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
        self.file.export(context, "Usercube.Excel@0000001", mode, self.settings())
    }
}

impl ExportExcel {
    /// The arguments as the settings of a connection, without its paths.
    fn settings(&self) -> Value {
        json!({
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
