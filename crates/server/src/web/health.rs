//! Whether the server lives, and whether it can serve.

use super::app::App;
use super::problem::Problem;
use super::route::{Right, Route};
use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/health", Right::Public, "Operations", "Whether the process lives", || get(health))
            .gives::<Health>(),
        Route::new(Method::GET, "/ready", Right::Public, "Operations", "Whether requests can be served", || get(ready))
            .gives::<Health>(),
        Route::new(
            Method::GET,
            "/metrics",
            Right::Permission("/Monitoring"),
            "Operations",
            "Counters in the text format of Prometheus",
            || get(metrics),
        )
        .gives_raw(&["text/plain"]),
    ]
}

/// State of the server.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// `ok`.
    status: &'static str,
    /// Version of the server.
    version: &'static str,
}

const OK: Health = Health { status: "ok", version: env!("CARGO_PKG_VERSION") };

async fn health() -> Json<Health> {
    Json(OK)
}

async fn ready(State(app): State<App>) -> Result<Json<Health>, Problem> {
    let reachable = app.read(|tx| tx.journal(1).map(|_| ()).map_err(Problem::from)).await;
    reachable.map(|()| Json(OK)).map_err(|_| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "the repository cannot be reached")
            .hint("look at the server's log, then at the database")
    })
}

async fn metrics(State(app): State<App>) -> impl IntoResponse {
    if let Ok(engine) = app.jobs() {
        let (ended, running) = engine.tally();
        for ((kind, state), count) in ended {
            app.metrics().set("provost_tasks_total", &format!("kind=\"{kind}\",state=\"{state}\""), count);
        }
        app.metrics().set("provost_tasks_running", "", running);
        for (what, count) in engine.sessions() {
            app.metrics().set("provost_sessions_total", &format!("state=\"{what}\""), count);
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.metrics().render())
}
