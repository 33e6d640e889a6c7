//! What changes of the data mean for the policy: whose result may be another one, and what goes with a resource.
//!
//! A changed resource gets the dirty flag, and the computation finds the owners that read it. Where a change set is kept
//! for the step that sets the flags, that step sets them; otherwise they are set here, as soon as a policy has been
//! computed. Those whose link ends because its other end is deleted are in no change set: they are always marked here.

use super::rows::{BINARY, CONSOLIDATED, NAVIGATION, RESOURCE_TYPE, ROLE, SCALAR};
use crate::changes::RunId;
use crate::error::StoreError;
use crate::tx::WriteTx;
use provost_model::{AssociationId, EntityTypeId, Slot};

const TABLES: [(&str, &[&[&str]]); 6] = [
    ("UP_AssignedCompositeRoles", &[ROLE]),
    ("UP_AssignedSingleRoles", &[ROLE]),
    ("UP_AssignedResourceTypes", &[RESOURCE_TYPE, CONSOLIDATED]),
    ("UP_AssignedResourceScalars", &[SCALAR]),
    ("UP_AssignedResourceNavigations", &[NAVIGATION]),
    ("UP_AssignedResourceBinaries", &[BINARY]),
];

impl WriteTx {
    /// The change set of a run is about to be forgotten: what it changed is marked.
    pub(crate) fn follow_changes(&mut self, run: RunId) -> Result<(), StoreError> {
        if self.follows_policy()? {
            self.set_dirty(run)?;
        }
        Ok(())
    }

    /// Marks the resources that a query lists.
    pub(crate) fn follow_listed(&mut self, list: &str) -> Result<(), StoreError> {
        let sql = format!("UPDATE UR_Resources SET Dirty = 1 WHERE Dirty = 0 AND Id IN ({list})");
        self.link.execute(&sql, &[]).map(|_| ())
    }

    /// Marks both ends of links that a first load made.
    pub(crate) fn follow_loaded_links(&mut self, association: AssociationId, now: i64) -> Result<(), StoreError> {
        if !self.follows_policy()? {
            return Ok(());
        }
        let made = format!("FROM UR_ResourceLinks WHERE Association_Id = {association} AND ValidFrom = {now}");
        self.follow_listed(&format!("SELECT Resource1_Id {made} UNION SELECT Resource2_Id {made}"))
    }

    /// Marks what marked resources point to in a slot that a first load filled.
    pub(crate) fn follow_loaded_slot(&mut self, owner: EntityTypeId, slot: Slot) -> Result<(), StoreError> {
        if !self.follows_policy()? {
            return Ok(());
        }
        let target = crate::stored_model::link_column("o", slot);
        self.follow_listed(&format!(
            "SELECT {target} FROM UR_Resources o WHERE o.Type = {owner} AND o.Dirty = 1 AND o.{} IS NOT NULL",
            slot.column()
        ))
    }

    /// What goes with resources that are about to be deleted, listed by a query.
    pub(crate) fn follow_deletion(&mut self, deleted: &str, now: i64) -> Result<(), StoreError> {
        self.forget_keys(deleted)?;
        if !self.follows_policy()? {
            return Ok(());
        }
        self.lose_targets(deleted, now)?;
        self.follow_listed(&format!("SELECT Resource_Id FROM UP_ResourceCorrelations WHERE Owner_Id IN {deleted}"))?;
        for (table, columns) in TABLES {
            let columns = columns.concat().join(", ");
            let which = format!("Owner_Id IN {deleted}");
            self.archive_assignments(table, &columns, &which, now)?;
            let closed = self.link.execute(&format!("DELETE FROM {table} WHERE {which}"), &[])?;
            self.count("assignmentsClosed", closed);
        }
        for table in
            ["UP_ResourceCorrelations", "UP_Evaluations", "UP_IdentifiedRisks", "UP_RiskScores", "UP_WaitingOwners"]
        {
            self.link.execute(&format!("DELETE FROM {table} WHERE Owner_Id IN {deleted}"), &[])?;
        }
        let sql = format!(
            "UPDATE UP_ResourceClassifications SET Owner_Id = NULL, IsFrozen = 0 WHERE Owner_Id IS NOT NULL \
             AND Owner_Id IN {deleted}"
        );
        self.link.execute(&sql, &[]).map(|_| ())
    }

    /// Those who are matched by the same keys are looked at again.
    fn forget_keys(&mut self, deleted: &str) -> Result<(), StoreError> {
        let any = "SELECT 1 FROM UP_ResourceCorrelationKeys LIMIT 1";
        if self.link.first(any, &[], |_| Ok(()))?.is_none() {
            return Ok(());
        }
        self.follow_listed(&format!(
            "SELECT o.Resource_Id FROM UP_ResourceCorrelationKeys k JOIN UP_ResourceCorrelationKeys o \
             ON o.Rule_Id = k.Rule_Id AND o.Side = 1 - k.Side AND o.KeyValue = k.KeyValue \
             WHERE k.Resource_Id IN {deleted}"
        ))?;
        let sql = format!("DELETE FROM UP_ResourceCorrelationKeys WHERE Resource_Id IN {deleted}");
        self.link.execute(&sql, &[]).map(|_| ())
    }

    /// Their owners keep what is assigned to them, without the target, until they are evaluated.
    fn lose_targets(&mut self, deleted: &str, now: i64) -> Result<(), StoreError> {
        for table in ["UP_ResourceCorrelations", "UP_AssignedResourceTypes"] {
            let sql = format!(
                "INSERT INTO UP_WaitingOwners (Owner_Id) SELECT DISTINCT Owner_Id FROM {table} \
                 WHERE Resource_Id IN {deleted} ON CONFLICT DO NOTHING"
            );
            self.link.execute(&sql, &[])?;
        }
        let which = format!("Resource_Id IS NOT NULL AND Resource_Id IN {deleted}");
        let columns = [RESOURCE_TYPE, CONSOLIDATED].concat().join(", ");
        self.archive_assignments("UP_AssignedResourceTypes", &columns, &which, now)?;
        let sql = format!(
            "UPDATE UP_AssignedResourceTypes SET Resource_Id = NULL, Confidence = 0, ValidFrom = {now} WHERE {which}"
        );
        let updated = self.link.execute(&sql, &[])?;
        self.count("assignmentsUpdated", updated);
        for table in ["UP_ResourceCorrelations", "UP_ResourceClassifications"] {
            self.link.execute(&format!("DELETE FROM {table} WHERE Resource_Id IN {deleted}"), &[])?;
        }
        Ok(())
    }

    fn archive_assignments(&mut self, table: &str, columns: &str, which: &str, now: i64) -> Result<(), StoreError> {
        let sql = format!(
            "INSERT INTO {table}History ({columns}, ValidFrom, ValidTo) SELECT {columns}, ValidFrom, {now} \
             FROM {table} WHERE {which} AND ValidFrom < {now} ORDER BY Owner_Id, Id"
        );
        self.link.execute(&sql, &[]).map(|_| ())
    }

    /// A deployment changed what the tables of resources hold: all is computed anew, and what belongs to resources of
    /// entity types that are gone ends.
    pub(crate) fn follow_deployment(&mut self, has_lost_types: bool, now: i64) -> Result<(), StoreError> {
        if has_lost_types {
            let gone: Vec<String> = TABLES
                .iter()
                .map(|(table, _)| format!("SELECT Owner_Id FROM {table}"))
                .chain(["SELECT Resource_Id FROM UP_ResourceCorrelations".to_owned()])
                .chain(["SELECT Resource_Id FROM UP_ResourceCorrelationKeys".to_owned()])
                .collect();
            self.follow_deletion(&format!("({} EXCEPT SELECT Id FROM UR_Resources)", gone.join(" UNION ")), now)?;
        }
        self.link.execute("DELETE FROM UP_PolicyStates", &[]).map(|_| ())
    }
}
