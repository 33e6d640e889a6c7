//! *Why* and *why not*: an explanation as a tree.

use super::permissions::{RIGHT, open};
use super::resource_href;
use crate::policy::explain::{Step, StepKind};
use crate::web::explain::told;
use crate::web::problem::Problem;
use crate::web::query::{deployed, number};
use crate::web::route::Route;
use crate::web::screens::context::{Ctx, html};
use crate::web::screens::frame::Frame;
use crate::web::screens::resources::{Head, kind_of};
use crate::web::screens::shows;
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use provost_model::ResourceId;

pub(super) fn routes() -> Vec<Route> {
    vec![shows("/resources/{entityType}/{id}/why", RIGHT, || get(page))]
}

/// A step, and how many lists end behind it.
struct Line {
    icon: &'static str,
    tone: &'static str,
    text: String,
    place: String,
    resource: String,
    href: String,
    opens: bool,
    closes: Vec<()>,
}

#[derive(Template)]
#[template(path = "why.html")]
struct WhyView {
    frame: Frame,
    head: Head,
    item: String,
    items: Vec<(String, String)>,
    /// What was found; nothing before somebody has asked.
    answer: Option<Answer>,
    /// Why there is no answer.
    problem: String,
}

struct Answer {
    holds: bool,
    is_computed: bool,
    because: Vec<Line>,
    would: Vec<Line>,
}

async fn page(ctx: Ctx, Path((identifier, id)): Path<(String, String)>) -> Result<Response, Problem> {
    let (model, inner, id) = (ctx.model().await?, ctx.clone(), number(&id)?);
    let view = ctx.app.read(move |tx| {
        let catalogue = inner.app.catalogues().current(tx)?;
        let kind = kind_of(&model, &deployed(&catalogue, &identifier)?)?;
        let (frame, head) = open(&inner, tx, &model, &catalogue, kind, id, "resource.why")?;
        let item = inner.get("item").unwrap_or_default().to_owned();
        let mut problem = String::new();
        let answer = match item.is_empty() {
            true => None,
            false => {
                let whom = (&inner.principal, &inner.permitted);
                let asked = (item.as_str(), inner.app.now_micros());
                match told(tx, &catalogue, whom, (&kind.identifier, id), asked) {
                    Ok(told) => Some(Answer {
                        holds: told.holds,
                        is_computed: told.is_computed,
                        because: lines(&inner, &told.because),
                        would: lines(&inner, &told.would),
                    }),
                    Err(found) if found.status == StatusCode::INTERNAL_SERVER_ERROR.as_u16() => return Err(found),
                    Err(found) => {
                        problem = found.detail;
                        None
                    }
                }
            }
        };
        Ok(WhyView { items: items(&inner, tx, &model, id)?, frame, head, item, answer, problem })
    });
    html(&view.await?)
}

/// What somebody has and could be asked about: name and item.
fn items(
    ctx: &Ctx,
    tx: &mut provost_store::ReadTx,
    model: &crate::web::screens::model::Model,
    id: i64,
) -> Result<Vec<(String, String)>, Problem> {
    let owned = tx.assignments(&[ResourceId(id)])?.pop().unwrap_or_default();
    let roles = owned.composite_roles.iter().chain(&owned.single_roles).map(|role| role.role);
    let all = roles.chain(owned.resource_types.iter().map(|row| row.resource_type));
    let named = |id| Some((model.object_name(id, ctx.w), model.policy.get(id)?.identity.clone()));
    let mut all: Vec<(String, String)> = all.filter_map(named).collect();
    all.sort();
    all.dedup();
    Ok(all)
}

/// The steps of a tree one behind the other.
fn lines(ctx: &Ctx, steps: &[Step]) -> Vec<Line> {
    let mut all = Vec::new();
    for step in steps {
        add(ctx, step, &mut all);
    }
    all
}

fn add(ctx: &Ctx, step: &Step, all: &mut Vec<Line>) {
    let (icon, tone) = look(step.kind);
    let resource = step.resource.as_ref();
    let href = resource.and_then(|of| Some(resource_href(ctx, &of.entity_type, of.id.parse().ok()?)));
    all.push(Line {
        icon,
        tone,
        text: step.text.clone(),
        place: match (&step.file, step.line) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            (Some(file), None) => file.clone(),
            _ => String::new(),
        },
        href: href.unwrap_or_default(),
        resource: resource.map(|of| of.label()).unwrap_or_default(),
        opens: !step.because.is_empty(),
        closes: Vec::new(),
    });
    for below in &step.because {
        add(ctx, below, all);
    }
    if let Some(last) = all.last_mut().filter(|_| !step.because.is_empty()) {
        last.closes.push(());
    }
}

fn look(kind: StepKind) -> (&'static str, &'static str) {
    match kind {
        StepKind::Assignment | StepKind::Role => ("key", "ok"),
        StepKind::Rule | StepKind::Condition | StepKind::Computed | StepKind::Match => ("check", "ok"),
        StepKind::Denial | StepKind::Failure => ("cross", "bad"),
        StepKind::ByHand | StepKind::Decision => ("user", "info"),
        StepKind::Context | StepKind::Dimension | StepKind::Value => ("cube", "idle"),
        StepKind::Source | StepKind::Session => ("source", "idle"),
        StepKind::Version => ("history", "idle"),
        StepKind::Order => ("arrow", "info"),
        StepKind::Note => ("eye", "idle"),
        StepKind::Hidden => ("dash", "idle"),
    }
}
