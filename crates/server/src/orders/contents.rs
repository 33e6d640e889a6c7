//! Files in orders: assignments hold their digests, a target needs their contents.

use crate::error::ServerError;
use provost_model::configuration::PropertyType;
use provost_model::metadata::Metadata;
use provost_model::orders::ProvisioningOrder;
use provost_store::Store;
use std::borrow::Cow;

/// An order as its file tells it, with contents in base64 in place of digests.
pub(super) fn with_contents<'a>(
    store: &Store,
    metadata: &Metadata,
    order: &'a ProvisioningOrder,
) -> Result<Cow<'a, ProvisioningOrder>, ServerError> {
    let mut told = Cow::Borrowed(order);
    let target = metadata.entity_type(&order.resource_type.target_entity_type.identifier);
    let properties = target.into_iter().flat_map(|target| &target.properties);
    for property in properties.filter(|property| property.kind == PropertyType::Binary) {
        let Some(digest) = order.changes.get(&property.identifier).and_then(|value| value.as_str()) else {
            continue;
        };
        let content = store.read(|tx| tx.resource_file(digest))?.ok_or_else(|| ServerError::Source {
            message: format!(
                "the file {digest} that order {} puts into {} is not in the repository any more",
                order.assigned_resource_type_id, property.identifier
            ),
            hint: "compute the role model, so that the assignment names the file that its owner has now".to_owned(),
        })?;
        told.to_mut().changes.insert(property.identifier.clone(), content.into());
    }
    Ok(told)
}
