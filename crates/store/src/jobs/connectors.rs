//! What jobs must know about connectors: switched off by hand, blocked by a threshold.

use crate::error::StoreError;
use crate::sessions::SessionState;
use crate::tx::{ReadTx, WriteTx};

/// What jobs must know about a connector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectorState {
    /// Its identifier.
    pub connector: String,
    /// Takes the place of what the configuration says.
    pub is_deactivated: Option<bool>,
    /// Change set that waits for a decision.
    pub blocked_by: Option<String>,
    /// Since when: microseconds since 1970, UTC.
    pub blocked_since: Option<i64>,
    /// The task instance that was blocked, if a job ran it.
    pub task_instance: Option<i64>,
}

impl ReadTx {
    /// Connectors that are not as the configuration says: switched on or off by hand, or blocked. A connector is
    /// blocked as long as a session of its queue is.
    ///
    /// # Errors
    /// Those of the database.
    pub fn connector_states(&mut self) -> Result<Vec<ConnectorState>, StoreError> {
        self.link.all(
            "SELECT c.Connector, s.IsDeactivated, c.Hash, c.Since, s.BlockedBy_Id FROM (\
             SELECT Connector, MAX(ChangeSetHash) AS Hash, MAX(UpdatedAt) AS Since FROM UJ_SynchronizationSessions \
             WHERE State = $1 GROUP BY Connector UNION ALL \
             SELECT Connector, NULL, NULL FROM UJ_ConnectorStates n WHERE NOT EXISTS (\
             SELECT 1 FROM UJ_SynchronizationSessions b WHERE b.Connector = n.Connector AND b.State = $1)) c \
             LEFT JOIN UJ_ConnectorStates s ON s.Connector = c.Connector \
             WHERE s.IsDeactivated IS NOT NULL OR c.Since IS NOT NULL ORDER BY c.Connector",
            &[SessionState::Blocked.word().into()],
            |row| {
                let blocked_since = row.int(3)?;
                Ok(ConnectorState {
                    connector: row.string(0)?,
                    is_deactivated: row.int(1)?.map(|n| n != 0),
                    blocked_by: row.optional(2)?,
                    blocked_since,
                    task_instance: row.int(4)?.filter(|_| blocked_since.is_some()),
                })
            },
        )
    }
}

impl WriteTx {
    /// Switches a connector on or off, whatever the configuration says; `None` leaves it to the configuration.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_deactivated(&mut self, connector: &str, is_deactivated: Option<bool>) -> Result<(), StoreError> {
        self.link.execute(
            "INSERT INTO UJ_ConnectorStates (Connector, IsDeactivated) VALUES ($1, $2) \
             ON CONFLICT (Connector) DO UPDATE SET IsDeactivated = excluded.IsDeactivated",
            &[connector.into(), is_deactivated.map(i64::from).into()],
        )?;
        Ok(())
    }

    /// Notes which task instance found a connector blocked.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_blocked_by(&mut self, connector: &str, task_instance: i64, now_micros: i64) -> Result<(), StoreError> {
        self.link.execute(
            "INSERT INTO UJ_ConnectorStates (Connector, BlockedBy_Id, BlockedSince) VALUES ($1, $2, $3) \
             ON CONFLICT (Connector) DO UPDATE SET BlockedBy_Id = excluded.BlockedBy_Id, \
             BlockedSince = excluded.BlockedSince",
            &[connector.into(), task_instance.into(), now_micros.into()],
        )?;
        Ok(())
    }
}
