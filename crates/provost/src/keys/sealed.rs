//! Keys under a password: PBES2 of RFC 8018, as every program of today writes it.

use super::der::{Der, INTEGER, OCTETS, OID, SEQUENCE, number};
use aws_lc_rs::cipher::{AES_128, AES_192, AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::pbkdf2;
use std::num::NonZeroU32;

const PBES2: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05, 0x0D];
const PBKDF2: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05, 0x0C];
/// HMAC with SHA-1 (the last byte 7), SHA-256 (9), SHA-384 (10), SHA-512 (11).
const HMAC: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02];
/// AES in CBC mode: 128 bits (the last byte 2), 192 (22), 256 (42).
const AES: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01];
/// More rounds than anybody writes: a file must not keep a server busy for an hour.
const MOST_ROUNDS: u32 = 20_000_000;

/// Why something under a password stays closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// It is not built as it should be.
    Malformed,
    /// Its cipher is none of today.
    OldCipher,
    /// The password is another one.
    Password,
}

/// Opens `EncryptedPrivateKeyInfo`.
pub(super) fn private_key(der: &[u8], password: &str) -> Result<Vec<u8>, Closed> {
    let parts = || {
        let mut outer = Der(der).inside(SEQUENCE)?;
        Some((outer.inside(SEQUENCE)?, outer.take(OCTETS)?))
    };
    let (algorithm, sealed) = parts().ok_or(Closed::Malformed)?;
    open(algorithm, sealed, password)
}

/// Opens what an algorithm (the content of its `AlgorithmIdentifier`) has sealed.
pub(super) fn open(mut algorithm: Der<'_>, sealed: &[u8], password: &str) -> Result<Vec<u8>, Closed> {
    if algorithm.take(OID) != Some(PBES2) {
        return Err(Closed::OldCipher);
    }
    let mut parts = || {
        let mut both = algorithm.inside(SEQUENCE)?;
        Some((both.inside(SEQUENCE)?, both.inside(SEQUENCE)?))
    };
    let (derivation, mut cipher) = parts().ok_or(Closed::Malformed)?;
    let name = cipher.take(OID).and_then(|name| name.strip_prefix(AES)).ok_or(Closed::OldCipher)?;
    let (cipher_of, length) = match name {
        [2] => (&AES_128, 16),
        [22] => (&AES_192, 24),
        [42] => (&AES_256, 32),
        _ => return Err(Closed::OldCipher),
    };
    let iv: [u8; 16] = cipher.take(OCTETS).and_then(|iv| iv.try_into().ok()).ok_or(Closed::Malformed)?;
    let mut key = vec![0; length];
    derive(derivation, password, &mut key)?;
    let unbound = UnboundCipherKey::new(cipher_of, &key).map_err(|_| Closed::Malformed)?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(unbound).map_err(|_| Closed::Malformed)?;
    let mut content = sealed.to_vec();
    let open = key.decrypt(&mut content, DecryptionContext::Iv128(FixedLength::from(iv)));
    open.map(|open| open.to_vec()).map_err(|_| Closed::Password)
}

fn derive(mut derivation: Der<'_>, password: &str, key: &mut [u8]) -> Result<(), Closed> {
    if derivation.take(OID) != Some(PBKDF2) {
        return Err(Closed::OldCipher);
    }
    let mut given = derivation.inside(SEQUENCE).ok_or(Closed::Malformed)?;
    let salt = given.take(OCTETS).ok_or(Closed::Malformed)?;
    let rounds = given.number().filter(|rounds| *rounds <= MOST_ROUNDS).and_then(NonZeroU32::new);
    let rounds = rounds.ok_or(Closed::Malformed)?;
    if let Some(length) = given.optional(INTEGER)
        && number(length) != u32::try_from(key.len()).ok()
    {
        return Err(Closed::Malformed);
    }
    let hash = match given.inside(SEQUENCE).and_then(|mut hash| hash.take(OID)) {
        None => pbkdf2::PBKDF2_HMAC_SHA1,
        Some(name) => match name.strip_prefix(HMAC) {
            Some([7]) => pbkdf2::PBKDF2_HMAC_SHA1,
            Some([9]) => pbkdf2::PBKDF2_HMAC_SHA256,
            Some([10]) => pbkdf2::PBKDF2_HMAC_SHA384,
            Some([11]) => pbkdf2::PBKDF2_HMAC_SHA512,
            _ => return Err(Closed::OldCipher),
        },
    };
    pbkdf2::derive(hash, rounds, salt, password.as_bytes(), key);
    Ok(())
}
