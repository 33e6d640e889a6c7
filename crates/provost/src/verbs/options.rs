//! Options that several verbs share.

use crate::output::{Format, StepFormat};
use crate::road::Preparation;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use provost_model::summary::Mode;
use provost_server::Delivery;

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
