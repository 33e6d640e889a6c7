//! Sign-in and sign-out of people.

use super::attempts::{self, Subject};
use super::refusal::Reason;
use super::sessions::{self, Learnt};
use super::{Refusal, origin, passwords, peer_of, refuse};
use crate::web::app::App;
use crate::web::principal::{Person, Principal, Who};
use crate::web::problem::Problem;
use crate::web::route::{Right, Route};
use axum::Json;
use axum::extract::{Extension, FromRequest, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use provost_model::access;
use provost_store::Account;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use utoipa::ToSchema;

const TAG: &str = "Access";

/// Routes that stay open to somebody who has to change a password first.
pub(crate) const BEFORE_CHANGE: &[&str] = &[
    "/api/Access/Me",
    "/api/Access/ChangePassword",
    "/api/Access/SignOut",
    "/api/Access/SignOutEverywhere",
    "/change-password",
    "/signout",
];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::POST, "/api/Access/SignIn", Right::Public, TAG, "Sign in with login and password", || {
            post(sign_in)
        })
        .takes::<SignIn>()
        .gives::<Me>(),
        Route::new(Method::POST, "/api/Access/SignOut", Right::SignedIn, TAG, "End this session", || post(sign_out))
            .succeeds_with(204),
        Route::new(
            Method::POST,
            "/api/Access/SignOutEverywhere",
            Right::SignedIn,
            TAG,
            "End all sessions of whoever calls",
            || post(sign_out_everywhere),
        )
        .succeeds_with(204),
        Route::new(
            Method::POST,
            "/api/Access/ChangePassword",
            Right::SignedIn,
            TAG,
            "Change the password of a built-in account, and end its sessions",
            || post(change_password),
        )
        .takes::<ChangePassword>()
        .gives::<Me>(),
        Route::new(
            Method::GET,
            "/api/Access/Me",
            Right::SignedIn,
            TAG,
            "Who is signed in, and what they may do",
            || get(me),
        )
        .gives::<Me>(),
        Route::new(Method::GET, "/api/Access/Providers", Right::Public, TAG, "Ways to sign in", || get(providers))
            .gives::<Ways>(),
        Route::new(
            Method::GET,
            "/api/AccessControl/AccessControlPermission",
            Right::Permission("/AccessControl/AccessControlPermission/Query"),
            TAG,
            "Every permission that a profile can have",
            || get(permissions),
        )
        .gives::<Permissions>(),
    ]
}

/// Login and password.
#[derive(Deserialize, ToSchema)]
struct SignIn {
    /// Login of a built-in account.
    login: String,
    /// Its password.
    password: String,
}

/// The old password and the new one.
#[derive(Deserialize, ToSchema)]
struct ChangePassword {
    /// The password until now.
    current: String,
    /// The password from now on.
    new: String,
}

/// Whoever calls.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    /// As the journal names them: `client Job`, `person amara.okafor`.
    name: String,
    /// `client` or `person`.
    kind: &'static str,
    /// Name to show.
    display_name: String,
    /// Provider where they signed in; empty for a built-in account and for clients.
    provider: String,
    /// Id of the identity in the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    /// Profiles that count.
    profiles: Vec<String>,
    /// Permissions held; one holds all below it.
    permissions: Vec<String>,
    /// Nothing else is open until the password is changed.
    must_change_password: bool,
}

/// Ways to sign in.
#[derive(Debug, Serialize, ToSchema)]
struct Ways {
    /// Built-in accounts may sign in with a password.
    local: bool,
    /// Providers of OpenID Connect.
    providers: Vec<Way>,
}

/// A provider.
#[derive(Debug, Serialize, ToSchema)]
struct Way {
    /// Name in addresses.
    name: String,
    /// Name to show.
    display_name: String,
    /// Where the sign-in begins.
    address: String,
}

/// Paths of permissions.
#[derive(Debug, Serialize, ToSchema)]
struct Permissions {
    /// In braces: any name of that kind.
    #[serde(rename = "Result")]
    result: Vec<String>,
}

impl Me {
    pub(super) fn of(principal: &Principal) -> Me {
        let (kind, display_name, person) = match &principal.who {
            Who::Client(identifier) => ("client", identifier.clone(), None),
            Who::Person(person) => ("person", person.display_name.clone(), Some(person)),
        };
        Me {
            name: principal.name.clone(),
            kind,
            display_name,
            provider: person.map(|person| person.provider.clone()).unwrap_or_default(),
            resource: person.and_then(|p| p.resource.as_ref()).map(|(_, id)| id.0.to_string()),
            profiles: principal.rights.grants().iter().map(|grant| grant.profile.clone()).collect(),
            permissions: principal.permissions.clone(),
            must_change_password: person.is_some_and(|person| person.must_change_password),
        }
    }
}

async fn me(Extension(principal): Extension<Principal>) -> Json<Me> {
    Json(Me::of(&principal))
}

async fn permissions() -> Json<Permissions> {
    Json(Permissions { result: access::catalogue().collect() })
}

async fn providers(State(app): State<App>) -> Json<Ways> {
    let settings = &app.settings().access;
    let way = |provider: &super::ProviderSettings| Way {
        name: provider.name.clone(),
        display_name: provider.display_name.clone(),
        address: format!("/api/Access/SignIn/{}", provider.name),
    };
    Json(Ways { local: settings.allow_local_login, providers: settings.providers.iter().map(way).collect() })
}

/// A JSON body with the head that it came with. Other kinds of bodies are refused: forms of other sites can send those.
async fn body<T: serde::de::DeserializeOwned>(app: &App, request: Request) -> Result<(Parts, T), Problem> {
    let (head, body) = request.into_parts();
    match Json::<T>::from_request(Request::from_parts(head.clone(), body), app).await {
        Ok(Json(body)) => Ok((head, body)),
        // What is wrong may quote what was sent: passwords.
        Err(_) => Err(Problem::bad_request("invalid-body", "the body is not the JSON that is expected here")
            .hint("send application/json as /swagger/v1/swagger.json describes it")),
    }
}

pub(crate) fn with_cookie(cookie: HeaderValue, response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    response.headers_mut().append(SET_COOKIE, cookie);
    response
}

async fn sign_in(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (head, asked) = body::<SignIn>(&app, request).await?;
    let (cookie, principal) = enter(&app, &head, &asked.login, &asked.password).await?;
    Ok(with_cookie(cookie, Json(Me::of(&principal))))
}

/// Lets somebody in by login and password: the cookie of a new session, and who they are.
///
/// # Errors
/// Login or password is wrong, too many have failed, passwords are not taken here, or another site sent the browser.
pub(crate) async fn enter(
    app: &App,
    head: &Parts,
    login: &str,
    password: &str,
) -> Result<(HeaderValue, Principal), Problem> {
    let peer = peer_of(app, head);
    origin::check(app, &head.headers, false).map_err(|refusal| refuse(app, peer, refusal))?;
    if !app.settings().access.allow_local_login {
        let problem = Problem::new(StatusCode::FORBIDDEN, "no-local-login", "passwords are not taken here");
        return Err(problem.hint("sign in at a provider: GET /api/Access/Providers"));
    }
    let login = login.trim().to_lowercase();
    let account = proven(app, peer, &login, password).await?;
    begun(app, head, &account, format!("sign-in from {}", shown(peer))).await
}

/// A new session of an account.
async fn begun(
    app: &App,
    head: &Parts,
    account: &Account,
    reason: String,
) -> Result<(HeaderValue, Principal), Problem> {
    let learnt = Learnt { display_name: account.login.clone(), ..Learnt::default() };
    let cookie = sessions::begin(app, &head.headers, (&account.login, ""), &learnt, reason).await?;
    Ok((cookie, principal(app, account, learnt).await?))
}

/// The account of this login, when the password is its own.
async fn proven(app: &App, peer: Option<IpAddr>, login: &str, password: &str) -> Result<Account, Problem> {
    let subjects = vec![Subject::login("person", login), Subject::peer(peer)];
    let attempt = attempts::begin(app, subjects).await.map_err(|refusal| refuse(app, peer, refusal))?;
    let name = login.to_owned();
    let account = app.read(move |tx| Ok(tx.account(&name)?)).await?;
    let is_right = passwords::verify(app, password, account.as_ref()).await?;
    match account.filter(|_| is_right) {
        Some(account) => {
            attempt.succeeded().await;
            Ok(account)
        }
        None => {
            attempt.failed().await;
            let problem = Problem::new(StatusCode::UNAUTHORIZED, "wrong-password", "login or password is wrong");
            Err(refuse(app, peer, Refusal::new(Reason::Password, problem)))
        }
    }
}

async fn principal(app: &App, account: &Account, learnt: Learnt) -> Result<Principal, Problem> {
    let inner = app.clone();
    let policy = app.read(move |tx| inner.access().policies.current(tx)).await?;
    let person = Person {
        login: account.login.clone(),
        display_name: learnt.display_name,
        must_change_password: account.must_change,
        ..Person::default()
    };
    let rights = sessions::of_account(&policy, &account.profile, account.must_change);
    Ok(Principal::new(Who::Person(person), rights))
}

async fn sign_out(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    request: Request,
) -> Result<Response, Problem> {
    let cookie = sessions::end(&app, request.headers(), &principal.name).await?;
    Ok(with_cookie(cookie, StatusCode::NO_CONTENT))
}

async fn sign_out_everywhere(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
) -> Result<Response, Problem> {
    let Who::Person(person) = &principal.who else { return Err(not_a_person()) };
    let (login, provider) = (person.login.clone(), person.provider.clone());
    app.write(&principal.name, "sign-out everywhere", move |tx| Ok(tx.delete_web_sessions_of(&login, &provider)?))
        .await?;
    Ok(with_cookie(sessions::set_cookie(&app, "", "", 0), StatusCode::NO_CONTENT))
}

fn not_a_person() -> Problem {
    Problem::bad_request("no-session", "a program has no session")
        .hint("its tokens end by themselves; to lock it out, change its secret or its ExpirationDate")
}

async fn change_password(
    State(app): State<App>,
    Extension(caller): Extension<Principal>,
    request: Request,
) -> Result<Response, Problem> {
    let (head, asked) = body::<ChangePassword>(&app, request).await?;
    let (cookie, principal) = renew(&app, &head, &caller, &asked.current, &asked.new).await?;
    Ok(with_cookie(cookie, Json(Me::of(&principal))))
}

/// Changes the password of a built-in account, ends its sessions, and begins a new one.
///
/// # Errors
/// Whoever calls has no password here, the current one is wrong, or the new one is too weak.
pub(crate) async fn renew(
    app: &App,
    head: &Parts,
    caller: &Principal,
    current: &str,
    new: &str,
) -> Result<(HeaderValue, Principal), Problem> {
    let person = match &caller.who {
        Who::Person(person) if person.provider.is_empty() => person,
        Who::Person(_) => {
            return Err(
                Problem::bad_request("no-password", "the password is kept by the provider").hint("change it there")
            );
        }
        Who::Client(_) => return Err(not_a_person()),
    };
    let mut account = proven(app, peer_of(app, head), &person.login, current).await?;
    if current == new {
        return Err(Problem::bad_request("weak-password", "the new password is the old one"));
    }
    account.password_hash = passwords::hash_new(app, &person.login, new).await?;
    account.must_change = false;
    let changed = account.clone();
    app.write(&caller.name, "change of password", move |tx| {
        tx.delete_web_sessions_of(&changed.login, "")?;
        Ok(tx.set_account(&changed)?)
    })
    .await?;
    begun(app, head, &account, "sign-in after a change of password".to_owned()).await
}

pub(super) fn shown(peer: Option<IpAddr>) -> String {
    peer.map_or_else(|| "an unknown address".to_owned(), |peer| peer.to_string())
}
