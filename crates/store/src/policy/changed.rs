//! Changes of the data that computations have not followed yet.

use super::keys::{CorrelationKey, KeySide};
use crate::error::StoreError;
use crate::sink::{Sink, names};
use crate::tx::{ReadTx, WriteTx};
use provost_model::{AssociationId, EntityTypeId, PolicyObjectId, ResourceId};
use std::collections::BTreeMap;

/// Changes of values and links since a computation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataChanges {
    /// Resources that are new or have another value, by entity type, ascending.
    pub resources: BTreeMap<EntityTypeId, Vec<ResourceId>>,
    /// Links (resource 1, resource 2) that were made or removed, by association, ascending.
    pub links: BTreeMap<AssociationId, Vec<(ResourceId, ResourceId)>>,
}

impl DataChanges {
    /// Nothing has changed.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.links.is_empty()
    }
}

/// Changes of keys, and of what is matched, since correlation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyChangeLog {
    /// Keys that a resource got (true) or lost.
    pub keys: Vec<(CorrelationKey, bool)>,
    /// Owners that lost a target, and targets that lost their owner.
    pub freed: Vec<ResourceId>,
}

/// Who has not followed a change yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follower {
    /// The computation of correlation keys.
    Keys,
    /// That of the role model, which comes behind.
    Owners,
}

impl ReadTx {
    /// Changes that are to be followed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn data_changes(&mut self, follower: Follower) -> Result<DataChanges, StoreError> {
        let which = match follower {
            Follower::Keys => "Waits = 3",
            Follower::Owners => "Waits > 0",
        };
        let mut changes = DataChanges::default();
        let sql = format!(
            "SELECT r.Type, c.Resource_Id FROM UP_ChangedResources c JOIN UR_Resources r ON r.Id = c.Resource_Id \
             WHERE c.{which} ORDER BY c.Resource_Id"
        );
        self.link.scan(&sql, &[], |row| {
            changes.resources.entry(EntityTypeId(row.i64(0)?)).or_default().push(ResourceId(row.i64(1)?));
            Ok::<(), StoreError>(())
        })?;
        let sql = format!(
            "SELECT Association_Id, Resource1_Id, Resource2_Id FROM UP_ChangedLinks WHERE {which} \
             ORDER BY Association_Id, Resource1_Id, Resource2_Id"
        );
        self.link.scan(&sql, &[], |row| {
            let pair = (ResourceId(row.i64(1)?), ResourceId(row.i64(2)?));
            changes.links.entry(AssociationId(row.i64(0)?)).or_default().push(pair);
            Ok::<(), StoreError>(())
        })?;
        Ok(changes)
    }

    /// Whether anything at all has changed that owners have not followed: a deletion too, which is no change of what
    /// remains.
    ///
    /// # Errors
    /// Those of the database.
    pub fn has_data_changed(&mut self) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM UP_ChangedResources WHERE Waits > 0) \
                   OR EXISTS (SELECT 1 FROM UP_ChangedLinks WHERE Waits > 0)";
        let sql = format!("SELECT CAST(CASE WHEN found THEN 1 ELSE 0 END AS BIGINT) FROM ({sql} AS found) f");
        Ok(self.link.first(&sql, &[], |row| row.i64(0))? == Some(1))
    }

    /// Changes of keys that correlation has not followed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn key_change_log(&mut self) -> Result<KeyChangeLog, StoreError> {
        let mut log = KeyChangeLog::default();
        self.link.scan("SELECT Rule_Id, Side, KeyValue, Resource_Id, IsAdded FROM UP_ChangedKeys", &[], |row| {
            let resource = ResourceId(row.i64(3)?);
            match row.i64(0)? {
                0 => log.freed.push(resource),
                rule => {
                    let side = if row.i64(1)? == 0 { KeySide::Source } else { KeySide::Target };
                    let key = CorrelationKey { resource, rule: PolicyObjectId(rule), side, value: row.string(2)? };
                    log.keys.push((key, row.i64(4)? != 0));
                }
            }
            Ok::<(), StoreError>(())
        })?;
        log.keys.sort();
        log.freed.sort_unstable();
        log.freed.dedup();
        Ok(log)
    }
}

impl WriteTx {
    /// Keys follow the data.
    ///
    /// # Errors
    /// Those of the database.
    pub fn keys_followed(&mut self) -> Result<(), StoreError> {
        for table in ["UP_ChangedResources", "UP_ChangedLinks"] {
            self.link.execute(&format!("UPDATE {table} SET Waits = 2 WHERE Waits = 3"), &[])?;
        }
        Ok(())
    }

    /// Owners follow data and keys: their evaluation is done, or they wait for it. Dirty flags have served their turn.
    ///
    /// # Errors
    /// Those of the database.
    pub fn owners_followed(&mut self) -> Result<(), StoreError> {
        for table in ["UP_ChangedResources", "UP_ChangedLinks", "UP_ChangedKeys"] {
            self.link.execute(&format!("DELETE FROM {table}"), &[])?;
        }
        self.link.execute("UPDATE UR_Resources SET Dirty = 0 WHERE Dirty = 1", &[]).map(|_| ())
    }

    /// Remembers keys that correlation has to follow: got (true) or lost.
    ///
    /// # Errors
    /// Those of the database.
    pub fn log_key_changes<'k>(
        &mut self,
        keys: impl Iterator<Item = (&'k CorrelationKey, bool)>,
    ) -> Result<(), StoreError> {
        let columns = names(&["Rule_Id", "Side", "KeyValue", "Resource_Id", "IsAdded"]);
        let mut sink = Sink::new(&self.link, "UP_ChangedKeys", columns);
        for (key, is_added) in keys {
            sink.row(&[
                key.rule.0.into(),
                (key.side as i64).into(),
                (&key.value).into(),
                key.resource.0.into(),
                i64::from(is_added).into(),
            ])?;
        }
        sink.flush()
    }
}
