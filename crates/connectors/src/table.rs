//! What all tables have in common: a header with distinct names, columns without a name left out.

use crate::error::ExportError;
use crate::output::TableWriter;
use std::collections::HashMap;
use std::path::Path;

/// The columns of a table.
#[derive(Debug)]
pub(crate) struct Columns {
    names: Vec<Vec<u8>>,
    keeps: Vec<bool>,
    kept: usize,
}

impl Columns {
    /// Looks at the names of a header. `None` when no column has one.
    pub(crate) fn new(names: Vec<Vec<u8>>, path: &Path, line: u64) -> Result<Option<Columns>, ExportError> {
        let keeps: Vec<bool> = names.iter().map(|name| !name.trim_ascii().is_empty()).collect();
        let mut first_of = HashMap::new();
        for (index, name) in names.iter().enumerate().filter(|(index, _)| keeps[*index]) {
            if let Some(first) = first_of.insert(name, index) {
                return Err(ExportError::DuplicateHeader {
                    path: path.to_owned(),
                    line,
                    name: String::from_utf8_lossy(name).into_owned(),
                    first: first + 1,
                    second: index + 1,
                });
            }
        }
        let kept = keeps.iter().filter(|keep| **keep).count();
        Ok((kept > 0).then_some(Columns { names, keeps, kept }))
    }

    /// Columns of the source, those that are left out included.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// Columns that stay.
    pub(crate) fn kept(&self) -> usize {
        self.kept
    }

    /// Whether none is left out.
    pub(crate) fn keep_all(&self) -> bool {
        self.kept == self.names.len()
    }

    /// Whether a column stays. Those beyond the header do: they show that the row is too long.
    pub(crate) fn keeps(&self, index: usize) -> bool {
        self.keeps.get(index).copied().unwrap_or(true)
    }

    /// Writes the header.
    pub(crate) fn write_header(&self, writer: &mut TableWriter) -> Result<(), ExportError> {
        for (name, _) in self.names.iter().zip(&self.keeps).filter(|(_, keep)| **keep) {
            writer.field(name)?;
        }
        writer.end_record(false)
    }
}

/// Takes each text away from both ends of a value, once, in this order (`ValuesToTrim`).
pub(crate) fn trim<'a>(value: &'a [u8], texts: &[&[u8]]) -> &'a [u8] {
    texts.iter().fold(value, |value, text| {
        let value = value.strip_prefix(*text).unwrap_or(value);
        value.strip_suffix(*text).unwrap_or(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_trimmed_once_at_both_ends_in_their_order() {
        let trimmed = |value: &str, texts: &[&str]| {
            let texts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
            String::from_utf8(trim(value.as_bytes(), &texts).to_vec()).unwrap()
        };
        assert_eq!(trimmed("$%text$%", &["$", "%"]), "text$");
        assert_eq!(trimmed("$$text$$", &["$"]), "$text$");
        assert_eq!(trimmed("$", &["$"]), "");
        assert_eq!(trimmed("text", &[]), "text");
    }

    #[test]
    fn columns_without_a_name_are_left_out_and_names_are_distinct() {
        let columns = |names: &[&str]| {
            Columns::new(names.iter().map(|n| n.as_bytes().to_vec()).collect(), Path::new("hr.csv"), 1)
        };
        let kept = columns(&["a", " ", "b", ""]).unwrap().unwrap();
        assert_eq!((kept.len(), kept.kept(), kept.keeps(1), kept.keeps(4)), (4, 2, false, true));
        assert!(columns(&["", " "]).unwrap().is_none());
        assert_eq!(
            columns(&["a", "b", "a"]).unwrap_err().to_string(),
            "hr.csv: columns 1 and 3 of the header in line 1 are both named \"a\""
        );
        assert!(columns(&["a", "A", "", ""]).is_ok());
    }
}
