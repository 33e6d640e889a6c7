//! `provost update-entity-property-expressions`: computes properties.

use super::Run;
use super::later::{self, Later};
use super::options::{EntityTypeOptions, StepFormatOption};
use crate::context::Context;
use crate::output::summary::Outcome;
use crate::progress::Progress;
use crate::report::{Exit, Report};
use crate::road::Road;
use clap::Args;

/// Compute the properties that the configuration defines by expressions, and store them
#[derive(Args, Debug)]
pub(crate) struct UpdateEntityPropertyExpressions {
    #[command(flatten)]
    types: EntityTypeOptions,

    /// Compute for resources that are marked as modified only
    #[arg(long)]
    dirty: bool,

    /// Resources evaluated at a time
    #[arg(short = 'q', long, value_name = "COUNT", default_value_t = 10_000, alias = "batch-size",
        value_parser = clap::value_parser!(u32).range(1..))]
    batch_select_size: u32,

    /// Accepted as documented; the values of one batch are written together
    #[arg(short = 'c', long, value_name = "COUNT", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    batch_update_size: u32,

    #[command(flatten)]
    format: StepFormatOption,
}

impl Run for UpdateEntityPropertyExpressions {
    const NAME: &'static str = "update-entity-property-expressions";
    const ORIGINALS: &'static [&'static str] = &["Update-EntityPropertyExpressions"];
    const EXAMPLES: &'static str = "\
Examples:
  provost update-entity-property-expressions --all-entitytype
  provost update-entity-property-expressions --entitytype-list HR_Person HR_Department --dirty";

    const LATER: &'static [&'static [Later]] =
        &[&[later::value("resource-identity-property", "Property that matches a resource with who signs in")]];

    fn run(self, context: &Context) -> Result<Exit, Report> {
        super::step::run(context, self.format.format, "", None, |progress| self.step(context, progress))
    }
}

impl UpdateEntityPropertyExpressions {
    fn step(&self, context: &Context, progress: &Progress) -> Result<Outcome, Report> {
        let _ = progress;
        Road::open(context)?.update_expressions(
            &self.types.entitytype_list,
            self.dirty,
            self.batch_select_size as usize,
        )
    }
}
