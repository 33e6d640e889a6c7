//! Tokens for programs: OAuth 2.0 client credentials, and what stock clients look for first.

use super::attempts::{self, Subject};
use super::proof;
use super::refusal::Reason;
use super::secret;
use super::tokens::{self, SCOPE};
use super::{keys, peer_of, refused};
use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::route::{Right, Route};
use axum::Json;
use axum::extract::FromRequest;
use axum::extract::{Form, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use utoipa::ToSchema;

const TAG: &str = "Access";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::POST, "/connect/token", Right::Public, TAG, "A token for a program (RFC 6749)", || {
            post(token)
        })
        .takes_form::<TokenRequest>()
        .speaks_for_itself(),
        Route::new(
            Method::GET,
            "/.well-known/openid-configuration",
            Right::Public,
            TAG,
            "Where stock clients find everything",
            || get(discovery),
        ),
        Route::new(Method::GET, "/.well-known/jwks", Right::Public, TAG, "Keys that sign tokens (RFC 7517)", || {
            get(jwks)
        }),
    ]
}

/// What a client sends; name and secret may stand in the header `Authorization` (Basic) instead.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the form; it is read field by field, because each slip has an error of its own")]
struct TokenRequest {
    /// `client_credentials`.
    grant_type: String,
    /// Identifier of the client, with or without `@` and the name of the server.
    client_id: Option<String>,
    /// Its secret.
    client_secret: Option<String>,
    /// `usercube_api`.
    scope: Option<String>,
}

async fn discovery(State(app): State<App>) -> Json<Value> {
    let issuer = &app.settings().application_uri;
    Json(json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}/connect/token"),
        "jwks_uri": format!("{issuer}/.well-known/jwks"),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "scopes_supported": [SCOPE],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "dpop_signing_alg_values_supported": proof::ALGORITHMS.iter().map(|(_, name)| name).collect::<Vec<_>>(),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }))
}

async fn jwks(State(app): State<App>) -> Result<Json<Value>, Problem> {
    Ok(Json(keys::public(&app).await?))
}

/// An error as RFC 6749 wants it.
struct Denied {
    status: StatusCode,
    error: &'static str,
    description: String,
    is_basic: bool,
    retry_after: Option<u32>,
}

impl Denied {
    fn new(error: &'static str, description: impl Into<String>) -> Denied {
        let description = description.into();
        Denied { status: StatusCode::BAD_REQUEST, error, description, is_basic: false, retry_after: None }
    }
}

impl From<Problem> for Denied {
    fn from(problem: Problem) -> Denied {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let error = if problem.retry_after.is_some() { "temporarily_unavailable" } else { "server_error" };
        Denied { status, retry_after: problem.retry_after, ..Denied::new(error, problem.detail) }
    }
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "error_description": self.description });
        let mut response = (self.status, Json(body)).into_response();
        if self.is_basic {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"provost\""));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        no_store(response)
    }
}

fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn token(State(app): State<App>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let form = Form::<Vec<(String, String)>>::from_request(Request::from_parts(head.clone(), body), &app).await;
    let asked = match form {
        Ok(Form(pairs)) => Asked::read(&head, pairs),
        Err(_) => Err(Denied::new("invalid_request", "send a form: application/x-www-form-urlencoded")),
    };
    let given = match asked {
        Ok(asked) => give(&app, &head, &asked).await,
        Err(denied) => Err(denied),
    };
    match given {
        Ok(answer) => no_store(Json(answer).into_response()),
        Err(denied) => denied.into_response(),
    }
}

/// What a client asks for.
struct Asked {
    client: String,
    /// The secret as it was sent, and as it may have been meant.
    secrets: Vec<String>,
    is_basic: bool,
}

impl Asked {
    fn read(head: &Parts, pairs: Vec<(String, String)>) -> Result<Asked, Denied> {
        let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|two| two[0] == two[1]) {
            return Err(Denied::new("invalid_request", "a field is given twice"));
        }
        let field = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        match field("grant_type").as_deref() {
            Some("client_credentials") => {}
            Some(_) => return Err(Denied::new("unsupported_grant_type", "only client_credentials is supported")),
            None => return Err(Denied::new("invalid_request", "grant_type is missing")),
        }
        if field("scope").is_some_and(|scope| scope.split_whitespace().any(|one| one != SCOPE)) {
            return Err(Denied::new("invalid_scope", format!("the only scope is {SCOPE}")));
        }
        match (head.headers.get(header::AUTHORIZATION), field("client_id"), field("client_secret")) {
            (Some(_), _, Some(_)) => Err(Denied::new("invalid_request", "the client proves itself in two ways")),
            (Some(value), client, None) => {
                let asked = basic(value).ok_or_else(|| Denied {
                    status: StatusCode::UNAUTHORIZED,
                    is_basic: true,
                    ..Denied::new("invalid_client", "the header Authorization cannot be read")
                })?;
                match client.is_none_or(|client| client == asked.client) {
                    true => Ok(asked),
                    false => Err(Denied::new("invalid_request", "two clients are named")),
                }
            }
            (None, Some(client), Some(secret)) => Ok(Asked { client, secrets: vec![secret], is_basic: false }),
            (None, ..) => Err(Denied {
                status: StatusCode::UNAUTHORIZED,
                is_basic: true,
                ..Denied::new("invalid_client", "client_id and client_secret are missing")
            }),
        }
    }
}

/// Login and secret of HTTP Basic. The standard wants both encoded as in forms; many clients do not.
fn basic(value: &HeaderValue) -> Option<Asked> {
    let (scheme, text) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
    let (client, secret) = text.split_once(':')?;
    let secrets = vec![secret.to_owned(), form_decoded(secret)?];
    Some(Asked { client: form_decoded(client)?, secrets, is_basic: true })
}

fn form_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = [rest.next().unwrap_or(b'x'), rest.next().unwrap_or(b'x')];
                let digits = std::str::from_utf8(&digits).ok()?;
                // A percent sign that stands for itself: it was not encoded after all.
                let Ok(byte) = u8::from_str_radix(digits, 16) else { return Some(text.to_owned()) };
                bytes.push(byte);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

async fn give(app: &App, head: &Parts, asked: &Asked) -> Result<Value, Denied> {
    let peer = peer_of(app, head);
    let subjects = vec![Subject::login("client", &asked.client), Subject::peer(peer)];
    let attempt = match attempts::begin(app, subjects).await {
        Ok(attempt) => attempt,
        Err(refusal) => {
            refused(app, Reason::Locked, peer, "too many attempts");
            return Err(refusal.problem.into());
        }
    };
    let Some(client) = proven(app, asked).await? else {
        attempt.failed().await;
        refused(app, Reason::Client, peer, &format!("client {:?}", shortened(&asked.client)));
        return Err(Denied {
            status: StatusCode::UNAUTHORIZED,
            is_basic: asked.is_basic,
            ..Denied::new("invalid_client", "the client is unknown, has expired, or its secret is wrong")
        });
    };
    attempt.succeeded().await;
    let bound = match proof::of(&head.headers) {
        Ok(None) => Ok(None),
        Ok(Some(proof)) => proof::verify(app, head, proof, None).await.map(Some),
        Err(refusal) => Err(refusal.into()),
    };
    let jkt = bound.map_err(|failure| match failure {
        super::Failure::Refused(refusal) => {
            refused(app, refusal.reason, peer, &refusal.problem.detail);
            Denied::new("invalid_dpop_proof", refusal.problem.detail)
        }
        super::Failure::Broken(problem) => problem.into(),
    })?;
    let kind = if jkt.is_some() { "DPoP" } else { "Bearer" };
    let token = tokens::issue(app, &client, jkt).await?;
    tracing::info!(client, kind, "a token was issued");
    Ok(json!({
        "access_token": token,
        "token_type": kind,
        "expires_in": app.settings().access.token_seconds,
        "scope": SCOPE,
    }))
}

/// The identifier of the client, when the secret is its own and its time has not come.
async fn proven(app: &App, asked: &Asked) -> Result<Option<String>, Problem> {
    let inner = app.clone();
    let policy = app.read(move |tx| inner.access().policies.current(tx)).await?;
    let client = policy.client(&asked.client);
    let overridden = client.and_then(|client| {
        let secrets = &app.settings().access.client_secrets;
        secrets.iter().find(|(name, _)| name.eq_ignore_ascii_case(&client.identifier)).map(|(_, hash)| hash.as_str())
    });
    let hash = overridden.or(client.map(|client| client.hashed_secret.as_str())).unwrap_or_default();
    let is_right = asked.secrets.iter().fold(false, |right, secret| right | secret::matches_hash(secret, hash));
    let now = app.now_micros();
    Ok(client.filter(|client| is_right && client.end.is_none_or(|end| now < end)).map(|c| c.identifier.clone()))
}

/// What somebody typed, for the log: no more of it than a name may have.
pub(super) fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_read_as_sent_and_as_meant() {
        let value = |text: &str| HeaderValue::try_from(format!("Basic {}", STANDARD.encode(text))).unwrap();
        let asked = basic(&value("Job%40host:a%2Bb+c")).unwrap();
        assert_eq!(asked.client, "Job@host");
        assert_eq!(asked.secrets, ["a%2Bb+c", "a+b c"]);
        assert_eq!(basic(&value("Job:100%!")).unwrap().secrets, ["100%!", "100%!"]);
        assert!(basic(&value("no colon")).is_none());
        assert!(basic(&HeaderValue::from_static("Bearer x")).is_none());
    }
}
