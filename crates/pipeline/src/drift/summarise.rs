//! Makes a [`TableProfile`] of a sample.

use super::classes::Class;
use super::dates;
use super::profile::{Aligned, ColumnProfile, KeyForms, TableProfile, TopValue};
use super::sketch::Sketch;
use std::borrow::Cow;
use std::collections::HashMap;
use xxhash_rust::xxh3::xxh3_64;

/// Bytes of a value that a list of frequent values shows.
const SHOWN_BYTES: usize = 56;
/// JSON that a profile may take, in bytes. Very wide tables take more, some 300 bytes a column.
const PROFILE_BYTES: usize = 20_000;
/// Keys whose rows are kept for comparison row by row.
pub(super) const ALIGNED_KEYS: usize = 64;
/// Rows by which a group of rows is recognised under another name.
const COMPANIONS: usize = 4;

#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) hash: u64,
    /// Where its values begin in `text`.
    pub(super) text: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    /// Hash of the whole value.
    pub(super) hash: u64,
    /// Characters of the whole value.
    pub(super) length: u32,
    /// Bytes kept of it.
    pub(super) kept: u32,
}

/// Sampled rows.
pub(super) struct Sample<'a> {
    pub(super) rows: &'a [Row],
    /// The cells of all rows, one after the other.
    pub(super) cells: &'a [Cell],
    /// The beginnings of all values, one after the other.
    pub(super) text: &'a [u8],
    pub(super) pairs: bool,
}

/// What the table looks like that has these columns and so many rows.
pub(super) fn summarise(sample: &Sample<'_>, names: Vec<String>, rows: u64) -> TableProfile {
    let aligned = first_keys(sample);
    let width = names.len();
    let mut offsets: Vec<usize> = sample.rows.iter().map(|row| row.text).collect();
    let mut columns = Vec::with_capacity(width);
    for (at, name) in names.into_iter().enumerate() {
        let column = Column {
            cells: sample.cells,
            text: sample.text,
            width,
            at,
            offsets: &offsets,
            rows: sample.rows,
            pairs: sample.pairs,
        };
        columns.push(column.profile(name, &aligned, at == 0 || sample.pairs && at == 1));
        for (row, offset) in offsets.iter_mut().enumerate() {
            *offset += sample.cells[row * width + at].kept as usize;
        }
    }
    let sampled = sample.rows.len() as u64;
    let keys = sample.rows.iter().map(|row| short(row.hash)).collect();
    let mut profile = TableProfile {
        rows: rows.max(sampled),
        sampled,
        pairs: sample.pairs,
        keys: Sketch::new(keys, 4 * ALIGNED_KEYS),
        columns,
    };
    fit(&mut profile);
    profile
}

/// The rows whose keys have the smallest hashes, in the order of the sketch of the keys.
fn first_keys(sample: &Sample<'_>) -> Vec<usize> {
    // A row of an association has nothing but its key: there is nothing to compare row by row.
    if sample.pairs {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..sample.rows.len()).collect();
    order.sort_by_key(|at| sample.rows[*at].hash);
    order.dedup_by_key(|at| short(sample.rows[*at].hash));
    order.truncate(ALIGNED_KEYS);
    order
}

/// The leading bits of a hash order like the hash itself.
fn short(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// One column of the sample.
struct Column<'a> {
    cells: &'a [Cell],
    text: &'a [u8],
    width: usize,
    at: usize,
    /// Where the value of this column begins in `text`, by row.
    offsets: &'a [usize],
    /// Hashes of the keys, by row.
    rows: &'a [Row],
    pairs: bool,
}

impl<'a> Column<'a> {
    fn cell(&self, row: usize) -> Cell {
        self.cells[row * self.width + self.at]
    }

    fn value(&self, row: usize) -> Cow<'a, str> {
        let from = self.offsets[row];
        let bytes = &self.text[from..from + self.cell(row).kept as usize];
        // Nearly always text, and to check that takes half the time.
        std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
    }

    fn filled(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.offsets.len()).filter(|row| self.cell(*row).length > 0)
    }

    fn profile(&self, name: String, aligned: &[usize], is_key: bool) -> ColumnProfile {
        let mut profile = ColumnProfile { name, ..ColumnProfile::default() };
        let mut frequencies: HashMap<u64, (u32, usize)> = HashMap::new();
        for row in self.filled() {
            frequencies.entry(self.cell(row).hash).or_insert((0, row)).0 += 1;
        }
        let (mut filled, mut characters) = (0u64, 0u64);
        for (count, row) in frequencies.values() {
            let length = self.cell(*row).length;
            filled += u64::from(*count);
            characters += u64::from(*count) * u64::from(length);
            note(&mut profile, &self.value(*row), length, *count);
        }
        profile.empty = (self.offsets.len() as u64 - filled) as u32;
        if filled > 0 {
            profile.lengths.mean = (characters as f64 / filled as f64 * 100.0).round() / 100.0;
        }
        profile.dates.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.layout.cmp(&b.layout)));
        profile.distinct = frequencies.len() as u32;
        profile.values = Sketch::new(frequencies.keys().map(|hash| short(*hash)).collect(), 2 * ALIGNED_KEYS);
        profile.aligned = Aligned(aligned.iter().map(|row| aligned_value(self.cell(*row))).collect());
        // Lists of values that hardly repeat say nothing.
        if frequencies.len() as u64 * 2 <= filled {
            profile.top = self.top(&frequencies);
            profile.top_is_complete = true;
        }
        profile.forms = is_key.then(|| self.forms());
        profile
    }

    fn top(&self, frequencies: &HashMap<u64, (u32, usize)>) -> Vec<TopValue> {
        let mut companions: HashMap<u64, Vec<u64>> = HashMap::new();
        for row in self.filled() {
            note_companion(companions.entry(self.cell(row).hash).or_default(), self.companion(row));
        }
        let mut top: Vec<TopValue> = frequencies
            .iter()
            .map(|(hash, (count, row))| TopValue {
                value: shown(&self.value(*row), self.cell(*row).length, *hash),
                count: *count,
                companions: Aligned(companions.get(hash).into_iter().flatten().map(|h| twelve_bits(*h)).collect()),
            })
            .collect();
        top.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        top
    }

    /// Hash of what a row with this value stands for: the other end of a pair, the key of anything else.
    fn companion(&self, row: usize) -> u64 {
        match self.at {
            at @ (0 | 1) if self.pairs => self.cells[row * self.width + 1 - at].hash,
            _ => self.rows[row].hash,
        }
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
        let [lower, unpadded, number, local] = hashes.map(|hashes| Sketch::new(hashes, ALIGNED_KEYS));
        KeyForms { lower, unpadded, number, local, common_prefix: prefix.unwrap_or_default() }
    }
}

/// Other ways to write a key, in the order of the fields of [`KeyForms`].
fn other_forms(value: &str) -> [String; 4] {
    let number = value.trim_start_matches(|c: char| !c.is_ascii_digit()).trim_start_matches('0');
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
    let common = prefix.chars().zip(value.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    prefix.truncate(common);
}

/// Notes what a value looks like that so many rows have.
fn note(profile: &mut ColumnProfile, value: &str, length: u32, count: u32) {
    let lengths = &mut profile.lengths;
    lengths.min = if lengths.min == 0 { length } else { lengths.min.min(length) };
    lengths.max = lengths.max.max(length);
    let class = Class::of(value);
    *profile.classes.entry(class).or_insert(0) += count;
    match (value.chars().any(char::is_lowercase), value.chars().any(char::is_uppercase)) {
        (true, true) => profile.case.mixed += count,
        (true, false) => profile.case.lower += count,
        (false, true) => profile.case.upper += count,
        (false, false) => {}
    }
    let digits = value.len() > 1 && value.bytes().all(|b| b.is_ascii_digit());
    if digits && value.starts_with('0') {
        profile.leading_zeros += count;
    }
    if class == Class::Date
        && let Some(date) = dates::parse(value)
    {
        dates::note(&mut profile.dates, date, count);
    }
}

/// Twelve bits of the hash, 0 only for no value.
fn aligned_value(cell: Cell) -> u16 {
    if cell.length == 0 { 0 } else { twelve_bits(cell.hash) }
}

/// Never 0.
fn twelve_bits(hash: u64) -> u16 {
    (hash % 4095) as u16 + 1
}

/// Keeps the smallest hashes.
fn note_companion(smallest: &mut Vec<u64>, hash: u64) {
    if let Err(at) = smallest.binary_search(&hash) {
        smallest.insert(at, hash);
        smallest.truncate(COMPANIONS);
    }
}

/// A value as lists show it: long ones are cut, with a piece of their hash so that they stay different.
fn shown(value: &str, length: u32, hash: u64) -> String {
    if value.len() <= SHOWN_BYTES && value.chars().count() == length as usize {
        return value.to_owned();
    }
    let cut: usize =
        value.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= SHOWN_BYTES).last().unwrap_or(0);
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
                for form in [&mut key.lower, &mut key.unpadded, &mut key.number, &mut key.local] {
                    form.shrink(forms);
                }
            }
        }
        let size = serde_json::to_string(&*profile).map_or(0, |text| text.len());
        if size <= PROFILE_BYTES || (top <= 4 && values <= 8) {
            return;
        }
        top = (top * 2 / 3).max(4);
        values = (values * 5 / 6).max(8);
        forms = (forms * 5 / 6).max(16);
        profile.keys.shrink((profile.keys.hashes().len() * 5 / 6).max(ALIGNED_KEYS));
    }
}
