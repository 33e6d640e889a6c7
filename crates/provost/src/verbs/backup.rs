//! `provost backup`: all that makes an installation, while it works.

use super::Run;
use super::options::StepFormatOption;
use crate::backup;
use crate::context::Context;
use crate::output::{StepFormat, print};
use crate::report::{Exit, Report, plural};
use crate::road::{Road, now_micros};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Write a backup of the repository and of the files that belong to it, also while a server works
///
/// The folder holds the rows of every table as compressed text, Conf, Work, the marks of incremental exports and the
/// settings, and a manifest with the digest of each file. It can be restored into SQLite and into PostgreSQL. It holds
/// personal data and hashes of passwords: keep it as safe as the repository. Secret settings and private keys are left
/// out unless you ask for them.
#[derive(Args, Debug)]
pub(crate) struct Backup {
    /// Folder to write to, which must not exist or be empty; or a file NAME.tar, which must not exist
    #[arg(value_name = "DIR|FILE")]
    dir: PathBuf,

    /// Include secret settings and the private keys of certificates
    #[arg(long)]
    with_secrets: bool,

    #[command(flatten)]
    format: StepFormatOption,
}

impl Run for Backup {
    const NAME: &'static str = "backup";
    const EXAMPLES: &'static str = "\
Examples:
  provost backup /backups/2026-01-31
  provost backup /backups/2026-01-31.tar --with-secrets --home demo";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let road = Road::open(context)?;
        let written = backup::write(road.settings(), &road.store, &self.dir, self.with_secrets, now_micros())?;
        let manifest = &written.manifest;
        if self.format.format == StepFormat::Json {
            let line = json!({"folder": self.dir, "rows": written.rows, "bytes": written.bytes,
                "files": manifest.files.len(), "withheld": manifest.withheld, "torn": manifest.torn});
            print(&format!("{line}\n"))?;
            return Ok(Exit::Done);
        }
        let mut out = format!(
            "Backup {}\n  {} of {}, {}, {:.1} MB\n",
            self.dir.display(),
            plural(usize::try_from(written.rows).unwrap_or(usize::MAX), "row"),
            manifest.repository,
            plural(manifest.files.len(), "file"),
            written.bytes as f64 / 1e6
        );
        for path in &manifest.withheld {
            out.push_str(&format!("  left out, because it is secret: {path}\n"));
        }
        for connector in &manifest.torn {
            out.push_str(&format!(
                "  connector {connector} was synchronising all the time: after a restore its next run must be complete\n"
            ));
        }
        print(&out)?;
        Ok(Exit::Done)
    }
}
