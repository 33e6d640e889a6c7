use super::*;
use provost_model::configuration::parse;

const CONFIGURATION: &str = r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <EntityType Identifier="Person" DisplayName_L1="Person">
    <Property Identifier="Number" DisplayName_L1="Number" Type="String" TargetColumnIndex="4" IsKey="true"/>
    <Property Identifier="LastName" DisplayName_L1="Name" Type="String" TargetColumnIndex="5"/>
    <Property Identifier="Mail" DisplayName_L1="Mail" Type="String" TargetColumnIndex="6"/>
    <Property Identifier="Records" DisplayName_L1="Records" Type="ForeignKey"/>
  </EntityType>
  <EntityType Identifier="Record" DisplayName_L1="Record">
    <Property Identifier="Start" DisplayName_L1="Start" Type="DateTime" TargetColumnIndex="4"/>
    <Property Identifier="Person" DisplayName_L1="Person" Type="ForeignKey" TargetColumnIndex="128"/>
  </EntityType>
  <EntityType Identifier="Account" DisplayName_L1="Account">
    <Property Identifier="dn" DisplayName_L1="DN" Type="String" TargetColumnIndex="4"/>
    <Property Identifier="expires" DisplayName_L1="Expires" Type="DateTime" TargetColumnIndex="5"/>
    <Property Identifier="groups" DisplayName_L1="Groups" Type="ForeignKey"/>
  </EntityType>
  <EntityType Identifier="Group" DisplayName_L1="Group">
    <Property Identifier="cn" DisplayName_L1="CN" Type="String" TargetColumnIndex="4"/>
    <Property Identifier="members" DisplayName_L1="Members" Type="ForeignKey"/>
  </EntityType>
  <EntityAssociation Identifier="PersonRecords" Property1="Person:Records" Property2="Record:Person" IsProperty1Collection="true"/>
  <EntityAssociation Identifier="AccountGroups" Property1="Account:groups" Property2="Group:members" IsProperty1Collection="true" IsProperty2Collection="true"/>
  <EntityPropertyExpression Identifier="Person_Mail" EntityType="Person" Property="Mail" Expression="C#:p:return p.LastName + &quot;@x&quot;;"/>
  <EntityPropertyExpression Identifier="Person_LastName" EntityType="Person" Property="LastName" Expression="C#:p:return p.Mail.Substring(1);"/>
  <Policy Identifier="Default" DisplayName_L1="Default"/>
  <ResourceType Identifier="Accounts" DisplayName_L1="Accounts" Policy="Default" SourceEntityType="Person" TargetEntityType="Account" ArgumentsExpression="C#:r:return provisioningOrder.HasChanged(&quot;dn&quot;) ? new Dictionary&lt;string, string&gt;() : null;">
    <ScalarRule Property="dn" Expression="C#:p:return &quot;CN=&quot; + p.LastNam;"/>
    <ScalarRule Property="expires" Expression="C#:p:return assignment.EndDate;"/>
    <QueryRule Property="groups" SourceExpression="C#:p:return p.LastName;" TargetBinding="cn"/>
  </ResourceType>
  <ResourceCorrelationRule Policy="Default" ResourceType="Accounts" SourceBinding="Mail" TargetExpression="C#:a:return a.dn.ToLower();"/>
  <ResourceClassificationRule Policy="Default" ResourceType="Accounts" TargetExpression="C#:a:return a.dn;"/>
  <ContextRule Identifier="People" DisplayName_L1="People" Policy="Default" SourceEntityType="Person" ResourcesBinding="Records" ResourcesStartBinding="Person:Records.Start" ResourcesEndExpression="C#:r:return r.Start.AddYears(1);"/>
  <RoleMapping Identifier="Groups" DisplayName_L1="Groups" Policy="Default" ResourceType="Accounts" Property="Account:groups" IdentifierBinding="cn" WhereExpression="C#:g:return g.cn.StartsWith(&quot;SG_&quot;);"/>
</ConfigurationFile>"#;

#[test]
fn every_expression_is_compiled_for_what_it_is_about() {
    let parsed = parse(&[("a.xml".to_owned(), CONFIGURATION.to_owned())]);
    let metadata = undeployed(parsed.configuration.clone());
    let found: Vec<String> = compile(&parsed.items, &metadata)
        .iter()
        .map(|found| {
            let said = match &found.program {
                Ok(program) => program.type_name().to_owned(),
                Err(error) => format!("{} at {}", error, error.offset),
            };
            format!("{} @{} of {}: {said}", found.path, found.attribute, found.entity_type)
        })
        .collect();
    insta::assert_snapshot!(found.join("\n"), @r"
    EntityPropertyExpression Person_Mail @Expression of Person: Person_Mail, Person_LastName are computed from each other at 0
    EntityPropertyExpression Person_LastName @Expression of Person: Person_LastName, Person_Mail are computed from each other at 0
    ResourceType Accounts @ArgumentsExpression of Person: Dictionary<string, string>
    ResourceType Accounts / ScalarRule Property=dn @Expression of Person: Person has no property LastNam at 22
    ResourceType Accounts / ScalarRule Property=expires @Expression of Person: DateTime
    ResourceType Accounts / QueryRule Property=groups @SourceExpression of Person: string
    ResourceType Accounts / QueryRule Property=groups @TargetBinding of Group: string
    ResourceCorrelationRule Policy=Default, ResourceType=Accounts @SourceBinding of Person: string
    ResourceCorrelationRule Policy=Default, ResourceType=Accounts @TargetExpression of Account: string
    ResourceClassificationRule Policy=Default, ResourceType=Accounts @TargetExpression of Account: the code returns a string, but true or false is needed at 5
    ContextRule People @ResourcesBinding of Person: Record
    ContextRule People @ResourcesStartBinding of Record: DateTime
    ContextRule People @ResourcesEndExpression of Record: DateTime
    RoleMapping Groups @IdentifierBinding of Group: string
    RoleMapping Groups @WhereExpression of Group: bool
    ");
}

#[test]
fn expressions_of_workflows_profiles_notifications_and_searches_are_checked() {
    let text = r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <EntityType Identifier="Person" DisplayName_L1="Person">
    <Property Identifier="Name" DisplayName_L1="N" Type="String" TargetColumnIndex="5" FlexibleComparisonExpression="C#:text: return text.Simplfy();"/>
    <Property Identifier="Mail" DisplayName_L1="M" Type="String" TargetColumnIndex="6" FlexibleComparisonExpression="Simplify"/>
    <Property Identifier="Chief" DisplayName_L1="C" Type="ForeignKey" TargetColumnIndex="128"/>
    <Property Identifier="Team" DisplayName_L1="T" Type="ForeignKey"/>
  </EntityType>
  <EntityType Identifier="Workflow_Person" DisplayName_L1="W">
    <Property Identifier="Person" DisplayName_L1="P" Type="ForeignKey" TargetColumnIndex="128"/>
  </EntityType>
  <EntityType Identifier="Start" DisplayName_L1="S"><Property Identifier="Of" DisplayName_L1="O" Type="ForeignKey"/></EntityType>
  <EntityAssociation Identifier="A" Property1="Person:Team" Property2="Person:Chief" IsProperty1Collection="true"/>
  <EntityAssociation Identifier="B" Property1="Start:Of" Property2="Workflow_Person:Person" IsProperty1Collection="true"/>
  <Profile Identifier="Manager" DisplayName_L1="M"/>
  <ProfileRuleContext EntityType="Person" SubBinding="Person:Team">
    <ProfileRule Profile="Manager" RootExpression="C#:p: return p.Team.Any();" SubExpression="C#:p: return p.Name;"/>
  </ProfileRuleContext>
  <Notification Identifier="N" OwnerEntityType="Person" TitleExpression="C#:p: return p.Nme;" QueryFilterExpression="C#:p: return p.Mail == null;"/>
  <AddChangeAspect Identifier="C" Binding="Workflow_Person:Person" ExpressionBinding="Person:Chief" Expression="C#:c: return c.Mail.ToLower();" IfExpression="C#:c: return c.Mail;">
    <PointCut Activity="X:Y" ActivityState="Z"/>
  </AddChangeAspect>
  <BuildUniqueValueAspect Identifier="U" Binding="Person:Mail" ExpressionBinding="Person:Name" Expression="C#:name: return name + iteration;"/>
</ConfigurationFile>"#;
    let parsed = parse(&[("a.xml".to_owned(), text.to_owned())]);
    let metadata = undeployed(parsed.configuration.clone());
    let mut told = Vec::new();
    for found in compile(&parsed.items, &metadata) {
        let said = match &found.program {
            Ok(program) => program.type_name().to_owned(),
            Err(error) => error.to_string(),
        };
        told.push(format!("{} @{}: {said}", found.item.element, found.attribute));
    }
    insta::assert_snapshot!(told.join("\n"), @r"
    Property @FlexibleComparisonExpression: Simplfy of the class String (namespace System) is not allowed
    Property @FlexibleComparisonExpression: string
    ProfileRule @RootExpression: bool
    ProfileRule @SubExpression: the code returns a string, but true or false is needed
    Notification @TitleExpression: Person has no property Nme
    Notification @QueryFilterExpression: bool
    AddChangeAspect @Expression: string
    AddChangeAspect @IfExpression: the code returns a string, but true or false is needed
    BuildUniqueValueAspect @Expression: string
    ");
}
