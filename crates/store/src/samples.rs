//! A look at the changes of a run, for people.

use crate::changes::{RunId, command};
use crate::error::StoreError;
use crate::stored_model::text_column;
use crate::tx::ReadTx;
use provost_model::changes::Command;
use provost_model::{AssociationId, EntityTypeId, ResourceId, Slot};

/// One value of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleValue {
    /// Slot of the property.
    pub slot: Slot,
    /// Stored value.
    pub before: Option<String>,
    /// New value.
    pub after: Option<String>,
}

/// A change of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleResource {
    /// Entity type.
    pub entity_type: EntityTypeId,
    /// What happens.
    pub command: Command,
    /// The resource.
    pub id: ResourceId,
    /// Primary key.
    pub key: Option<String>,
    /// Display name: the new one, or the stored one in a delete.
    pub display_name: Option<String>,
    /// Line of the file, 0 for none.
    pub line: u64,
    /// The values that differ.
    pub values: Vec<SampleValue>,
}

/// A change of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleLink {
    /// Association.
    pub association: AssociationId,
    /// What happens.
    pub command: Command,
    /// The resource at end 1.
    pub resource1: ResourceId,
    /// The resource at end 2.
    pub resource2: ResourceId,
    /// Key of end 1, as the file names it.
    pub key1: Option<String>,
    /// Key of end 2, as the file names it.
    pub key2: Option<String>,
    /// Line of the file, 0 for none.
    pub line: u64,
}

/// The first changes of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeSample {
    /// Changes of resources by entity type, then command, in the order in which they were staged.
    pub resources: Vec<SampleResource>,
    /// Changes of links by association, then command, in the order in which they were staged.
    pub links: Vec<SampleLink>,
}

impl ReadTx {
    /// The first `limit` changes of each entity type or association and command.
    ///
    /// # Errors
    /// Those of the database.
    pub fn sample_changes(&mut self, run: RunId, limit: usize) -> Result<ChangeSample, StoreError> {
        let counts = self.change_counts(run)?;
        let mut sample = ChangeSample::default();
        for (entity_type, command, _) in counts.resources {
            sample.resources.extend(self.sample_resources(run, entity_type, command, limit)?);
        }
        for (association, wanted, _) in counts.links {
            let links = self.link.all(
                "SELECT Resource1_Id, Resource2_Id, Key1, Key2, Line, Command FROM UR_ResourceLinkChanges \
                 WHERE Run_Id = $1 AND Association_Id = $2 AND Command = $3 ORDER BY Id LIMIT $4",
                &[run.0.into(), association.0.into(), (wanted as i64).into(), (limit as i64).into()],
                |row| {
                    Ok(SampleLink {
                        association,
                        command: command(row.i64(5)?),
                        resource1: ResourceId(row.i64(0)?),
                        resource2: ResourceId(row.i64(1)?),
                        key1: row.optional(2)?,
                        key2: row.optional(3)?,
                        line: row.u64(4)?,
                    })
                },
            )?;
            sample.links.extend(links);
        }
        Ok(sample)
    }

    fn sample_resources(
        &mut self,
        run: RunId,
        entity_type: EntityTypeId,
        command: Command,
        limit: usize,
    ) -> Result<Vec<SampleResource>, StoreError> {
        let slots: Vec<Slot> = self
            .link
            .all(
                "SELECT TargetColumnIndex FROM UR_ResourceChangeSlots WHERE Run_Id = $1 AND Type = $2 ORDER BY 1",
                &[run.0.into(), entity_type.0.into()],
                |row| row.i64(0),
            )?
            .into_iter()
            .filter_map(Slot::new)
            .collect();
        let columns: String =
            slots.iter().map(|s| format!(", {}, {}", text_column("r", *s), text_column("c", *s))).collect();
        let sql = format!(
            "SELECT c.Resource_Id, c.KeyValue, COALESCE(c.DisplayName_L1, r.DisplayName_L1), c.Line{columns} \
             FROM UR_ResourceChanges c LEFT JOIN UR_Resources r ON r.Id = c.Resource_Id \
             WHERE c.Run_Id = $1 AND c.Type = $2 AND c.Command = $3 ORDER BY c.Id LIMIT $4"
        );
        let args = [run.0.into(), entity_type.0.into(), (command as i64).into(), (limit as i64).into()];
        self.link.all(&sql, &args, |row| {
            let mut values = Vec::new();
            for (i, slot) in slots.iter().enumerate() {
                let before = row.optional(4 + 2 * i)?;
                let after = if command == Command::Delete { None } else { row.optional(5 + 2 * i)? };
                if before != after {
                    values.push(SampleValue { slot: *slot, before, after });
                }
            }
            Ok(SampleResource {
                entity_type,
                command,
                id: ResourceId(row.i64(0)?),
                key: row.optional(1)?,
                display_name: row.optional(2)?,
                line: row.u64(3)?,
                values,
            })
        })
    }
}
