//! `provost deploy-configuration`: makes the stored configuration what the files say.

use super::Run;
use super::later::{Later, switch, value};
use super::options::FormatOption;
use crate::context::Context;
use crate::report::{Exit, Report};
use clap::Args;
use std::path::PathBuf;

/// Compare a configuration folder with what is deployed, show the plan, and apply it in one transaction
///
/// The plan has a line per item: + added, ~ changed, - removed. A configuration with errors is not deployed.
#[derive(Args, Debug)]
pub(crate) struct DeployConfiguration {
    /// Folder of the configuration files
    #[arg(short = 'd', long, value_name = "DIR")]
    configuration_directory: PathBuf,

    /// Show the plan and stop
    #[arg(long)]
    simulate_only: bool,

    /// Folder where the plan is written, too
    #[arg(long, value_name = "DIR")]
    dump_changes_directory: Option<PathBuf>,

    #[command(flatten)]
    format: FormatOption,
}

const LATER: &[Later] = &[
    value(
        "api-url",
        "Address of a server to deploy to instead of the local home folder",
    ),
    value("api-client-id", "Login at that server"),
    value("api-secret", "Password at that server"),
    switch(
        "continuous-deployment",
        "Deploy again whenever a file is saved",
    )
    .short('a'),
    switch("force-bindings", "Write bindings although they are equal"),
    switch(
        "force-categories",
        "Write categories although they are equal",
    )
    .short('c'),
    switch(
        "force-expressions",
        "Compile expressions although they are equal",
    )
    .short('e'),
    switch(
        "force-permissions",
        "Write permissions although they are equal",
    )
    .short('p'),
    switch(
        "force-translations",
        "Write translations although they are equal",
    ),
    switch(
        "force-cascade-delete",
        "Delete what refers to deleted items, too",
    ),
    switch("no-create-index", "Do not make indexes"),
    switch("reset-database", "Empty the repository first"),
    switch(
        "enable-saas-checks",
        "Check what the hosted product forbids",
    ),
    value(
        "resource-identity-property",
        "Property that matches a resource with who signs in",
    ),
    value("deployment-slot", "Slot of the hosted product"),
    value(
        "http-client-timeout-supplement",
        "Minutes added to the time limit of calls",
    ),
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
        let _ = context;
        Err(Report::not_yet("deploy-configuration"))
    }
}
