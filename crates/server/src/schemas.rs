//! Schemas of connections: what their systems could give, kept for whoever writes mappings.

use crate::error::ServerError;
use crate::metadata;
use provost_model::configuration::{Connection, Parsed};
use provost_model::schema::{Schema, SchemaReport};
use provost_store::Store;
use serde::{Deserialize, Serialize};

/// A connection, and what is known about its schema.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SchemaStanding {
    /// The id that queries show.
    pub id: String,
    /// The connection as it is deployed.
    pub connection: Connection,
    /// When its system answered last: microseconds since 1970, UTC.
    pub refreshed_at: Option<i64>,
    /// When it could not be asked, if that was later.
    pub failed_at: Option<i64>,
    /// Why it could not.
    pub error: Option<String>,
    /// Its tables.
    pub schema: Option<Schema>,
}

/// All connections with what is known about their schemas, in the order of the configuration.
///
/// # Errors
/// Those of the database, and when a stored item cannot be read.
pub fn schema_standings(store: &Store) -> Result<Vec<SchemaStanding>, ServerError> {
    let (items, known, positions) = store.read(|tx| {
        Ok::<_, ServerError>((metadata::items(tx)?, tx.connection_schemas()?, tx.item_positions("Connection")?))
    })?;
    let standing = |connection: Connection| {
        let mut standing = SchemaStanding::default();
        if let Some(known) = known.iter().find(|known| known.connection == connection.identifier) {
            standing.refreshed_at = known.refreshed_at;
            standing.failed_at = known.failed_at;
            standing.error.clone_from(&known.error);
            standing.schema = known.tables.as_deref().and_then(|tables| serde_json::from_str(tables).ok());
        }
        let position = positions.iter().find(|(identity, _)| *identity == connection.identifier);
        standing.id = position.map(|(_, position)| (-position).to_string()).unwrap_or_default();
        standing.connection = connection;
        standing
    };
    Ok(Parsed::from_items(items).configuration.connections.into_iter().map(standing).collect())
}

/// Keeps what an agent was told. Tells whether the tables are others than before.
///
/// # Errors
/// The connection is not deployed; those of the database.
pub fn keep_schema(
    store: &Store,
    actor: &str,
    connection: &str,
    report: &SchemaReport,
    now_micros: i64,
) -> Result<bool, ServerError> {
    let known = schema_standings(store)?;
    let Some(standing) = known.iter().find(|known| known.connection.identifier.eq_ignore_ascii_case(connection)) else {
        return Err(ServerError::UnknownConnection {
            connection: connection.to_owned(),
            known: known.into_iter().map(|known| known.connection.identifier).collect(),
        });
    };
    let identifier = &standing.connection.identifier;
    match (&report.schema, &report.error) {
        (Some(schema), _) => {
            let tables = serde_json::to_string(schema).map_err(std::io::Error::other)?;
            store.write(actor, &format!("schema of connection {identifier}"), |tx| {
                Ok(tx.refresh_schema(identifier, &tables, now_micros)?)
            })
        }
        (None, Some(error)) => store.write(actor, &format!("schema of connection {identifier}: {error}"), |tx| {
            tx.schema_not_refreshed(identifier, error, now_micros)?;
            Ok(false)
        }),
        (None, None) => Ok(false),
    }
}
