//! Tokens that are bound to a key.

use super::world::{ORIGIN, PROTECTED, World, clock, wait};
use crate::web::access::secret;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// The key of a client.
struct Holder {
    key: EncodingKey,
    public: Value,
}

impl Holder {
    fn new() -> Holder {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..65]));
        Holder {
            key: EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref()),
            public: json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y }),
        }
    }

    fn signed(&self, kind: &str, jwk: &Value, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(kind.to_owned());
        header.jwk = Some(serde_json::from_value(jwk.clone()).unwrap());
        jsonwebtoken::encode(&header, claims, &self.key).unwrap()
    }

    fn proof(&self, method: &str, path: &str, token: Option<&str>, change: (&str, Value)) -> String {
        let mut claims = json!({
            "jti": secret::random().unwrap(),
            "htm": method,
            "htu": format!("{ORIGIN}{path}"),
            "iat": clock() / 1_000_000,
        });
        if let Some(token) = token {
            claims["ath"] = secret::digest(token).into();
        }
        if !change.0.is_empty() {
            claims[change.0] = change.1;
        }
        self.signed("dpop+jwt", &self.public, &claims)
    }

    async fn token(&self, world: &World) -> String {
        let proof = self.proof("POST", "/connect/token", None, ("", Value::Null));
        let form = "grant_type=client_credentials&client_id=Able&client_secret=secret";
        let answer = world.ask_token(&[("dpop", &proof)], form).await;
        assert_eq!(answer.json()["token_type"], "DPoP", "{}", answer.text);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }
}

async fn call(world: &World, token: &str, proof: &str) -> String {
    let answer = world.get(PROTECTED, &[("authorization", &format!("DPoP {token}")), ("dpop", proof)]).await;
    if answer.status == 200 { "200".to_owned() } else { answer.problem() }
}

#[tokio::test]
async fn a_bound_token_works_with_a_new_proof_each_time() {
    let world = World::new();
    let holder = Holder::new();
    let token = holder.token(&world).await;
    let proof = || holder.proof("GET", PROTECTED, Some(&token), ("", Value::Null));
    let first = proof();
    assert_eq!(call(&world, &token, &first).await, "200");
    assert_eq!(call(&world, &token, &first).await, "401 invalid-proof");
    assert_eq!(call(&world, &token, &proof()).await, "200");
    assert_eq!(world.with_token(&token).await.problem(), "401 invalid-proof");
    let bare = world.get(PROTECTED, &[("authorization", &format!("DPoP {token}"))]).await;
    assert_eq!(bare.problem(), "401 invalid-proof");
    assert!(world.refused("proof"));
}

#[tokio::test]
async fn a_proof_is_good_for_one_request_only() {
    let world = World::new();
    let (holder, thief) = (Holder::new(), Holder::new());
    let token = holder.token(&world).await;
    let other = holder.token(&world).await;
    let now = clock() / 1_000_000;
    let good = |change| holder.proof("GET", PROTECTED, Some(&token), change);
    for (what, proof) in [
        ("another key", thief.proof("GET", PROTECTED, Some(&token), ("", Value::Null))),
        ("another method", holder.proof("POST", PROTECTED, Some(&token), ("", Value::Null))),
        ("another path", holder.proof("GET", "/api/Access/Me", Some(&token), ("", Value::Null))),
        ("another server", good(("htu", json!(format!("https://evil.example{PROTECTED}"))))),
        ("another token", holder.proof("GET", PROTECTED, Some(&other), ("", Value::Null))),
        ("no token", holder.proof("GET", PROTECTED, None, ("", Value::Null))),
        ("too old", good(("iat", json!(now - 61)))),
        ("too new", good(("iat", json!(now + 61)))),
        ("no name", good(("jti", json!("")))),
        ("a long name", good(("jti", json!("x".repeat(257))))),
        ("another kind", holder.signed("JWT", &holder.public, &json!({}))),
        (
            "another key in it",
            holder.signed("dpop+jwt", &thief.public, &json!({ "jti": "x", "htm": "GET", "htu": "", "iat": now })),
        ),
        ("rubbish", "a.b.c".to_owned()),
    ] {
        assert_eq!(call(&world, &token, &proof).await, "401 invalid-proof", "{what}");
    }
    assert_eq!(call(&world, &token, &good(("iat", json!(now + 59)))).await, "200");
    assert_eq!(
        call(&world, &token, &good(("htu", json!(format!("HTTPS://provost.example{PROTECTED}?a=b"))))).await,
        "200"
    );
}

#[tokio::test]
async fn a_proof_that_carries_a_private_key_or_no_public_one_is_refused() {
    let world = World::new();
    let holder = Holder::new();
    let token = holder.token(&world).await;
    let proof = holder.proof("GET", PROTECTED, Some(&token), ("", Value::Null));
    let (head, rest) = proof.split_once('.').unwrap();
    let mut head: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap();
    head["jwk"]["d"] = json!("AAAA");
    let leaking = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(head.to_string()));
    assert_eq!(call(&world, &token, &leaking).await, "401 invalid-proof");
    head["jwk"] = json!({ "kty": "oct", "k": "AAAA" });
    head["alg"] = json!("HS256");
    let symmetric = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(head.to_string()));
    assert_eq!(call(&world, &token, &symmetric).await, "401 invalid-proof");
    let twice =
        world.get(PROTECTED, &[("authorization", &format!("DPoP {token}")), ("dpop", &proof), ("dpop", &proof)]).await;
    assert_eq!(twice.problem(), "401 invalid-proof");
}

#[tokio::test]
async fn proofs_from_before_the_server_started_are_refused() {
    let world = World::new();
    let holder = Holder::new();
    let token = holder.token(&world).await;
    let proof = holder.proof("GET", PROTECTED, Some(&token), ("", Value::Null));
    assert_eq!(call(&world, &token, &proof).await, "200");
    wait(5);
    // The memory of used proofs is gone with the process.
    let restarted = world.second();
    assert_eq!(call(&restarted, &token, &proof).await, "401 invalid-proof");
    let fresh = holder.proof("GET", PROTECTED, Some(&token), ("", Value::Null));
    assert_eq!(call(&restarted, &token, &fresh).await, "200");
}

#[tokio::test]
async fn a_token_that_is_bound_to_no_key_is_no_bound_token() {
    let world = World::new();
    let holder = Holder::new();
    let token = world.token("Able").await;
    let proof = holder.proof("GET", PROTECTED, Some(&token), ("", Value::Null));
    assert_eq!(call(&world, &token, &proof).await, "401 invalid-proof");
}
