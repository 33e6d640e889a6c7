//! Carrying out a set of changes, set by set, with history. Nothing is decided here: the change tables say it all.
//!
//! The order matters. Deletions come first, so that their rows go to history as they were. Then every row that is
//! going to change is copied to history once, whatever changes in it; its `ValidFrom` becomes the time of this run,
//! which is also how the later steps know that it was copied. A row stays in its version when each of its changed
//! properties has a history precision that has not elapsed. No version of zero length is ever written.

use crate::changes::RunId;
use crate::error::StoreError;
use crate::plan::{AppliedCounts, ApplyPlan};
use crate::stored_model::{LinkPlace, StoredModel, StoredType, link_column, link_value};
use crate::tx::WriteTx;
use provost_model::changes::Command;
use provost_model::{AssociationId, EntityTypeId, Slot, fault};

/// Numbers of commands in SQL.
pub(crate) const INSERT: i64 = Command::Insert as i64;
pub(crate) const UPDATE: i64 = Command::Update as i64;
pub(crate) const DELETE: i64 = Command::Delete as i64;

/// SQL that is true when a version that began at `valid_from` may be closed at `now`.
pub(crate) fn elapsed(valid_from: &str, now: i64, minutes: &str) -> String {
    format!("({valid_from} < {now} AND {valid_from} <= {now} - CAST({minutes} AS BIGINT) * 60000000)")
}

impl WriteTx {
    /// Carries out the changes of a run. In the same transaction the caller records that it did.
    ///
    /// # Errors
    /// When a type is not deployed or a writer still holds rows, and those of the database.
    pub fn apply_changes(&mut self, run: RunId, plan: &ApplyPlan) -> Result<AppliedCounts, StoreError> {
        self.settled()?;
        if let Some(lock) = self.link.dialect().lock_repository() {
            self.link.batch(&lock)?;
        }
        for table in ["UR_ResourceChanges", "UR_ResourceLinkChanges", "UR_ResourceKeyChanges"] {
            if let Some(sql) = self.link.dialect().refresh_statistics(table) {
                self.link.batch(&sql)?;
            }
        }
        self.link.take_memory()?;
        let model = self.model()?;
        let mut apply = Apply { tx: self, model: &model, run, plan, counts: AppliedCounts::default() };
        apply.all()?;
        let counts = apply.counts;
        self.refresh_grown_tables(&counts)?;
        if !plan.dont_delete_changes {
            self.clear_changes(run)?;
        }
        fault::point("store.apply.cleared");
        self.note(&counts);
        Ok(counts)
    }

    /// Refuses to go on while a writer holds rows that the statements would not see.
    fn settled(&self) -> Result<(), StoreError> {
        if let Some(error) = self.link.failed.borrow_mut().take() {
            return Err(error);
        }
        match self.link.held.get() {
            0 => Ok(()),
            rows => Err(StoreError::misuse(format!("a writer still holds {rows} rows: finish it before applying"))),
        }
    }

    /// The next plans must know of tables that were empty a moment ago, or much smaller.
    fn refresh_grown_tables(&self, counts: &AppliedCounts) -> Result<(), StoreError> {
        const MANY: u64 = 10_000;
        let dialect = self.link.dialect();
        let resources: u64 = counts.types.iter().map(|(_, t)| t.inserted).sum();
        let links: u64 = counts.associations.iter().map(|(_, l)| l.created).sum();
        for (grown, table) in [(resources, "UR_Resources"), (resources, "UR_ResourceKeys"), (links, "UR_ResourceLinks")]
        {
            let Some(estimated) = dialect.estimated_rows(table).filter(|_| grown >= MANY) else {
                continue;
            };
            let known = self.link.count(&estimated, &[])?;
            if let Some(sql) = dialect.refresh_statistics(table).filter(|_| grown >= known / 10) {
                self.link.batch(&sql)?;
            }
        }
        Ok(())
    }

    fn note(&mut self, counts: &AppliedCounts) {
        for (_, t) in &counts.types {
            self.count("resourcesInserted", t.inserted);
            self.count("resourcesUpdated", t.updated);
            self.count("resourcesDeleted", t.deleted);
        }
        for (_, l) in &counts.associations {
            self.count("linksCreated", l.created);
            self.count("linksRemoved", l.removed);
        }
        self.count("versions", counts.versions);
    }

    /// Copies rows of one type to history as they are. `condition` speaks of `r`.
    pub(crate) fn archive(
        &mut self,
        model: &StoredModel,
        entity_type: &StoredType,
        now: i64,
        condition: &str,
    ) -> Result<u64, StoreError> {
        self.archive_from("UR_Resources r", model, entity_type, now, condition)
    }

    /// Copies rows of one type to history, found through other tables: each row may be found once only.
    fn archive_from(
        &mut self,
        tables: &str,
        model: &StoredModel,
        entity_type: &StoredType,
        now: i64,
        condition: &str,
    ) -> Result<u64, StoreError> {
        let columns: String = model.columns.iter().map(|s| format!(", {}", s.column())).collect();
        let values: String = model.columns.iter().map(|s| format!(", r.{}", s.column())).collect();
        let sql = format!(
            "INSERT INTO UR_ResourcesHistory (Id, Type, ValidFrom, ValidTo, KeyValue, DisplayName_L1{columns}) \
             SELECT r.Id, r.Type, r.ValidFrom, {now}, {}, r.DisplayName_L1{values} FROM {tables} \
             WHERE r.Type = {} AND r.ValidFrom < {now} AND {condition}",
            entity_type.key_column("r"),
            entity_type.id
        );
        self.link.execute_or_fail(&sql)
    }
}

pub(crate) struct Apply<'a> {
    pub(crate) tx: &'a mut WriteTx,
    pub(crate) model: &'a StoredModel,
    pub(crate) run: RunId,
    plan: &'a ApplyPlan,
    counts: AppliedCounts,
}

impl Apply<'_> {
    fn all(&mut self) -> Result<(), StoreError> {
        let plan = self.plan;
        let mut deleting = Vec::new();
        for (id, _) in &plan.types {
            if self.deletions(*id)? > 0 {
                deleting.push(*id);
            }
        }
        self.tx.follow_run(self.run)?;
        self.follow_deletions(&deleting)?;
        self.end_links_of_deleted(&deleting)?;
        for (id, slots) in &plan.types {
            self.change_unique_keys(*id, slots)?;
        }
        self.delete_resources(&deleting)?;
        fault::point("store.apply.deleted");
        self.begin_versions(&deleting)?;
        fault::point("store.apply.versions");
        for (id, slots) in &plan.types {
            self.update_resources(*id, slots)?;
            self.insert_resources(*id, slots)?;
            self.change_primary_keys(*id)?;
        }
        fault::point("store.apply.resources");
        self.clear_dangling(&deleting)?;
        for (id, place) in &plan.associations {
            match *place {
                LinkPlace::Table(_) => self.change_table_links(*id)?,
                LinkPlace::Slot { .. } => self.change_slot_links(*id, *place)?,
            }
        }
        fault::point("store.apply.links");
        self.change_keys()?;
        self.change_orphans()?;
        fault::point("store.apply.keys");
        Ok(())
    }

    pub(crate) fn run_sql(&mut self, sql: &str) -> Result<u64, StoreError> {
        self.tx.link.execute_or_fail(sql)
    }

    /// For statements whose key rows this module writes itself, in the order of the keys: a trigger would write them in
    /// that of the resources, and make the statement keep a journal of its own.
    fn run_without_triggers(&mut self, sql: &str) -> Result<u64, StoreError> {
        self.tx.link.fire_triggers(false)?;
        let count = self.run_sql(sql)?;
        self.tx.link.fire_triggers(true)?;
        Ok(count)
    }

    fn deletions(&mut self, entity_type: EntityTypeId) -> Result<u64, StoreError> {
        let sql = format!("SELECT COUNT(*) FROM UR_ResourceChanges WHERE {}", self.changes(entity_type, DELETE));
        self.tx.link.count(&sql, &[])
    }

    /// SQL condition for the changes of a type.
    pub(crate) fn changes(&self, entity_type: EntityTypeId, command: i64) -> String {
        format!("Run_Id = {} AND Type = {entity_type} AND Command = {command}", self.run.0)
    }

    /// SQL for the ids of the resources of a type that are deleted.
    fn deleted(&self, entity_type: EntityTypeId) -> String {
        format!("(SELECT Resource_Id FROM UR_ResourceChanges WHERE {})", self.changes(entity_type, DELETE))
    }

    /// The policy must know which resources go, and whose links end with them.
    fn follow_deletions(&mut self, deleting: &[EntityTypeId]) -> Result<(), StoreError> {
        for id in deleting {
            self.tx.follow_ending_links(*id, &self.deleted(*id))?;
        }
        for id in deleting {
            self.tx.follow_deletion(&self.deleted(*id), self.plan.now_micros)?;
        }
        Ok(())
    }

    /// Links in the table go with the resource at either end.
    fn end_links_of_deleted(&mut self, deleting: &[EntityTypeId]) -> Result<(), StoreError> {
        let now = self.plan.now_micros;
        for association in &self.model.associations {
            let (end1, end2) = self.model.ends(association);
            for (end, column) in [(end1, "Resource1_Id"), (end2, "Resource2_Id")] {
                let Some(end) = end.filter(|e| deleting.contains(e)) else {
                    continue;
                };
                if let LinkPlace::Slot { owner, slot, owner_is_first } = self.model.place(association) {
                    // The link in the slot of a deleted resource goes with its row.
                    if owner_is_first == (column == "Resource1_Id") {
                        let sql = format!(
                            "SELECT COUNT(*) FROM UR_Resources WHERE Type = {owner} AND {} IS NOT NULL AND Id IN {}",
                            slot.column(),
                            self.deleted(end)
                        );
                        let lost = self.tx.link.count(&sql, &[])?;
                        self.counts.of_links(association.id).removed += lost;
                    }
                    continue;
                }
                let which = format!("Association_Id = {} AND {column} IN {}", association.id, self.deleted(end));
                self.run_sql(&format!(
                    "INSERT INTO UR_ResourceLinksHistory (Association_Id, Resource1_Id, Resource2_Id, ValidFrom, ValidTo) \
                     SELECT Association_Id, Resource1_Id, Resource2_Id, ValidFrom, {now} FROM UR_ResourceLinks \
                     WHERE {which} AND ValidFrom < {now}"
                ))?;
                let removed = self.run_sql(&format!("DELETE FROM UR_ResourceLinks WHERE {which}"))?;
                self.counts.of_links(association.id).removed += removed;
            }
        }
        Ok(())
    }

    fn delete_resources(&mut self, deleting: &[EntityTypeId]) -> Result<(), StoreError> {
        for id in deleting {
            let entity_type = self.model.entity_type(*id)?;
            let which = format!("r.Id IN {}", self.deleted(*id));
            self.counts.versions += self.tx.archive(self.model, entity_type, self.plan.now_micros, &which)?;
            let sql = format!("DELETE FROM UR_Resources WHERE Type = {id} AND Id IN {}", self.deleted(*id));
            self.counts.of_type(*id).deleted = self.run_without_triggers(&sql)?;
        }
        Ok(())
    }

    /// Copies to history every row that is going to change, each once.
    fn begin_versions(&mut self, deleting: &[EntityTypeId]) -> Result<(), StoreError> {
        for (id, place) in &self.plan.associations {
            if let LinkPlace::Slot { owner, slot, .. } = *place {
                let owners = self.owners_that_change(*id, *place);
                self.begin_version_of(owner, slot, &owners)?;
            }
        }
        for (owner, slot, target) in self.dangling_places(deleting) {
            let owners = self.owners_that_dangle(owner, slot, target);
            self.begin_version_of(owner, slot, &owners)?;
        }
        for (id, _) in &self.plan.types {
            let entity_type = self.model.entity_type(*id)?;
            let now = self.plan.now_micros;
            let which = format!(
                "{} AND {}",
                qualified(&self.changes(*id, UPDATE)),
                elapsed("r.ValidFrom", now, "c.HistoryPrecision")
            );
            let which = format!("{which} ORDER BY c.Resource_Id");
            let tables = "UR_ResourceChanges c JOIN UR_Resources r ON r.Id = c.Resource_Id";
            self.counts.versions += self.tx.archive_from(tables, self.model, entity_type, now, &which)?;
        }
        Ok(())
    }

    /// Copies the rows of these owners to history and dates their new version, unless the precision of the property in
    /// the slot forbids it.
    fn begin_version_of(&mut self, owner: EntityTypeId, slot: Slot, owners: &str) -> Result<(), StoreError> {
        let entity_type = self.model.entity_type(owner)?;
        let now = self.plan.now_micros;
        let precision = entity_type.properties.iter().find(|p| p.slot == Some(slot)).map_or(0, |p| p.precision);
        let due = elapsed("r.ValidFrom", now, &precision.to_string());
        let versions = self.tx.archive(self.model, entity_type, now, &format!("{due} AND r.Id IN ({owners})"))?;
        self.counts.versions += versions;
        if versions > 0 {
            let due = elapsed("ValidFrom", now, &precision.to_string());
            self.run_sql(&format!(
                "UPDATE UR_Resources SET ValidFrom = {now} WHERE Type = {owner} AND {due} AND Id IN ({owners})"
            ))?;
        }
        Ok(())
    }

    /// SQL for (owner, target) of links to remove and not to make at once.
    fn removals(&self, association: AssociationId) -> String {
        let part = |command| {
            format!(
                "SELECT Resource1_Id, Resource2_Id FROM UR_ResourceLinkChanges \
                 WHERE Run_Id = {} AND Association_Id = {association} AND Command = {command}",
                self.run.0
            )
        };
        format!("{} EXCEPT {}", part(DELETE), part(INSERT))
    }

    /// SQL for the ids of owners whose slot is going to change.
    fn owners_that_change(&self, association: AssociationId, place: LinkPlace) -> String {
        let LinkPlace::Slot { owner, slot, owner_is_first } = place else {
            return "NULL".to_owned();
        };
        let (own, target) = ends(owner_is_first);
        let stored = link_column("o", slot);
        format!(
            "SELECT o.Id FROM UR_ResourceLinkChanges c JOIN UR_Resources o ON o.Id = c.{own} \
             WHERE c.Run_Id = {run} AND c.Association_Id = {association} AND c.Command = {INSERT} \
             AND o.Type = {owner} AND {stored} IS DISTINCT FROM c.{target} \
             UNION SELECT o.Id FROM ({removals}) d JOIN UR_Resources o ON o.Id = d.{own} \
             WHERE o.Type = {owner} AND {stored} = d.{target}",
            run = self.run.0,
            removals = self.removals(association)
        )
    }

    /// Slots that may point to resources that are deleted: (owner, slot, target type).
    fn dangling_places(&self, deleting: &[EntityTypeId]) -> Vec<(EntityTypeId, Slot, EntityTypeId)> {
        let mut found = Vec::new();
        for association in &self.model.associations {
            if let LinkPlace::Slot { owner, slot, owner_is_first } = self.model.place(association) {
                let (end1, end2) = self.model.ends(association);
                let target = if owner_is_first { end2 } else { end1 };
                found.extend(target.filter(|t| deleting.contains(t)).map(|t| (owner, slot, t)));
            }
        }
        found
    }

    fn owners_that_dangle(&self, owner: EntityTypeId, slot: Slot, target: EntityTypeId) -> String {
        format!(
            "SELECT o.Id FROM UR_Resources o WHERE o.Type = {owner} AND o.{} IS NOT NULL AND {} IN {}",
            slot.column(),
            link_column("o", slot),
            self.deleted(target)
        )
    }

    /// No slot may point to a resource that does not exist.
    fn clear_dangling(&mut self, deleting: &[EntityTypeId]) -> Result<(), StoreError> {
        for association in &self.model.associations {
            let LinkPlace::Slot { owner, slot, owner_is_first } = self.model.place(association) else {
                continue;
            };
            let (end1, end2) = self.model.ends(association);
            let target = if owner_is_first { end2 } else { end1 };
            let Some(target) = target.filter(|t| deleting.contains(t)) else {
                continue;
            };
            let sql = format!(
                "UPDATE UR_Resources SET {} = NULL WHERE Id IN ({})",
                slot.column(),
                self.owners_that_dangle(owner, slot, target)
            );
            let removed = self.run_sql(&sql)?;
            self.counts.of_links(association.id).removed += removed;
        }
        Ok(())
    }

    fn update_resources(&mut self, id: EntityTypeId, slots: &[Slot]) -> Result<(), StoreError> {
        let now = self.plan.now_micros;
        let values: String =
            slots.iter().map(|s| s.column()).map(|column| format!("{column} = c.{column}, ")).collect();
        let due = elapsed("UR_Resources.ValidFrom", now, "c.HistoryPrecision");
        let sql = format!(
            "UPDATE UR_Resources SET {values}DisplayName_L1 = c.DisplayName_L1, \
             ValidFrom = CASE WHEN {due} THEN {now} ELSE UR_Resources.ValidFrom END \
             FROM UR_ResourceChanges c WHERE {} AND UR_Resources.Id = c.Resource_Id AND UR_Resources.Type = {id}",
            qualified(&self.changes(id, UPDATE))
        );
        self.counts.of_type(id).updated = self.run_without_triggers(&sql)?;
        Ok(())
    }

    fn insert_resources(&mut self, id: EntityTypeId, slots: &[Slot]) -> Result<(), StoreError> {
        let columns: String = slots.iter().map(|s| format!(", {}", s.column())).collect();
        let sql = format!(
            "INSERT INTO UR_Resources (Id, Type, ValidFrom, Dirty, DisplayName_L1{columns}) \
             SELECT Resource_Id, Type, {}, 0, DisplayName_L1{columns} FROM UR_ResourceChanges WHERE {} ORDER BY Id",
            self.plan.now_micros,
            self.changes(id, INSERT)
        );
        self.counts.of_type(id).inserted = self.run_sql(&sql)?;
        Ok(())
    }

    fn change_table_links(&mut self, id: AssociationId) -> Result<(), StoreError> {
        let (run, now) = (self.run.0, self.plan.now_micros);
        let removals = self.removals(id);
        self.run_sql(&format!(
            "INSERT INTO UR_ResourceLinksHistory (Association_Id, Resource1_Id, Resource2_Id, ValidFrom, ValidTo) \
             SELECT l.Association_Id, l.Resource1_Id, l.Resource2_Id, l.ValidFrom, {now} FROM ({removals}) d \
             JOIN UR_ResourceLinks l ON l.Association_Id = {id} AND l.Resource1_Id = d.Resource1_Id \
             AND l.Resource2_Id = d.Resource2_Id WHERE l.ValidFrom < {now}"
        ))?;
        let removed = self.tx.link.delete_listed(
            "UR_ResourceLinks",
            &["Association_Id", "Resource1_Id", "Resource2_Id"],
            &format!("SELECT CAST({id} AS BIGINT) AS Association_Id, Resource1_Id, Resource2_Id FROM ({removals}) d"),
        )?;
        let created = self.run_sql(&format!(
            "INSERT INTO UR_ResourceLinks (Association_Id, Resource1_Id, Resource2_Id, ValidFrom) \
             SELECT Association_Id, Resource1_Id, Resource2_Id, {now} FROM UR_ResourceLinkChanges \
             WHERE Run_Id = {run} AND Association_Id = {id} AND Command = {INSERT} ORDER BY Id ON CONFLICT DO NOTHING"
        ))?;
        let counts = self.counts.of_links(id);
        counts.removed += removed;
        counts.created += created;
        Ok(())
    }

    fn change_slot_links(&mut self, id: AssociationId, place: LinkPlace) -> Result<(), StoreError> {
        let LinkPlace::Slot { owner, slot, owner_is_first } = place else {
            return Ok(());
        };
        let (own, target) = ends(owner_is_first);
        let column = slot.column();
        let stored = link_column("UR_Resources", slot);
        let removed = self.run_sql(&format!(
            "UPDATE UR_Resources SET {column} = NULL FROM ({}) d WHERE UR_Resources.Id = d.{own} \
             AND UR_Resources.Type = {owner} AND {stored} = d.{target}",
            self.removals(id)
        ))?;
        let which = format!("c.Run_Id = {} AND c.Association_Id = {id} AND c.Command = {INSERT}", self.run.0);
        let overwritten = self.tx.link.count(
            &format!(
                "SELECT COUNT(*) FROM UR_ResourceLinkChanges c JOIN UR_Resources o ON o.Id = c.{own} \
                 WHERE {which} AND o.Type = {owner} AND {stored} IS NOT NULL AND {stored} <> c.{target}",
                stored = link_column("o", slot)
            ),
            &[],
        )?;
        let created = self.run_sql(&format!(
            "UPDATE UR_Resources SET {column} = {} FROM UR_ResourceLinkChanges c WHERE {which} \
             AND UR_Resources.Id = c.{own} AND UR_Resources.Type = {owner} AND {stored} IS DISTINCT FROM c.{target}",
            link_value(&format!("c.{target}"), slot)
        ))?;
        let counts = self.counts.of_links(id);
        counts.removed += removed + overwritten;
        counts.created += created;
        Ok(())
    }

    fn change_orphans(&mut self) -> Result<(), StoreError> {
        let run = self.run.0;
        let columns = ["Association_Id", "Key1", "Key2"];
        let row = columns.join(", ");
        self.tx.link.delete_listed(
            "UR_ResourceLinkOrphans",
            &columns,
            &format!("SELECT {row} FROM UR_ResourceLinkOrphanChanges WHERE Run_Id = {run} AND Command = {DELETE}"),
        )?;
        self.run_sql(&format!(
            "INSERT INTO UR_ResourceLinkOrphans ({row}) SELECT {row} FROM UR_ResourceLinkOrphanChanges \
             WHERE Run_Id = {run} AND Command = {INSERT} ORDER BY Id ON CONFLICT DO NOTHING"
        ))?;
        Ok(())
    }
}

/// Columns of the owner and of the target in a link row.
fn ends(owner_is_first: bool) -> (&'static str, &'static str) {
    if owner_is_first { ("Resource1_Id", "Resource2_Id") } else { ("Resource2_Id", "Resource1_Id") }
}

/// A condition of [`Apply::changes`] with its columns prefixed.
pub(crate) fn qualified(condition: &str) -> String {
    condition.replace("Run_Id", "c.Run_Id").replace("Type", "c.Type").replace("Command", "c.Command")
}
