//! Looking at jobs: definitions, executions, logs, changes that wait for a decision.

use super::number;
use super::shapes::{Agents, Changes, Detail, Instances, JobShape, Jobs, Steps};
use crate::jobs::{WantedChanges, steps_of};
use crate::shown::ShownChange;
use crate::web::app::App;
use crate::web::principal::{Permitted, Principal};
use crate::web::problem::Problem;
use crate::web::route::{Kind, Parameter, Right, Route};
use axum::Json;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use provost_model::changes::Command;
use provost_model::work::{InstanceState, LogLine};
use provost_store::{ChangePlace, HistoryFilter};
use serde::Deserialize;
use std::collections::BTreeMap;

const TAG: &str = "Jobs";

/// Kinds of changes.
const COMMANDS: &[&str] = &["Insert", "Update", "Delete"];

/// States of an execution.
const STATES: &[&str] = &["NotStarted", "InProgress", "Completed", "Warning", "Errored", "Blocked", "Cancelled"];

pub(super) fn routes() -> Vec<Route> {
    let may = Right::Permission;
    vec![
        Route::new(
            Method::GET,
            "/api/Job/RunJob/Jobs",
            may("/Jobs/Job/Query"),
            TAG,
            "Jobs, each with its latest execution",
            || get(jobs),
        )
        .gives::<Jobs>(),
        Route::new(
            Method::GET,
            "/api/Job/RunJob/Jobs/{job}/Steps",
            may("/Jobs/JobStep/Query"),
            TAG,
            "Steps of a job in the order in which they run",
            || get(steps),
        )
        .gives::<Steps>(),
        Route::new(
            Method::GET,
            "/api/Job/RunJob/Instances",
            may("/Jobs/JobInstance/Query"),
            TAG,
            "Executions, the newest first",
            || get(instances),
        )
        .with(
            const {
                &[
                    Parameter::new("job", Kind::Text, "Only executions of this job"),
                    Parameter::new("state", Kind::OneOf(STATES), "Only executions in this state"),
                    Parameter::new("before", Kind::Id, "Only executions older than this one"),
                    Parameter::new("pageSize", Kind::Count, "Number of executions"),
                ]
            },
        )
        .gives::<Instances>(),
        Route::new(
            Method::GET,
            "/api/Job/RunJob/Instances/{id}",
            may("/Jobs/JobInstance/Query"),
            TAG,
            "An execution with its tasks",
            || get(instance),
        )
        .gives::<Detail>(),
        Route::new(
            Method::GET,
            "/api/Job/RunJob/Tasks/{id}/Log",
            may("/Jobs/RunJob/GetLog"),
            TAG,
            "The log of a task: text, or a JSON object on each line",
            || get(log),
        )
        .with(const { &[Parameter::new("format", Kind::OneOf(&["text", "jsonl"]), "text (default) or jsonl")] })
        .gives_raw(&["text/plain", "application/jsonl"]),
        Route::new(
            Method::GET,
            "/api/Job/RunJob/Tasks/{id}/Changes",
            may("/Jobs/RunJob/GetLog"),
            TAG,
            "Changes that a blocked task would make",
            || get(changes),
        )
        .with(
            const {
                &[Parameter::new(
                    "pageSize",
                    Kind::Count,
                    "Number of changes of each entity type, association and command",
                )]
            },
        )
        .gives::<Changes>(),
        Route::new(
            Method::GET,
            "/api/Job/RunJob/Agents",
            may("/Connectors/Agent/Query"),
            TAG,
            "Agents that asked for work",
            || get(agents),
        )
        .gives::<Agents>(),
    ]
}

async fn jobs(State(app): State<App>) -> Result<Json<Jobs>, Problem> {
    let engine = app.jobs()?;
    app.blocking(move || {
        let schedules = engine.schedules()?;
        let shape = |job: &provost_model::configuration::jobs::Job| {
            let mut shape = JobShape::of(job);
            shape.next_start = job.cron.as_ref().and_then(|cron| engine.next_start(cron));
            let schedule = schedules.iter().find(|s| s.job == job.identifier);
            shape.not_started = schedule.and_then(|s| s.not_started_reason.clone());
            let of = HistoryFilter { job: Some(job.identifier.clone()), ..HistoryFilter::default() };
            shape.latest = engine.instances(&of, 1)?.pop().map(Into::into);
            Ok::<_, Problem>(shape)
        };
        let jobs: Result<Vec<JobShape>, Problem> = engine.jobs()?.iter().map(shape).collect();
        Ok(Json(Jobs { jobs: jobs? }))
    })
    .await
}

async fn steps(State(app): State<App>, Path(job): Path<String>) -> Result<Json<Steps>, Problem> {
    let engine = app.jobs()?;
    app.blocking(move || {
        let steps = steps_of(&engine.job(&job)?, engine.settings().max_task_batch_size);
        Ok(Json(Steps { steps: steps.into_iter().map(Into::into).collect() }))
    })
    .await
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PageQuery {
    job: Option<String>,
    state: Option<String>,
    before: Option<String>,
    page_size: Option<String>,
}

/// Rows of a page: as asked for, within the limits of the server.
fn page_size(app: &App, asked: Option<&str>) -> Result<usize, Problem> {
    let settings = app.settings();
    let most = settings.max_page_size.max(1);
    let rows = match asked {
        None => settings.default_page_size.clamp(1, most),
        Some(text) => text.parse::<u32>().ok().filter(|rows| *rows > 0).ok_or_else(|| {
            Problem::bad_request("page-size", format!("\"{text}\" is no number of rows: 1 or more was expected"))
        })?,
    };
    Ok(usize::try_from(rows.min(most)).unwrap_or(1))
}

async fn instances(State(app): State<App>, Query(query): Query<PageQuery>) -> Result<Json<Instances>, Problem> {
    let engine = app.jobs()?;
    let limit = page_size(&app, query.page_size.as_deref())?;
    let state = match query.state.as_deref() {
        None => None,
        Some(word) => Some(InstanceState::parse(word).ok_or_else(|| {
            Problem::bad_request("state", format!("\"{word}\" is no state of a job"))
                .hint(InstanceState::ALL.map(InstanceState::word).join(", "))
        })?),
    };
    let before = query.before.as_deref().map(number).transpose()?;
    let filter = HistoryFilter { job: query.job, state, before, ..HistoryFilter::default() };
    app.blocking(move || {
        let found = engine.instances(&filter, limit)?;
        let next = (found.len() == limit).then(|| found.last().map(|last| last.id.to_string())).flatten();
        Ok(Json(Instances { instances: found.into_iter().map(Into::into).collect(), next }))
    })
    .await
}

async fn instance(State(app): State<App>, Path(id): Path<String>) -> Result<Json<Detail>, Problem> {
    let (engine, id) = (app.jobs()?, number(&id)?);
    app.blocking(move || {
        let (instance, tasks) = engine.instance(id)?;
        Ok(Json(Detail { instance: instance.into(), tasks: tasks.into_iter().map(Into::into).collect() }))
    })
    .await
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LogQuery {
    format: Option<String>,
}

async fn log(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<LogQuery>,
) -> Result<Response, Problem> {
    let (engine, id) = (app.jobs()?, number(&id)?);
    let as_lines = match query.format.as_deref() {
        None | Some("text") => false,
        Some("jsonl") => true,
        Some(other) => return Err(Problem::bad_request("format", format!("\"{other}\" is no format: text or jsonl"))),
    };
    let text = app.blocking(move || Ok(engine.log_of(id)?)).await?;
    let (kind, body) = match as_lines {
        true => ("application/jsonl; charset=utf-8", text),
        false => ("text/plain; charset=utf-8", text.lines().filter_map(as_text).collect()),
    };
    Ok(([(header::CONTENT_TYPE, kind)], body).into_response())
}

/// A line of a log for people.
fn as_text(line: &str) -> Option<String> {
    let line: LogLine = serde_json::from_str(line).ok()?;
    let at = jiff::Timestamp::from_microsecond(line.at).ok()?;
    Some(format!("{at:.3} {:11} {}\n", line.level, line.message))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ChangesQuery {
    entity_type: Option<String>,
    association: Option<String>,
    command: Option<String>,
    after: Option<String>,
    page_size: Option<String>,
}

async fn changes(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(principal): Extension<Principal>,
    Extension(permitted): Extension<Permitted>,
    Query(query): Query<ChangesQuery>,
) -> Result<Json<Changes>, Problem> {
    let (engine, id) = (app.jobs()?, number(&id)?);
    let command = match query.command.as_deref() {
        None => None,
        Some("Insert") => Some(Command::Insert),
        Some("Update") => Some(Command::Update),
        Some("Delete") => Some(Command::Delete),
        Some(other) => {
            let problem = Problem::bad_request("command", format!("\"{other}\" is no kind of change"));
            return Err(problem.hint(COMMANDS.join(", ")));
        }
    };
    let after = query.after.as_deref().map(place).transpose()?;
    let limit = page_size(&app, query.page_size.as_deref())?;
    let wanted = WantedChanges {
        entity_type: query.entity_type,
        association: query.association,
        command,
        text: None,
        after,
        limit,
    };
    app.blocking(move || {
        let (mut changes, next) = engine.changes_of(id, &wanted)?;
        hide(&mut changes, &principal, &permitted);
        let next = next.map(|place| match place {
            ChangePlace::Resource(id) => format!("resource-{id}"),
            ChangePlace::Link(id) => format!("link-{id}"),
        });
        Ok(Json(Changes { changes: changes.into_iter().map(Into::into).collect(), next }))
    })
    .await
}

/// Takes away the values of properties that the caller does not see in rows of that kind, and the names that may hold
/// them. That they change stays.
fn hide(changes: &mut [ShownChange], principal: &Principal, permitted: &Permitted) {
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for change in changes {
        let hidden = known.entry(change.subject.clone()).or_insert_with(|| {
            let own = format!("/Custom/Resources/{}/Query", change.subject);
            principal.rights.hidden_somewhere(&[&permitted.0, &own], &change.subject)
        });
        let is_hidden = |property: &str| hidden.iter().any(|one| one.eq_ignore_ascii_case(property));
        for (_, before, after) in change.values.iter_mut().filter(|(property, ..)| is_hidden(property)) {
            (*before, *after) = (None, None);
        }
        if !hidden.is_empty() {
            // It is computed of any properties.
            change.name = None;
        }
        if change.key_property.as_deref().is_some_and(is_hidden) {
            change.key.clear();
        }
    }
}

/// Where a page of changes begins.
pub(crate) fn place(text: &str) -> Result<ChangePlace, Problem> {
    let read = |(kind, id): (&str, &str)| match (kind, id.parse().ok().filter(|id| *id >= 0_i64)?) {
        ("resource", id) => Some(ChangePlace::Resource(id)),
        ("link", id) => Some(ChangePlace::Link(id)),
        _ => None,
    };
    text.split_once('-').and_then(read).ok_or_else(|| {
        Problem::bad_request("after", format!("\"{text}\" is no place between changes"))
            .hint("send what the page before gave as next")
    })
}

async fn agents(State(app): State<App>) -> Result<Json<Agents>, Problem> {
    let engine = app.jobs()?;
    app.blocking(move || Ok(Json(Agents { agents: engine.agents()?.into_iter().map(Into::into).collect() }))).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::principal::Who;
    use provost_model::access::{AccessPolicy, Grant, Rights};
    use provost_model::configuration;
    use std::sync::Arc;

    const HOUSE: &str = r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <Profile Identifier="Pay" /><Profile Identifier="Desk" />
  <AccessControlEntityType Identifier="Person"><Property Identifier="Salary" /><Property Identifier="Number" /></AccessControlEntityType>
  <AccessControlRule Identifier="A" EntityType="Person" Profile="Pay"><Entry Permission="/Custom/Resources/Person" FullAccessProperties="true" /></AccessControlRule>
  <AccessControlRule Identifier="B" EntityType="Person" Profile="Desk"><Entry Permission="/Custom/Resources/Person" /></AccessControlRule>
</ConfigurationFile>"#;

    fn shown_to(profile: &str) -> ShownChange {
        let parsed = configuration::parse(&[("a.xml".to_owned(), HOUSE.to_owned())]);
        let policy = Arc::new(AccessPolicy::from_items(&parsed.items));
        let rights = Rights::of(&policy, vec![Grant { profile: profile.to_owned(), scope: Default::default() }]);
        let principal = Principal::new(Who::Client(profile.to_owned()), rights);
        let value = |name: &str| (name.to_owned(), Some("1".to_owned()), Some("2".to_owned()));
        let mut changes = vec![ShownChange {
            subject: "Person".to_owned(),
            command: Command::Update,
            key: "N1".to_owned(),
            key_property: Some("Number".to_owned()),
            name: Some("Ada, 100".to_owned()),
            values: vec![value("Salary"), value("Name")],
            line: 1,
        }];
        hide(&mut changes, &principal, &Permitted("/Jobs/RunJob/GetLog".to_owned()));
        changes.remove(0)
    }

    #[test]
    fn changes_do_not_tell_what_rows_do_not_show() {
        let hidden = shown_to("Desk");
        let name = ("Name".to_owned(), Some("1".to_owned()), Some("2".to_owned()));
        assert_eq!(hidden.values, [("Salary".to_owned(), None, None), name.clone()]);
        assert_eq!((hidden.key.as_str(), hidden.name), ("", None));
        let open = shown_to("Pay");
        assert_eq!(open.values[0].1.as_deref(), Some("1"));
        assert_eq!((open.key.as_str(), open.name.as_deref()), ("N1", Some("Ada, 100")));
    }
}
