//! What `ArgumentsExpression` sees of an order.

use crate::expression::program::{Order, OrderChange};
use provost_model::orders::{ChangeType, ProvisioningOrder};
use serde_json::Value;
use std::collections::BTreeMap;

/// An order as `provisioningOrder`.
#[derive(Debug, Default)]
pub(super) struct Seen {
    change: Option<ChangeType>,
    scalars: BTreeMap<String, String>,
    added: BTreeMap<String, Vec<String>>,
    removed: BTreeMap<String, Vec<String>>,
}

impl Seen {
    pub(super) fn of(order: &ProvisioningOrder) -> Seen {
        let mut seen = Seen { change: Some(order.change_type), ..Seen::default() };
        for (name, value) in &order.changes {
            match (value, name.strip_suffix("_add"), name.strip_suffix("_remove")) {
                (Value::Array(keys), Some(property), _) => {
                    seen.added.insert(property.to_owned(), keys.iter().map(key).collect());
                }
                (Value::Array(keys), _, Some(property)) => {
                    seen.removed.insert(property.to_owned(), keys.iter().map(key).collect());
                }
                (Value::Object(_), ..) => {
                    seen.added.insert(name.clone(), vec![key(value)]);
                }
                _ => {
                    seen.scalars.insert(name.clone(), value.as_str().unwrap_or_default().to_owned());
                }
            }
        }
        seen
    }
}

/// The first key of a linked resource; its id when it has none.
fn key(value: &Value) -> String {
    let Value::Object(keys) = value else { return value.as_str().unwrap_or_default().to_owned() };
    let first = keys.iter().find(|(name, _)| *name != "Id").or_else(|| keys.iter().next());
    first.and_then(|(_, value)| value.as_str()).unwrap_or_default().to_owned()
}

impl Order for Seen {
    fn change(&self) -> OrderChange {
        match self.change {
            None => OrderChange::None,
            Some(ChangeType::Added) => OrderChange::Added,
            Some(ChangeType::Modified) => OrderChange::Updated,
            Some(ChangeType::Deleted) => OrderChange::Deleted,
        }
    }

    fn has_changed(&self, property: &str) -> bool {
        self.scalars.contains_key(property) || self.added.contains_key(property) || self.removed.contains_key(property)
    }

    fn scalar(&self, property: &str) -> Option<&str> {
        self.scalars.get(property).map(String::as_str)
    }

    fn added(&self, property: &str) -> &[String] {
        self.added.get(property).map_or(&[], Vec::as_slice)
    }

    fn removed(&self, property: &str) -> &[String] {
        self.removed.get(property).map_or(&[], Vec::as_slice)
    }
}
