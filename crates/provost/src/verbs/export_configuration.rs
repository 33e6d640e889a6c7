//! `provost export-configuration`: writes the stored configuration as files.

use super::Run;
use super::later::{Later, switch, value};
use crate::configuration::replace;
use crate::context::Context;
use crate::output::print;
use crate::report::{Exit, Report, plural};
use crate::repository::{items, open};
use clap::Args;
use provost_model::configuration::export;
use std::path::PathBuf;

/// Write the deployed configuration as XML files; deploying them again changes nothing
#[derive(Args, Debug)]
pub(crate) struct ExportConfiguration {
    /// Folder to write to; its XML files are removed and replaced
    #[arg(short = 'd', long, value_name = "DIR")]
    configuration_directory: PathBuf,
}

const LATER: &[Later] = &[
    value("api-url", "Address of a server to export from instead of the local home folder"),
    value("api-client-id", "Login at that server"),
    value("api-secret", "Password at that server"),
    switch("mark-for-export", "Include items made in the screens, except the role model"),
    switch("mark-rolemodel-for-export", "Include the role model made in the screens, too"),
    value("marked-paths", "Items to include"),
    value("default-file", "File for items that have none"),
    switch("export-translation", "Write translations, too"),
    switch("export-scaffolding", "Write what each scaffolding expands to"),
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
        let (_, store) = open(context)?;
        let items = store.read(items)?;
        if items.is_empty() {
            return Err(Report::usage("nothing-deployed", "no configuration is deployed, so there is none to export")
                .hint("deploy one: provost deploy-configuration -d DIR"));
        }
        let files = export(&items);
        replace(&self.configuration_directory, &files)?;
        let (files, items) = (plural(files.len(), "file"), plural(items.len(), "item"));
        print(&format!("Exported {items} into {files} of {}\n", self.configuration_directory.display()))?;
        Ok(Exit::Done)
    }
}
