//! Orders that were given, file by file, and what became of them.
//!
//! An order is stored in the transaction that marks its assignments as transmitted, so that none is given twice and none
//! is lost. A file is open until each of its orders has ended.

use crate::batch::in_batches;
use crate::error::StoreError;
use crate::tx::{ReadTx, WriteTx};
use crate::value::{Arg, Row, Rows};
use provost_model::orders::ChangeType;
use provost_model::policy::ProvisioningState;
use provost_model::{PolicyObjectId, ResourceId};
use std::collections::BTreeMap;

/// The step of the schema that makes the tables.
pub(crate) const TABLES: &str = r"
CREATE TABLE UP_ProvisioningOrderFiles (
    Name {text} NOT NULL PRIMARY KEY, Sequence {int} NOT NULL, ResourceType_Id {int} NOT NULL, Digest {text} NOT NULL,
    ChangeSetHash {text} NOT NULL, CreatedAt {int} NOT NULL, CreatedBy {text} NOT NULL, IsOpen {int} NOT NULL,
    LeaseOwner {text}, LeaseUntil {int} NOT NULL DEFAULT 0){clustered};
CREATE INDEX UP_ProvisioningOrderFiles_Open ON UP_ProvisioningOrderFiles (Sequence) WHERE IsOpen = 1;
CREATE TABLE UP_ProvisioningOrders (
    Id {id}, File {text} NOT NULL, Position {int} NOT NULL, AssignedResourceType_Id {int} NOT NULL,
    Owner_Id {int} NOT NULL, ResourceType_Id {int} NOT NULL, Resource_Id {int}, ChangeType {int} NOT NULL,
    State {int} NOT NULL, IsWaiting {int} NOT NULL DEFAULT 0, Digest {text} NOT NULL, AssignedRows {text} NOT NULL,
    Undone {text} NOT NULL, CreatedAt {int} NOT NULL, EndedAt {int}, Error {text}, TargetKey {text});
CREATE INDEX UP_ProvisioningOrders_File ON UP_ProvisioningOrders (File, Position);
CREATE INDEX UP_ProvisioningOrders_Assigned ON UP_ProvisioningOrders (AssignedResourceType_Id);
CREATE TABLE UP_Decisions (
    Id {id}, Part {text} NOT NULL, Row_Id {int} NOT NULL, Owner_Id {int} NOT NULL, Verdict {text} NOT NULL,
    Comment {text} NOT NULL, Actor {text} NOT NULL, DecidedAt {int} NOT NULL, Before {text} NOT NULL,
    Version {text} NOT NULL);
CREATE INDEX UP_Decisions_Row ON UP_Decisions (Part, Row_Id, Id);
CREATE INDEX UP_ProvisioningOrders_Sent ON UP_ProvisioningOrders (CreatedAt) WHERE State = 2;
";

/// A file of orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredOrderFile {
    /// Its name in `Work/ProvisioningOrders`.
    pub name: String,
    /// Files are carried out in this order.
    pub sequence: i64,
    /// All its orders are of this resource type.
    pub resource_type: PolicyObjectId,
    /// BLAKE3 of its content, in hexadecimal.
    pub digest: String,
    /// Name of the change set that it is a part of.
    pub change_set: String,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// Who had it made.
    pub created_by: String,
    /// Some order has not ended.
    pub is_open: bool,
    /// Who carries it out.
    pub lease_owner: Option<String>,
    /// Until when nobody else may.
    pub lease_until: i64,
}

/// An order that was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredOrder {
    /// Row.
    pub id: i64,
    /// Its file.
    pub file: String,
    /// Its place there, from 0.
    pub position: i64,
    /// Row of the assigned resource type.
    pub assigned: i64,
    /// Its owner.
    pub owner: ResourceId,
    /// Its resource type.
    pub resource_type: PolicyObjectId,
    /// The target, unless the order makes it.
    pub target: Option<ResourceId>,
    /// What it does.
    pub change: ChangeType,
    /// Transmitted, executed or errored.
    pub state: ProvisioningState,
    /// Somebody does it by hand, and tells when it is done.
    pub is_waiting: bool,
    /// What it does, as a hash in hexadecimal.
    pub digest: String,
    /// Rows that change their state with it, as JSON.
    pub rows: String,
    /// The order that would undo it, as JSON; empty when nothing can.
    pub undone: String,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// When its result came.
    pub ended_at: Option<i64>,
    /// What the managed system said.
    pub error: Option<String>,
    /// Key that the managed system gave to a new target.
    pub key: Option<String>,
}

const FILE: &str = "Name, Sequence, ResourceType_Id, Digest, ChangeSetHash, CreatedAt, CreatedBy, IsOpen, LeaseOwner, \
                    LeaseUntil";
pub(super) const ORDER: &[&str] = &[
    "Id",
    "File",
    "Position",
    "AssignedResourceType_Id",
    "Owner_Id",
    "ResourceType_Id",
    "Resource_Id",
    "ChangeType",
    "State",
    "IsWaiting",
    "Digest",
    "AssignedRows",
    "Undone",
    "CreatedAt",
    "EndedAt",
    "Error",
    "TargetKey",
];

fn file(row: &Row<'_>) -> Result<StoredOrderFile, StoreError> {
    Ok(StoredOrderFile {
        name: row.string(0)?,
        sequence: row.i64(1)?,
        resource_type: PolicyObjectId(row.i64(2)?),
        digest: row.string(3)?,
        change_set: row.string(4)?,
        created_at: row.i64(5)?,
        created_by: row.string(6)?,
        is_open: row.i64(7)? != 0,
        lease_owner: row.optional(8)?,
        lease_until: row.i64(9)?,
    })
}

pub(super) fn order(row: &Row<'_>) -> Result<StoredOrder, StoreError> {
    Ok(StoredOrder {
        id: row.i64(0)?,
        file: row.string(1)?,
        position: row.i64(2)?,
        assigned: row.i64(3)?,
        owner: ResourceId(row.i64(4)?),
        resource_type: PolicyObjectId(row.i64(5)?),
        target: row.int(6)?.map(ResourceId),
        change: match row.i64(7)? {
            1 => ChangeType::Modified,
            2 => ChangeType::Deleted,
            _ => ChangeType::Added,
        },
        state: ProvisioningState::from_number(row.i64(8)?).unwrap_or_default(),
        is_waiting: row.i64(9)? != 0,
        digest: row.string(10)?,
        rows: row.string(11)?,
        undone: row.string(12)?,
        created_at: row.i64(13)?,
        ended_at: row.int(14)?,
        error: row.optional(15)?,
        key: row.optional(16)?,
    })
}

impl ReadTx {
    /// Owners that may have something pending of these resource types, in their order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn owners_with_orders(&mut self, resource_types: &[PolicyObjectId]) -> Result<Vec<ResourceId>, StoreError> {
        let mut found = Vec::new();
        // The consolidated state names what is most urgent, behind which something may be pending.
        in_batches(resource_types, |batch, list| {
            let args: Vec<Arg<'_>> = batch.iter().map(|id| Arg::Int(id.0)).collect();
            let sql = format!(
                "SELECT DISTINCT Owner_Id FROM UP_AssignedResourceTypes \
                 WHERE ConsolidatedProvisioningState IN (1, 3, 5, 7) AND ResourceType_Id IN ({})",
                list(1)
            );
            found.extend(self.link.all(&sql, &args, |row| row.i64(0).map(ResourceId))?);
            Ok::<(), StoreError>(())
        })?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// How many targets each resource type has.
    ///
    /// # Errors
    /// Those of the database.
    pub fn target_counts(&mut self) -> Result<BTreeMap<PolicyObjectId, u64>, StoreError> {
        let sql = "SELECT ResourceType_Id, COUNT(DISTINCT Resource_Id) FROM UP_AssignedResourceTypes \
                   WHERE Resource_Id IS NOT NULL GROUP BY ResourceType_Id";
        let rows = self.link.all(sql, &[], |row| Ok((PolicyObjectId(row.i64(0)?), row.u64(1)?)))?;
        Ok(rows.into_iter().collect())
    }

    /// Owner of an assigned resource type.
    ///
    /// # Errors
    /// Those of the database.
    pub fn owner_of_assigned(&mut self, assigned: i64) -> Result<Option<ResourceId>, StoreError> {
        let sql = "SELECT Owner_Id FROM UP_AssignedResourceTypes WHERE Id = $1";
        self.link.first(sql, &[assigned.into()], |row| row.i64(0).map(ResourceId))
    }

    /// Owners with an assigned resource type whose consolidated provisioning state is one of these.
    ///
    /// # Errors
    /// Those of the database.
    pub fn owners_in_states(&mut self, states: &[ProvisioningState]) -> Result<Vec<ResourceId>, StoreError> {
        let numbers: Vec<String> = states.iter().map(|state| state.number().to_string()).collect();
        let sql = format!(
            "SELECT DISTINCT Owner_Id FROM UP_AssignedResourceTypes WHERE ConsolidatedProvisioningState IN ({}) \
             ORDER BY Owner_Id",
            numbers.join(", ")
        );
        self.link.all(&sql, &[], |row| row.i64(0).map(ResourceId))
    }

    /// Owners with something non-conforming or pre-existing: roles, targets, values or links; and with roles that wait
    /// for an approval, or are kept for a while.
    ///
    /// # Errors
    /// Those of the database.
    pub fn owners_with_findings(&mut self) -> Result<Vec<ResourceId>, StoreError> {
        let sql = "SELECT Owner_Id FROM UP_AssignedResourceTypes \
                   WHERE ConsolidatedWorkflowFoundCount > 0 OR WorkflowState IN (1, 3) \
                   UNION SELECT Owner_Id FROM UP_AssignedSingleRoles \
                   WHERE WorkflowState IN (1, 3, 8, 9, 10, 11, 12, 13, 25, 27) \
                   UNION SELECT Owner_Id FROM UP_AssignedCompositeRoles \
                   WHERE WorkflowState IN (1, 3, 8, 9, 10, 11, 12, 13, 25, 27) \
                   ORDER BY Owner_Id";
        self.link.all(sql, &[], |row| row.i64(0).map(ResourceId))
    }

    /// Files with orders that have not ended, in the order in which they are carried out.
    ///
    /// # Errors
    /// Those of the database.
    pub fn open_order_files(&mut self) -> Result<Vec<StoredOrderFile>, StoreError> {
        let sql = format!("SELECT {FILE} FROM UP_ProvisioningOrderFiles WHERE IsOpen = 1 ORDER BY Sequence");
        self.link.all(&sql, &[], file)
    }

    /// A file.
    ///
    /// # Errors
    /// Those of the database.
    pub fn order_file(&mut self, name: &str) -> Result<Option<StoredOrderFile>, StoreError> {
        let sql = format!("SELECT {FILE} FROM UP_ProvisioningOrderFiles WHERE Name = $1");
        self.link.first(&sql, &[name.into()], file)
    }

    /// Files of a change set, in their order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn order_files_of(&mut self, change_set: &str) -> Result<Vec<StoredOrderFile>, StoreError> {
        let sql = format!("SELECT {FILE} FROM UP_ProvisioningOrderFiles WHERE ChangeSetHash = $1 ORDER BY Sequence");
        self.link.all(&sql, &[change_set.into()], file)
    }

    /// Orders of a file, in their order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn orders_of_file(&mut self, name: &str) -> Result<Vec<StoredOrder>, StoreError> {
        let sql = format!("SELECT {} FROM UP_ProvisioningOrders WHERE File = $1 ORDER BY Position", ORDER.join(", "));
        self.link.all(&sql, &[name.into()], order)
    }

    /// Orders of an assigned resource type, the newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn orders_of_assigned(&mut self, assigned: i64) -> Result<Vec<StoredOrder>, StoreError> {
        let columns = ORDER.join(", ");
        let sql =
            format!("SELECT {columns} FROM UP_ProvisioningOrders WHERE AssignedResourceType_Id = $1 ORDER BY Id DESC");
        self.link.all(&sql, &[assigned.into()], order)
    }

    /// An order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn order(&mut self, id: i64) -> Result<Option<StoredOrder>, StoreError> {
        let sql = format!("SELECT {} FROM UP_ProvisioningOrders WHERE Id = $1", ORDER.join(", "));
        self.link.first(&sql, &[id.into()], order)
    }

    /// Orders without result, the oldest first; those that somebody does by hand, or those that a machine does.
    ///
    /// # Errors
    /// Those of the database.
    pub fn orders_under_way(&mut self, is_waiting: bool) -> Result<Vec<StoredOrder>, StoreError> {
        let columns = ORDER.join(", ");
        let sql = format!("SELECT {columns} FROM UP_ProvisioningOrders WHERE State = 2 AND IsWaiting = $1 ORDER BY Id");
        self.link.all(&sql, &[i64::from(is_waiting).into()], order)
    }
}

impl WriteTx {
    /// Stores a file and its orders; they get their sequence and ids.
    ///
    /// # Errors
    /// Those of the database.
    pub fn insert_order_file(
        &mut self,
        file: &mut StoredOrderFile,
        orders: &mut [StoredOrder],
    ) -> Result<(), StoreError> {
        file.sequence = self.advance("ProvisioningOrderFile", 1)?;
        let values = "$1, $2, $3, $4, $5, $6, $7, 1, NULL, 0";
        let sql = format!("INSERT INTO UP_ProvisioningOrderFiles ({FILE}) VALUES ({values})");
        self.link.execute(
            &sql,
            &[
                (&file.name).into(),
                file.sequence.into(),
                file.resource_type.0.into(),
                (&file.digest).into(),
                (&file.change_set).into(),
                file.created_at.into(),
                (&file.created_by).into(),
            ],
        )?;
        let first = self.advance("ProvisioningOrder", orders.len() as u64)?;
        let mut rows = Rows::default();
        for (order, id) in orders.iter_mut().zip(first..) {
            order.id = id;
            let values: [Arg<'_>; 17] = [
                id.into(),
                (&file.name).into(),
                order.position.into(),
                order.assigned.into(),
                order.owner.0.into(),
                order.resource_type.0.into(),
                order.target.map(|target| target.0).into(),
                (order.change as i64).into(),
                order.state.number().into(),
                i64::from(order.is_waiting).into(),
                (&order.digest).into(),
                (&order.rows).into(),
                (&order.undone).into(),
                order.created_at.into(),
                order.ended_at.into(),
                order.error.as_ref().into(),
                order.key.as_ref().into(),
            ];
            values.into_iter().for_each(|value| rows.push(value));
        }
        let columns: Vec<String> = ORDER.iter().map(|column| (*column).to_owned()).collect();
        self.link.bulk("UP_ProvisioningOrders", &[], &columns, &rows)?;
        self.count("provisioningOrders", orders.len() as u64);
        Ok(())
    }

    /// Hands an open file to somebody until an instant; tells whether nobody else has it. Who has it keeps it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn lease_order_file(&mut self, name: &str, owner: &str, until: i64, now: i64) -> Result<bool, StoreError> {
        let taken = self.link.execute(
            "UPDATE UP_ProvisioningOrderFiles SET LeaseOwner = $1, LeaseUntil = $2 \
             WHERE Name = $3 AND IsOpen = 1 AND (LeaseOwner IS NULL OR LeaseOwner = $4 OR LeaseUntil <= $5)",
            &[owner.into(), until.into(), name.into(), owner.into(), now.into()],
        )?;
        Ok(taken > 0)
    }

    /// Gives a file back.
    ///
    /// # Errors
    /// Those of the database.
    pub fn release_order_file(&mut self, name: &str, owner: &str) -> Result<(), StoreError> {
        self.link.execute(
            "UPDATE UP_ProvisioningOrderFiles SET LeaseOwner = NULL, LeaseUntil = 0 WHERE Name = $1 AND LeaseOwner = $2",
            &[name.into(), owner.into()],
        )?;
        Ok(())
    }

    /// Ends an order that is under way; tells whether it was. This is what makes a result count once only.
    ///
    /// # Errors
    /// Those of the database.
    pub fn end_order(
        &mut self,
        id: i64,
        state: ProvisioningState,
        error: Option<&str>,
        key: Option<&str>,
        now: i64,
    ) -> Result<bool, StoreError> {
        let ended = self.link.execute(
            "UPDATE UP_ProvisioningOrders SET State = $1, Error = $2, TargetKey = $3, EndedAt = $4, IsWaiting = 0 \
             WHERE Id = $5 AND State = 2",
            &[state.number().into(), error.into(), key.into(), now.into(), id.into()],
        )?;
        Ok(ended > 0)
    }

    /// Notes that somebody does an order by hand.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_order_waiting(&mut self, id: i64) -> Result<(), StoreError> {
        self.link
            .execute("UPDATE UP_ProvisioningOrders SET IsWaiting = 1 WHERE Id = $1 AND State = 2", &[id.into()])?;
        Ok(())
    }

    /// Closes a file when none of its orders has still to be carried out by a machine; tells whether it closed now.
    ///
    /// # Errors
    /// Those of the database.
    pub fn close_order_file(&mut self, name: &str) -> Result<bool, StoreError> {
        let closed = self.link.execute(
            "UPDATE UP_ProvisioningOrderFiles SET IsOpen = 0, LeaseOwner = NULL WHERE Name = $1 AND IsOpen = 1 AND NOT \
             EXISTS (SELECT 1 FROM UP_ProvisioningOrders o WHERE o.File = $2 AND o.State = 2 AND o.IsWaiting = 0)",
            &[name.into(), name.into()],
        )?;
        Ok(closed > 0)
    }
}
