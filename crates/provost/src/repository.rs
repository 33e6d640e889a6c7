//! The repository of a home folder, opened, and what is deployed in it.

use crate::context::Context;
use crate::report::{Kind, Report};
use crate::road::report;
use crate::settings::Settings;
use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, tz::TimeZone};
use provost_model::configuration::Item;
use provost_model::metadata::{EntityType, Metadata};
use provost_store::{ReadTx, Store, StoreError};

impl From<StoreError> for Report {
    fn from(error: StoreError) -> Report {
        let kind = match error {
            StoreError::Connection { .. } | StoreError::NotDeployed { .. } => Kind::Usage,
            _ => Kind::Error,
        };
        Report::from_error(kind, error.code(), &error).hint(error.remedy())
    }
}

/// Opens the repository of the home folder, or the one that was typed, making its tables where there are none.
///
/// # Errors
/// There is neither, the settings are wrong, or the database cannot be opened.
pub fn open(context: &Context) -> Result<(Settings, Store), Report> {
    let settings = context.repository_settings()?;
    let store = Store::open(&settings.database())?;
    Ok((settings, store))
}

/// The deployed configuration items, in the order in which they were first stored.
///
/// # Errors
/// Those of the database; an item cannot be read because a newer program wrote it.
pub fn items(tx: &mut ReadTx) -> Result<Vec<Item>, Report> {
    provost_server::metadata::items(tx).map_err(|error| report(&error))
}

/// The deployed entity model.
///
/// # Errors
/// As [`items`].
pub fn metadata(tx: &mut ReadTx) -> Result<Metadata, Report> {
    provost_server::metadata::load(tx).map_err(|error| report(&error))
}

/// The deployed entity type that somebody named.
///
/// # Errors
/// There is none of that name.
pub fn entity_type<'a>(metadata: &'a Metadata, identifier: &str) -> Result<&'a EntityType, Report> {
    metadata.entity_type(identifier).ok_or_else(|| {
        let names: Vec<&str> = metadata.entity_types.iter().map(|t| t.identifier.as_str()).collect();
        let report = Report::usage("unknown-entity-type", format!("no entity type {identifier} is deployed"));
        match provost_model::nearest::one(identifier, names.iter().copied()) {
            Some(right) => report.hint(format!("did you mean {right}?")),
            None if names.is_empty() => report.hint("deploy a configuration: provost deploy-configuration -d DIR"),
            None => report.hint(format!("deployed entity types: {}", names.join(", "))),
        }
    })
}

/// An instant of the repository as people read it: `2026-01-31T12:00:00Z`.
pub fn instant(micros: i64) -> String {
    Timestamp::from_microsecond(micros).map_or_else(|_| micros.to_string(), |timestamp| timestamp.to_string())
}

/// Reads an instant; without an offset it is UTC, so that it means the same on every machine.
pub(crate) fn instant_of(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let civil = |at: DateTime| at.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    let parsed = text
        .parse::<Timestamp>()
        .or_else(|_| text.parse::<DateTime>().and_then(civil))
        .or_else(|_| text.parse::<Date>().and_then(|date| civil(date.at(0, 0, 0, 0))));
    parsed
        .map(|timestamp| timestamp.as_microsecond())
        .map_err(|_| "expected 2026-01-31, 2026-01-31T12:00 (UTC) or 2026-01-31T12:00+01:00".to_owned())
}
