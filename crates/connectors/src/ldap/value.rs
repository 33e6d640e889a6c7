//! Values of directories as text: GUIDs, SIDs, and base64 for what is no text.

use super::dn;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;
use std::fmt::Write;

/// How the values of an attribute become text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// As they are; in base64 where they are no UTF-8.
    #[default]
    Text,
    /// 16 octets of Active Directory: 32 digits, in the order in which people write a GUID.
    Guid,
    /// `S-1-5-…`.
    Sid,
    /// Base64, whatever they hold.
    Binary,
}

/// Attributes that hold octets, by the form that they are written in.
const GUIDS: &[&str] = &[
    "objectGUID",
    "parentGUID",
    "mS-DS-ConsistencyGuid",
    "msExchMailboxGuid",
    "msExchArchiveGUID",
    "schemaIDGUID",
    "attributeSecurityGUID",
    "invocationId",
    "netbootGUID",
    "msDFSR-ReplicationGroupGuid",
];
const SIDS: &[&str] =
    &["objectSid", "sIDHistory", "tokenGroups", "tokenGroupsGlobalAndUniversal", "securityIdentifier", "creatorSID"];
const BINARIES: &[&str] = &[
    "thumbnailPhoto",
    "jpegPhoto",
    "photo",
    "audio",
    "thumbnailLogo",
    "userCertificate",
    "userSMIMECertificate",
    "userPKCS12",
    "cACertificate",
    "crossCertificatePair",
    "certificateRevocationList",
    "authorityRevocationList",
    "logonHours",
    "userParameters",
    "nTSecurityDescriptor",
    "msExchBlockedSendersHash",
    "msExchSafeSendersHash",
    "msExchSafeRecipientsHash",
    "replicationSignature",
    "dnsRecord",
    "terminalServer",
    "x500uniqueIdentifier",
];

/// The form of an attribute, by its name and by the format of the column: a format wins over what the name suggests.
pub(crate) fn form(attribute: &str, format: Option<&str>) -> Form {
    let listed = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(attribute));
    let named = |format: &str| match format.to_ascii_lowercase().as_str() {
        "bytes" | "binary" => Some(Form::Binary),
        "sid" => Some(Form::Sid),
        _ => None,
    };
    match format.and_then(named) {
        Some(form) => form,
        None if listed(GUIDS) => Form::Guid,
        None if listed(SIDS) => Form::Sid,
        None if listed(BINARIES) || attribute.to_ascii_lowercase().ends_with(";binary") => Form::Binary,
        None => Form::Text,
    }
}

impl Form {
    /// The text of a value.
    pub(crate) fn text(self, value: &[u8]) -> Cow<'_, [u8]> {
        let special = match self {
            Form::Guid => guid(value),
            Form::Sid => sid(value),
            Form::Text | Form::Binary => None,
        };
        match special {
            Some(text) => Cow::Owned(text.into_bytes()),
            None if self == Form::Binary || std::str::from_utf8(value).is_err() => {
                Cow::Owned(STANDARD.encode(value).into_bytes())
            }
            None => match std::str::from_utf8(value).map(dn::canonical) {
                Ok(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
                _ => Cow::Borrowed(value),
            },
        }
    }

    /// The value behind a text, for writing.
    pub(crate) fn value(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Form::Text => Some(text.as_bytes().to_vec()),
            Form::Binary => STANDARD.decode(text.trim()).ok(),
            Form::Guid => guid_octets(text).map(|octets| octets.to_vec()),
            Form::Sid => sid_octets(text),
        }
    }
}

/// Positions of the octets of Active Directory in the order of the text.
const GUID_ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

fn guid(value: &[u8]) -> Option<String> {
    let octets: &[u8; 16] = value.try_into().ok()?;
    let mut text = String::with_capacity(32);
    for at in GUID_ORDER {
        write!(text, "{:02x}", octets[at]).ok()?;
    }
    Some(text)
}

/// The octets of Active Directory behind 32 digits, with or without hyphens and braces.
pub(crate) fn guid_octets(text: &str) -> Option<[u8; 16]> {
    let digits: String = text.chars().filter(|c| !matches!(c, '-' | '{' | '}')).collect();
    if digits.len() != 32 || !digits.is_ascii() {
        return None;
    }
    let mut octets = [0; 16];
    for (index, at) in GUID_ORDER.into_iter().enumerate() {
        octets[at] = u8::from_str_radix(digits.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(octets)
}

/// `8-4-4-4-12` digits of 16 octets in their own order, as `entryUUID` is written.
pub(crate) fn uuid(octets: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (index, octet) in octets.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing to a text cannot fail.
        let _ = write!(text, "{octet:02x}");
    }
    text
}

fn sid(value: &[u8]) -> Option<String> {
    let [revision, count, authority @ ..] = value else { return None };
    let (authority, parts) = authority.split_at_checked(6)?;
    if parts.len() != 4 * usize::from(*count) {
        return None;
    }
    let authority = authority.iter().fold(0_u64, |number, octet| (number << 8) | u64::from(*octet));
    let mut text = format!("S-{revision}-{authority}");
    for part in parts.as_chunks::<4>().0 {
        write!(text, "-{}", u32::from_le_bytes(*part)).ok()?;
    }
    Some(text)
}

fn sid_octets(text: &str) -> Option<Vec<u8>> {
    let mut words = text.strip_prefix("S-").or_else(|| text.strip_prefix("s-"))?.split('-');
    let mut octets = vec![words.next()?.parse().ok()?, 0];
    octets.extend_from_slice(&words.next()?.parse::<u64>().ok()?.to_be_bytes()[2..]);
    for word in words {
        octets.extend_from_slice(&word.parse::<u32>().ok()?.to_le_bytes());
        octets[1] = octets[1].checked_add(1)?;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_of_active_directory_are_turned_into_the_order_of_text() {
        let octets: Vec<u8> = (0..16).collect();
        let text = "03020100050407060809 0a0b0c0d0e0f".replace(' ', "");
        assert_eq!(Form::Guid.text(&octets), text.as_bytes());
        assert_eq!(guid_octets("{03020100-0504-0706-0809-0a0b0c0d0e0f}").unwrap(), octets[..]);
        assert_eq!(guid_octets("03"), None);
        assert_eq!(uuid(&[0xab; 16]), "abababab-abab-abab-abab-abababababab");
    }

    #[test]
    fn sids_are_text_in_both_directions() {
        let octets = [1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0xf4, 1, 0, 0];
        assert_eq!(Form::Sid.text(&octets), &b"S-1-5-21-1-2-3-500"[..]);
        assert_eq!(Form::Sid.value("S-1-5-21-1-2-3-500").unwrap(), octets);
        assert_eq!(Form::Sid.text(&octets[..27]), STANDARD.encode(&octets[..27]).as_bytes());
    }

    #[test]
    fn forms_follow_the_name_unless_the_column_has_a_format() {
        assert_eq!(form("OBJECTguid", None), Form::Guid);
        assert_eq!(form("objectSid", Some("String")), Form::Sid);
        assert_eq!(form("jpegPhoto", None), Form::Binary);
        assert_eq!(form("userCertificate;binary", None), Form::Binary);
        assert_eq!(form("description", Some("bytes")), Form::Binary);
        assert_eq!(form("cn", None), Form::Text);
        assert_eq!(Form::Text.text(b"Zo\xc3\xab"), "Zoë".as_bytes());
        assert_eq!(Form::Text.text(b"\xff\x00"), &b"/wA="[..]);
        assert_eq!(Form::Binary.text(b"ab"), &b"YWI="[..]);
    }
}
