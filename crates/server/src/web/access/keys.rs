//! The keys that sign tokens: made when first needed, replaced in time, shared by all servers of a repository.

use super::secret::{self, Failed};
use crate::web::app::App;
use crate::web::problem::Problem;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use provost_store::{SigningKey, StoreError};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// The one algorithm of our own tokens.
pub(crate) const ALGORITHM: Algorithm = Algorithm::ES256;
const DAY: i64 = 86_400_000_000;
/// Time for which the public half of a key is kept after its last token has ended, for clocks that differ.
const KEPT: i64 = 3_600_000_000;

/// A key, ready for use.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) verifying: DecodingKey,
    /// Missing when it was sealed under another key than the one that is configured now.
    pub(crate) signing: Option<EncodingKey>,
    public: Value,
    retires_at: i64,
}

/// The keys as they were last read.
#[derive(Default)]
pub(crate) struct Keys(Mutex<Arc<Vec<Key>>>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    fn known(&self) -> Arc<Vec<Key>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn learn(&self, app: &App, stored: &[SigningKey]) -> Arc<Vec<Key>> {
        let sealing = app.settings().access.key_encryption;
        let keys = Arc::new(stored.iter().filter_map(|stored| key(stored, sealing.as_ref())).collect::<Vec<Key>>());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = keys.clone();
        keys
    }
}

/// The key of this name. One that is not known is looked for in the repository once: another server may have made it.
pub(crate) async fn find(app: &App, id: &str) -> Result<Option<VerifyingKey>, Problem> {
    let pick = |keys: Arc<Vec<Key>>| keys.iter().position(|key| key.id == id).map(|at| VerifyingKey(keys, at));
    if let Some(found) = pick(app.access().keys.known()) {
        return Ok(Some(found));
    }
    let stored = app.read(|tx| Ok(tx.signing_keys()?)).await?;
    Ok(pick(app.access().keys.learn(app, &stored)))
}

/// A key in the list that it came with.
pub(crate) struct VerifyingKey(Arc<Vec<Key>>, usize);

impl std::ops::Deref for VerifyingKey {
    type Target = Key;

    fn deref(&self) -> &Key {
        &self.0[self.1]
    }
}

/// The key that signs now. When there is none, or the last one has retired, a new one is made.
pub(crate) async fn signing(app: &App) -> Result<VerifyingKey, Problem> {
    let now = app.now_micros();
    let pick = |keys: Arc<Vec<Key>>| {
        let current = |key: &Key| key.signing.is_some() && now < key.retires_at;
        keys.iter().position(current).map(|at| VerifyingKey(keys, at))
    };
    if let Some(found) = pick(app.access().keys.known()) {
        return Ok(found);
    }
    let access = &app.settings().access;
    let (sealing, life) = (access.key_encryption, access.key_days.max(1) * DAY);
    let kept = KEPT + access.token_seconds * 1_000_000;
    if sealing.is_none() {
        tracing::warn!("keys that sign tokens are kept unencrypted in the repository: set EncryptionCertificate:File");
    }
    let stored = app
        .write("server", "signing key", move |tx| {
            // Of several servers that start together one makes the key, and the others find it.
            tx.lock_repository()?;
            let there = tx.signing_keys()?;
            let usable = |stored: &SigningKey| {
                now < stored.retires_at && key(stored, sealing.as_ref()).is_some_and(|key| key.signing.is_some())
            };
            if !there.iter().any(usable) {
                tx.delete_signing_keys(now - kept)?;
                let made = make(sealing.as_ref(), now, now + life).map_err(|error| Problem::internal(&error))?;
                tx.insert_signing_key(&made)?;
            }
            Ok::<_, Problem>(tx.signing_keys()?)
        })
        .await?;
    pick(app.access().keys.learn(app, &stored)).ok_or_else(|| {
        Problem::internal(&StoreError::Misuse { detail: "a signing key that was just made cannot be used".to_owned() })
    })
}

/// The public halves, as a JSON Web Key Set.
pub(crate) async fn public(app: &App) -> Result<Value, Problem> {
    signing(app).await?;
    let stored = app.read(|tx| Ok(tx.signing_keys()?)).await?;
    let keys = app.access().keys.learn(app, &stored);
    Ok(json!({ "keys": keys.iter().map(|key| &key.public).collect::<Vec<_>>() }))
}

fn make(sealing: Option<&[u8; 32]>, created_at: i64, retires_at: i64) -> Result<SigningKey, Failed> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| Failed("making a key"))?;
    let private = pair.to_pkcs8v1().map_err(|_| Failed("writing a key"))?;
    // 0x04, x, y: the uncompressed form.
    let point = pair.public_key().as_ref().get(1..65).ok_or(Failed("the form of a public key"))?;
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[..32]), URL_SAFE_NO_PAD.encode(&point[32..]));
    let id = secret::digest(&format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
    let public = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256", "kid": id });
    Ok(SigningKey {
        private_key: secret::seal(sealing, &id, private.as_ref())?,
        public_key: public.to_string(),
        algorithm: "ES256".to_owned(),
        id,
        created_at,
        retires_at,
    })
}

fn key(stored: &SigningKey, sealing: Option<&[u8; 32]>) -> Option<Key> {
    let public: Value = serde_json::from_str(&stored.public_key).ok()?;
    Some(Key {
        verifying: DecodingKey::from_ec_components(public["x"].as_str()?, public["y"].as_str()?).ok()?,
        signing: secret::open(sealing, &stored.id, &stored.private_key).map(|der| EncodingKey::from_ec_der(&der)),
        id: stored.id.clone(),
        public,
        retires_at: stored.retires_at,
    })
}
