//! Screens: what people see. Rendered here, from compiled templates; pages work without scripts, and better with them.
//!
//! ```text
//! route table ─▶ guard ─▶ handler (Ctx) ─ store, engine: as the API does ─▶ view struct ─▶ template ─▶ dress (problems)
//! ```
//!
//! A screen never has a way of its own to data: rows come through [`super::query::page`] with the caller's
//! restrictions, jobs through the engine behind the same permissions as the API's. Templates whose name ends in
//! `_part.html` are fragments that a page asks for.

mod assets;
mod connectors;
mod context;
mod design;
mod dress;
mod frame;
mod home;
mod jobs;
mod model;
mod palette;
mod policy;
mod resources;
mod sign_in;
mod words;

pub(crate) use dress::dress;
pub(crate) use model::Models;

use super::app::App;
use super::route::{Right, Route};
use axum::http::Method;
use axum::routing::MethodRouter;

/// Group of the routes of screens, which the description of the interface leaves out.
pub(crate) const TAG: &str = "Screens";

pub(super) fn routes() -> Vec<Route> {
    let mut routes = assets::routes();
    routes.extend(sign_in::routes());
    routes.extend(home::routes());
    routes.extend(palette::routes());
    routes.extend(design::routes());
    routes.extend(connectors::routes());
    routes.extend(jobs::routes());
    routes.extend(resources::routes());
    routes.extend(policy::routes());
    routes
}

/// A page, or a part of one.
fn shows(path: &'static str, right: Right, handler: fn() -> MethodRouter<App>) -> Route {
    Route::new(Method::GET, path, right, TAG, "A screen", handler)
}

/// What a form sends.
fn takes(path: &'static str, right: Right, handler: fn() -> MethodRouter<App>) -> Route {
    Route::new(Method::POST, path, right, TAG, "A form", handler)
}

#[cfg(test)]
mod tests;
