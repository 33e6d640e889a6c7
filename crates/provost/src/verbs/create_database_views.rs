//! `provost create-database-views`: one readable view per entity type.

use super::Run;
use super::later::{self, Later};
use crate::context::Context;
use crate::output::print;
use crate::report::{Exit, Report, plural};
use crate::repository::{metadata, open};
use crate::road::actor;
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
        let (_, store) = open(context)?;
        let made = store.write(&actor(), Self::NAME, |tx| {
            let metadata = metadata(tx)?;
            Ok::<_, Report>(tx.rebuild_views(&metadata)?)
        })?;
        print(&format!("Made {} in {}\n", plural(made as usize, "view"), store.name()))?;
        Ok(Exit::Done)
    }
}
