//! Access control and governance.

use super::common::*;
use super::definition::{Attribute, Element, Kind};
use super::enumerations as e;

const PROFILE: Attribute = reference("Profile", "Profile", "Profile concerned.");

static PROFILE_ELEMENT: Element = Element::new("Profile", "A named set of permissions.").acted_on().attributes(&[&[
    ID,
    LABEL,
    flag("IsComponent", "A building block of other profiles."),
]]);

static PROFILE_CONTEXT: Element = Element::new("ProfileContext", "What an assigned profile is limited to.")
    .acted_on()
    .natural(&["Id"])
    .attributes(&[&[
        Attribute::new("Id", Kind::Int(-2_147_483_648, -2), "Number of its own, -2 or less."),
        reference("Category", "Category", "Category."),
        reference("CompositeRole", "CompositeRole", "Composite role."),
        reference("SingleRole", "SingleRole", "Single role."),
        reference("ResourceType", "ResourceType", "Resource type."),
        D,
        flag("IsAutomatic", "Made by the engine."),
    ]]);

static PROFILE_RULE_CONTEXT: Element = Element::new("ProfileRuleContext", "Where profile rules read.")
    .natural(&["EntityType", "ResourceType", "RootBinding", "SubBinding"])
    .attributes(&[&[
        OF_ENTITY_TYPE,
        reference("ResourceType", "ResourceType", "Users are owners of accounts of this type."),
        binding("RootBinding", "Where root expressions read."),
        binding("SubBinding", "Where sub-expressions read."),
        flag_on("IsAppliedToRoot", "Dimensions are read on the user."),
    ]])
    .children(&[&[&PROFILE_RULE]]);

static PROFILE_RULE: Element =
    Element::new("ProfileRule", "Who gets a profile.").natural(&["Profile", "B"]).attributes(&[&[
        PROFILE.required(),
        B,
        flag("IsDenied", "Forbid instead of assign."),
        expression("RootExpression", "Whether the user gets it."),
        expression("SubExpression", "Whether the user gets it."),
    ]]);

static ASSIGNED_PROFILE: Element = Element::new("AssignedProfile", "A profile of a user.")
    .acted_on()
    .natural(&["User", "Profile", "Context"])
    .attributes(&[&[
        Attribute::new("User", Kind::Resource, "The user: value of a key property.").required(),
        PROFILE.required(),
        text("Context", "Id of the profile context.").required(),
        choice("AccessState", &e::WORKFLOW_STATE, "State of the assignment.").or("None"),
        text("Email", "Other mail address."),
        Attribute::new("StartDate", Kind::Date, "From.").or("1900-01-01"),
        Attribute::new("EndDate", Kind::Date, "To.").or("2079-06-06"),
        flag("IsDenied", "Forbid instead of assign."),
    ]]);

static ACCESS_CONTROL_RULE: Element = Element::new("AccessControlRule", "What a profile may do with an entity type.")
    .acted_on()
    .attributes(&[NAMED, &[OF_ENTITY_TYPE.required(), PROFILE.required()]])
    .children(&[&[&ENTRY, &FILTER]]);

static ENTRY: Element = Element::new("Entry", "A permission.").acted_on().natural(&["Permission"]).attributes(&[&[
    text("Permission", "Path of the permission.").required(),
    flag("CanExecute", "The permission itself is granted."),
    flag("FullAccessProperties", "Restricted properties too."),
    flag_on("IsPreCondition", "Checked before a change."),
    flag_on("IsPostCondition", "Checked after a change."),
    flag_on("Notify", "Send the mails that go with it."),
    int("Priority", "The highest wins.").or("0"),
    reference("PropertyGroup", "AccessControlPropertyGroup", "Group of restricted properties that is opened."),
]]);

static FILTER: Element = Element::new("Filter", "Narrows the data: all filters of a group, any group.")
    .acted_on()
    .natural(&["Group", "Binding", "Operator", "Value"])
    .attributes(&[&[
        binding("Binding", "Property looked at.").required(),
        text("Value", "Compared with this."),
        choice("Operator", &e::FILTER_OPERATOR, "How it is compared.").or("Equals"),
        text("Group", "Group of filters."),
        reference("Dimension", "Dimension", "Compared with this dimension of the user's contexts."),
        flag("CurrentUser", "Compared with the user."),
        flag("Category", "Compared with the category of the user's contexts."),
        flag("CompositeRole", "Compared with the composite role of the user's contexts."),
        flag("SingleRole", "Compared with the single role of the user's contexts."),
        flag("ResourceType", "Compared with the resource type of the user's contexts."),
    ]]);

static PROPERTY_GROUP: Element = Element::new("AccessControlPropertyGroup", "A group of restricted properties.")
    .acted_on()
    .attributes(&[&[OPTIONAL_ID, LABEL]]);

static ACCESS_CONTROL_ENTITY_TYPE: Element =
    Element::new("AccessControlEntityType", "Restricted properties of an entity type.")
        .acted_on()
        .attributes(&[&[reference("Identifier", "EntityType", "The entity type.")]])
        .children(&[&[&RESTRICTED_PROPERTY]]);

static RESTRICTED_PROPERTY: Element = Element::new("Property", "A restricted property.").acted_on().attributes(&[&[
    property("Identifier", "The property."),
    reference("VisibilityGroup", "AccessControlPropertyGroup", "Group that it belongs to."),
]]);

static OPEN_ID_CLIENT: Element =
    Element::new("OpenIdClient", "A program that may call the server.").acted_on().attributes(&[
        NAMED,
        &[
            text("HashedSecret", "Hash of its secret, base64 of SHA-256.").required(),
            PROFILE.required(),
            text("Context", "Id of the profile context.").aliases(&["ContextId"]),
            Attribute::new("ExpirationDate", Kind::Date, "To."),
        ],
    ]);

static CAMPAIGN_POLICY: Element = Element::new("AccessCertificationCampaignPolicy", "Who certifies which campaigns.")
    .natural(&["Id", "Identifier"])
    .attributes(&[&[int("Id", "Number of its own, -2 or less."), OPTIONAL_ID, LABEL]]);

const CAMPAIGN: Attribute = text("Campaign", "The certification campaign.").required();
const TARGETED_RISK: Attribute = reference("TargetedRisk", "Risk", "Owners bear this risk.");

static CERTIFICATION_DATA_FILTER: Element =
    Element::new("AccessCertificationDataFilter", "Which assignments a campaign certifies.").natural(&[]).attributes(
        &[&[
            CAMPAIGN,
            reference("Category", "Category", "Of this category."),
            flag("IncludeNestedCategories", "And of those below it."),
            reference("ResourceType", "ResourceType", "Of this resource type."),
            flag("IncludeSingleRoles", "Single roles."),
            flag("IncludeCompositeRoles", "Composite roles."),
            flag("IncludeResourceTypes", "Resource types."),
            flag("IncludeResourceNavigations", "Links."),
            flag("IncludeResourceScalars", "Values."),
            flag_on("IncludeNoValidation", "Without validation."),
            flag_on("IncludeSimpleValidation", "With one validation."),
            flag_on("IncludeDoubleValidation", "With two validations."),
            flag_on("IncludeTripleValidation", "With three validations."),
            flag_on("IncludeManualAssignmentNotAllowed", "Not assigned by hand."),
            flag_on("IncludeWorkflowStateApproved", "Assigned by hand."),
            flag_on("IncludeWorkflowStateFound", "Found."),
            flag_on("IncludeWorkflowStateHistory", "There from the beginning."),
            flag_on("IncludeWorkflowStatePolicyApproved", "Automatic."),
            flag_on("IncludeDeniedPermissions", "Denied ones too."),
            Attribute::new("LatestCertifiedLimitDate", Kind::Date, "Not certified since."),
            text("Tags", "With any of these labels, separated by ¤."),
            TARGETED_RISK,
        ]],
    );

static CERTIFICATION_OWNER_FILTER: Element =
    Element::new("AccessCertificationOwnerFilter", "Whose assignments a campaign certifies.").natural(&[]).attributes(
        &[&[
            CAMPAIGN,
            D,
            L,
            Attribute::new("IndividualOwner", Kind::Resource, "One identity."),
            int("MinimalRiskScore", "Least risk score."),
            TARGETED_RISK,
            Attribute::new("OwnerLastModificationDate", Kind::Date, "A property changed since."),
            binding("OwnerLastModificationDateBinding", "That property."),
        ]],
    );

static REPORT_QUERY: Element = Element::new("ReportQuery", "A report.").attributes(&[
    NAMED,
    &[
        reference("ReturnedEntityType", "EntityType", "Entity type of its rows.").required(),
        text("Query", "The query.").required(),
    ],
]);

static UNIVERSE: Element = Element::new("Universe", "A model of data for reports.")
    .attributes(&[&[
        ID,
        LABEL,
        choice("ColumnNamesMode", &e::COLUMN_NAMES_MODE, "Names of columns.").or("DisplayName"),
    ]])
    .children(&[&[&ENTITY_INSTANCE, &ASSOCIATION_INSTANCE]]);

static ENTITY_INSTANCE: Element = Element::new("EntityInstance", "An entity type in a universe.").attributes(&[&[
    ID,
    LABEL,
    OF_ENTITY_TYPE.required(),
    property("FilterProperty", "Property filtered by."),
    text("FilterValue", "Value filtered by."),
    reference("FilterEntityType", "EntityType", "Entity type filtered by."),
    property("FilterEntityProperty", "Property of that entity type."),
    reference("FilterResourceType", "ResourceType", "Resource type filtered by."),
    flag("IsHidden", "Not shown."),
]]);

static ASSOCIATION_INSTANCE: Element = Element::new("AssociationInstance", "An association in a universe.")
    .natural(&["Association", "Instance1", "Instance2"])
    .attributes(&[&[
        reference("Association", "EntityAssociation", "The association.").required(),
        reference("Instance1", "EntityInstance", "Instance at its first end.").required(),
        reference("Instance2", "EntityInstance", "Instance at its second end.").required(),
        choice("Direction", &e::DIRECTION, "Direction followed.").or("Both"),
    ]]);

/// Elements about access that stand at the root.
pub(super) static ACCESS: &[&Element] = &[
    &PROFILE_ELEMENT,
    &PROFILE_CONTEXT,
    &PROFILE_RULE_CONTEXT,
    &ASSIGNED_PROFILE,
    &ACCESS_CONTROL_RULE,
    &PROPERTY_GROUP,
    &ACCESS_CONTROL_ENTITY_TYPE,
    &OPEN_ID_CLIENT,
];

/// Elements about governance that stand at the root.
pub(super) static GOVERNANCE: &[&Element] =
    &[&CAMPAIGN_POLICY, &CERTIFICATION_DATA_FILTER, &CERTIFICATION_OWNER_FILTER, &REPORT_QUERY, &UNIVERSE];
