//! Connectors as jobs see them.

use super::body;
use super::shapes::{Because, Connectors};
use crate::web::app::App;
use crate::web::principal::Principal;
use crate::web::problem::Problem;
use crate::web::route::{Right, Route};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::Method;
use axum::routing::{get, post};
use axum::{Extension, Json};

const TAG: &str = "Connectors";
const UPDATE: Right = Right::Permission("/Connectors/Connector/Update");

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            "/api/Connectors/ConnectorState",
            Right::Permission("/Connectors/Connector/Query"),
            TAG,
            "Which connectors are switched off, or blocked",
            || get(states),
        )
        .gives::<Connectors>(),
        Route::new(
            Method::POST,
            "/api/Connectors/ConnectorState/{connector}/Activate",
            UPDATE,
            TAG,
            "Switches a connector on, whatever the configuration says",
            || post(|app, path, who, request| set(app, path, who, request, Some(false))),
        )
        .takes::<Because>()
        .gives::<Connectors>(),
        Route::new(
            Method::POST,
            "/api/Connectors/ConnectorState/{connector}/Deactivate",
            UPDATE,
            TAG,
            "Switches a connector off, whatever the configuration says",
            || post(|app, path, who, request| set(app, path, who, request, Some(true))),
        )
        .takes::<Because>()
        .gives::<Connectors>(),
        Route::new(
            Method::POST,
            "/api/Connectors/ConnectorState/{connector}/Reset",
            UPDATE,
            TAG,
            "Leaves a connector to the configuration again",
            || post(|app, path, who, request| set(app, path, who, request, None)),
        )
        .takes::<Because>()
        .gives::<Connectors>(),
    ]
}

async fn states(State(app): State<App>) -> Result<Json<Connectors>, Problem> {
    let engine = app.jobs()?;
    app.blocking(move || {
        Ok(Json(Connectors { connectors: engine.connectors()?.into_iter().map(Into::into).collect() }))
    })
    .await
}

async fn set(
    State(app): State<App>,
    Path(connector): Path<String>,
    Extension(principal): Extension<Principal>,
    request: Result<Json<Because>, JsonRejection>,
    deactivated: Option<bool>,
) -> Result<Json<Connectors>, Problem> {
    let (engine, request) = (app.jobs()?, body(request)?);
    app.blocking(move || {
        engine.set_deactivated(&connector, deactivated, &principal.name, &request.reason)?;
        let mut connectors = engine.connectors()?;
        connectors.retain(|c| c.connector == connector);
        Ok(Json(Connectors { connectors: connectors.into_iter().map(Into::into).collect() }))
    })
    .await
}
