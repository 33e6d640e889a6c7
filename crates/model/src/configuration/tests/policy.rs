//! Problems of the policy.

use super::problems::problems;

const MODEL: &str = r#"<EntityType Identifier="User"><Property Identifier="Login" IsKey="1" TargetColumnIndex="4"/><Property Identifier="Photo" Type="Binary"/><Property Identifier="Records" Type="ForeignKey"/></EntityType>
<EntityType Identifier="Record"><Property Identifier="Code" IsKey="1" TargetColumnIndex="4"/><Property Identifier="Start" Type="DateTime" TargetColumnIndex="5"/><Property Identifier="User" Type="ForeignKey" TargetColumnIndex="128"/><Property Identifier="Site" Type="ForeignKey" TargetColumnIndex="129"/></EntityType>
<EntityType Identifier="Site"><Property Identifier="Code" IsKey="1" TargetColumnIndex="4"/><Property Identifier="Records" Type="ForeignKey"/><Property Identifier="Above" Type="ForeignKey" TargetColumnIndex="128"/><Property Identifier="Below" Type="ForeignKey"/></EntityType>
<EntityType Identifier="Account"><Property Identifier="Name" IsKey="1" TargetColumnIndex="4"/><Property Identifier="Photo" Type="Binary"/><Property Identifier="Groups" Type="ForeignKey"/><Property Identifier="Boss" Type="ForeignKey" TargetColumnIndex="128"/><Property Identifier="Staff" Type="ForeignKey"/></EntityType>
<EntityType Identifier="Group"><Property Identifier="Dn" IsKey="1" TargetColumnIndex="4"/><Property Identifier="Members" Type="ForeignKey"/></EntityType>
<EntityAssociation Identifier="A" DisplayName_L1="A" Property1="User:Records" Property2="Record:User" IsProperty1Collection="1"/>
<EntityAssociation Identifier="B" DisplayName_L1="B" Property1="Record:Site" Property2="Site:Records" IsProperty2Collection="1"/>
<EntityAssociation Identifier="C" DisplayName_L1="C" Property1="Account:Groups" Property2="Group:Members" IsProperty1Collection="1" IsProperty2Collection="1"/>
<EntityAssociation Identifier="D" DisplayName_L1="D" Property1="Site:Above" Property2="Site:Below" IsProperty2Collection="1"/>
<EntityAssociation Identifier="E" DisplayName_L1="E" Property1="Account:Boss" Property2="Account:Staff" IsProperty2Collection="1"/>
"#;

const TYPE: &str = r#"<ResourceType Identifier="AD" DisplayName_L1="AD" Policy="Default" SourceEntityType="User" TargetEntityType="Account">"#;
const CORRELATION: &str = r#"<ResourceCorrelationRule Policy="Default" ResourceType="AD" SourceBinding="Login" TargetBinding="Name" SourceMatchedConfidenceLevel="100"/>"#;

/// Problems of these elements; lines are those of the elements alone.
fn policy(elements: &str) -> String {
    let lines = MODEL.lines().count();
    let told = problems(&format!("{MODEL}{elements}"));
    let renumber = |line: &str| match line.split_once("conf.xml:") {
        Some((before, place)) if !line.starts_with("  ") => {
            let (number, rest) = place.split_once(':').unwrap();
            format!("{before}conf.xml:{}:{rest}", number.parse::<usize>().unwrap() - lines)
        }
        _ => match line.rsplit_once("conf.xml, line ") {
            Some((before, number)) => {
                let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
                let (number, rest) = number.split_at(end);
                match number.parse::<usize>().unwrap().checked_sub(lines + 1) {
                    Some(above) => format!("{before}conf.xml, line {}{rest}", above + 1),
                    None => format!("{before}the model{rest}"),
                }
            }
            None => line.to_owned(),
        },
    };
    told.lines().map(|line| renumber(line) + "\n").collect()
}

#[test]
fn a_policy_without_problems() {
    let found = policy(&format!(
        r#"{TYPE}
<TypeRule D0="Paris" L0="1"/><ScalarRule Property="Name" Binding="User:Login"/><BinaryRule Property="Photo" Binding="User.Photo"/>
<NavigationRule Property="Groups" Resource="all"/><QueryRule Property="Boss" SourceBinding="Login" TargetBinding="Account:Name"/>
</ResourceType>{CORRELATION}
<Dimension Identifier="S" EntityType="Site" ColumnMapping="0" IsHierarchical="1" ParentProperty="Above"/>
<ContextRule Identifier="C" DisplayName_L1="C" Policy="Default" SourceEntityType="User" ResourcesBinding="User:Records" ResourcesStartBinding="Record:Start" B0="User:Records.Site"/>"#
    ));
    assert_eq!(found, "");
}

#[test]
fn properties_and_paths() {
    insta::assert_snapshot!(policy(&format!(
        r#"{TYPE}
<ScalarRule Property="Nmae" Binding="Login"/><ScalarRule Property="Groups" Binding="Logn"/><ScalarRule Property="Photo" Binding="Record:Start"/>
<NavigationRule Property="Name" Resource="x"/><BinaryRule Property="Name" Binding="Photo"/><BinaryRule Property="Photo"/>
<QueryRule Property="Boss" SourceBinding="Login.Code" TargetExpression="Literal:x"/><ScalarRule Property="Name"/>
</ResourceType>{CORRELATION}
<RoleMapping Identifier="M" DisplayName_L1="M" Policy="Default" ResourceType="AD" Property="Groups" IdentifierBinding="Group:Name"><Rule><Item Property="Dn"/><Item Property="Members"/></Rule></RoleMapping>
<RecordSection Identifier="S" DisplayName_L1="S" SourceEntityType="User" ResourceEntityType="Record" StartProperty="Code" EndProperty="Start"><Property Property="Sit"/></RecordSection>
<ContextRule Identifier="C" DisplayName_L1="C" Policy="Default" SourceEntityType="User" ResourcesBinding="Records" ResourcesStartBinding="Strat" B0="User:Site"/>
<Dimension Identifier="S" EntityType="Site" ColumnMapping="0"/>"#
    )), @r#"
    error unknown-property conf.xml:3:23 `Nmae`
      entity type "Account" has no property "Nmae"
      = did you mean "Name"?
    error wrong-property-kind conf.xml:3:68 `Groups`
      "Account:Groups" is a navigation, not a value
      = name a value, or use <NavigationRule> or <QueryRule>
    error wrong-binding conf.xml:3:85 `Logn`
      entity type "User" has no property "Logn"
      = did you mean "Login"?
    error wrong-property-kind conf.xml:3:114 `Photo`
      "Account:Photo" is a file, not a value
      = name a value, or use <BinaryRule>
    error wrong-binding conf.xml:3:130 `Record:Start`
      the binding begins at "Record", but it is read on "User"
      = expected User:…
    error wrong-property-kind conf.xml:4:27 `Name`
      "Account:Name" is a value, not a navigation
      = name a navigation, or use <ScalarRule>
    error wrong-property-kind conf.xml:4:69 `Name`
      "Account:Name" is a value, not a file
      = name a file, or use <ScalarRule>
    error nothing-to-compute conf.xml:4:93 `BinaryRule`
      <BinaryRule> says no file of the owner
      = add Binding="…"
    error wrong-binding conf.xml:5:43 `Login.Code`
      "User:Login" is a value, so the path ends there
      = "Login" is declared in the model
    error constant-key conf.xml:5:73 `Literal:x`
      the key of the target is the same for all of them
      = use at least one property of the target
    error nothing-to-compute conf.xml:5:86 `ScalarRule`
      <ScalarRule> says no value
      = add Binding="…", Expression="…" or both
    error wrong-binding conf.xml:7:120 `Group:Name`
      entity type "Group" has no property "Name"
      = there are Dn, Members
    error wrong-property-kind conf.xml:7:175 `Members`
      "Group:Members" is a navigation, not a value
      = name a value of "Group"
    error wrong-property-kind conf.xml:8:117 `Code`
      "Record:Code" is a value, not a date
      = name a date of "Record"
    error unknown-property conf.xml:8:163 `Sit`
      entity type "Record" has no property "Sit"
      = did you mean "Site"?
    error wrong-binding conf.xml:9:139 `Strat`
      entity type "Record" has no property "Strat"
      = did you mean "Start"?
    "#);
}

#[test]
fn rules_and_roles_of_different_owners() {
    insta::assert_snapshot!(policy(&format!(
        r#"{TYPE}<TypeRule SingleRole="OfSites"/></ResourceType>{CORRELATION}
<SingleRole Identifier="OfSites" DisplayName_L1="S" EntityType="Site" Policy="Default"/>
<CompositeRole Identifier="OfUsers" DisplayName_L1="U" EntityType="User" Policy="Default"/>
<SingleRoleRule Role="OfSites" CompositeRole="OfUsers" Policy="Default"/>
<Risk Identifier="R" DisplayName_L1="R" EntityType="Site" Policy="Default" RiskType="HighPrivileges"><Rule><Item ResourceType="AD" Property="Groups"/></Rule></Risk>
<Policy Identifier="Other" DisplayName_L1="O"/><Category Identifier="K" DisplayName_L1="K" Policy="Other"/>
<SingleRole Identifier="X" DisplayName_L1="X" EntityType="User" Policy="Default" Category="K"/>"#
    )), @r#"
    error entity-type-mismatch conf.xml:2:141 `OfSites`
      "OfSites" is for owners of "Site", but <ResourceType Identifier="AD"> is for those of "User"
      = name one for "User"; this one is declared in conf.xml, line 3
    error entity-type-mismatch conf.xml:5:47 `OfUsers`
      "OfUsers" is for owners of "User", but <SingleRole Identifier="OfSites"> is for those of "Site"
      = name one for "Site"; this one is declared in conf.xml, line 4
    error entity-type-mismatch conf.xml:6:128 `AD`
      "AD" is for owners of "User", but <Risk Identifier="R"> is for those of "Site"
      = name one for "Site"; this one is declared in conf.xml, line 2
    warning category-of-other-policy conf.xml:8:92 `K`
      category "K" belongs to policy "Other", not to "Default"
      = declare a category of "Default"; this one is in conf.xml, line 7
    "#);
}

#[test]
fn what_leads_back_to_itself() {
    let roles: String = ["A", "B", "C"]
        .map(|name| {
            format!(
                r#"<CompositeRole Identifier="{name}" DisplayName_L1="{name}" EntityType="User" Policy="Default"/>"#
            )
        })
        .concat();
    insta::assert_snapshot!(policy(&format!(
        r#"{roles}
<CompositeRoleRule Role="B" ParentRole="A" Policy="Default"/>
<CompositeRoleRule Role="C" ParentRole="B" Policy="Default"/>
<CompositeRoleRule Role="A" ParentRole="C" Policy="Default"/>
<CompositeRoleRule Role="A" ParentRole="B" Policy="Default" IsDenied="1"/>
<Category Identifier="K" DisplayName_L1="K" Policy="Default" Parent="K"/>
{} DependsOn="AD"></ResourceType>{CORRELATION}"#,
        TYPE.trim_end_matches('>')
    )), @r#"
    error policy-cycle conf.xml:3:41 `A`
      a composite role leads back to itself: "A" → "B" → "C" → "A"
      = leave out one of these rules: a role that is needed to get itself is got by nobody
    error policy-cycle conf.xml:7:70 `K`
      a category leads back to itself: "Default/K" → "Default/K"
      = leave out one of the Parent attributes
    error policy-cycle conf.xml:8:130 `AD`
      a resource type leads back to itself: "AD" → "AD"
      = leave out one of the DependsOn attributes
    "#);
}

#[test]
fn dimensions() {
    insta::assert_snapshot!(policy(
        r#"<Dimension Identifier="S" EntityType="Site" ColumnMapping="0" IsHierarchical="1"/>
<Dimension Identifier="T" EntityType="Site" ColumnMapping="0" ParentProperty="Above"/>
<Dimension Identifier="U" EntityType="Site" ColumnMapping="33" IsHierarchical="1" ParentProperty="Below"/>
<Dimension Identifier="V" EntityType="Site" ColumnMapping="2"/>
<SingleRole Identifier="R" DisplayName_L1="R" EntityType="User" Policy="Default" R1V="1" RV="0" DA="x"/>
<SingleRoleRule Role="R" Policy="Default" D2="x" L2="1" L0="1"/>"#
    ), @r#"
    error dimension-tree conf.xml:2:79 `1`
      <Dimension Identifier="S"> is hierarchical, but nothing leads to the parent
      = add ParentProperty="…"
    error dimension-column-twice conf.xml:3:60 `0`
      column 0 is taken by dimension "S"
      = choose another number; see conf.xml, line 2
    error dimension-tree conf.xml:3:79 `Above`
      <Dimension Identifier="T"> has a parent, but is not hierarchical
      = add IsHierarchical="true", or leave it out
    error dimension-tree conf.xml:4:99 `Below`
      "Site:Below" does not lead to one parent of the same entity type
      = name a navigation with one link from "Site" to itself
    error unknown-dimension conf.xml:6:82 `R1V`
      "R1V" is about a dimension that nobody declares
      = declare <Dimension ColumnMapping="63">, or use the column of one that exists
    error unknown-dimension conf.xml:6:97 `DA`
      "DA" is about a dimension that nobody declares
      = declare <Dimension ColumnMapping="10">, or use the column of one that exists
    warning dimension-tree conf.xml:7:50 `L2`
      dimension "V" has no tree, so nothing is below a value
      = put IsHierarchical and ParentProperty on it (conf.xml, line 5)
    warning dimension-without-value conf.xml:7:57 `L0`
      "L0" has no value to look below
      = add D0="…", or leave it out
    "#);
}

#[test]
fn contexts() {
    insta::assert_snapshot!(policy(
        r#"<ContextRule Identifier="C" DisplayName_L1="C" Policy="Default" SourceEntityType="User"/>
<ContextRule Identifier="D" DisplayName_L1="D" Policy="Default" SourceEntityType="User"/>
<RecordSection Identifier="S" DisplayName_L1="S" SourceEntityType="User" ResourceEntityType="Record" IsDefaultBoundariesSection="1"><Property Property="Site"/></RecordSection>
<RecordSection Identifier="T" DisplayName_L1="T" SourceEntityType="User" ResourceEntityType="Record" IsDefaultBoundariesSection="1"><Property Property="Site"/></RecordSection>
<RecordSection Identifier="U" DisplayName_L1="U" SourceEntityType="User" ResourceEntityType="Record"/>
<RecordSection Identifier="V" DisplayName_L1="V" SourceEntityType="User" ResourceEntityType="Record"><Property Property="Code" IsExcluded="1"/></RecordSection>"#
    ), @r#"
    error context-rule-twice conf.xml:3:83 `User`
      "User" has a context rule already: "C"
      = keep one of the two; the first is in conf.xml, line 2
    error boundaries-twice conf.xml:5:130 `1`
      the dates of "User" are those of "S" already
      = leave it out on one of the two; see conf.xml, line 4
    error property-in-two-sections conf.xml:5:153 `Site`
      "Site" lies in section "S" already
      = keep it in one section; see conf.xml, line 4
    error default-section-twice conf.xml:7:2 `RecordSection`
      "User" has a default section already: "U"
      = list the properties of one of the two; see conf.xml, line 6
    "#);
}

#[test]
fn rules_that_contradict() {
    insta::assert_snapshot!(policy(
        r#"<ResourceType Identifier="AD" DisplayName_L1="AD" Policy="Default" SourceEntityType="User" TargetEntityType="Account" RemoveOrphans="1" AllowRemove="0" ApprovalWorkflowType="ManualAssignmentNotAllowed">
<TypeRule Type="Suggested"/><NavigationRule Property="Groups" Resource="x"/><QueryRule Property="Groups" SourceBinding="Login" TargetBinding="Dn"/>
</ResourceType>
<SingleRole Identifier="R" DisplayName_L1="R" EntityType="User" Policy="Default" ApprovalWorkflowType="4"/>
<SingleRoleRule Role="R" Policy="Default" Type="2"/><SingleRoleRule Role="R" Policy="Default" Type="1"/>
<Risk Identifier="One" DisplayName_L1="R" EntityType="User" Policy="Default"><Rule><Item ResourceType="AD" Property="Groups" Resource="x"/></Rule></Risk>
<Risk Identifier="None" DisplayName_L1="R" EntityType="User" Policy="Default"/>
<Risk Identifier="High" DisplayName_L1="R" EntityType="User" Policy="Default" RiskType="1"><Rule/></Risk>"#
    ), @r#"
    warning resource-type-without-correlation conf.xml:2:2 `ResourceType`
      nothing finds the targets of <ResourceType Identifier="AD"> that exist already
      = add a <ResourceCorrelationRule>, or a <ResourceClassificationRule> for targets without owner
    error orphans-without-removal conf.xml:2:134 `1`
      <ResourceType Identifier="AD"> removes orphans, but may not remove anything
      = set AllowRemove="true", or leave out RemoveOrphans
    error suggestion-not-requestable conf.xml:3:17 `Suggested`
      <ResourceType Identifier="AD"> may not be requested by hand, so it cannot be suggested
      = choose another Type, or another ApprovalWorkflowType in conf.xml, line 2
    warning navigation-served-twice conf.xml:3:98 `Groups`
      "Groups" is served by navigation rules, too
      = serve a navigation in one way; see conf.xml, line 3
    error suggestion-not-requestable conf.xml:6:49 `2`
      <SingleRole Identifier="R"> may not be requested by hand, so it cannot be suggested
      = choose another Type, or another ApprovalWorkflowType in conf.xml, line 5
    error risk-without-items conf.xml:7:79 `Rule`
      a rule of <Risk Identifier="One"> has 1 of at least 2 items
      = name the entitlements that are not to be held together, or set RiskType="HighPrivileges"
    warning risk-without-items conf.xml:8:2 `Risk`
      <Risk Identifier="None"> has no rule, so nobody runs it
      = add a <Rule> with its items
    error risk-without-items conf.xml:9:93 `Rule`
      a rule of <Risk Identifier="High"> has 0 of at least 1 items
      = name an entitlement
    "#);
}

#[test]
fn offsets() {
    insta::assert_snapshot!(policy(&format!(
        r#"{TYPE}
<ScalarRule Property="Name" Expression="Literal:a" TimeOffsetReference="Before" TimeOffsetBeforeReference="-60" TimeOffsetAfterReference="0"/>
<ScalarRule Property="Name" Expression="Literal:b" TimeOffsetReference="Before" TimeOffsetBeforeReference="-30" TimeOffsetAfterReference="10"/>
<ScalarRule Property="Name" Expression="Literal:c" TimeOffsetReference="Before" TimeOffsetBeforeReference="-90" TimeOffsetAfterReference="-60"/>
<ScalarRule Property="Name" Expression="Literal:d" TimeOffsetReference="After" TimeOffsetBeforeReference="60" TimeOffsetAfterReference="0"/>
<ScalarRule Property="Name" Expression="Literal:e"/>
<ScalarRule Property="Name" Expression="Literal:f"/>
<ScalarRule Property="Name" Expression="Literal:g" TimeOffsetReference="Around"/>
<NavigationRule Property="Groups" Resource="a"/><NavigationRule Property="Groups" Resource="b"/>
<NavigationRule Property="Boss" Resource="a" TimeOffsetReference="Around"/><NavigationRule Property="Boss" Resource="b" TimeOffsetReference="Around"/>
</ResourceType>{CORRELATION}"#
    )), @r#"
    error offsets-overlap conf.xml:4:73 `Before`
      its period overlaps that of another rule with offset Before for "Name"
      = let one begin where the other ends; see conf.xml, line 3
    error offset-empty conf.xml:6:107 `60`
      its period ends 60 minutes before it begins
      = let TimeOffsetBeforeReference be the smaller number; negative is earlier
    warning property-given-twice conf.xml:8:23 `Name`
      another rule without offset gives "Name", under the same conditions
      = keep one of the two; see conf.xml, line 7
    error offsets-overlap conf.xml:11:142 `Around`
      its period overlaps that of another rule with offset Around for "Boss"
      = let one begin where the other ends; see conf.xml, line 11
    "#);
}

#[test]
fn automation_rules() {
    insta::assert_snapshot!(policy(
        r#"<SingleRole Identifier="R" DisplayName_L1="R" EntityType="User" Policy="Default"/><Category Identifier="K" DisplayName_L1="K" Policy="Default"/>
<AutomationRule SingleRole="R"/>
<AutomationRule Type="SingleRole" SingleRole="R" EntityType="User"/>
<SingleRoleAutomationRule EntityType="User"/>
<CategoryAutomationRule Category="K"/>
<CategoryAutomationRule Category="K" Policy="Default" EntityType="User"/>
<PolicyAutomationRule Policy="Default" EntityType="User" SingleRole="R"/>"#
    ), @r#"
    error automation-target conf.xml:3:2 `AutomationRule`
      <AutomationRule> does not say its Type
      = add Type="…", or write <SingleRoleAutomationRule> and its like
    error automation-entity-type conf.xml:4:50 `EntityType`
      the SingleRole says the entity type already
      = leave out EntityType
    error automation-target conf.xml:5:2 `SingleRoleAutomationRule`
      <SingleRoleAutomationRule> names no SingleRole
      = add SingleRole="…"
    error automation-entity-type conf.xml:5:27 `EntityType`
      the SingleRole says the entity type already
      = leave out EntityType
    error automation-entity-type conf.xml:6:2 `CategoryAutomationRule`
      <CategoryAutomationRule> does not say whose assignments it decides
      = add EntityType="…"
    error automation-target conf.xml:8:58 `SingleRole`
      a rule about a Policy takes no SingleRole
      = leave it out, or use the form for it
    "#);
}
