//! Which of the engine's own entity types is found where, under which permission.

/// A list of rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed {
    /// Address: module and entity.
    pub(super) path: &'static str,
    /// Name in the catalogue of queries.
    pub(super) entity: &'static str,
    /// Permission, which also decides whether rows are seen through joins.
    pub(super) permission: &'static str,
}

const fn of(path: &'static str, entity: &'static str, permission: &'static str) -> Listed {
    Listed { path, entity, permission }
}

/// All of them, in the order of their addresses. One that is not here cannot be asked for, nor joined by anybody but
/// the administrator.
pub(super) const LISTED: &[Listed] = &[
    of("/api/AccessControl/AccessControlRule", "AccessControlRule", "/AccessControl/AccessControlRule/Query"),
    of("/api/AccessControl/OpenIdClient", "OpenIdClient", "/AccessControl/OpenIdClient/Query"),
    of("/api/AccessControl/Profile", "Profile", "/AccessControl/Profile/Query"),
    of("/api/Connectors/Agent", "Agent", "/Connectors/Agent/Query"),
    of("/api/Connectors/Connection", "Connection", "/Connectors/Connection/Query"),
    of("/api/Connectors/ConnectionColumn", "ConnectionColumn", "/Connectors/ConnectionColumn/Query"),
    of("/api/Connectors/ConnectionTable", "ConnectionTable", "/Connectors/ConnectionTable/Query"),
    of("/api/Connectors/Connector", "Connector", "/Connectors/Connector/Query"),
    of(
        "/api/Connectors/EntityAssociationMapping",
        "EntityAssociationMapping",
        "/Connectors/EntityAssociationMapping/Query",
    ),
    of("/api/Connectors/EntityTypeMapping", "EntityTypeMapping", "/Connectors/EntityTypeMapping/Query"),
    of("/api/Connectors/Problem", "Problem", "/Custom/ResourceChanges"),
    of("/api/Connectors/ResourceChange", "ResourceChange", "/Custom/ResourceChanges"),
    of("/api/Connectors/ResourceLinkChange", "ResourceLinkChange", "/Custom/ResourceLinkChanges"),
    of("/api/Connectors/SynchronizeSession", "SynchronizeSession", "/Connectors/SynchronizeSession"),
    of("/api/Job/Job", "Job", "/Jobs/Job/Query"),
    of("/api/Job/JobInstance", "JobInstance", "/Jobs/JobInstance/Query"),
    of("/api/Job/JobStep", "JobStep", "/Jobs/JobStep/Query"),
    of("/api/Job/Task", "Task", "/Jobs/Task/Query"),
    of("/api/Job/TaskDependOnTask", "TaskDependOnTask", "/Jobs/TaskDependOnTask/Query"),
    of("/api/Job/TaskEntityType", "TaskEntityType", "/Jobs/TaskEntityType/Query"),
    of("/api/Job/TaskInstance", "TaskInstance", "/Jobs/TaskInstance/Query"),
    of("/api/Job/TaskResourceType", "TaskResourceType", "/Jobs/TaskResourceType/Query"),
    of("/api/Jobs/Job", "Job", "/Jobs/Job/Query"),
    of("/api/Jobs/JobInstance", "JobInstance", "/Jobs/JobInstance/Query"),
    of("/api/Jobs/JobStep", "JobStep", "/Jobs/JobStep/Query"),
    of("/api/Jobs/Task", "Task", "/Jobs/Task/Query"),
    of("/api/Jobs/TaskDependOnTask", "TaskDependOnTask", "/Jobs/TaskDependOnTask/Query"),
    of("/api/Jobs/TaskEntityType", "TaskEntityType", "/Jobs/TaskEntityType/Query"),
    of("/api/Jobs/TaskInstance", "TaskInstance", "/Jobs/TaskInstance/Query"),
    of("/api/Jobs/TaskResourceType", "TaskResourceType", "/Jobs/TaskResourceType/Query"),
    of("/api/Metadata/Dimension", "Dimension", "/Metadata/Dimension/Query"),
    of("/api/Metadata/EntityAssociation", "EntityAssociation", "/Metadata/EntityAssociation/Query"),
    of("/api/Metadata/EntityProperty", "EntityProperty", "/Metadata/EntityProperty/Query"),
    of("/api/Metadata/EntityPropertyExpression", "EntityPropertyExpression", "/Metadata/EntityProperty/Query"),
    of("/api/Metadata/EntityType", "EntityType", "/Metadata/EntityType/Query"),
    of("/api/Metadata/Language", "Language", "/Metadata/Language/Query"),
    of("/api/Monitoring/JournalEntry", "JournalEntry", "/Monitoring"),
    of(
        "/api/ProvisioningPolicy/AssignedCompositeRole",
        "AssignedCompositeRole",
        "/ProvisioningPolicy/AssignedCompositeRole/Query",
    ),
    of(
        "/api/ProvisioningPolicy/AssignedResourceBinary",
        "AssignedResourceBinary",
        "/ProvisioningPolicy/AssignedResourceBinary/Query",
    ),
    of(
        "/api/ProvisioningPolicy/AssignedResourceNavigation",
        "AssignedResourceNavigation",
        "/ProvisioningPolicy/AssignedResourceNavigation/Query",
    ),
    of(
        "/api/ProvisioningPolicy/AssignedResourceScalar",
        "AssignedResourceScalar",
        "/ProvisioningPolicy/AssignedResourceScalar/Query",
    ),
    of(
        "/api/ProvisioningPolicy/AssignedResourceType",
        "AssignedResourceType",
        "/ProvisioningPolicy/AssignedResourceType/Query",
    ),
    of(
        "/api/ProvisioningPolicy/AssignedSingleRole",
        "AssignedSingleRole",
        "/ProvisioningPolicy/AssignedSingleRole/Query",
    ),
    of("/api/ProvisioningPolicy/AutomationRule", "AutomationRule", "/ProvisioningPolicy/AutomationRule/Query"),
    of("/api/ProvisioningPolicy/Category", "Category", "/ProvisioningPolicy/Category/Query"),
    of("/api/ProvisioningPolicy/CompositeRole", "CompositeRole", "/ProvisioningPolicy/CompositeRole/Query"),
    of("/api/ProvisioningPolicy/CompositeRoleRule", "CompositeRoleRule", "/ProvisioningPolicy/CompositeRoleRule/Query"),
    of("/api/ProvisioningPolicy/ContextRule", "ContextRule", "/ProvisioningPolicy/ContextRule/Query"),
    of("/api/ProvisioningPolicy/IdentifiedRisk", "IdentifiedRisk", "/ProvisioningPolicy/IdentifiedRisk/Query"),
    of("/api/ProvisioningPolicy/MiningRule", "MiningRule", "/ProvisioningPolicy/MiningRule/Query"),
    of("/api/ProvisioningPolicy/Policy", "Policy", "/ProvisioningPolicy/Policy/Query"),
    of("/api/ProvisioningPolicy/PolicyObject", "PolicyObject", "/ProvisioningPolicy/Policy/Query"),
    of(
        "/api/ProvisioningPolicy/ResourceBinaryRule",
        "ResourceBinaryRule",
        "/ProvisioningPolicy/ResourceBinaryRule/Query",
    ),
    of(
        "/api/ProvisioningPolicy/ResourceClassificationRule",
        "ResourceClassificationRule",
        "/ProvisioningPolicy/ResourceClassificationRule/Query",
    ),
    of(
        "/api/ProvisioningPolicy/ResourceCorrelationRule",
        "ResourceCorrelationRule",
        "/ProvisioningPolicy/ResourceCorrelationRule/Query",
    ),
    of(
        "/api/ProvisioningPolicy/ResourceNavigationRule",
        "ResourceNavigationRule",
        "/ProvisioningPolicy/ResourceNavigationRule/Query",
    ),
    of("/api/ProvisioningPolicy/ResourceQueryRule", "ResourceQueryRule", "/ProvisioningPolicy/ResourceQueryRule/Query"),
    of(
        "/api/ProvisioningPolicy/ResourceScalarRule",
        "ResourceScalarRule",
        "/ProvisioningPolicy/ResourceScalarRule/Query",
    ),
    of("/api/ProvisioningPolicy/ResourceType", "ResourceType", "/ProvisioningPolicy/ResourceType/Query"),
    of("/api/ProvisioningPolicy/ResourceTypeRule", "ResourceTypeRule", "/ProvisioningPolicy/ResourceTypeRule/Query"),
    of("/api/ProvisioningPolicy/Risk", "Risk", "/ProvisioningPolicy/Risk/Query"),
    of("/api/ProvisioningPolicy/RoleMapping", "RoleMapping", "/ProvisioningPolicy/RoleMapping/Query"),
    of("/api/ProvisioningPolicy/SingleRole", "SingleRole", "/ProvisioningPolicy/SingleRole/Query"),
    of("/api/ProvisioningPolicy/SingleRoleRule", "SingleRoleRule", "/ProvisioningPolicy/SingleRoleRule/Query"),
    of("/api/Resources/Resource", "Resource", "/Resources/Resource/Query"),
];

/// The permission for rows of an entity type; `None` for one that is not listed.
pub(super) fn permission(entity: &str, is_deployed: bool) -> Option<String> {
    if is_deployed {
        return Some(format!("/Custom/Resources/{entity}/Query"));
    }
    LISTED.iter().find(|listed| listed.entity == entity).map(|listed| listed.permission.to_owned())
}
