//! Files that OpenSSL wrote: one key of P-256, its certificate, and the certificate of who issued it.

use super::*;

const CERTIFICATE: &[u8] = include_bytes!("samples/cert.pem");
const KEY: &[u8] = include_bytes!("samples/key.pem");
/// PFX as OpenSSL 3 writes it: AES-256, a MAC with SHA-256; with the issuer.
const NEW: &[u8] = include_bytes!("samples/new.pfx");
/// PFX with RC2 and 3DES.
const OLD: &[u8] = include_bytes!("samples/old.pfx");
/// PFX with AES-128, a MAC with SHA-512, certificates in the clear and a password beyond ASCII.
const OTHER: &[u8] = include_bytes!("samples/other.pfx");
const SEALED: &[u8] = include_bytes!("samples/sealed.pem");
/// With AES-128 and SHA-1.
const SEALED_128: &[u8] = include_bytes!("samples/sealed128.pem");
/// In the old form of OpenSSL.
const SEALED_OLD: &[u8] = include_bytes!("samples/old.pem");

fn read_as(content: &[u8], password: &str) -> Result<KeyFile, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, content).unwrap();
    read(&file, password)
}

/// The public key that belongs to what was read, as the private key has it.
fn public_of(file: &KeyFile) -> Vec<u8> {
    let key = file.key.as_ref().unwrap();
    let signing = rustls::crypto::aws_lc_rs::sign::any_supported_type(key).unwrap();
    signing.public_key().unwrap().as_ref().to_vec()
}

#[test]
fn every_form_of_a_key_gives_the_same_key() {
    let open = read_as(&[CERTIFICATE, KEY].concat(), "").unwrap();
    let own = public_key(&open.certificates[0]).unwrap();
    assert_eq!(public_of(&open), own);
    let files = [
        (NEW.to_vec(), "geheim", 2),
        (OTHER.to_vec(), "пароль", 1),
        ([CERTIFICATE, SEALED].concat(), "geheim", 1),
        ([SEALED_128, CERTIFICATE].concat(), "geheim", 1),
    ];
    for (content, password, certificates) in files {
        let read = read_as(&content, password).unwrap();
        assert_eq!(read.certificates.len(), certificates);
        assert_eq!(read.certificates[0], open.certificates[0], "that of the key comes first");
        assert_eq!(public_of(&read), own);
    }
}

#[test]
fn what_stays_closed_says_why() {
    let closed = |content: &[u8], password: &str| match read_as(content, password) {
        Ok(read) => read.key.err().unwrap_or_default(),
        Err(detail) => detail,
    };
    assert_eq!(closed(NEW, ""), "it needs a password");
    assert_eq!(closed(NEW, "falsch"), "the password is not the one of the file");
    assert_eq!(closed(SEALED, ""), "it needs a password");
    assert_eq!(closed(SEALED, "falsch"), "the password is not the one of the file");
    assert!(closed(OLD, "geheim").starts_with("it is encrypted by a cipher of the past"), "{}", closed(OLD, "geheim"));
    assert!(closed(SEALED_OLD, "geheim").contains("openssl pkcs8"));
    assert_eq!(closed(CERTIFICATE, "geheim"), "it holds no private key");
}

#[test]
fn files_that_are_cut_or_changed_are_refused_and_nothing_else_happens() {
    for content in [NEW, OTHER] {
        for length in (0..content.len()).step_by(13) {
            assert!(read_as(&content[..length], "geheim").map_or(true, |read| read.key.is_err()), "{length}");
        }
        for at in (0..content.len()).step_by(17) {
            let mut changed = content.to_vec();
            changed[at] ^= 0x11;
            // The MAC covers what matters; what lies outside of it may change without harm.
            drop(read_as(&changed, "geheim"));
        }
    }
}
