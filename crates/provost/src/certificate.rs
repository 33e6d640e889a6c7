//! The certificate of the server: a given one, or one that it makes and signs for itself.

use crate::home::ensure_folder;
use crate::report::{Kind, Report};
use crate::settings::Settings;
use aws_lc_rs::digest;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const CERTIFICATE: &str = "server.crt";
const KEY: &str = "server.key";

/// A certificate with its key, for TLS.
#[derive(Debug)]
pub struct Certificate {
    /// What the listeners take.
    pub config: Arc<rustls::ServerConfig>,
    /// SHA-256 of the certificate, as agents pin it: `AB:CD:…`.
    pub fingerprint: String,
    /// Whether the server has signed it itself, so that callers have to pin it.
    pub is_self_signed: bool,
}

/// The certificate of a home folder: that of the settings, else the one in `Work/Certificates`, which is made when it is
/// missing, for these names.
///
/// # Errors
/// A file cannot be read or written, or does not hold what it should.
pub fn load(settings: &Settings, names: &[String]) -> Result<Certificate, Report> {
    match (&settings.serving.certificate, &settings.serving.certificate_key) {
        (Some(certificate), Some(key)) => read(certificate, key, false),
        (None, None) => {
            let (certificate, key) = own(settings);
            if !certificate.is_file() || !key.is_file() {
                make(settings, names)?;
            }
            read(&certificate, &key, true)
        }
        _ => Err(Report::usage("half-a-certificate", "only one half of the certificate is set")
            .hint("set both Https:CertificateFile and Https:KeyFile, or neither")),
    }
}

/// The file of the certificate that a server of this home shows, when there is one.
pub fn file(settings: &Settings) -> Option<PathBuf> {
    let (own, key) = own(settings);
    settings.serving.certificate.clone().or_else(|| (own.is_file() && key.is_file()).then_some(own))
}

fn own(settings: &Settings) -> (PathBuf, PathBuf) {
    let folder = settings.certificates();
    (folder.join(CERTIFICATE), folder.join(KEY))
}

fn make(settings: &Settings, names: &[String]) -> Result<(), Report> {
    let failed = |error: rcgen::Error| {
        Report::new(Kind::Error, "certificate", format!("a certificate could not be made: {error}"))
    };
    ensure_folder(&settings.certificates())?;
    let made = rcgen::generate_simple_self_signed(names.to_vec()).map_err(failed)?;
    let (certificate, key) = own(settings);
    write(&key, &made.signing_key.serialize_pem())?;
    write(&certificate, &made.cert.pem())
}

/// Only the owner may read it, from the first byte on.
fn write(path: &Path, text: &str) -> Result<(), Report> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Report::io("write", path, &error))
}

fn read(certificate: &Path, key: &Path, is_self_signed: bool) -> Result<Certificate, Report> {
    let unusable = |path: &Path, detail: String| {
        Report::usage("certificate", format!("{} cannot be used: {detail}", path.display()))
            .hint("give PEM files: the chain with the server's own certificate first, and its unencrypted private key")
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| unusable(certificate, error.to_string()))?;
    let first = chain.first().ok_or_else(|| unusable(certificate, "it holds no certificate".to_owned()))?;
    let fingerprint = fingerprint(first);
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
        .map_err(|error| unusable(key, error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Certificate { config: Arc::new(config), fingerprint, is_self_signed })
}

fn fingerprint(certificate: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, certificate);
    digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}
