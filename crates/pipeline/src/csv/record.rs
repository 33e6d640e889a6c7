//! What the reader yields: good records and bad ones.

use super::reject::{Fault, Rejected};

/// Set in the start of a field whose text was unescaped into the scratch buffer.
pub(super) const IN_SCRATCH: u32 = 1 << 31;

/// The bytes of one field: offsets in the reader's buffer, or in its scratch buffer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// What the reader found next.
#[derive(Debug)]
pub enum Row<'a> {
    /// A well-formed record.
    Good(Record<'a>),
    /// A record that cannot be read. The reader goes on at the line after it.
    Bad(Malformed<'a>),
}

/// A record: its fields, unquoted.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    pub(super) line: u64,
    pub(super) buffer: &'a [u8],
    pub(super) scratch: &'a [u8],
    pub(super) bounds: &'a [Bounds],
    pub(super) raw: &'a [u8],
}

impl<'a> Record<'a> {
    /// Physical line on which the record starts, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.bounds.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.bounds.is_empty()
    }

    /// The field at `index` without its quotes; empty when there is none.
    #[inline]
    pub fn field(&self, index: usize) -> &'a [u8] {
        let Some(&Bounds { start, end }) = self.bounds.get(index) else {
            return &[];
        };
        let (bytes, start) = match start & IN_SCRATCH {
            0 => (self.buffer, start),
            _ => (self.scratch, start & !IN_SCRATCH),
        };
        bytes.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The field at `index` and all bytes that stand behind it in memory, and its length. Most fields have enough bytes
    /// behind them to be read in whole blocks.
    #[inline]
    pub(crate) fn padded(&self, index: usize) -> (&'a [u8], usize) {
        let field = self.field(index);
        match self.bounds.get(index) {
            Some(&Bounds { start, .. }) if start & IN_SCRATCH == 0 => {
                (self.buffer.get(start as usize..).unwrap_or_default(), field.len())
            }
            _ => (field, field.len()),
        }
    }

    /// All fields in order.
    pub fn fields(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let record = *self;
        (0..record.len()).map(move |index| record.field(index))
    }

    /// The bytes of the record as the text has them, without the line end.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }
}

/// A record that cannot be read.
#[derive(Debug)]
pub struct Malformed<'a> {
    pub(super) fault: Fault,
    /// Physical line of the problem.
    pub(super) line: u64,
    /// Name of the column in which it was met, when there is one.
    pub(super) column: Option<String>,
    /// The text from the problem on.
    pub(super) value: &'a [u8],
    pub(super) lines: u64,
    pub(super) readable: Record<'a>,
}

impl<'a> Malformed<'a> {
    /// What is wrong.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// The fields that were read before the problem was met; all of them when only their number is wrong.
    pub fn readable(&self) -> &Record<'a> {
        &self.readable
    }

    /// Physical lines that the reader leaves behind with this record. More than one means that good records may be
    /// among them.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// The problem as a person reads it.
    pub fn rejected(&self) -> Rejected {
        let column = self.column.clone().unwrap_or_default();
        let (reason, remedy) = (self.fault.to_string(), self.fault.remedy());
        Rejected::new(self.line, column, self.value, reason, remedy, self.readable.raw)
    }
}
