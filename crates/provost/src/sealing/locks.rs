//! What a file's own key is locked with: a public key, RSA or of the curve P-256. Only the private one unlocks it.
//!
//! RSA: OAEP with SHA-256. P-256: an ephemeral key pair agrees with the public key on a secret (ECDH); HKDF with SHA-256
//! makes a key of it, bound to both public keys, that wraps the file's key (AES-256 key wrap, RFC 3394). The ephemeral
//! public key stands before what was wrapped.

use super::KEY;
use crate::keys::public_key;
use aws_lc_rs::agreement::{self, ECDH_P256, EphemeralPrivateKey, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Bytes of a point of P-256: what such a public key ends with.
const POINT: usize = 65;
/// The public keys that can lock anything.
const USABLE: &str = "its key is neither RSA of 2048 to 8192 bits nor of the curve P-256";

/// A public key.
pub(super) enum Lock {
    Rsa(OaepPublicEncryptingKey),
    Curve([u8; POINT]),
}

/// A private key.
pub(super) enum Unlock {
    Rsa(OaepPrivateDecryptingKey),
    Curve(PrivateKey, [u8; POINT]),
}

impl Lock {
    /// That of a certificate, with the whole of its public key.
    pub(super) fn of(certificate: &CertificateDer<'_>) -> Result<(Lock, Vec<u8>), String> {
        let public = public_key(certificate).ok_or("its certificate cannot be read")?;
        if let Some(key) =
            PublicEncryptingKey::from_der(&public).ok().and_then(|k| OaepPublicEncryptingKey::new(k).ok())
        {
            return Ok((Lock::Rsa(key), public));
        }
        let point = public.last_chunk::<POINT>().filter(|point| point[0] == 4 && is_p256(&public)).ok_or(USABLE)?;
        Ok((Lock::Curve(*point), public))
    }

    /// Locks the key of a file.
    pub(super) fn lock(&self, key: &[u8; KEY]) -> Option<Vec<u8>> {
        match self {
            Lock::Rsa(public) => {
                let mut locked = vec![0; public.ciphertext_size()];
                let locked = public.encrypt(&OAEP_SHA256_MGF1SHA256, key, &mut locked, None).ok()?;
                Some(locked.to_vec())
            }
            Lock::Curve(public) => {
                let own = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).ok()?;
                let point: [u8; POINT] = own.compute_public_key().ok()?.as_ref().try_into().ok()?;
                let peer = UnparsedPublicKey::new(&ECDH_P256, public);
                let wrapping = agreement::agree_ephemeral(own, peer, (), |secret| wrapping(secret, &point, public));
                let mut wrapped = [0; KEY + 8];
                let wrapped = AesKek::new(&AES_256, &wrapping.ok()?).ok()?.wrap(key, &mut wrapped).ok()?.to_vec();
                Some([&point[..], &wrapped].concat())
            }
        }
    }
}

impl Unlock {
    /// A private key, which must be the one of this lock.
    pub(super) fn of(private: &PrivateKeyDer<'_>, lock: &Lock, public: &[u8]) -> Result<Unlock, String> {
        let other = || "its private key is not the one of its certificate".to_owned();
        match lock {
            Lock::Rsa(_) => {
                let PrivateKeyDer::Pkcs8(private) = private else {
                    return Err("its private key is not in PKCS#8 form (openssl pkey converts it)".to_owned());
                };
                let key = PrivateDecryptingKey::from_pkcs8(private.secret_pkcs8_der()).map_err(|_| other())?;
                let own: PublicKeyX509Der<'_> = key.public_key().as_der().map_err(|_| other())?;
                (own.as_ref() == public).then_some(()).ok_or_else(other)?;
                OaepPrivateDecryptingKey::new(key).map(Unlock::Rsa).map_err(|_| USABLE.to_owned())
            }
            Lock::Curve(point) => {
                let key = PrivateKey::from_private_key_der(&ECDH_P256, private.secret_der()).map_err(|_| other())?;
                let own = key.compute_public_key().map_err(|_| other())?;
                (own.as_ref() == point).then_some(()).ok_or_else(other)?;
                Ok(Unlock::Curve(key, *point))
            }
        }
    }

    /// The key of a file.
    pub(super) fn unlock(&self, locked: &[u8]) -> Option<[u8; KEY]> {
        match self {
            Unlock::Rsa(private) => {
                let mut key = vec![0; private.min_output_size()];
                let key = private.decrypt(&OAEP_SHA256_MGF1SHA256, locked, &mut key, None).ok()?;
                (&*key).try_into().ok()
            }
            Unlock::Curve(private, public) => {
                let (point, wrapped) = locked.split_first_chunk::<POINT>()?;
                let peer = UnparsedPublicKey::new(&ECDH_P256, point);
                let wrapping = agreement::agree(private, peer, (), |secret| wrapping(secret, point, public)).ok()?;
                let mut key = [0; KEY + 8];
                let key = AesKek::new(&AES_256, &wrapping).ok()?.unwrap(wrapped, &mut key).ok()?;
                (&*key).try_into().ok()
            }
        }
    }
}

/// Whether a public key names the curve P-256.
fn is_p256(public: &[u8]) -> bool {
    const CURVE: &[u8] = &[0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
    public.windows(CURVE.len()).take(32).any(|part| part == CURVE)
}

/// The key that wraps the key of a file.
fn wrapping(secret: &[u8], ephemeral: &[u8], public: &[u8]) -> Result<[u8; KEY], ()> {
    struct Length;
    impl KeyType for Length {
        fn len(&self) -> usize {
            KEY
        }
    }
    let mut key = [0; KEY];
    let about: [&[u8]; 3] = [b"provost file key", ephemeral, public];
    let expanded = Salt::new(HKDF_SHA256, &[]).extract(secret);
    expanded.expand(&about, Length).and_then(|okm| okm.fill(&mut key)).map_err(|_| ())?;
    Ok(key)
}
