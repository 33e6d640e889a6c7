//! `provost job show`, `watch` and `log`.

use crate::context::Context;
use crate::jobs::{as_json, as_text, engine, exit, line, report};
use crate::output::{StepFormat, print};
use crate::report::{Exit, Report};
use crate::repository::instant;
use crate::road::Road;
use crate::verbs::options::{ApiOptions, StepFormatOption};
use clap::Args;
use provost_model::work::LogLine;
use provost_store::TaskInstance;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Time between two looks at a job.
const LOOK: Duration = Duration::from_millis(500);
/// Bytes of a log that are read at once.
const PART: u64 = 1 << 20;

/// Show an execution with its tasks; the exit code tells how it ended
#[derive(Args, Debug)]
pub(super) struct Show {
    /// Id of the execution
    id: i64,

    #[command(flatten)]
    format: StepFormatOption,

    #[command(flatten)]
    api: ApiOptions,
}

impl Show {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Report> {
        let (job, tasks) = match self.api.jobs(context)? {
            Some(there) => there.instance(self.id)?,
            None => {
                let road = Arc::new(Road::open(context)?);
                engine(&road, "job", false).instance(self.id).map_err(|e| report(&e))?
            }
        };
        let text = match self.format.format {
            StepFormat::Table => as_text(context, &job, &tasks),
            StepFormat::Json => format!("{}\n", as_json(&job, &tasks)),
        };
        print(&text)?;
        Ok(exit(job.state))
    }
}

/// Show how an execution goes, until it has ended
#[derive(Args, Debug)]
pub(super) struct Watch {
    /// Id of the execution
    id: i64,

    #[command(flatten)]
    api: ApiOptions,
}

impl Watch {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Report> {
        if let Some(there) = self.api.jobs(context)? {
            return there.follow(context, self.id, StepFormat::Table, |line| print(&format!("{line}\n")));
        }
        let road = Arc::new(Road::open(context)?);
        let engine = engine(&road, "job", false);
        let mut seen: BTreeMap<i64, String> = BTreeMap::new();
        loop {
            let (job, tasks) = engine.instance(self.id).map_err(|e| report(&e))?;
            for task in &tasks {
                let line = line(task);
                if seen.get(&task.id) != Some(&line) && task.started_at.is_some() {
                    print(&format!("{line}\n"))?;
                    seen.insert(task.id, line);
                }
            }
            if job.state.is_final() {
                print(&as_text(context, &job, &tasks))?;
                return Ok(exit(job.state));
            }
            std::thread::sleep(LOOK);
        }
    }
}

/// Show the logs of an execution, task by task
#[derive(Args, Debug)]
pub(super) struct Log {
    /// Id of the execution
    id: i64,

    /// Of this task only
    #[arg(long, value_name = "IDENTIFIER")]
    task: Option<String>,

    #[command(flatten)]
    format: StepFormatOption,

    #[command(flatten)]
    api: ApiOptions,
}

impl Log {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Report> {
        let wanted = |task: &&TaskInstance| self.task.as_ref().is_none_or(|t| task.task.eq_ignore_ascii_case(t));
        if let Some(there) = self.api.jobs(context)? {
            let (_, tasks) = there.instance(self.id)?;
            for task in tasks.iter().filter(wanted) {
                self.show(&there.log(task.id)?)?;
            }
            return Ok(Exit::Done);
        }
        let road = Arc::new(Road::open(context)?);
        let engine = engine(&road, "job", false);
        let (_, tasks) = engine.instance(self.id).map_err(|e| report(&e))?;
        for task in tasks.iter().filter(wanted) {
            let mut from = 0;
            loop {
                let page = engine.log_part(task, from, PART).map_err(|e| report(&e))?;
                if page.text.is_empty() {
                    break;
                }
                from = page.next;
                self.show(&page.text)?;
            }
        }
        Ok(Exit::Done)
    }

    fn show(&self, lines: &str) -> Result<(), Report> {
        match self.format.format {
            StepFormat::Json => print(lines),
            StepFormat::Table => print(&lines.lines().filter_map(readable).collect::<String>()),
        }
    }
}

fn readable(line: &str) -> Option<String> {
    let line: LogLine = serde_json::from_str(line).ok()?;
    Some(format!("{} {:11} {}\n", instant(line.at), line.level, line.message))
}
