//! Synchronisation sessions: the queue of each connector, and how each session ended.

use crate::changes::RunId;
use crate::error::StoreError;
use crate::tx::{ReadTx, WriteTx};
use crate::value::Row;
use provost_model::summary::Mode;

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionState {
    /// Files are still arriving.
    Open,
    /// All files are there; it waits for its turn.
    Sealed,
    /// A threshold stopped it; its change set waits for approval.
    Blocked,
    /// Its changes are in the repository.
    Applied,
    /// A complete session or a later decision made it void.
    Cancelled,
    /// It failed; the repository is untouched.
    Failed,
}

impl SessionState {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            SessionState::Open => "Open",
            SessionState::Sealed => "Sealed",
            SessionState::Blocked => "Blocked",
            SessionState::Applied => "Applied",
            SessionState::Cancelled => "Cancelled",
            SessionState::Failed => "Failed",
        }
    }

    fn parse(word: &str) -> Option<SessionState> {
        use SessionState::{Applied, Blocked, Cancelled, Failed, Open, Sealed};
        [Open, Sealed, Blocked, Applied, Cancelled, Failed].into_iter().find(|s| s.word() == word)
    }
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// GUID, the name of its folder.
    pub id: String,
    /// Connector.
    pub connector: String,
    /// Mode of the run.
    pub mode: Mode,
    /// Place in the queue: grows with every session of the repository.
    pub sequence: i64,
    /// Where it stands.
    pub state: SessionState,
    /// Digest of the files that an incremental was computed from.
    pub base_digest: Option<String>,
    /// Digest of the files that it leads to.
    pub new_digest: Option<String>,
    /// Content hash of its change set.
    pub change_set_hash: Option<String>,
    /// Its change set.
    pub run: Option<RunId>,
    /// Summary of its last step, JSON.
    pub summary: Option<String>,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// Time of the last change of state.
    pub updated_at: i64,
}

pub(crate) const COLUMNS: &str = "Id, Connector, Mode, Sequence, State, BaseDigest, NewDigest, ChangeSetHash, Run_Id, Summary, \
                       CreatedAt, UpdatedAt";

pub(crate) fn session(row: &Row<'_>) -> Result<Session, StoreError> {
    let strange = |what: &str, word: &str| StoreError::Statement {
        statement: "reading a session".to_owned(),
        detail: format!("unknown {what} {word:?}"),
    };
    let mode = match row.str(2)? {
        "initial" => Mode::Initial,
        "complete" => Mode::Complete,
        "incremental" => Mode::Incremental,
        other => return Err(strange("mode", other)),
    };
    let state = row.str(4)?;
    Ok(Session {
        id: row.string(0)?,
        connector: row.string(1)?,
        mode,
        sequence: row.i64(3)?,
        state: SessionState::parse(state).ok_or_else(|| strange("state", state))?,
        base_digest: row.optional(5)?,
        new_digest: row.optional(6)?,
        change_set_hash: row.optional(7)?,
        run: row.int(8)?.map(RunId),
        summary: row.optional(9)?,
        created_at: row.i64(10)?,
        updated_at: row.i64(11)?,
    })
}

impl ReadTx {
    /// The session with this id.
    ///
    /// # Errors
    /// Those of the database.
    pub fn session(&mut self, id: &str) -> Result<Option<Session>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM UJ_SynchronizationSessions WHERE Id = $1");
        self.link.first(&sql, &[id.into()], session)
    }

    /// Digest of the files that the repository holds of a connector.
    ///
    /// # Errors
    /// Those of the database.
    pub fn last_digest(&mut self, connector: &str) -> Result<Option<String>, StoreError> {
        self.link
            .first("SELECT Digest FROM UJ_ConnectorDigests WHERE Connector = $1", &[connector.into()], |r| r.string(0))
    }
}

impl WriteTx {
    /// Makes a session, open for files, at the end of the queue.
    ///
    /// # Errors
    /// When the id exists, and those of the database.
    pub fn create_session(
        &mut self,
        id: &str,
        connector: &str,
        mode: Mode,
        now_micros: i64,
    ) -> Result<Session, StoreError> {
        let sequence = self.advance("Session", 1)?;
        self.link.execute(
            "INSERT INTO UJ_SynchronizationSessions (Id, Connector, Mode, Sequence, State, CreatedAt, UpdatedAt) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &[
                id.into(),
                connector.into(),
                (&mode.to_string()).into(),
                sequence.into(),
                SessionState::Open.word().into(),
                now_micros.into(),
                now_micros.into(),
            ],
        )?;
        Ok(Session {
            id: id.to_owned(),
            connector: connector.to_owned(),
            mode,
            sequence,
            state: SessionState::Open,
            base_digest: None,
            new_digest: None,
            change_set_hash: None,
            run: None,
            summary: None,
            created_at: now_micros,
            updated_at: now_micros,
        })
    }

    /// Closes an open session for files: it waits for its turn. Harmless when it was sealed before.
    ///
    /// # Errors
    /// Those of the database.
    pub fn seal_session(
        &mut self,
        id: &str,
        base_digest: Option<&str>,
        new_digest: Option<&str>,
        now_micros: i64,
    ) -> Result<bool, StoreError> {
        let sealed = self.link.execute(
            "UPDATE UJ_SynchronizationSessions SET State = $1, BaseDigest = $2, NewDigest = $3, UpdatedAt = $4 \
             WHERE Id = $5 AND State = $6",
            &[
                SessionState::Sealed.word().into(),
                base_digest.into(),
                new_digest.into(),
                now_micros.into(),
                id.into(),
                SessionState::Open.word().into(),
            ],
        )?;
        Ok(sealed > 0)
    }

    /// Moves a session on from the state it is in; tells whether it was in that state. This is what makes a session be
    /// applied once only.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_session_state(
        &mut self,
        id: &str,
        from: SessionState,
        to: SessionState,
        now_micros: i64,
    ) -> Result<bool, StoreError> {
        let moved = self.link.execute(
            "UPDATE UJ_SynchronizationSessions SET State = $1, UpdatedAt = $2 WHERE Id = $3 AND State = $4",
            &[to.word().into(), now_micros.into(), id.into(), from.word().into()],
        )?;
        Ok(moved > 0)
    }

    /// Records the change set of a session.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_session_changes(&mut self, id: &str, run: Option<RunId>, hash: Option<&str>) -> Result<(), StoreError> {
        self.link.execute(
            "UPDATE UJ_SynchronizationSessions SET Run_Id = $1, ChangeSetHash = $2 WHERE Id = $3",
            &[run.map(|r| r.0).into(), hash.into(), id.into()],
        )?;
        Ok(())
    }

    /// Records the summary of a session (JSON).
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_session_summary(&mut self, id: &str, summary: &str) -> Result<(), StoreError> {
        self.link.execute(
            "UPDATE UJ_SynchronizationSessions SET Summary = $1 WHERE Id = $2",
            &[summary.into(), id.into()],
        )?;
        Ok(())
    }

    /// Records which files the repository holds of a connector.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_last_digest(&mut self, connector: &str, digest: &str) -> Result<(), StoreError> {
        self.link.execute(
            "INSERT INTO UJ_ConnectorDigests (Connector, Digest) VALUES ($1, $2) \
             ON CONFLICT (Connector) DO UPDATE SET Digest = excluded.Digest",
            &[connector.into(), digest.into()],
        )?;
        Ok(())
    }
}
