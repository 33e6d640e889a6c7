//! The first load: rows go straight into the repository, without change tables.

use crate::changes::slot_value;
use crate::error::StoreError;
use crate::sink::{LIMIT, Sink, names};
use crate::stored_model::{KeyRole, link_value};
use crate::tx::WriteTx;
use crate::value::{Arg, Rows};
use provost_model::changes::Command;
use provost_model::{AssociationId, EntityTypeId, PropertyId, ResourceId, Slot};

/// Loads resources of one type with their primary keys.
pub struct InitialResources {
    resources: Sink,
    keys: Sink,
    entity_type: EntityTypeId,
    slots: Vec<Slot>,
    now_micros: i64,
}

/// Resources and their primary keys, collected apart from the connection: any thread may do that.
#[derive(Debug)]
pub struct InitialRows {
    slots: Vec<Slot>,
    resources: Rows,
    keys: Rows,
    count: u64,
}

/// Loads the keys of one unique property.
pub struct InitialKeys(Sink);

/// Keys of a unique property, collected apart from the connection.
#[derive(Debug, Default)]
pub struct InitialKeyRows {
    rows: Rows,
    count: u64,
}

/// Loads links of one association into the table.
pub struct InitialLinks {
    sink: Sink,
    rebuild_index: bool,
    association: AssociationId,
    now_micros: i64,
}

/// Loads links into a slot.
pub struct InitialSlotLinks {
    sink: Sink,
    owner: EntityTypeId,
    slot: Slot,
}

macro_rules! writer {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}
writer!(InitialResources, InitialKeys, InitialLinks, InitialSlotLinks);

/// Run under which slot links wait for their update. No real run has this id.
const LOADING: i64 = 0;

/// Indexes that a first load makes behind the rows.
#[derive(Debug)]
pub struct IndexesOfLoad(Option<String>);

impl IndexesOfLoad {
    /// Makes them. To be called when the resources and their keys are loaded, and before anything looks for them.
    ///
    /// # Errors
    /// Those of the database, also when a key came twice.
    pub fn make(self, tx: &mut WriteTx) -> Result<(), StoreError> {
        if let Some(sql) = self.0 {
            tx.link.batch(&sql)?;
        }
        tx.refresh_resources()
    }
}

impl WriteTx {
    /// Takes the indexes off the tables of resources and keys where that makes loading faster: when the tables are
    /// empty. Until the transaction ends, nobody else can read them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn without_indexes(&mut self) -> Result<IndexesOfLoad, StoreError> {
        let Some([drop, make]) = self.link.dialect().indexes_of_load() else {
            return Ok(IndexesOfLoad(None));
        };
        for table in ["UR_Resources", "UR_ResourceKeys"] {
            if self.link.first(&format!("SELECT 1 FROM {table} LIMIT 1"), &[], |_| Ok(()))?.is_some() {
                return Ok(IndexesOfLoad(None));
            }
        }
        self.link.batch(&drop)?;
        Ok(IndexesOfLoad(Some(make)))
    }

    /// A writer that loads resources of a type, fastest when they come in ascending order of their keys and ids.
    ///
    /// # Errors
    /// When the type has no primary key, and those of the database.
    pub fn bulk_initial(
        &mut self,
        entity_type: EntityTypeId,
        slots: &[Slot],
        now_micros: i64,
    ) -> Result<InitialResources, StoreError> {
        let model = self.model()?;
        let key =
            model.entity_type(entity_type)?.key().map(|p| p.id).ok_or_else(|| StoreError::NotDeployed {
                what: format!("a primary key of entity type {entity_type}"),
            })?;
        let mut columns = names(&["Id", "DisplayName_L1"]);
        columns.extend(slots.iter().map(|s| s.column()));
        let fixed = vec![("Type", entity_type.0), ("ValidFrom", now_micros), ("Dirty", 0)];
        let of_key = vec![("EntityType_Id", entity_type.0), ("Property_Id", key.0)];
        let key_columns = names(&["KeyValue", "Resource_Id", "Fingerprint"]);
        Ok(InitialResources {
            resources: Sink::with_fixed(&self.link, "UR_Resources", fixed, columns),
            keys: Sink::with_fixed(&self.link, "UR_ResourceKeys", of_key, key_columns),
            entity_type,
            slots: slots.to_vec(),
            now_micros,
        })
    }

    /// Lets the planner see the resources and keys that were loaded.
    ///
    /// # Errors
    /// Those of the database.
    pub fn refresh_resources(&mut self) -> Result<(), StoreError> {
        for table in ["UR_Resources", "UR_ResourceKeys"] {
            if let Some(sql) = self.link.dialect().refresh_statistics(table) {
                self.link.batch(&sql)?;
            }
        }
        Ok(())
    }

    /// A writer that loads the keys of a unique property, fastest in ascending order.
    ///
    /// # Errors
    /// None today.
    pub fn bulk_keys(&mut self, entity_type: EntityTypeId, property: PropertyId) -> Result<InitialKeys, StoreError> {
        let fixed = vec![("EntityType_Id", entity_type.0), ("Property_Id", property.0), ("Fingerprint", 0)];
        let columns = names(&["KeyValue", "Resource_Id"]);
        Ok(InitialKeys(Sink::with_fixed(&self.link, "UR_ResourceKeys", fixed, columns)))
    }

    /// A writer that loads links of an association, fastest in ascending order. Each pair may come once only.
    ///
    /// # Errors
    /// Those of the database.
    pub fn bulk_links(&mut self, association: AssociationId, now_micros: i64) -> Result<InitialLinks, StoreError> {
        let fixed = vec![("Association_Id", association.0), ("ValidFrom", now_micros)];
        let columns = names(&["Resource1_Id", "Resource2_Id"]);
        // An index made at once over sorted rows costs a fraction of one that grows in random order.
        let is_empty = self.link.first("SELECT 1 FROM UR_ResourceLinks LIMIT 1", &[], |_| Ok(()))?.is_none();
        if is_empty {
            self.link.batch("DROP INDEX UR_ResourceLinks_Reverse")?;
        }
        Ok(InitialLinks {
            sink: Sink::with_fixed(&self.link, "UR_ResourceLinks", fixed, columns),
            rebuild_index: is_empty,
            association,
            now_micros,
        })
    }

    /// A writer that loads links into a slot of resources that have just been loaded: no history is kept.
    ///
    /// # Errors
    /// Those of the database.
    pub fn bulk_slot_links(&mut self, owner: EntityTypeId, slot: Slot) -> Result<InitialSlotLinks, StoreError> {
        // The link change table lends itself: the owner's type and the slot stand where association and line would.
        let columns = names(&["Run_Id", "Association_Id", "Command", "Resource1_Id", "Resource2_Id", "Line"]);
        Ok(InitialSlotLinks { sink: Sink::new(&self.link, "UR_ResourceLinkChanges", columns), owner, slot })
    }
}

/// Hands out the cells of a resource in the order of the columns.
fn row<'a>(
    slots: &[Slot],
    id: ResourceId,
    display_name: Option<&'a str>,
    values: &[Option<&'a str>],
    mut push: impl FnMut(Arg<'a>),
) -> Result<(), StoreError> {
    if values.len() != slots.len() {
        return Err(StoreError::misuse(format!("{} values for {} slots", values.len(), slots.len())));
    }
    push(id.0.into());
    push(display_name.into());
    for (slot, value) in slots.iter().zip(values) {
        push(slot_value(*slot, *value)?);
    }
    Ok(())
}

impl InitialRows {
    /// No rows yet, of a type with these slots.
    pub fn new(slots: &[Slot]) -> InitialRows {
        InitialRows { slots: slots.to_vec(), resources: Rows::default(), keys: Rows::default(), count: 0 }
    }

    /// Adds a resource with its values in the order of the slots.
    ///
    /// # Errors
    /// When the number of values is not that of the slots.
    pub fn push(
        &mut self,
        id: ResourceId,
        key: &str,
        fingerprint: i64,
        display_name: Option<&str>,
        values: &[Option<&str>],
    ) -> Result<(), StoreError> {
        row(&self.slots, id, display_name, values, |value| self.resources.push(value))?;
        for value in [key.into(), id.0.into(), fingerprint.into()] {
            self.keys.push(value);
        }
        self.count += 1;
        Ok(())
    }

    /// Whether there are enough to be written.
    pub fn is_full(&self) -> bool {
        self.resources.weight() >= LIMIT
    }

    /// Forgets the rows and keeps their memory for others.
    pub fn clear(&mut self) {
        self.resources.clear();
        self.keys.clear();
        self.count = 0;
    }
}

impl InitialKeyRows {
    /// Adds a key and the resource that holds it.
    pub fn push(&mut self, key: &str, id: ResourceId) {
        self.rows.push(key.into());
        self.rows.push(id.0.into());
        self.count += 1;
    }

    /// Whether there are enough to be written.
    pub fn is_full(&self) -> bool {
        self.rows.weight() >= LIMIT
    }

    /// Forgets the rows and keeps their memory for others.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.count = 0;
    }
}

impl InitialResources {
    /// Loads a resource with its values in the order of the slots.
    ///
    /// # Errors
    /// When the number of values is not that of the slots, and those of the database.
    pub fn push(
        &mut self,
        id: ResourceId,
        key: &str,
        fingerprint: i64,
        display_name: Option<&str>,
        values: &[Option<&str>],
    ) -> Result<(), StoreError> {
        row(&self.slots, id, display_name, values, |value| self.resources.push(value))?;
        self.resources.end_row()?;
        self.keys.row(&[key.into(), id.0.into(), fingerprint.into()])
    }

    /// Loads rows that were collected, many at once.
    ///
    /// # Errors
    /// When they have other slots, and those of the database.
    pub fn write(&mut self, rows: &InitialRows) -> Result<(), StoreError> {
        if rows.slots != self.slots {
            return Err(StoreError::misuse("these rows were collected for other slots"));
        }
        self.resources.write(&rows.resources, rows.count)?;
        self.keys.write(&rows.keys, rows.count)
    }

    /// Writes what is left and makes the rows of the unique keys; tells how many resources were loaded.
    ///
    /// # Errors
    /// Those of the database.
    pub fn finish(self, tx: &mut WriteTx) -> Result<u64, StoreError> {
        let entity_type = self.entity_type;
        let loaded = self.finish_without_keys(tx)?;
        let unique: Vec<_> = tx.key_properties(entity_type)?;
        for key in unique.into_iter().filter(|k| k.role == KeyRole::Unique) {
            tx.rebuild_keys(entity_type, key.property, key.slot)?;
        }
        tx.refresh_resources()?;
        Ok(loaded)
    }

    /// The same for a caller that loads the unique keys itself, with [`WriteTx::bulk_keys`].
    ///
    /// # Errors
    /// Those of the database.
    pub fn finish_without_keys(mut self, tx: &mut WriteTx) -> Result<u64, StoreError> {
        self.resources.flush()?;
        self.keys.flush()?;
        let loaded = self.resources.written();
        tx.follow_loaded(self.entity_type, self.now_micros)?;
        tx.count("resourcesInserted", loaded);
        Ok(loaded)
    }
}

impl InitialKeys {
    /// Loads a key and the resource that holds it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn push(&mut self, key: &str, id: ResourceId) -> Result<(), StoreError> {
        self.0.row(&[key.into(), id.0.into()])
    }

    /// Loads keys that were collected, many at once.
    ///
    /// # Errors
    /// Those of the database.
    pub fn write(&mut self, keys: &InitialKeyRows) -> Result<(), StoreError> {
        self.0.write(&keys.rows, keys.count)
    }

    /// Writes what is left; tells how many keys were loaded.
    ///
    /// # Errors
    /// Those of the database.
    pub fn finish(mut self) -> Result<u64, StoreError> {
        self.0.flush()?;
        Ok(self.0.written())
    }
}

impl InitialLinks {
    /// Loads a link.
    ///
    /// # Errors
    /// Those of the database.
    pub fn push(&mut self, resource1: ResourceId, resource2: ResourceId) -> Result<(), StoreError> {
        self.sink.row(&[resource1.0.into(), resource2.0.into()])
    }

    /// Writes what is left; tells how many links were loaded.
    ///
    /// # Errors
    /// Those of the database, also when a pair came twice.
    pub fn finish(mut self, tx: &mut WriteTx) -> Result<u64, StoreError> {
        self.sink.flush()?;
        if self.rebuild_index {
            self.sink.link.batch(
                "CREATE INDEX UR_ResourceLinks_Reverse ON UR_ResourceLinks (Association_Id, Resource2_Id, Resource1_Id)",
            )?;
        }
        if let Some(sql) = self.sink.link.dialect().refresh_statistics("UR_ResourceLinks") {
            self.sink.link.batch(&sql)?;
        }
        tx.follow_loaded_links(self.association, self.now_micros)?;
        tx.count("linksCreated", self.sink.written());
        Ok(self.sink.written())
    }
}

impl InitialSlotLinks {
    /// Loads a link from the owner of the slot. The last one of an owner may not be the one that stays: push each
    /// owner once.
    ///
    /// # Errors
    /// Those of the database.
    pub fn push(&mut self, owner: ResourceId, target: ResourceId) -> Result<(), StoreError> {
        self.sink.row(&[
            LOADING.into(),
            self.owner.0.into(),
            (Command::Insert as i64).into(),
            owner.0.into(),
            target.0.into(),
            i64::from(self.slot.index()).into(),
        ])
    }

    /// Writes the links into the slot; tells how many resources got one.
    ///
    /// # Errors
    /// Those of the database.
    pub fn finish(mut self, tx: &mut WriteTx) -> Result<u64, StoreError> {
        self.sink.flush()?;
        let link = &self.sink.link;
        if let Some(sql) = link.dialect().refresh_statistics("UR_ResourceLinkChanges") {
            link.batch(&sql)?;
        }
        let which = format!("Run_Id = {LOADING} AND Association_Id = {} AND Line = {}", self.owner, self.slot.index());
        let sql = format!(
            "UPDATE UR_Resources SET {} = {} FROM (SELECT * FROM UR_ResourceLinkChanges WHERE {which}) c \
             WHERE UR_Resources.Id = c.Resource1_Id AND UR_Resources.Type = {}",
            self.slot.column(),
            link_value("c.Resource2_Id", self.slot),
            self.owner
        );
        let count = link.execute(&sql, &[])?;
        link.execute(&format!("DELETE FROM UR_ResourceLinkChanges WHERE {which}"), &[])?;
        tx.follow_loaded_slot(self.owner, self.slot)?;
        tx.count("linksCreated", count);
        Ok(count)
    }
}
