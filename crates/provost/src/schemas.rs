//! Asking systems what they could give, and telling the server side.

use crate::agent::ServerSide;
use crate::exporting::explain;
use crate::report::Report;
use crate::road::{self, now_micros};
use crate::settings::Settings;
use provost_connectors::{DiscoverRequest, discover};
use provost_model::configuration::Connection;
use provost_model::schema::SchemaReport;
use provost_server::{SchemaStanding, keep_schema, schema_standings};

/// What came of asking the system of a connection.
#[derive(Clone, Debug)]
pub(crate) enum Refreshed {
    /// Its package has no schema.
    NoSchema,
    /// Tables, their columns, and whether they are others than before.
    Told { tables: usize, columns: usize, is_new: bool },
    /// It could not be asked.
    Failed(Report),
}

impl ServerSide {
    /// Connections with what is known of their schemas.
    ///
    /// # Errors
    /// The server side cannot be asked.
    pub(crate) fn schemas(&self) -> Result<Vec<SchemaStanding>, Report> {
        let found = match self {
            ServerSide::Here(road) => schema_standings(&road.store),
            ServerSide::There(client) => client.get("api/Connectors/Schema"),
        };
        found.map_err(|error| road::report(&error))
    }

    fn keep_schema(&self, connection: &str, report: &SchemaReport) -> Result<bool, Report> {
        let kept = match self {
            ServerSide::Here(road) => keep_schema(&road.store, &road::actor(), connection, report, now_micros()),
            ServerSide::There(client) => {
                let path = format!("api/Connectors/Schema/{}", crate::remote::segment(connection));
                let kept = client.post::<_, serde_json::Value>(&path, report);
                kept.map(|kept| kept.is_some_and(|kept| kept["isNew"] == true))
            }
        };
        kept.map_err(|error| road::report(&error))
    }
}

/// Asks the system of a connection, and tells the server side what it said. A failure is told, too.
///
/// # Errors
/// The server side cannot be told.
pub(crate) fn refresh(settings: &Settings, side: &ServerSide, connection: &Connection) -> Result<Refreshed, Report> {
    let request =
        DiscoverRequest { connection, settings: settings.connection(&connection.identifier), base_dir: &settings.home };
    match discover(&request) {
        Ok(None) => Ok(Refreshed::NoSchema),
        Ok(Some(schema)) => {
            let (tables, columns) = (schema.tables.len(), schema.tables.iter().map(|table| table.columns.len()).sum());
            let report = SchemaReport { schema: Some(schema), error: None };
            let is_new = side.keep_schema(&connection.identifier, &report)?;
            Ok(Refreshed::Told { tables, columns, is_new })
        }
        Err(error) => {
            let failed = explain(error);
            let report = SchemaReport { schema: None, error: Some(failed.text.clone()) };
            side.keep_schema(&connection.identifier, &report)?;
            Ok(Refreshed::Failed(failed))
        }
    }
}

impl Refreshed {
    /// What a log says.
    pub(crate) fn told(&self, connection: &str) -> String {
        match self {
            Refreshed::NoSchema => format!("connection {connection} has no schema to ask for"),
            Refreshed::Told { tables, columns, is_new } => {
                let news = if *is_new { "they have changed" } else { "as before" };
                format!("connection {connection}: {tables} tables with {columns} columns, {news}")
            }
            Refreshed::Failed(report) => format!("connection {connection} could not be asked: {}", report.text),
        }
    }
}
