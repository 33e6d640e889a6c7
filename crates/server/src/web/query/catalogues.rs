//! What can be queried, read again when the configuration has changed.

use crate::web::problem::Problem;
use provost_store::{Catalogue, ReadTx};
use std::sync::{Arc, Mutex, PoisonError};

/// The catalogue of the last configuration that was seen.
#[derive(Debug, Default)]
pub(crate) struct Catalogues(Mutex<Option<Arc<Catalogue>>>);

impl Catalogues {
    /// The catalogue as the transaction sees it.
    ///
    /// # Errors
    /// The stored configuration cannot be read.
    pub(crate) fn current(&self, tx: &mut ReadTx) -> Result<Arc<Catalogue>, Problem> {
        let version = tx.configuration_version()?;
        if let Some(known) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner)
            && known.version() == version
        {
            return Ok(known.clone());
        }
        let read = Arc::new(tx.catalogue()?);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(read.clone());
        Ok(read)
    }
}
