//! From items to the typed configuration.

use super::dialect::{self, Element};
use super::item::Item;
use super::types::*;
use super::view::View;
use super::{access, expand, fulfilments, jobs, policy};
use crate::ids::Slot;
use std::collections::BTreeSet;

/// The typed part of a configuration, scaffoldings expanded. Total: what a check would refuse is left out or takes its
/// default.
pub fn typed(items: &[Item]) -> Configuration {
    typed_with(items, &expand::generated(items))
}

/// As [`typed`], given what the scaffoldings stand for.
pub(super) fn typed_with(items: &[Item], generated: &[Item]) -> Configuration {
    let items: Vec<&Item> = items.iter().chain(generated).collect();
    let of = |element: &'static Element| {
        items.iter().copied().filter(|item| item.element == element.name).map(move |item| View { item, element })
    };
    let mut configuration = Configuration {
        agents: of(&dialect::AGENT).map(agent).collect(),
        languages: of(&dialect::LANGUAGE).map(language).collect(),
        connectors: of(&dialect::CONNECTOR).map(connector).collect(),
        connections: of(&dialect::CONNECTION).map(connection).collect(),
        entity_types: of(&dialect::ENTITY_TYPE).map(entity_type).collect(),
        associations: of(&dialect::ENTITY_ASSOCIATION).map(association).collect(),
        type_mappings: of(&dialect::ENTITY_TYPE_MAPPING).map(type_mapping).collect(),
        association_mappings: of(&dialect::ENTITY_ASSOCIATION_MAPPING).map(association_mapping).collect(),
        expressions: of(&dialect::ENTITY_PROPERTY_EXPRESSION).map(property_expression).collect(),
        jobs: jobs::assemble(&items).into_iter().map(jobs::PlacedJob::finish).collect(),
        tasks: jobs::tasks(&items),
        ..Configuration::default()
    };
    access::access(&items, &mut configuration);
    resolve_navigations(&mut configuration);
    promote_referenced_keys(&mut configuration);
    strip_dotted_prefixes(&mut configuration);
    policy::policy(&items, &mut configuration);
    configuration.target_mappings = fulfilments::target_mappings(&items, &configuration);
    configuration
}

/// The documentation also writes a dot for the colon after the entity type of a binding.
fn strip_dotted_prefixes(configuration: &mut Configuration) {
    let Configuration { entity_types, expressions, .. } = configuration;
    for expression in expressions {
        let Some((first, rest)) = expression.binding.as_deref().and_then(|path| path.split_once('.')) else {
            continue;
        };
        let owner = entity_types.iter().find(|t| t.identifier == expression.entity_type);
        if first == expression.entity_type && owner.is_some_and(|t| t.property(first).is_none()) {
            expression.binding = Some(rest.to_owned());
        }
    }
}

/// Properties that an association refers to are navigations, even when they are written as `Int64`; a mapping of one
/// says nothing, because links come from association mappings.
fn resolve_navigations(configuration: &mut Configuration) {
    let ends: BTreeSet<PropertyPath> =
        configuration.associations.iter().flat_map(|a| [a.property1.clone(), a.property2.clone()]).collect();
    let mut navigations = BTreeSet::new();
    for entity_type in &mut configuration.entity_types {
        for property in &mut entity_type.properties {
            let path =
                PropertyPath { entity_type: entity_type.identifier.clone(), property: property.identifier.clone() };
            if property.kind == PropertyType::Int64 && ends.contains(&path) {
                property.kind = PropertyType::ForeignKey;
            }
            if property.kind == PropertyType::ForeignKey {
                navigations.insert(path);
            }
        }
    }
    for mapping in &mut configuration.type_mappings {
        let entity_type = mapping.identifier.clone();
        mapping.properties.retain(|property| {
            let path = PropertyPath { entity_type: entity_type.clone(), property: property.identifier.clone() };
            !navigations.contains(&path)
        });
    }
}

/// An association may refer to a property that is only a key property (`IsKey`): synchronisation then needs it as a
/// unique key.
fn promote_referenced_keys(configuration: &mut Configuration) {
    let referenced: BTreeSet<PropertyPath> =
        configuration.association_mappings.iter().flat_map(|m| [m.key1.clone(), m.key2.clone()]).collect();
    for mapping in &mut configuration.type_mappings {
        let Some(entity_type) = configuration.entity_types.iter().find(|t| t.identifier == mapping.identifier) else {
            continue;
        };
        for property in mapping.properties.iter_mut().filter(|p| !p.is_primary_key && !p.is_unique_key) {
            let path = PropertyPath { entity_type: mapping.identifier.clone(), property: property.identifier.clone() };
            let is_key = entity_type.property(&property.identifier).is_some_and(|p| p.is_key);
            property.is_unique_key = is_key && referenced.contains(&path);
        }
    }
}

fn agent(view: View<'_>) -> Agent {
    Agent {
        identifier: view.text("Identifier"),
        display_name: view.optional("DisplayName_L1"),
        uri: view.optional("URI"),
    }
}

fn language(view: View<'_>) -> Language {
    Language { code: view.text("Code"), indicator_number: view.number("IndicatorNumber") }
}

fn connector(view: View<'_>) -> Connector {
    Connector {
        identifier: view.text("Identifier"),
        display_name: view.optional("DisplayName_L1"),
        agent: view.optional("Agent"),
        is_deactivated: view.is("IsDeactivated"),
        inserted: view.limit("MaximumInsertedLines", "MaxPercentageInsertedLines"),
        updated: view.limit("MaximumUpdatedLines", "MaxPercentageUpdatedLines"),
        deleted: view.limit("MaximumDeletedLines", "MaxPercentageDeletedLines"),
        links_inserted: view.limit("MaximumLinkInsertedLines", "MaxLinkPercentageInsertedLines"),
        links_deleted: view.limit("MaximumLinkDeletedLines", "MaxLinkPercentageDeletedLines"),
    }
}

fn connection(view: View<'_>) -> Connection {
    let deactivated = view.text("DeactivationExportFulfill");
    Connection {
        identifier: view.text("Identifier"),
        display_name: view.optional("DisplayName_L1"),
        connector: view.text("Connector"),
        package: view.text("Package"),
        export_deactivated: deactivated == "Export",
        fulfill_deactivated: deactivated == "Fulfill",
        transformations: view.children(&dialect::TRANSFORMATION).filter_map(transformation).collect(),
    }
}

fn transformation(view: View<'_>) -> Option<Transformation> {
    let column = view.text("Column");
    let kind = match view.text("Type").as_str() {
        "ConcatColumns" => TransformationKind::ConcatColumns {
            column,
            inputs: ["InputColumn", "InputColumn2", "InputColumn3", "InputColumn4", "InputColumn5"]
                .into_iter()
                .filter_map(|name| view.optional(name))
                .collect(),
            separator: view.text("ConcatSeparator"),
            remove_empty: view.is("RemoveEmpty"),
            remove_duplicates: view.is("RemoveDuplicates"),
            sort_values: view.is("SortValues"),
        },
        "TransformDate" => TransformationKind::TransformDate {
            column,
            input: view.optional("InputColumn"),
            added_days: view.number("AddedDays"),
            min_year: view.optional_number("MinYear"),
            max_year: view.optional_number("MaxYear"),
            date_pattern: view.optional("DatePattern"),
        },
        "WhereValue" => TransformationKind::WhereValue {
            column,
            operator: where_operator(&view.text("WhereOperator"))?,
            value: view.text("WhereValue"),
        },
        _ => return None,
    };
    Some(Transformation { table: view.text("Table"), kind })
}

fn where_operator(name: &str) -> Option<WhereOperator> {
    Some(match name {
        "Equals" => WhereOperator::Equals,
        "NotEquals" => WhereOperator::NotEquals,
        "Contains" => WhereOperator::Contains,
        "NotContains" => WhereOperator::NotContains,
        "StartsWith" => WhereOperator::StartsWith,
        "EndsWith" => WhereOperator::EndsWith,
        "Regex" => WhereOperator::Regex,
        _ => return None,
    })
}

fn entity_type(view: View<'_>) -> EntityType {
    EntityType {
        identifier: view.text("Identifier"),
        display_name: view.optional("DisplayName_L1"),
        properties: properties(view),
    }
}

/// Each file has a slot of its own, whatever the configuration says: it never lives in a column of the resource.
fn properties(view: View<'_>) -> Vec<Property> {
    let mut properties: Vec<Property> = view.children(&dialect::PROPERTY).map(property).collect();
    let files = properties.iter_mut().filter(|property| property.kind == PropertyType::Binary);
    for (slot, file) in (i16::from(Slot::FIRST_FILE)..).zip(files) {
        file.target_column_index = slot;
    }
    properties
}

fn property(view: View<'_>) -> Property {
    let kind = property_type(&view.text("Type"));
    Property {
        identifier: view.text("Identifier"),
        display_name: view.optional("DisplayName_L1"),
        kind,
        is_key: view.is("IsKey"),
        target_column_index: view.number("TargetColumnIndex"),
        history_precision: view.number("HistoryPrecision"),
    }
}

/// The type with this name; text when there is none.
pub(super) fn property_type(name: &str) -> PropertyType {
    match name {
        "Bytes" => PropertyType::Bytes,
        "Int32" => PropertyType::Int32,
        "Int64" => PropertyType::Int64,
        "DateTime" => PropertyType::DateTime,
        "Bool" => PropertyType::Bool,
        "Guid" => PropertyType::Guid,
        "Double" => PropertyType::Double,
        "Binary" => PropertyType::Binary,
        "Byte" => PropertyType::Byte,
        "Int16" => PropertyType::Int16,
        "Option" => PropertyType::Option,
        "ForeignKey" => PropertyType::ForeignKey,
        _ => PropertyType::String,
    }
}

fn association(view: View<'_>) -> EntityAssociation {
    EntityAssociation {
        identifier: view.text("Identifier"),
        display_name: view.optional("DisplayName_L1"),
        property1: view.path("Property1"),
        property2: view.path("Property2"),
        is_property1_collection: view.is("IsProperty1Collection"),
        is_property2_collection: view.is("IsProperty2Collection"),
    }
}

fn type_mapping(view: View<'_>) -> EntityTypeMapping {
    EntityTypeMapping {
        identifier: view.text("Identifier"),
        connector: view.text("Connector"),
        connection_table: view.table(),
        properties: view
            .children(&dialect::MAPPED_PROPERTY)
            .map(|view| PropertyMapping {
                identifier: view.text("Identifier"),
                connection_column: view.optional("ConnectionColumn"),
                is_primary_key: view.is("IsPrimaryKey"),
                is_unique_key: view.is("IsUniqueKey"),
                format: view.optional("Format"),
            })
            .collect(),
        inserted: view.limit("MaximumInsertedLines", "MaxPercentageInsertedLines"),
        updated: view.limit("MaximumUpdatedLines", "MaxPercentageUpdatedLines"),
        deleted: view.limit("MaximumDeletedLines", "MaxPercentageDeletedLines"),
    }
}

fn association_mapping(view: View<'_>) -> EntityAssociationMapping {
    EntityAssociationMapping {
        identifier: view.text("Identifier"),
        connector: view.text("Connector"),
        connection_table: view.table(),
        column1: view.text("Column1"),
        column2: view.text("Column2"),
        key1: view.path("EntityPropertyMapping1"),
        key2: view.path("EntityPropertyMapping2"),
        inserted: view.limit("MaximumInsertedLines", "MaxPercentageInsertedLines"),
        deleted: view.limit("MaximumDeletedLines", "MaxPercentageDeletedLines"),
    }
}

fn property_expression(view: View<'_>) -> EntityPropertyExpression {
    let entity_type = view.text("EntityType");
    let binding = view.optional("Binding").map(|binding| {
        let path = binding.strip_prefix(&format!("{entity_type}:")).unwrap_or(&binding).trim();
        path.to_owned()
    });
    EntityPropertyExpression {
        identifier: view.text("Identifier"),
        property: view.text("Property"),
        expression: view.optional("Expression"),
        binding,
        priority: view.number("Priority"),
        property_criteria: view.optional("PropertyCriteria"),
        entity_type,
    }
}
