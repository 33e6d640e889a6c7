//! `provost invoke-job`: runs a job.

use super::Run;
use super::options::{ApiOptions, StepFormatOption};
use crate::context::Context;
use crate::jobs::{engine, follow, report};
use crate::report::{Exit, Report};
use crate::road::{Road, actor};
use clap::Args;
use provost_model::work::InstanceState;
use provost_server::jobs::{Engine, JobError, Launch, LaunchOptions, Trigger};
use provost_store::{HistoryFilter, JobInstance};
use std::sync::Arc;

/// Run a job, or a part of it, and wait until it has ended
///
/// Exit codes: 0 completed, 3 blocked, 4 warning, 1 errored or cancelled. The job runs in this process, with all its
/// agent tasks, unless --api-url names a server, which then runs it with its agents. Ctrl-C detaches: tasks that run get some seconds to end, and the others wait for a server on the same repository, or for -r.
#[derive(Args, Debug)]
pub(crate) struct InvokeJob {
    /// Identifier of the job
    #[arg(short = 'j', long, value_name = "IDENTIFIER")]
    job_identifier: String,

    /// Resume the latest instance when it is blocked (the change set that blocks it is approved), restart it when it failed, or go on with it when it was left
    #[arg(short = 'r', long)]
    repair_job: bool,

    /// Begin with the steps of this order, as get-job-steps shows it
    #[arg(short = 'b', long, value_name = "ORDER")]
    begin_job_step: Option<u32>,

    /// End with the steps of this order
    #[arg(short = 'e', long, value_name = "ORDER")]
    end_job_step: Option<u32>,

    /// Run this task only
    #[arg(short = 't', long, value_name = "IDENTIFIER")]
    task_identifier: Option<String>,

    /// Run the first task of this type only: SynchronizeTask, or Synchronize
    #[arg(short = 'c', long, value_name = "TYPE")]
    task_type: Option<String>,

    /// Run the tasks whose identifier contains this text only
    #[arg(short = 's', long, value_name = "TEXT")]
    task_string_contains: Option<String>,

    /// Synchronise although thresholds are exceeded
    #[arg(short = 'f', long)]
    force_synchronization_provisioning: bool,

    /// Why; lands in the journal
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,

    #[command(flatten)]
    format: StepFormatOption,

    #[command(flatten)]
    api: ApiOptions,
}

impl Run for InvokeJob {
    const NAME: &'static str = "invoke-job";
    const ORIGINALS: &'static [&'static str] = &["Invoke-Job", "Invoke-ServerJob"];
    const EXAMPLES: &'static str = "\
Examples:
  provost invoke-job -j HR_Complete
  provost invoke-job -j HR_Complete -s _Export_
  provost invoke-job -j HR_Complete -r --reason \"checked with HR\"";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        if let Some(there) = self.api.jobs(context)? {
            let launch = self.launch();
            let instance = match self.repair_job {
                true => there.repair(&self.job_identifier, &self.reason)?,
                false => there.launch(&launch.job, &launch.options, &launch.reason)?,
            };
            return there.follow(context, instance.id, self.format.format, |line| {
                tracing::info!("{line}");
                Ok(())
            });
        }
        let road = Arc::new(Road::open(context)?);
        let engine = engine(&road, "invoke-job", false);
        let instance = match (self.repair_job, left(&engine, &self.job_identifier).map_err(|e| report(&e))?) {
            (true, Some(left)) => Ok(left),
            (true, None) => engine.repair(&self.job_identifier, &actor(), &self.reason),
            (false, _) => engine.launch(&self.launch()),
        };
        let instance = instance.map_err(|e| report(&e))?;
        follow(context, &road, &engine, instance.id, self.format.format)
    }
}

/// The instance of a job that has not ended: whoever worked on it has left, or is still there, and then has a helper.
fn left(engine: &Engine, job: &str) -> Result<Option<JobInstance>, JobError> {
    let filter = HistoryFilter { job: Some(engine.job(job)?.identifier), ..HistoryFilter::default() };
    let latest = engine.instances(&filter, 1)?.into_iter().next();
    Ok(latest.filter(|job| matches!(job.state, InstanceState::NotStarted | InstanceState::InProgress)))
}

impl InvokeJob {
    fn launch(&self) -> Launch {
        Launch {
            job: self.job_identifier.clone(),
            options: LaunchOptions {
                begin_step: self.begin_job_step,
                end_step: self.end_job_step,
                task: self.task_identifier.clone(),
                task_type: self.task_type.clone(),
                task_contains: self.task_string_contains.clone(),
                force: self.force_synchronization_provisioning,
            },
            trigger: Trigger::Command,
            actor: actor(),
            reason: self.reason.clone(),
        }
    }
}
