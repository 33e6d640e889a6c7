//! Why a row cannot be read, in words that help to mend it.

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Too few or too many fields.
    #[error("expected {expected} fields as in the header, found {found}")]
    FieldCount {
        /// Fields of the header.
        expected: usize,
        /// Fields of the record.
        found: usize,
        /// Separator in use.
        separator: u8,
    },
    /// A quoted field goes on behind its closing quote.
    #[error("there is text after the closing quote")]
    TextAfterQuote,
    /// A field that does not begin with a quote contains one.
    #[error("there is a quote inside a field that is not quoted")]
    StrayQuote,
    /// A quote opens and never closes.
    #[error("the quote that opens here is never closed")]
    UnclosedQuote,
    /// A quote opens and does not close within the record limit.
    #[error("the quote that opens here is not closed within {limit} bytes")]
    LongQuote {
        /// The limit in bytes.
        limit: usize,
    },
    /// The record is longer than the limit.
    #[error("the row is longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
}

impl Fault {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Fault::FieldCount { expected, found, separator } if found > expected => {
                format!("enclose a value that contains {} in quotes, or check the separator", printable(*separator))
            }
            Fault::FieldCount { separator, .. } => format!(
                "complete the row with {}; it may be cut off, or a quote in the row before may be missing",
                printable(*separator)
            ),
            Fault::TextAfterQuote => {
                "write a quote inside a quoted value twice, and close each quoted value on its row".to_owned()
            }
            Fault::StrayQuote => {
                "enclose the value in quotes and write the quotes inside it twice (\"5\"\" pipe\")".to_owned()
            }
            Fault::UnclosedQuote | Fault::LongQuote { .. } => {
                "close the quote; reading went on at the next line".to_owned()
            }
            Fault::TooLong { .. } => "shorten the value, or leave its column out of the export".to_owned(),
        }
    }
}

fn printable(separator: u8) -> String {
    match separator {
        b'\t' => "a tab".to_owned(),
        other => format!("`{}`", char::from(other).escape_default()),
    }
}

/// A row that was not accepted, as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Rejected {
    /// Physical line of the source, from 1.
    pub line: u64,
    /// Column header, empty when the problem belongs to no single column.
    pub column: String,
    /// The value concerned, shortened.
    pub value: String,
    /// What is wrong: `expected 25 fields as in the header, found 24`.
    pub reason: String,
    /// What to do next.
    pub remedy: String,
    /// The row as the source has it, shortened.
    pub raw: String,
}

impl Rejected {
    const VALUE_BYTES: usize = 200;
    const RAW_BYTES: usize = 4096;

    /// Values may be of any length and any bytes: they are shortened and made readable.
    pub fn new(line: u64, column: String, value: &[u8], reason: String, remedy: String, raw: &[u8]) -> Rejected {
        let value = readable(value, Self::VALUE_BYTES);
        Rejected { line, column, value, reason, remedy, raw: readable(raw, Self::RAW_BYTES) }
    }
}

/// Text of at most about `limit` bytes, with visible signs for what is not text.
fn readable(bytes: &[u8], limit: usize) -> String {
    let kept = bytes.get(..limit).unwrap_or(bytes);
    // A character cut in two at the limit is dropped rather than shown as damage.
    let cut = (kept.len() < bytes.len()).then(|| kept.utf8_chunks().last().map_or(0, |chunk| chunk.invalid().len()));
    let kept = kept.get(..kept.len() - cut.unwrap_or(0)).unwrap_or(kept);
    let text = String::from_utf8_lossy(kept).replace('\0', "\u{2400}");
    match cut {
        Some(_) => format!("{text}… ({} bytes)", bytes.len()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_is_not_text() {
        assert_eq!(readable(b"a\0b\xFFc", 10), "a\u{2400}b\u{FFFD}c");
        assert_eq!(readable("aé".as_bytes(), 2), "a… (3 bytes)");
        assert_eq!(readable(b"abc", 3), "abc");
    }
}
