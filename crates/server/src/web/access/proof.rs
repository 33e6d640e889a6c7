//! Proofs of possession (DPoP, RFC 9449): a token that is bound to a key is of no use to whoever steals it.

use super::refusal::{Failure, Reason, Refusal};
use super::secret;
use super::tokens::LEEWAY;
use crate::web::app::App;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use provost_store::{Dialect, StoreError};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Name of the header.
pub(crate) const HEADER: &str = "dpop";
/// Signatures that are taken: with public keys only.
pub(crate) const ALGORITHMS: &[(Algorithm, &str)] = &[
    (Algorithm::ES256, "ES256"),
    (Algorithm::ES384, "ES384"),
    (Algorithm::EdDSA, "EdDSA"),
    (Algorithm::PS256, "PS256"),
];
/// Longest name of a proof.
const LONGEST: usize = 256;

#[derive(Debug, Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: i64,
    ath: Option<String>,
}

/// Proofs that were seen, by digest, with the instant until when they must be remembered.
///
/// The process that serves a SQLite repository is the only one: its memory is enough, and no request waits for a run
/// that writes. Proofs from before it started are refused, because it cannot know them. Servers on PostgreSQL share a
/// table.
#[derive(Debug)]
pub(crate) struct Proofs {
    seen: Mutex<HashMap<String, i64>>,
    began: i64,
}

impl Proofs {
    pub(crate) fn new(now_micros: i64) -> Proofs {
        Proofs { seen: Mutex::default(), began: now_micros.div_euclid(1_000_000) }
    }

    /// Whether this is the first time.
    fn is_first(&self, id: &str, until: i64, now: i64) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() > 1024 && seen.len().is_power_of_two() {
            seen.retain(|_, until| *until >= now);
        }
        seen.insert(id.to_owned(), until).is_none_or(|until| until < now)
    }
}

/// The one proof of a request, if there is any.
///
/// # Errors
/// There are several.
pub(crate) fn of(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let mut proofs = headers.get_all(HEADER).iter();
    let Some(proof) = proofs.next() else { return Ok(None) };
    match (proof.to_str(), proofs.next()) {
        (Ok(proof), None) => Ok(Some(proof)),
        _ => Err(refused("the header DPoP must hold one proof")),
    }
}

/// Thumbprint of the key whose possession a proof proves, for this request, and with this token if there is one.
///
/// # Errors
/// It proves nothing, or was used before.
pub(crate) async fn verify(app: &App, head: &Parts, proof: &str, token: Option<&str>) -> Result<String, Failure> {
    let (claims, thumbprint) = signed(proof)?;
    if claims.htm != head.method.as_str() || !is_address_of(app, &claims.htu, &head.uri) {
        return Err(refused("the proof is for another request").into());
    }
    if claims.ath.as_deref() != token.map(secret::digest).as_deref() {
        return Err(refused("the proof is for another token").into());
    }
    let now = app.now_micros().div_euclid(1_000_000);
    if (claims.iat - now).abs() > LEEWAY {
        return Err(refused("the proof is not of now: check the clock").into());
    }
    if claims.jti.is_empty() || claims.jti.len() > LONGEST {
        return Err(refused("the proof has no usable name (jti)").into());
    }
    let id = secret::digest(&format!("{thumbprint}\n{}", claims.jti));
    if !use_once(app, id, claims.iat, now).await? {
        return Err(refused("the proof was used before").into());
    }
    Ok(thumbprint)
}

async fn use_once(app: &App, id: String, iat: i64, now: i64) -> Result<bool, Failure> {
    let proofs = &app.access().proofs;
    let until = iat + LEEWAY + 1;
    if !proofs.is_first(&id, until, now) {
        return Ok(false);
    }
    if app.store().dialect() == Dialect::Sqlite {
        return Ok(iat >= proofs.began);
    }
    let store = app.store().clone();
    let fresh = app
        .blocking(move || {
            let noted: Result<bool, StoreError> = store.note(|tx| tx.use_once(&id, until * 1_000_000, now * 1_000_000));
            Ok(noted?)
        })
        .await?;
    Ok(fresh)
}

/// What a proof says, and the thumbprint of the key that it carries and is signed with.
fn signed(proof: &str) -> Result<(Claims, String), Refusal> {
    let unreadable = || refused("the proof cannot be read");
    let header = jsonwebtoken::decode_header(proof).map_err(|_| unreadable())?;
    let is_proof = header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case("dpop+jwt"));
    if !is_proof || header.crit.is_some() || !ALGORITHMS.iter().any(|(known, _)| *known == header.alg) {
        return Err(refused("the proof is of a kind that is not taken"));
    }
    if carries_private_key(proof) {
        return Err(refused("the proof carries a private key: make a new one, this one is known now"));
    }
    let jwk: Jwk = header.jwk.ok_or_else(|| refused("the proof carries no key"))?;
    let key = DecodingKey::from_jwk(&jwk).map_err(|_| unreadable())?;
    let mut validation = Validation::new(header.alg);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    let token = jsonwebtoken::decode::<Claims>(proof, &key, &validation)
        .map_err(|_| refused("the signature of the proof is wrong"))?;
    let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| unreadable())?;
    Ok((token.claims, thumbprint))
}

fn carries_private_key(proof: &str) -> bool {
    let head = proof.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok()).unwrap_or_default();
    let head: Value = serde_json::from_slice(&head).unwrap_or_default();
    ["d", "p", "q", "k"].iter().any(|member| head["jwk"].get(member).is_some())
}

/// Whether a proof's address is that of the request at this server, under one of its own names. The name that the
/// request itself gives (`Host`) proves nothing: a proof that was made for another server would come with that name.
fn is_address_of(app: &App, address: &str, uri: &Uri) -> bool {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    app.origins().any(|origin| {
        let (Some(head), Some(path)) = (address.get(..origin.len()), address.get(origin.len()..)) else { return false };
        head.eq_ignore_ascii_case(origin) && path == uri.path()
    })
}

fn refused(detail: &str) -> Refusal {
    Refusal::token(Reason::Proof, detail)
}
