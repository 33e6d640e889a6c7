//! The scan of one record.

use super::record::{Bounds, IN_SCRATCH};
use super::reject::Fault;
use super::scan::Cursor;

/// A quote in the buffer, and how many line ends of its record stand before it.
#[derive(Clone, Copy)]
pub(super) struct Quote {
    pub(super) at: usize,
    pub(super) lines: u64,
}

/// Where the scan of one record ended.
pub(super) enum Scan {
    /// The record ends before `end`, the next one starts at `next`; `lines` line ends lie between.
    Complete { end: usize, next: usize, lines: u64 },
    /// The buffer ends inside the record, maybe inside a quoted field.
    Incomplete(Option<Quote>),
    /// The buffer ends behind a byte whose meaning depends on the next one.
    Undecided,
    /// A problem at a quote.
    Bad(Fault, Quote),
}

/// One pass over a record; a value of its own so that the hot loop works on locals.
pub(super) struct Pass<'a> {
    pub(super) buffer: &'a [u8],
    pub(super) end: usize,
    pub(super) exhausted: bool,
    pub(super) separator: u8,
    pub(super) cursor: Cursor,
    pub(super) bounds: &'a mut Vec<Bounds>,
    pub(super) scratch: &'a mut Vec<u8>,
    /// The last position at which the record may end.
    pub(super) limit: usize,
    pub(super) lines: u64,
}

impl Pass<'_> {
    #[inline]
    pub(super) fn record(&mut self, start: usize) -> Scan {
        self.bounds.clear();
        self.scratch.clear();
        let mut field = start;
        loop {
            let bounds = &mut self.bounds;
            self.cursor.separators(self.buffer, self.end, self.separator, |at| {
                bounds.push(Bounds { start: field as u32, end: at as u32 });
                field = at + 1;
            });
            let Some(at) = self.cursor.next(self.buffer, self.end, self.separator) else {
                return self.out_of_bytes(field);
            };
            if self.byte(at) == b'"' {
                match self.quoted(field, Quote { at, lines: self.lines }) {
                    Ok(next) => field = next,
                    Err(scan) => return scan,
                }
            } else {
                self.push(field, at);
                return self.end_of_record(at);
            }
        }
    }

    #[inline(always)]
    fn byte(&self, at: usize) -> u8 {
        self.buffer.get(at).copied().unwrap_or_default()
    }

    #[inline(always)]
    fn push(&mut self, start: usize, end: usize) {
        self.bounds.push(Bounds { start: start as u32, end: end as u32 });
    }

    fn out_of_bytes(&mut self, field: usize) -> Scan {
        if !self.exhausted || self.end > self.limit {
            return Scan::Incomplete(None);
        }
        self.push(field, self.end);
        Scan::Complete { end: self.end, next: self.end, lines: self.lines }
    }

    /// The record ends before the line end at `at`.
    #[inline(always)]
    fn end_of_record(&mut self, at: usize) -> Scan {
        if at > self.limit {
            return Scan::Incomplete(None);
        }
        let mut next = at + 1;
        if self.byte(at) == b'\r' {
            if next < self.end && self.byte(next) == b'\n' {
                self.cursor.next(self.buffer, self.end, self.separator);
                next += 1;
            } else if next == self.end && !self.exhausted {
                return Scan::Undecided;
            }
        }
        Scan::Complete { end: at, next, lines: self.lines + 1 }
    }

    /// A field that starts at `field` and has a quote at `open`: where the next field starts, or the end of the scan.
    fn quoted(&mut self, field: usize, open: Quote) -> Result<usize, Scan> {
        if open.at > self.limit {
            return Err(Scan::Incomplete(None));
        } else if open.at != field {
            return Err(Scan::Bad(Fault::StrayQuote, open));
        }
        let (close, escaped) = self.closing_quote(open)?;
        if escaped {
            self.unescape(open.at + 1, close);
        } else {
            self.push(open.at + 1, close);
        }
        let behind = close + 1;
        if behind == self.end {
            return Err(Scan::Complete { end: behind, next: behind, lines: self.lines });
        }
        if self.cursor.next(self.buffer, self.end, self.separator) != Some(behind) {
            self.bounds.pop();
            return Err(Scan::Bad(Fault::TextAfterQuote, open));
        }
        match self.byte(behind) {
            byte if byte == self.separator => Ok(behind + 1),
            _ => Err(self.end_of_record(behind)),
        }
    }

    /// The position of the closing quote, and whether doubled quotes come before it.
    fn closing_quote(&mut self, open: Quote) -> Result<(usize, bool), Scan> {
        let mut escaped = false;
        while let Some(at) = self.cursor.next(self.buffer, self.end, self.separator) {
            if at > self.limit {
                break;
            }
            match self.byte(at) {
                b'\n' => self.lines += 1,
                b'\r' if self.byte(at + 1) != b'\n' || at + 1 == self.end => self.lines += 1,
                b'"' if at + 1 < self.end && self.byte(at + 1) == b'"' => {
                    escaped = true;
                    self.cursor.next(self.buffer, self.end, self.separator);
                }
                b'"' if at + 1 < self.end || self.exhausted => return Ok((at, escaped)),
                b'"' => return Err(Scan::Undecided),
                _ => {}
            }
        }
        Err(Scan::Incomplete(Some(open)))
    }

    /// Copies a quoted text to the scratch buffer, each doubled quote once.
    #[cold]
    fn unescape(&mut self, start: usize, end: usize) {
        let from = self.scratch.len() as u32;
        let mut rest = self.buffer.get(start..end).unwrap_or_default();
        while let Some(at) = memchr::memchr(b'"', rest) {
            self.scratch.extend_from_slice(rest.get(..=at).unwrap_or_default());
            rest = rest.get(at + 2..).unwrap_or_default();
        }
        self.scratch.extend_from_slice(rest);
        self.bounds.push(Bounds { start: from | IN_SCRATCH, end: self.scratch.len() as u32 });
    }
}
