//! `provost synchronization-validation`: approves what a threshold stopped.

use super::Run;
use super::options::StepFormatOption;
use crate::context::Context;
use crate::output::summary::Outcome;
use crate::progress::Progress;
use crate::report::{Exit, Report};
use crate::road::{Road, Synchronisation};
use clap::Args;

fn change_set(text: &str) -> Result<String, String> {
    let hash = text.trim().to_ascii_lowercase();
    if hash.len() == 32 && hash.bytes().all(|b| b.is_ascii_hexdigit()) {
        Ok(hash)
    } else {
        Err("expected 32 hexadecimal digits, as the blocked run printed them".to_owned())
    }
}

/// Approve exactly the changes that a threshold stopped, and apply them
///
/// The approval holds for the change set that was looked at and for nothing else: when the files or the repository have
/// changed since, another hash is computed and the run stops again.
#[derive(Args, Debug)]
pub(crate) struct SynchronizationValidation {
    /// Identifier of the connector
    #[arg(long, value_name = "IDENTIFIER")]
    connector: String,

    /// Change set that was looked at: 32 hexadecimal digits, as the blocked run printed them
    #[arg(long, value_name = "HASH", value_parser = change_set)]
    change_set: String,

    /// Why the changes are right; journaled with who approved them
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    /// Keep the change tables, so that set-recently-modified-flag can read them afterwards
    #[arg(long)]
    do_not_delete_changes: bool,

    #[command(flatten)]
    format: StepFormatOption,
}

impl Run for SynchronizationValidation {
    const NAME: &'static str = "synchronization-validation";
    const EXAMPLES: &'static str = "\
Examples:
  provost synchronization-validation --connector HR --change-set 0123456789abcdef0123456789abcdef --reason \"checked with HR\"";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        super::step::run(context, self.format.format, &self.connector, None, |progress| self.step(context, progress))
    }
}

impl SynchronizationValidation {
    fn step(&self, context: &Context, progress: &Progress) -> Result<Outcome, Report> {
        Road::open(context)?.validate(
            &self.connector,
            &self.change_set,
            &Synchronisation { force: self.reason.clone(), keep_changes: self.do_not_delete_changes, orphans: false },
            progress,
        )
    }
}
