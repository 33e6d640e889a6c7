//! The queue of a connector: sessions that wait, one of them perhaps blocked.

use crate::changes::RunId;
use crate::error::StoreError;
use crate::sessions::{COLUMNS, Session, SessionState, session};
use crate::tx::{ReadTx, WriteTx};
use provost_model::ResourceId;

impl ReadTx {
    /// Sessions in this state, in order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn sessions_in(&mut self, state: SessionState) -> Result<Vec<Session>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM UJ_SynchronizationSessions WHERE State = $1 ORDER BY Sequence");
        self.link.all(&sql, &[state.word().into()], session)
    }

    /// Sessions of a connector that were applied since an instant, in order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn applied_sessions(&mut self, connector: &str, since_micros: i64) -> Result<Vec<Session>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM UJ_SynchronizationSessions WHERE Connector = $1 AND State = $2 AND UpdatedAt >= $3 \
             ORDER BY Sequence"
        );
        let state = SessionState::Applied.word();
        self.link.all(&sql, &[connector.into(), state.into(), since_micros.into()], session)
    }

    /// Sealed and blocked sessions of a connector, in the order in which they are to be processed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn unfinished_sessions(&mut self, connector: &str) -> Result<Vec<Session>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM UJ_SynchronizationSessions WHERE Connector = $1 AND State IN ($2, $3) ORDER BY Sequence"
        );
        let states = [SessionState::Sealed.word(), SessionState::Blocked.word()];
        self.link.all(&sql, &[connector.into(), states[0].into(), states[1].into()], session)
    }
}

impl ReadTx {
    /// Runs that were applied and whose change tables were kept, for the step that sets dirty flags.
    ///
    /// # Errors
    /// Those of the database.
    pub fn kept_runs(&mut self) -> Result<Vec<RunId>, StoreError> {
        self.link.all(
            "SELECT Run_Id FROM UJ_SynchronizationSessions WHERE State = $1 AND Run_Id IN (\
             SELECT Run_Id FROM UR_ResourceChanges UNION SELECT Run_Id FROM UR_ResourceLinkChanges) ORDER BY Run_Id",
            &[SessionState::Applied.word().into()],
            |row| row.i64(0).map(RunId),
        )
    }
}

impl ReadTx {
    /// Line of the file that asked for a change of a resource; `None` when the changes of the run were not kept, or the
    /// resource is not among them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn line_of_change(&mut self, run: RunId, resource: ResourceId) -> Result<Option<u64>, StoreError> {
        let sql = "SELECT Line FROM UR_ResourceChanges WHERE Run_Id = $1 AND Resource_Id = $2";
        self.link.first(sql, &[run.0.into(), resource.0.into()], |row| row.u64(0))
    }

    /// When the latest set of changes was made; 0 before the first one.
    ///
    /// # Errors
    /// Those of the database.
    pub fn latest_run_at(&mut self) -> Result<i64, StoreError> {
        let latest = self.link.first("SELECT COALESCE(MAX(CreatedAt), 0) FROM UJ_Runs", &[], |row| row.i64(0))?;
        Ok(latest.unwrap_or(0))
    }
}

impl WriteTx {
    /// Cancels every session of a connector that comes before a full one and was not processed, and forgets their
    /// change sets: the full one says everything that they would have said.
    ///
    /// # Errors
    /// Those of the database.
    pub fn cancel_sessions_before(
        &mut self,
        connector: &str,
        sequence: i64,
        now_micros: i64,
    ) -> Result<(), StoreError> {
        for waiting in self.unfinished_sessions(connector)? {
            if waiting.sequence < sequence {
                if let Some(run) = waiting.run {
                    self.clear_changes(run)?;
                }
                self.set_session_state(&waiting.id, waiting.state, SessionState::Cancelled, now_micros)?;
            }
        }
        Ok(())
    }
}
