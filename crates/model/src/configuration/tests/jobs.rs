//! Jobs as they are written, and what is wrong with them.

use super::problems::problems;
use super::*;
use crate::configuration::jobs::{LogLevel, Mode, TaskKind};

const AROUND: &str = r#"<Agent Identifier="A" DisplayName_L1="A"/><Agent Identifier="B" DisplayName_L1="B"/>
<Profile Identifier="P" DisplayName_L1="P"/><OpenIdClient Identifier="Job" DisplayName_L1="J" HashedSecret="x" Profile="P"/>
<Connector Identifier="HR" DisplayName_L1="HR" Agent="A"/><Connector Identifier="AD" DisplayName_L1="AD" Agent="B"/>
"#;

#[test]
fn steps_tasks_and_overrides_become_tasks_with_their_levels() {
    let parsed = read(&format!(
        r#"{AROUND}
        <Job Identifier="J" DisplayName_L1="Group/J" Agent="A" LogLevel="2" CronTabExpression="0 3 * * *" UserStartDenied="1">
          <PrepareSynchronizationTask DisplayName_L1="Prepare" Agent="A" OpenIdClient="Job" Connector="HR" SynchronizationMode="1"/>
          <Step Task="Names"/>
          <Step Identifier="Names" Level="7"/>
          <MaintainIndexesTaskOverride Identifier="Indexes" Offline="1" Level="2"/>
          <InvokeSqlCommandTaskOverride Identifier="Sql" Timeout="5"><TaskDependsOnTask ParentTask="Names"/></InvokeSqlCommandTaskOverride>
        </Job>
        <UpdateParametersContextDisplayNamesTask Identifier="Names" DisplayName_L1="Names" Level="4"/>
        <MaintainIndexesTask Identifier="Indexes" DisplayName_L1="Indexes" PageCount="10" Level="9"/>
        <InvokeSqlCommandTask Identifier="Sql" DisplayName_L1="Sql" SQLCommand="select 1" Level="8">
          <TaskDependsOnTask ParentTask="Indexes"/></InvokeSqlCommandTask>"#
    ));
    assert_eq!(parsed.problems, []);
    let job = &parsed.configuration.jobs[0];
    assert_eq!((job.log_level, job.user_start_denied, job.is_incremental), (LogLevel::Information, true, false));
    assert_eq!(job.cron.as_ref().unwrap().expression(), "0 3 * * *");
    let said: Vec<(i32, &str, TaskKind)> =
        job.steps.iter().map(|step| (step.level, step.task.identifier.as_str(), step.task.kind)).collect();
    assert_eq!(
        said,
        [
            (-1, "J_PrepareSynchronization_1", TaskKind::PrepareSynchronization),
            (4, "Names", TaskKind::UpdateParametersContextDisplayNames),
            (7, "Names", TaskKind::UpdateParametersContextDisplayNames),
            (2, "Indexes", TaskKind::MaintainIndexes),
            (8, "Sql", TaskKind::InvokeSqlCommand),
        ]
    );
    assert_eq!(job.steps[0].task.mode, Some(Mode::Complete));
    assert_eq!(job.steps[0].task.text("Type"), "None");
    let indexes = &job.steps[3].task;
    assert_eq!((indexes.is("Offline"), indexes.number("PageCount"), indexes.number("RebuildThreshold")), (true, 10, 0));
    assert!(!parsed.configuration.tasks[1].is("Offline"));
    let sql = &job.steps[4].task;
    assert_eq!((sql.text("SQLCommand"), sql.number("Timeout"), sql.is_on_server()), ("select 1", 5, true));
    assert_eq!(sql.depends_on, ["Names"]);
}

#[test]
fn dependencies_that_cannot_hold() {
    insta::assert_snapshot!(problems(&format!(
        r#"{AROUND}<Job Identifier="J" DisplayName_L1="J">
<MaintainIndexesTask Identifier="One" DisplayName_L1="x" Level="1"><TaskDependsOnTask ParentTask="Two"/></MaintainIndexesTask>
<MaintainIndexesTask Identifier="Two" DisplayName_L1="x" Level="1"><TaskDependsOnTask ParentTask="Onee"/></MaintainIndexesTask>
<MaintainIndexesTask Identifier="Three" DisplayName_L1="x" Level="3"><TaskDependsOnTask ParentTask="Four"/></MaintainIndexesTask>
</Job>
<MaintainIndexesTask Identifier="Four" DisplayName_L1="x"><TaskDependsOnTask ParentTask="Five"/></MaintainIndexesTask>
<MaintainIndexesTask Identifier="Five" DisplayName_L1="x"><TaskDependsOnTask ParentTask="Four"/></MaintainIndexesTask>
<MaintainIndexesTask Identifier="Six" DisplayName_L1="x"><TaskDependsOnTask ParentTask="Six"/></MaintainIndexesTask>"#
    )), @r#"
    error dependency-order conf.xml:6:99 `Two`
      "One" depends on "Two", which runs later or at the same time
      = put "Two" before it in job "J", or give it a lower Level
    error dangling-reference conf.xml:7:99 `Onee`
      "ParentTask" names no Task: "Onee"
      = did you mean "One"?
    error dependency-elsewhere conf.xml:8:101 `Four`
      "Three" depends on "Four", which is not in job "J"
      = it would never start; add a <Step Identifier="Four">, or depend on a task of this job: there are One, Two
    error dependency-cycle conf.xml:11:90 `Four`
      "Five" depends on itself: Five → Four → Five
      = remove one of these dependencies: none of these tasks would ever start
    error dependency-cycle conf.xml:12:89 `Six`
      "Six" depends on itself: Six → Six
      = remove one of these dependencies: none of these tasks would ever start
    "#);
}

#[test]
fn identifiers_agents_and_overrides() {
    insta::assert_snapshot!(problems(&format!(
        r#"{AROUND}<Job Identifier="J" DisplayName_L1="J" Agent="A">
<RefreshSchemaTask Identifier="T" DisplayName_L1="x" Connector="AD" Agent="B" OpenIdClient="Job"/>
<MaintainIndexesTaskOverride Identifier="U"/>
</Job>
<ResetValidFromTask Identifier="U" DisplayName_L1="x"/>
<MaintainIndexesTask Identifier="T" DisplayName_L1="x"/>
<Job Identifier="K" DisplayName_L1="K"><RefreshSchemaTask DisplayName_L1="x" Connector="HR" Agent="A"/></Job>
<ResourceType Identifier="R" DisplayName_L1="R" Policy="Default" SourceEntityType="E" TargetEntityType="E"/>
<EntityType Identifier="E"><Property Identifier="N" IsKey="1" TargetColumnIndex="4"/></EntityType>
<Connection Identifier="C" DisplayName_L1="C" Connector="HR" Package="Usercube.CSV@0000001"/>
<FulfillTask DisplayName_L1="x" Connection="C"><TaskResourceType ResourceType="R"/></FulfillTask>
<Job Identifier="CleanDatabase" DisplayName_L1="x"/><CleanDatabaseJob/>"#
    )), @r#"
    error agents-differ conf.xml:6:2 `RefreshSchemaTask`
      "T" runs on agent "B", job "J" on "A"
      = make a job for each agent
    error duplicate-identifier conf.xml:6:32 `T`
      identifier "T" of a task is taken
      = the first one is in conf.xml, line 10
    error override-kind conf.xml:7:2 `MaintainIndexesTaskOverride`
      "U" is a <ResetValidFromTask>
      = write <ResetValidFromTaskOverride>
    error job-without-agent conf.xml:11:2 `Job`
      job "K" has no agent, but "K_RefreshSchema_1" runs on one
      = put Agent="A" on the job
    warning resource-type-without-correlation conf.xml:12:2 `ResourceType`
      nothing finds the targets of <ResourceType Identifier="R"> that exist already
      = add a <ResourceCorrelationRule>, or a <ResourceClassificationRule> for targets without owner
    error connection-and-resource-types conf.xml:15:45 `C`
      <FulfillTask> has both Connection and <TaskResourceType>
      = remove Connection: the mappings of the resource types give it
    error duplicate-identifier conf.xml:16:54 `CleanDatabaseJob`
      identifier "CleanDatabase" of a job is taken
      = the first one is in conf.xml, line 16
    "#);
}

#[test]
fn schedules() {
    insta::assert_snapshot!(problems(&format!(
        r#"{AROUND}<Job Identifier="J" DisplayName_L1="J" Agent="A" CronTabExpression="*/30 * * * *">
<ExportTask DisplayName_L1="x" Connector="HR" Agent="A" OpenIdClient="Job" IgnoreCookieFile="1"/>
<PrepareSynchronizationTask DisplayName_L1="x" Connector="HR" Agent="A" OpenIdClient="Job" SynchronizationMode="Complete"/>
<UpdateEntityPropertyExpressionsTask DisplayName_L1="x" Dirty="1" AllEntityType="1"/>
<UpdateEntityPropertyExpressionsTask DisplayName_L1="x" Dirty="1"/>
<UpdateEntityPropertyExpressionsTask DisplayName_L1="x" Dirty="1"/>
<ComputeRoleModelTask DisplayName_L1="x"/>
<SetInternalUserProfilesTask DisplayName_L1="x"/>
</Job>
<Job Identifier="Never" DisplayName_L1="x" CronTabExpression="0 0 31 2 *"/>
<Job Identifier="Wrong" DisplayName_L1="x" CronTabExpression="0 25 * * *"/>
<SchedulingCleanDataBaseSetting CronTabExpression="often"/>
<CreateAgentSynchroComplete Agent="A"><CronTabExpression CronTab="*/10 * * * *"/></CreateAgentSynchroComplete>
<Connection Identifier="C" DisplayName_L1="C" Connector="HR" Package="Usercube.CSV@0000001"/>
<EntityType Identifier="E"><Property Identifier="N" IsKey="1" TargetColumnIndex="4"/></EntityType>
<EntityTypeMapping Identifier="E" Connector="HR" ConnectionTable="C"><Property Identifier="N" ConnectionColumn="n" IsPrimaryKey="1"/></EntityTypeMapping>"#
    )), @r#"
    warning frequent-job conf.xml:6:2 `ExportTask`
      "J" starts more than once an hour, but "J_Export_1" exports everything
      = leave out IgnoreCookieFile and InitMode
    warning frequent-job conf.xml:7:2 `PrepareSynchronizationTask`
      "J" starts more than once an hour, but "J_PrepareSynchronization_2" compares everything
      = write SynchronizationMode="Incremental"
    warning frequent-job conf.xml:8:2 `UpdateEntityPropertyExpressionsTask`
      "J" starts more than once an hour, but "J_UpdateEntityPropertyExpressions_3" looks at every entity type
      = list them with <TaskEntityType>
    warning frequent-job conf.xml:10:2 `UpdateEntityPropertyExpressionsTask`
      "J" starts more than once an hour, but "J_UpdateEntityPropertyExpressions_5" computes a second time
      = one task for all entity types is enough
    warning frequent-job conf.xml:11:2 `ComputeRoleModelTask`
      "J" starts more than once an hour, but "J_ComputeRoleModel_6" computes everything
      = write Dirty="true"
    warning frequent-job conf.xml:12:2 `SetInternalUserProfilesTask`
      "J" starts more than once an hour, but "J_SetInternalUserProfiles_7" takes long
      = put it in a job that starts less often
    error cron conf.xml:14:63 `0 0 31 2 *`
      "0 0 31 2 *" never comes: none of its months has a day 31
      = choose a day that the month has
    error cron conf.xml:15:63 `0 25 * * *`
      "25" in "25" is no hour
      = the hour is from 0 to 23; write *, a value, a range a-b, a step */n, or a list with commas
    error cron conf.xml:16:52 `often`
      "often" has 1 field
      = expected minute hour day month weekday, such as "*/15 * * * *"; seconds may stand before
    warning frequent-job conf.xml:17:2 `CreateAgentSynchroComplete`
      "A_SynchroComplete" starts more than once an hour, but "A_SynchroComplete_Export_HR_Complete_C" exports everything
      = leave out IgnoreCookieFile and InitMode
    "#);
}

#[test]
fn scaffoldings_that_find_nothing() {
    insta::assert_snapshot!(problems(
        r#"<Agent Identifier="Local" DisplayName_L1="A"/><Agent Identifier="Remote" DisplayName_L1="A"/>
<Connector Identifier="HR" DisplayName_L1="HR" Agent="Local"/><Connector Identifier="AD" DisplayName_L1="AD" Agent="Remote"/>
<CreateConnectorSynchroComplete Connector="HRR"/>
<CreateAgentSynchroComplete Agent="Locale"/>
<CreateAgentSynchroIncremental/>
<CreateConnectorSynchroIncremental Connector="HR">
<AddTask Task="Nothing" TaskToCompareWith="SetRecentlyModified"/><LinkDependTask Task="MaintainIndexTask" DependOn="x"/>
<OpenIdIdentifier Identifier="Jobs"/>
</CreateConnectorSynchroIncremental>
<CreateConnectorsJobs/>
<JobViewAccessControlRules/>"#
    ), @r#"
    error dangling-reference conf.xml:4:44 `HRR`
      "Connector" names no Connector: "HRR"
      = did you mean "HR"?
    error dangling-reference conf.xml:5:36 `Locale`
      "Agent" names no Agent: "Locale"
      = did you mean "Local"?
    error agent-missing conf.xml:6:2 `CreateAgentSynchroIncremental`
      <CreateAgentSynchroIncremental> does not say for which agent
      = add Agent="…"; there are Local, Remote
    error unknown-task conf.xml:8:44 `SetRecentlyModified`
      "TaskToCompareWith" names no task of the job that is made: "SetRecentlyModified"
      = there are UpdateEntityPropertyExpressionsTask, ExportTask, PrepareSynchronizationTask, SynchronizeTask, SetRecentlyModifiedFlagTask, ManageConfigurationIndexesTask, ResetValidFromTask, UpdateParametersContextDisplayNamesTask, …
    error unknown-task conf.xml:8:117 `x`
      "DependOn" names no task of the job that is made: "x"
      = there are UpdateEntityPropertyExpressionsTask, ExportTask, PrepareSynchronizationTask, SynchronizeTask, SetRecentlyModifiedFlagTask, ManageConfigurationIndexesTask, ResetValidFromTask, UpdateParametersContextDisplayNamesTask, …
    error dangling-reference conf.xml:9:31 `Jobs`
      "Identifier" names no OpenIdClient: "Jobs"
      = declare <OpenIdClient Identifier="Jobs">, or correct the name
    error client-missing conf.xml:11:2 `CreateConnectorsJobs`
      the tasks of <CreateConnectorsJobs> call the server as "Job", which is no client
      = declare <OpenIdClient Identifier="Job">, or name another with <OpenIdIdentifier>
    error missing-attribute conf.xml:12:2 `JobViewAccessControlRules`
      "Profile" is missing on <JobViewAccessControlRules>
      = it is required: the profile that gets the rights
    "#);
}

#[test]
fn a_job_that_two_scaffoldings_make_is_one_problem() {
    insta::assert_snapshot!(problems(&format!(
        r#"{AROUND}<CreateAgentSynchroComplete Agent="A"/>
<CreateAgentSynchroComplete Agent="A"/>"#
    )), @r#"
    error duplicate-identifier conf.xml:6:2 `CreateAgentSynchroComplete`
      identifier "A_SynchroComplete_UpdateParametersContextDisplayNames" of a task is taken
      = the first one is in conf.xml, line 5
    "#);
}

#[test]
fn tasks_of_a_scaffolding_that_no_version_runs_yet_are_named() {
    let parsed = read(&format!(r#"{AROUND}<CreateAgentSynchroComplete Agent="A"/>"#));
    let listed: Vec<(&str, usize)> = parsed.not_acted_on.iter().map(|n| (n.element.as_str(), n.count)).collect();
    assert_eq!(
        listed,
        [
            ("CreateAgentSynchroComplete → SendRoleModelNotificationsTask", 1),
            ("CreateAgentSynchroComplete → UpdateParametersContextDisplayNamesTask", 1),
        ]
    );
}

#[test]
fn an_argument_of_a_scaffolding_that_is_written_as_an_attribute_is_not_swallowed() {
    insta::assert_snapshot!(problems(
        r#"<Agent Identifier="A" DisplayName_L1="A"/>
<CreateAgentSynchroIncremental Agent="A" JobIdentifier="Fast" CronTabExpression="0 2 * * *" Later="1"/>"#
    ), @r#"
    error argument-as-attribute conf.xml:3:63 `CronTabExpression`
      "CronTabExpression" is no attribute of <CreateAgentSynchroIncremental>, but an element in it
      = write <CronTabExpression CronTab="…" /> inside of it
    "#);
}
