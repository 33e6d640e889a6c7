//! `provost compute-correlation-keys`: what owners and targets are matched by.

use super::Run;
use super::later::{self, Later};
use super::options::{EntityTypeOptions, StepFormatOption};
use crate::context::Context;
use crate::output::summary::Outcome;
use crate::progress::Progress;
use crate::report::{Exit, Report};
use crate::road::{Road, now_micros};
use clap::Args;
use provost_server::policy::KeyOptions;

/// Compute the keys by which accounts find their owners, and query rules their resources
#[derive(Args, Debug)]
pub(crate) struct ComputeCorrelationKeys {
    #[command(flatten)]
    types: EntityTypeOptions,

    /// Compute what may have changed only, in any entity type
    #[arg(long)]
    dirty: bool,

    /// Resources at a time
    #[arg(short = 'q', long, value_name = "COUNT", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..))]
    batch_size: u32,

    #[command(flatten)]
    format: StepFormatOption,
}

impl Run for ComputeCorrelationKeys {
    const NAME: &'static str = "compute-correlation-keys";
    const ORIGINALS: &'static [&'static str] = &["Compute-CorrelationKeys"];
    const EXAMPLES: &'static str = "\
Examples:
  provost compute-correlation-keys --all-entitytype
  provost compute-correlation-keys --entitytype-list HR_Person AD_Entry --dirty";

    const LATER: &'static [&'static [Later]] =
        &[&[later::value("resource-identity-property", "Property that matches a resource with who signs in")]];

    fn run(self, context: &Context) -> Result<Exit, Report> {
        super::step::run(context, self.format.format, "", None, |progress| self.step(context, progress))
    }
}

impl ComputeCorrelationKeys {
    fn step(&self, context: &Context, progress: &Progress) -> Result<Outcome, Report> {
        let _ = progress;
        Road::open(context)?.compute_correlation_keys(KeyOptions {
            entity_types: self.types.entitytype_list.clone(),
            dirty: self.dirty,
            batch: self.batch_size as usize,
            now_micros: now_micros(),
            ..KeyOptions::default()
        })
    }
}
