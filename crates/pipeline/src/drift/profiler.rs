//! Collects a [`TableProfile`] while a table flows by.

use super::profile::TableProfile;
use super::summarise::{ALIGNED_KEYS, Cell, Row, Sample, summarise};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// Rows that a sample holds at most.
const SAMPLE_ROWS: usize = 20_000;
/// Bytes that a sample takes at most.
const SAMPLE_BYTES: usize = 16 << 20;
/// Bytes that are kept of one value: enough to see what it looks like.
const KEPT_BYTES: usize = 96;

/// Collects a [`TableProfile`] from a stable sample of rows: the same keys are sampled in every generation of a file.
///
/// A row is in the sample when the hash of its key is small enough. When the sample is full, the limit is halved and
/// the sample thinned, so that what is kept does not depend on the order of the rows. For each row that
/// [`wants`](Profiler::wants) (or [`wants_pair`](Profiler::wants_pair)), call [`observe`](Profiler::observe).
#[derive(Debug)]
pub struct Profiler {
    columns: Vec<String>,
    pairs: bool,
    /// Largest hash of a sampled key.
    limit: u64,
    rows: Vec<Row>,
    /// The cells of all rows, one after the other.
    cells: Vec<Cell>,
    /// The beginnings of all values, one after the other.
    text: Vec<u8>,
}

impl Profiler {
    /// For a table with these column names, the key first.
    pub fn new(columns: &[&str]) -> Profiler {
        Profiler {
            columns: columns.iter().map(|c| (*c).to_owned()).collect(),
            pairs: false,
            limit: u64::MAX,
            rows: Vec::new(),
            cells: Vec::new(),
            text: Vec::new(),
        }
    }

    /// For an association: a table whose first two columns together are the key.
    pub fn for_pairs(columns: &[&str]) -> Profiler {
        Profiler { pairs: columns.len() > 1, ..Profiler::new(columns) }
    }

    /// Whether the row with this key, the value of the first column, belongs to the sample. Cheap: called for every
    /// row.
    #[inline]
    pub fn wants(&self, key: &[u8]) -> bool {
        xxh3_64(key) <= self.limit
    }

    /// What [`Profiler::wants_pair`] needs of the first column. Sorted pairs come in stretches with the same value
    /// there: its hash is needed once for all of them.
    #[inline]
    pub fn hash_of_first(first: &[u8]) -> u64 {
        xxh3_64(first)
    }

    /// Whether the row with these values in the first two columns belongs to the sample: [`Profiler::wants`] for
    /// [`Profiler::for_pairs`].
    #[inline]
    pub fn wants_pair(&self, hash_of_first: u64, second: &[u8]) -> bool {
        xxh3_64_with_seed(second, hash_of_first) <= self.limit
    }

    /// Takes a sampled row: its converted values in column order. Values that are missing at the end count as empty,
    /// those beyond the last column are left out.
    pub fn observe(&mut self, values: &[&[u8]]) {
        let value = |at: usize| values.get(at).copied().unwrap_or_default();
        let hash = if self.pairs { pair_hash(value(0), value(1)) } else { xxh3_64(value(0)) };
        if hash > self.limit {
            return;
        }
        self.rows.push(Row { hash, text: self.text.len() });
        for at in 0..self.columns.len() {
            let cell = keep(value(at), &mut self.text);
            self.cells.push(cell);
        }
        while self.rows.len() > SAMPLE_ROWS || (self.bytes() > SAMPLE_BYTES && self.rows.len() > ALIGNED_KEYS) {
            self.thin();
        }
    }

    fn bytes(&self) -> usize {
        self.text.len() + self.cells.len() * size_of::<Cell>()
    }

    /// Halves the range of hashes and drops the rows outside of it.
    fn thin(&mut self) {
        self.limit /= 2;
        let width = self.columns.len();
        let (rows, cells, text) =
            (std::mem::take(&mut self.rows), std::mem::take(&mut self.cells), std::mem::take(&mut self.text));
        self.text.reserve(text.len() / 2);
        self.cells.reserve(cells.len() / 2);
        for (at, row) in rows.iter().enumerate().filter(|(_, row)| row.hash <= self.limit) {
            let end = rows.get(at + 1).map_or(text.len(), |next| next.text);
            self.rows.push(Row { hash: row.hash, text: self.text.len() });
            self.cells.extend_from_slice(&cells[at * width..(at + 1) * width]);
            self.text.extend_from_slice(&text[row.text..end]);
        }
    }

    /// The profile, given the exact number of clean rows.
    pub fn finish(self, rows: u64) -> TableProfile {
        summarise(
            &Sample { rows: &self.rows, cells: &self.cells, text: &self.text, pairs: self.pairs },
            self.columns,
            rows,
        )
    }
}

fn pair_hash(first: &[u8], second: &[u8]) -> u64 {
    xxh3_64_with_seed(second, xxh3_64(first))
}

/// How many bytes of a value begin a character.
fn characters(value: &[u8]) -> usize {
    // Counters of one byte, which do not overflow in so many steps, let the compiler count sixteen bytes at a time.
    let begins = |byte: &u8| u8::from(byte & 0xC0 != 0x80);
    value.chunks(usize::from(u8::MAX)).map(|part| usize::from(part.iter().map(begins).sum::<u8>())).sum()
}

/// Appends the beginning of a value to `text`, cut between characters.
fn keep(value: &[u8], text: &mut Vec<u8>) -> Cell {
    let mut kept = value.len().min(KEPT_BYTES);
    while kept > 0 && kept < value.len() && value[kept] & 0xC0 == 0x80 {
        kept -= 1;
    }
    text.extend_from_slice(&value[..kept]);
    let characters = characters(value).max(usize::from(!value.is_empty()));
    Cell { hash: xxh3_64(value), length: u32::try_from(characters).unwrap_or(u32::MAX), kept: kept as u32 }
}
