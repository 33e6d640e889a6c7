//! Current resources, as the engine reads and computes them.

use crate::apply::elapsed;
use crate::batch::in_batches;
use crate::changes::slot_value;
use crate::error::StoreError;
use crate::sink::{Sink, names};
use crate::stored_model::{KeyRole, text_column};
use crate::tx::{ReadTx, WriteTx};
use crate::value::{Arg, Row};
use provost_model::{EntityTypeId, ResourceId, Slot};

/// What [`ReadTx::rows_by_id`] and [`ReadTx::scan_resources`] hand out.
#[derive(Clone, Copy, Debug)]
pub struct ResourceRow<'a> {
    /// The resource.
    pub id: ResourceId,
    /// Values in the order of the slots that were asked for; ids as text for navigations.
    pub values: &'a [Option<&'a str>],
    /// Display name.
    pub display_name: Option<&'a str>,
    /// Since when the resource is as it is: microseconds since 1970, UTC.
    pub valid_from: i64,
}

/// Where a computed value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A property.
    Slot(Slot),
    /// `InternalDisplayName`.
    DisplayName,
}

impl ReadTx {
    /// Number of resources of a type.
    ///
    /// # Errors
    /// Those of the database.
    pub fn count_resources(&mut self, entity_type: EntityTypeId) -> Result<u64, StoreError> {
        self.link.count("SELECT COUNT(*) FROM UR_Resources WHERE Type = $1", &[entity_type.0.into()])
    }

    /// Hands the current rows of these resources to `each`; those that do not exist are left out. Best called with a
    /// few hundred ids or more at once.
    ///
    /// # Errors
    /// Those of `each`, and those of the database.
    pub fn rows_by_id<E: From<StoreError>>(
        &mut self,
        entity_type: EntityTypeId,
        slots: &[Slot],
        resources: &[ResourceId],
        mut each: impl FnMut(ResourceRow<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        in_batches(resources, |batch, list| {
            let sql = format!("{} WHERE r.Type = $1 AND r.Id IN ({}) ORDER BY r.Id", select(slots), list(2));
            let mut args: Vec<Arg<'_>> = vec![entity_type.0.into()];
            args.extend(batch.iter().map(|id| Arg::Int(id.0)));
            self.link.scan(&sql, &args, |row| hand_out(row, slots.len(), &mut each))
        })
    }

    /// Hands all current resources of a type, or those with a dirty flag, to `each` in ascending order of ids.
    ///
    /// # Errors
    /// Those of `each`, and those of the database.
    pub fn scan_resources<E: From<StoreError>>(
        &mut self,
        entity_type: EntityTypeId,
        slots: &[Slot],
        dirty_only: bool,
        mut each: impl FnMut(ResourceRow<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let dirty = if dirty_only { " AND r.Dirty = 1" } else { "" };
        let sql = format!("{} WHERE r.Type = $1{dirty} ORDER BY r.Id", select(slots));
        self.link.scan(&sql, &[entity_type.0.into()], |row| hand_out(row, slots.len(), &mut each))
    }

    /// The next `count` resources of a type, or of those with a dirty flag, behind `after`, ascending by id.
    ///
    /// # Errors
    /// Those of the database.
    pub fn resources_after(
        &mut self,
        entity_type: EntityTypeId,
        dirty_only: bool,
        after: ResourceId,
        count: usize,
    ) -> Result<Vec<ResourceId>, StoreError> {
        let dirty = if dirty_only { " AND Dirty = 1" } else { "" };
        self.link.all(
            &format!("SELECT Id FROM UR_Resources WHERE Type = $1{dirty} AND Id > $2 ORDER BY Id LIMIT {count}"),
            &[entity_type.0.into(), after.0.into()],
            |row| row.i64(0).map(ResourceId),
        )
    }
}

pub(crate) fn select(slots: &[Slot]) -> String {
    let values: String = slots.iter().map(|s| format!(", {}", text_column("r", *s))).collect();
    format!("SELECT r.Id, r.DisplayName_L1, r.ValidFrom{values} FROM UR_Resources r")
}

pub(crate) fn hand_out<E: From<StoreError>>(
    row: &Row<'_>,
    slots: usize,
    each: &mut impl FnMut(ResourceRow<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let values = (3..3 + slots).map(|column| row.text(column)).collect::<Result<Vec<_>, _>>()?;
    each(ResourceRow {
        id: ResourceId(row.i64(0)?),
        values: &values,
        display_name: row.text(1)?,
        valid_from: row.i64(2)?,
    })
}

impl WriteTx {
    /// Stores computed values of one property, with history. Rows that hold the value already stay untouched; the
    /// others are counted. Best called with thousands of values at once; no resource may come twice.
    ///
    /// # Errors
    /// When the type is not deployed, and those of the database.
    pub fn update_values(
        &mut self,
        entity_type: EntityTypeId,
        target: Target,
        values: &[(ResourceId, Option<&str>)],
        now_micros: i64,
    ) -> Result<u64, StoreError> {
        let model = self.model()?;
        let stored = model.entity_type(entity_type)?;
        let property = match target {
            Target::Slot(slot) => stored.properties.iter().find(|p| p.slot == Some(slot)),
            Target::DisplayName => None,
        };
        self.stage_values(target, values)?;
        let (column, value) = match target {
            Target::DisplayName => ("DisplayName_L1".to_owned(), "v.Value".to_owned()),
            Target::Slot(slot) if slot.is_navigation() => (slot.column(), "CAST(v.Value AS BIGINT)".to_owned()),
            Target::Slot(slot) => (slot.column(), "v.Value".to_owned()),
        };
        let due = elapsed("r.ValidFrom", now_micros, &property.map_or(0, |p| p.precision).to_string());
        let changing = format!(
            "SELECT o.Id FROM UR_ResourceValueChanges v JOIN UR_Resources o ON o.Id = v.Resource_Id \
             WHERE o.{column} IS DISTINCT FROM {value}"
        );
        let which = format!("{due} AND r.Id IN ({changing})");
        let versions = self.archive(&model, stored, now_micros, &which)?;
        if let Some(key) = property.filter(|p| p.role != KeyRole::None) {
            self.move_keys(entity_type, key, &changing)?;
        }
        let due = due.replace("r.ValidFrom", "UR_Resources.ValidFrom");
        if self.follows_policy()? {
            self.follow_resources(&changing)?;
        }
        let changed = self.link.execute(
            &format!(
                "UPDATE UR_Resources SET {column} = {value}, \
                 ValidFrom = CASE WHEN {due} THEN {now_micros} ELSE UR_Resources.ValidFrom END \
                 FROM UR_ResourceValueChanges v WHERE UR_Resources.Id = v.Resource_Id \
                 AND UR_Resources.Type = {entity_type} AND UR_Resources.{column} IS DISTINCT FROM {value}"
            ),
            &[],
        )?;
        self.link.execute("DELETE FROM UR_ResourceValueChanges", &[])?;
        self.count("valuesComputed", changed);
        self.count("versions", versions);
        Ok(changed)
    }

    fn stage_values(&mut self, target: Target, values: &[(ResourceId, Option<&str>)]) -> Result<(), StoreError> {
        let mut sink = Sink::new(&self.link, "UR_ResourceValueChanges", names(&["Resource_Id", "Value"]));
        for (id, value) in values {
            if let Target::Slot(slot) = target {
                slot_value(slot, *value)?;
            }
            sink.row(&[id.0.into(), (*value).into()])?;
        }
        sink.flush()?;
        if let Some(sql) = self.link.dialect().refresh_statistics("UR_ResourceValueChanges") {
            self.link.batch(&sql)?;
        }
        Ok(())
    }

    /// The key rows of a computed key follow its values.
    fn move_keys(
        &mut self,
        entity_type: EntityTypeId,
        key: &crate::stored_model::StoredProperty,
        changing: &str,
    ) -> Result<(), StoreError> {
        let Some(slot) = key.slot else { return Ok(()) };
        let old = text_column("r", slot);
        let row = "EntityType_Id, Property_Id, KeyValue, Resource_Id";
        self.link.execute(
            &format!(
                "DELETE FROM UR_ResourceKeys WHERE ({row}) IN (SELECT CAST({entity_type} AS BIGINT), \
                 CAST({} AS BIGINT), {old}, r.Id FROM UR_Resources r \
                 WHERE r.Type = {entity_type} AND {old} IS NOT NULL AND r.Id IN ({changing}))",
                key.id
            ),
            &[],
        )?;
        self.link.execute(
            &format!(
                "INSERT INTO UR_ResourceKeys ({row}, Fingerprint) \
                 SELECT {entity_type}, {}, v.Value, v.Resource_Id, 0 FROM UR_ResourceValueChanges v \
                 JOIN UR_Resources r ON r.Id = v.Resource_Id \
                 WHERE r.Type = {entity_type} AND v.Value IS NOT NULL AND r.Id IN ({changing}) ON CONFLICT DO NOTHING",
                key.id
            ),
            &[],
        )?;
        Ok(())
    }
}
