//! Scaffoldings: elements that stand for many others.
//!
//! The documentation confirms few of their attributes, so they take the usual ones and keep any other as it is.

use super::common::*;
use super::definition::{Attribute, Element, Kind};
use super::enumerations as e;

const USUAL: &[Attribute] = &[
    OPTIONAL_ID,
    LABEL,
    OF_ENTITY_TYPE,
    reference("Profile", "Profile", "Profile that gets the rights."),
    reference("Connector", "Connector", "Connector concerned."),
];

const ONE_CONNECTOR: Attribute =
    Attribute::new("ConnectorIdentifier", Kind::Reference("Connector"), "The connector.").required();

macro_rules! arguments {
    ($($name:ident $label:literal $doc:literal $identity:expr, [$($attribute:expr),* $(,)?];)*) => {
        $(static $name: Element = Element::new($label, $doc)
            .acted_on()
            .natural($identity)
            .attributes(&[&[$($attribute),*]]);)*
        /// Arguments of the scaffoldings that make jobs.
        static ARGUMENTS: &[&Element] = &[$(&$name),*];
    };
}

arguments! {
    OPEN_ID_IDENTIFIER "OpenIdIdentifier" "Client by which the agent calls the server." &["Identifier"], [
        reference("Identifier", "OpenIdClient", "The client.").required(),
    ];
    CRON_TAB "CronTabExpression" "When the job starts by itself." &["CronTab"], [
        text("CronTab", "When.").required(),
        choice("CronTimeZone", &e::CRON_TIME_ZONE, "Time zone of that.").or("UTC"),
    ];
    ADD_TASK "AddTask" "Adds a task." &["Task", "TaskToCompareWith"], [
        text("Task", "A task that is declared, or one of the job (identifier or kind), of which a copy is made.").required(),
        text("TaskToCompareWith", "Task of the job that it stands beside: identifier or kind.").required(),
        flag("Before", "Before it."),
        flag("After", "After it; so, too, when neither is said."),
        count("Occurence", "Which one of several to stand beside, from 1; 0 for the first."),
        count("CopyOccurence", "Which one of several to copy, from 1; 0 for the first."),
    ];
    LINK_DEPEND_TASK "LinkDependTask" "Lets a task depend on another." &["Task", "DependOn"], [
        text("Task", "The task: identifier or kind.").required(),
        text("DependOn", "The other task: identifier or kind.").required(),
        count("ChildOccurence", "Which one of several tasks, from 1; 0 for the first."),
        count("ParentOccurence", "Which one of several other tasks, from 1; 0 for the first."),
    ];
    FULFILL_PATH "FulfillInternalWorkflowsPath" "Files for workflows that fulfil." &["ConnectorIdentifier"], [
        ONE_CONNECTOR, text("Path", "The folder.").required(),
    ];
    NO_CONNECTOR_PROVISIONING "NoConnectorProvisioning" "Does not provision a connector." &["ConnectorIdentifier"], [
        ONE_CONNECTOR,
    ];
    NO_CONNECTOR_SYNCHRONIZATION "NoConnectorSynchronization" "Does not synchronise a connector."
        &["ConnectorIdentifier"], [ONE_CONNECTOR];
    NOT_USED "NotUsed" "Leaves a connector out." &["ConnectorIdentifier"], [ONE_CONNECTOR];
    PRINCIPAL_DATA "PrincipalDataConnector" "Connector that holds the identities." &["ConnectorIdentifier"], [
        ONE_CONNECTOR,
    ];
    CONFIGURATION "Configuration" "Folder that is deployed." &["Path"], [text("Path", "The folder.").required()];
    DO_NOT_CREATE_JOB "DoNotCreateJob" "Makes the tasks only." &[], [];
    NO_PROVISIONING "NoProvisioning" "Does not provision." &[], [];
    NO_SYNCHRONIZATION "NoSynchronization" "Does not synchronise." &[], [];
}

const JOB: &[Attribute] =
    &[LABEL, text("JobIdentifier", "Identifier of the job; absent: computed."), text("OldAlgorithm", "Internal.")];
const OF_CONNECTOR: Attribute = reference("Connector", "Connector", "Connector of the job.").required();
const OF_AGENT: Attribute = reference("Agent", "Agent", "Agent of the job.");

macro_rules! jobs {
    ($($name:ident $acted_on:literal $label:literal $doc:literal $identity:expr, [$($attribute:expr),* $(,)?];)*) => {
        $(static $name: Element = Element::new($label, $doc)
            .acting($acted_on)
            .natural($identity)
            .open()
            .attributes(&[&[$($attribute),*], JOB])
            .children(&[ARGUMENTS]);)*
        /// Scaffoldings that make jobs.
        pub(super) static JOBS: &[&Element] = &[$(&$name),*];
    };
}

jobs! {
    CONNECTOR_COMPLETE true "CreateConnectorSynchroComplete" "A complete job for a connector: <Connector>_SynchroComplete, started by hand unless a schedule is given." &["Connector", "JobIdentifier"], [OF_CONNECTOR];
    CONNECTOR_INCREMENTAL true "CreateConnectorSynchroIncremental" "An incremental job for a connector: <Connector>_SynchroIncremental, started by hand unless a schedule is given." &["Connector", "JobIdentifier"], [OF_CONNECTOR];
    AGENT_COMPLETE true "CreateAgentSynchroComplete" "A complete job for all connectors of an agent: <Agent>_SynchroComplete, daily at 2:00 UTC unless another schedule is given." &["Agent", "JobIdentifier"], [OF_AGENT];
    AGENT_INCREMENTAL true "CreateAgentSynchroIncremental" "An incremental job for all connectors of an agent: <Agent>_SynchroIncremental, every 15 minutes unless another schedule is given." &["Agent", "JobIdentifier"], [OF_AGENT];
    INITIALIZATION true "CreateInitializationJob" "The first load: <Agent>_Initialization, which cannot be started from a screen." &["Agent", "JobIdentifier"], [OF_AGENT];
    CONNECTORS_JOBS true "CreateConnectorsJobs" "A job for the screen of each connector: <Connector>_VirtualJob." &["JobIdentifier"], [];
    CLEAN_DATABASE true "CleanDatabaseJob" "A job that closes jobs left in progress: CleanDatabase, every two hours unless another schedule is given." &["Agent", "JobIdentifier"], [OF_AGENT];
    CERTIFICATION false "CreateAccessCertificationJob" "A job for certification campaigns: AccessCertification." &["Agent", "JobIdentifier"], [OF_AGENT];
}

/// What is acted on says what it stands for.
macro_rules! sentence {
    () => {
        "Stands for the elements that its name tells."
    };
    ($doc:literal) => {
        $doc
    };
}

macro_rules! acts {
    () => {
        false
    };
    ($doc:literal) => {
        true
    };
}

macro_rules! scaffoldings {
    ($($name:ident = $label:literal $($doc:literal)?;)*) => {
        $(static $name: Element = Element::new($label, sentence!($($doc)?))
            .acting(acts!($($doc)?))
            .natural(&[])
            .open()
            .attributes(&[USUAL])
            .children(&[ARGUMENTS]);)*
        /// Scaffoldings other than those that make jobs.
        pub(super) static OTHERS: &[&Element] = &[$(&$name),*];
    };
}

scaffoldings! {
    ACCESS_REVIEW_ADMINISTRATION_ACCESS_CONTROL_RULES = "AccessReviewAdministrationAccessControlRules";
    CONNECTOR_RESOURCE_TYPE_ACCESS_CONTROL = "ConnectorResourceTypeAccessControl";
    SETTINGS_ACCESS_CONTROL_RULES = "SettingsAccessControlRules";
    GET_JOB_LOG_ADMINISTRATION_ACCESS_CONTROL_RULES = "GetJobLogAdministrationAccessControlRules" "Lets a profile read the logs of jobs.";
    JOB_ADMINISTRATION_ACCESS_CONTROL_RULES = "JobAdministrationAccessControlRules";
    JOB_TASK_ADMINISTRATION_ACCESS_CONTROL_RULES = "JobTaskAdministrationAccessControlRules";
    PENDING_ASSIGNED_RESOURCE_TYPES_ACCESS_CONTROL_RULES = "PendingAssignedResourceTypesAccessControlRules";
    PROVISIONING_ACCESS_CONTROL_RULES = "ProvisioningAccessControlRules" "Lets a profile read mappings and fetch orders, as agents do.";
    RESOURCE_CHANGES_VIEW_ACCESS_CONTROL_RULES = "ResourceChangesViewAccessControlRules";
    RESOURCE_TYPE_MAPPING_CONTROL_RULES = "ResourceTypeMappingControlRules";
    RUN_JOB_ADMINISTRATION_ACCESS_CONTROL_RULES = "RunJobAdministrationAccessControlRules" "Lets a profile launch and repair jobs.";
    RUN_JOB_NOTIFICATION_ACCESS_CONTROL_RULES = "RunJobNotificationAccessControlRules";
    RUN_JOB_REPAIR_ADMINISTRATION_ACCESS_CONTROL_RULES = "RunJobRepairAdministrationAccessControlRules";
    RUN_JOB_REPAIR_NOTIFICATION_ACCESS_CONTROL_RULES = "RunJobRepairNotificationAccessControlRules";
    SYNCHRONIZATION_ACCESS_CONTROL_RULES = "SynchronizationAccessControlRules" "Lets a profile read mappings and send prepared files, as agents do.";
    TASK_ADMINISTRATION_ACCESS_CONTROL_RULES = "TaskAdministrationAccessControlRules";
    TASK_INSTANCE_ADMINISTRATION_ACCESS_CONTROL_RULES = "TaskInstanceAdministrationAccessControlRules";
    WORKFLOW_FULFILLMENT_CONTROL_RULES = "WorkflowFulfillmentControlRules";
    MONITORING_ADMINISTRATION_ACCESS_CONTROL_RULES = "MonitoringAdministrationAccessControlRules";
    ASSIGN_PROFILE_ACCESS_CONTROL_RULES = "AssignProfileAccessControlRules";
    OPEN_ID_CLIENT_ADMINISTRATION_ACCESS_CONTROL_RULES = "OpenIdClientAdministrationAccessControlRules";
    PROFILE_ADMINISTRATION_ACCESS_CONTROL_RULES = "ProfileAdministrationAccessControlRules";
    MANAGE_SETTING_ACCESS_CONTROL_RULE = "ManageSettingAccessControlRule";
    REPORT_ACCESS_CONTROL_RULES = "ReportAccessControlRules";
    TARGET_RESOURCE_REPORT_ACCESS_CONTROL_RULES = "TargetResourceReportAccessControlRules";
    UNIVERSE_ACCESS_CONTROL_RULES = "UniverseAccessControlRules";
    CREATE_RESOURCE_INCREMENTAL_ACCESS_CONTROL_RULES = "CreateResourceIncrementalAccessControlRules";
    RESOURCE_API_ADMINISTRATION = "ResourceApiAdministration";
    RESOURCE_PICKER_CONTROL_RULES = "ResourcePickerControlRules";
    VIEW_ACCESS_CONTROL_RULES = "ViewAccessControlRules";
    VIEW_HISTORY_RESOURCE_TEMPLATE = "ViewHistoryResourceTemplate";
    BASKET_RULES_CONTROL_RULES = "BasketRulesControlRules";
    BULK_PERFORM_MANUAL_PROVISIONING_ACCESS_CONTROL_RULES = "BulkPerformManualProvisioningAccessControlRules";
    BULK_RESOURCE_RECONCILIATION_ACCESS_CONTROL_RULES = "BulkResourceReconciliationAccessControlRules";
    BULK_REVIEW_PROVISIONING_ACCESS_CONTROL_RULES = "BulkReviewProvisioningAccessControlRules";
    BULK_ROLE_RECONCILIATION_ACCESS_CONTROL_RULES = "BulkRoleReconciliationAccessControlRules";
    GOVERNANCE_ROLES_ACCESS_CONTROL_RULES = "GovernanceRolesAccessControlRules";
    PERFORM_MANUAL_PROVISIONING_ACCESS_CONTROL_RULES = "PerformManualProvisioningAccessControlRules";
    RECONCILIATE_RESOURCES_ACCESS_CONTROL_RULES = "ReconciliateResourcesAccessControlRules";
    RECONCILIATE_ROLES_ACCESS_CONTROL_RULES = "ReconciliateRolesAccessControlRules";
    REDUNDANT_ASSIGNMENT_ACCESS_CONTROL_RULE = "RedundantAssignmentAccessControlRule";
    REVIEW_PROVISIONING_ACCESS_CONTROL_RULES = "ReviewProvisioningAccessControlRules";
    REVIEW_ROLES_ACCESS_CONTROL_RULES = "ReviewRolesAccessControlRules";
    ASSIGNED_ROLES_ACCESS_CONTROL_RULES = "AssignedRolesAccessControlRules";
    RISKS_ADMINISTRATION_ACCESS_CONTROL_RULES = "RisksAdministrationAccessControlRules";
    ROLE_ADMINISTRATION_ACCESS_CONTROL_RULES = "RoleAdministrationAccessControlRules";
    ROLE_NAMING_ACCESS_CONTROL_RULES = "RoleNamingAccessControlRules";
    POLICY_SIMULATION_CONTROL_RULES = "PolicySimulationControlRules";
    ROLE_AND_SIMULATION_CONTROL_RULES = "RoleAndSimulationControlRules";
    MANAGE_ACCOUNTS = "ManageAccounts";
    SEARCH_BAR_PAGE_ACCESS_CONTROL = "SearchBarPageAccessControl";
    CREATE_UPDATE_DELETE_ACCESS_CONTROL_RULES = "CreateUpdateDeleteAccessControlRules";
    UPDATE_RESOURCES_ACCESS_CONTROL_RULES = "UpdateResourcesAccessControlRules";
    WORKFLOW_ACCESS_CONTROL_RULES = "WorkflowAccessControlRules";
    WORKFLOW_CONFIGURATION_CONTROL_RULES = "WorkflowConfigurationControlRules";
    WORKFLOW_OVERVIEW_CONTROL_RULES = "WorkflowOverviewControlRules";
    CONNECTOR_MAPPINGS = "ConnectorMappings";
    ENTITY_TYPE_DISPLAY_NAME = "EntityTypeDisplayName";
    ENTITY_TYPE_DISPLAY_TABLE = "EntityTypeDisplayTable";
    ENTITY_TYPE_DISPLAY_TABLE_ADAPTABLE = "EntityTypeDisplayTableAdaptable";
    ENTITY_TYPE_DISPLAY_TARGET_RESOURCE_TABLE = "EntityTypeDisplayTargetResourceTable";
    ENTITY_TYPE_MENU_ITEM = "EntityTypeMenuItem";
    ENTITY_TYPE_SEARCH_BAR = "EntityTypeSearchBar";
    TARGET_RESOURCE_REPORT_MENUS = "TargetResourceReportMenus";
    CREATE_UPDATE_DELETE_WORKFLOWS = "CreateUpdateDeleteWorkflows";
    UPDATE_RESOURCES_MENUS = "UpdateResourcesMenus";
    UPDATE_RESOURCES_WORKFLOWS = "UpdateResourcesWorkflows";
    WORKFLOW_ACTORS_NOTIFICATION = "WorkflowActorsNotification";
    WORKFLOW_ENTITY_TYPE = "WorkflowEntityType";
    WORKFLOW_ENTITY_TYPE_DISPLAY_ENTITY_TYPE = "WorkflowEntityTypeDisplayEntityType";
    WORKFLOW_ENTITY_TYPE_DISPLAY_TABLE = "WorkflowEntityTypeDisplayTable";
    WORKFLOW_ENTITY_TYPE_SEARCH_BAR = "WorkflowEntityTypeSearchBar";
    WORKFLOW_PERFORMER_NOTIFICATION = "WorkflowPerformerNotification";
    OPTIMIZE_DISPLAY_TABLE = "OptimizeDisplayTable";
    TARGET_RESOURCE_REPORT = "TargetResourceReport";
    UNIVERSE_DATA_MODEL = "UniverseDataModel";
    CONNECTORS_ACCESS_CONTROL_RULES = "ConnectorsAccessControlRules" "Lets a profile change connectors, connections and mappings.";
    CREATE_ADMINISTRATOR_PROFILE = "CreateAdministratorProfile" "A profile with every permission on every entity type: Administrator, or the one named.";
    CREATE_UPDATE_DELETE_TEMPLATE = "CreateUpdateDeleteTemplate";
    ENTITY_REPORT_DEFAULT = "EntityReportDefault";
    JOB_EXECUTION_ACCESS_CONTROL_RULES = "JobExecutionAccessControlRules" "Lets a profile see, launch and repair jobs, and keep the state of their runs.";
    JOB_VIEW_ACCESS_CONTROL_RULES = "JobViewAccessControlRules" "Lets a profile see jobs, their runs and their logs.";
    SIMULATION_ACCESS_CONTROL_RULES = "SimulationAccessControlRules";
    UPDATE_RESOURCES_TEMPLATE = "UpdateResourcesTemplate";
    VIEW_SOURCE_RESOURCE_TEMPLATE = "ViewSourceResourceTemplate";
    VIEW_TARGET_RESOURCE_TEMPLATE = "ViewTargetResourceTemplate";
    VIEW_TEMPLATE = "ViewTemplate";
    VIEW_TEMPLATE_ADAPTABLE = "ViewTemplateAdaptable";
    BOOTSTRAP_MODULE = "BootstrapModule";
    WORKFORCE_MODULE = "WorkforceModule";
}
