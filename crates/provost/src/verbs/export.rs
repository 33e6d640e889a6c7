//! `provost export`: writes what a system holds as CSV source files.

use super::Run;
use super::later::{self, Later};
use super::options::{StepFormatOption, mode};
use crate::context::Context;
use crate::output::summary::Outcome;
use crate::progress::Progress;
use crate::report::{Exit, Report};
use crate::road::Road;
use clap::Args;
use provost_model::summary::Mode;

/// Write what a connection's system holds as CSV source files into Temp/ExportOutput
///
/// The connection's package and transformations come from the deployed configuration, its settings from
/// Connections.<identifier> in appsettings.agent.json.
#[derive(Args, Debug)]
pub(crate) struct Export {
    /// Identifier of the connection
    #[arg(long, value_name = "IDENTIFIER")]
    connection: String,

    /// complete: everything; incremental: what the connection has as changes since its last export
    #[arg(long, value_name = "MODE", value_parser = mode(), ignore_case = true, default_value = "complete")]
    mode: Mode,

    /// Export everything, and forget how far the last incremental export came
    #[arg(long)]
    ignore_cookies: bool,

    /// Export the complete input even where incremental mode has none of its own
    #[arg(long)]
    force_complete: bool,

    #[command(flatten)]
    format: StepFormatOption,
}

impl Run for Export {
    const NAME: &'static str = "export";
    const EXAMPLES: &'static str = "\
Examples:
  provost export --connection HR
  provost export --connection HR --mode incremental";

    const LATER: &'static [&'static [Later]] = &[later::FILE_CERTIFICATE];

    fn run(self, context: &Context) -> Result<Exit, Report> {
        super::step::run(context, self.format.format, &self.connection, Some(self.mode), |progress| {
            self.step(context, progress)
        })
    }
}

impl Export {
    fn step(&self, context: &Context, progress: &Progress) -> Result<Outcome, Report> {
        let road = Road::open(context)?;
        let mode = if self.ignore_cookies { Mode::Complete } else { self.mode };
        road.export_connection(&self.connection, mode, self.force_complete, progress)
    }
}
