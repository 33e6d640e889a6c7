//! Texts and places of problems.

use super::*;

/// Problems as lines: severity, code, place, message, hint.
fn problems_of(files: &[(&str, String)]) -> String {
    let files: Vec<(String, String)> = files.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect();
    let parsed = parse(&files);
    let lines = parsed.problems.iter().map(|problem| {
        let place = problem.place.as_ref().unwrap();
        let marked: String = place.text.chars().skip(place.column as usize - 1).take(place.length as usize).collect();
        format!(
            "{} {} {}:{}:{} `{marked}`\n  {}\n  = {}\n",
            problem.severity,
            problem.code,
            place.file,
            place.line,
            place.column,
            problem.message,
            problem.hint.as_deref().unwrap_or("(no hint)")
        )
    });
    lines.collect()
}

pub(super) fn problems(elements: &str) -> String {
    problems_of(&[("conf.xml", file(elements))])
}

#[test]
fn files_that_are_not_xml() {
    let found = problems_of(&[
        ("empty.xml", String::new()),
        ("ampersand.xml", "<ConfigurationFile xmlns='urn:schemas-usercube-com:configuration'>\n  <Agent Identifier='a & b'/>\n</ConfigurationFile>".to_owned()),
        ("unclosed.xml", "<ConfigurationFile xmlns='urn:schemas-usercube-com:configuration'>\n  <Agent>\n".to_owned()),
        ("crossed.xml", "<ConfigurationFile>\n  <Agent></Agnt>\n</ConfigurationFile>".to_owned()),
        ("dtd.xml", "<?xml version='1.0'?>\n<!DOCTYPE x [<!ENTITY a 'b'>]>\n<x/>".to_owned()),
        ("root.xml", "<Configuration/>".to_owned()),
        ("namespace.xml", "<ConfigurationFile>\n  <Agent Identifier='A' DisplayName_L1='A'/>\n</ConfigurationFile>".to_owned()),
        ("other.xml", "<ConfigurationFile xmlns='urn:schemas-usercube-com:configuration' Version='1'>text<x xmlns='urn:x'/></ConfigurationFile>".to_owned()),
    ]);
    insta::assert_snapshot!(found, @r#"
    error not-well-formed empty.xml:1:1 ``
      not well-formed XML: the document does not have a root node
      = a file holds one <ConfigurationFile> element
    error not-well-formed ampersand.xml:2:24 `&`
      not well-formed XML: malformed entity reference
      = write a plain & as &amp;
    error not-well-formed unclosed.xml:2:10 ``
      not well-formed XML: the root node was opened but never closed
      = close every element, with </Name> or />
    error not-well-formed crossed.xml:2:10 `<`
      not well-formed XML: expected 'Agent' tag, not 'Agnt'
      = close every element, with </Name> or />
    error dtd-refused dtd.xml:2:1 `<!DOCTYPE`
      document type declarations are not read
      = leave out the <!DOCTYPE …> declaration
    error wrong-root root.xml:1:2 `Configuration`
      the root element is <Configuration>
      = expected <ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
    error wrong-namespace namespace.xml:1:2 `ConfigurationFile`
      <ConfigurationFile> has the wrong namespace: none
      = expected xmlns="urn:schemas-usercube-com:configuration"
    error unknown-attribute other.xml:1:67 `Version`
      unknown attribute "Version" on <ConfigurationFile>
      = it takes none besides xmlns
    error unexpected-text other.xml:1:79 `text`
      text is not expected here
      = elements hold attributes and elements; write the text in an attribute or a comment
    error wrong-namespace other.xml:1:84 `x`
      <x> has the wrong namespace: "urn:x"
      = expected xmlns="urn:schemas-usercube-com:configuration"
    error unknown-element other.xml:1:84 `x`
      unknown element <x> in <ConfigurationFile>
      = the reference page lists every element
    "#);
}

#[test]
fn names_and_values() {
    insta::assert_snapshot!(problems(r#"<Conector Identifier="A"/>
<Property Identifier="A"/>
<PointCut/>
<Connector Identifer="A" DisplayName="HR" IsDeactivated="True" CompleteJob="Unused" MaximumInsertedLines="many" MaxPercentageDeletedLines="-1"/>
<Connector Identifier="" DisplayName_L1="x"/>
<Zzzzzz/>
<Agent Identifier="A" DisplayName_L1="A" Colour="red"><Child/></Agent>
<EntityAssociationMapping Identifier="M" MaximumInsertedLines="1" MaximumLinkInsertedLines="2" EntityPropertyMapping1="X"/>
<AssignedProfile User="u" Profile="p" Context="c" StartDate="1/2/2024"/>"#), @r#"
    error unknown-element conf.xml:2:2 `Conector`
      unknown element <Conector> in <ConfigurationFile>
      = did you mean <Connector>?
    error misplaced-element conf.xml:3:2 `Property`
      <Property> cannot stand in <ConfigurationFile>
      = it stands in <EntityTypeMapping>, <EntityType>, <Binding>, <LdapResourceTypeMapping>, …
    error misplaced-element conf.xml:4:2 `PointCut`
      <PointCut> cannot stand in <ConfigurationFile>
      = it stands in <AddChangeAspect>, <AssertValueAspect>, <AssertValueRequiredAspect>, <BuildUniqueValueAspect>, …
    error missing-attribute conf.xml:5:2 `Connector`
      "Identifier" is missing on <Connector>
      = it is required: Unique name, by which other elements refer to this one.
    warning missing-label conf.xml:5:2 `Connector`
      "DisplayName_L1" is missing on <Connector>
      = the identifier is shown instead
    error unknown-attribute conf.xml:5:12 `Identifer`
      unknown attribute "Identifer" on <Connector>
      = did you mean "Identifier"?
    error unknown-attribute conf.xml:5:26 `DisplayName`
      unknown attribute "DisplayName" on <Connector>
      = did you mean "DisplayName_L1"?
    error wrong-type conf.xml:5:58 `True`
      "True" is not a value of "IsDeactivated"
      = expected true, false, 1 or 0; did you mean "true"?
    error unknown-value conf.xml:5:77 `Unused`
      "Unused" is not a value of "CompleteJob"
      = expected Used (0), NotUsed (1), OnlySynchronization (2) or OnlyProvisioning (3); did you mean "Used"?
    error wrong-type conf.xml:5:107 `many`
      "many" is not a value of "MaximumInsertedLines"
      = expected a whole number from 0 to 2147483647
    error out-of-range conf.xml:5:140 `-1`
      "-1" is not a value of "MaxPercentageDeletedLines"
      = expected a whole number from 0 to 2147483647
    error missing-attribute conf.xml:6:2 `Connector`
      "Identifier" is empty on <Connector Identifier="">
      = it is required: Unique name, by which other elements refer to this one.
    error unknown-element conf.xml:7:2 `Zzzzzz`
      unknown element <Zzzzzz> in <ConfigurationFile>
      = the reference page lists every element
    error unknown-attribute conf.xml:8:42 `Colour`
      unknown attribute "Colour" on <Agent>
      = it takes Identifier, DisplayName_L1…DisplayName_L16, State, URI
    error unknown-element conf.xml:8:56 `Child`
      unknown element <Child> in <Agent>
      = <Agent> holds no elements
    error missing-attribute conf.xml:9:2 `EntityAssociationMapping`
      "Connector" is missing on <EntityAssociationMapping Identifier="M">
      = it is required: Connector that it belongs to.
    error missing-attribute conf.xml:9:2 `EntityAssociationMapping`
      "Column1" is missing on <EntityAssociationMapping Identifier="M">
      = it is required: Column with the key of the owner of Property1.
    error missing-attribute conf.xml:9:2 `EntityAssociationMapping`
      "Column2" is missing on <EntityAssociationMapping Identifier="M">
      = it is required: Column with the key of the owner of Property2.
    error missing-attribute conf.xml:9:2 `EntityAssociationMapping`
      "EntityPropertyMapping2" is missing on <EntityAssociationMapping Identifier="M">
      = it is required: Key that Column2 refers to.
    warning mapping-without-source conf.xml:9:2 `EntityAssociationMapping`
      <EntityAssociationMapping Identifier="M"> has no ConnectionTable, so no run reads it
      = add ConnectionTable="…"
    error dangling-reference conf.xml:9:39 `M`
      "Identifier" names no EntityAssociation: "M"
      = declare <EntityAssociation Identifier="M">, or correct the name
    error attribute-twice conf.xml:9:67 `MaximumLinkInsertedLines`
      "MaximumLinkInsertedLines" says again what "MaximumInsertedLines" says on <EntityAssociationMapping>
      = keep one of the two spellings
    error wrong-type conf.xml:9:120 `X`
      "X" is not a value of "EntityPropertyMapping1"
      = expected EntityType:Property
    error dangling-reference conf.xml:10:36 `p`
      "Profile" names no Profile: "p"
      = declare <Profile Identifier="p">, or correct the name
    error wrong-type conf.xml:10:62 `1/2/2024`
      "1/2/2024" is not a value of "StartDate"
      = expected a date such as 2079-06-06 or 2079-06-06T08:30:00Z
    "#);
}

#[test]
fn duplicates_and_references() {
    let one = file(
        r#"<Agent Identifier="Local" DisplayName_L1="L"/>
<Connector Identifier="HR" DisplayName_L1="H" Agent="Locla"/>
<Connection Identifier="People" DisplayName_L1="P" Connector="RH" Package="Usercube.CSV@0000001"/>
<Language Code="en-US" IndicatorNumber="1"/><Language Code="fr-FR" IndicatorNumber="1"/>
<MailSetting/>"#,
    );
    let two = file(
        r#"<Connector Identifier="HR" DisplayName_L1="H"/>
<Connection Identifier="people" DisplayName_L1="P" Connector="HR" Package="Usercube.CSV@0000001"/>
<MailSetting/>
<MenuItem Identifier="M" ParentMenuItem="Nav"/><MenuItem Identifier="Menus" ParentMenuItem="Menu"/>
<EntityType Identifier="T"><Property Identifier="N" IsKey="1" TargetColumnIndex="4"/><Property Identifier="N" TargetColumnIndex="5"/></EntityType>
<EntityAssociation Identifier="A" Property1="T:Nn" Property2="Tt:N"/>"#,
    );
    insta::assert_snapshot!(problems_of(&[("one.xml", one), ("dir/two.xml", two)]), @r#"
    error dangling-reference one.xml:3:54 `Locla`
      "Agent" names no Agent: "Locla"
      = did you mean "Local"?
    error dangling-reference one.xml:4:63 `RH`
      "Connector" names no Connector: "RH"
      = did you mean "HR"?
    error duplicate-identifier one.xml:5:85 `1`
      IndicatorNumber 1 is taken by "en-US"
      = see one.xml, line 5
    error duplicate-identifier dir/two.xml:2:24 `HR`
      Identifier "HR" of <Connector> is taken
      = the first one is in one.xml, line 3
    error duplicate-identifier dir/two.xml:3:25 `people`
      "people" differs from "People" by case only
      = connections are compared without case; the other one is in one.xml, line 4
    error duplicate-identifier dir/two.xml:4:2 `MailSetting`
      <MailSetting> stands here a second time
      = the first one is in one.xml, line 6
    warning dangling-reference dir/two.xml:5:93 `Menu`
      "ParentMenuItem" names no MenuItem: "Menu"
      = did you mean "Menus"?
    error duplicate-identifier dir/two.xml:6:108 `N`
      Identifier "N" of <Property> is taken
      = the first one is in dir/two.xml, line 6
    error unknown-property dir/two.xml:7:46 `T:Nn`
      entity type "T" has no property "Nn"
      = did you mean "N"?
    error dangling-reference dir/two.xml:7:63 `Tt:N`
      "Property2" names no EntityType: "Tt"
      = did you mean "T"?
    "#);
}

#[test]
fn identifiers() {
    insta::assert_snapshot!(problems(r#"<Connector Identifier="HR" DisplayName_L1="HR"/>
<Connection Identifier="HR_People" DisplayName_L1="P" Connector="HR" Package="p"/>
<Connection Identifier="1st" DisplayName_L1="P" Connector="HR" Package="p"/>
<Connection Identifier="a/b" DisplayName_L1="P" Connector="HR" Package="p"/>
<EntityType Identifier="Class"><Property Identifier="Prénom" IsKey="1" TargetColumnIndex="4"/><Property Identifier="ID" TargetColumnIndex="5"/><Property Identifier="2nd" TargetColumnIndex="6" DisplayName_L1="Id"/></EntityType>
<EntityType Identifier="A B"><Property Identifier="K" IsKey="1" TargetColumnIndex="4"/></EntityType>
<EntityType Identifier="A-B"><Property Identifier="K_1" IsKey="1" TargetColumnIndex="4"/></EntityType>"#), @r#"
    warning identifier-syntax conf.xml:3:25 `HR_People`
      "HR_People" holds "_", which separates connection and table in file names
      = prefer a dash
    error identifier-syntax conf.xml:4:25 `1st`
      "1st" cannot name a connection
      = begin with a letter, then up to 441 letters, digits, dots and dashes
    error identifier-syntax conf.xml:5:25 `a/b`
      "a/b" cannot name a connection
      = begin with a letter, then up to 441 letters, digits, dots and dashes
    error reserved-word conf.xml:6:25 `Class`
      "Class" is a reserved word
      = choose another name, in any letter case
    error identifier-syntax conf.xml:6:54 `Prénom`
      "Prénom" cannot name a property
      = use letters without accents, digits and _, and do not begin with a digit
    error reserved-word conf.xml:6:117 `ID`
      "ID" is a reserved word
      = choose another name, in any letter case
    error identifier-syntax conf.xml:6:166 `2nd`
      "2nd" cannot name a property
      = use letters without accents, digits and _, and do not begin with a digit
    error identifier-syntax conf.xml:6:209 `Id`
      a property cannot be labelled "Id"
      = choose another label
    error identifier-syntax conf.xml:7:25 `A B`
      "A B" does not name an entity type well
      = use letters without accents, digits and _, and do not begin with a digit
    warning identifier-syntax conf.xml:8:25 `A-B`
      "A-B" does not name an entity type well
      = use letters without accents, digits and _, and do not begin with a digit
    "#);
}

#[test]
fn storage_slots() {
    insta::assert_snapshot!(problems(r#"<EntityType Identifier="T">
  <Property Identifier="A" TargetColumnIndex="4"/>
  <Property Identifier="B" TargetColumnIndex="4"/>
  <Property Identifier="C"/>
  <Property Identifier="D" TargetColumnIndex="128"/>
  <Property Identifier="E" TargetColumnIndex="153"/>
  <Property Identifier="Parent" Type="ForeignKey" TargetColumnIndex="7"/>
  <Property Identifier="Children" Type="Int64" TargetColumnIndex="129"/>
  <Property Identifier="Photo" Type="Binary" TargetColumnIndex="9"/>
  <Property Identifier="Lost" Type="ForeignKey"/>
</EntityType>
<EntityAssociation Identifier="Tree" Property1="T:Children" Property2="T:Parent" IsProperty1Collection="true"/>
<EntityAssociation Identifier="Wrong" Property1="T:A" Property2="T:Parent"/>"#), @r#"
    error key-missing conf.xml:2:2 `EntityType`
      entity type "T" has no key property
      = put IsKey="true" on the property by which people know its resources
    error slot-shared conf.xml:4:47 `4`
      index 4 is taken by "A" (conf.xml, line 3)
      = the lowest free index is 5 (or 0, for values of up to 4000 characters)
    error slot-missing conf.xml:5:4 `Property`
      "C" has no TargetColumnIndex, so its values cannot be stored
      = the lowest free index is 5 (or 0, for values of up to 4000 characters)
    error slot-of-value conf.xml:6:47 `128`
      "D" is a value; 128 to 152 are for single links
      = the lowest free index is 5 (or 0, for values of up to 4000 characters)
    error out-of-range conf.xml:7:47 `153`
      "153" is not a value of "TargetColumnIndex"
      = expected a whole number from -1 to 152
    warning slot-of-navigation conf.xml:8:70 `7`
      "Parent" is a navigation in the slot of a value
      = 128 to 152 are for single links; the lowest free index is 130
    error slot-of-collection conf.xml:9:67 `129`
      "Children" holds several links, so it cannot have a column
      = leave TargetColumnIndex out; association "Tree" (conf.xml, line 13) makes it a collection
    warning slot-of-binary conf.xml:10:65 `9`
      "Photo" holds files, which have no column: the index is ignored
      = leave TargetColumnIndex out
    warning navigation-without-association conf.xml:11:4 `Property`
      navigation "Lost" belongs to no association, so it leads nowhere
      = add an <EntityAssociation>
    error end-of-value conf.xml:14:50 `T:A`
      "T:A" is a String, so it cannot hold links
      = put Type="ForeignKey" on the property (conf.xml, line 3)
    error end-used-twice conf.xml:14:66 `T:Parent`
      "T:Parent" is already an end of "Tree"
      = each end needs its own property; see conf.xml, line 13
    "#);
}

#[test]
fn a_navigation_may_take_the_slot_of_a_value_when_its_own_are_taken() {
    let mut elements =
        String::from("<EntityType Identifier='T'><Property Identifier='K' IsKey='1' TargetColumnIndex='4'/>");
    let mut associations = String::new();
    for n in 0..26 {
        let slot = if n < 25 { 128 + n } else { 5 };
        elements.push_str(&format!(
            "<Property Identifier='N{n}' Type='12' TargetColumnIndex='{slot}'/><Property Identifier='M{n}' Type='12'/>"
        ));
        associations.push_str(&format!("<EntityAssociation Identifier='A{n}' Property1='T:N{n}' Property2='T:M{n}'/>"));
    }
    assert_eq!(problems(&format!("{elements}</EntityType>{associations}")), "");
}

#[test]
fn mappings() {
    insta::assert_snapshot!(problems(r#"<Connector Identifier="HR" DisplayName_L1="HR"/><Connector Identifier="AD" DisplayName_L1="AD"/>
<EntityType Identifier="P"><Property Identifier="K" IsKey="1" TargetColumnIndex="4"/><Property Identifier="L" TargetColumnIndex="5"/><Property Identifier="O" Type="ForeignKey" TargetColumnIndex="128"/><Property Identifier="D" Type="DateTime" TargetColumnIndex="6"/></EntityType>
<EntityType Identifier="O"><Property Identifier="K" IsKey="1" TargetColumnIndex="4"/><Property Identifier="Ps" Type="ForeignKey"/></EntityType>
<EntityType Identifier="Q"><Property Identifier="K" IsKey="1" TargetColumnIndex="4"/></EntityType>
<EntityAssociation Identifier="PO" Property1="O:Ps" Property2="P:O" IsProperty1Collection="1"/>
<EntityTypeMapping Identifier="P" Connector="HR" ConnectionTable="p">
  <Property Identifier="K" ConnectionColumn="k"/>
  <Property Identifier="L" ConnectionColumn="l" Format="guidd"/>
  <Property Identifier="O" ConnectionColumn="o"/>
  <Property Identifier="D" ConnectionColumn="d" Format="bool"/>
  <Property Identifier="X" ConnectionColumn="x" Format="bit:a"/>
</EntityTypeMapping>
<EntityTypeMapping Identifier="O" Connector="AD"><Property Identifier="K" IsPrimaryKey="1"/></EntityTypeMapping>
<EntityTypeMapping Identifier="Q" Connector="HR" ConnectionTable="q"><Property Identifier="K" ConnectionColumn="k" IsPrimaryKey="1"/><Property Identifier="J" ConnectionColumn="j" IsPrimaryKey="1"/></EntityTypeMapping>
<EntityAssociationMapping Identifier="PO" Connector="HR" ConnectionTable="p" Column1="a" Column2="b" EntityPropertyMapping1="P:L" EntityPropertyMapping2="P:L"/>
<EntityAssociationMapping Identifier="OP" Connector="HR" ConnectionTable="p" Column1="a" Column2="b" EntityPropertyMapping1="O:K" EntityPropertyMapping2="P:D"/>"#), @r#"
    error primary-key-missing conf.xml:7:2 `EntityTypeMapping`
      mapping "P" has no primary key
      = put IsPrimaryKey="true" on the property whose value never changes and is never empty
    error unknown-format conf.xml:9:57 `guidd`
      unknown format "guidd"
      = did you mean "Guid"?
    warning mapped-navigation conf.xml:10:4 `Property`
      "O" is a navigation: the column feeds nothing here
      = links come from an <EntityAssociationMapping>
    error format-misfit conf.xml:11:57 `bool`
      format Bool does not fit "D", which is a DateTime
      = it fits Bool
    error unknown-property conf.xml:12:25 `X`
      entity type "P" has no property "X"
      = there are D, K, L, O
    error unknown-format conf.xml:12:57 `bit:a`
      format "bit:a" is not complete
      = expected Bit:<property>:<bit>, the lowest bit being 1
    warning mapping-without-source conf.xml:14:2 `EntityTypeMapping`
      <EntityTypeMapping Identifier="O"> has no ConnectionTable, so no run reads it
      = add ConnectionTable="…"
    error primary-key-without-column conf.xml:14:51 `Property`
      primary key "K" has no column
      = add ConnectionColumn="…"
    error unknown-property conf.xml:15:156 `J`
      entity type "Q" has no property "J"
      = there are K
    error primary-key-twice conf.xml:15:194 `1`
      mapping "Q" has a second primary key
      = "K" is the first; make this one IsUniqueKey
    error wrong-owner conf.xml:16:126 `P:L`
      EntityPropertyMapping1 must be a key of "O", which owns Property1 of the association
      = expected "O:…"; column 1 holds the key of the owner of Property1
    error key-not-unique conf.xml:16:155 `P:L`
      "P:L" is neither primary nor unique key of its mapping
      = put IsUniqueKey="true" on it (conf.xml, line 9)
    error dangling-reference conf.xml:17:39 `OP`
      "Identifier" names no EntityAssociation: "OP"
      = did you mean "PO"?
    error wrong-connector conf.xml:17:126 `O:K`
      "O" is mapped by connector "AD", not "HR"
      = both keys must be mapped by the same connector; see conf.xml, line 14
    error key-not-unique conf.xml:17:155 `P:D`
      "P:D" is neither primary nor unique key of its mapping
      = put IsUniqueKey="true" on it (conf.xml, line 11)
    "#);
}

#[test]
fn at_most_three_unique_keys() {
    let mut types = String::from("<EntityType Identifier='T'>");
    let mut mapped = String::from("<EntityTypeMapping Identifier='T' Connector='C' ConnectionTable='t'>");
    for n in 0..5 {
        types.push_str(&format!("<Property Identifier='P{n}' TargetColumnIndex='{n}' IsKey='1'/>"));
        let primary = n == 0;
        mapped.push_str(&format!(
            "\n<Property Identifier='P{n}' ConnectionColumn='{n}' IsPrimaryKey='{primary}' IsUniqueKey='true'/>"
        ));
    }
    let elements =
        format!("<Connector Identifier='C' DisplayName_L1='C'/>{types}</EntityType>{mapped}</EntityTypeMapping>");
    insta::assert_snapshot!(problems(&elements), @r#"
    error too-many-unique-keys conf.xml:7:82 `true`
      mapping "T" has more than 3 unique keys
      = keep those that associations refer to; the primary key is one without saying so
    "#);
}

#[test]
fn transformations() {
    insta::assert_snapshot!(problems(r#"<Connector Identifier="C" DisplayName_L1="C"/>
<Connection Identifier="Csv" DisplayName_L1="P" Connector="C" Package="p">
  <Transformation Type="TransformDate" Table="Csv_people" Column="c" InputColumn="a" InputColumn2="b" ConcatSeparator="-"/>
  <Transformation Type="ConcatColumns" Table="csv_people" Column="c"/>
  <Transformation Type="WhereValue" Table="Csv" Column="c" WhereOperator="Contain" WhereValue="x" AddedDays="1"/>
  <Transformation Type="TransformDate" Table="Csv" Column="c" AddedDays="-0.5" MinYear="2000" MaxYear="1900"/>
  <Transformation Table="Csv" Column="c"/>
  <Transformation Type="WhereValue" Table="Csv" Column="c" WhereOperator="Regex" WhereValue="^é[a-"/>
</Connection>"#), @r#"
    error transformation-mixed conf.xml:4:86 `InputColumn2`
      "InputColumn2" belongs to ConcatColumns, but this is a TransformDate
      = write Type="ConcatColumns", or remove the attribute
    error transformation-mixed conf.xml:4:103 `ConcatSeparator`
      "ConcatSeparator" belongs to ConcatColumns, but this is a TransformDate
      = write Type="ConcatColumns", or remove the attribute
    error transformation-incomplete conf.xml:5:4 `Transformation`
      a ConcatColumns needs "InputColumn"
      = add InputColumn="…"
    warning transformation-table conf.xml:5:47 `csv_people`
      "csv_people" is not a table of connection "Csv"
      = expected "Csv_<table>" or "Csv", in the same letter case
    error unknown-value conf.xml:6:75 `Contain`
      "Contain" is not a value of "WhereOperator"
      = expected Equals, NotEquals, Contains, NotContains, StartsWith, EndsWith or Regex; did you mean "Contains"?
    error transformation-mixed conf.xml:6:99 `AddedDays`
      "AddedDays" belongs to TransformDate, but this is a WhereValue
      = write Type="TransformDate", or remove the attribute
    error transformation-years conf.xml:7:89 `2000`
      no year lies between 2000 and 1900
      = exchange MinYear and MaxYear
    error missing-attribute conf.xml:8:4 `Transformation`
      "Type" is missing on <Transformation>
      = it is required: What it does.
    error transformation-pattern conf.xml:9:94 `^é[a-`
      "^é[a-" is not a regular expression: unclosed character class (at character 3)
      = expected one such as ^EXT-[0-9]+$, without look-around and back references; a backslash before a sign takes it literally
    "#);
}

#[test]
fn expressions() {
    insta::assert_snapshot!(problems(r#"<EntityType Identifier="T">
  <Property Identifier="K" IsKey="1" TargetColumnIndex="4"/><Property Identifier="B" Type="Bool" TargetColumnIndex="5"/>
  <Property Identifier="D" Type="DateTime" TargetColumnIndex="6"/><Property Identifier="N" Type="ForeignKey" TargetColumnIndex="128"/><Property Identifier="Ns" Type="ForeignKey"/>
</EntityType>
<EntityAssociation Identifier="A" Property1="T:Ns" Property2="T:N" IsProperty1Collection="1"/>
<EntityPropertyExpression Identifier="1" EntityType="T" Property="K" Binding="T:N.N.Kk" Expression="ToUper"/>
<EntityPropertyExpression Identifier="2" EntityType="T" Property="B" Expression="Literal:yes"/>
<EntityPropertyExpression Identifier="3" EntityType="T" Property="D" Expression="Literal:2024-01-01"/>
<EntityPropertyExpression Identifier="4" EntityType="T" Property="N" Expression="Literal:x"/>
<EntityPropertyExpression Identifier="5" EntityType="T" Property="N" Expression="Literal:x" PropertyCriteria="Q"/>
<EntityPropertyExpression Identifier="6" EntityType="T" Property="Ns" Binding="N"/>
<EntityPropertyExpression Identifier="7" EntityType="T" Property="K"/>
<EntityPropertyExpression Identifier="8" EntityType="T" Property="K" Expression="ToUpper"/>
<EntityPropertyExpression Identifier="9" EntityType="T" Property="K" Binding="U:K" Expression="ParseLocalDate:x"/>
<EntityPropertyExpression Identifier="10" EntityType="T" Property="K" Binding="K.Id"/>
<EntityPropertyExpression Identifier="11" EntityType="T" Property="K" Binding="Ns.K"/>
<EntityPropertyExpression Identifier="12" EntityType="T" Property="InternalDisplayName_L2" Binding="T.N.InternalDisplayName" Expression="c#: x: return x;"/>
<EntityPropertyExpression Identifier="13" EntityType="T" Property="N" Binding="N.Id"/>
<EntityPropertyExpression Identifier="14" EntityType="T" Property="Missing" Binding="N.Id"/>"#), @r#"
    error wrong-binding conf.xml:7:79 `T:N.N.Kk`
      entity type "T" has no property "Kk"
      = did you mean "K"?
    error unknown-function conf.xml:7:101 `ToUper`
      "ToUper" is no predefined function
      = did you mean "ToUpper"?
    error literal-misfit conf.xml:8:82 `Literal:yes`
      "yes" is not a value of "B", which is a Bool
      = expected true or false
    error literal-misfit conf.xml:9:82 `Literal:2024-01-01`
      "2024-01-01" is not a value of "D", which is a DateTime
      = a literal cannot be a date: bind a text and parse it with ParseUniversalDate
    error literal-misfit conf.xml:10:82 `Literal:x`
      "x" is not a value of "N", which is a ForeignKey
      = expected the id of a resource; add PropertyCriteria to match another property
    error unknown-property conf.xml:11:111 `Q`
      entity type "T" has no property "Q"
      = there are B, D, K, N, Ns
    error computed-kind conf.xml:12:67 `Ns`
      "Ns" holds several links, which cannot be computed
      = compute a value or a single link
    error nothing-to-compute conf.xml:13:2 `EntityPropertyExpression`
      <EntityPropertyExpression Identifier="7"> has neither Expression nor Binding
      = say what the value is
    error nothing-to-compute conf.xml:14:82 `ToUpper`
      "ToUpper" has no input
      = add Binding="…"
    error wrong-binding conf.xml:15:79 `U:K`
      the binding begins at "U", but it is read on "T"
      = expected T:…
    error wrong-arguments conf.xml:15:96 `ParseLocalDate:x`
      ParseLocalDate takes 2 arguments, not 1
      = write ParseLocalDate:…|…
    error wrong-binding conf.xml:16:80 `K.Id`
      "T:K" is a value, so the path ends there
      = "K" is declared in conf.xml, line 2
    warning binding-through-collection conf.xml:17:80 `Ns.K`
      "T:Ns" may hold several links
      = it has a value only where there is one link
    error unknown-property conf.xml:20:68 `Missing`
      entity type "T" has no property "Missing"
      = there are B, D, K, N, Ns
    "#);
}

#[test]
fn contradictions_of_resource_types() {
    insta::assert_snapshot!(problems(r#"<ResourceType Identifier="R" DisplayName_L1="R" Policy="P" SourceEntityType="S" TargetEntityType="T"/>
<ResourceType Identifier="R" DisplayName_L1="Other"/>"#), @r#"
    warning resource-type-without-correlation conf.xml:2:2 `ResourceType`
      nothing finds the targets of <ResourceType Identifier="R"> that exist already
      = add a <ResourceCorrelationRule>, or a <ResourceClassificationRule> for targets without owner
    error dangling-reference conf.xml:2:57 `P`
      "Policy" names no Policy: "P"
      = declare <Policy Identifier="P">, or correct the name
    error dangling-reference conf.xml:2:78 `S`
      "SourceEntityType" names no EntityType: "S"
      = declare <EntityType Identifier="S">, or correct the name
    error dangling-reference conf.xml:2:99 `T`
      "TargetEntityType" names no EntityType: "T"
      = declare <EntityType Identifier="T">, or correct the name
    error contradiction conf.xml:3:46 `Other`
      "DisplayName_L1" of <ResourceType Identifier="R"> differs from what was said before
      = "R" in conf.xml, line 2
    "#);
}

#[test]
fn rights() {
    insta::assert_snapshot!(problems(r#"<Profile Identifier="P"/>
<AccessControlRule Identifier="A" DisplayName_L1="A" Profile="P" EntityType="T"><Entry Permission="/" CanExecute="1"/><Entry Permission="/"/></AccessControlRule>
<EntityType Identifier="T"><Property Identifier="K" IsKey="1" TargetColumnIndex="4"/><Property Identifier="N" Type="ForeingKey"/></EntityType>"#), @r#"
    error permission-root conf.xml:3:100 `/`
      this entry grants every permission there is
      = name the permissions, or leave CanExecute out to make the entity type readable only
    error unknown-value conf.xml:4:117 `ForeingKey`
      "ForeingKey" is not a value of "Type"
      = expected String (0), Bytes (1), Int32 (2), Int64 (3), DateTime (4), Bool (5), Guid (6), Double (7), Binary (8), Byte (9), Int16 (10), Option (11) or ForeignKey (12); did you mean "ForeignKey"?
    "#);
}

#[test]
fn an_eleventh_profile_of_a_user() {
    let assigned = |user: &str, n: usize, more: &str| {
        format!("<AssignedProfile User=\"{user}\" Profile=\"P{n}\" Context=\"-{}\"{more}/>\n", n + 2)
    };
    let profiles: String = (0..12).map(|n| format!("<Profile Identifier=\"P{n}\"/>\n")).collect();
    let contexts: String = (0..12).map(|n| format!("<ProfileContext Id=\"-{}\"/>\n", n + 2)).collect();
    let ten: String = (0..10).map(|n| assigned("U", n, "")).collect();
    let rest = assigned("U", 10, " IsDenied=\"true\"") + &assigned("V", 10, "");
    assert_eq!(problems(&[&*profiles, &contexts, &ten, &rest].concat()), "");
    let found = problems(&[&*profiles, &contexts, &ten, &rest, &assigned("U", 11, "")].concat());
    assert_eq!(
        found.lines().map(str::trim).collect::<Vec<_>>(),
        [
            "error too-many-profiles conf.xml:38:24 `U`",
            "user \"U\" has more than 10 profiles",
            "= take one away, or make one profile of several"
        ]
    );
}

#[test]
fn a_byte_order_mark_and_long_lines_do_no_harm() {
    let marked = format!("\u{feff}{}", file("<Agent Identifier='A' DisplayName_L1='A'/>"));
    let parsed = parse(&[("a.xml".to_owned(), marked)]);
    assert_eq!((parsed.problems.as_slice(), parsed.items.len()), ([].as_slice(), 1));
    let long = "<Agent Identifier='É' DisplayName_L1='A'/>".repeat(900);
    let parsed = parse(&[("a.xml".to_owned(), file(&long).replace('\n', ""))]);
    let place = parsed.problems[898].place.clone().unwrap();
    // 899 agents of 42 characters and the root element stand before the last one, whose value begins 19 further.
    assert_eq!((place.line, place.column, place.text.as_str()), (1, 66 + 899 * 42 + 19 + 1, ""));
}

#[test]
fn deep_and_large_files_are_refused() {
    let nested = "<MenuItem Identifier='a'>".repeat(100_000);
    let closed = "</MenuItem>".repeat(100_000);
    let found = problems(&format!("{nested}{closed}"));
    assert!(found.contains("too-deep"), "{}", &found[..300]);
    let many = "<Zzz/>\n".repeat(3_000);
    let parsed = read(&many);
    assert_eq!(parsed.problems.len(), 1_001);
    assert_eq!(parsed.problems[1_000].message, "2000 more problems of this severity are not listed");
    let huge = file(&" ".repeat(source::LARGEST_FILE));
    assert!(problems_of(&[("huge.xml", huge)]).starts_with("error file-too-large huge.xml:1:1"));
}

#[test]
fn notes_do_not_crowd_out_errors() {
    let menus: String = (0..1_200).map(|n| format!("<MenuItem Identifier='M{n}' Workflow='Zq'/>\n")).collect();
    let parsed = read(&format!("{menus}<Zzz/>"));
    let of = |severity| parsed.problems.iter().filter(|problem| problem.severity == severity).count();
    use crate::problem::Severity;
    assert_eq!((of(Severity::Error), of(Severity::Warning), of(Severity::Note)), (1, 0, 1_001));
    assert_eq!(parsed.problems[1_001].message, "200 more problems of this severity are not listed");
}

#[test]
fn what_the_product_has_of_its_own_is_known() {
    let found = problems(
        r#"<Profile Identifier="P"/><MenuItem Identifier="M" ParentMenuItem="Nav" EntityType="Workflow_Directory_User"/>
<AccessControlRule Identifier="A" DisplayName_L1="A" Profile="P" EntityType="AssignedSingleRole"><Entry Permission="/a"/></AccessControlRule>
<AccessControlRule Identifier="B" DisplayName_L1="B" Profile="P" EntityType="Connector"/>
<Category Identifier="C" DisplayName_L1="C" Policy="Default"/>"#,
    );
    assert_eq!(found, "");
}
