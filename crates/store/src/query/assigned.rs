//! What somebody has by the policy, as entity types (spec 21 §2). To add one, add its line to `docs/queries.md` too.
//!
//! The tables lie in the order of owners, and have no index on their ids alone: computing the policy would pay for it.
//! Rows come by owner, and what belongs together is joined within an owner.

use super::catalogue::{Kind, Stored};
use super::system::SystemTable;
use provost_model::policy::{ProvisioningState, WorkflowState};

type Column = (&'static str, &'static str, Stored, Kind);

const WORKFLOW: Kind = Kind::Word(WorkflowState::NAMES);
const PROVISIONING: Kind = Kind::Word(ProvisioningState::NAMES);

const fn id(name: &'static str, column: &'static str) -> Column {
    (name, column, Stored::Int, Kind::Id)
}

const fn instant(name: &'static str) -> Column {
    (name, name, Stored::Int, Kind::Instant)
}

const fn flag(name: &'static str) -> Column {
    (name, name, Stored::Int, Kind::Bool)
}

const fn number(name: &'static str) -> Column {
    (name, name, Stored::Int, Kind::Int)
}

const fn text(name: &'static str) -> Column {
    (name, name, Stored::Text, Kind::Text)
}

const fn workflow(name: &'static str) -> Column {
    (name, name, Stored::Int, WORKFLOW)
}

const fn provisioning(name: &'static str) -> Column {
    (name, name, Stored::Int, PROVISIONING)
}

const ROLE: &[Column] = &[
    id("Id", "Id"),
    id("OwnerId", "Owner_Id"),
    id("RoleId", "Role_Id"),
    workflow("WorkflowState"),
    instant("StartDate"),
    instant("EndDate"),
    text("ParametersValues"),
    flag("IsDenied"),
    flag("IsRedundant"),
    flag("IsInferred"),
    id("RuleId", "Rule_Id"),
    instant("StateSince"),
    instant("GraceUntil"),
    instant("ValidFrom"),
    instant("ValidTo"),
];

const VALUE: &[Column] = &[
    id("Id", "Id"),
    id("OwnerId", "Owner_Id"),
    id("AssignedResourceTypeId", "AssignedResourceType_Id"),
    id("PropertyId", "Property_Id"),
    text("PolicyValue"),
    text("CurrentValue"),
    workflow("WorkflowState"),
    provisioning("ProvisioningState"),
    instant("StartDate"),
    instant("EndDate"),
    id("RuleId", "Rule_Id"),
    instant("StateSince"),
    text("Error"),
    instant("ValidFrom"),
    instant("ValidTo"),
];

type Join = (&'static str, bool, &'static str, &'static str, &'static str);

const OWNER: Join = ("Owner", false, "Resource", "OwnerId", "Id");
const RULE: Join = ("Rule", false, "PolicyObject", "RuleId", "Id");
const PART: Join = ("AssignedResourceType", false, "AssignedResourceType", "AssignedResourceTypeId", "Id");
const PROPERTY: Join = ("Property", false, "EntityProperty", "PropertyId", "Id");

/// All of them.
pub(super) const TABLES: &[SystemTable] = &[
    SystemTable {
        name: "AssignedCompositeRole",
        table: "UP_AssignedCompositeRoles",
        columns: ROLE,
        joins: &[OWNER, ("Role", false, "CompositeRole", "RoleId", "Id"), RULE],
        cluster: Some("OwnerId"),
    },
    SystemTable {
        name: "AssignedSingleRole",
        table: "UP_AssignedSingleRoles",
        columns: ROLE,
        joins: &[OWNER, ("Role", false, "SingleRole", "RoleId", "Id"), RULE],
        cluster: Some("OwnerId"),
    },
    SystemTable {
        name: "AssignedResourceType",
        table: "UP_AssignedResourceTypes",
        columns: &[
            id("Id", "Id"),
            id("OwnerId", "Owner_Id"),
            id("ResourceTypeId", "ResourceType_Id"),
            id("ResourceId", "Resource_Id"),
            number("Confidence"),
            workflow("WorkflowState"),
            provisioning("ProvisioningState"),
            instant("StartDate"),
            instant("EndDate"),
            text("ParametersValues"),
            flag("IsDenied"),
            flag("IsRedundant"),
            id("RuleId", "Rule_Id"),
            instant("StateSince"),
            text("Error"),
            provisioning("ConsolidatedProvisioningState"),
            workflow("ConsolidatedWorkflowReviewState"),
            workflow("ConsolidatedWorkflowBlockedState"),
            number("ConsolidatedWorkflowBlockedCount"),
            workflow("ConsolidatedWorkflowFoundState"),
            number("ConsolidatedWorkflowFoundCount"),
            instant("ValidFrom"),
            instant("ValidTo"),
        ],
        joins: &[
            OWNER,
            ("ResourceType", false, "ResourceType", "ResourceTypeId", "Id"),
            ("Resource", false, "Resource", "ResourceId", "Id"),
            RULE,
            ("Scalars", true, "AssignedResourceScalar", "Id", "AssignedResourceTypeId"),
            ("Navigations", true, "AssignedResourceNavigation", "Id", "AssignedResourceTypeId"),
            ("Binaries", true, "AssignedResourceBinary", "Id", "AssignedResourceTypeId"),
        ],
        cluster: Some("OwnerId"),
    },
    SystemTable {
        name: "AssignedResourceScalar",
        table: "UP_AssignedResourceScalars",
        columns: VALUE,
        joins: &[OWNER, PART, PROPERTY, RULE],
        cluster: Some("OwnerId"),
    },
    SystemTable {
        name: "AssignedResourceBinary",
        table: "UP_AssignedResourceBinaries",
        columns: VALUE,
        joins: &[OWNER, PART, PROPERTY, RULE],
        cluster: Some("OwnerId"),
    },
    SystemTable {
        name: "AssignedResourceNavigation",
        table: "UP_AssignedResourceNavigations",
        columns: &[
            id("Id", "Id"),
            id("OwnerId", "Owner_Id"),
            id("AssignedResourceTypeId", "AssignedResourceType_Id"),
            id("PropertyId", "Property_Id"),
            id("ResourceId", "Resource_Id"),
            flag("IsCurrent"),
            flag("IsExpected"),
            workflow("WorkflowState"),
            provisioning("ProvisioningState"),
            instant("StartDate"),
            instant("EndDate"),
            number("Confidence"),
            id("SingleRoleId", "SingleRole_Id"),
            id("RuleId", "Rule_Id"),
            instant("StateSince"),
            text("Error"),
            instant("ValidFrom"),
            instant("ValidTo"),
        ],
        joins: &[
            OWNER,
            PART,
            PROPERTY,
            ("Resource", false, "Resource", "ResourceId", "Id"),
            ("SingleRole", false, "SingleRole", "SingleRoleId", "Id"),
            RULE,
        ],
        cluster: Some("OwnerId"),
    },
    SystemTable {
        name: "IdentifiedRisk",
        table: "(SELECT Owner_Id || ':' || Risk_Id AS Id, Owner_Id, Risk_Id, ValidFrom FROM UP_IdentifiedRisks)",
        columns: &[
            ("Id", "Id", Stored::Text, Kind::Text),
            id("OwnerId", "Owner_Id"),
            id("RiskId", "Risk_Id"),
            instant("ValidFrom"),
        ],
        joins: &[OWNER, ("Risk", false, "Risk", "RiskId", "Id")],
        cluster: Some("OwnerId"),
    },
    SystemTable {
        name: "PolicyObject",
        table: "UM_PolicyObjects",
        columns: &[id("Id", "Id"), text("Element"), text("Identity"), flag("IsDeployed")],
        joins: &[],
        cluster: None,
    },
];
