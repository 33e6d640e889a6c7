//! Every route, for every kind of user.

use super::world::World;
use crate::web::route::{Right, Route};
use crate::web::routes;
use provost_model::access::is_known;

/// Routes that anyone may call. A new one has to be added here, after thinking about it.
const PUBLIC: &[&str] = &[
    "GET /health",
    "GET /ready",
    "GET /swagger/v1/swagger.json",
    "GET /swagger",
    "GET /swagger/page.css",
    "GET /swagger/page.svg",
    "GET /swagger/page.js",
    "POST /connect/token",
    "GET /.well-known/openid-configuration",
    "GET /.well-known/jwks",
    "POST /api/Access/SignIn",
    "GET /api/Access/Providers",
    "GET /api/Access/SignIn/{provider}",
    "GET /signin-oidc",
    "GET /assets/{name}",
    "GET /signin",
    "POST /signin",
    "POST /preferences",
];

/// The permission of a route, with `X` for each of its parameters.
pub(crate) fn permission(route: &Route) -> Option<String> {
    match route.right {
        Right::Permission(template) | Right::Query(template) => Some(filled(template)),
        Right::Public | Right::SignedIn => None,
    }
}

fn filled(template: &str) -> String {
    let mut parts = template.split('{');
    let head = parts.next().unwrap_or_default().to_owned();
    parts.fold(head, |text, part| format!("{text}X{}", part.split_once('}').map_or("", |(_, rest)| rest)))
}

#[test]
fn public_routes_are_those_that_were_agreed_upon() {
    let table = routes::table();
    let public: Vec<String> = table
        .iter()
        .filter(|route| route.right == Right::Public)
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    let unexpected: Vec<&String> = public.iter().filter(|route| !PUBLIC.contains(&route.as_str())).collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
    assert_eq!(public.len(), PUBLIC.len());
}

#[test]
fn every_permission_of_a_route_is_in_the_catalogue() {
    for route in routes::table() {
        if let Some(permission) = permission(&route) {
            assert!(is_known(&permission), "{} {}: {permission}", route.method, route.path);
        }
    }
}

/// Users, with the header that lets them in.
async fn users(world: &World) -> Vec<(&'static str, Option<(&'static str, String)>)> {
    for (login, profile) in [("amara", "Able"), ("bo", "Unable"), ("administrator", "/")] {
        world.account(login, profile, false);
    }
    let bearer = |token: String| Some(("authorization", format!("Bearer {token}")));
    vec![
        ("nobody", None),
        ("client without a right", bearer(world.token("Unable").await)),
        ("client with the right", bearer(world.token("Able").await)),
        ("person without a right", Some(("cookie", world.session("bo").await))),
        ("person with the right", Some(("cookie", world.session("amara").await))),
        ("administrator", Some(("cookie", world.session("administrator").await))),
    ]
}

#[tokio::test]
async fn each_route_lets_in_whoever_has_its_right_and_nobody_else() {
    let world = World::new();
    let users = users(&world).await;
    for route in routes::table() {
        for (user, identity) in &users {
            // A session of its own for each request: some of the routes end sessions.
            let identity = match identity {
                Some(("cookie", _)) => {
                    let login = match *user {
                        "administrator" => "administrator",
                        "person with the right" => "amara",
                        _ => "bo",
                    };
                    Some(("cookie", world.session(login).await))
                }
                other => other.clone(),
            };
            let mut headers = vec![("sec-fetch-site", "same-origin"), ("content-type", "application/json")];
            if let Some((name, value)) = &identity {
                headers.push((name, value));
            }
            let answer = world.send(route.method.as_str(), &filled(route.path), &headers, "{}").await;
            let expected = match (route.right, *user) {
                (Right::Public, _) => "let in",
                (_, "nobody") => "401",
                (Right::SignedIn, _) => "let in",
                (Right::Permission(_) | Right::Query(_), "client without a right" | "person without a right") => "403",
                (Right::Permission(_) | Right::Query(_), _) => "let in",
            };
            // A public route may itself answer that a secret is wrong.
            let actual = match answer.status.as_u16() {
                401 if route.right != Right::Public => "401",
                403 => "403",
                _ => "let in",
            };
            assert_eq!(actual, expected, "{} {} as {user}: {}", route.method, route.path, answer.text);
        }
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_protect_a_browser() {
    let world = World::new();
    for path in ["/health", "/api/Access/Me", "/nowhere"] {
        let answer = world.get(path, &[]).await;
        let header = |name: &str| answer.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert!(header("content-security-policy").contains("default-src 'self'"), "{path}");
        assert!(header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert!(header("strict-transport-security").starts_with("max-age="), "{path}");
        assert_eq!(header("cache-control"), if path.starts_with("/api") { "no-store" } else { "" }, "{path}");
    }
}
