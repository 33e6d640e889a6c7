//! The canonical form: UTF-8, `,`, LF, and quotes only around a field that contains `,` `"` CR or LF, or that begins
//! or ends with a blank or a tab. Equal records are equal bytes.

use crate::bytes::{self, contains_any};

/// Appends a field in canonical form.
#[inline]
pub fn push_field(out: &mut Vec<u8>, field: &[u8]) {
    if needs_quotes(field) {
        push_quoted(out, field);
    } else {
        out.extend_from_slice(field);
    }
}

/// Appends a field in canonical form, given as the first `length` bytes of `padded`; whether it is for sure UTF-8
/// without NUL. Where enough bytes stand behind it, this looks at each byte once.
#[inline]
pub(crate) fn push_padded(out: &mut Vec<u8>, padded: &[u8], length: usize) -> bool {
    let start = out.len();
    let field = padded.get(..length).unwrap_or(padded);
    match bytes::copy(out, padded, length, SPECIAL) {
        Some(seen) if !seen.special && !has_blank_end(field) => seen.clean,
        Some(seen) => {
            out.truncate(start);
            push_quoted(out, field);
            seen.clean
        }
        None => {
            push_field(out, field);
            false
        }
    }
}

/// Appends a text as it is, given and checked like [`push_padded`].
#[inline]
pub(crate) fn push_text(out: &mut Vec<u8>, padded: &[u8], length: usize) -> bool {
    let seen = bytes::copy(out, padded, length, SPECIAL);
    if seen.is_none() {
        out.extend_from_slice(padded.get(..length).unwrap_or(padded));
    }
    seen.is_some_and(|seen| seen.clean)
}

/// Appends a whole record in canonical form, with its line end.
pub fn push_record<'a>(out: &mut Vec<u8>, fields: impl IntoIterator<Item = &'a [u8]>) {
    for (index, field) in fields.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        push_field(out, field);
    }
    out.push(b'\n');
}

/// Bytes that make quotes necessary wherever they stand.
const SPECIAL: [u8; 4] = *b",\"\n\r";

#[inline]
fn needs_quotes(field: &[u8]) -> bool {
    has_blank_end(field) || contains_any(field, SPECIAL)
}

#[inline]
fn has_blank_end(field: &[u8]) -> bool {
    let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    blank(field.first()) || blank(field.last())
}

fn push_quoted(out: &mut Vec<u8>, field: &[u8]) {
    out.push(b'"');
    let mut rest = field;
    while let Some(at) = memchr::memchr(b'"', rest) {
        let (head, tail) = rest.split_at(at + 1);
        out.extend_from_slice(head);
        out.push(b'"');
        rest = tail;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// The first field at the start of canonical text, unquoted into `field`; returns how many bytes it takes, without
/// the separator or line end behind it. `None` when a quote does not close.
pub fn read_field(text: &[u8], field: &mut Vec<u8>) -> Option<usize> {
    field.clear();
    if text.first() != Some(&b'"') {
        let end = memchr::memchr2(b',', b'\n', text).unwrap_or(text.len());
        field.extend_from_slice(text.get(..end)?);
        return Some(end);
    }
    let mut at = 1;
    loop {
        let rest = text.get(at..)?;
        let quote = memchr::memchr(b'"', rest)?;
        field.extend_from_slice(rest.get(..quote)?);
        at += quote + 1;
        if text.get(at) != Some(&b'"') {
            return Some(at);
        }
        field.push(b'"');
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(field: &str) -> String {
        let mut out = Vec::new();
        push_field(&mut out, field.as_bytes());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn quotes_only_what_needs_quotes() {
        let table = [
            ("", ""),
            ("a b", "a b"),
            ("a;b", "a;b"),
            ("a,b", "\"a,b\""),
            (" a", "\" a\""),
            ("a\t", "\"a\t\""),
            ("5\" pipe", "\"5\"\" pipe\""),
            ("\"\"", "\"\"\"\"\"\""),
            ("a\nb", "\"a\nb\""),
            ("a\rb", "\"a\rb\""),
        ];
        for (field, expected) in table {
            assert_eq!(written(field), expected);
        }
    }

    #[test]
    fn an_open_quote_is_no_field() {
        assert_eq!(read_field(b"\"abc", &mut Vec::new()), None);
        assert_eq!(read_field(b"\"abc\"\"", &mut Vec::new()), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(field in "[a,\"\r\n ]{0,8}", next in "[,\n]") {
            let text = written(&field);
            let mut read = Vec::new();
            let length = read_field(format!("{text}{next}").as_bytes(), &mut read);
            prop_assert_eq!((length, read), (Some(text.len()), field.into_bytes()));
        }
    }
}
