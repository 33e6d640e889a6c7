//! Sign-in at a provider, against one that can be told to misbehave.

use super::world::{PROTECTED, World, clock, provider, wait};
use crate::web::access::{AccessSettings, ProviderSettings, secret};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use provost_model::ResourceId;
use provost_model::Slot;
use provost_model::changes::Command;
use provost_store::{ApplyPlan, ResourceChangeRow};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What the provider does next.
struct Behaviour {
    key: EncodingKey,
    kid: &'static str,
    jwks: Value,
    challenge: String,
    claims: Value,
    userinfo: Value,
    algorithm: Algorithm,
    jwks_asked: u32,
    issuer: Option<String>,
}

#[derive(Clone)]
struct Mock {
    state: Arc<Mutex<Behaviour>>,
    address: String,
}

fn pair(kid: &str) -> (EncodingKey, Value) {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..65]));
    let public = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "use": "sig", "alg": "ES256" });
    (EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref()), public)
}

impl Mock {
    async fn start() -> Mock {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (key, public) = pair("one");
        let behaviour = Behaviour {
            key,
            kid: "one",
            jwks: json!({ "keys": [public] }),
            challenge: String::new(),
            claims: json!({}),
            userinfo: json!({ "sub": "17" }),
            algorithm: Algorithm::ES256,
            jwks_asked: 0,
            issuer: None,
        };
        let mock = Mock { state: Arc::new(Mutex::new(behaviour)), address };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(description))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .route(
                "/me",
                get(|State(mock): State<Mock>| async move { Json(mock.state.lock().unwrap().userinfo.clone()) }),
            )
            .with_state(mock.clone());
        tokio::spawn(async move { axum_serve(listener, router).await });
        mock
    }

    fn set(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.state.lock().unwrap());
    }
}

/// `axum::serve` without its feature: one connection after the other is enough.
async fn axum_serve(listener: tokio::net::TcpListener, router: Router) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let service = hyper_util::service::TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let io = hyper_util::rt::TokioIo::new(stream);
            let builder = hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new());
            let _ = builder.serve_connection(io, service).await;
        });
    }
}

async fn description(State(mock): State<Mock>) -> Json<Value> {
    let at = &mock.address;
    let issuer = mock.state.lock().unwrap().issuer.clone().unwrap_or_else(|| at.clone());
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{at}/authorize"),
        "token_endpoint": format!("{at}/token"),
        "jwks_uri": format!("{at}/jwks"),
        "userinfo_endpoint": format!("{at}/me"),
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn jwks(State(mock): State<Mock>) -> Json<Value> {
    let mut state = mock.state.lock().unwrap();
    state.jwks_asked += 1;
    Json(state.jwks.clone())
}

async fn token(
    State(mock): State<Mock>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let state = mock.state.lock().unwrap();
    let client = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let is_client = client == Some(format!("Basic {}", STANDARD.encode("provost:s3cret%2F%2B")));
    let is_proven = form.get("code_verifier").map(|verifier| secret::digest(verifier)) == Some(state.challenge.clone());
    let is_back = form.get("redirect_uri").map(String::as_str) == Some("https://provost.example/signin-oidc");
    if !is_client || !is_proven || !is_back || form.get("code").map(String::as_str) != Some("the-code") {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })));
    }
    let mut header = Header::new(state.algorithm);
    header.kid = Some(state.kid.to_owned());
    let key = match state.algorithm {
        Algorithm::HS256 => EncodingKey::from_secret(b"s3cret/+"),
        _ => state.key.clone(),
    };
    let token = jsonwebtoken::encode(&header, &state.claims, &key).unwrap();
    (StatusCode::OK, Json(json!({ "id_token": token, "access_token": "at", "token_type": "Bearer" })))
}

/// A sign-in as far as the provider's page.
struct Begun {
    cookie: String,
    state: String,
    nonce: String,
}

async fn world(mock: &Mock) -> World {
    let settings = provider(&mock.address);
    let world = World::with(AccessSettings { providers: vec![settings], ..AccessSettings::default() });
    world.write(|tx| {
        let catalog = tx.catalog()?;
        let person = catalog.entity_types["Person"];
        let slots: Vec<Slot> = [4, 5].into_iter().filter_map(Slot::new).collect();
        let run = tx.new_run("HR", clock())?;
        let mut changes = tx.resource_changes(run, person, &slots)?;
        for (id, number, mail) in [(1, "P1", "amara"), (2, "P2", "bo"), (3, "P3", "twin"), (4, "P4", "Twin")] {
            changes.push(ResourceChangeRow {
                command: Command::Insert,
                id: ResourceId(id),
                key: number,
                line: 1,
                precision: 0,
                fingerprint: 1,
                display_name: Some(mail),
                values: &[Some(number), Some(mail)],
                changed: 0,
            })?;
        }
        changes.finish()?;
        let plan = ApplyPlan { types: vec![(person, slots)], now_micros: clock(), ..ApplyPlan::default() };
        tx.apply_changes(run, &plan).map(|_| ())
    });
    world
}

async fn begin(world: &World, mock: &Mock, back_to: &str) -> Begun {
    let answer = world.get(&format!("/api/Access/SignIn/Mock?return={back_to}"), &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    let value = |name: &str| {
        let (_, rest) = location.split_once(&format!("{name}=")).unwrap();
        rest.split('&').next().unwrap().to_owned()
    };
    assert!(location.starts_with(&format!("{}/authorize?response_type=code&client_id=provost", mock.address)));
    assert_eq!(value("code_challenge_method"), "S256");
    assert_eq!(value("redirect_uri"), "https%3A%2F%2Fprovost.example%2Fsignin-oidc");
    let begun = Begun { cookie: answer.cookie(), state: value("state"), nonce: value("nonce") };
    let now = clock() / 1_000_000;
    mock.set(|state| {
        state.challenge = value("code_challenge");
        state.claims = json!({
            "iss": mock.address, "aud": "provost", "sub": "17", "iat": now, "exp": now + 300,
            "nonce": begun.nonce, "email": "Amara@acme.example",
        });
    });
    begun
}

async fn back(world: &World, mock: &Mock, begun: &Begun) -> super::world::Answer {
    let issuer = mock.address.replace(':', "%3A").replace('/', "%2F");
    let path = format!("/signin-oidc?code=the-code&state={}&iss={issuer}", begun.state);
    world.get(&path, &[("cookie", &begun.cookie)]).await
}

#[tokio::test]
async fn a_person_signs_in_at_a_provider_and_has_the_profiles_of_their_identity() {
    let mock = Mock::start().await;
    let world = world(&mock).await;
    let ways = world.get("/api/Access/Providers", &[]).await.json();
    assert_eq!(ways["providers"][0]["address"], "/api/Access/SignIn/Mock");
    let begun = begin(&world, &mock, "/a%3Fb").await;
    let answer = back(&world, &mock, &begun).await;
    assert_eq!(
        (answer.status.as_u16(), answer.headers["location"].to_str().unwrap()),
        (303, "/a?b"),
        "{}",
        answer.text
    );
    let cookie = answer.cookie();
    let me = world.get("/api/Access/Me", &[("cookie", &cookie)]).await.json();
    assert_eq!((me["provider"].as_str(), me["resource"].as_str()), (Some("Mock"), Some("1")));
    assert_eq!(me["profiles"], json!(["Able"]));
    assert_eq!(world.get(PROTECTED, &[("cookie", &cookie)]).await.status, 200);
    // The cookie of the sign-in is removed; the answer is good once at the provider too.
    let removed = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .any(|v| v.to_str().unwrap().starts_with("__Host-provost-sign-in=;"));
    assert!(removed);
}

#[tokio::test]
async fn who_has_no_profile_may_do_nothing_and_who_has_left_has_no_session() {
    let mock = Mock::start().await;
    let world = world(&mock).await;
    let begun = begin(&world, &mock, "/").await;
    mock.set(|state| state.claims["email"] = json!("bo@acme.example"));
    let cookie = back(&world, &mock, &begun).await.cookie();
    assert_eq!(world.get(PROTECTED, &[("cookie", &cookie)]).await.status, 403);
    world.write(|tx| {
        let person = tx.catalog()?.entity_types["Person"];
        let slots: Vec<Slot> = [4, 5].into_iter().filter_map(Slot::new).collect();
        let run = tx.new_run("HR", clock())?;
        let mut changes = tx.resource_changes(run, person, &slots)?;
        changes.push(ResourceChangeRow {
            command: Command::Delete,
            id: ResourceId(2),
            key: "P2",
            line: 1,
            precision: 0,
            fingerprint: 1,
            display_name: None,
            values: &[None, None],
            changed: 0,
        })?;
        changes.finish()?;
        let plan = ApplyPlan { types: vec![(person, slots)], now_micros: clock() + 1, ..ApplyPlan::default() };
        tx.apply_changes(run, &plan).map(|_| ())
    });
    assert_eq!(world.get(PROTECTED, &[("cookie", &cookie)]).await.status, 401);
}

#[tokio::test]
async fn a_login_that_names_nobody_or_two_is_refused() {
    let mock = Mock::start().await;
    let world = world(&mock).await;
    for login in ["eve@acme.example", "twin@acme.example", "@acme.example", ""] {
        let begun = begin(&world, &mock, "/").await;
        mock.set(|state| state.claims["email"] = json!(login));
        assert_eq!(back(&world, &mock, &begun).await.problem(), "401 sign-in", "{login}");
    }
    assert!(world.refused("provider"));
}

#[tokio::test]
async fn identity_tokens_that_are_not_for_this_sign_in_are_refused() {
    let mock = Mock::start().await;
    let world = world(&mock).await;
    let now = clock() / 1_000_000;
    for (name, value) in [
        ("iss", json!("https://other.example")),
        ("aud", json!("another")),
        ("aud", json!(["provost", "another"])),
        ("azp", json!("another")),
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("exp", json!(now - 60)),
        ("exp", Value::Null),
        ("iat", json!(now + 61)),
        ("nbf", json!(now + 61)),
        ("sub", json!("")),
        ("email", Value::Null),
    ] {
        let begun = begin(&world, &mock, "/").await;
        mock.set(|state| state.claims[name] = value.clone());
        assert_eq!(back(&world, &mock, &begun).await.problem(), "401 sign-in", "{name} {value}");
    }
    let begun = begin(&world, &mock, "/").await;
    mock.set(|state| state.algorithm = Algorithm::HS256);
    assert_eq!(back(&world, &mock, &begun).await.problem(), "401 sign-in", "signed with the shared secret");
}

#[tokio::test]
async fn an_answer_that_was_not_asked_for_here_is_refused() {
    let mock = Mock::start().await;
    let world = world(&mock).await;
    let begun = begin(&world, &mock, "/").await;
    let victim = begin(&world, &mock, "/").await;
    let issuer = mock.address.replace(':', "%3A").replace('/', "%2F");
    let cookie = [("cookie", victim.cookie.as_str())];
    for (what, path, headers) in [
        ("another's state", format!("/signin-oidc?code=the-code&state={}&iss={issuer}", begun.state), &cookie[..]),
        ("no cookie", format!("/signin-oidc?code=the-code&state={}&iss={issuer}", victim.state), &[]),
        ("no state", format!("/signin-oidc?code=the-code&iss={issuer}"), &cookie[..]),
        ("no issuer", format!("/signin-oidc?code=the-code&state={}", victim.state), &cookie[..]),
        (
            "another issuer",
            format!("/signin-oidc?code=the-code&state={}&iss=https%3A%2F%2Fevil.example", victim.state),
            &cookie[..],
        ),
        ("an error", format!("/signin-oidc?error=access_denied&state={}&iss={issuer}", victim.state), &cookie[..]),
        ("another code", format!("/signin-oidc?code=other&state={}&iss={issuer}", victim.state), &cookie[..]),
    ] {
        assert_eq!(world.get(&path, headers).await.problem(), "401 sign-in", "{what}");
    }
    wait(601);
    assert_eq!(back(&world, &mock, &victim).await.problem(), "401 sign-in", "too late");
}

#[tokio::test]
async fn new_keys_of_a_provider_are_learnt_when_they_are_used() {
    let mock = Mock::start().await;
    let world = world(&mock).await;
    let begun = begin(&world, &mock, "/").await;
    assert_eq!(back(&world, &mock, &begun).await.status, 303);
    let (key, public) = pair("two");
    mock.set(|state| {
        state.key = key;
        state.kid = "two";
        state.jwks = json!({ "keys": [public] });
    });
    let begun = begin(&world, &mock, "/").await;
    assert_eq!(back(&world, &mock, &begun).await.problem(), "401 sign-in", "asked a moment ago");
    wait(10);
    let begun = begin(&world, &mock, "/").await;
    assert_eq!(back(&world, &mock, &begun).await.status, 303);
    assert_eq!(mock.state.lock().unwrap().jwks_asked, 2);
}

#[tokio::test]
async fn the_login_may_come_from_userinfo_when_it_is_about_the_same_person() {
    let mock = Mock::start().await;
    let world = world(&mock).await;
    let without = |userinfo: Value| {
        mock.set(|state| {
            state.claims.as_object_mut().unwrap().remove("email");
            state.userinfo = userinfo;
        });
    };
    let begun = begin(&world, &mock, "/").await;
    without(json!({ "sub": "17", "email": "amara@acme.example" }));
    assert_eq!(back(&world, &mock, &begun).await.status, 303);
    let begun = begin(&world, &mock, "/").await;
    without(json!({ "sub": "18", "email": "amara@acme.example" }));
    assert_eq!(back(&world, &mock, &begun).await.problem(), "401 sign-in");
}

#[tokio::test]
async fn a_provider_that_is_somebody_else_or_away_is_not_used() {
    let mock = Mock::start().await;
    let world = world(&mock).await;
    mock.set(|state| state.issuer = Some("https://evil.example".to_owned()));
    assert_eq!(world.get("/api/Access/SignIn/Mock", &[]).await.problem(), "502 provider");
    let away = provider("http://127.0.0.1:9");
    let strict = ProviderSettings { require_https: true, name: "Strict".to_owned(), ..provider(&mock.address) };
    let world = World::with(AccessSettings { providers: vec![away, strict], ..AccessSettings::default() });
    assert_eq!(world.get("/api/Access/SignIn/Mock", &[]).await.problem(), "502 provider");
    assert_eq!(world.get("/api/Access/SignIn/Strict", &[]).await.problem(), "502 provider");
    assert_eq!(world.get("/api/Access/SignIn/Nobody", &[]).await.problem(), "404 not-found");
}
