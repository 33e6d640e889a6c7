//! A new model over old data.

use super::scratch::{Scratch, configuration, mapping, navigation, scalar, slot};
use provost_model::ResourceId;
use provost_model::configuration::Configuration;

super::both!(
    ids_stay_with_their_names,
    a_new_slot_starts_empty,
    a_removed_property_leaves_history,
    a_reused_slot_does_not_show_the_past_of_another_property,
    a_scalar_becomes_a_navigation_and_back,
    a_moved_slot_takes_its_values_along,
    slots_can_be_swapped,
    a_removed_entity_type_takes_its_resources_along,
    links_move_into_a_slot_and_out,
    a_removed_association_ends_its_links,
    a_new_key_finds_what_is_there,
    the_same_model_changes_nothing,
);

fn property<'a>(
    configuration: &'a mut Configuration,
    entity_type: usize,
    name: &str,
) -> &'a mut provost_model::configuration::Property {
    configuration.entity_types[entity_type].properties.iter_mut().find(|p| p.identifier == name).unwrap()
}

fn ids_stay_with_their_names(s: &Scratch) {
    let first = s.write(|tx| tx.deploy_model(&configuration(), 50));
    let mut changed = configuration();
    changed.entity_types.reverse();
    changed.entity_types[1].properties.insert(0, scalar("title", 9));
    let second = s.write(|tx| tx.deploy_model(&changed, 60));
    assert_eq!(first.entity_types, second.entity_types);
    assert_eq!(first.associations, second.associations);
    assert!(first.properties.iter().all(|(name, id)| second.properties[name] == *id));
    assert_eq!(s.read(|tx| tx.catalog()), second);
}

fn a_new_slot_starts_empty(s: &Scratch) {
    s.deploy(&configuration(), 50).fill(s);
    let before = s.people();
    let mut changed = configuration();
    changed.entity_types[0].properties.push(scalar("title", 0));
    let c = s.deploy(&changed, 200);
    assert_eq!(s.people(), before);
    assert!(s.past().is_empty());
    let ada = s.read(|tx| tx.get_resource(c.person, "P1")).unwrap();
    assert_eq!((ada.value(slot(0)), ada.values.len()), (None, 6));
    assert_eq!(s.keys()[0], "1|P1|1|0", "what is synchronised may have changed: the fingerprint is void");
}

fn a_removed_property_leaves_history(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    let mut changed = configuration();
    changed.entity_types[0].properties.retain(|p| p.identifier != "mail");
    changed.type_mappings[0] = mapping("Person", &["number", "name", "logon"], &[]);
    s.deploy(&changed, 200);
    assert_eq!(s.rows("SELECT C6 FROM UR_Resources ORDER BY Id", 1), ["-", "-", "-", "-", "-"]);
    assert_eq!(s.rows("SELECT C6 FROM UR_ResourcesHistory ORDER BY Id", 1), ["ada@x", "bob@x", "cyd@x"]);
    assert_eq!(s.keys()[..4], ["1|P1|1|0", "1|P2|2|0", "1|P3|3|0", "2|D1|11|2011"], "its key rows are gone");
}

fn a_reused_slot_does_not_show_the_past_of_another_property(s: &Scratch) {
    s.deploy(&configuration(), 50).fill(s);
    let mut changed = configuration();
    changed.entity_types[0].properties.retain(|p| p.identifier != "mail");
    changed.entity_types[0].properties.push(scalar("badge", 6));
    changed.type_mappings[0] = mapping("Person", &["number", "name", "badge"], &[]);
    let c = s.deploy(&changed, 200);
    s.write(|tx| tx.update_values(c.person, crate::Target::Slot(slot(6)), &[(ResourceId(1), Some("B7"))], 300));
    let history = s.read(|tx| tx.resource_history(ResourceId(1)));
    let badges: Vec<_> = history.iter().map(|v| (v.valid_from, v.value(slot(6)))).collect();
    assert_eq!(badges, [(300, Some("B7")), (200, None), (100, None)]);
}

fn a_scalar_becomes_a_navigation_and_back(s: &Scratch) {
    s.deploy(&configuration(), 50).fill(s);
    let mut changed = configuration();
    *property(&mut changed, 0, "mail") = navigation("mail", 6);
    changed.type_mappings[0] = mapping("Person", &["number", "name", "logon"], &[]);
    let c = s.deploy(&changed, 200);
    assert_eq!(s.rows("SELECT C6 FROM UR_Resources WHERE C6 IS NOT NULL", 1), Vec::<String>::new());
    assert_eq!(s.past().len(), 3);
    let before = s.read(|tx| tx.resource_as_of(c.person, "P1", 150)).unwrap();
    assert_eq!(before.value(slot(6)), None, "the old text is not shown as a link");
    s.write(|tx| tx.update_values(c.person, crate::Target::Slot(slot(6)), &[(ResourceId(1), Some("11"))], 300));
    let c = s.deploy(&configuration(), 400);
    assert_eq!(s.rows("SELECT C6 FROM UR_Resources WHERE C6 IS NOT NULL", 1), Vec::<String>::new());
    let before = s.read(|tx| tx.resource_as_of(c.person, "P1", 150)).unwrap();
    assert_eq!(before.value(slot(6)), Some("ada@x"), "the same property as then");
    let between = s.read(|tx| tx.resource_as_of(c.person, "P1", 350)).unwrap();
    assert_eq!(between.value(slot(6)), None);
}

fn a_moved_slot_takes_its_values_along(s: &Scratch) {
    s.deploy(&configuration(), 50).fill(s);
    let mut changed = configuration();
    property(&mut changed, 0, "mail").target_column_index = 20;
    property(&mut changed, 0, "department").target_column_index = 129;
    let c = s.deploy(&changed, 200);
    assert_eq!(
        s.rows("SELECT C4, C6, CAST(I40 AS TEXT), CK, CAST(I41 AS TEXT) FROM UR_Resources ORDER BY Id", 5),
        ["P1|-|-|ada@x|11", "P2|-|-|bob@x|11", "P3|-|-|cyd@x|-", "D1|-|-|-|-", "D2|-|-|-|-"]
    );
    let history = s.read(|tx| tx.resource_history(ResourceId(1)));
    let values: Vec<_> = history.iter().map(|v| (v.valid_from, v.value(slot(20)), v.value(slot(129)))).collect();
    assert_eq!(values, [(200, Some("ada@x"), Some("11")), (100, Some("ada@x"), Some("11"))]);
    assert_eq!(s.read(|tx| tx.lookup_keys(c.person, c.mail, &["ada@x"])).len(), 1);
    let works = s.read(|tx| tx.links_of_resource(ResourceId(11), Some(150)));
    assert_eq!(works.len(), 3, "links of the time before the move are found in their old slot");
    s.by_hand("UPDATE UR_Resources SET CK = 'x' WHERE C4 = 'P2'");
    assert_eq!(s.keys()[1], "1|P2|2|0");
}

fn slots_can_be_swapped(s: &Scratch) {
    s.deploy(&configuration(), 50).fill(s);
    let mut changed = configuration();
    property(&mut changed, 0, "mail").target_column_index = 5;
    property(&mut changed, 0, "name").target_column_index = 6;
    let c = s.deploy(&changed, 200);
    assert_eq!(s.rows("SELECT C5, C6 FROM UR_Resources ORDER BY Id LIMIT 1", 2), ["ada@x|Ada"]);
    let then = s.read(|tx| tx.resource_as_of(c.person, "P1", 150)).unwrap();
    assert_eq!((then.value(slot(5)), then.value(slot(6))), (Some("ada@x"), Some("Ada")));
}

fn a_removed_entity_type_takes_its_resources_along(s: &Scratch) {
    s.deploy(&configuration(), 50).fill(s);
    let mut changed = configuration();
    changed.entity_types.truncate(1);
    changed.entity_types[0].properties.truncate(4);
    changed.associations.clear();
    changed.association_mappings.clear();
    changed.type_mappings.truncate(1);
    let c = s.deploy(&changed, 200);
    assert_eq!(s.read(|tx| tx.count_resources(c.person)), 3);
    assert_eq!(s.rows("SELECT CAST(COUNT(*) AS TEXT) FROM UR_Resources", 1), ["3"]);
    assert_eq!(
        s.past(),
        ["1|P1|Ada|-|11|100|200", "2|P2|Bob|-|11|100|200", "11|D1|Sales|-|-|100|200", "12|D2|Tech|-|-|100|200"]
    );
    assert_eq!(s.links(), ["1|11|100|200", "1|12|100|200"]);
    assert_eq!(s.keys().len(), 6);
    assert_eq!(s.read(|tx| tx.resource_history(ResourceId(11))), []);
    assert!(s.store.read(|tx| tx.key_properties(provost_model::EntityTypeId(2))).is_err());
}

fn links_move_into_a_slot_and_out(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    let mut changed = configuration();
    property(&mut changed, 0, "headOf").target_column_index = 130;
    changed.associations[1].is_property1_collection = false;
    property(&mut changed, 0, "department").target_column_index = -1;
    let c = s.deploy(&changed, 200);
    assert_eq!(
        s.rows("SELECT CAST(I40 AS TEXT), CAST(I42 AS TEXT) FROM UR_Resources ORDER BY Id LIMIT 2", 2),
        ["-|11", "-|-"]
    );
    // Heads ended in the table, of Ada's two only one fits into a slot; WorksIn began there.
    assert_eq!(s.links(), ["1|11|100|200", "1|12|100|200", "11|1|200|", "11|2|200|"]);
    let then = s.read(|tx| tx.links_of_resource(ResourceId(1), Some(150)));
    assert_eq!(then.len(), 3);
    let now: Vec<i64> = s.read(|tx| tx.links_of_resource(ResourceId(1), None)).iter().map(|n| n.other.0).collect();
    assert_eq!(now, [11, 11]);
    assert_eq!(s.read(|tx| tx.count_links(c.heads_place)), 1);
    assert_eq!(s.past().len(), 2);
}

fn a_removed_association_ends_its_links(s: &Scratch) {
    s.deploy(&configuration(), 50).fill(s);
    let mut changed = configuration();
    changed.associations.clear();
    changed.association_mappings.clear();
    s.deploy(&changed, 200);
    assert_eq!(s.links(), ["1|11|100|200", "1|12|100|200"]);
    assert_eq!(s.rows("SELECT CAST(COUNT(*) AS TEXT) FROM UR_Resources WHERE I40 IS NOT NULL", 1), ["0"]);
    assert_eq!(s.past().len(), 2);
}

fn a_new_key_finds_what_is_there(s: &Scratch) {
    s.deploy(&configuration(), 50).fill(s);
    let mut changed = configuration();
    changed.type_mappings[0] = mapping("Person", &["mail", "number", "name"], &["number"]);
    let c = s.deploy(&changed, 200);
    assert_eq!(s.keys()[..6], ["1|P1|1|0", "1|P2|2|0", "1|P3|3|0", "1|ada@x|1|0", "1|bob@x|2|0", "1|cyd@x|3|0"]);
    let names: Vec<_> =
        s.read(|tx| tx.list_resources(c.person, None, None, 9)).into_iter().filter_map(|r| r.key).collect();
    assert_eq!(names, ["ada@x", "bob@x", "cyd@x"]);
}

fn the_same_model_changes_nothing(s: &Scratch) {
    s.deploy(&configuration(), 50).fill(s);
    let before = (s.keys(), s.people());
    s.deploy(&configuration(), 200);
    assert_eq!((s.keys(), s.people()), before);
    let counts = s.read(|tx| tx.journal(1))[0].counts.clone();
    assert!(counts.is_empty(), "{counts:?}");
}
