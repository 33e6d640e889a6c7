//! Programs and their tokens.

use super::world::{NEW_YEAR, ORIGIN, PROTECTED, World, basic, clock, wait};
use crate::web::access::AccessSettings;
use crate::web::access::tokens;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

const GOOD: &str = "grant_type=client_credentials&client_id=Able&client_secret=secret&scope=usercube_api";

fn part(token: &str, n: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(n).unwrap()).unwrap()).unwrap()
}

fn joined(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(claims))
}

#[tokio::test]
async fn a_client_gets_a_token_in_each_of_the_usual_ways() {
    let world = World::new();
    let answer = world.ask_token(&[], GOOD).await;
    let json = answer.json();
    assert_eq!((json["token_type"].as_str(), json["expires_in"].as_i64()), (Some("Bearer"), Some(900)));
    assert_eq!(answer.headers["cache-control"], "no-store");
    let token = json["access_token"].as_str().unwrap();
    assert_eq!((part(token, 0)["typ"].as_str(), part(token, 0)["alg"].as_str()), (Some("at+jwt"), Some("ES256")));
    let claims = part(token, 1);
    assert_eq!((claims["iss"].as_str(), claims["aud"].as_str()), (Some(ORIGIN), Some("usercube_api")));
    assert_eq!(claims["exp"].as_i64(), Some(NEW_YEAR / 1_000_000 + 900));
    assert_eq!(world.with_token(token).await.status, 200);

    let named = world.ask_token(&[], &GOOD.replace("=Able", "=Able@provost.example")).await;
    assert_eq!(named.status, 200);
    let only = "grant_type=client_credentials";
    let by_header = world.ask_token(&[("authorization", &basic("Able%40provost.example:secret"))], only).await;
    assert_eq!(by_header.status, 200, "{}", by_header.text);
}

#[tokio::test]
async fn errors_of_the_token_endpoint_are_those_of_the_standard() {
    let world = World::new();
    let secret = basic("Able:secret");
    for (headers, form, expected) in [
        (None, GOOD.replace("=secret", "=Secret"), "401 invalid_client"),
        (None, GOOD.replace("=Able", "=Nobody"), "401 invalid_client"),
        (None, "grant_type=client_credentials".to_owned(), "401 invalid_client"),
        (Some("Bearer x"), "grant_type=client_credentials".to_owned(), "401 invalid_client"),
        (Some(secret.as_str()), GOOD.to_owned(), "400 invalid_request"),
        (None, GOOD.replace("client_credentials", "password"), "400 unsupported_grant_type"),
        (None, GOOD.replace("grant_type", "x"), "400 invalid_request"),
        (None, GOOD.replace("usercube_api", "openid"), "400 invalid_scope"),
        (None, format!("{GOOD}&client_id=Unable"), "400 invalid_request"),
        (None, "{".to_owned(), "400 invalid_request"),
    ] {
        let headers: Vec<(&str, &str)> = headers.iter().map(|value| ("authorization", *value)).collect();
        let answer = world.ask_token(&headers, &form).await;
        let actual = format!("{} {}", answer.status.as_u16(), answer.json()["error"].as_str().unwrap());
        assert_eq!(actual, expected, "{form}");
        assert!(!answer.text.contains("Secret"));
    }
    let wrong_type = world.send("POST", "/connect/token", &[("content-type", "application/json")], "{}").await;
    assert_eq!(wrong_type.json()["error"], "invalid_request");
    assert!(world.refused("client"));
}

#[tokio::test]
async fn an_expired_client_gets_no_token_and_its_tokens_are_void() {
    let world = World::new();
    let token = world.token("Old").await;
    wait(3590);
    let late = world.token("Old").await;
    assert_eq!(world.with_token(&late).await.status, 200);
    wait(10);
    assert_eq!(world.with_token(&late).await.problem(), "401 invalid-token");
    assert_eq!(world.with_token(&token).await.problem(), "401 expired-token");
    assert_eq!(world.ask_token(&[], &GOOD.replace("=Able", "=Old")).await.status, 401);
}

#[tokio::test]
async fn a_client_that_is_taken_out_of_the_configuration_is_out_at_once() {
    let world = World::new();
    let token = world.token("Able").await;
    world.deploy(
        &super::world::configuration(&[])
            .replace("OpenIdClient Identifier=\"Able\"", "OpenIdClient Identifier=\"New\""),
    );
    assert_eq!(world.with_token(&token).await.problem(), "401 invalid-token");
}

#[tokio::test]
async fn settings_override_the_secret_of_the_configuration() {
    let mut settings = AccessSettings::default();
    // SHA-256 of "other".
    settings.client_secrets.insert("able".to_owned(), "2dY4PrVi8Yr+LxQMnc4pDSZvyw9M5WtxEi+WjoQwXEs=".to_owned());
    let world = World::with(settings);
    assert_eq!(world.ask_token(&[], GOOD).await.status, 401);
}

#[tokio::test]
async fn tokens_end_with_some_room_for_clocks() {
    let world = World::new();
    let token = world.token("Able").await;
    wait(900 + 59);
    assert_eq!(world.with_token(&token).await.status, 200);
    wait(1);
    let late = world.with_token(&token).await;
    assert_eq!(late.problem(), "401 expired-token");
    assert!(late.headers["www-authenticate"].to_str().unwrap().contains("invalid_token"));
    let fresh = world.token("Able").await;
    wait(-60);
    assert_eq!(world.with_token(&fresh).await.status, 200);
    wait(-1);
    assert_eq!(world.with_token(&fresh).await.problem(), "401 expired-token");
    assert!(world.refused("expired"));
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let world = World::new();
    let token = world.token("Able").await;
    let (header, claims) = (part(&token, 0), part(&token, 1));
    let signature = token.split('.').nth(2).unwrap();
    let with = |value: &Value, name: &str, new: Value| {
        let mut value = value.clone();
        value[name] = new;
        value
    };
    // The public key as a shared secret: what a verifier that believes the header would do.
    let jwks = world.get("/.well-known/jwks", &[]).await;
    let mut confused = Header::new(Algorithm::HS256);
    confused.typ = Some("at+jwt".to_owned());
    confused.kid = header["kid"].as_str().map(str::to_owned);
    let key = EncodingKey::from_secret(jwks.json()["keys"][0].to_string().as_bytes());
    let confused = jsonwebtoken::encode(&confused, &claims, &key).unwrap();
    for (what, forged) in [
        ("none", joined(&with(&header, "alg", json!("none")), &claims, "")),
        ("none, signed", joined(&with(&header, "alg", json!("none")), &claims, signature)),
        ("a shared secret", confused),
        ("other claims", joined(&header, &with(&claims, "client_id", json!("Unable")), signature)),
        ("no signature", joined(&header, &claims, "")),
        ("an unknown key", joined(&with(&header, "kid", json!("unknown")), &claims, signature)),
        ("a key of its own", joined(&with(&header, "jwk", jwks.json()["keys"][0].clone()), &claims, signature)),
        ("another kind", joined(&with(&header, "typ", json!("JWT")), &claims, signature)),
        ("rubbish", "a.b.c".to_owned()),
        ("nothing", String::new()),
    ] {
        let answer = world.with_token(&forged).await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.text);
    }
    assert!(world.refused("token"));
}

#[tokio::test]
async fn tokens_signed_here_for_something_else_are_refused() {
    let world = World::new();
    let claims = part(&world.token("Able").await, 1);
    let with = |name: &str, new: Value| {
        let mut claims = claims.clone();
        claims[name] = new;
        claims
    };
    for (kind, claims, expected) in [
        ("at+jwt", claims.clone(), "200"),
        ("at+jwt", with("iss", json!("https://other.example")), "401 invalid-token"),
        ("at+jwt", with("aud", json!("other")), "401 invalid-token"),
        ("at+jwt", with("client_id", json!("Nobody")), "401 invalid-token"),
        ("sign-in+jwt", claims.clone(), "401 invalid-token"),
    ] {
        let token = tokens::sign(&world.app, kind, &claims).await.unwrap();
        let answer = world.with_token(&token).await;
        let actual = if answer.status == 200 { "200".to_owned() } else { answer.problem() };
        assert_eq!(actual, expected, "{claims}");
    }
}

#[tokio::test]
async fn keys_are_shared_by_servers_and_replaced_in_time() {
    let world = World::with(AccessSettings { key_encryption: Some([3; 32]), ..AccessSettings::default() });
    let second = world.second();
    let token = world.token("Able").await;
    assert_eq!(second.with_token(&token).await.status, 200);
    let kid = part(&token, 0)["kid"].clone();
    assert_eq!(part(&second.token("Able").await, 0)["kid"], kid);

    wait(30 * 86_400 - 300);
    let last = world.token("Able").await;
    assert_eq!(part(&last, 0)["kid"], kid);
    wait(300);
    let next = world.token("Able").await;
    assert_ne!(part(&next, 0)["kid"], kid);
    for token in [&last, &next] {
        assert_eq!(world.with_token(token).await.status, 200);
        assert_eq!(second.with_token(token).await.status, 200);
    }
    let keys = second.get("/.well-known/jwks", &[]).await.json();
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(2));
    assert!(keys["keys"][0].get("d").is_none());
    let stored = world.app.store().read(|tx| tx.signing_keys()).unwrap();
    assert!(stored.iter().all(|key| key.private_key.starts_with("aes256gcm:")));

    // Under another key the old ones sign no more, but what they signed is good.
    wait(30 * 86_400 + 7200);
    let newest = world.token("Able").await;
    let keys = world.get("/.well-known/jwks", &[]).await.json();
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(1), "{keys}");
    assert_eq!(world.with_token(&newest).await.status, 200);
    assert!(clock() > NEW_YEAR);
}

#[tokio::test]
async fn stock_clients_find_everything_in_the_discovery_document() {
    let world = World::new();
    let document = world.get("/.well-known/openid-configuration", &[]).await.json();
    assert_eq!(document["issuer"], ORIGIN);
    assert_eq!(document["token_endpoint"], format!("{ORIGIN}/connect/token"));
    assert_eq!(document["jwks_uri"], format!("{ORIGIN}/.well-known/jwks"));
}

#[tokio::test]
async fn many_wrong_secrets_lock_a_client_for_a_while() {
    let world = World::new();
    let wrong = GOOD.replace("=secret", "=wrong");
    for _ in 0..6 {
        assert_eq!(world.ask_token(&[], &wrong).await.status, 401);
    }
    let locked = world.ask_token(&[], GOOD).await;
    assert_eq!((locked.status.as_u16(), locked.headers["retry-after"].to_str().unwrap()), (429, "2"));
    assert_eq!(world.token("Unable").await.split('.').count(), 3);
    assert_eq!(world.second().ask_token(&[], GOOD).await.status, 429);
    wait(2);
    assert_eq!(world.ask_token(&[], GOOD).await.status, 200);
    assert!(world.refused("locked"));
}

#[tokio::test]
async fn a_token_beside_a_cookie_is_what_counts() {
    let world = World::new();
    world.account("administrator", "/", false);
    let cookie = world.session("administrator").await;
    let answer = world.get(PROTECTED, &[("cookie", &cookie), ("authorization", "Bearer rubbish")]).await;
    assert_eq!(answer.status, 401);
    assert_eq!(world.get(PROTECTED, &[("authorization", "Basic x")]).await.status, 401);
    let token = world.token("Able").await;
    let twice = [("authorization", format!("Bearer {token}")), ("authorization", "Bearer other".to_owned())];
    let twice: Vec<(&str, &str)> = twice.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(world.get(PROTECTED, &twice).await.status, 401);
}
