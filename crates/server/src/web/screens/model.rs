//! How the deployed entity types are shown: names in each language, order, groups of properties.

use super::policy::PolicyNames;
use super::words::{Language, Words};
use crate::metadata;
use crate::web::problem::Problem;
use provost_model::PolicyObjectId;
use provost_model::configuration::{Item, Parsed, PropertyType};
use provost_model::metadata::{Catalog, Metadata};
use provost_model::policy::PolicyCatalog;
use provost_store::ReadTx;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Order of what says nothing about its order.
const LAST: i64 = i32::MAX as i64;

/// Texts by the number of their language.
pub(crate) type Labels = BTreeMap<u8, String>;

/// How a property is shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    pub(crate) identifier: String,
    pub(crate) kind: PropertyType,
    labels: Labels,
    pub(crate) order: i64,
    /// Identifier of its group.
    pub(crate) group: Option<String>,
    pub(crate) is_hidden: bool,
}

/// How an entity type is shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kind {
    pub(crate) identifier: String,
    labels: Labels,
    plurals: Labels,
    priority: i64,
    pub(crate) properties: Vec<Shown>,
    /// Connector that brings its resources.
    pub(crate) connector: Option<String>,
    /// Which number each language of the screens has in the configuration.
    numbers: BTreeMap<&'static str, u8>,
}

/// Everything that screens know about the configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    version: i64,
    pub(crate) metadata: Metadata,
    kinds: Vec<Kind>,
    /// Groups of properties: texts by identifier.
    groups: BTreeMap<String, Labels>,
    numbers: BTreeMap<&'static str, u8>,
    /// Roles, resource types and rules.
    pub(crate) policy: PolicyNames,
}

/// The model of the last configuration that was seen.
#[derive(Debug, Default)]
pub(crate) struct Models(Mutex<Option<Arc<Model>>>);

impl Models {
    /// The model as the transaction sees it.
    ///
    /// # Errors
    /// The stored configuration cannot be read.
    pub(crate) fn current(&self, tx: &mut ReadTx) -> Result<Arc<Model>, Problem> {
        let version = tx.configuration_version()?;
        if let Some(known) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner)
            && known.version == version
        {
            return Ok(known.clone());
        }
        let items = metadata::items(tx)?;
        let catalog = tx.catalog()?;
        let read = Arc::new(Model::new(version, items, &catalog, &tx.past_policy_catalog()?));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(read.clone());
        Ok(read)
    }
}

impl Model {
    fn new(version: i64, items: Vec<Item>, catalog: &Catalog, past: &PolicyCatalog) -> Model {
        let of = |element: &'static str| items.iter().filter(move |item| item.element == element);
        let groups =
            of("DisplayPropertyGroup").map(|item| (item.identity.clone(), labels(item, "DisplayName"))).collect();
        let numbers = numbers(&items);
        let mut kinds: Vec<Kind> = of("EntityType").map(|item| kind(item, &numbers)).collect();
        for item in of("DisplayEntityType") {
            let name = item.get("Identifier").unwrap_or(&item.identity);
            if let Some(kind) = kinds.iter_mut().find(|kind| kind.identifier.eq_ignore_ascii_case(name)) {
                display(kind, item);
            }
        }
        let copies = items.clone();
        let metadata = Metadata::resolve(Parsed::from_items(items).configuration, catalog);
        let policy = PolicyNames::new(&metadata.configuration.policy, past, &copies);
        for kind in &mut kinds {
            let mapping = metadata.configuration.type_mappings.iter().find(|m| m.identifier == kind.identifier);
            kind.connector = mapping.map(|mapping| mapping.connector.clone());
            for shown in &mut kind.properties {
                let declared = metadata.configuration.entity_types.iter().find(|t| t.identifier == kind.identifier);
                shown.kind = declared.and_then(|t| t.property(&shown.identifier)).map(|p| p.kind).unwrap_or_default();
            }
        }
        kinds.sort_by(|a, b| (a.priority, &a.identifier).cmp(&(b.priority, &b.identifier)));
        Model { version, metadata, kinds, groups, numbers, policy }
    }

    /// Entity types that are synchronised, in the order of the menu.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.iter().filter(|kind| kind.connector.is_some())
    }

    /// The entity type of this name.
    pub(crate) fn kind(&self, identifier: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.identifier.eq_ignore_ascii_case(identifier))
    }

    /// Entity types that the policy gives something to.
    pub(crate) fn owners(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.iter().filter(|kind| self.is_owner(&kind.identifier))
    }

    /// Whether the policy gives something to resources of an entity type.
    pub(crate) fn is_owner(&self, identifier: &str) -> bool {
        let policy = &self.metadata.configuration.policy;
        policy.resource_types.iter().any(|of| of.source_entity_type == identifier)
            || policy.single_roles.iter().any(|role| role.entity_type == identifier)
            || policy.composite_roles.iter().any(|role| role.entity_type == identifier)
    }

    /// Name of an entity type, or its identifier.
    pub(crate) fn kind_name(&self, identifier: &str, w: Words) -> String {
        self.kind(identifier).map_or_else(|| identifier.to_owned(), |kind| kind.name(w))
    }

    /// Name of an object of the policy: a rule is called after what it is a rule of.
    pub(crate) fn object_name(&self, id: PolicyObjectId, w: Words) -> String {
        let Some(object) = self.policy.get(id) else { return id.to_string() };
        let own = text(&object.labels, &self.numbers, w.0);
        let of = || {
            let (element, identity) = object.of.as_ref()?;
            let (_, of) = self.policy.find(element, identity)?;
            Some(text(&of.labels, &self.numbers, w.0).unwrap_or_else(|| identity.clone()))
        };
        let name = own.or_else(of).unwrap_or_else(|| object.identity.clone());
        if object.property.is_empty() { name } else { format!("{name} · {}", object.property) }
    }

    /// Name of a group of properties.
    pub(crate) fn group_name(&self, identifier: &str, w: Words) -> String {
        let found = self.groups.get(identifier).and_then(|labels| text(labels, &self.numbers, w.0));
        found.unwrap_or_else(|| identifier.to_owned())
    }
}

impl Kind {
    /// Its name.
    pub(crate) fn name(&self, w: Words) -> String {
        text(&self.labels, &self.numbers, w.0).unwrap_or_else(|| self.identifier.clone())
    }

    /// Its name in the plural, where there is one.
    pub(crate) fn plural(&self, w: Words) -> String {
        text(&self.plurals, &self.numbers, w.0).unwrap_or_else(|| self.name(w))
    }

    /// A picture: that of people, or of things.
    pub(crate) fn icon(&self) -> &'static str {
        let name = self.identifier.to_ascii_lowercase();
        let is_person = ["person", "user", "employee", "worker", "identity"].iter().any(|word| name.ends_with(word));
        if is_person { "user" } else { "cube" }
    }

    /// Name of a property; of one of the engine's own, what the catalogue of messages says.
    pub(crate) fn property_name(&self, identifier: &str, w: Words) -> String {
        let shown = self.properties.iter().find(|shown| shown.identifier == identifier);
        let found = shown.and_then(|shown| text(&shown.labels, &self.numbers, w.0));
        let key = format!("property.{identifier}");
        found.unwrap_or_else(|| if w.has(&key) { w.t(&key).to_owned() } else { identifier.to_owned() })
    }
}

/// The number of each language of the screens.
fn numbers(items: &[Item]) -> BTreeMap<&'static str, u8> {
    let languages = items.iter().filter(|item| item.element == "Language");
    let number = |item: &Item| {
        let language = Language::of(item.get("Code")?)?;
        Some((language.code(), item.get("IndicatorNumber")?.parse().ok()?))
    };
    languages.filter_map(number).collect()
}

/// `DisplayName_L1`, `DisplayName_L2`, …
pub(super) fn labels(item: &Item, name: &str) -> Labels {
    let found = item.attributes.iter().filter_map(|(key, value)| {
        let number = key.strip_prefix(name)?.strip_prefix("_L")?.parse().ok()?;
        Some((number, value.clone()))
    });
    found.collect()
}

/// The text in a language; where it is missing, that in the main language.
fn text(labels: &Labels, numbers: &BTreeMap<&'static str, u8>, language: Language) -> Option<String> {
    let own = numbers.get(language.code()).and_then(|number| labels.get(number));
    own.or_else(|| labels.get(&1)).filter(|text| !text.is_empty()).cloned()
}

fn kind(item: &Item, numbers: &BTreeMap<&'static str, u8>) -> Kind {
    let properties = item.children.iter().filter(|child| child.element == "Property").map(|child| Shown {
        identifier: child.get("Identifier").unwrap_or(&child.identity).to_owned(),
        labels: labels(child, "DisplayName"),
        order: LAST,
        ..Shown::default()
    });
    Kind {
        identifier: item.get("Identifier").unwrap_or(&item.identity).to_owned(),
        labels: labels(item, "DisplayName"),
        priority: LAST,
        properties: properties.collect(),
        numbers: numbers.clone(),
        ..Kind::default()
    }
}

/// What a `DisplayEntityType` says about an entity type.
fn display(kind: &mut Kind, item: &Item) {
    kind.plurals = labels(item, "PluralDisplayName");
    kind.priority = item.get("Priority").and_then(|text| text.parse().ok()).unwrap_or(LAST);
    for child in item.children.iter().filter(|child| child.element == "Property") {
        let name = child.get("Identifier").unwrap_or(&child.identity);
        let name = name.rsplit(':').next().unwrap_or(name);
        if let Some(shown) = kind.properties.iter_mut().find(|shown| shown.identifier == name) {
            shown.order = child.get("DisplayOrder").and_then(|text| text.parse().ok()).unwrap_or(0);
            shown.group = child.get("Group").map(str::to_owned);
            shown.is_hidden = child.get("IsHidden") == Some("true");
        }
    }
}
