//! PFX files (PKCS #12, RFC 7292): certificates and a key under one password.

use super::der::{Der, FIELD, FIELD_OCTETS, INTEGER, OCTETS, OID, SEQUENCE, number};
use super::sealed::{self, Closed};
use aws_lc_rs::{digest, hmac};

const DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01];
const ENCRYPTED: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x06];
/// Bags: a key (the last byte 1), a sealed key (2), a certificate (3).
const BAG: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x0C, 0x0A, 0x01];
const X509: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x16, 0x01];
const SHA1: &[u8] = &[0x2B, 0x0E, 0x03, 0x02, 0x1A];
/// SHA-256 (the last byte 1), SHA-384 (2), SHA-512 (3).
const SHA2: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
const MOST_ROUNDS: u32 = 20_000_000;
/// Makes a key for a MAC of a password.
const FOR_MAC: u8 = 3;

/// What a PFX file holds.
#[derive(Default)]
pub(super) struct Pfx {
    /// Certificates, DER, in the order of the file.
    pub(super) certificates: Vec<Vec<u8>>,
    /// The first private key, PKCS #8.
    pub(super) key: Option<Vec<u8>>,
}

/// Opens a PFX file.
pub(super) fn open(file: &[u8], password: &str) -> Result<Pfx, Closed> {
    let parts = || {
        let mut outer = Der(file).inside(SEQUENCE)?;
        outer.number().filter(|version| *version == 3)?;
        let mut content = outer.inside(SEQUENCE)?;
        (content.take(OID)? == DATA).then_some(())?;
        Some((content.inside(FIELD)?.take(OCTETS)?, outer.inside(SEQUENCE)))
    };
    let (safes, mac) = parts().ok_or(Closed::Malformed)?;
    if let Some(mac) = mac {
        verify(mac, safes, password)?;
    }
    let mut pfx = Pfx::default();
    let mut safes = Der(safes).inside(SEQUENCE).ok_or(Closed::Malformed)?;
    while !safes.is_empty() {
        let safe = safes.inside(SEQUENCE).ok_or(Closed::Malformed)?;
        let bags = contents(safe, password)?;
        let mut bags = Der(&bags).inside(SEQUENCE).ok_or(Closed::Malformed)?;
        while !bags.is_empty() {
            pfx.take(bags.inside(SEQUENCE).ok_or(Closed::Malformed)?, password)?;
        }
    }
    Ok(pfx)
}

/// The bags of a safe, in the clear.
fn contents(mut safe: Der<'_>, password: &str) -> Result<Vec<u8>, Closed> {
    let kind = safe.take(OID).ok_or(Closed::Malformed)?;
    let mut field = safe.inside(FIELD).ok_or(Closed::Malformed)?;
    if kind == DATA {
        return field.take(OCTETS).map(<[u8]>::to_vec).ok_or(Closed::Malformed);
    }
    if kind != ENCRYPTED {
        return Err(Closed::OldCipher);
    }
    let mut parts = || {
        let mut outer = field.inside(SEQUENCE)?;
        outer.number()?;
        let mut inner = outer.inside(SEQUENCE)?;
        inner.take(OID)?;
        Some((inner.inside(SEQUENCE)?, inner.take(FIELD_OCTETS)?))
    };
    let (algorithm, sealed) = parts().ok_or(Closed::Malformed)?;
    sealed::open(algorithm, sealed, password)
}

impl Pfx {
    /// Takes what a bag holds. Bags of other kinds are left alone.
    fn take(&mut self, mut bag: Der<'_>, password: &str) -> Result<(), Closed> {
        let kind = bag.take(OID).ok_or(Closed::Malformed)?;
        let mut value = bag.inside(FIELD).ok_or(Closed::Malformed)?;
        match kind.strip_prefix(BAG) {
            Some([1]) if self.key.is_none() => self.key = Some(value.0.to_vec()),
            Some([2]) if self.key.is_none() => self.key = Some(sealed::private_key(value.0, password)?),
            Some([3]) => {
                let mut certificate = value.inside(SEQUENCE).ok_or(Closed::Malformed)?;
                if certificate.take(OID) == Some(X509) {
                    let der = certificate.inside(FIELD).and_then(|mut field| field.take(OCTETS));
                    self.certificates.push(der.ok_or(Closed::Malformed)?.to_vec());
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Holds the MAC of the file against its content: a wrong password shows here.
fn verify(mut mac: Der<'_>, content: &[u8], password: &str) -> Result<(), Closed> {
    let mut parts = || {
        let mut digest = mac.inside(SEQUENCE)?;
        let name = digest.inside(SEQUENCE)?.take(OID)?;
        let rounds = |mac: &mut Der<'_>| match mac.is_empty() {
            true => Some(1),
            false => mac.take(INTEGER).and_then(number),
        };
        Some((name, digest.take(OCTETS)?, mac.take(OCTETS)?, rounds(&mut mac)?))
    };
    let (name, tag, salt, rounds) = parts().ok_or(Closed::Malformed)?;
    let (hash, mac) = match (name, name.strip_prefix(SHA2)) {
        (SHA1, _) => (&digest::SHA1_FOR_LEGACY_USE_ONLY, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
        (_, Some([1])) => (&digest::SHA256, hmac::HMAC_SHA256),
        (_, Some([2])) => (&digest::SHA384, hmac::HMAC_SHA384),
        (_, Some([3])) => (&digest::SHA512, hmac::HMAC_SHA512),
        _ => return Err(Closed::OldCipher),
    };
    if rounds == 0 || rounds > MOST_ROUNDS {
        return Err(Closed::Malformed);
    }
    let key = hmac::Key::new(mac, &key_of(hash, password, salt, rounds));
    hmac::verify(&key, content, tag).map_err(|_| Closed::Password)
}

/// The key of the MAC (RFC 7292, appendix B.2), which is as long as the hash: one block of what is derived.
fn key_of(hash: &'static digest::Algorithm, password: &str, salt: &[u8], rounds: u32) -> Vec<u8> {
    let block = hash.block_len();
    let filled = |text: &[u8]| -> Vec<u8> {
        let length = text.len().div_ceil(block) * block;
        text.iter().copied().cycle().take(length).collect()
    };
    let password: Vec<u8> = password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect();
    let mut derived = [vec![FOR_MAC; block], filled(salt), filled(&password)].concat();
    for _ in 0..rounds {
        derived = digest::digest(hash, &derived).as_ref().to_vec();
    }
    derived
}
