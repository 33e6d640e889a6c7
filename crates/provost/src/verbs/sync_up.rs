//! `provost sync-up`: export, prepare and synchronise in a row.

use super::Run;
use super::options::{DeliveryOptions, StepFormatOption, mode};
use crate::context::Context;
use crate::output::summary::Outcome;
use crate::progress::Progress;
use crate::report::{Exit, Report};
use crate::road::{Preparation, Road, Synchronisation};
use clap::Args;
use provost_model::summary::Mode;

/// Load a connector: export, prepare and synchronise in a row
///
/// Each step only begins when the one before has succeeded. When a threshold is exceeded, nothing is applied: the
/// summary says why, and names the change set that synchronization-validation can approve.
#[derive(Args, Debug)]
pub(crate) struct SyncUp {
    /// Identifier of the connector
    #[arg(long, value_name = "IDENTIFIER")]
    connector: String,

    /// initial: first load, without thresholds; complete: the repository becomes what the files say; incremental: only
    /// what changed since the last run
    #[arg(long, value_name = "MODE", value_parser = mode(), ignore_case = true)]
    mode: Mode,

    /// Apply the changes although they exceed thresholds; who did it and why is journaled
    #[arg(long, requires = "reason")]
    force: bool,

    /// Why thresholds are overridden
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    /// Keep the change tables, so that set-recently-modified-flag can read them afterwards
    #[arg(long)]
    do_not_delete_changes: bool,

    #[command(flatten)]
    delivery: DeliveryOptions,

    #[command(flatten)]
    format: StepFormatOption,
}

impl Run for SyncUp {
    const NAME: &'static str = "sync-up";
    const EXAMPLES: &'static str = "\
Examples:
  provost sync-up --connector HR --mode initial
  provost sync-up --connector HR --mode complete --format json
  provost sync-up --connector HR --mode complete --force --reason \"yearly reorganisation\"";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        super::step::run(context, self.format.format, &self.connector, Some(self.mode), |progress| {
            self.step(context, progress)
        })
    }
}

impl SyncUp {
    fn step(&self, context: &Context, progress: &Progress) -> Result<Outcome, Report> {
        let road = Road::open(context)?;
        road.export_connector(&self.connector, self.mode, progress)?;
        let mut preparation = Preparation::new(self.mode);
        self.delivery.apply(&mut preparation);
        road.prepare(&self.connector, &preparation, progress)?;
        road.synchronise(
            &self.connector,
            &Synchronisation {
                force: self.force.then(|| self.reason.clone()).flatten(),
                keep_changes: self.do_not_delete_changes,
                orphans: false,
            },
            progress,
        )
    }
}
