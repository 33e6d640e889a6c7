//! What prepare needs of the server side (spec 13 §4.5): the same whether that is this process or one across a network.
//!
//! ```text
//! agent                                   server side
//! mapping ───────────────────────────────▶ what to read, and how
//! open (GUID) ───────────────────────────▶ a folder named by it; the state that an incremental starts from
//! files ─────────────────────────────────▶ into the folder
//! seal (manifest) ───────────────────────▶ in the queue of the connector, once
//! ```
//!
//! Every call may be repeated: the GUID comes from whoever prepares, so that a repeated or late `open` finds its own
//! session; a repeated `seal` finds it sealed.
//!
//! Whoever prepares for a task of a job names its lease. A task queues one session, however often it is begun: `seal`
//! refuses those whose lease has passed on, and `open` tells those who come after them what is in the queue already.

mod local;
pub(crate) mod upload;

pub use local::LocalHost;

use crate::error::ServerError;
use crate::manifest::{Delivery, Manifest};
use crate::mapping::{ConnectorMapping, MappedColumn, Side};
use provost_model::configuration::PropertyType;
use provost_model::summary::Mode;
use serde::{Deserialize, Serialize};
use std::path::Path;
use utoipa::ToSchema;

/// The server side of prepare.
pub trait SessionHost {
    /// What to read of a connector, and how.
    ///
    /// # Errors
    /// The connector is unknown, or nothing of it is mapped.
    fn mapping(&self, connector: &str) -> Result<PrepareMapping, ServerError>;

    /// Whether a session was accepted: `previous` may then be replaced by what it held.
    ///
    /// # Errors
    /// The server side cannot be asked.
    fn is_accepted(&self, session: &str) -> Result<bool, ServerError>;

    /// Opens a session. Sessions of the connector that the same caller left open are given up.
    ///
    /// # Errors
    /// An incremental run of a blocked connector, a first load into a repository that holds its resources already.
    fn open(&self, request: &OpenRequest) -> Result<Opened, ServerError>;

    /// Hands over the files of `working` that the manifest names.
    ///
    /// # Errors
    /// They cannot be read, or not be sent.
    fn upload(&self, working: &Path, manifest: &Manifest) -> Result<(), ServerError>;

    /// Puts the session in the queue.
    ///
    /// # Errors
    /// It was given up, or what arrived is not what the manifest says.
    fn seal(&self, manifest: &Manifest) -> Result<(), ServerError>;

    /// Forgets a session that could not be prepared. What remains of it is harmless: nothing processes it.
    fn abandon(&self, session: &str);
}

/// Asks for a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenRequest {
    /// Its GUID, new for every run.
    pub session: String,
    /// Connector identifier.
    pub connector: String,
    /// Mode of the run.
    #[schema(value_type = String, pattern = "^(initial|complete|incremental)$")]
    pub mode: Mode,
    /// Word of the lease of the task that it is for, when a job wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<String>,
}

/// A session that an earlier run of the same task has put into the queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SealedBefore {
    /// Its GUID.
    pub session: String,
    /// Its manifest, unless it has been applied in the meantime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub manifest: Option<Manifest>,
}

/// An open session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Opened {
    /// The state that an incremental run starts from; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_digest: Option<String>,
    /// What the task has queued before: there is nothing left to do, and no session was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<SealedBefore>,
}

/// What prepare reads of a connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrepareMapping {
    /// Connector identifier.
    pub connector: String,
    /// One for each entity type mapping, then for each association mapping, in the order of the configuration.
    pub tables: Vec<PrepareTable>,
}

/// One source table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrepareTable {
    /// Entity type or association identifier.
    pub name: String,
    /// Whether its rows are pairs.
    pub is_association: bool,
    /// Source file without directory and extension.
    pub source: String,
    /// Stands for the mapping: equal rows of another mapping mean something else. A number in hexadecimal.
    pub mapping: String,
    /// Of an association whose owners have one link each: the column of the owner, 0 or 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<u8>,
    /// Columns: the primary key first, then in the order of the mapping.
    pub columns: Vec<PrepareColumn>,
}

/// One column of a source table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrepareColumn {
    /// Its name in the header of the source.
    pub column: String,
    /// Property that it feeds, or refers to.
    pub property: String,
    /// Type of that property.
    #[schema(value_type = String)]
    pub kind: PropertyType,
    /// Format of the external value as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Its values find resources.
    pub is_key: bool,
}

impl PrepareMapping {
    pub(crate) fn of(mapping: &ConnectorMapping) -> PrepareMapping {
        let types = mapping.types.iter().map(|mapped| PrepareTable {
            name: mapped.identifier.clone(),
            is_association: false,
            source: mapped.table.clone(),
            mapping: format!("{:016x}", mapped.seed),
            owner: None,
            columns: mapped
                .columns
                .iter()
                .enumerate()
                .map(|(position, c)| column(c, &c.column, position == 0 || c.is_unique))
                .collect(),
        });
        let associations = mapping.associations.iter().map(|mapped| PrepareTable {
            name: mapped.identifier.clone(),
            is_association: true,
            source: mapped.table.clone(),
            mapping: format!("{:016x}", mapped.seed),
            owner: mapped.single_side().map(|side| u8::from(side == Side::Second)),
            columns: [&mapped.end1, &mapped.end2].into_iter().map(|e| column(&e.key, &e.column, true)).collect(),
        });
        PrepareMapping { connector: mapping.connector.clone(), tables: types.chain(associations).collect() }
    }
}

fn column(mapped: &MappedColumn, header: &str, is_key: bool) -> PrepareColumn {
    PrepareColumn {
        column: header.to_owned(),
        property: mapped.identifier.clone(),
        kind: mapped.kind,
        format: mapped.format.clone(),
        is_key,
    }
}

/// What a session that is being prepared is about.
pub(crate) fn about(request: &OpenRequest) -> String {
    format!("{} session of connector {}", request.mode, request.connector)
}

/// Whether sessions of this kind carry changes that the source itself has found.
pub(crate) fn carries_changes(mode: Mode, delivery: Delivery) -> bool {
    mode == Mode::Incremental && delivery == Delivery::Changes
}
