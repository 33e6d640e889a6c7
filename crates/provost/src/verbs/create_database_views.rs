//! `provost create-database-views`: one readable view per entity type.

use super::Run;
use super::later::{self, Later};
use crate::context::Context;
use crate::report::{Exit, Report};
use clap::Args;

/// Drop and make the views zz_<EntityType>, which show resources with their property names
#[derive(Args, Debug)]
pub(crate) struct CreateDatabaseViews {}

impl Run for CreateDatabaseViews {
    const NAME: &'static str = "create-database-views";
    const ORIGINALS: &'static [&'static str] = &["Create-DatabaseViews"];
    const EXAMPLES: &'static str = "\
Examples:
  provost create-database-views --home demo";
    const LATER: &'static [&'static [Later]] = &[later::API];

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let _ = context;
        Err(Report::not_yet("create-database-views"))
    }
}
