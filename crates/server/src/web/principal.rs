//! Who calls, and whether they may.

use super::app::App;
use super::body;
use super::problem::Problem;
use super::route::Right;
use axum::body::Body;
use axum::extract::{RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;

/// Whoever stands behind a request.
#[derive(Clone, Debug)]
pub struct Principal {
    /// For the journal: `client Job`, `person amara.okafor`.
    pub name: String,
    /// Paths of the permissions that are held; holding one is holding all below it.
    pub permissions: Vec<String>,
}

impl Principal {
    /// Whether a permission is held, itself or by a parent of its path.
    pub fn may(&self, permission: &str) -> bool {
        let below = |held: &String| {
            let held = held.trim_end_matches('/');
            permission.len() >= held.len()
                && permission[..held.len()].eq_ignore_ascii_case(held)
                && matches!(permission.as_bytes().get(held.len()), None | Some(b'/'))
        };
        self.permissions.iter().any(below)
    }
}

/// The guard in front of one route.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    pub(crate) app: App,
    pub(crate) right: Right,
    /// Most bytes of the body.
    pub(crate) limit: usize,
}

/// Lets a request through when its principal has the right of the route.
///
/// # Errors
/// 401 when nobody is signed in, 403 when they may not.
pub(crate) async fn guard(
    State(guard): State<Guard>,
    parameters: RawPathParams,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (mut head, body) = request.into_parts();
    let principal = authenticate(&guard.app, &head).await?;
    match (guard.right, &principal) {
        (Right::Public, _) | (Right::SignedIn, Some(_)) => {}
        (Right::Permission(template), Some(principal)) => {
            let permission = filled(template, &parameters);
            if !principal.may(&permission) {
                return Err(Problem::forbidden(&permission));
            }
        }
        (_, None) => return Err(Problem::unauthorized("this needs somebody who is signed in")),
    }
    if let Some(principal) = principal {
        head.extensions.insert(principal);
    }
    // Only now: nobody uploads who may not.
    let body = body::read(body, guard.limit).await?;
    Ok(next.run(Request::from_parts(head, Body::from(body))).await)
}

async fn authenticate(_app: &App, _head: &Parts) -> Result<Option<Principal>, Problem> {
    Ok(None)
}

/// `/Custom/Resources/{entityType}/Query` with the parameters of the path.
fn filled(template: &str, parameters: &RawPathParams) -> String {
    let mut permission = template.to_owned();
    for (name, value) in parameters {
        // A value with a slash would name another permission.
        permission = permission.replace(&format!("{{{name}}}"), &value.replace('/', "%2F"));
    }
    permission
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_holds_all_below_it_and_nothing_beside_it() {
        let principal = Principal { name: "x".to_owned(), permissions: vec!["/Jobs/Job".to_owned()] };
        assert!(principal.may("/Jobs/Job"));
        assert!(principal.may("/jobs/job/Query"));
        assert!(!principal.may("/Jobs/JobInstance"));
        assert!(!principal.may("/Jobs"));
    }
}
