//! Requests that another site makes a browser send: it would add the cookie by itself.

use super::refusal::{Reason, Refusal};
use crate::web::app::App;
use crate::web::problem::Problem;
use axum::http::{HeaderMap, Method, StatusCode, header};

/// Whether a method changes nothing.
pub(crate) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Lets requests through that come from our own pages, or from the address line.
///
/// Browsers say where a request comes from in `Sec-Fetch-Site`, older ones in `Origin`. A request that says neither is
/// from a program: without a cookie it may pass (`strict` false), with one it has to say.
///
/// # Errors
/// It comes from another site.
pub(crate) fn check(app: &App, headers: &HeaderMap, strict: bool) -> Result<(), Refusal> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    let is_own = match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
        (Some(site), None) => matches!(site, "same-origin" | "none"),
        (site, Some(origin)) => {
            site.is_none_or(|site| site == "same-origin") && app.origins().any(|own| own.eq_ignore_ascii_case(origin))
        }
        (None, None) => !strict,
    };
    if is_own {
        return Ok(());
    }
    let problem = Problem::new(StatusCode::FORBIDDEN, "cross-site", "this request was sent by another site").hint(
        "open the pages under ApplicationUri; programs send a bearer token, or the header Origin beside the cookie",
    );
    Err(Refusal::new(Reason::CrossSite, problem))
}
