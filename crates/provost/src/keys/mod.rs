//! Files of certificates and keys: PEM, and PFX; RSA and elliptic curves; with and without a password.
//!
//! A password may be given as it is, or as `protect-certificate-password` writes it.

mod der;
mod password;
mod pfx;
mod sealed;

pub(crate) use password::{hide, reveal};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sealed::Closed;
use std::path::Path;
use x509_parser::prelude::{FromDer, X509Certificate};

/// What a file holds.
pub(crate) struct KeyFile {
    /// Certificates, that of the key first.
    pub(crate) certificates: Vec<CertificateDer<'static>>,
    /// The private key, or why there is none.
    pub(crate) key: Result<PrivateKeyDer<'static>, String>,
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyFile").field("certificates", &self.certificates.len()).finish_non_exhaustive()
    }
}

const NO_KEY: &str = "it holds no private key";
const OLD_FORM: &str =
    "its key is encrypted in the old form of OpenSSL (openssl pkcs8 -topk8 -in FILE -out NEW converts it)";
const OLD_CIPHER: &str = "it is encrypted by a cipher of the past. openssl pkcs12 -legacy -in FILE.pfx -nodes -out FILE.pem, then \
     openssl pkcs12 -export -in FILE.pem -out NEW.pfx writes it anew";

impl Closed {
    fn told(self, password: &str) -> &'static str {
        match self {
            Closed::Malformed => "it is damaged",
            Closed::OldCipher => OLD_CIPHER,
            Closed::Password if password.is_empty() => "it needs a password",
            Closed::Password => "the password is not the one of the file",
        }
    }
}

/// Reads a file of certificates, a key, or both.
///
/// # Errors
/// It cannot be read, or is neither PEM nor a PFX file that opens with the password; what is wrong, for people.
pub(crate) fn read(file: &Path, password: &str) -> Result<KeyFile, String> {
    let content = std::fs::read(file).map_err(|error| error.to_string())?;
    let mut read = if content.first() == Some(&der::SEQUENCE) {
        let open = pfx::open(&content, password).map_err(|closed| closed.told(password).to_owned())?;
        KeyFile {
            certificates: open.certificates.into_iter().map(CertificateDer::from).collect(),
            key: open.key.map(pkcs8).ok_or_else(|| NO_KEY.to_owned()),
        }
    } else {
        KeyFile { certificates: certificates(&content)?, key: pem_key(&content, password) }
    };
    own_first(&mut read);
    Ok(read)
}

fn pkcs8(der: Vec<u8>) -> PrivateKeyDer<'static> {
    PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(der))
}

fn certificates(content: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    if content.windows(OLD_MARK.len()).any(|part| part == OLD_MARK) {
        return Err(OLD_FORM.to_owned());
    }
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(content).collect();
    all.map_err(|error| format!("it is no PEM file: {error}"))
}

fn pem_key(content: &[u8], password: &str) -> Result<PrivateKeyDer<'static>, String> {
    if let Some(sealed) = section(content, "ENCRYPTED PRIVATE KEY") {
        let open = sealed::private_key(&sealed, password).map_err(|closed| closed.told(password).to_owned())?;
        return Ok(pkcs8(open));
    }
    PrivateKeyDer::from_pem_slice(content).map_err(|_| NO_KEY.to_owned())
}

const OLD_MARK: &[u8] = b"Proc-Type: 4,ENCRYPTED";

/// What stands between the lines of a section of a PEM file.
fn section(content: &[u8], name: &str) -> Option<Vec<u8>> {
    use base64::Engine;
    let text = std::str::from_utf8(content).ok()?;
    let (_, rest) = text.split_once(&format!("-----BEGIN {name}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {name}-----"))?;
    let body: String = body.split_whitespace().collect();
    base64::engine::general_purpose::STANDARD.decode(body).ok()
}

/// Puts the certificate of the key in front: in PFX files it may stand behind its issuers.
fn own_first(file: &mut KeyFile) {
    let Ok(key) = &file.key else { return };
    let signing = rustls::crypto::aws_lc_rs::sign::any_supported_type(key).ok();
    let Some(public) = signing.as_ref().and_then(|key| key.public_key()) else { return };
    let is_own =
        |certificate: &CertificateDer<'static>| public_key(certificate).is_some_and(|own| own == public.as_ref());
    if let Some(own) = file.certificates.iter().position(is_own) {
        file.certificates[..=own].rotate_right(1);
    }
}

/// `SubjectPublicKeyInfo` of a certificate.
pub(crate) fn public_key(certificate: &CertificateDer<'_>) -> Option<Vec<u8>> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    Some(parsed.public_key().raw.to_vec())
}

#[cfg(test)]
mod tests;
