//! `provost job`: looks after executions of jobs.

mod control;
mod list;
mod look;

use super::Run;
use crate::context::Context;
use crate::report::{Exit, Report};
use clap::{Args, Subcommand};

/// Look after executions of jobs: list, show, watch, cancel, resume, restart, log
#[derive(Args, Debug)]
pub(crate) struct Job {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    List(list::List),
    Show(look::Show),
    Watch(look::Watch),
    Log(look::Log),
    Cancel(control::Cancel),
    Resume(control::Resume),
    Restart(control::Restart),
}

impl Run for Job {
    const NAME: &'static str = "job";
    const EXAMPLES: &'static str = "\
Examples:
  provost job list --job HR_Complete
  provost job show 12
  provost job resume 12 --change-set 0123456789abcdef0123456789abcdef --reason \"checked with HR\"
  provost job log 12 --task HR_Synchronize";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        match self.what {
            What::List(list) => list.run(context),
            What::Show(show) => show.run(context),
            What::Watch(watch) => watch.run(context),
            What::Log(log) => log.run(context),
            What::Cancel(cancel) => cancel.run(context),
            What::Resume(resume) => resume.run(context),
            What::Restart(restart) => restart.run(context),
        }
    }
}
