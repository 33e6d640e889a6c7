//! Why, and why not.

use super::*;
use crate::policy::explain::{Fact, Failure, Item, Tree};
use provost_model::{PolicyObjectId, PropertyId};

fn engineers() -> World {
    ada(&format!(
        r#"<CompositeRole Identifier="Engineer" EntityType="Person" Policy="Default"/>{}{}
<CompositeRoleRule Role="Engineer" Policy="Default" D0="RND" L0="1"/>
<SingleRoleRule Role="Code" Policy="Default" CompositeRole="Engineer"/>
<SingleRoleRule Role="Door" Policy="Default" CompositeRole="Engineer" D1="Lyon"/>
<SingleRoleRule Role="Door" Policy="Default" D0="SALES" D1="Lyon"/>
{}"#,
        role("Code"),
        role("Door"),
        ad(r#"<ScalarRule Property="Mail" Binding="Number" Expression="ToLower"/>
<NavigationRule Property="Groups" Resource="G1" SingleRole="Code"/>
<NavigationRule Property="Groups" Resource="G2" SingleRole="Door"/>"#)
    ))
}

fn property(world: &World, name: &str) -> PropertyId {
    let (entity_type, property) = world.metadata.find("Account", name).unwrap();
    world.metadata.entity_types[entity_type].properties[property].id
}

fn group(world: &World, name: &str) -> provost_model::ResourceId {
    (1..).map(provost_model::ResourceId).find(|id| world.data_name(*id) == name).unwrap()
}

fn told(tree: &Tree, depth: usize, out: &mut String) {
    let text = match &tree.fact {
        Fact::Nothing => "nothing".to_owned(),
        Fact::Assigned { workflow, .. } => workflow.name().to_owned(),
        Fact::ByHand => "by hand".to_owned(),
        Fact::Rule(rule) => format!("{} {}", rule.element, rule.identity),
        Fact::Denial(rule) => format!("denied by {} {}", rule.element, rule.identity),
        Fact::Role(role) => format!("{} {} ({}:{})", role.element, role.identity, role.place.file, role.place.line),
        Fact::Context { values, .. } => format!("context of {} values", values.len()),
        Fact::Source { text, value, .. } => format!("{text} = {value:?}"),
        Fact::Match { confidence } => format!("match of {confidence}"),
    };
    out.push_str(&format!("{}{text}\n", "  ".repeat(depth)));
    tree.because.iter().for_each(|below| told(below, depth + 1, out));
}

fn why(world: &mut World, item: impl Fn(&World) -> Item) -> String {
    let (item, now, options) = (item(world), world.now, world.options);
    let trees = world.asked(|engine, owner, population, inputs, scratch| {
        engine.why(owner, population, inputs, now, &options, item, scratch)
    });
    let mut out = String::new();
    trees.iter().for_each(|tree| told(tree, 0, &mut out));
    out
}

fn why_not(world: &mut World, item: Item) -> Vec<(Option<String>, Failure, usize)> {
    let (now, options) = (world.now, world.options);
    let found = world.asked(|engine, owner, population, inputs, scratch| {
        engine.why_not(owner, population, inputs, now, &options, item, scratch)
    });
    found.refusals.into_iter().map(|r| (r.rule.map(|rule| rule.identity), r.failure, r.missing)).collect()
}

#[test]
fn a_link_is_explained_down_to_the_context() {
    let mut world = engineers();
    let link =
        |world: &World| Item::Link(world.id("ResourceType", "AD"), property(world, "Groups"), group(world, "G1"));
    insta::assert_snapshot!(why(&mut world, link), @r"
    PolicyApproved
      NavigationRule AD/Property=Groups, Resource=G1, SingleRole=Code
        SingleRole Code (conf.xml:5)
          SingleRoleRule Role=Code, CompositeRole=Engineer, Policy=Default
            CompositeRole Engineer (conf.xml:5)
              CompositeRoleRule Role=Engineer, Policy=Default, D0=RND
                context of 2 values
            context of 2 values
    ");
    let value = |world: &World| Item::Value(world.id("ResourceType", "AD"), property(world, "Mail"));
    assert!(why(&mut world, value).contains("ToLower of Number = Some(\"e1\")"));
    assert_eq!(why(&mut world, |world| Item::SingleRole(world.id("SingleRole", "Door"))), "nothing\n");
}

#[test]
fn the_rule_that_is_closest_comes_first_with_what_fails() {
    let mut world = engineers();
    let door = Item::SingleRole(world.id("SingleRole", "Door"));
    let found = why_not(&mut world, door);
    let site = |wanted: &str, found: &str, world: &World| Failure::Dimension {
        column: 1,
        wanted: group(world, wanted),
        or_below: false,
        found: Some(group(world, found)),
    };
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].1.clone(), found[0].2), (site("Lyon", "Paris", &world), 1));
    assert_eq!(found[1].2, 2);
    let link = Item::Link(world.id("ResourceType", "AD"), property(&world, "Groups"), group(&world, "G2"));
    let found = why_not(&mut world, link);
    assert!(matches!(&found[0].1, Failure::Role(role) if role.identity == "Door"), "{found:?}");
    world.data.set("Person", "E1", "Name", "Draft");
    assert_eq!(why_not(&mut world, door)[0].1, Failure::LeftOut);
}

#[test]
fn denials_are_named() {
    let mut world = ada(&format!(
        r#"{}<SingleRoleRule Role="R" Policy="Default" D0="LAB"/><SingleRoleRule Role="R" Policy="Default" D1="Paris" IsDenied="1"/>"#,
        role("R")
    ));
    let item = Item::SingleRole(world.id("SingleRole", "R"));
    let found = why_not(&mut world, item);
    assert!(matches!(&found[0].1, Failure::Denied(rule) if rule.identity.contains("D1=Paris")), "{found:?}");
    let nobody = Item::SingleRole(PolicyObjectId(9999));
    assert_eq!(why_not(&mut world, nobody), []);
}
