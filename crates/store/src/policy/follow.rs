//! What changes of the data mean for the policy: whose result may be another one, and what goes with a resource.
//!
//! From the first computation on, every change of a value, link or key is remembered until the next one has followed it,
//! whoever made it and whatever becomes of its change set. Dirty flags would not do: they do not tell whether a value
//! changed or a link, so that one mover would have everybody in the old and in the new department evaluated.

use super::rows::{BINARY, CONSOLIDATED, NAVIGATION, RESOURCE_TYPE, ROLE, SCALAR};
use crate::changes::RunId;
use crate::error::StoreError;
use crate::stored_model::{LinkPlace, link_column};
use crate::tx::WriteTx;
use provost_model::changes::Command;
use provost_model::{AssociationId, EntityTypeId, Slot};

const TABLES: [(&str, &[&[&str]]); 6] = [
    ("UP_AssignedCompositeRoles", &[ROLE]),
    ("UP_AssignedSingleRoles", &[ROLE]),
    ("UP_AssignedResourceTypes", &[RESOURCE_TYPE, CONSOLIDATED]),
    ("UP_AssignedResourceScalars", &[SCALAR]),
    ("UP_AssignedResourceNavigations", &[NAVIGATION]),
    ("UP_AssignedResourceBinaries", &[BINARY]),
];

/// A change waits to be followed by keys (1) and by owners (2).
const BOTH: &str = "3";

impl WriteTx {
    /// Remembers what the changes of a run, which is about to be applied, change.
    pub(crate) fn follow_run(&mut self, run: RunId) -> Result<(), StoreError> {
        if !self.follows_policy()? {
            return Ok(());
        }
        let delete = Command::Delete as i64;
        self.follow_resources(&format!(
            "SELECT DISTINCT Resource_Id FROM UR_ResourceChanges WHERE Run_Id = {} AND Command <> {delete}",
            run.0
        ))?;
        self.follow_links(&format!(
            "SELECT DISTINCT Association_Id, Resource1_Id, Resource2_Id FROM UR_ResourceLinkChanges WHERE Run_Id = {}",
            run.0
        ))
    }

    /// Remembers that the resources which a query lists, each once, have changed.
    pub(crate) fn follow_resources(&mut self, list: &str) -> Result<(), StoreError> {
        let sql = format!(
            "INSERT INTO UP_ChangedResources (Resource_Id, Waits) SELECT l.*, {BOTH} FROM ({list}) l WHERE TRUE \
             ON CONFLICT (Resource_Id) DO UPDATE SET Waits = {BOTH}"
        );
        self.link.execute(&sql, &[]).map(|_| ())
    }

    /// Remembers that the links (association, resource 1, resource 2) which a query lists, each once, have changed.
    pub(crate) fn follow_links(&mut self, list: &str) -> Result<(), StoreError> {
        let key = "Association_Id, Resource1_Id, Resource2_Id";
        let sql = format!(
            "INSERT INTO UP_ChangedLinks ({key}, Waits) SELECT l.*, {BOTH} FROM ({list}) l WHERE TRUE \
             ON CONFLICT ({key}) DO UPDATE SET Waits = {BOTH}"
        );
        self.link.execute(&sql, &[]).map(|_| ())
    }

    /// Remembers that links made by a first load are new.
    pub(crate) fn follow_loaded_links(&mut self, association: AssociationId, now: i64) -> Result<(), StoreError> {
        if !self.follows_policy()? {
            return Ok(());
        }
        self.follow_links(&format!(
            "SELECT Association_Id, Resource1_Id, Resource2_Id FROM UR_ResourceLinks \
             WHERE Association_Id = {association} AND ValidFrom = {now}"
        ))
    }

    /// Remembers that resources made by a first load are new.
    pub(crate) fn follow_loaded(&mut self, entity_type: EntityTypeId, now: i64) -> Result<(), StoreError> {
        if !self.follows_policy()? {
            return Ok(());
        }
        self.follow_resources(&format!("SELECT Id FROM UR_Resources WHERE Type = {entity_type} AND ValidFrom = {now}"))
    }

    /// Remembers that a first load filled a slot of new resources.
    pub(crate) fn follow_loaded_slot(&mut self, owner: EntityTypeId, slot: Slot) -> Result<(), StoreError> {
        if !self.follows_policy()? {
            return Ok(());
        }
        let model = self.model()?;
        for association in &model.associations {
            let place = model.place(association);
            if matches!(place, LinkPlace::Slot { owner: o, slot: s, .. } if (o, s) == (owner, slot)) {
                let pairs = slot_pairs(association.id, place, "o.Id IN (SELECT Resource_Id FROM UP_ChangedResources)");
                self.follow_links(&pairs)?;
            }
        }
        Ok(())
    }

    /// Remembers links that end because a resource at one end is about to be deleted, listed by a query.
    pub(crate) fn follow_ending_links(&mut self, end: EntityTypeId, deleted: &str) -> Result<(), StoreError> {
        if !self.follows_policy()? {
            return Ok(());
        }
        let model = self.model()?;
        for association in &model.associations {
            let (end1, end2) = model.ends(association);
            for (column, _) in [("Resource1_Id", end1), ("Resource2_Id", end2)].iter().filter(|(_, e)| *e == Some(end))
            {
                let pairs = match model.place(association) {
                    LinkPlace::Table(id) => format!(
                        "SELECT Association_Id, Resource1_Id, Resource2_Id FROM UR_ResourceLinks \
                         WHERE Association_Id = {id} AND {column} IN {deleted}"
                    ),
                    place @ LinkPlace::Slot { slot, owner_is_first, .. } => {
                        let is_owner = owner_is_first == (*column == "Resource1_Id");
                        let near = if is_owner { "o.Id".to_owned() } else { link_column("o", slot) };
                        slot_pairs(association.id, place, &format!("{near} IN {deleted}"))
                    }
                };
                self.follow_links(&pairs)?;
            }
        }
        Ok(())
    }

    /// What goes with resources that are about to be deleted, listed by a query.
    pub(crate) fn follow_deletion(&mut self, deleted: &str, now: i64) -> Result<(), StoreError> {
        self.forget_keys(deleted)?;
        if !self.follows_policy()? {
            return Ok(());
        }
        self.lose_targets(deleted, now)?;
        self.free(&format!("SELECT Resource_Id FROM UP_ResourceCorrelations WHERE Owner_Id IN {deleted}"))?;
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
        // Who reads it by a query is told by nothing else.
        self.follow_resources(&format!("SELECT DISTINCT d.* FROM {deleted} d"))?;
        let sql = format!(
            "UPDATE UP_ResourceClassifications SET Owner_Id = NULL, IsFrozen = 0 WHERE Owner_Id IS NOT NULL \
             AND Owner_Id IN {deleted}"
        );
        self.link.execute(&sql, &[]).map(|_| ())
    }

    /// Their keys go, and are remembered for those who are matched by the same ones.
    fn forget_keys(&mut self, deleted: &str) -> Result<(), StoreError> {
        let which = format!("FROM UP_ResourceCorrelationKeys WHERE Resource_Id IN {deleted}");
        let sql = format!(
            "INSERT INTO UP_ChangedKeys (Rule_Id, Side, KeyValue, Resource_Id, IsAdded) \
             SELECT Rule_Id, Side, KeyValue, Resource_Id, 0 {which}"
        );
        self.link.execute(&sql, &[])?;
        self.link.execute(&format!("DELETE {which}"), &[]).map(|_| ())
    }

    /// Remembers that resources which a query lists are not matched any more.
    fn free(&mut self, list: &str) -> Result<(), StoreError> {
        let sql = format!(
            "INSERT INTO UP_ChangedKeys (Rule_Id, Side, KeyValue, Resource_Id, IsAdded) \
             SELECT 0, 0, '', l.*, 0 FROM ({list}) l"
        );
        self.link.execute(&sql, &[]).map(|_| ())
    }

    /// Their owners keep what is assigned to them, without the target, until they are evaluated.
    fn lose_targets(&mut self, deleted: &str, now: i64) -> Result<(), StoreError> {
        self.free(&format!("SELECT Owner_Id FROM UP_ResourceCorrelations WHERE Resource_Id IN {deleted}"))?;
        for table in ["UP_ResourceCorrelations", "UP_AssignedResourceTypes"] {
            let sql = format!(
                "INSERT INTO UP_WaitingOwners (Owner_Id, Mark) SELECT DISTINCT Owner_Id, 0 FROM {table} \
                 WHERE Resource_Id IN {deleted} \
                 ON CONFLICT (Owner_Id) DO UPDATE SET Mark = UP_WaitingOwners.Mark + 1"
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

/// Query for the links of an association in a slot, of rows `o` that fulfil a condition.
fn slot_pairs(association: AssociationId, place: LinkPlace, which: &str) -> String {
    let LinkPlace::Slot { owner, slot, owner_is_first } = place else {
        return "SELECT 0, 0, 0 WHERE FALSE".to_owned();
    };
    let target = link_column("o", slot);
    let (first, second) = if owner_is_first { ("o.Id", target.as_str()) } else { (target.as_str(), "o.Id") };
    format!(
        "SELECT CAST({association} AS BIGINT), {first}, {second} FROM UR_Resources o \
         WHERE o.Type = {owner} AND o.{} IS NOT NULL AND {which}",
        slot.column()
    )
}
