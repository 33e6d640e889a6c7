//! Entity types, associations, computed properties, and other words about the shape of resources.

use super::common::*;
use super::definition::{Attribute, Element, Kind, Names};
use super::enumerations as e;

/// `EntityType`.
pub static ENTITY_TYPE: Element = Element::new("EntityType", "The shape of a family of resources.")
    .acted_on()
    .attributes(&[&[
        ID,
        LABEL,
        text("LicenseTag", "Tag of a license entry.").inert(),
        text("TableName", "Table of a hard-coded type.").inert(),
    ]])
    .children(&[&[&PROPERTY]]);

/// `EntityType/Property`.
pub static PROPERTY: Element = Element::new("Property", "A property of an entity type.").acted_on().attributes(&[&[
    ID,
    LABEL,
    choice("Type", &e::PROPERTY_TYPE, "Type of its values.").or("String"),
    flag("IsKey", "Designates resources inside the configuration."),
    Attribute::new(
        "TargetColumnIndex",
        Kind::Int(-1, 152),
        "Where it is stored: 0 to 3 long values, 4 to 127 values, 128 to 152 single links; -1 elsewhere.",
    )
    .or("-1"),
    count("HistoryPrecision", "Least number of minutes between two versions that a change of it makes."),
    expression("FlexibleComparisonExpression", "Applied to what is searched for.").inert(),
    property("GroupByProperty", "At most one member of each group is assigned at a time.").inert(),
    reference("Language", "Language", "Language of a localised property.").inert(),
    property("NeutralProperty", "Property that this one translates.").inert(),
]]);

/// `EntityAssociation`.
pub static ENTITY_ASSOCIATION: Element =
    Element::new("EntityAssociation", "Pairs two properties, each the reverse of the other.").acted_on().attributes(&[
        &[
            ID,
            LABEL,
            Attribute::new("Property1", Kind::PropertyPath, "First end: EntityType:Property.").required(),
            Attribute::new("Property2", Kind::PropertyPath, "Second end: EntityType:Property.").required(),
            flag("IsProperty1Collection", "Property1 holds several links."),
            flag("IsProperty2Collection", "Property2 holds several links."),
        ],
    ]);

/// `EntityPropertyExpression`.
pub static ENTITY_PROPERTY_EXPRESSION: Element =
    Element::new("EntityPropertyExpression", "Computes a property after synchronisation.").acted_on().attributes(&[&[
        ID,
        OF_ENTITY_TYPE.required(),
        property("Property", "Property that it computes.").required(),
        expression("Expression", "How the value is computed."),
        binding("Binding", "Where the value, or the input of the expression, is read."),
        int("Priority", "Order of execution, ascending.").or("0"),
        property("PropertyCriteria", "Property of the target type that the value of a navigation is matched against."),
    ]]);

static DIMENSION: Element = Element::new("Dimension", "An entity type whose resources are criteria of assignment.")
    .acted_on()
    .attributes(&[&[
        ID,
        LABEL,
        OF_ENTITY_TYPE.required(),
        Attribute::new("ColumnMapping", Kind::Int(0, 127), "Index n of the attributes D<n>, L<n>, B<n> and so on.")
            .required(),
        flag("IsHierarchical", "Its values are a tree."),
        property("ParentProperty", "Property that leads to the parent."),
        flag("IsExcludedFromRoleMining", "Left out of role mining."),
    ]]);

static BINDING: Element = Element::new("Binding", "A path through properties.")
    .natural(&[])
    .open()
    .attributes(&[&[OPTIONAL_ID, text("Path", "The path.")]])
    .children(&[&[&BINDING_PROPERTY]]);

static BINDING_PROPERTY: Element = Element::new("Property", "One step of a path.")
    .natural(&[])
    .open()
    .attributes(&[&[OPTIONAL_ID, property("Property", "Property followed.")]]);

/// `Resource`.
static RESOURCE: Element =
    Element::new("Resource", "A resource written in the configuration, for tiny reference data.")
        .natural(&["Type", "Id"])
        .attributes(&[&[
            reference("Type", "EntityType", "Entity type of the resource.").required(),
            int("Id", "Row id."),
            LABEL,
            Attribute::new("C", Kind::Text, "Value of the property stored in this slot.").names(Names::Indexed {
                first: 0,
                last: 127,
                suffix: "",
                decimal: None,
            }),
            Attribute::new("I", Kind::Resource, "Link stored in this slot.").names(Names::Indexed {
                first: 128,
                last: 152,
                suffix: "",
                decimal: None,
            }),
            flag("Dirty", "Recently modified."),
        ]]);

/// Elements of this file that stand at the root.
pub(super) static ROOT: &[&Element] =
    &[&ENTITY_TYPE, &ENTITY_ASSOCIATION, &ENTITY_PROPERTY_EXPRESSION, &DIMENSION, &BINDING, &RESOURCE];
