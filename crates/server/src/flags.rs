//! The flag step: marks what recent synchronisations changed (`SetRecentlyModifiedFlagTask`, spec 13 §8).

use crate::error::ServerError;
use provost_store::Store;

/// Sets the dirty flag of every resource in kept change tables, then empties these. One transaction; running it twice
/// changes nothing. Tells how many resources were marked.
///
/// # Errors
/// Those of the database.
pub fn set_recently_modified_flag(store: &Store, actor: &str) -> Result<u64, ServerError> {
    store.write(actor, "dirty flags of recent changes", |tx| {
        let mut marked = 0;
        for run in tx.kept_runs()? {
            marked += tx.set_dirty(run)?;
            tx.clear_changes(run)?;
        }
        tx.count("resourcesMarked", marked);
        Ok(marked)
    })
}
