//! The order in which orders are carried out, and the name of all of them.

use provost_model::orders::{ChangeType, ProvisioningOrder};
use provost_model::{PolicyObjectId, ResourceId};

/// Place of an order among all: smaller ones are carried out first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank {
    phase: u8,
    depth: i64,
    resource_type: PolicyObjectId,
    owner: ResourceId,
    assigned: i64,
}

impl Rank {
    /// `depth` counts the resource types that this one depends on, one behind the other.
    pub fn new(
        change: ChangeType,
        depth: u32,
        resource_type: PolicyObjectId,
        owner: ResourceId,
        assigned: i64,
    ) -> Rank {
        let (phase, depth) = match change {
            ChangeType::Added => (0, i64::from(depth)),
            ChangeType::Modified => (1, i64::from(depth)),
            // What depends on something goes before it.
            ChangeType::Deleted => (2, -i64::from(depth)),
        };
        Rank { phase, depth, resource_type, owner, assigned }
    }
}

/// The name of a change set: a hash over what sorted orders do, in 32 hexadecimal digits. It does not depend on what
/// an order tells besides, such as values of the owner that nobody changes.
pub fn change_set<'a>(digests: impl IntoIterator<Item = &'a [u8; 32]>) -> String {
    let mut hasher = blake3::Hasher::new();
    for digest in digests {
        hasher.update(digest);
    }
    hasher.finalize().to_hex().chars().take(32).collect()
}

/// What an order does, as a hash: row, change, owner, target, changed values and arguments.
pub(super) fn digest(order: &ProvisioningOrder) -> [u8; 32] {
    let id = |map: Option<&serde_json::Map<String, serde_json::Value>>| {
        map.and_then(|map| map.get("Id")).and_then(|id| id.as_str()).unwrap_or_default().to_owned()
    };
    // JSON quotes every text, so that no two different orders give the same bytes.
    let parts = serde_json::json!([
        order.assigned_resource_type_id,
        order.change_type,
        order.resource_type.id,
        id(Some(&order.owner)),
        id(order.resource.as_ref()),
        order.changes,
        order.arguments,
    ]);
    *blake3::hash(parts.to_string().as_bytes()).as_bytes()
}
