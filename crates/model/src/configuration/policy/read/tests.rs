use super::*;
use crate::configuration::policy::{AutomationTarget, RiskKind};
use crate::configuration::{Configuration, parse};
use crate::policy::WorkflowState;

fn read(elements: &str) -> Configuration {
    let root = "ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\"";
    let file = ("conf/policy.xml".to_owned(), format!("<{root}>\n{elements}\n</ConfigurationFile>"));
    parse(&[file]).configuration
}

const MODEL: &str = r#"<EntityType Identifier="User"><Property Identifier="Login"/><Property Identifier="Records" Type="ForeignKey"/></EntityType>
<EntityType Identifier="Record"><Property Identifier="Start" Type="DateTime"/><Property Identifier="User" Type="ForeignKey"/><Property Identifier="Site" Type="ForeignKey"/></EntityType>
<EntityType Identifier="Site"><Property Identifier="Code" IsKey="1"/><Property Identifier="Records" Type="ForeignKey"/></EntityType>
<EntityType Identifier="Account"><Property Identifier="Name"/><Property Identifier="Groups" Type="ForeignKey"/></EntityType>
<EntityType Identifier="Group"><Property Identifier="Dn" IsKey="1"/><Property Identifier="Members" Type="ForeignKey"/></EntityType>
<EntityAssociation Identifier="A" Property1="User:Records" Property2="Record:User" IsProperty1Collection="1"/>
<EntityAssociation Identifier="B" Property1="Record:Site" Property2="Site:Records" IsProperty2Collection="1"/>
<EntityAssociation Identifier="C" Property1="Account:Groups" Property2="Group:Members" IsProperty1Collection="1" IsProperty2Collection="1"/>
"#;

#[test]
fn columns_are_written_in_base_32() {
    let found: Vec<Option<u8>> =
        ["D0", "DA", "DV", "D10", "D3V", "D40", "D01", "DW", "D", "R1", "Décor"].map(|name| column('D', name)).into();
    let expected = [Some(0), Some(10), Some(31), Some(32), Some(127), None, None, None, None, None, None];
    assert_eq!(found, expected);
}

#[test]
fn a_resource_type_hands_policy_and_name_to_its_rules() {
    let policy = read(&format!(
        r#"{MODEL}<ResourceType Identifier="AD" Policy="Default" SourceEntityType="User" TargetEntityType="Account"
    PA="1" R1V="true" ApprovalWorkflowType="4" ImplicitApproval="2" ProlongationWithoutApproval="Disabled" AllowRemove="0">
  <TypeRule D0="Paris" L0="1" D10="x" Type="2" TimeOffsetReference="Arround" TimeOffsetBeforeReference="-60"/>
  <ScalarRule Property="Name" Binding="User:Login" Expression="ToUpper" ComparisonType="4" IsMapped="0" Policy="Other"/>
  <NavigationRule Property="Groups" Resource="CN=All" SingleRole="S" IsDenied="1"/>
  <QueryRule Property="Groups" SourceBinding="User.Login" TargetBinding="Group:Dn" TargetMatchedConfidenceLevel="150"/>
</ResourceType>"#
    ))
    .policy;
    let ad = &policy.resource_types[0];
    assert_eq!((ad.options.approvals, ad.options.implicit_approval), (None, Some(true)));
    assert_eq!(ad.options.prolongation_without_approval, Some(false));
    assert_eq!((ad.allow_add, ad.allow_remove, ad.block_provisioning), (true, false, true));
    assert_eq!((ad.inserted.lines, ad.inserted.percent), (0, 30));
    assert_eq!((&ad.parameters, &ad.options.required_parameters), (&BTreeSet::from([10]), &BTreeSet::from([63])));
    let rule = &ad.type_rules[0];
    assert_eq!(rule.identity, "AD/D0=Paris, D10=x, TimeOffsetReference=Around");
    assert_eq!((rule.policy.as_str(), rule.kind), ("Default", RuleType::Suggested));
    assert_eq!(rule.offset, TimeOffset::Around { before: -60, after: 0 });
    let criterion =
        |column, value: &str, is_hierarchical| Criterion { column, value: value.to_owned(), is_hierarchical };
    assert_eq!(rule.criteria, [criterion(0, "Paris", true), criterion(32, "x", false)]);
    assert_eq!((rule.place.file.as_str(), rule.place.line), ("conf/policy.xml", 12));
    let scalar = &ad.scalar_rules[0];
    assert_eq!((scalar.policy.as_str(), scalar.is_mapped), ("Other", false));
    assert_eq!(scalar.source, Operand { binding: Some("Login".into()), expression: Some("ToUpper".into()) });
    assert!(ad.navigation_rules[0].is_denied);
    let query = &ad.query_rules[0];
    assert_eq!((query.source.binding.as_deref(), query.target.binding.as_deref()), (Some("Login"), Some("Dn")));
    assert_eq!(query.confidence, 150);
}

#[test]
fn paths_of_a_context_rule_begin_at_the_record() {
    let policy = read(&format!(
        r#"{MODEL}<ContextRule Identifier="C" Policy="Default" SourceEntityType="User" ResourcesBinding="User:Records"
    ResourcesStartBinding="Record:Start" ResourcesEndBinding="User.Records.Start" B0="User:Records.Site" B1="Site"
    B2="Record.Site" ReductionOutlierPercentage="2.5" RiskFactorType="Max"/>"#
    ))
    .policy;
    let rule = &policy.context_rules[0];
    assert_eq!(rule.resources.binding.as_deref(), Some("Records"));
    assert_eq!((rule.start.binding.as_deref(), rule.end.binding.as_deref()), (Some("Start"), Some("Start")));
    assert_eq!(rule.bindings, [0, 1, 2].map(|column| (column, "Site".to_owned())));
    assert_eq!(rule.reduction_outlier_hundredths, 250);
}

#[test]
fn automation_rules_have_two_spellings() {
    let rules = read(
        r#"<AutomationRule Type="SingleRole" SingleRole="S" WorkflowState="1" HoursToWait="24" Decision="Decline"/>
<AutomationRule SingleRole="S"/>
<SingleRoleAutomationRule SingleRole="S" WorkflowState="PendingApproval1" D0="x"/>
<CategoryAutomationRule Category="C" EntityType="User" WorkflowState="Historic"/>"#,
    )
    .policy
    .automation_rules;
    let told: Vec<_> = rules.iter().map(|rule| (&rule.target, rule.state, rule.hours_to_wait, rule.approve)).collect();
    let single = AutomationTarget::SingleRole("S".to_owned());
    let category = AutomationTarget::Category { category: "C".to_owned(), entity_type: "User".to_owned() };
    assert_eq!(
        told,
        [
            (&single, WorkflowState::Found, 24, false),
            (&single, WorkflowState::PendingApproval1, 0, true),
            (&category, WorkflowState::Historic, 0, true),
        ]
    );
}

#[test]
fn percentages_risks_and_the_default_policy() {
    let policy = read(
        r#"<MiningRule EntityType="User" Policy="Default" PrecisionMinPercentage="99.5" IncludeDoubleValidation="0"/>
<SingleRole Identifier="S" EntityType="User" Policy="Default" MaxDuration="0" Tags="a¤ b¤"/>
<Risk Identifier="R" EntityType="User" Policy="Default" Level="80" RiskType="1">
  <Rule><Item ResourceType="AD" Property="Groups" Resource="x"/><Item ResourceType="AD" Property="Groups"/></Rule><Rule/>
</Risk>"#,
    )
    .policy;
    let mining = &policy.mining_rules[0];
    assert_eq!((mining.precision_min_hundredths, mining.false_positive_max_hundredths), (9950, 0));
    assert_eq!(mining.include, [true, true, false, true]);
    let role = &policy.single_roles[0];
    assert_eq!(
        (role.options.max_duration, role.options.grace_period, role.options.approvals),
        (Some(0), None, Some(0))
    );
    assert_eq!(role.tags, ["a", "b"]);
    let risk = &policy.risks[0];
    assert_eq!((risk.kind, risk.level, risk.rules.len(), risk.rules[0].len()), (RiskKind::HighPrivileges, 80, 2, 2));
    assert!(policy.policies.iter().any(|p| p.identifier == "Default" && p.is_provisioning_enabled));
}
