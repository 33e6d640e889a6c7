//! A naive reader and writer of CSV, by the letter of the rules, for comparison.
#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::panic)]

/// A record: its fields, and whether it is against the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) fields: Vec<Vec<u8>>,
    pub(crate) odd: bool,
}

/// Reads a text. A quoted field that goes wrong makes the rest of its line one odd field.
pub(crate) fn read(text: &[u8], separator: u8) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut row = Row { fields: Vec::new(), odd: false };
        loop {
            let (field, odd, used) = if rest.first() == Some(&b'"') {
                quoted(rest, separator).unwrap_or_else(|| {
                    let end = line_length(rest);
                    (rest[..end].to_vec(), true, end)
                })
            } else {
                bare(rest, separator)
            };
            row.fields.push(field);
            row.odd |= odd;
            rest = &rest[used..];
            if rest.first() != Some(&separator) {
                break;
            }
            rest = &rest[1..];
        }
        rest = &rest[end_length(rest)..];
        rows.push(row);
    }
    rows
}

/// Length of the line end that the text begins with.
fn end_length(text: &[u8]) -> usize {
    if text.starts_with(b"\r\n") { 2 } else { usize::from(text.starts_with(b"\n")) }
}

fn line_length(text: &[u8]) -> usize {
    (0..text.len()).find(|at| end_length(&text[*at..]) > 0).unwrap_or(text.len())
}

fn bare(text: &[u8], separator: u8) -> (Vec<u8>, bool, usize) {
    let end = (0..text.len()).find(|at| text[*at] == separator || end_length(&text[*at..]) > 0).unwrap_or(text.len());
    let field = text[..end].to_vec();
    let odd = field.contains(&b'"') || field.contains(&b'\r');
    (field, odd, end)
}

fn quoted(text: &[u8], separator: u8) -> Option<(Vec<u8>, bool, usize)> {
    let (mut value, mut at) = (Vec::new(), 1);
    loop {
        match text.get(at)? {
            b'"' if text.get(at + 1) == Some(&b'"') => {
                value.push(b'"');
                at += 2;
            }
            b'"' => {
                let after = &text[at + 1..];
                let ends = after.is_empty() || after[0] == separator || end_length(after) > 0;
                return ends.then_some((value, false, at + 1));
            }
            other => {
                value.push(*other);
                at += 1;
            }
        }
    }
}

/// Writes a table; values are quoted where they have to be, or all of them.
pub(crate) fn write(table: &[Vec<String>], separator: char, line_end: &str, quote_all: bool) -> String {
    let field = |value: &String| {
        let special = value.contains([separator, '"', '\r', '\n']) || value.is_empty();
        if quote_all || special { format!("\"{}\"", value.replace('"', "\"\"")) } else { value.clone() }
    };
    let row = |cells: &Vec<String>| cells.iter().map(field).collect::<Vec<_>>().join(&separator.to_string()) + line_end;
    table.iter().map(row).collect()
}

/// The values of a well-formed text with commas.
pub(crate) fn values(text: &[u8]) -> Vec<Vec<String>> {
    read(text, b',')
        .into_iter()
        .map(|row| {
            assert!(!row.odd, "{row:?}");
            row.fields.into_iter().map(|field| String::from_utf8(field).unwrap()).collect()
        })
        .collect()
}
