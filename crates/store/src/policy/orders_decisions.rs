//! Decisions about what waits in the reviews: who, when, why, and what was there before.

use crate::error::StoreError;
use crate::tx::{ReadTx, WriteTx};
use crate::value::Row;
use provost_model::ResourceId;

/// A decision that was followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredDecision {
    /// Kind of row: `resource-type`, `scalar`, …
    pub part: String,
    /// The row.
    pub row: i64,
    /// Whom it is about.
    pub owner: ResourceId,
    /// `approve`, `decline`, …
    pub verdict: String,
    /// Why.
    pub comment: String,
    /// Who decided.
    pub actor: String,
    /// Microseconds since 1970, UTC.
    pub at: i64,
    /// What the row said before, as JSON.
    pub before: String,
    /// Version of the row that the decision led to.
    pub version: String,
}

const COLUMNS: &str = "Part, Row_Id, Owner_Id, Verdict, Comment, Actor, DecidedAt, Before, Version";

fn decision(row: &Row<'_>) -> Result<StoredDecision, StoreError> {
    Ok(StoredDecision {
        part: row.string(0)?,
        row: row.i64(1)?,
        owner: ResourceId(row.i64(2)?),
        verdict: row.string(3)?,
        comment: row.string(4)?,
        actor: row.string(5)?,
        at: row.i64(6)?,
        before: row.string(7)?,
        version: row.string(8)?,
    })
}

impl ReadTx {
    /// The last decision about a row.
    ///
    /// # Errors
    /// Those of the database.
    pub fn last_decision(&mut self, part: &str, id: i64) -> Result<Option<StoredDecision>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM UP_Decisions WHERE Part = $1 AND Row_Id = $2 ORDER BY Id DESC LIMIT 1");
        self.link.first(&sql, &[part.into(), id.into()], decision)
    }

    /// All decisions about an owner, the newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn decisions(&mut self, owner: ResourceId) -> Result<Vec<StoredDecision>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM UP_Decisions WHERE Owner_Id = $1 ORDER BY Id DESC");
        self.link.all(&sql, &[owner.0.into()], decision)
    }
}

impl WriteTx {
    /// Stores a decision.
    ///
    /// # Errors
    /// Those of the database.
    pub fn insert_decision(&mut self, made: &StoredDecision) -> Result<(), StoreError> {
        let id = self.advance("Decision", 1)?;
        let sql = format!("INSERT INTO UP_Decisions (Id, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
        self.link.execute(
            &sql,
            &[
                id.into(),
                (&made.part).into(),
                made.row.into(),
                made.owner.0.into(),
                (&made.verdict).into(),
                (&made.comment).into(),
                (&made.actor).into(),
                made.at.into(),
                (&made.before).into(),
                (&made.version).into(),
            ],
        )?;
        Ok(())
    }
}
