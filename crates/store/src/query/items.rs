//! The deployed configuration as entity types. It is small and kept as JSON, so its rows are made here and handed to
//! the database as one parameter of the statement: one evaluator, and joins with every table.

use super::catalogue::{Column, Entity, Kind, Navigation, Place, Property, Source, Stored, Via};
use provost_model::configuration::Item;
use provost_model::configuration::dialect::{self, Attribute, Element, LANGUAGES, Names};
use provost_model::metadata::Metadata;
use provost_model::policy::{PolicyCatalog, category_identity};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Classes of configuration elements that can be queried. To add one, add its name, and its line to `docs/queries.md`.
const CLASSES: &[&str] = &[
    "AccessControlRule",
    "Agent",
    "AutomationRule",
    "Category",
    "CompositeRole",
    "CompositeRoleRule",
    "Connection",
    "ConnectionTable",
    "Connector",
    "ContextRule",
    "Dimension",
    "EntityAssociationMapping",
    "EntityPropertyExpression",
    "EntityTypeMapping",
    "Job",
    "Language",
    "MiningRule",
    "OpenIdClient",
    "Policy",
    "Profile",
    "ResourceClassificationRule",
    "ResourceCorrelationRule",
    "ResourceType",
    "Risk",
    "RoleMapping",
    "SingleRole",
    "SingleRoleRule",
    "Task",
];

/// Rules that stand in resource types: name in queries, and the element.
const RULES: &[(&str, &str)] = &[
    ("ResourceBinaryRule", "BinaryRule"),
    ("ResourceNavigationRule", "NavigationRule"),
    ("ResourceQueryRule", "QueryRule"),
    ("ResourceScalarRule", "ScalarRule"),
    ("ResourceTypeRule", "TypeRule"),
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
        let via = Via::Equal { own: own.to_owned(), target: other.to_owned(), also: None };
        let navigation = Navigation { target: target.to_owned(), many, via };
        self.properties.push(Property { name: name.to_owned(), place: Place::Link(navigation) });
    }

    pub(super) fn finish(self, name: &str) -> Entity {
        let rows = Value::from(self.rows).to_string();
        Entity { name: name.to_owned(), source: Source::Rows(rows), cluster: None, properties: self.properties }
    }
}

/// The entity types of the configuration.
pub(super) fn entities(metadata: &Metadata, items: &[(i64, Item)], policy: &PolicyCatalog) -> Vec<Entity> {
    let ids = identifiers(metadata, items, policy);
    let mut found = vec![entity_types(metadata), properties(metadata), associations(metadata)];
    found.extend(CLASSES.iter().map(|class| of_class(class, items, &ids, policy)));
    found.extend(RULES.iter().map(|(name, element)| of_rule(name, element, items, &ids, policy)));
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

/// (Class, identifier) → id. The id of an item is its position, negative as those of the engine are; an object of the
/// policy has the id by which assignments name it.
pub(super) type Identifiers = BTreeMap<(&'static str, String), i64>;

fn identifiers(metadata: &Metadata, items: &[(i64, Item)], policy: &PolicyCatalog) -> Identifiers {
    let mut ids = Identifiers::new();
    for (position, item) in items {
        if let (Some(element), Some(identifier)) = (dialect::root(&item.element), item.get("Identifier")) {
            let id = id_of(*position, item, policy);
            ids.entry((element.class, identifier.to_owned())).or_insert(id);
            if let Some(of) = item.get("Policy").filter(|_| item.element == "Category") {
                ids.insert(("Category", category_identity(of, identifier)), id);
            }
        }
    }
    ids.extend(metadata.entity_types.iter().map(|t| (("EntityType", t.identifier.clone()), t.id.0)));
    ids.extend(metadata.associations.iter().map(|a| (("EntityAssociation", a.identifier.clone()), a.id.0)));
    ids
}

/// Id of an item of the root.
pub(super) fn id_of(position: i64, item: &Item, policy: &PolicyCatalog) -> i64 {
    let known = match (item.element.as_str(), item.get("Policy"), item.get("Identifier")) {
        ("Category", Some(of), Some(identifier)) => policy.category(of, identifier),
        (element, ..) => policy.id(element, &item.identity),
    };
    known.map_or(-position, |id| id.0)
}

/// An item in a table: of the root, or a rule in a resource type.
struct Member<'a> {
    id: i64,
    element: &'static Element,
    item: &'a Item,
    /// The resource type around it: identifier and id.
    around: Option<(&'a str, i64)>,
}

/// What a column of a class holds.
enum Cell {
    Id,
    Element,
    AroundIdentifier,
    AroundId,
    Value(String, dialect::Kind),
    /// Identifier of another item, and its class.
    Reference(String, &'static str),
}

fn of_class(class: &'static str, items: &[(i64, Item)], ids: &Identifiers, policy: &PolicyCatalog) -> Entity {
    let elements: Vec<&'static Element> = dialect::roots().filter(|element| element.class == class).collect();
    let members: Vec<Member<'_>> = items
        .iter()
        .filter_map(|(position, item)| {
            let element = *elements.iter().find(|element| element.name == item.element)?;
            Some(Member { id: id_of(*position, item, policy), element, item, around: None })
        })
        .collect();
    let mut rows = Rows::new();
    let mut cells = vec![Cell::Id];
    if elements.len() > 1 {
        rows.text("Element");
        cells.push(Cell::Element);
    }
    filled(class, &elements, &members, (rows, cells), ids)
}

fn of_rule(name: &str, element: &str, items: &[(i64, Item)], ids: &Identifiers, policy: &PolicyCatalog) -> Entity {
    let mut rows = Rows::new();
    rows.text("ResourceTypeIdentifier");
    rows.one("ResourceType", "ResourceType");
    let cells = vec![Cell::Id, Cell::AroundIdentifier, Cell::AroundId];
    let Some(definition) = dialect::root("ResourceType").and_then(|around| around.child(element)) else {
        return rows.finish(name);
    };
    let mut members = Vec::new();
    for (position, around) in items.iter().filter(|(_, item)| item.element == "ResourceType") {
        let around_id = id_of(*position, around, policy);
        for item in around.children.iter().filter(|child| child.element == element) {
            // What the catalogue does not know was deployed by an older program: the next deployment gives it an id.
            if let Some(id) = policy.id(element, &format!("{}/{}", around.identity, item.identity)) {
                let around = Some((around.identity.as_str(), around_id));
                members.push(Member { id: id.0, element: definition, item, around });
            }
        }
    }
    filled(name, &[definition], &members, (rows, cells), ids)
}

/// A table with a column for each attribute of its members.
fn filled(
    name: &str,
    elements: &[&'static Element],
    members: &[Member<'_>],
    (mut rows, mut cells): (Rows, Vec<Cell>),
    ids: &Identifiers,
) -> Entity {
    let mut known: BTreeSet<String> = rows.properties.iter().map(|p| p.name.clone()).collect();
    for attribute in elements.iter().flat_map(|element| element.attributes.iter().copied().flatten()) {
        for name in names(attribute, members) {
            if !SECRET.iter().any(|secret| name.contains(secret)) && known.insert(name.clone()) {
                add(&mut rows, &mut cells, name, attribute.kind);
            }
        }
    }
    rows.rows = members.iter().map(|member| cells.iter().map(|cell| cell.of(member, ids)).collect()).collect();
    rows.finish(name)
}

/// The attributes that an entry of the dialect stands for, as far as there are any.
fn names(attribute: &Attribute, members: &[Member<'_>]) -> Vec<String> {
    match attribute.names {
        Names::One => vec![attribute.name.to_owned()],
        Names::Localised => (1..=LANGUAGES)
            .map(|n| format!("{}_L{n}", attribute.name))
            .filter(|name| name.ends_with("_L1") || members.iter().any(|member| member.item.get(name).is_some()))
            .collect(),
        Names::Indexed { .. } => {
            let written = members.iter().flat_map(|member| {
                let own = member.item.attributes.iter().map(|(name, _)| name);
                own.filter(|name| {
                    member.element.attribute(name).is_some_and(|(found, ..)| found.name == attribute.name)
                })
            });
            written.cloned().collect::<BTreeSet<String>>().into_iter().collect()
        }
        Names::Numbered { .. } => Vec::new(),
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
    fn of(&self, member: &Member<'_>, ids: &Identifiers) -> Value {
        let item = member.item;
        let value = |name: &str| item.get(name).or_else(|| member.element.default_of(name));
        match self {
            Cell::Id => json!(member.id),
            Cell::Element => json!(item.element),
            Cell::AroundIdentifier => json!(member.around.map(|(identifier, _)| identifier)),
            Cell::AroundId => json!(member.around.map(|(_, id)| id)),
            Cell::Value(name, dialect::Kind::Bool) => json!(value(name).map(|text| i64::from(text == "true"))),
            Cell::Value(name, dialect::Kind::Int(..)) => json!(value(name).and_then(|text| text.parse::<i64>().ok())),
            Cell::Value(name, _) => json!(value(name)),
            Cell::Reference(name, class) => json!(value(name).and_then(|text| {
                // A category's identifier is unique in its policy only.
                let within = value("Policy").filter(|_| *class == "Category");
                let found = within.and_then(|policy| ids.get(&(*class, category_identity(policy, text))));
                found.or_else(|| ids.get(&(*class, text.to_owned())))
            })),
        }
    }
}
