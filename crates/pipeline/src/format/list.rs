//! Several values in one text, one per line, in an order that does not depend on the order of arrival.

use crate::text::compare_ignoring_case;

pub(super) fn multivalued(raw: &str, out: &mut Vec<u8>) {
    if memchr::memchr2(b'\n', b'\r', raw.as_bytes()).is_none() {
        out.extend_from_slice(raw.as_bytes());
    } else {
        write_ordered(raw.split(['\n', '\r']), out);
    }
}

pub(super) fn concatenated(raw: &str, separator: &str, out: &mut Vec<u8>) {
    if raw.contains(separator) {
        write_ordered(raw.split(separator), out);
    } else {
        out.extend_from_slice(raw.as_bytes());
    }
}

fn write_ordered<'a>(values: impl Iterator<Item = &'a str>, out: &mut Vec<u8>) {
    let mut values: Vec<&str> = values.filter(|v| !v.is_empty()).collect();
    values.sort_unstable_by(|a, b| compare_ignoring_case(a, b));
    for (i, value) in values.into_iter().enumerate() {
        if i > 0 {
            out.push(b'\n');
        }
        out.extend_from_slice(value.as_bytes());
    }
}
