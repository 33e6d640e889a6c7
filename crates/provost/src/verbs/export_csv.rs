//! `provost export-csv`: the export of one CSV file, by arguments alone.

use super::Run;
use super::later::{self, Later};
use super::options::FileOptions;
use crate::context::Context;
use crate::report::{Exit, Report};
use clap::Args;
use provost_model::summary::Mode;
use serde_json::{Value, json};

/// Copy a CSV file into the export folder, in the form that prepare-synchronization reads
///
/// Without the path that its mode needs the export is not launched, unless --force-complete is given.
#[derive(Args, Debug)]
pub(crate) struct ExportCsv {
    /// Complete mode (default: incremental mode)
    #[arg(long)]
    ignore_cookies: bool,

    /// Paths are regular expressions: the latest file that matches is read
    #[arg(long)]
    regex: bool,

    /// Character between two values
    #[arg(long, value_name = "CHARACTER", default_value = ",")]
    separator: String,

    #[command(flatten)]
    file: FileOptions,
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
        self.file.export(context, "Usercube.CSV@0000001", mode, self.settings())
    }
}

impl ExportCsv {
    /// The arguments as the settings of a connection, without its paths.
    fn settings(&self) -> Value {
        json!({
            "IsFileNameRegex": self.regex,
            "Separator": self.separator,
        })
    }
}
