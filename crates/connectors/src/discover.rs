//! What a system could give: its tables and columns, for whoever writes mappings.

use crate::error::ExportError;
use crate::package;
use crate::settings::Settings;
use provost_model::Severity;
use provost_model::configuration::Connection;
pub use provost_model::schema::{KeyType, Schema, SchemaColumn, SchemaTable, ValueType};
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
