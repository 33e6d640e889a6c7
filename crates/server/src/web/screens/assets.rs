//! Files that pages need, inside the binary. Their addresses hold a digest of their content, so browsers keep them.

use super::shows;
use crate::web::problem::Problem;
use crate::web::route::{Right, Route};
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::OnceLock;

const FOREVER: &str = "public, max-age=31536000, immutable";

/// One file.
#[derive(Debug)]
struct Asset {
    /// `app.4f1c….css`.
    name: String,
    kind: &'static str,
    bytes: &'static [u8],
}

/// Addresses of all files.
#[derive(Debug)]
pub(crate) struct Assets {
    pub(crate) style: String,
    pub(crate) script: String,
    pub(crate) htmx: String,
    pub(crate) icons: String,
    pub(crate) mark: String,
    all: Vec<Asset>,
}

pub(super) fn routes() -> Vec<Route> {
    vec![shows("/assets/{name}", Right::Public, || get(file))]
}

/// The files of this version.
pub(crate) fn assets() -> &'static Assets {
    static ASSETS: OnceLock<Assets> = OnceLock::new();
    ASSETS.get_or_init(|| {
        let mut all = Vec::new();
        let mut add = |stem: &str, end: &str, kind, bytes: &'static [u8]| {
            let digest = blake3::hash(bytes).to_hex();
            let name = format!("{stem}.{}.{end}", &digest[..16]);
            let address = format!("/assets/{name}");
            all.push(Asset { name, kind, bytes });
            address
        };
        let style = add("app", "css", "text/css; charset=utf-8", include_bytes!("../../../assets/app.css"));
        let script = add("app", "js", "text/javascript; charset=utf-8", include_bytes!("../../../assets/app.js"));
        let htmx = add("htmx", "js", "text/javascript; charset=utf-8", include_bytes!("../../../assets/htmx.min.js"));
        let icons = add("icons", "svg", "image/svg+xml", include_bytes!("../../../assets/icons.svg"));
        let mark = add("mark", "svg", "image/svg+xml", include_bytes!("../../../assets/mark.svg"));
        Assets { style, script, htmx, icons, mark, all }
    })
}

async fn file(Path(name): Path<String>) -> Result<Response, Problem> {
    let found = assets().all.iter().find(|asset| asset.name == name);
    let asset = found.ok_or_else(|| Problem::not_found("there is no such file in this version"))?;
    Ok(([(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, FOREVER)], asset.bytes).into_response())
}
