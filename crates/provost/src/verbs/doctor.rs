//! `provost doctor`: what is wrong with an installation, and what to do.

use super::Run;
use super::options::FormatOption;
use crate::context::Context;
use crate::doctor::{State, examine};
use crate::output::table::Table;
use crate::output::{Format, print};
use crate::report::{Exit, Report, plural};
use crate::road::now_micros;
use clap::Args;
use serde_json::Value;

/// Look at settings, folders, repository, clocks, certificates, jobs and agents, and say what to do
///
/// Nothing is changed. In the home of an agent it also asks the server for a token. The exit code is 1 when something
/// is an error, else 0.
#[derive(Args, Debug)]
pub(crate) struct Doctor {
    #[command(flatten)]
    format: FormatOption,
}

impl Run for Doctor {
    const NAME: &'static str = "doctor";
    const EXAMPLES: &'static str = "\
Examples:
  provost doctor --home demo
  provost doctor --format json";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        context.home()?;
        let found = examine(context, now_micros());
        match self.format.format {
            Format::Table => {
                let mut out = String::new();
                for finding in &found {
                    out.push_str(&format!("{:<8} {}: {}\n", finding.state.word(), finding.check, finding.detail));
                    if let Some(advice) = &finding.advice {
                        out.push_str(&format!("         help: {advice}\n"));
                    }
                }
                let count = |state: State| found.iter().filter(|finding| finding.state == state).count();
                let (errors, warnings) = (count(State::Error), count(State::Warning));
                out.push_str(&format!("\n{}, {}\n", plural(errors, "error"), plural(warnings, "warning")));
                print(&out)?;
            }
            format => {
                let mut table = Table::new(["Check", "State", "Detail", "Advice"]);
                for finding in &found {
                    table.row([
                        finding.check.into(),
                        finding.state.word().into(),
                        finding.detail.clone().into(),
                        finding.advice.clone().map_or(Value::Null, Value::from),
                    ]);
                }
                print(&table.render(format, &context.stdout))?;
            }
        }
        let worst = found.iter().map(|finding| finding.state).max();
        Ok(if worst == Some(State::Error) { Exit::Error } else { Exit::Done })
    }
}
