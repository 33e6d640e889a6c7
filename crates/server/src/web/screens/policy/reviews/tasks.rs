//! *My Tasks*: what waits for whoever asks.

use super::gather::Reading;
use super::list::all;
use crate::web::problem::Problem;
use crate::web::screens::context::{Ctx, encoded, html};
use crate::web::screens::frame::{Crumb, Frame};
use crate::web::screens::home::Tile;
use crate::web::screens::model::Model;
use askama::Template;
use axum::response::Response;
use std::sync::Arc;

/// Items are counted one by one up to this many, where somebody does not see all.
const COUNTED: usize = 200;

#[derive(Template)]
#[template(path = "tasks.html")]
struct TasksView {
    frame: Frame,
    tiles: Vec<Tile>,
}

/// Whether somebody may decide about anything.
pub(in crate::web::screens) fn any(ctx: &Ctx, model: &Model) -> bool {
    model.owners().any(|kind| all().any(|screen| screen.may(ctx, &kind.identifier)))
}

pub(super) async fn page(ctx: Ctx) -> Result<Response, Problem> {
    let model = ctx.model().await?;
    let tiles = tiles(&ctx, model.clone()).await?;
    let title = ctx.w.t("menu.tasks");
    let frame = Frame::new(&ctx, &model, title.to_owned(), vec![Crumb::new(title, "")]);
    html(&TasksView { frame, tiles })
}

/// A tile for each review of each entity type, with what waits.
pub(in crate::web::screens) async fn tiles(ctx: &Ctx, model: Arc<Model>) -> Result<Vec<Tile>, Problem> {
    let inner = ctx.clone();
    ctx.app
        .read(move |tx| {
            let catalogue = inner.app.catalogues().current(tx)?;
            let mut tiles = Vec::new();
            for screen in all() {
                for kind in model.owners().filter(|kind| screen.may(&inner, &kind.identifier)) {
                    let mut own = inner.clone();
                    own.permitted.0 = screen.path(&kind.identifier);
                    let reading = Reading { ctx: &own, model: &model, catalogue: &catalogue, screen, kind };
                    let (count, is_all) = reading.count(tx, COUNTED)?;
                    tiles.push(Tile {
                        name: inner.w.t(screen.title()).to_owned(),
                        href: format!("/reviews/{}/{}", screen.word, encoded(&kind.identifier)),
                        icon: screen.icon,
                        count: format!("{}{}", inner.w.number(count), if is_all { "" } else { "+" }),
                        note: kind.plural(inner.w),
                    });
                }
            }
            Ok(tiles)
        })
        .await
}
