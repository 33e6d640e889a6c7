//! Orders over the network: what agents ask for and tell, what people review and decide.

use super::app::App;
use super::body::JsonBody;
use super::principal::Principal;
use super::problem::Problem;
use super::route::{Kind, Parameter, Right, Route};
use crate::orders::{
    CollectRequest, CollectedFile, Decided, Decision, Item, ItemFilter, LocalOrders, OrderHost, OrderMapping, Reported,
    decide, items,
};
use axum::Json;
use axum::extract::{Extension, Path, Query, State};
use axum::http::Method;
use axum::routing::{get, post};
use provost_model::orders::{OrderFile, ResultFile};
use serde::Deserialize;

const AGENT: Right = Right::Permission("/Connectors/ProvisioningSession");
const AGENTS: &str = "Provisioning sessions";
const REVIEWS: &str = "Provisioning reviews";
/// Results of a large file with long error texts.
const LARGEST: usize = 64 << 20;
const JSON: &str = "application/json";

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::new(Method::POST, "/api/Connectors/ProvisioningSession", AGENT, AGENTS, "Orders to carry out", || {
            post(collect)
        })
        .takes_raw(JSON)
        .gives_raw(&[JSON]),
        Route::new(
            Method::GET,
            "/api/Connectors/ProvisioningSession/Files/{file}",
            AGENT,
            AGENTS,
            "The orders of a file that have not ended",
            || get(orders),
        )
        .gives_raw(&[JSON]),
        Route::new(
            Method::GET,
            "/api/Connectors/ProvisioningSession/Mappings/{resourceType}",
            AGENT,
            AGENTS,
            "What orders of a resource type are carried out with",
            || get(mapping),
        )
        .gives_raw(&[JSON]),
        Route::new(
            Method::POST,
            "/api/Connectors/ProvisioningSession/Files/{file}/Results",
            AGENT,
            AGENTS,
            "What became of orders; each result counts once",
            || post(report),
        )
        .with(const { &[Parameter::new("owner", Kind::Text, "Who carries the file out")] })
        .takes_raw(JSON)
        .gives_raw(&[JSON])
        .limited_to(LARGEST),
    ];
    routes.push(
        Route::new(
            Method::POST,
            "/api/ProvisioningPolicy/Reviews/Query",
            Right::Permission("/ProvisioningPolicy/AssignedResourceType/Query"),
            REVIEWS,
            "What waits for a decision",
            || post(query),
        )
        .takes_raw(JSON)
        .gives_raw(&[JSON]),
    );
    routes.push(
        Route::new(
            Method::POST,
            "/api/ProvisioningPolicy/Reviews/Decide",
            Right::Permission("/ProvisioningPolicy/AssignedResourceType/Update"),
            REVIEWS,
            "Decides; a decision about another version than the present one is refused",
            || post(decisions),
        )
        .takes_raw(JSON)
        .gives_raw(&[JSON])
        .limited_to(LARGEST),
    );
    routes
}

fn host<T>(app: &App, actor: &str, work: impl FnOnce(&LocalOrders<'_>) -> T) -> T {
    let now = app.now_micros();
    let clock = move || now;
    work(&LocalOrders { store: app.store(), folders: app.folders(), actor: actor.to_owned(), now: &clock })
}

async fn collect(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    JsonBody(mut request): JsonBody<CollectRequest>,
) -> Result<Json<Vec<CollectedFile>>, Problem> {
    // Whoever asks under another's name would get nothing that is not his anyway: the client is a part of the name.
    request.owner = format!("{} {}", principal.name, request.owner);
    let work = app.clone();
    app.blocking(move || Ok(Json(host(&work, &principal.name, |host| host.collect(&request))?))).await
}

async fn orders(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(file): Path<String>,
) -> Result<Json<OrderFile>, Problem> {
    let work = app.clone();
    app.blocking(move || Ok(Json(host(&work, &principal.name, |host| host.orders(&file))?))).await
}

async fn mapping(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(resource_type): Path<String>,
) -> Result<Json<Option<OrderMapping>>, Problem> {
    let work = app.clone();
    app.blocking(move || Ok(Json(host(&work, &principal.name, |host| host.mapping(&resource_type))?))).await
}

#[derive(Debug, Default, Deserialize)]
struct Owner {
    #[serde(default)]
    owner: String,
}

async fn report(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(file): Path<String>,
    Query(owner): Query<Owner>,
    JsonBody(results): JsonBody<ResultFile>,
) -> Result<Json<Reported>, Problem> {
    let work = app.clone();
    let owner = format!("{} {}", principal.name, owner.owner);
    app.blocking(move || Ok(Json(host(&work, &principal.name, |host| host.report(&file, &owner, &results))?))).await
}

async fn query(State(app): State<App>, JsonBody(filter): JsonBody<ItemFilter>) -> Result<Json<Vec<Item>>, Problem> {
    let work = app.clone();
    app.blocking(move || Ok(Json(items(work.store(), &filter, work.now_micros())?))).await
}

async fn decisions(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    JsonBody(decisions): JsonBody<Vec<Decision>>,
) -> Result<Json<Decided>, Problem> {
    let work = app.clone();
    app.blocking(move || Ok(Json(decide(work.store(), &decisions, &principal.name, work.now_micros())?))).await
}
