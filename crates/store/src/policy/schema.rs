//! The tables of the policy.
//!
//! What somebody has is stored in the order of owners, so that a computation, which goes through them in that order,
//! reads and writes each table from one end to the other. An absent start or end is NULL.

/// The step that makes them.
///
/// `UP_ResourceCorrelationKeys` lies in the order of its keys; `{keys}` and `{index_of_keys}` stand for what the
/// databases can do about keys of any length.
pub(crate) const TABLES: &str = r"
CREATE TABLE UM_PolicyObjects (
    Id {id}, Element {text} NOT NULL, Identity {text} NOT NULL, IsDeployed {int} NOT NULL, UNIQUE (Element, Identity));

CREATE TABLE UP_AssignedCompositeRoles (
    Owner_Id {int} NOT NULL, Id {int} NOT NULL, Role_Id {int} NOT NULL, WorkflowState {int} NOT NULL, StartDate {int},
    EndDate {int}, ParametersValues {text}, IsDenied {int} NOT NULL, IsRedundant {int} NOT NULL,
    IsInferred {int} NOT NULL, Rule_Id {int}, StateSince {int} NOT NULL, GraceUntil {int}, ValidFrom {int} NOT NULL,
    PRIMARY KEY (Owner_Id, Id)){clustered};
CREATE TABLE UP_AssignedCompositeRolesHistory (
    Owner_Id {int} NOT NULL, Id {int} NOT NULL, Role_Id {int} NOT NULL, WorkflowState {int} NOT NULL, StartDate {int},
    EndDate {int}, ParametersValues {text}, IsDenied {int} NOT NULL, IsRedundant {int} NOT NULL,
    IsInferred {int} NOT NULL, Rule_Id {int}, StateSince {int} NOT NULL, GraceUntil {int}, ValidFrom {int} NOT NULL,
    ValidTo {int} NOT NULL);
CREATE INDEX UP_AssignedCompositeRolesHistory_Owner ON UP_AssignedCompositeRolesHistory (Owner_Id, ValidTo);
CREATE TABLE UP_AssignedSingleRoles (
    Owner_Id {int} NOT NULL, Id {int} NOT NULL, Role_Id {int} NOT NULL, WorkflowState {int} NOT NULL, StartDate {int},
    EndDate {int}, ParametersValues {text}, IsDenied {int} NOT NULL, IsRedundant {int} NOT NULL,
    IsInferred {int} NOT NULL, Rule_Id {int}, StateSince {int} NOT NULL, GraceUntil {int}, ValidFrom {int} NOT NULL,
    PRIMARY KEY (Owner_Id, Id)){clustered};
CREATE TABLE UP_AssignedSingleRolesHistory (
    Owner_Id {int} NOT NULL, Id {int} NOT NULL, Role_Id {int} NOT NULL, WorkflowState {int} NOT NULL, StartDate {int},
    EndDate {int}, ParametersValues {text}, IsDenied {int} NOT NULL, IsRedundant {int} NOT NULL,
    IsInferred {int} NOT NULL, Rule_Id {int}, StateSince {int} NOT NULL, GraceUntil {int}, ValidFrom {int} NOT NULL,
    ValidTo {int} NOT NULL);
CREATE INDEX UP_AssignedSingleRolesHistory_Owner ON UP_AssignedSingleRolesHistory (Owner_Id, ValidTo);

CREATE TABLE UP_AssignedResourceTypes (
    Owner_Id {int} NOT NULL, Id {int} NOT NULL, ResourceType_Id {int} NOT NULL, Resource_Id {int},
    Confidence {int} NOT NULL, WorkflowState {int} NOT NULL, ProvisioningState {int} NOT NULL, StartDate {int},
    EndDate {int}, ParametersValues {text}, IsDenied {int} NOT NULL, IsRedundant {int} NOT NULL, Rule_Id {int},
    StateSince {int} NOT NULL, Error {text}, ConsolidatedProvisioningState {int} NOT NULL,
    ConsolidatedWorkflowReviewState {int} NOT NULL, ConsolidatedWorkflowBlockedState {int} NOT NULL,
    ConsolidatedWorkflowBlockedCount {int} NOT NULL, ConsolidatedWorkflowFoundState {int} NOT NULL,
    ConsolidatedWorkflowFoundCount {int} NOT NULL, ValidFrom {int} NOT NULL, PRIMARY KEY (Owner_Id, Id)){clustered};
CREATE INDEX UP_AssignedResourceTypes_Resource ON UP_AssignedResourceTypes (Resource_Id) WHERE Resource_Id IS NOT NULL;
CREATE TABLE UP_AssignedResourceTypesHistory (
    Owner_Id {int} NOT NULL, Id {int} NOT NULL, ResourceType_Id {int} NOT NULL, Resource_Id {int},
    Confidence {int} NOT NULL, WorkflowState {int} NOT NULL, ProvisioningState {int} NOT NULL, StartDate {int},
    EndDate {int}, ParametersValues {text}, IsDenied {int} NOT NULL, IsRedundant {int} NOT NULL, Rule_Id {int},
    StateSince {int} NOT NULL, Error {text}, ConsolidatedProvisioningState {int} NOT NULL,
    ConsolidatedWorkflowReviewState {int} NOT NULL, ConsolidatedWorkflowBlockedState {int} NOT NULL,
    ConsolidatedWorkflowBlockedCount {int} NOT NULL, ConsolidatedWorkflowFoundState {int} NOT NULL,
    ConsolidatedWorkflowFoundCount {int} NOT NULL, ValidFrom {int} NOT NULL, ValidTo {int} NOT NULL);
CREATE INDEX UP_AssignedResourceTypesHistory_Owner ON UP_AssignedResourceTypesHistory (Owner_Id, ValidTo);

CREATE TABLE UP_AssignedResourceScalars (
    Owner_Id {int} NOT NULL, Id {int} NOT NULL, AssignedResourceType_Id {int} NOT NULL, Property_Id {int} NOT NULL,
    PolicyValue {text}, CurrentValue {text}, WorkflowState {int} NOT NULL, ProvisioningState {int} NOT NULL,
    StartDate {int}, EndDate {int}, Rule_Id {int}, StateSince {int} NOT NULL, Error {text}, ValidFrom {int} NOT NULL,
    PRIMARY KEY (Owner_Id, Id)){clustered};
CREATE TABLE UP_AssignedResourceScalarsHistory (
    Owner_Id {int} NOT NULL, Id {int} NOT NULL, AssignedResourceType_Id {int} NOT NULL, Property_Id {int} NOT NULL,
    PolicyValue {text}, CurrentValue {text}, WorkflowState {int} NOT NULL, ProvisioningState {int} NOT NULL,
    StartDate {int}, EndDate {int}, Rule_Id {int}, StateSince {int} NOT NULL, Error {text}, ValidFrom {int} NOT NULL,
    ValidTo {int} NOT NULL);
CREATE INDEX UP_AssignedResourceScalarsHistory_Owner ON UP_AssignedResourceScalarsHistory (Owner_Id, ValidTo);
CREATE TABLE UP_AssignedResourceBinaries (
    Owner_Id {int} NOT NULL, Id {int} NOT NULL, AssignedResourceType_Id {int} NOT NULL, Property_Id {int} NOT NULL,
    PolicyValue {text}, CurrentValue {text}, WorkflowState {int} NOT NULL, ProvisioningState {int} NOT NULL,
    StartDate {int}, EndDate {int}, Rule_Id {int}, StateSince {int} NOT NULL, Error {text}, ValidFrom {int} NOT NULL,
    PRIMARY KEY (Owner_Id, Id)){clustered};
CREATE TABLE UP_AssignedResourceBinariesHistory (
    Owner_Id {int} NOT NULL, Id {int} NOT NULL, AssignedResourceType_Id {int} NOT NULL, Property_Id {int} NOT NULL,
    PolicyValue {text}, CurrentValue {text}, WorkflowState {int} NOT NULL, ProvisioningState {int} NOT NULL,
    StartDate {int}, EndDate {int}, Rule_Id {int}, StateSince {int} NOT NULL, Error {text}, ValidFrom {int} NOT NULL,
    ValidTo {int} NOT NULL);
CREATE INDEX UP_AssignedResourceBinariesHistory_Owner ON UP_AssignedResourceBinariesHistory (Owner_Id, ValidTo);
CREATE TABLE UP_AssignedResourceNavigations (
    Owner_Id {int} NOT NULL, Id {int} NOT NULL, AssignedResourceType_Id {int} NOT NULL, Property_Id {int} NOT NULL,
    Resource_Id {int} NOT NULL, IsCurrent {int} NOT NULL, IsExpected {int} NOT NULL, WorkflowState {int} NOT NULL,
    ProvisioningState {int} NOT NULL, StartDate {int}, EndDate {int}, Confidence {int} NOT NULL, SingleRole_Id {int},
    Rule_Id {int}, StateSince {int} NOT NULL, Error {text}, ValidFrom {int} NOT NULL,
    PRIMARY KEY (Owner_Id, Id)){clustered};
CREATE TABLE UP_AssignedResourceNavigationsHistory (
    Owner_Id {int} NOT NULL, Id {int} NOT NULL, AssignedResourceType_Id {int} NOT NULL, Property_Id {int} NOT NULL,
    Resource_Id {int} NOT NULL, IsCurrent {int} NOT NULL, IsExpected {int} NOT NULL, WorkflowState {int} NOT NULL,
    ProvisioningState {int} NOT NULL, StartDate {int}, EndDate {int}, Confidence {int} NOT NULL, SingleRole_Id {int},
    Rule_Id {int}, StateSince {int} NOT NULL, Error {text}, ValidFrom {int} NOT NULL, ValidTo {int} NOT NULL);
CREATE INDEX UP_AssignedResourceNavigationsHistory_Owner ON UP_AssignedResourceNavigationsHistory (Owner_Id, ValidTo);

CREATE TABLE UP_ResourceCorrelationKeys (
    Rule_Id {int} NOT NULL, Side {int} NOT NULL, KeyValue {text} NOT NULL, Resource_Id {int} NOT NULL{keys};
{index_of_keys}CREATE INDEX UP_ResourceCorrelationKeys_Resource ON UP_ResourceCorrelationKeys (Resource_Id);
CREATE TABLE UP_ResourceCorrelations (
    Owner_Id {int} NOT NULL, ResourceType_Id {int} NOT NULL, Resource_Id {int} NOT NULL, Confidence {int} NOT NULL,
    IsSuggested {int} NOT NULL, Rule_Id {int}, PRIMARY KEY (Owner_Id, ResourceType_Id, Resource_Id)){clustered};
CREATE INDEX UP_ResourceCorrelations_Resource ON UP_ResourceCorrelations (Resource_Id);
CREATE TABLE UP_ResourceClassifications (
    Resource_Id {id}, ResourceType_Id {int} NOT NULL, Confidence {int} NOT NULL, Rule_Id {int}, Owner_Id {int},
    IsFrozen {int} NOT NULL);
CREATE INDEX UP_ResourceClassifications_Owner ON UP_ResourceClassifications (Owner_Id) WHERE Owner_Id IS NOT NULL;

CREATE TABLE UP_IdentifiedRisks (
    Owner_Id {int} NOT NULL, Risk_Id {int} NOT NULL, ValidFrom {int} NOT NULL,
    PRIMARY KEY (Owner_Id, Risk_Id)){clustered};
CREATE TABLE UP_RiskScores (Owner_Id {id}, Score {int} NOT NULL);
CREATE TABLE UP_Evaluations (Owner_Id {id}, NextAt {int} NOT NULL);
CREATE INDEX UP_Evaluations_Next ON UP_Evaluations (NextAt);
CREATE TABLE UP_WaitingOwners (Owner_Id {id}, Mark {int} NOT NULL);
CREATE TABLE UP_ChangedResources (Resource_Id {id}, Waits {int} NOT NULL);
CREATE TABLE UP_ChangedLinks (
    Association_Id {int} NOT NULL, Resource1_Id {int} NOT NULL, Resource2_Id {int} NOT NULL, Waits {int} NOT NULL,
    PRIMARY KEY (Association_Id, Resource1_Id, Resource2_Id)){clustered};
CREATE TABLE UP_ChangedKeys (
    Rule_Id {int} NOT NULL, Side {int} NOT NULL, KeyValue {text} NOT NULL, Resource_Id {int} NOT NULL,
    IsAdded {int} NOT NULL);
CREATE TABLE UP_PolicyStates (
    Name {text} NOT NULL PRIMARY KEY, Hash {text} NOT NULL, ComputedAt {int} NOT NULL){clustered};
CREATE TABLE UP_Computations (
    Name {text} NOT NULL PRIMARY KEY, Options {text} NOT NULL, StartedAt {int} NOT NULL, After {int} NOT NULL,
    Counts {text} NOT NULL){clustered};
";

/// Rows of a table, then rows that share the first column of an index, the first two, … for SQLite's planner.
pub(crate) const STATISTICS: &[(&str, &str, &str)] = &[
    ("UP_AssignedCompositeRoles", "UP_AssignedCompositeRoles", "1000000 3 1"),
    ("UP_AssignedCompositeRolesHistory", "UP_AssignedCompositeRolesHistory_Owner", "1000000 5 2"),
    ("UP_AssignedCompositeRoles", "UP_AssignedCompositeRoles_Waiting", "10000 2"),
    ("UP_AssignedSingleRoles", "UP_AssignedSingleRoles", "5000000 5 1"),
    ("UP_AssignedSingleRoles", "UP_AssignedSingleRoles_Waiting", "50000 2"),
    ("UP_AssignedSingleRolesHistory", "UP_AssignedSingleRolesHistory_Owner", "5000000 10 3"),
    ("UP_AssignedResourceTypes", "UP_AssignedResourceTypes", "3000000 3 1"),
    ("UP_AssignedResourceTypes", "UP_AssignedResourceTypes_Resource", "3000000 1"),
    ("UP_AssignedResourceTypes", "UP_AssignedResourceTypes_Waiting", "50000 2"),
    ("UP_AssignedResourceTypes", "UP_AssignedResourceTypes_Found", "50000 2"),
    ("UP_AssignedResourceTypesHistory", "UP_AssignedResourceTypesHistory_Owner", "3000000 5 3"),
    ("UP_AssignedResourceScalars", "UP_AssignedResourceScalars", "10000000 15 1"),
    ("UP_AssignedResourceScalarsHistory", "UP_AssignedResourceScalarsHistory_Owner", "10000000 20 5"),
    ("UP_AssignedResourceBinaries", "UP_AssignedResourceBinaries", "1000000 2 1"),
    ("UP_AssignedResourceBinariesHistory", "UP_AssignedResourceBinariesHistory_Owner", "1000000 3 1"),
    ("UP_AssignedResourceNavigations", "UP_AssignedResourceNavigations", "10000000 10 1"),
    ("UP_AssignedResourceNavigationsHistory", "UP_AssignedResourceNavigationsHistory_Owner", "10000000 20 5"),
    ("UP_ResourceCorrelationKeys", "UP_ResourceCorrelationKeys", "8000000 500000 250000 2 1"),
    ("UP_ResourceCorrelationKeys", "UP_ResourceCorrelationKeys_Resource", "8000000 5"),
    ("UP_ResourceCorrelations", "UP_ResourceCorrelations", "3000000 3 1 1"),
    ("UP_ResourceCorrelations", "UP_ResourceCorrelations_Resource", "3000000 1"),
    ("UP_ResourceClassifications", "UP_ResourceClassifications_Owner", "100000 1"),
    ("UP_IdentifiedRisks", "UP_IdentifiedRisks", "200000 2 1"),
    ("UP_RiskScores", "UP_RiskScores_Score", "200000 4000 1"),
    ("UP_Evaluations", "UP_Evaluations_Next", "1000000 50"),
    ("UP_ChangedLinks", "UP_ChangedLinks", "20000 5000 2 1"),
];
