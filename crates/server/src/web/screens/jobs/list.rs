//! All jobs, one job with its steps, and all executions.

use crate::jobs::{Engine, Launch, LaunchOptions, PlannedStep, Trigger, steps_of};
use crate::web::jobs::{permit, standing};
use crate::web::problem::Problem;
use crate::web::query::number;
use crate::web::route::{Right, Route};
use crate::web::screens::context::{Ctx, encoded, go, html};
use crate::web::screens::frame::{Crumb, Frame};
use crate::web::screens::{shows, takes};
use askama::Template;
use axum::extract::{Form, Path};
use axum::response::Response;
use axum::routing::{get, post};
use provost_model::configuration::jobs::Job;
use provost_model::work::InstanceState;
use provost_store::{HistoryFilter, JobInstance, SeenAgent};
use serde::Deserialize;

/// Executions on a page.
const PAGE: usize = 25;

pub(super) fn routes() -> Vec<Route> {
    let jobs = Right::Permission("/Jobs/Job/Query");
    vec![
        shows("/jobs", jobs, || get(list)),
        shows("/jobs/{job}", Right::Permission("/Jobs/JobStep/Query"), || get(one)),
        // Which permission it needs depends on how the job stands, as in the interface.
        takes("/jobs/{job}/launch", Right::SignedIn, || post(launch)),
        shows("/runs", Right::Permission("/Jobs/JobInstance/Query"), || get(runs)),
    ]
}

struct Line {
    identifier: String,
    name: String,
    href: String,
    is_incremental: bool,
    is_connector_job: bool,
    cron: String,
    next: Option<i64>,
    not_started: Option<String>,
    latest: Option<JobInstance>,
    may_launch: bool,
}

#[derive(Template)]
#[template(path = "jobs.html")]
struct ListView {
    frame: Frame,
    lines: Vec<Line>,
    agents: Vec<SeenAgent>,
}

async fn list(ctx: Ctx) -> Result<Response, Problem> {
    let title = ctx.w.t("menu.jobs");
    let frame = ctx.frame(title, vec![Crumb::new(title, "")]).await?;
    let (engine, inner) = (ctx.app.jobs()?, ctx.clone());
    let view = ctx.app.blocking(move || {
        let mut lines = lines(&inner, &engine)?;
        lines.sort_by_key(|line| line.is_connector_job);
        let agents = if inner.may("/Connectors/Agent/Query") { engine.agents()? } else { Vec::new() };
        Ok(ListView { frame, lines, agents })
    });
    html(&view.await?)
}

fn lines(ctx: &Ctx, engine: &Engine) -> Result<Vec<Line>, Problem> {
    let schedules = engine.schedules()?;
    let line = |job: Job| {
        let of = HistoryFilter { job: Some(job.identifier.clone()), ..HistoryFilter::default() };
        let schedule = schedules.iter().find(|schedule| schedule.job == job.identifier);
        Ok(Line {
            name: job.display_name.clone().unwrap_or_else(|| job.identifier.clone()),
            href: format!("/jobs/{}", encoded(&job.identifier)),
            is_incremental: job.is_incremental,
            is_connector_job: job.is_connector_job,
            cron: job.cron.as_ref().map(ToString::to_string).unwrap_or_default(),
            next: job.cron.as_ref().and_then(|cron| engine.next_start(cron)),
            not_started: schedule.and_then(|schedule| schedule.not_started_reason.clone()),
            latest: engine.instances(&of, 1)?.pop().filter(|_| ctx.may("/Jobs/JobInstance/Query")),
            may_launch: may_launch(ctx, engine, &job)?,
            identifier: job.identifier,
        })
    };
    engine.jobs()?.into_iter().map(line).collect()
}

fn may_launch(ctx: &Ctx, engine: &Engine, job: &Job) -> Result<bool, Problem> {
    let permission = format!("/Jobs/RunJob/Launch/{}", standing(engine, &job.identifier)?);
    Ok(!job.user_start_denied && ctx.may(&permission))
}

#[derive(Template)]
#[template(path = "job.html")]
struct JobView {
    frame: Frame,
    job: Job,
    name: String,
    steps: Vec<PlannedStep>,
    runs: Vec<JobInstance>,
    may_launch: bool,
}

async fn one(ctx: Ctx, Path(job): Path<String>) -> Result<Response, Problem> {
    let (engine, inner, model) = (ctx.app.jobs()?, ctx.clone(), ctx.model().await?);
    let view = ctx.app.blocking(move || {
        let job = engine.job(&job)?;
        let name = job.display_name.clone().unwrap_or_else(|| job.identifier.clone());
        let crumbs = vec![Crumb::new(inner.w.t("menu.jobs"), "/jobs"), Crumb::new(&name, "")];
        let of = HistoryFilter { job: Some(job.identifier.clone()), ..HistoryFilter::default() };
        let may_see = inner.may("/Jobs/JobInstance/Query");
        Ok(JobView {
            frame: Frame::new(&inner, &model, name.clone(), crumbs),
            steps: steps_of(&job, engine.settings().max_task_batch_size),
            runs: if may_see { engine.instances(&of, 10)? } else { Vec::new() },
            may_launch: may_launch(&inner, &engine, &job)?,
            name,
            job,
        })
    });
    html(&view.await?)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Only this task.
    task: Option<String>,
    reason: String,
}

async fn launch(ctx: Ctx, Path(job): Path<String>, Form(asked): Form<Asked>) -> Result<Response, Problem> {
    let engine = ctx.app.jobs()?;
    let principal = ctx.principal.clone();
    let begun = ctx.app.blocking(move || {
        permit(&principal, &engine, "Launch", &job)?;
        let options = LaunchOptions { task: asked.task.filter(|task| !task.is_empty()), ..LaunchOptions::default() };
        let launch = Launch { job, options, trigger: Trigger::Person, actor: principal.name, reason: asked.reason };
        Ok(engine.launch(&launch)?.id)
    });
    Ok(go(&format!("/runs/{}", begun.await?)))
}

#[derive(Template)]
#[template(path = "runs.html")]
struct RunsView {
    frame: Frame,
    runs: Vec<JobInstance>,
    jobs: Vec<String>,
    job: String,
    connectors: Vec<String>,
    connector: String,
    state: String,
    states: Vec<&'static str>,
    next: Option<String>,
    first: Option<String>,
}

async fn runs(ctx: Ctx) -> Result<Response, Problem> {
    let title = ctx.w.t("menu.runs");
    let frame = ctx.frame(title, vec![Crumb::new(title, "")]).await?;
    let (engine, inner, model) = (ctx.app.jobs()?, ctx.clone(), ctx.model().await?);
    let view = ctx.app.blocking(move || {
        let filter = HistoryFilter {
            job: inner.get("job").map(str::to_owned),
            connector: inner.get("connector").map(str::to_owned),
            state: inner.get("state").and_then(InstanceState::parse),
            before: inner.get("before").map(number).transpose()?,
        };
        let runs = engine.instances(&filter, PAGE)?;
        let last = runs.last().filter(|_| runs.len() == PAGE).map(|run| run.id.to_string());
        Ok(RunsView {
            frame,
            jobs: engine.jobs()?.into_iter().map(|job| job.identifier).collect(),
            job: filter.job.unwrap_or_default(),
            connectors: model.metadata.configuration.connectors.iter().map(|c| c.identifier.clone()).collect(),
            connector: filter.connector.unwrap_or_default(),
            state: filter.state.map(|state| state.word().to_owned()).unwrap_or_default(),
            states: InstanceState::ALL[..7].iter().map(|state| state.word()).collect(),
            next: last.map(|last| inner.address(&[("before", &last)])),
            first: filter.before.map(|_| inner.address(&[("before", "")])),
            runs,
        })
    });
    html(&view.await?)
}
