//! Options that several verbs share.

use crate::output::{Format, StepFormat};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use provost_model::summary::Mode;

/// Form of a listing.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct FormatOption {
    /// Form of the output
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "table",
        ignore_case = true
    )]
    pub(crate) format: Format,
}

/// Form of the result of a step.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct StepFormatOption {
    /// Form of the result; json is exactly one line on standard output
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "table",
        ignore_case = true
    )]
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
