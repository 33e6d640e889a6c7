//! What is read into the typed configuration and into items.

use super::*;

#[test]
fn the_minimal_example_of_the_documentation_is_understood() {
    let parsed = read(
        r#"<Agent Identifier="Local" DisplayName_L1="Local" URI="http://localhost:5001"/>
           <Connector Identifier="HR" DisplayName_L1="HR" Agent="Local"/>
           <Connection Identifier="HRPeople" Connector="HR" DisplayName_L1="People" Package="Usercube.CSV@0000001">
             <Transformation Type="WhereValue" Table="HRPeople" Column="c" WhereOperator="CotContains" WhereValue=""/>
           </Connection>
           <EntityType Identifier="HR_Person" DisplayName_L1="HR - Person">
             <Property Identifier="EmployeeId" IsKey="true" TargetColumnIndex="4" Type="String"/>
             <Property Identifier="Organization" TargetColumnIndex="128" Type="Int64"/>
             <Property Identifier="Picture" Type="Binary"/>
             <Property Identifier="Persons" Type="ForeignKey"/>
           </EntityType>
           <EntityAssociation Identifier="O" Property1="HR_Person:Persons" Property2="HR_Person:Organization"
               IsProperty1Collection="1"/>
           <EntityTypeMapping Identifier="HR_Person" Connector="HR" ConnectionTable="HRPeople.CSV" MaximumDeletedLines="3">
             <Property Identifier="EmployeeId" ConnectionColumn="Employee Id" IsPrimaryKey="true"/>
           </EntityTypeMapping>
           <EntityPropertyExpression Identifier="E" EntityType="HR_Person" Property="InternalDisplayName"
               Binding="HR_Person:Organization.EmployeeId" Expression="ToUpper"/>"#,
    );
    assert_eq!(parsed.problems, []);
    assert_eq!(parsed.not_acted_on, []);
    let configuration = parsed.configuration;
    assert_eq!(configuration.agents[0].uri.as_deref(), Some("http://localhost:5001"));
    let connector = &configuration.connectors[0];
    assert_eq!((connector.inserted.lines, connector.inserted.percent), (100, 5));
    assert_eq!((connector.links_deleted.lines, connector.links_deleted.percent), (1000, 5));
    assert_eq!(connector.agent.as_deref(), Some("Local"));
    assert_eq!(
        configuration.connections[0].transformations[0],
        Transformation {
            table: "HRPeople".to_owned(),
            kind: TransformationKind::WhereValue {
                column: "c".to_owned(),
                operator: WhereOperator::NotContains,
                value: String::new(),
            },
        }
    );
    let kinds: Vec<(PropertyType, i16)> =
        configuration.entity_types[0].properties.iter().map(|p| (p.kind, p.target_column_index)).collect();
    assert_eq!(
        kinds,
        [
            (PropertyType::String, 4),
            (PropertyType::ForeignKey, 128),
            (PropertyType::Binary, 153),
            (PropertyType::ForeignKey, -1)
        ]
    );
    assert_eq!(configuration.associations[0].property1.to_string(), "HR_Person:Persons");
    let mapping = &configuration.type_mappings[0];
    assert_eq!((mapping.connection_table.as_str(), mapping.deleted.lines, mapping.inserted.lines), ("HRPeople", 3, 0));
    assert_eq!(configuration.expressions[0].binding.as_deref(), Some("Organization.EmployeeId"));
}

#[test]
fn a_key_property_that_an_association_refers_to_becomes_a_unique_key() {
    let parsed = read(
        r#"<Connector Identifier="AD" DisplayName_L1="AD"/>
           <EntityType Identifier="T">
             <Property Identifier="Guid" TargetColumnIndex="4"/>
             <Property Identifier="Dn" IsKey="true" TargetColumnIndex="5"/>
             <Property Identifier="Parent" Type="ForeignKey" TargetColumnIndex="128"/>
             <Property Identifier="Children" Type="ForeignKey"/>
           </EntityType>
           <EntityAssociation Identifier="A" Property1="T:Children" Property2="T:Parent" IsProperty1Collection="true"/>
           <EntityTypeMapping Identifier="T" Connector="AD" ConnectionTable="t">
             <Property Identifier="Guid" ConnectionColumn="guid" IsPrimaryKey="true"/>
             <Property Identifier="Dn" ConnectionColumn="dn"/>
             <Property Identifier="Parent" ConnectionColumn="parent"/>
           </EntityTypeMapping>
           <EntityAssociationMapping Identifier="A" Connector="AD" ConnectionTable="t" Column1="parent" Column2="dn"
               EntityPropertyMapping1="T:Dn" EntityPropertyMapping2="T.Dn"/>"#,
    );
    assert!(!parsed.has_errors(), "{:?}", parsed.problems);
    let codes: Vec<&str> = parsed.problems.iter().map(|p| p.code.as_str()).collect();
    assert_eq!(codes, ["mapped-navigation", "key-not-unique", "key-not-unique"]);
    let mapped: Vec<(&str, bool)> = parsed.configuration.type_mappings[0]
        .properties
        .iter()
        .map(|p| (p.identifier.as_str(), p.is_unique_key))
        .collect();
    assert_eq!(mapped, [("Guid", false), ("Dn", true)]);
}

#[test]
fn a_second_resource_type_adds_to_the_first() {
    let one = file(
        r#"<EntityType Identifier="S"><Property Identifier="b" IsKey="1" TargetColumnIndex="4"/></EntityType>
           <EntityType Identifier="T"><Property Identifier="a" IsKey="1" TargetColumnIndex="4"/></EntityType>
           <ResourceType Identifier="R" DisplayName_L1="R" Policy="Default" SourceEntityType="S" TargetEntityType="T">
             <TypeRule Policy="Default"/>
           </ResourceType>"#,
    );
    let two =
        file(r#"<ResourceType Identifier="R" Policy="Default"><ScalarRule Property="a" Binding="b"/></ResourceType>"#);
    let parsed = parse(&[("one.xml".to_owned(), one), ("two.xml".to_owned(), two)]);
    assert!(!parsed.has_errors(), "{:?}", parsed.problems);
    assert_eq!(parsed.items.len(), 3);
    let children: Vec<(&str, &str)> =
        parsed.items[2].children.iter().map(|c| (c.element.as_str(), c.file.as_str())).collect();
    assert_eq!(children, [("TypeRule", "one.xml"), ("ScalarRule", "two.xml")]);
    let files = export(&parsed.items);
    assert_eq!(files.len(), 2);
    assert!(files[1].1.contains("<ResourceType Identifier=\"R\">\n    <ScalarRule"), "{}", files[1].1);
}

#[test]
fn items_are_canonical() {
    let parsed = read(
        r#"<Connector DisplayName_L2="RH" MaximumInsertedLines=" 007 " IsDeactivated="1" Identifier="HR" Agent="" CompleteJob="0"/>"#,
    );
    let item = &parsed.items[0];
    let expected =
        [("Identifier", "HR"), ("DisplayName_L2", "RH"), ("IsDeactivated", "true"), ("MaximumInsertedLines", "7")];
    let expected: Vec<(String, String)> = expected.map(|(n, v)| (n.to_owned(), v.to_owned())).into();
    assert_eq!(item.attributes, expected);
    assert_eq!((item.identity.as_str(), item.file.as_str(), item.position), ("HR", "conf.xml", Some((2, 2))));
    let again: Item = serde_json::from_str(&serde_json::to_string(item).unwrap()).unwrap();
    assert_eq!(&again, item);
    assert_eq!(again.position, item.position);
}

#[test]
fn what_is_not_acted_on_is_counted() {
    let parsed = read(
        r#"<Connector Identifier="HR" DisplayName_L1="HR" DisplayName_L2="RH" CompleteJob="NotUsed" IncrementalJob="Used"/>
           <Policy Identifier="P" DisplayName_L1="P" IsSimulationEnabled="1" IsProvisioningEnabled="1"/>
           <Universe Identifier="A" DisplayName_L1="A"/>
           <Universe Identifier="B" DisplayName_L1="B"><EntityInstance Identifier="I" EntityType="T"/></Universe>
           <SingleRole Identifier="R" DisplayName_L1="R" Policy="P" EntityType="T"
             HideOnSimplifiedView="0" Tags="a"
           />
           <EntityType Identifier="T"><Property Identifier="N" IsKey="1" TargetColumnIndex="4"/></EntityType>
           <EntityPropertyExpression Identifier="E" EntityType="T" Property="N" Expression="C#:t:return t.N;"/>"#,
    );
    assert_eq!(parsed.problems, []);
    let listed: Vec<(&str, usize, u32)> =
        parsed.not_acted_on.iter().map(|n| (n.element.as_str(), n.count, n.first.as_ref().unwrap().line)).collect();
    assert_eq!(
        listed,
        [
            ("Connector/@DisplayName_L2", 1, 2),
            ("Policy/@IsSimulationEnabled", 1, 3),
            ("SingleRole/@Tags", 1, 7),
            ("Universe", 2, 4),
        ]
    );
}

#[test]
fn stored_items_give_the_same_typed_configuration() {
    let parsed = read(
        r#"<Connector Identifier="HR" DisplayName_L1="HR" MaxPercentageDeletedLines="0"/>
           <EntityType Identifier="T"><Property Identifier="N" IsKey="1" TargetColumnIndex="4"/></EntityType>"#,
    );
    let again = Parsed::from_items(parsed.items.clone());
    assert_eq!(again.configuration, parsed.configuration);
    assert_eq!(again.configuration.connectors[0].deleted, Limit { lines: 100, percent: 0 });
    assert_eq!(again.items, parsed.items);
}
