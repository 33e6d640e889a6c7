//! What the arguments of scaffoldings do.

use super::*;
use crate::configuration::{export, plan};

/// Identifiers of the steps without that of the job, by level.
fn steps(elements: &str) -> Vec<String> {
    let configuration = read(elements).configuration;
    let job = &configuration.jobs[0];
    let name = |id: &str| id.strip_prefix(&format!("{}_", job.identifier)).unwrap_or(id).to_owned();
    job.steps.iter().map(|step| format!("{} {}", step.level, name(&step.task.identifier))).collect()
}

const CUSTOM: &str = r#"<InvokeExpressionTask Identifier="Custom" DisplayName_L1="x" Agent="Local" OpenIdClient="Job" InputPath="a.ps1"/>"#;

#[test]
fn tasks_are_added_before_and_after_on_levels_of_their_own() {
    let added = |argument: &str| {
        steps(&format!(
            r#"<CreateConnectorSynchroComplete Connector="HR" JobIdentifier="J">{argument}</CreateConnectorSynchroComplete>{CUSTOM}"#
        ))
    };
    let before = added(r#"<AddTask Task="Custom" TaskToCompareWith="PrepareSynchronizationTask" Before="true"/>"#);
    let expected = [
        "0 Export_HR_Complete_HRContracts",
        "0 Export_HR_Complete_HRPersons",
        "1 Custom",
        "2 PrepareSynchronization_HR_Complete",
    ];
    assert_eq!(before[..4], expected);
    let after = added(r#"<AddTask Task="Custom" TaskToCompareWith="Export" Occurence="2" After="1"/>"#);
    assert_eq!(after, before);
    let last = added(r#"<AddTask Task="Custom" TaskToCompareWith="J_MaintainIndexes"/>"#);
    assert_eq!(last[last.len() - 2..], ["7 MaintainIndexes", "8 Custom"]);
}

#[test]
fn a_task_of_the_job_is_copied() {
    let steps = steps(
        r#"<CreateConnectorSynchroComplete Connector="AD" JobIdentifier="J">
             <AddTask Task="ComputeRoleModelTask" CopyOccurence="1" TaskToCompareWith="FulfillTask" After="true"/>
             <AddTask Task="ComputeRoleModelTask" CopyOccurence="1" TaskToCompareWith="MaintainIndexesTask" Before="true"/>
           </CreateConnectorSynchroComplete>"#,
    );
    assert_eq!(
        steps[7..],
        [
            "7 GenerateProvisioningOrders1",
            "8 Fulfill1",
            "9 ComputeRoleModel1_Copy2",
            "10 UpdateParametersContextDisplayNames",
            "11 SendRoleModelNotifications",
            "12 ComputeRoleModel1_Copy3",
            "13 MaintainIndexes",
        ]
    );
}

#[test]
fn dependencies_are_added() {
    let jobs = read(
        r#"<CreateConnectorSynchroComplete Connector="AD" JobIdentifier="J">
             <LinkDependTask Task="MaintainIndexesTask" DependOn="FulfillTask" ParentOccurence="1"/>
             <LinkDependTask Task="FulfillTask" DependOn="GenerateProvisioningOrdersTask"/>
           </CreateConnectorSynchroComplete>"#,
    )
    .configuration
    .jobs;
    let of = |name: &str| &jobs[0].steps.iter().find(|step| step.task.identifier == name).unwrap().task.depends_on;
    assert_eq!(of("J_MaintainIndexes"), &["J_Fulfill1"]);
    assert_eq!(of("J_Fulfill1"), &["J_GenerateProvisioningOrders1"]);
}

#[test]
fn a_job_may_be_left_out_and_its_tasks_used_by_another() {
    let configuration = read(
        r#"<CreateConnectorSynchroComplete Connector="HR" JobIdentifier="J"><DoNotCreateJob/></CreateConnectorSynchroComplete>
           <Job Identifier="Own" DisplayName_L1="Own"><Step Identifier="J_Synchronize_HR"/></Job>"#
            .replace("<Step", r#"<Step Identifier="J_PrepareSynchronization_HR_Complete"/><Step"#)
            .replace("<Step Identifier=\"J_P", r#"<Step Identifier="J_Export_HR_Complete_HRPersons"/><Step Identifier="J_Export_HR_Complete_HRContracts"/><Step Identifier="J_P"#)
            .replace("DisplayName_L1=\"Own\"", "DisplayName_L1=\"Own\" Agent=\"Local\"")
            .as_str(),
    )
    .configuration;
    assert_eq!(configuration.jobs.len(), 1);
    assert_eq!(configuration.jobs[0].steps.len(), 4);
    assert_eq!(configuration.jobs[0].steps[3].task.connector.as_deref(), Some("HR"));
    assert_eq!(configuration.tasks.len(), 9);
}

#[test]
fn connectors_are_left_out_as_the_scaffolding_says_else_as_they_say() {
    let connectors = |arguments: &str, of_hr: &str| {
        let elements = format!(
            r#"<Connector Identifier="HR2" DisplayName_L1="x" Agent="Local" {of_hr}/>
               <Connection Identifier="HR2File" DisplayName_L1="x" Connector="HR2" Package="Usercube.CSV@0000001"/>
               <EntityType Identifier="T2"><Property Identifier="Id1" IsKey="1" TargetColumnIndex="4"/></EntityType>
               <EntityTypeMapping Identifier="T2" Connector="HR2" ConnectionTable="HR2File"><Property Identifier="Id1" ConnectionColumn="id" IsPrimaryKey="1"/></EntityTypeMapping>
               <ResourceType Identifier="R2" DisplayName_L1="x" Policy="Default" SourceEntityType="HR_Person" TargetEntityType="T2"/>
               <CreateAgentSynchroComplete Agent="Local" JobIdentifier="J">{arguments}</CreateAgentSynchroComplete>"#
        );
        let configuration = read(&elements).configuration;
        let tasks = configuration.jobs[0].steps.iter().map(|step| &step.task);
        let synchronized = tasks.clone().any(|task| {
            task.kind == crate::configuration::jobs::TaskKind::Synchronize && task.connector.as_deref() == Some("HR2")
        });
        let provisioned = tasks.clone().any(|task| task.resource_types.contains(&"R2".to_owned()));
        (synchronized, provisioned)
    };
    assert_eq!(connectors("", ""), (true, true));
    assert_eq!(connectors("", r#"CompleteJob="NotUsed""#), (false, false));
    assert_eq!(connectors("", r#"IncrementalJob="NotUsed""#), (true, true));
    assert_eq!(connectors("", r#"CompleteJob="OnlySynchronization""#), (true, false));
    assert_eq!(connectors("", r#"CompleteJob="3""#), (false, true));
    assert_eq!(connectors("", r#"IsDeactivated="1""#), (false, false));
    assert_eq!(connectors(r#"<NotUsed ConnectorIdentifier="HR2"/>"#, ""), (false, false));
    assert_eq!(connectors(r#"<NotUsed ConnectorIdentifier="HR"/>"#, ""), (true, true));
    let own = r#"CompleteJob="NotUsed""#;
    assert_eq!(connectors(r#"<NoConnectorProvisioning ConnectorIdentifier="HR2"/>"#, own), (true, false));
    assert_eq!(connectors(r#"<NoConnectorSynchronization ConnectorIdentifier="HR2"/>"#, own), (false, true));
}

#[test]
fn client_schedule_labels_and_paths_are_passed_on() {
    let configuration = read(
        r#"<OpenIdClient Identifier="Other" HashedSecret="x" DisplayName_L1="x" Profile="P"/>
           <CreateConnectorSynchroComplete Connector="AD" DisplayName_L1="Nightly" DisplayName_L2="Nuit">
             <OpenIdIdentifier Identifier="Other"/>
             <CronTabExpression CronTab="30 1 * * *" CronTimeZone="ServerTime"/>
             <FulfillInternalWorkflowsPath ConnectorIdentifier="AD" Path="flows"/>
           </CreateConnectorSynchroComplete>"#,
    )
    .configuration;
    let job = &configuration.jobs[0];
    assert_eq!(job.cron.as_ref().unwrap().to_string(), "30 1 * * * (server time)");
    assert_eq!(job.display_name.as_deref(), Some("Nightly"));
    let on_agent = job.steps.iter().filter(|step| !step.task.is_on_server());
    let clients: Vec<Option<&str>> = on_agent.map(|step| step.task.open_id_client.as_deref()).collect();
    assert_eq!(clients, [Some("Other"); 3]);
    let fulfill = job.steps.iter().find(|step| step.task.identifier.ends_with("_Fulfill1")).unwrap();
    assert_eq!(fulfill.task.text("FulfillInternalWorkflowsPath"), "AD=flows");
}

#[test]
fn a_chain_of_resource_types_is_fed_in_up_to_three_rounds() {
    let rounds = |count: usize| {
        let mut elements = String::from(
            r#"<CreateInitializationJob JobIdentifier="I"><PrincipalDataConnector ConnectorIdentifier="AD"/></CreateInitializationJob>"#,
        );
        for n in 0..count {
            let source = if n == 0 { "AD_Entry".to_owned() } else { format!("Link{n}") };
            elements.push_str(&format!(
                r#"<EntityType Identifier="Link{0}"><Property Identifier="Id1" IsKey="1" TargetColumnIndex="4"/></EntityType>
                   <EntityTypeMapping Identifier="Link{0}" Connector="AD" ConnectionTable="x{0}"><Property Identifier="Id1" ConnectionColumn="id" IsPrimaryKey="1"/></EntityTypeMapping>
                   <ResourceType Identifier="R{0}" DisplayName_L1="x" Policy="Default" SourceEntityType="{source}" TargetEntityType="Link{0}"/>"#,
                n + 1
            ));
        }
        let configuration = read(&elements).configuration;
        configuration.tasks.iter().filter(|task| task.identifier.contains("_ForceProvisioning")).count()
    };
    assert_eq!((0..5).map(rounds).collect::<Vec<_>>(), [1, 2, 3, 3, 3]);
}

#[test]
fn the_configuration_keeps_the_scaffolding_and_gives_the_same_jobs_when_it_is_read_back() {
    let parsed = read(r#"<CreateAgentSynchroComplete/><CreateConnectorsJobs/><CleanDatabaseJob/>"#);
    assert!(parsed.items.iter().all(|item| item.element != "Job" && !item.element.ends_with("Task")));
    let exported = export(&parsed.items);
    assert!(exported[0].1.contains("<CreateAgentSynchroComplete />"));
    let again = parse(&exported);
    assert_eq!(again.configuration, parsed.configuration);
    assert!(plan(&parsed.items, &again.items).is_empty());
    assert_eq!(Parsed::from_items(parsed.items.clone()).configuration, parsed.configuration);
    // Expanding what is expanded changes nothing.
    let expanded = crate::configuration::expand(&parsed.items);
    assert_eq!(crate::configuration::typed(&expanded), parsed.configuration);
    assert_eq!(crate::configuration::expand(&expanded), expanded);
}
