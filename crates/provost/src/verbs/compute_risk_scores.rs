//! `provost compute-risk-scores`: who runs which risks, and how high.

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
use provost_server::policy::{RiskOptions, RiskScores, compute_risk_scores};
use serde_json::Value;

/// Compute the risk scores of identities, and list the highest
///
/// A score goes from 0 to 100: the highest or the average level of the risks that somebody runs, as RiskFactorType of
/// the context rule says. Computing the role model keeps risks and scores up to date; this computes them alone, for
/// example when a level has changed, and tells how many run each risk. Nothing else is stored.
#[derive(Args, Debug)]
pub(crate) struct ComputeRiskScores {
    /// Entity types of identities (default: all)
    #[arg(long, value_name = "IDENTIFIER", num_args = 1.., value_delimiter = ',')]
    entitytype_list: Vec<String>,

    /// Only list: computing the role model with --dirty has scored whoever changed
    #[arg(long)]
    dirty: bool,

    /// Identities at a time
    #[arg(short = 'q', long, value_name = "COUNT", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..))]
    batch_size: u32,

    /// Identities listed, the highest scores first
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    top: usize,

    /// Compute for this instant instead of the present: 2026-01-31, or 2026-01-31T12:00
    #[arg(long, value_name = "INSTANT", value_parser = instant_of)]
    at: Option<i64>,

    #[command(flatten)]
    format: StepFormatOption,
}

impl Run for ComputeRiskScores {
    const NAME: &'static str = "compute-risk-scores";
    const ORIGINALS: &'static [&'static str] = &["Compute-RiskScores"];
    const EXAMPLES: &'static str = "\
Examples:
  provost compute-risk-scores
  provost compute-risk-scores --entitytype-list HR_Person --dirty --top 50
  provost assignment show --owner HR_Person:E10042 --format json";

    const LATER: &'static [&'static [Later]] = &[later::API];

    fn run(self, context: &Context) -> Result<Exit, Report> {
        super::step::run(context, self.format.format, "", None, |progress| self.step(context, progress))
    }
}

impl ComputeRiskScores {
    fn step(&self, context: &Context, progress: &Progress) -> Result<Outcome, Report> {
        let road = Road::open(context)?;
        let options = RiskOptions {
            entity_types: self.entitytype_list.clone(),
            dirty: self.dirty,
            batch: self.batch_size as usize,
            top: self.top,
            actor: actor(),
            now_micros: self.at.unwrap_or_else(now_micros),
            watch: progress.watch(),
        };
        let done = compute_risk_scores(&road.store, &options).map_err(|error| report(&error))?;
        Ok(Outcome { summary: done.summary(), samples: vec![risks(&done), highest(&done)] })
    }
}

fn risks(done: &RiskScores) -> Sample {
    let mut table = Table::new(["Risk", "Level", "Identities"]);
    for risk in &done.risks {
        table.row([Value::from(risk.identifier.as_str()), risk.level.into(), risk.identities.into()]);
    }
    Sample { title: "Risks".to_owned(), body: Body::Rows(table) }
}

fn highest(done: &RiskScores) -> Sample {
    let mut table = Table::new(["Score", "Entity type", "Key", "Name", "Risks"]);
    for one in &done.highest {
        table.row([
            Value::from(one.score),
            one.entity_type.as_str().into(),
            one.key.as_str().into(),
            one.name.clone().into(),
            one.risks.join(", ").into(),
        ]);
    }
    Sample { title: "Highest scores".to_owned(), body: Body::Rows(table) }
}
