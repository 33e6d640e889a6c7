//! Policies, roles, resource types and their rules.

use super::common::*;
use super::definition::{Attribute, Element};
use super::enumerations as e;

const SINGLE_ROLE: Attribute = reference("SingleRole", "SingleRole", "The owner holds this single role.");
const CATEGORY: Attribute = reference("Category", "Category", "Category that it belongs to.");
const RESOURCE_TYPE: Attribute = reference("ResourceType", "ResourceType", "Resource type that it is about.");
const IS_DENIED: Attribute = flag("IsDenied", "Forbid instead of assign.");
const RULE_TYPE: Attribute = choice("Type", &e::RULE_TYPE, "How the assignment comes about.").or("Required");
const TARGET_PROPERTY: Attribute = property("Property", "Property of the target.").required();

static POLICY_ELEMENT: Element =
    Element::new("Policy", "A container of roles, resource types and rules.").acted_on().attributes(&[
        NAMED,
        &[
            D,
            flag("IsProvisioningEnabled", "Its assignments are provisioned."),
            flag("IsSimulationEnabled", "It can be simulated.").inert(),
            flag("IsExternal", "Its roles are managed elsewhere and never changed."),
            flag("HasImplicitApproval", "Skip approval when the requester may review.").inert(),
            flag("ProlongationWithoutApproval", "An end date may be postponed without a new approval.").inert(),
            count("MaxDuration", "Minutes after which manual assignments end; 0 for never."),
            count("GracePeriod", "Minutes for which a lost automatic entitlement is kept."),
            choice(
                "ManualAssignmentEndDateLockedToContextMode",
                &e::END_DATE_MODE,
                "How the end of a manual assignment is set.",
            )
            .or("ExplicitNotContextBoundByDefault")
            .inert(),
            choice("CommentActivationOnApproveInReview", &e::COMMENT, "Comment when a request is approved.")
                .or("Optional")
                .inert(),
            choice("CommentActivationOnDeclineInReview", &e::COMMENT, "Comment when a request is declined.")
                .or("Required")
                .inert(),
            choice("CommentActivationOnDeleteGapInReconciliation", &e::COMMENT, "Comment when a gap is deleted.")
                .or("Optional")
                .inert(),
            choice("CommentActivationOnKeepGapInReconciliation", &e::COMMENT, "Comment when a gap is kept.")
                .or("Required")
                .inert(),
        ],
    ]);

static CATEGORY_ELEMENT: Element = Element::new("Category", "A folder of roles and resource types.")
    .acted_on()
    .unique(&["Policy", "Identifier"])
    .attributes(&[
        NAMED,
        &[
            POLICY.required(),
            DESCRIPTION,
            reference("Parent", "Category", "Category above it."),
            flag("IsCollapsed", "Shown collapsed.").inert(),
        ],
    ]);

const ROLE: &[Attribute] = &[
    OF_ENTITY_TYPE.required(),
    POLICY.required(),
    DESCRIPTION,
    CATEGORY,
    int("MaxDuration", "Minutes after which manual assignments end; absent: as the policy says."),
    int("GracePeriod", "Minutes for which a lost automatic entitlement is kept; absent: as the policy says."),
    R,
    text("Tags", "Labels for certification campaigns, separated by ¤.").inert(),
];

static SINGLE_ROLE_ELEMENT: Element = Element::new("SingleRole", "An entitlement with a business name.")
    .acted_on()
    .attributes(&[NAMED, ROLE, &[D], APPROVAL, INHERITED_COMMENTS]);

static COMPOSITE_ROLE: Element = Element::new("CompositeRole", "A package of single roles.").acted_on().attributes(&[
    NAMED,
    ROLE,
    APPROVAL,
    INHERITED_COMMENTS,
]);

const ROLE_RULE: &[Attribute] =
    &[POLICY.required(), D, L, IS_DENIED, int("Priority", "The smallest number is the strongest.").or("0"), RULE_TYPE];

static SINGLE_ROLE_RULE: Element = Element::new("SingleRoleRule", "Who gets a single role.")
    .acted_on()
    .natural(&["Role", "Policy", "CompositeRole", "D"])
    .attributes(&[
        &[
            reference("Role", "SingleRole", "Single role to give.").required(),
            reference("CompositeRole", "CompositeRole", "The owner holds this composite role."),
        ],
        ROLE_RULE,
    ]);

static COMPOSITE_ROLE_RULE: Element = Element::new("CompositeRoleRule", "Who gets a composite role.")
    .acted_on()
    .natural(&["Role", "Policy", "ParentRole", "D"])
    .attributes(&[
        &[
            reference("Role", "CompositeRole", "Composite role to give.").required(),
            reference("ParentRole", "CompositeRole", "The owner holds this composite role."),
        ],
        ROLE_RULE,
    ]);

static RESOURCE_TYPE_ELEMENT: Element =
    Element::new("ResourceType", "A class of targets that share purpose and rules.")
        .acted_on()
        .additive()
        .attributes(&[
            NAMED,
            &[
                POLICY.required(),
                reference("SourceEntityType", "EntityType", "Entity type of the owners.").required(),
                reference("TargetEntityType", "EntityType", "Entity type of the targets.").required(),
                CATEGORY,
                DESCRIPTION,
                flag_on("AllowAdd", "The engine may create targets."),
                flag_on("AllowRemove", "The engine may delete targets whose owner lost the right."),
                flag("RemoveOrphans", "The engine may delete targets whose owner is gone."),
            ],
            APPROVAL,
            &[
                expression("ArgumentsExpression", "Arguments of the orders, as a dictionary of texts."),
                flag_on("BlockProvisioning", "Every order waits for a review."),
                flag("CorrelateMultipleResources", "An owner may have several targets of this type."),
                flag("SuggestAllCorrelations", "Suggest uncertain matches although a certain one exists."),
                reference("DependsOn", "ResourceType", "The owner must have a provisioned target of this type first."),
                property("DependsOnOwnerProperty", "Property of the owner that must be filled first."),
                flag("DiscardManualAssignments", "Manual assignments give way to the policy."),
                count("FulfillHoursAheadOfTime", "Hours by which orders precede their start date."),
                count("MaximumInsert", "Most targets that one run may create; 0 for any number."),
                count("MaximumUpdate", "Most targets that one run may update; 0 for any number."),
                count("MaximumDelete", "Most targets that one run may delete; 0 for any number."),
                count("MaximumInsertPercent", "The same in percent.").or("30"),
                count("MaximumUpdatePercent", "The same in percent.").or("30"),
                count("MaximumDeletePercent", "The same in percent.").or("30"),
                P,
                R,
                count(
                    "TransmittedStateValidityPeriod",
                    "Minutes after which unconfirmed orders are errors; 0 for never.",
                ),
                text("Type", "Seen in one sample of the documentation; without effect."),
            ],
        ])
        .children(&[&[&TYPE_RULE, &SCALAR_RULE, &NAVIGATION_RULE, &QUERY_RULE, &BINARY_RULE]]);

static TYPE_RULE: Element = Element::new("TypeRule", "Whether an owner has a target.")
    .acted_on()
    .natural(&["Policy", "SingleRole", "D", "TimeOffsetReference"])
    .attributes(&[&[POLICY, D, L, SINGLE_ROLE, IS_DENIED, RULE_TYPE], TIME_OFFSET]);

static SCALAR_RULE: Element = Element::new("ScalarRule", "What value a property of the target has.")
    .acted_on()
    .natural(&["Property", "Policy", "SingleRole", "TimeOffsetReference"])
    .attributes(&[
        &[
            TARGET_PROPERTY,
            POLICY,
            binding("Binding", "Where the value is read on the owner."),
            expression("Expression", "How the value is computed."),
            choice("ComparisonType", &e::COMPARISON_TYPE, "How values are compared.").or("CaseSensitive"),
            flag_on("IsMapped", "Compared after synchronisation; otherwise set at creation only."),
            SINGLE_ROLE,
        ],
        TIME_OFFSET,
    ]);

static NAVIGATION_RULE: Element = Element::new("NavigationRule", "What resource a property of the target links to.")
    .acted_on()
    .natural(&["Property", "Resource", "Policy", "SingleRole", "D", "TimeOffsetReference"])
    .attributes(&[
        &[
            TARGET_PROPERTY,
            Attribute::new("Resource", super::definition::Kind::Resource, "Resource linked: value of a key property.")
                .required(),
            POLICY,
            SINGLE_ROLE,
            D,
            L,
            IS_DENIED,
        ],
        TIME_OFFSET,
    ]);

static QUERY_RULE: Element = Element::new("QueryRule", "What resource a property of the target links to, by a match.")
    .acted_on()
    .natural(&["Property", "Policy", "TargetMatchedConfidenceLevel", "TimeOffsetReference"])
    .attributes(&[
        &[TARGET_PROPERTY, POLICY],
        MATCH,
        &[confidence("TargetMatchedConfidenceLevel", "Below 100 the match needs a review.")],
        TIME_OFFSET,
    ]);

static BINARY_RULE: Element = Element::new("BinaryRule", "What file a property of the target holds.")
    .acted_on()
    .natural(&["Property", "Policy", "SingleRole", "TimeOffsetReference"])
    .attributes(&[
        &[TARGET_PROPERTY, POLICY, binding("Binding", "File property of the owner."), SINGLE_ROLE],
        TIME_OFFSET,
    ]);

const fn confidence(name: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, super::definition::Kind::Int(0, 150), doc).or("0")
}

static CORRELATION_RULE: Element = Element::new("ResourceCorrelationRule", "Which owner a target belongs to.")
    .acted_on()
    .natural(&["ResourceType", "Policy", "SourceMatchedConfidenceLevel"])
    .attributes(&[
        &[POLICY.required(), RESOURCE_TYPE.required()],
        MATCH,
        &[confidence("SourceMatchedConfidenceLevel", "Below 100 the match needs a review.")],
    ]);

static CLASSIFICATION_RULE: Element = Element::new("ResourceClassificationRule", "Which resource type a target has.")
    .acted_on()
    .natural(&["ResourceType", "Policy", "ResourceTypeIdentificationConfidenceLevel"])
    .attributes(&[&[
        POLICY.required(),
        RESOURCE_TYPE.required(),
        expression("TargetExpression", "Whether a target is of this type."),
        confidence("ResourceTypeIdentificationConfidenceLevel", "Below 100 the match needs a review."),
        flag("SourceMatchedConfidenceLevel", "Documented as a confidence, typed as yes or no."),
    ]]);

const AUTOMATION: &[Attribute] = &[
    choice("Type", &e::AUTOMATION_TYPE, "What the generic form is about."),
    reference("CompositeRole", "CompositeRole", "Role decided about."),
    reference("SingleRole", "SingleRole", "Role decided about."),
    RESOURCE_TYPE,
    reference("Category", "Category", "Category decided about."),
    POLICY,
    OF_ENTITY_TYPE,
    D,
    L,
    choice("WorkflowState", &e::WORKFLOW_STATE, "State of the assignments decided about.").or("None"),
    int("HoursToWait", "Hours since the last change of state."),
    choice("Decision", &e::DECISION, "What is decided.").or("Approve"),
];

macro_rules! automation_rules {
    ($($name:ident $label:literal;)*) => {
        $(static $name: Element = Element::new($label, "Decides pending assignments by itself after some time.")
            .acted_on()
            .natural(&[
                "Type", "CompositeRole", "SingleRole", "ResourceType", "Category", "Policy", "EntityType", "D",
                "WorkflowState",
            ])
            .attributes(&[AUTOMATION]);)*
    };
}

automation_rules! {
    AUTOMATION_RULE "AutomationRule";
    COMPOSITE_ROLE_AUTOMATION_RULE "CompositeRoleAutomationRule";
    SINGLE_ROLE_AUTOMATION_RULE "SingleRoleAutomationRule";
    RESOURCE_TYPE_AUTOMATION_RULE "ResourceTypeAutomationRule";
    CATEGORY_AUTOMATION_RULE "CategoryAutomationRule";
    POLICY_AUTOMATION_RULE "PolicyAutomationRule";
}

/// Elements of this file that stand at the root.
pub(super) static ROOT: &[&Element] = &[
    &POLICY_ELEMENT,
    &CATEGORY_ELEMENT,
    &SINGLE_ROLE_ELEMENT,
    &COMPOSITE_ROLE,
    &SINGLE_ROLE_RULE,
    &COMPOSITE_ROLE_RULE,
    &RESOURCE_TYPE_ELEMENT,
    &CORRELATION_RULE,
    &CLASSIFICATION_RULE,
    &AUTOMATION_RULE,
    &COMPOSITE_ROLE_AUTOMATION_RULE,
    &SINGLE_ROLE_AUTOMATION_RULE,
    &RESOURCE_TYPE_AUTOMATION_RULE,
    &CATEGORY_AUTOMATION_RULE,
    &POLICY_AUTOMATION_RULE,
];
