//! The deployed configuration as entity types. It is small and kept as JSON, so its rows are made here and handed to
//! the database as one parameter of the statement: one evaluator, and joins with every table.

use super::catalogue::{Column, Entity, Kind, Navigation, Place, Property, Source, Stored, Via};
use provost_model::configuration::Item;
use provost_model::configuration::dialect::{self, Attribute, Element, LANGUAGES, Names};
use provost_model::metadata::Metadata;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Classes of configuration elements that can be queried. To add one, add its name, and its line to `docs/queries.md`.
const CLASSES: &[&str] = &[
    "AccessControlRule",
    "Agent",
    "Connection",
    "ConnectionTable",
    "Connector",
    "EntityAssociationMapping",
    "EntityPropertyExpression",
    "EntityTypeMapping",
    "Job",
    "Language",
    "OpenIdClient",
    "Profile",
    "ResourceType",
    "Task",
];

/// What attributes that hold secrets have in their names. They are not shown to anybody.
const SECRET: [&str; 3] = ["Secret", "Password", "PrivateKey"];

/// A table in the making. Its columns are called by their number, the first one is the id.
pub(super) struct Rows {
    properties: Vec<Property>,
    width: usize,
    pub(super) rows: Vec<Vec<Value>>,
}

impl Rows {
    pub(super) fn new() -> Rows {
        let mut rows = Rows { properties: Vec::new(), width: 0, rows: Vec::new() };
        rows.value("Id", Stored::Int, Kind::Id);
        rows
    }

    pub(super) fn value(&mut self, name: &str, stored: Stored, kind: Kind) {
        let column = Column::new(format!("P{}", self.width), stored, kind);
        self.properties.push(Property { name: name.to_owned(), place: Place::Value(column) });
        self.width += 1;
    }

    pub(super) fn text(&mut self, name: &str) {
        self.value(name, Stored::Text, Kind::Text);
    }

    fn flag(&mut self, name: &str) {
        self.value(name, Stored::Int, Kind::Bool);
    }

    /// Adds a navigation to one entity, and the column with its id.
    pub(super) fn one(&mut self, name: &str, target: &str) {
        let own = format!("{name}Id");
        self.value(&own, Stored::Int, Kind::Id);
        self.link(name, target, false, &own, "Id");
    }

    fn link(&mut self, name: &str, target: &str, many: bool, own: &str, other: &str) {
        let via = Via::Equal { own: own.to_owned(), target: other.to_owned() };
        let navigation = Navigation { target: target.to_owned(), many, via };
        self.properties.push(Property { name: name.to_owned(), place: Place::Link(navigation) });
    }

    pub(super) fn finish(self, name: &str) -> Entity {
        let rows = Value::from(self.rows).to_string();
        Entity { name: name.to_owned(), source: Source::Rows(rows), properties: self.properties }
    }
}

/// The entity types of the configuration.
pub(super) fn entities(metadata: &Metadata, items: &[(i64, Item)]) -> Vec<Entity> {
    let ids = identifiers(metadata, items);
    let mut found = vec![entity_types(metadata), properties(metadata), associations(metadata)];
    found.extend(CLASSES.iter().map(|class| of_class(class, items, &ids)));
    found.extend(super::children::entities(items, &ids));
    found
}

fn entity_types(metadata: &Metadata) -> Entity {
    let mut rows = Rows::new();
    rows.text("Identifier");
    rows.text("DisplayName_L1");
    rows.link("Properties", "EntityProperty", true, "Id", "EntityTypeId");
    for entity_type in &metadata.entity_types {
        let declared =
            metadata.configuration.entity_types.iter().find(|declared| declared.identifier == entity_type.identifier);
        let label = declared.and_then(|declared| declared.display_name.clone());
        rows.rows.push(vec![json!(entity_type.id), json!(entity_type.identifier), json!(label)]);
    }
    rows.finish("EntityType")
}

fn properties(metadata: &Metadata) -> Entity {
    let mut rows = Rows::new();
    rows.text("Identifier");
    rows.text("DisplayName_L1");
    rows.text("Type");
    rows.flag("IsKey");
    rows.value("TargetColumnIndex", Stored::Int, Kind::Int);
    rows.value("HistoryPrecision", Stored::Int, Kind::Int);
    rows.one("EntityType", "EntityType");
    rows.one("Association1", "EntityAssociation");
    rows.one("Association2", "EntityAssociation");
    for (t, entity_type) in metadata.entity_types.iter().enumerate() {
        let declared = metadata.configuration.entity_types.iter().find(|d| d.identifier == entity_type.identifier);
        for (p, property) in entity_type.properties.iter().enumerate() {
            let label = declared
                .and_then(|d| d.property(&property.identifier))
                .and_then(|declared| declared.display_name.clone());
            let first = metadata.associations.iter().find(|a| a.end1 == (t, p)).map(|a| a.id);
            let second = metadata.associations.iter().find(|a| a.end2 == (t, p)).map(|a| a.id);
            rows.rows.push(vec![
                json!(property.id),
                json!(property.identifier),
                json!(label),
                json!(format!("{:?}", property.kind)),
                json!(i64::from(property.is_key)),
                json!(property.slot.map_or(-1, |slot| i64::from(slot.index()))),
                json!(property.history_precision),
                json!(entity_type.id),
                json!(first),
                json!(second),
            ]);
        }
    }
    rows.finish("EntityProperty")
}

fn associations(metadata: &Metadata) -> Entity {
    let mut rows = Rows::new();
    rows.text("Identifier");
    rows.text("DisplayName_L1");
    rows.one("Property1", "EntityProperty");
    rows.one("Property2", "EntityProperty");
    rows.flag("IsProperty1Collection");
    rows.flag("IsProperty2Collection");
    for association in &metadata.associations {
        let declared = metadata.configuration.associations.iter().find(|d| d.identifier == association.identifier);
        let property = |(t, p): (usize, usize)| metadata.entity_types[t].properties[p].id;
        rows.rows.push(vec![
            json!(association.id),
            json!(association.identifier),
            json!(declared.and_then(|declared| declared.display_name.clone())),
            json!(property(association.end1)),
            json!(property(association.end2)),
            json!(i64::from(association.is_property1_collection)),
            json!(i64::from(association.is_property2_collection)),
        ]);
    }
    rows.finish("EntityAssociation")
}

/// (Class, identifier) → id. The id of an item is its position, negative as those of the engine are.
pub(super) type Identifiers<'a> = BTreeMap<(&'static str, &'a str), i64>;

fn identifiers<'a>(metadata: &'a Metadata, items: &'a [(i64, Item)]) -> Identifiers<'a> {
    let mut ids = Identifiers::new();
    for (position, item) in items {
        if let (Some(element), Some(identifier)) = (dialect::root(&item.element), item.get("Identifier")) {
            ids.entry((element.class, identifier)).or_insert(-position);
        }
    }
    ids.extend(metadata.entity_types.iter().map(|t| (("EntityType", &*t.identifier), t.id.0)));
    ids.extend(metadata.associations.iter().map(|a| (("EntityAssociation", &*a.identifier), a.id.0)));
    ids
}

/// What a column of a class holds.
enum Cell {
    Id,
    Element,
    Value(String, dialect::Kind),
    /// Identifier of another item, and its class.
    Reference(String, &'static str),
}

fn of_class(class: &'static str, items: &[(i64, Item)], ids: &Identifiers<'_>) -> Entity {
    let elements: Vec<&'static Element> = dialect::roots().filter(|element| element.class == class).collect();
    let members: Vec<&(i64, Item)> =
        items.iter().filter(|(_, item)| elements.iter().any(|element| element.name == item.element)).collect();
    let mut rows = Rows::new();
    let mut cells = vec![Cell::Id];
    if elements.len() > 1 {
        rows.text("Element");
        cells.push(Cell::Element);
    }
    let mut known: BTreeSet<String> = rows.properties.iter().map(|p| p.name.clone()).collect();
    for attribute in elements.iter().flat_map(|element| element.attributes.iter().copied().flatten()) {
        for name in names(attribute, &members) {
            if !SECRET.iter().any(|secret| name.contains(secret)) && known.insert(name.clone()) {
                add(&mut rows, &mut cells, name, attribute.kind);
            }
        }
    }
    rows.rows =
        members.iter().map(|(position, item)| cells.iter().map(|c| c.of(*position, item, ids)).collect()).collect();
    rows.finish(class)
}

/// The attributes that an entry of the dialect stands for, as far as there are any.
fn names(attribute: &Attribute, members: &[&(i64, Item)]) -> Vec<String> {
    match attribute.names {
        Names::One => vec![attribute.name.to_owned()],
        Names::Localised => (1..=LANGUAGES)
            .map(|n| format!("{}_L{n}", attribute.name))
            .filter(|name| name.ends_with("_L1") || members.iter().any(|(_, item)| item.get(name).is_some()))
            .collect(),
        Names::Indexed { .. } | Names::Numbered { .. } => Vec::new(),
    }
}

fn add(rows: &mut Rows, cells: &mut Vec<Cell>, name: String, kind: dialect::Kind) {
    match kind {
        dialect::Kind::Bool => rows.flag(&name),
        dialect::Kind::Int(..) => rows.value(&name, Stored::Int, Kind::Int),
        dialect::Kind::Reference(class)
            if CLASSES.contains(&class) || class == "EntityType" || class == "EntityAssociation" =>
        {
            // What is called by the identifier of another item leads to it under the name of its class.
            let (text, link) = match name.as_str() {
                "Identifier" => (name.clone(), class),
                other => (format!("{other}Identifier"), other),
            };
            rows.text(&text);
            rows.one(link, class);
            cells.push(Cell::Value(name.clone(), kind));
            cells.push(Cell::Reference(name, class));
            return;
        }
        _ => rows.text(&name),
    }
    cells.push(Cell::Value(name, kind));
}

impl Cell {
    fn of(&self, position: i64, item: &Item, ids: &Identifiers<'_>) -> Value {
        let default = |name: &str| dialect::root(&item.element).and_then(|element| element.default_of(name));
        let value = |name: &str| item.get(name).or_else(|| default(name));
        match self {
            Cell::Id => json!(-position),
            Cell::Element => json!(item.element),
            Cell::Value(name, dialect::Kind::Bool) => json!(value(name).map(|text| i64::from(text == "true"))),
            Cell::Value(name, dialect::Kind::Int(..)) => json!(value(name).and_then(|text| text.parse::<i64>().ok())),
            Cell::Value(name, _) => json!(value(name)),
            Cell::Reference(name, class) => json!(value(name).and_then(|text| ids.get(&(*class, text)))),
        }
    }
}
