//! Collects a [`TableProfile`] while a table flows by.

use super::classes::Class;
use super::dates;
use super::profile::{Aligned, CaseCounts, ColumnProfile, KeyForms, TableProfile};
use super::sketch::Sketch;
use std::collections::HashMap;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// Rows that a sample holds at most.
const SAMPLE_ROWS: usize = 20_000;
/// Bytes of values that a sample holds at most.
const SAMPLE_BYTES: usize = 8 << 20;
/// Bytes that are kept of one value: enough to see what it looks like.
const KEPT_BYTES: usize = 96;
/// Bytes of a value that a list of frequent values shows.
const SHOWN_BYTES: usize = 56;
/// JSON that a profile may take, in bytes. Very wide tables take more, some 300 bytes a column.
const PROFILE_BYTES: usize = 20_000;
/// Keys whose rows are kept for comparison row by row.
const ALIGNED_KEYS: usize = 64;

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

#[derive(Clone, Copy, Debug)]
struct Row {
    hash: u64,
    /// Where its values begin in `text`.
    text: usize,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    /// Hash of the whole value.
    hash: u64,
    /// Characters of the whole value.
    length: u32,
    /// Bytes kept of it.
    kept: u32,
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
        Profiler {
            pairs: columns.len() > 1,
            ..Profiler::new(columns)
        }
    }

    /// Whether the row with this key, the value of the first column, belongs to the sample. Cheap: called for every
    /// row.
    #[inline]
    pub fn wants(&self, key: &[u8]) -> bool {
        xxh3_64(key) <= self.limit
    }

    /// Whether the row with these values in the first two columns belongs to the sample: [`Profiler::wants`] for
    /// [`Profiler::for_pairs`].
    #[inline]
    pub fn wants_pair(&self, first: &[u8], second: &[u8]) -> bool {
        pair_hash(first, second) <= self.limit
    }

    /// Takes a sampled row: its converted values in column order. Values that are missing at the end count as empty,
    /// those beyond the last column are left out.
    pub fn observe(&mut self, values: &[&[u8]]) {
        let value = |at: usize| values.get(at).copied().unwrap_or_default();
        let hash = if self.pairs {
            pair_hash(value(0), value(1))
        } else {
            xxh3_64(value(0))
        };
        if hash > self.limit {
            return;
        }
        self.rows.push(Row {
            hash,
            text: self.text.len(),
        });
        for at in 0..self.columns.len() {
            let cell = keep(value(at), &mut self.text);
            self.cells.push(cell);
        }
        while self.rows.len() > SAMPLE_ROWS
            || (self.text.len() > SAMPLE_BYTES && self.rows.len() > ALIGNED_KEYS)
        {
            self.thin();
        }
    }

    /// Halves the range of hashes and drops the rows outside of it.
    fn thin(&mut self) {
        self.limit /= 2;
        let width = self.columns.len();
        let (rows, cells, text) = (
            std::mem::take(&mut self.rows),
            std::mem::take(&mut self.cells),
            std::mem::take(&mut self.text),
        );
        self.text.reserve(text.len() / 2);
        self.cells.reserve(cells.len() / 2);
        for (at, row) in rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.hash <= self.limit)
        {
            let end = rows.get(at + 1).map_or(text.len(), |next| next.text);
            self.rows.push(Row {
                hash: row.hash,
                text: self.text.len(),
            });
            self.cells
                .extend_from_slice(&cells[at * width..(at + 1) * width]);
            self.text.extend_from_slice(&text[row.text..end]);
        }
    }

    /// The profile, given the exact number of clean rows.
    pub fn finish(mut self, rows: u64) -> TableProfile {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by_key(|at| self.rows[*at].hash);
        order.dedup_by_key(|at| short(self.rows[*at].hash));
        let aligned: Vec<usize> = if self.pairs {
            Vec::new()
        } else {
            order.iter().copied().take(ALIGNED_KEYS).collect()
        };
        let keys: Vec<u32> = self.rows.iter().map(|row| short(row.hash)).collect();
        let names = std::mem::take(&mut self.columns);
        let width = names.len();
        let mut offsets: Vec<usize> = self.rows.iter().map(|row| row.text).collect();
        let key_columns = if self.pairs { 2 } else { 1 };
        let mut columns = Vec::with_capacity(width);
        for (at, name) in names.into_iter().enumerate() {
            let column = Column {
                cells: &self.cells,
                text: &self.text,
                width,
                at,
                offsets: &offsets,
            };
            columns.push(column.profile(name, &aligned, at < key_columns));
            for (row, offset) in offsets.iter_mut().enumerate() {
                *offset += self.cells[row * width + at].kept as usize;
            }
        }
        let sampled = self.rows.len() as u64;
        let mut profile = TableProfile {
            rows: rows.max(sampled),
            sampled,
            pairs: self.pairs,
            keys: Sketch::new(keys, 4 * ALIGNED_KEYS),
            columns,
        };
        fit(&mut profile);
        profile
    }
}

/// The leading bits of a hash order like the hash itself.
fn short(hash: u64) -> u32 {
    (hash >> 32) as u32
}

fn pair_hash(first: &[u8], second: &[u8]) -> u64 {
    xxh3_64_with_seed(second, xxh3_64(first))
}

/// Appends the beginning of a value to `text`, cut between characters.
fn keep(value: &[u8], text: &mut Vec<u8>) -> Cell {
    let mut kept = value.len().min(KEPT_BYTES);
    while kept > 0 && kept < value.len() && value[kept] & 0xC0 == 0x80 {
        kept -= 1;
    }
    text.extend_from_slice(&value[..kept]);
    let characters = value.iter().filter(|b| **b & 0xC0 != 0x80).count();
    Cell {
        hash: xxh3_64(value),
        length: u32::try_from(characters).unwrap_or(u32::MAX),
        kept: kept as u32,
    }
}

/// One column of the sample.
struct Column<'a> {
    cells: &'a [Cell],
    text: &'a [u8],
    width: usize,
    at: usize,
    /// Where the value of this column begins in `text`, by row.
    offsets: &'a [usize],
}

impl<'a> Column<'a> {
    fn cell(&self, row: usize) -> Cell {
        self.cells[row * self.width + self.at]
    }

    fn value(&self, row: usize) -> std::borrow::Cow<'a, str> {
        let from = self.offsets[row];
        String::from_utf8_lossy(&self.text[from..from + self.cell(row).kept as usize])
    }

    fn filled(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.offsets.len()).filter(|row| self.cell(*row).length > 0)
    }

    fn profile(&self, name: String, aligned: &[usize], is_key: bool) -> ColumnProfile {
        let mut profile = ColumnProfile {
            name,
            ..ColumnProfile::default()
        };
        let mut frequencies: HashMap<u64, (u32, usize)> = HashMap::new();
        let mut characters = 0u64;
        for row in self.filled() {
            let cell = self.cell(row);
            frequencies.entry(cell.hash).or_insert((0, row)).0 += 1;
            characters += u64::from(cell.length);
            note(&mut profile, &self.value(row), cell.length);
        }
        let filled = frequencies
            .values()
            .map(|(count, _)| u64::from(*count))
            .sum::<u64>();
        profile.empty = (self.offsets.len() as u64 - filled) as u32;
        if filled > 0 {
            profile.lengths.mean = (characters as f64 / filled as f64 * 100.0).round() / 100.0;
        }
        profile
            .dates
            .sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.layout.cmp(&b.layout)));
        profile.distinct = frequencies.len() as u32;
        profile.values = Sketch::new(
            frequencies.keys().map(|hash| short(*hash)).collect(),
            2 * ALIGNED_KEYS,
        );
        profile.aligned = Aligned(
            aligned
                .iter()
                .map(|row| aligned_value(self.cell(*row)))
                .collect(),
        );
        // Lists of values that hardly repeat say nothing.
        if frequencies.len() as u64 * 2 <= filled {
            profile.top = self.top(&frequencies);
            profile.top_is_complete = true;
        }
        profile.forms = is_key.then(|| self.forms());
        profile
    }

    fn top(&self, frequencies: &HashMap<u64, (u32, usize)>) -> Vec<(String, u32)> {
        let mut top: Vec<(String, u32)> = frequencies
            .iter()
            .map(|(hash, (count, row))| {
                (
                    shown(&self.value(*row), self.cell(*row).length, *hash),
                    *count,
                )
            })
            .collect();
        top.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        top
    }

    fn forms(&self) -> KeyForms {
        let mut hashes: [Vec<u32>; 4] = Default::default();
        let mut prefix: Option<String> = None;
        for row in self.filled() {
            let value = self.value(row);
            for (hashes, form) in hashes.iter_mut().zip(other_forms(&value)) {
                hashes.push(short(xxh3_64(form.as_bytes())));
            }
            match &mut prefix {
                Some(prefix) => shorten_to_common(prefix, &value),
                None => prefix = Some(value.chars().take(24).collect()),
            }
        }
        let [lower, unpadded, number, local] =
            hashes.map(|hashes| Sketch::new(hashes, ALIGNED_KEYS));
        KeyForms {
            lower,
            unpadded,
            number,
            local,
            common_prefix: prefix.unwrap_or_default(),
        }
    }
}

/// Other ways to write a key, in the order of the fields of [`KeyForms`].
fn other_forms(value: &str) -> [String; 4] {
    let number = value
        .trim_start_matches(|c: char| !c.is_ascii_digit())
        .trim_start_matches('0');
    let local = value.rsplit_once('\\').map_or(value, |(_, name)| name);
    let local = local.split_once('@').map_or(local, |(name, _)| name);
    [
        value.to_lowercase(),
        value.trim_start_matches('0').to_owned(),
        if number.is_empty() { value } else { number }.to_owned(),
        local.to_owned(),
    ]
}

fn shorten_to_common(prefix: &mut String, value: &str) {
    let common = prefix
        .chars()
        .zip(value.chars())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    prefix.truncate(common);
}

fn note(profile: &mut ColumnProfile, value: &str, length: u32) {
    let lengths = &mut profile.lengths;
    lengths.min = if lengths.min == 0 {
        length
    } else {
        lengths.min.min(length)
    };
    lengths.max = lengths.max.max(length);
    *profile.classes.entry(Class::of(value)).or_insert(0) += 1;
    note_case(&mut profile.case, value);
    let digits = value.len() > 1 && value.bytes().all(|b| b.is_ascii_digit());
    profile.leading_zeros += u32::from(digits && value.starts_with('0'));
    if let Some(date) = dates::parse(value) {
        dates::note(&mut profile.dates, date);
    }
}

fn note_case(case: &mut CaseCounts, value: &str) {
    match (
        value.chars().any(char::is_lowercase),
        value.chars().any(char::is_uppercase),
    ) {
        (true, true) => case.mixed += 1,
        (true, false) => case.lower += 1,
        (false, true) => case.upper += 1,
        (false, false) => {}
    }
}

/// Twelve bits of the hash, 0 only for no value.
fn aligned_value(cell: Cell) -> u16 {
    if cell.length == 0 {
        0
    } else {
        (cell.hash % 4095) as u16 + 1
    }
}

/// A value as lists show it: long ones are cut, with a piece of their hash so that they stay different.
fn shown(value: &str, length: u32, hash: u64) -> String {
    if value.len() <= SHOWN_BYTES && value.chars().count() == length as usize {
        return value.to_owned();
    }
    let cut: usize = value
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .take_while(|end| *end <= SHOWN_BYTES)
        .last()
        .unwrap_or(0);
    format!("{}… #{:04x}", &value[..cut], hash & 0xFFFF)
}

/// Shortens lists and sketches until the profile has its size.
fn fit(profile: &mut TableProfile) {
    let (mut top, mut values, mut forms) = (256, 2 * ALIGNED_KEYS, ALIGNED_KEYS);
    loop {
        for column in &mut profile.columns {
            column.top_is_complete &= column.top.len() <= top;
            column.top.truncate(top);
            column.values.shrink(values);
            if let Some(key) = &mut column.forms {
                for form in [
                    &mut key.lower,
                    &mut key.unpadded,
                    &mut key.number,
                    &mut key.local,
                ] {
                    form.shrink(forms);
                }
            }
        }
        let size = serde_json::to_string(&*profile).map_or(0, |text| text.len());
        if size <= PROFILE_BYTES || (top <= 4 && values <= 8) {
            return;
        }
        top = (top * 3 / 4).max(4);
        values = (values * 7 / 8).max(8);
        forms = (forms * 7 / 8).max(16);
        profile
            .keys
            .shrink((profile.keys.hashes().len() * 7 / 8).max(ALIGNED_KEYS));
    }
}
