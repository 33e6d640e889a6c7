//! Contexts, records, naming rules, mining, risks.

use super::common::*;
use super::definition::{Attribute, Element, Kind};
use super::enumerations as e;

static CONTEXT_RULE: Element =
    Element::new("ContextRule", "Where and when identities of an entity type are eligible for what.")
        .acted_on()
        .attributes(&[
            NAMED,
            &[
                POLICY.required(),
                reference("SourceEntityType", "EntityType", "Entity type of the identities.").required(),
                binding("ResourcesBinding", "Where the resources that bear contexts are; absent: the identity itself."),
                expression("ResourcesExpression", "The same, computed."),
                binding("ResourcesStartBinding", "Start of validity."),
                expression("ResourcesStartExpression", "The same, computed."),
                binding("ResourcesEndBinding", "End of validity."),
                expression("ResourcesEndExpression", "The same, computed."),
                expression("ExcludeExpression", "Whether a resource is left out of the role model."),
                B,
                count("MinIdentitiesCount", "Role mining: least population of a rule."),
                Attribute::new(
                    "ReductionOutlierPercentage",
                    Kind::Float,
                    "Role mining: share of rare values taken together.",
                )
                .or("0"),
                binding("ResourceCertificationComparisonBinding", "Which resources a certification campaign includes.")
                    .inert(),
                choice("ResourceCertificationComparisonOperator", &e::QUERY_OPERATOR, "How they are compared.").inert(),
                text("ResourceCertificationComparisonValue", "What they are compared with.").inert(),
                choice("RiskFactorType", &e::RISK_FACTOR, "How the risk scores of a user are put together."),
            ],
        ]);

static RECORD_SECTION: Element = Element::new("RecordSection", "A group of record properties that change together.")
    .acted_on()
    .attributes(&[
        NAMED,
        &[
            reference("SourceEntityType", "EntityType", "Entity type of the identities.").required(),
            reference("ResourceEntityType", "EntityType", "Entity type of the records.").required(),
            property("StartProperty", "Start of the section."),
            property("EndProperty", "End of the section."),
            choice("BoundaryKind", &e::RECORD_BOUNDARY, "What absent dates mean.").or("None"),
            choice("ExtensionKind", &e::RECORD_EXTENSION, "Whether the section fills gaps.").or("Default"),
            text("ExtendedSortKey", "Sort key from which a record is extended."),
            expression("SortKeyExpression", "Order of records for extension."),
            expression("InstanceKeyExpression", "What tells two instances apart."),
            flag("IsDefaultBoundariesSection", "Its dates are those of the identity."),
        ],
    ])
    .children(&[&[&SECTION_PROPERTY]]);

static SECTION_PROPERTY: Element =
    Element::new("Property", "A property of the section.").acted_on().unique(&["Property"]).attributes(&[&[
        property("Property", "Property of the record.").required(),
        choice("ExtensionKind", &e::RECORD_EXTENSION, "Whether the property fills gaps.").or("Default"),
        flag("IsExcluded", "Left out of the default section."),
    ]]);

static CONTEXT: Element = Element::new("Context", "A set of dimension values.")
    .natural(&["Automatic", "D"])
    .attributes(&[&[flag("Automatic", "Made by the engine."), D]]);

const ITEM_PROPERTY: Attribute = property("Property", "Property looked at.").required();

static ROLE_MAPPING: Element =
    Element::new("RoleMapping", "Makes a single role and a navigation rule for each entitlement found.")
        .acted_on()
        .attributes(&[
            &[
                ID,
                LABEL,
                POLICY.required(),
                property("Property", "Navigation whose values become roles.").required(),
                reference("ResourceType", "ResourceType", "Resource type of the accounts.").required(),
                reference("RolePolicy", "Policy", "Policy of the roles made."),
                binding("IdentifierBinding", "Identifier of the roles."),
                expression("IdentifierExpression", "The same, computed."),
                binding("DisplayNameBinding", "Label of the roles."),
                expression("DisplayNameExpression", "The same, computed."),
                binding("CategoryIdentifierBinding", "Identifier of their category."),
                expression("CategoryIdentifierExpression", "The same, computed."),
                binding("CategoryDisplayNameBinding", "Label of their category."),
                expression("CategoryDisplayNameExpression", "The same, computed."),
                binding("ParentCategoryIdentifierBinding", "Identifier of the category above."),
                expression("ParentCategoryIdentifierExpression", "The same, computed."),
                reference("Category", "Category", "Category when none is computed."),
                flag("ApprovalRequired", "A role made must be approved before use."),
                choice("ApprovalWorkflowType", &e::APPROVAL_WORKFLOW, "Number of validations of a manual request.")
                    .or("None"),
                choice("ImplicitApproval", &e::IMPLICIT_APPROVAL, "Steps skipped when the requester may review.")
                    .or("Inherited"),
                flag("HideOnSimplifiedView", "Automatic assignments appear in the advanced view only."),
                expression("WhereExpression", "Which entitlements."),
            ],
            INHERITED_COMMENTS,
        ])
        .children(&[&[&ROLE_MAPPING_RULE]]);

static ROLE_MAPPING_RULE: Element = Element::new("Rule", "A condition: all of its items.")
    .acted_on()
    .natural(&[])
    .attributes(&[&[OPTIONAL_ID]])
    .children(&[&[&ROLE_MAPPING_ITEM]]);

static ROLE_MAPPING_ITEM: Element =
    Element::new("Item", "A comparison.").acted_on().natural(&["Property", "Operator"]).attributes(&[&[
        ITEM_PROPERTY,
        choice("Operator", &e::QUERY_OPERATOR, "How it is compared.").or("Auto"),
        text("Value", "What it is compared with."),
    ]]);

static MINING_RULE: Element = Element::new("MiningRule", "Which assignment rules are looked for in what people have.")
    .acted_on()
    .natural(&["EntityType", "Policy", "Category", "Priority"])
    .attributes(&[&[
        OF_ENTITY_TYPE.required(),
        POLICY.required(),
        reference("RulePolicy", "Policy", "Policy of the rules made."),
        reference("Category", "Category", "Roles looked at."),
        flag_on("IncludeNoValidation", "Roles without validation."),
        flag_on("IncludeSimpleValidation", "Roles with one validation."),
        flag_on("IncludeDoubleValidation", "Roles with two validations."),
        flag_on("IncludeTripleValidation", "Roles with three validations."),
        flag("ExcludeRole", "The roles are left to nobody."),
        Attribute::new("PrecisionMinPercentage", Kind::Float, "Least share of right outcomes.").or("100"),
        Attribute::new("FalsePositiveMaxPercentage", Kind::Float, "Largest share of undue assignments.").or("0"),
        int("Priority", "The highest comes first.").or("0"),
        choice("RuleType", &e::RULE_TYPE, "Type of the rules made.").or("Required"),
    ]]);

static RISK: Element = Element::new("Risk", "Entitlements that should not be held, or not together.")
    .acted_on()
    .attributes(&[
        NAMED,
        &[
            OF_ENTITY_TYPE.required(),
            POLICY.required(),
            DESCRIPTION,
            localised("Remediation", "What to do about it, per language."),
            choice("RiskType", &e::RISK_TYPE, "Kind of risk.").or("SoD"),
            choice("ExemptionPolicy", &e::RISK_EXEMPTION, "What happens when a request brings it about.").or("Warning"),
            Attribute::new("Level", Kind::Int(0, 100), "How grave it is.").or("0"),
        ],
    ])
    .children(&[&[&RISK_RULE]]);

static RISK_RULE: Element = Element::new("Rule", "A combination: all of its items.")
    .acted_on()
    .natural(&[])
    .attributes(&[&[OPTIONAL_ID]])
    .children(&[&[&RISK_ITEM]]);

static RISK_ITEM: Element = Element::new("Item", "An entitlement.")
    .acted_on()
    .natural(&["ResourceType", "Property", "Resource"])
    .attributes(&[&[
        reference("ResourceType", "ResourceType", "Resource type of the account.").required(),
        ITEM_PROPERTY,
        Attribute::new("Resource", Kind::Resource, "Value of the property."),
    ]]);

static INDIRECT_RESOURCE_RULE: Element =
    Element::new("IndirectResourceRule", "Entitlements held through groups of groups, or in another system.")
        .natural(&["ResourceType", "Property"])
        .attributes(&[&[
            reference("ResourceType", "ResourceType", "Resource type to begin at.").required(),
            property("Property", "Its membership property.").required(),
            property("Correspondence", "Property that leads to the same thing in another system."),
            property("CorrespondenceMembershipProperty", "Membership property there."),
            property("Entitlement", "Property that gives the entitlement."),
            property("TargetEntityTypeProperty", "Older form of Property."),
            property("TargetEntityTypeReflexiveProperty", "Older form: membership between groups."),
            binding("IndirectResourceBinding", "Older form of Correspondence."),
            property("IndirectResourceReflexiveProperty", "Older form of CorrespondenceMembershipProperty."),
        ]]);

/// Elements of this file that stand at the root.
pub(super) static ROOT: &[&Element] =
    &[&CONTEXT_RULE, &RECORD_SECTION, &CONTEXT, &ROLE_MAPPING, &MINING_RULE, &RISK, &INDIRECT_RESOURCE_RULE];
