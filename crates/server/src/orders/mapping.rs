//! How orders of a resource type become changes, as the configuration says it: what an agent needs besides the orders.

use provost_model::configuration::{Configuration, Connection, Item, PropertyPath};
use provost_model::fulfilment::{PropertyRole, TargetMapping, TargetProperty};
use provost_model::metadata::Metadata;
use serde::{Deserialize, Serialize};

/// What an agent carries out the orders of a resource type with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OrderMapping {
    /// How values are written.
    pub target: TargetMapping,
    /// The connection, as it is deployed.
    pub connection: Option<Connection>,
    /// People carry the orders out (`ManualProvisioningResourceTypeMapping`).
    pub is_manual: bool,
    /// How new accounts get their passwords.
    pub password: Option<PasswordSettings>,
}

/// `PasswordResetSettings`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PasswordSettings {
    /// Identifier.
    pub identifier: String,
    /// 0 none, 1 one-way, 2 two-way.
    pub mode: u8,
    /// Generate, instead of taking the default.
    pub auto_generate: bool,
    /// The default.
    pub default_password: Option<String>,
    /// It is to be changed at the first login.
    pub must_change: bool,
    /// Characters.
    pub length: usize,
    /// Lower case letters at least.
    pub lower: usize,
    /// Upper case letters at least.
    pub upper: usize,
    /// Digits at least.
    pub digits: usize,
    /// Symbols at least.
    pub symbols: usize,
    /// Quoted regular expressions.
    pub strength_check: Option<String>,
}

impl std::fmt::Debug for PasswordSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordSettings").field("identifier", &self.identifier).finish_non_exhaustive()
    }
}

fn is(item: &Item, name: &str) -> bool {
    item.get(name).is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
}

/// The mapping of a resource type; nothing when it has none, so that nobody can carry out its orders.
pub(super) fn mapping(items: &[Item], metadata: &Metadata, resource_type: &str) -> Option<OrderMapping> {
    let is_mapping =
        |item: &&Item| item.element.ends_with("ResourceTypeMapping") && item.get("Identifier") == Some(resource_type);
    let item = items.iter().find(is_mapping)?;
    let configuration = &metadata.configuration;
    let connection = item.get("Connection").unwrap_or_default();
    let password = item.get("PasswordResetSetting").and_then(|name| password(items, name));
    let classes = item.get("DefaultObjectClass").unwrap_or_default().replace("<br/>", "\n");
    Some(OrderMapping {
        target: TargetMapping {
            resource_type: resource_type.to_owned(),
            connection: connection.to_owned(),
            object_classes: classes.lines().map(|c| c.trim().to_owned()).filter(|c| !c.is_empty()).collect(),
            rdn_attribute: item.get("RDNAttributeIdentifier").unwrap_or_default().to_owned(),
            permissive_modify: is(item, "UsePermissiveModify"),
            tree_delete: is(item, "UseTreeDelete"),
            must_change_password: password.as_ref().is_some_and(|password| password.must_change),
            properties: properties(item, metadata, resource_type),
        },
        connection: configuration.connections.iter().find(|c| c.identifier.eq_ignore_ascii_case(connection)).cloned(),
        is_manual: item.element.starts_with("ManualProvisioning"),
        password,
    })
}

fn properties(item: &Item, metadata: &Metadata, resource_type: &str) -> Vec<TargetProperty> {
    let configuration = &metadata.configuration;
    let types = &configuration.policy.resource_types;
    let target = types.iter().find(|t| t.identifier == resource_type).map(|t| t.target_entity_type.as_str());
    let Some(entity_type) = target.and_then(|target| metadata.entity_type(target)) else { return Vec::new() };
    let mapped = configuration.type_mappings.iter().find(|m| m.identifier == entity_type.identifier);
    let properties = entity_type.properties.iter().map(|property| {
        let of = mapped.and_then(|m| m.properties.iter().find(|p| p.identifier == property.identifier));
        let said = item.children.iter().find(|child| {
            child.get("Property").is_some_and(|name| name.rsplit(':').next() == Some(property.identifier.as_str()))
        });
        let text = |name: &str| said.and_then(|child| child.get(name)).map(str::to_owned);
        let (linked, backlink) = match of {
            Some(_) => (None, None),
            None => columns_of_links(configuration, &entity_type.identifier, &property.identifier),
        };
        TargetProperty {
            property: property.identifier.clone(),
            column: of.and_then(|property| property.connection_column.clone()).or(linked),
            format: of.and_then(|property| property.format.clone()),
            role: said.map_or(PropertyRole::Value, role),
            backlink_column: text("DataSourceBacklinkColumnName").or(backlink),
            separator: text("MultiValueSeparator"),
        }
    });
    properties.collect()
}

/// The columns that the links of a navigation are read from, and so are written to: one of the
/// target itself, or one of what it is linked to. The other column of the two is a key.
fn columns_of_links(
    configuration: &Configuration,
    entity_type: &str,
    property: &str,
) -> (Option<String>, Option<String>) {
    let is_it = |path: &PropertyPath| path.entity_type == entity_type && path.property == property;
    let is_key = |column: &str| {
        let mut keys = configuration.type_mappings.iter().flat_map(|mapping| &mapping.properties);
        keys.any(|p| (p.is_primary_key || p.is_unique_key) && p.connection_column.as_deref() == Some(column))
    };
    for association in &configuration.associations {
        let Some(mapped) =
            configuration.association_mappings.iter().find(|mapping| mapping.identifier == association.identifier)
        else {
            continue;
        };
        let (own, other) = match () {
            () if is_it(&association.property1) => (&mapped.column1, &mapped.column2),
            () if is_it(&association.property2) => (&mapped.column2, &mapped.column1),
            () => continue,
        };
        return match (is_key(other), is_key(own)) {
            (false, _) => (Some(other.clone()), None),
            (true, false) => (None, Some(own.clone())),
            _ => (None, None),
        };
    }
    (None, None)
}

fn role(child: &Item) -> PropertyRole {
    let roles = [
        ("IsDNProperty", PropertyRole::Dn),
        ("IsParentProperty", PropertyRole::Parent),
        ("IsRDNProperty", PropertyRole::Rdn),
        ("IsUserAccountControlProperty", PropertyRole::UserAccountControl),
    ];
    roles.into_iter().find(|(name, _)| is(child, name)).map_or(PropertyRole::Value, |(_, role)| role)
}

fn password(items: &[Item], identifier: &str) -> Option<PasswordSettings> {
    let item =
        items.iter().find(|i| i.element == "PasswordResetSettings" && i.get("Identifier") == Some(identifier))?;
    let number = |name: &str, default: usize| item.get(name).and_then(|text| text.parse().ok()).unwrap_or(default);
    Some(PasswordSettings {
        identifier: identifier.to_owned(),
        mode: match item.get("Mode") {
            Some("1" | "OneWay" | "One-Way") => 1,
            Some("2" | "TwoWay" | "Two-Way") => 2,
            _ => 0,
        },
        auto_generate: is(item, "AutoGenerate"),
        default_password: item.get("DefaultPassword").map(str::to_owned),
        must_change: is(item, "MustChange"),
        length: number("GeneratedLength", 12),
        lower: number("GeneratedLowerCaseCharsCount", 6),
        upper: number("GeneratedUpperCaseCharsCount", 2),
        digits: number("GeneratedDigitCharsCount", 2),
        symbols: number("GeneratedSymbolCharsCount", 2),
        strength_check: item.get("StrengthCheck").map(str::to_owned),
    })
}
