//! The certificate of the server: a given one, or one that it makes and signs for itself.

use crate::home::ensure_folder;
use crate::keys;
use crate::report::{Kind, Report};
use crate::settings::Settings;
use aws_lc_rs::digest;
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
    let serving = &settings.serving;
    match (&serving.certificate, &serving.certificate_key) {
        (Some(certificate), key) => read(certificate, key.as_deref(), &serving.certificate_password, false),
        (None, None) => {
            let (certificate, key) = own(settings);
            if !certificate.is_file() || !key.is_file() {
                make(settings, names)?;
            }
            read(&certificate, Some(&key), "", true)
        }
        (None, Some(_)) => Err(Report::usage("half-a-certificate", "the certificate has a key and no file of its own")
            .hint("set Https:CertificateFile, too, or take Https:KeyFile away")),
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

fn read(file: &Path, key: Option<&Path>, password: &str, is_self_signed: bool) -> Result<Certificate, Report> {
    let unusable = |path: &Path, detail: String| {
        Report::usage("certificate", format!("{} cannot be used: {detail}", path.display())).hint(
            "give PEM files, the chain with the server's own certificate first, and its private key (Https:KeyFile); or \
             one PFX file. Https:KeyPassword is the password of either",
        )
    };
    let read = keys::read(file, password).map_err(|detail| unusable(file, detail))?;
    let chain = read.certificates;
    let first = chain.first().ok_or_else(|| unusable(file, "it holds no certificate".to_owned()))?;
    let fingerprint = fingerprint(first);
    let private = match key {
        None => read.key.map_err(|detail| unusable(file, detail))?,
        Some(key) => keys::read(key, password).and_then(|read| read.key).map_err(|detail| unusable(key, detail))?,
    };
    let key = key.unwrap_or(file);
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
