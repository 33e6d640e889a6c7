//! `provost deploy-configuration`: makes the stored configuration what the files say.

use super::Run;
use super::later::{Later, switch, value};
use super::options::FormatOption;
use crate::configuration::read_valid;
use crate::context::Context;
use crate::output::table::Table;
use crate::output::{Format, print};
use crate::report::{Exit, Report, counts};
use crate::repository::open;
use crate::road::{actor, now_micros, report};
use clap::Args;
use provost_model::configuration::jobs::JobChange;
use provost_model::configuration::{AttributeChange, Change, Plan, Sign};
use provost_server::{Deployment, ServerError};
use provost_store::Store;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Compare a configuration folder with what is deployed, show the plan, and apply it in one transaction
///
/// The plan has a line per item: + added, ~ changed, - removed; then a line per job
/// that changes. A configuration with errors is not deployed.
#[derive(Args, Debug)]
pub(crate) struct DeployConfiguration {
    /// Folder of the configuration files
    #[arg(short = 'd', long, value_name = "DIR")]
    configuration_directory: PathBuf,

    /// Show the plan and stop
    #[arg(long)]
    simulate_only: bool,

    /// Folder where the plan is written, too: changes.txt and changes.json
    #[arg(long, value_name = "DIR")]
    dump_changes_directory: Option<PathBuf>,

    #[command(flatten)]
    format: FormatOption,
}

const LATER: &[Later] = &[
    value("api-url", "Address of a server to deploy to instead of the local home folder"),
    value("api-client-id", "Login at that server"),
    value("api-secret", "Password at that server"),
    switch("continuous-deployment", "Deploy again whenever a file is saved").short('a'),
    switch("force-bindings", "Write bindings although they are equal"),
    switch("force-categories", "Write categories although they are equal").short('c'),
    switch("force-expressions", "Compile expressions although they are equal").short('e'),
    switch("force-permissions", "Write permissions although they are equal").short('p'),
    switch("force-translations", "Write translations although they are equal"),
    switch("force-cascade-delete", "Delete what refers to deleted items, too"),
    switch("no-create-index", "Do not make indexes"),
    switch("reset-database", "Empty the repository first"),
    switch("enable-saas-checks", "Check what the hosted product forbids"),
    value("resource-identity-property", "Property that matches a resource with who signs in"),
    value("deployment-slot", "Slot of the hosted product"),
    value("http-client-timeout-supplement", "Minutes added to the time limit of calls"),
    value("product-translation", "File of translations of the product"),
];

impl Run for DeployConfiguration {
    const NAME: &'static str = "deploy-configuration";
    const ORIGINALS: &'static [&'static str] = &["Deploy-Configuration"];
    const EXAMPLES: &'static str = "\
Examples:
  provost deploy-configuration -d demo/Conf --simulate-only
  provost deploy-configuration -d demo/Conf";
    const LATER: &'static [&'static [Later]] = &[LATER];

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let folder = &self.configuration_directory;
        let parsed = read_valid(folder)?;
        let (_, store) = open(context)?;
        let deployment = Deployment::compute(&store, &parsed).map_err(|error| report(&error))?;
        if let Some(dump) = &self.dump_changes_directory {
            write_plan(dump, &deployment.plan)?;
        }
        if self.format.format == Format::Table {
            print(&deployment.plan.to_string())?;
            print(&jobs(&deployment.jobs))?;
        }
        for (entity_type, count) in resources_that_go(&store, &deployment.plan)? {
            eprintln!("warning: with entity type {entity_type} go its {count} resources; their history is kept");
        }
        if !self.simulate_only {
            let reason = format!("deploy-configuration of {}", folder.display());
            deployment.apply(&store, &actor(), &reason, now_micros()).map_err(|error| report(&error))?;
        }
        let end = match self.format.format {
            Format::Table if deployment.plan.is_empty() => String::new(),
            Format::Table if self.simulate_only => "Nothing was deployed: this was a simulation.\n".to_owned(),
            Format::Table => "Deployed.\n".to_owned(),
            Format::Json => format!("{:#}\n", as_json(&deployment.plan, &deployment.jobs, !self.simulate_only)),
            Format::Csv => as_table(&deployment.plan).csv(),
        };
        print(&end)?;
        if !parsed.problems.is_empty() {
            let found = counts(&parsed.problems);
            eprintln!("{found} in the configuration; to see them: provost check {}", folder.display());
        }
        Ok(Exit::Done)
    }
}

/// Entity types that the plan removes although resources of them are stored, with the number of these.
fn resources_that_go(store: &Store, plan: &Plan) -> Result<Vec<(String, u64)>, Report> {
    let gone: Vec<&str> = plan
        .changes
        .iter()
        .filter(|change| change.element == "EntityType" && change.sign == Sign::Removed)
        .map(|change| change.identity.as_str())
        .collect();
    if gone.is_empty() {
        return Ok(Vec::new());
    }
    let counted = store.read(|tx| {
        let metadata = provost_server::metadata::load(tx)?;
        let mut counted = Vec::new();
        for entity_type in gone.iter().filter_map(|identifier| metadata.entity_type(identifier)) {
            counted.push((entity_type.identifier.clone(), tx.count_resources(entity_type.id)?));
        }
        Ok::<_, ServerError>(counted)
    });
    let counted = counted.map_err(|error| report(&error))?;
    Ok(counted.into_iter().filter(|(_, count)| *count > 0).collect())
}

/// Writes the plan into a folder: as people read it, and as JSON.
fn write_plan(folder: &Path, plan: &Plan) -> Result<(), Report> {
    std::fs::create_dir_all(folder).map_err(|error| Report::io("make the folder", folder, &error))?;
    let json = format!("{:#}\n", as_json(plan, &[], false)["changes"]);
    for (name, text) in [("changes.txt", plan.to_string()), ("changes.json", json)] {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|error| Report::io("write", &path, &error))?;
    }
    Ok(())
}

/// A line for each job that changes, so that a scaffolding, or a connector that joins its job, surprises nobody.
fn jobs(changes: &[JobChange]) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let lines: String = changes.iter().map(|change| format!("  {change}\n")).collect();
    format!("Jobs:\n{lines}")
}

fn as_json(plan: &Plan, jobs: &[JobChange], deployed: bool) -> Value {
    let (added, changed, removed) = plan.counts();
    json!({
        "added": added,
        "changed": changed,
        "removed": removed,
        "deployed": deployed,
        "changes": plan.changes.iter().map(change).collect::<Vec<_>>(),
        "jobs": jobs.iter().map(job).collect::<Vec<_>>(),
    })
}

fn job(change: &JobChange) -> Value {
    json!({
        "sign": change.sign.symbol().to_string(),
        "job": change.job,
        "added": change.added,
        "changed": change.changed,
        "removed": change.removed,
    })
}

fn change(change: &Change) -> Value {
    let attribute = |a: &AttributeChange| json!({"name": a.name, "before": a.before, "after": a.after});
    json!({
        "sign": change.sign.symbol().to_string(),
        "element": change.element,
        "identity": change.identity,
        "attributes": change.attributes.iter().map(attribute).collect::<Vec<_>>(),
        "children": change.children.iter().map(self::change).collect::<Vec<_>>(),
    })
}

fn as_table(plan: &Plan) -> Table {
    let mut table = Table::new(["Sign", "Element", "Identity"]);
    for change in &plan.changes {
        let sign = change.sign.symbol().to_string();
        table.row([sign.into(), change.element.as_str().into(), change.identity.as_str().into()]);
    }
    table
}
