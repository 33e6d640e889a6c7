//! The living page of the design system: every part, in every state.

use super::context::{Ctx, html};
use super::frame::{Crumb, Frame};
use super::shows;
use crate::web::problem::Problem;
use crate::web::route::{Right, Route};
use askama::Template;
use axum::response::Response;
use axum::routing::get;
use provost_model::work::InstanceState;

pub(super) fn routes() -> Vec<Route> {
    vec![shows("/design", Right::SignedIn, || get(design))]
}

#[derive(Template)]
#[template(path = "design.html")]
struct DesignView {
    frame: Frame,
    states: Vec<&'static str>,
    colours: [&'static str; 6],
    icons: [&'static str; 28],
}

const COLOURS: [&str; 6] = ["canvas", "surface", "sunken", "ink", "accent", "accent-soft"];
const ICONS: [&str; 28] = [
    "home", "plug", "play", "list", "user", "cube", "search", "eye", "clock", "check", "cross", "warn", "stop", "dash",
    "ring", "skip", "arrow", "download", "moon", "sun", "key", "doc", "filter", "columns", "link", "plus", "history",
    "source",
];

/// States of assignments, by their numbers.
const WORKFLOW: [&str; 12] = ["W1", "W3", "W8", "W16", "W17", "W18", "W20", "W21", "W25", "W26", "W27", "W118"];
const PROVISIONING: [&str; 8] = ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8"];

async fn design(ctx: Ctx) -> Result<Response, Problem> {
    let title = ctx.w.t("design.title");
    let frame = ctx.frame(title, vec![Crumb::new(title, "")]).await?;
    let states = InstanceState::ALL.map(InstanceState::word).into_iter();
    let states = states.chain([
        "Active",
        "Deactivated",
        "Open",
        "Sealed",
        "Applied",
        "Failed",
        "Insert",
        "Update",
        "Delete",
        "Orphan",
    ]);
    let states = states.chain(WORKFLOW).chain(PROVISIONING);
    html(&DesignView { frame, states: states.collect(), colours: COLOURS, icons: ICONS })
}
