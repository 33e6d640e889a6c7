use super::*;
use provost_model::configuration::PropertyType;
use provost_model::metadata::EntityType;
use provost_model::{EntityTypeId, PropertyId};

fn metadata() -> Metadata {
    let property = |id, identifier: &str, kind| provost_model::metadata::Property {
        id: PropertyId(id),
        identifier: identifier.to_owned(),
        kind,
        is_key: false,
        slot: None,
        history_precision: 0,
    };
    let person = EntityType {
        id: EntityTypeId(1),
        identifier: "Person".to_owned(),
        properties: vec![property(1, "Name", PropertyType::String), property(2, "Manager", PropertyType::ForeignKey)],
        display_name_source: Some(0),
    };
    Metadata { entity_types: vec![person], ..Metadata::default() }
}

#[test]
fn values_and_links_are_found_again() {
    let mut population = Population::new(&metadata());
    let (ada, added) = population.add(0, ResourceId(7));
    assert!(added);
    assert_eq!(population.add(0, ResourceId(7)), (ada, false));
    let (bob, _) = population.add(0, ResourceId(9));
    population.set_value(bob, 0, "Bob");
    population.set_links(bob, 1, &[ada]);
    population.set_links(ada, 1, &[ada, bob]);
    assert_eq!(population.value(ada, 0), None);
    assert_eq!(population.value(bob, 0), Some("Bob"));
    assert_eq!(population.links(bob, 1), [ada]);
    assert_eq!(population.links(ada, 1), [ada, bob]);
    assert_eq!(population.id(bob), ResourceId(9));
    assert_eq!(population.find(0, ResourceId(8)), None);
    population.clear();
    assert!(population.is_empty());
    let (ada, added) = population.add(0, ResourceId(7));
    assert!(added);
    assert_eq!(population.links(ada, 1), []);
}
