//! Passwords of key files that do not lie open in settings: three parts in base64, joined by `@`.
//!
//! The key is the same in every copy of the program. This keeps a password from being read over a shoulder, and from
//! nobody who wants to know it; [`crate::settings`] can take it from a file or a vault instead.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const PRODUCT: &[u8; 32] = b"provost: not a secret, a curtain";

fn key() -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, PRODUCT).ok().map(LessSafeKey::new)
}

/// The password behind a curtain; none when the machine refuses to encrypt.
pub(crate) fn hide(password: &str) -> Option<String> {
    let mut nonce = [0; NONCE_LEN];
    aws_lc_rs::rand::fill(&mut nonce).ok()?;
    let mut content = password.as_bytes().to_vec();
    let tag =
        key()?.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut content).ok()?;
    Some([&nonce[..], &content, tag.as_ref()].map(|part| STANDARD.encode(part)).join("@"))
}

/// The password as it is: what is not behind the curtain stays as it was.
pub(crate) fn reveal(text: &str) -> String {
    hidden(text).unwrap_or_else(|| text.to_owned())
}

fn hidden(text: &str) -> Option<String> {
    let parts: Vec<Vec<u8>> = text.split('@').map(|part| STANDARD.decode(part).ok()).collect::<Option<_>>()?;
    let [nonce, content, tag] = parts.try_into().ok()?;
    let nonce = Nonce::try_assume_unique_for_key(&nonce).ok()?;
    let mut sealed = [content, tag].concat();
    let open = key()?.open_in_place(nonce, Aad::empty(), &mut sealed).ok()?;
    String::from_utf8(open.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_comes_back_and_others_are_left_alone() {
        for password in ["", "geheim", "pass@word@too", "пароль"] {
            let hidden = hide(password).unwrap();
            assert_eq!(hidden.split('@').count(), 3, "{hidden}");
            assert!(password.is_empty() || !hidden.contains(password));
            assert_ne!(hide(password).unwrap(), hidden, "each time another one");
            assert_eq!(reveal(&hidden), password);
        }
        for plain in ["", "geheim", "a@b@c", "AAAAAAAAAAAAAAAA@AAAA@AAAAAAAAAAAAAAAAAAAAAA=="] {
            assert_eq!(reveal(plain), plain);
        }
    }
}
