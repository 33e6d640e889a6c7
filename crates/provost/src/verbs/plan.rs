//! `provost plan`: what a configuration, other source files, or both would come to.

use super::Run;
use super::later::{self, Later};
use crate::configuration::read_valid;
use crate::context::Context;
use crate::output::summary::exit;
use crate::output::{plan as told, print};
use crate::planning;
use crate::progress::Progress;
use crate::report::{Exit, Kind, Report};
use crate::repository::instant_of;
use crate::road::{Road, actor, now_micros};
use clap::{Args, ValueEnum};
use provost_model::summary::State;
use provost_pipeline::policy::Review;
use provost_server::plan::{Limit, PlanOptions, PlanReport};
use std::path::PathBuf;

/// Show what a configuration, other source files, or both would come to, and change nothing
///
/// Deploys, synchronises, computes properties, evaluates the policy and plans orders in one transaction that is given up
/// at the end. Prints who would get and lose which roles, resource types, values and orders, and the name of the
/// outcome: generate-provisioning-orders prints the same one when it is done in earnest. Nobody else can write
/// meanwhile. Exit code 3: a limit of --fail-above is exceeded.
#[derive(Args, Debug)]
pub(crate) struct Plan {
    /// Folder of a configuration that would be deployed (default: what is deployed)
    #[arg(short = 'c', long, value_name = "DIR")]
    configuration: Option<PathBuf>,

    /// Folder with source files that would be synchronised, named as in the settings of their connections, or as
    /// exported tables; may be given several times
    #[arg(short = 's', long, value_name = "DIR")]
    source: Vec<PathBuf>,

    /// Fail with exit code 3 when more would change: NAME=NUMBER or NAME=NUMBER%, such as roles-removed=10,
    /// accounts-removed=0, owners=5%; may be given several times
    #[arg(long, value_name = "LIMIT")]
    fail_above: Vec<Limit>,

    /// Identities shown, those with most changes first
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    samples: usize,

    /// Evaluate everybody, not only those whose result may differ; what comes out is the same
    #[arg(long)]
    complete: bool,

    /// As if the role model were computed with the same option
    #[arg(long, conflicts_with_all = ["no_provisioning_review", "block_provisioning"])]
    block_all_resource_type_provisioning: bool,

    /// As if the role model were computed with the same option
    #[arg(long, conflicts_with = "no_provisioning_review")]
    block_provisioning: bool,

    /// As if the role model were computed with the same option: no order waits in Provisioning Review
    #[arg(long)]
    no_provisioning_review: bool,

    /// Compute for this instant instead of the present: 2026-01-31, or 2026-01-31T12:00
    #[arg(long, value_name = "INSTANT", value_parser = instant_of)]
    at: Option<i64>,

    /// Form of the output; json is exactly one line on standard output, markdown is for a pull request
    #[arg(long, value_name = "FORMAT", default_value = "table", ignore_case = true)]
    format: PlanFormat,
}

/// Form of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PlanFormat {
    /// Tables and sentences.
    #[value(alias = "text")]
    Table,
    /// Exactly one line of JSON.
    Json,
    /// For a pull request.
    Markdown,
}

impl Run for Plan {
    const NAME: &'static str = "plan";
    const EXAMPLES: &'static str = "\
Examples:
  provost plan --configuration Conf --format markdown
  provost plan --source /exports/tomorrow --fail-above roles-removed=50 --fail-above accounts-removed=5%
  provost plan --configuration Conf --source /exports/tomorrow --at 2026-12-01 --format json";

    const LATER: &'static [&'static [Later]] = &[later::API];

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let is_json = self.format == PlanFormat::Json;
        match self.report(context, is_json) {
            Ok(report) => {
                print(&match self.format {
                    PlanFormat::Table => told::text(&report, &context.stdout),
                    PlanFormat::Markdown => told::markdown(&report),
                    PlanFormat::Json => line(&report)?,
                })?;
                Ok(exit(report.state))
            }
            Err(error) if is_json => {
                eprint!("{}", error.render(&context.stderr));
                let failed = serde_json::json!({ "state": State::Errored, "error": error.to_error() });
                print(&format!("{failed}\n"))?;
                Ok(error.exit())
            }
            Err(error) => Err(error),
        }
    }
}

impl Plan {
    fn report(&self, context: &Context, is_quiet: bool) -> Result<PlanReport, Report> {
        if self.configuration.is_none() && self.source.is_empty() {
            tracing::info!("neither a configuration nor files: the plan is what the next computation would change");
        }
        let parsed = self.configuration.as_deref().map(read_valid).transpose()?;
        let road = Road::open(context)?;
        let progress = Progress::new(is_quiet);
        let options = PlanOptions {
            now_micros: self.at.unwrap_or_else(now_micros),
            actor: actor(),
            is_complete: self.complete,
            review: match (
                self.block_provisioning || self.block_all_resource_type_provisioning,
                self.no_provisioning_review,
            ) {
                (true, _) => Review::All,
                (_, true) => Review::Nothing,
                _ => Review::AsConfigured,
            },
            samples: self.samples,
            limits: self.fail_above.clone(),
            watch: progress.watch(),
        };
        planning::plan(&road, parsed.as_ref(), &self.source, &options, &progress)
    }
}

fn line(report: &PlanReport) -> Result<String, Report> {
    let line = serde_json::to_string(report).map_err(|error| Report::from_error(Kind::Error, "output", &error))?;
    Ok(line + "\n")
}
