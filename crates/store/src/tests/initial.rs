//! The first load.

use super::scratch::{Scratch, configuration, department_slots, person_slots, slot};
use provost_model::ResourceId;

super::both!(loads_resources_keys_and_links, a_first_load_is_all_or_nothing, a_pair_may_come_once_only);

fn loads_resources_keys_and_links(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    let loaded = s.write(|tx| {
        let first = tx.reserve_resource_ids(4)?.0;
        assert_eq!((first, tx.reserve_resource_ids(1)?.0), (1, 5));
        let mut people = tx.bulk_initial(c.person, &person_slots(), 100)?;
        let mut departments = tx.bulk_initial(c.department, &department_slots(), 100)?;
        people.push(ResourceId(1), "P1", 7, Some("Ada"), &[Some("P1"), Some("Ada"), Some("z@x"), None])?;
        departments.push(ResourceId(3), "D1", 9, None, &[Some("D1"), None])?;
        people.push(ResourceId(2), "P2", 8, Some("Bob"), &[Some("P2"), Some("Bob"), Some("b@x"), None])?;
        let loaded = people.finish(tx)? + departments.finish(tx)?;
        let mut links = tx.bulk_links(c.heads, 100)?;
        links.push(ResourceId(1), ResourceId(3))?;
        links.push(ResourceId(2), ResourceId(3))?;
        let mut slots = tx.bulk_slot_links(c.person, slot(128))?;
        slots.push(ResourceId(2), ResourceId(3))?;
        Ok(loaded + links.finish(tx)? + slots.finish(tx)?)
    });
    assert_eq!(loaded, 6);
    assert_eq!(s.people(), ["1|P1|Ada|z@x|-|-|100", "2|P2|Bob|b@x|-|3|100"]);
    assert_eq!(s.keys(), ["1|P1|1|7", "1|P2|2|8", "1|b@x|2|0", "1|z@x|1|0", "2|D1|3|9"]);
    assert_eq!(s.links(), ["1|3|100|", "2|3|100|"]);
    assert_eq!(s.read(|tx| tx.links_of(c.heads_place, &[ResourceId(3)], crate::Side::Second)).len(), 2);
    assert!(s.past().is_empty());
}

fn a_first_load_is_all_or_nothing(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    let load = |fails: bool| {
        s.store.load("tester", "first load", |tx| {
            let mut people = tx.bulk_initial(c.person, &person_slots(), 100)?;
            // More rows than one statement takes, the last of them in statements of their own.
            for i in 1..=103 {
                let key = format!("P{i:03}");
                people.push(ResourceId(i), &key, 7, None, &[Some(&key), None, Some("a@x"), None])?;
            }
            people.finish_without_keys(tx)?;
            let mut keys = tx.bulk_keys(c.person, c.mail)?;
            keys.push("a@x", ResourceId(1))?;
            keys.finish()?;
            if fails { Err(crate::StoreError::Locked { database: "as an example".to_owned() }) } else { Ok(()) }
        })
    };
    assert!(load(true).is_err());
    assert!(s.people().is_empty() && s.keys().is_empty());
    load(false).unwrap();
    let people = s.people();
    assert_eq!((people.len(), people[102].as_str()), (103, "103|P103|-|a@x|-|-|100"));
    let keys = s.keys();
    assert_eq!((keys.len(), keys[0].as_str(), keys[103].as_str()), (104, "1|P001|1|7", "1|a@x|1|0"));
    // Now there is something to read: the next load goes through the log, and is refused for its ids.
    assert!(load(false).is_err());
    assert_eq!(s.people().len(), 103);
}

fn a_pair_may_come_once_only(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    let result = s.store.write("tester", "test", |tx| {
        let mut links = tx.bulk_links(c.heads, 100)?;
        links.push(ResourceId(1), ResourceId(3))?;
        links.push(ResourceId(1), ResourceId(3))?;
        // Dropped without being finished: the error must surface all the same.
        Ok::<(), crate::StoreError>(())
    });
    assert_eq!(result.unwrap_err().code(), "repository-statement");
    assert!(s.links().is_empty());
    // The index that was dropped for the load is back.
    s.write(|tx| tx.bulk_links(c.heads, 100)?.finish(tx));
}
