//! Distinguished names (RFC 4514): reading the value of the leading RDN, and escaping a value.

use super::FormatError;

/// Appends the unescaped value of the leading RDN; of an RDN with several attributes, that of the first one.
///
/// Text without `=` is such a value already. A value in hexadecimal notation (`#04…`) stays as written.
pub(super) fn rdn(raw: &str, out: &mut Vec<u8>) -> Result<(), FormatError> {
    let Some(equals) = memchr::memchr(b'=', raw.as_bytes()) else {
        out.extend_from_slice(raw.as_bytes());
        return Ok(());
    };
    let start = out.len();
    let value = raw[equals + 1..].trim_start_matches(' ').as_bytes();
    let written = match value {
        [b'"', quoted @ ..] => unescape(quoted, b"\"", out).filter(|rest| rest.first() == Some(&b'"')).map(|_| ()),
        _ => unescape(value, b",+;", out).map(|_| ()),
    };
    if written.is_none() || std::str::from_utf8(&out[start..]).is_err() {
        out.truncate(start);
        return Err(FormatError::new(
            "a distinguished name such as CN=Person,CN=Schema,DC=example,DC=org, escaped by RFC 4514",
            "a backslash must precede a special character or two hex digits of UTF-8; correct it in the source, or leave Format empty",
        ));
    }
    Ok(())
}

/// Appends the value up to one of the `ends`, without unescaped trailing blanks, and gives what follows it.
fn unescape<'a>(mut rest: &'a [u8], ends: &[u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let mut kept = out.len();
    loop {
        match rest {
            [] => break,
            [c, ..] if ends.contains(c) => break,
            [b'\\', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(hex(*high) << 4 | hex(*low));
                kept = out.len();
                rest = tail;
            }
            [b'\\', c, tail @ ..] if b" \"#+,;<=>\\".contains(c) => {
                out.push(*c);
                kept = out.len();
                rest = tail;
            }
            [b'\\', ..] => return None,
            [c, tail @ ..] => {
                out.push(*c);
                if *c != b' ' || ends == b"\"" {
                    kept = out.len();
                }
                rest = tail;
            }
        }
    }
    out.truncate(kept);
    Some(rest)
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

/// `value` written so that it can stand in a distinguished name.
pub fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len() + 4);
    let last = value.chars().count().saturating_sub(1);
    for (i, c) in value.chars().enumerate() {
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => escaped.extend(['\\', c]),
            '#' if i == 0 => escaped.push_str("\\#"),
            ' ' if i == 0 || i == last => escaped.push_str("\\ "),
            // The standard demands this of NUL; line breaks and the like survive copying only this way.
            c if u32::from(c) < 0x20 || c == '\u{7F}' => escaped.push_str(&format!("\\{:02X}", u32::from(c))),
            c => escaped.push(c),
        }
    }
    escaped
}
