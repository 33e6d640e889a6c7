//! Looking at resources: lists by key, single resources, their history, and the repository as it was at any instant.

use crate::error::StoreError;
use crate::stored_model::{StoredModel, StoredType, text_column};
use crate::tx::ReadTx;
use crate::value::{Arg, Row};
use provost_model::{EntityTypeId, PropertyId, ResourceId, Slot};

/// A resource as it is or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its id, the same in all its versions.
    pub id: ResourceId,
    /// Its entity type.
    pub entity_type: EntityTypeId,
    /// Value of the primary key.
    pub key: Option<String>,
    /// Display name.
    pub display_name: Option<String>,
    /// Value of each slot of the type, as the model is today; ids as text for navigations.
    pub values: Vec<(Slot, Option<String>)>,
    /// Start of this version: microseconds since 1970, UTC.
    pub valid_from: i64,
    /// End of this version; `None` for the current one.
    pub valid_to: Option<i64>,
}

impl Resource {
    /// The value in a slot.
    pub fn value(&self, slot: Slot) -> Option<&str> {
        self.values.iter().find(|(s, _)| *s == slot).and_then(|(_, value)| value.as_deref())
    }
}

/// From when to when a slot held the values of a property, which were text or links as they are now.
#[derive(Clone, Copy, Debug)]
struct SlotRange {
    property: PropertyId,
    slot: Slot,
    from: i64,
    to: i64,
}

/// How the rows of a type are read.
pub(crate) struct Reading<'a> {
    entity_type: &'a StoredType,
    columns: &'a [Slot],
    ranges: Vec<SlotRange>,
}

impl<'a> Reading<'a> {
    /// Columns of a current row called `r`.
    pub(crate) fn current(&self) -> String {
        let values: String = self.columns.iter().map(|s| format!(", {}", text_column("r", *s))).collect();
        let key = self.entity_type.key_column("r");
        format!("r.Id, {key}, r.DisplayName_L1, r.ValidFrom, CAST(NULL AS BIGINT){values}")
    }

    /// Columns of a history row called `r`.
    fn past(&self) -> String {
        let values: String = self.columns.iter().map(|s| format!(", {}", text_column("r", *s))).collect();
        format!("r.Id, r.KeyValue, r.DisplayName_L1, r.ValidFrom, r.ValidTo{values}")
    }

    /// The resource in a row of one of these two shapes.
    pub(crate) fn resource(&self, row: &Row<'_>) -> Result<Resource, StoreError> {
        let valid_to = row.int(4)?;
        let mut values = Vec::new();
        for property in &self.entity_type.properties {
            let Some(now) = property.slot else { continue };
            let then = match valid_to {
                None => Some(now),
                Some(end) => self.slot_at(property.id, end),
            };
            let column = then.and_then(|slot| self.columns.iter().position(|c| *c == slot));
            let value = match column {
                Some(column) => row.optional(5 + column)?,
                None => None,
            };
            values.push((now, value));
        }
        Ok(Resource {
            id: ResourceId(row.i64(0)?),
            entity_type: self.entity_type.id,
            key: row.optional(1)?,
            display_name: row.optional(2)?,
            values,
            valid_from: row.i64(3)?,
            valid_to,
        })
    }

    /// The slot that a property had in a version that ended then.
    fn slot_at(&self, property: PropertyId, end: i64) -> Option<Slot> {
        self.ranges.iter().find(|r| r.property == property && r.from < end && end <= r.to).map(|r| r.slot)
    }

    /// The property that a slot meant in a version that ended then, or means now.
    pub(crate) fn type_of(&self) -> &'a StoredType {
        self.entity_type
    }
}

/// SQL for "the key or the display name contains this text", with the pattern as a parameter.
fn matches(key: &str, parameter: usize) -> String {
    format!(
        " AND (lower({key}) LIKE ${parameter} ESCAPE '\\' OR lower(r.DisplayName_L1) LIKE ${parameter} ESCAPE '\\')"
    )
}

/// The pattern that finds a text anywhere, without regard to the case of ASCII letters.
fn pattern(search: &str) -> String {
    let mut pattern = String::from("%");
    for c in search.to_ascii_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

impl ReadTx {
    pub(crate) fn reading<'a>(&self, model: &'a StoredModel, id: EntityTypeId) -> Result<Reading<'a>, StoreError> {
        let ranges = self.link.all(
            "SELECT Property_Id, TargetColumnIndex, ValidFrom, ValidTo FROM UM_EntityPropertySlots s \
             WHERE EntityType_Id = $1 AND EXISTS (SELECT 1 FROM UM_EntityProperties p \
             WHERE p.Id = s.Property_Id AND p.IsNavigation = s.IsNavigation)",
            &[id.0.into()],
            |row| Ok((PropertyId(row.i64(0)?), Slot::new(row.i64(1)?), row.i64(2)?, row.i64(3)?)),
        )?;
        let ranges = ranges
            .into_iter()
            .filter_map(|(property, slot, from, to)| Some(SlotRange { property, slot: slot?, from, to }))
            .collect();
        Ok(Reading { entity_type: model.entity_type(id)?, columns: &model.columns, ranges })
    }

    /// A page of the current resources of a type, in ascending order of the bytes of their primary keys: those after
    /// the key `after`, whose key or display name contains `search`. Resources without a key row are not listed.
    ///
    /// # Errors
    /// When the type is not deployed, and those of the database.
    pub fn list_resources(
        &mut self,
        entity_type: EntityTypeId,
        search: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Resource>, StoreError> {
        self.list_current(entity_type, i64::MAX, search, after, limit)
    }

    /// The same page as it was at an instant (microseconds since 1970, UTC).
    ///
    /// # Errors
    /// When the type is not deployed, and those of the database.
    pub fn list_resources_as_of(
        &mut self,
        entity_type: EntityTypeId,
        instant_micros: i64,
        search: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Resource>, StoreError> {
        let mut found = self.list_current(entity_type, instant_micros, search, after, limit)?;
        found.extend(self.list_past(entity_type, instant_micros, search, after, limit)?);
        // Each resource has one version at an instant, so both pages together hold the page, out of order.
        found.sort_by(|a, b| (&a.key, a.id).cmp(&(&b.key, b.id)));
        found.truncate(limit);
        Ok(found)
    }

    fn list_current(
        &mut self,
        entity_type: EntityTypeId,
        instant: i64,
        search: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Resource>, StoreError> {
        let model = self.model()?;
        let reading = self.reading(&model, entity_type)?;
        let Some(key) = reading.type_of().key() else {
            return Ok(Vec::new());
        };
        let pattern = search.map(pattern);
        let mut args: Vec<Arg<'_>> = vec![entity_type.0.into(), key.id.0.into(), after.unwrap_or("").into()];
        // The empty key sorts before all others, and belongs to the first page.
        let from = if after.is_some() { "k.KeyValue > $3" } else { "k.KeyValue >= $3" };
        args.push(instant.into());
        let mut sql = format!(
            "SELECT {} FROM UR_ResourceKeys k JOIN UR_Resources r ON r.Id = k.Resource_Id \
             WHERE k.EntityType_Id = $1 AND k.Property_Id = $2 AND {from} AND r.ValidFrom <= $4",
            reading.current()
        );
        if let Some(pattern) = &pattern {
            sql.push_str(&matches("k.KeyValue", 5));
            args.push(pattern.into());
        }
        sql.push_str(&format!(" ORDER BY k.KeyValue, k.Resource_Id LIMIT ${}", args.len() + 1));
        args.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
        self.link.all(&sql, &args, |row| reading.resource(row))
    }

    fn list_past(
        &mut self,
        entity_type: EntityTypeId,
        instant: i64,
        search: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Resource>, StoreError> {
        let model = self.model()?;
        let reading = self.reading(&model, entity_type)?;
        let pattern = search.map(pattern);
        let mut args: Vec<Arg<'_>> = vec![entity_type.0.into(), after.unwrap_or("").into(), instant.into()];
        let from = if after.is_some() { "r.KeyValue > $2" } else { "r.KeyValue >= $2" };
        let mut sql = format!(
            "SELECT {} FROM UR_ResourcesHistory r WHERE r.Type = $1 AND {from} AND r.ValidFrom <= $3 AND $3 < r.ValidTo",
            reading.past()
        );
        if let Some(pattern) = &pattern {
            sql.push_str(&matches("r.KeyValue", 4));
            args.push(pattern.into());
        }
        sql.push_str(&format!(" ORDER BY r.KeyValue, r.Id LIMIT ${}", args.len() + 1));
        args.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
        self.link.all(&sql, &args, |row| reading.resource(row))
    }

    /// The current resource of a type with this primary key.
    ///
    /// # Errors
    /// When the type is not deployed, and those of the database.
    pub fn get_resource(&mut self, entity_type: EntityTypeId, key: &str) -> Result<Option<Resource>, StoreError> {
        let model = self.model()?;
        let Some(property) = model.entity_type(entity_type)?.key().map(|p| p.id) else {
            return Ok(None);
        };
        for (_, id) in self.lookup_keys(entity_type, property, &[key])? {
            if let Some(found) = self.current_version(&model, entity_type, id)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn current_version(
        &self,
        model: &StoredModel,
        entity_type: EntityTypeId,
        id: ResourceId,
    ) -> Result<Option<Resource>, StoreError> {
        let reading = self.reading(model, entity_type)?;
        let sql = format!("SELECT {} FROM UR_Resources r WHERE r.Id = $1 AND r.Type = $2", reading.current());
        self.link.first(&sql, &[id.0.into(), entity_type.0.into()], |row| reading.resource(row))
    }

    /// The resource of a type that had this primary key at an instant, as it was then.
    ///
    /// # Errors
    /// When the type is not deployed, and those of the database.
    pub fn resource_as_of(
        &mut self,
        entity_type: EntityTypeId,
        key: &str,
        instant_micros: i64,
    ) -> Result<Option<Resource>, StoreError> {
        if let Some(current) = self.get_resource(entity_type, key)?
            && current.valid_from <= instant_micros
        {
            return Ok(Some(current));
        }
        let model = self.model()?;
        let reading = self.reading(&model, entity_type)?;
        let sql = format!(
            "SELECT {} FROM UR_ResourcesHistory r WHERE r.Type = $1 AND r.KeyValue = $2 AND r.ValidFrom <= $3 \
             AND $3 < r.ValidTo ORDER BY r.Id",
            reading.past()
        );
        self.link.first(&sql, &[entity_type.0.into(), key.into(), instant_micros.into()], |row| reading.resource(row))
    }

    /// All versions of a resource, the newest first. The first one has no end if the resource still exists. Empty for
    /// an unknown id, and for resources of entity types that are no longer deployed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn resource_history(&mut self, id: ResourceId) -> Result<Vec<Resource>, StoreError> {
        let model = self.model()?;
        let types = self.link.all(
            "SELECT Type FROM UR_Resources WHERE Id = $1 UNION SELECT Type FROM UR_ResourcesHistory WHERE Id = $1",
            &[id.0.into()],
            |row| row.i64(0).map(EntityTypeId),
        )?;
        let mut versions = Vec::new();
        for entity_type in types {
            if model.entity_type(entity_type).is_err() {
                continue;
            }
            let reading = self.reading(&model, entity_type)?;
            versions.extend(self.current_version(&model, entity_type, id)?);
            let sql = format!(
                "SELECT {} FROM UR_ResourcesHistory r WHERE r.Id = $1 AND r.Type = $2 ORDER BY r.ValidTo DESC",
                reading.past()
            );
            versions.extend(self.link.all(&sql, &[id.0.into(), entity_type.0.into()], |row| reading.resource(row))?);
        }
        Ok(versions)
    }

    /// The version of a resource at an instant; the current one for `None`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn resource_version(
        &mut self,
        id: ResourceId,
        instant_micros: Option<i64>,
    ) -> Result<Option<Resource>, StoreError> {
        let holds = |r: &Resource| match instant_micros {
            None => r.valid_to.is_none(),
            Some(t) => r.valid_from <= t && r.valid_to.is_none_or(|end| t < end),
        };
        Ok(self.resource_history(id)?.into_iter().find(holds))
    }
}
