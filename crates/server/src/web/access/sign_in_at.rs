//! Sign-in at a provider of OpenID Connect: authorization code with PKCE, state and nonce.

use super::provider::{Provider, ProviderError, encoded};
use super::refusal::{Reason, Refusal};
use super::sessions::{self, Learnt};
use super::sign_in::shown;
use super::{peer_of, refuse, secret, tokens};
use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::route::{Kind, Parameter, Right, Route};
use axum::extract::{Path, Query, Request, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use provost_model::access::LoginMapping;
use provost_store::ReadTx;
use serde::{Deserialize, Serialize};
use serde_json::Value;

const TAG: &str = "Access";
/// Cookie that keeps a sign-in together.
const PURPOSE: &str = "-sign-in";
/// Seconds in which a sign-in must be finished.
const LIFE: i64 = 600;
const KIND: &str = "sign-in+jwt";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            "/api/Access/SignIn/{provider}",
            Right::Public,
            TAG,
            "Begin to sign in at a provider",
            || get(begin),
        )
        .with(const { &[Parameter::new("return", Kind::Text, "Path of this server to go to afterwards")] })
        .succeeds_with(303),
        Route::new(Method::GET, "/signin-oidc", Right::Public, TAG, "Where a provider sends the browser back", || {
            get(back)
        })
        .with(
            const {
                &[
                    Parameter::new("code", Kind::Text, "Code that the provider gave"),
                    Parameter::new("state", Kind::Text, "What this server gave along"),
                    Parameter::new("iss", Kind::Text, "The provider"),
                    Parameter::new("error", Kind::Text, "Why there is no code"),
                ]
            },
        )
        .succeeds_with(303),
    ]
}

/// A sign-in under way, signed, in a cookie: no anonymous caller makes the repository grow.
#[derive(Debug, Serialize, Deserialize)]
struct UnderWay {
    provider: String,
    state: String,
    nonce: String,
    verifier: String,
    back_to: String,
    exp: i64,
}

#[derive(Deserialize)]
struct Begin {
    #[serde(rename = "return")]
    back_to: Option<String>,
}

async fn begin(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(asked): Query<Begin>,
) -> Result<Response, Problem> {
    let provider = Provider::named(&app, &name).ok_or_else(|| {
        Problem::not_found(format!("there is no provider {name:?}")).hint("see GET /api/Access/Providers")
    })?;
    let description = provider.description().await.map_err(|error| unavailable(&error))?;
    let random = || secret::random().map_err(|error| Problem::internal(&error));
    let under_way = UnderWay {
        provider: provider.settings.name.clone(),
        state: random()?,
        nonce: random()?,
        verifier: random()?,
        back_to: asked.back_to.filter(|path| is_own_path(path)).unwrap_or_else(|| "/".to_owned()),
        exp: app.now_micros().div_euclid(1_000_000) + LIFE,
    };
    let parameters = [
        ("response_type", "code".to_owned()),
        ("client_id", provider.settings.client_id.clone()),
        ("redirect_uri", redirect_uri(&app)),
        ("scope", provider.settings.scopes.clone()),
        ("state", under_way.state.clone()),
        ("nonce", under_way.nonce.clone()),
        ("code_challenge", secret::digest(&under_way.verifier)),
        ("code_challenge_method", "S256".to_owned()),
    ];
    let query: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let joint = if description.authorization_endpoint.contains('?') { '&' } else { '?' };
    let address = format!("{}{joint}{}", description.authorization_endpoint, query.join("&"));
    let cookie = tokens::sign(&app, KIND, &under_way).await?;
    see_other(&address, [sessions::set_cookie(&app, PURPOSE, &cookie, LIFE)])
}

fn redirect_uri(app: &App) -> String {
    format!("{}/signin-oidc", app.settings().application_uri)
}

/// A path of this server, and nothing that a browser would take for another one.
fn is_own_path(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t']) && path.len() < 2000
}

fn see_other(address: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Result<Response, Problem> {
    let address = HeaderValue::try_from(address).map_err(|error| Problem::internal(&error))?;
    let mut response = (StatusCode::SEE_OTHER, [(LOCATION, address)]).into_response();
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

fn unavailable(error: &ProviderError) -> Problem {
    tracing::warn!(%error, "a provider cannot be used");
    Problem::new(StatusCode::BAD_GATEWAY, "provider", "the provider does not answer as it should")
        .hint("try again; an administrator finds the reason in the server's log")
}

#[derive(Deserialize)]
struct Back {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

async fn back(State(app): State<App>, Query(back): Query<Back>, request: Request) -> Result<Response, Problem> {
    let (head, _) = request.into_parts();
    let peer = peer_of(&app, &head);
    let doubt = |detail: &str, log: &str| {
        tracing::warn!(log, "a sign-in at a provider did not work");
        let problem = Problem::new(StatusCode::UNAUTHORIZED, "sign-in", detail.to_owned());
        refuse(&app, peer, Refusal::new(Reason::Provider, problem.hint("begin again: GET /api/Access/Providers")))
    };
    let started = match sessions::cookie(&app, &head.headers, PURPOSE) {
        Some(cookie) => tokens::read::<UnderWay>(&app, KIND, cookie).await?,
        None => None,
    };
    let now = app.now_micros().div_euclid(1_000_000);
    let matching = |started: &UnderWay| {
        started.exp > now && back.state.as_ref().is_some_and(|state| secret::equal(state, &started.state))
    };
    let Some(started) = started.filter(matching) else {
        return Err(doubt("this sign-in was not begun in this browser, or took too long", "state"));
    };
    let Some(provider) = Provider::named(&app, &started.provider) else {
        return Err(doubt("the provider is not configured any more", "provider"));
    };
    let description = provider.description().await.map_err(|error| unavailable(&error))?;
    let is_issuer = match &back.iss {
        Some(issuer) => *issuer == description.issuer,
        None => !description.authorization_response_iss_parameter_supported,
    };
    if !is_issuer {
        return Err(doubt("the answer is of another provider", "iss"));
    }
    let Some(code) = &back.code else {
        let error = super::connect::shortened(back.error.as_deref().unwrap_or("no code"));
        return Err(doubt("the provider did not let you in", &error));
    };
    let claims = provider.claims(code, &started.verifier, &started.nonce, &redirect_uri(&app)).await;
    let claims = claims.map_err(|error| doubt("the provider's answer cannot be trusted", &error.to_string()))?;
    let Some(login) = claims.get(&provider.settings.name_claim).and_then(Value::as_str).map(str::to_owned) else {
        return Err(doubt("the provider does not say your login", "NameClaimType is not among the claims"));
    };
    let learnt = identity(&app, &login).await?;
    let learnt = learnt.ok_or_else(|| doubt("nobody here has this login", &super::connect::shortened(&login)))?;
    let reason = format!("sign-in at {} from {}", provider.settings.name, shown(peer));
    let who = (login.as_str(), provider.settings.name.as_str());
    let cookie = sessions::begin(&app, &head.headers, who, &learnt, reason).await?;
    see_other(&started.back_to, [cookie, sessions::set_cookie(&app, PURPOSE, "", 0)])
}

/// The identity of a login; `None` when there is none, or more than one.
async fn identity(app: &App, login: &str) -> Result<Option<Learnt>, Problem> {
    let (inner, login) = (app.clone(), login.to_owned());
    app.read(move |tx| {
        let policy = inner.access().policies.current(tx)?;
        let Some(mapping) = &policy.login else {
            tracing::warn!("nobody can sign in at a provider: deploy a SelectUserByIdentityQueryHandlerSetting");
            return Ok(None);
        };
        person(tx, mapping, &login)
    })
    .await
}

fn person(tx: &mut ReadTx, mapping: &LoginMapping, login: &str) -> Result<Option<Learnt>, Problem> {
    let login = mapping.trimmed(login);
    let metadata = crate::metadata::load(tx)?;
    let Some(entity_type) = metadata.entity_type(&mapping.entity_type) else { return Ok(None) };
    let Some(property) = entity_type.property(&mapping.property).filter(|_| !login.is_empty()) else { return Ok(None) };
    let found = tx.resources_with(entity_type.id, property.id, login, 2)?;
    let [one] = found.as_slice() else { return Ok(None) };
    let value = |name: &str| one.value(entity_type.property(name)?.slot?).map(str::to_owned);
    let mut keys: Vec<String> = one.key.iter().cloned().collect();
    let designating = entity_type.properties.iter().filter(|p| p.is_key || p.id == property.id);
    keys.extend(designating.filter_map(|p| one.value(p.slot?).map(str::to_owned)));
    keys.dedup();
    let shown = mapping.display_name.as_deref().and_then(value).or_else(|| one.display_name.clone());
    Ok(Some(Learnt {
        display_name: shown.unwrap_or_else(|| login.to_owned()),
        resource: Some((mapping.entity_type.clone(), one.id.0)),
        keys,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_server_are_gone_back_to() {
        for own in ["/", "/a/b?c=d#e", "/a//b"] {
            assert!(is_own_path(own), "{own}");
        }
        for other in ["", "a", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb", "/\t/evil"] {
            assert!(!is_own_path(other), "{other:?}");
        }
    }
}
