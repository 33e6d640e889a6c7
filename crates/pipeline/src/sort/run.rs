//! Sorted runs: on a spill, with what a key shares with the one before left out, or in memory.

use super::arena::Arena;
use super::shape::Shape;
use super::{SortError, Spill};
use crate::bytes::common_prefix;
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

/// Writes sorted records: for each the [`Shape`] of its key, the length of its payload, the new parts of the key, the
/// payload.
pub(super) struct RunWriter {
    spill: Box<dyn Spill>,
    buffer: Vec<u8>,
    last: Vec<u8>,
    records: u64,
    longest: usize,
}

impl RunWriter {
    pub(super) fn new(spill: Box<dyn Spill>) -> RunWriter {
        RunWriter { spill, buffer: Vec::with_capacity(WRITE_BUFFER), last: Vec::new(), records: 0, longest: 0 }
    }

    pub(super) fn push(&mut self, key: &[u8], payload: &[u8]) -> io::Result<()> {
        let shape = Shape::of(&self.last, key);
        let (gap, middle) = shape.new_parts(key);
        let before = self.buffer.len();
        let key_lengths = [shape.front, shape.back, shape.middle, shape.gap, shape.stretch];
        match short_lengths(key_lengths, payload.len()) {
            Some(lengths) => self.buffer.extend_from_slice(&lengths),
            None => {
                let lengths = key_lengths.into_iter().chain([payload.len()]);
                lengths.for_each(|length| push_length(&mut self.buffer, length));
            }
        }
        for part in [gap, middle, payload] {
            self.buffer.extend_from_slice(part);
        }
        self.longest = self.longest.max(self.buffer.len() - before);
        self.last.truncate(shape.front);
        self.last.extend_from_slice(key.get(shape.front..).unwrap_or_default());
        self.records += 1;
        if self.buffer.len() >= WRITE_BUFFER { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.spill.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    pub(super) fn finish(mut self, level: u32) -> io::Result<Run> {
        self.flush()?;
        self.spill.flush()?;
        Ok(Run { spill: self.spill, records: self.records, longest: self.longest, level })
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

/// The usual lengths, in as many bytes for all records: five of one byte, and that of the payload in two.
#[inline]
fn short_lengths(key: [usize; 5], payload: usize) -> Option<[u8; 7]> {
    let short = key.iter().fold(0, |all, length| all | length) < 0x80 && payload < 0x4000;
    let [a, b, c, d, e] = key.map(|length| length as u8);
    short.then_some([a, b, c, d, e, payload as u8 | 0x80, (payload >> 7) as u8])
}

/// Reads what [`short_lengths`] wrote.
#[inline]
fn read_short_lengths(text: &[u8]) -> Option<([usize; 6], usize)> {
    let bytes = *text.first_chunk::<7>()?;
    let [a, b, c, d, e, low, high] = bytes;
    let long = (a | b | c | d | e | high | !low) & 0x80 != 0;
    let [a, b, c, d, e] = [a, b, c, d, e].map(usize::from);
    (!long).then(|| ([a, b, c, d, e, usize::from(low & 0x7F) | (usize::from(high) << 7)], bytes.len()))
}

/// Six lengths at the front of a text, and how many bytes they take.
fn long_lengths(text: &[u8]) -> Option<([usize; 6], usize)> {
    let mut lengths = [0; 6];
    let mut bytes = text.iter();
    for length in &mut lengths {
        let mut shift = 0;
        loop {
            let byte = *bytes.next()?;
            *length |= usize::from(byte & 0x7F).checked_shl(shift)?;
            shift += 7;
            if byte < 0x80 {
                break;
            }
        }
    }
    Some((lengths, text.len() - bytes.len()))
}

/// Reads records back.
pub(super) struct RunReader {
    spill: Box<dyn Spill>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes read so far.
    read: u64,
    left: u64,
    longest: usize,
    key: Vec<u8>,
    payload: (usize, usize),
}

/// A record on a spill: the shape of its key, and where its new parts, its payload and the next record start.
struct Coded {
    shape: Shape,
    at: usize,
    payload: usize,
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
            read: 0,
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
        let coded = loop {
            match self.coded() {
                Some(coded) if coded.end <= self.end => break coded,
                _ if self.end - self.start > self.longest => return Err(SortError::Damaged),
                _ => self.fill()?,
            }
        };
        let new = self.buffer.get(coded.at..coded.payload).ok_or(SortError::Damaged)?;
        coded.shape.apply(&mut self.key, new).ok_or(SortError::Damaged)?;
        self.start = coded.end;
        self.payload = (coded.payload, coded.end);
        Ok(Some(coded.shape.front))
    }

    #[inline]
    fn coded(&self) -> Option<Coded> {
        let text = self.buffer.get(self.start..self.end)?;
        let (lengths, size) = match read_short_lengths(text) {
            Some(short) => short,
            None => long_lengths(text)?,
        };
        let [front, back, middle, gap, stretch, payload] = lengths;
        let at = self.start + size;
        let new_end = at.saturating_add(gap).saturating_add(middle);
        let shape = Shape { front, gap, stretch, middle, back };
        Some(Coded { shape, at, payload: new_end, end: new_end.saturating_add(payload) })
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
                self.read += read as u64;
                self.spill.forget_before(self.read);
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
                arena.fetch(*next);
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
            Source::Spilled(run) => (&run.key, run.buffer.get(run.payload.0..run.payload.1).unwrap_or_default()),
            Source::Memory { arena, next } => {
                next.checked_sub(1).and_then(|current| arena.record(current)).unwrap_or_default()
            }
        }
    }
}
