//! Routes of the session protocol: what an agent calls while it prepares.

use super::app::App;
use super::body::JsonBody;
use super::principal::Principal;
use super::problem::Problem;
use super::route::{Kind, Parameter, Right, Route};
use crate::error::ServerError;
use crate::exchange::upload::{LARGEST_BODY, PIECE, Upload};
use crate::exchange::{LocalHost, OpenRequest, Opened, PrepareMapping, SessionHost};
use crate::manifest::Manifest;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{Method, StatusCode};
use axum::routing::{delete, get, post, put};
use provost_store::{Session, SessionState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

const RIGHT: Right = Right::Permission("/Connectors/SynchronizeSession");
const TAG: &str = "Synchronisation sessions";
/// A manifest lists keys of rows that were held back; there may be many.
const LARGEST_MANIFEST: usize = 256 << 20;

pub(super) fn routes() -> Vec<Route> {
    const SESSION: &str = "/api/Connectors/SynchronizeSession/{session}";
    vec![
        Route::new(
            Method::GET,
            "/api/Connectors/SynchronizeSession/Mapping/{connector}",
            RIGHT,
            TAG,
            "What to read of a connector, and how",
            || get(mapping),
        )
        .gives::<PrepareMapping>(),
        Route::new(Method::POST, "/api/Connectors/SynchronizeSession", RIGHT, TAG, "Open a session", || post(open))
            .takes::<OpenRequest>()
            .gives::<Opened>(),
        Route::new(Method::GET, SESSION, RIGHT, TAG, "State of a session, and what has arrived", || get(state))
            .gives::<SessionView>(),
        Route::new(
            Method::PUT,
            "/api/Connectors/SynchronizeSession/{session}/Files/{file}/Pieces/{number}",
            RIGHT,
            TAG,
            "Send a piece of a file: 4 MiB, the last one less, compressed as an LZ4 block",
            || put(piece),
        )
        .with(
            const { &[Parameter::new("digest", Kind::Text, "BLAKE3 of the piece before compression, in hexadecimal")] },
        )
        .takes_raw("application/octet-stream")
        .limited_to(LARGEST_BODY)
        .succeeds_with(204),
        Route::new(
            Method::POST,
            "/api/Connectors/SynchronizeSession/{session}/Seal",
            RIGHT,
            TAG,
            "Put a session in the queue of its connector",
            || post(seal),
        )
        .with(const { &[Parameter::new("lease", Kind::Text, "Word of the lease of the task that it is for")] })
        .takes_raw("application/json")
        .limited_to(LARGEST_MANIFEST)
        .succeeds_with(204),
        Route::new(Method::DELETE, SESSION, RIGHT, TAG, "Forget a session that was not sealed", || delete(abandon))
            .succeeds_with(204),
    ]
}

/// A session as its owner sees it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionView {
    /// GUID.
    pub(crate) session: String,
    /// Connector identifier.
    pub(crate) connector: String,
    /// `Open`, `Sealed`, `Blocked`, `Applied`, `Cancelled`, `Failed`.
    pub(crate) state: String,
    /// Bytes of a piece.
    pub(crate) piece_size: u32,
    /// Numbers of the pieces of each file that have arrived.
    pub(crate) pieces: BTreeMap<String, Vec<u32>>,
}

async fn mapping(State(app): State<App>, Path(connector): Path<String>) -> Result<Json<PrepareMapping>, Problem> {
    let work = app.clone();
    let found = app.blocking(move || Ok(host(&work, String::new()).mapping(&connector)?)).await?;
    Ok(Json(found))
}

async fn open(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    JsonBody(request): JsonBody<OpenRequest>,
) -> Result<Json<Opened>, Problem> {
    if uuid::Uuid::parse_str(&request.session).is_err() || request.session.len() != 36 {
        return Err(Problem::bad_request("invalid-session", "a session is named by a GUID of 36 characters"));
    }
    let work = app.clone();
    app.blocking(move || {
        let known: Option<Session> = work.store().read(|tx| tx.session(&request.session))?;
        if let Some(session) = known {
            owned(&session, &principal)?;
        }
        // Nobody opens sessions of a connector that is not there, or has nothing to fill them with.
        let host = LocalHost { lease: request.lease.clone(), ..host(&work, principal.name) };
        host.mapping(&request.connector)?;
        Ok(Json(host.open(&request)?))
    })
    .await
}

async fn state(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(session): Path<String>,
) -> Result<Json<SessionView>, Problem> {
    let work = app.clone();
    app.blocking(move || {
        let found = own_session(&work, &session, &principal)?;
        Ok(Json(SessionView {
            pieces: upload(&work, &session).received()?,
            session,
            connector: found.connector,
            state: found.state.word().to_owned(),
            piece_size: PIECE as u32,
        }))
    })
    .await
}

#[derive(Debug, Deserialize)]
struct PieceQuery {
    digest: String,
}

async fn piece(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path((session, file, number)): Path<(String, String, u32)>,
    Query(query): Query<PieceQuery>,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let work = app.clone();
    let length = body.len();
    app.blocking(move || {
        let found = own_session(&work, &session, &principal)?;
        if found.state != SessionState::Open {
            return Err(closed(&found));
        }
        let mapping = host(&work, String::new()).mapping(&found.connector)?;
        // Only names that the mapping knows: nothing else is ever joined to a path.
        let expected = mapping.tables.iter().any(|table| {
            file == format!("{}.sorted.csv", table.name) || file == format!("{}.sorted.delta", table.name)
        });
        if !expected {
            return Err(Problem::bad_request("unknown-file", "this session has no file of that name"));
        }
        upload(&work, &session).put(&session, &file, number, &body, &query.digest)?;
        Ok(())
    })
    .await?;
    app.metrics().add("provost_uploaded_bytes_total", "", i64::try_from(length).unwrap_or(i64::MAX));
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
struct SealQuery {
    lease: Option<String>,
}

async fn seal(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(session): Path<String>,
    Query(query): Query<SealQuery>,
    JsonBody(manifest): JsonBody<Manifest>,
) -> Result<StatusCode, Problem> {
    let work = app.clone();
    app.blocking(move || {
        let found = own_session(&work, &session, &principal)?;
        let host = LocalHost { lease: query.lease, ..host(&work, principal.name.clone()) };
        if manifest.session != found.id || manifest.connector != found.connector || manifest.mode != found.mode {
            return Err(Problem::bad_request("foreign-manifest", "the manifest is that of another session"));
        }
        if found.state == SessionState::Open {
            let mapping = host.mapping(&found.connector)?;
            for table in &manifest.tables {
                let known = mapping.tables.iter().any(|known| known.name == table.name);
                let named = [".sorted.csv", ".sorted.delta"].iter().any(|end| table.file == table.name.clone() + end);
                if !known || !named {
                    return Err(Problem::bad_request("unknown-file", "the manifest names a file that no mapping has"));
                }
            }
            let upload = upload(&work, &session);
            let _turn = upload.turn()?;
            let is_open = own_session(&work, &session, &principal)?.state == SessionState::Open;
            if is_open {
                upload.join(&manifest)?;
            }
            host.seal(&manifest)?;
            work.metrics().add(SESSIONS, "state=\"received\"", i64::from(is_open));
            return Ok(StatusCode::NO_CONTENT);
        }
        host.seal(&manifest)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

async fn abandon(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(session): Path<String>,
) -> Result<StatusCode, Problem> {
    let work = app.clone();
    app.blocking(move || {
        own_session(&work, &session, &principal)?;
        host(&work, principal.name).abandon(&session);
        work.metrics().add(SESSIONS, "state=\"abandoned\"", 1);
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Sessions, by what became of them.
const SESSIONS: &str = "provost_sessions_total";

fn host(app: &App, actor: String) -> LocalHost<'_> {
    LocalHost { store: app.store(), folders: app.folders(), actor, now_micros: app.now_micros(), lease: None }
}

fn upload(app: &App, session: &str) -> Upload {
    Upload::new(app.folders().session(session), app.settings().largest_file)
}

/// The session, which must be one that the caller opened. A stranger learns nothing about it.
fn own_session(app: &App, session: &str, principal: &Principal) -> Result<Session, Problem> {
    let found: Option<Session> = app.store().read(|tx| tx.session(session))?;
    let found = found.ok_or_else(|| Problem::not_found("there is no such session"))?;
    owned(&found, principal)?;
    Ok(found)
}

fn owned(session: &Session, principal: &Principal) -> Result<(), Problem> {
    match session.opened_by == principal.name {
        true => Ok(()),
        false => Err(Problem::not_found("there is no such session")),
    }
}

fn closed(session: &Session) -> Problem {
    let error = ServerError::Session {
        session: session.id.clone(),
        message: format!("it is {} and takes no more files", session.state.word().to_lowercase()),
    };
    Problem::from(error)
}
