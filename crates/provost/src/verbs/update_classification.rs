//! `provost update-classification`: the type of accounts that belong to nobody.

use super::Run;
use super::options::StepFormatOption;
use crate::context::Context;
use crate::output::summary::Outcome;
use crate::progress::Progress;
use crate::report::{Exit, Report};
use crate::road::Road;
use clap::Args;

/// Give a resource type to accounts without owner, by the classification rules
#[derive(Args, Debug)]
pub(crate) struct UpdateClassification {
    /// Entity types of accounts or of owners (default: all)
    #[arg(long, value_name = "IDENTIFIER", num_args = 1.., value_delimiter = ',')]
    entitytype_list: Vec<String>,

    /// Accepted as documented; accounts without owner are always all looked at
    #[arg(long)]
    dirty: bool,

    /// Accounts at a time
    #[arg(short = 'q', long, value_name = "COUNT", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..))]
    batch_size: u32,

    #[command(flatten)]
    format: StepFormatOption,
}

impl Run for UpdateClassification {
    const NAME: &'static str = "update-classification";
    const ORIGINALS: &'static [&'static str] = &["Update-Classification"];
    const EXAMPLES: &'static str = "\
Examples:
  provost update-classification
  provost update-classification --entitytype-list AD_Entry";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        super::step::run(context, self.format.format, "", None, |progress| self.step(context, progress))
    }
}

impl UpdateClassification {
    fn step(&self, context: &Context, progress: &Progress) -> Result<Outcome, Report> {
        let _ = (progress, self.dirty);
        Road::open(context)?.update_classification(&self.entitytype_list, self.batch_size as usize)
    }
}
