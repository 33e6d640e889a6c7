//! `provost export-configuration`: writes the stored configuration as files.

use super::Run;
use super::later::{Later, switch, value};
use crate::context::Context;
use crate::report::{Exit, Report};
use clap::Args;
use std::path::PathBuf;

/// Write the deployed configuration as XML files; deploying them again changes nothing
#[derive(Args, Debug)]
pub(crate) struct ExportConfiguration {
    /// Folder to write to; its XML files are removed and replaced
    #[arg(short = 'd', long, value_name = "DIR")]
    configuration_directory: PathBuf,
}

const LATER: &[Later] = &[
    value(
        "api-url",
        "Address of a server to export from instead of the local home folder",
    ),
    value("api-client-id", "Login at that server"),
    value("api-secret", "Password at that server"),
    switch(
        "mark-for-export",
        "Include items made in the screens, except the role model",
    ),
    switch(
        "mark-rolemodel-for-export",
        "Include the role model made in the screens, too",
    ),
    value("marked-paths", "Items to include"),
    value("default-file", "File for items that have none"),
    switch("export-translation", "Write translations, too"),
    switch(
        "export-scaffolding",
        "Write what each scaffolding expands to",
    ),
    switch("format-configuration", "Write all files in the usual form"),
    value("product-translation", "File of translations of the product"),
];

impl Run for ExportConfiguration {
    const NAME: &'static str = "export-configuration";
    const ORIGINALS: &'static [&'static str] = &["Export-Configuration"];
    const EXAMPLES: &'static str = "\
Examples:
  provost export-configuration -d exported";
    const LATER: &'static [&'static [Later]] = &[LATER];

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let _ = context;
        Err(Report::not_yet("export-configuration"))
    }
}
