//! Which resource types a step is about.

use crate::error::ServerError;
use provost_model::configuration::jobs::Task;
use provost_model::metadata::Metadata;
use std::collections::BTreeSet;

/// A connector, or resource types by name; neither means all.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OrderScope {
    /// Identifier of a connector: the resource types whose targets it holds.
    pub connector: Option<String>,
    /// Identifiers of resource types.
    pub resource_types: Vec<String>,
}

impl OrderScope {
    /// What a task says.
    pub fn of_task(task: &Task) -> OrderScope {
        let resource_types = task.resource_types.clone();
        let connector = task.connector.clone().filter(|_| resource_types.is_empty());
        OrderScope { connector, resource_types }
    }

    /// Identifiers of the resource types; none for all.
    ///
    /// # Errors
    /// The connector is not deployed.
    pub(crate) fn resolve(&self, metadata: &Metadata) -> Result<Option<BTreeSet<String>>, ServerError> {
        if !self.resource_types.is_empty() {
            return Ok(Some(self.resource_types.iter().cloned().collect()));
        }
        let Some(connector) = &self.connector else { return Ok(None) };
        let configuration = &metadata.configuration;
        if !configuration.connectors.iter().any(|c| c.identifier == *connector) {
            return Err(ServerError::UnknownConnector {
                connector: connector.clone(),
                known: configuration.connectors.iter().map(|c| c.identifier.clone()).collect(),
            });
        }
        let held: BTreeSet<&str> = metadata.type_mappings(connector).map(|m| m.identifier.as_str()).collect();
        let types = configuration.policy.resource_types.iter();
        Ok(Some(types.filter(|t| held.contains(t.target_entity_type.as_str())).map(|t| t.identifier.clone()).collect()))
    }

    /// How messages call it.
    pub(crate) fn name(&self) -> String {
        match (&self.connector, self.resource_types.as_slice()) {
            (_, [_, ..]) => self.resource_types.join(", "),
            (Some(connector), _) => connector.clone(),
            _ => String::new(),
        }
    }
}
