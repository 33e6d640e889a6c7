//! Reading a canonical sorted file record by record, as bytes.

use super::SortedRecords;
use crate::csv::canonical::read_field;
use std::io::{self, Read};

/// Bytes read at once.
const CHUNK: usize = 256 << 10;

/// A canonical sorted file. The first line is its header.
#[derive(Debug)]
pub struct SortedFile<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    record: (usize, usize),
    key_column: usize,
    key: Vec<u8>,
    line: u64,
    lines_in_record: u64,
    header: Vec<String>,
}

impl<R: Read> SortedFile<R> {
    /// Reads the header. `key_column` is the position of the field that [`SortedRecords::key`] gives.
    pub fn new(source: R, key_column: usize) -> io::Result<SortedFile<R>> {
        let mut file = SortedFile {
            source,
            buffer: vec![0; CHUNK],
            start: 0,
            end: 0,
            record: (0, 0),
            key_column,
            key: Vec::new(),
            line: 0,
            lines_in_record: 1,
            header: Vec::new(),
        };
        if file.next_record()? {
            file.header = fields(file.record());
        }
        Ok(file)
    }

    /// Column names; empty when the file is.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    fn next_record(&mut self) -> io::Result<bool> {
        self.line += self.lines_in_record;
        let mut searched = 0;
        let (mut quotes, mut newlines) = (0usize, 0u64);
        loop {
            let pending = &self.buffer[self.start..self.end];
            let Some(found) = memchr::memchr(b'\n', &pending[searched..]) else {
                if !self.fill()? {
                    return self.last_record();
                }
                continue;
            };
            let line = &pending[searched..searched + found];
            quotes += memchr::memchr_iter(b'"', line).count();
            newlines += 1;
            searched += found + 1;
            if quotes.is_multiple_of(2) {
                self.record = (self.start, self.start + searched - 1);
                self.start += searched;
                self.lines_in_record = newlines;
                return Ok(true);
            }
        }
    }

    /// What remains when the file does not end with a line end: nothing, or a file that was cut.
    fn last_record(&mut self) -> io::Result<bool> {
        if self.start == self.end {
            self.lines_in_record = 0;
            return Ok(false);
        }
        Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            format!("line {}: the file ends in the middle of a record", self.line),
        ))
    }

    /// Brings more bytes behind those pending; `false` at the end of the file.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() - self.end < CHUNK / 2 {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(0) => return Ok(false),
                Ok(n) => {
                    self.end += n;
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl<R: Read> SortedRecords for SortedFile<R> {
    fn advance(&mut self) -> io::Result<bool> {
        if !self.next_record()? {
            return Ok(false);
        }
        let mut rest = &self.buffer[self.record.0..self.record.1];
        for column in 0..=self.key_column {
            let length = read_field(rest, &mut self.key).ok_or_else(|| damaged(self.line))?;
            if column < self.key_column {
                rest = rest.get(length + 1..).ok_or_else(|| damaged(self.line))?;
            }
        }
        Ok(true)
    }

    fn key(&self) -> &[u8] {
        &self.key
    }

    fn record(&self) -> &[u8] {
        &self.buffer[self.record.0..self.record.1]
    }

    fn line(&self) -> u64 {
        self.line
    }
}

fn damaged(line: u64) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("line {line}: not a record of a sorted file"))
}

/// The fields of a canonical record, decoded. Bytes that are not UTF-8 cannot occur in a sorted file and are replaced.
pub fn fields(record: &[u8]) -> Vec<String> {
    let mut found = Fields::default();
    found.read(record);
    (0..found.len()).map(|i| found.get(i).unwrap_or_default().to_owned()).collect()
}

/// The fields of one record after another, decoded as [`fields`] does, in memory that is used again.
#[derive(Debug, Default)]
pub struct Fields {
    text: String,
    ends: Vec<usize>,
}

impl Fields {
    /// Takes the fields of another record.
    pub fn read(&mut self, record: &[u8]) {
        self.text.clear();
        self.ends.clear();
        match std::str::from_utf8(record) {
            Ok(text) => self.split(text),
            Err(_) => self.split(&String::from_utf8_lossy(record)),
        }
    }

    /// Number of fields; a record has at least one.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The value of a field; `None` where it is empty or missing.
    pub fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
        self.text.get(start..end).filter(|value| !value.is_empty())
    }

    fn split(&mut self, mut rest: &str) {
        loop {
            let length = self.push(rest).unwrap_or(rest.len());
            self.ends.push(self.text.len());
            match rest.get(length + 1..) {
                Some(next) if rest.as_bytes().get(length) == Some(&b',') => rest = next,
                _ => return,
            }
        }
    }

    /// Appends the field at the front; tells how many bytes it takes, or `None` when a quote does not close.
    fn push(&mut self, rest: &str) -> Option<usize> {
        if !rest.starts_with('"') {
            let end = memchr::memchr2(b',', b'\n', rest.as_bytes()).unwrap_or(rest.len());
            self.text.push_str(rest.get(..end)?);
            return Some(end);
        }
        let mut at = 1;
        loop {
            let tail = rest.get(at..)?;
            let quote = memchr::memchr(b'"', tail.as_bytes())?;
            self.text.push_str(tail.get(..quote)?);
            at += quote + 1;
            if rest.as_bytes().get(at) != Some(&b'"') {
                return Some(at);
            }
            self.text.push('"');
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, key_column: usize) -> io::Result<Vec<(u64, String, String)>> {
        let mut file = SortedFile::new(text.as_bytes(), key_column)?;
        let mut found = Vec::new();
        while file.advance()? {
            let text = |b: &[u8]| String::from_utf8(b.to_vec()).unwrap();
            found.push((file.line(), text(file.key()), text(file.record())));
        }
        Ok(found)
    }

    #[test]
    fn reads_records_with_line_ends_inside_quotes() {
        let found = read("id,v\n1,\"a\nb\"\n\"2,\",\"x\"\"y\"\n3,\n", 0).unwrap();
        let rows: Vec<(u64, &str, &str)> = found.iter().map(|(l, k, r)| (*l, k.as_str(), r.as_str())).collect();
        assert_eq!(rows, [(2, "1", "1,\"a\nb\""), (4, "2,", "\"2,\",\"x\"\"y\""), (5, "3", "3,")]);
    }

    #[test]
    fn finds_a_key_behind_other_columns() {
        assert_eq!(read("command,id\ninsert,\"a\"\"b\"\n", 1).unwrap()[0].1, "a\"b");
    }

    #[test]
    fn a_cut_file_is_an_error() {
        let error = read("id\n1\n2", 0).unwrap_err();
        assert_eq!(error.to_string(), "line 3: the file ends in the middle of a record");
        assert_eq!(read("", 0).unwrap(), []);
    }

    #[test]
    fn splits_fields() {
        assert_eq!(fields(b"a,,\"b,\"\"c\",d"), ["a", "", "b,\"c", "d"]);
        assert_eq!(fields(b","), ["", ""]);
        assert_eq!(fields(b""), [""]);
    }

    #[test]
    fn fields_are_read_one_record_after_another() {
        let mut found = Fields::default();
        found.read("\"a\"\"b\",,Zoë".as_bytes());
        assert_eq!((found.len(), found.get(0), found.get(1), found.get(2)), (3, Some("a\"b"), None, Some("Zoë")));
        found.read(b"x");
        assert_eq!((found.len(), found.get(0), found.get(1)), (1, Some("x"), None));
        found.read(b"\xff,y");
        assert_eq!((found.get(0), found.get(1)), (Some("\u{fffd}"), Some("y")));
    }

    #[test]
    fn long_records_grow_the_buffer() {
        let long = "x".repeat(3 * CHUNK);
        let text = format!("id,v\n1,{long}\n2,y\n");
        let found = read(&text, 0).unwrap();
        assert_eq!((found[0].2.len(), found[1].2.as_str()), (long.len() + 2, "2,y"));
    }
}
