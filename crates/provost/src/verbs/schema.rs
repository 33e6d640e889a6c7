//! `provost schema`: the XML schema of configuration files, for editors.

use super::Run;
use crate::context::Context;
use crate::output::print;
use crate::report::{Exit, Report};
use clap::Args;
use provost_model::configuration::xsd;
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

    fn run(self, _: &Context) -> Result<Exit, Report> {
        match self.output {
            Some(path) => std::fs::write(&path, xsd()).map_err(|error| Report::io("write", &path, &error))?,
            None => print(&xsd())?,
        }
        Ok(Exit::Done)
    }
}
