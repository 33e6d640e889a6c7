//! What a provider says about somebody who signed in there, checked.

use super::tokens::LEEWAY;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

/// Signatures that are taken: with public keys only. `none`, and the shared secret of the client, are not.
const ALGORITHMS: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// What an identity token must be for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client: &'a str,
    pub(super) nonce: &'a str,
    /// Seconds since 1970, UTC.
    pub(super) now: i64,
}

/// Why an identity token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// None of the keys has signed it; others may have come since they were read.
    Key,
    /// Anything else.
    Claim(&'static str),
}

/// The claims of an identity token.
pub(super) fn verify(token: &str, keys: &JwkSet, expected: Expected<'_>) -> Result<Map<String, Value>, Doubt> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| Doubt::Claim("the identity token cannot be read"))?;
    if !ALGORITHMS.contains(&header.alg) || header.crit.is_some() {
        return Err(Doubt::Claim("the identity token is signed in a way that is not taken"));
    }
    let fits = |key: &&jsonwebtoken::jwk::Jwk| match (&header.kid, &key.common.key_id) {
        (Some(wanted), Some(id)) => wanted == id,
        (Some(_), None) => false,
        (None, _) => true,
    };
    let claims = keys.keys.iter().filter(fits).find_map(|key| signed(token, header.alg, key)).ok_or(Doubt::Key)?;
    check(&claims, expected).map_err(Doubt::Claim)?;
    Ok(claims)
}

fn signed(token: &str, algorithm: Algorithm, key: &jsonwebtoken::jwk::Jwk) -> Option<Map<String, Value>> {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_jwk(key).ok()?;
    jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation).ok().map(|token| token.claims)
}

fn check(claims: &Map<String, Value>, expected: Expected<'_>) -> Result<(), &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let number = |name: &str| claims.get(name).and_then(Value::as_f64).map(|seconds| seconds as i64);
    if text("iss") != Some(expected.issuer) {
        return Err("the identity token is of another issuer");
    }
    let audiences: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let party = text("azp");
    if !audiences.contains(&expected.client)
        || (audiences.len() > 1 && party.is_none())
        || party.is_some_and(|party| party != expected.client)
    {
        return Err("the identity token is for another client");
    }
    if text("nonce") != Some(expected.nonce) {
        return Err("the identity token is of another sign-in");
    }
    if number("exp").is_none_or(|end| end + LEEWAY <= expected.now) {
        return Err("the identity token has expired: compare the clocks");
    }
    let early = |name: &str| number(name).is_some_and(|at| at - LEEWAY > expected.now);
    if early("nbf") || early("iat") || number("iat").is_none() {
        return Err("the identity token is not valid yet: compare the clocks");
    }
    if text("sub").is_none_or(str::is_empty) {
        return Err("the identity token names nobody");
    }
    Ok(())
}
