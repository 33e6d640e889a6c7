//! Forms and their controls.

use super::common::*;
use super::definition::{Attribute, Element};
use super::enumerations as e;

const CONTROL: &[Attribute] = &[
    int("AddedMinutes", "Minutes added to a date shown."),
    binding("Binding", "Property shown or entered."),
    binding("Binding2", "Second property."),
    binding("Binding3", "Third property."),
    int("ColumnSize", "Width, in columns."),
    binding("DefaultValueBinding", "Where the default value is read."),
    LABEL,
    reference("DisplayTable", "DisplayTable", "Table to pick from."),
    reference("EmbeddedForm", "Form", "Form shown inside."),
    OF_ENTITY_TYPE,
    text("ExtensionIdentifier", "Identifier of an extension."),
    binding("FilterBinding1", "What the choice is filtered by."),
    binding("FilterBinding2", "What the choice is filtered by."),
    binding("LinkedBinding1", "What the filter is compared with."),
    binding("LinkedBinding2", "What the filter is compared with."),
    reference("HomonymEntityLink", "HomonymEntityLink", "How people of the same name are found."),
    text("InputType", "How a value is entered.").or("Inherited"),
    flag("IsReadOnly", "Cannot be changed."),
    flag("IsRequired", "Must be filled."),
    text("Name", "Name of the control."),
    binding("NavigationBinding", "Where a click leads."),
    text("OutputType", "How a value is shown.").or("Inherited"),
    text("ParentControl", "Control that it stands in."),
    localised("PlaceHolderText", "Text in an empty field, per language."),
    reference("Tile", "Tile", "How a resource is shown."),
];

macro_rules! controls {
    ($($name:ident $label:literal;)*) => {
        $(static $name: Element = Element::new($label, "A field of a form, or a group of fields.")
            .natural(&["Name", "Binding", "DisplayName", "OutputType"])
            .attributes(&[CONTROL])
            .children(&[CONTROLS]);)*
        static CONTROLS: &[&Element] = &[$(&$name),*];
    };
}

controls! {
    PLAIN_CONTROL "Control";
    MAIN_CONTROL "MainControl";
    RECORD_CONTROL "RecordControl";
    RECORD_ITEM_CONTROL "RecordItemControl";
    RECORD_UNIQUE_ITEM_CONTROL "RecordUniqueItemControl";
    RECORD_SLAVE_CONTROL "RecordSlaveControl";
    RECORD_SLAVE_UNIQUE_ITEM_CONTROL "RecordSlaveUniqueItemControl";
    SUMMARY_CONTROL "SummaryControl";
    MAIN_SUMMARY_CONTROL "MainSummaryControl";
    RECORD_SUMMARY_CONTROL "RecordSummaryControl";
}

const FORM: &[Attribute] = &[
    ID,
    LABEL,
    OF_ENTITY_TYPE.required(),
    text("FormType", "What the form is for.").or("Auto"),
    text("Activity", "Workflow:Activity in which it is filled."),
    text("ActivityState", "Template-State in which it is filled."),
    localised("FormTitle", "Title, per language."),
    localised("TableTitle", "Title of the table of records, per language."),
    localised("AddRowLabel", "Label of the button that adds a record, per language."),
    localised("RemoveRowLabel", "Label of the button that removes a record, per language."),
    flag("HideRecordAddButton", "No button to add a record."),
    flag("HideRecordRemoveButton", "No button to remove a record."),
    flag("HideRoles", "No step for entitlements."),
    flag("IsDefaultSelfForm", "Shown to a user about themselves."),
    flag("IsDefaultViewForm", "Shown when a resource is viewed."),
    flag("IsDeleteForm", "Deletes the resource.").aliases(&["IsDelete"]),
    binding("MainProperty", "Property that leads to the resource handled."),
    localised("MainPropertyLabel", "Its label, per language."),
    reference("Menu", "MenuItem", "Menu shown beside it."),
    binding("RecordProperty", "Property that leads to the records."),
    property("RecordStartProperty", "Start of a record."),
    property("RecordEndProperty", "End of a record."),
    property("RecordSortProperty", "Order of the records."),
    choice("RecordFilter", &e::RECORD_FILTER, "Which records are shown.").or("CurrentAndFuture"),
    reference("RecordTable", "DisplayTable", "Table of the records."),
    choice("WorkflowRequestType", &e::WORKFLOW_REQUEST, "Who makes the request.").or("None"),
];

macro_rules! forms {
    ($($name:ident $label:literal $doc:literal;)*) => {
        $(static $name: Element =
            Element::new($label, $doc).class("Form").attributes(&[FORM]).children(&[CONTROLS]);)*
        /// Elements of this file that stand at the root.
        pub(super) static ROOT: &[&Element] = &[$(&$name),*];
    };
}

forms! {
    PLAIN_FORM "Form" "A page to view or enter data.";
    VIEW_RECORD "ResourceViewRecordEntityForm" "Views a resource with its records.";
    CREATE "WorkflowCreateEntityForm" "Creates a resource.";
    CREATE_RECORD "WorkflowCreateRecordEntityForm" "Creates a resource with one record.";
    CREATE_RECORDS "WorkflowCreateSeveralRecordsEntityForm" "Creates a resource with several records.";
    EDIT "WorkflowEditEntityForm" "Changes a resource.";
    ADD_RECORD "WorkflowAddRecordEntityForm" "Adds a record.";
    ADD_AND_END_RECORD "WorkflowAddAndEndRecordEntityForm" "Replaces a record by another at a date.";
    UPDATE_RECORD "WorkflowUpdateRecordEntityForm" "Changes a record.";
    UPDATE_RECORDS "WorkflowUpdateRecordEntitiesForm" "Changes a record of many resources.";
    UPDATE_SEVERAL_RECORDS "WorkflowUpdateSeveralRecordsEntityForm" "Changes several records.";
}
