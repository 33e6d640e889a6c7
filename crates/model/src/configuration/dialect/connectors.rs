//! Agents, connectors, connections, mappings: what synchronisation acts on.

use super::common::*;
use super::definition::{Attribute, Element, Kind};
use super::enumerations as e;

/// An absolute threshold.
const fn lines(name: &'static str, default: &'static str, doc: &'static str) -> Attribute {
    count(name, doc).or(default)
}

/// A percent threshold. More than 100 makes sense for what is inserted.
const fn percent(name: &'static str, default: &'static str, doc: &'static str) -> Attribute {
    count(name, doc).or(default)
}

/// `Agent`.
pub static AGENT: Element =
    Element::new("Agent", "A program that talks to managed systems, near them.").acted_on().attributes(&[
        NAMED,
        &[
            choice("State", &e::AGENT_STATE, "Last known state.").or("Unknown").inert(),
            text("URI", "Base URL of the agent."),
        ],
    ]);

/// `Language`.
pub static LANGUAGE: Element = Element::new("Language", "A language of labels and localised properties.")
    .acted_on()
    .unique(&["Code"])
    .attributes(&[&[
        text("Code", "Language and country, such as en-US.").required(),
        Attribute::new("IndicatorNumber", Kind::Int(1, 16), "The n of the suffix _L<n>; 1 is the main language.")
            .required(),
    ]]);

/// `Connector`.
pub static CONNECTOR: Element =
    Element::new("Connector", "One managed system: its entity types, connections and jobs.").acted_on().attributes(&[
        NAMED,
        &[
            reference("Agent", "Agent", "Agent that runs the connector's tasks."),
            choice("CompleteJob", &e::JOB_INTEGRATION, "Part in the generated complete job.").or("Used"),
            choice("IncrementalJob", &e::JOB_INTEGRATION, "Part in the generated incremental job.").or("Used"),
            flag("IsDeactivated", "Export and provisioning are switched off."),
            lines("MaximumInsertedLines", "100", "Most resources that one run may insert; 0 for any number."),
            lines("MaximumUpdatedLines", "100", "Most resources that one run may update; 0 for any number."),
            lines("MaximumDeletedLines", "100", "Most resources that one run may delete; 0 for any number."),
            percent("MaxPercentageInsertedLines", "5", "Most resources inserted, in percent; 0 for any number."),
            percent("MaxPercentageUpdatedLines", "5", "Most resources updated, in percent; 0 for any number."),
            percent("MaxPercentageDeletedLines", "5", "Most resources deleted, in percent; 0 for any number."),
            lines("MaximumLinkInsertedLines", "1000", "Most links that one run may insert; 0 for any number."),
            lines("MaximumLinkDeletedLines", "1000", "Most links that one run may delete; 0 for any number."),
            percent("MaxLinkPercentageInsertedLines", "5", "Most links inserted, in percent; 0 for any number."),
            percent("MaxLinkPercentageDeletedLines", "5", "Most links deleted, in percent; 0 for any number."),
            lines("MaximumLinkUpdatedLines", "1000", "No effect: links are inserted and deleted, never updated.")
                .inert(),
            percent("MaxLinkPercentageUpdatedLines", "5", "No effect: links are never updated.").inert(),
        ],
    ]);

/// `Connection`.
pub static CONNECTION: Element =
    Element::new("Connection", "One way into a managed system: a package and its settings.")
        .acted_on()
        .attributes(&[
            NAMED,
            &[
                reference("Connector", "Connector", "The one connector that it serves.").required(),
                text("Package", "Package identifier, such as Usercube.CSV@0000001.").required(),
                choice("DeactivationExportFulfill", &e::DEACTIVATION, "What is switched off.").or("None"),
            ],
        ])
        .children(&[&[&TRANSFORMATION]]);

/// `Connection/Transformation`.
pub static TRANSFORMATION: Element =
    Element::new("Transformation", "Rewrites an exported table before it is prepared.")
        .acted_on()
        .natural(&["Type", "Table", "Column"])
        .attributes(&[&[
            choice("Type", &e::TRANSFORMATION, "What it does.").required(),
            text("Table", "Exported table: <connection>_<dataset>."),
            text("Column", "Column read or written."),
            text("InputColumn", "Column read."),
            text("InputColumn2", "Second column to join."),
            text("InputColumn3", "Third column to join."),
            text("InputColumn4", "Fourth column to join."),
            text("InputColumn5", "Fifth column to join."),
            Attribute::new("AddedDays", Kind::Float, "Days to add; may be negative and fractional."),
            int("MinYear", "Dates before this year stay as they are."),
            int("MaxYear", "Dates after this year stay as they are."),
            text("DatePattern", "Format of the dates written."),
            text("ConcatSeparator", "Put between the parts."),
            flag("RemoveEmpty", "Leave out empty parts."),
            flag("RemoveDuplicates", "Keep one of two identical successive parts."),
            flag("SortValues", "Sort the parts."),
            choice("WhereOperator", &e::WHERE_OPERATOR, "Comparison; rows that match are kept."),
            text("WhereValue", "Value compared with, case-sensitive."),
        ]]);

/// `ConnectionTable`.
pub static CONNECTION_TABLE: Element = Element::new("ConnectionTable", "A table that an export may yield.")
    .unique(&["Connection", "Identifier"])
    .attributes(&[&[
        ID,
        reference("Connection", "Connection", "Connection that yields it.").required(),
        text("DisplayName", "Label.").aliases(&["DisplayName_L1"]),
        text("Path", "Path in the schema of the system."),
    ]])
    .children(&[&[&CONNECTION_TABLE_COLUMN]]);

static CONNECTION_TABLE_COLUMN: Element = Element::new("Column", "A column of an exported table.").attributes(&[&[
    ID,
    text("DisplayName", "Label.").aliases(&["DisplayName_L1"]),
    text("Path", "What columns are grouped by."),
    text("ForeignColumn", "Column that its values refer to."),
    flag("IsMultivalued", "Holds several values."),
    choice("KeyType", &e::KEY_TYPE, "Kind of key.").or("None"),
    count("ValueLength", "Longest value."),
    choice("ValueType", &e::VALUE_TYPE, "Type of its values.").or("String"),
]]);

/// `EntityTypeMapping`.
pub static ENTITY_TYPE_MAPPING: Element =
    Element::new("EntityTypeMapping", "Which file and columns feed an entity type.")
        .acted_on()
        .attributes(&[&[
            reference("Identifier", "EntityType", "Entity type that it feeds.").required(),
            reference("Connector", "Connector", "Connector that it belongs to."),
            text("ConnectionTable", "Name of the file, without directory and without .csv."),
            text("C0", "Connector-specific.").inert(),
            lines("MaximumInsertedLines", "0", "Most resources that one run may insert; 0 for any number."),
            lines("MaximumUpdatedLines", "0", "Most resources that one run may update; 0 for any number."),
            lines("MaximumDeletedLines", "0", "Most resources that one run may delete; 0 for any number."),
            percent("MaxPercentageInsertedLines", "0", "Most resources inserted, in percent; 0 for any number."),
            percent("MaxPercentageUpdatedLines", "0", "Most resources updated, in percent; 0 for any number."),
            percent("MaxPercentageDeletedLines", "0", "Most resources deleted, in percent; 0 for any number."),
        ]])
        .children(&[&[&MAPPED_PROPERTY]]);

/// `EntityTypeMapping/Property`.
pub static MAPPED_PROPERTY: Element =
    Element::new("Property", "Which column feeds a property.").acted_on().attributes(&[&[
        property("Identifier", "Property of the entity type.").required(),
        text("ConnectionColumn", "Column of the file; absent: not synchronised."),
        text("Format", "Form of the external values, such as Date or Bit:userAccountControl:2."),
        flag("IsPrimaryKey", "Identifies the rows of the file; exactly one per mapping."),
        flag("IsUniqueKey", "Associations may refer to it; up to three besides the primary key."),
    ]]);

/// `EntityAssociationMapping`.
pub static ENTITY_ASSOCIATION_MAPPING: Element =
    Element::new("EntityAssociationMapping", "Which file and columns feed an association.").acted_on().attributes(&[
        &[
            reference("Identifier", "EntityAssociation", "Association that it feeds.").required(),
            reference("Connector", "Connector", "Connector that it belongs to.").required(),
            text("ConnectionTable", "Name of the file, without directory and without .csv."),
            text("Column1", "Column with the key of the owner of Property1.").required(),
            text("Column2", "Column with the key of the owner of Property2.").required(),
            Attribute::new("EntityPropertyMapping1", Kind::PropertyPath, "Key that Column1 refers to.").required(),
            Attribute::new("EntityPropertyMapping2", Kind::PropertyPath, "Key that Column2 refers to.").required(),
            text("C0", "Connector-specific.").inert(),
            lines("MaximumInsertedLines", "0", "Most links that one run may insert; 0 for any number.")
                .aliases(&["MaximumLinkInsertedLines"]),
            lines("MaximumDeletedLines", "0", "Most links that one run may delete; 0 for any number.")
                .aliases(&["MaximumLinkDeletedLines"]),
            percent("MaxPercentageInsertedLines", "0", "Most links inserted, in percent; 0 for any number.")
                .aliases(&["MaxLinkPercentageInsertedLines"]),
            percent("MaxPercentageDeletedLines", "0", "Most links deleted, in percent; 0 for any number.")
                .aliases(&["MaxLinkPercentageDeletedLines"]),
        ],
    ]);

/// Elements of this file that stand at the root.
pub(super) static ROOT: &[&Element] =
    &[&AGENT, &LANGUAGE, &CONNECTOR, &CONNECTION, &CONNECTION_TABLE, &ENTITY_TYPE_MAPPING, &ENTITY_ASSOCIATION_MAPPING];
