//! `provost restore`: a backup comes back.

use super::Run;
use crate::backup;
use crate::context::Context;
use crate::output::print;
use crate::report::{Exit, Report};
use crate::repository::instant;
use clap::Args;
use std::path::PathBuf;

/// Bring a backup back into a home folder and its repository
///
/// The home folder is made when it does not exist, with the settings of the backup; one that exists keeps its own
/// settings. The repository is the one of the settings, or the one that is typed, on either database. Digests are
/// verified before anything is touched, and the repository is filled in one transaction. Stop the server first.
#[derive(Args, Debug)]
pub(crate) struct Restore {
    /// Folder or file that provost backup has written
    #[arg(value_name = "DIR|FILE")]
    dir: PathBuf,

    /// Give up what home and repository hold now
    #[arg(long)]
    replace: bool,
}

impl Run for Restore {
    const NAME: &'static str = "restore";
    const EXAMPLES: &'static str = "\
Examples:
  provost restore /backups/2026-01-31 --home /srv/provost
  provost restore /backups/2026-01-31 --home /srv/provost --replace
  provost restore /backups/2026-01-31 --home test --database-connection-string \"host=db dbname=test user=provost\"";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let home = match context.named_home() {
            Some(home) => home,
            None => context.home()?,
        };
        let restored = backup::restore(context, &self.dir, &home, self.replace)?;
        let manifest = &restored.manifest;
        let mut out = format!(
            "Restored {} as of {}\n  home        {}\n  repository  {}\n",
            self.dir.display(),
            instant(manifest.made_at),
            home.display(),
            restored.repository
        );
        if restored.has_settings {
            for path in &manifest.withheld {
                out.push_str(&format!("  to be set   {path} (secret, and not in the backup)\n"));
            }
        } else {
            out.push_str("  settings    those of the home were kept\n");
        }
        for connector in &manifest.torn {
            out.push_str(&format!("  connector {connector}: its next run must be complete\n"));
        }
        out.push_str("\nWhat next\n  provost doctor\n");
        print(&out)?;
        Ok(Exit::Done)
    }
}
