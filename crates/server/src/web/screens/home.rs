//! The first page: what there is, and what needs a look.

use super::context::{Ctx, encoded, html};
use super::frame::{Crumb, Frame};
use super::model::Model;
use super::shows;
use crate::jobs::Engine;
use crate::web::problem::Problem;
use crate::web::query::restrictions;
use crate::web::route::{Right, Route};
use askama::Template;
use axum::response::Response;
use axum::routing::get;
use provost_model::query::Query;
use provost_model::work::InstanceState;
use provost_store::{HistoryFilter, JobInstance};
use std::sync::Arc;

/// Rows are counted up to this many, unless somebody sees all of them.
pub(super) const COUNTED: u32 = 10_000;
/// Executions that are shown.
const RECENT: usize = 6;

pub(super) fn routes() -> Vec<Route> {
    vec![shows("/", Right::SignedIn, || get(home))]
}

pub(super) struct Tile {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) icon: &'static str,
    pub(super) count: String,
    pub(super) note: String,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomeView {
    frame: Frame,
    /// Executions that wait for a decision.
    waiting: Vec<JobInstance>,
    /// What waits in the reviews.
    tasks: Vec<Tile>,
    directory: Vec<Tile>,
    administration: Vec<Tile>,
    recent: Vec<JobInstance>,
}

/// A count, as it is shown: what was not counted to its end says so.
pub(super) fn shown_count(ctx: &Ctx, count: u64) -> String {
    let more = if count >= u64::from(COUNTED) { "+" } else { "" };
    format!("{}{more}", ctx.w.number(count.min(u64::from(COUNTED))))
}

async fn home(ctx: Ctx) -> Result<Response, Problem> {
    let model = ctx.model().await?;
    let directory = directory(&ctx, model.clone()).await?;
    let tasks = super::policy::tiles(&ctx, model.clone()).await?;
    let (waiting, recent, administration) = match ctx.app.jobs() {
        Ok(engine) => administration(&ctx, engine, model.clone()).await?,
        Err(_) => Default::default(),
    };
    let frame = Frame::new(&ctx, &model, ctx.w.t("home.title").to_owned(), vec![Crumb::new(ctx.w.t("menu.home"), "")]);
    html(&HomeView { frame, waiting, tasks, directory, administration, recent })
}

async fn directory(ctx: &Ctx, model: Arc<Model>) -> Result<Vec<Tile>, Problem> {
    let inner = ctx.clone();
    ctx.app
        .read(move |tx| {
            let catalogue = inner.app.catalogues().current(tx)?;
            let mut tiles = Vec::new();
            for kind in model.listed() {
                let permission = format!("/Custom/Resources/{}/Query", kind.identifier);
                if !inner.may(&permission) {
                    continue;
                }
                let count = match model.metadata.entity_type(&kind.identifier) {
                    Some(entity) if inner.principal.rights.is_everything() => {
                        inner.w.number(tx.count_resources(entity.id)?)
                    }
                    _ => {
                        let seen = restrictions(&inner.principal, &catalogue, &permission);
                        let all = Query::default();
                        shown_count(&inner, tx.count_found(&catalogue, &kind.identifier, &all, COUNTED, &seen)?)
                    }
                };
                tiles.push(Tile {
                    name: kind.plural(inner.w),
                    href: format!("/resources/{}", encoded(&kind.identifier)),
                    icon: kind.icon(),
                    count,
                    note: kind.connector.clone().unwrap_or_default(),
                });
            }
            Ok(tiles)
        })
        .await
}

type Administration = (Vec<JobInstance>, Vec<JobInstance>, Vec<Tile>);

async fn administration(ctx: &Ctx, engine: Engine, model: Arc<Model>) -> Result<Administration, Problem> {
    let inner = ctx.clone();
    ctx.app
        .blocking(move || {
            let mut found = Administration::default();
            let w = inner.w;
            let tile = |key: &str, href: &str, icon, count: usize, note: String| Tile {
                name: w.t(key).to_owned(),
                href: href.to_owned(),
                icon,
                count: w.number(count as u64),
                note,
            };
            if inner.may("/Connectors/Connector/Query") {
                let connectors = engine.connectors()?;
                let blocked = connectors.iter().filter(|c| c.state.blocked_by.is_some()).count();
                let note =
                    if blocked > 0 { w.one("home.blocked", blocked) } else { w.t("home.none-blocked").to_owned() };
                let count = model.metadata.configuration.connectors.len();
                found.2.push(tile("menu.connectors", "/connectors", "plug", count, note));
            }
            if inner.may("/Jobs/Job/Query") {
                found.2.push(tile(
                    "menu.jobs",
                    "/jobs",
                    "play",
                    engine.jobs()?.len(),
                    w.t("home.jobs-note").to_owned(),
                ));
            }
            if inner.may("/Jobs/JobInstance/Query") {
                found.1 = engine.instances(&HistoryFilter::default(), RECENT)?;
                let blocked = HistoryFilter { state: Some(InstanceState::Blocked), ..HistoryFilter::default() };
                found.0 = engine.instances(&blocked, RECENT)?;
            }
            Ok(found)
        })
        .await
}
