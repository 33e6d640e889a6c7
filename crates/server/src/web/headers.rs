//! Headers that tell browsers what they must not do with an answer.

use super::app::App;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// Everything from this server, nothing from elsewhere, and in nobody's frame.
const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";
const YEAR: &str = "max-age=31536000; includeSubDomains";
const PRELOAD: &str = "max-age=31536000; includeSubDomains; preload";

pub(super) async fn secure(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_private = ["/api", "/connect", "/signin-oidc", "/metrics"].iter().any(|start| path.starts_with(start));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut add = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    add(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(header::CONTENT_SECURITY_POLICY, POLICY);
    add(header::X_FRAME_OPTIONS, "DENY");
    add(header::REFERRER_POLICY, "same-origin");
    if is_private {
        add(header::CACHE_CONTROL, "no-store");
    }
    let access = &app.settings().access;
    if access.is_secure {
        add(header::STRICT_TRANSPORT_SECURITY, if access.hsts_preload { PRELOAD } else { YEAR });
    }
    response
}
