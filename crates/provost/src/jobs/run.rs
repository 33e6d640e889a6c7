//! Running one job instance in this process, and showing how it goes.

use super::{exit, report};
use crate::agent::{ServerSide, StepTasks};
use crate::context::Context;
use crate::output::table::Table;
use crate::output::{StepFormat, print};
use crate::report::{Exit, Kind, Report};
use crate::road::Road;
use provost_model::summary::{ErrorReport, Summary};
use provost_model::work::InstanceState;
use provost_server::jobs::{Engine, Runner};
use provost_store::{JobInstance, TaskInstance};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Time between two looks at a job.
const LOOK: Duration = Duration::from_millis(100);

/// Works in this process until a job instance has ended, and prints how it went. Whoever asks the process to end detaches
/// it: it takes no new task, waits a while for those that run, and leaves the rest.
///
/// # Errors
/// The books cannot be read, there is no thread to work on, or somebody asked the process to end.
pub fn follow(
    context: &Context,
    road: &Arc<Road>,
    engine: &Engine,
    instance: i64,
    format: StepFormat,
) -> Result<Exit, Report> {
    let tasks = Arc::new(StepTasks::new(road.settings().clone(), ServerSide::Here(road.clone())));
    let runner = Runner::for_instance(engine, instance, tasks).map_err(|e| report(&e))?;
    let asked = runner.stopping();
    stop_when_asked(asked.clone())?;
    let mut told = BTreeMap::new();
    let (job, rows) = loop {
        let (job, rows) = engine.instance(instance).map_err(|e| report(&e))?;
        tell(&rows, &mut told);
        if job.state.is_final() {
            break (job, rows);
        }
        if asked.load(Ordering::SeqCst) {
            return Err(detached(&job, runner.stop()));
        }
        std::thread::sleep(LOOK);
    };
    drop(runner);
    let text = match format {
        StepFormat::Table => as_text(context, &job, &rows),
        StepFormat::Json => format!("{}\n", as_json(&job, &rows)),
    };
    print(&text)?;
    Ok(exit(job.state))
}

/// Sets `stopping` when somebody asks the process to end (SIGINT, SIGTERM); whoever asks again ends it.
fn stop_when_asked(stopping: Arc<AtomicBool>) -> Result<(), Report> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed =
        |error: std::io::Error| Report::new(Kind::Error, "signals", format!("signals cannot be caught: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let guard = runtime.enter();
    let (mut interrupt, mut end) =
        (signal(SignalKind::interrupt()).map_err(failed)?, signal(SignalKind::terminate()).map_err(failed)?);
    drop(guard);
    let wait = move || {
        runtime.block_on(async {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = end.recv() => {}
                }
                if stopping.swap(true, Ordering::SeqCst) {
                    std::process::exit(1);
                }
                tracing::info!("no more tasks are taken; those that run may end");
            }
        });
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop).map_err(failed)
}

/// The report of a job that was left. `is_idle`: none of its tasks was cut off.
fn detached(job: &JobInstance, is_idle: bool) -> Report {
    let rest = if is_idle { "its next tasks wait" } else { "a task was cut off, and will begin anew" };
    let text = format!("job {} (instance {}) was left before its end: {rest}", job.job, job.id);
    Report::new(Kind::Error, "detached", text)
        .hint(format!("a server on this repository goes on with it; without one: provost invoke-job -j {} -r", job.job))
}

/// A line for each task that has come to another state.
fn tell(rows: &[TaskInstance], told: &mut BTreeMap<i64, InstanceState>) {
    for row in rows.iter().filter(|row| row.state != InstanceState::NotStarted) {
        if told.insert(row.id, row.state) != Some(row.state) {
            tracing::info!("{}: {}", row.task, row.state.word());
        }
    }
}

/// How a job went, for people.
pub(crate) fn as_text(context: &Context, job: &JobInstance, rows: &[TaskInstance]) -> String {
    let mut table = Table::new(["order", "task", "state", "seconds", "what happened"]);
    for row in rows {
        table.row([
            Value::from(row.level),
            row.task.clone().into(),
            row.state.word().into(),
            seconds(row.started_at, row.ended_at),
            what(row).into(),
        ]);
    }
    let mut text = format!("{} (instance {}): {}\n", job.job, job.id, job.state.word());
    text.push_str(&table.aligned(&context.stdout));
    if let Some(next) = next(job, rows) {
        text.push_str(&format!("\n{}\n", context.stdout.folded(&next, 0)));
    }
    text
}

fn seconds(from: Option<i64>, to: Option<i64>) -> Value {
    match (from, to) {
        (Some(from), Some(to)) => (((to - from) as f64 / 1e5).round().max(0.0) / 10.0).into(),
        _ => Value::Null,
    }
}

/// What a task did, or why it did nothing.
fn what(row: &TaskInstance) -> String {
    if let Some(error) = row.error.as_deref().and_then(|text| serde_json::from_str::<ErrorReport>(text).ok()) {
        return error.message;
    }
    let summary = row.summary.as_deref().and_then(|text| serde_json::from_str::<Summary>(text).ok());
    let Some(summary) = summary else { return String::new() };
    let mut sums = [("inserted", 0), ("updated", 0), ("deleted", 0), ("links inserted", 0), ("links deleted", 0)];
    for c in summary.entity_types.values() {
        sums[0].1 += c.inserted;
        sums[1].1 += c.updated;
        sums[2].1 += c.deleted;
    }
    for c in summary.associations.values() {
        sums[3].1 += c.inserted;
        sums[4].1 += c.deleted;
    }
    let mut words: Vec<String> = sums.iter().filter(|(_, n)| *n > 0).map(|(what, n)| format!("{n} {what}")).collect();
    if row.state == InstanceState::Blocked {
        words.push(format!("change set {}", row.change_set.as_deref().unwrap_or_default()));
    }
    words.join(", ")
}

/// What to do next.
fn next(job: &JobInstance, rows: &[TaskInstance]) -> Option<String> {
    let id = job.id;
    Some(match job.state {
        InstanceState::Blocked => {
            let hash = rows.iter().find_map(|r| r.change_set.as_deref().filter(|_| r.state == job.state))?;
            format!("look at the change set; if it is right: provost job resume {id} --change-set {hash}")
        }
        InstanceState::Errored => {
            let error: ErrorReport = serde_json::from_str(job.error.as_deref()?).ok()?;
            let hint = error.hint.map(|hint| format!("{hint}; then: ")).unwrap_or_default();
            format!("{hint}provost job restart {id}")
        }
        _ => return None,
    })
}

/// How a job went, for machines.
pub(crate) fn as_json(job: &JobInstance, rows: &[TaskInstance]) -> Value {
    let parsed = |text: &Option<String>| -> Value {
        text.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    };
    let tasks: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "id": row.id.to_string(), "order": row.level, "task": row.task, "kind": row.kind,
                "state": row.state.word(), "produced": row.produced, "changeSet": row.change_set,
                "summary": parsed(&row.summary), "error": parsed(&row.error),
            })
        })
        .collect();
    json!({
        "id": job.id.to_string(), "job": job.job, "state": job.state.word(), "requestedBy": job.requested_by,
        "createdAt": job.created_at, "startedAt": job.started_at, "endedAt": job.ended_at,
        "error": parsed(&job.error), "tasks": tasks,
    })
}
