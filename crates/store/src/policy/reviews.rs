//! What waits for somebody's decision, owner by owner, and who holds what.
//!
//! Partial indexes name the few owners with something that waits, so that a page costs what it shows, however many
//! others there are. A condition here stands word for word in its index: SQLite takes the index for nothing else.

use super::orders::{ORDER, order};
use super::rows::{provisioning, workflow};
use crate::batch::in_batches;
use crate::error::StoreError;
use crate::policy::StoredOrder;
use crate::tx::ReadTx;
use crate::value::Arg;
use provost_model::policy::{ProvisioningState, WorkflowState};
use provost_model::{EntityTypeId, PolicyObjectId, ResourceId};

/// The step of the schema that makes the indexes.
pub(crate) const INDEXES: &str = r"
CREATE INDEX UP_AssignedResourceTypes_Waiting ON UP_AssignedResourceTypes (Owner_Id)
    WHERE ConsolidatedProvisioningState IN (3, 5, 7);
CREATE INDEX UP_AssignedResourceTypes_Found ON UP_AssignedResourceTypes (Owner_Id)
    WHERE ConsolidatedWorkflowFoundCount > 0 OR WorkflowState IN (1, 3);
CREATE INDEX UP_AssignedSingleRoles_Waiting ON UP_AssignedSingleRoles (Owner_Id)
    WHERE WorkflowState IN (1, 3, 8, 9, 10, 11, 12, 13, 25, 27);
CREATE INDEX UP_AssignedCompositeRoles_Waiting ON UP_AssignedCompositeRoles (Owner_Id)
    WHERE WorkflowState IN (1, 3, 8, 9, 10, 11, 12, 13, 25, 27);
CREATE INDEX UP_RiskScores_Score ON UP_RiskScores (Score, Owner_Id);
";

const ROLES: [&str; 2] = ["UP_AssignedCompositeRoles", "UP_AssignedSingleRoles"];
const ROLE_WAITS: &str = "a.WorkflowState IN (1, 3, 8, 9, 10, 11, 12, 13, 25, 27)";

/// What waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Provisioning Review: something is blocked, or was refused.
    Provisioning,
    /// Resource Reconciliation: targets, values and links that no rule gives.
    Resources,
    /// Role Reconciliation: roles that no rule gives.
    Roles,
    /// Role Review: requests, risks, and what is kept for a while.
    Requests,
}

impl Waiting {
    /// Tables, and the condition on a row `a` of each.
    fn places(self) -> Vec<(&'static str, String)> {
        let roles = |states: &str| {
            ROLES.iter().map(|table| (*table, format!("{ROLE_WAITS} AND a.WorkflowState IN ({states})"))).collect()
        };
        match self {
            Waiting::Provisioning => {
                vec![("UP_AssignedResourceTypes", "a.ConsolidatedProvisioningState IN (3, 5, 7)".to_owned())]
            }
            Waiting::Resources => vec![(
                "UP_AssignedResourceTypes",
                "(a.ConsolidatedWorkflowFoundCount > 0 OR a.WorkflowState IN (1, 3))".to_owned(),
            )],
            Waiting::Roles => roles("1, 3"),
            Waiting::Requests => roles("8, 9, 10, 11, 12, 13, 25, 27"),
        }
    }
}

/// Who holds a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The target.
    pub target: ResourceId,
    /// Whose it is.
    pub owner: ResourceId,
    /// Row of the assigned resource type.
    pub assigned: i64,
    /// Its resource type.
    pub resource_type: PolicyObjectId,
    /// Percent with which it was found to be the owner's.
    pub confidence: u8,
    /// How it came about.
    pub workflow: WorkflowState,
    /// How far it is on its way.
    pub provisioning: ProvisioningState,
}

impl ReadTx {
    /// Owners of an entity type with something that waits, in their order, behind one of them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn owners_waiting(
        &mut self,
        what: Waiting,
        entity_type: EntityTypeId,
        object: Option<PolicyObjectId>,
        after: ResourceId,
        limit: usize,
    ) -> Result<Vec<ResourceId>, StoreError> {
        let mut found = Vec::new();
        for (table, condition) in what.places() {
            // CROSS JOIN: SQLite keeps this order, from the few that wait to their owners.
            let (narrowed, object) = narrowed(table, object);
            let sql = format!(
                "SELECT DISTINCT a.Owner_Id FROM {table} a CROSS JOIN UR_Resources r WHERE {condition} \
                 AND a.Owner_Id > $1 AND r.Id = a.Owner_Id AND r.Type = $2{narrowed} ORDER BY a.Owner_Id LIMIT {limit}"
            );
            let mut args: Vec<Arg<'_>> = vec![after.0.into(), entity_type.0.into()];
            args.extend(object);
            found.extend(self.link.all(&sql, &args, |row| row.i64(0).map(ResourceId))?);
        }
        found.sort_unstable();
        found.dedup();
        found.truncate(limit);
        Ok(found)
    }

    /// How many rows wait, up to a number.
    ///
    /// # Errors
    /// Those of the database.
    pub fn count_waiting(&mut self, what: Waiting, entity_type: EntityTypeId, most: u64) -> Result<u64, StoreError> {
        let mut count = 0;
        for (table, condition) in what.places() {
            let sql = format!(
                "SELECT COUNT(*) FROM (SELECT 1 FROM {table} a CROSS JOIN UR_Resources r WHERE {condition} \
                 AND r.Id = a.Owner_Id AND r.Type = $1 LIMIT {most}) c"
            );
            count += self.link.first(&sql, &[entity_type.0.into()], |row| row.u64(0))?.unwrap_or_default();
        }
        Ok(count.min(most))
    }

    /// Orders that wait for somebody who carries them out by hand, of these resource types, behind one of them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn orders_by_hand(
        &mut self,
        resource_types: &[PolicyObjectId],
        after: i64,
        limit: usize,
    ) -> Result<Vec<StoredOrder>, StoreError> {
        let mut found = Vec::new();
        in_batches(resource_types, |batch, list| {
            let sql = format!(
                "SELECT {} FROM UP_ProvisioningOrders WHERE State = 2 AND IsWaiting = 1 AND Id > $1 \
                 AND ResourceType_Id IN ({}) ORDER BY Id LIMIT {limit}",
                ORDER.join(", "),
                list(2)
            );
            let mut args: Vec<Arg<'_>> = vec![after.into()];
            args.extend(batch.iter().map(|id| Arg::Int(id.0)));
            found.extend(self.link.all(&sql, &args, order)?);
            Ok::<(), StoreError>(())
        })?;
        found.sort_by_key(|order| order.id);
        found.truncate(limit);
        Ok(found)
    }

    /// Who holds each of these targets.
    ///
    /// # Errors
    /// Those of the database.
    pub fn holders(&mut self, targets: &[ResourceId]) -> Result<Vec<Holder>, StoreError> {
        let mut found = Vec::new();
        in_batches(targets, |batch, list| {
            let args: Vec<Arg<'_>> = batch.iter().map(|id| Arg::Int(id.0)).collect();
            let sql = format!(
                "SELECT Resource_Id, Owner_Id, Id, ResourceType_Id, Confidence, WorkflowState, ProvisioningState \
                 FROM UP_AssignedResourceTypes WHERE Resource_Id IS NOT NULL AND Resource_Id IN ({})",
                list(1)
            );
            found.extend(self.link.all(&sql, &args, |row| {
                Ok(Holder {
                    target: ResourceId(row.i64(0)?),
                    owner: ResourceId(row.i64(1)?),
                    assigned: row.i64(2)?,
                    resource_type: PolicyObjectId(row.i64(3)?),
                    confidence: u8::try_from(row.i64(4)?).unwrap_or_default(),
                    workflow: workflow(row, 5)?,
                    provisioning: provisioning(row, 6)?,
                })
            })?);
            Ok::<(), StoreError>(())
        })?;
        found.sort_by_key(|holder| (holder.target, holder.owner, holder.assigned));
        Ok(found)
    }

    /// Targets of an entity type that nobody owns, in their order, behind one of them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn orphans(
        &mut self,
        entity_type: EntityTypeId,
        after: ResourceId,
        limit: usize,
    ) -> Result<Vec<ResourceId>, StoreError> {
        let sql = format!(
            "SELECT r.Id FROM UR_Resources r WHERE r.Type = $1 AND r.Id > $2 AND NOT EXISTS \
             (SELECT 1 FROM UP_AssignedResourceTypes a WHERE a.Resource_Id = r.Id) ORDER BY r.Id LIMIT {limit}"
        );
        self.link.all(&sql, &[entity_type.0.into(), after.0.into()], |row| row.i64(0).map(ResourceId))
    }

    /// Owners of an entity type with a score, the highest first: behind one of a score. With the risks of each.
    ///
    /// # Errors
    /// Those of the database.
    pub fn scored_owners(
        &mut self,
        entity_type: EntityTypeId,
        (score, after): (i64, ResourceId),
        limit: usize,
    ) -> Result<Vec<(ResourceId, i64, Vec<PolicyObjectId>)>, StoreError> {
        let sql = format!(
            "SELECT s.Owner_Id, s.Score FROM UP_RiskScores s CROSS JOIN UR_Resources r \
             WHERE (s.Score < $1 OR (s.Score = $1 AND s.Owner_Id > $2)) AND r.Id = s.Owner_Id AND r.Type = $3 \
             ORDER BY s.Score DESC, s.Owner_Id LIMIT {limit}"
        );
        let scored = self.link.all(&sql, &[score.into(), after.0.into(), entity_type.0.into()], |row| {
            Ok((ResourceId(row.i64(0)?), row.i64(1)?))
        })?;
        let mut found = Vec::new();
        for (owner, score) in scored {
            let sql = "SELECT Risk_Id FROM UP_IdentifiedRisks WHERE Owner_Id = $1 ORDER BY Risk_Id";
            let risks = self.link.all(sql, &[owner.0.into()], |row| row.i64(0).map(PolicyObjectId))?;
            found.push((owner, score, risks));
        }
        Ok(found)
    }
}

/// Narrows to one role or resource type.
fn narrowed(table: &str, object: Option<PolicyObjectId>) -> (String, Option<Arg<'static>>) {
    let column = if table == "UP_AssignedResourceTypes" { "ResourceType_Id" } else { "Role_Id" };
    match object {
        Some(object) => (format!(" AND a.{column} = $3"), Some(Arg::Int(object.0))),
        None => (String::new(), None),
    }
}
