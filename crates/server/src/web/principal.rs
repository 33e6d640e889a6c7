//! Who calls, and whether they may.

use super::access::{self, Failure, Means, Reason, Refusal, origin};
use super::app::App;
use super::body;
use super::problem::Problem;
use super::route::Right;
use axum::body::Body;
use axum::extract::{RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use provost_model::ResourceId;
use provost_model::access::{Rights, covers, fill, is_known};

/// Whoever stands behind a request.
#[derive(Clone, Debug)]
pub struct Principal {
    /// For the journal: `client Job`, `person amara.okafor`.
    pub name: String,
    /// Paths of the permissions that are held; holding one is holding all below it.
    pub permissions: Vec<String>,
    /// What these permissions open, row by row.
    pub rights: Rights,
    /// A program, or a person.
    pub who: Who,
}

/// A program, or a person.
#[derive(Clone, Debug)]
pub enum Who {
    /// Identifier of an `OpenIdClient`.
    Client(String),
    /// Somebody with a session.
    Person(Person),
}

/// Somebody who has signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Login.
    pub login: String,
    /// Provider where they signed in; empty for a built-in account.
    pub provider: String,
    /// Name to show.
    pub display_name: String,
    /// The identity behind the login: its entity type and id.
    pub resource: Option<(String, ResourceId)>,
    /// They must change their password before anything else.
    pub must_change_password: bool,
}

impl Principal {
    /// Somebody with these rights.
    pub fn new(who: Who, rights: Rights) -> Principal {
        let name = match &who {
            Who::Client(identifier) => format!("client {identifier}"),
            Who::Person(person) => format!("person {}", person.login),
        };
        Principal { name, permissions: rights.permissions(), rights, who }
    }

    /// Whether a permission is held, itself or by a parent of its path.
    pub fn may(&self, permission: &str) -> bool {
        self.permissions.iter().any(|held| covers(held, permission))
    }
}

/// The permission under which a request was let in.
#[derive(Clone, Debug)]
pub(crate) struct Permitted(pub(crate) String);

/// The guard in front of one route.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    pub(crate) app: App,
    pub(crate) right: Right,
    /// Path of the route.
    pub(crate) path: &'static str,
    /// Most bytes of the body.
    pub(crate) limit: usize,
}

/// Lets a request through when its principal has the right of the route.
///
/// # Errors
/// 401 when nobody is signed in or the token is not taken, 403 when they may not or another site sent the browser.
pub(crate) async fn guard(
    State(guard): State<Guard>,
    parameters: RawPathParams,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (mut head, body) = request.into_parts();
    if guard.right == Right::Public {
        let body = body::read(body, guard.limit, guard.app.settings().body_time).await?;
        return Ok(next.run(Request::from_parts(head, Body::from(body))).await);
    }
    let peer = access::peer_of(&guard.app, &head);
    let is_change = !origin::is_safe(&head.method);
    let principal = match access::authenticate(&guard.app, &head).await {
        Err(Failure::Broken(problem)) => return Err(problem),
        Err(Failure::Refused(refusal)) => Err(refusal),
        Ok(None) => Err(Refusal::new(Reason::SignedOut, Problem::unauthorized("this needs somebody who is signed in"))),
        Ok(Some((principal, means))) => match means {
            Means::Cookie if is_change => origin::check(&guard.app, &head.headers, true).map(|()| principal),
            Means::Cookie | Means::Token => Ok(principal),
        },
    };
    let principal = principal.and_then(|principal| {
        allowed(&guard, &parameters, head.uri.query(), &principal).map(|permitted| (principal, permitted))
    });
    let (principal, permitted) = principal.map_err(|refusal| access::refuse(&guard.app, peer, refusal))?;
    let (name, method) = (principal.name.clone(), head.method.clone());
    head.extensions.insert(principal);
    head.extensions.insert(permitted);
    // Only now: nobody uploads who may not.
    let body = body::read(body, guard.limit, guard.app.settings().body_time).await?;
    let response = next.run(Request::from_parts(head, Body::from(body))).await;
    if is_change {
        // What was changed is in the journal, under the same name; that somebody tried is here.
        tracing::info!(who = name, %method, route = guard.path, status = response.status().as_u16(), "a request");
    }
    Ok(response)
}

/// Whether a principal has the right of a route.
fn allowed(
    guard: &Guard,
    parameters: &RawPathParams,
    query: Option<&str>,
    principal: &Principal,
) -> Result<Permitted, Refusal> {
    let must_change = matches!(&principal.who, Who::Person(person) if person.must_change_password);
    if must_change && !access::BEFORE_CHANGE.contains(&guard.path) {
        let problem = Problem::new(axum::http::StatusCode::FORBIDDEN, "change-password", "change your password first")
            .hint("POST /api/Access/ChangePassword");
        return Err(Refusal::new(Reason::Forbidden, problem));
    }
    let other = match guard.right {
        Right::Query(_) => other_path(query).map_err(|problem| Refusal::new(Reason::Forbidden, problem))?,
        _ => None,
    };
    let permission = match (guard.right, other) {
        (Right::Public | Right::SignedIn, _) => return Ok(Permitted(String::new())),
        (_, Some(other)) => Some(other),
        (Right::Permission(template) | Right::Query(template), None) => filled(template, parameters),
    };
    match permission {
        None => {
            let problem = Problem::bad_request("invalid-name", "the address holds a name that nothing can have");
            Err(Refusal::new(Reason::Forbidden, problem))
        }
        Some(permission) if principal.may(&permission) => Ok(Permitted(permission)),
        Some(permission) => Err(Refusal::new(Reason::Forbidden, Problem::forbidden(&permission))),
    }
}

/// The permission in the parameter `path`.
fn other_path(query: Option<&str>) -> Result<Option<String>, Problem> {
    let pairs = super::query::pairs(query.unwrap_or_default())?;
    let path = pairs.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("path")).map(|(_, value)| value);
    match path {
        None => Ok(None),
        Some(path) if path.starts_with('/') && path.len() > 1 && is_known(&path) => Ok(Some(path)),
        Some(path) => Err(Problem::bad_request("permission-path", format!("\"{path}\" is no permission"))
            .hint("GET /api/AccessControl/AccessControlPermission lists all of them")),
    }
}

/// `/Custom/Resources/{entityType}/Query` with the parameters of the path.
fn filled(template: &str, parameters: &RawPathParams) -> Option<String> {
    fill(template, |wanted| parameters.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value))
}
