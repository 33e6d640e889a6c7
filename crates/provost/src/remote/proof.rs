//! Proofs that this process holds the key that its tokens are bound to (DPoP, RFC 9449). The key lives as long as the
//! process: whoever steals a token, or records a request, can do nothing with it.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use provost_server::ServerError;
use serde_json::{Value, json};

/// A key for proofs.
pub(super) struct Prover {
    key: EcdsaKeyPair,
    jwk: Value,
}

impl std::fmt::Debug for Prover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prover").finish_non_exhaustive()
    }
}

fn failed() -> ServerError {
    ServerError::Remote {
        message: "the machine refused to make a proof".to_owned(),
        code: "server-address",
        hint: "set OpenId:BindTokens to false, and look at the log of the machine".to_owned(),
    }
}

impl Prover {
    /// With a new key.
    ///
    /// # Errors
    /// The machine has no randomness.
    pub(super) fn new() -> Result<Prover, ServerError> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| failed())?;
        // The point in uncompressed form: a byte that says so, then both coordinates.
        let point = key.public_key().as_ref();
        let [x, y] = [point.get(1..33), point.get(33..65)].map(|part| part.map(|part| URL_SAFE_NO_PAD.encode(part)));
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
        Ok(Prover { key, jwk })
    }

    /// A proof for one request: its method, its address without query, and the token that goes with it.
    ///
    /// # Errors
    /// The machine has no randomness.
    pub(super) fn prove(
        &self,
        method: &str,
        address: &str,
        token: Option<&str>,
        now_seconds: i64,
    ) -> Result<String, ServerError> {
        let mut name = [0; 16];
        aws_lc_rs::rand::fill(&mut name).map_err(|_| failed())?;
        let head = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk });
        let mut claims = json!({
            "jti": URL_SAFE_NO_PAD.encode(name),
            "htm": method,
            "htu": address.split(['?', '#']).next(),
            "iat": now_seconds,
        });
        if let Some(token) = token {
            claims["ath"] = URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes())).into();
        }
        let [head, claims] = [head, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{head}.{claims}");
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).map_err(|_| failed())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    #[test]
    fn a_proof_is_signed_by_the_key_that_it_carries_and_names_the_request() {
        let prover = Prover::new().unwrap();
        let proof = prover.prove("GET", "https://x.example/api/Y?z=1", Some("token"), 17).unwrap();
        let parts: Vec<&str> = proof.split('.').collect();
        let read = |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
        let (head, claims) = (read(parts[0]), read(parts[1]));
        assert_eq!((&head["typ"], &head["alg"]), (&"dpop+jwt".into(), &"ES256".into()));
        let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(head["jwk"][name].as_str().unwrap()).unwrap();
        let point = [vec![4], coordinate("x"), coordinate("y")].concat();
        let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
        let signed = format!("{}.{}", parts[0], parts[1]);
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed.as_bytes(), &signature).unwrap();
        assert_eq!((&claims["htm"], &claims["htu"]), (&"GET".into(), &"https://x.example/api/Y".into()));
        assert_eq!(claims["iat"], 17);
        // SHA-256 of `token`.
        assert_eq!(claims["ath"], "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A");
        let again = prover.prove("GET", "https://x.example/api/Y", Some("token"), 17).unwrap();
        assert_ne!(read(again.split('.').nth(1).unwrap())["jti"], claims["jti"]);
    }
}
