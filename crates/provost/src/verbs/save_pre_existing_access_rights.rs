//! `provost save-pre-existing-access-rights`: what was there before go-live.

use super::Run;
use super::options::StepFormatOption;
use crate::context::Context;
use crate::output::summary::Outcome;
use crate::progress::Progress;
use crate::report::{Exit, Report};
use crate::road::Road;
use clap::Args;

/// Re-state what was found, or waits although it exists, as pre-existing: once, at the end of the initial load
#[derive(Args, Debug)]
pub(crate) struct SavePreExistingAccessRights {
    #[command(flatten)]
    format: StepFormatOption,
}

impl Run for SavePreExistingAccessRights {
    const NAME: &'static str = "save-pre-existing-access-rights";
    const ORIGINALS: &'static [&'static str] = &["Save-PreExistingAccessRights"];
    const EXAMPLES: &'static str = "\
Examples:
  provost compute-role-model
  provost save-pre-existing-access-rights";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        super::step::run(context, self.format.format, "", None, |progress| self.step(context, progress))
    }
}

impl SavePreExistingAccessRights {
    fn step(&self, context: &Context, progress: &Progress) -> Result<Outcome, Report> {
        let _ = progress;
        Road::open(context)?.save_pre_existing_access_rights()
    }
}
