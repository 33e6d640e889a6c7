//! What every handler of a screen starts from.

use super::frame::{Crumb, Frame};
use super::model::Model;
use super::words::{Language, Words};
use crate::web::access::sessions;
use crate::web::app::App;
use crate::web::principal::{Permitted, Principal};
use crate::web::problem::Problem;
use crate::web::query::pairs;
use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// A request for a screen: who asks, in which language, for what.
#[derive(Clone, Debug)]
pub(crate) struct Ctx {
    pub(crate) app: App,
    pub(crate) principal: Principal,
    pub(crate) permitted: Permitted,
    pub(crate) w: Words,
    pub(crate) theme: &'static str,
    /// Path of the address, without its query.
    pub(crate) path: String,
    /// Names and values of the query.
    pub(crate) query: Vec<(String, String)>,
    /// Somebody of this page asks for a part of it.
    pub(crate) is_part: bool,
}

impl FromRequestParts<App> for Ctx {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, app: &App) -> Result<Ctx, Problem> {
        let principal = head.extensions.get::<Principal>().cloned();
        Ok(Ctx {
            app: app.clone(),
            principal: principal.ok_or_else(|| Problem::unauthorized("this needs somebody who is signed in"))?,
            permitted: head.extensions.get::<Permitted>().cloned().unwrap_or_else(|| Permitted(String::new())),
            w: language(app, &head.headers),
            theme: theme(&head.headers),
            path: head.uri.path().to_owned(),
            query: pairs(head.uri.query().unwrap_or_default())?,
            is_part: head.headers.contains_key("hx-request"),
        })
    }
}

impl Ctx {
    /// The value of a parameter of the query; an empty one counts as none.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// All values of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The address with these parameters instead of what it has of them; an empty value takes one away.
    pub(crate) fn address(&self, changes: &[(&str, &str)]) -> String {
        let kept = self.query.iter().filter(|(name, value)| {
            !value.is_empty() && name != "done" && changes.iter().all(|(changed, _)| changed != name)
        });
        let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
        let added = changes.iter().filter(|(_, value)| !value.is_empty()).copied();
        let all: Vec<String> =
            kept.chain(added).map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        if all.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, all.join("&")) }
    }

    /// Whether whoever asks has a permission.
    pub(crate) fn may(&self, permission: &str) -> bool {
        self.principal.may(permission)
    }

    /// How the deployed entity types are shown.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub(crate) async fn model(&self) -> Result<Arc<Model>, Problem> {
        let app = self.app.clone();
        self.app.read(move |tx| app.models().current(tx)).await
    }

    /// The frame of a page: what is around its content.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub(crate) async fn frame(&self, title: impl Into<String>, crumbs: Vec<Crumb>) -> Result<Frame, Problem> {
        Ok(Frame::new(self, &*self.model().await?, title.into(), crumbs))
    }
}

/// The language that was chosen, else the first of those that the browser asks for.
pub(crate) fn language(_app: &App, headers: &HeaderMap) -> Words {
    let chosen = plain_cookie(headers, "provost-language").and_then(Language::of);
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Words(chosen.or_else(|| asked.split(',').find_map(Language::of)).unwrap_or_default())
}

/// The theme that was chosen; empty leaves it to the browser.
pub(crate) fn theme(headers: &HeaderMap) -> &'static str {
    match plain_cookie(headers, "provost-theme") {
        Some("dark") => "dark",
        Some("light") => "light",
        _ => "",
    }
}

/// A cookie that holds no secret.
fn plain_cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let texts = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// `Set-Cookie` for a cookie that holds no secret, for a year.
pub(crate) fn set_plain_cookie(app: &App, name: &str, value: &str) -> HeaderValue {
    let secure = if sessions::cookie_name(app, "").starts_with("__Host-") { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax{secure}");
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// A page or a part of one.
///
/// # Errors
/// The template cannot be written.
pub(crate) fn html(template: &impl Template) -> Result<Response, Problem> {
    let text = template.render().map_err(|error| Problem::internal(&error))?;
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, text).into_response())
}

/// Sends the browser to a page of this server, with `GET`.
pub(crate) fn go(path: &str) -> Response {
    let address = HeaderValue::try_from(path).unwrap_or_else(|_| HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response()
}

/// Percent-encoded for a part of an address.
pub(crate) fn encoded(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            safe.push(char::from(byte));
        } else {
            safe.push_str(&format!("%{byte:02X}"));
        }
    }
    safe
}
