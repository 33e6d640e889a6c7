//! `provost check`: all problems of a configuration folder at once.

use super::Run;
use super::options::FormatOption;
use crate::context::Context;
use crate::report::{Exit, Report};
use clap::Args;
use std::path::PathBuf;

/// Check a configuration folder and show all problems at once, each with its place
///
/// Also lists what is read but not acted on yet. Touches neither the repository nor any system.
#[derive(Args, Debug)]
pub(crate) struct Check {
    /// Folder of the configuration files (default: Conf of the home folder)
    dir: Option<PathBuf>,

    #[command(flatten)]
    format: FormatOption,
}

impl Run for Check {
    const NAME: &'static str = "check";
    const EXAMPLES: &'static str = "\
Examples:
  provost check demo/Conf
  provost check --home demo --format json";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let _ = context;
        Err(Report::not_yet("check"))
    }
}
