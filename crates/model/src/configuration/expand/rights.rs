//! Scaffoldings that grant rights about jobs and connectors, and all rights to administrators.

use super::draft::made;
use super::facts::Facts;
use crate::configuration::item::Item;
use std::collections::{BTreeMap, BTreeSet};

const ADMINISTRATOR: &str = "Administrator";

/// What may be granted: the top of each permission path with the entity types that it is about.
const CATALOGUE: &[(&str, &[&str])] = &[
    (
        "/AccessCertification",
        &["AccessCertificationCampaign", "AccessCertificationCampaignPolicy", "AccessCertificationItem"],
    ),
    (
        "/AccessControl",
        &[
            "AccessControlEntry",
            "AccessControlFilter",
            "AccessControlPermission",
            "AccessControlRule",
            "AssignedProfile",
            "OpenIdClient",
            "Profile",
            "ProfileContext",
            "ProfileRuleContext",
        ],
    ),
    (
        "/Connectors",
        &[
            "Agent",
            "Connection",
            "ConnectionColumn",
            "ConnectionPackage",
            "ConnectionTable",
            "Connector",
            "EntityAssociationMapping",
            "EntityPropertyMapping",
            "EntityTypeMapping",
            "ProvisionerResourceTypeMapping",
            "ResourceTypeMapping",
        ],
    ),
    ("/Custom", &["Resource"]),
    ("/EntityTypeMappings", &[]),
    (
        "/Jobs",
        &[
            "Job",
            "JobInstance",
            "JobStep",
            "Task",
            "TaskDependOnTask",
            "TaskDimension",
            "TaskEntityType",
            "TaskInstance",
            "TaskResourceType",
        ],
    ),
    (
        "/Metadata",
        &[
            "Binding",
            "BindingItem",
            "Dimension",
            "EntityAssociation",
            "EntityProperty",
            "EntityType",
            "Language",
            "Setting",
        ],
    ),
    ("/Monitoring", &[]),
    (
        "/ProvisioningPolicy",
        &[
            "AssignedCompositeRole",
            "AssignedResourceBinary",
            "AssignedResourceNavigation",
            "AssignedResourceScalar",
            "AssignedResourceType",
            "AssignedSingleRole",
            "AutomationRule",
            "Category",
            "CompositeRole",
            "CompositeRoleRule",
            "ContextRule",
            "IdentifiedRisk",
            "MiningRule",
            "Policy",
            "PolicySimulation",
            "ResourceBinaryRule",
            "ResourceClassificationRule",
            "ResourceCorrelationRule",
            "ResourceNavigationRule",
            "ResourceQueryRule",
            "ResourceScalarRule",
            "ResourceType",
            "ResourceTypeRule",
            "Risk",
            "RoleMapping",
            "SingleRole",
            "SingleRoleRule",
        ],
    ),
    ("/Report", &["ReportQuery"]),
    ("/Resources", &[]),
    ("/Settings", &[]),
    ("/Universes", &["EntityInstance", "Universe"]),
    (
        "/UserInterface",
        &[
            "DisplayEntityAssociation",
            "DisplayEntityProperty",
            "DisplayEntityType",
            "DisplayPropertyGroup",
            "DisplayTable",
            "DisplayTableColumn",
            "Form",
            "FormControl",
            "Indicator",
            "IndicatorItem",
            "SearchBar",
            "SearchBarCriterion",
            "Tile",
            "TileItem",
        ],
    ),
    (
        "/Workflows",
        &[
            "Activity",
            "ActivityInstance",
            "ActivityTemplate",
            "ActivityTemplateState",
            "ActivityTemplateTransition",
            "HomonymEntityLink",
            "UserActivityInstance",
            "Workflow",
            "WorkflowInstance",
        ],
    ),
];

/// Permissions of a scaffolding: the entity type and the path.
type Grants = &'static [(&'static str, &'static str)];

const VIEW_JOBS: Grants = &[
    ("Agent", "/Connectors/Agent/Query"),
    ("Connector", "/Connectors/Connector/Query"),
    ("Job", "/Jobs/Job/Query"),
    ("JobInstance", "/Jobs/JobInstance/Query"),
    ("JobStep", "/Jobs/JobStep/Query"),
    ("Task", "/Jobs/Task/Query"),
    ("Task", "/Jobs/TaskIdByIdentifiersQuery/Query"),
    ("TaskDependOnTask", "/Jobs/TaskDependOnTask/Query"),
    ("TaskDimension", "/Jobs/TaskDimension/Query"),
    ("TaskEntityType", "/Jobs/TaskEntityType/Query"),
    ("TaskInstance", "/Jobs/TaskInstance/Query"),
    ("TaskResourceType", "/Jobs/TaskResourceType/Query"),
];
const GET_LOG: Grants = &[("JobInstance", "/Jobs/RunJob/GetLog"), ("TaskInstance", "/Jobs/RunJob/GetLog")];
const RUN_JOBS: Grants = &[
    ("Job", "/Jobs/RunJob/Launch"),
    ("Job", "/Jobs/RunJob/Repair"),
    ("JobInstance", "/Jobs/RunJob/Launch"),
    ("JobInstance", "/Jobs/RunJob/Repair"),
];
const KEEP_INSTANCES: Grants = &[
    ("JobInstance", "/Jobs/JobInstance/Create"),
    ("JobInstance", "/Jobs/JobInstance/Update"),
    ("TaskInstance", "/Jobs/TaskInstance/Create"),
    ("TaskInstance", "/Jobs/TaskInstance/Update"),
];
const READ_MAPPINGS: Grants = &[
    ("Agent", "/Connectors/Agent/Query"),
    ("Connection", "/Connectors/Connection/Query"),
    ("ConnectionColumn", "/Connectors/ConnectionColumn/Query"),
    ("ConnectionTable", "/Connectors/ConnectionTable/Query"),
    ("Connector", "/Connectors/Connector/Query"),
    ("EntityAssociationMapping", "/Connectors/EntityAssociationMapping/Query"),
    ("EntityPropertyMapping", "/Connectors/EntityPropertyMapping/Query"),
    ("EntityTypeMapping", "/Connectors/EntityTypeMapping/Query"),
    ("EntityAssociation", "/Metadata/EntityAssociation/Query"),
    ("EntityProperty", "/Metadata/EntityProperty/Query"),
    ("EntityType", "/Metadata/EntityType/Query"),
];
const SEND_FILES: Grants = &[("Connector", "/Connectors/SynchronizeSession")];
const FETCH_ORDERS: Grants = &[
    ("Connector", "/Connectors/ProvisioningSession"),
    ("ProvisionerResourceTypeMapping", "/Connectors/ProvisionerResourceTypeMapping/Query"),
    ("ResourceTypeMapping", "/Connectors/ResourceTypeMapping/Query"),
    ("AssignedResourceType", "/ProvisioningPolicy/AssignedResourceType/Query"),
    ("ResourceType", "/ProvisioningPolicy/ResourceType/Query"),
];
const KEEP_CONNECTORS: Grants = &[
    ("Agent", "/Connectors/Agent"),
    ("Connection", "/Connectors/Connection"),
    ("ConnectionColumn", "/Connectors/ConnectionColumn"),
    ("ConnectionPackage", "/Connectors/ConnectionPackage"),
    ("ConnectionTable", "/Connectors/ConnectionTable"),
    ("Connector", "/Connectors/Connector"),
    ("Connector", "/Connectors/EntityTypeMappingByConnectorIdQuery"),
    ("EntityAssociationMapping", "/Connectors/EntityAssociationMapping"),
    ("EntityPropertyMapping", "/Connectors/EntityPropertyMapping"),
    ("EntityTypeMapping", "/Connectors/EntityTypeMapping"),
    ("ResourceTypeMapping", "/Connectors/ResourceTypeMapping"),
];

/// Each scaffolding about jobs and connectors with what it grants.
const SCAFFOLDINGS: &[(&str, &[Grants])] = &[
    ("JobViewAccessControlRules", &[VIEW_JOBS, GET_LOG]),
    ("JobExecutionAccessControlRules", &[VIEW_JOBS, GET_LOG, RUN_JOBS, KEEP_INSTANCES]),
    ("RunJobAdministrationAccessControlRules", &[RUN_JOBS]),
    ("GetJobLogAdministrationAccessControlRules", &[GET_LOG]),
    ("SynchronizationAccessControlRules", &[READ_MAPPINGS, SEND_FILES]),
    ("ProvisioningAccessControlRules", &[READ_MAPPINGS, FETCH_ORDERS]),
    ("ConnectorsAccessControlRules", &[KEEP_CONNECTORS]),
];

/// Whether an element is one of these scaffoldings.
pub(super) fn is_expanded(element: &str) -> bool {
    element == "CreateAdministratorProfile" || SCAFFOLDINGS.iter().any(|(name, _)| *name == element)
}

/// The rules of a scaffolding, and the profile of administrators.
pub(super) fn rules(scaffolding: &Item, facts: &Facts<'_>) -> Vec<Item> {
    if scaffolding.element == "CreateAdministratorProfile" {
        return administrator(scaffolding, facts);
    }
    let (Some(profile), Some((name, groups))) =
        (scaffolding.get("Profile"), SCAFFOLDINGS.iter().find(|(name, _)| *name == scaffolding.element))
    else {
        return Vec::new();
    };
    let mut granted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (entity_type, permission) in groups.iter().copied().flatten() {
        granted.entry(entity_type).or_default().insert(permission);
    }
    let prefix = format!("{profile}_{}", name.trim_end_matches("AccessControlRules"));
    let rules = granted.iter().map(|(entity_type, permissions)| {
        let entries = permissions.iter().map(|permission| entry(scaffolding, permission, false)).collect();
        rule(scaffolding, &prefix, profile, entity_type, entries)
    });
    rules.collect()
}

/// A profile with all permissions on every entity type, those of the configuration and those of the product. `/` may
/// not be granted, so each prefix is.
fn administrator(scaffolding: &Item, facts: &Facts<'_>) -> Vec<Item> {
    let profile = scaffolding.get("Profile").unwrap_or(ADMINISTRATOR);
    let own = CATALOGUE.iter().flat_map(|(_, entity_types)| entity_types.iter().copied());
    let declared = facts.all("EntityType").filter_map(|item| item.get("Identifier"));
    let entity_types: BTreeSet<&str> = own.chain(declared).collect();
    let named = [("Identifier", profile.to_owned()), ("DisplayName_L1", profile.to_owned())];
    let made_profile = facts.find("Profile", profile).is_none().then(|| made("Profile", scaffolding, &named));
    let rules = entity_types.iter().map(|entity_type| {
        let entries = CATALOGUE.iter().map(|(prefix, _)| entry(scaffolding, prefix, true)).collect();
        rule(scaffolding, profile, profile, entity_type, entries)
    });
    made_profile.into_iter().chain(rules).collect()
}

fn rule(scaffolding: &Item, prefix: &str, profile: &str, entity_type: &str, entries: Vec<Item>) -> Item {
    let attributes = [
        ("Identifier", format!("{prefix}_{entity_type}")),
        ("DisplayName_L1", format!("{profile}: {entity_type}")),
        ("EntityType", entity_type.to_owned()),
        ("Profile", profile.to_owned()),
    ];
    Item { children: entries, ..made("AccessControlRule", scaffolding, &attributes) }
}

fn entry(scaffolding: &Item, permission: &str, all_properties: bool) -> Item {
    let mut attributes = vec![("Permission", permission.to_owned()), ("CanExecute", "true".to_owned())];
    if all_properties {
        attributes.push(("FullAccessProperties", "true".to_owned()));
    }
    made("Entry", scaffolding, &attributes)
}
