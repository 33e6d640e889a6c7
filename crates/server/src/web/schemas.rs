//! Routes of the schemas of connections: what agents tell, and who wants to know.

use super::app::App;
use super::body::JsonBody;
use super::principal::Principal;
use super::problem::Problem;
use super::route::{Right, Route};
use crate::schemas::{SchemaStanding, keep_schema, schema_standings};
use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::Method;
use axum::routing::{get, post};
use provost_model::schema::SchemaReport;
use serde::Serialize;
use utoipa::ToSchema;

const RIGHT: Right = Right::Permission("/Connectors/SynchronizeSession");
const TAG: &str = "Schemas of connections";
const JSON: &str = "application/json";
/// A directory has thousands of attributes.
const LARGEST: usize = 64 << 20;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/api/Connectors/Schema", RIGHT, TAG, "Connections with what is known of them", || {
            get(all)
        })
        .gives_raw(&[JSON]),
        Route::new(
            Method::POST,
            "/api/Connectors/Schema/{connection}",
            RIGHT,
            TAG,
            "What the system of a connection said, or why it could not be asked",
            || post(keep),
        )
        .takes_raw(JSON)
        .gives::<Kept>()
        .limited_to(LARGEST),
    ]
}

/// What became of a schema.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SchemaKept)]
struct Kept {
    /// Its tables are others than before.
    is_new: bool,
}

async fn all(State(app): State<App>) -> Result<Json<Vec<SchemaStanding>>, Problem> {
    let work = app.clone();
    app.blocking(move || Ok(Json(schema_standings(work.store())?))).await
}

async fn keep(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(connection): Path<String>,
    JsonBody(report): JsonBody<SchemaReport>,
) -> Result<Json<Kept>, Problem> {
    if report.schema.is_none() && report.error.is_none() {
        return Err(Problem::bad_request("invalid-body", "neither the schema is said, nor why there is none"));
    }
    let work = app.clone();
    app.blocking(move || {
        let is_new = keep_schema(work.store(), &principal.name, &connection, &report, work.now_micros())?;
        Ok(Json(Kept { is_new }))
    })
    .await
}
