//! What the guard is told besides the two profiles.

use serde::{Deserialize, Serialize};

/// The circumstances of a comparison.
#[derive(Clone, Debug, Default)]
pub struct Context<'a> {
    /// Identifier of the entity type or association.
    pub subject: &'a str,
    /// Name of the source file, as a person knows it: `hr_people.csv`.
    pub file: &'a str,
    /// A threshold stopped the run, and this table is one of those that it counts. The guard then names what makes up
    /// most of the changes even if it is small, and never stays silent about a table that changes.
    pub blocked: bool,
    /// What the change set does to this table; `None` when it was not computed.
    pub changes: Option<Changes>,
    /// The source file before cleansing.
    pub source: Source,
    /// Mapped columns that the header of the file does not have.
    pub missing_columns: &'a [String],
    /// Columns of the header that nothing maps.
    pub unmapped_columns: &'a [String],
    /// Rows that could not be read or converted.
    pub rejected: RejectedStats,
}

/// What a change set does to one table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Changes {
    pub inserted: u64,
    /// Always 0 for links.
    pub updated: u64,
    pub deleted: u64,
    /// Resources or links of this table in the repository before the change.
    pub stored: u64,
}

/// A source file before cleansing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The file has no header line: nothing, or blank lines only.
    pub blank: bool,
    /// Data records in the file.
    pub rows: u64,
    /// Records without key.
    pub null_keys: u64,
    /// Records whose key an earlier record has.
    pub duplicates: u64,
}

/// Rows that could not be read or converted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RejectedStats {
    /// Rows rejected.
    pub count: u64,
    /// The columns at fault.
    pub columns: Vec<RejectedColumn>,
}

/// A column with values that could not be converted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RejectedColumn {
    /// Name of the column in the source.
    pub column: String,
    /// Rows rejected because of it.
    pub count: u64,
    /// What was expected, as the converter says it: `a date such as 20200929220000`.
    pub expected: String,
    /// Some of the values as the file writes them; twenty are plenty.
    pub samples: Vec<String>,
}
