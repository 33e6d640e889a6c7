//! Tables, search bars, tiles, menus.

use super::common::*;
use super::definition::{Attribute, Element, Kind, Names};
use super::enumerations as e;

const INPUT_TYPE: Attribute = text("InputType", "How a value is entered.");
const OUTPUT_TYPE: Attribute = text("OutputType", "How a value is shown.");
const ADDED_MINUTES: Attribute = int("AddedMinutes", "Minutes added to a date shown.");
const MIN_SEARCH: Attribute = int("MinSearchLength", "Characters typed before a search begins.");
const PLACE_HOLDER: Attribute = localised("PlaceHolderText", "Text in an empty field, per language.");
const TILE_REFERENCE: Attribute = reference("Tile", "Tile", "How a resource is shown.");

static DISPLAY_ENTITY_TYPE: Element = Element::new("DisplayEntityType", "How an entity type is shown.")
    .attributes(&[&[
        reference("Identifier", "EntityType", "The entity type.").required(),
        localised("PluralDisplayName", "Label of many, per language."),
        text("IconCode", "Icon."),
        text("Color", "Colour, #rrggbb."),
        int("Priority", "Order among entity types.").or("2147483647"),
        flag("HideRoles", "No entitlements on its pages."),
        flag("IsHierarchical", "Shown as a tree."),
        binding("AutocompleteBinding", "What a search looks at."),
        MIN_SEARCH.or("4"),
        Attribute::new("D", Kind::Bool, "The dimension can be edited.").or("false").names(Names::Indexed {
            first: 0,
            last: 127,
            suffix: "IsActive",
            decimal: None,
        }),
    ]])
    .children(&[&[&DISPLAY_PROPERTY]]);

static DISPLAY_PROPERTY: Element = Element::new("Property", "How a property is shown.").attributes(&[&[
    property("Identifier", "The property.").required(),
    int("DisplayOrder", "Order on the page.").or("0"),
    reference("Group", "DisplayPropertyGroup", "Group that it is shown in."),
    reference("DisplayTable", "DisplayTable", "Table to pick from."),
    text("Format", "Format."),
    text("IconCode", "Icon."),
    INPUT_TYPE.or("Auto"),
    OUTPUT_TYPE.or("Auto"),
    flag("IsHidden", "Not shown."),
    flag("IsReadOnly", "Cannot be changed."),
    flag("IsRequired", "Must be filled."),
    ADDED_MINUTES,
    binding("AutocompleteBinding", "What a search looks at."),
    MIN_SEARCH,
    binding("NavigationBinding", "Where a click leads."),
    PLACE_HOLDER,
    localised("ToolTipText", "Text beside the pointer, per language."),
    TILE_REFERENCE,
]]);

static DISPLAY_PROPERTY_GROUP: Element =
    Element::new("DisplayPropertyGroup", "A group of properties on a page.").attributes(&[&[ID, LABEL]]);

static DISPLAY_TABLE: Element = Element::new("DisplayTable", "A table of resources.")
    .attributes(&[&[
        ID,
        LABEL,
        OF_ENTITY_TYPE.required(),
        choice("DisplayTableDesignElement", &e::TABLE_DESIGN, "What it looks like.").required(),
        reference("HomonymEntityLink", "HomonymEntityLink", "How people of the same name are found."),
        flag("IsEntityTypeDefault", "The table of its entity type."),
        count("LinesPerPage", "Rows on a page.").or("15"),
        property("ParentProperty", "Property that leads to the parent."),
    ]])
    .children(&[&[&DISPLAY_TABLE_COLUMN]]);

static DISPLAY_TABLE_COLUMN: Element =
    Element::new("Column", "A column of a table of resources.").natural(&["DisplayBinding", "Tile"]).attributes(&[&[
        ADDED_MINUTES,
        flag("CanBeFiltered", "Has a filter."),
        int("ColumnSize", "Width, in columns.").or("1"),
        int("DefaultSortPriority", "Place in the first order of the rows."),
        binding("DisplayBinding", "Property shown."),
        LABEL,
        flag("IsDisplayInDropDownList", "Shown in lists to pick from."),
        flag("IsDisplayInSummaryView", "Shown in the summary."),
        flag("IsResizable", "Can be made wider."),
        flag("IsSortable", "Rows can be sorted by it."),
        binding("OptimizedDisplayBinding", "Property shown, found faster."),
        binding("OptimizedSortBinding", "Property sorted by, found faster."),
        choice("SearchOperator", &e::QUERY_OPERATOR, "How it is searched.").or("Auto"),
        binding("SortBinding", "Property sorted by."),
        TILE_REFERENCE,
    ]]);

static SEARCH_BAR: Element = Element::new("SearchBar", "A form to search resources.")
    .natural(&["EntityType", "Menu", "SearchedEntityType"])
    .attributes(&[&[
        OF_ENTITY_TYPE.required(),
        choice("SearchBarDesignElement", &e::SEARCH_BAR_DESIGN, "What it looks like.").required(),
        reference("Menu", "MenuItem", "Menu shown beside it."),
        binding("SearchedBinding", "What is searched."),
        reference("SearchedEntityType", "EntityType", "Entity type searched."),
    ]])
    .children(&[&[&CRITERION]]);

const fn numbered(attribute: Attribute) -> Attribute {
    attribute.names(Names::Numbered { first: 1, last: 9 })
}

static CRITERION: Element =
    Element::new("Criterion", "A field of a search bar.").natural(&["Binding"]).attributes(&[&[
        numbered(binding("Binding", "Property searched.")),
        int("ColumnSize", "Width, in columns.").required(),
        INPUT_TYPE.required(),
        text("DefaultValue", "First value; several separated by ;."),
        LABEL,
        flag("IsVisibleInAdvancedView", "In the advanced search only."),
        choice("Operator", &e::QUERY_OPERATOR, "How it is compared.").or("Auto"),
        numbered(binding("OptimizedBinding", "Property searched, found faster.")),
        PLACE_HOLDER,
    ]]);

static TILE: Element = Element::new("Tile", "A resource in a small box.")
    .attributes(&[
        NAMED,
        &[OF_ENTITY_TYPE.required(), choice("TileDesignElement", &e::TILE_DESIGN, "What it looks like.").required()],
    ])
    .children(&[&[&TILE_ITEM]]);

static TILE_ITEM: Element = Element::new("Item", "A part of a tile.")
    .natural(&["Binding", "LineNumber", "LineDisplayOrderIndicator"])
    .attributes(&[&[
        binding("Binding", "Property shown.").required(),
        int("LineNumber", "Line; in picture-text, 5 is the id to open and 6 the photo.").required(),
        int("LineDisplayOrderIndicator", "Order in the line.").required(),
        ADDED_MINUTES,
        binding("OptimizedBinding", "Property shown, found faster."),
    ]]);

static INDICATOR: Element = Element::new("Indicator", "A coloured mark on resources.")
    .natural(&["EntityType", "Binding", "Order"])
    .attributes(&[&[
        OF_ENTITY_TYPE.required(),
        choice("ComparisonOperator", &e::QUERY_OPERATOR, "How the values are compared.").required(),
        int("Order", "Order among indicators.").required(),
        binding("Binding", "Property looked at."),
        binding("OptimizedBinding", "Property looked at, found faster."),
    ]])
    .children(&[&[&INDICATOR_ITEM]]);

static INDICATOR_ITEM: Element = Element::new("Item", "A colour; the first that matches is shown.")
    .natural(&["Value", "Color"])
    .attributes(&[&[text("Color", "Colour.").required(), text("Value", "Value compared with."), LABEL]]);

static MENU_ITEM: Element = Element::new("MenuItem", "An entry of a menu.")
    .attributes(&[&[
        ID,
        LABEL,
        OF_ENTITY_TYPE,
        text("IconCode", "Icon."),
        flag_on("IsExpandedByDefault", "Shown open."),
        flag("IsSelfForm", "About the user themselves."),
        reference(
            "ParentMenuItem",
            "MenuItem",
            "Entry that it stands in; built in: Dashboard, Nav, UserMenu, Reports, Top.",
        ),
        reference("ReportQuery", "ReportQuery", "Report opened."),
        text("URI", "Address opened."),
        reference("Workflow", "Workflow", "Workflow started."),
    ]])
    .children(&[&[&MENU_ITEM]]);

/// Elements of this file that stand at the root.
pub(super) static ROOT: &[&Element] =
    &[&DISPLAY_ENTITY_TYPE, &DISPLAY_PROPERTY_GROUP, &DISPLAY_TABLE, &SEARCH_BAR, &TILE, &INDICATOR, &MENU_ITEM];
