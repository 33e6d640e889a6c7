//! The table of routes. Each has the right that it needs; there is no other way to add one.

use super::app::App;
use super::problem::Problem;
use super::route::Route;
use super::{
    access, exchange, explain, headers, health, jobs, openapi, orders, principal, problem, query, schemas, screens,
    swagger,
};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware;

/// Every route of the server.
pub(crate) fn table() -> Vec<Route> {
    let mut routes = Vec::new();
    routes.extend(health::routes());
    routes.extend(openapi::routes());
    routes.extend(swagger::routes());
    routes.extend(exchange::routes());
    routes.extend(schemas::routes());
    routes.extend(jobs::routes());
    routes.extend(orders::routes());
    routes.extend(explain::routes());
    routes.extend(access::routes());
    routes.extend(query::routes());
    routes.extend(screens::routes());
    routes
}

/// The router over the table.
pub(crate) fn router(app: App) -> Router {
    let mut router = Router::new();
    for route in table() {
        let guard = principal::Guard { app: app.clone(), right: route.right, path: route.path, limit: route.limit };
        // The guard has read the body within the limit of the route.
        let handler = (route.handler)()
            .layer(DefaultBodyLimit::disable())
            .layer(middleware::from_fn_with_state(guard, principal::guard));
        router = router.route(route.path, handler);
    }
    router
        .fallback(|| async { Problem::not_found("there is nothing at this address") })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "this address does not take this method")
        })
        .layer(middleware::map_response(problem::uniform))
        .layer(middleware::from_fn_with_state(app.clone(), screens::dress))
        .layer(middleware::from_fn_with_state(app.clone(), headers::secure))
        .layer(middleware::from_fn_with_state(app.clone(), super::metrics::count))
        .with_state(app)
}
