//! The entity model as written, indexed by name.

use crate::configuration::dialect;
use crate::configuration::item::Item;
use crate::configuration::node::Node;
use crate::configuration::typed::property_type;
use crate::configuration::types::PropertyType;
use crate::configuration::values::property_path;
use std::collections::{BTreeMap, BTreeSet};

/// Who is who.
pub(super) struct Model<'a> {
    /// Entity types by identifier.
    pub(super) entity_types: BTreeMap<&'a str, EntityTypeView<'a>>,
    /// Ends of associations by entity type and property.
    pub(super) ends: BTreeMap<(&'a str, &'a str), End<'a>>,
    /// Entity type mappings by entity type.
    pub(super) mappings: BTreeMap<&'a str, &'a Node>,
    /// Identifiers by class.
    pub(super) identifiers: BTreeMap<&'static str, BTreeSet<&'a str>>,
}

/// An entity type.
pub(super) struct EntityTypeView<'a> {
    /// Where it is written.
    pub(super) node: &'a Node,
    /// Its properties by identifier.
    pub(super) properties: BTreeMap<&'a str, &'a Node>,
}

/// One end of an association.
#[derive(Clone, Copy)]
pub(super) struct End<'a> {
    /// The association.
    pub(super) association: &'a Node,
    /// Holds several links.
    pub(super) is_collection: bool,
    /// Entity type at the other end.
    pub(super) other_type: &'a str,
}

impl<'a> Model<'a> {
    /// Indexes the elements and the items that scaffoldings make.
    pub(super) fn new(nodes: &'a [Node], generated: &'a [Item]) -> Model<'a> {
        let mut model = Model {
            entity_types: BTreeMap::new(),
            ends: BTreeMap::new(),
            mappings: BTreeMap::new(),
            identifiers: BTreeMap::new(),
        };
        super::walk(nodes, None, &mut |node, _| {
            // A language is referred to by its code.
            let name = node.written("Identifier").or_else(|| node.written("Code"));
            if let Some(identifier) = name {
                model.identifiers.entry(node.element.class).or_default().insert(identifier);
            }
        });
        for item in generated {
            if let (Some(element), Some(identifier)) = (dialect::root(&item.element), item.get("Identifier")) {
                model.identifiers.entry(element.class).or_default().insert(identifier);
            }
        }
        for node in nodes {
            if std::ptr::eq(node.element, &dialect::ENTITY_TYPE) {
                let properties = node.children_of(&dialect::PROPERTY).map(|p| (p.identifier(), p)).collect();
                model.entity_types.entry(node.identifier()).or_insert(EntityTypeView { node, properties });
            } else if std::ptr::eq(node.element, &dialect::ENTITY_TYPE_MAPPING) {
                model.mappings.entry(node.identifier()).or_insert(node);
            } else if std::ptr::eq(node.element, &dialect::ENTITY_ASSOCIATION) {
                model.add_ends(node);
            }
        }
        model
    }

    fn add_ends(&mut self, association: &'a Node) {
        let ends = [("Property1", "IsProperty1Collection"), ("Property2", "IsProperty2Collection")];
        let paths = ends.map(|(name, _)| property_path(association.value(name)));
        let [Some(first), Some(second)] = paths else {
            return;
        };
        for ((path, other), (_, flag)) in [(first, second), (second, first)].into_iter().zip(ends) {
            let end = End { association, is_collection: association.is(flag), other_type: other.0 };
            self.ends.entry(path).or_insert(end);
        }
    }

    /// A property by entity type and name.
    pub(super) fn property(&self, entity_type: &str, property: &str) -> Option<&'a Node> {
        self.entity_types.get(entity_type)?.properties.get(property).copied()
    }

    /// The end of an association that a property is.
    pub(super) fn end(&self, entity_type: &str, property: &str) -> Option<End<'a>> {
        self.ends.get(&(entity_type, property)).copied()
    }

    /// Whether a property holds links: by its type, or `Int64` with an association.
    pub(super) fn is_navigation(&self, entity_type: &str, property: &Node) -> bool {
        match kind(property) {
            Some(PropertyType::ForeignKey) => true,
            Some(PropertyType::Int64) => self.end(entity_type, property.identifier()).is_some(),
            _ => false,
        }
    }
}

/// Type of a property; none when what is written is not a type, which is reported elsewhere.
pub(super) fn kind(property: &Node) -> Option<PropertyType> {
    property.attribute("Type").is_none_or(|written| written.valid).then(|| property_type(property.value("Type")))
}

/// Properties that every entity type has without declaring them.
pub(super) fn is_automatic(property: &str) -> bool {
    property == "Id"
        || property == "InternalDisplayName"
        || property
            .strip_prefix("InternalDisplayName_L")
            .is_some_and(|n| n.parse::<u8>().is_ok_and(|n| (1..=16).contains(&n)))
}
