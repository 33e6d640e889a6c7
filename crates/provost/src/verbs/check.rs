//! `provost check`: all problems of a configuration folder at once.

use super::Run;
use super::options::FormatOption;
use crate::configuration::{Folder, read};
use crate::context::Context;
use crate::output::table::Table;
use crate::output::{Format, print};
use crate::report::{Exit, Report, counts, plural, problems};
use crate::settings::Settings;
use crate::terminal::Terminal;
use clap::Args;
use provost_model::Problem;
use provost_model::configuration::NotActedOn;
use provost_model::problem::Place;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Check a configuration folder and show all problems at once, each with its place
///
/// Also lists what is read but not acted on yet. Without DIR, the settings of the home folder's connections are checked,
/// too. Touches neither the repository nor any system. Exit code 4: there are errors.
#[derive(Args, Debug)]
pub(crate) struct Check {
    /// Folder of the configuration files (default: Conf of the home folder)
    dir: Option<PathBuf>,

    #[command(flatten)]
    format: FormatOption,
}

impl Run for Check {
    const NAME: &'static str = "check";
    const EXAMPLES: &'static str = "\
Examples:
  provost check demo/Conf
  provost check --home demo --format json";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let folder = match self.dir {
            Some(dir) => read(&dir)?,
            None => of_home(&context.settings()?)?,
        };
        print(&match self.format.format {
            Format::Table => for_people(&folder, &context.stdout),
            Format::Json => format!("{:#}\n", as_json(&folder)),
            Format::Csv => as_table(&folder.parsed.problems).csv(),
        })?;
        Ok(if folder.parsed.has_errors() { Exit::Data } else { Exit::Done })
    }
}

/// The configuration of a home folder, and the settings that its connections have there.
fn of_home(settings: &Settings) -> Result<Folder, Report> {
    let mut folder = read(&settings.conf())?;
    let told = folder.parsed.problems.iter().any(|problem| problem.code.starts_with("transformation-"));
    for connection in &folder.parsed.configuration.connections {
        let mut found = provost_connectors::check(connection, settings.connection(&connection.identifier));
        // What the files have a place for is told already.
        found.retain(|problem| !(problem.code == "transformation" && told));
        folder.parsed.problems.extend(found);
    }
    Ok(folder)
}

fn for_people(folder: &Folder, terminal: &Terminal) -> String {
    let mut out = String::new();
    if !folder.parsed.not_acted_on.is_empty() {
        out.push_str("Read and kept, but not acted on yet in this version:\n");
        for line in not_acted_on(&folder.parsed.not_acted_on).aligned(&terminal.narrowed(2)).lines() {
            out.push_str(&format!("  {line}\n"));
        }
        out.push('\n');
    }
    out.push_str(&problems(&folder.parsed.problems, terminal));
    let (files, items) = (plural(folder.files, "file"), plural(folder.parsed.items.len(), "item"));
    out.push_str(&format!("{files}, {items}: {}\n", counts(&folder.parsed.problems)));
    out
}

fn not_acted_on(found: &[NotActedOn]) -> Table {
    let mut table = Table::new(["Element", "Count", "First"]);
    for entry in found {
        let place = entry.first.as_ref().map(|place| format!("{}:{}:{}", place.file, place.line, place.column));
        table.row([entry.element.as_str().into(), entry.count.into(), place.into()]);
    }
    table
}

fn as_json(folder: &Folder) -> Value {
    json!({
        "files": folder.files,
        "items": folder.parsed.items.len(),
        "valid": !folder.parsed.has_errors(),
        "problems": folder.parsed.problems,
        "notActedOn": folder.parsed.not_acted_on,
    })
}

fn as_table(found: &[Problem]) -> Table {
    let mut table = Table::new(["Severity", "Code", "File", "Line", "Column", "Message", "Hint"]);
    for problem in found {
        let of = |get: fn(&Place) -> Value| problem.place.as_ref().map_or(Value::Null, get);
        table.row([
            problem.severity.to_string().into(),
            problem.code.as_str().into(),
            of(|place| place.file.as_str().into()),
            of(|place| place.line.into()),
            of(|place| place.column.into()),
            problem.message.as_str().into(),
            problem.hint.as_deref().into(),
        ]);
    }
    table
}
