//! `provost schema`: the XML schema of configuration files, for editors.

use super::Run;
use crate::context::Context;
use crate::report::{Exit, Report};
use clap::Args;
use std::path::PathBuf;

/// Write the XML schema of configuration files, for completion and checks in an editor
#[derive(Args, Debug)]
pub(crate) struct Schema {
    /// File to write (default: standard output)
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Run for Schema {
    const NAME: &'static str = "schema";
    const EXAMPLES: &'static str = "\
Examples:
  provost schema --output provost.xsd
  provost schema > provost.xsd";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let _ = context;
        Err(Report::not_yet("schema"))
    }
}
