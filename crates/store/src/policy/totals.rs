//! How much is assigned, and to whom of those who are about to go.

use crate::changes::RunId;
use crate::error::StoreError;
use crate::tx::ReadTx;
use provost_model::ResourceId;
use provost_model::changes::Command;

/// Rows of assignments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssignmentTotals {
    /// Single and composite roles.
    pub roles: u64,
    /// Resource types.
    pub resource_types: u64,
    /// Owners who have any of these.
    pub owners: u64,
}

impl ReadTx {
    /// Counts what is assigned.
    ///
    /// # Errors
    /// Those of the database.
    pub fn assignment_totals(&mut self) -> Result<AssignmentTotals, StoreError> {
        let (composite, single) = ("UP_AssignedCompositeRoles", "UP_AssignedSingleRoles");
        let types = "UP_AssignedResourceTypes";
        let owners = [composite, single, types].map(|table| format!("SELECT Owner_Id FROM {table}")).join(" UNION ");
        let count = |from: &str| self.link.count(&format!("SELECT COUNT(*) FROM {from}"), &[]);
        Ok(AssignmentTotals {
            roles: count(composite)? + count(single)?,
            resource_types: count(types)?,
            owners: count(&format!("({owners}) o"))?,
        })
    }

    /// Resources that the change set of a run deletes, ascending.
    ///
    /// # Errors
    /// Those of the database.
    pub fn deleted_by(&mut self, run: RunId) -> Result<Vec<ResourceId>, StoreError> {
        let delete = Command::Delete as i64;
        let sql = format!(
            "SELECT DISTINCT Resource_Id FROM UR_ResourceChanges WHERE Run_Id = $1 AND Command = {delete} ORDER BY 1"
        );
        self.link.all(&sql, &[run.0.into()], |row| row.i64(0).map(ResourceId))
    }
}
