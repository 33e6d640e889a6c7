//! `provost job cancel`, `resume` and `restart`.

use crate::context::Context;
use crate::jobs::{Act, engine, follow, report};
use crate::output::print;
use crate::report::{Exit, Report};
use crate::road::{Road, actor};
use crate::verbs::options::{ApiOptions, StepFormatOption};
use clap::Args;
use provost_server::jobs::{Engine, JobError};
use provost_store::JobInstance;
use std::sync::Arc;

/// Cancel an execution: what runs ends first, what waits does not start
#[derive(Args, Debug)]
pub(super) struct Cancel {
    /// Id of the execution
    id: i64,

    /// Why; lands in the journal
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,

    #[command(flatten)]
    api: ApiOptions,
}

impl Cancel {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Report> {
        let job = match self.api.jobs(context)? {
            Some(there) => there.with(self.id, &Act::Cancel, &self.reason)?,
            None => {
                let road = Arc::new(Road::open(context)?);
                engine(&road, "job", false).cancel(self.id, &actor(), &self.reason).map_err(|e| report(&e))?
            }
        };
        let end = if job.state.is_final() { "is cancelled" } else { "is cancelled as soon as what runs has ended" };
        print(&format!("{} (instance {}) {end}\n", job.job, job.id))?;
        Ok(Exit::Done)
    }
}

/// How an execution goes on.
#[derive(Args, Debug)]
struct GoOn {
    /// Why; lands in the journal
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,

    /// Leave the rest to a server on the same repository, instead of running it here
    #[arg(long)]
    detach: bool,

    #[command(flatten)]
    format: StepFormatOption,

    #[command(flatten)]
    api: ApiOptions,
}

impl GoOn {
    fn run(
        &self,
        context: &Context,
        (id, act): (i64, &Act<'_>),
        begin: impl FnOnce(&Engine) -> Result<JobInstance, JobError>,
    ) -> Result<Exit, Report> {
        if let Some(there) = self.api.jobs(context)? {
            let job = there.with(id, act, &self.reason)?;
            if self.detach {
                return goes_on(&job);
            }
            return there.follow(context, id, self.format.format, |line| {
                tracing::info!("{line}");
                Ok(())
            });
        }
        let road = Arc::new(Road::open(context)?);
        let engine = engine(&road, "job", false);
        let job = begin(&engine).map_err(|e| report(&e))?;
        if self.detach {
            return goes_on(&job);
        }
        follow(context, &road, &engine, job.id, self.format.format)
    }
}

fn goes_on(job: &JobInstance) -> Result<Exit, Report> {
    print(&format!("{} (instance {}) goes on\n", job.job, job.id))?;
    Ok(Exit::Done)
}

/// Approve the change set that blocks an execution, and let it go on
#[derive(Args, Debug)]
pub(super) struct Resume {
    /// Id of the execution
    id: i64,

    /// Change set that was looked at: 32 hexadecimal digits, as `job show` prints them
    #[arg(long, value_name = "HASH")]
    change_set: String,

    #[command(flatten)]
    go_on: GoOn,
}

impl Resume {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Report> {
        let hash = self.change_set.trim().to_ascii_lowercase();
        let act = (self.id, &Act::Resume(&hash));
        self.go_on.run(context, act, |engine| engine.resume(self.id, Some(&hash), &actor(), &self.go_on.reason))
    }
}

/// Restart an execution from the step that failed, with what is deployed now
#[derive(Args, Debug)]
pub(super) struct Restart {
    /// Id of the execution
    id: i64,

    #[command(flatten)]
    go_on: GoOn,
}

impl Restart {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Report> {
        self.go_on
            .run(context, (self.id, &Act::Restart), |engine| engine.restart(self.id, &actor(), &self.go_on.reason))
    }
}
