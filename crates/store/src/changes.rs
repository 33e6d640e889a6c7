//! Change tables: everything that a run is going to do, before any of it is done.

use crate::error::StoreError;
use crate::sink::{Sink, names};
use crate::tx::{ReadTx, WriteTx};
use crate::value::Arg;
use provost_model::changes::Command;
use provost_model::{AssociationId, EntityTypeId, PropertyId, ResourceId, Slot};

/// Tables of a run, with the column that the run is in.
const CHANGE_TABLES: [&str; 5] = [
    "UR_ResourceChanges",
    "UR_ResourceChangeSlots",
    "UR_ResourceLinkChanges",
    "UR_ResourceKeyChanges",
    "UR_ResourceLinkOrphanChanges",
];

/// A computed set of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub i64);

/// A change of one resource.
#[derive(Clone, Copy, Debug)]
pub struct ResourceChangeRow<'a> {
    /// Insert, update or delete.
    pub command: Command,
    /// The resource; new ids come from [`WriteTx::reserve_resource_ids`].
    pub id: ResourceId,
    /// Its primary key. The key row follows the change: made, given the fingerprint, or removed.
    pub key: &'a str,
    /// Line of the file that asks for it; 0 for none.
    pub line: u64,
    /// Minutes: the lowest `HistoryPrecision` of the properties that change.
    pub precision: u32,
    /// Fingerprint of the new values.
    pub fingerprint: i64,
    /// New display name.
    pub display_name: Option<&'a str>,
    /// New values, in the order of the slots of the writer; ids as text for navigations. May be empty in a delete.
    pub values: &'a [Option<&'a str>],
    /// Bit n: the n-th value differs from what is stored.
    pub changed: u64,
}

/// Stages changes of resources of one type.
pub struct ResourceChanges {
    sink: Sink,
    run: RunId,
    entity_type: EntityTypeId,
    slots: Vec<Slot>,
}

/// Stages changes of links of one association.
pub struct LinkChanges {
    sink: Sink,
    run: RunId,
    association: AssociationId,
}

/// Stages changes of rows of the key table.
pub struct KeyChanges {
    sink: Sink,
    run: RunId,
}

/// Stages fingerprints of resources that did not change although their void fingerprint made them look so.
pub struct FingerprintRenewals(KeyChanges);

/// Stages pairs that start or cease to wait for an end.
pub struct OrphanChanges {
    sink: Sink,
    run: RunId,
    association: AssociationId,
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
writer!(ResourceChanges, LinkChanges, KeyChanges, FingerprintRenewals, OrphanChanges);

/// Command in `UR_ResourceKeyChanges` for a fingerprint that is only renewed.
pub(crate) const RENEW: i64 = Command::Update as i64;

/// The value of a slot: text, or an id.
pub(crate) fn slot_value(slot: Slot, value: Option<&str>) -> Result<Arg<'_>, StoreError> {
    match value {
        Some(text) if slot.is_navigation() => text.parse().map(Arg::Int).map_err(|_| {
            StoreError::misuse(format!("slot {} takes the id of a resource, not {text:?}", slot.column()))
        }),
        other => Ok(other.into()),
    }
}

impl ResourceChanges {
    /// Stages a change.
    ///
    /// # Errors
    /// When the number of values is not that of the slots, and those of the database.
    pub fn push(&mut self, row: ResourceChangeRow<'_>) -> Result<(), StoreError> {
        if row.values.len() != self.slots.len() && !(row.command == Command::Delete && row.values.is_empty()) {
            return Err(StoreError::misuse(format!("{} values for {} slots", row.values.len(), self.slots.len())));
        }
        let fixed: [Arg<'_>; 10] = [
            self.run.0.into(),
            self.entity_type.0.into(),
            (row.command as i64).into(),
            row.id.0.into(),
            row.key.into(),
            number(row.line).into(),
            i64::from(row.precision).into(),
            row.fingerprint.into(),
            row.changed.cast_signed().into(),
            row.display_name.into(),
        ];
        for value in fixed {
            self.sink.push(value);
        }
        for (i, slot) in self.slots.iter().enumerate() {
            self.sink.push(slot_value(*slot, row.values.get(i).copied().flatten())?);
        }
        self.sink.end_row()
    }

    /// Writes what is left; tells how many changes were staged.
    ///
    /// # Errors
    /// Those of the database.
    pub fn finish(mut self) -> Result<u64, StoreError> {
        self.sink.flush()?;
        Ok(self.sink.written())
    }
}

impl LinkChanges {
    /// Stages an insert or a delete of a link, with the keys that the file names it by.
    ///
    /// # Errors
    /// Those of the database.
    pub fn push(
        &mut self,
        command: Command,
        resource1: ResourceId,
        resource2: ResourceId,
        key1: Option<&str>,
        key2: Option<&str>,
        line: u64,
    ) -> Result<(), StoreError> {
        self.sink.row(&[
            self.run.0.into(),
            self.association.0.into(),
            (command as i64).into(),
            resource1.0.into(),
            resource2.0.into(),
            key1.into(),
            key2.into(),
            number(line).into(),
        ])
    }

    /// Writes what is left; tells how many changes were staged.
    ///
    /// # Errors
    /// Those of the database.
    pub fn finish(mut self) -> Result<u64, StoreError> {
        self.sink.flush()?;
        Ok(self.sink.written())
    }
}

impl KeyChanges {
    /// Stages a new key row or, for a removal, the end of one.
    ///
    /// # Errors
    /// Those of the database.
    pub fn push(
        &mut self,
        entity_type: EntityTypeId,
        property: PropertyId,
        key: &str,
        id: ResourceId,
        fingerprint: i64,
        is_removal: bool,
    ) -> Result<(), StoreError> {
        let command = if is_removal { Command::Delete } else { Command::Insert };
        self.row(command as i64, entity_type, property, key, id, fingerprint)
    }

    fn row(
        &mut self,
        command: i64,
        entity_type: EntityTypeId,
        property: PropertyId,
        key: &str,
        id: ResourceId,
        fingerprint: i64,
    ) -> Result<(), StoreError> {
        self.sink.row(&[
            self.run.0.into(),
            command.into(),
            entity_type.0.into(),
            property.0.into(),
            key.into(),
            id.0.into(),
            fingerprint.into(),
        ])
    }

    /// Writes what is left; tells how many changes were staged.
    ///
    /// # Errors
    /// Those of the database.
    pub fn finish(mut self) -> Result<u64, StoreError> {
        self.sink.flush()?;
        Ok(self.sink.written())
    }
}

impl FingerprintRenewals {
    /// Stages a fingerprint.
    ///
    /// # Errors
    /// Those of the database.
    pub fn push(
        &mut self,
        entity_type: EntityTypeId,
        property: PropertyId,
        key: &str,
        id: ResourceId,
        fingerprint: i64,
    ) -> Result<(), StoreError> {
        self.0.row(RENEW, entity_type, property, key, id, fingerprint)
    }

    /// Writes what is left; tells how many fingerprints were staged.
    ///
    /// # Errors
    /// Those of the database.
    pub fn finish(self) -> Result<u64, StoreError> {
        self.0.finish()
    }
}

impl OrphanChanges {
    /// Stages a pair.
    ///
    /// # Errors
    /// Those of the database.
    pub fn push(&mut self, key1: &str, key2: &str, is_removal: bool) -> Result<(), StoreError> {
        let command = if is_removal { Command::Delete } else { Command::Insert };
        self.sink.row(&[
            self.run.0.into(),
            self.association.0.into(),
            (command as i64).into(),
            key1.into(),
            key2.into(),
        ])
    }

    /// Writes what is left; tells how many changes were staged.
    ///
    /// # Errors
    /// Those of the database.
    pub fn finish(mut self) -> Result<u64, StoreError> {
        self.sink.flush()?;
        Ok(self.sink.written())
    }
}

impl WriteTx {
    /// The first of `count` new resource ids; the others follow it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn reserve_resource_ids(&mut self, count: u64) -> Result<ResourceId, StoreError> {
        self.advance("Resource", count).map(ResourceId)
    }

    /// Starts a set of changes of a connector.
    ///
    /// # Errors
    /// Those of the database.
    pub fn new_run(&mut self, connector: &str, now_micros: i64) -> Result<RunId, StoreError> {
        let id = self.advance("Run", 1)?;
        self.link.execute(
            "INSERT INTO UJ_Runs (Id, Connector, CreatedAt) VALUES ($1, $2, $3)",
            &[id.into(), connector.into(), now_micros.into()],
        )?;
        Ok(RunId(id))
    }

    /// Makes room for the rows that are going to change: what is read of them now is still at hand when they do.
    ///
    /// # Errors
    /// Those of the database.
    pub fn expect_changes(&mut self) -> Result<(), StoreError> {
        self.link.take_memory()
    }

    /// A writer of changes of resources of a type. All writers of one type and run have the same slots.
    ///
    /// # Errors
    /// Those of the database.
    pub fn resource_changes(
        &mut self,
        run: RunId,
        entity_type: EntityTypeId,
        slots: &[Slot],
    ) -> Result<ResourceChanges, StoreError> {
        for slot in slots {
            self.link.execute(
                "INSERT INTO UR_ResourceChangeSlots (Run_Id, Type, TargetColumnIndex) VALUES ($1, $2, $3) \
                 ON CONFLICT DO NOTHING",
                &[run.0.into(), entity_type.0.into(), i64::from(slot.index()).into()],
            )?;
        }
        let mut columns = names(&[
            "Run_Id",
            "Type",
            "Command",
            "Resource_Id",
            "KeyValue",
            "Line",
            "HistoryPrecision",
            "Fingerprint",
            "Changed",
            "DisplayName_L1",
        ]);
        columns.extend(slots.iter().map(|s| s.column()));
        let sink = Sink::new(&self.link, "UR_ResourceChanges", columns);
        Ok(ResourceChanges { sink, run, entity_type, slots: slots.to_vec() })
    }

    /// A writer of changes of links.
    ///
    /// # Errors
    /// None today.
    pub fn link_changes(&mut self, run: RunId, association: AssociationId) -> Result<LinkChanges, StoreError> {
        let columns =
            names(&["Run_Id", "Association_Id", "Command", "Resource1_Id", "Resource2_Id", "Key1", "Key2", "Line"]);
        Ok(LinkChanges { sink: Sink::new(&self.link, "UR_ResourceLinkChanges", columns), run, association })
    }

    /// A writer of changes of key rows. Those of the primary key follow the resource changes by themselves.
    ///
    /// # Errors
    /// None today.
    pub fn key_changes(&mut self, run: RunId) -> Result<KeyChanges, StoreError> {
        let columns =
            names(&["Run_Id", "Command", "EntityType_Id", "Property_Id", "KeyValue", "Resource_Id", "Fingerprint"]);
        Ok(KeyChanges { sink: Sink::new(&self.link, "UR_ResourceKeyChanges", columns), run })
    }

    /// A writer of fingerprints that are only renewed.
    ///
    /// # Errors
    /// None today.
    pub fn fingerprint_renewals(&mut self, run: RunId) -> Result<FingerprintRenewals, StoreError> {
        self.key_changes(run).map(FingerprintRenewals)
    }

    /// A writer of changes of waiting pairs.
    ///
    /// # Errors
    /// None today.
    pub fn orphan_changes(&mut self, run: RunId, association: AssociationId) -> Result<OrphanChanges, StoreError> {
        let columns = names(&["Run_Id", "Association_Id", "Command", "Key1", "Key2"]);
        Ok(OrphanChanges { sink: Sink::new(&self.link, "UR_ResourceLinkOrphanChanges", columns), run, association })
    }

    /// Forgets the changes of a run.
    ///
    /// # Errors
    /// Those of the database.
    pub fn clear_changes(&mut self, run: RunId) -> Result<(), StoreError> {
        for table in CHANGE_TABLES {
            self.link.execute(&format!("DELETE FROM {table} WHERE Run_Id = $1"), &[run.0.into()])?;
        }
        Ok(())
    }
}

/// How many changes a run holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeCounts {
    /// (Entity type, command, number), ordered.
    pub resources: Vec<(EntityTypeId, Command, u64)>,
    /// (Association, command, number), ordered.
    pub links: Vec<(AssociationId, Command, u64)>,
}

impl ReadTx {
    /// Counts the changes of a run.
    ///
    /// # Errors
    /// Those of the database.
    pub fn change_counts(&mut self, run: RunId) -> Result<ChangeCounts, StoreError> {
        let resources = self.link.all(
            "SELECT Type, Command, COUNT(*) FROM UR_ResourceChanges WHERE Run_Id = $1 GROUP BY Type, Command \
             ORDER BY Type, Command",
            &[run.0.into()],
            |row| Ok((EntityTypeId(row.i64(0)?), command(row.i64(1)?), row.u64(2)?)),
        )?;
        let links = self.link.all(
            "SELECT Association_Id, Command, COUNT(*) FROM UR_ResourceLinkChanges WHERE Run_Id = $1 \
             GROUP BY Association_Id, Command ORDER BY Association_Id, Command",
            &[run.0.into()],
            |row| Ok((AssociationId(row.i64(0)?), command(row.i64(1)?), row.u64(2)?)),
        )?;
        Ok(ChangeCounts { resources, links })
    }
}

/// The command that a stored number stands for.
pub(crate) fn command(number: i64) -> Command {
    match number {
        1 => Command::Insert,
        2 => Command::Update,
        3 => Command::Delete,
        _ => Command::Merge,
    }
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
