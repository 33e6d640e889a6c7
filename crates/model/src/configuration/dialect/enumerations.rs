//! Lists of values that attributes choose from.

use super::definition::Enumeration;

macro_rules! numbered {
    ($($(#[$doc:meta])* $name:ident = $label:literal [$($number:literal $value:literal),* $(,)?];)*) => {
        $($(#[$doc])* pub(super) static $name: Enumeration = Enumeration::numbered($label, &[$(($number, $value)),*]);)*
    };
}

numbered! {
    AGENT_STATE = "AgentState" [0 "Unknown", 1 "Online", 2 "Offline"];
    JOB_INTEGRATION = "JobIntegrationRule" [0 "Used", 1 "NotUsed", 2 "OnlySynchronization", 3 "OnlyProvisioning"];
    DEACTIVATION = "DeactivationExportFulfill" [0 "None", 1 "Export", 2 "Fulfill"];
    KEY_TYPE = "KeyType" [0 "None", 1 "Primary", 2 "Unique"];
    VALUE_TYPE = "ValueType" [
        0 "String", 1 "Bytes", 2 "Int32", 3 "Int64", 4 "DateTime", 5 "Bool", 6 "Guid", 7 "Double", 8 "Binary",
        9 "Byte", 10 "Int16",
    ];
    PROPERTY_TYPE = "EntityPropertyType" [
        0 "String", 1 "Bytes", 2 "Int32", 3 "Int64", 4 "DateTime", 5 "Bool", 6 "Guid", 7 "Double", 8 "Binary",
        9 "Byte", 10 "Int16", 11 "Option", 12 "ForeignKey",
    ];
    CRON_TIME_ZONE = "CronTimeZone" [0 "UTC", 1 "ServerTime"];
    LOG_LEVEL = "LogLevel" [
        0 "Trace", 1 "Debug", 2 "Information", 3 "Warning", 4 "Error", 5 "Critical", 6 "None",
    ];
    SYNCHRONIZATION_MODE = "SynchronizationMode" [0 "Initial", 1 "Complete", 2 "Incremental"];
    SYNCHRONIZATION_TYPE = "SynchronizationType" [0 "None", 1 "Changes", 2 "ActiveDirectory"];
    PASSWORD_RESET_MODE = "PasswordResetMode" [0 "Disabled", 1 "OneWay", 2 "TwoWay"];
    APPROVAL_WORKFLOW = "ProvisioningPolicyApprovalWorkflow" [
        0 "None", 1 "One", 2 "Two", 3 "Three", 4 "ManualAssignmentNotAllowed",
    ];
    IMPLICIT_APPROVAL = "ImplicitApproval" [0 "Inherited", 1 "Explicit", 2 "Implicit"];
    PROLONGATION = "ProlongationWithoutApproval" [0 "Inherited", 1 "Enabled", 2 "Disabled"];
    END_DATE_MODE = "ManualAssignmentEndDateLockedToContextMode" [
        0 "ExplicitNotContextBoundByDefault", 1 "ExplicitContextBoundByDefault", 2 "Never", 3 "Always", 4 "Inherited",
    ];
    COMMENT = "CommentActivation" [0 "Disabled", 1 "Optional", 2 "Required"];
    INHERITED_COMMENT = "CommentActivationWithInherited" [0 "Disabled", 1 "Optional", 2 "Required", 3 "Inherited"];
    RULE_TYPE = "RuleType" [0 "Required", 1 "RequestedAutomatically", 2 "Suggested"];
    COMPARISON_TYPE = "ComparisonType" [
        0 "CaseSensitive", 1 "IgnoreCase", 2 "IgnoreDiacritics", 3 "Simplified", 4 "Approximate",
    ];
    QUERY_OPERATOR = "QueryComparisonOperator" [
        0 "Auto", 1 "NotEqual", 2 "Equal", 3 "Contain", 4 "StartWith", 5 "EndWith", 6 "NotContain", 7 "NotStartWith",
        8 "NotEndWith", 9 "GreaterThan", 10 "LessThan", 11 "GreaterThanOrEqual", 12 "LessThanOrEqual",
        13 "FlexibleEqual", 14 "FlexibleContain", 15 "FlexibleStartWith", 16 "FlexibleEndWith",
    ];
    RISK_EXEMPTION = "RiskExemptionPolicy" [0 "Warning", 1 "Blocking", 2 "ApprovalRequired"];
    RISK_TYPE = "RiskType" [0 "SoD", 1 "HighPrivileges"];
    RISK_FACTOR = "RiskFactorType" [0 "None", 1 "Max", 2 "Average"];
    RECORD_BOUNDARY = "RecordBoundaryKind" [0 "None", 1 "Kept"];
    RECORD_EXTENSION = "RecordExtensionKind" [0 "Default", 4 "None"];
    DECISION = "AutomationRuleDecision" [0 "Approve", 1 "Decline"];
    POINT_CUT_MODE = "PointCutMode" [0 "Before", 1 "After"];
    RECORD_FILTER = "RecordFilter" [0 "Current", 1 "CurrentAndFuture", 2 "All"];
    WORKFLOW_REQUEST = "WorkflowRequestType" [0 "None", 1 "Self", 2 "Helpdesk", 3 "Administration"];
    FILTER_OPERATOR = "AccessControlFilterOperator" [0 "Equals", 1 "NotEquals"];
    COLUMN_NAMES_MODE = "ColumnNamesMode" [0 "DisplayName", 1 "Identifier"];
    DIRECTION = "AssociationDirection" [0 "Both", 1 "From1To2", 2 "From2To1"];
    WORKFLOW_STATE = "WorkflowState" [
        0 "None", 1 "Found", 2 "RequestedMissingParameters", 3 "Historic", 4 "Requested",
        5 "CalculatedMissingParameters", 8 "PendingApproval", 9 "PendingApproval1", 10 "PendingApproval2",
        11 "PendingApproval1Of3", 12 "PendingApproval2Of3", 13 "PendingApproval3Of3", 16 "Approved", 17 "Declined",
        18 "PolicyApproved", 19 "Inactive", 20 "Cancellation", 21 "Suggested", 22 "SuggestedAutomatic",
        23 "AutomaticWithValidation", 24 "ApprovedQuestioned", 25 "PendingApprovalRisk", 26 "Blocked", 27 "Prolonged",
        116 "ApprovedRisk", 118 "GivenByRole",
    ];
}

/// `TimeOffsetReference`; one sample of the documentation writes `Arround`.
pub(super) static TIME_OFFSET: Enumeration =
    Enumeration::numbered("TimeOffsetReference", &[(0, "Default"), (1, "Around"), (2, "Before"), (3, "After")])
        .aliases(&[("Arround", "Around")]);
/// `Transformation/@Type`.
pub(super) static TRANSFORMATION: Enumeration =
    Enumeration::named("TransformationType", &["ConcatColumns", "TransformDate", "WhereValue"]);
/// `WhereOperator`; the documentation prints `CotContains`.
pub(super) static WHERE_OPERATOR: Enumeration = Enumeration::named(
    "WhereOperator",
    &["Equals", "NotEquals", "Contains", "NotContains", "StartsWith", "EndsWith", "Regex"],
)
.aliases(&[("CotContains", "NotContains")]);
/// `TicketImpact` and `TicketUrgency`.
pub(super) static LOW_TO_HIGH: Enumeration = Enumeration::named("TicketLevel", &["Low", "Medium", "High"]);
/// `InvitationMode`.
pub(super) static INVITATION: Enumeration = Enumeration::named("InvitationMode", &["None", "MicrosoftInvitation"]);
/// `HttpCommand`.
pub(super) static HTTP_COMMAND: Enumeration = Enumeration::named("HttpCommand", &["Get", "Put", "Post", "Delete"])
    .aliases(&[("GET", "Get"), ("PUT", "Put"), ("POST", "Post"), ("DELETE", "Delete")]);
/// `AutomationRule/@Type`.
pub(super) static AUTOMATION_TYPE: Enumeration =
    Enumeration::named("AutomationRuleType", &["CompositeRole", "SingleRole", "ResourceType", "Category", "Policy"]);
/// `Activity/@Template`.
pub(super) static ACTIVITY_TEMPLATE: Enumeration = Enumeration::named(
    "ActivityTemplate",
    &["Action", "ActionWithRefine", "Review", "ReviewWithFeedback", "ContinueWith", "Persist", "PersistOnlyResources"],
);
/// `Recipient/@Type`.
pub(super) static RECIPIENT: Enumeration =
    Enumeration::named("RecipientType", &["Actor", "Performer", "Binding", "Hardcoded", "Expression", "Profile"]);
/// `DisplayTableDesignElement`.
pub(super) static TABLE_DESIGN: Enumeration =
    Enumeration::named("DisplayTableDesignElement", &["table", "list", "resourcetable", "adaptable"]);
/// `SearchBarDesignElement`.
pub(super) static SEARCH_BAR_DESIGN: Enumeration = Enumeration::named("SearchBarDesignElement", &["Block", "Inline"]);
/// `TileDesignElement`.
pub(super) static TILE_DESIGN: Enumeration =
    Enumeration::named("TileDesignElement", &["inline data-icon", "picture-text"]);
