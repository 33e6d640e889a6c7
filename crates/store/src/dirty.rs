//! Dirty flags: which resources later steps must look at.

use crate::batch::in_batches;
use crate::changes::RunId;
use crate::error::StoreError;
use crate::tx::WriteTx;
use crate::value::Arg;
use provost_model::changes::Command;
use provost_model::{EntityTypeId, ResourceId};

impl WriteTx {
    /// Sets the dirty flag of every resource that the changes of a run insert, update, link or unlink.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_dirty(&mut self, run: RunId) -> Result<u64, StoreError> {
        let (run, delete) = (run.0, Command::Delete as i64);
        self.link.execute(
            &format!(
                "UPDATE UR_Resources SET Dirty = 1 WHERE Dirty = 0 AND Id IN (\
                 SELECT Resource_Id FROM UR_ResourceChanges WHERE Run_Id = {run} AND Command <> {delete} \
                 UNION SELECT Resource1_Id FROM UR_ResourceLinkChanges WHERE Run_Id = {run} \
                 UNION SELECT Resource2_Id FROM UR_ResourceLinkChanges WHERE Run_Id = {run})"
            ),
            &[],
        )
    }

    /// Sets or clears the dirty flag of these resources.
    ///
    /// # Errors
    /// Those of the database.
    pub fn mark_dirty(&mut self, resources: &[ResourceId], dirty: bool) -> Result<(), StoreError> {
        in_batches(resources, |batch, list| {
            let mut args = vec![i64::from(dirty).into()];
            args.extend(batch.iter().map(|id| Arg::Int(id.0)));
            self.link.execute(&format!("UPDATE UR_Resources SET Dirty = $1 WHERE Id IN ({})", list(2)), &args)?;
            Ok(())
        })
    }

    /// Clears the dirty flag of all resources of a type.
    ///
    /// # Errors
    /// Those of the database.
    pub fn clear_dirty(&mut self, entity_type: EntityTypeId) -> Result<u64, StoreError> {
        self.link.execute("UPDATE UR_Resources SET Dirty = 0 WHERE Type = $1 AND Dirty = 1", &[entity_type.0.into()])
    }
}
