//! Workflows, aspects and notifications.

use super::common::*;
use super::definition::{Attribute, Element, Names};
use super::enumerations as e;

static WORKFLOW: Element = Element::new("Workflow", "A sequence of activities that changes resources.")
    .attributes(&[
        NAMED,
        &[
            reference("VariablesType", "EntityType", "Entity type of its variables: Workflow_<EntityType>.").required(),
            text("IdentifierPrefix", "Before the number of each instance."),
        ],
    ])
    .children(&[&[&ACTIVITY]]);

static ACTIVITY: Element = Element::new("Activity", "A step of a workflow.").attributes(&[
    NAMED,
    &[
        choice("Template", &e::ACTIVITY_TEMPLATE, "What the step is.").required(),
        flag("ArgumentBlockProvisioning", "The orders that it makes wait for a review."),
        reference("ArgumentCalledWorkflow", "Workflow", "Workflow that goes on."),
        flag("WorkflowOverviewDisable", "Not shown in the overview."),
    ],
]);

const fn numbered(attribute: Attribute) -> Attribute {
    attribute.names(Names::Numbered { first: 1, last: 5 })
}

static HOMONYM_ENTITY_LINK: Element = Element::new("HomonymEntityLink", "How people of the same name are found.")
    .attributes(&[&[ID, reference("FormEntityType", "EntityType", "Entity type of the form.").required()]])
    .children(&[&[&HOMONYM_FILTER]]);

static HOMONYM_FILTER: Element =
    Element::new("Filter", "A way to be alike: all of its comparisons.").natural(&[]).attributes(&[&[
        numbered(property("Property", "Property of the form.")),
        numbered(property("ComparisonProperty", "Property of the resources compared with.")),
        numbered(choice("Operator", &e::QUERY_OPERATOR, "How they are compared.").or("Equal")),
        numbered(expression("Expression", "What is compared instead of the property.")),
    ]]);

const BINDING: Attribute = binding("Binding", "Property concerned.");
const EXPRESSION_BINDING: Attribute = binding("ExpressionBinding", "Input of the expressions.");
const EXPRESSION: Attribute = expression("Expression", "Value.");
const IF: Attribute = expression("IfExpression", "Whether it applies.");
const MESSAGE: Attribute = localised("Message", "Text shown, per language.");

static POINT_CUT: Element = Element::new("PointCut", "When an aspect applies.")
    .natural(&["Activity", "ActivityState", "Mode"])
    .attributes(&[&[
        text("Activity", "Workflow:Activity.").required(),
        text("ActivityState", "Template-State.").required(),
        choice("Mode", &e::POINT_CUT_MODE, "On entry to the state or on exit.").or("Before"),
        text("TemplateTransformation", "Seen in one sample of the documentation."),
    ]]);

static UNICITY_CHECK: Element = Element::new("UnicityCheck", "Where a value must be unique.")
    .aliases(&["UnicityCheckRule"])
    .natural(&["Aspect", "TargetEntityType"])
    .attributes(&[
        &[
            reference("Aspect", "Aspect", "Aspect that it belongs to, outside of one."),
            reference("TargetEntityType", "EntityType", "Entity type looked at.").required(),
        ],
        MATCH,
    ]);

static RECIPIENT: Element = Element::new("Recipient", "Who gets a mail.").natural(&[]).attributes(&[&[
    choice("Type", &e::RECIPIENT, "How the recipient is found.").required(),
    text("Activity", "Workflow:Activity, for a performer."),
    text("ActivityState", "Template-State, for a performer."),
    binding("Binding", "Mail property."),
    text("EmailAddresses", "Addresses."),
    expression("Expression", "Addresses, computed."),
    flag("IsCC", "Gets a copy."),
]]);

macro_rules! aspects {
    ($($name:ident $label:literal $doc:literal [$($attribute:expr),* $(,)?] [$($child:expr),*];)*) => {
        $(static $name: Element = Element::new($label, $doc)
            .class("Aspect")
            .attributes(&[&[ID, $($attribute),*, PRIORITY]])
            .children(&[&[&POINT_CUT, $($child),*]]);)*
    };
}

aspects! {
    ADD_CHANGE_ASPECT "AddChangeAspect" "Sets a property." [
        BINDING.required(),
        EXPRESSION_BINDING,
        EXPRESSION,
        expression("AcceptNullValueExpression", "Whether no value is a value."),
        IF,
    ] [];
    ASSERT_VALUE_ASPECT "AssertValueAspect" "Refuses a transition when a condition does not hold." [
        BINDING.required(), EXPRESSION_BINDING, EXPRESSION, IF, MESSAGE,
    ] [];
    ASSERT_VALUE_REQUIRED_ASPECT "AssertValueRequiredAspect" "Refuses a transition without a value." [
        BINDING.required(), EXPRESSION_BINDING, IF, MESSAGE,
    ] [];
    BUILD_UNIQUE_VALUE_ASPECT "BuildUniqueValueAspect" "Computes a value that nobody has." [
        BINDING.required(),
        EXPRESSION_BINDING,
        EXPRESSION,
        text("SqlBuildExpression", "SQL that computes the value."),
        text("SqlCheckExpression", "SQL that looks whether somebody has it."),
        expression("SimulationExpression", "Value shown beforehand."),
        binding("HistorizeBinding", "Where former values are kept."),
        text("HistorizeSeparator", "Between former values."),
        IF,
        count("IterationsCount", "Most attempts."),
        MESSAGE,
        flag("OnlyIfNew", "Only when there is no value."),
    ] [&UNICITY_CHECK];
    INVOKE_SCRIPT_ASPECT "InvokeScriptAspect" "Queues a script." [
        reference("Agent", "Agent", "Agent that runs it."),
        text("ScriptFile", "The script."),
        EXPRESSION_BINDING,
        IF,
    ] [];
    INVOKE_WORKFLOW_ASPECT "InvokeWorkflowAspect" "Starts another workflow." [
        reference("Workflow", "Workflow", "The workflow.").required(), EXPRESSION_BINDING, IF,
    ] [];
    NOTIFICATION_ASPECT "NotificationAspect" "Sends a mail." [
        BINDING,
        EXPRESSION_BINDING,
        localised("RazorFile", "Template of the body, per language."),
        text("CssFile", "Style sheet."),
        expression("SubjectExpression", "Subject, per language.").names(Names::Localised),
    ] [&RECIPIENT];
}

static NOTIFICATION: Element = Element::new("Notification", "A mail sent again and again while a condition holds.")
    .attributes(&[&[
        ID,
        reference("OwnerEntityType", "EntityType", "Entity type of the recipients.").required(),
        text("RazorTemplate", "Template of the body."),
        text("CssTemplate", "Style sheet."),
        expression("TitleExpression", "Subject."),
        expression("QueryFilterExpression", "Whom it concerns."),
        binding("RecipientMailBinding", "Mail property."),
        count("ReminderInterval", "Minutes between two mails."),
    ]]);

static NOTIFICATION_TEMPLATE: Element =
    Element::new("NotificationTemplate", "Replaces a built-in mail.").attributes(&[&[
        ID,
        localised("BodyTemplate", "Template of the body, per language."),
        localised("SubjectTemplate", "Template of the subject, per language."),
    ]]);

/// Elements of this file that stand at the root.
pub(super) static ROOT: &[&Element] = &[
    &WORKFLOW,
    &HOMONYM_ENTITY_LINK,
    &ADD_CHANGE_ASPECT,
    &ASSERT_VALUE_ASPECT,
    &ASSERT_VALUE_REQUIRED_ASPECT,
    &BUILD_UNIQUE_VALUE_ASPECT,
    &UNICITY_CHECK,
    &INVOKE_SCRIPT_ASPECT,
    &INVOKE_WORKFLOW_ASPECT,
    &NOTIFICATION_ASPECT,
    &NOTIFICATION,
    &NOTIFICATION_TEMPLATE,
];
