//! Connectors as jobs see them: switched on and off, blocked, and what blocks them.

use super::engine::Engine;
use super::error::JobError;
use super::plan::is_deactivated;
use crate::metadata;
use crate::shown::{self, ShownChange};
use provost_model::changes::Command;
use provost_model::metadata::Metadata;
use provost_store::{ChangeFilter, ChangePlace, ConnectorState, ReadTx};

/// Which changes of a blocked task are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedChanges {
    /// Only those of resources of this type.
    pub entity_type: Option<String>,
    /// Only those of links of this association.
    pub association: Option<String>,
    /// Only those of this kind.
    pub command: Option<Command>,
    /// Only those with this text in a key or a name, whatever its case.
    pub text: Option<String>,
    /// Where the page begins; `None` for the first one.
    pub after: Option<ChangePlace>,
    /// Most changes of the page.
    pub limit: usize,
}

/// Changes, and where the next page begins.
pub type ChangesPage = (Vec<ShownChange>, Option<ChangePlace>);

/// A connector of the configuration, as jobs see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectorStanding {
    /// Its identifier.
    pub connector: String,
    /// Export and provisioning are off.
    pub is_deactivated: bool,
    /// What is known beyond the configuration.
    pub state: ConnectorState,
}

impl Engine {
    /// Every connector of the configuration.
    ///
    /// # Errors
    /// Those of the database.
    pub fn connectors(&self) -> Result<Vec<ConnectorStanding>, JobError> {
        let configuration = self.configuration()?;
        let states = self.store.read(ReadTx::connector_states)?;
        let standing = |connector: &str| {
            let state = states
                .iter()
                .find(|s| s.connector == connector)
                .cloned()
                .unwrap_or_else(|| ConnectorState { connector: connector.to_owned(), ..ConnectorState::default() });
            let is_deactivated = state.is_deactivated.unwrap_or_else(|| is_deactivated(&configuration, connector));
            ConnectorStanding { connector: connector.to_owned(), is_deactivated, state }
        };
        Ok(configuration.connectors.iter().map(|c| standing(&c.identifier)).collect())
    }

    /// Switches a connector on or off, whatever the configuration says; `None` leaves it to the configuration again.
    ///
    /// # Errors
    /// The connector is unknown, or the database fails.
    pub fn set_deactivated(
        &self,
        connector: &str,
        deactivated: Option<bool>,
        actor: &str,
        reason: &str,
    ) -> Result<(), JobError> {
        let configuration = self.configuration()?;
        if !configuration.connectors.iter().any(|c| c.identifier == connector) {
            let known = configuration.connectors.iter().map(|c| c.identifier.clone()).collect();
            return Err(JobError::UnknownConnector { connector: connector.to_owned(), known });
        }
        let what = match deactivated {
            Some(true) => "deactivated",
            Some(false) => "activated",
            None => "left to the configuration:",
        };
        let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        self.store.write(actor, &format!("{what} connector {connector}{because}"), |tx| {
            Ok(tx.set_deactivated(connector, deactivated)?)
        })
    }

    /// Changes that a blocked task would make: those of a page, and where the next one begins.
    ///
    /// # Errors
    /// There is no such task, entity type or association, or the database fails.
    pub fn changes_of(&self, task: i64, wanted: &WantedChanges) -> Result<ChangesPage, JobError> {
        self.store.read(|tx| {
            let row = tx.task_instance(task)?.ok_or(JobError::UnknownTask { id: task })?;
            let metadata = metadata::load(tx)?;
            let filter = wanted.filter(&metadata)?;
            let (Some(connector), Some(hash)) = (&row.connector, &row.change_set) else {
                return Ok((Vec::new(), None));
            };
            let sessions = tx.unfinished_sessions(connector)?;
            let run = sessions.iter().find(|s| s.change_set_hash.as_deref() == Some(hash)).and_then(|s| s.run);
            let Some(run) = run else { return Ok((Vec::new(), None)) };
            let after = wanted.after.unwrap_or(ChangePlace::Resource(0));
            Ok(shown::page(tx, &metadata, run, &filter, (after, wanted.limit))?)
        })
    }
}

impl WantedChanges {
    fn filter(&self, metadata: &Metadata) -> Result<ChangeFilter, JobError> {
        let unknown =
            |what: &str, name: &String| JobError::UnknownSubject { what: what.to_owned(), name: name.clone() };
        let entity_type = self
            .entity_type
            .as_ref()
            .map(|name| metadata.entity_type(name).map(|t| t.id).ok_or_else(|| unknown("entity type", name)));
        let association = self
            .association
            .as_ref()
            .map(|name| metadata.association(name).map(|a| a.id).ok_or_else(|| unknown("association", name)));
        Ok(ChangeFilter {
            entity_type: entity_type.transpose()?,
            association: association.transpose()?,
            command: self.command,
            text: self.text.clone(),
        })
    }
}
