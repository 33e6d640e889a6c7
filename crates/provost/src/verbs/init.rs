//! `provost init`: makes a home folder.

use super::Run;
use crate::context::Context;
use crate::home::{self, USUAL};
use crate::output::print;
use crate::report::{Exit, Report};
use clap::Args;
use std::path::PathBuf;

/// Make a home folder: configuration, settings, files and repository of one installation
///
/// What exists already is never overwritten, so running it again only adds what is missing. Files that hold secrets can
/// be read by their owner only.
#[derive(Args, Debug)]
pub(crate) struct Init {
    /// Folder to make (default: --home, else $PROVOST_HOME, else ./provost-home)
    dir: Option<PathBuf>,
}

impl Run for Init {
    const NAME: &'static str = "init";
    const EXAMPLES: &'static str = "\
Examples:
  provost init                make ./provost-home
  provost init /srv/provost   make it there";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let home = self.dir.or_else(|| context.named_home()).unwrap_or_else(|| PathBuf::from(USUAL));
        let made = home::make(&home)?;
        let shown = home.display();
        let mut out = match made.created.is_empty() {
            true => format!("{shown} is a complete home folder already; nothing was changed.\n"),
            false => format!("Home folder {shown}\n"),
        };
        for path in &made.created {
            out.push_str(&format!("  made  {path}\n"));
        }
        if !made.created.is_empty() {
            for path in &made.kept {
                out.push_str(&format!("  kept  {path}\n"));
            }
        }
        out.push_str(&format!(
            "\nWhat next\n  \
             1. Put the configuration (*.xml) into {shown}/Conf, then look at it: provost check {shown}/Conf\n  \
             2. Describe the connections in {shown}/appsettings.agent.json, then look at the settings: \
             provost settings --home {shown}\n  \
             3. Deploy it: provost deploy-configuration -d {shown}/Conf --home {shown}\n  \
             4. Load a connector: provost sync-up --connector X --mode initial --home {shown}\n"
        ));
        print(&out)?;
        Ok(Exit::Done)
    }
}
