//! What a session folder holds, and what `previous` holds: the manifests.

use provost_model::problem::Severity;
use provost_model::summary::{EntityCounters, LinkCounters, Mode};
use provost_pipeline::drift::TableProfile;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Name of the manifest inside a session folder and inside `previous/<connector>`.
pub(crate) const MANIFEST: &str = "manifest.json";

/// How the export delivered its rows (`Type` of the prepare task, spec 13 §4.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Delivery {
    /// Full extracts.
    #[default]
    Full,
    /// The source delivers changes, with a command column.
    Changes,
}

/// The sealed content of a session, or of the last accepted state of a connector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    /// Session GUID.
    pub session: String,
    /// Connector identifier.
    pub connector: String,
    /// Mode of the run.
    pub mode: Mode,
    /// How rows were delivered.
    pub delivery: Delivery,
    /// State that an incremental session was computed from; `None` when there was none.
    pub base_digest: Option<String>,
    /// State that the session leads to.
    pub new_digest: String,
    /// One entry for each entity type mapping, then for each association mapping, in the order of the configuration.
    pub tables: Vec<Table>,
}

impl Manifest {
    /// Digest of the state that these tables make together.
    pub(crate) fn digest_of(tables: &[Table]) -> String {
        let mut hasher = blake3::Hasher::new();
        for table in tables {
            hasher.update(table.name.as_bytes());
            hasher.update(&[0]);
            hasher.update(table.state_digest.as_bytes());
            hasher.update(&[0]);
        }
        hasher.finalize().to_hex().to_string()
    }

    /// The entry with this name.
    pub(crate) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|t| t.name == name)
    }
}

/// One table of a manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Table {
    /// Entity type or association identifier.
    pub name: String,
    /// Whether it holds pairs.
    pub is_association: bool,
    /// Stands for the mapping that the file was made with.
    pub mapping: u64,
    /// File inside the folder.
    pub file: String,
    /// BLAKE3 of the file, in hexadecimal.
    pub digest: String,
    /// Digest of the whole sorted table that the file leads to (the file's own digest for a full file).
    pub state_digest: String,
    /// Data records in the source file.
    pub rows: u64,
    /// Positions of mapped columns that the file lacks, because the source delivers changes of the others alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<usize>,
    /// Records without key.
    pub null_keys: u64,
    /// Records whose key an earlier record has.
    pub duplicates: u64,
    /// Records that could not be read.
    pub rejected: u64,
    /// Records of the cleansed table.
    pub clean: u64,
    /// Keys of rejected records: they must not be taken for absent.
    pub held_keys: Vec<String>,
    /// A rejected record had no readable key: nothing may be taken for absent.
    pub held_unknown: bool,
    /// What the table looks like.
    pub profile: TableProfile,
    /// Problems found while preparing, a bounded sample.
    pub problems: Vec<RowProblem>,
    /// How many values of each column could not be converted or read.
    pub rejected_by_column: BTreeMap<String, u64>,
}

impl Table {
    /// What prepare counted of resources.
    pub(crate) fn resources(&self) -> EntityCounters {
        EntityCounters {
            rows: self.rows,
            null_primary_keys: self.null_keys,
            duplicates: self.duplicates,
            rejected: self.rejected,
            ..EntityCounters::default()
        }
    }

    /// What prepare counted of pairs.
    pub(crate) fn pairs(&self) -> LinkCounters {
        LinkCounters {
            rows: self.rows,
            null_keys: self.null_keys,
            duplicates: self.duplicates,
            rejected: self.rejected,
            ..LinkCounters::default()
        }
    }
}

/// One rejected row or one finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowProblem {
    /// How grave it is.
    pub severity: Severity,
    /// Table concerned.
    pub table: String,
    /// Line of the source file, 0 when unknown.
    pub line: u64,
    /// Column concerned.
    pub column: Option<String>,
    /// Offending value, shortened.
    pub value: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// What to do next.
    pub remedy: String,
}
