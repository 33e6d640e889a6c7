//! The part of an apply that writes the key table: each property in one go, in the order of its keys, so that a page of
//! the table is fetched and changed once.

use crate::apply::{Apply, DELETE, INSERT, UPDATE};
use crate::changes::RENEW;
use crate::error::StoreError;
use crate::stored_model::{KeyRole, text_column};
use provost_model::{EntityTypeId, PropertyId, Slot};

/// Columns of the key of `UR_ResourceKeys`.
const ROW: [&str; 4] = ["EntityType_Id", "Property_Id", "KeyValue", "Resource_Id"];

impl Apply<'_> {
    /// Rows of unique keys follow the values. The old values are those of the resources, which have not changed yet.
    pub(crate) fn change_unique_keys(&mut self, id: EntityTypeId, slots: &[Slot]) -> Result<(), StoreError> {
        let model = self.model;
        for property in &model.entity_type(id)?.properties {
            let Some(slot) = property.slot.filter(|_| property.role == KeyRole::Unique) else {
                continue;
            };
            let is_staged = slots.contains(&slot);
            if self.tx.link.dialect().triggers_rest() {
                self.lose_unique_keys(id, property.id, slot, is_staged)?;
            }
            if is_staged {
                self.gain_unique_keys(id, property.id, slot)?;
            }
        }
        Ok(())
    }

    fn lose_unique_keys(
        &mut self,
        id: EntityTypeId,
        property: PropertyId,
        slot: Slot,
        is_staged: bool,
    ) -> Result<(), StoreError> {
        let (old, new) = (text_column("r", slot), text_column("c", slot));
        let changes = if is_staged {
            format!("(c.Command = {DELETE} OR c.Command = {UPDATE} AND {old} IS DISTINCT FROM {new})")
        } else {
            format!("c.Command = {DELETE}")
        };
        let lost = format!(
            "SELECT CAST({id} AS BIGINT) AS EntityType_Id, CAST({property} AS BIGINT) AS Property_Id, \
             {old} AS KeyValue, r.Id AS Resource_Id \
             FROM UR_ResourceChanges c JOIN UR_Resources r ON r.Id = c.Resource_Id AND r.Type = c.Type \
             WHERE c.Run_Id = {} AND c.Type = {id} AND {old} IS NOT NULL AND {changes} ORDER BY 3, 4",
            self.run.0
        );
        self.tx.link.delete_listed("UR_ResourceKeys", &ROW, &lost)?;
        Ok(())
    }

    fn gain_unique_keys(&mut self, id: EntityTypeId, property: PropertyId, slot: Slot) -> Result<(), StoreError> {
        let (old, new) = (text_column("r", slot), text_column("c", slot));
        let (tables, changes) = if self.tx.link.dialect().triggers_rest() {
            (
                "UR_ResourceChanges c LEFT JOIN UR_Resources r ON r.Id = c.Resource_Id",
                format!("c.Command IN ({INSERT}, {UPDATE}) AND {old} IS DISTINCT FROM {new}"),
            )
        } else {
            // There is no trigger for what is inserted.
            ("UR_ResourceChanges c", format!("c.Command = {INSERT}"))
        };
        // Neither NULL nor an empty text is a key.
        self.run_sql(&format!(
            "INSERT INTO UR_ResourceKeys (EntityType_Id, Property_Id, KeyValue, Resource_Id, Fingerprint) \
             SELECT {id}, {property}, {new}, c.Resource_Id, 0 FROM {tables} \
             WHERE c.Run_Id = {} AND c.Type = {id} AND {changes} AND {new} <> '' \
             ORDER BY {new}, c.Resource_Id ON CONFLICT DO NOTHING",
            self.run.0
        ))?;
        Ok(())
    }

    /// The primary-key row of what was inserted or updated carries the new fingerprint, that of what was deleted goes.
    pub(crate) fn change_primary_keys(&mut self, id: EntityTypeId) -> Result<(), StoreError> {
        let Some(key) = self.model.entity_type(id)?.key().map(|p| p.id) else {
            return Ok(());
        };
        let gone = format!(
            "SELECT Type AS EntityType_Id, CAST({key} AS BIGINT) AS Property_Id, KeyValue, Resource_Id \
             FROM UR_ResourceChanges WHERE {} AND KeyValue IS NOT NULL ORDER BY KeyValue",
            self.changes(id, DELETE)
        );
        self.tx.link.delete_listed("UR_ResourceKeys", &ROW, &gone)?;
        let present = format!(
            "SELECT Type AS EntityType_Id, CAST({key} AS BIGINT) AS Property_Id, KeyValue, Resource_Id, Fingerprint \
             FROM UR_ResourceChanges WHERE Run_Id = {} AND Type = {id} AND Command IN ({INSERT}, {UPDATE}) \
             AND KeyValue IS NOT NULL ORDER BY KeyValue, Resource_Id",
            self.run.0
        );
        self.tx.link.put_listed("UR_ResourceKeys", &ROW, "Fingerprint", &present)
    }

    /// Rows that were staged by themselves: of resources that do not change, or that somebody has removed by SQL.
    pub(crate) fn change_keys(&mut self) -> Result<(), StoreError> {
        let run = self.run.0;
        let row = ROW.join(", ");
        self.tx.link.delete_listed(
            "UR_ResourceKeys",
            &ROW,
            &format!("SELECT {row} FROM UR_ResourceKeyChanges WHERE Run_Id = {run} AND Command = {DELETE}"),
        )?;
        let gained = format!(
            "SELECT {row}, Fingerprint FROM UR_ResourceKeyChanges WHERE Run_Id = {run} AND Command = {INSERT} ORDER BY Id"
        );
        self.tx.link.put_listed("UR_ResourceKeys", &ROW, "Fingerprint", &gained)?;
        self.run_sql(&format!(
            "UPDATE UR_ResourceKeys SET Fingerprint = c.Fingerprint FROM UR_ResourceKeyChanges c \
             WHERE c.Run_Id = {run} AND c.Command = {RENEW} AND UR_ResourceKeys.EntityType_Id = c.EntityType_Id \
             AND UR_ResourceKeys.Property_Id = c.Property_Id AND UR_ResourceKeys.KeyValue = c.KeyValue \
             AND UR_ResourceKeys.Resource_Id = c.Resource_Id"
        ))?;
        Ok(())
    }
}
