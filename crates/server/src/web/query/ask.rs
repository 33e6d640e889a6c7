//! Lists: `GET /api/{module}/{entity}`.

use super::restrict::restrictions;
use super::table::LISTED;
use crate::web::app::App;
use crate::web::principal::{Permitted, Principal};
use crate::web::problem::Problem;
use crate::web::route::{Kind, Parameter, Right, Route};
use axum::extract::{MatchedPath, Path, RawQuery, State};
use axum::http::{Method, StatusCode};
use axum::routing::get;
use axum::{Extension, Json};
use provost_model::nearest;
use provost_model::query::Query;
use provost_store::{Catalogue, PageRequest, QueryFailure, ReadTx, Restrictions};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

const TAG: &str = "Queries";
const SUMMARY: &str = "Rows that a query finds";

/// Versions of the interface that are served.
const VERSIONS: [&str; 2] = ["1.0", "1"];

pub(super) const PAGE_SIZE: Parameter =
    Parameter::new("PageSize", Kind::Count, "Rows wanted; not with a limit in the query");
pub(super) const CONTINUATION: Parameter =
    Parameter::new("ContinuationToken", Kind::Text, "Where the page begins: the token of the page before");
pub(super) const VERSION: Parameter = Parameter::new("api-version", Kind::OneOf(&["1.0"]), "Version of the interface");

const PARAMETERS: &[Parameter] = &[
    Parameter::new("squery", Kind::Text, "The query: join … select … where … order by …; without one, all ids"),
    PAGE_SIZE,
    CONTINUATION,
    VERSION,
    Parameter::new("path", Kind::Text, "Permission under which the rows are seen; else that of the entity type"),
    Parameter::new("QueryRootEntityType", Kind::Text, "The entity type again, as other products send it"),
];

pub(super) fn routes() -> Vec<Route> {
    let listed = LISTED.iter().map(|listed| {
        Route::new(Method::GET, listed.path, Right::Query(listed.permission), TAG, SUMMARY, || get(of_engine))
    });
    const OF_RESOURCES: Right = Right::Query("/Custom/Resources/{entityType}/Query");
    let of_resources = ["/api/Resources/{entityType}", "/api/Custom/Resources/{entityType}"];
    let of_resources =
        of_resources.map(|path| Route::new(Method::GET, path, OF_RESOURCES, TAG, SUMMARY, || get(resources)));
    let mut routes: Vec<Route> = listed.chain(of_resources).map(|r| r.with(PARAMETERS).gives::<Rows>()).collect();
    routes.push(
        Route::new(Method::GET, "/api/{module}/{entity}", Right::SignedIn, TAG, "Names the nearest list", || {
            get(unknown)
        })
        .always_fails(404),
    );
    routes
}

/// A page of rows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QueryResult)]
pub(crate) struct Rows {
    /// An object for each row, with what was selected, or its `Id`. What has no value is left out.
    #[serde(rename = "Result")]
    #[schema(value_type = Vec<Object>)]
    pub(crate) result: Vec<Value>,
    /// Where the next page begins; left out on the last one.
    #[serde(rename = "ContinuationToken", skip_serializing_if = "Option::is_none")]
    pub(crate) continuation_token: Option<String>,
}

/// Parameters of a list. Their names are taken in any letter case.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) squery: Option<String>,
    pub(super) page_size: Option<u32>,
    pub(super) token: Option<String>,
    pub(super) root: Option<String>,
}

impl Asked {
    /// Reads the query string.
    ///
    /// # Errors
    /// 400 for what cannot be read.
    pub(super) fn read(text: Option<&str>) -> Result<Asked, Problem> {
        let mut asked = Asked::default();
        for (name, value) in pairs(text.unwrap_or_default())? {
            match name.to_ascii_lowercase().as_str() {
                "squery" => asked.squery = Some(value),
                "pagesize" => asked.page_size = Some(count(&value)?),
                "continuationtoken" => asked.token = Some(value),
                "queryrootentitytype" => asked.root = Some(value),
                "api-version" if !VERSIONS.contains(&value.as_str()) => {
                    let detail = format!("there is no version \"{value}\" of the interface");
                    return Err(Problem::bad_request("api-version", detail).hint("api-version=1.0"));
                }
                _ => {}
            }
        }
        Ok(asked)
    }

    pub(super) fn request<'a>(&'a self, app: &App) -> PageRequest<'a> {
        let settings = app.settings();
        PageRequest {
            page_size: self.page_size,
            default_page_size: Some(settings.default_page_size),
            max_page_size: Some(settings.max_page_size),
            continuation_token: self.token.as_deref(),
        }
    }
}

/// Names and values of a query string.
pub(crate) fn pairs(text: &str) -> Result<Vec<(String, String)>, Problem> {
    let uri = axum::http::Uri::builder().path_and_query(format!("/?{text}")).build();
    let uri = uri.map_err(|_| Problem::bad_request("unreadable-query", "the query string cannot be read"))?;
    let read = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri);
    read.map(|found| found.0).map_err(|error| Problem::bad_request("unreadable-query", error.body_text()))
}

fn count(text: &str) -> Result<u32, Problem> {
    let wrong =
        || Problem::bad_request("page-size", format!("\"{text}\" is no number of rows: 1 or more was expected"));
    text.parse::<u32>().ok().filter(|rows| *rows > 0).ok_or_else(wrong)
}

async fn of_engine(
    State(app): State<App>,
    path: MatchedPath,
    Extension(principal): Extension<Principal>,
    Extension(permitted): Extension<Permitted>,
    RawQuery(query): RawQuery,
) -> Result<Json<Rows>, Problem> {
    let listed = LISTED.iter().find(|listed| listed.path == path.as_str());
    let entity = listed.ok_or_else(|| Problem::not_found("there is nothing at this address"))?.entity;
    let asked = Asked::read(query.as_deref())?;
    list(app, principal, permitted, asked, move |_| Ok(entity.to_owned())).await
}

async fn resources(
    State(app): State<App>,
    Path(entity_type): Path<String>,
    Extension(principal): Extension<Principal>,
    Extension(permitted): Extension<Permitted>,
    RawQuery(query): RawQuery,
) -> Result<Json<Rows>, Problem> {
    let asked = Asked::read(query.as_deref())?;
    list(app, principal, permitted, asked, move |catalogue| deployed(catalogue, &entity_type)).await
}

/// The deployed entity type of this name.
///
/// # Errors
/// 404 when there is none.
pub(crate) fn deployed(catalogue: &Catalogue, entity_type: &str) -> Result<String, Problem> {
    if let Some(name) = catalogue.name(entity_type).filter(|name| catalogue.is_deployed(name)) {
        return Ok(name.to_owned());
    }
    let all = catalogue.entity_types().filter(|name| catalogue.is_deployed(name));
    let problem = Problem::new(
        StatusCode::NOT_FOUND,
        "unknown-entity-type",
        format!("no entity type \"{entity_type}\" is deployed"),
    );
    Err(match nearest::one(entity_type, all) {
        Some(name) => problem.hint(format!("did you mean {name}?")),
        None => problem.hint("GET /api/Metadata/EntityType?squery=select Identifier"),
    })
}

async fn list(
    app: App,
    principal: Principal,
    permitted: Permitted,
    asked: Asked,
    entity: impl FnOnce(&Catalogue) -> Result<String, Problem> + Send + 'static,
) -> Result<Json<Rows>, Problem> {
    let query = parsed(asked.squery.as_deref().unwrap_or_default())?;
    let inner = app.clone();
    app.read(move |tx| {
        let catalogue = inner.catalogues().current(tx)?;
        let entity = entity(&catalogue)?;
        if let Some(root) = asked.root.as_ref().filter(|root| !root.eq_ignore_ascii_case(&entity)) {
            let detail = format!("QueryRootEntityType is {root}, but this address lists {entity}");
            return Err(Problem::bad_request("query-root", detail).hint("leave it out"));
        }
        page(tx, &catalogue, &principal, &permitted, (&entity, &query), &asked.request(&inner)).map(Json)
    })
    .await
}

pub(crate) fn parsed(text: &str) -> Result<Query, Problem> {
    Query::parse(text).map_err(|error| Problem::bad_request("query-syntax", error.to_string()).hint(error.hint()))
}

/// A page of what somebody may see.
pub(crate) fn page(
    tx: &mut ReadTx,
    catalogue: &Catalogue,
    principal: &Principal,
    permitted: &Permitted,
    (entity, query): (&str, &Query),
    request: &PageRequest<'_>,
) -> Result<Rows, Problem> {
    let seen = restrictions(principal, catalogue, &permitted.0);
    page_of(tx, catalogue, (entity, query), request, &seen)
}

/// A page of what these restrictions leave.
pub(crate) fn page_of(
    tx: &mut ReadTx,
    catalogue: &Catalogue,
    (entity, query): (&str, &Query),
    request: &PageRequest<'_>,
    seen: &Restrictions,
) -> Result<Rows, Problem> {
    let page = tx.query(catalogue, entity, query, request, seen)?;
    Ok(Rows { result: page.rows, continuation_token: page.next.map(|token| token.to_string()) })
}

impl From<QueryFailure> for Problem {
    fn from(failure: QueryFailure) -> Problem {
        let status = match &failure {
            QueryFailure::Store(_) => return Problem::internal(&failure),
            QueryFailure::UnknownEntityType { .. } => StatusCode::NOT_FOUND,
            QueryFailure::Outdated => StatusCode::CONFLICT,
            QueryFailure::TooManyJoinedRows { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::BAD_REQUEST,
        };
        Problem::new(status, failure.code(), failure.to_string()).hint(failure.remedy())
    }
}

async fn unknown(Path((module, entity)): Path<(String, String)>) -> Problem {
    let problem = Problem::not_found(format!("there is no list /api/{module}/{entity}"));
    let name = |listed: &'static super::table::Listed| listed.path.trim_start_matches("/api/");
    // The right entity under another module is nearer than any name that looks alike.
    let same = LISTED.iter().find(|listed| listed.entity.eq_ignore_ascii_case(&entity)).map(name);
    let wanted = format!("{module}/{entity}");
    match same.or_else(|| nearest::one(&wanted, LISTED.iter().map(name))) {
        Some(name) => problem.hint(format!("did you mean /api/{name}?")),
        None => problem
            .hint("deployed entity types are at /api/Resources/{EntityType}; all lists: /swagger/v1/swagger.json"),
    }
}
