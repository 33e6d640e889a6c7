use super::*;
use crate::expression::program::Environment;
use crate::expression::program::testing::World;
use crate::population::Handle;
use provost_model::configuration::policy as conf;
use provost_model::configuration::{Item, export};

/// Persons have records; departments are entitlements of records' persons: the navigation `Department` of persons.
fn world() -> World {
    let mut world = World::new();
    let departments = world.position("Department");
    world.metadata.entity_types[departments].properties[0].is_key = true;
    world.set("Department", 12, "Code=APP_X;Name=Exchange");
    world.set("Department", 13, "Name=Nameless");
    world.metadata.configuration.policy.resource_types = vec![conf::ResourceType {
        identifier: "Account".to_owned(),
        source_entity_type: "Record".to_owned(),
        target_entity_type: "Person".to_owned(),
        ..conf::ResourceType::default()
    }];
    world
}

fn bound(binding: &str) -> conf::Operand {
    conf::Operand { binding: Some(binding.to_owned()), expression: None }
}

fn rule() -> conf::RoleMapping {
    conf::RoleMapping {
        identifier: "M".to_owned(),
        policy: "Default".to_owned(),
        role_policy: "Roles".to_owned(),
        property: "Department".to_owned(),
        resource_type: "Account".to_owned(),
        role_identifier: bound("Code"),
        role_display_name: bound("Name"),
        approval_workflow_type: "One".to_owned(),
        implicit_approval: "Inherited".to_owned(),
        ..conf::RoleMapping::default()
    }
}

fn run(world: &World, rule: &conf::RoleMapping, known: &mut Known) -> Proposal {
    let mapping = Mapping::compile(rule, &world.metadata).unwrap();
    let departments: Vec<Handle> = [13, 12, 11, 10]
        .map(|id| world.population.find(mapping.entity_type(), provost_model::ResourceId(id)).unwrap())
        .into();
    propose(&mapping, &departments, &world.population, &Environment::at(0), known, "roles.xml")
}

fn told(proposal: &Proposal) -> Vec<String> {
    proposal.skipped.iter().map(|s| format!("{} {}: {}", s.resource, s.key, s.reason)).collect()
}

fn written(items: &[Item]) -> String {
    export(items)[0].1.lines().skip(2).filter(|line| !line.starts_with("</")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn each_entitlement_gets_a_role_and_a_rule() {
    let world = world();
    let mut known = Known::new(&world.metadata.configuration);
    let proposal = run(&world, &rule(), &mut known);
    insta::assert_snapshot!(written(&proposal.items), @r#"
    <SingleRole
        Identifier="APP_X"
        DisplayName_L1="Exchange"
        EntityType="Record"
        Policy="Roles"
        ApprovalWorkflowType="One" />
    <SingleRole
        Identifier="HQ"
        DisplayName_L1="Head office"
        EntityType="Record"
        Policy="Roles"
        ApprovalWorkflowType="One" />
    <SingleRole
        Identifier="RD"
        DisplayName_L1="Research &amp; Development"
        EntityType="Record"
        Policy="Roles"
        ApprovalWorkflowType="One" />
    <ResourceType Identifier="Account">
      <NavigationRule Property="Department" Resource="APP_X" Policy="Roles" SingleRole="APP_X" />
      <NavigationRule Property="Department" Resource="HQ" Policy="Roles" SingleRole="HQ" />
      <NavigationRule Property="Department" Resource="RD" Policy="Roles" SingleRole="RD" />
    </ResourceType>
    "#);
    assert_eq!((proposal.roles, proposal.rules, proposal.categories), (3, 3, 0));
    assert_eq!(told(&proposal), ["13 : it has no key"]);
    let again = run(&world, &rule(), &mut known);
    assert_eq!((again.items, again.roles), (vec![], 0), "what is tied stays as it is");
}

#[test]
fn conditions_are_alternatives_of_comparisons() {
    let world = world();
    let item = |property: &str, operator: &str, value: &str| conf::Comparison {
        property: property.to_owned(),
        operator: operator.to_owned(),
        value: Some(value.to_owned()),
    };
    let mut rule = rule();
    rule.rules = vec![
        vec![item("Code", "StartWith", "app_"), item("Name", "NotEqual", "Other")],
        vec![item("Name", "Contain", "development")],
    ];
    let proposal = run(&world, &rule, &mut Known::default());
    let roles: Vec<&str> = proposal.items.iter().filter_map(|item| item.get("Identifier")).collect();
    assert_eq!(roles, ["APP_X", "RD", "Account"]);
    assert_eq!(told(&proposal), [""; 0], "what a rule is not about is not told");
}

#[test]
fn a_category_is_made_once_below_one_that_is_known() {
    let world = world();
    let mut rule = rule();
    rule.category_identifier = conf::Operand { binding: None, expression: Some("Literal:New".to_owned()) };
    rule.category_display_name = conf::Operand { binding: None, expression: Some("Literal:A new one".to_owned()) };
    rule.parent_category_identifier = conf::Operand { binding: None, expression: Some("Literal:Top".to_owned()) };
    let proposal = run(&world, &rule, &mut Known::default());
    assert_eq!(proposal.items, []);
    assert_eq!(told(&proposal)[1], "12 APP_X: category \"Top\", above \"New\", is unknown");

    let mut known = Known::default();
    known.categories.insert(("Roles".to_owned(), "Top".to_owned()));
    let proposal = run(&world, &rule, &mut known);
    assert_eq!((proposal.categories, proposal.roles), (1, 3));
    insta::assert_snapshot!(written(&proposal.items[..2]), @r#"
    <Category Identifier="New" DisplayName_L1="A new one" Policy="Roles" Parent="Top" />
    <SingleRole
        Identifier="APP_X"
        DisplayName_L1="Exchange"
        EntityType="Record"
        Policy="Roles"
        Category="New"
        ApprovalWorkflowType="One" />
    "#);
}

#[test]
fn an_existing_role_is_used_only_where_it_belongs_and_once() {
    let world = world();
    let mut known = Known::default();
    let roles = |category: &str| ("Roles".to_owned(), Some(category.to_owned()).filter(|c| !c.is_empty()));
    known.roles.insert("RD".to_owned(), roles(""));
    known.roles.insert("HQ".to_owned(), roles("Elsewhere"));
    known.roles.insert("APP_X".to_owned(), roles(""));
    known.tie("Account", "Department", "gone", Some("APP_X"));
    let proposal = run(&world, &rule(), &mut known);
    assert_eq!((proposal.roles, proposal.rules), (0, 1));
    assert_eq!(
        told(&proposal)[1..],
        [
            "12 APP_X: role \"APP_X\" belongs to another entitlement",
            "11 HQ: role \"HQ\" exists in policy \"Roles\", category \"Elsewhere\""
        ]
    );
}

#[test]
fn two_entitlements_never_share_a_role() {
    let world = world();
    let mut rule = rule();
    rule.role_identifier = conf::Operand { binding: None, expression: Some("Literal:Same".to_owned()) };
    rule.category = Some("Fallback".to_owned());
    rule.approval_required = true;
    let proposal = run(&world, &rule, &mut Known::default());
    assert_eq!((proposal.roles, proposal.rules, proposal.needs_approval), (1, 1, true));
    assert_eq!(proposal.items[0].get("Category"), Some("Fallback"));
    assert_eq!(proposal.skipped.len(), 3);
}

#[test]
fn rules_that_cannot_be_used_say_why() {
    let mut world = world();
    let faulty = |change: fn(&mut conf::RoleMapping), world: &World| {
        let mut rule = rule();
        change(&mut rule);
        Mapping::compile(&rule, &world.metadata).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(
        faulty(|rule| rule.property = "Number".to_owned(), &world),
        "it names something that is not deployed: Number"
    );
    assert!(faulty(|rule| rule.role_identifier = bound("Cod"), &world).starts_with("Identifier: "));
    world.metadata.entity_types[1].properties[0].is_key = false;
    assert!(faulty(|_| {}, &world).contains("no key property"));
}
