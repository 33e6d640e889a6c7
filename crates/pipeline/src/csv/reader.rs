//! The streaming record reader.

use super::pass::{Pass, Quote, Scan};
use super::record::{Bounds, IN_SCRATCH, Malformed, Record, Row};
use super::reject::Fault;
use super::scan::{BLOCK, Cursor};
use std::io::{self, Read};

const FIRST_BUFFER: usize = 256 << 10;
const LARGEST_RECORD: usize = 1 << 30;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// How a CSV text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Between fields; never a quote or a line end.
    pub separator: u8,
    /// The longest record in bytes, at most 1 GiB. A longer one is rejected.
    pub max_record: usize,
}

impl Default for Dialect {
    fn default() -> Dialect {
        Dialect { separator: b',', max_record: 16 << 20 }
    }
}

/// Reads records from any byte stream, in bounded memory, and never stops at a bad one.
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    dialect: Dialect,
    first_buffer: usize,
    /// Valid bytes are `start..end`; [`BLOCK`] more bytes follow for the scanner.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    exhausted: bool,
    /// Physical line of the byte at `start`.
    line: u64,
    cursor: Cursor,
    bounds: Vec<Bounds>,
    scratch: Vec<u8>,
    names: Option<Vec<String>>,
    /// The bytes up to the next line end belong to a record that was too long.
    skipping: bool,
}

/// What was found, as offsets: a [`Row`] that borrows nothing.
struct Found {
    start: usize,
    end: usize,
    line: u64,
    problem: Option<Problem>,
}

struct Problem {
    fault: Fault,
    /// Where the offending text starts, unless the whole record is at fault.
    at: Option<usize>,
    line: u64,
    lines: u64,
}

impl<R: Read> Reader<R> {
    /// A reader at the start of a text. A UTF-8 byte order mark is skipped.
    pub fn new(source: R, dialect: Dialect) -> Reader<R> {
        Reader::with_buffer(source, dialect, FIRST_BUFFER)
    }

    /// A reader whose buffer has at first this size, at least that of a byte order mark.
    pub(super) fn with_buffer(source: R, dialect: Dialect, first_buffer: usize) -> Reader<R> {
        let max_record = dialect.max_record.clamp(1, LARGEST_RECORD);
        Reader {
            source,
            first_buffer: first_buffer.max(BYTE_ORDER_MARK.len()),
            dialect: Dialect { max_record, ..dialect },
            buffer: Vec::new(),
            start: 0,
            end: 0,
            exhausted: false,
            line: 1,
            cursor: Cursor::default(),
            bounds: Vec::new(),
            scratch: Vec::new(),
            names: None,
            skipping: false,
        }
    }

    /// From now on a record must have as many fields as there are `names`, which problems mention.
    pub fn expect_columns(&mut self, names: Vec<String>) {
        self.names = Some(names);
    }

    /// How the text is written.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The source, for what it counted or hashed.
    pub fn into_inner(self) -> R {
        self.source
    }

    /// The next record, good or bad; `None` at the end. Blank lines are skipped.
    ///
    /// # Errors
    /// Only those of the source.
    pub fn next_row(&mut self) -> io::Result<Option<Row<'_>>> {
        let Some(found) = self.find()? else {
            return Ok(None);
        };
        let raw = self.buffer.get(found.start..found.end).unwrap_or_default();
        let (buffer, scratch, bounds) = (&self.buffer[..], &self.scratch[..], &self.bounds[..]);
        let record = Record { line: found.line, buffer, scratch, bounds, raw };
        let Some(Problem { fault, at, line, lines }) = found.problem else {
            return Ok(Some(Row::Good(record)));
        };
        let value = at.and_then(|at| self.buffer.get(at..found.end)).unwrap_or_default();
        let column = at.map(|_| match self.names.as_ref().and_then(|names| names.get(bounds.len())) {
            Some(name) => name.clone(),
            None => format!("#{}", bounds.len() + 1),
        });
        Ok(Some(Row::Bad(Malformed { fault, line, column, value, lines, readable: record })))
    }

    fn find(&mut self) -> io::Result<Option<Found>> {
        loop {
            if self.skipping && !self.skip_line()? {
                return Ok(None);
            }
            let limit = self.dialect.max_record;
            let too_long = self.end - self.start > limit;
            let found = match self.scan() {
                Scan::Complete { end, next, .. } if end == self.start && next == end => {
                    return Ok(None);
                }
                Scan::Complete { end, next, lines } => match self.complete(end, next, lines) {
                    None => continue,
                    found => found,
                },
                Scan::Bad(fault, quote) => self.give_up_line(fault, quote),
                Scan::Incomplete(Some(quote)) if too_long => self.give_up_line(Fault::LongQuote { limit }, quote),
                Scan::Incomplete(Some(quote)) if self.exhausted => self.give_up_line(Fault::UnclosedQuote, quote),
                Scan::Incomplete(None) if too_long => Some(self.give_up_record()),
                Scan::Incomplete(_) | Scan::Undecided => None,
            };
            if found.is_some() {
                return Ok(found);
            }
            self.refill()?;
        }
    }

    /// Leaves a complete record behind; `None` when it is a blank line.
    fn complete(&mut self, end: usize, next: usize, lines: u64) -> Option<Found> {
        let (start, line) = (self.start, self.line);
        self.start = next;
        self.line += lines;
        let expected = self.names.as_ref().map_or(self.bounds.len(), Vec::len);
        if self.bounds.len() == expected && end > start {
            return Some(Found { start, end, line, problem: None });
        }
        let raw = self.buffer.get(start..end).unwrap_or_default();
        if raw.iter().all(|&byte| byte == b' ' || byte == b'\t') {
            return None;
        }
        let fault = Fault::FieldCount { expected, found: self.bounds.len(), separator: self.dialect.separator };
        Some(Found { start, end, line, problem: Some(Problem { fault, at: None, line, lines }) })
    }

    /// Rejects the record and goes on at the line after that of the quote, so that an unclosed quote does not swallow
    /// the rest. `None` when the buffer ends before the line does.
    fn give_up_line(&mut self, fault: Fault, quote: Quote) -> Option<Found> {
        let start = self.start;
        let rest = self.buffer.get(quote.at..self.end).unwrap_or_default();
        let (end, next) = match memchr::memchr2(b'\n', b'\r', rest).map(|at| quote.at + at) {
            Some(at) => (at, self.after_line_end(at)?),
            None if self.exhausted => (self.end, self.end),
            None if self.end - start > self.dialect.max_record => {
                self.skipping = true;
                (self.end, self.end)
            }
            None => return None,
        };
        let (record_line, line) = (self.line, self.line + quote.lines);
        self.resume_at(next, quote.lines + u64::from(!self.skipping));
        let problem = Problem { fault, at: Some(quote.at), line, lines: quote.lines + 1 };
        Some(Found { start, end, line: record_line, problem: Some(problem) })
    }

    /// Rejects a record that is too long and has no open quote: the rest of its line goes with it.
    fn give_up_record(&mut self) -> Found {
        let (start, line) = (self.start, self.line);
        let limit = self.dialect.max_record;
        let end = (start + limit).min(self.end);
        let lines = self.line_ends(start, end);
        self.resume_at(end, lines);
        self.skipping = true;
        // The last field is cut off, but those before it are whole.
        self.bounds.retain(|bounds| bounds.start & IN_SCRATCH != 0 || bounds.end as usize <= end);
        let problem = Problem { fault: Fault::TooLong { limit }, at: None, line, lines: lines + 1 };
        Found { start, end, line, problem: Some(problem) }
    }

    /// Physical line ends in a part of the buffer that does not end between CR and LF.
    fn line_ends(&self, start: usize, end: usize) -> u64 {
        let bytes = self.buffer.get(start..end).unwrap_or_default();
        let lone = |&at: &usize| bytes.get(at) == Some(&b'\n') || bytes.get(at + 1) != Some(&b'\n');
        memchr::memchr2_iter(b'\n', b'\r', bytes).filter(lone).count() as u64
    }

    fn resume_at(&mut self, next: usize, lines: u64) {
        self.start = next;
        self.line += lines;
        self.cursor = Cursor::at(next);
    }

    /// The position behind the line end at `at`; `None` when a CR is the last byte yet and LF may follow.
    fn after_line_end(&self, at: usize) -> Option<usize> {
        if self.buffer.get(at) == Some(&b'\n') {
            return Some(at + 1);
        }
        if at + 1 < self.end {
            return Some(at + 1 + usize::from(self.buffer.get(at + 1) == Some(&b'\n')));
        }
        self.exhausted.then_some(at + 1)
    }

    /// Skips up to the next line end; `false` when the text ends before.
    fn skip_line(&mut self) -> io::Result<bool> {
        loop {
            let rest = self.buffer.get(self.start..self.end).unwrap_or_default();
            match memchr::memchr2(b'\n', b'\r', rest).map(|at| self.start + at) {
                Some(at) => {
                    if let Some(next) = self.after_line_end(at) {
                        self.skipping = false;
                        self.resume_at(next, 1);
                        return Ok(true);
                    }
                    self.start = at;
                }
                None if self.exhausted => return Ok(false),
                None => self.start = self.end,
            }
            self.refill()?;
        }
    }

    /// Moves what is left to the front of the buffer, makes room, and reads until the buffer is full.
    fn refill(&mut self) -> io::Result<()> {
        let first = self.buffer.is_empty();
        if first {
            self.buffer.resize(self.first_buffer + BLOCK, 0);
        } else if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
        } else if self.end + BLOCK == self.buffer.len() {
            let room = (2 * self.end).min(self.dialect.max_record + 2).max(self.end + 1);
            self.buffer.resize(room + BLOCK, 0);
        }
        self.end -= self.start;
        self.start = 0;
        let room = self.buffer.len() - BLOCK;
        while self.end < room && !self.exhausted {
            match self.source.read(self.buffer.get_mut(self.end..room).unwrap_or_default()) {
                Ok(0) => self.exhausted = true,
                Ok(read) => self.end += read.min(room - self.end),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if first && self.buffer.get(..self.end).is_some_and(|text| text.starts_with(BYTE_ORDER_MARK)) {
            self.start = BYTE_ORDER_MARK.len();
        }
        self.cursor = Cursor::at(self.start);
        Ok(())
    }

    /// Scans one record from `start`.
    fn scan(&mut self) -> Scan {
        let mut pass = Pass {
            buffer: &self.buffer,
            end: self.end,
            exhausted: self.exhausted,
            separator: self.dialect.separator,
            cursor: self.cursor,
            bounds: &mut self.bounds,
            scratch: &mut self.scratch,
            limit: self.start.saturating_add(self.dialect.max_record),
            lines: 0,
        };
        let scan = pass.record(self.start);
        self.cursor = pass.cursor;
        scan
    }
}
