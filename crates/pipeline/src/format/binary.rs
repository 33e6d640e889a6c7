//! Identifiers and bytes: GUID, base64, SID.

use super::FormatError;
use std::io::Write;

/// Text forms of a GUID: 32 hex digits, with hyphens or not, in braces, parentheses or not.
pub(super) fn guid(raw: &str, out: &mut Vec<u8>) -> Result<(), FormatError> {
    let text = raw.trim();
    if text.is_empty() {
        return Ok(());
    }
    let inner = match text.as_bytes() {
        [b'{', inner @ .., b'}'] | [b'(', inner @ .., b')'] => inner,
        inner => inner,
    };
    let hyphen = |i: usize| inner.len() == 36 && matches!(i, 8 | 13 | 18 | 23);
    let well_formed = matches!(inner.len(), 32 | 36)
        && inner.iter().enumerate().all(|(i, c)| if hyphen(i) { *c == b'-' } else { c.is_ascii_hexdigit() });
    if !well_formed {
        return Err(FormatError::new(
            "a GUID such as c076e361fa5f428e833939a449ce2db3 or {C076E361-FA5F-428E-8339-39A449CE2DB3}",
            "export the identifier as text with 32 hex digits (not its binary form), or leave Format empty",
        ));
    }
    out.extend(inner.iter().filter(|c| **c != b'-').map(u8::to_ascii_lowercase));
    Ok(())
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn sextet(c: u8) -> Option<u8> {
    Some(match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// Appends checked base64 without white space. Unused bits are cleared, so that equal bytes have equal text.
pub(super) fn base64(raw: &str, out: &mut Vec<u8>) -> Result<(), FormatError> {
    let start = out.len();
    out.extend(raw.bytes().filter(|c| !c.is_ascii_whitespace()));
    let text = &out[start..];
    let padding = text.iter().rev().take(2).take_while(|c| **c == b'=').count();
    let digits = text.len() - padding;
    if !text.len().is_multiple_of(4) || !text[..digits].iter().all(|c| sextet(*c).is_some()) {
        out.truncate(start);
        return Err(FormatError::new(
            "bytes written in base64 with padding, such as AQID or AQI=",
            "export the value in base64, or leave Format empty to keep the text as it is",
        ));
    }
    if padding > 0
        && let Some(last) = sextet(out[start + digits - 1])
    {
        let used = if padding == 1 { 0b11_1100 } else { 0b11_0000 };
        out[start + digits - 1] = ALPHABET[usize::from(last & used)];
    }
    Ok(())
}

/// The bytes of base64 text that [`base64`] accepts.
fn decode(raw: &str) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(raw.len());
    base64(raw, &mut text).ok()?;
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0u32, 0);
    for digit in text.iter().map_while(|c| sextet(*c)) {
        bits = (bits << 6 | u32::from(digit)) & 0xFFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xFF) as u8);
        }
    }
    Some(bytes)
}

/// A security identifier in text or in base64 of its binary form.
pub(super) fn sid(raw: &str, out: &mut Vec<u8>) -> Result<(), FormatError> {
    let text = raw.trim();
    if text.is_empty() {
        return Ok(());
    }
    let start = out.len();
    let written = match text.as_bytes() {
        [b'S' | b's', b'-', ..] => sid_from_text(&text[2..], out),
        _ => decode(text).and_then(|bytes| sid_from_bytes(&bytes, out)),
    };
    if written.is_none() {
        out.truncate(start);
        return Err(FormatError::new(
            "a security identifier such as S-1-5-21-1004336348-1177238915-682003330-512, or base64 of its binary form",
            "export objectSid as text or base64, or leave Format empty to keep the text as it is",
        ));
    }
    Ok(())
}

fn sid_from_text(text: &str, out: &mut Vec<u8>) -> Option<()> {
    let mut parts = text.split('-');
    let number = |part: &str| part.bytes().all(|c| c.is_ascii_digit()).then(|| part.parse::<u64>().ok()).flatten();
    if parts.next()? != "1" {
        return None;
    }
    let authority = parts.next()?;
    let authority = match authority.strip_prefix("0x").or_else(|| authority.strip_prefix("0X")) {
        Some(hex) if hex.bytes().all(|c| c.is_ascii_hexdigit()) => u64::from_str_radix(hex, 16).ok()?,
        Some(_) => return None,
        None => number(authority)?,
    };
    write_authority(authority, out)?;
    for (i, part) in parts.enumerate() {
        let part = u32::try_from(number(part)?).ok().filter(|_| i < 15)?;
        let _ = write!(out, "-{part}");
    }
    Some(())
}

/// Revision, count of sub-authorities, 48-bit authority (big-endian), 32-bit sub-authorities (little-endian).
fn sid_from_bytes(bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (header, parts) = bytes.split_at_checked(8)?;
    let [1, count @ 0..=15, authority @ ..] = header else {
        return None;
    };
    if parts.len() != usize::from(*count) * 4 {
        return None;
    }
    write_authority(authority.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)), out)?;
    for part in parts.chunks_exact(4) {
        let part = part.iter().rev().fold(0u32, |n, byte| n << 8 | u32::from(*byte));
        let _ = write!(out, "-{part}");
    }
    Some(())
}

/// Authorities of more than 32 bits are written in hexadecimal by convention.
fn write_authority(authority: u64, out: &mut Vec<u8>) -> Option<()> {
    match authority {
        0..=0xFFFF_FFFF => write!(out, "S-1-{authority}").ok(),
        0x1_0000_0000..=0xFFFF_FFFF_FFFF => write!(out, "S-1-0x{authority:012X}").ok(),
        _ => None,
    }
}
