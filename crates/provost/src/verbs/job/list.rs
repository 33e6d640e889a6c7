//! `provost job list`: executions, the newest first.

use crate::context::Context;
use crate::jobs::{engine, report};
use crate::output::print;
use crate::output::table::Table;
use crate::report::{Exit, Report};
use crate::repository::instant;
use crate::road::Road;
use crate::verbs::options::{ApiOptions, FormatOption};
use clap::Args;
use provost_server::jobs::JobError;
use provost_store::{HistoryFilter, JobInstance};
use serde_json::Value;
use std::sync::Arc;

/// Show executions of jobs, the newest first
#[derive(Args, Debug)]
pub(super) struct List {
    /// Of this job only
    #[arg(long, value_name = "IDENTIFIER")]
    job: Option<String>,

    /// Number of executions (default: DefaultPageSize of the settings)
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    page_size: Option<u32>,

    #[command(flatten)]
    format: FormatOption,

    #[command(flatten)]
    api: ApiOptions,
}

impl List {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Report> {
        let limit = context.settings()?.page_size(self.page_size)?;
        let found = match self.api.jobs(context)? {
            Some(there) => there.instances(self.job.as_deref(), limit)?,
            None => here(context, self.job, limit)?,
        };
        let mut table = Table::new(["Id", "Job", "State", "Started by", "Requested by", "Created", "Ended"]);
        for job in found {
            table.row([
                Value::from(job.id),
                job.job.into(),
                job.state.word().into(),
                job.trigger.into(),
                job.requested_by.into(),
                instant(job.created_at).into(),
                job.ended_at.map(instant).into(),
            ]);
        }
        print(&table.render(self.format.format, &context.stdout))?;
        Ok(Exit::Done)
    }
}

fn here(context: &Context, job: Option<String>, limit: usize) -> Result<Vec<JobInstance>, Report> {
    let road = Arc::new(Road::open(context)?);
    let filter = HistoryFilter { job, ..HistoryFilter::default() };
    engine(&road, "job", false).instances(&filter, limit).map_err(|e: JobError| report(&e))
}
