//! One of the two files: a window on its bytes, and the record at the front of it.

use super::feed::{Block, Feed};
use super::{DeltaError, Which};
use crate::csv::canonical::read_field;
use crate::prepare::Kind;

/// No record that prepare writes is longer.
const LONGEST_RECORD: usize = 64 << 20;

/// A record with its line end, and its sort key.
type Front<'a> = (&'a [u8], &'a [u8]);

pub(super) struct Side {
    which: Which,
    kind: Kind,
    feed: Feed,
    block: Block,
    done: bool,
    /// Physical line of the first byte of the window.
    line: u64,
    /// Length of the record at the front, once it was looked at.
    front: Option<usize>,
    key: Vec<u8>,
    last_key: Option<Vec<u8>>,
}

impl Side {
    pub(super) fn new(which: Which, kind: Kind, feed: Feed) -> Side {
        let block = Block { buffer: Vec::new(), start: 0, end: 0 };
        Side { which, kind, feed, block, done: false, line: 1, front: None, key: Vec::new(), last_key: None }
    }

    /// The bytes at hand.
    pub(super) fn window(&self) -> &[u8] {
        self.block.buffer.get(self.block.start..self.block.end).unwrap_or_default()
    }

    /// Leaves whole records behind.
    pub(super) fn skip(&mut self, bytes: usize, lines: u64) {
        self.block.start += bytes;
        self.line += lines;
        self.front = None;
    }

    /// Gets more bytes at hand; `false` at the end.
    pub(super) fn refill(&mut self) -> Result<bool, DeltaError> {
        if self.done {
            return Ok(false);
        }
        let Some(mut next) = self.feed.next() else {
            self.done = true;
            return Ok(false);
        };
        let rest = self.window();
        if rest.len() > LONGEST_RECORD {
            return Err(self.malformed("the record is too long"));
        }
        match next.start.checked_sub(rest.len()) {
            Some(start) => {
                if let Some(room) = next.buffer.get_mut(start..next.start) {
                    room.copy_from_slice(rest);
                }
                next.start = start;
            }
            None => {
                let mut buffer = rest.to_vec();
                buffer.extend_from_slice(next.buffer.get(next.start..next.end).unwrap_or_default());
                next = Block { start: 0, end: buffer.len(), buffer };
            }
        }
        let used = std::mem::replace(&mut self.block, next);
        self.feed.recycle(used.buffer);
        Ok(true)
    }

    /// Looks at the record at the front; `None` at the end.
    pub(super) fn front(&mut self) -> Result<Option<Front<'_>>, DeltaError> {
        if self.front.is_none() {
            let Some(length) = self.find_end()? else {
                return Ok(None);
            };
            self.read_key(length)?;
            self.front = Some(length);
        }
        let record = self.window().get(..self.front.unwrap_or_default()).unwrap_or_default();
        Ok(Some((record, &self.key)))
    }

    /// Leaves the record at the front behind.
    pub(super) fn consume(&mut self) {
        if let Some(length) = self.front {
            let lines = line_ends(self.window().get(..length).unwrap_or_default());
            self.skip(length, lines);
            let last = self.last_key.get_or_insert_default();
            std::mem::swap(last, &mut self.key);
        }
    }

    /// Takes the header line, without its line end.
    pub(super) fn header(&mut self) -> Result<Vec<u8>, DeltaError> {
        let Some(length) = self.find_end()? else {
            return Err(self.malformed("the header line is missing"));
        };
        let header = self.window().get(..length - 1).unwrap_or_default().to_vec();
        self.skip(length, 1 + line_ends(&header));
        Ok(header)
    }

    /// Reads to the end, so that the digest covers the whole file.
    pub(super) fn drain(&mut self) {
        while let Some(block) = self.feed.next() {
            self.feed.recycle(block.buffer);
        }
    }

    /// Length of the record at the front; `None` when nothing is left.
    fn find_end(&mut self) -> Result<Option<usize>, DeltaError> {
        loop {
            let window = self.window();
            let mut quoted = false;
            for at in memchr::memchr2_iter(b'\n', b'"', window) {
                match window.get(at) {
                    Some(b'"') => quoted = !quoted,
                    _ if !quoted => return Ok(Some(at + 1)),
                    _ => {}
                }
            }
            if !self.refill()? {
                return match self.window().is_empty() {
                    true => Ok(None),
                    false => Err(self.malformed("it has no end")),
                };
            }
        }
    }

    fn read_key(&mut self, length: usize) -> Result<(), DeltaError> {
        let mut key = std::mem::take(&mut self.key);
        let record = self.block.buffer.get(self.block.start..self.block.start + length).unwrap_or_default();
        let result = read_key(record, self.kind, &mut key);
        self.key = key;
        result.ok_or_else(|| self.malformed("it is not in canonical form"))?;
        if self.last_key.as_ref().is_some_and(|last| *last >= self.key) {
            let key = String::from_utf8_lossy(&self.key).replace('\0', ",");
            return Err(DeltaError::NotInOrder { which: self.which, line: self.line, key });
        }
        Ok(())
    }

    pub(super) fn malformed(&self, reason: &'static str) -> DeltaError {
        DeltaError::Malformed { which: self.which, line: self.line, reason }
    }
}

/// Line ends in canonical text; a CR in a quoted value ends a line only when no LF follows.
pub(super) fn line_ends(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

/// The sort key of a record: its first field, or its first two with NUL between them.
fn read_key(record: &[u8], kind: Kind, key: &mut Vec<u8>) -> Option<()> {
    let length = read_field(record, key)?;
    let mut behind = *record.get(length)?;
    if kind == Kind::Association {
        let mut second = Vec::new();
        let text = record.get(length + 1..).filter(|_| behind == b',')?;
        behind = *text.get(read_field(text, &mut second)?)?;
        key.push(0);
        key.append(&mut second);
    }
    matches!(behind, b',' | b'\n').then_some(())
}
