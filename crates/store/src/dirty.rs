//! Dirty flags: which resources later steps must look at.

use crate::changes::RunId;
use crate::error::StoreError;
use crate::tx::WriteTx;
use provost_model::changes::Command;

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
}
