//! Agents, as the server knows them: by their calls.

use crate::error::StoreError;
use crate::tx::{ReadTx, WriteTx};

/// An agent that has asked for work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenAgent {
    /// Its identifier.
    pub identifier: String,
    /// The client that asked in its name first.
    pub client: String,
    /// Version of its program.
    pub version: String,
    /// Microseconds since 1970, UTC.
    pub first_seen_at: i64,
    /// The same.
    pub last_seen_at: i64,
}

impl ReadTx {
    /// Agents that have asked for work.
    ///
    /// # Errors
    /// Those of the database.
    pub fn seen_agents(&mut self) -> Result<Vec<SeenAgent>, StoreError> {
        self.link.all(
            "SELECT Identifier, Client, Version, FirstSeenAt, LastSeenAt FROM UJ_Agents ORDER BY Identifier",
            &[],
            |row| {
                Ok(SeenAgent {
                    identifier: row.string(0)?,
                    client: row.string(1)?,
                    version: row.string(2)?,
                    first_seen_at: row.i64(3)?,
                    last_seen_at: row.i64(4)?,
                })
            },
        )
    }
}

impl WriteTx {
    /// Notes that an agent has asked for work, and as which client.
    ///
    /// # Errors
    /// Those of the database.
    pub fn saw_agent(&mut self, agent: &SeenAgent) -> Result<(), StoreError> {
        self.link.execute(
            "INSERT INTO UJ_Agents (Identifier, Client, Version, FirstSeenAt, LastSeenAt) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (Identifier) DO UPDATE SET Client = excluded.Client, Version = excluded.Version, \
             LastSeenAt = excluded.LastSeenAt \
             WHERE UJ_Agents.LastSeenAt < excluded.LastSeenAt",
            &[
                (&agent.identifier).into(),
                (&agent.client).into(),
                (&agent.version).into(),
                agent.first_seen_at.into(),
                agent.last_seen_at.into(),
            ],
        )?;
        Ok(())
    }
}
