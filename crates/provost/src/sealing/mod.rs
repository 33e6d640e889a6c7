//! Encryption of files and settings for the holder of a certificate's private key.
//!
//! A sealed file is a header and chunks. The header: `PROVOST1`; the SHA-256 of the public key (32 bytes); the length of
//! the wrapped key (2 bytes, big-endian); a random AES-256 key, wrapped by RSA-OAEP with SHA-256; 7 random bytes. Each
//! chunk: at most 65,536 bytes, encrypted by AES-256-GCM with the header as additional data; the nonce is the 7 bytes,
//! the number of the chunk (4 bytes, big-endian), and 1 for the last chunk, 0 for the others. So neither the order nor
//! the end of a file can be changed unnoticed. A sealed setting is such a file in base64.

mod export_files;
mod stream;

pub use export_files::ExportFiles;
pub use stream::{OpeningReader, SealingWriter};

use crate::report::{Kind, Report};
use aws_lc_rs::digest;
use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io::{self, Read, Write};
use std::path::Path;
use stream::{Chunks, PREFIX, take};

const MAGIC: &[u8; 8] = b"PROVOST1";
const KEY: usize = 32;

/// Seals for the holder of a certificate.
pub struct Sealer {
    key: OaepPublicEncryptingKey,
    id: Vec<u8>,
}

/// Opens what was sealed for a certificate, with its private key.
pub struct Opener {
    key: OaepPrivateDecryptingKey,
    id: Vec<u8>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opener").finish_non_exhaustive()
    }
}

impl Sealer {
    /// For the certificate in a PEM file.
    ///
    /// # Errors
    /// It holds none, or one without an RSA key.
    pub fn read(file: &Path) -> Result<Sealer, Report> {
        let (id, spki) = public(file)?;
        let key = PublicEncryptingKey::from_der(&spki).ok().and_then(|key| OaepPublicEncryptingKey::new(key).ok());
        Ok(Sealer { key: key.ok_or_else(|| unusable(file, "its key is no RSA key of 2048 to 8192 bits"))?, id })
    }

    /// Seals all that `input` gives.
    ///
    /// # Errors
    /// Reading or writing fails.
    pub fn seal(&self, mut input: impl Read, output: impl Write) -> Result<(), Report> {
        let mut sealing = self.writer(output)?;
        io::copy(&mut input, &mut sealing).and_then(|_| sealing.finish()?.flush()).map_err(report)
    }

    /// Seals what is written, until [`SealingWriter::finish`].
    ///
    /// # Errors
    /// Writing fails, or the machine refuses to encrypt.
    pub fn writer<W: Write>(&self, mut output: W) -> Result<SealingWriter<W>, Report> {
        let (mut key, mut prefix) = ([0; KEY], [0; PREFIX]);
        aws_lc_rs::rand::fill(&mut key).and_then(|()| aws_lc_rs::rand::fill(&mut prefix)).map_err(|_| weak())?;
        let mut wrapped = vec![0; self.key.ciphertext_size()];
        let wrapped = self.key.encrypt(&OAEP_SHA256_MGF1SHA256, &key, &mut wrapped, None).map_err(|_| weak())?;
        let length = u16::try_from(wrapped.len()).unwrap_or_default().to_be_bytes();
        let header = [&MAGIC[..], &self.id, &length, wrapped, &prefix].concat();
        output.write_all(&header).map_err(report)?;
        Ok(SealingWriter::new(Chunks::new(&key, header, prefix)?, output))
    }

    /// Seals a setting.
    ///
    /// # Errors
    /// As [`Sealer::seal`].
    pub fn seal_text(&self, text: &str) -> Result<String, Report> {
        let mut sealed = Vec::new();
        self.seal(text.as_bytes(), &mut sealed)?;
        Ok(STANDARD.encode(sealed))
    }
}

impl Opener {
    /// For the private key in a PEM file that holds its certificate, too.
    ///
    /// # Errors
    /// It holds no such pair, or one without an RSA key.
    pub fn read(file: &Path) -> Result<Opener, Report> {
        let (id, spki) = public(file)?;
        let private = PrivateKeyDer::from_pem_file(file).map_err(|_| {
            unusable(file, "it holds no private key that can be read without a password (openssl pkey takes it away)")
        })?;
        let PrivateKeyDer::Pkcs8(private) = private else {
            return Err(unusable(file, "its private key is not in PKCS#8 form (openssl pkey converts it)"));
        };
        let key = PrivateDecryptingKey::from_pkcs8(private.secret_pkcs8_der());
        let key = key.map_err(|_| unusable(file, "its key is no RSA key of 2048 to 8192 bits"))?;
        use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
        let own: PublicKeyX509Der<'_> = key.public_key().as_der().map_err(|_| weak())?;
        if own.as_ref() != spki {
            return Err(unusable(file, "its private key is not the one of its first certificate"));
        }
        Ok(Opener { key: OaepPrivateDecryptingKey::new(key).map_err(|_| weak())?, id })
    }

    /// Opens a sealed file. What was written before an error is to be thrown away.
    ///
    /// # Errors
    /// It is no sealed file, was sealed for another certificate, or was changed; reading or writing fails.
    pub fn open(&self, input: impl Read, mut output: impl Write) -> Result<(), Report> {
        let mut opening = self.reader(input)?;
        io::copy(&mut opening, &mut output).and_then(|_| output.flush()).map_err(report)
    }

    /// Opens what is read. Whatever comes is what was sealed; that it is all of it is certain at the end only.
    ///
    /// # Errors
    /// It is no sealed file, or was sealed for another certificate; reading fails.
    pub fn reader<R: Read>(&self, mut input: R) -> Result<OpeningReader<R>, Report> {
        let chunks = self.header(&mut input)?;
        OpeningReader::new(chunks, input).map_err(report)
    }

    /// Opens a sealed setting.
    ///
    /// # Errors
    /// As [`Opener::open`]; it is no text.
    pub fn open_text(&self, text: &str) -> Result<String, Report> {
        let sealed = STANDARD.decode(text.trim()).map_err(|_| not_sealed())?;
        let mut open = Vec::new();
        self.open(sealed.as_slice(), &mut open)?;
        String::from_utf8(open).map_err(|_| changed())
    }

    fn header(&self, input: &mut impl Read) -> Result<Chunks, Report> {
        let mut header = take(input, MAGIC.len() + KEY + 2).map_err(report)?;
        if header.len() < MAGIC.len() + KEY + 2 || !header.starts_with(MAGIC) {
            return Err(not_sealed());
        }
        if header[MAGIC.len()..MAGIC.len() + KEY] != self.id {
            return Err(Report::new(Kind::Error, "other-certificate", "it was encrypted for another certificate")
                .hint("set EncryptionCertificate:File to the one it was encrypted for, or encrypt it again"));
        }
        let length = usize::from(u16::from_be_bytes([header[MAGIC.len() + KEY], header[MAGIC.len() + KEY + 1]]));
        let wrapped = take(input, length).map_err(report)?;
        let prefix = take(input, PREFIX).map_err(report)?;
        header.extend_from_slice(&wrapped);
        header.extend_from_slice(&prefix);
        let mut key = vec![0; self.key.min_output_size()];
        let key = self.key.decrypt(&OAEP_SHA256_MGF1SHA256, &wrapped, &mut key, None).map_err(|_| changed())?;
        Chunks::new(key, header, prefix.try_into().map_err(|_| changed())?)
    }
}

/// Whether a file begins as a sealed one.
///
/// # Errors
/// It cannot be read.
pub fn is_sealed(file: &Path) -> io::Result<bool> {
    let mut begin = Vec::new();
    std::fs::File::open(file)?.take(MAGIC.len() as u64).read_to_end(&mut begin)?;
    Ok(begin == MAGIC)
}

/// Digest of the public key of the first certificate in a PEM file, and that key.
fn public(file: &Path) -> Result<(Vec<u8>, Vec<u8>), Report> {
    let content = std::fs::read(file).map_err(|error| Report::io("read", file, &error))?;
    if content.first() == Some(&0x30) {
        return Err(unusable(
            file,
            "it is not in PEM form (openssl pkcs12 -in FILE.pfx -out FILE.pem -nodes converts a PFX)",
        ));
    }
    let certificate = CertificateDer::from_pem_slice(&content)
        .map_err(|error| unusable(file, &format!("it holds no certificate: {error}")))?;
    let parsed = rustls::server::ParsedCertificate::try_from(&certificate)
        .map_err(|error| unusable(file, &format!("its certificate cannot be read: {error}")))?;
    let spki = parsed.subject_public_key_info().as_ref().to_vec();
    Ok((digest::digest(&digest::SHA256, &spki).as_ref().to_vec(), spki))
}

fn unusable(file: &Path, detail: &str) -> Report {
    Report::usage("encryption-certificate", format!("{} cannot encrypt: {detail}", file.display())).hint(
        "give one PEM file with a certificate and its unencrypted RSA key: openssl req -x509 -newkey rsa:3072 -nodes \
         -subj /CN=provost -days 3650 -keyout key.pem -out cert.pem; cat cert.pem key.pem > encryption.pem",
    )
}

fn not_sealed() -> Report {
    Report::new(Kind::Error, "not-encrypted", "it was not encrypted by this program")
        .hint("encrypt it: provost encrypt-file, provost protect-x509-json-value")
}

fn changed() -> Report {
    Report::new(Kind::Error, "changed", "it was changed or cut off after it was encrypted")
        .hint("take it from where it came again")
}

fn weak() -> Report {
    Report::new(Kind::Error, "encryption", "the machine refused to encrypt")
}

/// The report that a stream gave as an error, or one about the disk.
fn report(error: io::Error) -> Report {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Report>()) {
        Some(report) => report.clone(),
        None => Report::new(Kind::Error, "file-system", error.to_string()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::stream::{CHUNK, TAG};
    use super::*;
    use std::path::PathBuf;

    /// A PEM file with a new certificate and its key.
    pub(crate) fn pair(folder: &Path, name: &str) -> PathBuf {
        let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["provost".to_owned()]).unwrap().self_signed(&key).unwrap();
        let file = folder.join(name);
        std::fs::write(&file, format!("{}{}", certificate.pem(), key.serialize_pem())).unwrap();
        file
    }

    #[test]
    fn only_the_holder_of_the_key_opens_and_nothing_can_be_changed() {
        let folder = tempfile::tempdir().unwrap();
        let file = pair(folder.path(), "a.pem");
        let (sealer, opener) = (Sealer::read(&file).unwrap(), Opener::read(&file).unwrap());
        let open = |sealed: &[u8]| {
            let mut out = Vec::new();
            opener.open(sealed, &mut out).map(|()| out).map_err(|report| report.id)
        };
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let text: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let mut sealed = Vec::new();
            sealer.seal(text.as_slice(), &mut sealed).unwrap();
            assert_eq!(open(&sealed), Ok(text), "{length}");
            // Cut off behind a whole chunk, and one bit flipped.
            if length > CHUNK {
                let header = sealed.len() - (length + length.div_ceil(CHUNK) * TAG);
                assert_eq!(open(&sealed[..header + CHUNK + TAG]), Err("changed"));
            }
            let last = sealed.len() - 1;
            sealed[last] ^= 1;
            assert_eq!(open(&sealed), Err("changed"), "{length}");
        }
        assert_eq!(open(b"name,login\n"), Err("not-encrypted"));
        let other = Opener::read(&pair(folder.path(), "b.pem")).unwrap();
        let sealed = sealer.seal_text("geheim").unwrap();
        assert_eq!(opener.open_text(&sealed).unwrap(), "geheim");
        assert_eq!(other.open_text(&sealed).unwrap_err().id, "other-certificate");
    }

    #[test]
    fn what_cannot_be_used_is_told_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (pair(folder.path(), "1.pem"), pair(folder.path(), "2.pem"));
        let [one, other] = [one, other].map(|file| std::fs::read_to_string(file).unwrap());
        let begin = one.find("-----BEGIN PRIVATE").unwrap();
        let elliptic = rcgen::generate_simple_self_signed(["x".to_owned()]).unwrap();
        let cases = [
            ("0\u{82}".to_owned(), "openssl pkcs12"),
            (one[..begin].to_owned(), "no private key"),
            (format!("{}{}", &one[..begin], &other[other.find("-----BEGIN PRIVATE").unwrap()..]), "not the one"),
            (format!("{}{}", elliptic.cert.pem(), elliptic.signing_key.serialize_pem()), "no RSA key"),
        ];
        for (content, expected) in cases {
            let file = folder.path().join("wrong.pem");
            std::fs::write(&file, content).unwrap();
            let report = Opener::read(&file).unwrap_err();
            assert!(report.text.contains(expected), "{report}");
        }
    }
}
