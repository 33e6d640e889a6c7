//! `provost init`: makes a home folder.

use super::Run;
use crate::context::Context;
use crate::home::{self, USUAL};
use crate::output::print;
use crate::report::{Exit, Report};
use crate::road::{actor, now_micros};
use clap::Args;
use provost_server::web::{FIRST_ADMINISTRATOR, first_administrator};
use provost_store::Store;
use std::path::{Path, PathBuf};

/// Make a home folder: configuration, settings, files and repository of one installation
///
/// What exists already is never overwritten, so running it again only adds what is missing. Files that hold secrets can
/// be read by their owner only. The repository gets a first administrator, whose password is shown once.
#[derive(Args, Debug)]
pub(crate) struct Init {
    /// Folder to make (default: --home, else $PROVOST_HOME, else ./provost-home)
    dir: Option<PathBuf>,

    /// Give the first administrator a new password, and end its sessions
    #[arg(long)]
    new_password: bool,
}

impl Run for Init {
    const NAME: &'static str = "init";
    const EXAMPLES: &'static str = "\
Examples:
  provost init                make ./provost-home
  provost init /srv/provost   make it there
  provost init --new-password   when the password of the administrator is lost";

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
        if let Some(password) = administrator(&home, context, self.new_password)? {
            out.push_str(&format!(
                "\nFirst administrator, for sign-in at the server\n  login     {FIRST_ADMINISTRATOR}\n  \
                 password  {password}\n  It is shown only now, and has to be changed at the first sign-in.\n"
            ));
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

/// Here and not when the server starts, because this is read by a person at a terminal: what a server prints lands in
/// logs. Where the repository is on another database, its connection string is set first and `init` run again.
fn administrator(home: &Path, context: &Context, again: bool) -> Result<Option<String>, Report> {
    let settings = context.settings_in(home)?;
    let store = Store::open(&settings.database())?;
    Ok(first_administrator(&store, &actor(), again, now_micros())?)
}
