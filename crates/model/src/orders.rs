//! Provisioning orders as they travel: the documented files of spec 22 §2, and what comes back.
//!
//! Ids are texts. Sections that this program does not know are kept, so that a file that somebody has edited or
//! another version has written goes through unchanged.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A file of orders.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OrderFile {
    /// The orders, in the order in which they are to be carried out.
    #[serde(rename = "ProvisioningOrdersList")]
    pub orders: Vec<ProvisioningOrder>,
}

/// What happens to a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ChangeType {
    /// It is made.
    #[default]
    Added,
    /// It is changed.
    Modified,
    /// It is removed.
    Deleted,
}

/// What is to be done to one target.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ProvisioningOrder {
    /// Row of the assigned resource type, and name of the order: what comes back is told apart by it.
    pub assigned_resource_type_id: String,
    /// What happens to the target.
    pub change_type: ChangeType,
    /// Workflow that brought it about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_instance_id: Option<String>,
    /// `Id`, `InternalDisplayName` and every scalar of the owner.
    pub owner: Map<String, Value>,
    /// Resource type, with the entity types of both sides.
    pub resource_type: OrderedResourceType,
    /// What the target holds now; nothing when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Map<String, Value>>,
    /// New value of each property that changes; for a navigation with several values `<property>_add` and
    /// `<property>_remove`, lists of the linked resources' keys.
    pub changes: Map<String, Value>,
    /// What `ArgumentsExpression` gave.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: BTreeMap<String, String>,
    /// Sections that this program does not know.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// The resource type of an order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct OrderedResourceType {
    /// Id of the resource type.
    pub id: String,
    /// Its identifier.
    pub identifier: String,
    /// Entity type of the owner.
    pub source_entity_type: OrderedEntityType,
    /// Entity type of the target.
    pub target_entity_type: OrderedEntityType,
}

/// An entity type of an order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct OrderedEntityType {
    /// Id of the entity type.
    pub id: String,
    /// Its identifier.
    pub identifier: String,
}

/// A file of results.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultFile {
    /// One result for each order that was tried; an order without result was not.
    #[serde(rename = "ProvisioningResultsList")]
    pub results: Vec<OrderResult>,
}

/// What became of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct OrderResult {
    /// The order.
    pub assigned_resource_type_id: String,
    /// How it ended.
    pub outcome: OrderOutcome,
    /// What the managed system said, when it was not carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Key of the target, where the managed system chose it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// How an order ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderOutcome {
    /// The managed system is as the order says, whether this run changed it or it was so before.
    #[default]
    Executed,
    /// It was refused, or could not be carried out.
    Errored,
    /// Somebody has to do it by hand; the result follows.
    Waiting,
}

impl ProvisioningOrder {
    /// The value that the target has for a property once the order is carried out: that of the changes, else that of
    /// the resource.
    pub fn value(&self, property: &str) -> Option<&Value> {
        self.changes.get(property).or_else(|| self.resource.as_ref()?.get(property))
    }

    /// Whether the order changes a property.
    pub fn has_changed(&self, property: &str) -> bool {
        self.changes.contains_key(property)
            || self.changes.contains_key(&format!("{property}_add"))
            || self.changes.contains_key(&format!("{property}_remove"))
    }

    /// Values added to a navigation.
    pub fn added(&self, property: &str) -> &[Value] {
        self.list(property, "_add")
    }

    /// Values removed from a navigation.
    pub fn removed(&self, property: &str) -> &[Value] {
        self.list(property, "_remove")
    }

    fn list(&self, property: &str, suffix: &str) -> &[Value] {
        match self.changes.get(&format!("{property}{suffix}")) {
            Some(Value::Array(values)) => values,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_file_is_read_and_written_with_what_nobody_knows() {
        let text = r#"{"ProvisioningOrdersList":[{"AssignedResourceTypeId":"1200","ChangeType":"Modified",
            "Owner":{"Id":"7","InternalDisplayName":"Ada"},
            "ResourceType":{"Id":"-5","Identifier":"AD_User","SourceEntityType":{"Id":"30","Identifier":"Directory_User"},
                "TargetEntityType":{"Id":"31","Identifier":"AD_Entry"}},
            "Resource":{"dn":"CN=Ada","mail":"old@x"},
            "Changes":{"mail":"ada@x","memberOf_add":[{"dn":"CN=G"}]},
            "Origin":{"Ticket":"T1"}}]}"#;
        let file: OrderFile = serde_json::from_str(text).unwrap();
        let order = &file.orders[0];
        assert_eq!(order.change_type, ChangeType::Modified);
        assert_eq!(order.value("mail"), Some(&Value::from("ada@x")));
        assert_eq!(order.value("dn"), Some(&Value::from("CN=Ada")));
        assert!(order.has_changed("memberOf") && !order.has_changed("dn"));
        assert_eq!(order.added("memberOf").len(), 1);
        assert_eq!(order.removed("memberOf").len(), 0);
        let again: Value = serde_json::to_value(&file).unwrap();
        assert_eq!(again["ProvisioningOrdersList"][0]["Origin"]["Ticket"], "T1");
        assert_eq!(again["ProvisioningOrdersList"][0]["ResourceType"]["TargetEntityType"]["Identifier"], "AD_Entry");
        assert_eq!(again["ProvisioningOrdersList"][0].get("WorkflowInstanceId"), None);
    }
}
