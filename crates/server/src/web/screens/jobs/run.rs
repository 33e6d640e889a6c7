//! One execution, live, and the log of one of its tasks.

use crate::web::problem::Problem;
use crate::web::query::number;
use crate::web::route::{Right, Route};
use crate::web::screens::context::{Ctx, encoded, go, html};
use crate::web::screens::frame::{Crumb, Frame};
use crate::web::screens::words::Words;
use crate::web::screens::{shows, takes};
use askama::Template;
use axum::extract::{Form, Path};
use axum::response::Response;
use axum::routing::{get, post};
use provost_model::summary::{ErrorReport, Summary};
use provost_model::work::{InstanceState, LogLine, TaskProgress};
use provost_store::{JobInstance, TaskInstance};
use serde::Deserialize;

const QUERY: Right = Right::Permission("/Jobs/JobInstance/Query");
/// Lines of a log that are shown: the last ones.
const LINES: usize = 2000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        shows("/runs/{id}", QUERY, || get(page)),
        shows("/runs/{id}/run_part", QUERY, || get(part)),
        shows("/runs/{id}/tasks/{taskInstance}", Right::Permission("/Jobs/RunJob/GetLog"), || get(log)),
        takes("/runs/{id}/cancel", Right::Permission("/Jobs/JobInstance/Update"), || post(cancel)),
        takes("/runs/{id}/restart", Right::Permission("/Jobs/RunJob/Repair/Errored"), || post(restart)),
    ]
}

/// A task as it is shown.
struct TaskLine {
    row: TaskInstance,
    progress: Option<TaskProgress>,
    /// Of 100, where it can be told.
    percent: Option<u64>,
    counts: Option<(u64, u64, u64)>,
    error: Option<ErrorReport>,
    took: Option<i64>,
}

/// What changes while an execution runs.
struct Run {
    w: Words,
    run: JobInstance,
    tasks: Vec<TaskLine>,
    error: Option<ErrorReport>,
    is_final: bool,
    may_cancel: bool,
    may_restart: bool,
    may_see_log: bool,
    done: u64,
    took: Option<i64>,
}

#[derive(Template)]
#[template(path = "run.html")]
struct RunView {
    frame: Frame,
    live: Run,
}

#[derive(Template)]
#[template(path = "run_part.html")]
struct RunPart {
    live: Run,
}

fn parsed<T: serde::de::DeserializeOwned>(json: Option<&String>) -> Option<T> {
    json.and_then(|text| serde_json::from_str(text).ok())
}

fn line(row: TaskInstance, now: i64) -> TaskLine {
    let progress: Option<TaskProgress> = parsed(row.progress.as_ref());
    let percent = progress.as_ref().and_then(|p| Some(p.bytes * 100 / p.total_bytes.filter(|all| *all > 0)?));
    let summary: Option<Summary> = parsed(row.summary.as_ref());
    let counts = summary.map(|summary| {
        let all = summary.entity_types.values();
        all.fold((0, 0, 0), |sum, one| (sum.0 + one.inserted, sum.1 + one.updated, sum.2 + one.deleted))
    });
    TaskLine {
        percent: percent.map(|percent| percent.min(100)),
        counts: counts.filter(|_| row.kind == "SynchronizeTask"),
        error: parsed(row.error.as_ref()),
        took: row.started_at.map(|began| row.ended_at.unwrap_or(now) - began),
        progress,
        row,
    }
}

/// An execution as whoever asks may see it.
async fn load(ctx: &Ctx, id: &str) -> Result<Run, Problem> {
    let (engine, id, inner) = (ctx.app.jobs()?, number(id)?, ctx.clone());
    ctx.app
        .blocking(move || {
            let (run, tasks) = engine.instance(id)?;
            let now = inner.app.now_micros();
            let is_final = run.state.is_final() || run.state == InstanceState::Blocked;
            let failed = matches!(run.state, InstanceState::Errored | InstanceState::Cancelled);
            let done = tasks.iter().filter(|task| task.state.is_final()).count() as u64;
            Ok(Run {
                w: inner.w,
                error: parsed(run.error.as_ref()),
                is_final,
                may_cancel: !run.state.is_final() && inner.may("/Jobs/JobInstance/Update"),
                may_restart: failed && inner.may("/Jobs/RunJob/Repair/Errored"),
                may_see_log: inner.may("/Jobs/RunJob/GetLog"),
                took: run.started_at.map(|began| run.ended_at.unwrap_or(now) - began),
                tasks: tasks.into_iter().map(|task| line(task, now)).collect(),
                done,
                run,
            })
        })
        .await
}

async fn page(ctx: Ctx, Path(id): Path<String>) -> Result<Response, Problem> {
    let live = load(&ctx, &id).await?;
    let title = format!("{} #{}", live.run.job, live.run.id);
    let job = Crumb::new(&live.run.job, format!("/jobs/{}", encoded(&live.run.job)));
    let crumbs = vec![Crumb::new(ctx.w.t("menu.runs"), "/runs"), job, Crumb::new(format!("#{}", live.run.id), "")];
    let frame = ctx.frame(title, crumbs).await?;
    html(&RunView { frame, live })
}

async fn part(ctx: Ctx, Path(id): Path<String>) -> Result<Response, Problem> {
    html(&RunPart { live: load(&ctx, &id).await? })
}

#[derive(Template)]
#[template(path = "task_log.html")]
struct LogView {
    frame: Frame,
    task: TaskInstance,
    error: Option<ErrorReport>,
    lines: Vec<LogLine>,
    is_cut: bool,
}

async fn log(ctx: Ctx, Path((id, task)): Path<(String, String)>) -> Result<Response, Problem> {
    let (engine, run, task, model) = (ctx.app.jobs()?, number(&id)?, number(&task)?, ctx.model().await?);
    let inner = ctx.clone();
    let view = ctx.app.blocking(move || {
        let (instance, tasks) = engine.instance(run)?;
        let row = tasks.into_iter().find(|row| row.id == task);
        let row = row.ok_or_else(|| Problem::not_found(format!("execution {run} has no task {task}")))?;
        let text = engine.log_of(task)?;
        let all: Vec<LogLine> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let crumbs = vec![
            Crumb::new(inner.w.t("menu.runs"), "/runs"),
            Crumb::new(format!("{} #{run}", instance.job), format!("/runs/{run}")),
            Crumb::new(&row.task, ""),
        ];
        Ok(LogView {
            frame: Frame::new(&inner, &model, row.task.clone(), crumbs),
            error: parsed(row.error.as_ref()),
            is_cut: all.len() > LINES,
            lines: all.into_iter().rev().take(LINES).rev().collect(),
            task: row,
        })
    });
    html(&view.await?)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Because {
    reason: String,
}

async fn cancel(ctx: Ctx, Path(id): Path<String>, Form(asked): Form<Because>) -> Result<Response, Problem> {
    let (engine, id, actor) = (ctx.app.jobs()?, number(&id)?, ctx.principal.name.clone());
    ctx.app.blocking(move || Ok(engine.cancel(id, &actor, &asked.reason)?)).await?;
    Ok(go(&format!("/runs/{id}?done=cancelled")))
}

async fn restart(ctx: Ctx, Path(id): Path<String>, Form(asked): Form<Because>) -> Result<Response, Problem> {
    let (engine, id, actor) = (ctx.app.jobs()?, number(&id)?, ctx.principal.name.clone());
    ctx.app.blocking(move || Ok(engine.restart(id, &actor, &asked.reason)?)).await?;
    Ok(go(&format!("/runs/{id}?done=restarted")))
}
