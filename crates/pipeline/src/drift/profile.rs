//! What one table looked like: small enough to be stored with each accepted run.

use super::classes::Class;
use super::dates::DateEvidence;
use super::sketch::{Sketch, decode, encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeMap;

/// What one table looks like, some 20 kB of JSON at most for tables of the usual width.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TableProfile {
    /// Data rows.
    pub rows: u64,
    /// Rows that the sample holds; all counts of the columns are of these.
    pub sampled: u64,
    /// Each row is a pair that is its own key.
    pub pairs: bool,
    /// Keys with the smallest hashes.
    pub keys: Sketch,
    /// What the columns look like, in the order of the table, the key first.
    pub columns: Vec<ColumnProfile>,
}

/// What one column looks like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ColumnProfile {
    /// Name of the column in the source.
    pub name: String,
    /// Sampled rows without a value.
    pub empty: u32,
    /// Different values in the sample.
    pub distinct: u32,
    /// Length of the values, in characters.
    pub lengths: Lengths,
    /// How many values look like what.
    pub classes: BTreeMap<Class, u32>,
    /// Letters of which case the values have.
    pub case: CaseCounts,
    /// Values of several digits that begin with a zero.
    #[serde(skip_serializing_if = "is_zero")]
    pub leading_zeros: u32,
    /// Layouts of the values that are dates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dates: Vec<DateEvidence>,
    /// The most frequent values, if values repeat, the most frequent first. Long ones are shortened.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub top: Vec<TopValue>,
    /// `top` lists every value of the sample.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub top_is_complete: bool,
    /// Values with the smallest hashes.
    pub values: Sketch,
    /// The value of the row of each of the first keys, so that columns can be compared row by row.
    pub aligned: Aligned,
    /// Only for key columns: other ways to write the same keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forms: Option<KeyForms>,
}

/// A value that many rows have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, u32, Aligned)", into = "(String, u32, Aligned)")]
pub struct TopValue {
    /// The value, shortened when it is long.
    pub value: String,
    /// Sampled rows that have it.
    pub count: u32,
    /// Short hashes of a few of these rows, the same ones in each generation.
    pub companions: Aligned,
}

impl From<(String, u32, Aligned)> for TopValue {
    fn from((value, count, companions): (String, u32, Aligned)) -> TopValue {
        TopValue { value, count, companions }
    }
}

impl From<TopValue> for (String, u32, Aligned) {
    fn from(top: TopValue) -> (String, u32, Aligned) {
        (top.value, top.count, top.companions)
    }
}

impl TopValue {
    /// Whether the same rows seem to have both values, each in its generation.
    pub(super) fn has_rows_of(&self, other: &TopValue) -> bool {
        let (ours, theirs) = (&self.companions.0, &other.companions.0);
        let shared = ours.iter().filter(|hash| theirs.contains(hash)).count();
        shared > 0 && 2 * shared >= ours.len().min(theirs.len())
    }
}

/// Length of the values of a column, in characters, empty values left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Lengths {
    pub min: u32,
    pub mean: f64,
    pub max: u32,
}

/// How many values have letters of which case; values without letters are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CaseCounts {
    pub lower: u32,
    pub upper: u32,
    pub mixed: u32,
}

/// The keys of a column, each written in other ways: keys that differ as written and agree in one of these were
/// transformed, not replaced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KeyForms {
    /// In lower case.
    pub lower: Sketch,
    /// Without leading zeros.
    pub unpadded: Sketch,
    /// From the first digit on, without leading zeros.
    pub number: Sketch,
    /// Between `\` and `@`: an account name without its domain.
    pub local: Sketch,
    /// What all keys begin with.
    pub common_prefix: String,
}

/// A short hash of one value for each of the first keys of a table, 0 for no value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aligned(pub(super) Vec<u16>);

/// Letters that one aligned value takes: twelve bits.
const ALIGNED_LETTERS: u32 = 2;

impl Serialize for Aligned {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(self.0.len() * ALIGNED_LETTERS as usize);
        for value in &self.0 {
            encode(u32::from(*value), ALIGNED_LETTERS, &mut text);
        }
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Aligned {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Aligned, D::Error> {
        let text = String::deserialize(deserializer)?;
        let values = decode(&text, ALIGNED_LETTERS as usize)
            .ok_or_else(|| de::Error::custom("expected aligned values: two letters each"))?;
        Ok(Aligned(values.into_iter().map(|v| v as u16).collect()))
    }
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl TableProfile {
    /// The column with this name.
    pub fn column(&self, name: &str) -> Option<&ColumnProfile> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// Rows of the table that so many sampled rows stand for.
    pub(super) fn scaled(&self, count: u64) -> u64 {
        if self.sampled == 0 || self.sampled == self.rows {
            return count;
        }
        let scaled = u128::from(count) * u128::from(self.rows) / u128::from(self.sampled);
        u64::try_from(scaled).unwrap_or(u64::MAX)
    }

    /// Share of all rows that the sample holds, 0 to 1.
    pub(super) fn fraction(&self) -> f64 {
        if self.rows == 0 { 1.0 } else { (self.sampled as f64 / self.rows as f64).min(1.0) }
    }
}

impl ColumnProfile {
    /// Sampled rows with a value.
    pub(super) fn filled(&self, table: &TableProfile) -> u64 {
        table.sampled.saturating_sub(self.empty.into())
    }

    /// The kind of value that most values are, with its count.
    pub(super) fn main_class(&self) -> Option<(Class, u32)> {
        self.classes.iter().map(|(class, count)| (*class, *count)).max_by_key(|(_, count)| *count)
    }

    /// Share of the values that would have to look different for the two columns to look the same, 0 to 1.
    pub(super) fn class_distance(&self, other: &ColumnProfile) -> f64 {
        distance(&self.classes, &other.classes)
    }
}

/// Total variation distance of two histograms: 0 the same, 1 nothing in common.
fn distance(a: &BTreeMap<Class, u32>, b: &BTreeMap<Class, u32>) -> f64 {
    let total = |h: &BTreeMap<Class, u32>| h.values().map(|n| f64::from(*n)).sum::<f64>();
    let (of_a, of_b) = (total(a), total(b));
    if of_a == 0.0 || of_b == 0.0 {
        return if of_a == of_b { 0.0 } else { 1.0 };
    }
    let share = |h: &BTreeMap<Class, u32>, class: &Class, of: f64| f64::from(h.get(class).copied().unwrap_or(0)) / of;
    let mut classes: Vec<&Class> = a.keys().chain(b.keys()).collect();
    classes.sort_unstable();
    classes.dedup();
    classes.iter().map(|c| (share(a, c, of_a) - share(b, c, of_b)).abs()).sum::<f64>() / 2.0
}
