//! Plans and what they mean for data.

use super::*;

const BEFORE: &str = r#"
    <Agent Identifier="Local" DisplayName_L1="Local"/>
    <Connector Identifier="HR" DisplayName_L1="HR" Agent="Local"/>
    <EntityType Identifier="HR_Person" DisplayName_L1="Person">
      <Property Identifier="Id1" IsKey="true" TargetColumnIndex="4"/>
      <Property Identifier="Name" TargetColumnIndex="5"/>
      <Property Identifier="Site" TargetColumnIndex="6"/>
      <Property Identifier="Old" TargetColumnIndex="7"/>
    </EntityType>
    <EntityType Identifier="HR_Site"><Property Identifier="Code" IsKey="1" TargetColumnIndex="4"/></EntityType>"#;

const AFTER: &str = r#"
    <Connector Identifier="HR" DisplayName_L1="Human &quot;R&quot;" MaximumInsertedLines="50"/>
    <EntityType Identifier="HR_Person" DisplayName_L1="Person">
      <Property Identifier="Id1" IsKey="true" TargetColumnIndex="4"/>
      <Property Identifier="Name" TargetColumnIndex="8"/>
      <Property Identifier="Site" TargetColumnIndex="128" Type="ForeignKey"/>
      <Property Identifier="Mail" TargetColumnIndex="5"/>
    </EntityType>
    <Language Code="en-US" IndicatorNumber="1"/>"#;

#[test]
fn a_plan_names_every_difference() {
    let plan = plan(&read(BEFORE).items, &read(AFTER).items);
    insta::assert_snapshot!(plan, @r#"
    - Agent Local
        DisplayName_L1: "Local"
    ~ Connector HR
        DisplayName_L1: "HR" → "Human "R""
        MaximumInsertedLines: (default) → "50"
        Agent: "Local" → (default)
    ~ EntityType HR_Person
        ~ Property Name
            TargetColumnIndex: "5" → "8"
        ~ Property Site
            Type: (default) → "ForeignKey"
            TargetColumnIndex: "6" → "128"
        + Property Mail
            TargetColumnIndex: "5"
        - Property Old
            TargetColumnIndex: "7"
    - EntityType HR_Site
        - Property Code
            IsKey: "true"
            TargetColumnIndex: "4"
    + Language en-US
        Code: "en-US"
        IndicatorNumber: "1"
    1 to add, 2 to change, 2 to remove.
    "#);
}

#[test]
fn a_plan_from_nothing_adds_everything() {
    let plan = plan(&[], &read(BEFORE).items);
    assert_eq!(plan.counts(), (4, 0, 0));
    assert_eq!(super::super::plan(&read(BEFORE).items, &[]).counts(), (0, 0, 4));
}

#[test]
fn the_same_configuration_in_other_words_is_an_empty_plan() {
    let one = read(
        r#"<Connector Identifier="HR" DisplayName_L1="HR" CompleteJob="1" IsDeactivated="0" MaximumInsertedLines="100"/>
           <EntityAssociationMapping Identifier="A" Connector="HR" MaximumLinkInsertedLines="07" Column1="a" Column2="b"
              EntityPropertyMapping1="T.P" EntityPropertyMapping2="T:Q"/>
           <SingleRoleRule Role="R" Policy="P" Dimension10="X"/>
           <MicrosoftEntraIDResourceTypeMapping Identifier="E" Connection="C" DefaultObjectClass="users"/>"#,
    );
    let other = read(
        r#"<AzureADResourceTypeMapping Identifier="E" Connection="C" DefaultObjectClass="users" InvitationMode="None"/>
           <SingleRoleRule Policy="P" Role="R" DA="X" Type="Required"/>
           <EntityAssociationMapping Identifier="A" Connector="HR" MaximumInsertedLines="7" Column1="a" Column2="b"
              EntityPropertyMapping1="T:P" EntityPropertyMapping2="T:Q"/>
           <Connector DisplayName_L1="HR" CompleteJob="NotUsed" Identifier="HR"/>"#,
    );
    let plan = plan(&one.items, &other.items);
    assert!(plan.is_empty(), "{plan}");
    assert_eq!(plan.to_string(), "Nothing to change: the repository holds exactly this configuration.\n");
}

#[test]
fn items_without_identifier_are_matched_by_what_they_are() {
    let before = read(
        r#"<SingleRoleRule Role="R" Policy="P" D1="A"/><SingleRoleRule Role="R" Policy="P" D1="B"/>
        <ResourceType Identifier="T" DisplayName_L1="T" Policy="P" SourceEntityType="S" TargetEntityType="T">
          <ScalarRule Property="a" Expression="Literal:1"/><ScalarRule Property="a" Expression="Literal:2"/>
        </ResourceType>"#,
    );
    let after = read(
        r#"<SingleRoleRule Role="R" Policy="P" D1="B" Type="2"/><SingleRoleRule Role="R" Policy="P" D1="A"/>
        <ResourceType Identifier="T" DisplayName_L1="T" Policy="P" SourceEntityType="S" TargetEntityType="T">
          <ScalarRule Property="a" Expression="Literal:0"/><ScalarRule Property="a" Expression="Literal:2"/>
        </ResourceType>"#,
    );
    insta::assert_snapshot!(plan(&before.items, &after.items), @r#"
    ~ ResourceType T
        ~ ScalarRule Property=a
            Expression: "Literal:1" → "Literal:0"
    ~ SingleRoleRule Role=R, Policy=P, D1=B
        Type: (default) → "Suggested"
    0 to add, 2 to change, 0 to remove.
    "#);
}

#[test]
fn the_order_of_children_matters() {
    let of = |first: &str, second: &str| {
        read(&format!(
            "<EntityType Identifier='T'><Property Identifier='{first}'/><Property Identifier='{second}'/></EntityType>"
        ))
    };
    insta::assert_snapshot!(plan(&of("A", "B").items, &of("B", "A").items), @r#"
    ~ EntityType T
        (order): "Property A, Property B" → "Property B, Property A"
    0 to add, 1 to change, 0 to remove.
    "#);
}

#[test]
fn consequences_for_data_are_listed() {
    let found: Vec<String> =
        consequences(&read(BEFORE).configuration, &read(AFTER).configuration).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(found.join("\n"), @r#"
    HR_Person:Name: moves from index 5 to index 8
    HR_Person:Site: becomes a navigation; its values go, links come with the next run
    HR_Person:Old: the property goes, with all its values
    HR_Site: the entity type goes, with all its resources
    "#);
}

#[test]
fn consequences_of_associations() {
    let of = |name: &str, property: &str, flag: &str| {
        read(&format!(
            "<EntityAssociation Identifier='{name}' Property1='T:A' Property2='T:{property}' IsProperty1Collection='{flag}'/>"
        ))
        .configuration
    };
    let texts = |before: &Configuration, after: &Configuration| -> Vec<String> {
        consequences(before, after).iter().map(ToString::to_string).collect()
    };
    let before = of("X", "B", "1");
    assert!(texts(&before, &before).is_empty());
    assert!(texts(&of("X", "B", "0"), &before).is_empty());
    assert_eq!(texts(&before, &of("X", "B", "0")), ["X: T:A holds one link only from now on"]);
    assert_eq!(
        texts(&before, &of("X", "C", "1")),
        ["X: has other ends; its links go, new ones come with the next run"]
    );
    assert_eq!(texts(&before, &of("Y", "B", "1")), ["X: the association goes, with all its links"]);
}
