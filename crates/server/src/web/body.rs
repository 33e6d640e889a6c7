//! Bodies of requests: read in full, bounded in size and time, before a handler sees them.

use super::problem::Problem;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Most bytes of a body, unless the route says otherwise.
pub(crate) const USUAL: usize = 2 << 20;

/// Reads a body.
///
/// # Errors
/// It is larger than `limit`, or takes longer than `time`.
pub(crate) async fn read(body: Body, limit: usize, time: Duration) -> Result<Bytes, Problem> {
    match tokio::time::timeout(time, axum::body::to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            format!("the body was cut off, or has more than {limit} bytes"),
        )),
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "body-too-slow",
            format!("the body did not arrive within {} seconds", time.as_secs()),
        )),
    }
}

/// A JSON body.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<JsonBody<T>, Problem> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|error| Problem::bad_request("unreadable-body", error.to_string()))?;
        serde_json::from_slice(&bytes).map(JsonBody).map_err(|error| {
            Problem::bad_request("invalid-body", format!("the body is not the JSON that is expected here: {error}"))
                .hint("the description of the interface is at /swagger/v1/swagger.json")
        })
    }
}
