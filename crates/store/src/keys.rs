//! The key table: key value → resource, in the order of sorted files.

use crate::batch::in_batches;
use crate::error::StoreError;
use crate::stored_model::{KeyRole, text_column};
use crate::tx::{ReadTx, WriteTx};
use crate::value::Arg;
use provost_model::{EntityTypeId, PropertyId, ResourceId, Slot};
use std::collections::HashSet;

/// One row of the key table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRow<'a> {
    /// Key in internal text form.
    pub key: &'a str,
    /// Resource that holds it.
    pub resource: ResourceId,
    /// Fingerprint of the synchronised values; 0 when it is void or the property is not the primary key.
    pub fingerprint: i64,
}

/// A property that has key rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyProperty {
    /// The property.
    pub property: PropertyId,
    /// Where its values are.
    pub slot: Slot,
    /// What it is for.
    pub role: KeyRole,
}

/// A resource that the key table does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnkeyedResource {
    /// The resource.
    pub resource: ResourceId,
    /// Its value of the key property; another resource may have a key row with that value.
    pub key: Option<String>,
}

impl ReadTx {
    /// Properties of an entity type that have key rows: the primary key first, then the unique keys in document order.
    /// Unique are those mapped with `IsUniqueKey` and those that an association mapping refers to.
    ///
    /// # Errors
    /// When the type is not deployed.
    pub fn key_properties(&mut self, entity_type: EntityTypeId) -> Result<Vec<KeyProperty>, StoreError> {
        let model = self.model()?;
        let mut keys: Vec<KeyProperty> = model
            .entity_type(entity_type)?
            .properties
            .iter()
            .filter(|p| p.role != KeyRole::None)
            .filter_map(|p| Some(KeyProperty { property: p.id, slot: p.slot?, role: p.role }))
            .collect();
        keys.sort_by_key(|k| std::cmp::Reverse(k.role));
        Ok(keys)
    }

    /// Hands every key of a property to `each`, in ascending order of the bytes of the key, then of the resource id.
    ///
    /// # Errors
    /// Those of `each`, and those of the database.
    pub fn scan_keys<E: From<StoreError>>(
        &mut self,
        entity_type: EntityTypeId,
        property: PropertyId,
        mut each: impl FnMut(KeyRow<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.link.scan(
            "SELECT KeyValue, Resource_Id, Fingerprint FROM UR_ResourceKeys \
             WHERE EntityType_Id = $1 AND Property_Id = $2 ORDER BY KeyValue, Resource_Id",
            &[entity_type.0.into(), property.0.into()],
            |row| each(KeyRow { key: row.str(0)?, resource: ResourceId(row.i64(1)?), fingerprint: row.i64(2)? }),
        )
    }

    /// The resources that hold these keys. A key without a resource is left out; one with several comes several times.
    ///
    /// # Errors
    /// Those of the database.
    pub fn lookup_keys(
        &mut self,
        entity_type: EntityTypeId,
        property: PropertyId,
        keys: &[&str],
    ) -> Result<Vec<(String, ResourceId)>, StoreError> {
        let mut found = Vec::with_capacity(keys.len());
        in_batches(keys, |batch, list| {
            let mut args: Vec<Arg<'_>> = vec![entity_type.0.into(), property.0.into()];
            args.extend(batch.iter().map(|key| Arg::Text(key)));
            let sql = format!(
                "SELECT KeyValue, Resource_Id FROM UR_ResourceKeys \
                 WHERE EntityType_Id = $1 AND Property_Id = $2 AND KeyValue IN ({}) ORDER BY KeyValue, Resource_Id",
                list(3)
            );
            found.extend(self.link.all(&sql, &args, |row| Ok((row.string(0)?, ResourceId(row.i64(1)?))))?);
            Ok::<(), StoreError>(())
        })?;
        Ok(found)
    }

    /// Resources of a type without any row for this key property: somebody inserted them by SQL. A resource whose key
    /// value somebody changed is not among them: it keeps the row of its old key, with a void fingerprint.
    ///
    /// # Errors
    /// When the property is not deployed or has no slot.
    pub fn unkeyed_resources(
        &mut self,
        entity_type: EntityTypeId,
        property: PropertyId,
    ) -> Result<Vec<UnkeyedResource>, StoreError> {
        if self.same_resources(entity_type, property)? {
            return Ok(Vec::new());
        }
        let model = self.model()?;
        let slot = model
            .owner(property)
            .and_then(|(_, p)| p.slot)
            .ok_or_else(|| StoreError::NotDeployed { what: format!("a stored property with id {property}") })?;
        let key = text_column("r", slot);
        let sql = format!(
            "SELECT r.Id, {key} FROM UR_Resources r WHERE r.Type = $1 AND NOT EXISTS (\
             SELECT 1 FROM UR_ResourceKeys k WHERE k.EntityType_Id = $1 AND k.Property_Id = $2 \
             AND k.KeyValue = {key} AND k.Resource_Id = r.Id) ORDER BY r.Id"
        );
        let mut found = self.link.all(&sql, &[entity_type.0.into(), property.0.into()], |row| {
            Ok(UnkeyedResource { resource: ResourceId(row.i64(0)?), key: row.optional(1)? })
        })?;
        if !found.is_empty() {
            let suspects: HashSet<ResourceId> = found.iter().map(|u| u.resource).collect();
            let mut keyed = HashSet::new();
            self.scan_keys(entity_type, property, |row| {
                if suspects.contains(&row.resource) {
                    keyed.insert(row.resource);
                }
                Ok::<(), StoreError>(())
            })?;
            found.retain(|u| !keyed.contains(&u.resource));
        }
        Ok(found)
    }

    /// Whether the key rows speak of the same resources as the type has, by number and two sums over their ids. It
    /// costs a small part of looking up every key, and nearly always there is nothing to find.
    fn same_resources(&self, entity_type: EntityTypeId, property: PropertyId) -> Result<bool, StoreError> {
        let sums = |id: &str, rest: &str| {
            format!(
                "SELECT COUNT(*), CAST(COALESCE(SUM({id}), 0) AS BIGINT), \
                 CAST(COALESCE(SUM(({id} % 46337) * ({id} % 46349)), 0) AS BIGINT) FROM {rest}"
            )
        };
        let read =
            |sql: &str, args: &[Arg<'_>]| self.link.first(sql, args, |row| Ok((row.i64(0)?, row.i64(1)?, row.i64(2)?)));
        let stored = read(&sums("Id", "UR_Resources WHERE Type = $1"), &[entity_type.0.into()])?;
        let keyed = read(
            &sums("Resource_Id", "UR_ResourceKeys WHERE EntityType_Id = $1 AND Property_Id = $2"),
            &[entity_type.0.into(), property.0.into()],
        )?;
        Ok(stored == keyed)
    }
}

impl WriteTx {
    /// Makes the key rows of a property anew from the values of its resources, in the order of the keys.
    pub(crate) fn rebuild_keys(
        &mut self,
        entity_type: EntityTypeId,
        property: PropertyId,
        slot: Slot,
    ) -> Result<(), StoreError> {
        let key = text_column("r", slot);
        self.link.execute(
            "DELETE FROM UR_ResourceKeys WHERE EntityType_Id = $1 AND Property_Id = $2",
            &[entity_type.0.into(), property.0.into()],
        )?;
        self.link.execute(
            &format!(
                "INSERT INTO UR_ResourceKeys (EntityType_Id, Property_Id, KeyValue, Resource_Id, Fingerprint) \
                 SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), {key}, r.Id, 0 FROM UR_Resources r \
                 WHERE r.Type = $1 AND {key} IS NOT NULL ORDER BY {key}, r.Id"
            ),
            &[entity_type.0.into(), property.0.into()],
        )?;
        Ok(())
    }
}
