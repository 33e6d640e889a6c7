//! Asking for rows: the query language over the network.
//!
//! ```text
//! GET /api/{module}/{entity}?squery= ─▶ table (which permission?) ─▶ guard ─▶ restrict (which rows, which properties?)
//!   ─▶ store: one page
//! ```

mod ask;
mod catalogues;
mod resource;
mod restrict;
mod table;

pub(crate) use ask::pairs;
pub(crate) use catalogues::Catalogues;

use super::route::Route;

pub(super) fn routes() -> Vec<Route> {
    let mut routes = ask::routes();
    routes.extend(resource::routes());
    routes
}

#[cfg(test)]
mod tests;
