//! `provost set-recently-modified-flag`: marks what the last synchronisations changed.

use super::Run;
use super::later::{self, Later};
use super::options::StepFormatOption;
use crate::context::Context;
use crate::output::summary::Outcome;
use crate::progress::Progress;
use crate::report::{Exit, Report};
use crate::road::Road;
use clap::Args;

/// Mark every resource that the last synchronisations changed as dirty, then empty the change tables
///
/// Needs synchronisations that ran with --do-not-delete-changes; otherwise there is nothing to read any more.
#[derive(Args, Debug)]
pub(crate) struct SetRecentlyModifiedFlag {
    #[command(flatten)]
    format: StepFormatOption,
}

impl Run for SetRecentlyModifiedFlag {
    const NAME: &'static str = "set-recently-modified-flag";
    const ORIGINALS: &'static [&'static str] = &["Set-RecentlyModifiedFlag"];
    const EXAMPLES: &'static str = "\
Examples:
  provost synchronize --connector HR --do-not-delete-changes
  provost set-recently-modified-flag";

    const LATER: &'static [&'static [Later]] = &[later::API];

    fn run(self, context: &Context) -> Result<Exit, Report> {
        super::step::run(context, self.format.format, "", None, |progress| self.step(context, progress))
    }
}

impl SetRecentlyModifiedFlag {
    fn step(&self, context: &Context, progress: &Progress) -> Result<Outcome, Report> {
        let _ = progress;
        Road::open(context)?.set_recently_modified_flag()
    }
}
