//! How a synchronisation step ends: its summary on standard output, its exit code, and the same when it fails.

use crate::context::Context;
use crate::output::summary::{Outcome, exit, json_line, render};
use crate::output::{StepFormat, print};
use crate::progress::Progress;
use crate::report::{Exit, Kind, Report};
use provost_model::summary::{Mode, State, Summary};

/// Runs a step and prints how it ended. With JSON, standard output holds exactly one line whatever happens.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn run(
    context: &Context,
    format: StepFormat,
    connector: &str,
    mode: Option<Mode>,
    step: impl FnOnce(&Progress) -> Result<Outcome, Report>,
) -> Result<Exit, Report> {
    let result = step(&Progress::new(format == StepFormat::Json));
    match (result, format) {
        (Ok(outcome), StepFormat::Table) => {
            print(&render(&outcome, &context.stdout))?;
            Ok(exit(outcome.summary.state))
        }
        (Ok(outcome), StepFormat::Json) => {
            print(&line(&outcome)?)?;
            Ok(exit(outcome.summary.state))
        }
        (Err(report), StepFormat::Table) => Err(report),
        (Err(report), StepFormat::Json) => {
            eprint!("{}", report.render(&context.stderr));
            print(&line(&errored(connector, mode, &report))?)?;
            Ok(report.exit())
        }
    }
}

fn line(outcome: &Outcome) -> Result<String, Report> {
    json_line(&outcome.summary).map_err(|error| Report::from_error(Kind::Error, "output", &error))
}

fn errored(connector: &str, mode: Option<Mode>, report: &Report) -> Outcome {
    let state = if report.kind == Kind::Blocked { State::Blocked } else { State::Errored };
    let error = Some(report.to_error());
    let causes = report.why.found.clone();
    Summary { connector: connector.to_owned(), mode, state, causes, error, ..Summary::default() }.into()
}
