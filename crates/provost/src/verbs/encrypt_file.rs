//! `provost encrypt-file`: files for the holder of a certificate.

use super::Run;
use crate::backup::create;
use crate::context::Context;
use crate::keys;
use crate::report::{Exit, Report};
use crate::sealing::{Opener, Sealer};
use crate::settings::Settings;
use clap::Args;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

/// Encrypt files for the holder of a certificate
///
/// Each file is encrypted by a key of its own (AES-256-GCM), which is encrypted by the public RSA key of the
/// certificate. provost decrypt-file opens them with the private key.
#[derive(Args, Debug)]
pub(crate) struct EncryptFile {
    /// Files to encrypt; standard input when none is named
    #[arg(short, long, value_name = "PATH", num_args = 1..)]
    files: Vec<PathBuf>,

    /// File to write; a folder when several files are encrypted
    #[arg(short, long, value_name = "PATH")]
    output_path: PathBuf,

    #[command(flatten)]
    certificate: CertificateOption,
}

/// The certificate to encrypt for, or to open with.
#[derive(Args, Debug)]
pub(crate) struct CertificateOption {
    /// File with the certificate, PEM or PFX, and with its private key where something is opened (default:
    /// EncryptionCertificate:File)
    #[arg(long, value_name = "PATH", alias = "file-cert-file")]
    certificate_file: Option<PathBuf>,

    /// Password of that file. Other users of this machine can see it here; EncryptionCertificate:Password is not seen
    #[arg(long, value_name = "TEXT", alias = "file-cert-password", requires = "certificate_file")]
    certificate_password: Option<String>,
}

impl CertificateOption {
    /// The file and its password.
    pub(crate) fn pair(&self, context: &Context) -> Result<(PathBuf, String), Report> {
        if let Some(file) = &self.certificate_file {
            let password = self.certificate_password.as_deref().unwrap_or_default();
            return Ok((file.clone(), keys::reveal(password)));
        }
        let settings = self.settings(context)?;
        settings.serving.encryption_file.ok_or_else(|| {
            Report::usage("no-encryption-certificate", "nothing says for which certificate")
                .hint("give --certificate-file, or set EncryptionCertificate:File in appsettings.json")
        })
    }

    pub(crate) fn sealer(&self, context: &Context) -> Result<Sealer, Report> {
        let (file, password) = self.pair(context)?;
        Sealer::read(&file, &password)
    }

    pub(crate) fn opener(&self, context: &Context) -> Result<Opener, Report> {
        let (file, password) = self.pair(context)?;
        Opener::read(&file, &password)
    }

    /// Values may be encrypted for this very certificate: those are not needed to know it.
    fn settings(&self, context: &Context) -> Result<Settings, Report> {
        context.settings().or_else(|_| context.open_settings())
    }
}

impl Run for EncryptFile {
    const NAME: &'static str = "encrypt-file";
    const ORIGINALS: &'static [&'static str] = &["Encrypt-File"];
    const EXAMPLES: &'static str = "\
Examples:
  provost encrypt-file --files persons.csv --output-path persons.csv.sealed
  provost encrypt-file --files a.csv b.csv --output-path sealed --certificate-file encryption.pem";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let sealer = self.certificate.sealer(context)?;
        match self.files.as_slice() {
            [] => whole(&self.output_path, |out| sealer.seal(std::io::stdin().lock(), out))?,
            [file] if !self.output_path.is_dir() => seal(&sealer, file, &self.output_path)?,
            files => {
                crate::home::ensure_folder(&self.output_path)?;
                for file in files {
                    let name = file.file_name().ok_or_else(|| Report::usage("file", "a file has no name"))?;
                    seal(&sealer, file, &self.output_path.join(name))?;
                }
            }
        }
        Ok(Exit::Done)
    }
}

fn seal(sealer: &Sealer, from: &Path, to: &Path) -> Result<(), Report> {
    let source = File::open(from).map_err(|error| Report::io("read", from, &error))?;
    whole(to, |out| sealer.seal(source, out))
}

/// Writes a file completely, or not at all.
pub(super) fn whole(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> Result<(), Report>) -> Result<(), Report> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let mut out = BufWriter::new(create(&partial)?);
    let written = write(&mut out)
        .and_then(|()| out.get_ref().sync_data().map_err(|error| Report::io("write", &partial, &error)))
        .and_then(|()| std::fs::rename(&partial, path).map_err(|error| Report::io("write", path, &error)));
    if written.is_err() {
        // Nobody is to take it for the whole.
        let _ = std::fs::remove_file(&partial);
    }
    written
}
