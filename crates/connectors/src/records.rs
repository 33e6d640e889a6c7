//! Splitting CSV text into records without losing a byte of those that cannot be read.
//!
//! The rules are those of RFC 4180: a field that begins with a quote ends with one, quotes inside are doubled, and
//! line ends (LF or CR LF) inside quotes belong to the value. Where a quoted field goes wrong (never closed, or
//! followed by something else than a separator), the rest of the *line* on which it begins is handed over as one odd
//! field, and reading resumes at the next line: one bad quote costs one line, not the rest of the file.

use crate::error::ExportError;
use std::path::PathBuf;

/// The longest record that is read. It bounds memory: a quote that is never closed would else swallow the file.
const LONGEST: usize = 128 * 1024 * 1024;
const FIRST_BUFFER: usize = 256 * 1024;
/// The smallest room offered to an input, enough for any decoder to go on.
const SMALLEST_ROOM: usize = 4 * 1024;

/// Where bytes come from, already in UTF-8 and without byte order mark.
pub(crate) trait Input {
    /// Puts the next bytes at the beginning of `buffer` and returns how many, 0 at the end.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, ExportError>;
    /// The file, for messages.
    fn path(&self) -> PathBuf;
}

/// How a field is written in its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Without quotes.
    Bare,
    /// Within quotes, no quote inside.
    Quoted,
    /// Within quotes, with doubled quotes inside.
    Escaped,
    /// Against the rules: a quote or a lone CR in the middle, a quote that is not closed.
    Odd,
}

/// A field of a record: a range of its bytes, enclosing quotes left out (except of odd fields).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    start: usize,
    end: usize,
    shape: Shape,
}

/// One record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    bytes: &'a [u8],
    fields: &'a [Field],
    /// Line on which it begins, from 1.
    pub(crate) line: u64,
    /// Whether one of its fields is odd.
    pub(crate) is_odd: bool,
}

impl<'a> Record<'a> {
    /// Number of fields, at least 1.
    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether it is an empty line.
    pub(crate) fn is_blank(&self) -> bool {
        self.fields.len() == 1 && self.fields[0].shape == Shape::Bare && self.fields[0].start == self.fields[0].end
    }

    /// How a field is written.
    pub(crate) fn shape(&self, index: usize) -> Shape {
        self.fields[index].shape
    }

    /// A field without its enclosing quotes; doubled quotes are still doubled.
    pub(crate) fn raw(&self, index: usize) -> &'a [u8] {
        &self.bytes[self.fields[index].start..self.fields[index].end]
    }

    /// The value of a field, built in `scratch` if it has doubled quotes. An odd field is its own value.
    pub(crate) fn value<'b>(&self, index: usize, scratch: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        let raw = self.raw(index);
        if self.shape(index) != Shape::Escaped {
            return raw;
        }
        scratch.clear();
        let mut rest = raw;
        while let Some(quote) = memchr::memchr(b'"', rest) {
            scratch.extend_from_slice(&rest[..=quote]);
            rest = rest.get(quote + 2..).unwrap_or_default();
        }
        scratch.extend_from_slice(rest);
        scratch
    }
}

/// What a search in the buffer came to.
enum Found {
    At(usize),
    EndOfInput,
    /// The record is longer than the longest that is read.
    TooLong,
}

/// Where a field led to. Offsets count from the beginning of the record.
enum Next {
    Field(usize),
    /// End of the content, and of the record with its line end.
    End(usize, usize),
}

/// Reads records one by one.
pub(crate) struct Records<I> {
    input: I,
    separator: Vec<u8>,
    buffer: Vec<u8>,
    /// Beginning of the current record in the buffer.
    start: usize,
    /// End of what is read in the buffer.
    filled: usize,
    ended: bool,
    /// Length of the current record with its line end.
    consumed: usize,
    fields: Vec<Field>,
    line: u64,
    longest: usize,
}

impl<I: Input> Records<I> {
    /// Reads records whose fields are separated by `separator` (not empty, without quotes and line ends).
    pub(crate) fn new(input: I, separator: &[u8]) -> Records<I> {
        Records {
            input,
            separator: separator.to_vec(),
            buffer: vec![0; FIRST_BUFFER],
            start: 0,
            filled: 0,
            ended: false,
            consumed: 0,
            fields: Vec::new(),
            line: 1,
            longest: LONGEST,
        }
    }

    #[cfg(test)]
    fn with_longest(mut self, first: usize, longest: usize) -> Records<I> {
        self.buffer = vec![0; first];
        self.longest = longest;
        self
    }

    /// The input, for its progress.
    pub(crate) fn input(&mut self) -> &mut I {
        &mut self.input
    }

    /// Leaves out `lines` lines, whatever they hold; fewer if there are not so many.
    pub(crate) fn skip_lines(&mut self, lines: u64) -> Result<(), ExportError> {
        for _ in 0..lines {
            self.leave_record();
            self.consumed = match self.find(0, b"\n")? {
                Found::At(at) => at + 1,
                Found::EndOfInput => self.filled - self.start,
                Found::TooLong => return Err(self.too_long()),
            };
        }
        Ok(())
    }

    /// Bytes that follow the current record: first those already in the buffer, then each buffer of the input.
    pub(crate) fn copy_rest(
        &mut self,
        mut take: impl FnMut(&[u8], &I) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        self.leave_record();
        take(&self.buffer[self.start..self.filled], &self.input)?;
        loop {
            let read = self.input.fill(&mut self.buffer)?;
            if read == 0 {
                return Ok(());
            }
            take(&self.buffer[..read], &self.input)?;
        }
    }

    /// The next record, or `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_>>, ExportError> {
        self.leave_record();
        if !self.has(0)? {
            return Ok(None);
        }
        let mut at = 0;
        let end = loop {
            match self.field(at)? {
                Next::Field(next) => at = next,
                Next::End(end, consumed) => {
                    self.consumed = consumed;
                    break end;
                }
            }
        };
        let bytes = &self.buffer[self.start..self.start + end];
        if memchr::memchr(b'\r', bytes).is_some() {
            mark_lone_returns(bytes, &mut self.fields);
        }
        let is_odd = self.fields.iter().any(|field| field.shape == Shape::Odd);
        Ok(Some(Record { bytes, fields: &self.fields, line: self.line, is_odd }))
    }

    fn leave_record(&mut self) {
        let passed = &self.buffer[self.start..self.start + self.consumed];
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.start += self.consumed;
        self.consumed = 0;
        self.fields.clear();
    }

    fn too_long(&self) -> ExportError {
        ExportError::RowTooLong { path: self.input.path(), line: self.line, limit: self.longest }
    }

    /// Reads more. False when there is no more to read, or no more room allowed (`TooLong` then).
    fn more(&mut self) -> Result<bool, ExportError> {
        if self.ended {
            return Ok(false);
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.filled, 0);
            self.filled -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.filled < SMALLEST_ROOM {
            if self.filled >= self.longest {
                return Ok(false);
            }
            let size = (self.buffer.len() * 2).max(self.filled + SMALLEST_ROOM);
            self.buffer.resize(size, 0);
        }
        let read = self.input.fill(&mut self.buffer[self.filled..])?;
        self.filled += read;
        self.ended = read == 0;
        Ok(read > 0)
    }

    /// Whether the record has a byte at `at`.
    fn has(&mut self, at: usize) -> Result<bool, ExportError> {
        while self.start + at >= self.filled {
            if !self.more()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is(&mut self, at: usize, byte: u8) -> Result<bool, ExportError> {
        Ok(self.has(at)? && self.buffer[self.start + at] == byte)
    }

    fn separator_at(&mut self, at: usize) -> Result<bool, ExportError> {
        let length = self.separator.len();
        let from = self.start + at;
        if from + length <= self.filled || self.has(at + length - 1)? {
            let from = self.start + at;
            return Ok(self.buffer[from..from + length] == self.separator[..]);
        }
        Ok(false)
    }

    /// The first of one or three bytes at or after `from`.
    fn find(&mut self, mut from: usize, needles: &[u8]) -> Result<Found, ExportError> {
        loop {
            let haystack = &self.buffer[(self.start + from).min(self.filled)..self.filled];
            let found = match needles {
                [a, b, c] => memchr::memchr3(*a, *b, *c, haystack),
                _ => memchr::memchr(needles[0], haystack),
            };
            if let Some(at) = found {
                return Ok(Found::At(from + at));
            }
            from = from.max(self.filled - self.start);
            if !self.more()? {
                return Ok(if self.ended { Found::EndOfInput } else { Found::TooLong });
            }
        }
    }

    fn push(&mut self, start: usize, end: usize, shape: Shape) {
        self.fields.push(Field { start, end, shape });
    }

    fn field(&mut self, start: usize) -> Result<Next, ExportError> {
        if self.is(start, b'"')? { self.quoted(start) } else { self.bare(start) }
    }

    fn bare(&mut self, start: usize) -> Result<Next, ExportError> {
        let needles = [self.separator[0], b'"', b'\n'];
        let (mut from, mut shape) = (start, Shape::Bare);
        loop {
            let at = match self.find(from, &needles)? {
                Found::At(at) => at,
                Found::TooLong => return Err(self.too_long()),
                Found::EndOfInput => {
                    let end = self.filled - self.start;
                    self.push(start, end, shape);
                    return Ok(Next::End(end, end));
                }
            };
            let byte = self.buffer[self.start + at];
            match byte {
                b'\n' => {
                    let end = self.before_line_end(start, at);
                    self.push(start, end, shape);
                    return Ok(Next::End(end, at + 1));
                }
                b'"' => shape = Shape::Odd,
                _ if self.separator_at(at)? => {
                    self.push(start, at, shape);
                    return Ok(Next::Field(at + self.separator.len()));
                }
                _ => {}
            }
            from = at + 1;
        }
    }

    /// The end of a field before the LF at `at`: a CR just before belongs to the line end.
    fn before_line_end(&self, start: usize, at: usize) -> usize {
        if at > start && self.buffer[self.start + at - 1] == b'\r' { at - 1 } else { at }
    }

    fn quoted(&mut self, start: usize) -> Result<Next, ExportError> {
        let (mut from, mut shape) = (start + 1, Shape::Quoted);
        loop {
            let Found::At(at) = self.find(from, b"\"")? else { return self.odd_line(start) };
            if self.is(at + 1, b'"')? {
                shape = Shape::Escaped;
                from = at + 2;
                continue;
            }
            let next = self.after_quote(at + 1)?;
            return match next {
                Some(next) => {
                    self.push(start + 1, at, shape);
                    Ok(next)
                }
                None => self.odd_line(start),
            };
        }
    }

    /// What follows a closing quote, if it may.
    fn after_quote(&mut self, at: usize) -> Result<Option<Next>, ExportError> {
        if !self.has(at)? {
            return Ok(Some(Next::End(at, at)));
        }
        if self.separator_at(at)? {
            return Ok(Some(Next::Field(at + self.separator.len())));
        }
        if self.is(at, b'\n')? {
            return Ok(Some(Next::End(at, at + 1)));
        }
        let returns = self.is(at, b'\r')? && self.is(at + 1, b'\n')?;
        Ok(returns.then_some(Next::End(at, at + 2)))
    }

    /// Takes the rest of the line as one odd field.
    fn odd_line(&mut self, start: usize) -> Result<Next, ExportError> {
        let (end, consumed) = match self.find(start, b"\n")? {
            Found::At(at) => (self.before_line_end(start, at), at + 1),
            Found::EndOfInput => (self.filled - self.start, self.filled - self.start),
            Found::TooLong => return Err(self.too_long()),
        };
        self.push(start, end, Shape::Odd);
        Ok(Next::End(end, consumed))
    }
}

/// A CR without LF outside quotes is no line end here and no part of a value elsewhere: the field is odd.
fn mark_lone_returns(bytes: &[u8], fields: &mut [Field]) {
    for field in fields.iter_mut().filter(|field| field.shape == Shape::Bare) {
        if memchr::memchr(b'\r', &bytes[field.start..field.end]).is_some() {
            field.shape = Shape::Odd;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out a text a few bytes at a time.
    struct Drip<'a>(&'a [u8], usize);

    impl Input for Drip<'_> {
        fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, ExportError> {
            let count = self.0.len().min(self.1).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }

        fn path(&self) -> PathBuf {
            PathBuf::from("t.csv")
        }
    }

    /// Records as `line: value|value`, odd fields marked with `!`.
    fn read(text: &str, separator: &str, drip: usize) -> Vec<String> {
        let mut records = Records::new(Drip(text.as_bytes(), drip), separator.as_bytes());
        let mut told = Vec::new();
        let mut scratch = Vec::new();
        while let Some(record) = records.next().unwrap() {
            let fields: Vec<String> = (0..record.len())
                .map(|i| {
                    let odd = if record.shape(i) == Shape::Odd { "!" } else { "" };
                    format!("{odd}{}", String::from_utf8_lossy(record.value(i, &mut scratch)))
                })
                .collect();
            told.push(format!("{}: {}", record.line, fields.join("|")));
        }
        told
    }

    #[track_caller]
    fn check(text: &str, separator: &str, expected: &[&str]) {
        for drip in [1, 2, 3, 1000] {
            assert_eq!(read(text, separator, drip), expected, "{drip} bytes at a time");
        }
    }

    #[test]
    fn well_formed_records_are_split() {
        check(
            "a;b\r\n1;\"x;y\"\n\"two\r\nlines\";\"say \"\"hi\"\"\"\n;\n",
            ";",
            &["1: a|b", "2: 1|x;y", "3: two\r\nlines|say \"hi\"", "5: |"],
        );
        check("a,b\n1,2", ",", &["1: a|b", "2: 1|2"]);
        check("a\n\n\"\"\n", ",", &["1: a", "2: ", "3: "]);
    }

    #[test]
    fn separators_may_have_several_bytes() {
        check("a§b\n¤1§\"2§\"§3\n", "§", &["1: a|b", "2: ¤1|2§|3"]);
        check("a||b|c||\n", "||", &["1: a|b|c|"]);
    }

    #[test]
    fn a_quote_that_is_not_closed_costs_one_line() {
        check("1;\"open;x\n2;b\n3;c", ";", &["1: 1|!\"open;x", "2: 2|b", "3: 3|c"]);
        check("1;\"open\n2;\"def\";x\n3;c\n", ";", &["1: 1|!\"open", "2: 2|def|x", "3: 3|c"]);
        check("1;\"a\"b;c\r\n2;d\r\n", ";", &["1: 1|!\"a\"b;c", "2: 2|d"]);
    }

    #[test]
    fn stray_quotes_and_lone_returns_make_a_field_odd() {
        check("a\"b;c\n", ";", &["1: !a\"b|c"]);
        check("a\rb;c\r\n", ";", &["1: !a\rb|c"]);
    }

    #[test]
    fn a_record_longer_than_allowed_is_named_and_an_endless_quote_is_not() {
        let long = format!("a;b\n{}", "x".repeat(50_000));
        let mut records = Records::new(Drip(long.as_bytes(), 999), b";").with_longest(4096, 8192);
        assert!(records.next().unwrap().is_some());
        assert!(matches!(records.next(), Err(ExportError::RowTooLong { line: 2, .. })));

        let quote = format!("1;\"open\n{}", "2;x\n".repeat(10_000));
        let mut records = Records::new(Drip(quote.as_bytes(), 999), b";").with_longest(4096, 8192);
        let mut count = 0;
        while records.next().unwrap().is_some() {
            count += 1;
        }
        assert_eq!(count, 10_001);
    }
}
