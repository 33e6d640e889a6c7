//! Sorted runs: on a spill, with what a key shares with the one before left out, or in memory.

use super::arena::Arena;
use super::{SortError, Spill};
use crate::bytes::{common_prefix, common_suffix};
use std::io::{self, SeekFrom};

const WRITE_BUFFER: usize = 256 << 10;

/// A run on a spill.
pub(super) struct Run {
    pub(super) spill: Box<dyn Spill>,
    pub(super) records: u64,
    /// Length of the longest record as it was written.
    longest: usize,
    /// How many merges its records went through.
    pub(super) level: u32,
}

/// Writes sorted records: for each the lengths of what its key shares with the key before at the front and at the
/// back, of the rest of the key, and of the payload, then the last two.
pub(super) struct RunWriter {
    spill: Box<dyn Spill>,
    buffer: Vec<u8>,
    last: Vec<u8>,
    records: u64,
    longest: usize,
}

impl RunWriter {
    pub(super) fn new(spill: Box<dyn Spill>) -> RunWriter {
        RunWriter {
            spill,
            buffer: Vec::with_capacity(WRITE_BUFFER),
            last: Vec::new(),
            records: 0,
            longest: 0,
        }
    }

    pub(super) fn push(&mut self, key: &[u8], payload: &[u8]) -> io::Result<()> {
        let front = common_prefix(&self.last, key);
        let (last_rest, rest) = (
            self.last.get(front..).unwrap_or_default(),
            key.get(front..).unwrap_or_default(),
        );
        let back = common_suffix(last_rest, rest);
        let middle = rest.get(..rest.len() - back).unwrap_or_default();
        let before = self.buffer.len();
        for length in [front, back, middle.len(), payload.len()] {
            push_length(&mut self.buffer, length);
        }
        self.buffer.extend_from_slice(middle);
        self.buffer.extend_from_slice(payload);
        self.longest = self.longest.max(self.buffer.len() - before);
        self.last.truncate(front);
        self.last.extend_from_slice(rest);
        self.records += 1;
        if self.buffer.len() >= WRITE_BUFFER {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.spill.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    pub(super) fn finish(mut self, level: u32) -> io::Result<Run> {
        self.flush()?;
        self.spill.flush()?;
        Ok(Run {
            spill: self.spill,
            records: self.records,
            longest: self.longest,
            level,
        })
    }
}

/// Seven bits per byte, the lowest first; the highest bit says that another byte follows.
fn push_length(out: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

/// Reads records back.
pub(super) struct RunReader {
    spill: Box<dyn Spill>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    left: u64,
    longest: usize,
    key: Vec<u8>,
    payload: (usize, usize),
}

/// What a record shares with the one before, its own part of the key, and where its bytes start and end.
struct Lengths {
    front: usize,
    back: usize,
    middle: usize,
    at: usize,
    end: usize,
}

impl RunReader {
    pub(super) fn new(mut run: Run, buffer: usize) -> io::Result<RunReader> {
        run.spill.seek(SeekFrom::Start(0))?;
        Ok(RunReader {
            spill: run.spill,
            buffer: vec![0; buffer.max(run.longest)],
            start: 0,
            end: 0,
            left: run.records,
            longest: run.longest,
            key: Vec::new(),
            payload: (0, 0),
        })
    }

    /// Goes to the next record; how many bytes its key shares with the one before, or `None` at the end.
    #[inline]
    fn advance(&mut self) -> Result<Option<usize>, SortError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let lengths = loop {
            match self.lengths() {
                Some(lengths) if lengths.end <= self.end => break lengths,
                _ if self.end - self.start > self.longest => return Err(SortError::Damaged),
                _ => self.fill()?,
            }
        };
        let Lengths {
            front,
            back,
            middle,
            at,
            end,
        } = lengths;
        let text = self.buffer.get(at..at + middle).ok_or(SortError::Damaged)?;
        let kept = self
            .key
            .len()
            .checked_sub(back)
            .filter(|&kept| kept >= front)
            .ok_or(SortError::Damaged)?;
        if back == 0 {
            self.key.truncate(front);
            self.key.extend_from_slice(text);
        } else if middle == kept - front {
            self.key
                .get_mut(front..kept)
                .ok_or(SortError::Damaged)?
                .copy_from_slice(text);
        } else {
            self.key.splice(front..kept, text.iter().copied());
        }
        self.start = end;
        self.payload = (at + middle, end);
        Ok(Some(front))
    }

    #[inline]
    fn lengths(&self) -> Option<Lengths> {
        let mut at = self.start;
        let text = self.buffer.get(..self.end)?;
        let mut length = || {
            let mut length = 0;
            for shift in (0..usize::BITS).step_by(7) {
                let byte = *text.get(at)?;
                at += 1;
                length |= usize::from(byte & 0x7F) << shift;
                if byte < 0x80 {
                    return Some(length);
                }
            }
            None
        };
        let (front, back, middle, payload) = (length()?, length()?, length()?, length()?);
        Some(Lengths {
            front,
            back,
            middle,
            at,
            end: at.saturating_add(middle).saturating_add(payload),
        })
    }

    /// Reads more; the buffer is longer than the longest record.
    fn fill(&mut self) -> Result<(), SortError> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        match read_some(&mut self.spill, room)? {
            0 => Err(SortError::Damaged),
            read => {
                self.end += read;
                Ok(())
            }
        }
    }
}

fn read_some(spill: &mut Box<dyn Spill>, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match spill.read(room) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// A source of sorted records for the merge.
pub(super) enum Source {
    Spilled(RunReader),
    Memory { arena: Arena, next: usize },
}

impl Source {
    /// Goes to the next record; how many bytes its key shares with the one before, or `None` at the end.
    #[inline]
    pub(super) fn advance(&mut self) -> Result<Option<usize>, SortError> {
        match self {
            Source::Spilled(run) => run.advance(),
            Source::Memory { arena, next } => {
                let Some((key, _)) = arena.record(*next) else {
                    return Ok(None);
                };
                let last = next.checked_sub(1).and_then(|last| arena.record(last));
                let shared = last.map_or(0, |(last, _)| common_prefix(last, key));
                *next += 1;
                Ok(Some(shared))
            }
        }
    }

    #[inline]
    pub(super) fn key(&self) -> &[u8] {
        match self {
            Source::Spilled(run) => &run.key,
            Source::Memory { .. } => self.record().0,
        }
    }

    /// Key and payload of the current record.
    #[inline]
    pub(super) fn record(&self) -> (&[u8], &[u8]) {
        match self {
            Source::Spilled(run) => (
                &run.key,
                run.buffer
                    .get(run.payload.0..run.payload.1)
                    .unwrap_or_default(),
            ),
            Source::Memory { arena, next } => next
                .checked_sub(1)
                .and_then(|current| arena.record(current))
                .unwrap_or_default(),
        }
    }
}
