//! Jobs over the network: what people and programs ask of the engine, and what agents report to it.

mod agents;
mod connectors;
mod control;
mod events;
mod look;
mod shapes;

pub(crate) use control::{permit, standing};
pub(crate) use look::place;

use super::problem::Problem;
use super::route::Route;
use crate::jobs::JobError;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;

pub(super) fn routes() -> Vec<Route> {
    let mut routes = look::routes();
    routes.extend(control::routes());
    routes.extend(events::routes());
    routes.extend(connectors::routes());
    routes.extend(agents::routes());
    routes
}

impl From<JobError> for Problem {
    fn from(error: JobError) -> Problem {
        let status = match &error {
            JobError::UnknownJob { .. }
            | JobError::UnknownInstance { .. }
            | JobError::UnknownTask { .. }
            | JobError::UnknownConnector { .. }
            | JobError::UnknownSubject { .. } => StatusCode::NOT_FOUND,
            JobError::UnknownStep { .. } | JobError::NoAgent { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            JobError::StartDenied { .. } | JobError::OtherAgent { .. } | JobError::OtherClient { .. } => {
                StatusCode::FORBIDDEN
            }
            JobError::TwoAgents { .. }
            | JobError::Running { .. }
            | JobError::State { .. }
            | JobError::OtherChangeSet { .. }
            | JobError::LeaseLost { .. } => StatusCode::CONFLICT,
            // Nothing was done, and the same call can be made again.
            JobError::Store(store) if store.code() == "repository-locked" => StatusCode::SERVICE_UNAVAILABLE,
            JobError::Server(_) | JobError::Store(provost_store::StoreError::Text { .. }) => match error {
                JobError::Server(inner) => return inner.into(),
                JobError::Store(inner) => return inner.into(),
                other => return Problem::internal(&other),
            },
            JobError::Store(_) | JobError::Log(_) => return Problem::internal(&error),
        };
        let problem = Problem::new(status, error.code(), error.to_string());
        match error.hint() {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}

/// What a body says; an empty one says nothing.
fn body<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    match body {
        Ok(Json(value)) => Ok(value),
        Err(rejection) => Err(Problem::bad_request("unreadable-body", rejection.body_text())),
    }
}

/// A number in a path or in the query.
fn number(text: &str) -> Result<i64, Problem> {
    text.parse().map_err(|_| Problem::not_found(format!("\"{text}\" is no id: a whole number was expected")))
}
