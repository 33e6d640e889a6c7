//! Reading a source: projection, conversion, null keys, rejected rows. Good rows go to the sort.

use super::held::Holder;
use super::sides::SideFiles;
use super::{Held, Kind, LONGEST_KEY, Layout, PrepareError, TableSpec};
use crate::bytes::is_clean_text;
use crate::csv::canonical::{push_padded, push_text};
use crate::csv::{Fault, Malformed, Reader, Record, Rejected, Row};
use crate::format::FormatError;
use crate::sort::{Merged, Sorter, Spill};
use provost_model::changes::Command;
use std::io::{self, Read};

/// Between the two keys of a pair in its sort key. No value contains it, so that pairs sort by first, then second.
pub(super) const PAIR: u8 = 0;
/// Bytes at the front of a payload: the line in five bytes, then the command.
pub(super) const PAYLOAD_HEAD: usize = 6;
/// A long row with at most this many surplus separators still tells which keys it may have.
const MOST_SURPLUS: usize = 4;

/// Good rows in order, and what was counted on the way.
pub(super) struct Cleansed {
    pub(super) merged: Merged,
    pub(super) rows: u64,
    pub(super) held: Held,
}

pub(super) fn cleanse<R: Read, F: FnMut() -> io::Result<Box<dyn Spill>>>(
    spec: &TableSpec,
    layout: &Layout,
    reader: &mut Reader<R>,
    sides: &mut SideFiles<'_>,
    sorter: Sorter<F>,
) -> Result<Cleansed, PrepareError> {
    let columns = layout.columns.iter().zip(&spec.columns);
    let wanted =
        columns.map(|(&index, column)| Wanted { index, as_is: column.converter.is_as_is(), is_key: column.is_key });
    let wanted = wanted.collect();
    let holder = Holder::default();
    let (key, payload, value) = (Vec::new(), Vec::new(), Vec::new());
    let mut cleanser = Cleanser { spec, layout, wanted, sides, sorter, holder, key, payload, value };
    let (mut rows, mut line) = (0, 0);
    loop {
        match reader.next_row().map_err(|source| PrepareError::Read { line, source })? {
            None => break,
            Some(Row::Good(record)) => {
                line = record.line();
                cleanser.take(&record)?;
            }
            Some(Row::Bad(bad)) => {
                line = bad.readable().line();
                cleanser.malformed(&bad)?;
            }
        }
        rows += 1;
    }
    Ok(Cleansed { merged: cleanser.sorter.finish()?, rows, held: cleanser.holder.finish() })
}

/// What each row is asked for a mapped column.
struct Wanted {
    /// In the source.
    index: usize,
    /// Whether its values need no conversion.
    as_is: bool,
    is_key: bool,
}

struct Cleanser<'a, 's, F> {
    spec: &'a TableSpec,
    layout: &'a Layout,
    wanted: Vec<Wanted>,
    sides: &'a mut SideFiles<'s>,
    sorter: Sorter<F>,
    holder: Holder,
    key: Vec<u8>,
    payload: Vec<u8>,
    value: Vec<u8>,
}

/// Why a row does not get through.
enum Refusal {
    NullKey,
    Value { column: usize, error: FormatError },
    Text,
    Command,
    LongKey { column: usize, bytes: usize },
}

impl<F: FnMut() -> io::Result<Box<dyn Spill>>> Cleanser<'_, '_, F> {
    fn take(&mut self, record: &Record<'_>) -> Result<(), PrepareError> {
        match self.project(record) {
            Ok(()) => Ok(self.sorter.push(&self.key, &self.payload)?),
            Err(Refusal::NullKey) => self.null_key(record),
            Err(refusal) => self.refuse(record, &refusal),
        }
    }

    /// Fills key and payload.
    #[inline]
    fn project(&mut self, record: &Record<'_>) -> Result<(), Refusal> {
        self.key.clear();
        self.payload.clear();
        let [a, b, c, d, e, ..] = record.line().to_le_bytes();
        self.payload.extend_from_slice(&[a, b, c, d, e, 0]);
        let keys = self.key_columns();
        let mut clean = true;
        for (column, &Wanted { index, as_is, is_key }) in self.wanted.iter().enumerate() {
            let (mut padded, mut length) = record.padded(index);
            if !as_is {
                let raw = record.field(index);
                self.value.clear();
                convert(self.spec, column, raw, &mut self.value)?;
                (padded, length) = (&self.value, self.value.len());
            }
            if is_key && length > LONGEST_KEY {
                return Err(Refusal::LongKey { column, bytes: length });
            }
            let value = padded.get(..length).unwrap_or(padded);
            if column >= keys {
                self.payload.push(b',');
                clean &= push_padded(&mut self.payload, padded, length) || is_clean_text(value);
                continue;
            }
            if length == 0 && !self.may_be_empty(column) {
                return Err(Refusal::NullKey);
            }
            if column > 0 {
                self.key.push(PAIR);
            }
            clean &= push_text(&mut self.key, padded, length) || is_clean_text(value);
        }
        if !clean {
            return Err(Refusal::Text);
        }
        self.command(record)
    }

    fn command(&mut self, record: &Record<'_>) -> Result<(), Refusal> {
        let Some(index) = self.layout.command else {
            return Ok(());
        };
        let command = match record.field(index) {
            b"" => Some(Command::Merge),
            word => std::str::from_utf8(word).ok().and_then(|word| Command::parse(word.trim())),
        };
        if let Some(place) = self.payload.get_mut(PAYLOAD_HEAD - 1) {
            *place = command.ok_or(Refusal::Command)? as u8;
        }
        Ok(())
    }

    /// The end of a pair beside its owner, in a file that says what became of it.
    #[inline]
    fn may_be_empty(&self, column: usize) -> bool {
        self.layout.command.is_some() && self.spec.owner.is_some_and(|owner| owner != column)
    }

    fn key_columns(&self) -> usize {
        match self.spec.kind {
            Kind::Entity => 1,
            Kind::Association => 2,
        }
    }

    fn header(&self, column: usize) -> String {
        self.spec.columns.get(column).map(|column| column.header.clone()).unwrap_or_default()
    }

    /// A row whose key has no value. Such a row is no resource, so that nothing is held for it.
    #[cold]
    fn null_key(&mut self, record: &Record<'_>) -> Result<(), PrepareError> {
        let mut values = Vec::new();
        let mut empty = None;
        for (column, &index) in self.layout.columns.iter().enumerate() {
            let raw = record.field(index);
            let mut value = Vec::new();
            // A value that cannot be converted is shown as it is: the key is what this row lacks.
            if convert(self.spec, column, raw, &mut value).is_err() {
                value = String::from_utf8_lossy(raw).into_owned().into_bytes();
            }
            if value.is_empty() && column < self.key_columns() && !self.may_be_empty(column) {
                empty = empty.or(Some((column, raw)));
            }
            values.push(value);
        }
        let (column, raw) = empty.unwrap_or_default();
        let header = self.header(column);
        let sample = || {
            let remedy = "give the row a key in the source".to_owned();
            Rejected::new(record.line(), header, raw, "the key is empty".to_owned(), remedy, record.raw())
        };
        self.sides.null_key(record.line(), &values, sample)
    }

    /// A well-formed row with a value that cannot be taken.
    #[cold]
    fn refuse(&mut self, record: &Record<'_>, refusal: &Refusal) -> Result<(), PrepareError> {
        let place = |column: usize| {
            let index = self.layout.columns.get(column).copied().unwrap_or_default();
            (self.header(column), record.field(index))
        };
        let (column, (header, value), reason, remedy) = match refusal {
            Refusal::Value { column, error } => (*column, place(*column), error.to_string(), error.remedy.clone()),
            Refusal::LongKey { column, bytes } => {
                let reason = format!("a key has at most {LONGEST_KEY} bytes and this has {bytes}");
                let remedy = "shorten it in the source, or map another column as the key".to_owned();
                (*column, place(*column), reason, remedy)
            }
            Refusal::Command => {
                let index = self.layout.command.unwrap_or_default();
                let header = self.spec.command_column.clone().unwrap_or_default();
                let remedy = "use add, insert, update, delete or merge, or leave it empty".to_owned();
                (usize::MAX, (header, record.field(index)), "this is no command".to_owned(), remedy)
            }
            Refusal::NullKey | Refusal::Text => {
                let (column, reason) = self.not_text(record);
                let remedy = match reason {
                    NUL => "remove the NUL characters; the source may be binary or damaged",
                    _ => "check the encoding of the export; expected UTF-8",
                };
                (column, place(column), reason.to_owned(), remedy.to_owned())
            }
        };
        let rejected = Rejected::new(record.line(), header, value, reason, remedy, record.raw());
        if matches!(refusal, Refusal::LongKey { .. }) {
            self.hold_besides(record, column);
        } else if column < self.key_columns() || self.spec.kind == Kind::Association {
            self.holder.all();
        } else {
            self.hold(record.field(self.key_index()));
        }
        self.sides.rejected(rejected)
    }

    /// A row with a key that nothing can have stands for no resource and no pair, unless its primary key is another one.
    fn hold_besides(&mut self, record: &Record<'_>, long: usize) {
        if self.spec.kind == Kind::Entity && long > 0 {
            self.hold(record.field(self.key_index()));
        }
    }

    /// The first column that is no text, and why.
    fn not_text(&self, record: &Record<'_>) -> (usize, &'static str) {
        let columns = self.layout.columns.iter().enumerate();
        let bad = columns.filter_map(|(column, &index)| {
            let value = record.field(index);
            match std::str::from_utf8(value) {
                Err(_) => Some((column, "the value is not UTF-8")),
                Ok(text) if text.contains('\0') => Some((column, NUL)),
                Ok(_) => None,
            }
        });
        bad.into_iter().next().unwrap_or((0, NUL))
    }

    fn key_index(&self) -> usize {
        self.layout.columns.first().copied().unwrap_or_default()
    }

    #[cold]
    fn malformed(&mut self, bad: &Malformed<'_>) -> Result<(), PrepareError> {
        if self.spec.kind == Kind::Association || bad.lines() > 1 {
            self.holder.all();
        } else {
            self.hold_readable(bad.fault(), bad.readable());
        }
        self.sides.rejected(bad.rejected())
    }

    /// Holds the key of a malformed row if it can be told, else everything.
    fn hold_readable(&mut self, fault: &Fault, readable: &Record<'_>) {
        let (key, found) = (self.key_index(), readable.len());
        match *fault {
            // The last field of a short row may be cut off.
            Fault::FieldCount { expected, .. } if found < expected && key + 1 >= found => self.holder.all(),
            Fault::FieldCount { expected, .. } if found > expected => {
                self.hold_candidates(readable, key, found - expected);
            }
            _ if key < found => self.hold(readable.field(key)),
            _ => self.holder.all(),
        }
    }

    /// Surplus separators stand before the key, inside it or behind it: holds every key that the row may have.
    fn hold_candidates(&mut self, readable: &Record<'_>, key: usize, surplus: usize) {
        if surplus > MOST_SURPLUS {
            return self.holder.all();
        }
        let mut found = false;
        let most_before = if key == 0 { 0 } else { surplus };
        for before in 0..=most_before {
            let mut candidate = Vec::new();
            for inside in 0..=surplus - before {
                if inside > 0 {
                    candidate.push(self.spec.separator);
                }
                candidate.extend_from_slice(readable.field(key + before + inside));
                let mut converted = Vec::new();
                if convert(self.spec, 0, &candidate, &mut converted).is_ok() && !converted.is_empty() {
                    self.holder.key(&converted);
                    found = true;
                }
            }
        }
        if !found {
            self.holder.all();
        }
    }

    /// Holds the key with this external form, or everything when it cannot be converted.
    fn hold(&mut self, raw: &[u8]) {
        let mut key = Vec::new();
        match convert(self.spec, 0, raw, &mut key) {
            Ok(()) => self.holder.key(&key),
            Err(_) => self.holder.all(),
        }
    }
}

const NUL: &str = "the value contains a NUL character";

/// Appends the internal form of a value.
fn convert(spec: &TableSpec, column: usize, raw: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
    let text = std::str::from_utf8(raw).map_err(|_| Refusal::Text)?;
    let Some(spec) = spec.columns.get(column) else {
        return Ok(());
    };
    spec.converter.convert(text, out).map_err(|error| Refusal::Value { column, error })
}
