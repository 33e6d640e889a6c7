//! The deployed access policy, read again when the configuration has changed.

use crate::web::problem::Problem;
use provost_model::access::AccessPolicy;
use provost_store::ReadTx;
use std::sync::{Arc, Mutex, PoisonError};

/// The policy of the last configuration that was seen.
#[derive(Debug, Default)]
pub(crate) struct Policies(Mutex<Option<(i64, Arc<AccessPolicy>)>>);

impl Policies {
    /// The policy as the transaction sees it.
    ///
    /// # Errors
    /// The stored configuration cannot be read.
    pub(crate) fn current(&self, tx: &mut ReadTx) -> Result<Arc<AccessPolicy>, Problem> {
        let version = tx.configuration_version()?;
        if let Some((known, policy)) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner)
            && *known == version
        {
            return Ok(policy.clone());
        }
        let policy = Arc::new(AccessPolicy::from_items(&crate::metadata::items(tx)?));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, policy.clone()));
        Ok(policy)
    }
}
