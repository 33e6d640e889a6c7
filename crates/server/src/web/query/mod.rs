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

pub(crate) use ask::{deployed, page, page_of, pairs, parsed};
pub(crate) use catalogues::Catalogues;
pub(crate) use resource::{missing, number, versions, view_of};
pub(crate) use restrict::restrictions;

use super::route::Route;

pub(super) fn routes() -> Vec<Route> {
    let mut routes = ask::routes();
    routes.extend(resource::routes());
    routes
}

#[cfg(test)]
mod tests;
