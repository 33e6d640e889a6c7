//! Connectors: all of them, and the dashboard of one.

use super::context::{Ctx, encoded, go, html};
use super::frame::{Crumb, Frame};
use super::model::Model;
use super::{shows, takes};
use crate::jobs::{ConnectorStanding, Engine};
use crate::web::jobs::standing;
use crate::web::problem::Problem;
use crate::web::route::{Right, Route};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use provost_model::configuration::jobs::{Job, TaskKind};
use provost_model::configuration::{Connection, Connector, Limit};
use provost_store::{HistoryFilter, JobInstance, Session};

const QUERY: Right = Right::Permission("/Connectors/Connector/Query");
/// Sessions that are shown.
const SESSIONS: usize = 6;

pub(super) fn routes() -> Vec<Route> {
    vec![
        shows("/connectors", QUERY, || get(list)),
        shows("/connectors/{connector}", QUERY, || get(dashboard)),
        takes("/connectors/{connector}/{action}", Right::Permission("/Connectors/Connector/Update"), || post(switch)),
    ]
}

/// How a connector stands, in a word that has a badge.
fn word(standing: &ConnectorStanding) -> &'static str {
    match (standing.state.blocked_by.is_some(), standing.is_deactivated) {
        (true, _) => "Blocked",
        (false, true) => "Deactivated",
        (false, false) => "Active",
    }
}

fn name(connector: &Connector) -> String {
    connector.display_name.clone().unwrap_or_else(|| connector.identifier.clone())
}

struct Line {
    identifier: String,
    name: String,
    href: String,
    agent: String,
    state: &'static str,
    kinds: Vec<String>,
    last: Option<Session>,
}

#[derive(Template)]
#[template(path = "connectors.html")]
struct ListView {
    frame: Frame,
    lines: Vec<Line>,
}

async fn list(ctx: Ctx) -> Result<Response, Problem> {
    let (model, engine) = (ctx.model().await?, ctx.app.jobs()?);
    let title = ctx.w.t("menu.connectors");
    let frame = Frame::new(&ctx, &model, title.to_owned(), vec![Crumb::new(title, "")]);
    let inner = ctx.clone();
    let lines = ctx.app.blocking(move || {
        let standings = engine.connectors()?;
        let lines = model.metadata.configuration.connectors.iter().map(|connector| {
            let standing = standings.iter().find(|s| s.connector == connector.identifier);
            Ok::<_, Problem>(Line {
                identifier: connector.identifier.clone(),
                name: name(connector),
                href: format!("/connectors/{}", encoded(&connector.identifier)),
                agent: connector.agent.clone().unwrap_or_default(),
                state: standing.map_or("Active", word),
                kinds: kinds_of(&model, &inner, &connector.identifier).map(|kind| kind.0).collect(),
                last: sessions(&inner, &connector.identifier, 1)?.pop(),
            })
        });
        lines.collect::<Result<Vec<Line>, Problem>>()
    });
    html(&ListView { frame, lines: lines.await? })
}

/// Names of the entity types of a connector, with their identifiers.
fn kinds_of<'m>(model: &'m Model, ctx: &'m Ctx, connector: &'m str) -> impl Iterator<Item = (String, String)> + 'm {
    let own = model.listed().filter(move |kind| kind.connector.as_deref() == Some(connector));
    own.map(|kind| (kind.name(ctx.w), kind.identifier.clone()))
}

/// The last sessions of a connector, for those who may see them.
fn sessions(ctx: &Ctx, connector: &str, limit: usize) -> Result<Vec<Session>, Problem> {
    if !ctx.may("/Connectors/SynchronizeSession") {
        return Ok(Vec::new());
    }
    Ok(ctx.app.store().read(|tx| tx.sessions(Some(connector), limit))?)
}

struct KindLine {
    name: String,
    /// Empty when its list is not open to whoever looks.
    href: String,
    table: String,
    key: String,
    columns: usize,
    limits: String,
}

struct JobLine {
    job: Job,
    name: String,
    href: String,
    latest: Option<JobInstance>,
    may_launch: bool,
    /// Tasks of this connector alone.
    tasks: Vec<String>,
}

/// Limits of one kind of change.
struct LimitLine {
    key: &'static str,
    limit: Limit,
}

#[derive(Template)]
#[template(path = "connector.html")]
struct DashboardView {
    frame: Frame,
    connector: Connector,
    name: String,
    state: &'static str,
    standing: ConnectorStanding,
    /// The execution that is blocked, if it was one of a job.
    blocked_run: Option<i64>,
    may_update: bool,
    may_see_runs: bool,
    kinds: Vec<KindLine>,
    links: Vec<KindLine>,
    connections: Vec<Connection>,
    limits: Vec<LimitLine>,
    jobs: Vec<JobLine>,
    /// Tasks behind the menus of the two frames.
    entity_jobs: Vec<MenuTask>,
    resource_jobs: Vec<MenuTask>,
    resource_types: Vec<TypeLine>,
    sessions: Vec<Session>,
}

async fn dashboard(ctx: Ctx, Path(connector): Path<String>) -> Result<Response, Problem> {
    let (model, engine) = (ctx.model().await?, ctx.app.jobs()?);
    let configuration = &model.metadata.configuration;
    let found = configuration.connectors.iter().find(|c| c.identifier.eq_ignore_ascii_case(&connector));
    let connector = found
        .cloned()
        .ok_or_else(|| Problem::not_found(format!("connector \"{connector}\" is not in the deployed configuration")))?;
    let crumbs = vec![Crumb::new(ctx.w.t("menu.connectors"), "/connectors"), Crumb::new(name(&connector), "")];
    let frame = Frame::new(&ctx, &model, name(&connector), crumbs);
    let inner = ctx.clone();
    let view = ctx.app.blocking(move || {
        let of = connector.identifier.as_str();
        let standing = engine.connectors()?.into_iter().find(|s| s.connector == of).unwrap_or_default();
        let task = standing.state.task_instance;
        let blocked_run = match task {
            Some(task) => inner.app.store().read(|tx| tx.task_instance(task))?.map(|task| task.job_instance),
            None => None,
        };
        let own = model.metadata.configuration.connections.iter().filter(|c| c.connector == of);
        let jobs = if inner.may("/Jobs/Job/Query") { jobs(&inner, &engine, of)? } else { Vec::new() };
        Ok(DashboardView {
            entity_jobs: menu(&jobs, &ENTITY_TASKS),
            resource_jobs: menu(&jobs, &RESOURCE_TASKS),
            resource_types: type_lines(&inner, &model, of),
            frame,
            name: name(&connector),
            state: word(&standing),
            blocked_run,
            may_update: inner.may("/Connectors/Connector/Update"),
            may_see_runs: inner.may("/Jobs/JobInstance/Query"),
            kinds: kind_lines(&inner, &model, of),
            links: link_lines(&model, of),
            connections: own.cloned().collect(),
            limits: limits(&connector),
            jobs: jobs.into_iter().filter(|line| !line.job.is_connector_job).collect(),
            sessions: sessions(&inner, of, SESSIONS)?,
            standing,
            connector,
        })
    });
    html(&view.await?)
}

/// `100 / 5 %`; nothing for what is switched off.
fn shown_limit(limit: &Limit) -> String {
    let parts = [(limit.lines, ""), (limit.percent, " %")];
    let parts = parts.iter().filter(|(number, _)| *number > 0).map(|(number, unit)| format!("{number}{unit}"));
    parts.collect::<Vec<_>>().join(" / ")
}

fn shown_limits(ctx_words: [(&str, &Limit); 3]) -> String {
    let all = ctx_words.iter().map(|(sign, limit)| (sign, shown_limit(limit))).filter(|(_, text)| !text.is_empty());
    all.map(|(sign, text)| format!("{sign} {text}")).collect::<Vec<_>>().join(" · ")
}

fn kind_lines(ctx: &Ctx, model: &Model, connector: &str) -> Vec<KindLine> {
    let mappings = model.metadata.configuration.type_mappings.iter().filter(|m| m.connector == connector);
    mappings
        .map(|mapping| KindLine {
            name: model.kind_name(&mapping.identifier, ctx.w),
            href: match ctx.may(&format!("/Custom/Resources/{}/Query", mapping.identifier)) {
                true => format!("/resources/{}", encoded(&mapping.identifier)),
                false => String::new(),
            },
            table: mapping.connection_table.clone(),
            key: mapping.properties.iter().filter(|p| p.is_primary_key).map(|p| p.identifier.as_str()).collect(),
            columns: mapping.properties.iter().filter(|p| p.connection_column.is_some()).count(),
            limits: shown_limits([("+", &mapping.inserted), ("~", &mapping.updated), ("−", &mapping.deleted)]),
        })
        .collect()
}

fn link_lines(model: &Model, connector: &str) -> Vec<KindLine> {
    let mappings = model.metadata.configuration.association_mappings.iter().filter(|m| m.connector == connector);
    mappings
        .map(|mapping| KindLine {
            name: mapping.identifier.clone(),
            href: String::new(),
            table: mapping.connection_table.clone(),
            key: format!("{} → {}", mapping.column1, mapping.column2),
            columns: 2,
            limits: shown_limits([("+", &mapping.inserted), ("~", &Limit::default()), ("−", &mapping.deleted)]),
        })
        .collect()
}

fn limits(connector: &Connector) -> Vec<LimitLine> {
    let line = |key, limit: &Limit| LimitLine { key, limit: *limit };
    vec![
        line("limit.inserted", &connector.inserted),
        line("limit.updated", &connector.updated),
        line("limit.deleted", &connector.deleted),
        line("limit.links-inserted", &connector.links_inserted),
        line("limit.links-deleted", &connector.links_deleted),
    ]
}

fn jobs(ctx: &Ctx, engine: &Engine, connector: &str) -> Result<Vec<JobLine>, Problem> {
    let is_own = |job: &Job| job.steps.iter().any(|step| step.task.connector.as_deref() == Some(connector));
    let mut lines = Vec::new();
    for job in engine.jobs()?.into_iter().filter(is_own) {
        let of = HistoryFilter { job: Some(job.identifier.clone()), ..HistoryFilter::default() };
        let own = job.steps.iter().filter(|step| step.task.connector.as_deref() == Some(connector));
        lines.push(JobLine {
            name: job.display_name.clone().unwrap_or_else(|| job.identifier.clone()),
            href: format!("/jobs/{}", encoded(&job.identifier)),
            latest: engine.instances(&of, 1)?.pop().filter(|_| ctx.may("/Jobs/JobInstance/Query")),
            may_launch: (!job.user_start_denied || job.is_connector_job)
                && ctx.may(&format!("/Jobs/RunJob/Launch/{}", standing(engine, &job.identifier)?)),
            tasks: own.map(|step| step.task.identifier.clone()).collect(),
            job,
        });
    }
    Ok(lines)
}

/// A task that a menu launches alone.
struct MenuTask {
    /// Key of what it does.
    name: &'static str,
    task: String,
    /// Where it is launched.
    href: String,
    is_incremental: bool,
}

const ENTITY_TASKS: [(TaskKind, &str); 5] = [
    (TaskKind::Export, "task.export"),
    (TaskKind::PrepareSynchronization, "task.prepare"),
    (TaskKind::Synchronize, "task.synchronize"),
    (TaskKind::UpdateEntityPropertyExpressions, "task.expressions"),
    (TaskKind::RefreshSchema, "task.schema"),
];

const RESOURCE_TASKS: [(TaskKind, &str); 6] = [
    (TaskKind::ComputeCorrelationKeys, "task.keys"),
    (TaskKind::ComputeRoleModel, "task.role-model"),
    (TaskKind::UpdateClassification, "task.classify"),
    (TaskKind::BuildRoleModel, "task.naming"),
    (TaskKind::GenerateProvisioningOrders, "task.orders"),
    (TaskKind::Fulfill, "task.fulfill"),
];

/// What the job behind the screens of a connector can do alone, for those who may launch it.
fn menu(jobs: &[JobLine], kinds: &[(TaskKind, &'static str)]) -> Vec<MenuTask> {
    let behind = jobs.iter().filter(|line| line.job.is_connector_job && line.may_launch);
    let steps = behind.flat_map(|line| line.job.steps.iter().map(move |step| (line, &step.task)));
    let found = steps.filter_map(|(line, task)| {
        let (at, (_, name)) = kinds.iter().enumerate().find(|(_, (kind, _))| *kind == task.kind)?;
        let is_incremental = task.text("SynchronizationMode") == "Incremental";
        let href = format!("{}/launch", line.href);
        Some((at, MenuTask { name, task: task.identifier.clone(), href, is_incremental }))
    });
    let mut found: Vec<(usize, MenuTask)> = found.collect();
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, task)| task).collect()
}

/// A resource type whose targets the connector brings.
struct TypeLine {
    name: String,
    href: String,
    source: String,
    target: String,
    rules: usize,
    limits: String,
}

fn type_lines(ctx: &Ctx, model: &Model, connector: &str) -> Vec<TypeLine> {
    let is_own = |target: &str| model.kind(target).is_some_and(|kind| kind.connector.as_deref() == Some(connector));
    let policy = &model.metadata.configuration.policy;
    let own = policy.resource_types.iter().filter(|of| is_own(&of.target_entity_type));
    own.map(|of| {
        let id = model.policy.find("ResourceType", &of.identifier).map(|(id, _)| id);
        let may = ctx.may("/ProvisioningPolicy/ResourceType/Query");
        TypeLine {
            name: id.map_or_else(|| of.identifier.clone(), |id| model.object_name(id, ctx.w)),
            href: id.filter(|_| may).map(|id| format!("/policy/ResourceType/{id}")).unwrap_or_default(),
            source: model.kind_name(&of.source_entity_type, ctx.w),
            target: model.kind_name(&of.target_entity_type, ctx.w),
            rules: of.type_rules.len()
                + of.scalar_rules.len()
                + of.navigation_rules.len()
                + of.query_rules.len()
                + of.binary_rules.len(),
            limits: shown_limits([("+", &of.inserted), ("~", &of.updated), ("−", &of.deleted)]),
        }
    })
    .collect()
}

async fn switch(ctx: Ctx, Path((connector, action)): Path<(String, String)>) -> Result<Response, Problem> {
    let (deactivated, done) = match action.as_str() {
        "activate" => (Some(false), "activated"),
        "deactivate" => (Some(true), "deactivated"),
        "reset" => (None, "reset"),
        _ => return Err(Problem::not_found("there is nothing at this address")),
    };
    let (engine, of, actor) = (ctx.app.jobs()?, connector.clone(), ctx.principal.name.clone());
    ctx.app.blocking(move || Ok(engine.set_deactivated(&of, deactivated, &actor, "")?)).await?;
    Ok(go(&format!("/connectors/{}?done={done}", encoded(&connector))))
}
