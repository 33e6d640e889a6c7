//! Jobs: what can run, what has run, one execution as it goes, and the one that a safeguard stopped.

mod blocked;
mod list;
mod run;

use crate::web::route::Route;

pub(super) fn routes() -> Vec<Route> {
    let mut routes = list::routes();
    routes.extend(run::routes());
    routes.extend(blocked::routes());
    routes
}
