//! A page on which people read the description of the interface and try its routes. Its files are in the program: it
//! asks no other host for anything.

use super::app::App;
use super::problem::Problem;
use super::route::{Right, Route};
use axum::extract::State;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};

/// The page is for anyone, as its description is; what it calls needs a token or a session.
pub(super) fn routes() -> Vec<Route> {
    let file = |path, summary, kinds, handler: fn() -> MethodRouter<App>| {
        Route::new(Method::GET, path, Right::Public, "Operations", summary, handler).gives_raw(kinds)
    };
    vec![
        file("/swagger", "A page to read and to try this description", &["text/html"], || {
            get(|state| page(state, "text/html", include_str!("page.html")))
        }),
        file("/swagger/page.css", "How that page looks", &["text/css"], || {
            get(|state| page(state, "text/css", include_str!("page.css")))
        }),
        file("/swagger/page.svg", "Its icon", &["image/svg+xml"], || {
            get(|state| page(state, "image/svg+xml", include_str!("page.svg")))
        }),
        file("/swagger/page.js", "What that page does", &["text/javascript"], || {
            get(|state| page(state, "text/javascript", include_str!("page.js")))
        }),
    ]
}

async fn page(State(app): State<App>, kind: &'static str, content: &'static str) -> Result<Response, Problem> {
    if !app.settings().has_swagger_page {
        return Err(Problem::not_found("this server does not show the page of its interface").hint(
            "the description is at /swagger/v1/swagger.json; Swagger:Enabled in appsettings.json opens the page",
        ));
    }
    let headers =
        [(header::CONTENT_TYPE, format!("{kind}; charset=utf-8")), (header::CACHE_CONTROL, "no-cache".to_owned())];
    Ok((headers, content).into_response())
}

#[cfg(test)]
mod tests {
    use crate::web::WebSettings;
    use crate::web::access::tests::world::World;

    #[tokio::test]
    async fn the_page_and_its_parts_are_there_and_ask_no_other_host() {
        let world = World::new();
        for (path, kind) in
            [("/swagger", "text/html"), ("/swagger/page.css", "text/css"), ("/swagger/page.js", "text/javascript")]
        {
            let answer = world.get(path, &[]).await;
            assert_eq!(answer.status, 200, "{path}");
            assert_eq!(answer.headers["content-type"], format!("{kind}; charset=utf-8"));
            assert!(!answer.text.contains("//cdn") && !answer.text.contains("http"), "{path} leads elsewhere");
        }
    }

    #[tokio::test]
    async fn a_server_without_the_page_says_where_the_description_is() {
        let first = World::new();
        let world = first.second_with(WebSettings { has_swagger_page: false, ..first.app.settings().clone() });
        let answer = world.get("/swagger", &[]).await;
        assert_eq!(answer.problem(), "404 not-found");
        assert!(answer.text.contains("/swagger/v1/swagger.json"));
        assert_eq!(world.get("/swagger/v1/swagger.json", &[]).await.status, 200);
    }
}
