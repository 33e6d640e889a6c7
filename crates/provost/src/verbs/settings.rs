//! `provost settings`: what is in force, and why.

use super::Run;
use super::options::FormatOption;
use crate::context::Context;
use crate::output::table::Table;
use crate::output::{Format, print};
use crate::report::{Exit, Report, counts, problems};
use clap::Args;
use serde_json::Value;

/// Show every setting in force and where it came from, without secrets
///
/// Sources, later ones win name by name: defaults, appsettings.json, appsettings.agent.json,
/// appsettings.encrypted.agent.json, environment variables (Section__Key, or PROVOST__Section__Key), flags. Unknown
/// names are ignored, and noted with the nearest right one.
#[derive(Args, Debug)]
pub(crate) struct Settings {
    #[command(flatten)]
    format: FormatOption,
}

impl Run for Settings {
    const NAME: &'static str = "settings";
    const EXAMPLES: &'static str = "\
Examples:
  provost settings --home demo
  provost settings --format json";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let settings = context.open_settings()?;
        let mut table = Table::new(["Setting", "Value", "Source"]);
        for effective in settings.effective() {
            table.row([effective.path.into(), effective.value, Value::from(effective.origin.to_string())]);
        }
        if self.format.format == Format::Table {
            print(&format!("Home {}\n\n", settings.home.display()))?;
        }
        print(&table.render(self.format.format, &context.stdout))?;
        if !settings.notes.is_empty() {
            eprint!("\n{}{}\n", problems(&settings.notes, &context.stderr), counts(&settings.notes));
        }
        Ok(Exit::Done)
    }
}
