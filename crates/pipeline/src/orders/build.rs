//! Orders in their documented shape.

use super::arguments::Seen;
use super::held::Held;
use super::plan::{PlannedRows, TypePlan};
use crate::expression::program::Environment;
use crate::population::{Handle, Population, Reads};
use provost_model::configuration::PropertyType;
use provost_model::metadata::Metadata;
use provost_model::orders::{ChangeType, OrderedEntityType, OrderedResourceType, ProvisioningOrder};
use provost_model::policy::AssignedResourceType;
use provost_model::{EntityTypeId, PropertyId, ResourceId};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A property as orders name it.
#[derive(Clone, Debug)]
struct Named {
    position: usize,
    name: String,
    /// Holds a text.
    is_scalar: bool,
    /// Navigations: several links, and the entity type at their other end.
    is_collection: bool,
    other_end: Option<usize>,
}

/// An entity type as orders name it.
#[derive(Clone, Debug)]
struct Shape {
    id: EntityTypeId,
    identifier: String,
    properties: Vec<Named>,
    /// Positions in `properties` of what designates a resource.
    keys: Vec<usize>,
}

/// Names and keys of the entity model.
#[derive(Clone, Debug)]
pub(super) struct Builder {
    shapes: Vec<Shape>,
    by_id: BTreeMap<PropertyId, (usize, usize)>,
}

impl Builder {
    pub(super) fn new(metadata: &Metadata) -> Builder {
        let mut by_id = BTreeMap::new();
        let shapes = metadata.entity_types.iter().enumerate().map(|(at, entity_type)| {
            let named = |(position, property): (usize, &provost_model::metadata::Property)| {
                by_id.insert(property.id, (at, position));
                let end = navigation(metadata, (at, position));
                Named {
                    position,
                    name: property.identifier.clone(),
                    is_scalar: !matches!(property.kind, PropertyType::ForeignKey | PropertyType::Binary),
                    is_collection: end.is_some_and(|(is_collection, _)| is_collection),
                    other_end: end.map(|(_, other)| other),
                }
            };
            let properties: Vec<Named> = entity_type.properties.iter().enumerate().map(named).collect();
            let mapped: BTreeSet<&str> = metadata
                .configuration
                .type_mappings
                .iter()
                .filter(|mapping| mapping.identifier == entity_type.identifier)
                .flat_map(|mapping| &mapping.properties)
                .filter(|property| property.is_primary_key || property.is_unique_key)
                .map(|property| property.identifier.as_str())
                .collect();
            let is_key = |p: &&Named| entity_type.properties[p.position].is_key || mapped.contains(p.name.as_str());
            let keys = properties.iter().filter(|p| p.is_scalar).filter(is_key).map(|p| p.position).collect();
            Shape { id: entity_type.id, identifier: entity_type.identifier.clone(), properties, keys }
        });
        Builder { shapes: shapes.collect(), by_id }
    }

    /// Everything that an order tells about a resource: values, and what its navigations to one resource lead to.
    pub(super) fn reads(&self, entity_type: usize) -> Reads {
        let shape = &self.shapes[entity_type];
        let mut reads = Reads { display_name: true, ..Reads::default() };
        for property in &shape.properties {
            if property.is_scalar {
                reads.values.insert(property.position);
            } else if let Some(other) = property.other_end.filter(|_| !property.is_collection) {
                reads.links.insert(property.position, self.key_reads(other));
            }
        }
        reads
    }

    pub(super) fn key_reads(&self, entity_type: usize) -> Reads {
        Reads { values: self.shapes[entity_type].keys.iter().copied().collect(), ..Reads::default() }
    }

    pub(super) fn other_end(&self, property: PropertyId) -> Option<usize> {
        let (entity_type, position) = self.by_id.get(&property)?;
        self.shapes[*entity_type].properties[*position].other_end
    }

    #[expect(clippy::too_many_arguments, reason = "what an order is made of")]
    pub(super) fn order(
        &self,
        plan: &TypePlan,
        assigned: &AssignedResourceType,
        change: ChangeType,
        rows: &PlannedRows,
        owner: Handle,
        population: &Population,
        environment: &Environment<'_>,
    ) -> Result<ProvisioningOrder, Held> {
        let target = assigned.target.and_then(|id| population.find(plan.target, id));
        let mut order = ProvisioningOrder {
            assigned_resource_type_id: assigned.id.to_string(),
            change_type: change,
            owner: self.resource(owner, population),
            resource_type: self.resource_type(plan),
            resource: target.map(|target| self.resource(target, population)),
            changes: self.changes(assigned, rows, population),
            ..ProvisioningOrder::default()
        };
        if let Some(program) = &plan.arguments {
            let seen = Seen::of(&order);
            let environment = Environment { order: Some(&seen), ..*environment };
            let mut arguments = Vec::new();
            program
                .arguments(owner, population, &environment, &mut arguments)
                .map_err(|error| Held::Arguments(error.to_string()))?;
            order.arguments = arguments.into_iter().collect();
        }
        Ok(order)
    }

    fn resource_type(&self, plan: &TypePlan) -> OrderedResourceType {
        let entity_type = |at: usize| OrderedEntityType {
            id: self.shapes[at].id.to_string(),
            identifier: self.shapes[at].identifier.clone(),
        };
        OrderedResourceType {
            id: plan.id.to_string(),
            identifier: plan.configured.identifier.clone(),
            source_entity_type: entity_type(plan.source),
            target_entity_type: entity_type(plan.target),
        }
    }

    fn resource(&self, resource: Handle, population: &Population) -> Map<String, Value> {
        let mut told = Map::new();
        told.insert("Id".to_owned(), population.id(resource).to_string().into());
        if let Some(name) = population.display_name(resource) {
            told.insert("InternalDisplayName".to_owned(), name.into());
        }
        for property in &self.shapes[usize::from(resource.entity_type)].properties {
            if property.is_scalar {
                if let Some(value) = population.value(resource, property.position) {
                    told.insert(property.name.clone(), value.into());
                }
            } else if !property.is_collection
                && let Some(end) = population.links(resource, property.position).first()
            {
                told.insert(property.name.clone(), self.keys(*end, population));
            }
        }
        told
    }

    /// `Id` and the keys of a resource that is linked.
    fn keys(&self, resource: Handle, population: &Population) -> Value {
        let shape = &self.shapes[usize::from(resource.entity_type)];
        let mut keys = Map::new();
        keys.insert("Id".to_owned(), population.id(resource).to_string().into());
        for position in &shape.keys {
            if let Some(value) = population.value(resource, *position) {
                keys.insert(shape.properties[*position].name.clone(), value.into());
            }
        }
        Value::Object(keys)
    }

    fn changes(
        &self,
        assigned: &AssignedResourceType,
        rows: &PlannedRows,
        population: &Population,
    ) -> Map<String, Value> {
        // By name, so that equal orders are equal texts.
        let mut changes: BTreeMap<String, Value> = BTreeMap::new();
        let name = |id: PropertyId| {
            let (entity_type, position) = self.by_id.get(&id)?;
            Some(&self.shapes[*entity_type].properties[*position])
        };
        for row in assigned.scalars.iter().filter(|row| rows.scalars.contains(&row.id)) {
            if let Some(property) = name(row.property) {
                changes.insert(property.name.clone(), row.policy_value.clone().map_or(Value::Null, Value::from));
            }
        }
        for row in assigned.binaries.iter().filter(|row| rows.binaries.contains(&row.id)) {
            if let Some(property) = name(row.property) {
                changes.insert(property.name.clone(), row.policy_value.clone().map_or(Value::Null, Value::from));
            }
        }
        for row in assigned.navigations.iter().filter(|row| rows.navigations.contains(&row.id)) {
            if let Some(property) = name(row.property) {
                let keys = self.linked(property, row.resource, population);
                put_link(&mut changes, property, row.is_expected, keys);
            }
        }
        changes.into_iter().collect()
    }

    fn linked(&self, property: &Named, resource: ResourceId, population: &Population) -> Value {
        let found = property.other_end.and_then(|end| population.find(end, resource));
        match found {
            Some(found) => self.keys(found, population),
            None => serde_json::json!({ "Id": resource.to_string() }),
        }
    }
}

/// A link among the changes. Of a navigation to one resource the new one counts, and a link that goes leaves nothing.
fn put_link(changes: &mut BTreeMap<String, Value>, property: &Named, is_added: bool, keys: Value) {
    if !property.is_collection {
        if is_added {
            changes.insert(property.name.clone(), keys);
        } else {
            changes.entry(property.name.clone()).or_insert(Value::Null);
        }
        return;
    }
    let suffix = if is_added { "add" } else { "remove" };
    let list = changes.entry(format!("{}_{suffix}", property.name)).or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(list) = list {
        list.push(keys);
    }
}

/// Whether a property is an end of an association: whether it holds several links, and the entity type at the other end.
fn navigation(metadata: &Metadata, end: (usize, usize)) -> Option<(bool, usize)> {
    metadata.associations.iter().find_map(|association| {
        if association.end1 == end {
            Some((association.is_property1_collection, association.end2.0))
        } else if association.end2 == end {
            Some((association.is_property2_collection, association.end1.0))
        } else {
            None
        }
    })
}
