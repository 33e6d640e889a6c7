//! Random texts, digests, comparisons that tell nothing by their time, and sealed texts.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{constant_time, digest, rand};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// The machine gives no random bytes, or a key does not fit.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the cryptography of this machine failed: {0}")]
pub(crate) struct Failed(pub(crate) &'static str);

/// 256 random bits as text that fits into addresses and cookies.
pub(crate) fn random() -> Result<String, Failed> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| Failed("no random bytes"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// SHA-256 of a text as base64url.
pub(crate) fn digest(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

/// Whether two texts are the same; the time does not tell where they differ.
pub(crate) fn equal(one: &str, other: &str) -> bool {
    constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

/// Whether base64 of the SHA-256 of `secret` is `hash`.
pub(crate) fn matches_hash(secret: &str, hash: &str) -> bool {
    let hash = STANDARD.decode(hash.trim()).unwrap_or_default();
    let own = digest::digest(&digest::SHA256, secret.as_bytes());
    constant_time::verify_slices_are_equal(own.as_ref(), &hash).is_ok()
}

const PLAIN: &str = "plain:";
const SEALED: &str = "aes256gcm:";

/// `bytes` as text: sealed under `key` and bound to `name`, or plain when there is no key.
pub(crate) fn seal(key: Option<&[u8; 32]>, name: &str, bytes: &[u8]) -> Result<String, Failed> {
    let Some(key) = key else {
        return Ok(format!("{PLAIN}{}", STANDARD.encode(bytes)));
    };
    let mut nonce = [0; NONCE_LEN];
    rand::fill(&mut nonce).map_err(|_| Failed("no random bytes"))?;
    let mut sealed = bytes.to_vec();
    let aad = Aad::from(name.as_bytes());
    cipher(key)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
        .map_err(|_| Failed("sealing"))?;
    Ok(format!("{SEALED}{}", STANDARD.encode([nonce.as_slice(), &sealed].concat())))
}

/// What [`seal`] made; `None` when it was sealed under another key or tampered with.
pub(crate) fn open(key: Option<&[u8; 32]>, name: &str, text: &str) -> Option<Vec<u8>> {
    if let Some(plain) = text.strip_prefix(PLAIN) {
        return STANDARD.decode(plain).ok();
    }
    let mut bytes = STANDARD.decode(text.strip_prefix(SEALED)?).ok()?;
    if bytes.len() < NONCE_LEN {
        return None;
    }
    let mut sealed = bytes.split_off(NONCE_LEN);
    let nonce = Nonce::try_assume_unique_for_key(&bytes).ok()?;
    let opened = cipher(key?).ok()?.open_in_place(nonce, Aad::from(name.as_bytes()), &mut sealed).ok()?;
    Some(opened.to_vec())
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, Failed> {
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).map_err(|_| Failed("a key of the wrong length"))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_and_its_name_only() {
        let key = [7; 32];
        let sealed = seal(Some(&key), "a", b"private").unwrap();
        assert!(sealed.starts_with("aes256gcm:") && !sealed.contains("private"));
        assert_eq!(open(Some(&key), "a", &sealed).as_deref(), Some(b"private".as_slice()));
        assert_eq!(open(Some(&key), "b", &sealed), None);
        assert_eq!(open(Some(&[8; 32]), "a", &sealed), None);
        assert_eq!(open(None, "a", &sealed), None);
        assert_eq!(open(Some(&key), "a", "aes256gcm:AAAA"), None);
        assert_eq!(open(None, "a", &seal(None, "a", b"x").unwrap()).as_deref(), Some(b"x".as_slice()));
    }

    #[test]
    fn secrets_match_the_documented_hash() {
        let hash = "K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=";
        assert!(matches_hash("secret", hash));
        assert!(!matches_hash("Secret", hash));
        assert!(!matches_hash("secret", "not base64"));
        assert!(!matches_hash("", ""));
    }

    #[test]
    fn random_texts_differ_and_hold_256_bits() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert_eq!((one.len(), one == other), (43, false));
    }
}
