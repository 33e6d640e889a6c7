//! `provost synchronize`: applies the sessions that wait for a connector.

use super::Run;
use super::later::{self, Later};
use super::options::StepFormatOption;
use crate::context::Context;
use crate::output::summary::Outcome;
use crate::progress::Progress;
use crate::report::{Exit, Report};
use crate::road::{Road, Synchronisation};
use clap::Args;

/// Apply the prepared sessions of a connector to the repository, in order, each exactly once
///
/// The changes are computed and checked against all thresholds before anything is written. When one is exceeded, nothing
/// is applied: the summary says why, and names the change set that synchronization-validation can approve.
#[derive(Args, Debug)]
pub(crate) struct Synchronize {
    /// Identifier of the connector
    #[arg(long, value_name = "IDENTIFIER")]
    connector: String,

    /// Apply the changes although they exceed thresholds; who did it and why is journaled
    #[arg(long, requires = "reason")]
    force: bool,

    /// Why thresholds are overridden
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    /// List the pairs that could not be linked because one end does not exist
    #[arg(long)]
    orphans: bool,

    /// Keep the change tables, so that set-recently-modified-flag can read them afterwards
    #[arg(long)]
    do_not_delete_changes: bool,

    #[command(flatten)]
    format: StepFormatOption,
}

impl Run for Synchronize {
    const NAME: &'static str = "synchronize";
    const ORIGINALS: &'static [&'static str] = &["Synchronize"];
    const EXAMPLES: &'static str = "\
Examples:
  provost synchronize --connector HR
  provost synchronize --connector HR --orphans
  provost synchronize --connector HR --force --reason \"yearly reorganisation\"";

    const LATER: &'static [&'static [Later]] = &[later::API];

    fn run(self, context: &Context) -> Result<Exit, Report> {
        super::step::run(context, self.format.format, &self.connector, None, |progress| self.step(context, progress))
    }
}

impl Synchronize {
    fn step(&self, context: &Context, progress: &Progress) -> Result<Outcome, Report> {
        Road::open(context)?.synchronise(
            &self.connector,
            &Synchronisation {
                force: self.force.then(|| self.reason.clone()).flatten(),
                keep_changes: self.do_not_delete_changes,
                orphans: self.orphans,
            },
            progress,
        )
    }
}
