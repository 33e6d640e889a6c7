//! What a system could give: its tables and columns, for whoever writes mappings.

use crate::error::ExportError;
use crate::package;
use crate::settings::Settings;
use provost_model::Severity;
use provost_model::configuration::Connection;
use serde::Serialize;
use serde_json::Value;
use std::path::Path;

/// Where to look.
#[derive(Clone, Copy)]
pub struct DiscoverRequest<'a> {
    /// The connection.
    pub connection: &'a Connection,
    /// The object under `Connections.<identifier>` of the agent settings; null when there is none.
    pub settings: &'a Value,
    /// Folder that relative paths of the settings start from.
    pub base_dir: &'a Path,
}

impl std::fmt::Debug for DiscoverRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DiscoverRequest")
            .field("connection", &self.connection.identifier)
            .field("settings", &Settings::new(&self.connection.identifier, self.settings))
            .field("base_dir", &self.base_dir)
            .finish()
    }
}

/// Tables that an export could have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Schema {
    /// The tables, in the order of the system.
    pub tables: Vec<SchemaTable>,
}

/// A table (`ConnectionTable`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SchemaTable {
    /// Name of the file, without `.csv`.
    pub name: String,
    /// Columns, the fixed ones first.
    pub columns: Vec<SchemaColumn>,
}

/// A column (`ConnectionTable/Column`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SchemaColumn {
    /// Header.
    pub name: String,
    /// What it is grouped by: for directories the class that brings it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// One row may have several values.
    pub is_multivalued: bool,
    /// Whether it tells rows apart.
    pub key: KeyType,
    /// What its values are.
    pub value_type: ValueType,
}

/// Whether a column tells rows apart, in the numbers of `KeyType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum KeyType {
    /// It does not.
    #[default]
    None = 0,
    /// It is the key.
    Primary = 1,
    /// No two rows have the same value.
    Unique = 2,
}

/// What the values of a column are, in the numbers of `ValueType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum ValueType {
    /// Text.
    #[default]
    String = 0,
    /// Octets.
    Bytes = 1,
    /// Whole numbers of 32 bits.
    Int32 = 2,
    /// Whole numbers of 64 bits.
    Int64 = 3,
    /// Points in time.
    DateTime = 4,
    /// True or false.
    Bool = 5,
    /// Identifiers of 16 octets.
    Guid = 6,
    /// Numbers with a fraction.
    Double = 7,
}

/// What the code of a package offers for discovery.
pub(crate) trait Discover: Sync {
    /// Asks the system what it could give.
    fn discover(&self, request: &DiscoverRequest<'_>) -> Result<Schema, ExportError>;
}

/// Asks the system of a connection what it could give. Nothing when its package has no schema.
///
/// # Errors
/// The package is unknown, the settings are wrong, or the system cannot be asked.
pub fn discover(request: &DiscoverRequest<'_>) -> Result<Option<Schema>, ExportError> {
    let connection = request.connection;
    let Some(package) = package::find(&connection.package) else {
        return Err(ExportError::UnknownPackage {
            connection: connection.identifier.clone(),
            package: connection.package.clone(),
            hint: package::hint_for_unknown(&connection.package),
        });
    };
    let Some(discoverer) = package.discoverer else { return Ok(None) };
    let problems: Vec<_> = crate::check(connection, request.settings)
        .into_iter()
        .filter(|problem| problem.severity == Severity::Error)
        .collect();
    if !problems.is_empty() {
        return Err(ExportError::Settings { connection: connection.identifier.clone(), problems });
    }
    discoverer.discover(request).map(Some)
}
