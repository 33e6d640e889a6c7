//! Signing in and out, changing a password, and how pages look and speak.

use super::assets::{Assets, assets};
use super::context::{Ctx, encoded, go, html, language, set_plain_cookie, theme};
use super::words::{Language, Words};
use super::{shows, takes};
use crate::web::access::{enter, origin, peer_of, refuse, renew, sessions, with_cookie};
use crate::web::app::App;
use crate::web::principal::{Principal, Who};
use crate::web::problem::Problem;
use crate::web::query::pairs;
use crate::web::route::{Right, Route};
use askama::Template;
use axum::Extension;
use axum::extract::{Form, FromRequest, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub(super) fn routes() -> Vec<Route> {
    vec![
        shows("/signin", Right::Public, || get(page)),
        takes("/signin", Right::Public, || post(sign_in)),
        shows("/change-password", Right::SignedIn, || get(password_page)),
        takes("/change-password", Right::SignedIn, || post(change_password)),
        takes("/signout", Right::SignedIn, || post(sign_out)),
        takes("/preferences", Right::Public, || post(preferences)),
    ]
}

struct Way {
    name: String,
    href: String,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInView {
    w: Words,
    theme: &'static str,
    files: &'static Assets,
    is_local: bool,
    ways: Vec<Way>,
    login: String,
    back: String,
    wrong: Option<String>,
    is_signed_out: bool,
}

#[derive(Template)]
#[template(path = "change_password.html")]
struct PasswordView {
    w: Words,
    theme: &'static str,
    files: &'static Assets,
    login: String,
    is_first: bool,
    wrong: Option<String>,
}

/// A path of this server, and nothing that a browser would take for another one.
fn own_path(path: Option<&str>) -> String {
    let is_own = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains(['\\', '\r', '\n', '\t'])
            && path.len() < 2000
    };
    path.filter(is_own).unwrap_or("/").to_owned()
}

fn sign_in_view(app: &App, headers: &HeaderMap, back: String) -> SignInView {
    let settings = &app.settings().access;
    let way = |provider: &crate::web::ProviderSettings| Way {
        name: provider.display_name.clone(),
        href: format!("/api/Access/SignIn/{}?return={}", encoded(&provider.name), encoded(&back)),
    };
    SignInView {
        w: language(app, headers),
        theme: theme(headers),
        files: assets(),
        is_local: settings.allow_local_login,
        ways: settings.providers.iter().map(way).collect(),
        login: String::new(),
        back,
        wrong: None,
        is_signed_out: false,
    }
}

async fn page(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let query = pairs(uri.query().unwrap_or_default())?;
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let mut view = sign_in_view(&app, &headers, own_path(value("return")));
    view.is_signed_out = value("done") == Some("signed-out");
    html(&view)
}

/// A form with the head that it came with.
async fn form<T: DeserializeOwned>(app: &App, request: Request) -> Result<(Parts, T), Problem> {
    let (head, body) = request.into_parts();
    let read = Form::<T>::from_request(Request::from_parts(head.clone(), body), app).await;
    match read {
        Ok(Form(form)) => Ok((head, form)),
        Err(rejection) => Err(Problem::bad_request("unreadable-form", rejection.body_text())),
    }
}

#[derive(Deserialize)]
struct SignIn {
    login: String,
    password: String,
    #[serde(default)]
    back: String,
}

async fn sign_in(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (head, asked) = form::<SignIn>(&app, request).await?;
    let back = own_path(Some(&asked.back));
    match enter(&app, &head, &asked.login, &asked.password).await {
        Ok((cookie, principal)) => {
            let must_change = matches!(&principal.who, Who::Person(person) if person.must_change_password);
            Ok(with_cookie(cookie, go(if must_change { "/change-password" } else { &back })))
        }
        Err(problem) if problem.code() == "wrong-password" || problem.code() == "locked" => {
            let mut view = sign_in_view(&app, &head.headers, back);
            view.login = asked.login;
            view.wrong = Some(match problem.retry_after {
                Some(seconds) => view.w.one("sign-in.locked", seconds),
                None => view.w.t("sign-in.wrong").to_owned(),
            });
            let mut response = html(&view)?;
            *response.status_mut() = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNAUTHORIZED);
            Ok(response)
        }
        Err(problem) => Err(problem),
    }
}

fn password_view(ctx: &Ctx) -> PasswordView {
    let (login, is_first) = match &ctx.principal.who {
        Who::Person(person) => (person.login.clone(), person.must_change_password),
        Who::Client(identifier) => (identifier.clone(), false),
    };
    PasswordView { w: ctx.w, theme: ctx.theme, files: assets(), login, is_first, wrong: None }
}

async fn password_page(ctx: Ctx) -> Result<Response, Problem> {
    html(&password_view(&ctx))
}

#[derive(Deserialize)]
struct ChangePassword {
    current: String,
    new: String,
    again: String,
}

async fn change_password(
    State(app): State<App>,
    Extension(caller): Extension<Principal>,
    ctx: Ctx,
    request: Request,
) -> Result<Response, Problem> {
    let (head, asked) = form::<ChangePassword>(&app, request).await?;
    let mut view = password_view(&ctx);
    if asked.new != asked.again {
        view.wrong = Some(ctx.w.t("password.differ").to_owned());
    } else {
        match renew(&app, &head, &caller, &asked.current, &asked.new).await {
            Ok((cookie, _)) => return Ok(with_cookie(cookie, go("/?done=password"))),
            Err(problem) if problem.status < 500 => {
                view.wrong = Some(match problem.code() {
                    "wrong-password" => ctx.w.t("password.wrong").to_owned(),
                    _ => problem.detail,
                });
            }
            Err(problem) => return Err(problem),
        }
    }
    let mut response = html(&view)?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

async fn sign_out(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let cookie = sessions::end(&app, &headers, &principal.name).await?;
    Ok(with_cookie(cookie, go("/signin?done=signed-out")))
}

#[derive(Deserialize)]
struct Preferences {
    #[serde(default)]
    language: String,
    #[serde(default)]
    theme: String,
    #[serde(default)]
    back: String,
}

/// Language and theme, in cookies that hold no secret: also for somebody who is not signed in yet.
async fn preferences(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (head, asked) = form::<Preferences>(&app, request).await?;
    let peer = peer_of(&app, &head);
    origin::check(&app, &head.headers, true).map_err(|refusal| refuse(&app, peer, refusal))?;
    let mut response = go(&own_path(Some(&asked.back)));
    if let Some(language) = Language::of(&asked.language) {
        response = with_cookie(set_plain_cookie(&app, "provost-language", language.code()), response);
    }
    if ["light", "dark"].contains(&asked.theme.as_str()) {
        response = with_cookie(set_plain_cookie(&app, "provost-theme", &asked.theme), response);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn nobody_is_sent_to_another_server() {
        assert_eq!(own_path(Some("/runs/3?x=1")), "/runs/3?x=1");
        for other in ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb"] {
            assert_eq!(own_path(Some(other)), "/", "{other:?}");
        }
    }
}
