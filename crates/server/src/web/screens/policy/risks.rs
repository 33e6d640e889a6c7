//! *Identified Risks*: who has which, the highest score first.

use super::permission::Behind;
use super::{known, resource_href};
use crate::web::problem::Problem;
use crate::web::route::{Right, Route};
use crate::web::screens::context::{Ctx, encoded, html};
use crate::web::screens::frame::{Crumb, Frame};
use crate::web::screens::shows;
use askama::Template;
use axum::response::Response;
use axum::routing::get;
use provost_model::ResourceId;

/// Rows of a page.
const ROWS: usize = 25;
/// Rounds that a page takes at most, where most are not open to whoever asks.
const ROUNDS: usize = 20;

pub(super) fn routes() -> Vec<Route> {
    vec![shows("/risks", Right::Permission("/ProvisioningPolicy/IdentifiedRisk/Query"), || get(page))]
}

struct Row {
    name: String,
    href: String,
    permissions: String,
    score: i64,
    risks: Vec<Behind>,
}

struct Tab {
    name: String,
    href: String,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "risks.html")]
struct RisksView {
    frame: Frame,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
    next: Option<String>,
    first: Option<String>,
}

async fn page(ctx: Ctx) -> Result<Response, Problem> {
    let (model, inner) = (ctx.model().await?, ctx.clone());
    let view = ctx.app.read(move |tx| {
        let catalogue = inner.app.catalogues().current(tx)?;
        let title = inner.w.t("risks.title");
        let asked = inner.get("type").unwrap_or_default();
        let kind = model.owners().find(|kind| kind.identifier == asked).or_else(|| model.owners().next());
        let mut rows = Vec::new();
        let mut place = place(&inner);
        let mut is_last = true;
        if let Some((kind, entity)) = kind.and_then(|kind| Some((kind, model.metadata.entity_type(&kind.identifier)?)))
        {
            for _ in 0..ROUNDS {
                let found = tx.scored_owners(entity.id, place, ROWS - rows.len())?;
                is_last = found.len() < ROWS - rows.len();
                let ids = found.iter().map(|(owner, ..)| owner.0);
                let names = known(&inner, tx, &catalogue, &kind.identifier, ids)?;
                if let Some((owner, score, _)) = found.last() {
                    place = (*score, *owner);
                }
                for (owner, score, risks) in found {
                    let Some(name) = names.get(&owner.0) else { continue };
                    let href = resource_href(&inner, &kind.identifier, owner.0);
                    let may = inner.may(&format!("/Custom/Resources/{}/ViewOwnedResources", kind.identifier));
                    rows.push(Row {
                        permissions: if may && !href.is_empty() {
                            format!("{href}/permissions")
                        } else {
                            String::new()
                        },
                        name: name.clone(),
                        href,
                        score,
                        risks: risks.into_iter().map(|risk| Behind::of(&inner, &model, risk)).collect(),
                    });
                }
                if is_last || rows.len() >= ROWS {
                    break;
                }
            }
        }
        let here = kind.map(|kind| kind.identifier.as_str()).unwrap_or_default();
        let next = format!("{}.{}", place.0, place.1.0);
        Ok(RisksView {
            tabs: model
                .owners()
                .map(|kind| Tab {
                    name: kind.plural(inner.w),
                    href: format!("/risks?type={}", encoded(&kind.identifier)),
                    is_here: kind.identifier == here,
                })
                .collect(),
            frame: Frame::new(&inner, &model, title.to_owned(), vec![Crumb::new(title, "")]),
            next: (!is_last).then(|| inner.address(&[("after", &next)])),
            first: inner.get("after").map(|_| inner.address(&[("after", "")])),
            rows,
        })
    });
    html(&view.await?)
}

/// Score and owner behind which the page begins.
fn place(ctx: &Ctx) -> (i64, ResourceId) {
    let read = |text: &str| {
        let (score, owner) = text.split_once('.')?;
        Some((score.parse().ok()?, ResourceId(owner.parse().ok()?)))
    };
    ctx.get("after").and_then(read).unwrap_or((i64::MAX, ResourceId(0)))
}
