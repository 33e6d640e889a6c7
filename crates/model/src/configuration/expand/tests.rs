//! What each scaffolding stands for.

use crate::configuration::jobs::Job;
use crate::configuration::{Parsed, parse};
use std::fmt::Write;

mod arguments;
mod rights;

/// Two connectors with files, one of which has resource types; a third one that is deactivated.
const SYSTEMS: &str = r#"
  <Agent Identifier="Local" DisplayName_L1="Local agent"/>
  <OpenIdClient Identifier="Job" HashedSecret="x" DisplayName_L1="Jobs" Profile="P"/>
  <Profile Identifier="P" DisplayName_L1="P"/>
  <Policy Identifier="Default" DisplayName_L1="Default"/>
  <Connector Identifier="HR" DisplayName_L1="Human resources" Agent="Local"/>
  <Connector Identifier="AD" DisplayName_L1="Directory" Agent="Local"/>
  <Connector Identifier="Old" DisplayName_L1="Old" Agent="Local" IsDeactivated="true"/>
  <Connection Identifier="HRPersons" DisplayName_L1="x" Connector="HR" Package="Usercube.CSV@0000001"/>
  <Connection Identifier="HROff" DisplayName_L1="x" Connector="HR" Package="Usercube.CSV@0000001" DeactivationExportFulfill="Export"/>
  <Connection Identifier="HRContracts" DisplayName_L1="x" Connector="HR" Package="Usercube.CSV@0000001"/>
  <Connection Identifier="ADExport" DisplayName_L1="x" Connector="AD" Package="Usercube.AD@0000001"/>
  <Connection Identifier="ADTickets" DisplayName_L1="x" Connector="AD" Package="Usercube.Manual@0000001"/>
  <Connection Identifier="OldExport" DisplayName_L1="x" Connector="Old" Package="Usercube.CSV@0000001"/>
  <EntityType Identifier="HR_Person"><Property Identifier="Id1" IsKey="1" TargetColumnIndex="4"/></EntityType>
  <EntityType Identifier="AD_Entry"><Property Identifier="Id1" IsKey="1" TargetColumnIndex="4"/></EntityType>
  <EntityType Identifier="Old_Thing"><Property Identifier="Id1" IsKey="1" TargetColumnIndex="4"/></EntityType>
  <EntityTypeMapping Identifier="HR_Person" Connector="HR" ConnectionTable="HRPersons">
    <Property Identifier="Id1" ConnectionColumn="id" IsPrimaryKey="1"/></EntityTypeMapping>
  <EntityTypeMapping Identifier="AD_Entry" Connector="AD" ConnectionTable="ADExport_entries">
    <Property Identifier="Id1" ConnectionColumn="id" IsPrimaryKey="1"/></EntityTypeMapping>
  <EntityTypeMapping Identifier="Old_Thing" Connector="Old" ConnectionTable="OldExport">
    <Property Identifier="Id1" ConnectionColumn="id" IsPrimaryKey="1"/></EntityTypeMapping>
  <ResourceType Identifier="AD_Account" DisplayName_L1="x" Policy="Default" SourceEntityType="HR_Person" TargetEntityType="AD_Entry"/>
  <ResourceType Identifier="AD_Admin" DisplayName_L1="x" Policy="Default" SourceEntityType="HR_Person" TargetEntityType="AD_Entry"/>
"#;

fn read(elements: &str) -> Parsed {
    let text = format!(
        "<ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\">{SYSTEMS}{elements}</ConfigurationFile>"
    );
    let parsed = parse(&[("conf.xml".to_owned(), text)]);
    let errors: Vec<_> = parsed.problems.iter().filter(|p| p.severity == crate::Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    parsed
}

fn jobs(elements: &str) -> String {
    read(elements).configuration.jobs.iter().map(said).collect()
}

/// The job, then `level task(attributes) <- depends`.
fn said(job: &Job) -> String {
    let mut text = format!("{} \"{}\"", job.identifier, job.display_name.as_deref().unwrap_or_default());
    let flags = [
        (job.is_incremental, "incremental"),
        (job.is_initialization, "initialization"),
        (job.is_connector_job, "connector"),
        (job.user_start_denied, "denied"),
    ];
    let flags = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| format!(" {flag}"));
    let _ = write!(text, " agent={}{}", job.agent.as_deref().unwrap_or("-"), flags.collect::<String>());
    if let Some(cron) = &job.cron {
        let _ = write!(text, " cron={cron}");
    }
    text.push('\n');
    for step in &job.steps {
        let task = &step.task;
        let name = task.identifier.strip_prefix(&format!("{}_", job.identifier)).unwrap_or(&task.identifier);
        let mut said = vec![task.kind.element().trim_end_matches("Task").to_owned()];
        said.extend(task.agent.clone());
        said.extend(task.connector.iter().map(|connector| format!("Connector={connector}")));
        said.extend(task.connection.iter().map(|connection| format!("Connection={connection}")));
        said.extend(task.mode.map(|mode| format!("{mode:?}")));
        said.extend(task.continue_on_error.then(|| "ContinueOnError".to_owned()));
        said.extend(task.dirty.then(|| "Dirty".to_owned()));
        said.extend(task.attributes.iter().map(|(name, value)| format!("{name}={value}")));
        said.extend(task.entity_types.iter().chain(&task.resource_types).cloned());
        let _ = write!(text, "{} {name}({})", step.level, said.join(" "));
        if !task.depends_on.is_empty() {
            let short = |name: &String| name.replacen(&format!("{}_", job.identifier), "", 1);
            let _ = write!(text, " <- {}", task.depends_on.iter().map(short).collect::<Vec<_>>().join(" "));
        }
        text.push('\n');
    }
    text
}

#[test]
fn a_complete_job_of_a_connector() {
    let jobs = jobs(r#"<CreateConnectorSynchroComplete Connector="AD"/>"#);
    insta::assert_snapshot!(jobs, @r#"
    AD_SynchroComplete "Directory/Complete synchronization" agent=Local
    0 Export_AD_Complete_ADExport(Export Local Connector=AD Connection=ADExport ContinueOnError IgnoreCookieFile=true)
    1 PrepareSynchronizationActiveDirectory_AD_Complete(PrepareSynchronization Local Connector=AD Complete Type=ActiveDirectory) <- Export_AD_Complete_ADExport
    2 SynchronizeActiveDirectory_AD(Synchronize Connector=AD Type=ActiveDirectory) <- PrepareSynchronizationActiveDirectory_AD_Complete
    3 UpdateEntityPropertyExpressions1(UpdateEntityPropertyExpressions Connector=AD AD_Entry HR_Person)
    4 ComputeCorrelationKeys1_AllEntities(ComputeCorrelationKeys Connector=AD AD_Entry HR_Person)
    5 ComputeRoleModel1(ComputeRoleModel Connector=AD HR_Person)
    6 ComputeRiskScores1(ComputeRiskScores HR_Person)
    7 GenerateProvisioningOrders1(GenerateProvisioningOrders AD_Account AD_Admin)
    8 Fulfill1(Fulfill Local ContinueOnError AD_Account AD_Admin) <- GenerateProvisioningOrders1
    9 UpdateParametersContextDisplayNames(UpdateParametersContextDisplayNames)
    10 SendRoleModelNotifications(SendRoleModelNotifications)
    11 MaintainIndexes(MaintainIndexes)
    "#);
}

#[test]
fn an_incremental_job_of_a_connector() {
    let jobs = jobs(r#"<CreateConnectorSynchroIncremental Connector="AD"/>"#);
    insta::assert_snapshot!(jobs, @r#"
    AD_SynchroIncremental "Directory/Incremental synchronization" agent=Local incremental
    0 Export_AD_Incremental_ADExport(Export Local Connector=AD Connection=ADExport ContinueOnError)
    1 PrepareSynchronizationActiveDirectory_AD_Incremental(PrepareSynchronization Local Connector=AD Incremental Type=ActiveDirectory) <- Export_AD_Incremental_ADExport
    2 SynchronizeActiveDirectory_AD_DoNotDeleteChanges(Synchronize Connector=AD DoNotDeleteChanges=true Type=ActiveDirectory) <- PrepareSynchronizationActiveDirectory_AD_Incremental
    3 SetRecentlyModifiedFlag(SetRecentlyModifiedFlag) <- SynchronizeActiveDirectory_AD_DoNotDeleteChanges
    4 UpdateEntityPropertyExpressions1_WithDirty(UpdateEntityPropertyExpressions Connector=AD Dirty AD_Entry HR_Person)
    5 ComputeCorrelationKeys1_AllEntities_WithDirty(ComputeCorrelationKeys Connector=AD Dirty AD_Entry HR_Person) <- SetRecentlyModifiedFlag
    6 ComputeRoleModel1_WithDirty(ComputeRoleModel Connector=AD Dirty HR_Person) <- SetRecentlyModifiedFlag
    7 GenerateProvisioningOrders1(GenerateProvisioningOrders AD_Account AD_Admin)
    8 Fulfill1(Fulfill Local ContinueOnError Dirty AD_Account AD_Admin) <- GenerateProvisioningOrders1
    "#);
}

#[test]
fn a_job_that_does_not_provision() {
    let jobs = jobs(
        r#"<CreateConnectorSynchroComplete Connector="HR" JobIdentifier="Load"><NoProvisioning/></CreateConnectorSynchroComplete>"#,
    );
    insta::assert_snapshot!(jobs, @r#"
    Load "Human resources/Complete synchronization" agent=Local
    0 Export_HR_Complete_HRContracts(Export Local Connector=HR Connection=HRContracts ContinueOnError IgnoreCookieFile=true)
    0 Export_HR_Complete_HRPersons(Export Local Connector=HR Connection=HRPersons ContinueOnError IgnoreCookieFile=true)
    1 PrepareSynchronization_HR_Complete(PrepareSynchronization Local Connector=HR Complete) <- Export_HR_Complete_HRContracts Export_HR_Complete_HRPersons
    2 Synchronize_HR(Synchronize Connector=HR) <- PrepareSynchronization_HR_Complete
    3 UpdateEntityPropertyExpressions1(UpdateEntityPropertyExpressions Connector=HR HR_Person)
    4 ComputeCorrelationKeys1_AllEntities(ComputeCorrelationKeys Connector=HR HR_Person)
    5 UpdateParametersContextDisplayNames(UpdateParametersContextDisplayNames)
    6 SendRoleModelNotifications(SendRoleModelNotifications)
    7 MaintainIndexes(MaintainIndexes)
    "#);
}

#[test]
fn a_job_that_does_not_synchronise() {
    let jobs = jobs(
        r#"<CreateConnectorSynchroIncremental Connector="AD"><NoSynchronization/></CreateConnectorSynchroIncremental>"#,
    );
    insta::assert_snapshot!(jobs, @r#"
    AD_SynchroIncremental "Directory/Incremental synchronization" agent=Local incremental
    0 ComputeRoleModel1_WithDirty(ComputeRoleModel Connector=AD Dirty HR_Person)
    1 GenerateProvisioningOrders1(GenerateProvisioningOrders AD_Account AD_Admin)
    2 Fulfill1(Fulfill Local ContinueOnError Dirty AD_Account AD_Admin) <- GenerateProvisioningOrders1
    "#);
}

#[test]
fn a_complete_job_of_an_agent() {
    let jobs = jobs(r#"<CreateAgentSynchroComplete Agent="Local" JobIdentifier="Job_Daily"/>"#);
    insta::assert_snapshot!(jobs, @r#"
    Job_Daily "Local agent/Complete synchronization" agent=Local cron=0 2 * * * (UTC)
    0 Export_AD_Complete_ADExport(Export Local Connector=AD Connection=ADExport ContinueOnError IgnoreCookieFile=true)
    0 Export_HR_Complete_HRContracts(Export Local Connector=HR Connection=HRContracts ContinueOnError IgnoreCookieFile=true)
    0 Export_HR_Complete_HRPersons(Export Local Connector=HR Connection=HRPersons ContinueOnError IgnoreCookieFile=true)
    1 PrepareSynchronizationActiveDirectory_AD_Complete(PrepareSynchronization Local Connector=AD Complete Type=ActiveDirectory) <- Export_AD_Complete_ADExport
    1 PrepareSynchronization_HR_Complete(PrepareSynchronization Local Connector=HR Complete) <- Export_HR_Complete_HRContracts Export_HR_Complete_HRPersons
    2 SynchronizeActiveDirectory_AD(Synchronize Connector=AD Type=ActiveDirectory) <- PrepareSynchronizationActiveDirectory_AD_Complete
    2 Synchronize_HR(Synchronize Connector=HR) <- PrepareSynchronization_HR_Complete
    3 UpdateEntityPropertyExpressions1(UpdateEntityPropertyExpressions AD_Entry HR_Person)
    4 ComputeCorrelationKeys1_AllEntities(ComputeCorrelationKeys AD_Entry HR_Person)
    5 ComputeRoleModel1(ComputeRoleModel HR_Person)
    6 ComputeRiskScores1(ComputeRiskScores HR_Person)
    7 GenerateProvisioningOrders1(GenerateProvisioningOrders AD_Account AD_Admin)
    8 Fulfill1(Fulfill Local ContinueOnError AD_Account AD_Admin) <- GenerateProvisioningOrders1
    9 UpdateParametersContextDisplayNames(UpdateParametersContextDisplayNames)
    10 SendRoleModelNotifications(SendRoleModelNotifications)
    11 MaintainIndexes(MaintainIndexes)
    "#);
}

#[test]
fn an_incremental_job_of_an_agent() {
    let jobs = jobs(r#"<CreateAgentSynchroIncremental JobIdentifier="Job_Fast"/>"#);
    insta::assert_snapshot!(jobs, @r#"
    Job_Fast "Local agent/Incremental synchronization" agent=Local incremental cron=*/15 * * * * (UTC)
    0 Export_AD_Incremental_ADExport(Export Local Connector=AD Connection=ADExport ContinueOnError)
    0 Export_HR_Incremental_HRContracts(Export Local Connector=HR Connection=HRContracts ContinueOnError)
    0 Export_HR_Incremental_HRPersons(Export Local Connector=HR Connection=HRPersons ContinueOnError)
    1 PrepareSynchronizationActiveDirectory_AD_Incremental(PrepareSynchronization Local Connector=AD Incremental Type=ActiveDirectory) <- Export_AD_Incremental_ADExport
    1 PrepareSynchronization_HR_Incremental(PrepareSynchronization Local Connector=HR Incremental) <- Export_HR_Incremental_HRContracts Export_HR_Incremental_HRPersons
    2 SynchronizeActiveDirectory_AD_DoNotDeleteChanges(Synchronize Connector=AD DoNotDeleteChanges=true Type=ActiveDirectory) <- PrepareSynchronizationActiveDirectory_AD_Incremental
    2 Synchronize_HR_DoNotDeleteChanges(Synchronize Connector=HR DoNotDeleteChanges=true) <- PrepareSynchronization_HR_Incremental
    3 SetRecentlyModifiedFlag(SetRecentlyModifiedFlag) <- SynchronizeActiveDirectory_AD_DoNotDeleteChanges Synchronize_HR_DoNotDeleteChanges
    4 UpdateEntityPropertyExpressions1_WithDirty(UpdateEntityPropertyExpressions Dirty AD_Entry HR_Person)
    5 ComputeCorrelationKeys1_AllEntities_WithDirty(ComputeCorrelationKeys Dirty AD_Entry HR_Person) <- SetRecentlyModifiedFlag
    6 ComputeRoleModel1_WithDirty(ComputeRoleModel Dirty HR_Person) <- SetRecentlyModifiedFlag
    7 GenerateProvisioningOrders1(GenerateProvisioningOrders AD_Account AD_Admin)
    8 Fulfill1(Fulfill Local ContinueOnError Dirty AD_Account AD_Admin) <- GenerateProvisioningOrders1
    "#);
}

#[test]
fn a_first_load_that_feeds_a_directory() {
    let jobs = jobs(
        r#"<ResourceClassificationRule Policy="Default" ResourceType="AD_Account"/><ProfileRuleContext EntityType="HR_Person"><ProfileRule Profile="P"/></ProfileRuleContext><CreateInitializationJob JobIdentifier="Init"><PrincipalDataConnector ConnectorIdentifier="AD"/><Configuration Path="../Conf"/></CreateInitializationJob>"#,
    );
    insta::assert_snapshot!(jobs, @r#"
    Init "Local agent/Initialization" agent=Local initialization denied
    0 CreateDatabaseViews(CreateDatabaseViews Local)
    1 Export_AD_Complete_ADExport(Export Local Connector=AD Connection=ADExport IgnoreCookieFile=true InitMode=true)
    1 Export_HR_Complete_HRContracts(Export Local Connector=HR Connection=HRContracts IgnoreCookieFile=true InitMode=true)
    1 Export_HR_Complete_HRPersons(Export Local Connector=HR Connection=HRPersons IgnoreCookieFile=true InitMode=true)
    2 PrepareSynchronizationActiveDirectory_AD_Initial(PrepareSynchronization Local Connector=AD Initial Type=ActiveDirectory) <- Export_AD_Complete_ADExport
    2 PrepareSynchronization_HR_Initial(PrepareSynchronization Local Connector=HR Initial) <- Export_HR_Complete_HRContracts Export_HR_Complete_HRPersons
    3 SynchronizeActiveDirectory_AD_ForceSynchronization(Synchronize Connector=AD ForceSynchronization=true Type=ActiveDirectory) <- PrepareSynchronizationActiveDirectory_AD_Initial
    3 Synchronize_HR_ForceSynchronization(Synchronize Connector=HR ForceSynchronization=true) <- PrepareSynchronization_HR_Initial
    4 UpdateEntityPropertyExpressions1(UpdateEntityPropertyExpressions AD_Entry HR_Person)
    5 ComputeCorrelationKeys1_AllEntities(ComputeCorrelationKeys AD_Entry HR_Person)
    6 ComputeRoleModel1(ComputeRoleModel IgnoreHistorization=true HR_Person)
    7 GenerateProvisioningOrders1_ForceProvisioning(GenerateProvisioningOrders ForceProvisioning=true AD_Account AD_Admin)
    8 Fulfill1_IgnoreHistorization(Fulfill Local IgnoreHistorization=true AD_Account AD_Admin) <- GenerateProvisioningOrders1_ForceProvisioning
    9 UpdateEntityPropertyExpressions2(UpdateEntityPropertyExpressions AD_Entry HR_Person)
    10 DeployConfiguration(DeployConfiguration ConfigurationDirectory=../Conf)
    11 ComputeCorrelationKeys2_AllEntities(ComputeCorrelationKeys AD_Entry HR_Person)
    12 ComputeRoleModel2(ComputeRoleModel BlockAllResourceTypeProvisioning=true IgnoreHistorization=true HR_Person)
    13 ComputeRiskScores1(ComputeRiskScores HR_Person)
    14 UpdateClassification(UpdateClassification AD_Entry)
    15 SetInternalUserProfiles(SetInternalUserProfiles)
    16 ResetValidFrom(ResetValidFrom)
    17 UpdateParametersContextDisplayNames(UpdateParametersContextDisplayNames)
    18 SavePreExistingAccessRights(SavePreExistingAccessRights)
    19 MaintainIndexes(MaintainIndexes AllIndexes=true Offline=true)
    "#);
}

#[test]
fn a_first_load_without_a_directory_to_feed() {
    let jobs = jobs(r#"<CreateInitializationJob JobIdentifier="Init"/>"#);
    insta::assert_snapshot!(jobs, @r#"
    Init "Local agent/Initialization" agent=Local initialization denied
    0 CreateDatabaseViews(CreateDatabaseViews Local)
    1 Export_AD_Complete_ADExport(Export Local Connector=AD Connection=ADExport IgnoreCookieFile=true InitMode=true)
    1 Export_HR_Complete_HRContracts(Export Local Connector=HR Connection=HRContracts IgnoreCookieFile=true InitMode=true)
    1 Export_HR_Complete_HRPersons(Export Local Connector=HR Connection=HRPersons IgnoreCookieFile=true InitMode=true)
    2 PrepareSynchronizationActiveDirectory_AD_Initial(PrepareSynchronization Local Connector=AD Initial Type=ActiveDirectory) <- Export_AD_Complete_ADExport
    2 PrepareSynchronization_HR_Initial(PrepareSynchronization Local Connector=HR Initial) <- Export_HR_Complete_HRContracts Export_HR_Complete_HRPersons
    3 SynchronizeActiveDirectory_AD_ForceSynchronization(Synchronize Connector=AD ForceSynchronization=true Type=ActiveDirectory) <- PrepareSynchronizationActiveDirectory_AD_Initial
    3 Synchronize_HR_ForceSynchronization(Synchronize Connector=HR ForceSynchronization=true) <- PrepareSynchronization_HR_Initial
    4 UpdateEntityPropertyExpressions1(UpdateEntityPropertyExpressions AD_Entry HR_Person)
    5 ComputeCorrelationKeys1_AllEntities(ComputeCorrelationKeys AD_Entry HR_Person)
    6 ComputeRoleModel1(ComputeRoleModel BlockAllResourceTypeProvisioning=true IgnoreHistorization=true HR_Person)
    7 ComputeRiskScores1(ComputeRiskScores HR_Person)
    8 ResetValidFrom(ResetValidFrom)
    9 UpdateParametersContextDisplayNames(UpdateParametersContextDisplayNames)
    10 SavePreExistingAccessRights(SavePreExistingAccessRights)
    11 MaintainIndexes(MaintainIndexes AllIndexes=true Offline=true)
    "#);
}

#[test]
fn jobs_behind_the_screens_of_connectors() {
    let jobs =
        jobs(r#"<CreateConnectorsJobs/><ResourceClassificationRule Policy="Default" ResourceType="AD_Account"/>"#);
    insta::assert_snapshot!(jobs, @r#"
    AD_VirtualJob "ZZ Connectors/Directory" agent=Local connector denied
    0 AD_ConnectorExport(Export Local Connector=AD)
    1 AD_ConnectorPrepareSynchronization(PrepareSynchronization Local Connector=AD Complete Type=ActiveDirectory) <- AD_ConnectorExport
    2 AD_ConnectorSynchronization(Synchronize Connector=AD Type=ActiveDirectory) <- AD_ConnectorPrepareSynchronization
    3 AD_ConnectorExpression(UpdateEntityPropertyExpressions Connector=AD AD_Entry HR_Person)
    4 AD_ConnectorCorrelation(ComputeCorrelationKeys Connector=AD AD_Entry HR_Person)
    5 AD_ConnectorPolicy(ComputeRoleModel Connector=AD HR_Person)
    6 AD_ConnectorGenerateOrders(GenerateProvisioningOrders AD_Account AD_Admin)
    7 AD_ConnectorFulfillment(Fulfill Local AD_Account AD_Admin) <- AD_ConnectorGenerateOrders
    8 AD_ConnectorClassification(UpdateClassification Connector=AD AD_Entry)
    9 AD_ConnectorBuildRoleModel(BuildRoleModel Connector=AD)
    10 AD_ConnectorRefreshSchema(RefreshSchema Local Connector=AD)
    HR_VirtualJob "ZZ Connectors/Human resources" agent=Local connector denied
    0 HR_ConnectorExport(Export Local Connector=HR)
    1 HR_ConnectorPrepareSynchronization(PrepareSynchronization Local Connector=HR Complete) <- HR_ConnectorExport
    2 HR_ConnectorSynchronization(Synchronize Connector=HR) <- HR_ConnectorPrepareSynchronization
    3 HR_ConnectorExpression(UpdateEntityPropertyExpressions Connector=HR HR_Person)
    4 HR_ConnectorCorrelation(ComputeCorrelationKeys Connector=HR HR_Person)
    5 HR_ConnectorBuildRoleModel(BuildRoleModel Connector=HR)
    6 HR_ConnectorRefreshSchema(RefreshSchema Local Connector=HR)
    Old_VirtualJob "ZZ Connectors/Old" agent=Local connector denied
    0 Old_ConnectorExport(Export Local Connector=Old)
    1 Old_ConnectorPrepareSynchronization(PrepareSynchronization Local Connector=Old Complete) <- Old_ConnectorExport
    2 Old_ConnectorSynchronization(Synchronize Connector=Old) <- Old_ConnectorPrepareSynchronization
    3 Old_ConnectorExpression(UpdateEntityPropertyExpressions Connector=Old Old_Thing)
    4 Old_ConnectorCorrelation(ComputeCorrelationKeys Connector=Old Old_Thing)
    5 Old_ConnectorBuildRoleModel(BuildRoleModel Connector=Old)
    6 Old_ConnectorRefreshSchema(RefreshSchema Local Connector=Old)
    "#);
}

#[test]
fn jobs_that_keep_house() {
    let jobs = jobs(r#"<CleanDatabaseJob/><CreateAccessCertificationJob/>"#);
    insta::assert_snapshot!(jobs, @r#"
    CleanDatabase "ZZ Administration/Clean database" agent=- cron=0 */2 * * * (UTC)
    0 CleanDataBase(CleanDataBase)
    AccessCertification "ZZ Administration/Access certification" agent=-
    0 UpdateAccessCertificationCampaign(UpdateAccessCertificationCampaign)
    1 SetAccessCertificationReviewer(SetAccessCertificationReviewer)
    2 SendAccessCertificationNotification(SendAccessCertificationNotification)
    3 ProcessAccessCertificationItems(ProcessAccessCertificationItems)
    "#);
}
