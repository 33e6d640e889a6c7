use super::*;
use provost_model::AssociationId;
use provost_model::configuration::{parse, typed};
use provost_model::metadata::Catalog;

const CONFIGURATION: &str = r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <Connector Identifier="HR" DisplayName_L1="HR"/><Connector Identifier="AD" DisplayName_L1="AD"/>
  <EntityType Identifier="Person" DisplayName_L1="P">
    <Property Identifier="Name" TargetColumnIndex="4"/>
    <Property Identifier="Code" IsKey="true" TargetColumnIndex="5"/>
    <Property Identifier="Photo" Type="Binary"/>
    <Property Identifier="Mail" TargetColumnIndex="6"/>
    <Property Identifier="Team" Type="ForeignKey" TargetColumnIndex="128"/>
  </EntityType>
  <EntityType Identifier="Team" DisplayName_L1="T">
    <Property Identifier="Code" IsKey="true" TargetColumnIndex="4"/>
    <Property Identifier="Members" Type="ForeignKey"/>
  </EntityType>
  <EntityAssociation Identifier="Person_Team" Property1="Team:Members" IsProperty1Collection="true" Property2="Person:Team"/>
  <EntityTypeMapping Identifier="Person" Connector="HR" ConnectionTable="people.CSV">
    <Property Identifier="Name" ConnectionColumn="name"/>
    <Property Identifier="Photo" ConnectionColumn="photo" Format="Binary"/>
    <Property Identifier="Code" ConnectionColumn="code" IsPrimaryKey="true"/>
    <Property Identifier="Mail" ConnectionColumn="mail"/>
  </EntityTypeMapping>
  <EntityTypeMapping Identifier="Team" Connector="HR" ConnectionTable="teams">
    <Property Identifier="Code" ConnectionColumn="code" IsPrimaryKey="true"/>
  </EntityTypeMapping>
  <EntityAssociationMapping Identifier="Person_Team" Connector="HR" ConnectionTable="members"
    Column1="team" EntityPropertyMapping1="Team:Code" Column2="mail" EntityPropertyMapping2="Person:Mail"/>
</ConfigurationFile>"#;

/// The model with ids by hand: types from 1, properties from 11 and 21, the association 31.
fn metadata(changes: &[(&str, &str)]) -> Metadata {
    let mut text = CONFIGURATION.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    let parsed = parse(&[("conf.xml".to_owned(), text)]);
    let person = ["Name", "Code", "Photo", "Mail", "Team"].into_iter().zip(11..);
    let team = ["Code", "Members"].into_iter().zip(21..);
    let of = |owner: &'static str| move |(name, id): (&str, i64)| ((owner.to_owned(), name.to_owned()), PropertyId(id));
    let catalog = Catalog {
        entity_types: [("Person".to_owned(), EntityTypeId(1)), ("Team".to_owned(), EntityTypeId(2))].into(),
        properties: person.map(of("Person")).chain(team.map(of("Team"))).collect(),
        associations: [("Person_Team".to_owned(), AssociationId(31))].into(),
    };
    Metadata::resolve(typed(&parsed.items), &catalog)
}

fn mapping(changes: &[(&str, &str)]) -> ConnectorMapping {
    ConnectorMapping::new(&metadata(changes), "HR").unwrap()
}

#[test]
fn the_primary_key_comes_first_and_the_rest_in_the_order_of_the_mapping() {
    let mapping = mapping(&[]);
    let person = &mapping.types[0];
    let columns: Vec<(&str, i64, bool)> =
        person.columns.iter().map(|c| (c.column.as_str(), c.property.0, c.is_unique)).collect();
    // The mail is a key because the association refers to it.
    assert_eq!(columns, [("code", 12, false), ("name", 11, false), ("photo", 13, false), ("mail", 14, true)]);
    assert_eq!(person.columns[2].slot.column(), "F4P", "a file has a slot that nobody names");
    assert_eq!(person.table, "people");
    let association = &mapping.associations[0];
    assert_eq!((association.end1.column.as_str(), association.end1.key.property.0), ("team", 21));
    assert_eq!((association.end2.column.as_str(), association.end2.key.property.0), ("mail", 14));
    assert_eq!(association.single_side(), Some(Side::Second), "a person has one team");
    assert!(association.second_first());
}

#[test]
fn whatever_changes_the_meaning_of_a_record_changes_its_fingerprint() {
    let seeds = |changes: &[(&str, &str)]| {
        let mapping = mapping(changes);
        (mapping.types[0].seed, mapping.associations[0].seed)
    };
    let (person, association) = seeds(&[]);
    let format = (r#"ConnectionColumn="name"/>"#, r#"ConnectionColumn="name" Format="Bool"/>"#);
    assert_ne!(seeds(&[format]).0, person, "another format");
    let slot = (r#""Name" TargetColumnIndex="4""#, r#""Name" TargetColumnIndex="7""#);
    assert_ne!(seeds(&[slot]).0, person, "another place");
    let unique = (r#"ConnectionColumn="name"/>"#, r#"ConnectionColumn="name" IsUniqueKey="true"/>"#);
    assert_ne!(seeds(&[unique]).0, person, "another use");
    assert_ne!(
        seeds(&[(r#"EntityPropertyMapping2="Person:Mail""#, r#"EntityPropertyMapping2="Person:Code""#)]).1,
        association
    );
    // Where the file has the value is another matter.
    assert_eq!(seeds(&[(r#"ConnectionColumn="name""#, r#"ConnectionColumn="full_name""#)]).0, person);
    assert_eq!(seeds(&[("people.CSV", "persons")]), (person, association));
}

#[test]
fn what_cannot_be_resolved_says_so() {
    let error = |changes: &[(&str, &str)], connector: &str| {
        ConnectorMapping::new(&metadata(changes), connector).unwrap_err().to_string()
    };
    assert!(error(&[], "SAP").contains("SAP"));
    assert!(error(&[], "AD").contains("AD"), "a connector without mappings");
    let key = (
        r#" IsPrimaryKey="true"/>
    <Property Identifier="Mail""#,
        r#"/>
    <Property Identifier="Mail""#,
    );
    assert!(error(&[key], "HR").contains("no mapped property is the primary key"));
    let unmapped = (r#"EntityPropertyMapping2="Person:Mail""#, r#"EntityPropertyMapping2="Person:Team""#);
    assert!(error(&[unmapped], "HR").contains("Person:Team is not a mapped key"));
}

#[test]
fn names_of_tables_lose_the_extension_that_some_configurations_write() {
    let table = [
        ("hr.csv", "hr"),
        ("hr.CSV", "hr"),
        ("hr.csv.csv", "hr.csv"),
        (".csv", ""),
        ("hr_csv", "hr_csv"),
        ("ü", "ü"),
        ("", ""),
    ];
    for (written, name) in table {
        assert_eq!(table_name(written), name);
    }
}
