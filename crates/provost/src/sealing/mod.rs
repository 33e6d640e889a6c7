//! Encryption of files and settings for the holder of a certificate's private key.
//!
//! A sealed file is a header and chunks. The header: `PROVOST1`; the SHA-256 of the public key (32 bytes); the length of
//! the locked key (2 bytes, big-endian); a random AES-256 key, locked as `locks.rs` says; 7 random bytes. Each
//! chunk: at most 65,536 bytes, encrypted by AES-256-GCM with the header as additional data; the nonce is the 7 bytes,
//! the number of the chunk (4 bytes, big-endian), and 1 for the last chunk, 0 for the others. So neither the order nor
//! the end of a file can be changed unnoticed. A sealed setting is such a file in base64.

mod export_files;
mod locks;
mod stream;

pub use export_files::ExportFiles;
pub use stream::{OpeningReader, SealingWriter};

use crate::keys;
use crate::report::{Kind, Report};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use locks::{Lock, Unlock};
use std::io::{self, Read, Write};
use std::path::Path;
use stream::{Chunks, PREFIX, take};

const MAGIC: &[u8; 8] = b"PROVOST1";
const KEY: usize = 32;

/// Seals for the holder of a certificate.
pub struct Sealer {
    lock: Lock,
    id: Vec<u8>,
}

/// Opens what was sealed for a certificate, with its private key.
pub struct Opener {
    key: Unlock,
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
    /// For the certificate in a file: PEM, or PFX with its password.
    ///
    /// # Errors
    /// It holds none, or one whose key nothing can be sealed for.
    pub fn read(file: &Path, password: &str) -> Result<Sealer, Report> {
        let (_, lock, id, _) = pair(file, password)?;
        Ok(Sealer { lock, id })
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
        let locked = self.lock.lock(&key).ok_or_else(weak)?;
        let length = u16::try_from(locked.len()).unwrap_or_default().to_be_bytes();
        let header = [&MAGIC[..], &self.id, &length, &locked, &prefix].concat();
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
    /// For the private key in a file that holds its certificate, too: PEM, or PFX, with the password of the key.
    ///
    /// # Errors
    /// It holds no such pair, or one that nothing can be opened with.
    pub fn read(file: &Path, password: &str) -> Result<Opener, Report> {
        let (pair, lock, id, public) = pair(file, password)?;
        let private = pair.key.map_err(|detail| unusable(file, &detail))?;
        let key = Unlock::of(&private, &lock, &public).map_err(|detail| unusable(file, &detail))?;
        Ok(Opener { key, id })
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
        let locked = take(input, length).map_err(report)?;
        let prefix = take(input, PREFIX).map_err(report)?;
        header.extend_from_slice(&locked);
        header.extend_from_slice(&prefix);
        let key = self.key.unlock(&locked).ok_or_else(changed)?;
        Chunks::new(&key, header, prefix.try_into().map_err(|_| changed())?)
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

/// What a file holds, the lock that its first certificate is, the digest of its public key, and that key.
fn pair(file: &Path, password: &str) -> Result<(keys::KeyFile, Lock, Vec<u8>, Vec<u8>), Report> {
    let read = keys::read(file, password).map_err(|detail| unusable(file, &detail))?;
    let first = read.certificates.first().ok_or_else(|| unusable(file, "it holds no certificate"))?;
    let (lock, public) = Lock::of(first).map_err(|detail| unusable(file, &detail))?;
    let id = digest::digest(&digest::SHA256, &public).as_ref().to_vec();
    Ok((read, lock, id, public))
}

fn unusable(file: &Path, detail: &str) -> Report {
    Report::usage("encryption-certificate", format!("{} cannot encrypt: {detail}", file.display())).hint(
        "give one file with a certificate and its key, PFX or PEM, and its password: openssl req -x509 -newkey rsa:3072 \
         -nodes -subj /CN=provost -days 3650 -keyout key.pem -out cert.pem; cat cert.pem key.pem > encryption.pem",
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

    /// The same with a key of an elliptic curve.
    fn curve(folder: &Path, name: &str, algorithm: &'static rcgen::SignatureAlgorithm) -> PathBuf {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["provost".to_owned()]).unwrap().self_signed(&key).unwrap();
        let file = folder.join(name);
        std::fs::write(&file, format!("{}{}", certificate.pem(), key.serialize_pem())).unwrap();
        file
    }

    #[test]
    fn only_the_holder_of_the_key_opens_and_nothing_can_be_changed() {
        let folder = tempfile::tempdir().unwrap();
        let p256 = &rcgen::PKCS_ECDSA_P256_SHA256;
        opens_alone(&pair(folder.path(), "a.pem"), &pair(folder.path(), "b.pem"));
        opens_alone(&curve(folder.path(), "c.pem", p256), &curve(folder.path(), "d.pem", p256));
        opens_alone(&curve(folder.path(), "e.pem", p256), &pair(folder.path(), "f.pem"));
    }

    fn opens_alone(file: &Path, other: &Path) {
        let (sealer, opener) = (Sealer::read(file, "").unwrap(), Opener::read(file, "").unwrap());
        let open = |sealed: &[u8]| {
            let mut out = Vec::new();
            opener.open(sealed, &mut out).map(|()| out).map_err(|report| report.id)
        };
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let text: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let mut sealed = Vec::new();
            sealer.seal(text.as_slice(), &mut sealed).unwrap();
            assert_eq!(open(&sealed), Ok(text), "{length}");
            // Cut off behind a whole chunk, and one bit flipped: at the end, and in the locked key.
            if length > CHUNK {
                let header = sealed.len() - (length + length.div_ceil(CHUNK) * TAG);
                assert_eq!(open(&sealed[..header + CHUNK + TAG]), Err("changed"));
            }
            for at in [sealed.len() - 1, MAGIC.len() + KEY + 2 + 70] {
                let mut changed = sealed.clone();
                changed[at] ^= 1;
                assert_eq!(open(&changed), Err("changed"), "{length} {at}");
            }
        }
        assert_eq!(open(b"name,login\n"), Err("not-encrypted"));
        let other = Opener::read(other, "").unwrap();
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
        let elliptic = curve(folder.path(), "384.pem", &rcgen::PKCS_ECDSA_P384_SHA384);
        let cases = [
            ("0\u{82}".to_owned(), "damaged"),
            ("nothing".to_owned(), "holds no certificate"),
            (one[..begin].to_owned(), "no private key"),
            (format!("{}{}", &one[..begin], &other[other.find("-----BEGIN PRIVATE").unwrap()..]), "not the one"),
            (std::fs::read_to_string(elliptic).unwrap(), "neither RSA"),
        ];
        for (content, expected) in cases {
            let file = folder.path().join("wrong.pem");
            std::fs::write(&file, content).unwrap();
            let report = Opener::read(&file, "").unwrap_err();
            assert!(report.text.contains(expected), "{report}");
        }
    }
}
