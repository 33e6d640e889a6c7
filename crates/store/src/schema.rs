//! The tables, and the steps that bring an older schema to this one.

use crate::error::StoreError;
use crate::link::Link;
use crate::policy::{orders, reviews, schema as policy};
use crate::value::Arg;
use provost_model::Slot;

/// One step per schema version: step n brings version n to version n + 1.
///
/// `UR_Resources`, its history and its change table start without slots: deployment adds those that are used.
/// Keys sort by the bytes of their text on both databases.
const STEPS: &[&str] = &[
    r"
CREATE TABLE UM_Counters (Name {text} NOT NULL PRIMARY KEY, Value {int} NOT NULL){clustered};
CREATE TABLE UM_ConfigurationItems (
    Element {text} NOT NULL, Identity {text} NOT NULL, File {text} NOT NULL, Json {text} NOT NULL,
    Position {int} NOT NULL, PRIMARY KEY (Element, Identity)){clustered};
CREATE TABLE UM_EntityTypes (Id {id}, Identifier {text} NOT NULL UNIQUE);
CREATE TABLE UM_EntityProperties (
    Id {id}, EntityType_Id {int} NOT NULL, Identifier {text} NOT NULL, Position {int} NOT NULL,
    TargetColumnIndex {int} NOT NULL, IsNavigation {int} NOT NULL, HistoryPrecision {int} NOT NULL,
    KeyRole {int} NOT NULL, IsMapped {int} NOT NULL, UNIQUE (EntityType_Id, Identifier));
CREATE TABLE UM_EntityPropertySlots (
    EntityType_Id {int} NOT NULL, Property_Id {int} NOT NULL, TargetColumnIndex {int} NOT NULL,
    IsNavigation {int} NOT NULL, ValidFrom {int} NOT NULL, ValidTo {int} NOT NULL);
CREATE TABLE UM_EntityAssociations (
    Id {id}, Identifier {text} NOT NULL UNIQUE, Property1_Id {int} NOT NULL, Property2_Id {int} NOT NULL,
    StoredSide {int} NOT NULL, TargetColumnIndex {int} NOT NULL);
CREATE TABLE UM_ResourceColumns (TargetColumnIndex {id});

CREATE TABLE UR_Resources (
    Id {id}, Type {int} NOT NULL, ValidFrom {int} NOT NULL, Dirty {int} NOT NULL DEFAULT 0, DisplayName_L1 {text});
CREATE INDEX UR_Resources_Type ON UR_Resources (Type{then_id});
CREATE INDEX UR_Resources_Dirty ON UR_Resources (Type{then_id}) WHERE Dirty = 1;
CREATE TABLE UR_ResourcesHistory (
    Id {int} NOT NULL, Type {int} NOT NULL, ValidFrom {int} NOT NULL, ValidTo {int} NOT NULL,
    KeyValue {text}, DisplayName_L1 {text});
CREATE INDEX UR_ResourcesHistory_Id ON UR_ResourcesHistory (Id, ValidTo);
CREATE INDEX UR_ResourcesHistory_Key ON UR_ResourcesHistory (Type, KeyValue, Id, ValidTo);
CREATE TABLE UR_ResourceKeys (
    EntityType_Id {int} NOT NULL, Property_Id {int} NOT NULL, KeyValue {text} NOT NULL, Resource_Id {int} NOT NULL,
    Fingerprint {int} NOT NULL, PRIMARY KEY (EntityType_Id, Property_Id, KeyValue, Resource_Id)){clustered};
CREATE TABLE UR_ResourceLinks (
    Association_Id {int} NOT NULL, Resource1_Id {int} NOT NULL, Resource2_Id {int} NOT NULL,
    ValidFrom {int} NOT NULL, PRIMARY KEY (Association_Id, Resource1_Id, Resource2_Id)){clustered};
CREATE INDEX UR_ResourceLinks_Reverse ON UR_ResourceLinks (Association_Id, Resource2_Id, Resource1_Id);
CREATE TABLE UR_ResourceLinksHistory (
    Association_Id {int} NOT NULL, Resource1_Id {int} NOT NULL, Resource2_Id {int} NOT NULL,
    ValidFrom {int} NOT NULL, ValidTo {int} NOT NULL);
CREATE INDEX UR_ResourceLinksHistory_1 ON UR_ResourceLinksHistory (Resource1_Id, ValidTo);
CREATE INDEX UR_ResourceLinksHistory_2 ON UR_ResourceLinksHistory (Resource2_Id, ValidTo);
CREATE TABLE UR_ResourceLinkOrphans (
    Association_Id {int} NOT NULL, Key1 {text} NOT NULL, Key2 {text} NOT NULL,
    PRIMARY KEY (Association_Id, Key1, Key2)){clustered};

CREATE TABLE UR_ResourceChanges (
    Id {serial}, Run_Id {int} NOT NULL, Type {int} NOT NULL, Command {int} NOT NULL, Resource_Id {int} NOT NULL,
    KeyValue {text}, Line {int} NOT NULL, HistoryPrecision {int} NOT NULL, Fingerprint {int} NOT NULL,
    Changed {int} NOT NULL, DisplayName_L1 {text});
CREATE INDEX UR_ResourceChanges_Run ON UR_ResourceChanges (Run_Id, Type, Command);
CREATE TABLE UR_ResourceChangeSlots (
    Run_Id {int} NOT NULL, Type {int} NOT NULL, TargetColumnIndex {int} NOT NULL,
    PRIMARY KEY (Run_Id, Type, TargetColumnIndex)){clustered};
CREATE TABLE UR_ResourceLinkChanges (
    Id {serial}, Run_Id {int} NOT NULL, Association_Id {int} NOT NULL, Command {int} NOT NULL,
    Resource1_Id {int} NOT NULL, Resource2_Id {int} NOT NULL, Key1 {text}, Key2 {text}, Line {int} NOT NULL);
CREATE INDEX UR_ResourceLinkChanges_Run ON UR_ResourceLinkChanges (Run_Id, Association_Id, Command);
CREATE TABLE UR_ResourceKeyChanges (
    Id {serial}, Run_Id {int} NOT NULL, Command {int} NOT NULL, EntityType_Id {int} NOT NULL,
    Property_Id {int} NOT NULL, KeyValue {text} NOT NULL, Resource_Id {int} NOT NULL, Fingerprint {int} NOT NULL);
CREATE INDEX UR_ResourceKeyChanges_Run ON UR_ResourceKeyChanges (Run_Id, Command);
CREATE TABLE UR_ResourceLinkOrphanChanges (
    Id {serial}, Run_Id {int} NOT NULL, Association_Id {int} NOT NULL, Command {int} NOT NULL,
    Key1 {text} NOT NULL, Key2 {text} NOT NULL);
CREATE INDEX UR_ResourceLinkOrphanChanges_Run ON UR_ResourceLinkOrphanChanges (Run_Id, Command);
CREATE TABLE UR_ResourceValueChanges (Resource_Id {int} NOT NULL, Value {text});

CREATE TABLE UJ_Runs (Id {id}, Connector {text} NOT NULL, CreatedAt {int} NOT NULL);
CREATE TABLE UJ_SynchronizationSessions (
    Id {text} NOT NULL PRIMARY KEY, Connector {text} NOT NULL, Mode {text} NOT NULL, Sequence {int} NOT NULL,
    State {text} NOT NULL, BaseDigest {text}, NewDigest {text}, ChangeSetHash {text}, Run_Id {int}, Summary {text},
    CreatedAt {int} NOT NULL, UpdatedAt {int} NOT NULL);
CREATE INDEX UJ_SynchronizationSessions_Queue ON UJ_SynchronizationSessions (Connector, State, Sequence);
CREATE TABLE UJ_ConnectorDigests (Connector {text} NOT NULL PRIMARY KEY, Digest {text} NOT NULL){clustered};
CREATE TABLE UJ_TableProfiles (
    Connector {text} NOT NULL, TableName {text} NOT NULL, Json {text} NOT NULL,
    PRIMARY KEY (Connector, TableName)){clustered};
CREATE TABLE UJ_Problems (
    Id {serial}, Run_Id {int} NOT NULL, TableName {text} NOT NULL, Line {int} NOT NULL, ColumnName {text},
    Value {text}, Reason {text} NOT NULL, Remedy {text});
CREATE INDEX UJ_Problems_Run ON UJ_Problems (Run_Id);
CREATE TABLE UJ_Journal (
    Id {serial}, Actor {text} NOT NULL, Reason {text} NOT NULL, At {int} NOT NULL, DurationMicros {int} NOT NULL,
    Counts {text} NOT NULL);
",
    r"
CREATE INDEX UR_ResourceLinkOrphans_Reverse ON UR_ResourceLinkOrphans (Association_Id, Key2, Key1);
",
    r"
ALTER TABLE UJ_SynchronizationSessions ADD COLUMN OpenedBy {text} NOT NULL DEFAULT '';
CREATE TABLE UJ_JobInstances (
    Id {serial}, Job {text} NOT NULL, Trigger {text} NOT NULL, ScheduledFor {int}, State {text} NOT NULL,
    IsIncremental {int} NOT NULL, LogLevel {text} NOT NULL, RequestedBy {text} NOT NULL, Reason {text} NOT NULL,
    Options {text} NOT NULL, CreatedAt {int} NOT NULL, StartedAt {int}, EndedAt {int}, CancelledBy {text}, Error {text},
    UNIQUE (Job, ScheduledFor));
CREATE INDEX UJ_JobInstances_State ON UJ_JobInstances (State, Id);
CREATE INDEX UJ_JobInstances_Job ON UJ_JobInstances (Job, Id);
CREATE TABLE UJ_TaskInstances (
    Id {serial}, JobInstance_Id {int} NOT NULL, Position {int} NOT NULL, Level {int} NOT NULL, Task {text} NOT NULL,
    Kind {text} NOT NULL, Agent {text}, Connector {text}, State {text} NOT NULL, Definition {text} NOT NULL,
    CreatedAt {int} NOT NULL, ReadyAt {int}, StartedAt {int}, EndedAt {int}, Produced {int} NOT NULL DEFAULT 0,
    Summary {text}, Progress {text}, Error {text}, ChangeSetHash {text}, Approval {text},
    Attempts {int} NOT NULL DEFAULT 0, Lease {text}, LeaseOwner {text}, LeaseUntil {int} NOT NULL DEFAULT 0,
    IsConfirmed {int} NOT NULL DEFAULT 0,
    UNIQUE (JobInstance_Id, Position));
CREATE INDEX UJ_TaskInstances_State ON UJ_TaskInstances (State, Agent, Id);
CREATE INDEX UJ_TaskInstances_Lease ON UJ_TaskInstances (Lease);
CREATE TABLE UJ_JobSchedules (
    Job {text} NOT NULL PRIMARY KEY, Cron {text} NOT NULL, LastInstant {int} NOT NULL, NotStartedAt {int},
    NotStartedReason {text}){clustered};
CREATE TABLE UJ_Agents (
    Identifier {text} NOT NULL PRIMARY KEY, Client {text} NOT NULL, Version {text} NOT NULL, FirstSeenAt {int} NOT NULL,
    LastSeenAt {int} NOT NULL){clustered};
CREATE TABLE UJ_ConnectorStates (
    Connector {text} NOT NULL PRIMARY KEY, IsDeactivated {int}, BlockedBy_Id {int}, BlockedSince {int}){clustered};
CREATE TABLE UA_SigningKeys (
    Id {text} NOT NULL PRIMARY KEY, Algorithm {text} NOT NULL, PrivateKey {text} NOT NULL, PublicKey {text} NOT NULL,
    CreatedAt {int} NOT NULL, RetiresAt {int} NOT NULL){clustered};
CREATE TABLE UA_Accounts (
    Login {text} NOT NULL PRIMARY KEY, PasswordHash {text} NOT NULL, Profile {text} NOT NULL, CreatedAt {int} NOT NULL,
    MustChange {int} NOT NULL DEFAULT 0, IsDisabled {int} NOT NULL DEFAULT 0){clustered};
CREATE TABLE UA_WebSessions (
    Digest {text} NOT NULL PRIMARY KEY, Login {text} NOT NULL, Provider {text} NOT NULL, Claims {text} NOT NULL,
    CreatedAt {int} NOT NULL, LastSeenAt {int} NOT NULL, ExpiresAt {int} NOT NULL){clustered};
CREATE INDEX UA_WebSessions_Login ON UA_WebSessions (Login);
CREATE TABLE UA_Attempts (
    Subject {text} NOT NULL PRIMARY KEY, Failures {int} NOT NULL, LastFailureAt {int} NOT NULL,
    LockedUntil {int} NOT NULL){clustered};
CREATE TABLE UA_UsedTokens (Id {text} NOT NULL PRIMARY KEY, ExpiresAt {int} NOT NULL){clustered};
",
    policy::TABLES,
    orders::TABLES,
    r"
CREATE TABLE UR_ResourceFiles (Digest {text} NOT NULL PRIMARY KEY, Content {text} NOT NULL);
ALTER TABLE UJ_TaskInstances ADD COLUMN Session_Id {text};
CREATE TABLE UJ_ConnectionSchemas (
    Connection {text} NOT NULL PRIMARY KEY, Tables {text}, RefreshedAt {int}, FailedAt {int}, Error {text}){clustered};
",
    reviews::INDEXES,
];

/// The schema version that this program writes.
pub(crate) fn known_version() -> i64 {
    STEPS.len() as i64
}

/// Version of the schema; 0 when the database is empty.
pub(crate) fn version(link: &Link) -> Result<i64, StoreError> {
    let exists = link.count(link.dialect().table_exists(), &[Arg::Text("um_schemaversions")])? > 0;
    if !exists {
        return Ok(0);
    }
    Ok(link.first("SELECT COALESCE(MAX(Version), 0) FROM UM_SchemaVersions", &[], |row| row.i64(0))?.unwrap_or(0))
}

/// Brings the schema to this version, inside the transaction of `link`.
pub(crate) fn migrate(link: &Link, now_micros: i64) -> Result<(), StoreError> {
    migrate_to(link, known_version(), now_micros)
}

/// The same, to a version that a program before this one wrote.
pub(crate) fn migrate_to(link: &Link, version: i64, now_micros: i64) -> Result<(), StoreError> {
    if let Some(lock) = link.dialect().lock_repository() {
        link.batch(&lock)?;
    }
    let found = self::version(link)?;
    if found == 0 {
        link.batch(&link.dialect().ddl("CREATE TABLE UM_SchemaVersions (Version {id}, AppliedAt {int} NOT NULL)"))?;
    }
    for (step, number) in STEPS.iter().zip(1_i64..).skip(usize::try_from(found).unwrap_or(0)) {
        if number > version {
            break;
        }
        link.batch(&link.dialect().ddl(step))?;
        link.execute(
            "INSERT INTO UM_SchemaVersions (Version, AppliedAt) VALUES ($1, $2)",
            &[number.into(), now_micros.into()],
        )?;
    }
    set_statistics(link)
}

/// Adds the columns of slots that no deployed property has used so far.
pub(crate) fn add_slots(link: &Link, slots: &[Slot]) -> Result<(), StoreError> {
    for slot in slots {
        let column = slot.column();
        let kind = if slot.is_navigation() { "{int}" } else { "{text}" };
        let mut sql = String::new();
        for table in ["UR_Resources", "UR_ResourcesHistory", "UR_ResourceChanges"] {
            sql.push_str(&format!("ALTER TABLE {table} ADD COLUMN {column} {kind};\n"));
        }
        if slot.is_navigation() {
            // Who points to a resource: asked when one is deleted, and when links are read from the other side.
            sql.push_str(&index_of_slot(*slot, ""));
        }
        link.batch(&link.dialect().ddl(&sql))?;
        link.execute(
            "INSERT INTO UM_ResourceColumns (TargetColumnIndex) VALUES ($1)",
            &[i64::from(slot.index()).into()],
        )?;
    }
    if slots.is_empty() { Ok(()) } else { set_statistics(link) }
}

/// The index over the links of a slot.
pub(crate) fn index_of_slot(slot: Slot, unless: &str) -> String {
    let column = slot.column();
    format!("CREATE INDEX {unless}UR_Resources_{column} ON UR_Resources ({column}) WHERE {column} IS NOT NULL;\n")
}

fn set_statistics(link: &Link) -> Result<(), StoreError> {
    match link.dialect().fixed_statistics() {
        Some(sql) => link.batch(&sql),
        None => Ok(()),
    }
}
