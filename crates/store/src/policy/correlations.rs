//! Which targets belong to whom, and what type those have that belong to nobody.

use super::span::Span;
use crate::batch::in_batches;
use crate::error::StoreError;
use crate::sink::{Sink, names};
use crate::tx::{ReadTx, WriteTx};
use crate::value::{Arg, Row};
use provost_model::policy::WorkflowState;
use provost_model::{PolicyObjectId, ResourceId};

/// A target that belongs to an owner, or may belong to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoredCorrelation {
    /// The owner.
    pub owner: ResourceId,
    /// Resource type by whose rules it was found.
    pub resource_type: PolicyObjectId,
    /// The target.
    pub target: ResourceId,
    /// Percent; from 100 on it is certain.
    pub confidence: u8,
    /// It is a proposal only, whatever its confidence.
    pub is_suggested: bool,
    /// Rule that found it; none when somebody chose the owner.
    pub rule: Option<PolicyObjectId>,
}

/// The type of a target, whoever owns it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoredClassification {
    /// The target.
    pub resource: ResourceId,
    /// Its resource type.
    pub resource_type: PolicyObjectId,
    /// Percent; from 100 on it is certain.
    pub confidence: u8,
    /// Rule that found it; none for what somebody chose.
    pub rule: Option<PolicyObjectId>,
    /// Owner that somebody chose.
    pub owner: Option<ResourceId>,
    /// Somebody reviewed it: rules change it no more.
    pub is_frozen: bool,
}

const CORRELATION: [&str; 6] = ["Owner_Id", "ResourceType_Id", "Resource_Id", "Confidence", "IsSuggested", "Rule_Id"];
const CLASSIFICATION: [&str; 6] = ["Resource_Id", "ResourceType_Id", "Confidence", "Rule_Id", "Owner_Id", "IsFrozen"];

fn percent(row: &Row<'_>, column: usize) -> Result<u8, StoreError> {
    Ok(u8::try_from(row.i64(column)?).unwrap_or_default())
}

fn correlation(row: &Row<'_>) -> Result<StoredCorrelation, StoreError> {
    Ok(StoredCorrelation {
        owner: ResourceId(row.i64(0)?),
        resource_type: PolicyObjectId(row.i64(1)?),
        target: ResourceId(row.i64(2)?),
        confidence: percent(row, 3)?,
        is_suggested: row.i64(4)? != 0,
        rule: row.int(5)?.map(PolicyObjectId),
    })
}

fn classification(row: &Row<'_>) -> Result<StoredClassification, StoreError> {
    Ok(StoredClassification {
        resource: ResourceId(row.i64(0)?),
        resource_type: PolicyObjectId(row.i64(1)?),
        confidence: percent(row, 2)?,
        rule: row.int(3)?.map(PolicyObjectId),
        owner: row.int(4)?.map(ResourceId),
        is_frozen: row.i64(5)? != 0,
    })
}

impl ReadTx {
    /// The correlations of these owners, which must be ascending, by owner, resource type and target.
    ///
    /// # Errors
    /// Those of the database.
    pub fn correlations_of(&mut self, owners: &[ResourceId]) -> Result<Vec<StoredCorrelation>, StoreError> {
        let columns = CORRELATION.join(", ");
        let mut found = Vec::new();
        Span::over(owners).each("Owner_Id", |which, args| {
            let sql = format!(
                "SELECT {columns} FROM UP_ResourceCorrelations WHERE {which} \
                 ORDER BY Owner_Id, ResourceType_Id, Resource_Id"
            );
            self.link.scan(&sql, args, |row| {
                let row = correlation(row)?;
                if owners.binary_search(&row.owner).is_ok() && found.last() != Some(&row) {
                    found.push(row);
                }
                Ok::<(), StoreError>(())
            })
        })?;
        Ok(found)
    }

    /// The correlations of a resource type, by owner and target.
    ///
    /// # Errors
    /// Those of the database.
    pub fn correlations_of_type(
        &mut self,
        resource_type: PolicyObjectId,
    ) -> Result<Vec<StoredCorrelation>, StoreError> {
        let sql = format!(
            "SELECT {} FROM UP_ResourceCorrelations WHERE ResourceType_Id = $1 ORDER BY Owner_Id, Resource_Id",
            CORRELATION.join(", ")
        );
        self.link.all(&sql, &[resource_type.0.into()], correlation)
    }

    /// The correlations of these targets, by target and owner.
    ///
    /// # Errors
    /// Those of the database.
    pub fn correlations_to(&mut self, targets: &[ResourceId]) -> Result<Vec<StoredCorrelation>, StoreError> {
        let columns = CORRELATION.join(", ");
        let mut found = Vec::new();
        in_batches(targets, |batch, list| {
            let args: Vec<Arg<'_>> = batch.iter().map(|id| Arg::Int(id.0)).collect();
            let sql = format!("SELECT {columns} FROM UP_ResourceCorrelations WHERE Resource_Id IN ({})", list(1));
            found.extend(self.link.all(&sql, &args, correlation)?);
            Ok::<(), StoreError>(())
        })?;
        found.sort_by_key(|c| (c.target, c.owner, c.resource_type));
        found.dedup();
        Ok(found)
    }

    /// Targets of a resource type that are unauthorised accounts: found, and given by no rule.
    ///
    /// # Errors
    /// Those of the database.
    pub fn unauthorised_targets(&mut self, resource_type: PolicyObjectId) -> Result<Vec<ResourceId>, StoreError> {
        let found = WorkflowState::Found.number();
        self.link.all(
            &format!(
                "SELECT DISTINCT Resource_Id FROM UP_AssignedResourceTypes WHERE ResourceType_Id = $1 \
                 AND Resource_Id IS NOT NULL AND WorkflowState = {found} AND Rule_Id IS NULL ORDER BY Resource_Id"
            ),
            &[resource_type.0.into()],
            |row| row.i64(0).map(ResourceId),
        )
    }

    /// All classified targets, ascending.
    ///
    /// # Errors
    /// Those of the database.
    pub fn classifications(&mut self) -> Result<Vec<StoredClassification>, StoreError> {
        let sql = format!("SELECT {} FROM UP_ResourceClassifications ORDER BY Resource_Id", CLASSIFICATION.join(", "));
        self.link.all(&sql, &[], classification)
    }

    /// What is known about the type of these targets, ascending.
    ///
    /// # Errors
    /// Those of the database.
    pub fn classifications_of(&mut self, targets: &[ResourceId]) -> Result<Vec<StoredClassification>, StoreError> {
        let columns = CLASSIFICATION.join(", ");
        let mut found = Vec::new();
        in_batches(targets, |batch, list| {
            let args: Vec<Arg<'_>> = batch.iter().map(|id| Arg::Int(id.0)).collect();
            let sql = format!("SELECT {columns} FROM UP_ResourceClassifications WHERE Resource_Id IN ({})", list(1));
            found.extend(self.link.all(&sql, &args, classification)?);
            Ok::<(), StoreError>(())
        })?;
        found.sort();
        found.dedup();
        Ok(found)
    }
}

impl ReadTx {
    /// What somebody chose these owners, which must be ascending, for, by target.
    ///
    /// # Errors
    /// Those of the database.
    pub fn classifications_by_owner(&mut self, owners: &[ResourceId]) -> Result<Vec<StoredClassification>, StoreError> {
        let columns = CLASSIFICATION.join(", ");
        let mut found = Vec::new();
        in_batches(owners, |batch, list| {
            let args: Vec<Arg<'_>> = batch.iter().map(|id| Arg::Int(id.0)).collect();
            let sql = format!(
                "SELECT {columns} FROM UP_ResourceClassifications WHERE Owner_Id IS NOT NULL AND Owner_Id IN ({})",
                list(1)
            );
            found.extend(self.link.all(&sql, &args, classification)?);
            Ok::<(), StoreError>(())
        })?;
        found.sort();
        found.dedup();
        Ok(found)
    }
}

impl WriteTx {
    /// Takes correlations away and adds others. One that changes is among both.
    ///
    /// # Errors
    /// Those of the database.
    pub fn change_correlations(
        &mut self,
        gone: &[StoredCorrelation],
        new: &[StoredCorrelation],
    ) -> Result<(), StoreError> {
        for row in gone {
            self.link.execute(
                "DELETE FROM UP_ResourceCorrelations WHERE Owner_Id = $1 AND ResourceType_Id = $2 AND Resource_Id = $3",
                &[row.owner.0.into(), row.resource_type.0.into(), row.target.0.into()],
            )?;
        }
        let mut sink = Sink::new(&self.link, "UP_ResourceCorrelations", names(&CORRELATION));
        for row in new {
            sink.row(&[
                row.owner.0.into(),
                row.resource_type.0.into(),
                row.target.0.into(),
                i64::from(row.confidence).into(),
                i64::from(row.is_suggested).into(),
                row.rule.map(|rule| rule.0).into(),
            ])?;
        }
        sink.flush()?;
        self.count("correlationsRemoved", gone.len() as u64);
        self.count("correlationsAdded", new.len() as u64);
        Ok(())
    }

    /// Takes classifications away and adds others. One that changes is among both.
    ///
    /// # Errors
    /// Those of the database.
    pub fn change_classifications(
        &mut self,
        gone: &[ResourceId],
        new: &[StoredClassification],
    ) -> Result<(), StoreError> {
        for target in gone {
            let sql = "DELETE FROM UP_ResourceClassifications WHERE Resource_Id = $1";
            self.link.execute(sql, &[target.0.into()])?;
        }
        let mut sink = Sink::new(&self.link, "UP_ResourceClassifications", names(&CLASSIFICATION));
        for row in new {
            sink.row(&[
                row.resource.0.into(),
                row.resource_type.0.into(),
                i64::from(row.confidence).into(),
                row.rule.map(|rule| rule.0).into(),
                row.owner.map(|owner| owner.0).into(),
                i64::from(row.is_frozen).into(),
            ])?;
        }
        sink.flush()?;
        self.count("classificationsRemoved", gone.len() as u64);
        self.count("classificationsAdded", new.len() as u64);
        Ok(())
    }
}
