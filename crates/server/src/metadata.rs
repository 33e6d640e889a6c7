//! The deployed configuration, resolved.

use crate::error::ServerError;
use provost_model::configuration::{Item, Parsed};
use provost_model::metadata::Metadata;
use provost_store::ReadTx;

/// The stored configuration items, in the order in which they were first stored.
///
/// # Errors
/// Those of the database, and when a stored item cannot be read.
pub fn items(tx: &mut ReadTx) -> Result<Vec<Item>, ServerError> {
    tx.configuration_items()?
        .iter()
        .map(|stored| {
            serde_json::from_str(&stored.json).map_err(|error| {
                ServerError::mapping(
                    &format!("{} {}", stored.element, stored.identity),
                    &format!("the stored item cannot be read: {error}"),
                )
            })
        })
        .collect()
}

/// The deployed entity model with its mappings.
///
/// # Errors
/// As [`items`].
pub fn load(tx: &mut ReadTx) -> Result<Metadata, ServerError> {
    let parsed = Parsed::from_items(items(tx)?);
    Ok(Metadata::resolve(parsed.configuration, &tx.catalog()?))
}
