//! Options that several verbs share.

use crate::context::Context;
use crate::exporting::FileExport;
use crate::output::{Format, StepFormat};
use crate::report::{Exit, Report};
use crate::road::Preparation;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use provost_model::summary::Mode;
use provost_server::Delivery;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Form of a listing.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct FormatOption {
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "table", ignore_case = true)]
    pub(crate) format: Format,
}

/// Form of the result of a step.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct StepFormatOption {
    /// Form of the result; json is exactly one line on standard output
    #[arg(long, value_name = "FORMAT", default_value = "table", ignore_case = true)]
    pub(crate) format: StepFormat,
}

/// A file to export, and where to.
#[derive(Args, Debug)]
pub(crate) struct FileOptions {
    /// File to read in complete mode
    #[arg(long, value_name = "PATH")]
    raw_files_path: Option<PathBuf>,

    /// File to read in incremental mode
    #[arg(long, value_name = "PATH")]
    path_incremental: Option<PathBuf>,

    /// Export the complete input when incremental mode has none of its own
    #[arg(long)]
    force_complete: bool,

    /// Identifier of the connection: the name of the file that is written, without extension
    #[arg(long, value_name = "IDENTIFIER")]
    connection_identifier: String,

    /// Folder to write to
    #[arg(long, value_name = "DIR")]
    output_path: PathBuf,

    #[command(flatten)]
    format: StepFormatOption,
}

impl FileOptions {
    /// Exports the file with a package; `settings` are those of the connection without its paths.
    pub(crate) fn export(
        &self,
        context: &Context,
        package: &str,
        mode: Mode,
        mut settings: Value,
    ) -> Result<Exit, Report> {
        settings["Path"] = json!(self.raw_files_path);
        settings["PathIncremental"] = json!(self.path_incremental);
        super::step::run(context, self.format.format, &self.connection_identifier, Some(mode), |progress| {
            let file = FileExport {
                identifier: &self.connection_identifier,
                package,
                mode,
                force_complete: self.force_complete,
                output: &self.output_path,
            };
            file.run(context, &settings, progress)
        })
    }
}

/// Reads a synchronisation mode in any letter case.
pub(crate) fn mode() -> impl TypedValueParser<Value = Mode> {
    PossibleValuesParser::new(["initial", "complete", "incremental"]).map(|word| {
        match word.to_ascii_lowercase().as_str() {
            "initial" => Mode::Initial,
            "incremental" => Mode::Incremental,
            _ => Mode::Complete,
        }
    })
}

/// How the export of a connector delivers its rows.
#[derive(Args, Clone, Debug)]
pub(crate) struct DeliveryOptions {
    /// none: whole extracts; changes: in incremental mode the export delivers changes, with a command column
    #[arg(long = "type", value_name = "TYPE", value_parser = ["none", "changes"], ignore_case = true, default_value = "none")]
    delivery: String,

    /// Name of the command column of a change-carrying export
    #[arg(long, value_name = "COLUMN", default_value = "command")]
    column_name: String,
}

impl DeliveryOptions {
    pub(crate) fn apply(&self, preparation: &mut Preparation) {
        preparation.delivery = match self.delivery.eq_ignore_ascii_case("changes") {
            true => Delivery::Changes,
            false => Delivery::Full,
        };
        preparation.command_column.clone_from(&self.column_name);
    }
}
