//! The engine's own tables as entity types. To add one, add its entry to [`TABLES`] and its line to `docs/queries.md`.

use super::catalogue::{Kind, Stored};
use provost_model::changes::Command;

/// A table that can be queried. Its property `Id` tells rows apart.
pub(super) struct SystemTable {
    /// Name in queries.
    pub(super) name: &'static str,
    /// Name in the database.
    pub(super) table: &'static str,
    /// Property, column, type in the database, meaning.
    pub(super) columns: &'static [(&'static str, &'static str, Stored, Kind)],
    /// Property, whether it leads to several, entity type that it leads to, own property, property of the other one. The
    /// latter is unique where the property leads to one.
    pub(super) joins: &'static [(&'static str, bool, &'static str, &'static str, &'static str)],
    /// Property that the table lies in the order of, before the id.
    pub(super) cluster: Option<&'static str>,
}

/// The navigation of every deployed entity type to the assigned resource types that its resources are the targets of.
pub(super) const OF_TARGET: &str = "ResourceAssignedResourceTypes";

/// All tables that can be queried.
pub(super) fn tables() -> impl Iterator<Item = &'static SystemTable> {
    TABLES.iter().chain(super::assigned::TABLES)
}

const COMMANDS: Kind = Kind::Word(&[
    (Command::Insert as i64, "Insert"),
    (Command::Update as i64, "Update"),
    (Command::Delete as i64, "Delete"),
]);

/// All of them.
const TABLES: &[SystemTable] = &[
    SystemTable {
        name: "Resource",
        table: "UR_Resources",
        columns: &[
            ("Id", "Id", Stored::Int, Kind::Id),
            ("EntityTypeId", "Type", Stored::Int, Kind::Id),
            ("InternalDisplayName", "DisplayName_L1", Stored::Text, Kind::Text),
            ("ValidFrom", "ValidFrom", Stored::Int, Kind::Instant),
            ("Dirty", "Dirty", Stored::Int, Kind::Bool),
        ],
        joins: &[("EntityType", false, "EntityType", "EntityTypeId", "Id")],
        cluster: None,
    },
    SystemTable {
        name: "SynchronizeSession",
        table: "UJ_SynchronizationSessions",
        columns: &[
            ("Id", "Id", Stored::Text, Kind::Text),
            ("ConnectorIdentifier", "Connector", Stored::Text, Kind::Text),
            ("Mode", "Mode", Stored::Text, Kind::Text),
            ("Sequence", "Sequence", Stored::Int, Kind::Long),
            ("State", "State", Stored::Text, Kind::Text),
            ("BaseDigest", "BaseDigest", Stored::Text, Kind::Text),
            ("NewDigest", "NewDigest", Stored::Text, Kind::Text),
            ("ChangeSetHash", "ChangeSetHash", Stored::Text, Kind::Text),
            ("RunId", "Run_Id", Stored::Int, Kind::Id),
            ("Summary", "Summary", Stored::Text, Kind::Json),
            ("CreatedAt", "CreatedAt", Stored::Int, Kind::Instant),
            ("UpdatedAt", "UpdatedAt", Stored::Int, Kind::Instant),
        ],
        joins: &[
            ("Connector", false, "Connector", "ConnectorIdentifier", "Identifier"),
            ("ResourceChanges", true, "ResourceChange", "RunId", "RunId"),
            ("ResourceLinkChanges", true, "ResourceLinkChange", "RunId", "RunId"),
            ("Problems", true, "Problem", "RunId", "RunId"),
        ],
        cluster: None,
    },
    SystemTable {
        name: "ResourceChange",
        table: "UR_ResourceChanges",
        columns: &[
            ("Id", "Id", Stored::Int, Kind::Id),
            ("RunId", "Run_Id", Stored::Int, Kind::Id),
            ("Command", "Command", Stored::Int, COMMANDS),
            ("EntityTypeId", "Type", Stored::Int, Kind::Id),
            ("ResourceId", "Resource_Id", Stored::Int, Kind::Id),
            ("KeyValue", "KeyValue", Stored::Text, Kind::Text),
            ("InternalDisplayName", "DisplayName_L1", Stored::Text, Kind::Text),
            ("Line", "Line", Stored::Int, Kind::Long),
        ],
        joins: &[
            ("EntityType", false, "EntityType", "EntityTypeId", "Id"),
            ("Resource", false, "Resource", "ResourceId", "Id"),
        ],
        cluster: None,
    },
    SystemTable {
        name: "ResourceLinkChange",
        table: "UR_ResourceLinkChanges",
        columns: &[
            ("Id", "Id", Stored::Int, Kind::Id),
            ("RunId", "Run_Id", Stored::Int, Kind::Id),
            ("Command", "Command", Stored::Int, COMMANDS),
            ("EntityAssociationId", "Association_Id", Stored::Int, Kind::Id),
            ("Resource1Id", "Resource1_Id", Stored::Int, Kind::Id),
            ("Resource2Id", "Resource2_Id", Stored::Int, Kind::Id),
            ("Key1", "Key1", Stored::Text, Kind::Text),
            ("Key2", "Key2", Stored::Text, Kind::Text),
            ("Line", "Line", Stored::Int, Kind::Long),
        ],
        joins: &[
            ("EntityAssociation", false, "EntityAssociation", "EntityAssociationId", "Id"),
            ("Resource1", false, "Resource", "Resource1Id", "Id"),
            ("Resource2", false, "Resource", "Resource2Id", "Id"),
        ],
        cluster: None,
    },
    SystemTable {
        name: "Problem",
        table: "UJ_Problems",
        columns: &[
            ("Id", "Id", Stored::Int, Kind::Id),
            ("RunId", "Run_Id", Stored::Int, Kind::Id),
            ("Table", "TableName", Stored::Text, Kind::Text),
            ("Line", "Line", Stored::Int, Kind::Long),
            ("Column", "ColumnName", Stored::Text, Kind::Text),
            ("Value", "Value", Stored::Text, Kind::Text),
            ("Reason", "Reason", Stored::Text, Kind::Text),
            ("Remedy", "Remedy", Stored::Text, Kind::Text),
        ],
        joins: &[],
        cluster: None,
    },
    SystemTable {
        name: "JobInstance",
        table: "UJ_JobInstances",
        columns: &[
            ("Id", "Id", Stored::Int, Kind::Id),
            ("JobIdentifier", "Job", Stored::Text, Kind::Text),
            ("Trigger", "Trigger", Stored::Text, Kind::Text),
            ("ScheduledFor", "ScheduledFor", Stored::Int, Kind::Instant),
            ("State", "State", Stored::Text, Kind::Text),
            ("IsIncremental", "IsIncremental", Stored::Int, Kind::Bool),
            ("RequestedBy", "RequestedBy", Stored::Text, Kind::Text),
            ("Reason", "Reason", Stored::Text, Kind::Text),
            ("CreatedAt", "CreatedAt", Stored::Int, Kind::Instant),
            ("StartDate", "StartedAt", Stored::Int, Kind::Instant),
            ("EndDate", "EndedAt", Stored::Int, Kind::Instant),
            ("CancelledBy", "CancelledBy", Stored::Text, Kind::Text),
            ("Error", "Error", Stored::Text, Kind::Json),
        ],
        joins: &[
            ("Job", false, "Job", "JobIdentifier", "Identifier"),
            ("TaskInstances", true, "TaskInstance", "Id", "JobInstanceId"),
        ],
        cluster: None,
    },
    SystemTable {
        name: "TaskInstance",
        table: "UJ_TaskInstances",
        columns: &[
            ("Id", "Id", Stored::Int, Kind::Id),
            ("JobInstanceId", "JobInstance_Id", Stored::Int, Kind::Id),
            ("Position", "Position", Stored::Int, Kind::Int),
            ("Level", "Level", Stored::Int, Kind::Int),
            ("TaskIdentifier", "Task", Stored::Text, Kind::Text),
            ("Element", "Kind", Stored::Text, Kind::Text),
            ("AgentIdentifier", "Agent", Stored::Text, Kind::Text),
            ("ConnectorIdentifier", "Connector", Stored::Text, Kind::Text),
            ("State", "State", Stored::Text, Kind::Text),
            ("CreatedAt", "CreatedAt", Stored::Int, Kind::Instant),
            ("StartDate", "StartedAt", Stored::Int, Kind::Instant),
            ("EndDate", "EndedAt", Stored::Int, Kind::Instant),
            ("Produced", "Produced", Stored::Int, Kind::Bool),
            ("Attempts", "Attempts", Stored::Int, Kind::Int),
            ("ChangeSetHash", "ChangeSetHash", Stored::Text, Kind::Text),
            ("Summary", "Summary", Stored::Text, Kind::Json),
            ("Progress", "Progress", Stored::Text, Kind::Json),
            ("Error", "Error", Stored::Text, Kind::Json),
        ],
        joins: &[
            ("JobInstance", false, "JobInstance", "JobInstanceId", "Id"),
            ("Task", false, "Task", "TaskIdentifier", "Identifier"),
            ("Agent", false, "Agent", "AgentIdentifier", "Identifier"),
            ("Connector", false, "Connector", "ConnectorIdentifier", "Identifier"),
        ],
        cluster: None,
    },
    SystemTable {
        name: "JournalEntry",
        table: "UJ_Journal",
        columns: &[
            ("Id", "Id", Stored::Int, Kind::Id),
            ("Actor", "Actor", Stored::Text, Kind::Text),
            ("Reason", "Reason", Stored::Text, Kind::Text),
            ("At", "At", Stored::Int, Kind::Instant),
            ("DurationMicros", "DurationMicros", Stored::Int, Kind::Long),
            ("Counts", "Counts", Stored::Text, Kind::Json),
        ],
        joins: &[],
        cluster: None,
    },
];
