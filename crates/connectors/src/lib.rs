//! Connectors: how data of managed systems becomes CSV source files.
//!
//! A connector is a folder of this crate and a line in [`PACKAGES`]. Its life has three steps: [`check`] looks at the
//! settings and touches neither file nor network, opening the source is the first thing that does, and nothing is
//! written before it is open. [`export`] walks all three and leaves `<connection>.csv` or `<connection>_<table>.csv`
//! in the output folder: UTF-8, separated by `,`, replaced as a whole or not at all.
//!
//! What a source holds is never repaired here. A row that cannot be read is passed on as it is, so that the next
//! step can hold it back with its reason.

#[cfg(test)]
mod conformance;
mod cookies;
mod csv;
mod discover;
mod error;
mod excel;
mod export;
mod fulfil;
mod keeping;
mod ldap;
mod output;
mod package;
mod records;
mod script;
mod settings;
mod source;
mod sql;
mod table;
mod transform;

pub use cookies::{accept_cookies, begin_cookies};
pub use discover::{DiscoverRequest, KeyType, Schema, SchemaColumn, SchemaTable, ValueType, discover};
pub use error::ExportError;
pub use export::{ExportMode, ExportReport, ExportRequest, Progress, TableWritten, check, export};
pub use fulfil::{FulfilError, FulfilReport, FulfilRequest, Help, fulfil};
pub use keeping::{AsTheyAre, Keeping, KeptFile};
pub use package::{PACKAGES, Package, find};
pub use settings::Settings;
pub use sql::{Database, Databases, NoDatabases, Position, PostgresClient, SqlError, SqlRequest, Watcher, run_sql};
