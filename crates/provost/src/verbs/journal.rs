//! `provost journal`: who wrote what into the repository, when and why.

use super::Run;
use super::options::FormatOption;
use crate::context::Context;
use crate::report::{Exit, Report};
use clap::Args;

/// Show who wrote what into the repository, when and why, the latest first
#[derive(Args, Debug)]
pub(crate) struct Journal {
    /// Entries of a page (default: DefaultPageSize of the settings)
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    page_size: Option<u32>,

    /// Continue after this entry, as the page before named it
    #[arg(long, value_name = "ID")]
    after: Option<i64>,

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
        let _ = context;
        Err(Report::not_yet("journal"))
    }
}
