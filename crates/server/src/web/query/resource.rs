//! One resource, as it is and as it was.

use super::ask::{Asked, CONTINUATION, PAGE_SIZE, Rows, VERSION, deployed, page};
use crate::content::content_bytes;
use crate::web::app::App;
use crate::web::principal::{Permitted, Principal};
use crate::web::problem::Problem;
use crate::web::route::{Right, Route};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json};
use provost_model::query::{Binding, Direction, Filter, History, Operand, Operator, Order, Query};
use provost_store::{Catalogue, PageRequest, QueryProperty, ReadTx};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

const TAG: &str = "Resources";

/// Navigations that are read in one statement.
const NAVIGATIONS: usize = 12;

/// The last instant that can be written: the end of the year 9999.
const FOREVER: i64 = 253_402_300_799_000_000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            "/api/Resources/{entityType}/{id}",
            Right::Permission("/Custom/Resources/{entityType}/View"),
            TAG,
            "A resource, with what its navigations to one entity lead to",
            || get(resource),
        )
        .with(&[VERSION])
        .may_be_unchanged()
        .gives::<ResourceView>(),
        Route::new(
            Method::GET,
            "/api/Resources/{entityType}/{id}/History",
            Right::Permission("/Custom/Resources/{entityType}/ViewHistory"),
            TAG,
            "Versions of a resource, the newest first",
            || get(history),
        )
        .with(&[PAGE_SIZE, CONTINUATION, VERSION])
        .gives::<Rows>(),
        Route::new(
            Method::GET,
            "/api/Resources/{entityType}/{id}/Files/{property}",
            Right::Permission("/Custom/ResourceFiles/{entityType}/{property}/View"),
            TAG,
            "The file that a Binary property holds, such as a photo",
            || get(file),
        )
        .with(&[VERSION])
        .may_be_unchanged()
        .gives_raw(&[IMAGES[0].0, IMAGES[1].0, IMAGES[2].0, ANY_FILE]),
    ]
}

/// Files that are shown; by their first bytes, as nothing else tells what they are. All others are only downloaded:
/// a browser must not take what somebody uploaded for a page of this server.
const IMAGES: [(&str, &[u8]); 3] =
    [("image/png", b"\x89PNG\r\n\x1a\n"), ("image/jpeg", b"\xff\xd8\xff"), ("image/gif", b"GIF8")];
const ANY_FILE: &str = "application/octet-stream";

/// A resource: its properties by their names. What has no value is left out.
#[derive(Debug, Serialize, ToSchema)]
struct ResourceView {
    /// Its id.
    #[serde(rename = "Id")]
    id: String,
    #[serde(flatten)]
    #[schema(value_type = Object, additional_properties)]
    properties: Map<String, Value>,
}

fn of(id: i64) -> Filter {
    Filter::Compare { left: Binding::of(["Id"]), operator: Operator::Equal, right: Operand::Int(id) }
}

pub(crate) fn number(id: &str) -> Result<i64, Problem> {
    id.parse().map_err(|_| Problem::not_found(format!("\"{id}\" is no id: a whole number was expected")))
}

pub(crate) fn missing(entity_type: &str, id: i64) -> Problem {
    Problem::not_found(format!("there is no {entity_type} with the id {id}, or you may not see it"))
}

async fn resource(
    State(app): State<App>,
    Path((entity_type, id)): Path<(String, String)>,
    Extension(principal): Extension<Principal>,
    Extension(permitted): Extension<Permitted>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Asked::read(query.as_deref())?;
    let (id, inner) = (number(&id)?, app.clone());
    let view = app
        .read(move |tx| {
            let catalogue = inner.catalogues().current(tx)?;
            let entity_type = deployed(&catalogue, &entity_type)?;
            let view = view_of(tx, &catalogue, (&principal, &permitted), (&entity_type, id), None)?;
            Ok(view)
        })
        .await?;
    Ok(tagged(&view, &headers))
}

/// A resource with all its properties and what its navigations to one entity lead to; as it was at an instant, when
/// there is one.
///
/// # Errors
/// 404 when there is none, or it may not be seen; and those of the repository.
pub(crate) fn view_of(
    tx: &mut ReadTx,
    catalogue: &Catalogue,
    (principal, permitted): (&Principal, &Permitted),
    (entity_type, id): (&str, i64),
    at: Option<i64>,
) -> Result<Map<String, Value>, Problem> {
    let mut view = Map::new();
    for select in selects(catalogue, entity_type) {
        let query = Query { history: at.map(History::AsOf), select, filter: Some(of(id)), ..Query::default() };
        let asked = (entity_type, &query);
        let rows = page(tx, catalogue, principal, permitted, asked, &PageRequest::default())?;
        let Some(Value::Object(row)) = rows.result.into_iter().next() else {
            return Err(missing(entity_type, id));
        };
        view.extend(row);
    }
    Ok(view)
}

/// Versions of a resource, the newest first, in pages.
///
/// # Errors
/// Those of the query.
pub(crate) fn versions(
    tx: &mut ReadTx,
    catalogue: &Catalogue,
    (principal, permitted): (&Principal, &Permitted),
    (entity_type, id): (&str, i64),
    request: &PageRequest<'_>,
) -> Result<Rows, Problem> {
    let newest = Order { binding: Binding::of(["ValidFrom"]), direction: Direction::Descending };
    let query = Query {
        history: Some(History::Between(0, FOREVER)),
        select: selects(catalogue, entity_type).swap_remove(0),
        filter: Some(of(id)),
        order: vec![newest],
        ..Query::default()
    };
    page(tx, catalogue, principal, permitted, (entity_type, &query), request)
}

/// What is selected of a resource, in as many parts as it takes.
fn selects(catalogue: &Catalogue, entity_type: &str) -> Vec<Vec<Binding>> {
    let (links, values): (Vec<QueryProperty>, Vec<QueryProperty>) =
        catalogue.properties(entity_type).into_iter().partition(|property| property.target.is_some());
    let mut parts = vec![values.into_iter().map(|property| Binding::of([property.name])).collect::<Vec<_>>()];
    let one: Vec<QueryProperty> = links.into_iter().filter(|link| !link.many).collect();
    for some in one.chunks(NAVIGATIONS) {
        let shown = |link: &QueryProperty| {
            ["Id", "InternalDisplayName"].map(|name| Binding::of([link.name.clone(), name.to_owned()]))
        };
        parts.push(some.iter().flat_map(shown).collect());
    }
    parts
}

/// The answer, or that it is the one that the caller has.
fn tagged(view: &Map<String, Value>, headers: &HeaderMap) -> Response {
    let digest = blake3::hash(serde_json::to_string(view).unwrap_or_default().as_bytes()).to_hex();
    with_tag(Json(view).into_response(), &digest[..32], headers)
}

fn with_tag(body: Response, tag: &str, headers: &HeaderMap) -> Response {
    let tag = format!("\"{tag}\"");
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut known = known.flat_map(|value| value.split(',')).map(|one| one.trim().trim_start_matches("W/"));
    let is_known = known.any(|one| one == "*" || one == tag);
    let mut response = if is_known { StatusCode::NOT_MODIFIED.into_response() } else { body };
    let set = response.headers_mut();
    set.extend(HeaderValue::try_from(tag).ok().map(|tag| (header::ETAG, tag)));
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

async fn history(
    State(app): State<App>,
    Path((entity_type, id)): Path<(String, String)>,
    Extension(principal): Extension<Principal>,
    Extension(permitted): Extension<Permitted>,
    RawQuery(query): RawQuery,
) -> Result<Json<Rows>, Problem> {
    let (id, asked, inner) = (number(&id)?, Asked::read(query.as_deref())?, app.clone());
    app.read(move |tx| {
        let catalogue = inner.catalogues().current(tx)?;
        let entity_type = deployed(&catalogue, &entity_type)?;
        let whom = (&principal, &permitted);
        let rows = versions(tx, &catalogue, whom, (&entity_type, id), &asked.request(&inner))?;
        if rows.result.is_empty() && asked.token.is_none() {
            return Err(missing(&entity_type, id));
        }
        Ok(Json(rows))
    })
    .await
}

async fn file(
    State(app): State<App>,
    Path((entity_type, id, property)): Path<(String, String, String)>,
    Extension(principal): Extension<Principal>,
    Extension(permitted): Extension<Permitted>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Asked::read(query.as_deref())?;
    let (id, inner) = (number(&id)?, app.clone());
    let nothing = format!("{entity_type} {id} holds no file in {property}, or you may not see it");
    let found = app
        .read(move |tx| {
            let catalogue = inner.catalogues().current(tx)?;
            let entity_type = deployed(&catalogue, &entity_type)?;
            let select = vec![Binding::of([property.clone()])];
            let query = Query { select, filter: Some(of(id)), ..Query::default() };
            let asked = (&*entity_type, &query);
            let rows = page(tx, &catalogue, &principal, &permitted, asked, &PageRequest::default())?;
            let digest = rows.result.first().and_then(|row| row[&property].as_str());
            // Values of other properties name no content.
            let Some(digest) = digest else { return Ok(None) };
            Ok(tx.resource_file(digest)?.map(|content| (digest.to_owned(), content)))
        })
        .await?;
    let (digest, content) = found.ok_or_else(|| Problem::not_found(nothing))?;
    let bytes = content_bytes(&content).into_owned();
    let image = IMAGES.iter().find(|(_, start)| bytes.starts_with(start)).map(|(kind, _)| *kind);
    let disposition = if image.is_some() { "inline" } else { "attachment" };
    let kind = [(header::CONTENT_TYPE, image.unwrap_or(ANY_FILE)), (header::CONTENT_DISPOSITION, disposition)];
    Ok(with_tag((kind, bytes).into_response(), &digest, &headers))
}
