//! Rights that scaffoldings grant.

use super::*;
use crate::configuration::access::AccessControlRule;

fn rules(elements: &str) -> Vec<AccessControlRule> {
    read(elements).configuration.access_control_rules
}

/// `entity type: permissions`.
fn granted(elements: &str) -> String {
    let mut text = String::new();
    for rule in rules(elements) {
        assert!(rule.entries.iter().all(|entry| entry.can_execute));
        let permissions: Vec<&str> = rule.entries.iter().map(|entry| entry.permission.as_str()).collect();
        let _ = writeln!(text, "{} {} {}: {}", rule.identifier, rule.profile, rule.entity_type, permissions.join(" "));
    }
    text
}

#[test]
fn rights_about_jobs_and_connectors() {
    insta::assert_snapshot!(granted(r#"<RunJobAdministrationAccessControlRules Profile="P"/>
        <GetJobLogAdministrationAccessControlRules Profile="P"/><ProvisioningAccessControlRules Profile="P"/>"#), @r"
    P_RunJobAdministration_Job P Job: /Jobs/RunJob/Launch /Jobs/RunJob/Repair
    P_RunJobAdministration_JobInstance P JobInstance: /Jobs/RunJob/Launch /Jobs/RunJob/Repair
    P_GetJobLogAdministration_JobInstance P JobInstance: /Jobs/RunJob/GetLog
    P_GetJobLogAdministration_TaskInstance P TaskInstance: /Jobs/RunJob/GetLog
    P_Provisioning_Agent P Agent: /Connectors/Agent/Query
    P_Provisioning_AssignedResourceType P AssignedResourceType: /ProvisioningPolicy/AssignedResourceType/Query
    P_Provisioning_Connection P Connection: /Connectors/Connection/Query
    P_Provisioning_ConnectionColumn P ConnectionColumn: /Connectors/ConnectionColumn/Query
    P_Provisioning_ConnectionTable P ConnectionTable: /Connectors/ConnectionTable/Query
    P_Provisioning_Connector P Connector: /Connectors/Connector/Query /Connectors/ProvisioningSession
    P_Provisioning_EntityAssociation P EntityAssociation: /Metadata/EntityAssociation/Query
    P_Provisioning_EntityAssociationMapping P EntityAssociationMapping: /Connectors/EntityAssociationMapping/Query
    P_Provisioning_EntityProperty P EntityProperty: /Metadata/EntityProperty/Query
    P_Provisioning_EntityPropertyMapping P EntityPropertyMapping: /Connectors/EntityPropertyMapping/Query
    P_Provisioning_EntityType P EntityType: /Metadata/EntityType/Query
    P_Provisioning_EntityTypeMapping P EntityTypeMapping: /Connectors/EntityTypeMapping/Query
    P_Provisioning_ProvisionerResourceTypeMapping P ProvisionerResourceTypeMapping: /Connectors/ProvisionerResourceTypeMapping/Query
    P_Provisioning_ResourceType P ResourceType: /ProvisioningPolicy/ResourceType/Query
    P_Provisioning_ResourceTypeMapping P ResourceTypeMapping: /Connectors/ResourceTypeMapping/Query
    ");
    let all = granted(
        r#"<JobViewAccessControlRules Profile="P"/><JobExecutionAccessControlRules Profile="P"/>
           <SynchronizationAccessControlRules Profile="P"/><ConnectorsAccessControlRules Profile="P"/>"#,
    );
    assert!(all.contains("P_JobView_JobInstance P JobInstance: /Jobs/JobInstance/Query /Jobs/RunJob/GetLog\n"));
    assert!(all.contains("P_JobExecution_Job P Job: /Jobs/Job/Query /Jobs/RunJob/Launch /Jobs/RunJob/Repair\n"));
    assert!(all.contains(
        "P_Synchronization_Connector P Connector: /Connectors/Connector/Query /Connectors/SynchronizeSession\n"
    ));
    assert!(all.contains("P_Connectors_Connection P Connection: /Connectors/Connection\n"));
}

#[test]
fn administrators_may_everything_but_not_by_the_root() {
    let configuration = read("<CreateAdministratorProfile/>").configuration;
    assert_eq!(
        configuration.profiles.iter().map(|p| p.identifier.as_str()).collect::<Vec<_>>(),
        ["P", "Administrator"]
    );
    let rules = &configuration.access_control_rules;
    for entity_type in ["AD_Entry", "HR_Person", "Job", "OpenIdClient", "Resource", "WorkflowInstance"] {
        let rule = rules.iter().find(|rule| rule.entity_type == entity_type).unwrap();
        let permissions: Vec<&str> = rule.entries.iter().map(|entry| entry.permission.as_str()).collect();
        assert_eq!(
            permissions,
            [
                "/AccessCertification",
                "/AccessControl",
                "/Connectors",
                "/Custom",
                "/EntityTypeMappings",
                "/Jobs",
                "/Metadata",
                "/Monitoring",
                "/ProvisioningPolicy",
                "/Report",
                "/Resources",
                "/Settings",
                "/Universes",
                "/UserInterface",
                "/Workflows",
            ]
        );
        assert!(rule.entries.iter().all(|entry| entry.can_execute && entry.full_access_properties));
    }
    let own = read(r#"<CreateAdministratorProfile Profile="P"/>"#).configuration;
    assert_eq!(own.profiles.len(), 1);
    assert!(own.access_control_rules.iter().all(|rule| rule.profile == "P"));
}
