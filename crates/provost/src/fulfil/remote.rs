//! Orders of a server across the network.

use crate::remote::{Client, segment};
use provost_model::orders::{OrderFile, ResultFile};
use provost_server::ServerError;
use provost_server::orders::{CollectRequest, CollectedFile, OrderHost, OrderMapping, Reported};

const SESSION: &str = "api/Connectors/ProvisioningSession";

/// Orders of a server across the network.
#[derive(Debug)]
pub(crate) struct RemoteOrders<'a> {
    /// The server.
    pub(crate) client: &'a Client,
}

impl OrderHost for RemoteOrders<'_> {
    fn collect(&self, request: &CollectRequest) -> Result<Vec<CollectedFile>, ServerError> {
        Ok(self.client.post(SESSION, request)?.unwrap_or_default())
    }

    fn orders(&self, file: &str) -> Result<OrderFile, ServerError> {
        self.client.get(&format!("{SESSION}/Files/{}", segment(file)))
    }

    fn mapping(&self, resource_type: &str) -> Result<Option<OrderMapping>, ServerError> {
        self.client.get(&format!("{SESSION}/Mappings/{}", segment(resource_type)))
    }

    fn report(&self, file: &str, owner: &str, results: &ResultFile) -> Result<Reported, ServerError> {
        let path = format!("{SESSION}/Files/{}/Results?owner={}", segment(file), segment(owner));
        Ok(self.client.post(&path, results)?.unwrap_or_default())
    }
}
