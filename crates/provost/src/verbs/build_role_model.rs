//! `provost build-role-model`: single roles and navigation rules made of entitlements.

use super::Run;
use super::later::{self, Later};
use super::options::StepFormatOption;
use crate::context::Context;
use crate::output::summary::{Body, Finding, Outcome, Sample};
use crate::progress::Progress;
use crate::report::{Exit, Report};
use crate::road::{Road, actor, now_micros, report};
use clap::Args;
use provost_server::roles::{BuildOptions, Built, build_role_model};

/// Lines of the plan shown on a terminal.
const SHOWN: usize = 40;

/// Make a single role and a navigation rule of each entitlement that has none, by the naming rules (RoleMapping)
///
/// Shows what is added to the stored configuration, and adds it in one transaction. Nothing that is there is changed or
/// removed, also when an entitlement has gone; run again, it adds nothing. To keep what was made when the folder is
/// deployed the next time, export the configuration: the items lie in RoleModel/<naming rule>.xml.
#[derive(Args, Debug)]
pub(crate) struct BuildRoleModel {
    /// Connector whose resource types' naming rules are applied (default: all)
    #[arg(long, value_name = "IDENTIFIER")]
    connector: Option<String>,

    /// Show what would be added, and add nothing
    #[arg(long)]
    simulate: bool,

    #[command(flatten)]
    format: StepFormatOption,
}

impl Run for BuildRoleModel {
    const NAME: &'static str = "build-role-model";
    const ORIGINALS: &'static [&'static str] = &["Build-RoleModel"];
    const EXAMPLES: &'static str = "\
Examples:
  provost build-role-model --connector AD --simulate
  provost build-role-model --connector AD
  provost export-configuration -d Conf";

    const LATER: &'static [&'static [Later]] = &[later::API];

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let connector = self.connector.clone().unwrap_or_default();
        super::step::run(context, self.format.format, &connector, None, |progress| self.step(context, progress))
    }
}

impl BuildRoleModel {
    fn step(&self, context: &Context, progress: &Progress) -> Result<Outcome, Report> {
        let road = Road::open(context)?;
        let options = BuildOptions {
            connector: self.connector.clone(),
            is_simulation: self.simulate,
            actor: actor(),
            now_micros: now_micros(),
            watch: progress.watch(),
        };
        let built = build_role_model(&road.store, &options).map_err(|error| report(&error))?;
        let mut summary = built.summary();
        summary.connector = self.connector.clone().unwrap_or_default();
        Ok(Outcome { summary, samples: samples(&built, self.simulate) })
    }
}

fn samples(built: &Built, is_simulation: bool) -> Vec<Sample> {
    let title = match (is_simulation, built.is_deployed) {
        (true, _) => "Would be added to the configuration",
        (false, true) => "Added to the configuration",
        (false, false) => "Nothing to add",
    };
    let mut samples = vec![super::plan_sample(title, &built.plan, SHOWN)];
    let waiting = built.mappings.iter().filter(|mapping| mapping.waits_for_approval && mapping.roles > 0);
    let problems = built.mappings.iter().filter_map(|mapping| Some((mapping, mapping.problem.clone()?)));
    let mut findings: Vec<Finding> = problems
        .map(|(mapping, text)| Finding {
            place: mapping.identifier.clone(),
            text,
            help: "mend the naming rule, run provost check and deploy it again".to_owned(),
        })
        .collect();
    findings.extend(waiting.map(|mapping| Finding {
        place: mapping.identifier.clone(),
        text: format!("{} roles wait: ApprovalRequired is set", mapping.roles),
        help: "look at them with --simulate; to add them, set ApprovalRequired to false and deploy".to_owned(),
    }));
    for mapping in &built.mappings {
        findings.extend(mapping.skipped.iter().take(SHOWN).map(|(key, reason)| Finding {
            place: format!("{}, {key}", mapping.identifier),
            text: reason.clone(),
            help: String::new(),
        }));
    }
    samples.push(Sample { title: "Left out".to_owned(), body: Body::Findings(findings) });
    samples
}
