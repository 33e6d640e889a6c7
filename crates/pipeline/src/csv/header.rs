//! The header line.

use super::record::Row;
use super::{Fault, Reader};
use std::io::{self, Read};

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// Nothing but blank lines.
    #[error("the file is empty: expected a header line; check that the export ended well")]
    Empty,
    /// UTF-16 text.
    #[error("the file is UTF-16 text: set the encoding of the export to UTF-16")]
    Utf16,
    /// The header line breaks the quoting rules.
    #[error("line {line}: the header line cannot be read: {fault}; {}", fault.remedy())]
    Malformed {
        /// Physical line.
        line: u64,
        /// What is wrong.
        fault: Fault,
    },
    /// A column that the mapping uses is not there.
    #[error("line {line}: column \"{column}\" is missing{}", Hint(.hint))]
    MissingColumn {
        /// Physical line of the header.
        line: u64,
        /// Its name in the mapping.
        column: String,
        /// What may be meant, or what to look at.
        hint: Option<String>,
    },
    /// A column that the mapping uses is there twice.
    #[error(
        "line {line}: column \"{column}\" stands in the header twice, as number {first} and {second}; rename one of them in the export"
    )]
    DuplicateColumn {
        /// Physical line of the header.
        line: u64,
        /// Its name.
        column: String,
        /// Number of the first, from 1.
        first: usize,
        /// Number of the second, from 1.
        second: usize,
    },
    /// The source failed.
    #[error("reading the header line failed")]
    Read(#[from] io::Error),
}

struct Hint<'a>(&'a Option<String>);

impl std::fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// The column names of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    names: Vec<String>,
    line: u64,
    separator: u8,
}

impl Header {
    /// Reads the header line; the reader then expects as many fields in each record.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn read<R: Read>(reader: &mut Reader<R>) -> Result<Header, HeaderError> {
        let separator = reader.dialect().separator;
        let header = match reader.next_row()? {
            None => return Err(HeaderError::Empty),
            Some(Row::Good(record)) => {
                let raw = record.raw();
                if raw.starts_with(b"\xFF\xFE") || raw.starts_with(b"\xFE\xFF") {
                    return Err(HeaderError::Utf16);
                }
                let names = record.fields().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
                Header { names, line: record.line(), separator }
            }
            Some(Row::Bad(bad)) => {
                let rejected = bad.rejected();
                return Err(HeaderError::Malformed { line: rejected.line, fault: bad.fault().clone() });
            }
        };
        reader.expect_columns(header.names.clone());
        Ok(header)
    }

    /// The names in file order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether there is a column of this name.
    pub fn contains(&self, column: &str) -> bool {
        self.names.iter().any(|name| name == column)
    }

    /// The index of a column.
    ///
    /// # Errors
    /// When there is no such column, with the nearest name or a word about the separator, or when there are two.
    pub fn index_of(&self, column: &str) -> Result<usize, HeaderError> {
        let mut found = self.names.iter().enumerate().filter(|(_, name)| *name == column).map(|(index, _)| index);
        match (found.next(), found.next()) {
            (Some(index), None) => Ok(index),
            (Some(first), Some(second)) => Err(HeaderError::DuplicateColumn {
                line: self.line,
                column: column.to_owned(),
                first: first + 1,
                second: second + 1,
            }),
            (None, _) => Err(HeaderError::MissingColumn {
                line: self.line,
                column: column.to_owned(),
                hint: self.separator_hint().or_else(|| self.nearest_hint(column)),
            }),
        }
    }

    /// A header of one column that holds other separators was read with the wrong one.
    fn separator_hint(&self) -> Option<String> {
        let [only] = &self.names[..] else { return None };
        let candidates = [(';', "`;`"), (',', "`,`"), ('\t', "a tab"), ('|', "`|`")];
        let count = |separator: char| only.matches(separator).count();
        let (separator, shown) = candidates.into_iter().max_by_key(|&(separator, _)| count(separator))?;
        (count(separator) > 0).then(|| {
            if separator == char::from(self.separator) {
                // An export copies a header that it read with the wrong separator as one quoted name.
                return format!("the file has one column only, `{only}`: the export used a wrong Separator");
            }
            let used = char::from(self.separator).escape_default();
            format!("the header line has no `{used}` but {} of {shown}: set the separator to {shown}", count(separator))
        })
    }

    fn nearest_hint(&self, column: &str) -> Option<String> {
        // A name out of all proportion is no misspelling, and comparing it would take long.
        let candidates = self.names.iter().map(String::as_str).filter(|name| name.len() <= 4 * column.len() + 8);
        if let Some(nearest) = provost_model::nearest::one(column, candidates) {
            return Some(format!("the nearest name in the file is \"{nearest}\""));
        }
        let shown: Vec<String> = self.names.iter().take(20).map(|name| name.chars().take(40).collect()).collect();
        Some(format!("the file has {}", shown.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv::Dialect;

    fn header(text: &str) -> Result<Header, HeaderError> {
        Header::read(&mut Reader::new(text.as_bytes(), Dialect::default()))
    }

    #[test]
    fn finds_columns() {
        let header = header("id,name\n1,x\n").unwrap();
        assert_eq!(header.names(), ["id", "name"]);
        assert_eq!(header.index_of("name").unwrap(), 1);
        assert!(!header.contains("Name"));
    }

    #[test]
    fn says_what_is_wrong() {
        let missing = |text: &str, column: &str| header(text).unwrap().index_of(column).unwrap_err().to_string();
        insta::assert_snapshot!(missing("id,e_mail\n", "email"), @r#"line 1: column "email" is missing; the nearest name in the file is "e_mail""#);
        insta::assert_snapshot!(missing("\n\nid;mail;phone\n", "mail"), @r#"line 3: column "mail" is missing; the header line has no `,` but 2 of `;`: set the separator to `;`"#);
        insta::assert_snapshot!(missing("\"id,mail\"\n", "mail"), @r#"line 1: column "mail" is missing; the file has one column only, `id,mail`: the export used a wrong Separator"#);
        insta::assert_snapshot!(missing("id,mail\n", "employee"), @r#"line 1: column "employee" is missing; the file has id, mail"#);
        insta::assert_snapshot!(missing("id,mail,id\n", "id"), @r#"line 1: column "id" stands in the header twice, as number 1 and 3; rename one of them in the export"#);
        insta::assert_snapshot!(header("\u{FEFF}\r\n\r\n").unwrap_err(), @"the file is empty: expected a header line; check that the export ended well");
        insta::assert_snapshot!(header("id,\"name\n1,x\n").unwrap_err(), @"line 1: the header line cannot be read: the quote that opens here is never closed; close the quote; reading went on at the next line");
        let utf16: Vec<u8> = b"\xFF\xFEi\0d\0,\0n\0".to_vec();
        let error = Header::read(&mut Reader::new(&utf16[..], Dialect::default())).unwrap_err();
        insta::assert_snapshot!(error, @"the file is UTF-16 text: set the encoding of the export to UTF-16");
    }
}
