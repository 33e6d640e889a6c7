//! Files in orders: assignments hold their digests, a target needs their contents.

use crate::error::ServerError;
use provost_model::configuration::PropertyType;
use provost_model::metadata::Metadata;
use provost_model::orders::ProvisioningOrder;
use provost_pipeline::orders::PlannedOrder;
use provost_store::{ReadTx, Store};
use std::borrow::Cow;

/// Orders of one resource type as their file tells them, with contents in base64 in place of digests.
pub(super) fn with_contents<'a>(
    store: &Store,
    metadata: &Metadata,
    orders: &'a [PlannedOrder],
) -> Result<Vec<Cow<'a, ProvisioningOrder>>, ServerError> {
    let target = orders.first().map(|planned| &planned.order.resource_type.target_entity_type.identifier);
    let properties = target.and_then(|name| metadata.entity_type(name)).into_iter().flat_map(|found| &found.properties);
    let files: Vec<&str> =
        properties.filter(|p| p.kind == PropertyType::Binary).map(|p| p.identifier.as_str()).collect();
    if files.is_empty() {
        return Ok(orders.iter().map(|planned| Cow::Borrowed(&planned.order)).collect());
    }
    store.read(|tx| orders.iter().map(|planned| told(tx, &files, &planned.order)).collect())
}

fn told<'a>(
    tx: &mut ReadTx,
    files: &[&str],
    order: &'a ProvisioningOrder,
) -> Result<Cow<'a, ProvisioningOrder>, ServerError> {
    let mut told = Cow::Borrowed(order);
    for property in files {
        let Some(digest) = order.changes.get(*property).and_then(|value| value.as_str()) else {
            continue;
        };
        let content = tx.resource_file(digest)?.ok_or_else(|| ServerError::Source {
            message: format!(
                "the file {digest} that order {} puts into {property} is not in the repository any more",
                order.assigned_resource_type_id
            ),
            hint: "compute the role model, so that the assignment names the file that its owner has now".to_owned(),
        })?;
        told.to_mut().changes.insert((*property).to_owned(), content.into());
    }
    Ok(told)
}
