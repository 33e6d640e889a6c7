//! Contents of `Binary` properties: a resource holds the digest, the repository the content.

use crate::mapping::MappedType;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;
use std::fmt::Write as _;

/// What digests begin with. No content does, as `:` is no letter of base64.
const ALGORITHM: &str = "sha256:";

/// The bytes of a content. What prepare has written is base64; whatever somebody made of it stands for itself.
pub fn content_bytes(content: &str) -> Cow<'_, [u8]> {
    STANDARD.decode(content).map_or(Cow::Borrowed(content.as_bytes()), Cow::Owned)
}

/// The digest of a content in base64: that of its bytes, as any other program computes it (FIPS 180-4).
pub(crate) fn digest(content: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &content_bytes(content));
    let mut text = ALGORITHM.to_owned();
    for byte in digest.as_ref() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Whether a value is a digest already: a record that was completed from the repository has one in place of a content.
fn is_digest(value: &str) -> bool {
    value.starts_with(ALGORITHM)
}

/// Puts digests in place of contents, and tells both.
pub(crate) fn replace(mapped: &MappedType, values: &mut [Option<String>]) -> Vec<(String, String)> {
    let mut contents = Vec::new();
    for (_, value) in mapped.columns.iter().zip(values).filter(|(column, _)| column.slot.is_file()) {
        if let Some(content) = value.take_if(|value| !is_digest(value)) {
            let digest = digest(&content);
            *value = Some(digest.clone());
            contents.push((digest, content));
        }
    }
    contents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_bytes() {
        // FIPS 180-4, example of one block: "abc".
        assert_eq!(digest("YWJj"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
