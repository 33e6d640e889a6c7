//! Which certificates of a directory are trusted: those of a named authority, a pinned one, or those of the system.

use super::error::LdapError;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Whose certificates are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Those of the authorities that the system trusts.
    #[default]
    System,
    /// Those of the authorities in a file.
    Authorities(PathBuf),
    /// The one with this SHA-256 digest, whatever else it says.
    Pin([u8; 32]),
}

/// Reads a digest as tools print it: 64 hexadecimal digits, with or without colons.
pub(crate) fn pin(text: &str) -> Option<[u8; 32]> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
    let mut digest = [0; 32];
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    for (place, at) in digest.iter_mut().zip((0..64).step_by(2)) {
        *place = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
    }
    Some(digest)
}

/// A TLS session to a host, not yet shaken hands.
pub(crate) fn session(trust: &Trust, host: &str, server: &str) -> Result<ClientConnection, LdapError> {
    let wrong = |detail: String, hint| LdapError::Tls { server: server.to_owned(), detail, hint };
    let general = "check the TLS settings of the connection";
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(error.to_string(), general))?;
    let config = match trust {
        Trust::System => {
            let verifier = rustls_platform_verifier::Verifier::new(provider);
            let verifier = verifier.map_err(|error| wrong(error.to_string(), "set CertificateAuthority"))?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
        }
        Trust::Authorities(file) => {
            let roots = authorities(file).map_err(|detail| wrong(detail, "mend CertificateAuthority"))?;
            builder.with_root_certificates(roots).with_no_client_auth()
        }
        Trust::Pin(digest) => {
            let verifier = Pinned { provider, digest: *digest };
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
        }
    };
    let name = ServerName::try_from(host.to_owned()).map_err(|error| wrong(error.to_string(), "mend Server"))?;
    ClientConnection::new(Arc::new(config), name).map_err(|error| wrong(error.to_string(), general))
}

fn authorities(file: &Path) -> Result<RootCertStore, String> {
    let told = |error: &dyn std::fmt::Display| format!("CertificateAuthority {}: {error}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| told(&error))? {
        roots.add(certificate.map_err(|error| told(&error))?).map_err(|error| told(&error))?;
    }
    if roots.is_empty() { Err(told(&"it holds no certificate")) } else { Ok(roots) }
}

/// What an error of TLS means, when it is about the certificate.
pub(crate) fn explain(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "set CertificateAuthority to a PEM file with the authority that issued the certificate, or CertificatePin to \
             the SHA-256 digest of the certificate itself"
        }
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "name the server in Server as its certificate names it",
        rustls::Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. } | CertificateError::NotValidYet,
        ) => "have the certificate of the server renewed, and check the clocks",
        rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure) => {
            "the certificate is not the pinned one: if it was renewed, set CertificatePin to its new digest; else somebody \
             may be listening"
        }
        rustls::Error::InvalidCertificate(_) => "have the server present a valid certificate",
        _ => "check that the port speaks TLS: 636 for EnableSSL, 389 for StartTls",
    }
}

/// Trusts the certificate with this digest and no other.
#[derive(Debug)]
struct Pinned {
    provider: Arc<CryptoProvider>,
    digest: [u8; 32],
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, end_entity);
        if digest.as_ref() == self.digest {
            return Ok(ServerCertVerified::assertion());
        }
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_with_and_without_colons() {
        let plain = "00ff".repeat(16);
        let digest = pin(&plain).unwrap();
        assert_eq!(digest[..4], [0, 255, 0, 255]);
        let colons: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(pin(&colons.join(":")), Some(digest));
        for wrong in ["", "00", &plain[..62], &format!("{}zz", &plain[..62]), &"é".repeat(32)] {
            assert_eq!(pin(wrong), None, "{wrong}");
        }
    }
}
