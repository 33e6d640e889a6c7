//! How far a computation came, who waits for the next one, and what it was computed with.

use super::span::Span;
use crate::batch::in_batches;
use crate::error::StoreError;
use crate::sink::{Sink, names};
use crate::tx::{ReadTx, WriteTx};
use crate::value::Arg;
use provost_model::{EntityTypeId, PolicyObjectId, ResourceId};
use std::collections::BTreeMap;

/// A computation that has begun and not ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Computation {
    /// What is computed, and for whom.
    pub name: String,
    /// What it was asked for.
    pub options: String,
    /// The instant that it is computed for: microseconds since 1970, UTC.
    pub started_at: i64,
    /// The last owner that is done.
    pub after: ResourceId,
    /// Counts so far, as JSON.
    pub counts: String,
}

/// What an evaluation says besides assignments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EvaluationNotes {
    /// When the result may change by the passing of time alone: microseconds since 1970, UTC.
    pub next_at: Option<i64>,
    /// Risks that the owner runs, ascending.
    pub risks: Vec<PolicyObjectId>,
    /// Its risk score.
    pub risk_score: Option<u8>,
}

impl ReadTx {
    /// A computation that was interrupted.
    ///
    /// # Errors
    /// Those of the database.
    pub fn computation(&mut self, name: &str) -> Result<Option<Computation>, StoreError> {
        self.link.first(
            "SELECT Name, Options, StartedAt, After, Counts FROM UP_Computations WHERE Name = $1",
            &[name.into()],
            |row| {
                Ok(Computation {
                    name: row.string(0)?,
                    options: row.string(1)?,
                    started_at: row.i64(2)?,
                    after: ResourceId(row.i64(3)?),
                    counts: row.string(4)?,
                })
            },
        )
    }

    /// Digest of what something was last computed with.
    ///
    /// # Errors
    /// Those of the database.
    pub fn policy_state(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        self.link.first("SELECT Hash FROM UP_PolicyStates WHERE Name = $1", &[name.into()], |row| row.string(0))
    }

    /// Whether a policy was ever computed here: changes of the data must then be followed.
    pub(crate) fn follows_policy(&self) -> Result<bool, StoreError> {
        Ok(self.link.first("SELECT 1 FROM UP_PolicyStates LIMIT 1", &[], |_| Ok(()))?.is_some())
    }

    /// The next `count` owners of a type behind `after` that wait for an evaluation, ascending, each with the mark that
    /// [`WriteTx::remove_waiting_owners`] needs.
    ///
    /// # Errors
    /// Those of the database.
    pub fn waiting_owners(
        &mut self,
        entity_type: EntityTypeId,
        after: ResourceId,
        count: usize,
    ) -> Result<Vec<(ResourceId, i64)>, StoreError> {
        self.link.all(
            &format!(
                "SELECT w.Owner_Id, w.Mark FROM UP_WaitingOwners w JOIN UR_Resources r ON r.Id = w.Owner_Id \
                 WHERE r.Type = $1 AND w.Owner_Id > $2 ORDER BY w.Owner_Id LIMIT {count}"
            ),
            &[entity_type.0.into(), after.0.into()],
            |row| Ok((ResourceId(row.i64(0)?), row.i64(1)?)),
        )
    }

    /// The marks of those of these owners who wait.
    ///
    /// # Errors
    /// Those of the database.
    pub fn waiting_marks(&mut self, owners: &[ResourceId]) -> Result<Vec<(ResourceId, i64)>, StoreError> {
        let mut found = Vec::new();
        Span::over(owners).each("Owner_Id", |which, args| {
            let sql = format!("SELECT Owner_Id, Mark FROM UP_WaitingOwners WHERE {which} ORDER BY Owner_Id");
            found.extend(self.link.all(&sql, args, |row| Ok((ResourceId(row.i64(0)?), row.i64(1)?)))?);
            Ok::<(), StoreError>(())
        })?;
        found.retain(|(owner, _)| owners.binary_search(owner).is_ok());
        found.dedup();
        Ok(found)
    }

    /// The next `count` resources behind `after` that have assignments, ascending.
    ///
    /// # Errors
    /// Those of the database.
    pub fn owners_after(&mut self, after: ResourceId, count: usize) -> Result<Vec<ResourceId>, StoreError> {
        let tables = ["UP_AssignedCompositeRoles", "UP_AssignedSingleRoles", "UP_AssignedResourceTypes"];
        let part = |table: &&str| {
            format!(
                "SELECT Owner_Id FROM (SELECT DISTINCT Owner_Id FROM {table} WHERE Owner_Id > {after} \
                 ORDER BY Owner_Id LIMIT {count}) t"
            )
        };
        let union = tables.iter().map(part).collect::<Vec<_>>().join(" UNION ");
        self.link.all(&format!("{union} ORDER BY 1 LIMIT {count}"), &[], |row| row.i64(0).map(ResourceId))
    }

    /// Number of owners who run each risk.
    ///
    /// # Errors
    /// Those of the database.
    pub fn count_risks(&mut self) -> Result<BTreeMap<PolicyObjectId, u64>, StoreError> {
        let sql = "SELECT Risk_Id, COUNT(*) FROM UP_IdentifiedRisks GROUP BY Risk_Id";
        let rows = self.link.all(sql, &[], |row| Ok((PolicyObjectId(row.i64(0)?), row.i64(1)? as u64)))?;
        Ok(rows.into_iter().collect())
    }

    /// The owners with the highest risk scores above 0, each with its score.
    ///
    /// # Errors
    /// Those of the database.
    pub fn highest_risk_scores(&mut self, count: usize) -> Result<Vec<(ResourceId, u8)>, StoreError> {
        let sql = format!(
            "SELECT Owner_Id, Score FROM UP_RiskScores WHERE Score > 0 ORDER BY Score DESC, Owner_Id LIMIT {count}"
        );
        self.link.all(&sql, &[], |row| Ok((ResourceId(row.i64(0)?), u8::try_from(row.i64(1)?).unwrap_or(u8::MAX))))
    }

    /// Number of owners with a risk score.
    ///
    /// # Errors
    /// Those of the database.
    pub fn count_risk_scores(&mut self) -> Result<u64, StoreError> {
        self.link.count("SELECT COUNT(*) FROM UP_RiskScores", &[])
    }

    /// The first and the last resource of a type.
    ///
    /// # Errors
    /// Those of the database.
    pub fn resource_range(
        &mut self,
        entity_type: EntityTypeId,
    ) -> Result<Option<(ResourceId, ResourceId)>, StoreError> {
        let end = |order: &str| {
            let sql = format!("SELECT Id FROM UR_Resources WHERE Type = $1 ORDER BY Id {order} LIMIT 1");
            self.link.first(&sql, &[entity_type.0.into()], |row| row.i64(0).map(ResourceId))
        };
        Ok(end("ASC")?.zip(end("DESC")?))
    }

    /// Owners to whom one of these targets is assigned.
    ///
    /// # Errors
    /// Those of the database.
    pub fn owners_of_targets(&mut self, targets: &[ResourceId]) -> Result<Vec<ResourceId>, StoreError> {
        let mut found = Vec::new();
        in_batches(targets, |batch, list| {
            let args: Vec<Arg<'_>> = batch.iter().map(|id| Arg::Int(id.0)).collect();
            let sql = format!(
                "SELECT Owner_Id FROM UP_AssignedResourceTypes WHERE Resource_Id IS NOT NULL AND Resource_Id IN ({})",
                list(1)
            );
            found.extend(self.link.all(&sql, &args, |row| row.i64(0).map(ResourceId))?);
            Ok::<(), StoreError>(())
        })?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Which of these resources exist. They must be ascending.
    ///
    /// # Errors
    /// Those of the database.
    pub fn existing(&mut self, resources: &[ResourceId]) -> Result<Vec<ResourceId>, StoreError> {
        let mut found = Vec::new();
        Span::over(resources).each("Id", |which, args| {
            let sql = format!("SELECT Id FROM UR_Resources WHERE {which} ORDER BY Id");
            found.extend(self.link.all(&sql, args, |row| row.i64(0).map(ResourceId))?);
            Ok::<(), StoreError>(())
        })?;
        found.retain(|id| resources.binary_search(id).is_ok());
        found.dedup();
        Ok(found)
    }

    /// Owners of a type whose result may have changed until `now` by the passing of time.
    ///
    /// # Errors
    /// Those of the database.
    pub fn owners_due(&mut self, entity_type: EntityTypeId, now_micros: i64) -> Result<Vec<ResourceId>, StoreError> {
        self.link.all(
            "SELECT e.Owner_Id FROM UP_Evaluations e JOIN UR_Resources r ON r.Id = e.Owner_Id \
             WHERE e.NextAt <= $1 AND r.Type = $2 ORDER BY e.Owner_Id",
            &[now_micros.into(), entity_type.0.into()],
            |row| row.i64(0).map(ResourceId),
        )
    }

    /// What the last evaluation of these owners said besides assignments. The owners must be ascending.
    ///
    /// # Errors
    /// Those of the database.
    pub fn evaluation_notes(
        &mut self,
        owners: &[ResourceId],
    ) -> Result<BTreeMap<ResourceId, EvaluationNotes>, StoreError> {
        let mut notes: BTreeMap<ResourceId, EvaluationNotes> = BTreeMap::new();
        let span = Span::over(owners);
        let mut read = |table: &str, column: &str, put: &dyn Fn(&mut EvaluationNotes, i64)| {
            span.each("Owner_Id", |which, args| {
                let sql = format!("SELECT Owner_Id, {column} FROM {table} WHERE {which} ORDER BY Owner_Id, {column}");
                self.link.scan(&sql, args, |row| {
                    put(notes.entry(ResourceId(row.i64(0)?)).or_default(), row.i64(1)?);
                    Ok::<(), StoreError>(())
                })
            })
        };
        read("UP_Evaluations", "NextAt", &|note, at| note.next_at = Some(at))?;
        read("UP_IdentifiedRisks", "Risk_Id", &|note, risk| note.risks.push(PolicyObjectId(risk)))?;
        read("UP_RiskScores", "Score", &|note, score| note.risk_score = u8::try_from(score).ok())?;
        notes.values_mut().for_each(|note| note.risks.dedup());
        Ok(notes)
    }
}

impl WriteTx {
    /// Remembers how far a computation came.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_computation(&mut self, computation: &Computation) -> Result<(), StoreError> {
        self.end_computation(&computation.name)?;
        self.link.execute(
            "INSERT INTO UP_Computations (Name, Options, StartedAt, After, Counts) VALUES ($1, $2, $3, $4, $5)",
            &[
                (&computation.name).into(),
                (&computation.options).into(),
                computation.started_at.into(),
                computation.after.0.into(),
                (&computation.counts).into(),
            ],
        )?;
        Ok(())
    }

    /// Forgets a computation that is done, or given up.
    ///
    /// # Errors
    /// Those of the database.
    pub fn end_computation(&mut self, name: &str) -> Result<(), StoreError> {
        self.link.execute("DELETE FROM UP_Computations WHERE Name = $1", &[name.into()])?;
        Ok(())
    }

    /// Remembers what something is computed with from now on.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_policy_state(&mut self, name: &str, hash: &str, now_micros: i64) -> Result<(), StoreError> {
        if self.policy_state(name)?.as_deref() == Some(hash) {
            return Ok(());
        }
        self.link.execute("DELETE FROM UP_PolicyStates WHERE Name = $1", &[name.into()])?;
        self.link.execute(
            "INSERT INTO UP_PolicyStates (Name, Hash, ComputedAt) VALUES ($1, $2, $3)",
            &[name.into(), hash.into(), now_micros.into()],
        )?;
        Ok(())
    }

    /// Has owners evaluated by the next computation.
    ///
    /// # Errors
    /// Those of the database.
    pub fn add_waiting_owners(&mut self, owners: &[ResourceId]) -> Result<(), StoreError> {
        let sql = "INSERT INTO UP_WaitingOwners (Owner_Id, Mark) VALUES ($1, 0) ON CONFLICT (Owner_Id) \
                   DO UPDATE SET Mark = UP_WaitingOwners.Mark + 1";
        for owner in owners {
            self.link.execute(sql, &[owner.0.into()])?;
        }
        Ok(())
    }

    /// Owners that were evaluated wait no more, unless something new came up since their mark was read.
    ///
    /// # Errors
    /// Those of the database.
    pub fn remove_waiting_owners(&mut self, owners: &[(ResourceId, i64)]) -> Result<(), StoreError> {
        let sql = "DELETE FROM UP_WaitingOwners WHERE Owner_Id = $1 AND Mark = $2";
        for (owner, mark) in owners {
            self.link.execute(sql, &[owner.0.into(), (*mark).into()])?;
        }
        Ok(())
    }

    /// Stores what evaluations say besides assignments, where it differs from `before`. The owners must be ascending.
    ///
    /// # Errors
    /// Those of the database.
    pub fn write_evaluation_notes(
        &mut self,
        owners: &[(ResourceId, EvaluationNotes)],
        before: &BTreeMap<ResourceId, EvaluationNotes>,
        now_micros: i64,
    ) -> Result<(), StoreError> {
        let nothing = EvaluationNotes::default();
        let mut next = Sink::new(&self.link, "UP_Evaluations", names(&["Owner_Id", "NextAt"]));
        let mut risks = Sink::new(&self.link, "UP_IdentifiedRisks", names(&["Owner_Id", "Risk_Id", "ValidFrom"]));
        let mut scores = Sink::new(&self.link, "UP_RiskScores", names(&["Owner_Id", "Score"]));
        for (owner, after) in owners {
            let before = before.get(owner).unwrap_or(&nothing);
            if before.next_at != after.next_at {
                self.forget("UP_Evaluations", *owner, before.next_at.is_some())?;
                if let Some(at) = after.next_at {
                    next.row(&[owner.0.into(), at.into()])?;
                }
            }
            if before.risk_score != after.risk_score {
                self.forget("UP_RiskScores", *owner, before.risk_score.is_some())?;
                if let Some(score) = after.risk_score {
                    scores.row(&[owner.0.into(), i64::from(score).into()])?;
                }
            }
            for gone in before.risks.iter().filter(|risk| !after.risks.contains(risk)) {
                let sql = "DELETE FROM UP_IdentifiedRisks WHERE Owner_Id = $1 AND Risk_Id = $2";
                self.link.execute(sql, &[owner.0.into(), gone.0.into()])?;
            }
            for new in after.risks.iter().filter(|risk| !before.risks.contains(risk)) {
                risks.row(&[owner.0.into(), new.0.into(), now_micros.into()])?;
            }
        }
        next.flush()?;
        risks.flush()?;
        scores.flush()
    }

    fn forget(&self, table: &str, owner: ResourceId, is_there: bool) -> Result<(), StoreError> {
        if is_there {
            self.link.execute(&format!("DELETE FROM {table} WHERE Owner_Id = $1"), &[owner.0.into()])?;
        }
        Ok(())
    }
}
