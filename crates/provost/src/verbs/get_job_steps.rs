//! `provost get-job-steps`: the order in which the tasks of a job run.

use super::Run;
use super::options::ApiOptions;
use crate::context::Context;
use crate::jobs::{engine, report};
use crate::output::print;
use crate::report::{Exit, Report};
use crate::road::Road;
use clap::Args;
use provost_server::jobs::steps_of;
use std::sync::Arc;

/// Show the tasks of a job in the order in which they run; tasks of one order start together
#[derive(Args, Debug)]
pub(crate) struct GetJobSteps {
    /// Identifier of the job
    #[arg(short = 'j', long, value_name = "IDENTIFIER")]
    job_identifier: String,

    #[command(flatten)]
    api: ApiOptions,
}

impl Run for GetJobSteps {
    const NAME: &'static str = "get-job-steps";
    const ORIGINALS: &'static [&'static str] = &["Get-JobSteps"];
    const EXAMPLES: &'static str = "\
Examples:
  provost get-job-steps -j HR_Complete";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let shown = |task: &str, order: u32| format!("Task : {task}, Order : {order}\n");
        if let Some(there) = self.api.jobs(context)? {
            let steps = there.steps(&self.job_identifier)?;
            print(&steps.iter().map(|s| shown(&s.task, s.order)).collect::<String>())?;
            return Ok(Exit::Done);
        }
        let road = Arc::new(Road::open(context)?);
        let engine = engine(&road, Self::NAME, false);
        let job = engine.job(&self.job_identifier).map_err(|e| report(&e))?;
        let steps = steps_of(&job, engine.settings().max_task_batch_size);
        let lines = steps.iter().map(|s| shown(&s.task.identifier, s.order));
        print(&lines.collect::<String>())?;
        Ok(Exit::Done)
    }
}
