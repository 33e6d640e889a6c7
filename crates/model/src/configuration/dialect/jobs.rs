//! Jobs and tasks.

use super::common::*;
use super::definition::{Attribute, Element, Kind};
use super::enumerations as e;

const CONNECTOR: Attribute = reference("Connector", "Connector", "Connector concerned.");
const AGENT: Attribute = reference("Agent", "Agent", "Agent that runs it; absent: the server.");
const CLIENT: Attribute = reference("OpenIdClient", "OpenIdClient", "Client by which the agent calls the server.");
const CONTINUE: Attribute = flag("ContinueOnError", "An error does not stop the job.");
const DIRTY: Attribute = flag("Dirty", "Only what was recently modified.");
const BATCH: Attribute = count("BatchSize", "Rows at a time; 0 as the engine likes.");
const BATCH_SELECT: Attribute = count("BatchSelectSize", "Rows read at a time; 0 as the engine likes.");
const BATCH_INSERT: Attribute = count("BatchInsertSize", "Rows written at a time; 0 as the engine likes.").inert();
const BATCH_UPDATE: Attribute = count("BatchUpdateSize", "Rows updated at a time; 0 as the engine likes.").inert();
const ALL_ENTITY_TYPES: Attribute = flag("AllEntityType", "All entity types.");
const LEVEL: Attribute =
    Attribute::new("Level", Kind::Int(-1, 1_000_000), "Tasks of one level start together; -1 by position.").or("-1");
const SYNCHRONIZATION_TYPE: Attribute =
    choice("Type", &e::SYNCHRONIZATION_TYPE, "Form of the exported files.").or("None");

static DEPENDS_ON: Element = Element::new("TaskDependsOnTask", "Runs only when another task produced something.")
    .acted_on()
    .natural(&["ParentTask"])
    .attributes(&[&[reference("ParentTask", "Task", "The other task.").required()]]);

static TASK_ENTITY_TYPE: Element = Element::new("TaskEntityType", "An entity type that a task works on.")
    .acted_on()
    .natural(&["EntityType"])
    .attributes(&[&[OF_ENTITY_TYPE.aliases(&["Identifier"]).required()]]);

static TASK_RESOURCE_TYPE: Element = Element::new("TaskResourceType", "A resource type that a task works on.")
    .acted_on()
    .natural(&["ResourceType"])
    .attributes(&[&[reference("ResourceType", "ResourceType", "The resource type.")
        .aliases(&["Identifier"])
        .required()]]);

/// `run`: this version does the work. `keep`: it does not yet.
macro_rules! acts {
    (run) => {
        true
    };
    (keep) => {
        false
    };
}

/// Every task, and its form that overrides an existing task inside a job.
macro_rules! tasks {
    ($($name:ident $over:ident $acted_on:ident $label:literal $override_label:literal $doc:literal [$($attribute:expr),* $(,)?];)*) => {
        $(
            static $name: Element = Element::new($label, $doc)
                .class("Task")
                .acting(acts!($acted_on))
                .attributes(&[&[OPTIONAL_ID, REQUIRED_LABEL, LEVEL], &[$($attribute),*]])
                .children(&[TASK_CHILDREN]);
            static $over: Element = Element::new($override_label, "An existing task with other attributes.")
                .class("TaskOverride")
                .acting(acts!($acted_on))
                .attributes(&[
                    &[reference("Identifier", "Task", "Task that it changes.").required(), LABEL, LEVEL],
                    &[$($attribute.optional()),*],
                ])
                .children(&[TASK_CHILDREN]);
        )*
        static TASKS: &[&Element] = &[$(&$name),*];
        static OVERRIDES: &[&Element] = &[$(&$over),*];
    };
}

static TASK_CHILDREN: &[&Element] = &[&DEPENDS_ON, &TASK_ENTITY_TYPE, &TASK_RESOURCE_TYPE];

tasks! {
    EXPORT EXPORT_O run "ExportTask" "ExportTaskOverride" "Runs the export of a connection." [
        AGENT.required(), CLIENT.required(), reference("Connection", "Connection", "Connection exported."), CONNECTOR,
        CONTINUE, flag("IgnoreCookieFile", "Export everything."), flag("InitMode", "Keep no archive."),
    ];
    PREPARE PREPARE_O run "PrepareSynchronizationTask" "PrepareSynchronizationTaskOverride"
        "Cleanses and compares exported files." [
        AGENT.required(), CLIENT.required(), CONNECTOR.required(),
        choice("SynchronizationMode", &e::SYNCHRONIZATION_MODE, "What is compared.").required(),
        SYNCHRONIZATION_TYPE, text("ColumnName", "Column that holds the command."),
        text("WorkingDirectory", "Folder to work in."),
    ];
    SYNCHRONIZE SYNCHRONIZE_O run "SynchronizeTask" "SynchronizeTaskOverride" "Brings prepared files into the repository." [
        CONNECTOR.required(), SYNCHRONIZATION_TYPE, flag("DoNotDeleteChanges", "Keep the change tables."),
        flag("ForceSynchronization", "Ignore thresholds."), flag("Orphans", "Resolve links held back."),
    ];
    SET_FLAG SET_FLAG_O run "SetRecentlyModifiedFlagTask" "SetRecentlyModifiedFlagTaskOverride"
        "Marks what synchronisation changed." [];
    MANAGE_INDEXES MANAGE_INDEXES_O run "ManageConfigurationIndexesTask" "ManageConfigurationIndexesTaskOverride"
        "Makes the indexes that the configuration asks for." [];
    RESET_VALID_FROM RESET_VALID_FROM_O run "ResetValidFromTask" "ResetValidFromTaskOverride"
        "Lets the history begin at the beginning." [];
    UPDATE_NAMES UPDATE_NAMES_O keep "UpdateParametersContextDisplayNamesTask" "UpdateParametersContextDisplayNamesTaskOverride"
        "Renews the labels of contexts." [];
    CLEAN CLEAN_O run "CleanDataBase" "CleanDataBaseOverride" "Closes jobs that were left in progress." [];
    EXPRESSIONS EXPRESSIONS_O run "UpdateEntityPropertyExpressionsTask" "UpdateEntityPropertyExpressionsTaskOverride"
        "Computes properties." [ALL_ENTITY_TYPES, BATCH_SELECT, BATCH_UPDATE, DIRTY, CONNECTOR];
    CORRELATION CORRELATION_O run "ComputeCorrelationKeysTask" "ComputeCorrelationKeysTaskOverride"
        "Computes correlation keys." [ALL_ENTITY_TYPES, BATCH, DIRTY, CONNECTOR];
    ROLE_MODEL ROLE_MODEL_O run "ComputeRoleModelTask" "ComputeRoleModelTaskOverride" "Evaluates the policy." [
        BATCH_SELECT, BATCH_INSERT, flag("BlockProvisioning", "Orders wait for a review where their type says so."),
        flag("BlockAllResourceTypeProvisioning", "All orders wait for a review."), DIRTY,
        flag("IgnoreHistorization", "Keep no history."), flag("UseLdif", "Store nothing of the outcome."),
        text("LdifFilePath", "That file.").inert(), CONNECTOR,
    ];
    RISK_SCORES RISK_SCORES_O run "ComputeRiskScoresTask" "ComputeRiskScoresTaskOverride" "Computes risk scores." [
        BATCH, DIRTY, CONNECTOR.inert(),
    ];
    ROLE_NOTIFICATIONS ROLE_NOTIFICATIONS_O keep "SendRoleModelNotificationsTask" "SendRoleModelNotificationsTaskOverride"
        "Tells reviewers what waits for them." [CONNECTOR];
    ORDERS ORDERS_O run "GenerateProvisioningOrdersTask" "GenerateProvisioningOrdersTaskOverride"
        "Makes orders of assignments." [
        CONNECTOR, count("BatchInsertSize", "Orders in a file; 0 for 1000."),
        count("BatchSelectSize", "Owners looked at together; 0 for 1000."), flag("ForceProvisioning", "Ignore thresholds."),
    ];
    FULFILL FULFILL_O run "FulfillTask" "FulfillTaskOverride" "Carries out orders." [
        AGENT, CLIENT, CONNECTOR, reference("Connection", "Connection", "Connection that carries them out."),
        count("BatchSize", "Results told together; 0 for 100."), CONTINUE, DIRTY.inert(),
        flag("IgnoreHistorization", "Keep no history.").inert(),
    ];
    CLASSIFICATION CLASSIFICATION_O run "UpdateClassificationTask" "UpdateClassificationTaskOverride"
        "Finds the resource types of targets." [BATCH, DIRTY, CONNECTOR];
    BUILD_ROLES BUILD_ROLES_O run "BuildRoleModelTask" "BuildRoleModelTaskOverride" "Applies naming rules." [CONNECTOR];
    REFRESH_SCHEMA REFRESH_SCHEMA_O run "RefreshSchemaTask" "RefreshSchemaTaskOverride" "Reads the schemas of connections." [
        CONNECTOR, AGENT, CLIENT,
    ];
    MINING MINING_O run "GetRoleMiningTask" "GetRoleMiningTaskOverride" "Looks for assignment rules." [
        flag("AllEntities", "All entity types."), flag("IsSimulated", "Into a simulation."),
    ];
    PROFILES PROFILES_O keep "SetInternalUserProfilesTask" "SetInternalUserProfilesTaskOverride" "Applies profile rules." [
        BATCH_INSERT, BATCH_SELECT,
    ];
    PRE_EXISTING PRE_EXISTING_O run "SavePreExistingAccessRightsTask" "SavePreExistingAccessRightsTaskOverride"
        "Takes what is there for pre-existing." [
        text("AssignedResourceTypeSQL", "Query for resource types."),
        text("AssignedResourceScalarSQL", "Query for values."),
        text("AssignedResourceNavigationSQL", "Query for links."),
    ];
    MAINTAIN MAINTAIN_O run "MaintainIndexesTask" "MaintainIndexesTaskOverride" "Keeps the database in order." [
        flag("AllIndexes", "All indexes."), CONTINUE, flag("NoNormalizationCheck", "Look for no inconsistencies."),
        flag("Offline", "May lock tables."), count("PageCount", "Least size; 0 for 1000."),
        count("RebuildThreshold", "Percent; 0 for 30."), count("ReorganizeThreshold", "Percent; 0 for 5."),
        count("UpdateStatsThreshold", "Percent; 0 for 10."),
    ];
    DEPLOY DEPLOY_O run "DeployConfigurationTask" "DeployConfigurationTaskOverride" "Deploys a configuration folder." [
        text("ConfigurationDirectory", "The folder.").required(), text("GeneratedFile", "File written."),
        text("GeneratedCodePath", "Folder of generated code."),
        text("GeneratedCodeNamespace", "Namespace of generated code."),
    ];
    SEND_NOTIFICATIONS SEND_NOTIFICATIONS_O keep "SendNotificationsTask" "SendNotificationsTaskOverride"
        "Sends notifications." [BATCH];
    INVOKE_EXPRESSION INVOKE_EXPRESSION_O run "InvokeExpressionTask" "InvokeExpressionTaskOverride" "Runs a script." [
        AGENT, CLIENT, CONNECTOR, text("InputPath", "The script."), CONTINUE,
        count("Timeout", "Seconds; 0 for the time limit of tasks."),
    ];
    INVOKE_SQL INVOKE_SQL_O run "InvokeSqlCommandTask" "InvokeSqlCommandTaskOverride" "Runs SQL." [
        AGENT, CLIENT, CONNECTOR, text("SQLCommand", "The SQL."), text("SQLInputFile", "File with the SQL."),
        text("OutputPath", "File or folder of the result, below Temp/ExportOutput."), text("DatabaseIdentifier", "Database of the agent's settings."),
        text("Provider", "Database provider."), text("ProviderAssemblyQualifiedName", "Class of the provider."),
        text("IsolationLevel", "Isolation level."), text("Encoding", "Encoding of the results."),
        flag("IsNotAQuery", "Yields no rows."), count("Timeout", "Seconds; 0 for 30."), CONTINUE,
    ];
    INVOKE_API INVOKE_API_O run "InvokeApiTask" "InvokeApiTaskOverride" "Calls the server's API." [
        AGENT.required(), CLIENT.required(), text("ApiUrl", "Relative address.").required(),
        choice("HttpCommand", &e::HTTP_COMMAND, "Method.").required(), text("Body", "File with the body."),
    ];
    INVOKE_ASPECTS INVOKE_ASPECTS_O keep "InvokeAspectsTask" "InvokeAspectsTaskOverride" "Runs queued scripts." [
        AGENT.required(), CLIENT.required(), text("OutputPath", "Folder of the results."),
    ];
    VIEWS VIEWS_O run "CreateDatabaseViewsTask" "CreateDatabaseViewsTaskOverride" "Makes a view per entity type." [
        AGENT.required(), CLIENT.required(),
    ];
    ACTORS ACTORS_O keep "ActivityInstanceActorTask" "ActivityInstanceActorTaskOverride" "Finds who may act in workflows." [
        AGENT, CLIENT,
    ];
    SET_REVIEWER SET_REVIEWER_O keep "SetAccessCertificationReviewerTask" "SetAccessCertificationReviewerTaskOverride"
        "Assigns items to certify." [AGENT, CLIENT];
    SEND_CERTIFICATION SEND_CERTIFICATION_O keep "SendAccessCertificationNotificationTask"
        "SendAccessCertificationNotificationTaskOverride" "Tells reviewers of campaigns." [AGENT, CLIENT];
    PROCESS_CERTIFICATION PROCESS_CERTIFICATION_O keep "ProcessAccessCertificationItemsTask"
        "ProcessAccessCertificationItemsTaskOverride" "Carries out decisions of campaigns." [AGENT, CLIENT];
    UPDATE_CAMPAIGN UPDATE_CAMPAIGN_O keep "UpdateAccessCertificationCampaignTask"
        "UpdateAccessCertificationCampaignTaskOverride" "Starts and stops campaigns." [AGENT, CLIENT];
}

static JOB: Element = Element::new("Job", "Tasks that run one after the other.")
    .acted_on()
    .attributes(&[
        NAMED,
        &[
            AGENT,
            text("CronTabExpression", "When it starts by itself."),
            choice("CronTimeZone", &e::CRON_TIME_ZONE, "Time zone of that.").or("UTC"),
            flag("IsConnectorJob", "Behind the screen of a connector."),
            flag("IsIncremental", "In incremental mode."),
            flag("IsInitializationJob", "The first load."),
            choice("LogLevel", &e::LOG_LEVEL, "What is logged.").or("None"),
            flag("UserStartDenied", "Cannot be started by hand."),
        ],
    ])
    .children(&[&[&STEP], TASKS, OVERRIDES]);

static STEP: Element = Element::new("Step", "An existing task.")
    .acted_on()
    .natural(&["Identifier", "Level"])
    .attributes(&[&[reference("Identifier", "Task", "The task.").aliases(&["Task"]).required(), LEVEL]]);

/// Elements of this file that stand at the root.
pub(super) static ROOT: &[&Element] = &[&JOB];
/// Tasks, which stand at the root too.
pub(super) static ROOT_TASKS: &[&Element] = TASKS;
