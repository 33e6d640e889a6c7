//! *Threshold Exceeded*: what stopped an execution, what it would change, and the way on.

use crate::jobs::WantedChanges;
use crate::shown::ShownChange;
use crate::web::jobs::place;
use crate::web::problem::Problem;
use crate::web::query::number;
use crate::web::route::{Right, Route};
use crate::web::screens::context::{Ctx, go, html};
use crate::web::screens::frame::{Crumb, Frame};
use crate::web::screens::{shows, takes};
use askama::Template;
use axum::extract::{Form, Path};
use axum::response::Response;
use axum::routing::{get, post};
use provost_model::changes::Command;
use provost_model::summary::{EntityCounters, LinkCounters, Summary};
use provost_model::work::InstanceState;
use provost_store::{ChangePlace, JobInstance, TaskInstance};
use serde::Deserialize;

/// Changes on a page.
const PAGE: usize = 25;
const COMMANDS: [(&str, Command); 3] =
    [("Insert", Command::Insert), ("Update", Command::Update), ("Delete", Command::Delete)];

pub(super) fn routes() -> Vec<Route> {
    vec![
        shows("/runs/{id}/blocked", Right::Permission("/Jobs/RunJob/GetLog"), || get(page)),
        takes("/runs/{id}/resume", Right::Permission("/Jobs/RunJob/Repair/Blocked"), || post(resume)),
    ]
}

/// A limit that is exceeded, beside what counted.
struct Exceeded {
    level: String,
    name: String,
    count: u64,
    limit: String,
    base: u64,
}

struct Change {
    subject: String,
    command: &'static str,
    change: ShownChange,
}

/// Something that changes can be narrowed to.
struct Subject {
    identifier: String,
    name: String,
    is_link: bool,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "blocked.html")]
struct BlockedView {
    frame: Frame,
    run: JobInstance,
    task: TaskInstance,
    hash: String,
    others: Vec<TaskInstance>,
    summary: Summary,
    exceeded: Vec<Exceeded>,
    entities: Vec<(String, EntityCounters)>,
    links: Vec<(String, LinkCounters)>,
    changes: Vec<Change>,
    subjects: Vec<Subject>,
    commands: [(&'static str, bool); 3],
    find: String,
    next: Option<String>,
    first: Option<String>,
    may_resume: bool,
    was_refused: bool,
}

#[derive(Template)]
#[template(path = "changes_part.html")]
struct ChangesPart<'a> {
    frame: &'a Frame,
    changes: &'a [Change],
    next: &'a Option<String>,
    first: &'a Option<String>,
}

/// What changes are narrowed to: `entity:HR_Person`, `link:HR_Person_Organization`.
fn subject<'c>(ctx: &'c Ctx, what: &str) -> Option<&'c str> {
    ctx.get("subject")?.strip_prefix(what)?.strip_prefix(':')
}

fn wanted(ctx: &Ctx) -> Result<WantedChanges, Problem> {
    let word = ctx.get("command").unwrap_or_default();
    Ok(WantedChanges {
        entity_type: subject(ctx, "entity").map(str::to_owned),
        association: subject(ctx, "link").map(str::to_owned),
        command: COMMANDS.iter().find(|(known, _)| *known == word).map(|(_, command)| *command),
        text: ctx.get("find").map(str::to_owned),
        after: ctx.get("after").map(place).transpose()?,
        limit: PAGE,
    })
}

fn shown(place: ChangePlace) -> String {
    match place {
        ChangePlace::Resource(id) => format!("resource-{id}"),
        ChangePlace::Link(id) => format!("link-{id}"),
    }
}

async fn page(ctx: Ctx, Path(id): Path<String>) -> Result<Response, Problem> {
    let (engine, id, model, inner) = (ctx.app.jobs()?, number(&id)?, ctx.model().await?, ctx.clone());
    let view = ctx.app.blocking(move || {
        let (run, tasks) = engine.instance(id)?;
        let mut blocked: Vec<TaskInstance> =
            tasks.into_iter().filter(|t| t.state == InstanceState::Blocked && t.change_set.is_some()).collect();
        let asked = inner.get("task").map(number).transpose()?;
        let at = blocked.iter().position(|task| asked.is_none_or(|asked| task.id == asked));
        let Some(at) = at else { return Ok(None) };
        let task = blocked.remove(at);
        let (changes, next) = engine.changes_of(task.id, &wanted(&inner)?)?;
        Ok(Some(view(&inner, &model, (run, task, blocked), changes, next.map(shown))))
    });
    match view.await? {
        // It is not blocked any more.
        None => Ok(go(&format!("/runs/{id}"))),
        Some(view) if ctx.is_part => {
            html(&ChangesPart { frame: &view.frame, changes: &view.changes, next: &view.next, first: &view.first })
        }
        Some(view) => html(&view),
    }
}

fn view(
    ctx: &Ctx,
    model: &crate::web::screens::model::Model,
    (run, task, others): (JobInstance, TaskInstance, Vec<TaskInstance>),
    changes: Vec<ShownChange>,
    next: Option<String>,
) -> BlockedView {
    let summary: Summary = task.summary.as_ref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let name = |identifier: &str| model.kind_name(identifier, ctx.w);
    let title = ctx.w.t("blocked.title");
    let crumbs = vec![
        Crumb::new(ctx.w.t("menu.runs"), "/runs"),
        Crumb::new(format!("{} #{}", run.job, run.id), format!("/runs/{}", run.id)),
        Crumb::new(title, ""),
    ];
    let command = ctx.get("command").unwrap_or_default();
    BlockedView {
        frame: Frame::new(ctx, model, title.to_owned(), crumbs),
        exceeded: summary.thresholds.iter().map(|t| exceeded(ctx, model, t)).collect(),
        entities: summary.entity_types.iter().map(|(id, counters)| (name(id), *counters)).collect(),
        links: summary.associations.iter().map(|(id, counters)| (id.clone(), *counters)).collect(),
        changes: changes.into_iter().map(|change| changed(model, ctx, change)).collect(),
        subjects: subjects(ctx, model, &summary),
        commands: COMMANDS.map(|(word, _)| (word, word == command)),
        find: ctx.get("find").unwrap_or_default().to_owned(),
        next: next.map(|next| ctx.address(&[("after", &next)])),
        first: ctx.get("after").map(|_| ctx.address(&[("after", "")])),
        may_resume: ctx.may("/Jobs/RunJob/Repair/Blocked"),
        was_refused: ctx.get("refused").is_some(),
        hash: task.change_set.clone().unwrap_or_default(),
        run,
        task,
        others,
        summary,
    }
}

fn exceeded(
    ctx: &Ctx,
    model: &crate::web::screens::model::Model,
    threshold: &provost_model::summary::ExceededThreshold,
) -> Exceeded {
    let is_percent = threshold.name.contains("Percentage");
    let limit = ctx.w.number(threshold.limit);
    let level = match threshold.level.split_once(' ') {
        Some(("EntityTypeMapping", of)) => model.kind_name(of, ctx.w),
        Some((_, of)) => of.to_owned(),
        None => threshold.level.clone(),
    };
    Exceeded {
        level,
        name: threshold.name.clone(),
        count: threshold.count,
        limit: if is_percent { format!("{limit} %") } else { limit },
        base: threshold.base,
    }
}

fn changed(model: &crate::web::screens::model::Model, ctx: &Ctx, mut change: ShownChange) -> Change {
    if let Some(kind) = model.kind(&change.subject) {
        for (property, _, _) in &mut change.values {
            *property = kind.property_name(property, ctx.w);
        }
    }
    let command = COMMANDS.iter().find(|(_, command)| *command == change.command).map_or("", |(word, _)| *word);
    Change { subject: model.kind_name(&change.subject, ctx.w), command, change }
}

fn subjects(ctx: &Ctx, model: &crate::web::screens::model::Model, summary: &Summary) -> Vec<Subject> {
    let (entity, link) = (subject(ctx, "entity").unwrap_or_default(), subject(ctx, "link").unwrap_or_default());
    let of_entities = summary.entity_types.iter().filter(|(_, c)| c.inserted + c.updated + c.deleted > 0);
    let of_links = summary.associations.iter().filter(|(_, c)| c.inserted + c.deleted > 0);
    let entities = of_entities.map(|(identifier, _)| Subject {
        identifier: identifier.clone(),
        name: model.kind_name(identifier, ctx.w),
        is_link: false,
        is_chosen: identifier == entity,
    });
    let links = of_links.map(|(identifier, _)| Subject {
        identifier: identifier.clone(),
        name: identifier.clone(),
        is_link: true,
        is_chosen: identifier == link,
    });
    entities.chain(links).collect()
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Approval {
    change_set: String,
    reason: String,
}

/// Approves what was shown, and nothing else: the form names the change set.
async fn resume(ctx: Ctx, Path(id): Path<String>, Form(asked): Form<Approval>) -> Result<Response, Problem> {
    let (engine, id, actor) = (ctx.app.jobs()?, number(&id)?, ctx.principal.name.clone());
    let hash = asked.change_set.trim().to_ascii_lowercase();
    if hash.is_empty() {
        return Err(Problem::bad_request("change-set", "nothing is approved that nobody has named"));
    }
    let resumed = ctx.app.blocking(move || Ok(engine.resume(id, Some(&hash), &actor, &asked.reason)?)).await;
    match resumed {
        Ok(_) => Ok(go(&format!("/runs/{id}?done=resumed"))),
        Err(problem) if problem.code() == "change-set-differs" => Ok(go(&format!("/runs/{id}/blocked?refused=1"))),
        Err(problem) => Err(problem),
    }
}
