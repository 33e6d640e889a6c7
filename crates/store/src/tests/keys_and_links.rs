//! Reading keys, rows, links and lists.

use super::scratch::{Scratch, configuration, department_slots, person_slots, slot};
use crate::{KeyRole, LinkPlace, Side, StoreError};
use provost_model::changes::Command;
use provost_model::{AssociationId, ResourceId};

super::both!(
    keys_come_in_the_order_of_their_bytes,
    a_key_of_several_resources_comes_several_times,
    key_properties_are_the_mapped_ones,
    rows_come_by_id,
    links_are_read_from_both_sides,
    orphans_come_in_order,
    orphans_are_found_by_either_key,
    a_key_that_many_pairs_wait_for_is_read_in_parts,
    resources_come_in_batches,
    key_changes_are_idempotent,
    pages_follow_the_keys,
    the_past_can_be_listed,
    neighbours_are_found_now_and_then,
    a_writer_works_during_a_scan,
    a_reader_sees_one_state,
);

fn ids(numbers: &[i64]) -> Vec<ResourceId> {
    numbers.iter().copied().map(ResourceId).collect()
}

fn keys_come_in_the_order_of_their_bytes(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    let keys = ["b", "B", "a\u{e9}", "az", "10", "9", "_", "a b", "\u{1F600}", "\u{FFFD}"];
    s.write(|tx| {
        let run = tx.new_run("HR", 1)?;
        let mut changes = tx.key_changes(run)?;
        for (id, key) in (1..).zip(keys) {
            changes.push(c.person, c.mail, key, ResourceId(id), 0, false)?;
        }
        changes.finish()?;
        tx.apply_changes(run, &c.plan(1))
    });
    let mut found = Vec::new();
    s.read(|tx| {
        tx.scan_keys(c.person, c.mail, |row| {
            found.push(row.key.to_owned());
            Ok::<(), StoreError>(())
        })
    });
    assert_eq!(found, ["10", "9", "B", "_", "a b", "az", "a\u{e9}", "b", "\u{FFFD}", "\u{1F600}"]);
}

fn a_key_of_several_resources_comes_several_times(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    s.write(|tx| {
        let run = tx.new_run("HR", 1)?;
        tx.key_changes(run)?.push(c.person, c.mail, "ada@x", ResourceId(3), 0, false)?;
        tx.apply_changes(run, &c.plan(1))
    });
    let found = s.read(|tx| tx.lookup_keys(c.person, c.mail, &["nobody", "ada@x", "bob@x"]));
    let found: Vec<(&str, i64)> = found.iter().map(|(k, r)| (k.as_str(), r.0)).collect();
    assert_eq!(found, [("ada@x", 1), ("ada@x", 3), ("bob@x", 2)]);
    assert_eq!(s.read(|tx| tx.lookup_keys(c.person, c.mail, &[])), []);
    let keys = format!("SELECT KeyValue FROM UR_ResourceKeys WHERE Property_Id = {} ORDER BY KeyValue", c.mail);
    assert_eq!(s.rows(&keys, 1), ["ada@x", "ada@x", "bob@x", "cyd@x"]);
}

fn key_properties_are_the_mapped_ones(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    let keys = s.read(|tx| tx.key_properties(c.person));
    let roles: Vec<_> = keys.iter().map(|k| (k.property, k.slot, k.role)).collect();
    assert_eq!(roles, [(c.number, slot(4), KeyRole::Primary), (c.mail, slot(6), KeyRole::Unique)]);
}

fn rows_come_by_id(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    // More than one batch, mostly ids that do not exist.
    let wanted: Vec<ResourceId> = (1..=600).map(ResourceId).collect();
    let mut found = Vec::new();
    s.read(|tx| {
        tx.rows_by_id(c.person, &[slot(5), slot(128)], &wanted, |row| {
            let values: Vec<&str> = row.values.iter().map(|v| v.unwrap_or("-")).collect();
            found.push(format!("{} {} {:?} {}", row.id, values.join(","), row.display_name, row.valid_from));
            Ok::<(), StoreError>(())
        })
    });
    assert_eq!(found, ["1 Ada,11 Some(\"Ada\") 100", "2 Bob,11 Some(\"Bob\") 100", "3 Cyd,- Some(\"Cyd\") 100"]);
    let stopped: Result<(), StoreError> = s.store.read(|tx| {
        tx.rows_by_id(c.person, &[], &wanted, |_| Err(StoreError::NotDeployed { what: "enough".to_owned() }))
    });
    assert_eq!(stopped.unwrap_err().to_string(), "enough is not deployed in this repository");
}

fn links_are_read_from_both_sides(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    s.read(|tx| {
        for (place, first, second, links) in [
            (c.heads_place, vec![1, 2], vec![12], vec![(1, 11), (1, 12)]),
            (c.works_in_place, vec![11], vec![1, 2, 3], vec![(11, 1), (11, 2)]),
        ] {
            let pair = |(a, b): (i64, i64)| (ResourceId(a), ResourceId(b));
            let all: Vec<_> = links.iter().copied().map(pair).collect();
            assert_eq!(tx.links_of(place, &ids(&first), Side::First)?, all);
            let expected: Vec<_> = all.iter().copied().filter(|(_, b)| second.contains(&b.0)).collect();
            assert_eq!(tx.links_of(place, &ids(&second), Side::Second)?, expected);
            let asked = [all[1], pair((7, 7)), all[0]];
            assert_eq!(tx.link_exists(place, &asked)?, [true, false, true]);
            assert_eq!(tx.count_links(place)?, 2);
        }
        let mut seen = Vec::new();
        tx.scan_links(c.heads, |a, b| {
            seen.push((a.0, b.0));
            Ok::<(), StoreError>(())
        })?;
        tx.scan_slot_links(c.person, slot(128), |a, b| {
            seen.push((a.0, b.0));
            Ok::<(), StoreError>(())
        })?;
        assert_eq!(seen, [(1, 11), (1, 12), (1, 11), (2, 11)]);
        assert_eq!(tx.count_links(LinkPlace::Table(AssociationId(99)))?, 0);
        Ok(())
    });
}

fn orphans_come_in_order(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    let stage = |pairs: &[(&str, &str, bool)]| {
        s.write(|tx| {
            let run = tx.new_run("HR", 1)?;
            let mut orphans = tx.orphan_changes(run, c.heads)?;
            for (key1, key2, is_removal) in pairs {
                orphans.push(key1, key2, *is_removal)?;
            }
            orphans.finish()?;
            tx.apply_changes(run, &c.plan(1))
        });
        let mut found = Vec::new();
        s.read(|tx| {
            tx.scan_orphans(c.heads, |a, b| {
                found.push(format!("{a}-{b}"));
                Ok::<(), StoreError>(())
            })
        });
        found
    };
    assert_eq!(stage(&[("b", "x", false), ("B", "y", false), ("b", "a", false)]), ["B-y", "b-a", "b-x"]);
    assert_eq!(stage(&[("b", "a", true), ("b", "x", false), ("c", "c", true)]), ["B-y", "b-x"]);
}

fn wait(s: &Scratch, association: AssociationId, pairs: &[(String, String)]) {
    s.write(|tx| {
        let run = tx.new_run("HR", 1)?;
        let mut orphans = tx.orphan_changes(run, association)?;
        for (first, second) in pairs {
            orphans.push(first, second, false)?;
        }
        orphans.finish()?;
        tx.apply_changes(run, &crate::ApplyPlan::default())
    });
}

fn waiting_of(s: &Scratch, association: AssociationId, side: Side, keys: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    s.read(|tx| {
        tx.orphans_of(association, side, keys, |a, b| -> Result<(), StoreError> {
            found.push(format!("{a}-{b}"));
            Ok(())
        })
    });
    found
}

fn orphans_are_found_by_either_key(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    let pairs = [("a", "x"), ("a", "y"), ("b", "x"), ("c", "z")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    wait(s, c.heads, &pairs);
    assert_eq!(waiting_of(s, c.heads, Side::First, &["a", "c", "d"]), ["a-x", "a-y", "c-z"]);
    assert_eq!(waiting_of(s, c.heads, Side::Second, &["x"]), ["a-x", "b-x"]);
    assert_eq!(waiting_of(s, c.heads, Side::Second, &["a"]), [""; 0]);
    assert_eq!(waiting_of(s, c.heads, Side::First, &[]), [""; 0]);
    let asked = [("a", "y"), ("a", "z"), ("c", "z")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(s.read(|tx| tx.orphans_among(c.heads, &asked)), [true, false, true]);
    assert_eq!(s.read(|tx| tx.orphans_among(c.heads, &[])), [false; 0]);
}

fn a_key_that_many_pairs_wait_for_is_read_in_parts(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    let pairs: Vec<(String, String)> = (0..25_000).map(|n| (format!("{n:05}"), "hot".to_owned())).collect();
    wait(s, c.heads, &pairs);
    let found = waiting_of(s, c.heads, Side::Second, &["cold", "hot"]);
    assert_eq!(found.len(), 25_000);
    assert_eq!((found[9_999].as_str(), found[24_999].as_str()), ("09999-hot", "24999-hot"));
}

fn resources_come_in_batches(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    let next = |after, count| s.read(|tx| tx.resources_after(c.person, false, ResourceId(after), count));
    assert_eq!(next(0, 2), ids(&[1, 2]));
    assert_eq!(next(2, 2), ids(&[3]));
    assert_eq!(next(3, 2), []);
    assert_eq!(s.read(|tx| tx.resources_after(c.person, true, ResourceId(0), 2)), []);
    s.by_hand("UPDATE UR_Resources SET Dirty = 1 WHERE Id = 3");
    assert_eq!(s.read(|tx| tx.resources_after(c.person, true, ResourceId(0), 2)), ids(&[3]));
}

fn key_changes_are_idempotent(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    s.write(|tx| {
        let run = tx.new_run("HR", 1)?;
        let mut changes = tx.key_changes(run)?;
        changes.push(c.person, c.mail, "ada@x", ResourceId(1), 0, false)?;
        changes.push(c.person, c.mail, "bob@x", ResourceId(2), 0, true)?;
        changes.push(c.person, c.mail, "nobody", ResourceId(9), 0, true)?;
        changes.finish()?;
        let mut renewals = tx.fingerprint_renewals(run)?;
        renewals.push(c.person, c.number, "P1", ResourceId(1), 77)?;
        renewals.push(c.person, c.number, "gone", ResourceId(1), 78)?;
        renewals.finish()?;
        tx.apply_changes(run, &c.plan(1))
    });
    assert_eq!(s.keys()[..5], ["1|P1|1|77", "1|P2|2|1002", "1|P3|3|1003", "1|ada@x|1|0", "1|cyd@x|3|0"]);
}

fn pages_follow_the_keys(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    let page = |search: Option<&str>, after: Option<&str>, limit| -> Vec<String> {
        let found = s.read(|tx| tx.list_resources(c.person, search, after, limit));
        found.into_iter().map(|r| format!("{} {}", r.key.unwrap(), r.display_name.unwrap())).collect()
    };
    assert_eq!(page(None, None, 2), ["P1 Ada", "P2 Bob"]);
    assert_eq!(page(None, Some("P2"), 2), ["P3 Cyd"]);
    assert_eq!(page(Some("B"), None, 10), ["P2 Bob"]);
    assert_eq!(page(Some("p"), Some("P1"), 10), ["P2 Bob", "P3 Cyd"]);
    assert_eq!(page(Some("%"), None, 10), Vec::<String>::new());
    let ada = s.read(|tx| tx.get_resource(c.person, "P1")).unwrap();
    assert_eq!((ada.value(slot(6)), ada.value(slot(128)), ada.value(slot(7))), (Some("ada@x"), Some("11"), None));
    assert_eq!(s.read(|tx| tx.get_resource(c.person, "P9")), None);
}

/// Ada is renamed at 200, Bob leaves at 300, Dan comes at 300.
fn live_on(s: &Scratch, c: &super::scratch::Company) {
    s.write(|tx| {
        let run = tx.new_run("HR", 200)?;
        c.stage_person(tx, run, Command::Update, 1, [Some("P1"), Some("Ada L"), Some("ada@x"), None], 0)?;
        tx.link_changes(run, c.heads)?.push(Command::Delete, ResourceId(1), ResourceId(12), None, None, 0)?;
        tx.apply_changes(run, &c.plan(200))?;
        let run = tx.new_run("HR", 300)?;
        c.stage_person(tx, run, Command::Delete, 2, [Some("P2"), None, None, None], 0)?;
        c.stage_person(tx, run, Command::Insert, 4, [Some("P15"), Some("Dan"), None, None], 0)?;
        tx.link_changes(run, c.works_in)?.push(Command::Insert, ResourceId(12), ResourceId(1), None, None, 0)?;
        tx.apply_changes(run, &c.plan(300))
    });
}

fn the_past_can_be_listed(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    live_on(s, &c);
    let list = |instant| -> Vec<String> {
        let found = s.read(|tx| tx.list_resources_as_of(c.person, instant, None, None, 10));
        found.into_iter().map(|r| format!("{} {}", r.key.unwrap(), r.display_name.unwrap())).collect()
    };
    assert_eq!(list(99), Vec::<String>::new());
    assert_eq!(list(100), ["P1 Ada", "P2 Bob", "P3 Cyd"]);
    assert_eq!(list(299), ["P1 Ada L", "P2 Bob", "P3 Cyd"]);
    assert_eq!(list(300), ["P1 Ada L", "P15 Dan", "P3 Cyd"]);
    let second = s.read(|tx| tx.list_resources_as_of(c.person, 100, Some("o"), Some("P1"), 1));
    assert_eq!(second[0].key.as_deref(), Some("P2"));
    let as_of = |key: &str, t| s.read(|tx| tx.resource_as_of(c.person, key, t)).and_then(|r| r.display_name);
    assert_eq!(as_of("P1", 199).as_deref(), Some("Ada"));
    assert_eq!(as_of("P1", 200).as_deref(), Some("Ada L"));
    assert_eq!(as_of("P2", 299).as_deref(), Some("Bob"));
    assert_eq!(as_of("P2", 300), None);
    let versions = s.read(|tx| tx.resource_history(ResourceId(1)));
    let spans: Vec<_> = versions.iter().map(|v| (v.valid_from, v.valid_to, v.value(slot(128)))).collect();
    assert_eq!(spans, [(300, None, Some("12")), (200, Some(300), Some("11")), (100, Some(200), Some("11"))]);
    assert_eq!(s.read(|tx| tx.resource_history(ResourceId(99))), []);
}

fn neighbours_are_found_now_and_then(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    live_on(s, &c);
    let of = |id, instant| -> Vec<String> {
        let found = s.read(|tx| tx.links_of_resource(ResourceId(id), instant));
        let name = |a| if a == c.heads { "heads" } else { "works" };
        found.into_iter().map(|n| format!("{} {:?} {}", name(n.association), n.side, n.display_name.unwrap())).collect()
    };
    assert_eq!(of(1, None), ["works Second Tech", "heads First Sales"]);
    assert_eq!(of(1, Some(150)), ["works Second Sales", "heads First Sales", "heads First Tech"]);
    assert_eq!(of(11, None), ["heads Second Ada L"]);
    assert_eq!(of(11, Some(150)), ["works First Ada", "works First Bob", "heads Second Ada"]);
    assert_eq!(of(2, None), Vec::<String>::new());
}

fn a_writer_works_during_a_scan(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    s.write(|tx| {
        let run = tx.new_run("HR", 1)?;
        let mut keys = tx.key_changes(run)?;
        let long = "x".repeat(100_000);
        tx.scan_keys(c.person, c.number, |row| {
            // Enough to make the buffer be written in the middle of the scan.
            for n in 0..10 {
                keys.push(c.person, c.mail, &format!("{long}{n}{}", row.key), row.resource, 0, false)?;
            }
            Ok::<(), StoreError>(())
        })?;
        assert_eq!(keys.finish()?, 30);
        Ok(())
    });
    assert_eq!(s.rows("SELECT CAST(COUNT(*) AS TEXT) FROM UR_ResourceKeyChanges", 1), ["30"]);
}

fn a_reader_sees_one_state(s: &Scratch) {
    let c = s.deploy(&configuration(), 50);
    c.fill(s);
    s.read(|tx| {
        assert_eq!(tx.count_resources(c.person)?, 3);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                s.write(|tx| {
                    let run = tx.new_run("HR", 200)?;
                    c.stage_person(tx, run, Command::Delete, 2, [Some("P2"), None, None, None], 0)?;
                    tx.apply_changes(run, &c.plan(200))
                });
            });
        });
        assert_eq!(tx.count_resources(c.person)?, 3);
        Ok(())
    });
    assert_eq!(s.read(|tx| tx.count_resources(c.person)), 2);
    assert_eq!((person_slots().len(), department_slots().len()), (4, 2));
}
