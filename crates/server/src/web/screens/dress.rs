//! Problems in the look of the product, for whoever asks with a browser.

use super::assets::{Assets, assets};
use super::context::{Ctx, encoded, go, html, language, theme};
use super::frame::Frame;
use super::words::Words;
use crate::web::access::authenticate;
use crate::web::app::App;
use crate::web::principal::Permitted;
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Most bytes of a problem document.
const LONGEST: usize = 64 << 10;

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemView {
    frame: Frame,
    problem: Problem,
    title: String,
}

#[derive(Template)]
#[template(path = "problem_alone.html")]
struct AloneView {
    w: Words,
    theme: &'static str,
    files: &'static Assets,
    problem: Problem,
    title: String,
}

/// Turns a problem document into a page, and a missing sign-in into the way to it. Programs get what they always get.
pub(crate) async fn dress(State(app): State<App>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let wanted = wants_page(&head);
    let is_part = head.headers.contains_key("hx-request");
    let mut kept = (wanted || is_part).then(|| head.clone());
    let response = next.run(Request::from_parts(head, body)).await;
    let is_problem = |kind: &HeaderValue| kind.as_bytes().starts_with(b"application/problem+json");
    let Some(head) = kept.as_mut().filter(|_| response.headers().get(header::CONTENT_TYPE).is_some_and(is_problem))
    else {
        return response;
    };
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), LONGEST).await.unwrap_or_default();
    let Ok(problem) = serde_json::from_slice::<Problem>(&bytes) else {
        return (status, "").into_response();
    };
    if is_part {
        return part(head, status, &problem);
    }
    match way(head, status, &problem) {
        Some(to) => go(&to),
        None => {
            let mut response = page(&app, head, problem).await;
            *response.status_mut() = status;
            response
        }
    }
}

/// A browser asks for a page, and not for what programs ask for.
fn wants_page(head: &Parts) -> bool {
    let path = head.uri.path();
    let is_for_programs = (path.starts_with("/api/") && !path.starts_with("/api/Access/SignIn/"))
        || ["/connect/", "/.well-known/", "/swagger/"].iter().any(|start| path.starts_with(start));
    let accepts = head.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    !is_for_programs && accepts.is_some_and(|text| text.contains("text/html"))
}

/// Where somebody goes who has to do something else first.
fn way(head: &Parts, status: StatusCode, problem: &Problem) -> Option<String> {
    if problem.code() == "change-password" {
        return Some("/change-password".to_owned());
    }
    let is_signed_out = status == StatusCode::UNAUTHORIZED && problem.code() == "unauthorized";
    let back = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let back = if head.method == axum::http::Method::GET { back } else { "/" };
    is_signed_out.then(|| if back == "/" { "/signin".to_owned() } else { format!("/signin?return={}", encoded(back)) })
}

/// For a part of a page: a text that the page shows, or where to go.
fn part(head: &Parts, status: StatusCode, problem: &Problem) -> Response {
    let mut response = (status, "").into_response();
    let headers = response.headers_mut();
    if let Some(to) = way(head, status, problem).and_then(|to| HeaderValue::try_from(to).ok()) {
        headers.insert("hx-redirect", to);
    } else if let Ok(text) = HeaderValue::try_from(&problem.detail) {
        headers.insert("x-problem", text);
    }
    response
}

async fn page(app: &App, head: &mut Parts, problem: Problem) -> Response {
    let w = language(app, &head.headers);
    let key = format!("problem.{}", problem.status);
    let title = if w.has(&key) { w.t(&key) } else { w.t("problem.other") }.to_owned();
    if let Ok(Some((principal, _))) = authenticate(app, head).await
        && !matches!(&principal.who, crate::web::principal::Who::Person(person) if person.must_change_password)
    {
        head.extensions.insert(principal);
        head.extensions.insert(Permitted(String::new()));
        if let Ok(ctx) = Ctx::from_request_parts(head, app).await
            && let Ok(frame) = ctx.frame(title.clone(), Vec::new()).await
            && let Ok(response) = html(&ProblemView { frame, problem: problem.clone(), title: title.clone() })
        {
            return response;
        }
    }
    let alone = AloneView { w, theme: theme(&head.headers), files: assets(), problem, title };
    html(&alone).unwrap_or_else(IntoResponse::into_response)
}
