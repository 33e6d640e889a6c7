//! `provost journal`: who wrote what into the repository, when and why.

use super::Run;
use super::options::FormatOption;
use crate::context::Context;
use crate::output::print;
use crate::output::table::Table;
use crate::report::{Exit, Report};
use crate::repository::{instant, open};
use clap::Args;

/// Show who wrote what into the repository, when and why, the latest first
#[derive(Args, Debug)]
pub(crate) struct Journal {
    /// Number of entries (default: DefaultPageSize of the settings)
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    page_size: Option<u32>,

    #[command(flatten)]
    format: FormatOption,
}

impl Run for Journal {
    const NAME: &'static str = "journal";
    const EXAMPLES: &'static str = "\
Examples:
  provost journal
  provost journal --page-size 20 --format csv";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let (settings, store) = open(context)?;
        let limit = settings.page_size(self.page_size)?;
        let entries = store.read(|tx| tx.journal(limit).map_err(Report::from))?;
        let mut table = Table::new(["Id", "At", "Actor", "Reason", "Seconds", "Counts"]);
        for entry in entries {
            let seconds = (entry.duration_micros as f64 / 1e4).round() / 100.0;
            let counts: Vec<String> = entry.counts.iter().map(|(what, count)| format!("{what} {count}")).collect();
            table.row([
                entry.id.into(),
                instant(entry.at).into(),
                entry.actor.into(),
                entry.reason.into(),
                seconds.into(),
                counts.join(", ").into(),
            ]);
        }
        print(&table.render(self.format.format, &context.stdout))?;
        Ok(Exit::Done)
    }
}
