//! Jobs of a server across the network: the same rows as the books of a home have, as they come over its interface.

use super::{as_json, as_text, exit};
use crate::context::Context;
use crate::output::{StepFormat, print};
use crate::remote::{Client, Event, segment};
use crate::report::{Exit, Report};
use crate::road;
use provost_model::work::{InstanceState, TaskProgress};
use provost_server::jobs::LaunchOptions;
use provost_store::{JobInstance, TaskInstance};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

const JOBS: &str = "api/Job/RunJob/Jobs";
const INSTANCES: &str = "api/Job/RunJob/Instances";

/// Jobs of a server across the network.
#[derive(Debug)]
pub(crate) struct JobsThere {
    /// The server.
    pub(crate) client: Client,
}

/// What a person does with an execution.
#[derive(Clone, Debug)]
pub(crate) enum Act<'a> {
    Cancel,
    Restart,
    Resume(&'a str),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    job: String,
    state: String,
    trigger: String,
    requested_by: String,
    created_at: i64,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    error: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TaskRow {
    id: String,
    position: i64,
    order: i64,
    task: String,
    kind: String,
    state: String,
    produced: bool,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    change_set: Option<String>,
    summary: Option<Value>,
    progress: Option<Value>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Detail {
    instance: Row,
    tasks: Vec<TaskRow>,
}

#[derive(Deserialize)]
struct Page {
    instances: Vec<Row>,
}

/// A step of a job.
#[derive(Debug, Deserialize)]
pub(crate) struct StepRow {
    /// Its task.
    pub(crate) task: String,
    /// Steps of one order start together.
    pub(crate) order: u32,
}

#[derive(Deserialize)]
struct Steps {
    steps: Vec<StepRow>,
}

fn state(word: &str) -> InstanceState {
    InstanceState::parse(word).unwrap_or_default()
}

fn text(value: Option<Value>) -> Option<String> {
    value.map(|value| value.to_string())
}

impl From<Row> for JobInstance {
    fn from(row: Row) -> JobInstance {
        JobInstance {
            id: row.id.parse().unwrap_or_default(),
            job: row.job,
            state: state(&row.state),
            trigger: row.trigger,
            requested_by: row.requested_by,
            created_at: row.created_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
            error: text(row.error),
            ..JobInstance::default()
        }
    }
}

impl From<TaskRow> for TaskInstance {
    fn from(row: TaskRow) -> TaskInstance {
        TaskInstance {
            id: row.id.parse().unwrap_or_default(),
            position: row.position,
            level: row.order,
            task: row.task,
            kind: row.kind,
            state: state(&row.state),
            produced: row.produced,
            started_at: row.started_at,
            ended_at: row.ended_at,
            change_set: row.change_set,
            summary: text(row.summary),
            progress: text(row.progress),
            error: text(row.error),
            ..TaskInstance::default()
        }
    }
}

impl JobsThere {
    fn act(&self, path: &str, body: &Value) -> Result<JobInstance, Report> {
        let row: Option<Row> = self.client.post(path, body).map_err(|error| road::report(&error))?;
        Ok(row.map(JobInstance::from).unwrap_or_default())
    }

    /// Launches a job. Not tried again when the answer is lost: it may have been launched.
    pub(crate) fn launch(&self, job: &str, options: &LaunchOptions, reason: &str) -> Result<JobInstance, Report> {
        let body = json!({
            "reason": reason, "beginStep": options.begin_step, "endStep": options.end_step, "task": options.task,
            "taskType": options.task_type, "taskContains": options.task_contains, "force": options.force,
        });
        let path = format!("{JOBS}/{}/Launch", segment(job));
        let row: Option<Row> = self.client.post_once(&path, &body).map_err(|error| road::report(&error))?;
        Ok(row.map(JobInstance::from).unwrap_or_default())
    }

    /// Resumes or restarts the latest execution of a job.
    pub(crate) fn repair(&self, job: &str, reason: &str) -> Result<JobInstance, Report> {
        self.act(&format!("{JOBS}/{}/Repair", segment(job)), &json!({ "reason": reason }))
    }

    /// Does something with an execution.
    pub(crate) fn with(&self, id: i64, act: &Act<'_>, reason: &str) -> Result<JobInstance, Report> {
        let (word, body) = match act {
            Act::Cancel => ("Cancel", json!({ "reason": reason })),
            Act::Restart => ("Restart", json!({ "reason": reason })),
            Act::Resume(hash) => ("Resume", json!({ "reason": reason, "changeSet": hash })),
        };
        self.act(&format!("{INSTANCES}/{id}/{word}"), &body)
    }

    /// The steps of a job in their order.
    pub(crate) fn steps(&self, job: &str) -> Result<Vec<StepRow>, Report> {
        let found: Result<Steps, _> = self.client.get(&format!("{JOBS}/{}/Steps", segment(job)));
        found.map(|found| found.steps).map_err(|error| road::report(&error))
    }

    /// Executions, the newest first.
    pub(crate) fn instances(&self, job: Option<&str>, limit: usize) -> Result<Vec<JobInstance>, Report> {
        let of = job.map(|job| format!("&job={}", segment(job))).unwrap_or_default();
        let page: Result<Page, _> = self.client.get(&format!("{INSTANCES}?pageSize={limit}{of}"));
        let page = page.map_err(|error| road::report(&error))?;
        Ok(page.instances.into_iter().map(Into::into).collect())
    }

    /// An execution with its tasks.
    pub(crate) fn instance(&self, id: i64) -> Result<(JobInstance, Vec<TaskInstance>), Report> {
        let found: Result<Detail, _> = self.client.get(&format!("{INSTANCES}/{id}"));
        let found = found.map_err(|error| road::report(&error))?;
        Ok((found.instance.into(), found.tasks.into_iter().map(Into::into).collect()))
    }

    /// The log of a task: a JSON object on each line.
    pub(crate) fn log(&self, task: i64) -> Result<String, Report> {
        let path = format!("api/Job/RunJob/Tasks/{task}/Log?format=jsonl");
        self.client.text(&path).map_err(|error| road::report(&error))
    }

    /// Shows how an execution goes until it has ended, then how it went. `say` gets a line for whatever changed.
    pub(crate) fn follow(
        &self,
        context: &Context,
        id: i64,
        format: StepFormat,
        mut say: impl FnMut(&str) -> Result<(), Report>,
    ) -> Result<Exit, Report> {
        let mut told: BTreeMap<i64, String> = BTreeMap::new();
        let mut failed = None;
        let path = format!("{INSTANCES}/{id}/Events");
        let heard = self.client.events(&path, |event| match heard(event, &mut told) {
            Heard::Ended => ControlFlow::Break(()),
            Heard::Nothing => ControlFlow::Continue(()),
            Heard::Line(line) => match say(&line) {
                Ok(()) => ControlFlow::Continue(()),
                Err(report) => {
                    failed = Some(report);
                    ControlFlow::Break(())
                }
            },
        });
        heard.map_err(|error| road::report(&error))?;
        if let Some(report) = failed {
            return Err(report);
        }
        let (job, tasks) = self.instance(id)?;
        let text = match format {
            StepFormat::Table => as_text(context, &job, &tasks),
            StepFormat::Json => format!("{}\n", as_json(&job, &tasks)),
        };
        print(&text)?;
        Ok(exit(job.state))
    }
}

/// What an event means to whoever watches.
enum Heard {
    Line(String),
    Ended,
    Nothing,
}

fn heard(event: &Event, told: &mut BTreeMap<i64, String>) -> Heard {
    match event.kind.as_str() {
        "job" => match serde_json::from_str::<Row>(&event.data) {
            Ok(row) if state(&row.state).is_final() => Heard::Ended,
            _ => Heard::Nothing,
        },
        "task" => {
            let Ok(row) = serde_json::from_str::<TaskRow>(&event.data) else { return Heard::Nothing };
            let task = TaskInstance::from(row);
            let line = line(&task);
            if task.started_at.is_none() || told.get(&task.position) == Some(&line) {
                return Heard::Nothing;
            }
            told.insert(task.position, line.clone());
            Heard::Line(line)
        }
        _ => Heard::Nothing,
    }
}

/// `HR_Prepare: InProgress, Prepare HR_Person, 120000 rows`.
pub(crate) fn line(task: &TaskInstance) -> String {
    let mut line = format!("{}: {}", task.task, task.state.word());
    let progress = task.progress.as_deref().and_then(|text| serde_json::from_str::<TaskProgress>(text).ok());
    if let Some(progress) = progress.filter(|_| task.ended_at.is_none()) {
        line.push_str(&format!(", {}", progress.stage));
        if progress.rows > 0 {
            line.push_str(&format!(", {} rows", progress.rows));
        }
        if let Some(left) = progress.seconds_left {
            line.push_str(&format!(", {left:.0} s left"));
        }
    }
    line
}
