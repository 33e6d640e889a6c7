//! Settings of SQL connections.

use super::place::{FORMS, Place};
use super::{Isolation, encoding_of};
use crate::settings::{Reader, Settings};
use provost_model::Problem;
use std::time::Duration;

/// Seconds that a statement may take when nobody says.
const SECONDS: u64 = 30;

const KNOWN: &[&str] = &[
    "ConnectionString",
    "SqlCommand",
    "SqlFile",
    "SqlCommandIncremental",
    "TimestampColumn",
    "Timeout",
    "CsvEncoding",
    "ProviderClassFullName",
    "ProviderDllName",
    "IsolationLevel",
    "InsertCommand",
    "UpdateCommand",
    "DeleteCommand",
    "Links",
];

/// The settings, as they are understood.
#[derive(Clone)]
pub(super) struct SqlSettings {
    #[cfg(test)]
    written: (String, String, Option<String>),
    pub(super) place: Option<Place>,
    pub(super) command: Option<String>,
    pub(super) file: Option<String>,
    pub(super) incremental: Option<String>,
    pub(super) timestamp: Option<String>,
    pub(super) timeout: Duration,
    pub(super) encoding: String,
    pub(super) isolation: String,
    pub(super) insert: Option<String>,
    pub(super) update: Option<String>,
    pub(super) delete: Option<String>,
    pub(super) links: Vec<LinkCommands>,
}

/// Statements that give and take the values of a navigation.
#[derive(Clone, Debug, Default)]
pub(super) struct LinkCommands {
    pub(super) property: String,
    pub(super) add: String,
    pub(super) remove: String,
}

/// Reads the settings, and says what is wrong with them.
pub(super) fn read(settings: Settings<'_>) -> (SqlSettings, Vec<Problem>) {
    let mut reader = Reader::new(settings, KNOWN);
    let provider = reader.text("ProviderClassFullName").unwrap_or_default();
    let connection = reader.text("ConnectionString");
    let library = reader.text("ProviderDllName");
    let place = connection.as_deref().and_then(|text| Place::parse(text, &provider));
    match (&connection, &place) {
        (None, _) => reader.wrong("ConnectionString", "it is missing", FORMS),
        (Some(_), None) => reader.wrong("ConnectionString", "this version cannot reach a database of this kind", FORMS),
        _ => {}
    }
    let mut links = Vec::new();
    for (name, value) in reader.items("Links") {
        let one = reader.item(
            &name,
            value,
            |inner| LinkCommands {
                property: inner.text("Property").unwrap_or_default(),
                add: inner.text("AddCommand").unwrap_or_default(),
                remove: inner.text("RemoveCommand").unwrap_or_default(),
            },
            &["Property", "AddCommand", "RemoveCommand"],
        );
        if one.property.is_empty() || one.add.is_empty() || one.remove.is_empty() {
            reader.wrong(&name, "it is not complete", "Property, AddCommand and RemoveCommand");
        }
        links.push(one);
    }
    // The library is that of this program, whatever it is called.
    #[cfg(not(test))]
    drop(library);
    let read = SqlSettings {
        #[cfg(test)]
        written: (connection.unwrap_or_default(), provider, library),
        place,
        command: reader.text("SqlCommand"),
        file: reader.text("SqlFile"),
        incremental: reader.text("SqlCommandIncremental"),
        timestamp: reader.text("TimestampColumn"),
        timeout: Duration::from_secs(reader.count("Timeout", SECONDS).max(1)),
        encoding: reader.text("CsvEncoding").unwrap_or_default(),
        isolation: reader.text("IsolationLevel").unwrap_or_default(),
        insert: reader.text("InsertCommand"),
        update: reader.text("UpdateCommand"),
        delete: reader.text("DeleteCommand"),
        links,
    };
    if Isolation::parse(&read.isolation).is_err() {
        reader.wrong("IsolationLevel", "there is no such level", "ReadCommitted, RepeatableRead, Serializable, …");
    }
    if encoding_of(&read.encoding).is_err() {
        reader.wrong("CsvEncoding", "tables cannot be written in it", "UTF-8, which prepare reads");
    }
    (read, reader.problems)
}

impl SqlSettings {
    /// As they would be written.
    #[cfg(test)]
    pub(super) fn written(&self) -> serde_json::Value {
        let link = |link: &LinkCommands| serde_json::json!({"Property": link.property, "AddCommand": link.add, "RemoveCommand": link.remove});
        serde_json::json!({
            "ConnectionString": self.written.0, "SqlCommand": self.command, "SqlFile": self.file,
            "SqlCommandIncremental": self.incremental, "TimestampColumn": self.timestamp,
            "Timeout": self.timeout.as_secs(), "CsvEncoding": self.encoding, "ProviderClassFullName": self.written.1,
            "ProviderDllName": self.written.2, "IsolationLevel": self.isolation, "InsertCommand": self.insert,
            "UpdateCommand": self.update, "DeleteCommand": self.delete,
            "Links": self.links.iter().map(link).collect::<Vec<_>>(),
        })
    }
}
