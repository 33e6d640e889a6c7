//! The permissions that there are (spec 25 §7).

use super::permission::covers;

const CRUD: &[&str] = &["Create", "Query", "Update", "Delete"];
const CUD: &[&str] = &["Create", "Update", "Delete"];
const READ: &[&str] = &["Query"];
const NONE: &[&str] = &[];
const SIMULATED: &[&str] = &[
    "Create",
    "Query",
    "Update",
    "Delete",
    "CreateSimulation",
    "UpdateSimulation",
    "DeleteSimulation",
    "RevertSimulation",
    "Simulation",
];
const STATES: &[&str] = &["Aborted", "Blocked", "Completed", "Errored", "Warning"];

/// A row of the catalogue: every one of `objects` below `prefix`, with every one of `verbs`.
#[derive(Clone, Copy, Debug)]
pub struct Permissions {
    /// `/Jobs`.
    pub prefix: &'static str,
    /// `Job`, `Task`; `{entityType}` stands for a name.
    pub objects: &'static [&'static str],
    /// `Create`, `Query`; empty when the object itself is the permission.
    pub verbs: &'static [&'static str],
}

const fn row(prefix: &'static str, objects: &'static [&'static str], verbs: &'static [&'static str]) -> Permissions {
    Permissions { prefix, objects, verbs }
}

/// The documented catalogue.
#[rustfmt::skip]
pub const CATALOGUE: &[Permissions] = &[
    row("/AccessCertification", &["AccessCertificationCampaign"], &["Create", "Query", "Update", "Delete", "Process"]),
    row("/AccessCertification", &["AccessCertificationCampaignPolicy"], READ),
    row("/AccessControl", &["AccessControlEntry", "AccessControlFilter", "AccessControlRule", "AssignedProfile", "OpenIdClient", "Profile"], CRUD),
    row("/AccessControl", &["AccessControlPermission", "ProfileRuleContext"], READ),
    row("/Connectors", &["Agent", "Connection", "Connector", "EntityAssociationMapping", "EntityPropertyMapping", "EntityTypeMapping"], CRUD),
    row("/Connectors", &["ConnectionColumn", "ConnectionPackage", "ConnectionTable", "EntityTypeMappingByConnectorIdQuery", "PasswordResetContextsByIdsQuery", "ProvisionerResourceTypeMapping", "ResourceTypeMapping"], READ),
    row("/Connectors", &["ProvisioningSession", "SynchronizeSession"], NONE),
    row("/EntityTypeMappings", &["{entityType}"], READ),
    row("/Jobs", &["Job", "JobInstance", "JobStep", "Task", "TaskDependOnTask", "TaskDimension", "TaskEntityType", "TaskInstance", "TaskResourceType"], CRUD),
    row("/Jobs", &["TaskIdByIdentifiersQuery"], READ),
    row("/Jobs", &["RunJob"], &["GetLog"]),
    row("/Jobs", &["RunJob/Launch", "RunJob/Repair"], STATES),
    row("/Metadata", &["Binding", "Dimension", "EntityAssociation", "EntityProperty", "EntityType", "Setting"], CRUD),
    row("/Metadata", &["BindingItem", "Language"], READ),
    row("/", &["Monitoring"], NONE),
    row("/ProvisioningPolicy", &["AssignedCompositeRole", "AssignedSingleRole"], &["Create", "Query", "Update", "Delete", "Comment"]),
    row("/ProvisioningPolicy", &["AssignedResourceType"], &["Create", "Query", "Update", "Delete", "Comment", "ManualProvisioningReview"]),
    row("/ProvisioningPolicy", &["AssignedResourceBinary", "AssignedResourceNavigation", "AssignedResourceScalar"], CRUD),
    row("/ProvisioningPolicy", &["AutomationRule", "CompositeRole", "CompositeRoleRule", "ContextRule", "Policy", "ResourceBinaryRule", "ResourceClassificationRule", "ResourceCorrelationRule", "ResourceNavigationRule", "ResourceQueryRule", "ResourceScalarRule", "ResourceType", "ResourceTypeRule", "SingleRole", "SingleRoleRule"], SIMULATED),
    row("/ProvisioningPolicy", &["Category", "MiningRule", "RoleMapping"], CRUD),
    row("/ProvisioningPolicy", &["Risk"], &["Create", "Query", "Update", "Delete", "OverrideApproval", "OverrideBlocking"]),
    row("/ProvisioningPolicy", &["PolicySimulation"], &["Create", "Query", "Update", "Delete", "Start"]),
    row("/ProvisioningPolicy", &["IdentifiedRisk", "PredefinedFunctionQuery", "ResourceHistory", "ResourceManageableAccounts"], READ),
    row("/ProvisioningPolicy", &["Provisioning"], &["Start"]),
    row("/ProvisioningPolicy", &["RedundantAssignment"], &["Query", "Start"]),
    row("/Report", &["GenerateReportFileFromQuery", "GenerateReportFileFromReportQuery"], READ),
    row("/Report", &["ReportQuery"], CRUD),
    row("/Resources", &["Incremental"], READ),
    row("/Resources", &["Resource"], CRUD),
    row("/Settings", &["Manage"], NONE),
    row("/Universes", &["EntityInstance", "Universe", "UniverseData"], READ),
    row("/UserInterface", &["DisplayEntityAssociation", "DisplayEntityProperty", "DisplayEntityType", "DisplayPropertyGroup", "DisplayTable", "DisplayTableColumn", "Form", "FormControl", "Indicator", "IndicatorItem", "SearchBar", "SearchBarCriterion", "Tile", "TileItem"], CRUD),
    row("/UserInterface", &["ConnectorResourceType"], CUD),
    row("/UserInterface", &["DisplayTableDesignElement", "TileDesignElement", "ActivityFormNameByWorkflowInstanceIdQuery", "ApplicationInformationsQuery", "EntityTypeMappingByUiContextQuery", "HierarchyDataByEntityTypeIdQuery", "PersonasByFilterQuery", "ResourceReadForm", "ResourceReadFormActions", "ResourceSearchForm", "ResourceSelfForm", "UserByIdentityQuery", "WorkflowFormByNameQuery", "WorkflowFormByWorkflowIdQuery"], READ),
    row("/UserInterface", &["Reload"], NONE),
    row("/Workflows", &["Activity", "HomonymEntityLink", "Workflow"], CRUD),
    row("/Workflows", &["ActivityInstance", "ActivityInstanceAspectsQuery", "ActivityTemplate", "ActivityTemplateState", "ActivityTemplateTransition", "HistorizedResourceFileByWorkflowInstanceIdQuery", "UserActivityInstanceCountQuery", "WorkflowInstanceData"], READ),
    row("/Workflows", &["UserActivityInstance"], &["Query", "AssignedTo", "ExpectedDate"]),
    row("/Workflows", &["WorkflowInstance"], &["Query", "Resume", "Start", "Supervise"]),
    row("/Custom/AccessCertification", &["AutoAssigned/{entityType}", "ManualAssigned/{entityType}"], NONE),
    row("/Custom/ManageAccounts", &["{entityType}"], NONE),
    row("/Custom/ProvisioningPolicy", &["AssignedRoles/{entityType}", "ReviewRoles/{entityType}", "ReviewProvisioning/{entityType}", "BulkReviewProvisioning/{entityType}", "ReconciliateRoles/{entityType}", "BulkRoleReconciliation/{entityType}", "ReconciliateResources/{entityType}", "BulkReconciliateResources/{entityType}", "PerformManualProvisioning/{entityType}", "BulkPerformManualProvisioning/{entityType}", "PendingAssignedResourceTypes/{resourceType}"], NONE),
    row("/Custom/Reports", &["{reportQuery}"], NONE),
    row("/Custom/ResourceChanges", &["{connector}"], NONE),
    row("/Custom/ResourceFileChanges", &["{connector}"], NONE),
    row("/Custom/ResourceLinkChanges", &["{connector}"], NONE),
    row("/Custom/ResourceFiles", &["{entityType}/{property}"], &["View"]),
    row("/Custom/Resources", &["{entityType}"], &["Create", "Delete", "Query", "Self", "SelfOwnedResources", "SelfTargetResources", "Update", "View", "ViewOwnedResources", "ViewTargetResources", "ViewHistory", "ResetPassword", "IndirectResetPassword", "ChangePassword", "ToggleLock"]),
    row("/Custom/Workflows", &["{workflow}/{activity}/{state}", "Supervise/{entityType}"], NONE),
    row("/Custom/WorkflowsNotifications", &["{workflow}/{activity}/{state}"], NONE),
];

/// Every permission of the catalogue as a path; parameters stand in braces.
pub fn catalogue() -> impl Iterator<Item = String> {
    CATALOGUE.iter().flat_map(|row| {
        let prefix = row.prefix.trim_end_matches('/');
        row.objects.iter().flat_map(move |object| {
            let own = row.verbs.is_empty().then(|| format!("{prefix}/{object}"));
            own.into_iter().chain(row.verbs.iter().map(move |verb| format!("{prefix}/{object}/{verb}")))
        })
    })
}

/// Whether a path is a permission of the catalogue, or a parent of one.
pub fn is_known(permission: &str) -> bool {
    catalogue().any(|template| fits(permission, &template))
}

fn fits(permission: &str, template: &str) -> bool {
    if covers(permission, template) {
        return true;
    }
    let (mut given, mut parts) = (permission.trim_matches('/').split('/'), template.trim_matches('/').split('/'));
    loop {
        match (given.next(), parts.next()) {
            (None, _) => return true,
            (Some(_), None) => return false,
            (Some(word), Some(part)) if part.starts_with('{') || word.eq_ignore_ascii_case(part) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_permission_is_listed_twice() {
        let all: Vec<String> = catalogue().collect();
        let different: BTreeSet<&String> = all.iter().collect();
        assert_eq!(all.len(), different.len());
        let simulated = all.iter().filter(|path| path.ends_with("/RevertSimulation")).count();
        assert_eq!(simulated, 15);
    }

    #[test]
    fn documented_paths_are_known_and_others_are_not() {
        for known in [
            "/Jobs/TaskResourceType/Query",
            "/Connectors/SynchronizeSession",
            "/Connectors/ProvisioningSession",
            "/Custom/Resources/Directory_User/Query",
            "/Custom/Resources/Directory_User",
            "/Monitoring",
            "/Jobs/RunJob/Launch/Blocked",
            "/jobs",
        ] {
            assert!(is_known(known), "{known}");
        }
        for unknown in
            ["/Jobs/Jobs/Query", "/Jobs/Job/Query/More", "/Custom/Resource/X/Query", "/Jobs/RunJob/Launch/Ok"]
        {
            assert!(!is_known(unknown), "{unknown}");
        }
    }
}
