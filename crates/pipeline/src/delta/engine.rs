//! The merge of two sorted files.

use super::feed::Feed;
use super::side::{Side, line_ends};
use super::{Delta, DeltaError, Which};
use crate::bytes::common_prefix;
use crate::output::{HashedWriter, Written};
use crate::prepare::{Held, Kind};
use provost_model::changes::Command;
use std::cmp::Ordering;

/// Equal stretches are compared in steps of this many bytes.
const STEP: usize = 8 << 10;

/// The files written.
pub(super) struct Sink {
    pub(super) delta: Option<HashedWriter>,
    pub(super) carried: Option<HashedWriter>,
}

pub(super) struct Engine<'a> {
    kind: Kind,
    old: Side,
    new: Side,
    held: &'a Held,
    sink: Sink,
    found: Delta,
}

impl<'a> Engine<'a> {
    pub(super) fn new(kind: Kind, old: Feed, new: Feed, held: &'a Held, sink: Sink) -> Engine<'a> {
        let old = Side::new(Which::Previous, kind, old);
        let new = Side::new(Which::New, kind, new);
        Engine { kind, old, new, held, sink, found: Delta::default() }
    }

    /// Compares everything and finishes the outputs.
    pub(super) fn run(&mut self, has_old: bool) -> Result<Delta, DeltaError> {
        self.header(has_old)?;
        loop {
            self.skip_equal()?;
            let order = match (self.old.front()?, self.new.front()?) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((_, old)), Some((_, new))) => old.cmp(new),
            };
            match order {
                Ordering::Less => self.missing()?,
                Ordering::Greater => self.inserted()?,
                Ordering::Equal => self.both()?,
            }
        }
        self.found.delta = finish(self.sink.delta.take(), DELTA)?;
        self.found.carried = finish(self.sink.carried.take(), CARRIED)?;
        Ok(self.found)
    }

    /// Reads both files to their ends.
    pub(super) fn drain(&mut self) {
        self.old.drain();
        self.new.drain();
    }

    fn header(&mut self, has_old: bool) -> Result<(), DeltaError> {
        let new = self.new.header()?;
        if has_old {
            let old = self.old.header()?;
            if old != new {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                return Err(DeltaError::HeaderChanged { previous: text(&old), new: text(&new) });
            }
        }
        if let Some(delta) = &mut self.sink.delta {
            delta.block().extend_from_slice(b"command,");
            delta.block().extend_from_slice(&new);
            delta.block().push(b'\n');
        }
        self.sink.carry(&[&new, b"\n"])
    }

    /// Leaves records behind that are equal on both sides.
    fn skip_equal(&mut self) -> Result<(), DeltaError> {
        loop {
            let (old, new) = (self.old.window(), self.new.window());
            let equal = equal_length(old, new);
            let (old_ended, new_ended) = (equal == old.len(), equal == new.len());
            let text = new.get(..equal).unwrap_or_default();
            let text = text.get(..last_boundary(text)).unwrap_or_default();
            if !text.is_empty() {
                let (length, lines) = (text.len(), line_ends(text));
                self.sink.carry(&[text])?;
                self.old.skip(length, lines);
                self.new.skip(length, lines);
            }
            let more = (old_ended && self.old.refill()?) | (new_ended && self.new.refill()?);
            if !more {
                return Ok(());
            }
        }
    }

    fn missing(&mut self) -> Result<(), DeltaError> {
        if let Some((record, key)) = self.old.front()? {
            if self.held.holds(key) {
                self.found.held += 1;
                self.sink.carry(&[record])?;
            } else {
                self.found.deleted += 1;
                self.sink.change(Command::Delete, record)?;
            }
        }
        self.old.consume();
        Ok(())
    }

    fn inserted(&mut self) -> Result<(), DeltaError> {
        if let Some((record, _)) = self.new.front()? {
            self.found.inserted += 1;
            self.sink.change(Command::Insert, record)?;
            self.sink.carry(&[record])?;
        }
        self.new.consume();
        Ok(())
    }

    fn both(&mut self) -> Result<(), DeltaError> {
        if let (Some((old, _)), Some((new, _))) = (self.old.front()?, self.new.front()?) {
            if old != new {
                if self.kind == Kind::Association {
                    return Err(self.old.malformed("it is not in canonical form"));
                }
                self.found.updated += 1;
                self.sink.change(Command::Update, new)?;
            }
            self.sink.carry(&[new])?;
        }
        self.old.consume();
        self.new.consume();
        Ok(())
    }
}

const DELTA: &str = "the delta file";
const CARRIED: &str = "the sorted file with held records";

fn failed(what: &'static str) -> impl Fn(std::io::Error) -> DeltaError {
    move |source| DeltaError::Write { what, source }
}

fn finish(writer: Option<HashedWriter>, what: &'static str) -> Result<Option<Written>, DeltaError> {
    writer.map(HashedWriter::finish).transpose().map_err(failed(what))
}

impl Sink {
    fn change(&mut self, command: Command, record: &[u8]) -> Result<(), DeltaError> {
        let Some(delta) = &mut self.delta else {
            return Ok(());
        };
        delta.block().extend_from_slice(command.word().as_bytes());
        delta.block().push(b',');
        delta.block().extend_from_slice(record);
        delta.end_record().map_err(failed(DELTA))
    }

    fn carry(&mut self, texts: &[&[u8]]) -> Result<(), DeltaError> {
        let Some(carried) = &mut self.carried else {
            return Ok(());
        };
        for text in texts {
            carried.block().extend_from_slice(text);
        }
        carried.end_record().map_err(failed(CARRIED))
    }
}

/// How many bytes at the front are equal.
fn equal_length(a: &[u8], b: &[u8]) -> usize {
    let most = a.len().min(b.len());
    let (a, b) = (a.get(..most).unwrap_or_default(), b.get(..most).unwrap_or_default());
    let mut equal = 0;
    for (x, y) in a.chunks(STEP).zip(b.chunks(STEP)) {
        if x != y {
            return equal + common_prefix(x, y);
        }
        equal += x.len();
    }
    equal
}

/// Where the last record that is complete in `text` ends. The text starts with a record.
fn last_boundary(text: &[u8]) -> usize {
    let quotes = |bytes: &[u8]| memchr::memchr_iter(b'"', bytes).count();
    let mut open = quotes(text);
    let mut rest = text;
    while let Some(at) = memchr::memrchr(b'\n', rest) {
        let (head, tail) = rest.split_at(at);
        open -= quotes(tail);
        if open % 2 == 0 {
            return at + 1;
        }
        rest = head;
    }
    0
}
