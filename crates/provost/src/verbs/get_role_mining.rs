//! `provost get-role-mining`: single-role rules found in what people have.

use super::Run;
use super::later::{self, Later};
use super::options::StepFormatOption;
use crate::context::Context;
use crate::output::summary::{Body, Outcome, Sample};
use crate::output::table::Table;
use crate::progress::Progress;
use crate::report::{Exit, Report};
use crate::repository::instant_of;
use crate::road::{Road, actor, now_micros, report};
use clap::Args;
use provost_server::roles::{Mined, MiningOptions, mine_roles};
use serde_json::Value;

/// Lines of the plan shown on a terminal.
const SHOWN: usize = 40;

/// Look for single-role rules on dimensions in what people have, by the mining rules (MiningRule)
///
/// Shows for each role the rules found, the share of right outcomes among all identities (precision), the share of the
/// holders who get it by them (recall) and the share of undue assignments, and adds those that are good enough to the
/// stored configuration in one transaction. Earlier rules of a RulePolicy give way. Nobody's access changes before the
/// role model is computed: provost plan shows what that would come to.
#[derive(Args, Debug)]
pub(crate) struct GetRoleMining {
    /// Look at all entity types that a mining rule is about (default without --entitytype-list)
    #[arg(short = 'a', long, alias = "all-entities", conflicts_with = "entitytype_list")]
    all_entitytype: bool,

    /// Look at these entity types
    #[arg(long, value_name = "IDENTIFIER", num_args = 1.., value_delimiter = ',')]
    entitytype_list: Vec<String>,

    /// Show what would be added, and add nothing
    #[arg(long)]
    simulate: bool,

    /// Look at positions and roles as of this instant instead of the present: 2026-01-31, or 2026-01-31T12:00
    #[arg(long, value_name = "INSTANT", value_parser = instant_of)]
    at: Option<i64>,

    #[command(flatten)]
    format: StepFormatOption,
}

impl Run for GetRoleMining {
    const NAME: &'static str = "get-role-mining";
    const ORIGINALS: &'static [&'static str] = &["Get-RoleMining"];
    const EXAMPLES: &'static str = "\
Examples:
  provost get-role-mining --simulate
  provost get-role-mining --entitytype-list HR_Person
  provost plan";

    const LATER: &'static [&'static [Later]] = &[later::API];

    fn run(self, context: &Context) -> Result<Exit, Report> {
        super::step::run(context, self.format.format, "", None, |progress| self.step(context, progress))
    }
}

impl GetRoleMining {
    fn step(&self, context: &Context, progress: &Progress) -> Result<Outcome, Report> {
        let road = Road::open(context)?;
        let options = MiningOptions {
            entity_types: if self.all_entitytype { Vec::new() } else { self.entitytype_list.clone() },
            is_simulation: self.simulate,
            actor: actor(),
            now_micros: self.at.unwrap_or_else(now_micros),
            watch: progress.watch(),
        };
        let mined = mine_roles(&road.store, &options).map_err(|error| report(&error))?;
        let title = match (self.simulate, mined.is_deployed) {
            (true, _) => "Would change in the configuration",
            (false, true) => "Changed in the configuration",
            (false, false) => "Nothing to change in the configuration",
        };
        let samples = vec![roles(&mined, true), roles(&mined, false), super::plan_sample(title, &mined.plan, SHOWN)];
        Ok(Outcome { summary: mined.summary(), samples })
    }
}

fn percent(hundredths: u32) -> Value {
    format!("{}.{:02} %", hundredths / 100, hundredths % 100).into()
}

fn roles(mined: &Mined, is_taken: bool) -> Sample {
    let mut table = Table::new(["Role", "Holders", "Precision", "Recall", "Undue", "Rules"]);
    for role in mined.roles.iter().filter(|role| role.is_taken == is_taken) {
        table.row([
            Value::from(role.role.as_str()),
            (role.holders as u64).into(),
            percent(role.precision),
            percent(role.recall),
            percent(role.undue),
            role.rules.join("; ").into(),
        ]);
    }
    let title = if is_taken { "Rules found" } else { "Not good enough" };
    Sample { title: title.to_owned(), body: Body::Rows(table) }
}
