//! Problem documents (RFC 9457): what a program or a person gets instead of an answer, with what to do next.

use crate::error::ServerError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use provost_store::StoreError;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::ToSchema;

/// Code of a repository that somebody else writes to.
const LOCKED: &str = "repository-locked";

/// An error as the network sees it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Stable name of the kind of problem, a URN: `urn:provost:problem:unknown-connector`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in a few words.
    pub title: Cow<'static, str>,
    /// HTTP status.
    pub status: u16,
    /// What went wrong this time.
    pub detail: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Seconds after which to try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

impl Problem {
    /// A problem with a status, a stable kebab-case name and what went wrong.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Problem {
        Problem {
            kind: format!("urn:provost:problem:{code}"),
            title: Cow::Borrowed(status.canonical_reason().unwrap_or("Problem")),
            status: status.as_u16(),
            detail: detail.into(),
            hint: None,
            retry_after: None,
        }
    }

    /// Its stable kebab-case name.
    pub(crate) fn code(&self) -> &str {
        self.kind.rsplit(':').next().unwrap_or_default()
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }

    /// Says when to try again, in the body and in the header.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Problem {
        self.retry_after = Some(seconds);
        self
    }

    /// The request cannot be understood.
    pub fn bad_request(code: &str, detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    /// Nobody is signed in.
    pub fn unauthorized(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
            .hint("sign in, or send a bearer token from /connect/token")
    }

    /// Whoever is signed in may not do this.
    pub fn forbidden(permission: &str) -> Problem {
        let detail = format!("this needs the permission {permission}");
        Problem::new(StatusCode::FORBIDDEN, "forbidden", detail)
            .hint("ask an administrator for a profile that has it (AccessControlRule)")
    }

    /// Something that is nobody's fault who called. Its details go to the log, not over the wire.
    pub fn internal(error: &dyn std::error::Error) -> Problem {
        let mut chain = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            chain.push_str(": ");
            chain.push_str(&cause.to_string());
            source = cause.source();
        }
        tracing::error!(error = chain, "a request failed");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the server could not do this")
            .hint("look at the server's log for the time of this request")
    }

    /// Somebody else writes to the repository, and for long. Nothing was done.
    pub(crate) fn busy() -> Problem {
        let text = "the repository is held by somebody who writes to it; nothing was done";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, LOCKED, text).hint("make the same call again").retry_after(1)
    }

    /// Text that no repository can hold. Nothing was done.
    fn of_text(error: &StoreError) -> Problem {
        Problem::bad_request(error.code(), "a text of this request holds the character U+0000").hint(error.remedy())
    }

    fn with_code(status: StatusCode, error: &ServerError) -> Problem {
        let mut problem = Problem::new(status, error.code(), error.to_string());
        problem.hint = error.hint();
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (retry_after, code) = (self.retry_after, self.kind.clone());
        let mut response = (status, axum::Json(self)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            let headers = response.headers_mut();
            headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge(&code)));
            headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static("DPoP algs=\"ES256 ES384 EdDSA PS256\""));
        }
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Most bytes of an answer that is turned into a problem document.
const LONGEST: usize = 64 << 10;

/// Turns an answer in plain text that says what is wrong with a request into a problem document: those who take
/// requests apart before a handler sees them know no other form.
pub(super) async fn uniform(response: Response) -> Response {
    let is_text = |kind: &HeaderValue| kind.as_bytes().starts_with(b"text/plain");
    let headers = response.headers();
    if !response.status().is_client_error() || !headers.get(header::CONTENT_TYPE).is_some_and(is_text) {
        return response;
    }
    let status = response.status();
    let text = axum::body::to_bytes(response.into_body(), LONGEST).await.unwrap_or_default();
    Problem::new(status, "unreadable-request", String::from_utf8_lossy(&text)).into_response()
}

/// What RFC 6750 wants a client to be told.
fn challenge(kind: &str) -> &'static str {
    match kind.rsplit(':').next() {
        Some("invalid-token") => "Bearer error=\"invalid_token\"",
        Some("expired-token") => "Bearer error=\"invalid_token\", error_description=\"expired\"",
        Some("invalid-proof") => "Bearer error=\"invalid_dpop_proof\"",
        _ => "Bearer",
    }
}

impl From<ServerError> for Problem {
    fn from(error: ServerError) -> Problem {
        match &error {
            ServerError::UnknownConnector { .. }
            | ServerError::UnknownConnection { .. }
            | ServerError::UnknownChangeSet { .. } => Problem::with_code(StatusCode::NOT_FOUND, &error),
            ServerError::ConnectorBlocked { .. }
            | ServerError::ChangeSetDiffers { .. }
            | ServerError::ConfigurationChanged
            | ServerError::CompleteNeeded { .. }
            | ServerError::InitialNotEmpty { .. }
            | ServerError::Overtaken { .. }
            | ServerError::LeaseLost { .. }
            | ServerError::Session { .. } => Problem::with_code(StatusCode::CONFLICT, &error),
            ServerError::NothingMapped { .. }
            | ServerError::Mapping { .. }
            | ServerError::Source { .. }
            | ServerError::SourceForm { .. }
            | ServerError::Policy { .. }
            | ServerError::Upload { .. } => Problem::with_code(StatusCode::UNPROCESSABLE_ENTITY, &error),
            ServerError::Remote { .. } => Problem::with_code(StatusCode::BAD_GATEWAY, &error),
            ServerError::Store(store) if store.code() == LOCKED => Problem::busy(),
            ServerError::Store(store @ StoreError::Text { .. }) => Problem::of_text(store),
            ServerError::File { .. } | ServerError::Io(_) | ServerError::Store(_) => Problem::internal(&error),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match &error {
            StoreError::Text { .. } => Problem::of_text(&error),
            other if other.code() == LOCKED => Problem::busy(),
            other => Problem::internal(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_what_went_wrong_and_what_to_do() {
        let error = ServerError::UnknownConnector { connector: "HR".to_owned(), known: vec!["AD".to_owned()] };
        let json = serde_json::to_string(&Problem::from(error)).unwrap();
        insta::assert_snapshot!(json, @r#"{"type":"urn:provost:problem:unknown-connector","title":"Not Found","status":404,"detail":"connector \"HR\" is not in the deployed configuration","hint":"known connectors: AD"}"#);
    }

    #[test]
    fn what_failed_inside_stays_inside() {
        let error = ServerError::Io(std::io::Error::other("/srv/secret/path"));
        assert_eq!(Problem::from(error).detail, "the server could not do this");
    }
}
