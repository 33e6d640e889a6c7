//! What an agent asks for, and what it tells: files of orders, and their results.

use super::files;
use super::mapping::{OrderMapping, mapping};
use super::results::apply;
use super::scope::OrderScope;
use crate::error::ServerError;
use crate::folders::Folders;
use crate::metadata;
use provost_model::configuration::jobs::Task;
use provost_model::orders::{OrderFile, OrderOutcome, OrderResult, ResultFile};
use provost_model::policy::ProvisioningState;
use provost_model::{PolicyObjectId, fault};
use provost_store::{Store, StoredOrderFile};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long somebody has a file for himself after he took it or told a result: microseconds.
const LEASE: i64 = 5 * 60 * 1_000_000;

/// What somebody asks for: `POST /api/Connectors/ProvisioningSession`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CollectRequest {
    /// Which resource types.
    pub scope: OrderScope,
    /// Only orders that this connection carries out, by its identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Who asks: the same word gets the same files again after a crash, another one has to wait.
    pub owner: String,
}

impl CollectRequest {
    /// What a task says. `owner` is who runs it.
    pub fn of_task(task: &Task, owner: String) -> CollectRequest {
        CollectRequest { scope: OrderScope::of_task(task), connection: task.connection.clone(), owner }
    }

    /// Whether orders with this mapping are asked for.
    fn is_for(&self, mapping: Option<&OrderMapping>) -> bool {
        let by = mapping.map_or("", |mapping| mapping.target.connection.as_str());
        self.connection.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(by))
    }
}

/// A file of orders that was handed over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CollectedFile {
    /// Its name.
    pub name: String,
    /// Identifier of the resource type of all its orders.
    pub resource_type: String,
    /// Its orders that have not ended.
    pub orders: u64,
    /// Somebody else has it: it is left alone.
    pub is_taken: bool,
    /// What its orders are carried out with; nothing when the resource type has no mapping.
    pub mapping: Option<OrderMapping>,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Reported {
    /// Results that counted.
    pub counted: u64,
    /// Results of orders that had ended before, or are not in the file.
    pub repeated: u64,
    /// All orders of the file have ended.
    pub is_closed: bool,
}

/// Where orders come from: the repository of this process, or a server across the network. Every call may be repeated.
pub trait OrderHost: Send + Sync {
    /// Files with orders to carry out, in their order.
    ///
    /// # Errors
    /// Those of the database, the files and the network.
    fn collect(&self, request: &CollectRequest) -> Result<Vec<CollectedFile>, ServerError>;
    /// The orders of a file that have not ended.
    ///
    /// # Errors
    /// There is no such file, it was changed, and those of [`OrderHost::collect`].
    fn orders(&self, file: &str) -> Result<OrderFile, ServerError>;
    /// What orders of a resource type are carried out with.
    ///
    /// # Errors
    /// Those of [`OrderHost::collect`].
    fn mapping(&self, resource_type: &str) -> Result<Option<OrderMapping>, ServerError>;
    /// Takes results. Each counts once.
    ///
    /// # Errors
    /// There is no such file, and those of [`OrderHost::collect`].
    fn report(&self, file: &str, owner: &str, results: &ResultFile) -> Result<Reported, ServerError>;
}

/// Orders of the repository of this process.
pub struct LocalOrders<'a> {
    /// The repository.
    pub store: &'a Store,
    /// Its folders.
    pub folders: &'a Folders,
    /// Who acts, for the journal.
    pub actor: String,
    /// The time: microseconds since 1970, UTC.
    pub now: &'a (dyn Fn() -> i64 + Send + Sync),
}

impl std::fmt::Debug for LocalOrders<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalOrders").field("actor", &self.actor).finish_non_exhaustive()
    }
}

fn unknown(name: &str) -> ServerError {
    ServerError::Source {
        message: format!("there is no file of orders \"{name}\""),
        hint: "`provost generate-provisioning-orders` names the files that it writes".to_owned(),
    }
}

impl LocalOrders<'_> {
    fn file(&self, name: &str) -> Result<StoredOrderFile, ServerError> {
        self.store.read(|tx| tx.order_file(name))?.ok_or_else(|| unknown(name))
    }
}

impl OrderHost for LocalOrders<'_> {
    fn collect(&self, request: &CollectRequest) -> Result<Vec<CollectedFile>, ServerError> {
        let now = (self.now)();
        super::expire(self.store, &self.actor, now)?;
        let (open, names, items, metadata) = self.store.read(|tx| {
            files::retire_closed(self.folders, tx)?;
            let (items, metadata) = (metadata::items(tx)?, metadata::load(tx)?);
            let scope = request.scope.resolve(&metadata)?;
            let catalog = tx.past_policy_catalog()?;
            let names: BTreeMap<PolicyObjectId, String> = catalog
                .names()
                .into_iter()
                .filter(|(_, (element, _))| *element == "ResourceType")
                .map(|(id, (_, identifier))| (id, identifier.to_owned()))
                .collect();
            let is_wanted = |file: &StoredOrderFile| {
                let name = names.get(&file.resource_type);
                scope.as_ref().is_none_or(|scope| name.is_some_and(|name| scope.contains(name)))
            };
            let open: Vec<StoredOrderFile> = tx.open_order_files()?.into_iter().filter(is_wanted).collect();
            Ok::<_, ServerError>((open, names, items, metadata))
        })?;
        let mut found = Vec::new();
        for file in open {
            let resource_type = names.get(&file.resource_type).cloned().unwrap_or_default();
            let mapping = mapping(&items, &metadata, &resource_type);
            if !request.is_for(mapping.as_ref()) {
                continue;
            }
            let is_mine = self.store.note(|tx| tx.lease_order_file(&file.name, &request.owner, now + LEASE, now))?;
            let orders = self.store.read(|tx| tx.orders_of_file(&file.name))?;
            let left = orders.iter().filter(|o| o.state == ProvisioningState::Transmitted && !o.is_waiting).count();
            found.push(CollectedFile {
                mapping,
                resource_type,
                name: file.name,
                orders: left as u64,
                is_taken: !is_mine,
            });
        }
        Ok(found)
    }

    fn orders(&self, file: &str) -> Result<OrderFile, ServerError> {
        let stored = self.file(file)?;
        let rows = self.store.read(|tx| tx.orders_of_file(file))?;
        let mut content = files::read(self.folders, file, &stored.digest)?;
        let left: Vec<String> = rows
            .iter()
            .filter(|row| row.state == ProvisioningState::Transmitted && !row.is_waiting)
            .map(|row| row.assigned.to_string())
            .collect();
        content.orders.retain(|order| left.contains(&order.assigned_resource_type_id));
        Ok(content)
    }

    fn mapping(&self, resource_type: &str) -> Result<Option<OrderMapping>, ServerError> {
        self.store.read(|tx| Ok(mapping(&metadata::items(tx)?, &metadata::load(tx)?, resource_type)))
    }

    fn report(&self, file: &str, owner: &str, results: &ResultFile) -> Result<Reported, ServerError> {
        let now = (self.now)();
        self.file(file)?;
        let reason = format!("results of provisioning orders, {file}");
        let reported = self.store.write(&self.actor, &reason, |tx| {
            let rows = tx.orders_of_file(file)?;
            let counted = apply(tx, &rows, &results.results, now)?;
            let is_closed = tx.close_order_file(file)? || tx.order_file(file)?.is_some_and(|file| !file.is_open);
            if !is_closed {
                tx.lease_order_file(file, owner, now + LEASE, now)?;
            }
            let final_ones = results.results.iter().filter(|r| r.outcome != OrderOutcome::Waiting).count() as u64;
            Ok::<_, ServerError>(Reported { counted, repeated: final_ones.saturating_sub(counted), is_closed })
        })?;
        fault::point("orders.reported");
        if reported.is_closed {
            files::retire(self.folders, file)?;
        }
        Ok(reported)
    }
}

/// The result of an order that was carried out, or that was not.
pub(super) fn result(assigned: i64, error: Option<&str>) -> OrderResult {
    OrderResult {
        assigned_resource_type_id: assigned.to_string(),
        outcome: if error.is_some() { OrderOutcome::Errored } else { OrderOutcome::Executed },
        error: error.map(str::to_owned),
        key: None,
    }
}
