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
